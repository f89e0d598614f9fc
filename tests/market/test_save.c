/* test_save - a market comes back from its bytes as it was, and from no others.
 *
 * That nothing is forgotten is for the drives to find (save_kit.h), with every kind of command.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bb_arena.h"
#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "base/bb_sparse.h"
#include "market/bb_save.h"
#include "tests/bb_test.h"
#include "tests/market/market_kit.h"
#include "tests/market/save_kit.h"

#define MEMORY (16u << 20)

static _Alignas(BB_ARENA_ALIGN) uint8_t memory[MEMORY];
static uint8_t saved[MEMORY];
static size_t saved_size;
static struct kit kit;

static struct bb_market *
fresh(const struct bb_market_size *size)
{
	static const uint8_t operator_key[32] = { 0x33 };
	struct bb_arena arena;

	memset(memory, 0, sizeof(memory));
	bb_arena_init(&arena, memory, sizeof(memory));
	return bb_market_init(&arena, size, operator_key, 77);
}

/* A market in which something rests, in saved. */
static void
begin(void)
{
	kit_start(&kit);
	kit_say(&kit, "2 new 7 B 100 50; 3 new 8 S 105 20; 4 iceberg 9 B 95 500 100; "
		      "5 gtd 10 S 110 30 30; 3 ioc 11 S 100 20");
	saved_size = save_all(kit.market, saved, sizeof(saved));
}

static enum bb_result
load(const uint8_t *bytes, size_t size)
{
	return bb_save_load(fresh(bb_market_size(kit.market)), bytes, size);
}

static void
test_a_market_goes_on_from_its_bytes(void)
{
	struct bb_market *live;
	char text[KIT_TEXT];

	begin();
	struct bb_market *loaded = fresh(bb_market_size(kit.market));
	CU_ASSERT_EQUAL_FATAL(bb_save_load(loaded, saved, saved_size), BB_OK);
	bb_market_check(loaded);
	save_compare(kit.market, loaded);

	/* One goes on, then the other from where the first began. */
	static const char script[] = "6 new 1 B 105 40; 2 cancel 7; 1 revoke 4; 0 tick 40";
	live = kit.market;
	const uint64_t number = kit.number;
	const uint64_t seconds = kit.seconds;
	kit_say(&kit, script);
	(void)snprintf(text, sizeof(text), "%s", kit.text);
	kit.market = loaded;
	kit.number = number;
	kit.seconds = seconds;
	kit_say(&kit, script);
	CU_ASSERT_STRING_EQUAL(kit.text, text);
	save_compare(live, loaded);
	kit.market = live;
	kit_stop(&kit);
}

static void
test_keys_are_found_under_another_secret(void)
{
	struct bb_member member;

	begin();
	struct bb_market *loaded = fresh(bb_market_size(kit.market));
	CU_ASSERT_EQUAL_FATAL(bb_save_load(loaded, saved, saved_size), BB_OK);
	CU_ASSERT_TRUE(bb_market_member(kit.market, 5, &member));
	struct bb_command again = { .participant = 1, .kind = BB_COMMAND_MEMBER_ADD,
				    .member = { .participant = 10, .roles = BB_ROLE_TRADER } };
	struct bb_event events[BB_SLICE_EVENTS];
	uint32_t count = 0;
	memcpy(again.member.key, member.key, sizeof(member.key));
	CU_ASSERT_TRUE(bb_market_apply(loaded, &again, kit.number + 1, UINT64_MAX, events,
				       &count));
	CU_ASSERT_EQUAL(events[0].result, BB_ERR_PARTICIPANT_EXISTS);
	kit_stop(&kit);
}

static void
test_no_part_of_the_bytes_is_enough(void)
{
	begin();
	size_t end = 0; /* of a record */

	/* But for whole records: that all of them are there is for a sum over them to say. */
	for (size_t size = 0; size < saved_size; size++) {
		if (size == end) {
			end += BB_SPARSE_HEAD +
			       BB_SPARSE_LINE *
				       (size_t)__builtin_popcountll(bb_get_u64(saved + end + 8));
		} else if (size % 61 == 0 || size < 512) {
			CU_ASSERT_EQUAL(load(saved, size), BB_ERR_CORRUPT);
		}
	}
	CU_ASSERT_EQUAL(load(saved, 0), BB_ERR_CORRUPT);
	CU_ASSERT_EQUAL(load(saved, saved_size), BB_OK);
	kit_stop(&kit);
}

static void
test_malformed_records_are_refused(void)
{
	static uint8_t bytes[MEMORY];

	begin();
	memcpy(bytes, saved, saved_size);
	bb_put_u32(bytes + 4, 1); /* reserved */
	CU_ASSERT_EQUAL(load(bytes, saved_size), BB_ERR_CORRUPT);
	bb_put_u32(bytes + 4, 0);
	bb_put_u32(bytes, UINT32_MAX); /* beyond the market */
	CU_ASSERT_EQUAL(load(bytes, saved_size), BB_ERR_CORRUPT);
	bb_put_u32(bytes, 0);
	bb_put_u64(bytes + 8, 0); /* no line */
	CU_ASSERT_EQUAL(load(bytes, saved_size), BB_ERR_CORRUPT);
	memcpy(bytes, saved, saved_size);
	/* The first record twice: pages must rise. */
	const size_t first = BB_SPARSE_HEAD +
			     BB_SPARSE_LINE *
				     (size_t)__builtin_popcountll(bb_get_u64(saved + 8));
	memmove(bytes + first, saved, saved_size);
	CU_ASSERT_EQUAL(load(bytes, saved_size + first), BB_ERR_CORRUPT);
	kit_stop(&kit);
}

static void
test_nothing_is_written_into_what_is_left_out(void)
{
	begin();
	/* Wherever a pointer stands in the first page, its bytes are zeros in the record. */
	uint8_t page[BB_SPARSE_PAGE] = { 0 };
	struct bb_sparse_reader reader;
	uint32_t found = 0;

	CU_ASSERT_EQUAL_FATAL(bb_sparse_read(&reader, saved, saved_size, MEMORY), BB_OK);
	CU_ASSERT_EQUAL_FATAL(bb_sparse_take(&reader, page), BB_OK);
	const uintptr_t low = (uintptr_t)kit.market;
	const uintptr_t high = low + bb_market_bytes(bb_market_size(kit.market));
	for (size_t at = 0; at < BB_SPARSE_PAGE; at += 8) {
		uintptr_t word;

		memcpy(&word, (const uint8_t *)kit.market + at, sizeof(word));
		if (word < low || word >= high)
			continue;
		found++;
		CU_ASSERT_TRUE(bb_is_zero(page + at, 8));
		/* And one that is put there is refused. */
		page[at] = 1;
		uint8_t record[BB_SPARSE_ROOM];
		const size_t size = bb_sparse_put(record, 0, page, BB_SPARSE_PAGE);
		CU_ASSERT_EQUAL(load(record, size), BB_ERR_CORRUPT);
		page[at] = 0;
	}
	CU_ASSERT_TRUE(found > 15);
	kit_stop(&kit);
}

static void
test_a_market_of_another_size_is_refused(void)
{
	begin();
	struct bb_market_size size = *bb_market_size(kit.market);
	const uint64_t layout = bb_save_layout(&size);

	size.places *= 2;
	CU_ASSERT_NOT_EQUAL(bb_save_layout(&size), layout);
	CU_ASSERT_EQUAL(bb_save_load(fresh(&size), saved, saved_size), BB_ERR_CORRUPT);
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a market goes on from its bytes", test_a_market_goes_on_from_its_bytes },
		{ "keys are found under another secret",
		  test_keys_are_found_under_another_secret },
		{ "no part of the bytes is enough", test_no_part_of_the_bytes_is_enough },
		{ "malformed records are refused", test_malformed_records_are_refused },
		{ "nothing is written into what is left out",
		  test_nothing_is_written_into_what_is_left_out },
		{ "a market of another size is refused",
		  test_a_market_of_another_size_is_refused },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market save", tests);
}
