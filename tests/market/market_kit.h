/* market_kit - a small market, asked in words and answering in words.
 *
 * kit_start gives a market with traders 2..9, operator 1 and product KIT_PRODUCT (prices
 * -500..500 in ticks of 5, lots of 10 Wh, at most 1,000,000 Wh an order).
 *
 * A script is commands with semicolons between them:
 *
 *	2 new 7 B 100 50      participant 2, order id 7, buys at 100, 50 Wh, until cancelled
 *	2 ioc 7 S 100 50      the same, immediate or cancel; fok, aon: all at once, or nothing
 *	2 market 7 B 50       50 Wh at the best price there is
 *	2 gtd 7 B 100 50 30   until second 30
 *	2 iceberg 7 B 100 50 10   shows 10 Wh at a time
 *	2 leg 7 B 100 50 1 0  a leg of a basket, one to follow; of KIT_PRODUCT + 0; all
 *	                      lines of a script are in one packet
 *	2 quote 7 B 100 50    as replace where there is such an order, else as new
 *	2 replace 7 95 20     new price, new quantity
 *	2 cancel 7 / 2 cancel-product / 2 cancel-side B / 2 cancel-all
 *	0 tick 30             half a minute passes
 *	2 silence 30          orders leave when nothing is heard for half a minute
 *	2 kill / 1 stop 2 / 1 arm 2   kill switch: own, by the operator; and back
 *	1 halt / 1 resume / 1 revoke 2
 *
 * Events in words, with semicolons between them:
 *
 *	2/7 accepted B 100 50 rests 30         2/7 traded 3/1 at 95 20 left 30/0
 *	2/7 cancelled B 100 30 BY_IOC          2/7 refused ERR_TICK
 *	2/7 replaced B 95 20 rests 20          halted by 1, resumed by 1
 *	2/7 shows 10 of 40                     2/7 accepted B 100 50 rests 50 hides 40
 *	member 2 revoked by 1, killed, armed   2 accepted nothing
 *
 * A book in words, best first, price x quantity / orders: "B 100x50/1 95x20/2 S 105x10/1".
 */
#ifndef MARKET_KIT_H
#define MARKET_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/bb_market.h"

#define KIT_PRODUCT UINT32_C(0x01123456)
#define KIT_TEXT    2048u

struct kit {
	struct bb_market *market;
	void *memory;
	size_t memory_size;
	uint64_t number;
	uint64_t seconds; /* that ticks have let pass */
	const struct bb_command *behind; /* in the same packet */
	uint32_t behind_count;
	uint32_t room; /* 0: bb_market_apply; else slices of this size */
	struct bb_event *events; /* of the last kit_apply or kit_say */
	size_t event_count;
	size_t event_room;
	char text[KIT_TEXT]; /* of the last kit_say or kit_book */
};

/* kit_open gives an empty market; kit_start one with members and a product. */
void kit_open(struct kit *kit, const struct bb_market_size *size, uint64_t hash_key);
void kit_start(struct kit *kit);
void kit_stop(struct kit *kit);

/* kit_apply applies one command, all slices; number and time go up by one each. */
void kit_apply(struct kit *kit, const struct bb_command *command);

/* kit_add_member and kit_add_product do what they say and expect that it works. */
void kit_add_member(struct kit *kit, uint32_t participant, uint32_t orders_max);
void kit_add_product(struct kit *kit, uint32_t product, int32_t price_min, int32_t price_max,
		     uint32_t tick);

/* kit_order returns the command of one line of a script. */
struct bb_command kit_command(const char *line);

/* kit_say runs a script and returns all its events in words. */
const char *kit_say(struct kit *kit, const char *script);

/* kit_book returns the book of KIT_PRODUCT in words. */
const char *kit_book(struct kit *kit);

/* What was before, what is asked, what happens, what the book is then. */
struct kit_scene {
	const char *before, *asked, *said, *book;
};

/* kit_play asserts each scene in a fresh market; ends with { NULL }. */
void kit_play(const struct kit_scene *scenes);

#endif
