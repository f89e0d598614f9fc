/* bench_ledger - the ledger's disk path, beside the bare disk, for several sizes of block.
 *
 *	raw      one thread: pwrite, fdatasync; the next one when that is back
 *	direct   the same with O_DIRECT and O_DSYNC
 *	full     outcomes into the line as fast as it takes them, sealed, signed, durable, out
 *	paced    the same at 70 % of what raw and full have just done, the lower of the two
 *
 * The four take turns, some tenths of a second each, so that whatever else happens to the
 * disk and the CPUs meets all of them.  raw and direct write over zeros that were flushed, as
 * the ledger does, and begin when no segment is being made ahead; the others do not wait for
 * that.  Latency is from the moment at which an input was due, whether or not the line took it
 * then, to that at which its answer may leave.  The one that counts is of `paced`: a queue
 * that is kept full has only its own length to tell.  The ledger is a real one (store, line,
 * chain, threads) and verified at the end; the packets are signed, the market is left out.
 */
#define _GNU_SOURCE /* O_DIRECT, sched_setaffinity */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "bench/bench.h"
#include "bench/bench_series.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_ledger_parts.h"

#define SLICE_NS      UINT64_C(150000000)
#define BLOCK_AGE_NS  UINT64_C(1000000)
#define LOAD          0.7 /* of paced */
#define SEGMENT_BYTES (UINT64_C(512) << 20)
#define RAW_BYTES     (UINT64_C(256) << 20)
#define RAW_NAME      "raw"
#define ORDERS        4u /* a packet */
#define EVENTS        6u /* an answer each, and two fills */
#define POOL          (2u * BB_LINE_BLOCKS * BB_LINE_PACKETS) /* packets before one is used again */

static const uint64_t sizes[] = { 4096, 16384, 65536, 131072, 262144, 1048576 };

enum turn { RAW, DIRECT, FULL, PACED, TURNS };

static const char *const turn_names[TURNS] = { "raw", "direct", "full", "paced" };

struct packet {
	struct bb_bid bid;
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	uint64_t pushed_ns;
};

struct stage {
	const struct bench_options *options;
	char folder[512];
	int handle;
	cpu_set_t all;    /* cores: the bare disk's thread may use all */
	cpu_set_t own;    /* of the line's thread */
	cpu_set_t others; /* of the store's threads */
	int raw[2]; /* RAW, DIRECT; -1: cannot be had */
	uint8_t *raw_bytes;
	uint64_t raw_offset;
	struct bb_identity signer;
	struct bb_genesis genesis;
	struct bb_market *market;
	void *market_bytes;
	struct bb_ledger *ledger;
	struct packet *pool;
	uint64_t next; /* number of the next input */
	struct bench_series series[TURNS];
	char text[BB_LEDGER_TEXT];
};

static int
fail(const struct stage *stage, const char *what, const char *why)
{
	fprintf(stderr, "busbar-bench: %s: %s: %s\n", stage->folder, what, why);
	return 2;
}

/* Writes and flushes blocks of size bytes, one after the other, for one slice. */
static bool
raw_slice(struct stage *stage, enum turn turn, uint64_t size)
{
	const int file = stage->raw[turn];
	const uint64_t began_ns = bench_wall_ns();
	uint64_t now_ns = began_ns;
	uint64_t bytes = 0;

	while (now_ns - began_ns < SLICE_NS) {
		const uint64_t from_ns = now_ns;

		if (stage->raw_offset + size > RAW_BYTES)
			stage->raw_offset = 0;
		memcpy(stage->raw_bytes, &from_ns, sizeof(from_ns));
		if (pwrite(file, stage->raw_bytes, size, (off_t)stage->raw_offset) !=
			    (ssize_t)size ||
		    (turn == RAW && fdatasync(file) != 0))
			return false;
		stage->raw_offset += size;
		bytes += size;
		now_ns = bench_wall_ns();
		bench_series_sample(&stage->series[turn], now_ns - from_ns);
	}
	bench_series_slice(&stage->series[turn], bytes, now_ns - began_ns);
	return true;
}

/* Fills in the next input as gate, sequencer and market would leave it. */
static struct packet *
next_packet(struct stage *stage, struct bb_outcome outcomes[EVENTS + 1], uint64_t utc_ns)
{
	struct packet *packet = &stage->pool[stage->next % POOL];
	struct bb_bid *bid = &packet->bid;

	bid->number = bid->sequence = stage->next++;
	bid->sequenced_ns = utc_ns;
	for (uint32_t i = 0; i < EVENTS; i++)
		outcomes[i].event = (struct bb_event){ .number = bid->number,
						       .order_id = bid->number * ORDERS + i,
						       .participant = bid->participant,
						       .record = (uint16_t)(i % ORDERS),
						       .kind = BB_EVENT_ACCEPTED };
	outcomes[EVENTS] = (struct bb_outcome){ .packet = { .bid = bid,
							    .event_count = EVENTS,
							    .kind = BB_OUTCOME_PACKET } };
	return packet;
}

/* Takes out what is durable. */
static void
pull(struct stage *stage, struct bench_series *series)
{
	struct bb_outcome got[BB_BURST];
	uint32_t count = 0;

	while ((count = bb_line_pull(stage->ledger->line, got, BB_BURST)) > 0) {
		const uint64_t now_ns = bench_wall_ns();

		for (uint32_t i = 0; i < count; i++) {
			if (got[i].packet.kind != BB_OUTCOME_PACKET)
				continue;
			const struct packet *packet = (const void *)got[i].packet.bid;
			bench_series_sample(series, now_ns - packet->pushed_ns);
		}
	}
}

/* Sends inputs for one slice, each when its time has come (gap_ns 0: when there is room). */
static bool
ledger_slice(struct stage *stage, enum turn turn, double gap_ns)
{
	struct bench_series *series = &stage->series[turn];
	struct bb_line *line = stage->ledger->line;
	struct bb_outcome outcomes[EVENTS + 1];
	const uint64_t bytes_before = line->block_bytes;
	const uint64_t began_ns = bench_wall_ns();
	uint64_t now_ns = began_ns;
	uint64_t sent = 0;
	uint32_t left = 0; /* of the packet at hand, not yet pushed */

	while (now_ns - began_ns < SLICE_NS || !bb_line_quiet(line) || left > 0) {
		const uint64_t utc_ns = bb_store_now_ns();
		const bool more = now_ns - began_ns < SLICE_NS;

		for (uint32_t burst = 0; burst < BB_BURST; burst++) {
			const double due_ns = (double)sent * gap_ns;

			if (left == 0 && more && due_ns <= (double)(now_ns - began_ns)) {
				struct packet *packet = next_packet(stage, outcomes, utc_ns);

				packet->pushed_ns = gap_ns > 0 ? began_ns + (uint64_t)due_ns :
								 now_ns;
				left = EVENTS + 1;
				sent++;
			}
			if (left == 0)
				break;
			left -= bb_line_push(line, outcomes + EVENTS + 1 - left, left, utc_ns);
			if (left > 0)
				break;
		}
		bb_line_turn(line, utc_ns, gap_ns > 0 || !more);
		pull(stage, series);
		now_ns = bench_wall_ns();
		if (line->failed != BB_OK)
			return false;
	}
	bench_series_slice(series, line->block_bytes - bytes_before, now_ns - began_ns);
	return true;
}

static void
print_json(const struct stage *stage, uint64_t size, const struct bench_figures figures[TURNS],
	   double bound_us)
{
	const struct bench_figures *raw = &figures[RAW];
	const struct bench_figures *direct = &figures[DIRECT];
	const struct bench_figures *full = &figures[FULL];
	const struct bench_figures *paced = &figures[PACED];

	printf("{\"schema\": \"busbar.bench.ledger/1\", \"block_bytes\": %" PRIu64
	       ", \"mb_per_s\": %.1f, \"raw_mb_per_s\": %.1f, \"p50_us\": %.0f, "
	       "\"p99_us\": %.0f, \"raw_p50_us\": %.0f, \"raw_p99_us\": %.0f, "
	       "\"write\": \"%s\", \"ratio\": %.2f, \"p99_bound_us\": %.0f, "
	       "\"paced_mb_per_s\": %.1f, \"full_p50_us\": %.0f, \"full_p99_us\": %.0f, "
	       "\"direct_mb_per_s\": %.1f, \"direct_p50_us\": %.0f, \"direct_p99_us\": %.0f}\n",
	       size, full->mb_per_s, raw->mb_per_s, paced->p50_us, paced->p99_us, raw->p50_us,
	       raw->p99_us, bb_store_write_name(stage->ledger->store.write),
	       full->mb_per_s / raw->mb_per_s, bound_us, paced->mb_per_s, full->p50_us,
	       full->p99_us, direct->mb_per_s, direct->p50_us, direct->p99_us);
}

static void
print(struct stage *stage, uint64_t size)
{
	struct bench_figures figures[TURNS];

	for (enum turn turn = RAW; turn < TURNS; turn++)
		figures[turn] = bench_series_figures(&stage->series[turn]);
	const double bound_us = 2 * figures[RAW].p99_us + (double)BLOCK_AGE_NS / 1e3;

	if (stage->options->json)
		print_json(stage, size, figures, bound_us);
	for (enum turn turn = RAW; !stage->options->json && turn < TURNS; turn++)
		printf("%8" PRIu64 " %-6s %8.1f %6.2f %8.0f %8.0f\n", size, turn_names[turn],
		       figures[turn].mb_per_s, figures[turn].mb_per_s / figures[RAW].mb_per_s,
		       figures[turn].p50_us, figures[turn].p99_us);
	if (!stage->options->json)
		printf("%8s twice raw's p99 and the age of a block: %.0f us\n", "", bound_us);
	(void)fflush(stdout);
}

/* A segment that is being filled with zeros takes the disk from everyone; false: no room. */
static bool
wait_for_spares(struct stage *stage)
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

/* Lets the four take one turn each. */
static bool
measure_round(struct stage *stage, uint64_t size, double packet_bytes)
{
	if (!wait_for_spares(stage) || !stay(&stage->all) || !raw_slice(stage, RAW, size) ||
	    (stage->raw[DIRECT] >= 0 && !raw_slice(stage, DIRECT, size)) ||
	    !stay(&stage->own) || !ledger_slice(stage, FULL, 0))
		return false;
	const double raw = bench_series_last(&stage->series[RAW]);
	const double full = bench_series_last(&stage->series[FULL]);
	const double rate = LOAD * (raw < full ? raw : full); /* MB/s */

	return ledger_slice(stage, PACED, 1e3 * packet_bytes / rate);
}

static bool
measure(struct stage *stage, uint64_t size)
{
	const double packet_bytes = (double)(bb_record_size(BB_INPUT_PREFIX_SIZE +
							    stage->pool[0].bid.input_size) +
					     EVENTS * BB_RESULT_SIZE);
	const uint64_t close_bytes =
		size - BB_BLOCK_HEADER_SIZE - BB_BLOCK_TRAILER_SIZE - (uint64_t)packet_bytes;
	const double rounds = stage->options->seconds * 1e9 / (double)(TURNS * SLICE_NS);

	for (enum turn turn = RAW; turn < TURNS; turn++)
		bench_series_clear(&stage->series[turn]);
	bb_line_limits(stage->ledger->line, (uint32_t)close_bytes, BLOCK_AGE_NS);
	for (uint32_t round = 0; round == 0 || round < rounds; round++)
		if (!measure_round(stage, size, packet_bytes))
			return false;
	print(stage, size);
	return true;
}

static bool
make_pool(struct stage *stage)
{
	static const uint8_t mac_key[BB_MAC_KEY_SIZE];
	struct bb_identity identity;

	bench_identity(&identity, 2);
	stage->next = 1;
	stage->pool = calloc(POOL, sizeof(stage->pool[0]));
	for (uint32_t i = 0; stage->pool != NULL && i < POOL; i++) {
		struct packet *packet = &stage->pool[i];
		const struct bb_packet header = { .participant = 2, .sequence = i + 1 };
		struct bb_wire_order orders[ORDERS];

		for (uint32_t j = 0; j < ORDERS; j++)
			orders[j] = (struct bb_wire_order){ .order_id = i * ORDERS + j + 1,
							    .product = 1u << 24 | j,
							    .action = BB_WIRE_NEW,
							    .quantity_wh = 1000 + i };
		packet->bid = (struct bb_bid){ .participant = 2, .route = BB_ROUTE_SEQUENCE };
		packet->bid.input = packet->bytes;
		packet->bid.input_size =
			(uint16_t)(bb_packet_encode_orders(packet->bytes, &header, orders, ORDERS,
							   &identity, mac_key) -
				   BB_MAC_SIZE);
	}
	for (enum turn turn = RAW; turn < TURNS; turn++)
		if (!bench_series_init(&stage->series[turn]))
			return false;
	stage->raw_bytes = aligned_alloc(4096, sizes[sizeof(sizes) / sizeof(sizes[0]) - 1]);
	if (stage->pool == NULL || stage->raw_bytes == NULL)
		return false;
	for (uint32_t i = 0; i < sizes[sizeof(sizes) / sizeof(sizes[0]) - 1]; i++)
		stage->raw_bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	return true;
}

static bool
make_market(struct stage *stage)
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
choose_core(struct stage *stage)
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
make_ledger(struct stage *stage)
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
						 SEGMENT_BYTES, stage->text);
	if (result == BB_OK)
		result = bb_ledger_open_as(&stage->ledger, stage->folder, &stage->signer,
					   stage->market, &how, &recovery, stage->text);
	return result;
}

static bool
make_raw(struct stage *stage)
{
	if (bb_folder_open(stage->folder, &stage->handle) != BB_OK ||
	    bb_folder_fill(stage->handle, RAW_NAME, RAW_BYTES, NULL, NULL) != BB_OK ||
	    bb_folder_publish(stage->handle, RAW_NAME) != BB_OK)
		return false;
	stage->raw[RAW] = openat(stage->handle, RAW_NAME, O_RDWR | O_CLOEXEC);
	stage->raw[DIRECT] =
		openat(stage->handle, RAW_NAME, O_RDWR | O_CLOEXEC | O_DIRECT | O_DSYNC);
	return stage->raw[RAW] >= 0;
}

/* Nothing that was measured counts if the ledger is not what it should be. */
static int
finish(struct stage *stage)
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
run(struct stage *stage)
{
	if (!stage->options->json)
		printf("%s, write = %s; blocks close at 1 ms, paced is %.0f %% of raw or full\n"
		       "   block turn       MB/s  ratio   p50 us   p99 us\n",
		       stage->folder, bb_store_write_name(stage->ledger->store.write), 100 * LOAD);
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
clean_up(struct stage *stage)
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
	static struct stage stage;
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
		fail(&stage, "a file of 256 MiB", strerror(errno));
	else if (!choose_core(&stage) || !stay(&stage.others))
		fail(&stage, "--core", "there is no such core for this process");
	else if (make_ledger(&stage) != BB_OK)
		fail(&stage, "ledger", stage.text);
	else
		code = run(&stage);
	clean_up(&stage);
	return code;
}
