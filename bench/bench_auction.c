/* bench_auction - call auctions of one zone as the appliance holds them (market/bb_fixing.h),
 * beside what an auction costs that is given its orders in an array.
 *
 * A whole market is entered: participants, a delivery interval in its call phase, orders by
 * bb_market_apply.  They came in any order: prices are uniform over the ticks of the band on
 * both sides, so that half of each side trades, and neighbours in a rung lie anywhere in the
 * pool.  What is measured are the functions that the appliance calls, on its own books:
 *
 *	price          curves from the sums that the rungs keep, their root, the clearing
 *	shares         the same, and who gets how much
 *	auction        the same, and the proof of it all: what a result costs
 *	with handicap  the same with sells ranked by price and reputation
 *	certificate    the proof alone
 *	pairing        contracts and their proof, alone
 *	commit         all of it onto orders, positions and books, with its events, once
 *
 * and two yardsticks, which write the same fills but prove nothing:
 *
 *	histogram      an unsorted array, counted by tick
 *	qsort          an unsorted array, sorted by libc and merged
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_arena.h"
#include "base/bb_assert.h"
#include "base/bb_random.h"
#include "bench/bench_auction.h"
#include "market/bb_tick.h"

#define LOT_WH     100u
#define KAPPA      60000
#define QUARTER    2000000u
#define ORDERS_MAX 64u /* of a participant: ten on average */

static size_t
yardsticks_bytes(uint32_t count)
{
	const size_t order = 2 * sizeof(struct row) + sizeof(struct bb_claim) +
			     sizeof(struct bb_call_fill);

	return order * count + (2 * sizeof(uint64_t) + sizeof(struct bb_step)) * STEPS +
	       8 * BB_ARENA_ALIGN;
}

static struct bb_market_size
size_of(const struct scene *scene)
{
	return (struct bb_market_size){
		.participants = scene->participants, .products = 16, .orders = scene->count,
		.levels = 4 * STEPS, .places = scene->participants * ORDERS_MAX,
		.positions = scene->participants, .courses = 16,
	};
}

static bool
take_memory(struct scene *scene)
{
	static const uint8_t key[32] = { 0x11 };
	const struct bb_market_size size = size_of(scene);
	const size_t bytes = bb_market_bytes(&size) + yardsticks_bytes(scene->count);
	const size_t count = scene->count;
	struct bb_arena arena;

	if (!bb_pages_map(&scene->memory, bytes))
		return false;
	bb_arena_init(&arena, scene->memory.bytes, bytes);
	scene->market = bb_market_init(&arena, &size, key, 7);
	scene->steps = bb_arena_take(&arena, STEPS * sizeof(*scene->steps));
	scene->claims = bb_arena_take(&arena, count * sizeof(*scene->claims));
	scene->fills = bb_arena_take(&arena, count * sizeof(*scene->fills));
	scene->rows = bb_arena_take(&arena, count * sizeof(*scene->rows));
	scene->sorted = bb_arena_take(&arena, count * sizeof(*scene->sorted));
	scene->sums = bb_arena_take(&arena, 2 * STEPS * sizeof(*scene->sums));
	return true;
}

static void
apply(struct scene *scene, const struct bb_command *command)
{
	static struct bb_event events[BB_SLICE_EVENTS];
	uint32_t count = 0;
	bool done = false;

	scene->number++;
	while (!done) {
		done = bb_market_apply(scene->market, command, scene->number, scene->time_ns,
				       events, &count);
		BB_ASSERT(count == 0 || events[0].kind != BB_EVENT_REFUSED);
	}
}

static void
set_group(struct scene *scene, enum bb_param_group group, const int32_t *values, uint32_t count)
{
	struct bb_command command = { .participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM,
				      .param = { .group = (uint16_t)group } };

	memcpy(command.param.values, values, count * sizeof(values[0]));
	apply(scene, &command);
}

static void
add_member(struct scene *scene, uint32_t participant)
{
	struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_ADD,
		.member = { .participant = participant, .orders_max = ORDERS_MAX,
			    .roles = BB_ROLE_TRADER, .zone = 1 },
	};

	memcpy(command.member.key, &participant, sizeof(participant));
	command.member.key[31] = 1;
	apply(scene, &command);
}

/* At seconds before the start of the delivery. */
static void
tick_at(struct scene *scene, uint64_t seconds)
{
	const struct bb_command tick = { .kind = BB_COMMAND_TICK };

	scene->time_ns = QUARTER * BB_QUARTER_NS - seconds * BB_SECOND_NS;
	do
		apply(scene, &tick);
	while (bb_market_due_ns(scene->market) <= scene->time_ns);
}

/* open_course brings one delivery interval to its call phase, where orders rest and wait. */
static void
open_course(struct scene *scene)
{
	static const int32_t terms[] = { 0, (STEPS - 1) * TICK, TICK, LOT_WH, 1000000 };
	static const int32_t calendar[] = { 1, 1200, 0, 600, 300, 240, 3600, 86400, 21600 };
	static const int32_t zones[] = { 2 }; /* bits: zone 1 */

	scene->time_ns = (QUARTER - 8) * BB_QUARTER_NS;
	set_group(scene, BB_PARAM_TERMS, terms, sizeof(terms) / sizeof(terms[0]));
	set_group(scene, BB_PARAM_ZONES, zones, 1);
	set_group(scene, BB_PARAM_CALENDAR, calendar, sizeof(calendar) / sizeof(calendar[0]));
	tick_at(scene, 1000);
	tick_at(scene, 500);
	scene->course = bb_calendar_find(&scene->market->calendar, QUARTER);
	BB_ASSERT(scene->course != NULL && scene->course->state == BB_COURSE_CALL);
}

/* enter_order: even participants buy and odd ones sell, so that nobody meets itself. */
static void
enter_order(struct scene *scene, struct bb_random *random, struct row *row, uint32_t ticks)
{
	const uint32_t half = (scene->participants - 1) / 2;
	const struct bb_account *accounts = scene->market->members.accounts;
	struct bb_command command = { .kind = BB_COMMAND_NEW };

	*row = (struct row){ .tick = bb_random_below(random, ticks),
			     .quantity_wh = LOT_WH * (1 + bb_random_below(random, 100)),
			     .side = bb_random_below(random, 2) };
	do {
		command.participant = 2 + row->side + 2 * bb_random_below(random, half);
	} while (accounts[command.participant].orders_live == ORDERS_MAX);
	command.order = (struct bb_order_command){
		.order_id = 1 + accounts[command.participant].orders_live,
		.product = bb_product_of(1, QUARTER),
		.price = (int32_t)(row->tick * TICK), .quantity_wh = row->quantity_wh,
		.side = (uint8_t)row->side,
	};
	apply(scene, &command);
	row->slot = scene->market->orders.used;
}

static bool
make_scene(struct scene *scene, uint32_t count, uint32_t ticks)
{
	struct bb_random random = { count };

	*scene = (struct scene){ .count = count, .participants = count / 10 };
	if (!take_memory(scene))
		return false;
	open_course(scene);
	for (uint32_t i = 2; i <= scene->participants; i++) {
		add_member(scene, i);
		scene->market->members.accounts[i].reputation =
			400000 + bb_random_below(&random, 600001);
	}
	for (uint32_t i = 0; i < count; i++)
		enter_order(scene, &random, &scene->rows[i], ticks);
	scene->auction = (struct bb_auction){ .node_count = 1, .curves = &scene->curve,
					      .price_max = (STEPS - 1) * TICK, .k_milli = 500 };
	return true;
}

static void
price_alone(void *context)
{
	struct scene *scene = context;

	BB_ASSERT(bb_fixing_read(scene->market, scene->course));
	BB_ASSERT(bb_fixing_price(scene->market->fixing));
}

static void
with_shares(void *context)
{
	struct scene *scene = context;

	price_alone(scene);
	bb_fixing_share(scene->market->fixing);
}

static void
certificate(void *context)
{
	struct scene *scene = context;

	BB_ASSERT(bb_fixing_prove(scene->market->fixing));
}

static void
auction(void *context)
{
	with_shares(context);
	certificate(context);
}

static void
with_handicap(void *context)
{
	struct scene *scene = context;

	scene->course->rules.kappa = KAPPA;
	auction(scene);
	scene->course->rules.kappa = 0;
}

static void
pairing(void *context)
{
	struct scene *scene = context;

	BB_ASSERT(bb_fixing_pair(scene->market, &scene->course->rules));
}

/* commit writes the result that stands; afterwards the market is another one. */
static double
commit_ms(const struct bench_options *options, struct scene *scene, uint64_t *event_count)
{
	static struct bb_event events[BB_SLICE_EVENTS];
	BB_ASSERT(bb_fixing_solve(scene->market, scene->course));
	const struct bench_time begin = bench_now();
	bool done = false;

	*event_count = 0;
	while (!done) {
		struct bb_slice slice = { .events = events, .room = BB_SLICE_EVENTS };
		done = bb_fixing_commit(scene->market, scene->course, &slice);
		*event_count += slice.count;
	}
	const struct bench_time end = bench_now();
	return (double)(options->cpu ? end.cpu_ns - begin.cpu_ns : end.wall_ns - begin.wall_ns) /
	       1e6;
}

static uint64_t
digest_of(const struct bb_call_fill *fills, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct bb_random mix = { (uint64_t)fills[i].slot << 32 | fills[i].filled_wh };
		sum += bb_random_next(&mix);
	}
	return sum;
}

/* Who gets what, whatever its order. */
static uint64_t
digest(const struct scene *scene, bool yardstick)
{
	const struct bb_fixing *fixing = scene->market->fixing;

	return yardstick ? digest_of(scene->fills, scene->fill_count)
			 : digest_of(fixing->fills, fixing->filled_count);
}

enum alike { OTHER, OURS, YARDSTICK };

static const struct {
	const char *name, *key;
	void (*prepare)(void *);
	void (*run)(void *);
	enum alike alike; /* whose fills are to be the same */
} ways[] = {
	{ "price alone", "price_ms", NULL, price_alone, OTHER },
	{ "with shares", "shares_ms", NULL, with_shares, OURS },
	{ "auction: with its certificate", "auction_ms", NULL, auction, OURS },
	{ "tick histogram", "histogram_ms", NULL, auction_histogram, YARDSTICK },
	{ "qsort and merge", "qsort_ms", auction_copy, auction_qsort, YARDSTICK },
	{ "auction with handicap", "ranked_ms", NULL, with_handicap, OTHER },
	{ "the certificate alone", "certificate_ms", with_shares, certificate, OURS },
	{ "pairing, alone", "pairing_ms", NULL, pairing, OURS },
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]), AUCTION = 2, HISTOGRAM, QSORT };

static bool
report(const struct bench_options *options, struct scene *scene, const char *prices)
{
	double ms[WAYS];
	uint64_t alike = 0;
	uint64_t events = 0;
	bool right = true;

	if (options->json)
		printf("{\"schema\": \"busbar.bench.auction/2\", \"orders\": %" PRIu32
		       ", \"prices\": \"%s\"", scene->count, prices);
	else
		printf("%" PRIu32 " orders, %s, %s time\n", scene->count, prices,
		       options->cpu ? "CPU" : "wall");
	for (uint32_t i = 0; i < WAYS; i++) {
		ms[i] = bench_ms(options, options->seconds / (4 * WAYS), ways[i].prepare,
				 ways[i].run, scene);
		if (ways[i].alike != OTHER) {
			const uint64_t got = digest(scene, ways[i].alike == YARDSTICK);
			right &= alike == 0 || got == alike;
			alike = got;
		}
		printf(options->json ? ", \"%s\": %.3f" : "%-30s %9.3f ms\n",
		       options->json ? ways[i].key : ways[i].name, ms[i]);
		(void)fflush(stdout);
	}
	const double commit = commit_ms(options, scene, &events);
	printf(options->json ? ", \"commit_ms\": %.3f, \"events\": %" PRIu64
			     : "commit, once                   %9.3f ms, %" PRIu64 " events\n",
	       commit, events);
	printf(options->json
		       ? ", \"histogram_ratio\": %.2f, \"qsort_ratio\": %.2f, \"alike\": %s}\n"
		       : "histogram / auction %.2f, qsort / auction %.2f%s\n\n",
	       ms[HISTOGRAM] / ms[AUCTION], ms[QSORT] / ms[AUCTION],
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
