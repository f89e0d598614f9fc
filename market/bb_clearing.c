#include "market/bb_clearing.h"

#include <stddef.h>
#include <string.h>

#include "base/bb_assert.h"

#define NONE     UINT32_MAX
#define SUM_MAX  (UINT64_C(1) << 62)
#define FAR_AWAY (INT64_C(1) << 60) /* further than any price plus every fee */

/* The search of one move: cheapest price of one more unit at each node, and the last leg
 * of the way there. */
struct search {
	int64_t price[BB_NODES_MAX];
	uint32_t line[BB_NODES_MAX]; /* NONE: the unit is made at the node itself */
	bool forward[BB_NODES_MAX];
};

static uint64_t
step_wh(const struct bb_curve *curve, uint32_t index)
{
	return curve->steps[index].sell_wh + curve->steps[index].buy_wh;
}

static bool
curve_valid(const struct bb_auction *auction, const struct bb_curve *curve)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < curve->count; i++) {
		const struct bb_step *step = &curve->steps[i];
		if (step->price < auction->price_min || step->price > auction->price_max)
			return false;
		if (i > 0 && step->price <= curve->steps[i - 1].price)
			return false;
		if (step->sell_wh > SUM_MAX || step->buy_wh > SUM_MAX)
			return false;
		if (step->sell_wh + step->buy_wh > SUM_MAX - sum)
			return false;
		sum += step->sell_wh + step->buy_wh;
	}
	return true;
}

bool
bb_clearing_valid(const struct bb_auction *auction)
{
	const int64_t bound = FAR_AWAY / (2 * BB_NODES_MAX);

	if (auction->node_count == 0 || auction->node_count > BB_NODES_MAX ||
	    auction->line_count > BB_LINES_MAX || auction->k_milli > 1000)
		return false;
	if (auction->price_min > auction->price_max || auction->price_min < -bound ||
	    auction->price_max > bound)
		return false;
	for (uint32_t i = 0; i < auction->node_count; i++)
		if (!curve_valid(auction, &auction->curves[i]))
			return false;
	for (uint32_t i = 0; i < auction->line_count; i++) {
		const struct bb_line *line = &auction->lines[i];
		if (line->from >= auction->node_count || line->to >= auction->node_count ||
		    line->from == line->to || line->fee < 0 || line->fee > bound ||
		    line->capacity_wh > SUM_MAX || line->capacity_reverse_wh > SUM_MAX)
			return false;
	}
	return true;
}

/* next_up returns the room left in the first step that has any and sets *price; 0: the
 * curve is used up. */
static uint64_t
next_up(const struct bb_curve *curve, const struct bb_mark *mark, int64_t *price)
{
	for (uint32_t i = mark->step; i < curve->count; i++) {
		const uint64_t room = step_wh(curve, i) - (i == mark->step ? mark->used_wh : 0);
		if (room > 0) {
			*price = curve->steps[i].price;
			return room;
		}
	}
	return 0;
}

/* next_down returns what is used of the last step used and sets *price; 0: nothing is. */
static uint64_t
next_down(const struct bb_curve *curve, const struct bb_mark *mark, int64_t *price)
{
	if (mark->step < curve->count && mark->used_wh > 0) {
		*price = curve->steps[mark->step].price;
		return mark->used_wh;
	}
	for (uint32_t i = mark->step; i-- > 0;) {
		if (step_wh(curve, i) > 0) {
			*price = curve->steps[i].price;
			return step_wh(curve, i);
		}
	}
	return 0;
}

static void
use_more(const struct bb_curve *curve, struct bb_mark *mark, uint64_t amount)
{
	while (amount > 0) {
		BB_ASSERT(mark->step < curve->count);
		const uint64_t room = step_wh(curve, mark->step) - mark->used_wh;
		const uint64_t taken = amount < room ? amount : room;
		mark->used_wh += taken;
		amount -= taken;
		if (mark->used_wh == step_wh(curve, mark->step))
			*mark = (struct bb_mark){ .step = mark->step + 1 };
	}
}

static void
use_less(const struct bb_curve *curve, struct bb_mark *mark, uint64_t amount)
{
	while (amount > 0) {
		if (mark->used_wh == 0) {
			BB_ASSERT(mark->step > 0);
			mark->step--;
			mark->used_wh = step_wh(curve, mark->step);
		}
		const uint64_t given = amount < mark->used_wh ? amount : mark->used_wh;
		mark->used_wh -= given;
		amount -= given;
	}
}

/* room_on returns how much more can go along line in a direction, and at what cost a unit:
 * what cancels a flow the other way gets the fee back. */
static uint64_t
room_on(const struct bb_line *line, int64_t flow, bool forward, int64_t *cost)
{
	const int64_t along = forward ? flow : -flow;
	const uint64_t capacity = forward ? line->capacity_wh : line->capacity_reverse_wh;

	if (along < 0) {
		*cost = -line->fee;
		return (uint64_t)-along;
	}
	*cost = line->fee;
	return capacity - (uint64_t)along;
}

/* relax_from tries every line at node, in the order of lines. */
static bool
relax_from(const struct bb_auction *auction, const struct bb_clearing *clearing, uint32_t node,
	   struct search *search)
{
	bool changed = false;

	for (uint32_t i = 0; i < auction->line_count; i++) {
		const struct bb_line *line = &auction->lines[i];
		if (line->from != node && line->to != node)
			continue;
		const bool forward = line->from == node;
		const uint32_t other = forward ? line->to : line->from;
		int64_t cost;
		if (room_on(line, clearing->flow_wh[i], forward, &cost) == 0)
			continue;
		if (search->price[node] + cost >= search->price[other])
			continue;
		search->price[other] = search->price[node] + cost;
		search->line[other] = i;
		search->forward[other] = forward;
		changed = true;
	}
	return changed;
}

/* search_units finds the cheapest next unit for every node (Bellman-Ford: fees of cancelled
 * flows are negative). */
static void
search_units(const struct bb_auction *auction, const struct bb_clearing *clearing,
	     struct search *search)
{
	for (uint32_t i = 0; i < auction->node_count; i++) {
		search->line[i] = NONE;
		if (next_up(&auction->curves[i], &clearing->nodes[i].mark, &search->price[i]) == 0)
			search->price[i] = FAR_AWAY;
	}
	for (uint32_t round = 0; round < auction->node_count; round++) {
		bool changed = false;
		for (uint32_t i = 0; i < auction->node_count; i++)
			if (search->price[i] < FAR_AWAY)
				changed |= relax_from(auction, clearing, i, search);
		if (!changed)
			return;
	}
}

static uint32_t
best_sink(const struct bb_auction *auction, const struct bb_clearing *clearing,
	  const struct search *search)
{
	uint32_t sink = NONE;
	int64_t best = 0;

	for (uint32_t i = 0; i < auction->node_count; i++) {
		int64_t worth;
		if (search->price[i] >= FAR_AWAY ||
		    next_down(&auction->curves[i], &clearing->nodes[i].mark, &worth) == 0)
			continue;
		if (worth - search->price[i] > best) {
			best = worth - search->price[i];
			sink = i;
		}
	}
	return sink;
}

static uint32_t
leg_before(const struct bb_auction *auction, const struct search *search, uint32_t node)
{
	const struct bb_line *line = &auction->lines[search->line[node]];
	return search->forward[node] ? line->from : line->to;
}

/* move_to moves as much as fits along the way that search found to sink. */
static void
move_to(const struct bb_auction *auction, struct bb_clearing *clearing,
	const struct search *search, uint32_t sink)
{
	int64_t unused;
	uint64_t room =
		next_down(&auction->curves[sink], &clearing->nodes[sink].mark, &unused);
	uint32_t node = sink;
	uint32_t legs = 0;

	while (search->line[node] != NONE) {
		const uint32_t i = search->line[node];
		const uint64_t fits = room_on(&auction->lines[i], clearing->flow_wh[i],
					      search->forward[node], &unused);
		room = fits < room ? fits : room;
		node = leg_before(auction, search, node);
		BB_ASSERT(++legs < auction->node_count); /* a way has no circle */
	}
	const uint64_t supply =
		next_up(&auction->curves[node], &clearing->nodes[node].mark, &unused);
	room = supply < room ? supply : room;
	BB_ASSERT(room > 0);

	use_more(&auction->curves[node], &clearing->nodes[node].mark, room);
	use_less(&auction->curves[sink], &clearing->nodes[sink].mark, room);
	clearing->nodes[node].served_wh += room;
	clearing->nodes[sink].served_wh -= room;
	for (node = sink; search->line[node] != NONE; node = leg_before(auction, search, node))
		clearing->flow_wh[search->line[node]] +=
			search->forward[node] ? (int64_t)room : -(int64_t)room;
	clearing->moves++;
}

/* close_interval narrows [lo, hi] of both ends of every line by what its room says: energy
 * that could still flow must not be worth flowing. */
static bool
close_interval(const struct bb_auction *auction, struct bb_clearing *clearing)
{
	bool changed = false;

	for (uint32_t i = 0; i < 2 * auction->line_count; i++) {
		const struct bb_line *line = &auction->lines[i / 2];
		const bool forward = i % 2 == 0;
		struct bb_node_result *from =
			&clearing->nodes[forward ? line->from : line->to];
		struct bb_node_result *to = &clearing->nodes[forward ? line->to : line->from];
		int64_t cost;

		if (room_on(line, clearing->flow_wh[i / 2], forward, &cost) == 0)
			continue;
		if (from->hi + cost < to->hi) {
			to->hi = from->hi + cost;
			changed = true;
		}
		if (to->lo - cost > from->lo) {
			from->lo = to->lo - cost;
			changed = true;
		}
	}
	return changed;
}

static void
form_prices(const struct bb_auction *auction, struct bb_clearing *clearing)
{
	for (uint32_t i = 0; i < auction->node_count; i++) {
		struct bb_node_result *node = &clearing->nodes[i];
		if (next_up(&auction->curves[i], &node->mark, &node->hi) == 0)
			node->hi = auction->price_max;
		if (next_down(&auction->curves[i], &node->mark, &node->lo) == 0)
			node->lo = auction->price_min;
	}
	for (uint32_t round = 0; round < auction->node_count; round++)
		if (!close_interval(auction, clearing))
			break;
	for (uint32_t i = 0; i < auction->node_count; i++) {
		struct bb_node_result *node = &clearing->nodes[i];
		BB_ASSERT(node->lo <= node->hi); /* else the result is not the optimum */
		node->price = node->lo + (node->hi - node->lo) * auction->k_milli / 1000;
	}
}

void
bb_clear(const struct bb_auction *auction, struct bb_clearing *clearing)
{
	struct search search;

	memset(clearing, 0, sizeof(*clearing));
	for (uint32_t i = 0; i < auction->node_count; i++) {
		const struct bb_curve *curve = &auction->curves[i];
		struct bb_node_result *node = &clearing->nodes[i];
		for (uint32_t j = 0; j < curve->count; j++)
			node->demand_wh += curve->steps[j].buy_wh;
		node->served_wh = node->demand_wh;
		use_more(curve, &node->mark, node->demand_wh);
	}
	for (;;) {
		search_units(auction, clearing, &search);
		const uint32_t sink = best_sink(auction, clearing, &search);
		if (sink == NONE)
			break;
		move_to(auction, clearing, &search, sink);
	}
	form_prices(auction, clearing);
}

void
bb_step_share(const struct bb_curve *curve, const struct bb_mark *mark, uint32_t index,
	      uint64_t *sold, uint64_t *bought)
{
	const struct bb_step *step = &curve->steps[index];
	uint64_t used = 0;

	if (index < mark->step)
		used = step->sell_wh + step->buy_wh;
	else if (index == mark->step)
		used = mark->used_wh;
	*sold = used < step->sell_wh ? used : step->sell_wh;
	*bought = step->buy_wh - (used - *sold);
}
