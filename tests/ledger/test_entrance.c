/* test_entrance - whoever begins to read in the middle believes genesis, and no other head. */
#include <string.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "tests/ledger/ledger_folder.h"

static const char second[] = "seg-0000000000000001";

static struct world world;
static struct folder folder;
static uint8_t *segment; /* the second one, as a file */
static size_t size;
static uint64_t last; /* height */

/* A ledger of two segments. */
static void
begin(uint64_t seed)
{
	struct bb_ledger_place place;

	folder_begin(&folder, &world, seed);
	BB_ASSERT(folder_open(&folder, &world.signer) == BB_OK);
	while (folder.ledger->store.segment == 0)
		folder_run(&folder, 20, true);
	folder_run(&folder, 20, true);
	folder_close(&folder);
	BB_ASSERT(folder_verify(&folder, false, &place) == BB_OK);
	last = place.height;
	segment = folder_read(&folder, second, &size);
}

static void
end(void)
{
	free(segment);
	folder_end(&folder);
}

static bool
count_blocks(void *context, const struct bb_ledger_place *place,
	     const struct bb_ledger_input *input)
{
	(void)place;
	*(uint64_t *)context += input == NULL;
	return true;
}

/* Both ways to begin with the second segment; each must say the same. */
static enum bb_result
enter(void)
{
	const struct bb_ledger_options options = { .signatures = BB_LEDGER_BLOCKS, .from = last };
	struct bb_ledger_report report;
	uint64_t blocks = 0;

	const enum bb_result visited = bb_ledger_each(folder.path, last, UINT64_MAX, count_blocks,
						      &blocks, folder.text);
	CU_ASSERT_EQUAL(blocks, visited == BB_OK ? 1 : 0);
	CU_ASSERT_EQUAL(bb_ledger_verify(folder.path, &options, NULL, &report, folder.text),
			visited);
	return visited;
}

static void
sign_head(const struct bb_identity *signer)
{
	struct bb_segment head;
	uint32_t damaged = 0;

	BB_ASSERT(bb_segment_read(&head, segment, &damaged) == BB_OK);
	memcpy(head.signer_key, signer->public_key, BB_KEY_SIZE);
	bb_segment_encode(segment, &head);
}

/* A signature is no part of a block's hash, so the chain holds whoever signs. */
static void
sign_blocks(const struct bb_identity *signer)
{
	struct bb_block_header header;
	struct bb_block block;

	for (uint64_t at = BB_SEGMENT_BLOCKS;
	     at < size && bb_block_header_decode(&header, segment + at) == BB_OK;
	     at += header.total_size) {
		struct bb_block_builder builder = { .bytes = segment + at,
						    .size = header.total_size,
						    .used = BB_BLOCK_HEADER_SIZE +
							    header.body_size };

		bb_block_seal(&builder, &header, signer, &block);
	}
}

static void
test_a_segment_that_another_key_signed_is_not_entered(void)
{
	begin(1);
	CU_ASSERT_EQUAL(enter(), BB_OK);
	sign_head(&world.operator);
	sign_blocks(&world.operator);
	folder_write(&folder, second, segment, size);
	CU_ASSERT_EQUAL(enter(), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "than genesis"));
	sign_head(&world.signer);
	sign_blocks(&world.signer);
	folder_write(&folder, second, segment, size);
	CU_ASSERT_EQUAL(enter(), BB_OK);
	end();
}

/* All of another ledger, genesis included, as one more segment of this. */
static void
test_a_segment_with_a_genesis_of_its_own_is_not_entered(void)
{
	static struct world stranger;
	struct folder other;
	struct bb_segment head;
	uint32_t damaged = 0;

	folder_begin(&other, &stranger, 7);
	BB_ASSERT(folder_open(&other, &stranger.signer) == BB_OK);
	folder_run(&other, 20, true);
	folder_close(&other);
	begin(2);
	free(segment);
	segment = folder_read(&other, "seg-0000000000000000", &size);
	BB_ASSERT(bb_segment_read(&head, segment, &damaged) == BB_OK);
	head.index = 1;
	bb_segment_encode(segment, &head);
	folder_write(&folder, second, segment, size);
	folder_remove(&folder, "wm");
	last = 20;
	CU_ASSERT_EQUAL(enter(), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "begins anew"));
	end();
	folder_end(&other);
}

static void
test_without_genesis_nothing_is_entered(void)
{
	static const uint8_t zeros[BB_BLOCK_ALIGN];

	begin(3);
	folder_poke(&folder, "seg-0000000000000000", BB_SEGMENT_BLOCKS, zeros, sizeof(zeros));
	CU_ASSERT_EQUAL(enter(), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "genesis"));
	end();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a segment that another key signed is not entered",
		  test_a_segment_that_another_key_signed_is_not_entered },
		{ "a segment with a genesis of its own is not entered",
		  test_a_segment_with_a_genesis_of_its_own_is_not_entered },
		{ "without genesis nothing is entered", test_without_genesis_nothing_is_entered },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("entrance", tests);
}
