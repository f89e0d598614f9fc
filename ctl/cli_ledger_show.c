/* cli_ledger_show - what lies in the ledger: blocks, and with --inputs every packet in them
 * and what it did.  Written out as it is read: a ledger may be larger than memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_ledger.h"
#include "ctl/cli_places.h"
#include "ctl/cli_report.h"
#include "ctl/cli_table.h"
#include "ctl/cli_text.h"
#include "ledger/bb_block.h"
#include "ledger/bb_ledger.h"
#include "wire/bb_packet.h"

/* Rows that are measured together before they are printed. */
#define TABLE_ROWS 512u

struct show {
	struct cli *cli;
	bool inputs;
	bool in_block; /* a JSON object of a block is open */
	uint64_t blocks;
	uint64_t block_inputs; /* of the open block, so far */
	struct cli_places places;
	struct cli_table table;
};

static void
put_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
}

/* Prints "KEY":VALUE without braces: the object it stands in is longer than memory. */
static void
put_fields(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	BB_ASSERT(text != NULL && text[0] == '{');
	printf("%.*s", (int)strlen(text) - 2, text + 1);
	free(text);
	json_decref(object);
}

static void
close_block(struct show *show)
{
	if (show->in_block)
		fputs(show->inputs ? "]}" : "}", stdout);
	show->in_block = false;
}

static void
json_block(struct show *show, const struct bb_ledger_place *block, const struct cli_place *at)
{
	close_block(show);
	fputs(show->blocks == 0 ? "{" : ",{", stdout);
	put_fields(json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "height",
			     cli_u64(block->height), "segment", cli_u64(at->segment), "offset",
			     cli_u64(at->offset), "size", cli_u64(at->size), "epoch",
			     cli_u64(block->epoch), "sealed_ns", cli_u64(block->sealed_ns),
			     "number", cli_u64(block->number), "block_hash",
			     cli_hash(&block->block_hash), "state_root",
			     cli_hash(&block->state_root), "input_count", (json_int_t)at->inputs,
			     "result_count", (json_int_t)at->results));
	if (show->inputs)
		fputs(",\"inputs\":[", stdout);
	show->in_block = true;
	show->block_inputs = 0;
}

static void
text_block(struct show *show, const struct bb_ledger_place *block, const struct cli_place *at)
{
	char sealed[CLI_TIME_SIZE];
	char root[65];

	cli_write_time(sealed, block->sealed_ns);
	cli_write_hex(root, block->state_root.bytes, BB_HASH_SIZE);
	if (show->inputs) {
		printf("block %llu  sealed %s  state root %.16s  %u inputs\n",
		       (unsigned long long)block->height, sealed, root, at->inputs);
		return;
	}
	cli_cell(&show->table, "%llu", (unsigned long long)block->height);
	cli_cell(&show->table, "%s", sealed);
	cli_cell(&show->table, "%llu", (unsigned long long)block->epoch);
	cli_cell(&show->table, "%llu", (unsigned long long)block->number);
	cli_cell(&show->table, "%u", at->inputs);
	cli_cell(&show->table, "%u", at->results);
	cli_cell(&show->table, "%016llx", (unsigned long long)at->segment);
	cli_cell(&show->table, "%llu", (unsigned long long)at->offset);
	cli_cell(&show->table, "%llu", (unsigned long long)at->size);
	cli_cell(&show->table, "%.16s", root);
	if (show->blocks % TABLE_ROWS == TABLE_ROWS - 1)
		cli_table_print(&show->table);
}

static const char *
type_name(uint16_t type)
{
	switch (type) {
	case BB_RECORD_PACKET:
		return "packet";
	case BB_RECORD_TICK:
		return "tick";
	case BB_RECORD_GENESIS:
		return "genesis";
	case BB_RECORD_RECOVERY:
		return "recovery";
	default:
		return "unknown";
	}
}

static void
json_input(struct show *show, const struct bb_ledger_input *input)
{
	json_t *object = json_pack("{s:o, s:o, s:s}", "number", cli_u64(input->number), "time_ns",
				   cli_u64(input->time_ns), "type", type_name(input->type));
	json_t *events = json_array();
	struct bb_packet packet;

	for (uint32_t i = 0; i < input->event_count; i++)
		json_array_append_new(events, cli_ledger_event_json(&input->events[i]));
	if (input->type == BB_RECORD_PACKET &&
	    bb_packet_decode_input(input->bytes, input->size, &packet) == BB_OK) {
		json_object_set_new(object, "participant", json_integer(packet.participant));
		json_object_set_new(object, "sequence", cli_u64(packet.sequence));
		json_object_set_new(object, "kind", json_integer(packet.kind));
		json_object_set_new(object, "records", json_integer(packet.record_count));
	}
	json_object_set_new(object, "events", events);
	if (show->block_inputs > 0)
		putchar(',');
	put_json(object);
}

static void
text_event(const struct bb_event *event)
{
	const struct bb_report_record record = { .order_id = event->order_id,
						 .product = event->product,
						 .event = event->kind,
						 .side = event->side,
						 .result = event->result,
						 .price = event->price,
						 .quantity_wh = event->quantity_wh,
						 .remaining_wh = event->remaining_wh,
						 .counterparty = event->counterparty };
	char text[CLI_EVENT_TEXT];

	cli_event_text(text, &record);
	if (event->kind == BB_EVENT_MEMBER_ADDED || event->kind == BB_EVENT_MEMBER_REVOKED)
		printf("    %s %u\n", text, event->participant);
	else if (event->kind == BB_EVENT_PRODUCT_ADDED)
		printf("    %s %u\n", text, event->product);
	else
		printf("    %s\n", text);
}

static void
text_input(const struct bb_ledger_input *input)
{
	struct bb_packet packet;
	char time[CLI_TIME_SIZE];

	cli_write_time(time, input->time_ns);
	printf("  input %llu  %s  %s", (unsigned long long)input->number, time,
	       type_name(input->type));
	if (input->type == BB_RECORD_PACKET &&
	    bb_packet_decode_input(input->bytes, input->size, &packet) == BB_OK)
		printf("  participant %u, sequence %llu, kind %u, %u records", packet.participant,
		       (unsigned long long)packet.sequence, packet.kind, packet.record_count);
	putchar('\n');
	for (uint32_t i = 0; i < input->event_count; i++)
		text_event(&input->events[i]);
}

static bool
visit(void *context, const struct bb_ledger_place *block, const struct bb_ledger_input *input)
{
	struct show *show = context;
	struct cli_place at = { 0 };

	if (input == NULL) {
		cli_places_find(&show->places, block->height, &at);
		if (show->cli->json)
			json_block(show, block, &at);
		else
			text_block(show, block, &at);
		show->blocks++;
	} else if (show->inputs) {
		if (show->cli->json)
			json_input(show, input);
		else
			text_input(input);
		show->block_inputs++;
	}
	return ferror(stdout) == 0; /* whoever read this has seen enough */
}

/* read_range reads HEIGHT, HEIGHT-HEIGHT or HEIGHT-. */
static bool
read_range(const char *text, uint64_t *first, uint64_t *last)
{
	char copy[64];
	char *dash;

	if (strlen(text) >= sizeof(copy))
		return false;
	memcpy(copy, text, strlen(text) + 1);
	dash = strchr(copy, '-');
	if (dash != NULL)
		*dash = '\0';
	if (!cli_read_u64(copy, first))
		return false;
	*last = dash == NULL ? *first : UINT64_MAX;
	return dash == NULL || dash[1] == '\0' ||
	       (cli_read_u64(dash + 1, last) && *last >= *first);
}

static enum cli_exit
finish(struct show *show, enum bb_result result, const char *text)
{
	const char *said = text[0] == '\0' ? bb_result_text(result) : text;

	if (!show->cli->json) {
		if (show->table.cell_count > 0)
			cli_table_print(&show->table);
		return result == BB_OK ? CLI_OK
				       : cli_fail(show->cli, CLI_UNHEALTHY, bb_result_name(result),
						  "%s (%s)", said, bb_result_name(result));
	}
	close_block(show);
	fputs("],", stdout);
	if (result == BB_OK)
		put_fields(json_pack("{s:s}", "result", "ok"));
	else
		put_fields(json_pack("{s:s, s:s}", "result", bb_result_name(result), "text", said));
	fputs("}\n", stdout);
	show->cli->printed = true;
	return result == BB_OK ? CLI_OK
			       : cli_fail(show->cli, CLI_UNHEALTHY, NULL, "%s (%s)", said,
					  bb_result_name(result));
}

enum cli_exit
cli_ledger_show(struct cli *cli)
{
	static struct show show = {
		.table.titles = { ">height", "sealed", ">epoch", ">last input", ">inputs",
				  ">results", "segment", ">offset", ">size", "state root" },
	};
	struct cli_option options[] = {
		{ "inputs", NULL, "every packet too, and what it did", CLI_FLAG, &show.inputs },
		{ 0 },
	};
	char folder[CLI_PATH_MAX];
	char text[BB_LEDGER_TEXT] = "";
	char schema[64];
	uint64_t first = 0;
	uint64_t last = UINT64_MAX;

	enum cli_exit code = cli_options(cli, options, 0, 1);
	if (code != CLI_GO_ON)
		return code;
	if (cli->word_count == 1 && !read_range(cli->words[0], &first, &last))
		return cli_fail(cli, CLI_USAGE, NULL, "%s: no heights; write one, as in 7, or a "
				"range, as in 7-9 or 7-", cli->words[0]);
	code = cli_ledger_folder(cli, folder);
	if (code != CLI_GO_ON)
		return code;
	show.cli = cli;
	if (!cli_places_open(&show.places, folder))
		return cli_fail_file(cli, cli_result_of_errno(), folder);
	cli_schema(cli, schema);
	if (cli->json)
		printf("{\"schema\":\"%s\",\"blocks\":[", schema);
	const enum bb_result result = bb_ledger_each(folder, first, last, visit, &show, text);
	cli_places_close(&show.places);
	return finish(&show, result, text);
}
