#include "ctl/bb_control.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/bb_limits.h"

/* A packet is the largest thing that a message carries; the rest is names. */
_Static_assert(2 * BB_PACKET_SIZE_MAX + 1024 < BB_CONTROL_MESSAGE_MAX, "a submit fits");

static const char *const command_names[BB_CONTROL_COMMANDS] = {
#define X(command, name) [command] = name,
	BB_CONTROL_LIST(X)
#undef X
};

/* The keys of each command besides "command".  An unsigned number, or hex of a packet. */
static const struct field {
	enum bb_control_command command;
	const char *key;
	bool is_packet;
	bool is_needed;
	uint32_t min;
	uint32_t max;
	uint32_t otherwise;
	size_t offset; /* in bb_control_request */
} fields[] = {
	{ .command = BB_CONTROL_MEMBERS, .key = "first", .min = 1, .max = BB_PARTICIPANTS_MAX,
	  .otherwise = 1, .offset = offsetof(struct bb_control_request, first) },
	{ .command = BB_CONTROL_PRODUCTS, .key = "first", .min = 0, .max = BB_PRODUCTS_MAX,
	  .otherwise = 0, .offset = offsetof(struct bb_control_request, first) },
	{ .command = BB_CONTROL_ACCOUNTS, .key = "first", .min = 1, .max = UINT32_MAX,
	  .otherwise = 1, .offset = offsetof(struct bb_control_request, first) },
	{ .command = BB_CONTROL_COURSES, .key = "first", .min = 0, .max = UINT32_MAX,
	  .otherwise = 0, .offset = offsetof(struct bb_control_request, first) },
	{ .command = BB_CONTROL_BOOK, .key = "product", .is_needed = true, .min = 0,
	  .max = UINT32_MAX, .offset = offsetof(struct bb_control_request, product) },
	{ .command = BB_CONTROL_BOOK, .key = "depth", .min = 1, .max = BB_CONTROL_DEPTH_MAX,
	  .otherwise = 10, .offset = offsetof(struct bb_control_request, depth) },
	{ .command = BB_CONTROL_SUBMIT, .key = "packet", .is_packet = true, .is_needed = true },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

__attribute__((format(printf, 3, 4)))
static enum bb_result
refuse(char text[BB_CONTROL_TEXT], enum bb_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, BB_CONTROL_TEXT, format, arguments);
	va_end(arguments);
	/* Parts of the request are quoted, cut anywhere: what goes back is plain text. */
	for (char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return result;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum bb_result
read_packet(const json_t *value, struct bb_control_request *request,
	    char text[BB_CONTROL_TEXT])
{
	if (!json_is_string(value))
		return refuse(text, BB_ERR_FORMAT, "\"packet\" must be a string of hex digits");

	const char *hex = json_string_value(value);
	const size_t length = json_string_length(value);

	if (length % 2 != 0 || length < 2 * (size_t)BB_PACKET_SIZE_MIN ||
	    length > 2 * (size_t)BB_PACKET_SIZE_MAX)
		return refuse(text, BB_ERR_LENGTH,
			      "\"packet\" has %zu hex digits; a packet has %u to %u bytes of two",
			      length, BB_PACKET_SIZE_MIN, BB_PACKET_SIZE_MAX);
	for (size_t i = 0; i < length / 2; i++) {
		const int high = hex_digit(hex[2 * i]);
		const int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return refuse(text, BB_ERR_FORMAT, "\"packet\" has other than hex digits");
		request->packet[i] = (uint8_t)(high << 4 | low);
	}
	request->packet_size = (uint32_t)(length / 2);
	return BB_OK;
}

static enum bb_result
read_number(const struct field *field, const json_t *value,
	    struct bb_control_request *request, char text[BB_CONTROL_TEXT])
{
	if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)field->min ||
	    json_integer_value(value) > (json_int_t)field->max)
		return refuse(text, BB_ERR_FORMAT,
			      "\"%s\" must be an integer of %" PRIu32 " to %" PRIu32, field->key,
			      field->min, field->max);

	const uint32_t number = (uint32_t)json_integer_value(value);

	memcpy((uint8_t *)request + field->offset, &number, sizeof(number));
	return BB_OK;
}

/* A key that is missing leaves its default behind. */
static enum bb_result
read_field(const struct field *field, const json_t *root, struct bb_control_request *request,
	   char text[BB_CONTROL_TEXT])
{
	const json_t *value = json_object_get(root, field->key);

	if (value == NULL && field->is_needed)
		return refuse(text, BB_ERR_FORMAT, "\"%s\" is missing: \"%s\" needs it",
			      field->key, command_names[field->command]);
	if (value == NULL) {
		memcpy((uint8_t *)request + field->offset, &field->otherwise,
		       sizeof(field->otherwise));
		return BB_OK;
	}
	if (field->is_packet)
		return read_packet(value, request, text);
	return read_number(field, value, request, text);
}

static enum bb_result
read_command(const json_t *root, struct bb_control_request *request,
	     char text[BB_CONTROL_TEXT])
{
	const char *name = json_string_value(json_object_get(root, "command"));

	if (name == NULL)
		return refuse(text, BB_ERR_FORMAT, "\"command\" must be there and a string");
	for (uint32_t command = 0; command < BB_CONTROL_COMMANDS; command++) {
		if (strcmp(name, command_names[command]) == 0) {
			request->command = (enum bb_control_command)command;
			return BB_OK;
		}
	}
	return refuse(text, BB_ERR_KIND, "unknown command \"%.40s\"", name);
}

static bool
is_key_of(enum bb_control_command command, const char *key)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].command == command && strcmp(fields[i].key, key) == 0)
			return true;
	return strcmp(key, "command") == 0;
}

static enum bb_result
read_request(json_t *root, struct bb_control_request *request, char text[BB_CONTROL_TEXT])
{
	const char *key;
	json_t *value;

	if (!json_is_object(root))
		return refuse(text, BB_ERR_FORMAT, "a request is one JSON object");

	enum bb_result result = read_command(root, request, text);

	if (result != BB_OK)
		return result;
	json_object_foreach(root, key, value) {
		if (!is_key_of(request->command, key))
			return refuse(text, BB_ERR_FORMAT, "\"%s\" knows no key \"%.40s\"",
				      command_names[request->command], key);
	}
	for (size_t i = 0; i < FIELDS && result == BB_OK; i++)
		if (fields[i].command == request->command)
			result = read_field(&fields[i], root, request, text);
	return result;
}

enum bb_result
bb_control_parse(const uint8_t *bytes, size_t size, struct bb_control_request *request,
		 char text[BB_CONTROL_TEXT])
{
	json_error_t error;

	memset(request, 0, sizeof(*request));
	text[0] = '\0';
	if (size == 0 || size > BB_CONTROL_MESSAGE_MAX)
		return refuse(text, BB_ERR_LENGTH, "a message has 1 to %u bytes",
			      BB_CONTROL_MESSAGE_MAX);

	json_t *root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);

	if (root == NULL)
		return refuse(text, BB_ERR_FORMAT, "no JSON: %s at byte %d", error.text,
			      error.position);

	const enum bb_result result = read_request(root, request, text);

	json_decref(root);
	return result;
}
