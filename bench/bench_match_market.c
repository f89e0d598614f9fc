/* bench_match_market - the appliance's whole step: signed packets as the gate hands them over
 * (bb_market_step), with roles, windows of sequences, bands, limits, accounts, escrow and the
 * self-trade check, and an event of 64 B for all that happens.
 *
 * Orders that follow each other in the file and come from one sender are one packet.  Every
 * participant has money enough and is covered by it; prices are ticks of 100, quantities lots
 * of 100 Wh, as on a real venue. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "bench/bench_match.h"
#include "ctl/bb_pages.h"
#include "market/bb_foresee.h"
#include "market/bb_market.h"
#include "market/bb_state.h"

#define TICK       100
#define LOT        100u
#define FIRST      2u /* participant; the operator is 1 */
#define PRODUCT    (UINT32_C(1) << 24 | UINT32_C(1990000))
#define HANDLES    24u /* low bits of an order id; above them the file's id */
#define WEALTH     INT64_C(4000000000000000000)

struct engine {
	const struct match_workload *workload;
	struct bb_pages memory;
	struct bb_market *market;
	struct bb_bid *bids; /* [2][MATCH_CHUNK]: of the last records and those before */
	struct bb_pages bids_memory;
	struct bb_foresight foresight;
	uint32_t half;
	const struct bb_bid *bid_of[MATCH_CHUNK + MATCH_AHEAD]; /* by record, from at to end */
	uint32_t at, end;
	uint32_t told;                  /* records up to there */
	const struct bb_bid *told_last; /* of their bids */
	const struct bb_bid *under;     /* the last that was stepped */
	uint64_t number;
	uint64_t *sequences;
	struct bb_event events[BB_SLICE_EVENTS];
	uint32_t unheard; /* of them, of the last step */
	struct match_fills fills;
	uint64_t surprises; /* refusals, and orders of which something was left */
};

static void
command_apply(struct engine *engine, const struct bb_command *command, uint8_t expected)
{
	uint32_t count = 0;

	engine->number++;
	BB_ASSERT(bb_market_apply(engine->market, command, engine->number, engine->number,
				  engine->events, &count));
	BB_ASSERT(count == 1 && engine->events[0].kind == expected);
}

static void
add_member(struct engine *engine, uint32_t participant, uint32_t orders_max)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_MEMBER_ADD };

	command.member.participant = participant;
	command.member.orders_max = orders_max;
	command.member.roles = BB_ROLE_TRADER;
	bb_put_u32(command.member.key, participant);
	command_apply(engine, &command, BB_EVENT_MEMBER_ADDED);

	/* What an operator sets by other commands, in the state itself. */
	struct bb_account *account = &engine->market->members.accounts[participant];
	account->escrow = 1;
	account->cap_in_wh = account->cap_out_wh = UINT32_MAX;
	account->order_wh_max = BB_QUANTITY_MAX;
	bb_accounts_move(&engine->market->accounts, BB_ACCOUNT_BANK, participant, WEALTH);
}

static void
add_product(struct engine *engine, uint32_t product)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };

	command.product = (struct bb_product_command){
		.product = product, .price_max = ((int32_t)MATCH_PRICES - 1) * TICK, .tick = TICK,
		.lot_wh = LOT, .quantity_max_wh = BB_QUANTITY_MAX / LOT * LOT,
	};
	command_apply(engine, &command, BB_EVENT_PRODUCT_ADDED);
}

static struct bb_market_size
size_for(const struct match_workload *workload)
{
	const uint32_t senders = 2 * workload->senders;
	uint32_t table = 1;

	while (table < workload->handles_max)
		table *= 2;
	return (struct bb_market_size){
		.participants = senders + FIRST - 1,
		.products = workload->header.products,
		.orders = (uint32_t)workload->header.max_live,
		.levels = workload->header.products * 8192u,
		.places = senders * table,
		.positions = senders * workload->header.products,
	};
}

static bool
start_memory(struct engine *engine, const struct bb_market_size *size)
{
	static const uint8_t key[32] = { [16] = 1 }; /* no participant has it */
	const size_t bytes = bb_market_bytes(size);
	struct bb_arena arena;

	engine->sequences = calloc(size->participants + 1, sizeof(engine->sequences[0]));
	if (engine->sequences == NULL || !bb_pages_map(&engine->memory, bytes) ||
	    !bb_pages_map(&engine->bids_memory, 2 * MATCH_CHUNK * sizeof(struct bb_bid)))
		return false;
	bb_arena_init(&arena, engine->memory.bytes, bytes);
	memset(engine->memory.bytes, 0, engine->memory.size); /* so that no page is taken later */
	engine->market = bb_market_init(&arena, size, key, 1);
	engine->bids = engine->bids_memory.bytes;
	memset(engine->bids, 0, 2 * MATCH_CHUNK * sizeof(struct bb_bid));
	return true;
}

static bool
stop(void *context)
{
	struct engine *engine = context;
	const bool good = engine->surprises == 0;

	bb_pages_unmap(&engine->memory);
	bb_pages_unmap(&engine->bids_memory);
	free(engine->sequences);
	free(engine);
	return good;
}

static void *
start(const struct match_workload *workload)
{
	const struct bb_market_size size = size_for(workload);
	struct engine *engine = calloc(1, sizeof(*engine));

	if (engine == NULL)
		return NULL;
	engine->workload = workload;
	bb_foresee_init(&engine->foresight);
	if (!start_memory(engine, &size)) {
		stop(engine);
		return NULL;
	}
	for (uint32_t id = FIRST; id <= size.participants; id++)
		add_member(engine, id, workload->handles_max);
	for (uint32_t product = 0; product < size.products; product++)
		add_product(engine, PRODUCT + product);
	return engine;
}

static uint64_t
order_id(const struct match_workload *workload, const struct match_record *record)
{
	return record->id << HANDLES | workload->handles[record->id];
}

static void
fill_command(const struct match_workload *workload, const struct match_record *record,
	     struct bb_command *command)
{
	*command = (struct bb_command){
		.kind = record->op == MATCH_CANCEL ? BB_COMMAND_CANCEL : BB_COMMAND_NEW,
	};
	command->order.order_id = order_id(workload, record);
	if (record->op == MATCH_CANCEL)
		return;
	command->order.product = PRODUCT + record->product;
	command->order.price = record->price * TICK;
	command->order.quantity_wh = record->quantity * LOT;
	command->order.side = record->side;
	command->order.type = record->op == MATCH_TAKE ? BB_LIMIT_IOC : BB_LIMIT_GTC;
}

static void
open_bid(struct engine *engine, struct bb_bid *bid, uint32_t participant)
{
	memset(bid, 0, offsetof(struct bb_bid, commands));
	bid->number = ++engine->number;
	bid->sequenced_ns = engine->number;
	bid->sequence = ++engine->sequences[participant];
	bid->participant = participant;
	bid->route = BB_ROUTE_SEQUENCE;
}

static void
prepare(void *context, const struct match_record *records, uint32_t count)
{
	struct engine *engine = context;
	const uint32_t left = engine->end - engine->at;
	struct bb_bid *next = &engine->bids[engine->half * MATCH_CHUNK];
	struct bb_bid *bid = NULL;

	BB_ASSERT(left <= MATCH_AHEAD && count <= MATCH_CHUNK);
	memmove(engine->bid_of, &engine->bid_of[engine->at], left * sizeof(engine->bid_of[0]));
	engine->told -= engine->at;
	engine->at = 0;
	engine->end = left;
	engine->half ^= 1;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t participant =
			FIRST + match_sender(engine->workload, records[i].id, records[i].side);
		if (bid == NULL || bid->participant != participant ||
		    bid->command_count == BB_RECORDS_MAX)
			open_bid(engine, bid = next++, participant);
		engine->bid_of[engine->end++] = bid;
		struct bb_command *command = &bid->commands[bid->command_count++];
		fill_command(engine->workload, &records[i], command);
		command->participant = participant;
	}
}

/* What a subscriber makes of the events; everything but the expected is a surprise. */
static void
hear(void *context)
{
	struct engine *engine = context;

	for (uint32_t i = 0; i < engine->unheard; i++) {
		const struct bb_event *event = &engine->events[i];
		if (event->kind == BB_EVENT_TRADED)
			match_fill(&engine->fills, event->counter_order_id >> HANDLES,
				   event->order_id >> HANDLES, (uint32_t)event->price / TICK,
				   event->quantity_wh / LOT);
		else if (event->kind == BB_EVENT_REFUSED ||
			 (event->kind == BB_EVENT_CANCELLED &&
			  event->result != BB_BY_PARTICIPANT))
			engine->surprises++;
	}
	engine->unheard = 0;
}

/* Leaves the events of its last slice to be heard. */
static void
step(struct engine *engine, const struct bb_bid *bid)
{
	bool done = false;

	while (!done) {
		hear(engine);
		done = bb_market_step_foreseen(engine->market, &engine->foresight, bid,
					       engine->events, &engine->unheard);
	}
}

/* Tells of the packets of records below known, as far ahead as the matching core does. */
static void
tell(struct engine *engine, uint32_t known)
{
	const uint32_t burst_end = engine->at + MATCH_AHEAD;
	const uint32_t end = known < burst_end ? known : burst_end;

	for (; engine->told < end; engine->told++) {
		const struct bb_bid *bid = engine->bid_of[engine->told];
		if (bid != engine->told_last)
			bb_foresee_bid(&engine->foresight, engine->market, bid);
		engine->told_last = bid;
	}
}

/* A packet is stepped with its first record. */
static void
apply(void *context, const struct match_record *records, uint32_t count, uint32_t known)
{
	struct engine *engine = context;
	const uint32_t known_end = engine->at + known;

	(void)records; /* bids were made of them */
	for (; count > 0; count--) {
		const struct bb_bid *bid = engine->bid_of[engine->at++];
		if (bid == engine->under)
			continue;
		tell(engine, known_end);
		step(engine, bid);
		engine->under = bid;
	}
}

static const struct match_fills *
fills(void *context)
{
	return &((struct engine *)context)->fills;
}

const struct match_engine match_market = { "market", start, prepare, apply, hear, fills, stop };
