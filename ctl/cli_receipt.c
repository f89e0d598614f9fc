#include "ctl/cli_receipt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/cli_base64.h"
#include "ctl/cli_common.h"
#include "ctl/cli_report.h"

__attribute__((format(printf, 2, 3))) static bool
say(char wrong[CLI_RECEIPT_WRONG], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(wrong, CLI_RECEIPT_WRONG, format, arguments);
	va_end(arguments);
	return false;
}

/* An action, or a side, by its name; by its number if it has none. */
static json_t *
named(const char *const *names, uint32_t count, uint8_t value)
{
	return value < count && names[value] != NULL ? json_string(names[value])
						     : json_integer(value);
}

static json_t *
order_json(const struct bb_wire_order *order)
{
	static const char *const actions[] = { [BB_WIRE_NEW] = "new",
					       [BB_WIRE_CANCEL] = "cancel",
					       [BB_WIRE_REPLACE] = "replace",
					       [BB_WIRE_CANCEL_PRODUCT] = "cancel_product",
					       [BB_WIRE_CANCEL_ALL] = "cancel_all",
					       [BB_WIRE_QUOTE] = "quote",
					       [BB_WIRE_CANCEL_SIDE] = "cancel_side",
					       [BB_WIRE_KILL] = "kill",
					       [BB_WIRE_SILENCE] = "silence",
					       [BB_WIRE_DISPUTE] = "dispute" };
	static const char *const sides[] = { "buy", "sell" };

	return json_pack("{s:o, s:o, s:o, s:I, s:i, s:i, s:i, s:I, s:I, s:i, s:i}", "action",
			 named(actions, sizeof(actions) / sizeof(actions[0]), order->action),
			 "side", named(sides, 2, order->side), "order_id",
			 cli_u64(order->order_id), "product", (json_int_t)order->product, "type",
			 (int)order->type, "source", (int)order->source, "price",
			 (int)order->price, "quantity_wh", (json_int_t)order->quantity_wh,
			 "shown_wh", (json_int_t)order->shown_wh, "accept_sources",
			 (int)order->accept_sources, "prefer_sources",
			 (int)order->prefer_sources);
}

const char *
cli_receipt_type(uint16_t type)
{
	switch (type) {
	case BB_RECORD_PACKET:
		return "packet";
	case BB_RECORD_GENESIS:
		return "genesis";
	default:
		return "tick";
	}
}

static json_t *
input_json(const struct bb_block_input *input)
{
	struct bb_packet packet;

	if (input->type != BB_RECORD_PACKET)
		return json_pack("{s:s}", "type", cli_receipt_type(input->type));
	/* bb_receipt_check has decoded it. */
	BB_ASSERT(bb_packet_decode_input(input->bytes, input->size, &packet) == BB_OK);
	json_t *object = json_pack("{s:s, s:I, s:o, s:o, s:i, s:i}", "type", "packet",
				   "participant", (json_int_t)packet.participant, "sequence",
				   cli_u64(packet.sequence), "not_after_ns",
				   cli_u64(packet.not_after_ns), "kind", (int)packet.kind,
				   "records", (int)packet.record_count);
	if (packet.kind != BB_PACKET_BIDS)
		return object;
	json_t *orders = json_array();
	for (uint32_t i = 0; i < packet.record_count; i++) {
		struct bb_wire_order order;
		bb_packet_order(input->bytes, i, &order);
		json_array_append_new(orders, order_json(&order));
	}
	json_object_set_new(object, "orders", orders);
	return object;
}

json_t *
cli_receipt_readable(const struct bb_receipt_proven *proven)
{
	const struct bb_block_input *input = &proven->input;
	json_t *object = json_object();
	json_t *events = json_array();

	for (uint32_t i = 0; i < input->result_count; i++) {
		struct bb_event event;
		BB_ASSERT(bb_block_event(input, i, &event));
		json_array_append_new(events, cli_ledger_event_json(&event));
	}
	if (proven->log.origin[0] != '\0')
		json_object_set_new(object, "origin", json_string(proven->log.origin));
	json_object_set_new(object, "number", cli_u64(input->number));
	json_object_set_new(object, "time_ns", cli_u64(input->time_ns));
	json_object_set_new(object, "input", input_json(input));
	json_object_set_new(object, "events", events);
	return object;
}

json_t *
cli_receipt_json(const struct bb_receipt *receipt, const struct bb_receipt_proven *proven)
{
	const struct bb_block_input *input = &proven->input;
	json_t *object = json_pack("{s:s}", "schema", CLI_RECEIPT_SCHEMA);
	json_t *readable = cli_receipt_readable(proven);
	json_t *path = json_array();

	for (uint32_t i = 0; i < receipt->path.count; i++)
		json_array_append_new(path,
				      cli_base64(receipt->path.hashes[i].bytes, BB_HASH_SIZE));
	json_object_update_missing(object, readable);
	json_decref(readable);
	json_object_set_new(object, "record", cli_base64(input->record, input->record_size));
	json_object_set_new(object, "results",
			    cli_base64(input->results,
				       (size_t)input->result_count * BB_RESULT_SIZE));
	json_object_set_new(object, "leaf", cli_base64(receipt->leaf, BB_LEAF_SIZE));
	json_object_set_new(object, "index", cli_u64(receipt->index));
	json_object_set_new(object, "path", path);
	if (receipt->note != NULL)
		json_object_set_new(object, "checkpoint",
				    json_stringn(receipt->note, receipt->note_size));
	else
		json_object_set_new(object, "block",
				    cli_base64(receipt->header, BB_BLOCK_HEADER_SIZE));
	return object;
}

/* Reads a field of base64; NULL: it is none, or has another size than wanted (0: any). */
static uint8_t *
read_bytes(const json_t *value, size_t want, size_t *size)
{
	const char *text = json_string_value(value);
	uint8_t *bytes = text == NULL ? NULL : cli_base64_read(text, size);

	if (bytes == NULL || want == 0 || *size == want)
		return bytes;
	free(bytes);
	return NULL;
}

static bool
read_fixed(const json_t *value, uint8_t *bytes, size_t want)
{
	size_t size;
	uint8_t *read = read_bytes(value, want, &size);

	if (read == NULL)
		return false;
	memcpy(bytes, read, want);
	free(read);
	return true;
}

static bool
read_path(const json_t *value, struct bb_log_path *path)
{
	if (!json_is_array(value) || json_array_size(value) > BB_LOG_PATH_MAX)
		return false;
	path->count = (uint32_t)json_array_size(value);
	for (uint32_t i = 0; i < path->count; i++)
		if (!read_fixed(json_array_get(value, i), path->hashes[i].bytes, BB_HASH_SIZE))
			return false;
	return true;
}

/* The record and the results, one behind the other, as in a block. */
static bool
read_body(struct cli_receipt *receipt, const json_t *record, const json_t *results)
{
	size_t record_size = 0;
	size_t results_size = 0;
	uint8_t *first = read_bytes(record, 0, &record_size);
	uint8_t *second = read_bytes(results, 0, &results_size);
	const bool good = first != NULL && second != NULL &&
			  record_size <= BB_INPUT_RECORD_MAX &&
			  results_size % BB_RESULT_SIZE == 0 &&
			  results_size / BB_RESULT_SIZE <= BB_RECEIPT_EVENTS_MAX;

	if (good) {
		receipt->body = malloc(record_size + results_size + 1);
		BB_ASSERT(receipt->body != NULL);
		memcpy(receipt->body, first, record_size);
		memcpy(receipt->body + record_size, second, results_size);
		receipt->receipt.body = receipt->body;
		receipt->receipt.body_size = record_size + results_size;
		receipt->receipt.result_count = (uint32_t)(results_size / BB_RESULT_SIZE);
	}
	free(first);
	free(second);
	return good;
}

static bool
read_u64(const json_t *value, uint64_t *number)
{
	/* Beyond what JSON's integers hold no log of ours goes. */
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*number = (uint64_t)json_integer_value(value);
	return true;
}

/* Either a checkpoint or the header of a block. */
static bool
read_anchor(struct cli_receipt *receipt, const json_t *note, const json_t *block)
{
	size_t size;

	if ((note == NULL) == (block == NULL))
		return false;
	if (note != NULL) {
		receipt->receipt.note = json_string_value(note);
		receipt->receipt.note_size = json_string_length(note);
		return receipt->receipt.note != NULL;
	}
	receipt->header = read_bytes(block, BB_BLOCK_HEADER_SIZE, &size);
	receipt->receipt.header = receipt->header;
	return receipt->header != NULL;
}

static bool
read_fields(struct cli_receipt *receipt, char wrong[CLI_RECEIPT_WRONG])
{
	const json_t *whole = receipt->whole;
	struct bb_receipt *into = &receipt->receipt;
	const char *schema = json_string_value(json_object_get(whole, "schema"));

	if (schema == NULL || strcmp(schema, CLI_RECEIPT_SCHEMA) != 0)
		return say(wrong, "\"schema\" is not " CLI_RECEIPT_SCHEMA);
	if (!read_body(receipt, json_object_get(whole, "record"),
		       json_object_get(whole, "results")))
		return say(wrong, "\"record\" and \"results\" are not base64 of records");
	if (!read_fixed(json_object_get(whole, "leaf"), into->leaf, BB_LEAF_SIZE))
		return say(wrong, "\"leaf\" is not base64 of 80 bytes");
	if (!read_u64(json_object_get(whole, "index"), &into->index))
		return say(wrong, "\"index\" is no number");
	if (!read_path(json_object_get(whole, "path"), &into->path))
		return say(wrong, "\"path\" is not base64 of at most 65 hashes");
	if (!read_anchor(receipt, json_object_get(whole, "checkpoint"),
			 json_object_get(whole, "block")))
		return say(wrong, "neither \"checkpoint\" nor \"block\" is one, or both are there");
	return true;
}

bool
cli_receipt_read(struct cli_receipt *receipt, const char *text, size_t size,
		 char wrong[CLI_RECEIPT_WRONG])
{
	json_error_t error;

	*receipt = (struct cli_receipt){ 0 };
	wrong[0] = '\0';
	if (size > CLI_RECEIPT_FILE_MAX)
		return say(wrong, "larger than 64 MiB");
	receipt->whole = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (receipt->whole == NULL)
		return say(wrong, "line %d, column %d: %.64s", error.line, error.column,
			   error.text);
	if (!json_is_object(receipt->whole))
		return say(wrong, "not a JSON object");
	return read_fields(receipt, wrong);
}

/* Whether what the file says is the same, or less. */
static bool
agrees(const json_t *said, const json_t *proven)
{
	const char *key;
	json_t *value;
	size_t index;

	if (json_is_object(said) && json_is_object(proven)) {
		json_object_foreach ((json_t *)said, key, value)
			if (!agrees(value, json_object_get(proven, key)))
				return false;
		return true;
	}
	if (!json_is_array(said) || !json_is_array(proven))
		return json_equal(said, proven) == 1;
	json_array_foreach (said, index, value)
		if (!agrees(value, json_array_get(proven, index)))
			return false;
	return json_array_size(said) == json_array_size(proven);
}

static bool
is_proof(const char *key)
{
	static const char *const keys[] = { "schema", "record", "results",    "leaf",
					    "index",  "path",   "checkpoint", "block" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

bool
cli_receipt_says(const struct cli_receipt *receipt, const struct bb_receipt_proven *proven,
		 char wrong[CLI_RECEIPT_WRONG])
{
	json_t *readable = cli_receipt_readable(proven);
	const char *differs = NULL;
	const char *key;
	json_t *value;

	json_object_foreach (receipt->whole, key, value)
		if (!is_proof(key) && !agrees(value, json_object_get(readable, key)))
			differs = key;
	json_decref(readable);
	return differs == NULL ? true
			       : say(wrong, "\"%.40s\" says other than the bytes that were proven",
				     differs);
}

void
cli_receipt_free(struct cli_receipt *receipt)
{
	json_decref(receipt->whole);
	free(receipt->body);
	free(receipt->header);
	*receipt = (struct cli_receipt){ 0 };
}
