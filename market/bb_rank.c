#include "market/bb_rank.h"

#include <stddef.h>

#include "base/bb_assert.h"
#include "base/bb_hint.h"
#include "market/bb_reputation.h"

#define QUICK       (UINT64_C(1) << 44) /* a million of these fit 64 bits */
#define QUICK_PRICE ((int64_t)(QUICK / 2))

_Static_assert(QUICK <= UINT64_MAX / BB_PPM, "they do");
_Static_assert(BB_BUCKETS_MAX <= UINT16_MAX, "a row names its bucket");

bool
bb_rank_quick(const struct bb_pairing_order *order)
{
	return order->terms.quantity_wh < QUICK && order->terms.profile_count == 0 &&
	       order->terms.price < QUICK_PRICE && order->terms.price > -QUICK_PRICE;
}

void
bb_rank_begin(struct bb_rank *rank, struct bb_pairing *pairing,
	      const struct bb_pairing_rules *rules, const struct bb_pairing_order *orders)
{
	uint64_t weights = 0;

	for (uint32_t i = 0; i < BB_DEGREE_PARTS; i++)
		weights += rules->weights[i];
	BB_ASSERT(weights > 0);
	*rank = (struct bb_rank){
		.pairing = pairing,
		.rules = rules,
		.orders = orders,
		.quick = pairing->quick,
		.surplus = bb_inverse(pairing->surplus_max),
		.loss = bb_inverse(rules->loss_max > 0 ? rules->loss_max : 1), /* of none */
		.weights = bb_inverse(weights),
	};
}

static uint32_t
loss_between(const struct bb_pairing_rules *rules, const struct bb_pairing_order *sell,
	     const struct bb_pairing_order *buy)
{
	return rules->losses == NULL
		       ? 0
		       : rules->losses[(size_t)sell->feeder * rules->feeder_count + buy->feeder];
}

static uint64_t
price_part(const struct bb_rank *rank, uint64_t surplus)
{
	if (rank->surplus.by == 0)
		return BB_PPM;
	const uint64_t share = surplus >= rank->surplus.by
				       ? BB_PPM
				       : bb_quotient(rank->surplus, surplus * BB_PPM);
	return rank->rules->closeness ? BB_PPM - share : share;
}

/* quick_degree is bb_degree without profiles. */
static inline int32_t
quick_degree(const struct bb_rank *rank, int64_t fee, const struct bb_place *sell_place,
	     const struct bb_place *buy_place)
{
	const struct bb_pairing_order *sell = &rank->orders[sell_place->index];
	const struct bb_pairing_order *buy = &rank->orders[buy_place->index];
	const struct bb_pairing_rules *rules = rank->rules;
	const uint32_t loss = loss_between(rules, sell, buy);

	if (bb_degree_vetoed(&sell->terms, &buy->terms, fee, loss, rules->loss_max))
		return BB_DEGREE_VETO;
	const uint64_t sell_wh = sell->terms.quantity_wh;
	const uint64_t buy_wh = buy->terms.quantity_wh;
	const uint64_t quantity =
		sell_wh > buy_wh
			? bb_quotient((struct bb_inverse){ sell_place->inverse, sell_wh },
				      buy_wh * BB_PPM)
			: bb_quotient((struct bb_inverse){ buy_place->inverse, buy_wh },
				      sell_wh * BB_PPM);
	const bool preferred = (buy->terms.prefer_sources >> sell->terms.source & 1) != 0;
	uint64_t sum = rules->weights[BB_DEGREE_PRICE] *
		       price_part(rank, (uint64_t)(buy->terms.price - sell->terms.price - fee));

	sum += (uint64_t)(rules->weights[BB_DEGREE_QUANTITY] + rules->weights[BB_DEGREE_TIME]) *
	       quantity;
	sum += rules->weights[BB_DEGREE_DISTANCE] *
	       (BB_PPM - bb_quotient(rank->loss, (uint64_t)loss * BB_PPM));
	sum += (uint64_t)rules->weights[BB_DEGREE_SOURCE] * (preferred ? BB_PPM : BB_PPM / 2);
	sum += rules->weights[BB_DEGREE_REPUTATION] *
	       ((uint64_t)sell->terms.reputation * buy->terms.reputation / BB_PPM);
	return (int32_t)bb_quotient(rank->weights, sum);
}

/* The first of the buys that a bucket's sells may go to. */
static const struct bb_place *
buys_of(const struct bb_pairing *pairing, uint32_t bucket)
{
	return &pairing->places[pairing->first[pairing->buckets[bucket].to][BB_BUY]];
}

/* number_of: a veto is the lowest of all degrees, and a better limit the higher number. */
static uint64_t
number_of(int32_t degree, uint32_t buy)
{
	return (uint64_t)(uint32_t)(degree - BB_DEGREE_VETO) << 32 | (UINT32_MAX - buy);
}

static int32_t
degree_in(uint64_t number)
{
	return (int32_t)(number >> 32) + BB_DEGREE_VETO;
}

static uint32_t
buy_in(const struct bb_pairing *pairing, const struct bb_row *row)
{
	return buys_of(pairing, row->bucket)[UINT32_MAX - (uint32_t)row->best].index;
}

void
bb_rank_add(struct bb_rank *rank, uint32_t bucket, const struct bb_place *sell, uint32_t end)
{
	struct bb_pairing *pairing = rank->pairing;
	const struct bb_bucket *way = &pairing->buckets[bucket];
	const struct bb_place *buys = buys_of(pairing, bucket);
	const uint32_t count = end - pairing->first[way->to][BB_BUY];
	uint64_t *numbers = &pairing->numbers[rank->number_count];
	uint64_t best = 0;

	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		const int32_t degree =
			BB_LIKELY(rank->quick)
				? quick_degree(rank, way->fee, sell, &buys[i])
				: bb_candidate_degree(rank->rules, pairing->surplus_max, way->fee,
						      &rank->orders[sell->index],
						      &rank->orders[buys[i].index]);
		numbers[i] = number_of(degree, i);
		best = numbers[i] > best ? numbers[i] : best;
	}
	pairing->rows[rank->row_count++] = (struct bb_row){
		.best = best, .sell = sell->index, .first = rank->number_count, .count = count,
		.bucket = (uint16_t)bucket,
	};
	rank->number_count += count;
	rank->open[way->to] = count;
}

uint64_t
bb_rank_surplus(const struct bb_rank *rank, uint32_t bucket, const struct bb_place *sell_place,
		uint32_t end)
{
	const struct bb_pairing *pairing = rank->pairing;
	const struct bb_pairing_order *sell = &rank->orders[sell_place->index];
	const int64_t fee = pairing->buckets[bucket].fee;
	int64_t largest = 0;

	for (const struct bb_place *place = buys_of(pairing, bucket);
	     place < &pairing->places[end]; place++) {
		const struct bb_pairing_order *buy = &rank->orders[place->index];
		const int64_t surplus = buy->terms.price - sell->terms.price - fee;
		if (surplus <= largest)
			break; /* the best limits come first */
		if (!bb_degree_vetoed(&sell->terms, &buy->terms, fee,
				      loss_between(rank->rules, sell, buy),
				      rank->rules->loss_max))
			largest = surplus;
	}
	return (uint64_t)largest;
}

/* comes_before is the rank of pairs, here of the best of two rows. */
static inline bool
comes_before(const struct bb_rank *rank, const struct bb_row *left, const struct bb_row *right)
{
	const struct bb_pairing *pairing = rank->pairing;

	if (BB_LIKELY(left->best >> 32 != right->best >> 32))
		return left->best >> 32 > right->best >> 32;

	const struct bb_degree_order *left_sell = &rank->orders[left->sell].terms;
	const struct bb_degree_order *right_sell = &rank->orders[right->sell].terms;
	const uint32_t left_buy = buy_in(pairing, left);
	const uint32_t right_buy = buy_in(pairing, right);
	const int64_t left_surplus = rank->orders[left_buy].terms.price - left_sell->price -
				     pairing->buckets[left->bucket].fee;
	const int64_t right_surplus = rank->orders[right_buy].terms.price - right_sell->price -
				      pairing->buckets[right->bucket].fee;
	if (left_surplus != right_surplus)
		return left_surplus > right_surplus;
	if (left_sell->reputation != right_sell->reputation)
		return left_sell->reputation > right_sell->reputation;
	if (left->sell != right->sell)
		return left->sell < right->sell;
	if (left_buy != right_buy)
		return left_buy < right_buy;
	return left->bucket < right->bucket;
}

/* sink_row lets the row at the place at sink to where it belongs. */
static void
sink_row(struct bb_rank *rank, uint32_t at)
{
	struct bb_row *rows = rank->pairing->rows;
	const struct bb_row row = rows[at];

	for (;;) {
		uint64_t child = 2 * (uint64_t)at + 1;
		if (child >= rank->row_count)
			break;
		if (child + 1 < rank->row_count &&
		    comes_before(rank, &rows[child + 1], &rows[child]))
			child++;
		if (comes_before(rank, &row, &rows[child]))
			break;
		rows[at] = rows[child];
		at = (uint32_t)child;
	}
	rows[at] = row;
}

static void
sink_number(uint64_t *numbers, uint32_t count, uint32_t at)
{
	const uint64_t number = numbers[at];

	for (;;) {
		uint64_t child = 2 * (uint64_t)at + 1;
		if (child >= count)
			break;
		child += child + 1 < count && numbers[child + 1] > numbers[child];
		if (number > numbers[child])
			break;
		numbers[at] = numbers[child];
		at = (uint32_t)child;
	}
	numbers[at] = number;
}

void
bb_rank_ready(struct bb_rank *rank)
{
	for (uint32_t i = rank->row_count / 2; i-- > 0;)
		sink_row(rank, i);
}

static bool
used_up(const struct bb_rank *rank, const struct bb_row *row)
{
	return rank->orders[buy_in(rank->pairing, row)].left_wh == 0;
}

/* make_heap: what is used up already is left out. */
static void
make_heap(struct bb_rank *rank, struct bb_row *row)
{
	uint64_t *numbers = &rank->pairing->numbers[row->first];
	const struct bb_place *buys = buys_of(rank->pairing, row->bucket);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < row->count; i++)
		if (rank->orders[buys[UINT32_MAX - (uint32_t)numbers[i]].index].left_wh > 0)
			numbers[kept++] = numbers[i];
	for (uint32_t i = kept / 2; i-- > 0;)
		sink_number(numbers, kept, i);
	row->count = kept;
	row->heap = true;
}

/* next_buy finds the row's next buy that is not used up; false if there is none. */
static bool
next_buy(struct bb_rank *rank, struct bb_row *row)
{
	uint64_t *numbers = &rank->pairing->numbers[row->first];

	if (!row->heap) {
		make_heap(rank, row);
		row->best = numbers[0];
		return row->count > 0;
	}
	do {
		if (--row->count == 0)
			return false;
		numbers[0] = numbers[row->count];
		sink_number(numbers, row->count, 0);
		row->best = numbers[0];
	} while (used_up(rank, row));
	return true;
}

bool
bb_rank_next(struct bb_rank *rank, struct bb_ranked *best)
{
	const struct bb_pairing *pairing = rank->pairing;
	struct bb_row *row = pairing->rows;

	while (rank->row_count > 0) {
		const bool goes_on = pairing->left_wh[row->bucket] > 0 &&
				     rank->orders[row->sell].left_wh > 0 &&
				     rank->open[pairing->buckets[row->bucket].to] > 0;
		if (goes_on && !used_up(rank, row)) {
			*best = (struct bb_ranked){
				.sell = row->sell, .buy = buy_in(pairing, row),
				.bucket = row->bucket, .degree = degree_in(row->best),
			};
			return true;
		}
		if (!goes_on || !next_buy(rank, row))
			*row = pairing->rows[--rank->row_count];
		if (rank->row_count > 0)
			sink_row(rank, 0);
	}
	return false;
}
