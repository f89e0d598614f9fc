#include "bench/gen_trader.h"

#include <stdlib.h>

#include "base/bb_assert.h"
#include "bench/gen_draw.h"
#include "market/bb_event.h"

/* Bits 7 and 8 of an id: what is looked after has 0.  Low bits of live orders must differ, and a
 * reserve may rest while its owner trades at once. */
#define HAND_RESERVE (1u << 7)
#define HAND_AT_ONCE (2u << 7)
#define ID_QUARTERS  0x7fu
#define ID_BITS      9

_Static_assert(GEN_QUARTERS <= ID_QUARTERS + 1, "a quarter-hour fits its bits");
_Static_assert(GEN_TRADER_LIVE > 1u << (ID_BITS - 1), "so that the venue looks at all bits");

#define RESERVE_LOTS  20u
#define RESERVE_PRICE INT32_C(340000) /* above GEN_PRICE_HIGH, below GEN_LAST_BID */
#define EVERY_SOURCE  0xffffu

/* What one step has written so far. */
struct desk {
	struct gen_trader *trader;
	const struct gen_step *step;
	struct bb_wire_order *orders;
	uint32_t count;
};

void
gen_trader_init(struct gen_trader *trader, const struct gen_participant *self)
{
	*trader = (struct gen_trader){ .self = self };
	for (uint32_t quarter = 0; quarter < GEN_QUARTERS; quarter++)
		trader->target_wh[quarter] = self->net_wh[quarter];
}

static struct bb_wire_order *
write_order(struct desk *desk, uint8_t action, uint64_t order_id)
{
	BB_ASSERT(desk->count < GEN_TRADER_ORDERS);
	struct bb_wire_order *order = &desk->orders[desk->count++];

	*order = (struct bb_wire_order){ .order_id = order_id, .action = action };
	return order;
}

static uint64_t
order_id(uint32_t serial, uint32_t hand, uint32_t quarter)
{
	return (uint64_t)serial << ID_BITS | hand | quarter;
}

/* write_new writes a new order and returns its serial. */
static uint32_t
write_new(struct desk *desk, uint32_t hand, uint32_t quarter, enum bb_side side,
	  enum bb_order_type type, int32_t price, uint32_t quantity_wh)
{
	const struct gen_participant *self = desk->trader->self;
	const uint32_t serial = ++desk->trader->serial;
	struct bb_wire_order *order =
		write_order(desk, BB_WIRE_NEW, order_id(serial, hand, quarter));

	order->product = gen_product(desk->step->day, desk->step->zone, quarter);
	order->side = (uint8_t)side;
	order->type = (uint8_t)type;
	order->price = price;
	order->quantity_wh = quantity_wh;
	if (side == BB_SELL) {
		order->source = self->source;
	} else {
		order->accept_sources = EVERY_SOURCE;
		order->prefer_sources = self->id % 3 == 0 ? 1u << GEN_SOLAR : 0;
	}
	return serial;
}

static void
rest(struct desk *desk, uint32_t quarter, enum bb_side side, int32_t price,
     uint32_t quantity_wh)
{
	const uint32_t serial =
		write_new(desk, 0, quarter, side, BB_LIMIT_GTC, price, quantity_wh);

	desk->trader->orders[quarter] = (struct gen_order){
		.serial = serial,
		.price = price,
		.remaining_wh = quantity_wh,
		.side = (uint8_t)side,
		.live = true,
	};
}

static void
cancel(struct desk *desk, uint32_t quarter)
{
	struct gen_order *order = &desk->trader->orders[quarter];

	(void)write_order(desk, BB_WIRE_CANCEL, order_id(order->serial, 0, quarter));
	order->live = false;
}

static void
replace(struct desk *desk, uint32_t quarter, int32_t price, uint32_t quantity_wh)
{
	struct gen_order *order = &desk->trader->orders[quarter];
	struct bb_wire_order *wire =
		write_order(desk, BB_WIRE_REPLACE, order_id(order->serial, 0, quarter));

	wire->product = gen_product(desk->step->day, desk->step->zone, quarter);
	wire->side = order->side;
	wire->price = price;
	wire->quantity_wh = quantity_wh;
	order->price = price;
	order->remaining_wh = quantity_wh;
}

/* In whole lots: an auction shares to the Wh, and what is less than a lot then stays open. */
static int32_t
open_wh(const struct gen_trader *trader, uint32_t quarter)
{
	const int32_t open = trader->target_wh[quarter] - trader->position_wh[quarter];

	return open - open % GEN_LOT_WH;
}

static int32_t
within(int32_t price)
{
	price -= price % GEN_TICK;
	if (price < GEN_PRICE_LOW)
		return GEN_PRICE_LOW;
	return price > GEN_PRICE_HIGH ? GEN_PRICE_HIGH : price;
}

/* Who has time hopes for a better price than the limit. */
static int32_t
hopeful_price(const struct desk *desk, uint32_t quarter, enum bb_side side)
{
	const struct gen_participant *self = desk->trader->self;
	const int32_t limit = gen_community_limit(self, desk->step->day, quarter, side);
	const int32_t percent =
		side == BB_BUY ? gen_draw_between(self->seed, GEN_DRAW_PATIENCE, quarter, 78, 97)
			       : gen_draw_between(self->seed, GEN_DRAW_PATIENCE, quarter, 103, 135);
	return within(limit / 100 * percent);
}

/* Half of the way to the limit; the last bit at once. */
static int32_t
conceded_price(const struct desk *desk, uint32_t quarter, enum bb_side side, int32_t price)
{
	const int32_t limit =
		gen_community_limit(desk->trader->self, desk->step->day, quarter, side);
	const int32_t way = limit - price;

	return abs(way) < 10 * GEN_TICK ? limit : within(price + way / 2);
}

static void
open_quarter(struct desk *desk, uint32_t quarter)
{
	const int32_t open = open_wh(desk->trader, quarter);
	const enum bb_side side = open > 0 ? BB_BUY : BB_SELL;

	if (open != 0)
		rest(desk, quarter, side, hopeful_price(desk, quarter, side),
		     (uint32_t)abs(open));
}

/* One quarter-hour in four is forecast anew: a tenth more or less, at least a lot. */
static void
forecast(struct gen_trader *trader, uint32_t round, uint32_t quarter)
{
	const uint64_t index = (uint64_t)round << 7 | quarter;
	const int32_t usual = trader->self->net_wh[quarter];
	const uint64_t drawn = gen_draw(trader->self->seed, GEN_DRAW_FORECAST, index);

	if (usual == 0 || drawn % 4 != 0)
		return;
	int32_t step = abs(usual) / 10;
	step -= step % GEN_LOT_WH;
	if (step == 0)
		step = GEN_LOT_WH;
	trader->target_wh[quarter] = usual + step * (int32_t)(drawn / 4 % 3) - step;
}

static void
reprice_quarter(struct desk *desk, uint32_t quarter)
{
	forecast(desk->trader, desk->step->round, quarter);

	struct gen_order *order = &desk->trader->orders[quarter];
	const int32_t open = open_wh(desk->trader, quarter);
	const enum bb_side side = open > 0 ? BB_BUY : BB_SELL;
	const uint32_t quantity_wh = (uint32_t)abs(open);

	if (order->live && (open == 0 || order->side != side)) {
		cancel(desk, quarter); /* first, or the new one would meet it */
	}
	if (open == 0)
		return;
	if (!order->live) {
		const int32_t hope = hopeful_price(desk, quarter, side);
		rest(desk, quarter, side, conceded_price(desk, quarter, side, hope), quantity_wh);
		return;
	}
	const int32_t price = conceded_price(desk, quarter, side, order->price);
	if (price == order->price && quantity_wh == order->remaining_wh)
		return;
	if (desk->trader->self->id % 4 != 0) {
		replace(desk, quarter, price, quantity_wh);
		return;
	}
	cancel(desk, quarter); /* some cannot replace */
	rest(desk, quarter, side, price, quantity_wh);
}

/* Only here for the auction: whoever still needs it then pays what it is worth, and more. */
static void
gate_quarter(struct desk *desk, uint32_t quarter)
{
	const struct gen_order *order = &desk->trader->orders[quarter];
	const int32_t open = open_wh(desk->trader, quarter);
	const enum bb_side side = open > 0 ? BB_BUY : BB_SELL;
	const uint32_t quantity_wh = (uint32_t)abs(open);

	if (order->live && (open == 0 || order->side != side))
		cancel(desk, quarter);
	if (open == 0)
		return;
	const int32_t limit =
		gen_community_limit(desk->trader->self, desk->step->day, quarter, side);
	const int32_t end = side == BB_BUY ? GEN_PRICE_HIGH : GEN_PRICE_LOW;
	const int32_t price = within(limit + (end - limit) / 2);
	if (!order->live)
		rest(desk, quarter, side, price, quantity_wh);
	else if (price != order->price || quantity_wh != order->remaining_wh)
		replace(desk, quarter, price, quantity_wh);
}

static bool
is_evening(const struct desk *desk, uint32_t quarter)
{
	const uint32_t hour = gen_day_hour(desk->step->day, quarter);
	return hour >= 18 && hour < 21;
}

static void
reserve_quarter(struct desk *desk, uint32_t quarter)
{
	const struct gen_participant *self = desk->trader->self;

	if (self->kind != GEN_STORAGE || !is_evening(desk, quarter))
		return;
	const int32_t more = gen_draw_between(self->seed, GEN_DRAW_RESERVE, quarter, 0, 40);
	(void)write_new(desk, HAND_RESERVE, quarter, BB_SELL, BB_LIMIT_GTC,
			RESERVE_PRICE + more * GEN_TICK, RESERVE_LOTS * GEN_LOT_WH);
}

static void
close_quarter(struct desk *desk, uint32_t quarter)
{
	const struct gen_trader *trader = desk->trader;
	const int32_t open = open_wh(trader, quarter);

	if (trader->orders[quarter].live)
		cancel(desk, quarter);
	if (open == 0)
		return;
	/* A storage's own reserve rests in the evening: it stays below. */
	const bool far = !trader->traded && trader->self->kind != GEN_STORAGE;
	const int32_t bid = far ? GEN_LAST_BID : GEN_PRICE_HIGH;
	const int32_t ask = trader->traded ? GEN_PRICE_LOW : GEN_LAST_ASK;
	(void)write_new(desk, HAND_AT_ONCE, quarter, open > 0 ? BB_BUY : BB_SELL, BB_LIMIT_IOC,
			open > 0 ? bid : ask, (uint32_t)abs(open));
}

/* Each attempt takes other quarter-hours of the evening, and more of them. */
static void
call_quarter(struct desk *desk, uint32_t quarter)
{
	const struct gen_participant *self = desk->trader->self;
	const uint32_t turn = (quarter + self->id + 5 * desk->step->round) % 12;
	const bool storage = self->kind == GEN_STORAGE;

	if (desk->trader->traded || !is_evening(desk, quarter) ||
	    turn >= UINT32_C(2) << (desk->step->round & 3))
		return;
	(void)write_new(desk, HAND_AT_ONCE, quarter, storage ? BB_SELL : BB_BUY, BB_LIMIT_IOC,
			storage ? GEN_LAST_ASK : GEN_LAST_BID, GEN_LOT_WH);
}

uint32_t
gen_trader_orders(struct gen_trader *trader, const struct gen_step *step,
		  struct bb_wire_order *orders)
{
	static void (*const phases[])(struct desk *, uint32_t) = {
		[GEN_OPENING] = open_quarter,     [GEN_REPRICE] = reprice_quarter,
		[GEN_RESERVE] = reserve_quarter,  [GEN_CLOSE_OUT] = close_quarter,
		[GEN_LAST_CALL] = call_quarter,   [GEN_GATE] = gate_quarter,
	};
	struct desk desk = { .trader = trader, .step = step, .orders = orders };

	if (trader->clear_first) {
		(void)write_order(&desk, BB_WIRE_CANCEL_ALL, 0);
		trader->clear_first = false;
	}
	const uint32_t until = step->until == 0 ? GEN_QUARTERS : step->until;
	for (uint32_t quarter = step->from; quarter < until; quarter++)
		phases[step->phase](&desk, quarter);
	return desk.count;
}

/* A notice may overtake the answer before it: what remains only becomes less. */
static void
learn_remaining(struct gen_order *order, uint32_t remaining_wh)
{
	if (remaining_wh < order->remaining_wh)
		order->remaining_wh = remaining_wh;
	if (order->remaining_wh == 0)
		order->live = false;
}

static void
learn_trade(struct gen_trader *trader, uint32_t quarter, const struct bb_report_record *record)
{
	const int32_t quantity_wh = (int32_t)record->quantity_wh;

	trader->position_wh[quarter] += record->side == BB_BUY ? quantity_wh : -quantity_wh;
	trader->traded = true;
}

void
gen_trader_learn(struct gen_trader *trader, const struct bb_report_record *record)
{
	const uint32_t quarter = record->order_id & ID_QUARTERS;
	if (quarter >= GEN_QUARTERS || record->quantity_wh > INT32_MAX)
		return;
	if (record->event == BB_EVENT_TRADED || record->event == BB_EVENT_SHARED)
		learn_trade(trader, quarter, record);

	struct gen_order *order = &trader->orders[quarter];
	if (!order->live || record->order_id != order_id(order->serial, 0, quarter))
		return;
	switch (record->event) {
	case BB_EVENT_ACCEPTED:
	case BB_EVENT_REPLACED:
		order->accepted = true;
		learn_remaining(order, record->remaining_wh);
		break;
	case BB_EVENT_TRADED:
	case BB_EVENT_SHARED:
		learn_remaining(order, record->remaining_wh);
		break;
	case BB_EVENT_CANCELLED:
		order->live = false;
		break;
	case BB_EVENT_REFUSED:
		if (!order->accepted || record->result == BB_ERR_ORDER_UNKNOWN)
			order->live = false;
		break;
	default:
		break;
	}
}
