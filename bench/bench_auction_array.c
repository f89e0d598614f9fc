/* bench_auction_array - the yardsticks of bench_auction: an auction whose orders come in an
 * array, counted by tick, or sorted by libc's qsort and merged. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "bench/bench_auction.h"

static void
clear_rows(struct scene *scene)
{
	BB_ASSERT(bb_clearing_valid(&scene->auction));
	bb_clear(&scene->auction, &scene->clearing);
}

static void
fill(struct scene *scene, const struct row *row, uint64_t filled_wh)
{
	if (filled_wh > 0)
		scene->fills[scene->fill_count++] = (struct bb_call_fill){
			.slot = row->slot, .filled_wh = (uint32_t)filled_wh,
		};
}

/* share_rows gives amount to rows first to end, which have one price and side. */
static void
share_rows(struct scene *scene, const struct row *rows, uint32_t count, uint64_t amount)
{
	const struct bb_market *market = scene->market;

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t position = market->orders.slots[rows[i].slot].position;
		const uint32_t owner = market->positions.slots[position].participant;
		scene->claims[i] = (struct bb_claim){
			.quantity = rows[i].quantity_wh, .order = rows[i].slot, .index = i,
			.reputation = market->members.accounts[owner].reputation,
		};
	}
	bb_prorata(scene->claims, count, amount);
	for (uint32_t i = 0; i < count; i++)
		fill(scene, &rows[scene->claims[i].index], scene->claims[i].given);
}

/* curve_of_sums makes the curve of sums by tick and side. */
static void
curve_of_sums(struct scene *scene)
{
	scene->curve = (struct bb_curve){ .steps = scene->steps };
	for (uint32_t tick = 0; tick < STEPS; tick++) {
		const uint64_t *sums = &scene->sums[2 * tick];
		if (sums[BB_BUY] + sums[BB_SELL] > 0)
			scene->steps[scene->curve.count++] = (struct bb_step){
				.price = (int64_t)tick * TICK, .buy_wh = sums[BB_BUY],
				.sell_wh = sums[BB_SELL],
			};
	}
}

/* last_tick returns where the margin is, and what each side gets there. */
static uint32_t
last_tick(const struct scene *scene, uint64_t amounts[2])
{
	const struct bb_mark *mark = &scene->clearing.nodes[0].mark;

	if (mark->step == scene->curve.count)
		return STEPS;
	bb_step_share(&scene->curve, mark, mark->step, &amounts[BB_SELL], &amounts[BB_BUY]);
	return (uint32_t)(scene->steps[mark->step].price / TICK);
}

void
auction_histogram(void *context)
{
	struct scene *scene = context;
	uint64_t amounts[2] = { 0 };
	uint32_t at_margin[2] = { 0 };

	memset(scene->sums, 0, 2 * STEPS * sizeof(*scene->sums));
	for (uint32_t i = 0; i < scene->count; i++)
		scene->sums[2 * scene->rows[i].tick + scene->rows[i].side] +=
			scene->rows[i].quantity_wh;
	curve_of_sums(scene);
	clear_rows(scene);
	const uint32_t last = last_tick(scene, amounts);
	scene->fill_count = 0;
	for (uint32_t i = 0; i < scene->count; i++) {
		const struct row *row = &scene->rows[i];
		if (row->side == BB_BUY ? row->tick > last : row->tick < last)
			fill(scene, row, row->quantity_wh);
		else if (row->tick == last) /* sells from one end, buys from the other */
			scene->sorted[row->side == BB_SELL
					      ? at_margin[BB_SELL]++
					      : scene->count - ++at_margin[BB_BUY]] = *row;
	}
	share_rows(scene, scene->sorted, at_margin[BB_SELL], amounts[BB_SELL]);
	share_rows(scene, &scene->sorted[scene->count - at_margin[BB_BUY]], at_margin[BB_BUY],
		   amounts[BB_BUY]);
}

static int
by_price(const void *left_row, const void *right_row)
{
	const struct row *left = left_row;
	const struct row *right = right_row;

	if (left->tick != right->tick)
		return left->tick < right->tick ? -1 : 1;
	if (left->side != right->side)
		return left->side < right->side ? -1 : 1;
	return left->slot < right->slot ? -1 : 1;
}

void
auction_copy(void *context)
{
	struct scene *scene = context;
	memcpy(scene->sorted, scene->rows, scene->count * sizeof(*scene->rows));
}

void
auction_qsort(void *context)
{
	struct scene *scene = context;
	uint64_t amounts[2] = { 0 };

	qsort(scene->sorted, scene->count, sizeof(*scene->sorted), by_price);
	memset(scene->sums, 0, 2 * STEPS * sizeof(*scene->sums));
	for (uint32_t i = 0; i < scene->count; i++)
		scene->sums[2 * scene->sorted[i].tick + scene->sorted[i].side] +=
			scene->sorted[i].quantity_wh;
	curve_of_sums(scene);
	clear_rows(scene);
	const uint32_t last = last_tick(scene, amounts);
	scene->fill_count = 0;
	for (uint32_t i = 0; i < scene->count;) {
		const struct row *row = &scene->sorted[i];
		uint32_t end = i + 1;
		if (row->side == BB_BUY ? row->tick > last : row->tick < last)
			fill(scene, row, row->quantity_wh);
		if (row->tick == last) {
			while (end < scene->count && scene->sorted[end].tick == last &&
			       scene->sorted[end].side == row->side)
				end++;
			share_rows(scene, row, end - i, amounts[row->side]);
		}
		i = end;
	}
}
