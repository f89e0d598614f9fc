/* cli_proof - a receipt for one input, and the proof that one log is a beginning of another.
 *
 * Both read the whole ledger once: each hash of a path is a root over a range of leaves. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/cli_base64.h"
#include "ctl/cli_checkpoint.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_receipt.h"
#include "ctl/cli_text.h"

/* A receipt in the making. */
struct proving {
	struct cli_log log;
	struct cli_checkpoint published; /* or as --checkpoint names it */
	struct cli_checkpoint anchor;    /* not found: the header of the last block */
	struct bb_identity signer;
	bool signs;
	uint64_t size; /* of the tree */
	uint32_t participant; /* 0: the number is given */
	uint64_t sequence;
	uint64_t number;
	bool found;
	struct bb_log_plan plan;
	struct bb_tree tree;
	bool contradicted; /* by the published checkpoint */
	bool too_large;
	struct bb_receipt receipt;
	uint8_t *body;
};

/* read_id reads NUMBER or PARTICIPANT:SEQUENCE. */
static bool
read_id(struct proving *proving, const char *text)
{
	char participant[24];
	const char *colon = strchr(text, ':');

	if (colon == NULL)
		return cli_read_u64(text, &proving->number);
	if ((size_t)(colon - text) >= sizeof(participant))
		return false;
	snprintf(participant, sizeof(participant), "%.*s", (int)(colon - text), text);
	return cli_read_u32(participant, &proving->participant) && proving->participant != 0 &&
	       cli_read_u64(colon + 1, &proving->sequence);
}

static bool
find_packet(void *context, const struct bb_ledger_place *block,
	    const struct bb_ledger_input *input, const uint8_t *leaf)
{
	struct proving *proving = context;
	struct bb_packet packet;

	(void)block;
	(void)leaf;
	if (input == NULL || input->type != BB_RECORD_PACKET ||
	    bb_packet_decode_input(input->bytes, input->size, &packet) != BB_OK ||
	    packet.participant != proving->participant || packet.sequence != proving->sequence)
		return true;
	proving->found = true;
	proving->number = input->number;
	return false;
}

/* Finds the input that is meant; it must be durable. */
static enum cli_exit
find_input(struct proving *proving)
{
	struct cli *cli = proving->log.cli;
	const uint64_t size = proving->log.end.header.log_size;

	if (proving->participant == 0) {
		if (proving->number < size)
			return CLI_GO_ON;
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_NOT_FOUND", "there is no durable input "
				"%" PRIu64 "; the last one is %" PRIu64, proving->number, size - 1);
	}
	const enum cli_exit code = cli_log_each(&proving->log, "searched", 0, size, find_packet,
						proving);
	if (code == CLI_GO_ON && !proving->found)
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_NOT_FOUND", "participant %u has no "
				"durable packet with sequence %" PRIu64 "; ask busbarctl ledger "
				"show --inputs", proving->participant, proving->sequence);
	return code;
}

/* Decides what the receipt ends with: the checkpoint that is named, one that is signed now,
 * the one that was published, or the header of the last block. */
static enum cli_exit
choose_anchor(struct proving *proving, const char *path)
{
	const struct cli_log *log = &proving->log;
	enum cli_exit code = path == NULL ?
				     cli_checkpoint_published(log, &proving->published) :
				     cli_checkpoint_read(log, path, false, &proving->published);
	const uint64_t published = proving->published.says.size;

	if (code == CLI_GO_ON && path == NULL)
		code = cli_checkpoint_signer(log, &proving->signer, &proving->signs);
	if (code == CLI_GO_ON && proving->signs)
		code = cli_checkpoint_may_sign(log, &proving->published);
	if (code != CLI_GO_ON)
		return code;
	proving->size = log->end.header.log_size;
	const bool covers = proving->published.found && published > proving->number &&
			    published <= proving->size;
	if (path != NULL && !covers)
		return cli_fail(log->cli, CLI_USAGE, "ERR_NOT_FOUND", "%s says %" PRIu64 " inputs:"
				" it must reach beyond input %" PRIu64 " and not beyond the "
				"ledger's %" PRIu64, path, published, proving->number,
				proving->size);
	if (!proving->signs && covers) {
		proving->anchor = proving->published;
		proving->size = published;
	}
	return CLI_GO_ON;
}

static void
keep_input(struct proving *proving, const struct bb_ledger_input *input, const uint8_t *leaf)
{
	const size_t results_size = (size_t)input->event_count * BB_RESULT_SIZE;

	proving->too_large = input->event_count > BB_RECEIPT_EVENTS_MAX;
	if (proving->too_large)
		return;
	proving->body = malloc(input->record_size + results_size);
	BB_ASSERT(proving->body != NULL);
	memcpy(proving->body, input->record, input->record_size);
	memcpy(proving->body + input->record_size, input->results, results_size);
	proving->receipt.body = proving->body;
	proving->receipt.body_size = input->record_size + results_size;
	proving->receipt.result_count = input->event_count;
	proving->receipt.index = input->number;
	memcpy(proving->receipt.leaf, leaf, BB_LEAF_SIZE);
}

static bool
take_leaf(void *context, const struct bb_ledger_place *block, const struct bb_ledger_input *input,
	  const uint8_t *leaf)
{
	struct proving *proving = context;
	const struct bb_checkpoint *published = &proving->published.says;

	(void)block;
	if (input == NULL)
		return true;
	const struct bb_hash hash = bb_hash_leaf(leaf, BB_LEAF_SIZE);
	bb_log_plan_add(&proving->plan, &hash);
	bb_tree_add_hash(&proving->tree, &hash);
	if (input->number == proving->number)
		keep_input(proving, input, leaf);
	if (proving->published.found && proving->tree.size == published->size) {
		const struct bb_hash root = bb_tree_root(&proving->tree);
		proving->contradicted = memcmp(&root, &published->root, BB_HASH_SIZE) != 0;
	}
	return !proving->too_large && !proving->contradicted;
}

/* Reads the ledger and puts the receipt together. */
static enum cli_exit
prove(struct proving *proving, struct bb_receipt_proven *proven)
{
	const struct cli_log *log = &proving->log;
	const char *what = "";

	bb_log_plan_inclusion(&proving->plan, proving->number, proving->size);
	bb_tree_init(&proving->tree);
	const enum cli_exit code = cli_log_each(log, "hashed", 0, proving->size, take_leaf,
						proving);
	if (code != CLI_GO_ON)
		return code;
	if (proving->contradicted)
		return cli_checkpoint_contradicts(log, proving->published.says.size);
	if (proving->too_large)
		return cli_fail(log->cli, CLI_UNHEALTHY, "ERR_FULL", "input %" PRIu64 " did more "
				"than the %u things that a receipt holds; its block proves it: "
				"busbarctl ledger show --inputs", proving->number,
				BB_RECEIPT_EVENTS_MAX);
	const struct bb_hash root = bb_tree_root(&proving->tree);
	if (proving->signs)
		cli_checkpoint_sign(log, &proving->signer, proving->size, &root, &proving->anchor);
	proving->receipt.path = proving->plan.path;
	proving->receipt.note = proving->anchor.note;
	proving->receipt.note_size = proving->anchor.note_size;
	proving->receipt.header = log->end_header;
	/* What is handed out is what a stranger will check. */
	const enum bb_result result = bb_receipt_check(&proving->receipt, &log->key, proven, &what);
	if (result != BB_OK)
		return cli_fail(log->cli, CLI_UNHEALTHY, bb_result_name(result), "the receipt does "
				"not check: %s; run busbarctl ledger verify", what);
	return CLI_GO_ON;
}

static enum cli_exit
write_receipt(struct proving *proving, const struct bb_receipt_proven *proven, const char *out)
{
	struct cli *cli = proving->log.cli;
	const bool one_line = out == NULL && cli->json;
	json_t *receipt = cli_receipt_json(&proving->receipt, proven);
	char *text = json_dumps(receipt, one_line ? JSON_COMPACT : JSON_INDENT(2));

	BB_ASSERT(text != NULL);
	json_decref(receipt);
	if (out == NULL) {
		printf("%s\n", text);
		cli->printed = true;
		return CLI_OK;
	}
	const size_t size = strlen(text);
	text[size] = '\n'; /* instead of the zero */
	const enum bb_result result = cli_replace(out, text, size + 1);
	if (result != BB_OK)
		return cli_fail_file(cli, result, out);
	const char *signed_by = proving->receipt.note != NULL ? "checkpoint" : "block";
	if (cli->json)
		cli_print(cli, "ok",
			  json_pack("{s:s, s:o, s:o, s:s}", "file", out, "number",
				    cli_u64(proving->number), "size", cli_u64(proving->size),
				    "signed", signed_by));
	else
		printf("%s proves input %" PRIu64 " in a log of %" PRIu64 ", by a signed %s\n",
		       out, proving->number, proving->size, signed_by);
	return CLI_OK;
}

enum cli_exit
cli_ledger_proof(struct cli *cli)
{
	static struct proving proving;
	const char *out = NULL;
	const char *checkpoint = NULL;
	struct cli_option options[] = {
		{ "out", "FILE", "write the receipt there, not to standard output", CLI_TEXT,
		  &out },
		{ "checkpoint", "FILE", "end with this checkpoint of the venue's", CLI_TEXT,
		  &checkpoint },
		{ 0 },
	};
	struct bb_receipt_proven proven;

	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code != CLI_GO_ON)
		return code;
	if (!read_id(&proving, cli->words[0]))
		return cli_fail(cli, CLI_USAGE, NULL, "%s: no input; write its number, as in 17, "
				"or PARTICIPANT:SEQUENCE, as in 2:1001", cli->words[0]);
	code = cli_log_open(cli, &proving.log);
	if (code == CLI_GO_ON)
		code = find_input(&proving);
	if (code == CLI_GO_ON)
		code = choose_anchor(&proving, checkpoint);
	if (code == CLI_GO_ON)
		code = prove(&proving, &proven);
	bb_identity_wipe(&proving.signer);
	return code == CLI_GO_ON ? write_receipt(&proving, &proven, out) : code;
}

/* Two sizes of one log. */
struct comparing {
	uint64_t from;
	uint64_t to;
	struct bb_log_plan plan;
	struct bb_tree tree;
	struct bb_hash root_from;
};

static bool
compare_leaf(void *context, const struct bb_ledger_place *block,
	     const struct bb_ledger_input *input, const uint8_t *leaf)
{
	struct comparing *comparing = context;

	(void)block;
	if (input == NULL)
		return true;
	const struct bb_hash hash = bb_hash_leaf(leaf, BB_LEAF_SIZE);
	bb_log_plan_add(&comparing->plan, &hash);
	bb_tree_add_hash(&comparing->tree, &hash);
	if (comparing->tree.size == comparing->from)
		comparing->root_from = bb_tree_root(&comparing->tree);
	return true;
}

static enum cli_exit
print_consistency(struct cli *cli, const struct cli_log *log, const struct comparing *comparing)
{
	const struct bb_log_path *path = &comparing->plan.path;
	const struct bb_hash root_to = bb_tree_root(&comparing->tree);
	json_t *hashes = json_array();

	if (!bb_log_consistent(comparing->from, &comparing->root_from, comparing->to, &root_to,
			       path))
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_HASH", "the proof does not check; run "
				"busbarctl ledger verify");
	for (uint32_t i = 0; i < path->count; i++)
		json_array_append_new(hashes, cli_base64(path->hashes[i].bytes, BB_HASH_SIZE));
	json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "origin", log->key.name,
				   "from", cli_u64(comparing->from), "to", cli_u64(comparing->to),
				   "root_from",
				   cli_base64(comparing->root_from.bytes, BB_HASH_SIZE), "root_to",
				   cli_base64(root_to.bytes, BB_HASH_SIZE), "path", hashes);
	if (cli->json) {
		cli_print(cli, "ok", object);
		return CLI_OK;
	}
	printf("%s\n%" PRIu64 "  %s\n%" PRIu64 "  %s\n", log->key.name, comparing->from,
	       json_string_value(json_object_get(object, "root_from")), comparing->to,
	       json_string_value(json_object_get(object, "root_to")));
	for (uint32_t i = 0; i < path->count; i++)
		printf("%s\n", json_string_value(json_array_get(hashes, i)));
	return CLI_OK;
}

enum cli_exit
cli_ledger_consistency(struct cli *cli)
{
	static struct cli_log log;
	static struct comparing comparing;
	struct cli_option options[] = { { 0 } };

	enum cli_exit code = cli_options(cli, options, 2, 2);
	if (code != CLI_GO_ON)
		return code;
	if (!cli_read_u64(cli->words[0], &comparing.from) ||
	    !cli_read_u64(cli->words[1], &comparing.to) || comparing.from == 0 ||
	    comparing.from > comparing.to)
		return cli_fail(cli, CLI_USAGE, NULL, "%s %s: no two sizes of the log; write the "
				"smaller one first, as in 100 250", cli->words[0], cli->words[1]);
	code = cli_log_open(cli, &log);
	if (code != CLI_GO_ON)
		return code;
	if (comparing.to > log.end.header.log_size)
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_NOT_FOUND", "%" PRIu64 ": the log has "
				"%" PRIu64 " durable inputs", comparing.to,
				log.end.header.log_size);
	bb_log_plan_consistency(&comparing.plan, comparing.from, comparing.to);
	bb_tree_init(&comparing.tree);
	code = cli_log_each(&log, "hashed", 0, comparing.to, compare_leaf, &comparing);
	return code == CLI_GO_ON ? print_consistency(cli, &log, &comparing) : code;
}
