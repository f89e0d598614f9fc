/* test_block - the bytes of genesis, segments, watermark and blocks, and what is refused. */
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_crc32c.h"
#include "ledger/bb_roots.h"
#include "tests/bb_test.h"
#include "tests/ledger/disk_model.h"
#include "tests/ledger/ledger_world.h"

/* The format is for ever: these change only with a new version in the magic. */
#define GENESIS_HASH   "cb3a9a40c11ef4a2c286fd0dbf35d72962dfda921d8f0e96589b366bff6ef436"
#define SEGMENT_HASH   "c8d7d02faa56f37fedb5ce58bff39f65ca00c98f3ffdc1e7b920a0ad884eda5f"
#define WATERMARK_HASH "d94f67ec0639b7db3716712119e4313472fa0c4208d0cfbb1dec3c9091276803"
#define BLOCK_HASH     "c067f1739f982fe4007743c24b4bfe014359af5097ddbc544b5347095778d627"

static struct world world;

/* A block of three inputs, sealed with fixed times, keys and nonce. */
static uint8_t golden[16 * BB_BLOCK_ALIGN];
static struct bb_block golden_block;
static struct bb_chain before_golden;
static struct bb_chain after_golden;
static uint8_t nonce[16];

static void
make_golden(void)
{
	static struct bb_outcome outcomes[3][WORLD_OUTCOMES];
	uint8_t genesis[BB_BLOCK_ALIGN];
	uint32_t counts[3];
	struct bb_block_builder builder;
	struct bb_chain_terms terms = { .now_ns = WORLD_START_NS + 5000,
					.signer = &world.signer };

	world_begin(&world, 1);
	disk_nonce(nonce, 0);
	memcpy(terms.nonce, nonce, sizeof(nonce));
	world_chain(&world, &before_golden, genesis, nonce, &golden_block);
	after_golden = before_golden;
	bb_block_open(&builder, golden, sizeof(golden));
	for (uint32_t i = 0; i < 3; i++) {
		counts[i] = world_input(&world, outcomes[i]);
		const struct bb_bid *bid = outcomes[i][counts[i] - 1].packet.bid;

		(void)bb_block_add_input(&builder, BB_RECORD_PACKET, bid->number,
					 bid->sequenced_ns, bid->input, bid->input_size);
	}
	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t j = 0; j + 1 < counts[i]; j++)
			bb_block_add_event(&builder, &outcomes[i][j].event);
	bb_chain_seal(&after_golden, &builder, &terms, &golden_block);
	world_end(&world);
}

static bool
hash_is(const struct bb_hash *hash, const char *hex)
{
	char text[2 * BB_HASH_SIZE + 1];

	for (uint32_t i = 0; i < BB_HASH_SIZE; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", hash->bytes[i]);
	if (strcmp(text, hex) != 0)
		printf("%s\n", text);
	return strcmp(text, hex) == 0;
}

static void
test_golden_bytes_never_change(void)
{
	uint8_t genesis[BB_GENESIS_SIZE];
	uint8_t head[BB_SEGMENT_BLOCKS];
	uint8_t mark[BB_WATERMARK_SIZE];
	struct bb_segment segment = { .index = 3, .size = 1 << 20, .first_height = 9 };
	const struct bb_watermark watermark = { .count = 4, .height = 8, .segment = 2 };
	struct bb_hash hash;

	bb_genesis_encode(genesis, &world.genesis);
	hash = bb_hash_of(genesis, sizeof(genesis));
	CU_ASSERT_TRUE(hash_is(&hash, GENESIS_HASH));
	bb_segment_encode(head, &segment);
	hash = bb_hash_of(head, sizeof(head));
	CU_ASSERT_TRUE(hash_is(&hash, SEGMENT_HASH));
	bb_watermark_encode(mark, &watermark);
	hash = bb_hash_of(mark, sizeof(mark));
	CU_ASSERT_TRUE(hash_is(&hash, WATERMARK_HASH));
	hash = bb_hash_of(golden, golden_block.header.total_size);
	CU_ASSERT_TRUE(hash_is(&hash, BLOCK_HASH));
	CU_ASSERT_EQUAL(golden_block.header.total_size, 4096);
	CU_ASSERT_EQUAL(golden_block.header.input_count, 3);
	CU_ASSERT_EQUAL(golden_block.header.result_count, 3);
}

static void
test_crc32c_has_its_check_value(void)
{
	uint8_t zeros[32] = { 0 };

	CU_ASSERT_EQUAL(bb_crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
	/* RFC 3720, B.4: 32 bytes of zeros. */
	CU_ASSERT_EQUAL(bb_crc32c(zeros, sizeof(zeros)), 0x8a9136aa);
}

static void
test_genesis_comes_back_and_takes_nothing_else(void)
{
	static const char *names[] = {
		"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"a\nb", "\xc2\x85", "\xe2\x82",
	};
	uint8_t bytes[BB_GENESIS_SIZE];
	struct bb_genesis genesis;
	struct bb_genesis again = world.genesis;

	bb_genesis_encode(bytes, &world.genesis);
	CU_ASSERT_EQUAL(bb_genesis_decode(&genesis, bytes, sizeof(bytes)), BB_OK);
	CU_ASSERT_EQUAL(memcmp(&genesis, &world.genesis, sizeof(genesis)), 0);
	CU_ASSERT_EQUAL(bb_genesis_decode(&genesis, bytes, sizeof(bytes) - 1), BB_ERR_FORMAT);
	for (uint32_t i = 204; i < BB_GENESIS_SIZE; i++) {
		bytes[i] = 1;
		CU_ASSERT_EQUAL(bb_genesis_decode(&genesis, bytes, sizeof(bytes)), BB_ERR_FORMAT);
		bytes[i] = 0;
	}
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		memset(again.name, 0, sizeof(again.name));
		memcpy(again.name, names[i], strlen(names[i]));
		bb_genesis_encode(bytes, &again);
		CU_ASSERT_EQUAL(bb_genesis_decode(&genesis, bytes, sizeof(bytes)), BB_ERR_FORMAT);
	}
	memset(again.name, 'x', sizeof(again.name)); /* no zero at its end */
	bb_genesis_encode(bytes, &again);
	CU_ASSERT_EQUAL(bb_genesis_decode(&genesis, bytes, sizeof(bytes)), BB_ERR_FORMAT);
	memset(again.name, 0, sizeof(again.name));
	memcpy(again.name, "Bürgerenergie € 😀", strlen("Bürgerenergie € 😀"));
	bb_genesis_encode(bytes, &again);
	CU_ASSERT_EQUAL(bb_genesis_decode(&genesis, bytes, sizeof(bytes)), BB_OK);
}

static void
test_a_segment_head_survives_the_loss_of_one_copy(void)
{
	uint8_t bytes[BB_SEGMENT_BLOCKS];
	struct bb_segment segment = { .index = 7, .size = 1 << 20, .first_height = 99, .epoch = 2 };
	struct bb_segment read;
	uint32_t damaged = 0;

	bb_segment_encode(bytes, &segment);
	CU_ASSERT_EQUAL(bb_segment_read(&read, bytes, &damaged), BB_OK);
	CU_ASSERT_EQUAL(damaged, 0);
	for (uint32_t i = 0; i < BB_SEGMENT_BLOCKS; i += 13) {
		bytes[i] ^= 0x10;
		memset(&read, 0, sizeof(read));
		CU_ASSERT_EQUAL(bb_segment_read(&read, bytes, &damaged), BB_OK);
		CU_ASSERT_EQUAL(damaged, i < BB_SEGMENT_HEADER_SIZE ? 1 : 2);
		CU_ASSERT_EQUAL(memcmp(&read, &segment, sizeof(read)), 0);
		bytes[i] ^= 0x10;
	}
	segment.index = 8; /* both whole, but not the same */
	uint8_t other[BB_SEGMENT_BLOCKS];
	bb_segment_encode(other, &segment);
	memcpy(bytes, other, BB_SEGMENT_HEADER_SIZE);
	CU_ASSERT_EQUAL(bb_segment_read(&read, bytes, &damaged), BB_ERR_HASH);
	CU_ASSERT_EQUAL(damaged, 3);
}

static void
test_segment_names_are_exact(void)
{
	static const char *wrong[] = { "seg-000000000000001",   "seg-00000000000000001",
				       "seg-000000000000000A",  "seg-000000000000000g",
				       "seg_0000000000000001",  "spare",
				       "seg-00000000000000 1" };
	char name[BB_SEGMENT_NAME_SIZE];
	uint64_t index = 0;

	bb_segment_name(name, UINT64_C(0x123456789abcdef0));
	CU_ASSERT_STRING_EQUAL(name, "seg-123456789abcdef0");
	CU_ASSERT_TRUE(bb_segment_name_read(name, &index));
	CU_ASSERT_EQUAL(index, UINT64_C(0x123456789abcdef0));
	for (uint32_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_FALSE(bb_segment_name_read(wrong[i], &index));
}

static void
test_the_newer_whole_slot_of_the_watermark_counts(void)
{
	uint8_t bytes[2 * BB_WATERMARK_SIZE] = { 0 };
	struct bb_watermark watermark = { .count = 4, .height = 40 };
	struct bb_watermark read;

	CU_ASSERT_EQUAL(bb_watermark_read(&read, bytes, sizeof(bytes)), BB_ERR_FORMAT);
	bb_watermark_encode(bytes, &watermark);
	CU_ASSERT_EQUAL(bb_watermark_read(&read, bytes, sizeof(bytes)), BB_OK);
	watermark.count = 5;
	watermark.height = 50;
	bb_watermark_encode(bytes + BB_WATERMARK_SIZE, &watermark);
	CU_ASSERT_EQUAL(bb_watermark_read(&read, bytes, sizeof(bytes)), BB_OK);
	CU_ASSERT_EQUAL(read.height, 50);
	/* Torn while the newer one was written: the older one stands. */
	bytes[BB_WATERMARK_SIZE + 4000] ^= 1;
	CU_ASSERT_EQUAL(bb_watermark_read(&read, bytes, sizeof(bytes)), BB_OK);
	CU_ASSERT_EQUAL(read.height, 40);
	CU_ASSERT_EQUAL(bb_watermark_read(&read, bytes, sizeof(bytes) - 1), BB_ERR_FORMAT);
}

static enum bb_result
accept(const uint8_t *bytes, uint64_t size, const char **what)
{
	struct bb_chain chain = before_golden;
	struct bb_block block;
	const enum bb_result result = bb_block_view(&block, bytes, size, what);

	if (result != BB_OK)
		return result;
	if (!bb_block_signed(&block, before_golden.signer_key))
		return BB_ERR_BLOCK_SIGNATURE;
	return bb_chain_accept(&chain, &block, nonce, what);
}

static void
test_a_sealed_block_is_accepted_with_the_same_chain(void)
{
	struct bb_chain chain = before_golden;
	struct bb_block block;
	const char *what = "";

	CU_ASSERT_EQUAL(bb_block_view(&block, golden, sizeof(golden), &what), BB_OK);
	CU_ASSERT_EQUAL(memcmp(&block.header, &golden_block.header, sizeof(block.header)), 0);
	CU_ASSERT_EQUAL(memcmp(&block.hash, &golden_block.hash, sizeof(block.hash)), 0);
	CU_ASSERT_EQUAL(bb_chain_accept(&chain, &block, nonce, &what), BB_OK);
	CU_ASSERT_EQUAL(memcmp(&chain, &after_golden, sizeof(chain)), 0);
	/* A second time it does not continue the chain. */
	CU_ASSERT_EQUAL(bb_chain_accept(&chain, &block, nonce, &what), BB_ERR_CHAIN);
}

static void
test_every_flipped_bit_of_a_block_is_found(void)
{
	const uint64_t size = golden_block.header.total_size;
	const char *what = "";

	CU_ASSERT_EQUAL(accept(golden, size, &what), BB_OK);
	for (uint64_t bit = 0; bit < size * 8; bit++) {
		golden[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (accept(golden, size, &what) == BB_OK)
			CU_FAIL("a flipped bit was accepted");
		golden[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	CU_ASSERT_EQUAL(accept(golden, size - 1, &what), BB_ERR_TRUNCATED);
}

/* Seals header again as if it were right: only what the chain knows can find it. */
static enum bb_result
accept_forged(const struct bb_block_header *forged, const char **what)
{
	static uint8_t bytes[sizeof(golden)];
	struct bb_block_builder builder = { .bytes = bytes,
					    .size = sizeof(bytes),
					    .used = BB_BLOCK_HEADER_SIZE + forged->body_size };
	struct bb_block_header header = *forged;
	struct bb_chain chain = before_golden;
	struct bb_block block;

	memcpy(bytes, golden, sizeof(bytes));
	bb_block_seal(&builder, &header, &world.signer, &block);
	const enum bb_result result = bb_block_view(&block, bytes, sizeof(bytes), what);
	return result == BB_OK ? bb_chain_accept(&chain, &block, nonce, what) : result;
}

static void
test_a_block_must_continue_the_chain(void)
{
	struct bb_block_header header;
	const char *what = "";

#define FORGED(change, result, part)                                             \
	do {                                                                     \
		header = golden_block.header;                                    \
		change;                                                          \
		CU_ASSERT_EQUAL(accept_forged(&header, &what), result);          \
		CU_ASSERT_STRING_EQUAL(what, part);                              \
	} while (0)

	FORGED(header.height++, BB_ERR_CHAIN, "height");
	FORGED(header.epoch++, BB_ERR_CHAIN, "epoch");
	FORGED(header.nonce[3] ^= 1, BB_ERR_CHAIN, "segment nonce");
	FORGED(header.durable_height = 1, BB_ERR_CHAIN, "durable height");
	FORGED(header.first_time_ns++, BB_ERR_CHAIN, "time of the first input");
	FORGED(header.sealed_ns = WORLD_START_NS - 1, BB_ERR_CHAIN, "time of sealing");
	FORGED(header.sealed_ns = header.first_time_ns, BB_ERR_CHAIN, "records");
	FORGED(header.previous.bytes[0] ^= 1, BB_ERR_CHAIN, "previous block hash");
	FORGED(header.inputs_root.bytes[0] ^= 1, BB_ERR_HASH, "inputs root");
	FORGED(header.results_root.bytes[0] ^= 1, BB_ERR_HASH, "results root");
	FORGED(header.state_root.bytes[0] ^= 1, BB_ERR_CHAIN, "state root");
	FORGED(header.log_size++, BB_ERR_CHAIN, "log size");
	FORGED(header.log_root.bytes[0] ^= 1, BB_ERR_CHAIN, "log root");
	FORGED(header.input_count++, BB_ERR_HASH, "records");
	FORGED(header.input_count--, BB_ERR_HASH, "records");
	FORGED(header.result_count--, BB_ERR_HASH, "records");
	FORGED(header.input_count = 0, BB_ERR_LENGTH, "header");
	FORGED(header.total_size += BB_BLOCK_ALIGN, BB_ERR_LENGTH, "header");
	FORGED(header.result_count = 1000, BB_ERR_LENGTH, "header");
#undef FORGED
}

/* Changes the body and makes its roots right again, if it still has some. */
static enum bb_result
accept_body(uint64_t offset, uint8_t change)
{
	struct bb_block_header header = golden_block.header;
	struct bb_roots roots;
	const char *what = "";

	golden[BB_BLOCK_HEADER_SIZE + offset] ^= change;
	bb_roots_start(&roots, golden + BB_BLOCK_HEADER_SIZE, &header);
	while (bb_roots_next(&roots) > 0)
		;
	(void)bb_roots_end(&roots, &header.inputs_root, &header.results_root);
	const enum bb_result result = accept_forged(&header, &what);
	golden[BB_BLOCK_HEADER_SIZE + offset] ^= change;
	CU_ASSERT_STRING_EQUAL(what, "records");
	return result;
}

static void
test_records_that_cannot_be_walked_or_follow_are_refused(void)
{
	const uint64_t body_size = golden_block.header.body_size;
	const uint64_t event = body_size - BB_RESULT_SIZE;
	const uint32_t first_size = bb_get_u32(golden + BB_BLOCK_HEADER_SIZE);
	const uint64_t second = bb_record_size(first_size);

	CU_ASSERT_EQUAL(accept_body(0, 0x80), BB_ERR_HASH);  /* size */
	CU_ASSERT_EQUAL(accept_body(3, 0xff), BB_ERR_HASH);  /* size far too large */
	CU_ASSERT_EQUAL(accept_body(4, 0x05), BB_ERR_CHAIN); /* type: tick, with bytes */
	CU_ASSERT_EQUAL(accept_body(4, 0x03), BB_ERR_HASH);  /* type: genesis, with results */
	CU_ASSERT_EQUAL(accept_body(4, 0x02), BB_ERR_HASH);  /* type: recovery, with results */
	CU_ASSERT_EQUAL(accept_body(6, 0x01), BB_ERR_HASH);  /* flags */
	CU_ASSERT_EQUAL(accept_body(8, 0x02), BB_ERR_HASH);  /* number: whose are the results? */
	CU_ASSERT_EQUAL(accept_body(second + 8, 0x01), BB_ERR_HASH);
	CU_ASSERT_EQUAL(accept_body(second + 23, 0x80), BB_ERR_CHAIN); /* time */
	CU_ASSERT_EQUAL(accept_body(event, 0x01), BB_ERR_HASH);        /* size */
	CU_ASSERT_EQUAL(accept_body(event + 4, 0x01), BB_ERR_HASH);    /* type */
	CU_ASSERT_EQUAL(accept_body(event + 8, 0x04), BB_ERR_HASH);    /* number */
	CU_ASSERT_EQUAL(accept_body(event + 8 + 52, 0x7f), BB_ERR_CHAIN); /* kind */
	CU_ASSERT_EQUAL(accept_body(event + 8 + 54, 0x01), BB_ERR_CHAIN); /* zero */
}

/* A body of count inputs, whose packets and events are chance; some have no event.  Returns
 * its header as far as it tells sizes. */
static struct bb_block_header
make_body(struct bb_random *random, uint8_t *bytes, uint64_t size, uint32_t count)
{
	uint8_t packet[300];
	uint32_t events[100];
	struct bb_block_builder builder;
	struct bb_block_header header = { 0 };

	bb_block_open(&builder, bytes, size);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t length = bb_random_below(random, sizeof(packet) + 1);

		for (uint32_t j = 0; j < length; j++)
			packet[j] = (uint8_t)bb_random_next(random);
		events[i] = bb_random_below(random, 3);
		(void)bb_block_add_input(&builder, BB_RECORD_PACKET, i + 1, i, packet, length);
	}
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < events[i]; j++)
			bb_block_add_event(&builder, &(struct bb_event){ .number = i + 1,
									 .record = (uint16_t)j });
	bb_block_measure(&builder, &header);
	return header;
}

static void
test_the_roots_are_of_the_hashes_of_each_input(void)
{
	static uint8_t bytes[128 * 1024];
	struct bb_random random = { 11 };

	for (uint32_t count = 0; count < 100; count++) {
		const struct bb_block_header header =
			make_body(&random, bytes, sizeof(bytes), count);
		const uint8_t *body = bytes + BB_BLOCK_HEADER_SIZE;
		struct bb_block_cursor walk = bb_block_walk(body, header.body_size, count,
							    header.result_count);
		struct bb_hash inputs[100], results[100], inputs_root, results_root;
		struct bb_block_input input;
		struct bb_roots roots;

		for (uint32_t i = 0; bb_block_next(&walk, &input); i++) {
			inputs[i] = bb_hash_of(input.record, input.record_size);
			results[i] = bb_hash_of(input.results, input.result_count * 64);
		}
		CU_ASSERT_FALSE(walk.failed);
		bb_roots_start(&roots, body, &header);
		while (bb_roots_next(&roots) > 0)
			;
		CU_ASSERT_TRUE(bb_roots_end(&roots, &inputs_root, &results_root));
		const struct bb_hash wanted_inputs = bb_hash_of(inputs, count * BB_HASH_SIZE);
		const struct bb_hash wanted_results = bb_hash_of(results, count * BB_HASH_SIZE);
		CU_ASSERT_EQUAL(memcmp(&inputs_root, &wanted_inputs, BB_HASH_SIZE), 0);
		CU_ASSERT_EQUAL(memcmp(&results_root, &wanted_results, BB_HASH_SIZE), 0);
	}
}

/* Whatever part of it never reached the disk: zeros there, or what was there before. */
static void
test_a_torn_block_is_told_without_its_chain(void)
{
	static uint8_t bytes[sizeof(golden)];
	const uint64_t size = golden_block.header.total_size;
	struct bb_block block;
	const char *what = "";

	for (uint64_t at = 0; at < size; at += BB_BLOCK_HEADER_SIZE) {
		const uint8_t *sector = golden + at;

		memcpy(bytes, golden, sizeof(bytes));
		memset(bytes + at, 0, BB_BLOCK_HEADER_SIZE);
		CU_ASSERT_EQUAL(bb_block_view(&block, bytes, size, &what) == BB_OK,
				bb_is_zero(sector, BB_BLOCK_HEADER_SIZE));
		memset(bytes + at, 0x5a, BB_BLOCK_HEADER_SIZE);
		CU_ASSERT_NOT_EQUAL(bb_block_view(&block, bytes, size, &what), BB_OK);
	}
	/* The frame alone knows nothing of the body. */
	memcpy(bytes, golden, sizeof(bytes));
	bytes[BB_BLOCK_HEADER_SIZE + 40] ^= 1;
	CU_ASSERT_EQUAL(bb_block_view_frame(&block, bytes, size, &what), BB_OK);
	CU_ASSERT_EQUAL(bb_block_view(&block, bytes, size, &what), BB_ERR_HASH);
	CU_ASSERT_STRING_EQUAL(what, "inputs root");
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "golden bytes never change", test_golden_bytes_never_change },
		{ "crc32c has its check value", test_crc32c_has_its_check_value },
		{ "genesis comes back and takes nothing else",
		  test_genesis_comes_back_and_takes_nothing_else },
		{ "a segment head survives the loss of one copy",
		  test_a_segment_head_survives_the_loss_of_one_copy },
		{ "segment names are exact", test_segment_names_are_exact },
		{ "the newer whole slot of the watermark counts",
		  test_the_newer_whole_slot_of_the_watermark_counts },
		{ "a sealed block is accepted, with the same chain",
		  test_a_sealed_block_is_accepted_with_the_same_chain },
		{ "every flipped bit of a block is found",
		  test_every_flipped_bit_of_a_block_is_found },
		{ "a block must continue the chain", test_a_block_must_continue_the_chain },
		{ "records that cannot be walked, or cannot follow, are refused",
		  test_records_that_cannot_be_walked_or_follow_are_refused },
		{ "the roots are of the hashes of each input's records and results",
		  test_the_roots_are_of_the_hashes_of_each_input },
		{ "a torn block is told without its chain",
		  test_a_torn_block_is_told_without_its_chain },
		CU_TEST_INFO_NULL,
	};

	make_golden();
	return bb_test_run("block", tests);
}
