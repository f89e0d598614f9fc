#include "tests/market/across_model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"

/* A way, from the other zone to that of the order which asks. */
struct way {
	bool there;
	int64_t fee, room;
	uint32_t count;
	uint32_t lines[MODEL_ZONES];
	uint32_t directions[MODEL_ZONES];
};

__attribute__((format(printf, 2, 3))) static void
say(struct model *model, const char *form, ...)
{
	const size_t used = strlen(model->text);
	va_list arguments;

	va_start(arguments, form);
	vsnprintf(model->text + used, sizeof(model->text) - used, form, arguments);
	va_end(arguments);
	BB_ASSERT(strlen(model->text) < sizeof(model->text) - 1);
}

static void
say_who(struct model *model, const struct model_order *order)
{
	say(model, "%s%u/%" PRIu64 " ", model->text[0] == '\0' ? "" : "; ", order->participant,
	    order->id);
}

struct model_order *
model_find(struct model *model, uint32_t participant, uint64_t id)
{
	for (uint32_t i = 0; i < MODEL_ORDERS; i++) {
		struct model_order *order = &model->orders[i];
		if (order->live && order->participant == participant && order->id == id)
			return order;
	}
	return NULL;
}

static int64_t
room_of(const struct model_line *line, uint32_t direction)
{
	return line->capacity[direction] + (direction == 0 ? -line->flow : line->flow);
}

static bool
better(const struct way *way, const struct way *than)
{
	if (!than->there)
		return true;
	if (way->fee != than->fee)
		return way->fee < than->fee;
	if (way->count != than->count)
		return way->count < than->count;
	for (uint32_t i = 0; i < way->count; i++)
		if (way->lines[i] != than->lines[i])
			return way->lines[i] < than->lines[i];
	return false;
}

/* Tries every line from where a way stands, through no zone twice. */
static void
walk(const struct model *model, uint32_t at, uint32_t home, bool sells, bool any, uint32_t seen,
     struct way way, struct way *best)
{
	if (at == home) {
		way.there = true;
		if (better(&way, best))
			*best = way;
		return;
	}
	for (uint32_t i = 0; i < MODEL_LINES; i++) {
		const struct model_line *line = &model->lines[i];
		if (line->from != at && line->to != at)
			continue;
		const uint32_t next = line->from == at ? line->to : line->from;
		/* A buyer's energy comes along the way, a seller's goes against it. */
		const uint32_t direction = (line->from == at) == !sells ? 0 : 1;
		const int64_t room = room_of(line, direction);
		if ((seen >> next & 1) != 0 || (!any && room <= 0))
			continue;
		struct way longer = way;
		longer.fee += line->fee;
		longer.room = room < way.room ? room : way.room;
		longer.lines[longer.count] = i;
		longer.directions[longer.count++] = direction;
		walk(model, next, home, sells, any, seen | 1u << next, longer, best);
	}
}

static struct way
way_between(const struct model *model, uint32_t other, uint32_t home, bool sells, bool any)
{
	struct way best = { 0 };

	walk(model, other, home, sells, any, 1u << other, (struct way){ .room = INT64_MAX },
	     &best);
	return best;
}

static void
carry(struct model *model, const struct way *way, int64_t quantity)
{
	for (uint32_t i = 0; i < way->count; i++)
		model->lines[way->lines[i]].flow += way->directions[i] == 0 ? quantity : -quantity;
}

static void
say_paid(struct model *model, const struct model_order *order, const struct way *way,
	 uint32_t quantity)
{
	const char *between = " ";

	say_who(model, order);
	say(model, "paid %lld x%u over", (long long)way->fee, quantity);
	for (uint32_t line = 0; line < MODEL_LINES; line++)
		for (uint32_t i = 0; i < way->count; i++)
			if (way->lines[i] == line) {
				say(model, "%s%u", between, line);
				between = ",";
			}
}

/* Takes off what an order shows; its next clip comes behind all others. */
static void
reduce(struct model *model, struct model_order *order, uint32_t quantity)
{
	order->shown -= quantity;
	if (order->shown > 0)
		return;
	order->shown = order->hidden < order->clip ? order->hidden : order->clip;
	order->hidden -= order->shown;
	order->time = ++model->time;
	order->live = order->shown > 0;
}

/* What of landed prices is less is better, for both sides. */
static int64_t
landed(const struct model_order *resting, int64_t fee)
{
	return resting->sells ? resting->price + fee : -resting->price + fee;
}

/* The order that an order trades with next, and the way there; NULL: none. */
static struct model_order *
next_for(struct model *model, const struct model_order *order, struct way *way)
{
	const int64_t limit = order->sells ? -order->price : order->price;
	struct model_order *best = NULL;

	for (uint32_t i = 0; i < MODEL_ORDERS; i++) {
		struct model_order *other = &model->orders[i];
		struct way to = { .there = true, .fee = 0, .room = INT64_MAX };
		if (!other->live || other->sells == order->sells)
			continue;
		if (other->zone != order->zone)
			to = way_between(model, other->zone, order->zone, order->sells, false);
		if (!to.there || landed(other, to.fee) > limit)
			continue;
		if (best != NULL) {
			const bool own = other->zone == order->zone;
			const int64_t keys[5][2] = {
				{ landed(other, to.fee), landed(best, way->fee) },
				{ !own, best->zone != order->zone },
				{ to.fee, way->fee },
				{ other->zone, best->zone },
				{ (int64_t)other->time, (int64_t)best->time },
			};
			uint32_t key = 0;
			while (key < 4 && keys[key][0] == keys[key][1])
				key++;
			if (keys[key][0] > keys[key][1])
				continue;
		}
		best = other;
		*way = to;
	}
	return best;
}

/* Trades of a new order; returns what is left. */
static uint32_t
trade(struct model *model, const struct model_order *order, uint32_t left)
{
	struct model_order *other;
	struct way way;

	while (left > 0 && (other = next_for(model, order, &way)) != NULL) {
		uint32_t quantity = left < other->shown ? left : other->shown;
		if (way.room < quantity)
			quantity = (uint32_t)way.room;
		const bool clip = quantity == other->shown && other->hidden > 0;
		left -= quantity;
		say_who(model, order);
		say(model, "took %u at %d of %u/%" PRIu64, quantity, other->price,
		    other->participant, other->id);
		if (way.count > 0) {
			say(model, " in %u", other->zone);
			say_paid(model, order, &way, quantity);
		}
		carry(model, &way, quantity);
		reduce(model, other, quantity);
		if (!clip)
			continue;
		say_who(model, other);
		say(model, "shows %u of %u", other->shown, other->shown + other->hidden);
	}
	return left;
}

/* With and without what icebergs hide. */
static bool
fills(const struct model *model, const struct model_order *order, bool hidden)
{
	static struct model copy;

	copy = *model;
	copy.text[0] = '\0';
	for (uint32_t i = 0; i < MODEL_ORDERS && !hidden; i++)
		copy.orders[i].hidden = 0;
	return trade(&copy, order, order->shown) == 0;
}

static bool
reaches_own(const struct model *model, const struct model_order *order)
{
	const int64_t limit = order->sells ? -order->price : order->price;

	for (uint32_t i = 0; i < MODEL_ORDERS; i++) {
		const struct model_order *other = &model->orders[i];
		if (!other->live || other->participant != order->participant ||
		    other->sells == order->sells)
			continue;
		const struct way way =
			way_between(model, other->zone, order->zone, order->sells, true);
		if (way.there && landed(other, way.fee) <= limit)
			return true;
	}
	return false;
}

static void
rest(struct model *model, struct model_order order, uint32_t left)
{
	uint32_t slot = 0;

	while (model->orders[slot].live)
		BB_ASSERT(++slot < MODEL_ORDERS);
	order.shown = order.clip != 0 && order.clip < left ? order.clip : left;
	order.hidden = left - order.shown;
	order.time = ++model->time;
	order.live = true;
	model->orders[slot] = order;
}

static void
answer(struct model *model, const struct model_order *order, uint32_t left)
{
	say_who(model, order);
	say(model, "%c %d x%u rests %u", order->sells ? 'S' : 'B', order->price, order->shown,
	    left);
}

static const char *
refuse(struct model *model, const struct model_order *order, const char *why)
{
	say_who(model, order);
	say(model, "refused %s", why);
	return model->text;
}

const char *
model_enter(struct model *model, enum model_type type, struct model_order order)
{
	model->text[0] = '\0';
	if (model_find(model, order.participant, order.id) != NULL)
		return refuse(model, &order, "ERR_ORDER_EXISTS");
	if (type == MODEL_FOK && !(fills(model, &order, false) && fills(model, &order, true)))
		return refuse(model, &order, "ERR_UNFILLED");
	if (reaches_own(model, &order))
		return refuse(model, &order, "ERR_SELF_TRADE");
	const uint32_t left = trade(model, &order, order.shown);
	const bool rests = left > 0 && type != MODEL_IOC;
	answer(model, &order, rests ? left : 0);
	if (rests)
		rest(model, order, left);
	if (left > 0 && !rests) {
		say_who(model, &order);
		say(model, "gone %u BY_IOC", left);
	}
	return model->text;
}

const char *
model_replace(struct model *model, uint32_t participant, uint64_t id, int32_t price,
	      uint32_t quantity)
{
	struct model_order *old = model_find(model, participant, id);
	struct model_order order = { .participant = participant, .id = id };

	model->text[0] = '\0';
	if (old == NULL)
		return refuse(model, &order, "ERR_ORDER_UNKNOWN");
	BB_ASSERT(old->clip == 0);
	order = *old;
	order.price = price;
	order.shown = quantity;
	if (reaches_own(model, &order))
		return refuse(model, &order, "ERR_SELF_TRADE");
	if (price == old->price && quantity < old->shown) {
		old->shown = quantity;
		answer(model, &order, quantity);
		return model->text;
	}
	old->live = false;
	const uint32_t left = trade(model, &order, quantity);
	answer(model, &order, left);
	if (left > 0)
		rest(model, order, left);
	return model->text;
}

const char *
model_cancel(struct model *model, uint32_t participant, uint64_t id)
{
	struct model_order *order = model_find(model, participant, id);
	const struct model_order nobody = { .participant = participant, .id = id };

	model->text[0] = '\0';
	if (order == NULL)
		return refuse(model, &nobody, "ERR_ORDER_UNKNOWN");
	say_who(model, order);
	say(model, "gone %u BY_PARTICIPANT", order->shown + order->hidden);
	order->live = false;
	return model->text;
}

/* Two orders that meet over lines: of all the pair with the largest gain. */
static int64_t
best_pair(struct model *model, struct model_order *pair[2], struct way *best)
{
	int64_t best_gain = -1;

	for (uint32_t i = 0; i < MODEL_ORDERS; i++) {
		struct model_order *sell = &model->orders[i];
		for (uint32_t j = 0; j < MODEL_ORDERS && sell->live && sell->sells; j++) {
			struct model_order *buy = &model->orders[j];
			if (!buy->live || buy->sells || buy->zone == sell->zone)
				continue;
			const struct way way =
				way_between(model, sell->zone, buy->zone, false, false);
			const int64_t gain = (int64_t)buy->price - sell->price - way.fee;
			if (!way.there || gain < 0 || gain < best_gain)
				continue;
			if (gain == best_gain) {
				const uint64_t keys[4][2] = {
					{ sell->zone, pair[0]->zone }, { buy->zone, pair[1]->zone },
					{ sell->time, pair[0]->time }, { buy->time, pair[1]->time },
				};
				uint32_t key = 0;
				while (key < 3 && keys[key][0] == keys[key][1])
					key++;
				if (keys[key][0] > keys[key][1])
					continue;
			}
			best_gain = gain;
			pair[0] = sell;
			pair[1] = buy;
			*best = way;
		}
	}
	return best_gain;
}

bool
model_meets(struct model *model)
{
	struct model_order *pair[2];
	struct way way;

	return best_pair(model, pair, &way) >= 0;
}

static void
share(struct model *model, struct model_order *order, uint32_t quantity, int64_t price)
{
	const bool clip = quantity >= order->shown && quantity < order->shown + order->hidden;

	say_who(model, order);
	say(model, "shared %u at %lld", quantity, (long long)price);
	while (quantity > 0) {
		const uint32_t part = quantity < order->shown ? quantity : order->shown;
		reduce(model, order, part);
		quantity -= part;
	}
	if (!clip)
		return;
	say_who(model, order);
	say(model, "shows %u of %u", order->shown, order->shown + order->hidden);
}

const char *
model_line(struct model *model, uint32_t line, int64_t capacity, int64_t reverse)
{
	int64_t *now = model->lines[line].capacity;
	const bool raised = capacity > now[0] || reverse > now[1];
	struct model_order *pair[2];
	struct way way;
	int64_t gain;

	model->text[0] = '\0';
	now[0] = capacity;
	now[1] = reverse;
	while (raised && (gain = best_pair(model, pair, &way)) >= 0) {
		const uint32_t sold = pair[0]->shown + pair[0]->hidden;
		const uint32_t bought = pair[1]->shown + pair[1]->hidden;
		uint32_t quantity = sold < bought ? sold : bought;
		const int64_t price = pair[0]->price + gain / 2;
		const struct model_order buyer = *pair[1];
		if (way.room < quantity)
			quantity = (uint32_t)way.room;
		share(model, pair[0], quantity, price);
		share(model, pair[1], quantity, price + way.fee);
		say_paid(model, &buyer, &way, quantity);
		carry(model, &way, quantity);
	}
	return model->text;
}
