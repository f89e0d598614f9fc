/* test_line - what waits for a block comes out in order, and never before it is durable. */
#include <string.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "tests/ledger/disk_model.h"
#include "tests/ledger/ledger_world.h"

enum { ORDERS = 64, WAITING = 1 << 16 };

static struct world world;
static struct disk_model disk;
static struct bb_chain chain;
static struct bb_places places;
static struct bb_line *line;
static void *line_bytes;
static struct bb_outcome outcomes[WORLD_OUTCOMES];
static uint64_t now_ns;

/* What the model expects to come out, in order. */
static struct bb_outcome expected[WAITING];
static uint32_t expected_count;
static uint32_t expected_next;

static void
begin(uint64_t seed, uint64_t segment_size, uint32_t close_bytes, uint64_t close_ns)
{
	world_begin(&world, seed);
	line = disk_line(&disk, &world, segment_size, &chain, &places, &line_bytes);
	bb_line_limits(line, close_bytes, close_ns);
	now_ns = WORLD_START_NS;
	expected_count = 0;
	expected_next = 0;
}

static void
end(void)
{
	free(line_bytes);
	disk_end(&disk);
	world_end(&world);
}

/* Adds what one input, or a packet that is none, must bring. */
static void
expect(const struct bb_outcome *from, uint32_t count)
{
	BB_ASSERT(expected_count + count <= WAITING);
	expected[expected_count++] = from[count - 1];
	for (uint32_t i = 0; i + 1 < count; i++)
		expected[expected_count++] = from[i];
}

/* The input whose packet bid repeats, as the model saw it; its events follow it. */
static const struct bb_outcome *
original_of(const struct bb_bid *bid)
{
	for (uint32_t i = 0; i < expected_count; i++) {
		const struct bb_packet_outcome *packet = &expected[i].packet;

		if (packet->kind == BB_OUTCOME_PACKET &&
		    packet->bid->route == BB_ROUTE_SEQUENCE &&
		    packet->bid->participant == bid->participant &&
		    packet->bid->sequence == bid->sequence)
			return &expected[i];
	}
	return NULL;
}

/* Events that a repeat still owes. */
static const struct bb_outcome *repeat_events;
static uint32_t repeat_left;
static uint64_t block_height;
static uint64_t heights[1024]; /* by number, as they came out */

static bool
same_event(const struct bb_event *a, const struct bb_event *b)
{
	uint8_t left[BB_EVENT_BYTES];
	uint8_t right[BB_EVENT_BYTES];

	bb_event_encode(left, a);
	bb_event_encode(right, b);
	return memcmp(left, right, sizeof(left)) == 0;
}

static bool
check_repeat(const struct bb_packet_outcome *got)
{
	const struct bb_outcome *original = original_of(got->bid);

	if (original == NULL)
		return false;
	repeat_events = original + 1;
	repeat_left = original->packet.event_count;
	return got->event_count == repeat_left &&
	       got->bid->number == original->packet.bid->number &&
	       got->bid->sequenced_ns == original->packet.bid->sequenced_ns &&
	       got->height == heights[got->bid->number] && got->height <= disk.durable_height;
}

static bool
check_packet(const struct bb_packet_outcome *got, const struct bb_packet_outcome *wanted)
{
	if (got->mbuf != wanted->mbuf || got->kind != wanted->kind || got->bid != wanted->bid)
		return false;
	if (got->kind == BB_OUTCOME_REFUSED)
		return got->result == wanted->result;
	if (got->bid->route == BB_ROUTE_QUERY)
		return got->highest == wanted->highest && got->height <= disk.durable_height;
	if (got->bid->route == BB_ROUTE_REPEAT)
		return check_repeat(got);
	heights[got->bid->number] = got->height;
	return got->event_count == wanted->event_count && got->height == block_height + 1;
}

/* Whether an outcome is the next that the model expects. */
static bool
check_next(const struct bb_outcome *got)
{
	if (got->packet.kind == BB_OUTCOME_BLOCK) {
		block_height++;
		return got->packet.height == block_height && block_height <= disk.durable_height &&
		       repeat_left == 0;
	}
	if (repeat_left > 0) {
		repeat_left--;
		return same_event(&got->event, &(repeat_events++)->event);
	}
	if (expected_next == expected_count)
		return false;
	const struct bb_outcome *wanted = &expected[expected_next++];

	if (bb_outcome_is_event(wanted))
		return memcmp(got, wanted, sizeof(*got)) == 0;
	return check_packet(&got->packet, &wanted->packet);
}

static bool
pull(uint32_t room)
{
	struct bb_outcome got[64];
	const uint32_t count = bb_line_pull(line, got, room);

	for (uint32_t i = 0; i < count; i++)
		if (!check_next(&got[i]))
			return false;
	return true;
}

/* Pushes all outcomes, in pieces, with everything else in between by chance. */
static bool
push_all(struct bb_random *random, const struct bb_outcome *from, uint32_t count)
{
	for (uint32_t done = 0, tries = 0; done < count; tries++) {
		const uint32_t left = count - done;
		const uint32_t piece = 1 + bb_random_below(random, left < 40 ? left : 40);

		done += bb_line_push(line, from + done, piece, now_ns);
		now_ns += bb_random_below(random, 100000);
		bb_line_turn(line, now_ns, bb_random_below(random, 8) == 0);
		if (bb_random_below(random, 2) == 0)
			(void)disk_flush(&disk, bb_random_below(random, 4));
		if (!pull(bb_random_below(random, 64)) || tries > 1000000)
			return false;
	}
	return true;
}

static bool
drain(void)
{
	for (uint32_t tries = 0; tries < 100000 && !bb_line_quiet(line); tries++) {
		bb_line_turn(line, now_ns, true);
		(void)disk_flush(&disk, 1);
		if (!pull(64))
			return false;
	}
	return bb_line_quiet(line) && expected_next == expected_count;
}

static bool
drive(uint64_t seed, uint32_t inputs)
{
	struct bb_random random = { seed * 7919 };

	block_height = 0;
	repeat_left = 0;
	for (uint32_t i = 0; i < inputs; i++) {
		uint32_t count = world_input(&world, outcomes);

		expect(outcomes, count);
		if (!push_all(&random, outcomes, count))
			return false;
		while (bb_random_below(&random, 3) == 0) {
			world_other(&world, outcomes);
			expect(outcomes, 1);
			if (!push_all(&random, outcomes, 1))
				return false;
		}
	}
	return drain();
}

static void
test_agrees_with_the_model(void)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		begin(seed, bb_ledger_segment_min(&(struct bb_market_size){ .orders = ORDERS }),
		      seed % 3 == 0 ? 2000 : 30000, 300000);
		const bool agrees = drive(seed, 250);

		CU_ASSERT_TRUE(agrees);
		if (!agrees)
			printf("seed %llu\n", (unsigned long long)seed);
		end();
	}
}

/* The blocks on the disk, read as an auditor would, with every event replayed. */
static void
test_what_it_wrote_replays_to_the_same_state(void)
{
	static struct bb_pass pass;
	static struct bb_replay replay;
	struct bb_mapping segments[DISK_SEGMENTS];
	const struct bb_witness none = { .state = BB_WITNESS_NONE };
	char text[BB_LEDGER_TEXT] = "";
	struct bb_block block;
	void *bytes = NULL;

	begin(77, UINT64_C(1) << 20, 20000, 100000);
	/* Two segments, of a size that real ledgers may not have. */
	CU_ASSERT_TRUE(drive(77, 700));
	CU_ASSERT_TRUE(disk.segment > 0);
	const uint64_t count = disk_segments(&disk, true, segments);

	bb_replay_start(&replay, world_market(&world, &bytes),
			bb_packet_venue(world.ledger_id.bytes), true);
	enum bb_result result = bb_pass_start(&pass, segments, count, 0, &none, text);
	pass.signatures = true;
	while (result == BB_OK && (result = bb_pass_next(&pass, &block)) == BB_OK) {
		struct bb_block_input input;
		struct bb_block_cursor walk =
			bb_block_walk(block.bytes + BB_BLOCK_HEADER_SIZE, block.header.body_size,
				      block.header.input_count, block.header.result_count);

		while (bb_block_next(&walk, &input) && result == BB_OK)
			result = bb_replay_input(&replay, &input);
	}
	CU_ASSERT_EQUAL(result, BB_ERR_NOT_FOUND);
	CU_ASSERT_STRING_EQUAL(text, "");
	CU_ASSERT_EQUAL(pass.inputs, 700);
	CU_ASSERT_EQUAL(memcmp(&pass.scan.chain, &chain, sizeof(chain)), 0);
	CU_ASSERT_EQUAL(pass.scan.chain.tree.size, 701);
	free(bytes);
	end();
}

static uint32_t
push_input(void)
{
	const uint32_t count = world_input(&world, outcomes);

	CU_ASSERT_EQUAL(bb_line_push(line, outcomes, count, now_ns), count);
	return count;
}

static void
test_nothing_leaves_before_it_is_durable(void)
{
	struct bb_outcome got[64];

	begin(5, UINT64_C(2) << 20, 100000, 1000);
	const uint32_t count = push_input();
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_EQUAL(disk.submitted, 1);
	CU_ASSERT_EQUAL(bb_line_pull(line, got, 64), 0);
	CU_ASSERT_FALSE(bb_line_quiet(line));
	(void)disk_flush(&disk, 1);
	CU_ASSERT_EQUAL(bb_line_pull(line, got, 64), 0);
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_EQUAL(bb_line_pull(line, got, 64), count + 1);
	CU_ASSERT_EQUAL(got[0].packet.height, 1);
	CU_ASSERT_EQUAL(got[count].packet.kind, BB_OUTCOME_BLOCK);
	CU_ASSERT_EQUAL(got[count].packet.number, 1);
	CU_ASSERT_TRUE(bb_line_quiet(line));
	end();
}

static void
test_a_failed_disk_is_final(void)
{
	static const enum bb_result failures[] = { BB_ERR_IO, BB_ERR_NO_SPACE };
	struct bb_outcome got[64];

	for (uint32_t i = 0; i < 2; i++) {
		begin(6, UINT64_C(2) << 20, 100000, 1000);
		(void)push_input();
		bb_line_turn(line, now_ns, true);
		(void)push_input();
		disk.failed = failures[i];
		bb_line_turn(line, now_ns, true);
		CU_ASSERT_EQUAL(line->failed, failures[i]);
		/* Even if the disk comes back and says that all is well. */
		(void)disk_flush(&disk, 10);
		disk.failed = BB_OK;
		bb_line_turn(line, now_ns + 1000000, true);
		CU_ASSERT_EQUAL(line->failed, failures[i]);
		CU_ASSERT_EQUAL(bb_line_pull(line, got, 64), 0);
		CU_ASSERT_EQUAL(bb_line_push(line, outcomes, 1, now_ns), 0);
		CU_ASSERT_EQUAL(disk.submitted, 1);
		CU_ASSERT_FALSE(bb_line_quiet(line));
		end();
	}
}

static void
test_a_block_closes_when_old_full_or_alone(void)
{
	begin(7, UINT64_C(2) << 20, 700, 1000);
	(void)push_input();
	bb_line_turn(line, now_ns + 999, false);
	CU_ASSERT_EQUAL(disk.submitted, 0);
	bb_line_turn(line, now_ns + 1000, false);
	CU_ASSERT_EQUAL(disk.submitted, 1);

	/* The disk is busy: alone is no reason, full is. */
	(void)push_input();
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_EQUAL(disk.submitted, 1);
	(void)push_input();
	(void)push_input();
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_EQUAL(disk.submitted, 2);

	(void)disk_flush(&disk, 2);
	(void)push_input();
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_EQUAL(disk.submitted, 3);
	end();
}

static void
test_an_input_is_never_cut_in_two(void)
{
	begin(8, UINT64_C(2) << 20, 1, 0);
	for (uint32_t i = 0; i < 20; i++) {
		const uint32_t count = world_input(&world, outcomes);

		for (uint32_t j = 0; j + 1 < count; j++) {
			CU_ASSERT_EQUAL(bb_line_push(line, outcomes + j, 1, now_ns), 1);
			bb_line_turn(line, now_ns + 1000, true);
		}
		CU_ASSERT_EQUAL(disk.submitted, i);
		CU_ASSERT_EQUAL(bb_line_push(line, outcomes + count - 1, 1, now_ns), 1);
		bb_line_turn(line, now_ns + 1000, true);
		CU_ASSERT_EQUAL(disk.submitted, i + 1);
		(void)disk_flush(&disk, 1);
		bb_line_turn(line, now_ns + 1000, true);
		struct bb_outcome got[WORLD_OUTCOMES];
		CU_ASSERT_EQUAL(bb_line_pull(line, got, WORLD_OUTCOMES), count + 1);
	}
	end();
}

static void
test_it_takes_nothing_when_blocks_or_segments_run_out(void)
{
	begin(9, UINT64_C(2) << 20, 1, 0);
	for (uint32_t i = 0; i < BB_LINE_BLOCKS; i++) {
		(void)push_input();
		bb_line_turn(line, now_ns, false);
	}
	CU_ASSERT_EQUAL(disk.submitted, BB_LINE_BLOCKS);
	uint32_t count = world_input(&world, outcomes);
	CU_ASSERT_EQUAL(bb_line_push(line, outcomes, count, now_ns), 0);

	/* No segment: the block that is due stays open, and full. */
	struct bb_outcome got[64];
	(void)disk_flush(&disk, 10);
	bb_line_turn(line, now_ns, false);
	while (bb_line_pull(line, got, 64) > 0)
		;
	disk.offset = disk.segment_size;
	disk.spares = 0;
	CU_ASSERT_EQUAL(bb_line_push(line, outcomes, count, now_ns), count);
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_EQUAL(disk.submitted, BB_LINE_BLOCKS);
	count = world_input(&world, outcomes);
	CU_ASSERT_EQUAL(bb_line_push(line, outcomes, count, now_ns), 0);
	disk.spares = 1;
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_EQUAL(disk.submitted, BB_LINE_BLOCKS + 1);
	CU_ASSERT_EQUAL(disk.segment, 1);
	end();
}

static void
test_a_repeat_of_a_damaged_block_stops_the_line(void)
{
	struct bb_outcome got[64];

	begin(10, UINT64_C(2) << 20, 100000, 0);
	(void)push_input();
	bb_line_turn(line, now_ns, true);
	(void)disk_flush(&disk, 1);
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_TRUE(bb_line_pull(line, got, 64) > 0);
	struct bb_bid *bid = got[0].packet.bid;

	bid->route = BB_ROUTE_REPEAT;
	got[0].packet.event_count = 0;
	CU_ASSERT_EQUAL(bb_line_push(line, got, 1, now_ns), 1);
	disk.flushed[0][BB_SEGMENT_BLOCKS + BB_BLOCK_ALIGN + 100] ^= 1;
	bb_line_turn(line, now_ns, true);
	CU_ASSERT_EQUAL(bb_line_pull(line, got, 64), 0);
	CU_ASSERT_EQUAL(line->failed, BB_ERR_CORRUPT);
	end();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "nothing leaves before it is durable", test_nothing_leaves_before_it_is_durable },
		{ "a failed disk is final", test_a_failed_disk_is_final },
		{ "a block closes when old, full or alone",
		  test_a_block_closes_when_old_full_or_alone },
		{ "an input is never cut in two", test_an_input_is_never_cut_in_two },
		{ "it takes nothing when blocks or segments run out",
		  test_it_takes_nothing_when_blocks_or_segments_run_out },
		{ "a repeat of a damaged block stops the line",
		  test_a_repeat_of_a_damaged_block_stops_the_line },
		{ "agrees with the model", test_agrees_with_the_model },
		{ "what it wrote replays to the same state",
		  test_what_it_wrote_replays_to_the_same_state },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("line", tests);
}
