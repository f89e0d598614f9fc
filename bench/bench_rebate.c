/* bench_rebate - what a rebate to 65,536 participants takes of the matching core, tick by tick.
 *
 *	begin      one pass over all accounts, before anything else of its tick
 *	share      the largest remainders of all, a tick of its own
 *	pay        65,536 postings with their events, a tick of its own
 *	qsort      the same shares by sorting the remainders with libc: the yardstick of share
 *
 * The venue is made before the first measurement; each period is a new one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_random.h"
#include "bench/bench.h"
#include "market/bb_tick.h"

#define PARTICIPANTS 65536u
#define AMOUNT       INT64_C(1234567890123457)
#define FIRST_NS     (UINT64_C(20550) * 86400 * BB_SECOND_NS)

static const struct bb_market_size size = {
	.participants = PARTICIPANTS, .products = 4, .orders = 64, .levels = 1024, .places = 128,
	.positions = 16, .courses = 2,
};

/* A share by sorting. */
struct entry {
	uint64_t remainder;
	uint64_t share;
	uint32_t participant;
};

struct scene {
	struct bb_market *market;
	uint64_t *metered_wh; /* [PARTICIPANTS + 1] */
	uint64_t total_wh;
	struct entry *entries; /* [PARTICIPANTS] */
	struct bb_event events[BB_SLICE_EVENTS];
};

static void
tick(void *context)
{
	struct scene *scene = context;
	const struct bb_command command = { .kind = BB_COMMAND_TICK };
	const uint64_t number = scene->market->number + 1;
	uint32_t count;

	while (!bb_market_apply(scene->market, &command, number, scene->market->time_ns,
				scene->events, &count))
		;
}

/* What is under way is paid; then everybody is metered, and the next period's end has come. */
static void
prepare_begin(void *context)
{
	struct scene *scene = context;
	struct bb_market *market = scene->market;

	while (bb_market_due_ns(market) <= market->time_ns)
		tick(scene);
	for (uint32_t id = 1; id <= PARTICIPANTS; id++)
		market->accounts.purses[id].metered_wh = scene->metered_wh[id];
	bb_accounts_move(&market->accounts, BB_ACCOUNT_BANK, BB_ACCOUNT_FUND, AMOUNT);
	bb_rebate_settle(market, 0);
	market->time_ns = bb_market_due_ns(market);
}

static void
prepare_share(void *context)
{
	prepare_begin(context);
	tick(context);
}

static void
prepare_pay(void *context)
{
	prepare_share(context);
	tick(context);
}

static int
by_remainder(const void *left_entry, const void *right_entry)
{
	const struct entry *left = left_entry;
	const struct entry *right = right_entry;

	if (left->remainder != right->remainder)
		return left->remainder > right->remainder ? -1 : 1;
	return (left->participant > right->participant) - (left->participant < right->participant);
}

static void
sort(void *context)
{
	struct scene *scene = context;
	uint64_t left = AMOUNT;

	for (uint32_t i = 0; i < PARTICIPANTS; i++) {
		const unsigned __int128 product =
			(unsigned __int128)scene->metered_wh[i + 1] * AMOUNT;
		scene->entries[i] = (struct entry){
			.remainder = (uint64_t)(product % scene->total_wh),
			.share = (uint64_t)(product / scene->total_wh),
			.participant = i + 1,
		};
		left -= scene->entries[i].share;
	}
	qsort(scene->entries, PARTICIPANTS, sizeof(struct entry), by_remainder);
	for (uint64_t i = 0; i < left; i++)
		scene->entries[i].share++;
}

/* Whether the rebate that is paid gave what sorting gives; the balances before it are known. */
static bool
agrees(struct scene *scene)
{
	struct bb_market *market = scene->market;
	__int128 *before = calloc(PARTICIPANTS + 1, sizeof(*before));
	bool same = before != NULL;

	prepare_begin(scene);
	for (uint32_t id = 1; same && id <= PARTICIPANTS; id++)
		before[id] = bb_accounts_balance(&market->accounts, id);
	while (bb_market_due_ns(market) <= market->time_ns)
		tick(scene);
	sort(scene);
	for (uint32_t i = 0; same && i < PARTICIPANTS; i++) {
		const uint32_t id = scene->entries[i].participant;
		same = bb_accounts_balance(&market->accounts, id) - before[id] ==
		       (__int128)scene->entries[i].share;
	}
	free(before);
	return same;
}

static int
report(const struct bench_options *options, struct scene *scene)
{
	const double seconds = options->seconds / 4;
	const double begin_ms = bench_ms(options, seconds, prepare_begin, tick, scene);
	const double share_ms = bench_ms(options, seconds, prepare_share, tick, scene);
	const double pay_ms = bench_ms(options, seconds, prepare_pay, tick, scene);
	const double sort_ms = bench_ms(options, seconds, NULL, sort, scene);
	const bool same = agrees(scene);

	printf(options->json
		       ? "{\"schema\": \"busbar.bench.rebate/1\", \"participants\": %u, "
			 "\"begin_ms\": %.3f, \"share_ms\": %.3f, \"pay_ms\": %.3f, "
			 "\"qsort_ms\": %.3f, \"qsort_ratio\": %.2f, \"same\": %s}\n"
		       : "%u participants\n"
			 "a tick that begins a rebate  %9.3f ms\n"
			 "a tick that shares           %9.3f ms\n"
			 "a tick that pays             %9.3f ms\n"
			 "shares by qsort              %9.3f ms, %.2f times ours\n"
			 "both give the same: %s\n",
	       PARTICIPANTS, begin_ms, share_ms, pay_ms, sort_ms, sort_ms / share_ms,
	       same ? "true" : "false");
	return same ? 0 : 1;
}

static void
fill_scene(struct scene *scene, void *memory, size_t bytes)
{
	static const uint8_t key[32] = { 0x11 };
	struct bb_random random = { 20261124 };
	struct bb_arena arena;

	memset(memory, 0, bytes);
	bb_arena_init(&arena, memory, bytes);
	scene->market = bb_market_init(&arena, &size, key, 7);
	scene->market->time_ns = FIRST_NS;
	for (uint32_t id = 1; id <= PARTICIPANTS; id++) {
		scene->metered_wh[id] = 1 + bb_random_below(&random, 100000000);
		scene->total_wh += scene->metered_wh[id];
	}
}

int
bench_rebate(const struct bench_options *options)
{
	static struct scene scene;
	const size_t bytes = bb_arena_round(bb_market_bytes(&size));
	void *memory = aligned_alloc(BB_ARENA_ALIGN, bytes);
	int code = 2;

	scene.metered_wh = calloc(PARTICIPANTS + 1, sizeof(*scene.metered_wh));
	scene.entries = calloc(PARTICIPANTS, sizeof(*scene.entries));
	if (memory == NULL || scene.metered_wh == NULL || scene.entries == NULL) {
		fputs("busbar-bench: no memory left\n", stderr);
	} else {
		fill_scene(&scene, memory, bytes);
		code = report(options, &scene);
	}
	free(memory);
	free(scene.metered_wh);
	free(scene.entries);
	return code;
}
