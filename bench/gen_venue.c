#include "bench/gen_venue.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static bool
read_hex(uint8_t bytes[32], const char *text)
{
	size_t size = 0;

	return strlen(text) == 64 &&
	       sodium_hex2bin(bytes, 32, text, 64, NULL, &size, NULL) == 0 && size == 32;
}

static bool
read_members(struct gen_venue *venue, json_t *json, char *text, size_t text_size)
{
	const char *schema, *ledger_id, *key, *host;
	int udp;

	if (json_unpack(json, "{s:s, s:s, s:s, s:s, s:i}", "schema", &schema, "ledger_id",
			&ledger_id, "key", &key, "host", &host, "udp", &udp) != 0) {
		(void)snprintf(text, text_size,
			       "schema, ledger_id, key, host and udp are needed");
		return false;
	}
	if (strcmp(schema, "busbar.venue/1") != 0) {
		(void)snprintf(text, text_size, "schema is not busbar.venue/1");
		return false;
	}
	if (!read_hex(venue->ledger_id, ledger_id) || !read_hex(venue->key, key)) {
		(void)snprintf(text, text_size, "ledger_id and key are 64 hex digits each");
		return false;
	}
	if (udp < 1 || udp > UINT16_MAX || strlen(host) >= sizeof(venue->host)) {
		(void)snprintf(text, text_size, "host or udp is no address");
		return false;
	}
	venue->udp_port = (uint16_t)udp;
	memcpy(venue->host, host, strlen(host) + 1);
	return true;
}

bool
gen_venue_read(struct gen_venue *venue, const char *path, char *text, size_t text_size)
{
	json_error_t error;
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (json == NULL) {
		(void)snprintf(text, text_size, "line %d: %s", error.line, error.text);
		return false;
	}
	const bool good = read_members(venue, json, text, text_size);
	json_decref(json);
	return good;
}
