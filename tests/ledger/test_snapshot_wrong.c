/* test_snapshot_wrong - whatever is wrong with a snapshot, it is passed over. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "tests/ledger/snapshot_kit.h"

/* Where a byte is changed: every field of the head, and the records. */
static const uint64_t spots[] = { 0,   8,   12,  16,  24,  32,  64,  96,   104,  112,  120, 152,
				  184, 192, 200, 208, 216, 248, 280, 288,  2336, 4000, 4064,
				  4096, 4100, 4104, 5000 };

static char name[BB_SNAPSHOT_NAME_SIZE];

/* Opens, and expects that no snapshot was of use, for a reason that holds why. */
static void
expect_passed_over(const char *why)
{
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	CU_ASSERT_EQUAL(shots.folder.recovery.snapshot_height, 0);
	CU_ASSERT_EQUAL(shots.folder.recovery.inputs, 120);
	CU_ASSERT_EQUAL(shots.lines, 1);
	if (strstr(shots.line, why) == NULL)
		printf("\"%s\" does not say \"%s\"\n", shots.line, why);
	CU_ASSERT_PTR_NOT_NULL(strstr(shots.line, why));
	folder_close(&shots.folder);
}

/* A ledger of 120 inputs with one snapshot at their end, whose bytes are returned. */
static uint8_t *
begin_with_one(uint64_t seed, size_t *size)
{
	shots_begin(seed);
	shots_run(120);
	bb_snapshot_name(name, shots_make().height);
	return folder_read(&shots.folder, name, size);
}

static void
test_a_changed_byte_is_passed_over(void)
{
	size_t size = 0;
	uint8_t *bytes = begin_with_one(3, &size);

	for (size_t i = 0; i <= sizeof(spots) / sizeof(spots[0]); i++) {
		const uint64_t spot = i < sizeof(spots) / sizeof(spots[0]) ? spots[i] : size - 1;
		const uint8_t changed = bytes[spot] ^ 0x10;

		folder_poke(&shots.folder, name, spot, &changed, 1);
		expect_passed_over("passed over");
		folder_poke(&shots.folder, name, spot, &bytes[spot], 1);
	}
	free(bytes);
	shots_end();
}

static void
test_another_length_is_passed_over(void)
{
	size_t size = 0;
	uint8_t *bytes = begin_with_one(4, &size);
	const size_t sizes[] = { 0, 1, 4095, 4096, size - 64, size - 1 };
	uint8_t *longer = calloc(1, size + 1);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		folder_write(&shots.folder, name, bytes, sizes[i]);
		expect_passed_over(sizes[i] < 4096 ? "head cannot be read" : "not as long");
	}
	memcpy(longer, bytes, size);
	folder_write(&shots.folder, name, longer, size + 1);
	expect_passed_over("not as long");
	free(longer);
	free(bytes);
	shots_end();
}

/* Signs the head again, as snapshot says. */
static void
sign_again(const struct bb_snapshot *snapshot, const struct bb_identity *signer)
{
	uint8_t head[BB_SNAPSHOT_HEAD];

	bb_snapshot_encode(head, snapshot, signer);
	folder_poke(&shots.folder, name, 0, head, sizeof(head));
}

static struct bb_snapshot
head_of(const uint8_t *bytes)
{
	struct bb_snapshot snapshot;
	const char *what = "";

	BB_ASSERT(bb_snapshot_decode(&snapshot, bytes, &shots.world.ledger_id,
				     shots.world.signer.public_key, &what) == BB_OK);
	return snapshot;
}

static void
test_what_is_signed_must_be_true_of_this_ledger(void)
{
#define AT(member) offsetof(struct bb_snapshot, member)
	static const struct {
		size_t at; /* its lowest byte is changed, */
		uint8_t by;
		const char *why;
	} cases[] = {
		{ AT(layout), 1, "another version" },
		{ AT(ledger_id) + 5, 1, "another ledger" },
		{ AT(height), 1, "another height" },
		{ AT(segment), 1, "not in the ledger" },
		{ AT(segment) + 7, 0x80, "not in the ledger" },
		{ AT(offset), 1, "not in the ledger" },
		{ AT(offset) + 1, 0x10, "whole block" },
		{ AT(offset) + 7, 0xff, "not in the ledger" },
		{ AT(block_hash) + 31, 1, "another block" },
		{ AT(state_root), 1, "state root" },
		{ AT(number), 1, "log" },
		{ AT(tree.size), 0x80, "log" },
		{ AT(tree.size) + 7, 0xff, "log" },
		{ AT(tree.stack) + 7, 1, "log" },
		{ AT(market_size), 1, "not as long" },
		{ AT(market_size) + 7, 0xff, "not as long" },
		{ AT(places_size), 1, "not as long" },
		{ AT(market_hash) + 9, 1, "damaged" },
		{ AT(places_hash) + 9, 1, "damaged" },
	};
#undef AT
	struct bb_identity other;
	size_t size = 0;
	uint8_t *bytes = begin_with_one(5, &size);
	const struct bb_snapshot sound = head_of(bytes);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bb_snapshot changed = sound;

		((uint8_t *)&changed)[cases[i].at] ^= cases[i].by;
		sign_again(&changed, &shots.world.signer);
		expect_passed_over(cases[i].why);
	}
	bb_identity_make(&other);
	sign_again(&sound, &other);
	expect_passed_over("venue's key");
	sign_again(&sound, &shots.world.signer);
	CU_ASSERT_EQUAL(shots_open(false), BB_OK);
	CU_ASSERT_NOT_EQUAL(shots.folder.recovery.snapshot_height, 0);
	folder_close(&shots.folder);
	free(bytes);
	shots_end();
}

static void
test_one_that_is_newer_than_the_watermark_is_passed_over(void)
{
	uint8_t *mark;
	size_t size = 0;

	shots_begin(6);
	shots_run(60);
	mark = folder_read(&shots.folder, "wm", &size);
	shots_run(60);
	(void)shots_make();
	folder_write(&shots.folder, "wm", mark, size);
	expect_passed_over("newer than the watermark");
	free(mark);
	shots_end();
}

/* The venue may sign what is not so; whoever replays finds it. */
static void
test_a_dishonest_one_is_found_by_a_check(void)
{
	size_t size = 0;
	uint8_t *bytes = begin_with_one(8, &size);
	struct bb_snapshot snapshot = head_of(bytes);
	uint8_t head[BB_SNAPSHOT_HEAD];

	CU_ASSERT_EQUAL(shots_check(0), BB_OK);
	bytes[BB_SNAPSHOT_HEAD + snapshot.market_size / 2] ^= 1;
	snapshot.market_hash = bb_hash_of(bytes + BB_SNAPSHOT_HEAD, snapshot.market_size);
	bb_snapshot_encode(head, &snapshot, &shots.world.signer);
	memcpy(bytes, head, sizeof(head));
	folder_write(&shots.folder, name, bytes, size);
	CU_ASSERT_EQUAL(shots_check(0), BB_ERR_REPLAY);
	CU_ASSERT_PTR_NOT_NULL(strstr(shots.folder.text, "its market is another"));
	free(bytes);
	shots_end();
}

static void
plant_greater(uint64_t count)
{
	static const uint8_t junk[BB_SNAPSHOT_HEAD] = { 'B', 'B', 'S', 'N', 'P' };

	for (uint64_t i = 1; i <= count; i++) {
		bb_snapshot_name(name, UINT64_MAX - i);
		folder_write(&shots.folder, name, junk, sizeof(junk));
	}
}

/* After an older copy was brought back, for instance, or by whoever may write here. */
static void
test_those_of_greater_heights_neither_hide_nor_remove_a_good_one(void)
{
	shots_begin(9);
	shots_run(60);
	plant_greater(3);
	const uint64_t height = shots_make().height;
	plant_greater(12);
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	CU_ASSERT_EQUAL(shots.folder.recovery.snapshot_height, height);
	CU_ASSERT_EQUAL(shots.folder.recovery.inputs, 0);
	CU_ASSERT_EQUAL(shots.lines, 12);
	folder_close(&shots.folder);
	shots_end();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a changed byte is passed over", test_a_changed_byte_is_passed_over },
		{ "another length is passed over", test_another_length_is_passed_over },
		{ "what is signed must be true of this ledger",
		  test_what_is_signed_must_be_true_of_this_ledger },
		{ "one that is newer than the watermark is passed over",
		  test_one_that_is_newer_than_the_watermark_is_passed_over },
		{ "those of greater heights neither hide nor remove a good one",
		  test_those_of_greater_heights_neither_hide_nor_remove_a_good_one },
		{ "a dishonest one is found by a check",
		  test_a_dishonest_one_is_found_by_a_check },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("wrong snapshots", tests);
}
