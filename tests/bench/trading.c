#include "tests/bench/trading.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "codec/bb_outputs.h"

#define DAY_S INT64_C(1749600000) /* 2025-06-11 */

static void
apply(struct trading *trading, const struct bb_command *command);

static void
add_product(struct trading *trading, uint32_t quarter)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };

	command.product = (struct bb_product_command){
		.product = gen_product(&trading->day, 1, quarter),
		.price_max = 500000,
		.tick = 100,
		.lot_wh = 100,
		.quantity_max_wh = 1000000,
	};
	apply(trading, &command);
}

static void
add_member(struct trading *trading, uint32_t participant)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_MEMBER_ADD };

	command.member.participant = participant;
	command.member.orders_max = GEN_TRADER_LIVE;
	command.member.roles = BB_ROLE_TRADER;
	memcpy(command.member.key, &participant, sizeof(participant));
	command.member.key[31] = 1; /* not the operator's */
	apply(trading, &command);
}

void
trading_start(struct trading *trading, uint32_t count, uint64_t seed)
{
	static const uint8_t operator_key[32] = { 255 };
	const struct bb_market_size size = { .participants = count + 1, .products = 96,
					     .orders = count * GEN_TRADER_LIVE,
					     .levels = 96u * 5001u,
					     .places = 2 * count * GEN_TRADER_LIVE,
					     .positions = 96 * count };
	struct bb_arena arena;

	memset(trading, 0, sizeof(*trading));
	trading->count = count;
	trading->participants = calloc(count, sizeof(trading->participants[0]));
	trading->traders = calloc(count, sizeof(trading->traders[0]));
	const size_t bytes = bb_arena_round(bb_market_bytes(&size));
	trading->memory = aligned_alloc(BB_ARENA_ALIGN, bytes);
	BB_ASSERT(trading->participants != NULL && trading->traders != NULL);
	BB_ASSERT(trading->memory != NULL);
	memset(trading->memory, 0, bytes);
	bb_arena_init(&arena, trading->memory, bytes);
	trading->market = bb_market_init(&arena, &size, operator_key, 1);

	gen_day_make(&trading->day, DAY_S);
	gen_community_make(trading->participants, count, seed, &trading->day);
	for (uint32_t i = 0; i < count; i++) {
		gen_trader_init(&trading->traders[i], &trading->participants[i]);
		add_member(trading, trading->participants[i].id);
	}
	for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++)
		add_product(trading, quarter);
}

void
trading_stop(struct trading *trading)
{
	free(trading->participants);
	free(trading->traders);
	free(trading->memory);
}

static void
tell(struct trading *trading, uint32_t participant, const struct bb_report_record *record)
{
	if (participant >= GEN_FIRST_ID)
		gen_trader_learn(&trading->traders[participant - GEN_FIRST_ID], record);
}

static void
tell_event(struct trading *trading, const struct bb_event *event)
{
	struct bb_report_record record;
	struct bb_notice notices[2];

	if (event->kind == BB_EVENT_TRADED) {
		trading->trades++;
		trading->energy_wh += event->quantity_wh;
	}
	if (event->kind == BB_EVENT_REFUSED)
		trading->refused[event->result]++;
	bb_event_report(&record, event);
	tell(trading, event->participant, &record);

	const uint32_t count = bb_event_notices(notices, event, event->participant);

	for (uint32_t i = 0; i < count; i++)
		tell(trading, notices[i].participant, &notices[i].record);
}

static void
apply(struct trading *trading, const struct bb_command *command)
{
	struct bb_event events[BB_SLICE_EVENTS];
	bool done = false;

	trading->number++;
	while (!done) {
		uint32_t count = 0;
		done = bb_market_apply(trading->market, command, trading->number,
				       trading->number, events, &count);
		for (uint32_t i = 0; i < count; i++)
			tell_event(trading, &events[i]);
	}
}

static void
order(struct trading *trading, uint32_t participant, const struct bb_wire_order *wire)
{
	static const uint8_t kinds[] = {
		[BB_WIRE_NEW] = BB_COMMAND_NEW,
		[BB_WIRE_CANCEL] = BB_COMMAND_CANCEL,
		[BB_WIRE_REPLACE] = BB_COMMAND_REPLACE,
		[BB_WIRE_CANCEL_ALL] = BB_COMMAND_CANCEL_ALL,
	};
	struct bb_command command = { .participant = participant, .kind = kinds[wire->action] };

	command.order = (struct bb_order_command){
		.order_id = wire->order_id, .product = wire->product, .price = wire->price,
		.quantity_wh = wire->quantity_wh, .accept_sources = wire->accept_sources,
		.prefer_sources = wire->prefer_sources, .side = wire->side, .type = wire->type,
		.source = wire->source,
	};
	trading->orders++;
	apply(trading, &command);
}

void
trading_phase(struct trading *trading, enum gen_phase phase, uint32_t round)
{
	const struct gen_step step = { .day = &trading->day, .phase = (uint8_t)phase, .zone = 1,
				       .round = round };

	/* Who trades while others act has had no turn yet, and must not have two. */
	bool *traded = calloc(trading->count, sizeof(*traded));
	BB_ASSERT(traded != NULL);
	for (uint32_t i = 0; i < trading->count; i++)
		traded[i] = trading->traders[i].traded;
	struct bb_wire_order orders[GEN_TRADER_ORDERS];
	for (uint32_t turn = 0; turn < 2; turn++) {
		for (uint32_t i = 0; i < trading->count; i++) {
			if (traded[i] != (turn == 1))
				continue;
			const uint32_t count =
				gen_trader_orders(&trading->traders[i], &step, orders);
			for (uint32_t k = 0; k < count; k++)
				order(trading, trading->participants[i].id, &orders[k]);
		}
	}
	free(traded);
}

uint32_t
trading_traded(const struct trading *trading)
{
	uint32_t traded = 0;

	for (uint32_t i = 0; i < trading->count; i++)
		traded += trading->traders[i].traded;
	return traded;
}
