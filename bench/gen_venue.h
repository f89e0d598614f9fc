/* gen_venue - venue.json: what the operator hands out to those who want to trade.
 *
 *	{"schema": "busbar.venue/1", "name": "...", "ledger_id": "64 hex digits",
 *	 "key": "64 hex digits", "host": "10.0.0.1", "udp": 7600}
 *
 * Memory   A value.
 * Errors   false, and one line of text.
 */
#ifndef GEN_VENUE_H
#define GEN_VENUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bb_sign.h"

struct gen_venue {
	char host[64]; /* numeric */
	uint16_t udp_port;
	uint8_t ledger_id[32];
	uint8_t key[BB_KEY_SIZE];
};

bool gen_venue_read(struct gen_venue *venue, const char *path, char *text, size_t text_size);

#endif
