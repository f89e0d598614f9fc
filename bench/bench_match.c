/* bench_match - orders a second of one core: the appliance's book alone, and its whole step,
 * beside a bare array book on the same records, by turns.
 *
 * ns_per_op is the median of all slices of MATCH_CHUNK records in ROUNDS replays, so that what
 * others do on the machine now and then is left out; the bare book's is the yardstick.  tenth_ns is
 * what only a tenth of the slices took less than: where others never rest, it moves the least.
 * Latencies are of two more replays in which each record is timed: in bursts, where the engine
 * knows what comes, as the matching core does, and what it does about that counts for the record
 * at whose turn it does it; and alone_, where it knows of one at a time.  A record is done when
 * its events are written: what this program then makes of them, to compare it with the header,
 * is its own work, part of the slices' time and of no record's.  They include reading the clock
 * twice, whose own cost is told as clock_ns and taken off nowhere. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_match.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define ROUNDS  3u
#define SLICES  (1u << 16) /* of one engine that are kept */
#define BUCKETS (1u << 20) /* of latency: one a tick of the clock, the last for all above */

enum { BARE, BOOK, MARKET, ENGINES };

/* How a replay times: whole slices, or each record of a burst, or each record alone. */
enum timing { BURSTS, ALONE, LATENCIES, WHOLE = LATENCIES };

static const struct match_engine *const engines[ENGINES] = { &match_bare, &match_book,
							      &match_market };

struct result {
	double slices[SLICES]; /* ns an op */
	uint32_t slice_count;
	double ns; /* the median of them */
	double tenth_ns; /* a tenth of them took less: what it costs while nobody disturbs */
	double percentiles[LATENCIES][3]; /* p50, p99, p99.9, ns */
	double clock_ns; /* of each, what reading the clock takes */
	struct match_fills fills;
	double rss_mb;
};

static struct match_record records[MATCH_AHEAD + MATCH_CHUNK];
static uint32_t buckets[BUCKETS];

/* The cheapest clock there is; its ticks are compared with ns afterwards. */
static inline uint64_t
ticks_now(void)
{
#if defined(__x86_64__)
	unsigned int core;
	return __rdtscp(&core);
#else
	return bench_wall_ns();
#endif
}

static double
ns_per_tick(void)
{
	const uint64_t ns = bench_wall_ns();
	const uint64_t ticks = ticks_now();

	while (bench_wall_ns() - ns < 20000000)
		;
	return (double)(bench_wall_ns() - ns) / (double)(ticks_now() - ticks);
}

/* What reading it twice takes when nothing lies between: the median of many. */
static double
clock_ns(void)
{
	static double spans[1001];
	const uint32_t count = sizeof(spans) / sizeof(spans[0]);

	for (uint32_t i = 0; i < count; i++) {
		const uint64_t begin = ticks_now();
		spans[i] = (double)(ticks_now() - begin);
	}
	return bench_median(spans, count) * ns_per_tick();
}

/* Resident memory that is not the file cache's. */
static double
rss_mb(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long long total = 0, resident = 0, shared = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu %llu %llu", &total, &resident, &shared) != 3)
		resident = shared = 0;
	fclose(file);
	return (double)(resident - shared) * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static uint64_t
chosen_ns(const struct bench_options *options)
{
	return options->cpu ? bench_now().cpu_ns : bench_wall_ns();
}

static void
hear(const struct match_engine *engine, void *state)
{
	if (engine->hear != NULL)
		engine->hear(state);
}

static void
apply_each(const struct match_engine *engine, void *state, const struct match_record *next,
	   uint32_t count, uint32_t known, enum timing timing)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t begin = ticks_now();
		engine->apply(state, &next[i], 1, timing == BURSTS ? known - i : 1);
		const uint64_t ticks = ticks_now() - begin;
		buckets[ticks < BUCKETS ? ticks : BUCKETS - 1]++;
		hear(engine, state);
	}
}

static void
keep_slice(struct result *result, uint64_t ns, uint32_t count)
{
	/* The last slice may be too short to say much. */
	if (result->slice_count < SLICES && count >= MATCH_CHUNK / 2)
		result->slices[result->slice_count++] = (double)ns / count;
}

/* Applies the next records, in slices. */
static void
apply_timed(const struct bench_options *options, const struct match_engine *engine, void *state,
	    const struct match_record *next, uint32_t count, uint32_t known,
	    struct result *result, enum timing timing)
{
	if (timing != WHOLE) {
		apply_each(engine, state, next, count, known, timing);
	} else {
		const uint64_t begin = chosen_ns(options);
		engine->apply(state, next, count, known);
		hear(engine, state);
		keep_slice(result, chosen_ns(options) - begin, count);
	}
}

static void
prepare(const struct match_engine *engine, void *state, const struct match_record *next,
	uint32_t count)
{
	if (engine->prepare != NULL)
		engine->prepare(state, next, count);
}

/* Takes all records through the engine.  Of those that are timed a burst stays behind until the
 * next are there: so it always knows what comes. */
static void
play(const struct bench_options *options, struct match_workload *workload,
     const struct match_engine *engine, void *state, struct result *result, enum timing timing)
{
	uint64_t prefill = workload->header.prefill;
	uint32_t left = 0;
	uint32_t count;

	while ((count = match_next(workload, &records[left])) > 0) {
		const uint32_t untimed = prefill < count ? (uint32_t)prefill : count;
		const struct match_record *next = &records[untimed];
		const uint32_t known = left + count - untimed;
		if (untimed > 0) {
			prepare(engine, state, records, untimed);
			engine->apply(state, records, untimed, untimed);
			hear(engine, state);
			prefill -= untimed;
		}
		prepare(engine, state, next + left, count - untimed);
		const uint32_t ready = known < MATCH_AHEAD ? 0 : known - MATCH_AHEAD;
		if (ready > 0)
			apply_timed(options, engine, state, next, ready, known, result, timing);
		left = known - ready;
		memmove(records, next + ready, left * sizeof(records[0]));
	}
	apply_timed(options, engine, state, records, left, left, result, timing);
}

/* Replays the whole file; false where the engine did not do as expected. */
static bool
replay(const struct bench_options *options, struct match_workload *workload,
       const struct match_engine *engine, struct result *result, enum timing timing)
{
	void *state = engine->start(workload);

	if (state == NULL || !match_rewind(workload)) {
		fprintf(stderr, "busbar-bench: no memory for %s\n", engine->mode);
		return false;
	}
	play(options, workload, engine, state, result, timing);
	result->fills = *engine->fills(state);
	result->rss_mb = rss_mb();
	if (engine->stop(state))
		return true;
	fprintf(stderr, "busbar-bench: %s refused or left something\n", engine->mode);
	return false;
}

static void
find_middle(struct result *result)
{
	result->ns = bench_median(result->slices, result->slice_count); /* which sorts them */
	result->tenth_ns = result->slices[result->slice_count / 10];
}

static void
find_percentiles(struct result *result, enum timing timing, uint64_t count)
{
	static const double shares[3] = { 0.5, 0.99, 0.999 };
	const double scale = ns_per_tick();
	uint64_t seen = 0;
	uint32_t share = 0;

	result->clock_ns = clock_ns();

	for (uint32_t i = 0; i < BUCKETS && share < 3; i++) {
		seen += buckets[i];
		while (share < 3 && (double)seen >= shares[share] * (double)count)
			result->percentiles[timing][share++] = i * scale;
	}
}

static void
print_percentiles(const struct bench_options *options, const struct result *result)
{
	static const char *const names[LATENCIES][3] = {
		{ "p50_ns", "p99_ns", "p999_ns" },
		{ "alone_p50_ns", "alone_p99_ns", "alone_p999_ns" },
	};

	for (uint32_t i = 0; i < LATENCIES * 3; i++) {
		if (options->latency)
			printf(",\"%s\":%.0f", names[i / 3][i % 3],
			       result->percentiles[i / 3][i % 3]);
		else
			printf(",\"%s\":null", names[i / 3][i % 3]);
	}
	if (options->latency)
		printf(",\"clock_ns\":%.0f", result->clock_ns);
	else
		printf(",\"clock_ns\":null");
}

static void
print_result(const struct bench_options *options, const struct match_workload *workload,
	     const struct match_engine *engine, const struct result *result,
	     const struct result *yardstick)
{
	const struct match_header *header = &workload->header;
	const double ns = result->ns;
	const bool agrees = memcmp(&result->fills, &header->fills, sizeof(header->fills)) == 0;

	if (options->json) {
		printf("{\"schema\":\"busbar.bench.match/1\",\"mode\":\"%s\",\"resting\":%u,"
		       "\"ops\":%" PRIu64 ",\"ns_per_op\":%.1f", engine->mode, header->resting,
		       header->ops, ns);
		print_percentiles(options, result);
		printf(",\"trades\":%" PRIu64 ",\"quantity\":%" PRIu64 ",\"notional\":%" PRIu64
		       ",\"fill_hash\":\"%016" PRIx64 "\",\"agrees\":%s,\"yardstick_ns\":%.1f,"
		       "\"tenth_ns\":%.1f,\"yardstick_tenth_ns\":%.1f,"
		       "\"rss_mb\":%.0f,\"participants\":%u}\n", result->fills.trades,
		       result->fills.quantity, result->fills.notional, result->fills.hash,
		       agrees ? "true" : "false", yardstick->ns, result->tenth_ns,
		       yardstick->tenth_ns, result->rss_mb, 2 * workload->senders);
		return;
	}
	printf("%-7s %8u resting  %6.1f ns an op, %.2f of the bare book's %.1f; a tenth below %.1f "
	       "and %.1f", engine->mode, header->resting, ns, ns / yardstick->ns, yardstick->ns,
	       result->tenth_ns, yardstick->tenth_ns);
	if (options->latency)
		printf("  p50 %.0f p99 %.0f p99.9 %.0f ns, alone %.0f %.0f %.0f, clock %.0f",
		       result->percentiles[BURSTS][0], result->percentiles[BURSTS][1],
		       result->percentiles[BURSTS][2], result->percentiles[ALONE][0],
		       result->percentiles[ALONE][1], result->percentiles[ALONE][2],
		       result->clock_ns);
	printf("  %" PRIu64 " trades, hash %016" PRIx64 " %s, %.0f MB\n", result->fills.trades,
	       result->fills.hash, agrees ? "agrees" : "DIFFERS", result->rss_mb);
}

static bool
wanted(const struct bench_options *options, uint32_t engine)
{
	return options->mode == NULL || engine == BARE ||
	       strcmp(options->mode, engines[engine]->mode) == 0;
}

static bool
measure(const struct bench_options *options, struct match_workload *workload,
	struct result *results)
{
	for (uint32_t round = 0; round < ROUNDS; round++)
		for (uint32_t i = 0; i < ENGINES; i++)
			if (wanted(options, i) &&
			    !replay(options, workload, engines[i], &results[i], WHOLE))
				return false;
	for (uint32_t i = 0; i < ENGINES; i++)
		if (wanted(options, i) && results[i].slice_count > 0)
			find_middle(&results[i]);
	for (uint32_t i = BOOK * LATENCIES; options->latency && i < ENGINES * LATENCIES; i++) {
		const enum timing timing = (enum timing)(i % LATENCIES);
		struct result *result = &results[i / LATENCIES];

		if (!wanted(options, i / LATENCIES))
			continue;
		memset(buckets, 0, sizeof(buckets));
		if (!replay(options, workload, engines[i / LATENCIES], result, timing))
			return false;
		find_percentiles(result, timing, workload->header.ops);
	}
	return true;
}

int
bench_match(const struct bench_options *options)
{
	static struct result results[ENGINES];
	struct match_workload workload;
	bool agree = true;

	if (options->make != NULL)
		return match_make(options->make, options->resting, options->ops, options->seed);
	if (options->workload == NULL) {
		fputs("busbar-bench: match needs --workload FILE; make one with match --make "
		      "FILE\n", stderr);
		return 2;
	}
	if (!match_open(&workload, options->workload))
		return 2;
	if (!match_survey(&workload, options->participants / 2)) {
		match_close(&workload);
		return 2;
	}
	if (!measure(options, &workload, results)) {
		match_close(&workload);
		return 1;
	}
	for (uint32_t i = 0; i < ENGINES; i++) {
		if (!wanted(options, i))
			continue;
		agree = agree && memcmp(&results[i].fills, &workload.header.fills,
					sizeof(workload.header.fills)) == 0;
		if (i != BARE)
			print_result(options, &workload, engines[i], &results[i],
				     &results[BARE]);
	}
	match_close(&workload);
	return agree ? 0 : 1;
}
