/* bb_state - what a market consists of, for the files of this folder and their tests.
 *
 * A command is run in slices: as long as work.kind says that one is under way, only it
 * may go on.  Where a command stands between two slices is all in struct bb_work, so what
 * happens does not depend on how large the slices are.
 *
 * Memory   One block of the arena, and the pools of the parts.
 * Threads  The matching core only.
 */
#ifndef BB_STATE_H
#define BB_STATE_H

#include "base/bb_assert.h"
#include "base/bb_hint.h"
#include "market/bb_accounts.h"
#include "market/bb_calendar.h"
#include "market/bb_ids.h"
#include "market/bb_market.h"
#include "market/bb_members.h"
#include "market/bb_orders.h"
#include "market/bb_position.h"
#include "market/bb_products.h"
#include "market/bb_rebate.h"
#include "market/bb_watches.h"

/* Where the events of one call go. */
struct bb_slice {
	struct bb_event *events;
	uint32_t room; /* at least BB_SLICE_ROOM_MIN */
	uint32_t count;
	uint64_t number;
	uint16_t record;
	const struct bb_command *behind; /* in the same packet, of which legs of a basket know */
	uint32_t behind_count;
};

/* The most events that a command writes in one go, at its end; where there is a calendar, a
 * slice has room for BB_TICK_ROOM (market/bb_tick.h). */
#define BB_SLICE_ROOM_MIN 2u

enum bb_work_kind {
	BB_WORK_NONE,
	BB_WORK_TAKE,  /* an order trades, then rests: bb_entry_continue */
	BB_WORK_SWEEP, /* many orders are cancelled: bb_cancel_continue */
	BB_WORK_TICK,  /* what is due happens: bb_tick_continue */
	BB_WORK_UNCROSS, /* orders trade that meet over lines: bb_uncross_continue */
};

struct bb_take {
	struct bb_account *account;
	struct bb_listing *listing;
	uint64_t order_id;
	uint64_t before; /* what it replaces, as bb_event_before packs it; else 0 */
	int32_t price;
	uint32_t quantity_wh; /* entered */
	uint32_t left_wh;
	uint32_t position;
	uint32_t place;  /* where it will rest, as in struct bb_order */
	uint32_t limit;  /* last rung of the other side that it may trade with */
	uint32_t reach;  /* last one that its price reaches */
	bool trades;     /* otherwise it rests until the next auction */
	enum bb_side side;
	uint16_t accept_sources;
	uint16_t prefer_sources;
	uint8_t type;
	uint32_t detail; /* expires_s or shown_wh, by type; else 0 */
	uint32_t turns;  /* how often a line was full (bb_across.h) */
};

struct bb_sweep {
	struct bb_account *account; /* whose orders */
	struct bb_listing *listing; /* NULL: all products */
	enum bb_result reason;
	bool spared[2]; /* by side: these stay */
	bool found;     /* there was one at least */
};

struct bb_tick {
	struct bb_course *course; /* under way; NULL: the next one is to be found */
	uint32_t left;            /* steps of this tick */
	uint32_t looks;           /* at whoever may have fallen silent */
	uint32_t silent;          /* participant whose orders leave; 0: nobody's */
	bool told;                /* something was due */
	bool calm;                /* of courses nothing is due any more */
};

struct bb_uncross {
	uint32_t quarter; /* of the delivery interval under way */
	uint32_t left;    /* with it */
	uint32_t turns;   /* how often a line was full */
};

/* Between two legs of a basket. */
struct bb_basket {
	uint32_t left;  /* legs that are not answered yet; 0: there is no basket */
	uint32_t fault; /* the one at fault is answered when so many are left */
	enum bb_result result; /* BB_OK: all of them trade */
};

struct bb_work {
	enum bb_work_kind kind;
	struct bb_command command; /* the one under way, once a slice was full */
	union {
		struct bb_take take;
		struct bb_sweep sweep;
		struct bb_tick tick;
		struct bb_uncross uncross;
	};
};

struct bb_market {
	struct bb_market_size size;
	uint64_t number;
	uint64_t time_ns;
	bool halted;
	bool stepping;   /* a bid is under way */
	uint16_t record; /* of the bid under way: next command */
	struct bb_members members;
	struct bb_accounts accounts;
	struct bb_products products;
	struct bb_orders orders;
	struct bb_positions positions;
	struct bb_ids ids; /* participant and order id to slot */
	struct bb_watches watches; /* who must be heard (bb_silence.h) */
	struct bb_calendar calendar;
	struct bb_rebate rebate;
	struct bb_fixing *fixing; /* NULL: there is no calendar */
	uint64_t traded_gone_wh;  /* in listings that have ended */
	struct bb_basket basket;
	struct bb_work work;
};

static inline uint32_t
bb_slice_left(const struct bb_slice *slice)
{
	return slice->room - slice->count;
}

/* bb_slice_next returns the next event, whose bytes mean nothing yet. */
static inline struct bb_event *
bb_slice_next(struct bb_slice *slice)
{
	BB_ASSERT(slice->count < slice->room);
	return &slice->events[slice->count++];
}

/* bb_slice_add returns the next event: zeros, but for what it is asked to be. */
static inline struct bb_event *
bb_slice_add(struct bb_slice *slice, enum bb_event_kind kind, uint32_t participant)
{
	struct bb_event *event = bb_slice_next(slice);

	*event = (struct bb_event){
		.number = slice->number,
		.participant = participant,
		.record = slice->record,
		.kind = (uint8_t)kind,
	};
	return event;
}

/* bb_market_run applies one command, or goes on with it; true when it is done.  Its
 * number and time are the market's already. */
bool bb_market_run(struct bb_market *market, const struct bb_command *command,
		   struct bb_slice *slice);

#endif
