/* test_seal - the sums of a block are made twice, by whoever and in whatever order; what changes
 * between the two is not signed. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "tests/ledger/ledger_world.h"

#define ROOM 65536u

enum order { ALL_IN_ONE, AGAIN_FIRST, CLOSE_FIRST, SIDE_BY_SIDE, ORDERS };

static struct world world;
static struct bb_chain genesis; /* what the blocks here continue */
static const uint8_t nonce[16] = { 7 };
static struct bb_chain_terms terms;
static _Alignas(BB_BLOCK_ALIGN) uint8_t bytes[ROOM];
static struct bb_block_builder builder;
static struct bb_chain chain;
static struct bb_seal seal;

static void
begin(uint64_t seed)
{
	static uint8_t first[BB_BLOCK_ALIGN];
	struct bb_block block;

	world_begin(&world, seed);
	world_chain(&world, &genesis, first, nonce, &block);
	terms = (struct bb_chain_terms){ .now_ns = WORLD_START_NS + 1, .signer = &world.signer };
	memcpy(terms.nonce, nonce, sizeof(nonce));
}

/* The body of so many inputs of the world, at the end of chain. */
static void
fill(uint32_t inputs)
{
	static struct bb_event events[WORLD_OUTCOMES];
	static struct bb_outcome outcomes[WORLD_OUTCOMES];
	uint32_t event_count = 0;

	chain = genesis;
	bb_block_open(&builder, bytes, ROOM);
	for (uint32_t i = 0; i < inputs; i++) {
		const uint32_t count = world_input(&world, outcomes);
		const struct bb_bid *bid = outcomes[count - 1].packet.bid;

		for (uint32_t j = 0; j + 1 < count; j++)
			events[event_count++] = outcomes[j].event;
		(void)bb_block_add_input(&builder,
					 bb_bid_is_tick(bid) ? BB_RECORD_TICK : BB_RECORD_PACKET,
					 bid->number, bid->sequenced_ns, bid->input,
					 bid->input_size);
	}
	for (uint32_t j = 0; j < event_count; j++)
		bb_block_add_event(&builder, &events[j]);
}

static void *
sum_again(void *argument)
{
	bb_chain_again(argument);
	return NULL;
}

static void
seal_in(enum order order)
{
	pthread_t sealer;

	if (order == ALL_IN_ONE) {
		bb_chain_seal(&chain, &builder, &terms, &seal.block);
		return;
	}
	bb_chain_begin(&chain, &builder, &terms, &seal);
	if (order == AGAIN_FIRST)
		bb_chain_again(&seal);
	if (order == SIDE_BY_SIDE)
		BB_ASSERT(pthread_create(&sealer, NULL, sum_again, &seal) == 0);
	bb_chain_close(&chain, &builder, &seal);
	if (order == CLOSE_FIRST)
		bb_chain_again(&seal);
	if (order == SIDE_BY_SIDE)
		BB_ASSERT(pthread_join(sealer, NULL) == 0);
	bb_chain_sign(&seal);
}

static void
test_the_order_of_the_sums_does_not_matter(void)
{
	static uint8_t whole[ROOM];

	for (uint32_t order = 0; order < ORDERS; order++) {
		struct bb_chain reader;
		struct bb_block block;
		const char *what = "";

		begin(3);
		fill(40);
		seal_in((enum order)order);
		const uint64_t size = seal.block.header.total_size;
		CU_ASSERT_EQUAL(chain.next_height, 2);
		if (order == ALL_IN_ONE)
			memcpy(whole, bytes, size);
		CU_ASSERT_EQUAL(memcmp(whole, bytes, size), 0);

		reader = genesis;
		CU_ASSERT_EQUAL(bb_block_view_frame(&block, bytes, size, &what), BB_OK);
		CU_ASSERT_TRUE(bb_block_signed(&block, world.signer.public_key));
		CU_ASSERT_EQUAL(bb_chain_accept(&reader, &block, nonce, &what), BB_OK);
		CU_ASSERT_EQUAL(memcmp(&reader.block_hash, &chain.block_hash,
				       sizeof(chain.block_hash)), 0);
		world_end(&world);
	}
}

/* What a spoiled block comes to: in a process of its own, since it is to end there. */
static bool
is_signed(enum order order, uint64_t at)
{
	int status = 0;
	const pid_t child = fork();

	BB_ASSERT(child >= 0);
	if (child == 0) {
		BB_ASSERT(close(STDERR_FILENO) == 0); /* each says why it ends */
		bb_chain_begin(&chain, &builder, &terms, &seal);
		if (order == AGAIN_FIRST)
			bb_chain_again(&seal);
		else
			bb_chain_close(&chain, &builder, &seal);
		bytes[at] ^= 0x10;
		if (order == AGAIN_FIRST)
			bb_chain_close(&chain, &builder, &seal);
		else
			bb_chain_again(&seal);
		bb_chain_sign(&seal);
		_exit(0);
	}
	BB_ASSERT(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_what_changes_between_the_sums_is_not_signed(void)
{
	begin(4);
	fill(12);
	for (uint64_t at = BB_BLOCK_HEADER_SIZE; at < builder.used; at += 37) {
		CU_ASSERT_FALSE(is_signed(AGAIN_FIRST, at));
		CU_ASSERT_FALSE(is_signed(CLOSE_FIRST, at));
	}
	world_end(&world);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the order of the sums does not matter",
		  test_the_order_of_the_sums_does_not_matter },
		{ "what changes between the sums is not signed",
		  test_what_changes_between_the_sums_is_not_signed },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("seal", tests);
}
