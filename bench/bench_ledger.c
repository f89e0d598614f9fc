/* bench_ledger - the ledger's disk path, beside the bare disk, for several sizes of block.
 *
 * The turns of bench_ledger.h follow each other, some tenths of a second each, so that
 * whatever else happens to the disk and the CPUs meets all of them.  All write over zeros that
 * were flushed, as the ledger does, and begin when no segment is being made ahead and after a
 * rest.  Latency is from the moment at which an input (or a block of raw paced) was due,
 * whether or not it was taken then, to that at which its answer may leave.  The one that counts
 * is of window: a queue that is kept full has only its own length to tell.  The ledger is a real
 * one (store, line, chain, threads) and verified at the end; the packets are signed, the market
 * is left out.
 */
#define _GNU_SOURCE /* O_DIRECT, sched_setaffinity */
#include "bench/bench_ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"

/* Before each turn, so that it does not pay for the one before: a virtual machine may have used
 * up what CPU time its host gives it for a tenth of a second or so, and a virtual disk the bytes
 * that it may write. */
#define REST_NS 300000000

#define LOAD     0.7 /* of paced */
#define RAW_NAME "raw"

static const uint64_t sizes[] = { 4096, 16384, 65536, 131072, 262144, 1048576 };

static const char *const turn_names[TURNS] = { "raw", "direct", "full", "window", "paced",
					      "raw paced" };
static const char *const turn_keys[TURNS] = { "raw_",   "direct_", "full_", "window_",
					      "paced_", "raw_paced_" };

static int
fail(const struct bench_ledger_stage *stage, const char *what, const char *why)
{
	fprintf(stderr, "busbar-bench: %s: %s: %s\n", stage->folder, what, why);
	return 2;
}

/* A figure, or what stands for it where nothing was seen. */
static const char *
figure(char text[16], double us, const char *nothing)
{
	if (us > 0)
		(void)snprintf(text, 16, "%.0f", us);
	return us > 0 ? text : nothing;
}

static double
bound_us(const struct bench_figures *raw)
{
	return 2 * raw->p99_us + (double)BENCH_LEDGER_AGE_NS / 1e3;
}

/* What one turn came to, in names that begin with its own. */
static void
print_turn(const char *name, const struct bench_figures *of)
{
	char awake[16];

	printf("\"%smb_per_s\": %.1f, \"%sp50_us\": %.0f, \"%sp99_us\": %.0f, "
	       "\"%sawake_p99_us\": %s, \"%sstill_turns\": %" PRIu32 ", ", name, of->mb_per_s,
	       name, of->p50_us, name, of->p99_us, name, figure(awake, of->awake_p99_us, "null"),
	       name, of->still_slices);
}

static void
print_json(const struct bench_ledger_stage *stage, uint64_t size,
	   const struct bench_figures figures[TURNS])
{
	const struct bench_figures *raw = &figures[RAW];
	const struct bench_figures *window = &figures[WINDOW];

	printf("{\"schema\": \"busbar.bench.ledger/1\", \"block_bytes\": %" PRIu64
	       ", \"mb_per_s\": %.1f, \"p50_us\": %.0f, \"p99_us\": %.0f, ",
	       size, figures[FULL].mb_per_s, window->p50_us, window->p99_us);
	for (enum bench_ledger_turn turn = RAW; turn < TURNS; turn++)
		print_turn(turn_keys[turn], &figures[turn]);
	printf("\"write\": \"%s\", \"ratio\": %.2f, \"p99_bound_us\": %.0f, "
	       "\"p99_bound_paced_us\": %.0f, \"still_us\": %.0f, "
	       "\"still_longest_us\": %.0f, \"turns\": %" PRIu32 ", "
	       "\"window_blocks\": %" PRIu32 "}\n",
	       bb_store_write_name(stage->ledger->store.write),
	       figures[FULL].mb_per_s / raw->mb_per_s, bound_us(raw),
	       bound_us(&figures[RAW_PACED]), (double)stage->still.sum_ns / 1e3,
	       (double)stage->still.longest_ns / 1e3, window->slices, stage->options->window);
}

static void
print_text(const struct bench_ledger_stage *stage, uint64_t size,
	   const struct bench_figures figures[TURNS])
{
	for (enum bench_ledger_turn turn = RAW; turn < TURNS; turn++) {
		const struct bench_figures *of = &figures[turn];
		char awake[16];

		printf("%8" PRIu64 " %-9s %8.1f %6.2f %8.0f %8.0f %5" PRIu32 " %5" PRIu32
		       " %14s\n", size, turn_names[turn], of->mb_per_s,
		       of->mb_per_s / figures[RAW].mb_per_s, of->p50_us, of->p99_us, of->slices,
		       of->still_slices, figure(awake, of->awake_p99_us, "-"));
	}
	printf("%8s twice the p99 and the age of a block: raw %.0f us, raw paced %.0f us\n"
	       "%8s stood still in full, window and paced: %.1f ms, %.1f at most at once\n",
	       "", bound_us(&figures[RAW]), bound_us(&figures[RAW_PACED]), "",
	       (double)stage->still.sum_ns / 1e6, (double)stage->still.longest_ns / 1e6);
}

static void
print(struct bench_ledger_stage *stage, uint64_t size)
{
	struct bench_figures figures[TURNS];

	for (enum bench_ledger_turn turn = RAW; turn < TURNS; turn++)
		figures[turn] = bench_series_figures(&stage->series[turn]);
	if (stage->options->json)
		print_json(stage, size, figures);
	else
		print_text(stage, size, figures);
	(void)fflush(stdout);
}

/* A segment that is being filled with zeros takes the disk from everyone; false: no room. */
static bool
wait_for_spares(struct bench_ledger_stage *stage)
{
	for (uint32_t tries = 0; tries < 120000; tries++) {
		if (bb_store_spares(&stage->ledger->store) == BB_STORE_SPARES)
			return true;
		if (bb_store_alarm(&stage->ledger->store) != BB_OK)
			return false;
		usleep(1000);
	}
	return false;
}

/* Threads begin where those who make them are, so this one goes about. */
static bool
stay(const cpu_set_t *cores)
{
	return sched_setaffinity(0, sizeof(*cores), cores) == 0;
}

/* What comes before each turn. */
static bool
rest(struct bench_ledger_stage *stage, const cpu_set_t *cores)
{
	const struct timespec time = { .tv_nsec = REST_NS };

	return wait_for_spares(stage) && nanosleep(&time, NULL) == 0 && stay(cores);
}

/* Lets all take one turn each. */
static bool
measure_round(struct bench_ledger_stage *stage, uint64_t size)
{
	if (!rest(stage, &stage->all) || !bench_ledger_raw(stage, RAW, size))
		return false;
	if (stage->raw[DIRECT] >= 0 &&
	    (!rest(stage, &stage->all) || !bench_ledger_raw(stage, DIRECT, size)))
		return false;
	if (!rest(stage, &stage->own) || !bench_ledger_full(stage))
		return false;
	const double raw = bench_series_last(&stage->series[RAW]);
	const double full = bench_series_last(&stage->series[FULL]);
	const double rate = LOAD * (raw < full ? raw : full);

	return rest(stage, &stage->own) && bench_ledger_window(stage, size) &&
	       rest(stage, &stage->own) && bench_ledger_paced(stage, rate) &&
	       rest(stage, &stage->all) && bench_ledger_raw_paced(stage, size, rate);
}

static bool
measure(struct bench_ledger_stage *stage, uint64_t size)
{
	const uint64_t close_bytes = size - BB_BLOCK_HEADER_SIZE - BB_BLOCK_TRAILER_SIZE -
				     (uint64_t)stage->packet_bytes;
	const double rounds =
		stage->options->seconds * 1e9 / (double)(TURNS * BENCH_LEDGER_SLICE_NS);

	for (enum bench_ledger_turn turn = RAW; turn < TURNS; turn++)
		bench_series_clear(&stage->series[turn]);
	stage->still = (struct bench_still){ 0 };
	bb_line_limits(stage->ledger->line, (uint32_t)close_bytes, BENCH_LEDGER_AGE_NS);
	for (uint32_t round = 0; round == 0 || round < rounds; round++)
		if (!measure_round(stage, size))
			return false;
	print(stage, size);
	return true;
}

static bool
make_pool(struct bench_ledger_stage *stage)
{
	static const uint8_t mac_key[BB_MAC_KEY_SIZE];
	struct bb_identity identity;

	bench_identity(&identity, 2);
	stage->next = 1;
	stage->pool = calloc(BENCH_LEDGER_POOL, sizeof(stage->pool[0]));
	for (uint32_t i = 0; stage->pool != NULL && i < BENCH_LEDGER_POOL; i++) {
		struct bench_ledger_packet *packet = &stage->pool[i];
		const struct bb_packet header = { .participant = 2, .sequence = i + 1 };
		struct bb_wire_order orders[BENCH_LEDGER_ORDERS];

		for (uint32_t j = 0; j < BENCH_LEDGER_ORDERS; j++)
			orders[j] = (struct bb_wire_order){
				.order_id = i * BENCH_LEDGER_ORDERS + j + 1,
				.product = 1u << 24 | j,
				.action = BB_WIRE_NEW,
				.quantity_wh = 1000 + i,
			};
		packet->bid = (struct bb_bid){ .participant = 2, .route = BB_ROUTE_SEQUENCE };
		packet->bid.input = packet->bytes;
		packet->bid.input_size =
			(uint16_t)(bb_packet_encode_orders(packet->bytes, &header, orders,
							   BENCH_LEDGER_ORDERS,
							   &identity, mac_key) -
				   BB_MAC_SIZE);
	}
	for (enum bench_ledger_turn turn = RAW; turn < TURNS; turn++)
		if (!bench_series_init(&stage->series[turn]))
			return false;
	stage->raw_bytes = aligned_alloc(4096, sizes[sizeof(sizes) / sizeof(sizes[0]) - 1]);
	if (stage->pool == NULL || stage->raw_bytes == NULL)
		return false;
	stage->packet_bytes = (double)(bb_record_size(BB_INPUT_PREFIX_SIZE +
						      stage->pool[0].bid.input_size) +
				       BENCH_LEDGER_EVENTS * BB_RESULT_SIZE);
	for (uint32_t i = 0; i < sizes[sizeof(sizes) / sizeof(sizes[0]) - 1]; i++)
		stage->raw_bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	return true;
}

static bool
make_market(struct bench_ledger_stage *stage)
{
	const struct bb_market_size *size = &stage->genesis.size;
	const size_t bytes = bb_market_bytes(size);
	struct bb_arena arena;

	stage->market_bytes = bb_store_memory(bytes);
	if (stage->market_bytes == NULL)
		return false;
	bb_arena_init(&arena, stage->market_bytes, bytes);
	stage->market = bb_market_init(&arena, size, stage->genesis.operator_key, 1);
	return true;
}

/* Looks which cores there are: the line's thread gets one for itself, as busbard's lcore has,
 * and the others all others.  False: there is no such core. */
static bool
choose_core(struct bench_ledger_stage *stage)
{
	uint32_t core = stage->options->core;

	if (sched_getaffinity(0, sizeof(stage->all), &stage->all) != 0)
		return false;
	for (uint32_t i = 0; !stage->options->pinned && !CPU_ISSET(core, &stage->all); i++)
		core = i;
	CPU_ZERO(&stage->own);
	CPU_SET(core, &stage->own);
	stage->others = stage->all;
	if (CPU_COUNT(&stage->all) > 1)
		CPU_CLR(core, &stage->others);
	return CPU_ISSET(core, &stage->all);
}

static enum bb_result
make_ledger(struct bench_ledger_stage *stage)
{
	const struct bb_ledger_opening how = { .write = stage->options->write };
	struct bb_ledger_recovery recovery;

	bench_identity(&stage->signer, 1);
	stage->genesis = (struct bb_genesis){
		.created_ns = bb_store_now_ns(),
		.size = { .participants = 16, .products = 16, .orders = 4096, .levels = 65536,
			  .places = 16384, .positions = 256 },
		.name = "busbar-bench",
	};
	memcpy(stage->genesis.signer_key, stage->signer.public_key, BB_KEY_SIZE);
	memcpy(stage->genesis.operator_key, stage->signer.public_key, BB_KEY_SIZE);
	if (!make_market(stage))
		return bb_ledger_say(stage->text, BB_ERR_IO, "no memory");
	enum bb_result result = bb_ledger_create(stage->folder, &stage->genesis, &stage->signer,
						 (uint64_t)stage->options->segment << 20,
						 stage->text);
	if (result == BB_OK)
		result = bb_ledger_open_as(&stage->ledger, stage->folder, &stage->signer,
					   stage->market, &how, &recovery, stage->text);
	return result;
}

static bool
make_raw(struct bench_ledger_stage *stage)
{
	stage->raw_size = (uint64_t)stage->options->segment << 19;
	if (bb_folder_open(stage->folder, &stage->handle) != BB_OK ||
	    bb_folder_fill(stage->handle, RAW_NAME, stage->raw_size, NULL, NULL) != BB_OK ||
	    bb_folder_publish(stage->handle, RAW_NAME) != BB_OK)
		return false;
	stage->raw[RAW] = openat(stage->handle, RAW_NAME, O_RDWR | O_CLOEXEC);
	stage->raw[DIRECT] =
		openat(stage->handle, RAW_NAME, O_RDWR | O_CLOEXEC | O_DIRECT | O_DSYNC);
	return stage->raw[RAW] >= 0;
}

/* Nothing that was measured counts if the ledger is not what it should be. */
static int
finish(struct bench_ledger_stage *stage)
{
	const struct bb_ledger_options options = { .signatures = BB_LEDGER_RECENT };
	struct bb_ledger_report report;

	bb_ledger_close(stage->ledger);
	stage->ledger = NULL;
	if (bb_ledger_verify(stage->folder, &options, NULL, &report, stage->text) != BB_OK)
		return fail(stage, "verify", stage->text), 1;
	if (report.inputs + 1 != stage->next)
		return fail(stage, "verify", "an input is missing"), 1;
	if (!stage->options->json)
		printf("%" PRIu64 " inputs in %" PRIu64 " blocks verified\n",
		       report.inputs, report.blocks);
	return 0;
}

static int
run(struct bench_ledger_stage *stage)
{
	/* Else the kernel adds up to 50 us to each nap; 1 ns is the least that it takes. */
	(void)prctl(PR_SET_TIMERSLACK, 1);
	if (!stage->options->json)
		printf("%s, write = %s; blocks close at 1 ms, paced is %.0f %% of raw or full\n"
		       "%8s %-9s %8s %6s %8s %8s %5s %5s %14s\n",
		       stage->folder, bb_store_write_name(stage->ledger->store.write), 100 * LOAD,
		       "block", "turn", "MB/s", "ratio", "p50 us", "p99 us", "turns", "still",
		       "awake p99 us");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (stage->options->block != 0 && stage->options->block != sizes[i])
			continue;
		if (measure(stage, sizes[i]))
			continue;
		const enum bb_result alarm = bb_store_alarm(&stage->ledger->store);
		if (alarm != BB_OK)
			return fail(stage, "making segments ahead", bb_result_text(alarm));
		return fail(stage, "writing", "failed"), 1;
	}
	return finish(stage);
}

static void
clean_up(struct bench_ledger_stage *stage)
{
	static const char *const more[] = { "wm", RAW_NAME, RAW_NAME ".new", "spare-0", "spare-1",
					    "spare-0.new", "spare-1.new" };

	if (stage->ledger != NULL)
		bb_ledger_close(stage->ledger);
	for (uint64_t i = 0; stage->handle >= 0 && i < BB_STORE_SEGMENTS_MAX; i++) {
		char name[BB_SEGMENT_NAME_SIZE];

		bb_segment_name(name, i);
		if (bb_folder_remove(stage->handle, name) != BB_OK)
			break;
	}
	for (size_t i = 0; stage->handle >= 0 && i < sizeof(more) / sizeof(more[0]); i++)
		(void)bb_folder_remove(stage->handle, more[i]);
	(void)rmdir(stage->folder);
}

int
bench_ledger(const struct bench_options *options)
{
	static struct bench_ledger_stage stage;
	int code = 2;

	stage.options = options;
	stage.handle = -1;
	(void)snprintf(stage.folder, sizeof(stage.folder), "%s/busbar-bench-XXXXXX",
		       options->disk);
	if (mkdtemp(stage.folder) == NULL)
		return fail(&stage, "a folder for the ledger", strerror(errno));
	if (!make_pool(&stage))
		fail(&stage, "memory", "there is too little");
	else if (!make_raw(&stage))
		fail(&stage, "a file to write to", strerror(errno));
	else if (!choose_core(&stage) || !stay(&stage.others))
		fail(&stage, "--core", "there is no such core for this process");
	else if (make_ledger(&stage) != BB_OK)
		fail(&stage, "ledger", stage.text);
	else if (!bench_still_start(&stage.own, &stage.others))
		fail(&stage, "threads", "there can be no more");
	else
		code = run(&stage);
	bench_still_stop();
	clean_up(&stage);
	return code;
}
