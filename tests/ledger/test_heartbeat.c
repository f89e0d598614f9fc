/* test_heartbeat - what the line seals of its own accord, and what it leaves to the disk. */
#include <string.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "tests/ledger/disk_model.h"
#include "tests/ledger/ledger_world.h"

static struct world world;
static struct disk_model disk;
static struct bb_chain chain;
static struct bb_places places;
static struct bb_line *line;
static void *line_bytes;
static struct bb_outcome outcomes[WORLD_OUTCOMES];
static uint64_t now_ns;

static void
begin(uint64_t seed)
{
	world_begin(&world, seed);
	line = disk_line(&disk, &world, UINT64_C(2) << 20, &chain, &places, &line_bytes);
	bb_line_limits(line, 100000, 1000);
	now_ns = WORLD_START_NS;
}

static void
end(void)
{
	free(line_bytes);
	disk_end(&disk);
	world_end(&world);
}

static uint32_t
push_input(void)
{
	const uint32_t count = world_input(&world, outcomes);

	CU_ASSERT_EQUAL(bb_line_push(line, outcomes, count, now_ns), count);
	return count;
}

/* Whether the next turn at this time seals something. */
static bool
seals_at(uint64_t at_ns)
{
	const uint64_t before = disk.submitted;

	bb_line_turn(line, at_ns, true);
	return disk.submitted > before;
}

static void
test_one_heartbeat_follows_each_pause(void)
{
	const uint64_t second_ns = 1000000000;
	struct bb_outcome got[64];
	uint64_t at_ns = WORLD_START_NS;

	begin(11);
	bb_line_heartbeat(line, second_ns);
	/* Nobody was answered yet: there is nothing to vouch for. */
	CU_ASSERT_FALSE(seals_at(at_ns) || seals_at(at_ns + 5 * second_ns));
	for (uint32_t i = 0; i < 3; i++) {
		at_ns += 10 * second_ns;
		now_ns = at_ns;
		(void)push_input();
		CU_ASSERT_TRUE(seals_at(at_ns));
		/* Not before that is durable, and then not before its time. */
		CU_ASSERT_FALSE(seals_at(at_ns + 3 * second_ns));
		(void)disk_flush(&disk, 1);
		CU_ASSERT_FALSE(seals_at(at_ns + 4 * second_ns));
		while (bb_line_pull(line, got, 64) > 0)
			;
		CU_ASSERT_FALSE(seals_at(at_ns + 5 * second_ns - 1));
		CU_ASSERT_TRUE(seals_at(at_ns + 5 * second_ns));
		const struct bb_disk_write *beat = &disk.jobs[(disk.submitted - 1) % DISK_JOBS];
		CU_ASSERT_EQUAL(beat->size, BB_BLOCK_ALIGN);
		CU_ASSERT_EQUAL(beat->seal->block.header.input_count, 0);
		CU_ASSERT_EQUAL(beat->seal->block.header.durable_height, beat->height - 1);
		(void)disk_flush(&disk, 1);
		CU_ASSERT_FALSE(seals_at(at_ns + 9 * second_ns));
		CU_ASSERT_EQUAL(bb_line_pull(line, got, 64), 1);
		CU_ASSERT_EQUAL(got[0].packet.kind, BB_OUTCOME_BLOCK);
		CU_ASSERT_EQUAL(got[0].packet.number, i + 1);
		CU_ASSERT_TRUE(bb_line_quiet(line));
	}
	CU_ASSERT_EQUAL(disk.submitted, 6);
	end();
}

static void
test_a_block_needs_no_heartbeat_when_another_follows(void)
{
	begin(12);
	bb_line_heartbeat(line, 1000000);
	for (uint32_t i = 0; i < 20; i++) {
		(void)push_input();
		bb_line_turn(line, now_ns, true);
		(void)disk_flush(&disk, 1);
		now_ns += 900000;
		bb_line_turn(line, now_ns, true);
		while (bb_line_pull(line, outcomes, 64) > 0)
			;
	}
	CU_ASSERT_EQUAL(disk.submitted, 20);
	end();
}

static struct bb_seal *begun;

static void
hear_begin(void *context, struct bb_seal *seal)
{
	(void)context;
	begun = seal;
}

/* A disk that signs hears of blocks before it gets them closed; once ended they are those that
 * the line would give. */
static void
test_a_disk_that_signs_gets_the_same_blocks(void)
{
	static uint8_t whole[8][1 << 16];
	uint64_t sizes[8];

	for (uint32_t signs = 0; signs < 2; signs++) {
		begin(13);
		line->disk.begin = signs == 1 ? hear_begin : NULL;
		for (uint32_t i = 0; i < 8; i++) {
			(void)push_input();
			bb_line_turn(line, now_ns + 1000 * i, true);
			const struct bb_disk_write *write =
				&disk.jobs[(disk.submitted - 1) % DISK_JOBS];
			struct bb_block block;
			const char *what = "";

			if (signs == 1) {
				CU_ASSERT_NOT_EQUAL(bb_block_view(&block, write->bytes,
								  write->size, &what),
						    BB_OK);
				CU_ASSERT_PTR_EQUAL(write->seal, begun);
				bb_chain_again(write->seal);
				bb_chain_sign(write->seal);
			}
			CU_ASSERT_EQUAL(bb_block_view(&block, write->bytes, write->size, &what),
					BB_OK);
			CU_ASSERT_TRUE(bb_block_signed(&block, world.signer.public_key));
			BB_ASSERT(write->size <= sizeof(whole[i]));
			if (signs == 0) {
				sizes[i] = write->size;
				memcpy(whole[i], write->bytes, write->size);
			} else {
				CU_ASSERT_EQUAL(write->size, sizes[i]);
				CU_ASSERT_EQUAL(memcmp(whole[i], write->bytes, sizes[i]), 0);
				memcpy(disk.now[write->place.segment] + write->place.offset,
				       write->bytes, write->size);
			}
			(void)disk_flush(&disk, 1);
			bb_line_turn(line, now_ns + 1000 * i, true);
			while (bb_line_pull(line, outcomes, 64) > 0)
				;
		}
		end();
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "one heartbeat follows each pause", test_one_heartbeat_follows_each_pause },
		{ "a block needs no heartbeat when another follows",
		  test_a_block_needs_no_heartbeat_when_another_follows },
		{ "a disk that signs gets the same blocks",
		  test_a_disk_that_signs_gets_the_same_blocks },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("heartbeat", tests);
}
