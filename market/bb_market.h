/* bb_market - the market: participants, products, order books, one state machine.
 *
 *   (state, command, time)  ->  events
 *
 * Live running, recovery, audit, simulator and fuzzer call the same functions and
 * the market cannot tell which of them did.
 *
 * Units    as in bb_command.h; time in ns since 1970, UTC.
 * Memory   bb_market_bytes(size) from the arena at boot; nothing after.
 * Threads  The matching core only.  Exception: any core may call
 *          bb_market_look() (see bb_window.h) and bb_market_prefetch().  The control
 *          thread sees copies that the matching core made for it (matcher/bb_matcher.h).
 * Errors   What a participant or operator does wrong becomes a REFUSED event and
 *          changes nothing else.  Our own: BB_ASSERT.
 * Replay   Pure.  Hash key, addresses and lcores never reach an event.
 */
#ifndef BB_MARKET_H
#define BB_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_arena.h"
#include "market/bb_bid.h"
#include "market/bb_command.h"
#include "market/bb_event.h"

/* Chosen at genesis and part of it: they decide when BB_ERR_FULL is said. */
struct bb_market_size {
	uint32_t participants; /* 1..BB_PARTICIPANTS_MAX: ids 1..participants */
	uint32_t products;     /* 1..BB_PRODUCTS_MAX */
	uint32_t orders;       /* 1..BB_ORDERS_MAX: resting, all products together */
	uint32_t levels;       /* price steps at which orders rest, all products together */
	uint32_t places;       /* for live orders, all participants together (bb_ids.h) */
	uint32_t positions;    /* of participants in products */
	uint32_t courses;      /* delivery intervals alive at once; 0: there is no calendar */
};

enum bb_member_status { BB_MEMBER_NONE, BB_MEMBER_ACTIVE, BB_MEMBER_REVOKED };

/* What anyone may know of a participant. */
struct bb_member {
	uint8_t key[32];
	uint32_t participant;
	uint32_t orders_max;
	uint32_t packets_per_s;
	uint32_t burst;
	uint32_t orders_live;
	uint16_t roles;
	uint8_t zone;
	uint8_t status; /* enum bb_member_status */
	uint64_t sequence_highest;
	uint64_t bought_wh; /* since genesis */
	uint64_t sold_wh;
	int64_t money; /* nano-currency earned, less spent, since genesis */
	uint64_t locked; /* of it, for open orders and contracts */
	uint32_t cap_in_wh; /* as in bb_command.h: struct bb_attributes_command */
	uint32_t cap_out_wh;
	uint32_t order_wh_max;
	uint32_t metered_by;
	uint32_t reputation_min;
	uint32_t reputation; /* ppm */
	uint32_t silence_s;  /* 0: never */
	uint16_t feeder;
	uint8_t source;
	bool escrow;
	bool killed; /* no new orders until re-armed */
	uint8_t reserved[7]; /* zero: no byte is left to chance */
};

_Static_assert(sizeof(struct bb_member) == 136, "no hidden bytes: copies are compared");

struct bb_product {
	struct bb_product_command terms;
	uint32_t orders_live;
	int32_t last_price; /* of the last trade */
	uint64_t trades;
	uint64_t traded_wh;
};

/* One price of one side, best first, as `busbarctl book show` prints it. */
struct bb_depth {
	int32_t price;
	uint32_t orders;
	uint64_t quantity_wh;
};

struct bb_market;

/* bb_market_bytes returns what bb_market_init takes from its arena. */
size_t bb_market_bytes(const struct bb_market_size *size);

/* bb_market_size_valid returns whether every part is within bb_limits.h. */
bool bb_market_size_valid(const struct bb_market_size *size);

/* bb_market_events_max returns how many events one input of such a market can cause. */
uint32_t bb_market_events_max(const struct bb_market_size *size);

/* bb_market_init makes an empty market whose only participant is the operator, id 1.
 * hash_key is a number that strangers cannot guess; it changes no result. */
struct bb_market *bb_market_init(struct bb_arena *arena, const struct bb_market_size *size,
				 const uint8_t operator_key[32], uint64_t hash_key);

/* bb_market_step applies the next commands of bid, which has number, sequenced_ns
 * and route BB_ROUTE_SEQUENCE, and writes what happened to events, which has room
 * for BB_SLICE_EVENTS; *count tells how many were written.  Returns true when bid is
 * done.  While it returns false, call again with the same bid (and an empty events)
 * before anything else: one order may make more fills than a slice holds.
 *
 * The first call marks the sequence, which bb_market_look allowed a moment before on
 * this same core (BB_ASSERT): the caller keeps duplicates out and does not number
 * them.  A tick (bb_bid_is_tick) has no sequence and is marked nowhere.  Refused as a whole
 * (revoked since the gate looked, expired, not allowed): one REFUSED event with record
 * BB_EVENT_WHOLE_PACKET. */
bool bb_market_step(struct bb_market *market, const struct bb_bid *bid,
		    struct bb_event *events, uint32_t *count);

struct bb_foresight;

/* bb_market_step_foreseen is bb_market_step for who knows what comes next, and told foresight
 * (market/bb_foresee.h); the result is the same. */
bool bb_market_step_foreseen(struct bb_market *market, struct bb_foresight *foresight,
			     const struct bb_bid *bid, struct bb_event *events,
			     uint32_t *count);

/* bb_market_look tells any core whether sequence of participant may pass: BB_OK,
 * BB_ERR_SEQUENCE_OLD or BB_ERR_DUPLICATE.  participant is 1..size.participants. */
enum bb_result bb_market_look(const struct bb_market *market, uint32_t participant,
			      uint64_t sequence);

/* bb_market_prefetch asks for what such a look reads. */
void bb_market_prefetch(const struct bb_market *market, uint32_t participant,
			uint64_t sequence);

/* bb_market_apply is one command of one bid, for tests and fuzzers: as
 * bb_market_step, without packet, sequence or expiry. */
bool bb_market_apply(struct bb_market *market, const struct bb_command *command,
		     uint64_t number, uint64_t time_ns, struct bb_event *events,
		     uint32_t *count);

/* The last number and time applied: 0 in an empty market. */
uint64_t bb_market_number(const struct bb_market *market);
uint64_t bb_market_time_ns(const struct bb_market *market);
bool bb_market_halted(const struct bb_market *market);

/* bb_market_due_ns returns when the market needs a tick: UINT64_MAX if never, no later than
 * its own time if at once. */
uint64_t bb_market_due_ns(const struct bb_market *market);

const struct bb_market_size *bb_market_size(const struct bb_market *market);

/* bb_market_member copies a participant out; false if there is none with this id. */
bool bb_market_member(const struct bb_market *market, uint32_t participant,
		      struct bb_member *member);

/* bb_market_product copies the index-th of the products that are listed out, in order of
 * addition; false beyond the last. */
bool bb_market_product(const struct bb_market *market, uint32_t index,
		       struct bb_product *product);

/* bb_market_depth writes up to room best prices of a product's side and returns how
 * many; 0 for an unknown product. */
uint32_t bb_market_depth(const struct bb_market *market, uint32_t product, enum bb_side side,
			 struct bb_depth *depth, uint32_t room);

/* bb_market_check walks everything and asserts its invariants: books uncrossed and
 * equal to their sums, live counts, energy bought = sold, money sum = 0.  Slow; for
 * tests and after recovery. */
void bb_market_check(const struct bb_market *market);

#endif
