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
#include "market/bb_interest.h"
#include "market/bb_market.h"
#include "market/bb_members.h"
#include "market/bb_orders.h"
#include "market/bb_products.h"

/* Where the events of one call go. */
struct bb_slice {
	struct bb_event *events;
	uint32_t room; /* at least BB_SLICE_ROOM_MIN */
	uint32_t count;
	uint64_t number;
	uint16_t record;
};

/* The most events that a command writes in one go, at its end. */
#define BB_SLICE_ROOM_MIN 2u

enum bb_work_kind {
	BB_WORK_NONE,
	BB_WORK_TAKE,  /* an order trades, then rests: bb_entry_continue */
	BB_WORK_SWEEP, /* many orders are cancelled: bb_cancel_continue */
};

struct bb_take {
	struct bb_account *account;
	struct bb_listing *listing;
	uint64_t order_id;
	uint64_t before; /* what it replaces, as bb_event_before packs it; else 0 */
	int32_t price;
	uint32_t quantity_wh; /* entered */
	uint32_t left_wh;
	uint32_t limit; /* last rung of the other side that it reaches */
	enum bb_side side;
	uint8_t type;
};

struct bb_sweep {
	struct bb_account *account; /* whose orders */
	struct bb_listing *listing; /* NULL: all products */
	enum bb_result reason;
	bool found; /* there was one at least */
};

struct bb_work {
	enum bb_work_kind kind;
	struct bb_command command; /* the one under way, once a slice was full */
	union {
		struct bb_take take;
		struct bb_sweep sweep;
	};
};

struct bb_market {
	struct bb_market_size size;
	uint64_t number;
	uint64_t time_ns;
	bool halted;
	uint16_t record; /* of the bid under way: next command */
	bool stepping;   /* a bid is under way */
	struct bb_members members;
	struct bb_products products;
	struct bb_orders orders;
	struct bb_interests interests;
	struct bb_index order_ids; /* participant and order id to slot */
	struct bb_work work;
};

static inline uint32_t
bb_slice_left(const struct bb_slice *slice)
{
	return slice->room - slice->count;
}

/* bb_slice_add returns the next event: zeros, but for what it is asked to be. */
static inline struct bb_event *
bb_slice_add(struct bb_slice *slice, enum bb_event_kind kind, uint32_t participant)
{
	BB_ASSERT(slice->count < slice->room);
	struct bb_event *event = &slice->events[slice->count++];

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
