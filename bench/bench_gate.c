/* bench_gate - packets a second that the real gate refuses or accepts, by reason.
 *
 * The packets lie in memory as in packet buffers: each in one of its own, with room for its
 * bid before it, as many as a receive queue holds; they come in bursts, their first cache
 * line asked for as the ingest duty does.  Each is of another participant, in random order.
 * Nothing is applied, so the same packets can be judged again and again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_arena.h"
#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "base/bb_random.h"
#include "bench/bench.h"
#include "ctl/bb_pages.h"
#include "dataplane/bb_gate.h"

#define PACKETS  1024u
#define VENUE    UINT32_C(0x62656e63)
#define NOW      UINT64_C(1700000000000000000)
#define SEQUENCE UINT64_C(5000)
#define SLICE_NS UINT64_C(20000000)
#define SLICES   4096u

/* As an mbuf with its private area: bid, headroom, frame headers, payload. */
struct buffer {
	_Alignas(64) uint8_t head[128];
	struct bb_bid bid;
	uint8_t room[128 + 42];
	uint8_t payload[2006];
};

enum kind { UNKNOWN, STALE, FORGED, LIMITED, ACCEPTED, KINDS };

static const struct {
	const char *name;
	enum bb_result result;
} kinds[KINDS] = {
	[UNKNOWN] = { "unknown_per_s", BB_ERR_PARTICIPANT },
	[STALE] = { "stale_per_s", BB_ERR_SEQUENCE_OLD },
	[FORGED] = { "forged_mac_per_s", BB_ERR_MAC },
	[LIMITED] = { "limited_per_s", BB_ERR_RATE },
	[ACCEPTED] = { "accepted_per_s", BB_OK },
};

struct scene {
	const struct bench_options *options;
	uint32_t participants; /* operator and traders */
	struct bb_pages memory, base, tables, buffers;
	struct bb_market *market;
	struct bb_roster *roster;
	struct bb_roster_entry *entries;
	struct bb_identity *identities;
	struct bb_verify verify;
	struct bb_gate gate;
	struct bb_counters counters;
};

static struct buffer *
buffer_of(const struct scene *scene, uint32_t index)
{
	return (struct buffer *)scene->buffers.bytes + index;
}

static bool
make_verify(struct scene *scene)
{
	struct bb_verify *verify = &scene->verify;
	struct bb_point *scratch = malloc(bb_burst_scratch_bytes());

	verify->mode = BB_VERIFY_FAST;
	verify->comb = scene->options->comb;
	verify->participants = scene->participants;
	if (scratch == NULL || !bb_pages_map(&scene->base, bb_burst_base_bytes()) ||
	    !bb_pages_map(&scene->tables,
			  scene->participants * bb_verify_table_bytes(&verify->comb)))
		return false;
	verify->tables = scene->tables.bytes;
	if (!bb_burst_init(&verify->burst, scene->options->code, scene->base.bytes, scratch))
		return false;
	for (uint32_t id = 1; id <= scene->participants; id++)
		BB_ASSERT(bb_verify_build(verify, id, scene->identities[id].public_key, scratch));
	free(scratch);
	return true;
}

/* A member whose sequences so far end at SEQUENCE. */
static void
enter_market(struct scene *scene, uint32_t id)
{
	static struct bb_event events[BB_SLICE_EVENTS];
	static struct bb_bid bid;
	uint32_t count;
	struct bb_command command = {
		.participant = 1,
		.kind = BB_COMMAND_MEMBER_ADD,
		.member = { .participant = id, .orders_max = 1, .roles = BB_ROLE_TRADER },
	};

	memcpy(command.member.key, scene->identities[id].public_key, BB_KEY_SIZE);
	(void)bb_market_apply(scene->market, &command, 2 * id, id, events, &count);
	bid = (struct bb_bid){ .number = 2 * id + 1, .sequenced_ns = id, .sequence = SEQUENCE,
			       .participant = id, .kind = BB_PACKET_BIDS };
	while (!bb_market_step(scene->market, &bid, events, &count))
		;
}

static bool
make_members(struct scene *scene)
{
	static const uint8_t ledger_id[32] = "busbar-bench";
	const size_t count = scene->participants + 1;
	struct bb_identity venue;

	scene->identities = calloc(count, sizeof(scene->identities[0]));
	scene->entries = aligned_alloc(64, count * sizeof(scene->entries[0]));
	scene->roster = bb_roster_make(scene->participants);
	if (scene->identities == NULL || scene->entries == NULL || scene->roster == NULL)
		return false;
	bench_identity(&venue, 0);
	for (uint32_t id = 1; id <= scene->participants; id++) {
		struct bb_roster_entry *entry = &scene->entries[id];

		bench_identity(&scene->identities[id], id);
		*entry = (struct bb_roster_entry){ .participant = id, .roles = BB_ROLE_TRADER,
						   .active = true, .has_table = true };
		memcpy(entry->key, scene->identities[id].public_key, BB_KEY_SIZE);
		BB_ASSERT(bb_mac_agree(entry->mac_key, &venue, entry->key, ledger_id));
		BB_ASSERT(bb_roster_put(scene->roster, entry) == BB_OK);
	}
	return true;
}

static bool
make_scene(struct scene *scene)
{
	const struct bb_market_size size = { .participants = scene->participants, .products = 1,
					     .orders = 1, .levels = 1,
					     .places = scene->participants, .positions = 1 };
	const size_t bytes = bb_market_bytes(&size) + bb_gate_bytes(scene->participants);
	struct bb_arena arena;

	if (!make_members(scene) || !make_verify(scene) || !bb_pages_map(&scene->memory, bytes) ||
	    !bb_pages_map(&scene->buffers, PACKETS * sizeof(struct buffer)))
		return false;
	bb_arena_init(&arena, scene->memory.bytes, bytes);
	scene->market = bb_market_init(&arena, &size, scene->identities[1].public_key, 1);
	for (uint32_t id = 2; id <= scene->participants; id++)
		enter_market(scene, id);
	bb_gate_init(&scene->gate, &arena, scene->participants, scene->roster, scene->market,
		     &scene->verify, VENUE, &scene->counters);
	return true;
}

/* One packet a second, and the second does not pass: all but the first are over it. */
static void
limit_all(struct scene *scene, uint32_t packets_per_s)
{
	for (uint32_t id = 2; id <= scene->participants; id++) {
		scene->entries[id].packets_per_s = packets_per_s;
		scene->entries[id].burst = 1;
		BB_ASSERT(bb_roster_put(scene->roster, &scene->entries[id]) == BB_OK);
	}
}

static void
fill_buffers(struct scene *scene, enum kind kind, uint32_t records)
{
	struct bb_random random = { 9 };
	static struct bb_wire_order orders[BB_RECORDS_MAX];

	for (uint32_t i = 0; i < records; i++)
		orders[i] = (struct bb_wire_order){ .order_id = i + 1, .product = 1,
						    .action = BB_WIRE_NEW, .quantity_wh = 100 };
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct buffer *buffer = buffer_of(scene, i);
		const uint32_t id = 2 + bb_random_below(&random, scene->participants - 1);
		const struct bb_packet header = {
			.participant = kind == UNKNOWN ? id + scene->participants : id,
			.venue = VENUE,
			.sequence = kind == STALE ? 1 : SEQUENCE + 1 + i,
		};
		const size_t size = bb_packet_encode_orders(buffer->payload, &header, orders,
							    records, &scene->identities[id],
							    scene->entries[id].mac_key);
		if (kind == FORGED)
			buffer->payload[size - 1] ^= 1;
	}
}

static uint32_t
judge_burst(struct scene *scene, uint32_t first, size_t size, const enum bb_result *wanted)
{
	struct bb_gate_packet packets[BB_BURST];

	for (uint32_t i = 0; i < BB_BURST; i++) {
		struct buffer *buffer = buffer_of(scene, (first + i) % PACKETS);

		__builtin_prefetch(buffer->payload);
		packets[i] = (struct bb_gate_packet){ .payload = buffer->payload, .size = size,
						      .bid = &buffer->bid };
	}
	for (uint32_t i = 0; i < BB_BURST; i++)
		bb_roster_prefetch(scene->roster, bb_get_u32(packets[i].payload + 8));
	bb_gate_check_burst(&scene->gate, packets, BB_BURST, NOW);
	for (uint32_t i = 0; i < BB_BURST; i++)
		BB_ASSERT(wanted == NULL || packets[i].result == *wanted);
	return BB_BURST;
}

static double
measure(struct scene *scene, enum kind kind, uint32_t records)
{
	static double rates[SLICES];
	const size_t size = bb_packet_size(records);
	const double wanted_ns = scene->options->seconds * 1e9 / (2.0 * KINDS);
	uint32_t slices = 0, next = 0;

	limit_all(scene, kind == LIMITED ? 1 : 0);
	fill_buffers(scene, kind, records);
	for (uint32_t i = 0; i < PACKETS; i += BB_BURST) /* empties the buckets */
		judge_burst(scene, i, size, NULL);

	const struct bench_time start = bench_now();

	do {
		const struct bench_time begin = bench_now();
		uint64_t count = 0;

		do
			for (uint32_t i = 0; i < 8; i++, next += BB_BURST)
				count += judge_burst(scene, next, size, &kinds[kind].result);
		while (bench_wall_ns() - begin.wall_ns < SLICE_NS);
		rates[slices++] = bench_rate(scene->options, begin, count);
	} while (slices < SLICES && (double)(bench_wall_ns() - start.wall_ns) < wanted_ns);
	return bench_median(rates, slices);
}

static void
report(struct scene *scene, uint32_t records)
{
	const bool json = scene->options->json;
	const uint32_t payload = (uint32_t)bb_packet_size(records);

	if (json)
		printf("{\"schema\": \"busbar.bench.gate/1\", \"payload\": %u", payload);
	else
		printf("payload %u B, %s time\n", payload, scene->options->cpu ? "CPU" : "wall");
	for (uint32_t kind = 0; kind < KINDS; kind++) {
		const double rate = measure(scene, (enum kind)kind, records);

		if (json)
			printf(", \"%s\": %.0f", kinds[kind].name, rate);
		else
			printf("%-18s %10.0f\n", kinds[kind].name, rate);
	}
	printf(json ? "}\n" : "\n");
	(void)fflush(stdout);
}

static void
free_scene(struct scene *scene)
{
	bb_roster_free(scene->roster);
	bb_pages_unmap(&scene->memory);
	bb_pages_unmap(&scene->base);
	bb_pages_unmap(&scene->tables);
	bb_pages_unmap(&scene->buffers);
	free(scene->entries);
	free(scene->identities);
}

int
bench_gate(const struct bench_options *options)
{
	static struct scene scene;

	scene.options = options;
	scene.participants = options->keys + 1;
	const bool made = scene.participants <= BB_PARTICIPANTS_MAX / 2 && make_scene(&scene);

	if (made) {
		report(&scene, 1);
		report(&scene, BB_RECORDS_MAX);
	} else {
		fputs("busbar-bench: no memory for so many participants, or this CPU cannot run "
		      "that code\n", stderr);
	}
	free_scene(&scene);
	return made ? 0 : 2;
}
