/* bench_auction - call auctions of one zone, from the book as orders rest in it, beside what
 * an auction costs that is given its orders in an array.
 *
 * Orders came in any order: prices are uniform over the ticks of the band on both sides, so
 * that half of each side trades, and neighbours in a rung lie anywhere in the pool.  Every
 * way writes what every order gets that gets something, and all of them must agree.
 *
 *	price          quantity, interval and price from the sums that the rungs keep
 *	book           the same and the fills
 *	book, ranked   sells ranked by price and handicap
 *	histogram      an unsorted array, counted by tick: first yardstick
 *	qsort          an unsorted array, sorted by libc and merged: second yardstick
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_arena.h"
#include "base/bb_assert.h"
#include "base/bb_random.h"
#include "bench/bench.h"
#include "ctl/bb_pages.h"
#include "market/bb_call_book.h"
#include "market/bb_reputation.h"

#define STEPS 20001u
#define TICK  10u
#define KAPPA 60000u

/* An order in an array, as the yardsticks have it. */
struct row {
	uint32_t slot;
	uint32_t tick;
	uint32_t quantity_wh;
	uint32_t side;
};

struct scene {
	uint32_t count;
	uint32_t participants;
	struct bb_pages memory;
	struct bb_book book;
	struct bb_orders orders;
	struct bb_stretches stretches;
	struct bb_positions positions;
	uint32_t *reputations;
	struct bb_call_book call;
	struct bb_auction auction;
	struct bb_curve curve;
	struct bb_clearing clearing;
	struct bb_step *steps;
	struct bb_claim *claims;
	struct bb_call_ranked *ranked, *scratch;
	struct bb_call_fill *fills;
	uint32_t fill_count;
	struct row *rows, *sorted;
	uint64_t *sums; /* by tick and side */
};

static size_t
memory_of(uint32_t count, uint32_t participants)
{
	const size_t rows = 2 * sizeof(struct row) + sizeof(struct bb_step) +
			    sizeof(struct bb_claim) + 2 * sizeof(struct bb_call_ranked) +
			    sizeof(struct bb_call_fill);
	const size_t people = sizeof(uint32_t) + sizeof(struct bb_position);
	const size_t ticks = 2 * sizeof(uint64_t) + 2 * sizeof(struct bb_directory);

	return bb_orders_bytes(count) + bb_stretches_bytes(2 * bb_ladder_stretches(STEPS)) +
	       rows * (count + 1u) + people * (participants + 1u) +
	       ticks * STEPS + 65536;
}

static void
take_memory(struct scene *scene)
{
	const size_t count = scene->count + 1u;
	const size_t people = scene->participants + 1u;
	struct bb_arena arena;

	bb_arena_init(&arena, scene->memory.bytes, memory_of(scene->count, scene->participants));
	bb_orders_init(&scene->orders, &arena, scene->count);
	bb_stretches_init(&scene->stretches, &arena, 2 * bb_ladder_stretches(STEPS));
	bb_book_init(&scene->book, 0, TICK, STEPS);
	for (uint32_t side = 0; side < 2; side++) {
		uint64_t *words = bb_arena_take(&arena, 8 * bb_ladder_words(STEPS));
		struct bb_directory *directory =
			bb_arena_take(&arena, 16 * bb_ladder_stretches(STEPS));
		bb_ladder_init(&scene->book.ladders[side], STEPS, words, directory,
			       &scene->stretches);
	}
	scene->reputations = bb_arena_take(&arena, people * sizeof(uint32_t));
	scene->positions.slots = bb_arena_take(&arena, people * sizeof(struct bb_position));
	scene->steps = bb_arena_take(&arena, count * sizeof(*scene->steps));
	scene->claims = bb_arena_take(&arena, count * sizeof(*scene->claims));
	scene->ranked = bb_arena_take(&arena, count * sizeof(*scene->ranked));
	scene->scratch = bb_arena_take(&arena, count * sizeof(*scene->scratch));
	scene->fills = bb_arena_take(&arena, count * sizeof(*scene->fills));
	scene->rows = bb_arena_take(&arena, count * sizeof(*scene->rows));
	scene->sorted = bb_arena_take(&arena, count * sizeof(*scene->sorted));
	scene->sums = bb_arena_take(&arena, 2 * STEPS * sizeof(*scene->sums));
}

static bool
make_scene(struct scene *scene, uint32_t count, uint32_t ticks)
{
	struct bb_random random = { count };

	*scene = (struct scene){ .count = count, .participants = count / 10 };
	if (!bb_pages_map(&scene->memory, memory_of(count, scene->participants)))
		return false;
	take_memory(scene);
	for (uint32_t i = 1; i <= scene->participants; i++) {
		scene->positions.slots[i].participant = i;
		scene->reputations[i] = 400000 + bb_random_below(&random, 600001);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct row *row = &scene->rows[i];
		*row = (struct row){ .slot = bb_orders_take(&scene->orders),
				     .tick = bb_random_below(&random, ticks),
				     .quantity_wh = 100 * (1 + bb_random_below(&random, 100)),
				     .side = bb_random_below(&random, 2) };
		struct bb_order *order = &scene->orders.slots[row->slot];
		const uint32_t rung = row->side == BB_BUY ? STEPS - 1 - row->tick : row->tick;
		order->place = bb_order_place((enum bb_side)row->side, rung);
		order->quantity_wh = row->quantity_wh;
		order->position = 1 + bb_random_below(&random, scene->participants);
		bb_book_rest(&scene->book, &scene->orders, row->slot);
	}
	scene->call = (struct bb_call_book){ .book = &scene->book, .orders = &scene->orders,
					     .positions = &scene->positions,
					     .reputations = scene->reputations };
	scene->auction = (struct bb_auction){ .node_count = 1, .curves = &scene->curve,
					      .price_max = (STEPS - 1) * TICK, .k_milli = 500 };
	return true;
}

static void
clear(struct scene *scene)
{
	BB_ASSERT(bb_clearing_valid(&scene->auction));
	bb_clear(&scene->auction, &scene->clearing);
}

static void
price_alone(void *context)
{
	struct scene *scene = context;

	bb_call_book_curve(&scene->call, scene->steps, scene->count, &scene->curve);
	clear(scene);
}

static void
fill_side(struct scene *scene, enum bb_side side)
{
	scene->fill_count += bb_call_book_fill(&scene->call, side, &scene->curve,
					       &scene->clearing.nodes[0].mark,
					       &scene->fills[scene->fill_count], scene->claims);
}

static void
from_book(void *context)
{
	struct scene *scene = context;

	price_alone(scene);
	scene->fill_count = 0;
	fill_side(scene, BB_BUY);
	fill_side(scene, BB_SELL);
}

static void
from_book_ranked(void *context)
{
	struct scene *scene = context;
	const uint32_t ranked = bb_call_book_rank(&scene->call, KAPPA, scene->auction.price_max,
						  scene->ranked, scene->scratch);

	bb_call_book_curve_ranked(&scene->call, scene->ranked, ranked, scene->steps,
				  scene->count, &scene->curve);
	clear(scene);
	scene->fill_count = 0;
	fill_side(scene, BB_BUY);
	scene->fill_count += bb_call_book_fill_ranked(
		&scene->call, scene->ranked, ranked, &scene->curve,
		&scene->clearing.nodes[0].mark, &scene->fills[scene->fill_count], scene->claims);
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
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t owner = scene->orders.slots[rows[i].slot].position;
		scene->claims[i] = (struct bb_claim){
			.quantity = rows[i].quantity_wh, .order = rows[i].slot, .index = i,
			.reputation = scene->reputations[owner],
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

static void
from_histogram(void *context)
{
	struct scene *scene = context;
	uint64_t amounts[2] = { 0 };
	uint32_t at_margin[2] = { 0 };

	memset(scene->sums, 0, 2 * STEPS * sizeof(*scene->sums));
	for (uint32_t i = 0; i < scene->count; i++)
		scene->sums[2 * scene->rows[i].tick + scene->rows[i].side] +=
			scene->rows[i].quantity_wh;
	curve_of_sums(scene);
	clear(scene);
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

static void
copy_rows(void *context)
{
	struct scene *scene = context;
	memcpy(scene->sorted, scene->rows, scene->count * sizeof(*scene->rows));
}

static void
from_qsort(void *context)
{
	struct scene *scene = context;
	uint64_t amounts[2] = { 0 };

	qsort(scene->sorted, scene->count, sizeof(*scene->sorted), by_price);
	memset(scene->sums, 0, 2 * STEPS * sizeof(*scene->sums));
	for (uint32_t i = 0; i < scene->count; i++)
		scene->sums[2 * scene->sorted[i].tick + scene->sorted[i].side] +=
			scene->sorted[i].quantity_wh;
	curve_of_sums(scene);
	clear(scene);
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

/* digest does not depend on the order of fills. */
static uint64_t
digest(const struct scene *scene)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < scene->fill_count; i++) {
		struct bb_random mix = { (uint64_t)scene->fills[i].slot << 32 |
					 scene->fills[i].filled_wh };
		sum += bb_random_next(&mix);
	}
	return sum;
}

static const struct {
	const char *name, *key;
	void (*prepare)(void *);
	void (*run)(void *);
	bool alike; /* its fills are those of the others */
} ways[] = {
	{ "price alone", "price_ms", NULL, price_alone, false },
	{ "from the book", "book_ms", NULL, from_book, true },
	{ "tick histogram", "histogram_ms", NULL, from_histogram, true },
	{ "qsort and merge", "qsort_ms", copy_rows, from_qsort, true },
	{ "from the book, with handicap", "ranked_ms", NULL, from_book_ranked, false },
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]), BOOK = 1, HISTOGRAM, QSORT };

static bool
report(const struct bench_options *options, struct scene *scene, const char *prices)
{
	double ms[WAYS];
	uint64_t alike = 0;
	bool right = true;

	if (options->json)
		printf("{\"schema\": \"busbar.bench.auction/1\", \"orders\": %" PRIu32
		       ", \"prices\": \"%s\"", scene->count, prices);
	else
		printf("%" PRIu32 " orders, %s, %s time\n", scene->count, prices,
		       options->cpu ? "CPU" : "wall");
	for (uint32_t i = 0; i < WAYS; i++) {
		ms[i] = bench_ms(options, options->seconds / (4 * WAYS), ways[i].prepare,
				 ways[i].run, scene);
		if (ways[i].alike && alike != 0 && digest(scene) != alike)
			right = false;
		if (ways[i].alike)
			alike = digest(scene);
		printf(options->json ? ", \"%s\": %.3f" : "%-30s %9.3f ms\n",
		       options->json ? ways[i].key : ways[i].name, ms[i]);
	}
	printf(options->json
		       ? ", \"histogram_ratio\": %.2f, \"qsort_ratio\": %.2f, \"alike\": %s}\n"
		       : "histogram / book %.2f, qsort / book %.2f%s\n\n",
	       ms[HISTOGRAM] / ms[BOOK], ms[QSORT] / ms[BOOK],
	       options->json ? (right ? "true" : "false") : (right ? "" : ", FILLS DIFFER"));
	(void)fflush(stdout);
	return right;
}

int
bench_auction(const struct bench_options *options)
{
	static const struct {
		uint32_t orders, ticks;
		const char *prices;
	} cases[] = {
		{ 100000, STEPS, "20,001 prices" },
		{ 1000000, STEPS, "20,001 prices" },
		{ 1000000, 100, "100 prices" },
		{ 1000000, 1, "one price" },
	};
	bool right = true;

	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct scene scene;
		if (!make_scene(&scene, cases[i].orders, cases[i].ticks)) {
			fputs("busbar-bench: no memory for so many orders\n", stderr);
			return 2;
		}
		right &= report(options, &scene, cases[i].prices);
		bb_pages_unmap(&scene.memory);
	}
	return right ? 0 : 1;
}
