/* test_snapshot - a start with a snapshot is a start from genesis, but shorter. */
#include <string.h>
#include <unistd.h>

#include "ledger/bb_folder.h"
#include "tests/ledger/snapshot_kit.h"

static void
test_a_start_with_a_snapshot_gives_what_genesis_gives(void)
{
	uint64_t height = 0;

	shots_begin(1);
	shots_run(300);
	const struct bb_ledger_snapshot first = shots_make();
	CU_ASSERT_TRUE(first.made);
	CU_ASSERT_EQUAL(first.from, 0);
	CU_ASSERT_EQUAL(first.inputs, 300);
	CU_ASSERT_TRUE(shots_agree(&height));
	CU_ASSERT_EQUAL(height, first.height);
	shots_run(100);
	CU_ASSERT_EQUAL(shots.folder.recovery.inputs, 0);
	CU_ASSERT_TRUE(shots_agree(&height));
	CU_ASSERT_EQUAL(height, first.height);
	CU_ASSERT_EQUAL(shots.folder.recovery.inputs, 400); /* from genesis, the last time */
	CU_ASSERT_EQUAL(shots_open(false), BB_OK);
	CU_ASSERT_EQUAL(shots.folder.recovery.inputs, 100);
	CU_ASSERT_EQUAL(shots.lines, 0);
	folder_close(&shots.folder);

	/* One that is made from the first is the one that genesis leads to. */
	const struct bb_ledger_snapshot second = shots_make();
	CU_ASSERT_TRUE(second.made);
	CU_ASSERT_EQUAL(second.from, first.height);
	CU_ASSERT_EQUAL(second.inputs, 100);
	CU_ASSERT_EQUAL(shots_check(second.height), BB_OK);
	CU_ASSERT_EQUAL(shots_check(first.height), BB_OK);
	CU_ASSERT_EQUAL(shots_check(0), BB_OK);
	CU_ASSERT_FALSE(shots_make().made); /* it is there */
	shots_end();
}

static void
test_a_venue_in_use_gets_one_and_keeps_two(void)
{
	uint64_t height = 0;
	uint64_t newest = 0;
	uint64_t older = 0;

	shots_begin(2);
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	for (int i = 0; i < 4; i++) {
		folder_run(&shots.folder, 50, true);
		/* The watermark follows within 100 ms, the snapshot that; genesis has none. */
		(void)usleep(i == 0 ? 200000 : 0);
		while ((height = shots_make().height) < shots.folder.answered_height)
			(void)usleep(20000);
	}
	folder_close(&shots.folder);
	CU_ASSERT_EQUAL(height, shots.folder.answered_height);
	int handle = -1;
	CU_ASSERT_EQUAL(bb_folder_open(shots.folder.path, &handle), BB_OK);
	CU_ASSERT_EQUAL(bb_folder_snapshot(handle, UINT64_MAX, &newest), BB_OK);
	CU_ASSERT_EQUAL(bb_folder_snapshot(handle, newest, &older), BB_OK);
	CU_ASSERT_EQUAL(bb_folder_snapshot(handle, older, &older), BB_ERR_NOT_FOUND);
	bb_file_close(handle);
	CU_ASSERT_EQUAL(newest, height);
	CU_ASSERT_TRUE(shots_agree(&height));
	CU_ASSERT_EQUAL(height, newest);
	shots_end();
}

static void
test_the_next_older_one_is_taken(void)
{
	static const uint8_t damage = 0x5a;
	char name[BB_SNAPSHOT_NAME_SIZE];

	shots_begin(7);
	shots_run(60);
	const uint64_t older = shots_make().height;
	shots_run(60);
	bb_snapshot_name(name, shots_make().height);
	folder_poke(&shots.folder, name, 5000, &damage, 1);
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	CU_ASSERT_EQUAL(shots.folder.recovery.snapshot_height, older);
	CU_ASSERT_EQUAL(shots.folder.recovery.inputs, 60);
	CU_ASSERT_EQUAL(shots.lines, 1);
	folder_close(&shots.folder);
	shots_end();
}

static void
test_a_crash_while_one_is_written_leaves_nothing_that_counts(void)
{
	static const uint8_t half[5000] = { 'B', 'B', 'S', 'N', 'P' };
	int handle = -1;
	int writing = -1;
	const struct bb_ledger_snapshotting how = { .told = shots_tell };
	struct bb_ledger_snapshot report;
	uint64_t height = 0;

	shots_begin(9);
	shots_run(60);
	folder_write(&shots.folder, "snap.new", half, sizeof(half));
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	CU_ASSERT_EQUAL(shots.lines, 0);
	folder_close(&shots.folder);
	CU_ASSERT_EQUAL(bb_folder_open(shots.folder.path, &handle), BB_OK);
	CU_ASSERT_EQUAL(bb_folder_make(handle, BB_SNAPSHOT_NEW, &writing), BB_OK);
	CU_ASSERT_EQUAL(bb_ledger_snapshot(shots.folder.path, &shots.world.signer, &how, &report,
					   shots.folder.text), BB_ERR_LOCKED);
	bb_file_close(writing);
	bb_file_close(handle);
	CU_ASSERT_TRUE(shots_make().made);
	CU_ASSERT_TRUE(shots_agree(&height));
	CU_ASSERT_NOT_EQUAL(height, 0);
	shots_end();
}

static uint64_t
end_of_blocks(void)
{
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	const uint64_t offset = shots.folder.ledger->store.offset;

	folder_close(&shots.folder);
	return offset;
}

static const char segment[] = "seg-0000000000000000";

static void
test_a_torn_end_is_cut_as_ever(void)
{
	static const uint8_t zeros[BB_BLOCK_ALIGN - BB_BLOCK_HEADER_SIZE];
	size_t mark_size = 0;

	shots_begin(10);
	shots_run(60);
	const uint64_t snapshot = shots_make().height;
	uint8_t *mark = folder_read(&shots.folder, "wm", &mark_size);
	shots_run(1);
	/* The last sectors of a block that was being written are not there yet. */
	folder_poke(&shots.folder, segment, end_of_blocks() - sizeof(zeros), zeros, sizeof(zeros));
	folder_write(&shots.folder, "wm", mark, mark_size);
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	CU_ASSERT_EQUAL(shots.folder.recovery.snapshot_height, snapshot);
	CU_ASSERT_TRUE(shots.folder.recovery.torn_bytes > 0);
	CU_ASSERT_EQUAL(shots.folder.recovery.place.epoch, BB_EPOCH_FIRST + 1);
	CU_ASSERT_EQUAL(shots.folder.recovery.place.height, snapshot + 1); /* the recovery */
	CU_ASSERT_EQUAL(shots.folder.recovery.inputs, 0);
	folder_close(&shots.folder);
	free(mark);
	shots_end();
}

static void
test_damage_is_found_behind_a_snapshot_alone(void)
{
	size_t size = 0;

	shots_begin(12);
	shots_run(60);
	const uint64_t snapshot = shots_make().height;
	shots_run(1);
	const uint64_t last = end_of_blocks() - BB_BLOCK_ALIGN + 600;
	const uint64_t early = BB_SEGMENT_BLOCKS + BB_BLOCK_ALIGN + 600; /* behind genesis */
	uint8_t *bytes = folder_read(&shots.folder, segment, &size);
	const uint8_t late_byte = bytes[last] ^ 1;
	const uint8_t early_byte = bytes[early] ^ 1;

	folder_poke(&shots.folder, segment, last, &late_byte, 1);
	CU_ASSERT_EQUAL(shots_open(false), BB_ERR_CORRUPT);
	CU_ASSERT_EQUAL(shots_open(true), BB_ERR_CORRUPT);
	folder_write(&shots.folder, segment, bytes, size);

	folder_poke(&shots.folder, segment, early, &early_byte, 1);
	CU_ASSERT_EQUAL(shots_open(false), BB_OK);
	CU_ASSERT_EQUAL(shots.folder.recovery.snapshot_height, snapshot);
	folder_close(&shots.folder);
	CU_ASSERT_EQUAL(shots_open(true), BB_ERR_CORRUPT);
	CU_ASSERT_NOT_EQUAL(shots_check(0), BB_OK);
	free(bytes);
	shots_end();
}

static void
test_a_missing_segment_is_noticed(void)
{
	uint64_t height = 0;

	shots_begin(11);
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	folder_run(&shots.folder, 500, true);
	folder_close(&shots.folder);
	CU_ASSERT_TRUE(shots.folder.answered == 500);
	(void)shots_make();
	CU_ASSERT_TRUE(shots_agree(&height));
	CU_ASSERT_NOT_EQUAL(height, 0);
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	CU_ASSERT_TRUE(shots.folder.ledger->store.segment >= 1);
	folder_close(&shots.folder);
	folder_remove(&shots.folder, "seg-0000000000000000");
	CU_ASSERT_EQUAL(shots_open(false), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(shots.folder.text, "seg-0000000000000000 is missing"));
	shots_end();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a start with a snapshot gives what genesis gives",
		  test_a_start_with_a_snapshot_gives_what_genesis_gives },
		{ "a venue in use gets one, and keeps two",
		  test_a_venue_in_use_gets_one_and_keeps_two },
		{ "the next older one is taken", test_the_next_older_one_is_taken },
		{ "a crash while one is written leaves nothing that counts",
		  test_a_crash_while_one_is_written_leaves_nothing_that_counts },
		{ "a torn end is cut as ever", test_a_torn_end_is_cut_as_ever },
		{ "damage is found behind a snapshot alone",
		  test_damage_is_found_behind_a_snapshot_alone },
		{ "a missing segment is noticed", test_a_missing_segment_is_noticed },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("snapshots", tests);
}
