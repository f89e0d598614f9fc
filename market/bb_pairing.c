#include "market/bb_pairing.h"

#include <stddef.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_sort.h"
#include "market/bb_rank.h"

#define FEW 24u /* pairs that are sorted faster by inserting them */

_Static_assert(BB_BUCKETS_MAX *BB_PAIRING_WINDOW *BB_PAIRING_WINDOW <= BB_CANDIDATES_MAX,
	       "a round's candidates have room");
_Static_assert(sizeof(struct bb_pairing_order) <= BB_SORT_SIZE_MAX, "orders can be sorted");

/* All that one call works on, so that it is passed as one. */
struct task {
	struct bb_pairing *pairing;
	const struct bb_pairing_rules *rules;
	struct bb_pairing_order *orders;
	uint32_t count;
};

bool
bb_pairing_accepted_first(const void *left_order, const void *right_order)
{
	const struct bb_pairing_order *left = left_order;
	const struct bb_pairing_order *right = right_order;

	return left->order < right->order;
}

static bool
best_limit(const void *left_place, const void *right_place)
{
	const struct bb_place *left = left_place;
	const struct bb_place *right = right_place;

	if (left->node != right->node)
		return left->node < right->node;
	if (left->side != right->side)
		return left->side < right->side;
	if (left->price != right->price)
		return left->side == BB_SELL ? left->price < right->price
					     : left->price > right->price;
	return left->index < right->index;
}

static bool
by_orders(const void *left_pair, const void *right_pair)
{
	const struct bb_pair *left = left_pair;
	const struct bb_pair *right = right_pair;

	if (left->sell != right->sell)
		return left->sell < right->sell;
	if (left->buy != right->buy)
		return left->buy < right->buy;
	return left->bucket < right->bucket;
}

/* sort_unless sorts elements that may be in order already: the appliance gathers them so. */
static void
sort_unless(void *elements, uint32_t count, size_t size, bb_sort_before *before)
{
	const uint8_t *bytes = elements;

	for (uint32_t i = 1; i < count; i++) {
		if (!before(bytes + (i - 1) * size, bytes + i * size)) {
			bb_sort(elements, count, size, before);
			return;
		}
	}
}

/* set_places puts every filled order in its place. */
static void
set_places(struct task *task)
{
	struct bb_pairing *pairing = task->pairing;
	uint32_t used = 0;

	pairing->quick = true;
	for (uint32_t i = 0; i < task->count; i++) {
		struct bb_pairing_order *order = &task->orders[i];
		order->left_wh = order->filled_wh;
		if (order->filled_wh == 0)
			continue;
		pairing->quick &= bb_rank_quick(order);
		pairing->places[used++] = (struct bb_place){
			.price = order->terms.price,
			.inverse = bb_inverse(order->terms.quantity_wh).inverse,
			.node = order->node,
			.side = order->side,
			.index = i,
		};
	}
	sort_unless(pairing->places, used, sizeof(*pairing->places), best_limit);
	memset(pairing->first, 0, sizeof(pairing->first));
	memset(pairing->end, 0, sizeof(pairing->end));
	for (uint32_t i = 0; i < used; i++) {
		const struct bb_place *place = &pairing->places[i];
		if (pairing->end[place->node][place->side] == 0)
			pairing->first[place->node][place->side] = i;
		pairing->end[place->node][place->side] = i + 1;
	}
}

/* set_buckets: what a node sold and did not export is its local trade. */
static void
set_buckets(struct task *task, const struct bb_auction *auction,
	    const struct bb_clearing *clearing)
{
	struct bb_pairing *pairing = task->pairing;
	struct bb_bucket paths[BB_PATHS_MAX];
	uint64_t local[BB_NODES_MAX] = { 0 };
	const uint32_t path_count = bb_paths(auction, clearing, paths);

	pairing->bucket_count = 0;
	for (uint32_t i = 0; i < task->count; i++) {
		BB_ASSERT(task->orders[i].node < auction->node_count);
		if (task->orders[i].side == BB_SELL)
			local[task->orders[i].node] += task->orders[i].filled_wh;
	}
	for (uint32_t i = 0; i < path_count; i++) {
		BB_ASSERT(local[paths[i].from] >= paths[i].quantity_wh);
		local[paths[i].from] -= paths[i].quantity_wh;
	}
	for (uint32_t i = 0; i < auction->node_count; i++)
		if (local[i] > 0)
			pairing->buckets[pairing->bucket_count++] = (struct bb_bucket){
				.quantity_wh = local[i], .from = i, .to = i,
			};
	memcpy(&pairing->buckets[pairing->bucket_count], paths, path_count * sizeof(paths[0]));
	pairing->bucket_count += path_count;
	for (uint32_t i = 0; i < pairing->bucket_count; i++)
		pairing->left_wh[i] = pairing->buckets[i].quantity_wh;
}

static uint32_t
places_of(const struct bb_pairing *pairing, uint32_t node, uint32_t side)
{
	return pairing->end[node][side] - pairing->first[node][side];
}

static uint32_t
room_of(const struct bb_pairing *pairing)
{
	return pairing->candidates_max == 0 ? BB_CANDIDATES_MAX : pairing->candidates_max;
}

/* choose_window: all pairs at once, if they can be. */
static void
choose_window(struct bb_pairing *pairing)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < pairing->bucket_count; i++)
		all += (uint64_t)places_of(pairing, pairing->buckets[i].from, BB_SELL) *
		       places_of(pairing, pairing->buckets[i].to, BB_BUY);
	if (all <= room_of(pairing)) {
		pairing->window = UINT32_MAX;
		return;
	}
	pairing->window = BB_PAIRING_WINDOW;
	while (BB_BUCKETS_MAX * pairing->window * pairing->window > room_of(pairing))
		pairing->window--;
	BB_ASSERT(pairing->window > 0);
}

int32_t
bb_candidate_degree(const struct bb_pairing_rules *rules, uint64_t surplus_max, int64_t fee,
		    const struct bb_pairing_order *sell, const struct bb_pairing_order *buy)
{
	struct bb_degree_context context = {
		.surplus_max = surplus_max, .fee = fee, .loss_max = rules->loss_max,
		.closeness = rules->closeness,
	};

	memcpy(context.weights, rules->weights, sizeof(context.weights));
	if (rules->losses != NULL)
		context.loss = rules->losses[(size_t)sell->feeder * rules->feeder_count +
					     buy->feeder];
	return bb_degree(&sell->terms, &buy->terms, &context, NULL);
}

static uint32_t
end_of(const struct bb_pairing *pairing, uint32_t node, uint32_t side)
{
	const uint32_t left = places_of(pairing, node, side);

	return pairing->first[node][side] + (left < pairing->window ? left : pairing->window);
}

/* find_surplus: the first round finds the largest surplus of a pair that may be made. */
static void
find_surplus(struct bb_pairing *pairing, const struct bb_rank *rank)
{
	uint64_t largest = 0;

	for (uint32_t k = 0; k < pairing->bucket_count; k++) {
		const struct bb_bucket *bucket = &pairing->buckets[k];
		const uint32_t sells_end = end_of(pairing, bucket->from, BB_SELL);
		const uint32_t buys_end = end_of(pairing, bucket->to, BB_BUY);
		for (uint32_t i = pairing->first[bucket->from][BB_SELL]; i < sells_end; i++) {
			const uint64_t surplus =
				bb_rank_surplus(rank, k, &pairing->places[i], buys_end);
			largest = surplus > largest ? surplus : largest;
		}
	}
	pairing->surplus_max = largest;
}

/* gather brings in the pairs of this round, of every bucket that has energy left. */
static void
gather(struct bb_pairing *pairing, struct bb_rank *rank)
{
	for (uint32_t k = 0; k < pairing->bucket_count; k++) {
		const struct bb_bucket *bucket = &pairing->buckets[k];
		const uint32_t sells_end = end_of(pairing, bucket->from, BB_SELL);
		const uint32_t buys_end = end_of(pairing, bucket->to, BB_BUY);
		if (pairing->left_wh[k] == 0)
			continue;
		for (uint32_t i = pairing->first[bucket->from][BB_SELL]; i < sells_end; i++)
			bb_rank_add(rank, k, &pairing->places[i], buys_end);
	}
	BB_ASSERT(rank->number_count <= room_of(pairing));
	bb_rank_ready(rank);
}

static void
pair_up(struct task *task, struct bb_rank *rank, const struct bb_ranked *best,
	const struct bb_auction *auction, const struct bb_clearing *clearing)
{
	struct bb_pairing *pairing = task->pairing;
	struct bb_pairing_order *sell = &task->orders[best->sell];
	struct bb_pairing_order *buy = &task->orders[best->buy];
	uint64_t *left = &pairing->left_wh[best->bucket];
	uint64_t quantity = sell->left_wh < buy->left_wh ? sell->left_wh : buy->left_wh;

	quantity = *left < quantity ? *left : quantity;
	BB_ASSERT(quantity > 0);
	sell->left_wh -= quantity;
	buy->left_wh -= quantity;
	*left -= quantity;
	rank->open[buy->node] -= buy->left_wh == 0;
	/* Each pair uses up a sell, a buy or a bucket, so there are no more than those. */
	BB_ASSERT(pairing->pair_count < task->count + BB_BUCKETS_MAX);
	pairing->pairs[pairing->pair_count++] = (struct bb_pair){
		.quantity_wh = quantity,
		.price_sell = clearing->nodes[sell->node].price,
		.price_buy = clearing->nodes[buy->node].price,
		.fee = pairing->buckets[best->bucket].fee,
		.sell_left_wh = sell->terms.quantity_wh - sell->filled_wh,
		.buy_left_wh = buy->terms.quantity_wh - buy->filled_wh,
		.degree = best->degree,
		.sell = best->sell,
		.buy = best->buy,
		.bucket = best->bucket,
		.product_sell = bb_auction_product(auction, sell->node),
		.product_buy = bb_auction_product(auction, buy->node),
	};
}

/* close_up moves what is left in a window to its end, so that the next window begins with
 * it. */
static void
close_up(struct task *task, uint32_t node, uint32_t side)
{
	struct bb_pairing *pairing = task->pairing;
	uint32_t to = end_of(pairing, node, side);

	for (uint32_t from = to; from-- > pairing->first[node][side];)
		if (task->orders[pairing->places[from].index].left_wh > 0)
			pairing->places[--to] = pairing->places[from];
	pairing->first[node][side] = to;
}

/* The left_wh of a sell, which is 0 by now, while pairs go to their places: where its next one
 * goes, and above that where they end. */
static uint64_t
next_and_end(uint32_t next, uint32_t end)
{
	return (uint64_t)end << 32 | next;
}

/* spread_pairs puts each pair among those of its sell, by swapping until all are there. */
static void
spread_pairs(struct task *task)
{
	struct bb_pair *pairs = task->pairing->pairs;
	struct bb_pairing_order *orders = task->orders;
	uint32_t place = 0;

	for (uint32_t i = 0; i < task->pairing->pair_count; i++)
		orders[pairs[i].sell].left_wh++;
	for (uint32_t i = 0; i < task->count; i++) {
		const uint32_t end = place + (uint32_t)orders[i].left_wh;
		orders[i].left_wh = next_and_end(place, end);
		place = end;
	}
	for (uint32_t i = 0; i < task->count; i++) {
		const uint32_t end = (uint32_t)(orders[i].left_wh >> 32);
		while ((uint32_t)orders[i].left_wh < end) {
			struct bb_pair pair = pairs[(uint32_t)orders[i].left_wh];
			while (pair.sell != i) {
				const uint32_t to = (uint32_t)orders[pair.sell].left_wh++;
				const struct bb_pair other = pairs[to];
				pairs[to] = pair;
				pair = other;
			}
			pairs[(uint32_t)orders[i].left_wh++] = pair;
		}
	}
}

static void
sort_pairs(struct task *task)
{
	struct bb_pair *pairs = task->pairing->pairs;
	uint32_t first = 0;

	spread_pairs(task);
	for (uint32_t i = 0; i < task->count; first = (uint32_t)task->orders[i++].left_wh) {
		const uint32_t end = (uint32_t)task->orders[i].left_wh;
		if (end - first > FEW) {
			bb_sort(&pairs[first], end - first, sizeof(*pairs), by_orders);
			continue;
		}
		for (uint32_t j = first + 1; j < end; j++) {
			const struct bb_pair pair = pairs[j];
			uint32_t to = j;
			for (; to > first && by_orders(&pair, &pairs[to - 1]); to--)
				pairs[to] = pairs[to - 1];
			pairs[to] = pair;
		}
	}
	for (uint32_t i = 0; i < task->count; i++)
		task->orders[i].left_wh = 0;
}

static bool
anything_left(const struct bb_pairing *pairing)
{
	for (uint32_t i = 0; i < pairing->bucket_count; i++)
		if (pairing->left_wh[i] > 0)
			return true;
	return false;
}

void
bb_pairing_make(struct bb_pairing *pairing, const struct bb_pairing_rules *rules,
		const struct bb_auction *auction, const struct bb_clearing *clearing,
		struct bb_pairing_order *orders, uint32_t count)
{
	struct task task = { .pairing = pairing, .rules = rules, .orders = orders,
			     .count = count };

	sort_unless(orders, count, sizeof(*orders), bb_pairing_accepted_first);
	pairing->pair_count = 0;
	set_places(&task);
	set_buckets(&task, auction, clearing);
	choose_window(pairing);
	for (bool first_round = true; anything_left(pairing); first_round = false) {
		const uint32_t before = pairing->pair_count;
		struct bb_rank rank;
		struct bb_ranked best;
		bb_rank_begin(&rank, pairing, rules, orders);
		if (first_round) {
			find_surplus(pairing, &rank);
			bb_rank_begin(&rank, pairing, rules, orders);
		}
		gather(pairing, &rank);
		while (bb_rank_next(&rank, &best))
			pair_up(&task, &rank, &best, auction, clearing);
		BB_ASSERT(pairing->pair_count > before);
		for (uint32_t i = 0; i < auction->node_count; i++) {
			close_up(&task, i, BB_SELL);
			close_up(&task, i, BB_BUY);
		}
	}
	for (uint32_t i = 0; i < count; i++)
		BB_ASSERT(orders[i].left_wh == 0);
	sort_pairs(&task);
}
