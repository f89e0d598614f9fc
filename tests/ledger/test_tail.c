/* test_tail - which end of a ledger is clean, which was torn, and which is damage. */
#include <string.h>

#include "base/bb_random.h"
#include "ledger/bb_crc32c.h"
#include "ledger/bb_sectors.h"
#include "ledger/bb_tail.h"
#include "tests/bb_test.h"

#define SECTORS 16u /* of the block; the segment goes on for as many */
#define SIZE    (SECTORS * BB_SECTOR_SIZE)

static enum bb_tail_verdict
judge(enum bb_witness_state witness, enum bb_remains remains, bool later_segment,
      bool later_header)
{
	const struct bb_tail tail = { .witness = witness,
				      .remains = remains,
				      .later_segment = later_segment,
				      .later_header = later_header };
	const char *why = NULL;
	const enum bb_tail_verdict verdict = bb_tail_judge(&tail, &why);

	CU_ASSERT_PTR_NOT_NULL(why);
	return verdict;
}

/* Whether the verdict is this one whatever lies there and comes later. */
static bool
always(enum bb_witness_state witness, enum bb_tail_verdict verdict)
{
	bool is = true;

	for (uint32_t remains = 0; remains < BB_REMAINS; remains++)
		for (uint32_t later = 0; later < 4; later++)
			is &= judge(witness, (enum bb_remains)remains, later & 1, later & 2) ==
			      verdict;
	return is;
}

static void
test_another_block_than_the_watermark_names_is_damage(void)
{
	CU_ASSERT_TRUE(always(BB_WITNESS_OTHER, BB_TAIL_CORRUPT));
}

static void
test_an_end_before_the_watermark_is_damage(void)
{
	CU_ASSERT_TRUE(always(BB_WITNESS_AHEAD, BB_TAIL_CORRUPT));
}

static void
test_without_a_whole_watermark_nothing_is_judged(void)
{
	CU_ASSERT_TRUE(always(BB_WITNESS_DAMAGED, BB_TAIL_CORRUPT));
}

static void
test_what_is_broken_before_a_later_segment_is_damage(void)
{
	for (uint32_t state = 0; state < BB_WITNESS_STATES; state++)
		for (uint32_t remains = BB_REMAINS_CUT; remains < BB_REMAINS; remains++)
			CU_ASSERT_EQUAL(judge((enum bb_witness_state)state,
					      (enum bb_remains)remains, true, false),
					BB_TAIL_CORRUPT);
}

static void
test_what_is_broken_and_a_later_block_vouches_for_is_damage(void)
{
	for (uint32_t state = 0; state < BB_WITNESS_STATES; state++)
		for (uint32_t remains = BB_REMAINS_CUT; remains < BB_REMAINS; remains++)
			CU_ASSERT_EQUAL(judge((enum bb_witness_state)state,
					      (enum bb_remains)remains, false, true),
					BB_TAIL_CORRUPT);
}

static void
test_a_cut_block_that_nothing_vouches_for_is_torn(void)
{
	CU_ASSERT_EQUAL(judge(BB_WITNESS_MET, BB_REMAINS_CUT, false, false), BB_TAIL_TORN);
	CU_ASSERT_EQUAL(judge(BB_WITNESS_NONE, BB_REMAINS_CUT, false, false), BB_TAIL_TORN);
}

static void
test_a_spoilt_block_is_damage_though_nothing_vouches_for_it(void)
{
	CU_ASSERT_EQUAL(judge(BB_WITNESS_MET, BB_REMAINS_SPOILT, false, false), BB_TAIL_CORRUPT);
	CU_ASSERT_EQUAL(judge(BB_WITNESS_NONE, BB_REMAINS_SPOILT, false, false), BB_TAIL_CORRUPT);
}

static void
test_zeros_after_the_last_block_are_clean(void)
{
	CU_ASSERT_EQUAL(judge(BB_WITNESS_MET, BB_REMAINS_NOTHING, false, false), BB_TAIL_CLEAN);
	CU_ASSERT_EQUAL(judge(BB_WITNESS_NONE, BB_REMAINS_NOTHING, false, false), BB_TAIL_CLEAN);
}

/* The place behind the last block of a chain, and the block that was to come there.  Somebody
 * sends zeros: two of its sectors are zeros by right, one more in the padding. */
struct spot {
	struct bb_chain chain;
	uint8_t nonce[16];
	uint8_t sealed[SIZE];
	uint8_t disk[2 * SIZE];
};

static void
make_spot(struct spot *spot)
{
	uint8_t seed[BB_KEY_SIZE] = { 5 };
	uint8_t bytes[BB_PACKET_SIZE_MAX - BB_MAC_SIZE] = { 0 };
	struct bb_random random = { 17 };
	struct bb_block_header header = { .height = 7, .epoch = 1, .durable_height = 6 };
	struct bb_block_builder builder;
	struct bb_identity signer;
	struct bb_block block;

	memset(spot, 0, sizeof(*spot));
	spot->chain.next_height = 7;
	memset(&spot->chain.block_hash, 0xab, BB_HASH_SIZE);
	memset(spot->nonce, 0xcd, sizeof(spot->nonce));
	header.previous = spot->chain.block_hash;
	memcpy(header.nonce, spot->nonce, sizeof(header.nonce));
	bb_block_open(&builder, spot->sealed, SIZE);
	for (uint64_t number = 1; number <= 5; number++) {
		for (uint32_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = number == 2 ? 0 : (uint8_t)(1 + bb_random_below(&random, 255));
		bb_block_add_input(&builder, BB_RECORD_PACKET, number, number, bytes,
				   sizeof(bytes));
	}
	bb_block_measure(&builder, &header);
	bb_identity_from_seed(&signer, seed);
	bb_block_seal(&builder, &header, &signer, &block);
	CU_ASSERT_EQUAL_FATAL(block.header.total_size, SIZE);
	memcpy(spot->disk, spot->sealed, SIZE);
}

static enum bb_remains
look(const struct spot *spot)
{
	return bb_tail_remains(&spot->chain, spot->nonce, spot->disk, sizeof(spot->disk));
}

static uint8_t *
sector_at(struct spot *spot, uint32_t index)
{
	return spot->disk + (size_t)index * BB_SECTOR_SIZE;
}

static bool
is_zeros(const uint8_t *sector)
{
	return bb_is_zero(sector, BB_SECTOR_SIZE);
}

/* Seals what stands in the header's sector with another CRC. */
static void
repair(uint8_t *sector)
{
	bb_put_u32(sector + 504, bb_crc32c(sector, 504));
}

static void
test_a_block_says_how_many_of_its_sectors_are_zeros(void)
{
	struct spot spot;
	struct bb_block block;
	const char *what = "";
	uint32_t zeros = 0;

	make_spot(&spot);
	for (uint32_t i = 0; i < SECTORS; i++)
		zeros += is_zeros(sector_at(&spot, i));
	CU_ASSERT_TRUE(zeros >= 2);
	CU_ASSERT_EQUAL(bb_block_view_frame(&block, spot.disk, SIZE, &what), BB_OK);
	CU_ASSERT_EQUAL(block.header.zero_sectors, zeros);

	/* A header that says otherwise, and agrees with its trailer and its CRC. */
	spot.disk[256]++;
	repair(spot.disk);
	CU_ASSERT_EQUAL(bb_block_view_header(&block, spot.disk), BB_OK);
	memcpy(spot.disk + SIZE - BB_HASH_SIZE, &block.hash, BB_HASH_SIZE);
	CU_ASSERT_EQUAL(bb_block_view_frame(&block, spot.disk, SIZE, &what), BB_ERR_HASH);
	CU_ASSERT_STRING_EQUAL(what, "sectors of zeros");
}

static void
test_zeros_alone_are_nothing(void)
{
	struct spot spot;

	make_spot(&spot);
	memset(spot.disk, 0, sizeof(spot.disk));
	CU_ASSERT_EQUAL(look(&spot), BB_REMAINS_NOTHING);
	spot.disk[sizeof(spot.disk) - 1] = 1;
	CU_ASSERT_EQUAL(look(&spot), BB_REMAINS_CUT);
}

static void
test_any_part_of_a_block_is_cut(void)
{
	struct spot spot;

	make_spot(&spot);
	for (uint32_t written = 0; written < UINT32_C(1) << SECTORS; written++) {
		bool any = false;
		bool whole = true;

		for (uint32_t i = 0; i < SECTORS; i++) {
			const uint8_t *from = spot.sealed + (size_t)i * BB_SECTOR_SIZE;

			if (written >> i & 1)
				memcpy(sector_at(&spot, i), from, BB_SECTOR_SIZE);
			else
				memset(sector_at(&spot, i), 0, BB_SECTOR_SIZE);
			any |= (written >> i & 1) && !is_zeros(from);
			whole &= (written >> i & 1) || is_zeros(from);
		}
		if (whole)
			continue; /* the scan takes that for a block */
		if (look(&spot) != (any ? BB_REMAINS_CUT : BB_REMAINS_NOTHING))
			CU_FAIL("a part of a block is not cut");
	}
}

static void
test_what_lies_behind_does_not_matter(void)
{
	struct spot spot;

	/* A later block of the same burst may be whole, or be cut itself. */
	make_spot(&spot);
	memcpy(spot.disk + SIZE, spot.sealed, SIZE);
	memset(sector_at(&spot, 3), 0, BB_SECTOR_SIZE);
	CU_ASSERT_EQUAL(look(&spot), BB_REMAINS_CUT);
	memset(sector_at(&spot, 0), 0, BB_SECTOR_SIZE);
	CU_ASSERT_EQUAL(look(&spot), BB_REMAINS_CUT);
	memset(spot.disk, 0, SIZE);
	CU_ASSERT_EQUAL(look(&spot), BB_REMAINS_CUT);
	memset(spot.disk + SIZE, 0, SIZE / 2);
	CU_ASSERT_EQUAL(look(&spot), BB_REMAINS_CUT);
}

static void
test_a_changed_byte_anywhere_in_a_written_block_spoils_it(void)
{
	struct spot spot;

	make_spot(&spot);
	for (uint32_t at = 0; at < SIZE; at++) {
		const uint8_t was = spot.disk[at];

		spot.disk[at] ^= (uint8_t)(1u << at % 8);
		if (look(&spot) != BB_REMAINS_SPOILT)
			CU_FAIL("a changed byte is taken for a cut");
		spot.disk[at] = was;
	}
}

static void
test_a_sector_from_elsewhere_spoils_a_written_block(void)
{
	struct spot spot;

	make_spot(&spot);
	for (uint32_t to = 0; to < SECTORS; to++)
		for (uint32_t from = 0; from < SECTORS; from++) {
			const uint8_t *right = spot.sealed + (size_t)to * BB_SECTOR_SIZE;
			const uint8_t *wrong = spot.sealed + (size_t)from * BB_SECTOR_SIZE;

			/* Zeros are what a crash leaves: nobody can know. */
			if (memcmp(right, wrong, BB_SECTOR_SIZE) == 0 || is_zeros(wrong))
				continue;
			memcpy(sector_at(&spot, to), wrong, BB_SECTOR_SIZE);
			CU_ASSERT_EQUAL(look(&spot), BB_REMAINS_SPOILT);
			memcpy(sector_at(&spot, to), right, BB_SECTOR_SIZE);
		}
}

static void
test_a_header_of_another_place_is_spoilt(void)
{
	struct spot spot;
	const uint32_t places[] = { 8 /* height */, 24 /* nonce */, 88 /* previous */ };

	for (uint32_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		make_spot(&spot);
		spot.disk[places[i]] ^= 1;
		repair(spot.disk);
		memset(sector_at(&spot, 1), 0, BB_SECTOR_SIZE);
		CU_ASSERT_EQUAL(look(&spot), BB_REMAINS_SPOILT);
	}
	/* Nor is one cut that has no room: blocks are put where they fit. */
	make_spot(&spot);
	memset(sector_at(&spot, 1), 0, BB_SECTOR_SIZE);
	CU_ASSERT_EQUAL(bb_tail_remains(&spot.chain, spot.nonce, spot.disk, SIZE),
			BB_REMAINS_CUT);
	CU_ASSERT_EQUAL(bb_tail_remains(&spot.chain, spot.nonce, spot.disk, SIZE / 2),
			BB_REMAINS_SPOILT);
}

static void
test_a_watermark_is_met_by_its_block_alone(void)
{
	uint8_t bytes[2 * BB_WATERMARK_SIZE] = { 0 };
	const struct bb_watermark mark = { .count = 1, .height = 5, .block_hash = { { 7 } },
					   .ledger_id = { { 9 } } };
	struct bb_chain chain = { .next_height = 5, .block_hash = { { 7 } },
				  .ledger_id = { { 9 } } };
	struct bb_witness witness;
	struct bb_witness before;

	bb_witness_read(&witness, NULL, 0);
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_NONE);
	bb_witness_read(&witness, bytes, sizeof(bytes));
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_DAMAGED);
	bb_witness_see(&witness, &chain);
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_DAMAGED);
	bb_watermark_encode(bytes, &mark);
	bb_witness_read(&witness, bytes, sizeof(bytes));
	bb_witness_see(&witness, &chain); /* block 4 */
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_AHEAD);
	chain.next_height = 6;
	before = witness;
	bb_witness_see(&witness, &chain);
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_MET);
	chain.block_hash.bytes[31] = 1;
	witness = before;
	bb_witness_see(&witness, &chain);
	CU_ASSERT_EQUAL(witness.state, BB_WITNESS_OTHER);
	chain.block_hash.bytes[31] = 0;
	chain.ledger_id.bytes[31] = 1;
	bb_witness_see(&before, &chain);
	CU_ASSERT_EQUAL(before.state, BB_WITNESS_OTHER);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "another block than the watermark names is damage",
		  test_another_block_than_the_watermark_names_is_damage },
		{ "an end before the watermark is damage",
		  test_an_end_before_the_watermark_is_damage },
		{ "without a whole watermark nothing is judged",
		  test_without_a_whole_watermark_nothing_is_judged },
		{ "what is broken before a later segment is damage",
		  test_what_is_broken_before_a_later_segment_is_damage },
		{ "what is broken and a later block vouches for is damage",
		  test_what_is_broken_and_a_later_block_vouches_for_is_damage },
		{ "a cut block that nothing vouches for is torn",
		  test_a_cut_block_that_nothing_vouches_for_is_torn },
		{ "a spoilt block is damage though nothing vouches for it",
		  test_a_spoilt_block_is_damage_though_nothing_vouches_for_it },
		{ "zeros after the last block are clean",
		  test_zeros_after_the_last_block_are_clean },
		{ "a block says how many of its sectors are zeros",
		  test_a_block_says_how_many_of_its_sectors_are_zeros },
		{ "zeros alone are nothing", test_zeros_alone_are_nothing },
		{ "any part of a block is cut", test_any_part_of_a_block_is_cut },
		{ "what lies behind does not matter", test_what_lies_behind_does_not_matter },
		{ "a changed byte anywhere in a written block spoils it",
		  test_a_changed_byte_anywhere_in_a_written_block_spoils_it },
		{ "a sector from elsewhere spoils a written block",
		  test_a_sector_from_elsewhere_spoils_a_written_block },
		{ "a header of another place is spoilt",
		  test_a_header_of_another_place_is_spoilt },
		{ "a watermark is met by its block alone",
		  test_a_watermark_is_met_by_its_block_alone },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("tail", tests);
}
