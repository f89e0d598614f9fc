/* test_ahead - zeros give way to blocks, and are there when blocks need them. */
#include "base/bb_random.h"
#include "ledger/bb_ahead.h"
#include "ledger/bb_hold.h"
#include "ledger/bb_store.h"
#include "tests/bb_test.h"

#define SEGMENT (UINT64_C(16) << 20)
#define STEP    (UINT64_C(1) << 18)
#define PAGE    UINT64_C(4096)

/* Blocks and zeros, in bytes; what is not here costs nothing. */
struct disk {
	uint64_t offset; /* of the next block in its segment */
	uint32_t spares;
	uint64_t done;    /* of the next one */
	uint64_t written; /* zeros, ever */
	uint64_t budget;  /* zeros for which there was time */
};

static uint64_t
ahead(const struct disk *disk)
{
	return SEGMENT - disk->offset + disk->spares * SEGMENT + disk->done;
}

/* A block of this size.  Returns how much nearer the zeros' end came, the end of a segment that
 * the block did not fit into included; 0: there is no segment for it.  A disk that is busy with
 * blocks has time for as many zeros. */
static uint64_t
write_block(struct disk *disk, uint64_t size)
{
	const uint64_t before = ahead(disk);

	if (size > SEGMENT - disk->offset) {
		if (disk->spares == 0)
			return 0;
		disk->spares--;
		disk->offset = 0;
	}
	disk->offset += size;
	const uint64_t way = before - ahead(disk);

	disk->budget += way;
	return way;
}

/* As the keeper does it while a block is always on its way. */
static void
write_zeros(struct disk *disk)
{
	while (disk->spares < BB_STORE_SPARES && disk->budget >= STEP &&
	       bb_ahead_quiet_ns(ahead(disk), SEGMENT) == 0) {
		disk->budget -= STEP;
		disk->written += STEP;
		disk->done += STEP;
		if (disk->done < SEGMENT)
			continue;
		disk->done = 0;
		disk->spares++;
	}
	if (disk->budget > STEP)
		disk->budget = STEP; /* time that was not used is gone */
}

static void
test_the_less_is_ahead_the_less_zeros_wait(void)
{
	const uint64_t all = ~UINT64_C(0);
	const uint64_t pause_ns = bb_ahead_quiet_ns(3 * SEGMENT, SEGMENT);
	const uint64_t gap_ns = bb_ahead_quiet_ns(SEGMENT / 4 * 7 - 1, SEGMENT);

	CU_ASSERT_TRUE(pause_ns > gap_ns && gap_ns > 0);
	CU_ASSERT_EQUAL(bb_ahead_quiet_ns(all, SEGMENT), pause_ns);
	CU_ASSERT_EQUAL(bb_ahead_quiet_ns(SEGMENT / 4 * 7, SEGMENT), pause_ns);
	CU_ASSERT_EQUAL(bb_ahead_quiet_ns(SEGMENT / 4 * 6, SEGMENT), gap_ns);
	CU_ASSERT_EQUAL(bb_ahead_quiet_ns(SEGMENT / 4 * 6 - 1, SEGMENT), 0);
	CU_ASSERT_EQUAL(bb_ahead_quiet_ns(0, SEGMENT), 0);
}

static void
test_blocks_that_follow_a_pause_meet_no_zeros(void)
{
	/* Wherever in a segment they begin, for half of one; where it has just begun, for 3/2. */
	for (uint64_t offset = 0; offset < SEGMENT; offset += PAGE) {
		struct disk disk = { .offset = offset, .spares = BB_STORE_SPARES };
		uint64_t blocks = 0;

		while (blocks + PAGE <= SEGMENT / 2 + (offset == 0 ? SEGMENT : 0)) {
			blocks += write_block(&disk, PAGE);
			write_zeros(&disk);
		}
		CU_ASSERT_EQUAL(disk.written, 0);
	}
}

static void
test_blocks_without_a_pause_find_each_segment_ready(void)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct bb_random random = { seed };
		const uint32_t largest = 1u << bb_random_below(&random, 9); /* pages: 1 MiB */
		struct disk disk = { .spares = BB_STORE_SPARES };
		uint64_t blocks = 0;

		disk.offset = bb_random_below(&random, (uint32_t)(SEGMENT / PAGE)) * PAGE;
		const uint64_t begin = ahead(&disk);
		while (blocks < 20 * SEGMENT) {
			const uint64_t way = write_block(
				&disk, (bb_random_below(&random, largest) + 1) * PAGE);

			CU_ASSERT_TRUE_FATAL(way > 0);
			blocks += way;
			write_zeros(&disk);
			CU_ASSERT_FALSE_FATAL(bb_hold_wanted(SEGMENT, disk.offset, disk.spares));
		}
		/* And no zero before it is needed. */
		CU_ASSERT_TRUE(disk.written + begin <= blocks + SEGMENT / 2 * 3 + STEP);
	}
	printf("seeds 1 to 40 ");
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the less is ahead the less zeros wait",
		  test_the_less_is_ahead_the_less_zeros_wait },
		{ "blocks that follow a pause meet no zeros",
		  test_blocks_that_follow_a_pause_meet_no_zeros },
		{ "blocks without a pause find each segment ready",
		  test_blocks_without_a_pause_find_each_segment_ready },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("ahead", tests);
}
