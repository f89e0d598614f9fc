/* cli_check - a receipt checked by whoever holds it: with the venue's public key, without a
 * ledger, without a venue's folder. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "codec/bb_outputs.h"
#include "ctl/cli_base64.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_log.h"
#include "ctl/cli_receipt.h"
#include "ctl/cli_report.h"
#include "ctl/cli_text.h"
#include "ctl/cli_venue.h"
#include "ledger/bb_note.h"
#include "wire/bb_keyfile.h"

/* The key: 64 hex digits, a vkey, or a file that venue.key.pub is; else venue.json. */
static enum cli_exit
find_key(struct cli *cli, const char *text, const char *venue_path, struct bb_note_key *key)
{
	struct cli_venue venue;

	*key = (struct bb_note_key){ 0 };
	if (text == NULL) {
		const enum cli_exit code = cli_venue_read(cli, venue_path, &venue);
		if (code == CLI_GO_ON)
			bb_note_origin(key, venue.name, venue.at.ledger_id, venue.at.key);
		return code;
	}
	if (cli_read_hex(text, key->key, BB_KEY_SIZE) || bb_note_vkey_read(key, text) ||
	    bb_keyfile_read_public(text, key->key) == BB_OK)
		return CLI_GO_ON;
	return cli_fail(cli, CLI_USAGE, "ERR_KEY", "--key %s: no public key; give 64 hex digits, a "
			"vkey (NAME+ID+BASE64), or the file venue.key.pub", text);
}

static void
print_events(const struct bb_block_input *input)
{
	for (uint32_t i = 0; i < input->result_count; i++) {
		struct bb_report_record record;
		struct bb_event event;
		char text[CLI_EVENT_TEXT];

		/* The check has decoded it before. */
		BB_ASSERT(bb_block_event(input, i, &event));
		bb_event_report(&record, &event);
		cli_event_text(text, &record);
		printf("  %s\n", text);
	}
}

static void
print_input(const struct bb_block_input *input)
{
	struct bb_packet packet;
	char time[CLI_TIME_SIZE];

	cli_write_time(time, input->time_ns);
	printf("input %" PRIu64 "  %s", input->number, time);
	if (input->type == BB_RECORD_PACKET &&
	    bb_packet_decode_input(input->bytes, input->size, &packet) == BB_OK)
		printf("  participant %u, sequence %" PRIu64 ", kind %u, %u records",
		       packet.participant, packet.sequence, packet.kind, packet.record_count);
	else
		printf("  %s", cli_receipt_type(input->type));
	printf("\n");
}

static enum cli_exit
print_proven(struct cli *cli, const struct bb_receipt *receipt,
	     const struct bb_receipt_proven *proven)
{
	const char *signed_by = receipt->note != NULL ? "checkpoint" : "block";

	if (cli->json) {
		json_t *object = cli_receipt_readable(proven);
		json_object_set_new(object, "size", cli_u64(proven->log.size));
		json_object_set_new(object, "root",
				    cli_base64(proven->log.root.bytes, BB_HASH_SIZE));
		json_object_set_new(object, "signed", json_string(signed_by));
		cli_print(cli, "ok", object);
		return CLI_OK;
	}
	printf("valid: the venue signed, by a %s, a log of %" PRIu64 " inputs%s%s with this one\n",
	       signed_by, proven->log.size, proven->log.origin[0] == '\0' ? "" : " of ",
	       proven->log.origin);
	print_input(&proven->input);
	print_events(&proven->input);
	return CLI_OK;
}

static enum cli_exit
check(struct cli *cli, const char *path, const struct bb_note_key *key,
      const struct cli_receipt *receipt)
{
	struct bb_receipt_proven proven;
	char wrong[CLI_RECEIPT_WRONG];
	const char *what = "";

	const enum bb_result result = bb_receipt_check(&receipt->receipt, key, &proven, &what);
	if (result != BB_OK)
		return cli_fail(cli, CLI_UNHEALTHY, bb_result_name(result), "%s proves nothing: %s "
				"(%s); ask for another receipt, and keep this one", path, what,
				bb_result_text(result));
	if (!cli_receipt_says(receipt, &proven, wrong))
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_FORMAT", "%s proves something else: %s; "
				"ask for another receipt, and keep this one", path, wrong);
	return print_proven(cli, &receipt->receipt, &proven);
}

enum cli_exit
cli_ledger_check_proof(struct cli *cli)
{
	const char *key_text = NULL;
	const char *venue = NULL;
	struct cli_option options[] = {
		{ "key", "KEY", "the venue's: 64 hex digits, a vkey, or venue.key.pub", CLI_TEXT,
		  &key_text },
		{ "venue", "FILE", "take it from this venue.json", CLI_TEXT, &venue },
		{ 0 },
	};
	struct cli_receipt receipt;
	struct bb_note_key key;
	char wrong[CLI_RECEIPT_WRONG];
	char *text;
	size_t size;

	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code == CLI_GO_ON && key_text != NULL && venue != NULL)
		code = cli_fail(cli, CLI_USAGE, NULL, "--key and --venue: give one of them");
	if (code == CLI_GO_ON)
		code = find_key(cli, key_text, venue, &key);
	if (code != CLI_GO_ON)
		return code;
	const char *path = cli->words[0];
	const enum bb_result result = cli_read_whole(path, CLI_RECEIPT_FILE_MAX, &text, &size);
	if (result != BB_OK)
		return cli_fail_file(cli, result, path);
	code = cli_receipt_read(&receipt, text, size, wrong) ?
		       check(cli, path, &key, &receipt) :
		       cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s is no receipt: %s; get it anew",
				path, wrong);
	cli_receipt_free(&receipt);
	free(text);
	return code;
}
