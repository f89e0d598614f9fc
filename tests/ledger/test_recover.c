/* test_recover - what an opening makes of what a crash, a disk or an operator left behind. */
#include <string.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "tests/ledger/ledger_folder.h"

static struct world world;
static struct folder folder;
static const char first_segment[] = "seg-0000000000000000";

/* Whether the opened market does from here on what the one that never stopped does. */
static bool
goes_on_alike(uint32_t inputs)
{
	static struct bb_outcome outcomes[WORLD_OUTCOMES];
	struct bb_event events[BB_SLICE_EVENTS];

	for (uint32_t i = 0; i < inputs; i++) {
		const uint32_t count = world_input(&world, outcomes);
		uint32_t seen = 0;
		bool done = false;

		while (!done) {
			uint32_t some = 0;

			done = bb_market_step(folder.market, outcomes[count - 1].packet.bid,
					      events, &some);
			for (uint32_t j = 0; j < some; j++)
				if (memcmp(&events[j], &outcomes[seen++], sizeof(events[j])) != 0)
					return false;
		}
		if (seen != count - 1)
			return false;
	}
	return true;
}

static void
test_a_new_ledger_opens_and_verifies(void)
{
	struct bb_ledger_place place;

	folder_begin(&folder, &world, 1);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
	CU_ASSERT_EQUAL(place.height, 0);
	CU_ASSERT_EQUAL(place.log_size, 1);
	folder_open_well(&folder);
	CU_ASSERT_EQUAL(folder.recovery.blocks, 1);
	CU_ASSERT_EQUAL(folder.recovery.inputs, 0);
	CU_ASSERT_EQUAL(folder.recovery.torn_bytes, 0);
	folder_close(&folder);
	folder_end(&folder);
}

static void
test_a_stopped_ledger_opens_with_the_same_state(void)
{
	struct bb_ledger_place before;
	struct bb_ledger_place after;

	folder_begin(&folder, &world, 2);
	folder_open_well(&folder);
	folder_run(&folder, 150, false);
	CU_ASSERT_EQUAL(folder.answered, 150);
	bb_ledger_durable(folder.ledger, &before);
	CU_ASSERT_EQUAL(before.number, 150);
	CU_ASSERT_EQUAL(before.height, folder.answered_height);
	folder_close(&folder);
	folder_open_well(&folder);
	bb_ledger_durable(folder.ledger, &after);
	CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
	CU_ASSERT_EQUAL(folder.recovery.torn_bytes, 0);
	CU_ASSERT_EQUAL(folder.recovery.inputs, 150);
	CU_ASSERT_TRUE(goes_on_alike(200));
	folder_close(&folder);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &after), BB_OK);
	CU_ASSERT_EQUAL(memcmp(&before.state_root, &after.state_root, BB_HASH_SIZE), 0);
	folder_end(&folder);
}

static void
test_a_ledger_goes_on_over_segments(void)
{
	struct bb_ledger_place place;
	size_t size = 0;

	folder_begin(&folder, &world, 3);
	folder_open_well(&folder);
	folder_run(&folder, 500, true);
	folder_close(&folder);
	folder_open_well(&folder);
	CU_ASSERT_EQUAL(folder.ledger->store.segment, 1);
	folder_run(&folder, 100, false);
	CU_ASSERT_EQUAL(folder.answered, 600);
	folder_close(&folder);
	free(folder_read(&folder, "seg-0000000000000001", &size));
	CU_ASSERT_EQUAL(size, folder.segment_size);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
	CU_ASSERT_EQUAL(place.number, 600);

	/* Damage in the first segment: the second one vouches. */
	folder_poke(&folder, first_segment, 3 * BB_BLOCK_ALIGN + 10, (const uint8_t *)"x", 1);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "block 1 in seg-0000000000000000"));
	folder_remove(&folder, first_segment);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "seg-0000000000000000 is missing"));
	folder_end(&folder);
}

static void
test_a_heartbeat_vouches_for_the_last_block(void)
{
	struct bb_ledger_place place;
	size_t size = 0;

	folder_begin(&folder, &world, 21);
	folder_open_well(&folder);
	folder_run(&folder, 40, true);
	const uint64_t answered = folder.ledger->store.offset - BB_BLOCK_ALIGN;
	folder_heartbeat(&folder);
	folder_close(&folder);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
	CU_ASSERT_EQUAL(place.number, 40);
	CU_ASSERT_EQUAL(place.height, folder.answered_height);
	folder_open_well(&folder);
	CU_ASSERT_EQUAL(folder.recovery.inputs, 40);
	folder_run(&folder, 5, true);
	folder_close(&folder);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
	CU_ASSERT_EQUAL(place.number, 45);

	/* Without watermark, damage of the last answered block is known by the heartbeat. */
	uint8_t *segment = folder_read(&folder, first_segment, &size);
	memset(segment + answered + 2 * BB_BLOCK_ALIGN, 0, size - answered - 2 * BB_BLOCK_ALIGN);
	segment[answered + 700] ^= 1;
	folder_write(&folder, first_segment, segment, size);
	folder_remove(&folder, BB_WATERMARK_NAME);
	free(segment);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "a later block vouches"));
	folder_end(&folder);
}

static void
test_repeats_find_their_places_after_an_opening(void)
{
	folder_begin(&folder, &world, 4);
	folder_open_well(&folder);
	folder_run(&folder, 120, false);
	folder_close(&folder);
	folder_open_well(&folder);
	for (uint32_t i = 0; i < world.packet_count; i++) {
		const struct bb_bid *bid = &world.packets[i]->bid;
		if (bb_bid_is_tick(bid))
			continue; /* nobody repeats one */
		const struct bb_place *place =
			bb_places_get(&folder.ledger->places, bid->participant, bid->sequence);
		const struct bb_mapping *segment =
			&folder.ledger->store.files.segments[bb_place_segment(place)];
		struct bb_block_input input;
		uint64_t height = 0;

		CU_ASSERT_EQUAL(bb_place_read(place, segment->bytes, segment->size,
					      bid->participant, bid->sequence, &height, &input),
				BB_OK);
		CU_ASSERT_EQUAL(input.number, bid->number);
		CU_ASSERT_EQUAL(input.size, bid->input_size);
		CU_ASSERT_EQUAL(memcmp(input.bytes, bid->input, input.size), 0);
		CU_ASSERT_TRUE(height > 0);
	}
	folder_close(&folder);
	folder_end(&folder);
}

/* A ledger of 60 inputs as it stood before and after its last block, as files. */
struct states {
	uint8_t *segment;       /* after */
	uint8_t *mark;          /* before the last block: older than it */
	uint8_t *mark_after;    /* it names the last block */
	size_t size, mark_size;
	uint64_t start, end;    /* of the last block */
	uint64_t number_before; /* inputs answered before it */
	uint64_t number_after;
};

static void
make_states(struct states *states, uint64_t seed)
{
	folder_begin(&folder, &world, seed);
	folder_open_well(&folder);
	folder_run(&folder, 60, false);
	states->number_before = folder.answered;
	states->start = folder.ledger->store.offset;
	folder_close(&folder);
	states->mark = folder_read(&folder, BB_WATERMARK_NAME, &states->mark_size);
	folder_open_well(&folder);
	bb_line_limits(folder.ledger->line, 100000, UINT64_C(1) << 60);
	folder_run(&folder, 8, false);
	states->number_after = folder.answered;
	states->end = folder.ledger->store.offset;
	folder_close(&folder);
	states->segment = folder_read(&folder, first_segment, &states->size);
	states->mark_after = folder_read(&folder, BB_WATERMARK_NAME, &states->mark_size);
}

static void
end_states(struct states *states)
{
	free(states->segment);
	free(states->mark);
	free(states->mark_after);
	folder_end(&folder);
}

/* Opens a torn state, and demands that what was answered is there and all goes on. */
static void
check_torn(const struct states *states, uint64_t torn_bytes)
{
	struct bb_ledger_place place;

	folder_open_well(&folder);
	CU_ASSERT_EQUAL(folder.recovery.inputs, states->number_before);
	CU_ASSERT_EQUAL(folder.recovery.torn_bytes, torn_bytes);
	CU_ASSERT_EQUAL(folder.recovery.place.epoch, BB_EPOCH_FIRST + (torn_bytes > 0 ? 1 : 0));
	CU_ASSERT_EQUAL(bb_market_number(folder.market), states->number_before);
	folder_close(&folder);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
	CU_ASSERT_EQUAL(place.number, states->number_before);
}

static void
test_a_tail_torn_at_any_sector_is_cut(void)
{
	struct states states;

	make_states(&states, 5);
	CU_ASSERT_TRUE(states.end - states.start >= 2 * BB_BLOCK_ALIGN);
	for (uint64_t cut = states.start; cut < states.end; cut += 512) {
		uint8_t *torn = calloc(1, states.size);

		memcpy(torn, states.segment, cut);
		folder_write(&folder, first_segment, torn, states.size);
		folder_write(&folder, BB_WATERMARK_NAME, states.mark, states.mark_size);
		uint64_t used = cut;
		while (used > states.start && torn[used - 1] == 0)
			used--;
		free(torn);
		check_torn(&states, used - states.start);
	}
	end_states(&states);
}

static void
test_any_subset_of_sectors_may_have_reached_the_disk(void)
{
	struct states states;
	struct bb_random random = { 99 };

	make_states(&states, 6);
	for (uint32_t round = 0; round < 20; round++) {
		uint8_t *torn = malloc(states.size);
		uint64_t last = 0;
		bool whole = true;

		memcpy(torn, states.segment, states.size);
		for (uint64_t at = states.start; at < states.end; at += 512) {
			if (bb_random_below(&random, 2) == 0) {
				whole &= bb_is_zero(torn + at, 512);
				memset(torn + at, 0, 512);
			}
		}
		for (uint64_t at = states.start; at < states.end; at++)
			if (torn[at] != 0)
				last = at + 1 - states.start;
		folder_write(&folder, first_segment, torn, states.size);
		folder_write(&folder, BB_WATERMARK_NAME, states.mark, states.mark_size);
		free(torn);
		if (!whole)
			check_torn(&states, last);
	}
	end_states(&states);
}

static void
test_a_dirty_tail_far_behind_is_cut_too(void)
{
	struct states states;
	uint8_t *torn;

	/* The last block never reached the disk; old bytes lie further on, among them a whole
	 * block of this very segment that vouches for nothing. */
	make_states(&states, 7);
	torn = malloc(states.size);
	memcpy(torn, states.segment, states.size);
	memset(torn + states.start, 0, states.end - states.start);
	const uint64_t far = states.size - BB_BLOCK_ALIGN;
	memcpy(torn + far - (states.end - states.start), states.segment + states.start,
	       states.end - states.start);
	memset(torn + far, 0xee, BB_BLOCK_ALIGN - 1);
	folder_write(&folder, first_segment, torn, states.size);
	folder_write(&folder, BB_WATERMARK_NAME, states.mark, states.mark_size);
	free(torn);
	check_torn(&states, states.size - 1 - states.start);
	end_states(&states);
}

static void
test_a_torn_tail_is_cut_again_after_a_crash_while_cutting(void)
{
	struct states states;
	uint8_t *torn;

	make_states(&states, 8);
	torn = malloc(states.size);
	memcpy(torn, states.segment, states.size);
	memset(torn + states.start + 512, 0, 512);
	folder_write(&folder, first_segment, torn, states.size);
	folder_write(&folder, BB_WATERMARK_NAME, states.mark, states.mark_size);
	folder_open_well(&folder);
	CU_ASSERT_TRUE(folder.recovery.torn_bytes > 0);
	folder_close(&folder);
	/* The RECOVERY block itself may be torn; the next one says so again. */
	size_t size = 0;
	uint8_t *mended = folder_read(&folder, first_segment, &size);
	memset(mended + states.start + 512, 0, 512);
	folder_write(&folder, first_segment, mended, size);
	folder_write(&folder, BB_WATERMARK_NAME, states.mark, states.mark_size);
	/* Its hash stands last, made with a fresh nonce: one time in 256 it ends with a zero. */
	uint64_t used = BB_BLOCK_ALIGN;
	while (mended[states.start + used - 1] == 0)
		used--;
	check_torn(&states, used);

	free(torn);
	free(mended);
	end_states(&states);
}

/* Damages the last block, beside this watermark: nothing may be changed, and why is told. */
static void
check_damage(const struct states *states, const uint8_t *mark, const char *why)
{
	struct bb_random random = { 3 };
	struct bb_ledger_place place;

	for (uint32_t round = 0; round < 30; round++) {
		const uint64_t offset = states->start +
			bb_random_below(&random, (uint32_t)(states->end - states->start));
		uint8_t *damaged = malloc(states->size);
		size_t size = 0;

		memcpy(damaged, states->segment, states->size);
		damaged[offset] ^= (uint8_t)(1u << bb_random_below(&random, 8));
		folder_write(&folder, first_segment, damaged, states->size);
		folder_write(&folder, BB_WATERMARK_NAME, mark, states->mark_size);
		CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
		CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, why));
		CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_ERR_CORRUPT);
		uint8_t *after = folder_read(&folder, first_segment, &size);
		CU_ASSERT_EQUAL(memcmp(after, damaged, size), 0);
		free(after);
		free(damaged);
	}
}

static void
test_damage_of_the_last_block_is_never_cut(void)
{
	struct states states;

	make_states(&states, 9);
	check_damage(&states, states.mark_after, "watermark");
	check_damage(&states, states.mark, "no crash leaves that"); /* nobody knows of it */
	end_states(&states);
}

static void
test_a_vanished_last_block_is_damage(void)
{
	struct states states;

	make_states(&states, 10);
	memset(states.segment + states.start, 0, states.end - states.start);
	folder_write(&folder, first_segment, states.segment, states.size);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "later durable block"));

	/* Without a watermark nobody can know; removing it is the operator's word. */
	folder_remove(&folder, BB_WATERMARK_NAME);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_OK);
	folder_close(&folder);
	end_states(&states);
}

static void
test_damage_before_the_last_block_is_never_cut(void)
{
	struct states states;

	/* Not even without a watermark: the headers behind it say that it was durable. */
	make_states(&states, 11);
	folder_remove(&folder, BB_WATERMARK_NAME);
	states.segment[BB_SEGMENT_BLOCKS + BB_BLOCK_ALIGN + 700] ^= 4;
	folder_write(&folder, first_segment, states.segment, states.size);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "a later block vouches"));
	end_states(&states);
}

/* Segments and watermark of different moments, or of different ledgers. */
static void
test_a_watermark_of_another_block_halts(void)
{
	struct states states;
	struct bb_watermark mark;
	uint8_t file[2 * BB_WATERMARK_SIZE] = { 0 };

	make_states(&states, 22);
	CU_ASSERT_EQUAL(bb_watermark_read(&mark, states.mark_after, states.mark_size), BB_OK);
	for (uint32_t which = 0; which < 2; which++) {
		struct bb_watermark other = mark;

		other.height -= 1;
		if (which == 0)
			other.block_hash.bytes[0] ^= 1;
		else
			other.ledger_id.bytes[0] ^= 1;
		memset(file, 0, sizeof(file));
		bb_watermark_encode(file + other.count % 2 * BB_WATERMARK_SIZE, &other);
		folder_write(&folder, BB_WATERMARK_NAME, file, sizeof(file));
		CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
		CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "another block at its height"));
	}
	end_states(&states);
}

static void
test_a_damaged_watermark_halts(void)
{
	struct states states;

	make_states(&states, 12);
	memset(states.mark_after, 0xff, states.mark_size);
	folder_write(&folder, BB_WATERMARK_NAME, states.mark_after, states.mark_size);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "both slots of wm"));
	folder_write(&folder, BB_WATERMARK_NAME, states.mark, states.mark_size - 1);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_CORRUPT);
	end_states(&states);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a new ledger opens and verifies", test_a_new_ledger_opens_and_verifies },
		{ "a stopped ledger opens with the same state",
		  test_a_stopped_ledger_opens_with_the_same_state },
		{ "a ledger goes on over segments", test_a_ledger_goes_on_over_segments },
		{ "a heartbeat vouches for the last block",
		  test_a_heartbeat_vouches_for_the_last_block },
		{ "repeats find their places after an opening",
		  test_repeats_find_their_places_after_an_opening },
		{ "a tail torn at any sector is cut", test_a_tail_torn_at_any_sector_is_cut },
		{ "any subset of sectors may have reached the disk",
		  test_any_subset_of_sectors_may_have_reached_the_disk },
		{ "a dirty tail far behind is cut too", test_a_dirty_tail_far_behind_is_cut_too },
		{ "a torn tail is cut again after a crash while cutting",
		  test_a_torn_tail_is_cut_again_after_a_crash_while_cutting },
		{ "damage of the last block is never cut",
		  test_damage_of_the_last_block_is_never_cut },
		{ "a vanished last block is damage", test_a_vanished_last_block_is_damage },
		{ "damage before the last block is never cut",
		  test_damage_before_the_last_block_is_never_cut },
		{ "a watermark of another block halts", test_a_watermark_of_another_block_halts },
		{ "a damaged watermark halts", test_a_damaged_watermark_halts },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("recover", tests);
}
