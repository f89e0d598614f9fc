/* bench_modes - what it costs to let the matching degree choose who trades: the same seeded
 * books cleared exactly and traded by degree first (market/bb_degree_first.h).
 *
 * The books are drawn, not a real market: 40 sells at 20,000 to 150,000 and 40 buys at 50,000
 * to 200,000, 100 to 5000 Wh each, four sources, four feeders, reputations of 400,000 to
 * 1,000,000.  Degrees are compared by one measure: that of surplus, against the largest
 * surplus of the whole book.
 *
 *	exact          clearing, then pairing inside the optimum: one price for all
 *	md-first       by degree, surplus as its price part: each pair its own middle
 *	md-closeness   by degree, closeness as its price part: each pair its own middle
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_random.h"
#include "bench/bench.h"
#include "market/bb_call.h"
#include "market/bb_certificate.h"
#include "market/bb_degree_first.h"

#define BOOKS   200u
#define SIDE    40u
#define ORDERS  (2 * SIDE)
#define FEEDERS 4u
#define SEED    UINT64_C(20261124)

enum { EXACT, FIRST, CLOSENESS, MODES };

static const char *const names[MODES] = { "exact", "md-first", "md-closeness" };

struct scene {
	struct bb_pairing_order books[BOOKS][ORDERS];
	struct bb_pairing_order orders[ORDERS];
	struct bb_call_order rows[ORDERS];
	struct bb_step steps[ORDERS];
	struct bb_claim claims[ORDERS];
	struct bb_candidate candidates[BB_CANDIDATES_MAX];
	uint64_t numbers[BB_CANDIDATES_MAX];
	struct bb_row ranked[BB_CANDIDATES_MAX];
	struct bb_place places[ORDERS];
	struct bb_pair pairs[ORDERS + BB_BUCKETS_MAX];
	uint64_t sums[ORDERS];
	struct bb_clearing clearing;
	struct bb_pairing pairing;
	struct bb_degree_first first;
	struct bb_pairing_rules rules;
	uint32_t losses[FEEDERS * FEEDERS];
	struct bb_pairs_worth worth[MODES];
};

static void
fill_scene(struct scene *scene)
{
	struct bb_random random = { SEED };

	scene->rules = (struct bb_pairing_rules){ .loss_max = 50000, .losses = scene->losses,
						  .feeder_count = FEEDERS };
	memcpy(scene->rules.weights, bb_degree_weights_default, sizeof(scene->rules.weights));
	for (uint32_t i = 0; i < FEEDERS * FEEDERS; i++)
		scene->losses[i] = i % (FEEDERS + 1) == 0 ? 4000 : 22000;
	for (uint32_t book = 0; book < BOOKS; book++) {
		for (uint32_t i = 0; i < ORDERS; i++) {
			const bool sell = i < SIDE;
			const uint32_t span = sell ? 130001 : 150001;
			scene->books[book][i] = (struct bb_pairing_order){
				.terms = {
					.price = (sell ? 20000 : 50000) +
						 bb_random_below(&random, span),
					.quantity_wh = 100 * (1 + bb_random_below(&random, 50)),
					.owner = i,
					.reputation = 400000 + bb_random_below(&random, 600001),
					.accept_sources = 15,
					.prefer_sources =
						(uint16_t)bb_random_below(&random, 16),
					.source = (uint8_t)bb_random_below(&random, 4),
				},
				.order = i + 1, .index = i,
				.feeder = bb_random_below(&random, FEEDERS),
				.side = sell ? BB_SELL : BB_BUY,
			};
		}
	}
}

static void
add_worth(struct bb_pairs_worth *sum, const struct bb_pairs_worth *worth)
{
	sum->volume_wh += worth->volume_wh;
	sum->welfare += worth->welfare;
	sum->turnover += worth->turnover;
	sum->margin += worth->margin;
	sum->degree_sum += worth->degree_sum;
}

/* measure adds what pairs are worth, by one measure of their degrees. */
static void
measure(struct scene *scene, uint32_t mode, struct bb_pair *pairs, uint32_t count,
	uint64_t surplus_max)
{
	scene->rules.closeness = false;
	for (uint32_t i = 0; i < count; i++)
		pairs[i].degree = bb_candidate_degree(&scene->rules, surplus_max, 0,
						      &scene->orders[pairs[i].sell],
						      &scene->orders[pairs[i].buy]);
	const struct bb_pairs_worth worth = bb_pairs_worth(pairs, count, scene->orders);
	add_worth(&scene->worth[mode], &worth);
}

static uint64_t
trade_first(struct scene *scene, uint32_t book, uint32_t mode)
{
	memcpy(scene->orders, scene->books[book], sizeof(scene->orders));
	scene->first.candidates = scene->candidates;
	scene->first.pairs = scene->pairs;
	scene->rules.closeness = mode == CLOSENESS;
	BB_ASSERT(bb_degree_first_make(&scene->first, &scene->rules, scene->orders, ORDERS));
	return scene->first.surplus_max;
}

static void
clear_exactly(struct scene *scene, uint32_t book)
{
	struct bb_curve curve;
	const struct bb_auction auction = { .node_count = 1, .curves = &curve,
					    .price_max = BB_PRICE_MAX, .k_milli = 500 };

	memcpy(scene->orders, scene->books[book], sizeof(scene->orders));
	for (uint32_t i = 0; i < ORDERS; i++)
		scene->rows[i] = (struct bb_call_order){
			.order = scene->orders[i].order, .price = scene->orders[i].terms.price,
			.quantity_wh = scene->orders[i].terms.quantity_wh, .index = i,
			.reputation = scene->orders[i].terms.reputation,
			.side = scene->orders[i].side,
		};
	bb_call_curves(scene->rows, ORDERS, 1, scene->steps, &curve);
	bb_clear(&auction, &scene->clearing);
	bb_call_fill(scene->rows, ORDERS, &curve, &scene->clearing, scene->claims);
	BB_ASSERT(bb_certify(&auction, &scene->clearing, scene->rows, ORDERS) == BB_CERTIFIED);
	for (uint32_t i = 0; i < ORDERS; i++)
		scene->orders[scene->rows[i].index].filled_wh = scene->rows[i].filled_wh;
	scene->pairing.numbers = scene->numbers;
	scene->pairing.rows = scene->ranked;
	scene->pairing.places = scene->places;
	scene->pairing.pairs = scene->pairs;
	scene->rules.closeness = false;
	bb_pairing_make(&scene->pairing, &scene->rules, &auction, &scene->clearing,
			scene->orders, ORDERS);
	BB_ASSERT(bb_certify_pairs(&auction, &scene->clearing, &scene->pairing, scene->orders,
				   ORDERS, scene->sums) == BB_CERTIFIED);
}

static void
run_exact(void *context)
{
	for (uint32_t book = 0; book < BOOKS; book++)
		clear_exactly(context, book);
}

static void
run_first(void *context)
{
	for (uint32_t book = 0; book < BOOKS; book++)
		trade_first(context, book, FIRST);
}

static double
mean_degree(const struct bb_pairs_worth *worth)
{
	return (double)(int64_t)(worth->degree_sum / worth->volume_wh);
}

static void
report(const struct bench_options *options, struct scene *scene, double exact_ms,
       double first_ms)
{
	const struct bb_pairs_worth *exact = &scene->worth[EXACT];

	printf(options->json
		       ? "{\"schema\": \"busbar.bench.modes/1\", \"books\": %u, "
			 "\"orders\": %u, \"seed\": %" PRIu64
		       : "%u books of %u orders, seed %" PRIu64 "\n"
			 "                   welfare   volume  turnover   margin  mean degree\n",
	       BOOKS, ORDERS, SEED);
	for (uint32_t mode = 0; mode < MODES; mode++) {
		const struct bb_pairs_worth *worth = &scene->worth[mode];
		printf(options->json
			       ? ", \"%s\": {\"welfare\": %.3f, \"volume\": %.3f, \"turnover\": "
				 "%.3f, \"margin\": %.3f, \"mean_degree\": %.0f}"
			       : "%-18s %8.3f %8.3f  %8.3f %8.3f %12.0f\n",
		       names[mode], (double)worth->welfare / (double)exact->welfare,
		       (double)worth->volume_wh / (double)exact->volume_wh,
		       (double)worth->turnover / (double)exact->turnover,
		       (double)worth->margin / (double)exact->margin, mean_degree(worth));
	}
	printf(options->json ? ", \"exact_ms\": %.3f, \"md_first_ms\": %.3f, \"ratio\": %.2f}\n"
			     : "all books exactly, certified %.1f ms; by degree first %.1f ms, "
			       "%.2f times that\n",
	       exact_ms, first_ms, first_ms / exact_ms);
}

int
bench_modes(const struct bench_options *options)
{
	static struct scene scene;

	fill_scene(&scene);
	for (uint32_t book = 0; book < BOOKS; book++) {
		const uint64_t surplus_max = trade_first(&scene, book, FIRST);
		measure(&scene, FIRST, scene.pairs, scene.first.pair_count, surplus_max);
		trade_first(&scene, book, CLOSENESS);
		measure(&scene, CLOSENESS, scene.pairs, scene.first.pair_count, surplus_max);
		clear_exactly(&scene, book);
		measure(&scene, EXACT, scene.pairs, scene.pairing.pair_count, surplus_max);
	}
	const double exact_ms = bench_ms(options, options->seconds / 2, NULL, run_exact, &scene);
	const double first_ms = bench_ms(options, options->seconds / 2, NULL, run_first, &scene);
	report(options, &scene, exact_ms, first_ms);
	return 0;
}
