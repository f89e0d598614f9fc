/* test_verify - one flipped bit anywhere in a ledger, and verify names the block. */
#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "ledger/bb_audit.h"
#include "tests/ledger/ledger_folder.h"

static struct world world;
static struct folder folder;
static const char *const names[] = { "seg-0000000000000000", "seg-0000000000000001" };

/* The ledger as files, and where its blocks lie. */
static uint8_t *segments[2];
static size_t sizes[2];
static struct {
	uint32_t segment;
	uint64_t start, end;
} blocks[4096];
static uint64_t block_count;

static void
find_blocks(void)
{
	block_count = 0;
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t at = BB_SEGMENT_BLOCKS;
		struct bb_block_header header;

		while (at < sizes[i] &&
		       bb_block_header_decode(&header, segments[i] + at) == BB_OK) {
			BB_ASSERT(header.height == block_count);
			blocks[block_count].segment = i;
			blocks[block_count].start = at;
			at += header.total_size;
			blocks[block_count++].end = at;
		}
	}
}

static void
begin(uint64_t seed)
{
	folder_begin(&folder, &world, seed);
	BB_ASSERT(folder_open(&folder, &world.signer) == BB_OK);
	/* Two segments: one block for each input until the second has begun. */
	while (folder.ledger->store.segment == 0)
		folder_run(&folder, 20, true);
	folder_run(&folder, 60, false);
	folder_close(&folder);
	for (uint32_t i = 0; i < 2; i++)
		segments[i] = folder_read(&folder, names[i], &sizes[i]);
	find_blocks();
}

static void
end(void)
{
	free(segments[0]);
	free(segments[1]);
	folder_end(&folder);
}

/* What verify says of a pass over the two segments in memory: the pass is what it is made
 * of, and hundreds of probes need not go through files. */
static enum bb_result
pass_over(char text[BB_LEDGER_TEXT])
{
	static struct bb_pass pass;
	const struct bb_mapping mappings[2] = { { segments[0], sizes[0] },
						{ segments[1], sizes[1] } };
	const struct bb_witness none = { .state = BB_WITNESS_NONE };
	struct bb_block block;
	enum bb_result result = bb_pass_start(&pass, mappings, 2, 0, &none, text);

	text[0] = '\0';
	pass.strict_heads = true;
	while (result == BB_OK)
		result = bb_pass_next(&pass, &block);
	return result;
}

static bool
names_block(const char *text, uint64_t height)
{
	char wanted[64];

	(void)snprintf(wanted, sizeof(wanted), "block %" PRIu64 " ", height);
	return strstr(text, wanted) != NULL;
}

static void
test_a_flipped_bit_in_a_block_names_the_block(void)
{
	struct bb_random random = { 4711 };
	char text[BB_LEDGER_TEXT];

	begin(1);
	CU_ASSERT_EQUAL(pass_over(text), BB_ERR_NOT_FOUND);
	for (uint32_t probe = 0; probe < 150; probe++) {
		const uint64_t height = bb_random_below(&random, (uint32_t)block_count);
		const uint64_t length = blocks[height].end - blocks[height].start;
		uint8_t *at = segments[blocks[height].segment] + blocks[height].start +
			      bb_random_below(&random, (uint32_t)length);
		const uint8_t bit = (uint8_t)(1u << bb_random_below(&random, 8));

		*at ^= bit;
		const enum bb_result result = pass_over(text);
		CU_ASSERT_TRUE(result != BB_ERR_NOT_FOUND && result != BB_OK);
		CU_ASSERT_TRUE(names_block(text, height));
		*at ^= bit;
	}
	end();
}

static void
test_every_byte_of_a_block_counts(void)
{
	char text[BB_LEDGER_TEXT];

	/* Every byte of genesis, and every seventh of another, padding included. */
	begin(2);
	for (uint64_t height = 0; height <= 5; height += 5) {
		const uint64_t step = height == 0 ? 1 : 7;

		for (uint64_t i = blocks[height].start; i < blocks[height].end; i += step) {
			segments[0][i] ^= 0x20;
			const enum bb_result result = pass_over(text);
			if (result == BB_ERR_NOT_FOUND || !names_block(text, height))
				CU_FAIL("a flipped bit was not found");
			segments[0][i] ^= 0x20;
		}
	}
	end();
}

static void
test_a_flipped_bit_in_a_segment_head_names_the_segment(void)
{
	char text[BB_LEDGER_TEXT];

	begin(3);
	for (uint32_t i = 0; i < 2; i++) {
		for (uint64_t at = i; at < BB_SEGMENT_BLOCKS; at += 211) {
			segments[i][at] ^= 2;
			CU_ASSERT_EQUAL(pass_over(text), BB_ERR_CORRUPT);
			CU_ASSERT_PTR_NOT_NULL(strstr(text, names[i]));
			segments[i][at] ^= 2;
		}
	}
	end();
}

static void
test_a_segment_head_must_belong_to_the_chain(void)
{
	char text[BB_LEDGER_TEXT];
	struct bb_segment sound;
	struct bb_segment forged;
	uint32_t damaged = 0;

	begin(9);
	for (uint32_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(bb_segment_read(&sound, segments[i], &damaged), BB_OK);
		for (uint32_t change = 0; change < 7; change++) {
			forged = sound;
			forged.index += change == 0;
			forged.first_height += change == 1;
			forged.epoch += change == 2;
			forged.previous.bytes[5] ^= change == 3;
			forged.ledger_id.bytes[5] ^= change == 4;
			forged.signer_key[5] ^= change == 5;
			forged.nonce[5] ^= change == 6;
			bb_segment_encode(segments[i], &forged);
			const enum bb_result result = pass_over(text);
			CU_ASSERT_TRUE(result != BB_ERR_NOT_FOUND && result != BB_OK);
			CU_ASSERT_PTR_NOT_NULL(strstr(text, names[i]));
		}
		bb_segment_encode(segments[i], &sound);
		CU_ASSERT_EQUAL(pass_over(text), BB_ERR_NOT_FOUND);
	}
	end();
}

static void
test_a_block_must_be_signed_by_the_venue(void)
{
	char text[BB_LEDGER_TEXT];
	struct bb_block_header header;
	struct bb_block block;

	/* The last one, so that no later hash would have to change with it. */
	begin(10);
	const uint64_t last = block_count - 1;
	uint8_t *at = segments[blocks[last].segment] + blocks[last].start;
	CU_ASSERT_EQUAL(bb_block_header_decode(&header, at), BB_OK);
	struct bb_block_builder builder = { .bytes = at,
					    .size = header.total_size,
					    .used = BB_BLOCK_HEADER_SIZE + header.body_size };
	bb_block_seal(&builder, &header, &world.operator, &block);
	CU_ASSERT_EQUAL(pass_over(text), BB_ERR_BLOCK_SIGNATURE);
	CU_ASSERT_TRUE(names_block(text, last));
	bb_block_seal(&builder, &header, &world.signer, &block);
	CU_ASSERT_EQUAL(pass_over(text), BB_ERR_NOT_FOUND);
	end();
}

static void
test_zeros_behind_the_blocks_must_be_zeros(void)
{
	struct bb_ledger_place place;
	const uint8_t one = 1;

	begin(4);
	const uint64_t last = block_count - 1;
	const uint64_t offsets[] = { blocks[last].end, blocks[last].end + 5000, sizes[1] - 1 };

	CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
	CU_ASSERT_EQUAL(place.height, last);
	for (uint32_t i = 0; i < 3; i++) {
		folder_poke(&folder, names[1], offsets[i], &one, 1);
		CU_ASSERT_NOT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
		CU_ASSERT_TRUE(names_block(folder.text, last + 1));
		CU_ASSERT_EQUAL(place.height, last);
		/* A live ledger may look like that. */
		CU_ASSERT_EQUAL(folder_verify(&folder, true, &place), BB_OK);
		folder_poke(&folder, names[1], offsets[i], (const uint8_t *)"", 1);
	}
	/* But not at the end of a segment that is complete. */
	if (blocks[0].segment == 0 && sizes[0] - BB_BLOCK_ALIGN >= BB_SEGMENT_BLOCKS) {
		uint64_t end_of_first = 0;

		for (uint64_t i = 0; i < block_count; i++)
			if (blocks[i].segment == 0)
				end_of_first = blocks[i].end;
		if (end_of_first < sizes[0]) {
			folder_poke(&folder, names[0], sizes[0] - 1, &one, 1);
			CU_ASSERT_EQUAL(folder_verify(&folder, true, &place), BB_ERR_CORRUPT);
		}
	}
	end();
}

static void
test_a_damaged_last_block_is_known_by_the_watermark(void)
{
	struct bb_ledger_place place;
	const uint64_t offset = 700;

	begin(5);
	const uint64_t last = block_count - 1;
	uint8_t byte = segments[1][blocks[last].start + offset] ^ 1;

	folder_poke(&folder, names[1], blocks[last].start + offset, &byte, 1);
	CU_ASSERT_EQUAL(folder_verify(&folder, true, &place), BB_ERR_CORRUPT);
	CU_ASSERT_TRUE(names_block(folder.text, last));
	CU_ASSERT_EQUAL(place.height, last - 1);
	end();
}

/* Changes one byte of an input, and makes everything right again that needs no
 * participant's key: the venue itself lies. */
static void
test_replay_finds_what_hashes_cannot(void)
{
	static uint8_t bytes[BB_BLOCK_ALIGN * 16];
	struct bb_block_builder builder;
	struct bb_chain chain;
	struct bb_block block;
	struct bb_ledger_place place;
	static struct bb_outcome outcomes[WORLD_OUTCOMES];

	for (uint32_t lie = 0; lie < 4; lie++) {
		struct bb_chain_terms terms = { .durable_height = 0, .signer = &world.signer };

		folder_begin(&folder, &world, 6);
		BB_ASSERT(folder_open(&folder, &world.signer) == BB_OK);
		folder_run(&folder, 20, false);
		chain = folder.ledger->chain;
		const uint64_t offset = folder.ledger->store.offset;
		memcpy(terms.nonce, folder.ledger->store.nonce, sizeof(terms.nonce));
		folder_close(&folder);

		const uint32_t count = world_input(&world, outcomes);
		struct world_packet *packet = world.packets[world.packet_count - 1];
		const struct bb_bid *bid = &packet->bid;
		if (lie == 1)
			packet->bytes[BB_PACKET_HEADER_SIZE + 20] ^= 1; /* its quantity */
		if (lie == 2)
			outcomes[0].event.remaining_wh ^= 1;
		bb_block_open(&builder, bytes, sizeof(bytes));
		(void)bb_block_add_input(&builder, BB_RECORD_PACKET, bid->number,
					 bid->sequenced_ns, bid->input, bid->input_size);
		for (uint32_t i = 0; i + 1 < count - (lie == 3 ? 1 : 0); i++)
			bb_block_add_event(&builder, &outcomes[i].event);
		terms.now_ns = chain.sealed_ns;
		bb_chain_seal(&chain, &builder, &terms, &block);
		folder_poke(&folder, names[0], offset, bytes, block.header.total_size);

		const enum bb_result wanted[] = { BB_OK, BB_ERR_SIGNATURE, BB_ERR_REPLAY,
						  BB_ERR_REPLAY };
		CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), wanted[lie]);
		if (lie > 0) {
			CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "input 21"));
			CU_ASSERT_TRUE(names_block(folder.text, block.header.height));
		}
		/* Opening replays too; it takes the participants' signatures as checked. */
		const enum bb_result opened = folder_open(&folder, &world.signer);
		CU_ASSERT_EQUAL(opened, lie == 0 ? BB_OK : BB_ERR_REPLAY);
		if (opened == BB_OK)
			folder_close(&folder);
		folder_end(&folder);
	}
}

struct seen {
	uint64_t blocks;
	uint64_t inputs;
	uint64_t events;
	uint64_t last_height;
	uint64_t stop_at;
	struct bb_hash log_root;
};

static bool
visit(void *context, const struct bb_ledger_place *place, const struct bb_ledger_input *input)
{
	struct seen *seen = context;

	if (input == NULL) {
		CU_ASSERT_TRUE(seen->blocks == 0 || place->height == seen->last_height + 1);
		seen->blocks++;
		seen->last_height = place->height;
		seen->log_root = place->log_root;
		CU_ASSERT_EQUAL(place->log_size, place->number + 1);
		return place->height != seen->stop_at;
	}
	CU_ASSERT_EQUAL(input->height, place->height);
	CU_ASSERT_TRUE(input->number <= place->number);
	for (uint32_t i = 0; i < input->event_count; i++)
		CU_ASSERT_EQUAL(input->events[i].number, input->number);
	if (input->type == BB_RECORD_PACKET) {
		const struct bb_bid *bid = &world.packets[input->number - 1]->bid;

		CU_ASSERT_EQUAL(input->size, bid->input_size);
		CU_ASSERT_EQUAL(memcmp(input->bytes, bid->input, input->size), 0);
		CU_ASSERT_EQUAL(input->time_ns, bid->sequenced_ns);
	}
	seen->inputs++;
	seen->events += input->event_count;
	return true;
}

static void
test_each_visits_what_was_asked_for(void)
{
	struct seen all = { .stop_at = UINT64_MAX };
	struct bb_ledger_place place;

	begin(7);
	const uint64_t last = block_count - 1;

	CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
	CU_ASSERT_EQUAL(bb_ledger_each(folder.path, 0, UINT64_MAX, visit, &all, folder.text),
			BB_OK);
	CU_ASSERT_EQUAL(all.blocks, block_count);
	CU_ASSERT_EQUAL(all.inputs, world.number + 1); /* genesis */
	CU_ASSERT_EQUAL(memcmp(&all.log_root, &place.log_root, BB_HASH_SIZE), 0);
	/* Out of the second segment: its numbers, state and log come from its first block. */
	struct seen some = { .stop_at = UINT64_MAX };
	CU_ASSERT_EQUAL(bb_ledger_each(folder.path, last - 1, last, visit, &some, folder.text),
			BB_OK);
	CU_ASSERT_EQUAL(some.blocks, 2);
	CU_ASSERT_EQUAL(some.last_height, last);
	CU_ASSERT_EQUAL(memcmp(&some.log_root, &place.log_root, BB_HASH_SIZE), 0);
	struct seen few = { .stop_at = 3 };
	CU_ASSERT_EQUAL(bb_ledger_each(folder.path, 2, 10, visit, &few, folder.text), BB_OK);
	CU_ASSERT_EQUAL(few.blocks, 2);
	struct seen none = { .stop_at = UINT64_MAX };
	CU_ASSERT_EQUAL(bb_ledger_each(folder.path, last + 1, last + 9, visit, &none, folder.text),
			BB_OK);
	CU_ASSERT_EQUAL(none.blocks, 0);
	end();
}

static uint64_t progress_calls;

static void
count_progress(void *context, uint64_t bytes_done, uint64_t bytes_total, uint64_t done_blocks,
	       uint64_t inputs)
{
	(void)context;
	CU_ASSERT_TRUE(bytes_done <= bytes_total);
	CU_ASSERT_TRUE(inputs <= world.number && done_blocks <= block_count);
	progress_calls++;
}

static void
test_a_quick_look_needs_no_market(void)
{
	const struct bb_ledger_options options = { .progress = count_progress };
	struct bb_ledger_report report;

	begin(8);
	progress_calls = 0;
	CU_ASSERT_EQUAL(bb_ledger_verify(folder.path, &options, NULL, &report, folder.text),
			BB_OK);
	CU_ASSERT_EQUAL(report.inputs, world.number);
	CU_ASSERT_EQUAL(report.blocks, block_count);
	CU_ASSERT_TRUE(progress_calls > block_count / BB_AUDIT_BLOCKS);
	end();
}

static enum bb_result
verify_from(uint64_t from, struct bb_ledger_report *report)
{
	const struct bb_ledger_options options = { .signatures = BB_LEDGER_BLOCKS, .from = from };

	return bb_ledger_verify(folder.path, &options, NULL, report, folder.text);
}

static void
test_a_tail_is_verified_without_what_comes_before(void)
{
	struct bb_ledger_report report;
	struct bb_segment head;
	uint64_t first = 0;
	uint32_t damaged = 0;

	begin(11);
	const uint64_t last = block_count - 1;
	while (blocks[first].segment == 0)
		first++;
	CU_ASSERT_EQUAL(verify_from(last, &report), BB_OK);
	CU_ASSERT_EQUAL(report.first_height, first);
	CU_ASSERT_EQUAL(report.blocks, block_count - first);
	CU_ASSERT_EQUAL(report.place.height, last);
	CU_ASSERT_EQUAL(verify_from(first - 1, &report), BB_OK);
	CU_ASSERT_EQUAL(report.first_height, 0);
	CU_ASSERT_EQUAL(report.blocks, block_count);
	CU_ASSERT_EQUAL(verify_from(last + 1, &report), BB_ERR_NOT_FOUND);

	/* What lies before is not looked at; what lies behind is. */
	uint8_t byte = segments[0][blocks[first - 1].start + 700] ^ 1;
	folder_poke(&folder, names[0], blocks[first - 1].start + 700, &byte, 1);
	CU_ASSERT_EQUAL(verify_from(last, &report), BB_OK);
	CU_ASSERT_NOT_EQUAL(verify_from(first - 1, &report), BB_OK);
	byte = segments[1][blocks[last - 1].start + 700] ^ 1;
	folder_poke(&folder, names[1], blocks[last - 1].start + 700, &byte, 1);
	CU_ASSERT_NOT_EQUAL(verify_from(last, &report), BB_OK);
	CU_ASSERT_TRUE(names_block(folder.text, last - 1));

	/* Anyone can write a head and sign what comes behind it; but genesis names the venue. */
	CU_ASSERT_EQUAL(bb_segment_read(&head, segments[1], &damaged), BB_OK);
	memcpy(head.signer_key, world.operator.public_key, BB_KEY_SIZE);
	bb_segment_encode(segments[1], &head);
	folder_poke(&folder, names[1], 0, segments[1], BB_SEGMENT_BLOCKS);
	CU_ASSERT_EQUAL(verify_from(last, &report), BB_ERR_CORRUPT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "than genesis"));
	end();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a flipped bit in a block names the block",
		  test_a_flipped_bit_in_a_block_names_the_block },
		{ "every byte of a block counts", test_every_byte_of_a_block_counts },
		{ "a flipped bit in a segment head names the segment",
		  test_a_flipped_bit_in_a_segment_head_names_the_segment },
		{ "a segment head must belong to the chain",
		  test_a_segment_head_must_belong_to_the_chain },
		{ "a block must be signed by the venue",
		  test_a_block_must_be_signed_by_the_venue },
		{ "zeros behind the blocks must be zeros",
		  test_zeros_behind_the_blocks_must_be_zeros },
		{ "a damaged last block is known by the watermark",
		  test_a_damaged_last_block_is_known_by_the_watermark },
		{ "replay finds what hashes cannot", test_replay_finds_what_hashes_cannot },
		{ "each visits what was asked for", test_each_visits_what_was_asked_for },
		{ "a quick look needs no market", test_a_quick_look_needs_no_market },
		{ "a tail is verified without what comes before",
		  test_a_tail_is_verified_without_what_comes_before },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("verify", tests);
}
