/* bench_audit - commands a second that one core verifies and replays, of a whole ledger.
 *
 * The ledger is real: packets signed by as many participants as there are keys, decided by
 * the market, sealed into blocks by the code that seals them live, in a segment on a disk.
 * Only network, rings and flushes are left out.  Participants go round; each enters orders,
 * changes them, enters others, takes those off.
 *
 * Each of the two shapes, 42 orders a packet and 1, is verified and replayed several times by
 * turns, by one thread, and the median told; and beside it what libsodium and libcrypto do in
 * the same minute: signatures and MB of SHA-256 a second.
 */
#define _GNU_SOURCE /* mkdtemp */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "base/bb_random.h"
#include "bench/bench.h"
#include "bench/bench_start.h"
#include "codec/bb_inputs.h"
#include "ctl/bb_pages.h"
#include "ledger/bb_chain.h"
#include "ledger/bb_ledger.h"
#include "ledger/bb_scan.h"
#include "wire/bb_hash.h"

#define PRODUCTS     96u
#define ZONE         (1u << 24)
#define ORDERS       (1u << 18)
#define LIVE         128u /* orders of a trader, and places for their ids */
#define FIRST        2u /* participant; 1 is the operator */
#define START_NS     UINT64_C(1700000000000000000)
#define STEP_NS      UINT64_C(1000)
#define BLOCK_BYTES  (UINT64_C(256) << 10)
#define BLOCK_EVENTS (1u << 17)
#define BLOCK_INPUTS 1024u
#define RUNS         3u

/* So many packets that making the tables, once a key, does not decide. */
static const struct shape {
	uint32_t records;
	uint32_t packets;
	uint64_t segment; /* holds them, and not much more: zeros are read too */
} shapes[] = {
	{ BB_RECORDS_MAX, 40000, UINT64_C(216) << 20 },
	{ 1, 500000, UINT64_C(120) << 20 },
};

struct venue {
	const struct bench_options *options;
	const struct shape *shape;
	char folder[256];
	struct bb_random random;
	struct bb_genesis genesis;
	struct bb_identity signer, operator, *traders;
	uint32_t *rounds; /* of each trader: packets so far */
	struct bb_pages market_pages;
	struct bb_market *market;
	uint8_t *segment; /* mapped */
	struct bb_scan scan; /* its chain goes on from block to block */
	struct bb_block_builder builder;
	struct bb_event *events; /* of the open block */
	uint32_t event_count;
	uint64_t number, trades, refused;
};

static void
seal(struct venue *venue)
{
	struct bb_chain *chain = &venue->scan.chain;
	struct bb_chain_terms terms = { .durable_height = chain->next_height - 1,
					.now_ns = START_NS + venue->number * STEP_NS,
					.signer = &venue->signer };
	struct bb_block block;

	memcpy(terms.nonce, venue->scan.segment.nonce, sizeof(terms.nonce));
	for (uint32_t i = 0; i < venue->event_count; i++)
		bb_block_add_event(&venue->builder, &venue->events[i]);
	bb_chain_seal(chain, &venue->builder, &terms, &block);
	venue->scan.offset += block.header.total_size;
	venue->event_count = 0;
	bb_block_open(&venue->builder, venue->segment + venue->scan.offset,
		      venue->shape->segment - venue->scan.offset);
}

/* Sequences a packet, decides it and writes it down. */
static void
take(struct venue *venue, const uint8_t *bytes, size_t size)
{
	static struct bb_bid bid;
	struct bb_packet packet;
	bool done = false;

	BB_ASSERT(bb_packet_decode(bytes, size, &packet) == BB_OK);
	bb_inputs_commands(&bid, &packet, bytes, (uint16_t)(size - BB_MAC_SIZE));
	bid.number = ++venue->number;
	bid.sequenced_ns = START_NS + venue->number * STEP_NS;
	bid.route = BB_ROUTE_SEQUENCE;
	(void)bb_block_add_input(&venue->builder, BB_RECORD_PACKET, bid.number, bid.sequenced_ns,
				 bid.input, bid.input_size);
	while (!done) {
		struct bb_event *events = &venue->events[venue->event_count];
		uint32_t count = 0;

		BB_ASSERT(venue->event_count + BB_SLICE_EVENTS <= BLOCK_EVENTS);
		done = bb_market_step(venue->market, &bid, events, &count);
		for (uint32_t i = 0; i < count; i++) {
			venue->trades += events[i].kind == BB_EVENT_TRADED;
			venue->refused += events[i].kind == BB_EVENT_REFUSED;
		}
		venue->event_count += count;
	}
	if (venue->builder.used + (uint64_t)venue->event_count * BB_RESULT_SIZE >= BLOCK_BYTES ||
	    venue->builder.input_count == BLOCK_INPUTS)
		seal(venue);
}

static void
operate(struct venue *venue, const struct bb_wire_operation *operation)
{
	static const uint8_t mac_key[BB_MAC_KEY_SIZE];
	const struct bb_packet header = { .participant = 1,
					  .venue = bb_packet_venue(
						  venue->scan.chain.ledger_id.bytes),
					  .sequence = venue->number + 1 };
	uint8_t bytes[BB_PACKET_SIZE_MAX];

	take(venue, bytes,
	     bb_packet_encode_operation(bytes, &header, operation, &venue->operator, mac_key));
}

static void
admit(struct venue *venue)
{
	struct bb_wire_operation operation = { .op = BB_WIRE_MEMBER_ADD };

	for (uint32_t i = 0; i < venue->options->keys; i++) {
		bench_identity(&venue->traders[i], i);
		operation.member = (struct bb_wire_member){ .participant = FIRST + i,
							    .orders_max = LIVE,
							    .roles = BB_ROLE_TRADER };
		memcpy(operation.member.key, venue->traders[i].public_key, BB_KEY_SIZE);
		operate(venue, &operation);
	}
	operation = (struct bb_wire_operation){ .op = BB_WIRE_PRODUCT_ADD };
	for (uint32_t i = 0; i < PRODUCTS; i++) {
		operation.product = (struct bb_wire_product){ .product = ZONE + i,
							      .price_min = -1000,
							      .price_max = 1000,
							      .tick = 10,
							      .lot_wh = 1,
							      .quantity_max_wh = 100000 };
		operate(venue, &operation);
	}
}

/* The orders of a trader's packet: new ones, the same changed, new ones, those taken off. */
static void
write_orders(struct venue *venue, uint32_t trader, struct bb_wire_order *orders)
{
	static const uint8_t actions[4] = { BB_WIRE_NEW, BB_WIRE_REPLACE, BB_WIRE_NEW,
					    BB_WIRE_CANCEL };
	struct bb_random *random = &venue->random;
	const uint32_t round = venue->rounds[trader]++;
	const uint32_t records = venue->shape->records;
	const uint32_t first = bb_random_below(random, PRODUCTS);

	for (uint32_t i = 0; i < records; i++)
		orders[i] = (struct bb_wire_order){
			.order_id = (uint64_t)(round / 2) * records + i + 1,
			.product = ZONE + (first + i) % PRODUCTS,
			.action = actions[round % 4],
			.side = (uint8_t)(trader & 1),
			.price = ((int32_t)bb_random_below(random, 41) - 20) * 10,
			.quantity_wh = 1 + bb_random_below(random, 5000),
		};
}

static void
trade(struct venue *venue)
{
	static const uint8_t mac_key[BB_MAC_KEY_SIZE];
	const uint32_t venue_field = bb_packet_venue(venue->scan.chain.ledger_id.bytes);
	struct bb_wire_order orders[BB_RECORDS_MAX];
	uint8_t bytes[BB_PACKET_SIZE_MAX];

	for (uint32_t i = 0; i < venue->shape->packets; i++) {
		const uint32_t trader = bb_random_below(&venue->random, venue->options->keys);

		write_orders(venue, trader, orders);
		const struct bb_packet header = { .participant = FIRST + trader,
						  .venue = venue_field,
						  .sequence = venue->rounds[trader] };
		take(venue, bytes,
		     bb_packet_encode_orders(bytes, &header, orders, venue->shape->records,
					     &venue->traders[trader], mac_key));
	}
	if (venue->builder.input_count > 0)
		seal(venue);
}

/* Maps the segment that bb_ledger_create made, and reads genesis: the chain goes on there. */
static bool
enter(struct venue *venue)
{
	char path[300];
	struct bb_chain chain;
	struct bb_block block;
	uint32_t damaged = 0;

	(void)snprintf(path, sizeof(path), "%s/seg-%016x", venue->folder, 0);
	const int file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return false;
	venue->segment = mmap(NULL, venue->shape->segment, PROT_READ | PROT_WRITE, MAP_SHARED,
			      file, 0);
	(void)close(file);
	if (venue->segment == MAP_FAILED)
		return false;
	bb_chain_start(&chain);
	bb_scan_start(&venue->scan, &chain);
	BB_ASSERT(bb_scan_segment(&venue->scan, venue->segment, venue->shape->segment, 0,
				  &damaged) == BB_OK &&
		  bb_scan_next(&venue->scan, &block) == BB_OK);
	bb_block_open(&venue->builder, venue->segment + venue->scan.offset,
		      venue->shape->segment - venue->scan.offset);
	return true;
}

static bool
take_memory(struct venue *venue)
{
	const uint32_t keys = venue->options->keys;

	venue->traders = calloc(keys, sizeof(venue->traders[0]));
	venue->rounds = calloc(keys, sizeof(venue->rounds[0]));
	venue->events = calloc(BLOCK_EVENTS, sizeof(venue->events[0]));
	return venue->traders != NULL && venue->rounds != NULL && venue->events != NULL &&
	       bb_pages_map(&venue->market_pages, bb_market_bytes(&venue->genesis.size));
}

static bool
make_ledger(struct venue *venue)
{
	const char *parent = venue->options->disk;
	const uint64_t positions = (uint64_t)venue->options->keys * PRODUCTS;
	char text[BB_LEDGER_TEXT];
	struct bb_arena arena;

	if (venue->options->keys >= BB_PARTICIPANTS_MAX)
		return fputs("busbar-bench: audit takes up to 131071 keys\n", stderr) < 0;
	venue->random.state = 42;
	bench_identity(&venue->signer, UINT32_MAX);
	bench_identity(&venue->operator, UINT32_MAX - 1);
	venue->genesis = (struct bb_genesis){
		.created_ns = START_NS,
		.size = { .participants = venue->options->keys + 1, .products = PRODUCTS,
			  .orders = ORDERS, .levels = PRODUCTS * 1024,
			  .places = venue->options->keys * LIVE,
			  .positions = positions < BB_POSITIONS_MAX ? (uint32_t)positions
								    : BB_POSITIONS_MAX },
		.name = "busbar-bench",
	};
	memcpy(venue->genesis.signer_key, venue->signer.public_key, BB_KEY_SIZE);
	memcpy(venue->genesis.operator_key, venue->operator.public_key, BB_KEY_SIZE);
	(void)snprintf(venue->folder, sizeof(venue->folder), "%s/busbar-bench-XXXXXX", parent);
	if (mkdtemp(venue->folder) == NULL) {
		fprintf(stderr, "busbar-bench: cannot make a folder in %s\n", parent);
		venue->folder[0] = '\0';
		return false;
	}
	if (!take_memory(venue))
		return fputs("busbar-bench: no memory for a market\n", stderr) < 0;
	if (bb_ledger_create(venue->folder, &venue->genesis, &venue->signer,
			     venue->shape->segment, text) !=
		    BB_OK || !enter(venue))
		return fprintf(stderr, "busbar-bench: %s: %s\n", venue->folder, text) < 0;
	bb_arena_init(&arena, venue->market_pages.bytes, venue->market_pages.size);
	venue->market = bb_market_init(&arena, &venue->genesis.size, venue->genesis.operator_key,
				       7);
	admit(venue);
	trade(venue);
	return true;
}

static void
remove_ledger(struct venue *venue)
{
	static const char *const names[] = { "seg-0000000000000000", "wm", "spare" };
	char path[300];

	if (venue->segment != NULL && venue->segment != MAP_FAILED)
		(void)munmap(venue->segment, venue->shape->segment);
	for (uint32_t i = 0; i < 3 && venue->folder[0] != '\0'; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", venue->folder, names[i]);
		(void)unlink(path);
	}
	if (venue->folder[0] != '\0')
		(void)rmdir(venue->folder);
	bb_pages_unmap(&venue->market_pages);
	free(venue->events);
	free(venue->rounds);
	free(venue->traders);
}

/* What one kind of look took: medians of its runs, in seconds. */
struct timing {
	double all[RUNS];
	double work[BB_LEDGER_WORKS][RUNS];
	struct bb_ledger_report report; /* of the last */
};

static bool
look(struct venue *venue, bool replay, struct timing *timing, uint32_t run)
{
	const struct bb_ledger_options options = { .signatures = BB_LEDGER_ALL,
						   .replay = replay, .cores = 1 };
	struct bb_ledger_report *report = &timing->report;
	char text[BB_LEDGER_TEXT];
	struct bb_pages pages;
	struct bb_arena arena;

	if (!bb_pages_map(&pages, bb_market_bytes(&venue->genesis.size)))
		return false;
	bb_arena_init(&arena, pages.bytes, pages.size);
	const struct bench_time begin = bench_now();
	const enum bb_result result =
		bb_ledger_verify(venue->folder, &options, &arena, report, text);
	timing->all[run] = 1 / bench_rate(venue->options, begin, 1);
	for (uint32_t i = 0; i < BB_LEDGER_WORKS; i++)
		timing->work[i][run] = (double)report->work_ns[i] / 1e9;
	bb_pages_unmap(&pages);
	if (result != BB_OK)
		fprintf(stderr, "busbar-bench: %s\n", text);
	return result == BB_OK && report->inputs == venue->number;
}

/* Checks by libsodium, and MB of SHA-256, in a second. */
static void
yardstick(const struct venue *venue, double *signatures, double *mb)
{
	enum { CHECKS = 1000, HASHES = 2000, SIZE = 65536 };
	const struct bb_identity *identity = &venue->traders[0];
	uint8_t signature[BB_SIGNATURE_SIZE];
	uint8_t message[96] = { 1 };
	uint8_t sum = 0;

	bb_sign(identity, message, sizeof(message), signature);
	struct bench_time begin = bench_now();
	for (uint32_t i = 0; i < CHECKS; i++)
		BB_ASSERT(bb_sign_check(identity->public_key, message, sizeof(message),
					signature));
	*signatures = bench_rate(venue->options, begin, CHECKS);
	begin = bench_now();
	for (uint32_t i = 0; i < HASHES; i++) {
		const struct bb_hash hash = bb_hash_of(venue->segment + i % 64 * SIZE, SIZE);
		sum ^= hash.bytes[0];
	}
	*mb = bench_rate(venue->options, begin, HASHES) * SIZE / 1e6;
	if (sum == 1) /* the sum must be used, so that it is made */
		fputc('\n', stderr);
}

static void
print_json(const struct venue *venue, struct timing timings[2], double signatures, double mb)
{
	static const char *const names[2] = { "verify", "replay" };
	const struct bb_ledger_report *report = &timings[1].report;
	const double commands = (double)report->commands;

	printf("{\"schema\": \"busbar.bench.audit/1\", \"orders_per_packet\": %u, "
	       "\"participants\": %u, \"packets\": %llu, \"commands\": %llu, \"bytes\": %llu, "
	       "\"trades\": %llu, \"clock\": \"%s\"",
	       venue->shape->records, venue->options->keys, (unsigned long long)report->inputs,
	       (unsigned long long)report->commands, (unsigned long long)report->bytes,
	       (unsigned long long)venue->trades, venue->options->cpu ? "cpu" : "wall");
	for (uint32_t i = 0; i < 2; i++) {
		struct timing *timing = &timings[i];

		printf(", \"%s_commands_per_s\": %.0f, \"%s\": {\"hashing_s\": %.3f, "
		       "\"signatures_s\": %.3f, \"market_s\": %.3f}",
		       names[i], commands / bench_median(timing->all, RUNS), names[i],
		       bench_median(timing->work[BB_LEDGER_HASHING], RUNS),
		       bench_median(timing->work[BB_LEDGER_SIGNATURES], RUNS),
		       bench_median(timing->work[BB_LEDGER_MARKET], RUNS));
	}
	printf(", \"libsodium_per_s\": %.0f, \"sha256_mb_per_s\": %.0f}\n", signatures, mb);
}

static void
print_text(const struct venue *venue, struct timing timings[2], double signatures, double mb)
{
	static const char *const names[2] = { "verify", "replay" };
	static const char *const works[BB_LEDGER_WORKS] = { "hashing", "signatures", "market" };
	const struct bb_ledger_report *report = &timings[1].report;
	const double commands = (double)report->commands;

	printf("%u order%s a packet, %u participants: %llu packets, %.0f commands, %llu trades, "
	       "%llu refused, %.0f MB\n",
	       venue->shape->records, venue->shape->records == 1 ? "" : "s", venue->options->keys,
	       (unsigned long long)report->inputs, commands, (unsigned long long)venue->trades,
	       (unsigned long long)venue->refused, (double)report->bytes / 1e6);
	for (uint32_t i = 0; i < 2; i++) {
		const double all = bench_median(timings[i].all, RUNS);

		printf("  %s  %9.0f commands a second, %.0f packets, %s time\n", names[i],
		       commands / all, (double)report->inputs / all,
		       venue->options->cpu ? "CPU" : "wall");
		for (uint32_t work = 0; work < 2 + i; work++) {
			const double seconds = bench_median(timings[i].work[work], RUNS);

			printf("    %-10s %6.3f s, %2.0f %%, %9.0f commands a second\n",
			       works[work], seconds, seconds / all * 100, commands / seconds);
		}
	}
	printf("  beside it: libsodium %.0f signatures a second, libcrypto %.0f MB of SHA-256\n",
	       signatures, mb);
}

static int
measure(struct venue *venue)
{
	static struct timing timings[2];
	double signatures = 0;
	double mb = 0;

	for (uint32_t run = 0; run < RUNS; run++)
		if (!look(venue, false, &timings[0], run) || !look(venue, true, &timings[1], run))
			return 1;
	yardstick(venue, &signatures, &mb);
	if (venue->options->json)
		print_json(venue, timings, signatures, mb);
	else
		print_text(venue, timings, signatures, mb);
	return bench_start(venue->options, venue->folder, &venue->genesis, &venue->signer) ? 0 : 1;
}

int
bench_audit(const struct bench_options *options)
{
	int code = 0;

	for (uint32_t i = 0; code == 0 && i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		static struct venue venue;

		venue = (struct venue){ .options = options, .shape = &shapes[i] };
		code = make_ledger(&venue) ? measure(&venue) : 2;
		remove_ledger(&venue);
	}
	return code;
}
