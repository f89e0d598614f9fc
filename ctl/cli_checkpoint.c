#include "ctl/cli_checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/cli_base64.h"
#include "ctl/cli_commands.h"
#include "wire/bb_keyfile.h"

enum cli_exit
cli_checkpoint_read(const struct cli_log *log, const char *path, bool optional,
		    struct cli_checkpoint *checkpoint)
{
	const char *what = "";

	*checkpoint = (struct cli_checkpoint){ 0 };
	enum bb_result result = cli_read_whole(path, BB_NOTE_SIZE_MAX, &checkpoint->note,
					       &checkpoint->note_size);
	if (result == BB_ERR_NOT_FOUND && optional)
		return CLI_GO_ON;
	if (result != BB_OK)
		return cli_fail_file(log->cli, result, path);
	result = bb_checkpoint_open(&checkpoint->says, checkpoint->note, checkpoint->note_size,
				    &log->key, &what);
	if (result != BB_OK)
		return cli_fail(log->cli, CLI_USAGE, bb_result_name(result), "%s: %s: no "
				"checkpoint of %s that its venue signed; get it anew from the "
				"venue", path, what, log->key.name);
	checkpoint->found = true;
	return CLI_GO_ON;
}

enum cli_exit
cli_checkpoint_published(const struct cli_log *log, struct cli_checkpoint *checkpoint)
{
	char path[CLI_PATH_MAX];

	if (!cli_path(path, log->folder, CLI_CHECKPOINT_NAME))
		return cli_fail(log->cli, CLI_USAGE, NULL, "the folder's path is too long; change "
				"to it and leave -C out");
	return cli_checkpoint_read(log, path, true, checkpoint);
}

enum cli_exit
cli_checkpoint_signer(const struct cli_log *log, struct bb_identity *signer, bool *found)
{
	char path[CLI_PATH_MAX];

	*found = false;
	if (!cli_path(path, log->cli->folder, "venue.key"))
		return CLI_GO_ON;
	const enum bb_result result = bb_keyfile_read(path, signer);
	if (result == BB_ERR_NOT_FOUND || result == BB_ERR_PERMISSION)
		return CLI_GO_ON;
	if (result != BB_OK)
		return cli_fail_file(log->cli, result, path);
	if (memcmp(signer->public_key, log->genesis.signer_key, BB_KEY_SIZE) != 0) {
		bb_identity_wipe(signer);
		return cli_fail(log->cli, CLI_USAGE, "ERR_KEY", "%s does not belong to this "
				"ledger; put this venue's back", path);
	}
	*found = true;
	return CLI_GO_ON;
}

enum cli_exit
cli_checkpoint_may_sign(const struct cli_log *log, const struct cli_checkpoint *published)
{
	const uint64_t size = log->end.header.log_size;

	if (!log->witnessed)
		return cli_fail(log->cli, CLI_UNHEALTHY, "ERR_NOT_FOUND", "%s/wm is missing, so "
				"nobody knows what is durable; start busbard once, then sign",
				log->folder);
	if (published->found && published->says.size > size)
		return cli_fail(log->cli, CLI_UNHEALTHY, "ERR_CHAIN", "%s/" CLI_CHECKPOINT_NAME
				" says %" PRIu64 " inputs and the ledger has %" PRIu64 ": this is "
				"an older copy; do not sign, bring the newer one", log->folder,
				published->says.size, size);
	return CLI_GO_ON;
}

enum cli_exit
cli_checkpoint_contradicts(const struct cli_log *log, uint64_t size)
{
	return cli_fail(log->cli, CLI_UNHEALTHY, "ERR_CHAIN", "the venue has signed another log: "
			"the checkpoint of %" PRIu64 " inputs is no beginning of %s; keep both "
			"and find out why", size, log->folder);
}

void
cli_checkpoint_sign(const struct cli_log *log, struct bb_identity *signer, uint64_t size,
		    const struct bb_hash *root, struct cli_checkpoint *checkpoint)
{
	*checkpoint = (struct cli_checkpoint){ .found = true,
					       .says = { .size = size, .root = *root },
					       .note = malloc(BB_CHECKPOINT_SIZE) };
	BB_ASSERT(checkpoint->note != NULL);
	memcpy(checkpoint->says.origin, log->key.name, sizeof(log->key.name));
	checkpoint->note_size = bb_checkpoint_sign(checkpoint->note, &checkpoint->says, signer);
	bb_identity_wipe(signer);
}

/* What the blocks say of the checkpoint that was published before. */
struct comparing {
	const struct bb_checkpoint *published;
	const struct bb_block_header *end; /* what is to be signed */
	bool met;   /* a block ends with as many leaves as the published one, */
	bool ended; /* one with as many as the end, */
	bool other; /* one of them with another root */
};

static void
compare_root(struct comparing *comparing, const struct bb_ledger_place *block, uint64_t size,
	     const struct bb_hash *root, bool *met)
{
	if (block->log_size != size)
		return;
	*met = true;
	comparing->other |= memcmp(&block->log_root, root, BB_HASH_SIZE) != 0;
}

static bool
compare_block(void *context, const struct bb_ledger_place *block,
	      const struct bb_ledger_input *input, const uint8_t *leaf)
{
	struct comparing *comparing = context;

	(void)leaf;
	if (input != NULL)
		return true;
	compare_root(comparing, block, comparing->published->size, &comparing->published->root,
		     &comparing->met);
	compare_root(comparing, block, comparing->end->log_size, &comparing->end->log_root,
		     &comparing->ended);
	return true;
}

/* The blocks from the published checkpoint to the end are one chain, the first of them has its root
 * and the last one that of the end: so it is a beginning of what is signed now. */
static enum cli_exit
compare(const struct cli_log *log, const struct cli_checkpoint *published)
{
	struct comparing comparing = { .published = &published->says, .end = &log->end.header };

	const enum cli_exit code = cli_log_each(log, "compared", published->says.size,
						log->end.header.log_size, compare_block,
						&comparing);
	if (code != CLI_GO_ON)
		return code;
	if (!comparing.met || !comparing.ended || comparing.other)
		return cli_checkpoint_contradicts(log, published->says.size);
	return CLI_GO_ON;
}

static enum cli_exit
publish(const struct cli_log *log, const struct cli_checkpoint *checkpoint, const char *path)
{
	char vkey[BB_NOTE_VKEY_SIZE];

	const enum bb_result result = cli_replace(path, checkpoint->note, checkpoint->note_size);
	if (result != BB_OK)
		return cli_fail_file(log->cli, result, path);
	bb_note_vkey_write(vkey, &log->key);
	if (log->cli->json)
		cli_print(log->cli, "ok",
			  json_pack("{s:s, s:s, s:s, s:o, s:o, s:s}", "file", path, "origin",
				    log->key.name, "vkey", vkey, "size",
				    cli_u64(checkpoint->says.size), "root",
				    cli_base64(checkpoint->says.root.bytes, BB_HASH_SIZE),
				    "checkpoint", checkpoint->note));
	else
		printf("%s\nwritten to %s; verifiers know the venue's key as\n%s\n",
		       checkpoint->note, path, vkey);
	return CLI_OK;
}

enum cli_exit
cli_ledger_checkpoint(struct cli *cli)
{
	const char *out = NULL;
	struct cli_option options[] = {
		{ "out", "FILE", "write it there instead of publishing it in ledger/", CLI_TEXT,
		  &out },
		{ 0 },
	};
	static struct cli_log log;
	struct cli_checkpoint published;
	struct cli_checkpoint checkpoint;
	struct bb_identity signer;
	char path[CLI_PATH_MAX];
	bool found = false;

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_log_open(cli, &log);
	if (code == CLI_GO_ON)
		code = cli_checkpoint_published(&log, &published);
	if (code == CLI_GO_ON)
		code = cli_checkpoint_may_sign(&log, &published);
	if (code == CLI_GO_ON && published.found)
		code = compare(&log, &published);
	if (code == CLI_GO_ON)
		code = cli_checkpoint_signer(&log, &signer, &found);
	if (code != CLI_GO_ON)
		return code;
	if (!found)
		return cli_fail(cli, CLI_USAGE, "ERR_NOT_FOUND", "%s/venue.key is not there or not "
				"yours to read; only the venue can sign: run this as its user",
				cli->folder);
	cli_checkpoint_sign(&log, &signer, log.end.header.log_size, &log.end.header.log_root,
			    &checkpoint);
	if (out == NULL && !cli_path(path, log.folder, CLI_CHECKPOINT_NAME))
		return cli_fail(cli, CLI_USAGE, NULL, "the folder's path is too long");
	return publish(&log, &checkpoint, out == NULL ? path : out);
}
