/* market_bytes - what bytes ask of a market that is driven by them.
 *
 * DRIVE_COMMAND_BYTES are a row: a packet of one command, or the beginning of a basket, which
 * takes a row for each of its legs.
 */
#ifndef MARKET_BYTES_H
#define MARKET_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_market.h"
#include "tests/market/market_drive.h"

#define BYTES_VENUES     4u
#define BYTES_PACKET_MAX 5u /* commands */

/* A venue, and how bytes are read for it. */
struct venue {
	struct bb_market_size size;
	uint32_t orders_max;
	uint32_t order_ids;
	uint32_t traders; /* ids 2..traders + 1 are there from the start */
	uint32_t products; /* the first so many of known_products are traded */
	int32_t spread;    /* ticks around the middle where most orders are */
	bool extremes;     /* little but the largest orders at the ends of the band */
	uint32_t covered;  /* trader whose account must cover its orders; 0: none */
	int64_t amount;    /* that it has at first */
	uint32_t guests;   /* the last traders, who send hardly anything but baskets */
};

extern const struct venue bytes_venues[BYTES_VENUES];

/* bytes_packet writes the commands of the next packet, of which there is room for
 * BYTES_PACKET_MAX, and returns how many; they took a row each, of rows that are left. */
uint32_t bytes_packet(const struct venue *venue, const uint8_t *bytes, uint32_t rows,
		      uint64_t time_ns, struct bb_command *commands);

/* What a venue begins with: a participant, and one of its products, 0 to 3. */
struct bb_command bytes_add_member(const struct venue *venue, uint8_t participant);
struct bb_command bytes_add_product(const struct venue *venue, uint8_t known);

#endif
