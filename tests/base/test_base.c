/* test_base - what base/ promises, one promise a test. */
#include <string.h>

#include "base/bb_arena.h"
#include "base/bb_bits.h"
#include "base/bb_bytes.h"
#include "base/bb_clock.h"
#include "base/bb_counters.h"
#include "base/bb_random.h"
#include "base/bb_result.h"
#include "base/bb_sort.h"
#include "tests/bb_test.h"

static void
test_reader_stays_failed_after_its_end(void)
{
	const uint8_t bytes[] = { 1, 2, 3, 4, 5 };
	struct bb_reader reader = bb_reader(bytes, sizeof(bytes));

	CU_ASSERT_EQUAL(bb_read_u32(&reader), 0x04030201);
	CU_ASSERT_FALSE(reader.failed);
	CU_ASSERT_EQUAL(bb_read_u16(&reader), 0);
	CU_ASSERT_TRUE(reader.failed);
	CU_ASSERT_EQUAL(bb_read_u8(&reader), 0); /* one byte is left, but too late */
	CU_ASSERT_EQUAL(bb_reader_left(&reader), 0);
}

static void
test_reader_never_wraps_on_a_huge_size(void)
{
	const uint8_t bytes[] = { 1, 2 };
	struct bb_reader reader = bb_reader(bytes, sizeof(bytes));

	bb_read_u8(&reader);
	CU_ASSERT_PTR_NULL(bb_read_span(&reader, SIZE_MAX));
	CU_ASSERT_TRUE(reader.failed);
}

static void
test_reserved_bytes_must_be_zero(void)
{
	uint8_t bytes[16] = { 0 };

	for (size_t at = 0; at < sizeof(bytes); at++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[at] = 0x80;
		struct bb_reader reader = bb_reader(bytes, sizeof(bytes));
		bb_read_zeros(&reader, sizeof(bytes));
		CU_ASSERT_TRUE(reader.failed);
	}
}

static void
test_writer_writes_nothing_past_its_end(void)
{
	uint8_t bytes[12];
	memset(bytes, 0xaa, sizeof(bytes));
	struct bb_writer writer = bb_writer(bytes, 10);

	bb_write_u64(&writer, 1);
	bb_write_u32(&writer, 2);
	CU_ASSERT_TRUE(writer.failed);
	bb_write_u8(&writer, 3);
	CU_ASSERT_EQUAL(writer.offset, 8);
	CU_ASSERT_EQUAL(bytes[8], 0xaa);
	CU_ASSERT_EQUAL(bytes[9], 0xaa);
	CU_ASSERT_EQUAL(bytes[10], 0xaa);
}

static void
test_what_is_written_is_read(void)
{
	uint8_t bytes[64];
	struct bb_writer writer = bb_writer(bytes, sizeof(bytes));
	const uint8_t some[3] = { 7, 8, 9 };

	bb_write_u8(&writer, 0xfe);
	bb_write_u16(&writer, 0xfedc);
	bb_write_u32(&writer, 0xfedcba98);
	bb_write_u64(&writer, UINT64_C(0xfedcba9876543210));
	bb_write_bytes(&writer, some, sizeof(some));
	bb_write_zeros(&writer, 2);
	CU_ASSERT_FALSE(writer.failed);

	struct bb_reader reader = bb_reader(bytes, writer.offset);
	uint8_t back[3];
	CU_ASSERT_EQUAL(bb_read_u8(&reader), 0xfe);
	CU_ASSERT_EQUAL(bb_read_u16(&reader), 0xfedc);
	CU_ASSERT_EQUAL(bb_read_u32(&reader), 0xfedcba98);
	CU_ASSERT_EQUAL(bb_read_u64(&reader), UINT64_C(0xfedcba9876543210));
	bb_read_bytes(&reader, back, sizeof(back));
	CU_ASSERT_EQUAL(memcmp(back, some, sizeof(some)), 0);
	bb_read_zeros(&reader, 2);
	CU_ASSERT_FALSE(reader.failed);
	CU_ASSERT_EQUAL(bb_reader_left(&reader), 0);
}

static void
test_bytes_are_little_endian(void)
{
	uint8_t bytes[8];
	bb_put_u64(bytes, UINT64_C(0x0807060504030201));
	for (uint8_t i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(bytes[i], i + 1);
}

static void
test_arena_hands_out_separate_cache_lines(void)
{
	static _Alignas(64) uint8_t bytes[256];
	struct bb_arena arena;

	bb_arena_init(&arena, bytes, sizeof(bytes));
	uint8_t *first = bb_arena_take(&arena, 1);
	uint8_t *second = bb_arena_take(&arena, 65);
	CU_ASSERT_PTR_EQUAL(first, bytes);
	CU_ASSERT_PTR_EQUAL(second, bytes + 64);
	CU_ASSERT_EQUAL(arena.used, 192);
	CU_ASSERT_EQUAL(bb_arena_round(65), 128);
}

static void
test_bits_are_independent(void)
{
	uint64_t words[3] = { 0 };

	bb_bit_set(words, 0);
	bb_bit_set(words, 63);
	bb_bit_set(words, 64);
	bb_bit_set(words, 191);
	bb_bit_clear(words, 63);
	CU_ASSERT_TRUE(bb_bit_test(words, 0));
	CU_ASSERT_FALSE(bb_bit_test(words, 63));
	CU_ASSERT_TRUE(bb_bit_test(words, 64));
	CU_ASSERT_TRUE(bb_bit_test(words, 191));
	CU_ASSERT_EQUAL(bb_bit_lowest(words[2]), 63);
}

static void
test_random_is_splitmix64(void)
{
	/* The first numbers for seed 1234567, as the reference code prints them. */
	struct bb_random random = { 1234567 };
	CU_ASSERT_EQUAL(bb_random_next(&random), UINT64_C(6457827717110365317));
	CU_ASSERT_EQUAL(bb_random_next(&random), UINT64_C(3203168211198807973));
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_TRUE(bb_random_below(&random, 7) < 7);
}

static bool
smaller(const void *left, const void *right)
{
	return *(const uint32_t *)left < *(const uint32_t *)right;
}

static void
test_sort_sorts(void)
{
	static uint32_t numbers[1000];
	struct bb_random random = { 7 };

	for (uint32_t count = 0; count <= 1000; count += count < 10 ? 1 : 99) {
		uint64_t sum = 0;
		for (uint32_t i = 0; i < count; i++)
			sum += numbers[i] = bb_random_below(&random, 1 + count);
		bb_sort(numbers, count, sizeof(numbers[0]), smaller);
		for (uint32_t i = 0; i < count; i++)
			sum -= numbers[i];
		CU_ASSERT_EQUAL(sum, 0);
		for (uint32_t i = 1; i < count; i++)
			CU_ASSERT_TRUE(numbers[i - 1] <= numbers[i]);
	}
}

static void
test_results_have_unique_numbers_and_names(void)
{
	static const struct { int number; const char *name; } all[] = {
#define X(name, number, meaning) { number, #name },
		BB_RESULT_LIST(X)
#undef X
	};
	const size_t count = sizeof(all) / sizeof(all[0]);

	for (size_t i = 0; i < count; i++) {
		CU_ASSERT_TRUE(all[i].number < BB_RESULT_COUNT);
		CU_ASSERT_STRING_EQUAL(bb_result_name((enum bb_result)all[i].number),
				       all[i].name + 3);
		for (size_t j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(all[i].number, all[j].number);
	}
	CU_ASSERT_STRING_EQUAL(bb_result_name((enum bb_result)999), "UNKNOWN");
}

static void
test_counters_count_and_have_names(void)
{
	static struct bb_counters counters;

	bb_count(&counters, BB_COUNT_RX, 5);
	bb_count(&counters, BB_COUNT_RX, 2);
	bb_count_refusal(&counters, BB_ERR_MAC);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_RX), 7);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_REFUSED + BB_ERR_MAC), 1);
	CU_ASSERT_STRING_EQUAL(bb_counter_name(BB_COUNT_RX), "rx");
	CU_ASSERT_STRING_EQUAL(bb_counter_name(BB_COUNT_REFUSED + BB_ERR_MAC), "ERR_MAC");
	CU_ASSERT_PTR_NULL(bb_counter_name(BB_COUNT_REFUSED + BB_RESULT_COUNT - 1));
}

static void
test_a_clock_never_runs_back_and_never_wraps(void)
{
	const struct bb_clock machine = { 0 };
	const struct bb_clock fast = { .start_ns = 500, .origin_ns = 1000, .speed = 60 };
	const struct bb_clock last = { .start_ns = UINT64_MAX - 9, .origin_ns = 1, .speed = 5 };

	CU_ASSERT_EQUAL(bb_clock_at(&machine, 7), 7);
	CU_ASSERT_EQUAL(bb_clock_at(&fast, 0), 500); /* the machine's was set back */
	CU_ASSERT_EQUAL(bb_clock_at(&fast, 1000), 500);
	CU_ASSERT_EQUAL(bb_clock_at(&fast, 1001), 560);
	CU_ASSERT_EQUAL(bb_clock_at(&last, 2), UINT64_MAX - 4);
	CU_ASSERT_EQUAL(bb_clock_at(&last, 4), UINT64_MAX - 1);
	CU_ASSERT_EQUAL(bb_clock_at(&fast, UINT64_MAX), UINT64_MAX - 1);
	CU_ASSERT_EQUAL(bb_clock_machine(&fast, bb_clock_venue(&fast, 3)), 3);
	CU_ASSERT_EQUAL(bb_clock_machine(&fast, 61), 2);
	CU_ASSERT_EQUAL(bb_clock_machine(&machine, 61), 61);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a reader stays failed after its end", test_reader_stays_failed_after_its_end },
		{ "a reader never wraps on a huge size", test_reader_never_wraps_on_a_huge_size },
		{ "reserved bytes must be zero", test_reserved_bytes_must_be_zero },
		{ "a writer writes nothing past its end", test_writer_writes_nothing_past_its_end },
		{ "what is written is read", test_what_is_written_is_read },
		{ "bytes are little-endian", test_bytes_are_little_endian },
		{ "an arena hands out separate cache lines",
		  test_arena_hands_out_separate_cache_lines },
		{ "bits are independent", test_bits_are_independent },
		{ "random numbers are splitmix64's", test_random_is_splitmix64 },
		{ "a sort sorts", test_sort_sorts },
		{ "results have unique numbers and names",
		  test_results_have_unique_numbers_and_names },
		{ "counters count and have names", test_counters_count_and_have_names },
		{ "a clock never runs back and never wraps",
		  test_a_clock_never_runs_back_and_never_wraps },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("base", tests);
}
