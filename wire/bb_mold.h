/* bb_mold - MoldUDP64 1.00 framing of the public feed, and the messages in it.
 *
 * MoldUDP64 (Nasdaq) is big-endian: 10 B session, 8 B sequence of the first message,
 * 2 B message count, then for each message 2 B length and its bytes.  Count 0 is a
 * heartbeat, 0xffff the end of the session.  A request packet has the same 20 B.
 * The session is the venue as 8 hex digits and two blanks.
 *
 * Messages (little-endian, as everything else of busbar's), first byte the type:
 *
 *	'A' order added      32 B: 0 1 'A', 1 1 side, 2 2 zero, 4 4 product, 8 8 number,
 *	                     16 4 price, 20 4 quantity, 24 2 record, 26 6 zero
 *	                     (number and record name the order publicly; no participant)
 *	'R' order reduced    32 B: 0 1 'R', 1 1 side, 2 2 zero, 4 4 product, 8 4 price,
 *	                     12 4 taken off, 16 4 remaining, 20 12 zero
 *	'T' trade            32 B: 0 1 'T', 1 1 aggressor's side, 2 2 zero, 4 4 product,
 *	                     8 8 number, 16 4 price, 20 4 quantity, 24 8 time_ns
 *	'P' product added    32 B: 0 1 'P', 1 3 zero, 4 4 product, 8 4 price_min,
 *	                     12 4 price_max, 16 4 tick, 20 4 lot, 24 8 zero
 *	'S' product state    32 B: 0 1 'S', 1 3 zero, 4 4 product (zone 0: the delivery
 *	                     interval in all zones), 8 8 number, 16 1 from, 17 1 to,
 *	                     18 2 why (a result), 20 4 zero, 24 8 time_ns
 *	'C' auction price    40 B: 0 1 'C', 1 1 1: there is a price, 2 2 zero, 4 4 product,
 *	                     8 8 number, 16 4 price, 20 4 bought, 24 4 sold, 28 4 lowest,
 *	                     32 4 highest price of the equilibrium, 36 4 zero
 *	'F' auction flow     32 B: 0 1 'F', 1 1 0: from -> to, 1: to -> from, 2 2 zero,
 *	                     4 4 product, 8 8 number, 16 4 line, 20 4 quantity, 24 4 fee,
 *	                     28 4 zero
 *	'L' carried          40 B: 0 1 'L', 1 3 zero, 4 4 product (zone 0), 8 8 number,
 *	    over lines       16 8 lines (bit l: line l), 24 4 quantity, 28 4 fee of them all,
 *	                     32 1 from zone, 33 1 to zone, 34 6 zero; behind its trade
 *	'B' block sealed     88 B: 0 1 'B', 1 7 zero, 8 8 height, 16 8 sealed_ns,
 *	                     24 32 block hash, 56 32 state root
 *
 * Memory   The writer fills the caller's bytes.
 * Errors   Decoding refuses anything not exact.
 * Replay   Pure.
 */
#ifndef BB_MOLD_H
#define BB_MOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_result.h"

#define BB_MOLD_HEADER_SIZE 20u
#define BB_MOLD_PACKET_MAX  1400u
#define BB_MOLD_END         0xffffu

struct bb_mold {
	uint8_t session[10];
	uint64_t sequence; /* of the first message; of the next one in a heartbeat */
	uint16_t count;
};

/* A packet under construction. */
struct bb_mold_writer {
	uint8_t *bytes; /* room for BB_MOLD_PACKET_MAX */
	size_t size;    /* header included */
	struct bb_mold header;
};

void bb_mold_session(uint8_t session[10], uint32_t venue);

/* bb_mold_start begins a packet whose first message will be sequence. */
void bb_mold_start(struct bb_mold_writer *writer, uint8_t *bytes, const uint8_t session[10],
		   uint64_t sequence);

/* bb_mold_add appends a message; false, and nothing changed, if it does not fit. */
bool bb_mold_add(struct bb_mold_writer *writer, const uint8_t *message, uint16_t size);

/* bb_mold_end writes the header and returns the size of the packet. */
size_t bb_mold_end(struct bb_mold_writer *writer);

/* bb_mold_decode reads the header and checks that the messages fill the packet exactly:
 * BB_ERR_LENGTH otherwise. */
enum bb_result bb_mold_decode(const uint8_t *bytes, size_t size, struct bb_mold *mold);

/* bb_mold_next returns the message at *offset (start with BB_MOLD_HEADER_SIZE) of a decoded
 * packet and steps behind it; NULL after the last. */
const uint8_t *bb_mold_next(const uint8_t *bytes, size_t size, size_t *offset,
			    uint16_t *message_size);

#define BB_FEED_MESSAGE_MAX 88u

enum bb_feed_type {
	BB_FEED_ADDED = 'A',
	BB_FEED_REDUCED = 'R',
	BB_FEED_TRADE = 'T',
	BB_FEED_PRODUCT = 'P',
	BB_FEED_STATE = 'S',
	BB_FEED_PRICE = 'C',
	BB_FEED_FLOW = 'F',
	BB_FEED_CARRIED = 'L',
	BB_FEED_BLOCK = 'B',
};

/* One message, any type; unused fields are zero. */
struct bb_feed {
	uint8_t type;
	uint8_t side;          /* of a price: 1 if there is one */
	uint16_t record;       /* why, for a state */
	uint32_t product;
	uint64_t number;
	int32_t price;         /* fee of a flow, or of all lines */
	int32_t price_min;     /* of the equilibrium */
	int32_t price_max;     /* of a product's band, or the equilibrium */
	uint32_t quantity_wh;  /* lot for a product; bought */
	uint32_t remaining_wh; /* tick for a product; sold */
	uint32_t line;
	uint8_t from; /* states, or zones */
	uint8_t to;
	uint8_t reserved[6];
	uint64_t time_ns;      /* sealed_ns for a block */
	uint64_t height;
	uint64_t lines;
	uint8_t block_hash[32];
	uint8_t state_root[32];
};

/* bb_feed_encode writes message, at most BB_FEED_MESSAGE_MAX; returns its size. */
uint16_t bb_feed_encode(uint8_t *bytes, const struct bb_feed *feed);

enum bb_result bb_feed_decode(const uint8_t *bytes, size_t size, struct bb_feed *feed);

#endif
