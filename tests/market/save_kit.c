#include "tests/market/save_kit.h"

#include <stdio.h>
#include <string.h>

#include "base/bb_arena.h"
#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "market/bb_save.h"

#define ROOM (SAVE_MARKET_MAX / BB_SPARSE_PAGE * BB_SPARSE_ROOM)

static uint8_t saved[2][ROOM];

size_t
save_all(const struct bb_market *market, uint8_t *bytes, size_t size)
{
	static struct bb_save save;
	uint8_t record[BB_SPARSE_ROOM];
	size_t used = 0;
	size_t written;

	bb_save_start(&save, market);
	while ((written = bb_save_next(&save, record)) > 0) {
		BB_ASSERT(written <= size - used);
		memcpy(bytes + used, record, written);
		used += written;
	}
	return used;
}

/* The first record that differs tells what was forgotten: its page, and the mask. */
static void
compare(size_t left_size, size_t right_size)
{
	size_t at = 0;

	if (left_size == right_size && memcmp(saved[0], saved[1], left_size) == 0)
		return;
	while (at < left_size && at < right_size) {
		const size_t record =
			BB_SPARSE_HEAD +
			BB_SPARSE_LINE *
				(size_t)__builtin_popcountll(bb_get_u64(saved[0] + at + 8));
		if (at + record > right_size ||
		    memcmp(saved[0] + at, saved[1] + at, record) != 0)
			break;
		at += record;
	}
	printf("saved bytes differ in page %u: of %zu and %zu bytes, at %zu\n",
	       bb_get_u32(saved[0] + at), left_size, right_size, at);
	for (size_t i = at; i < left_size && i < right_size && i < at + BB_SPARSE_ROOM; i++)
		if (saved[0][i] != saved[1][i])
			printf("  byte %zu of the record: %02x and %02x\n", i - at, saved[0][i],
			       saved[1][i]);
	BB_ASSERT(false);
}

void
save_compare(const struct bb_market *left, const struct bb_market *right)
{
	const size_t left_size = save_all(left, saved[0], ROOM);

	compare(left_size, save_all(right, saved[1], ROOM));
}

struct bb_market *
save_move(struct bb_market *market, uint8_t *memory, size_t size, uint64_t hash_key)
{
	static const uint8_t operator_key[32] = { 0x22 }; /* that of genesis comes with the rest */
	const struct bb_market_size market_size = *bb_market_size(market);
	const size_t used = save_all(market, saved[0], ROOM);
	struct bb_arena arena;

	memset(market, 0xa5, bb_market_bytes(&market_size));
	memset(memory, 0, size);
	bb_arena_init(&arena, memory, size);
	struct bb_market *moved = bb_market_init(&arena, &market_size, operator_key, hash_key);
	const enum bb_result result = bb_save_load(moved, saved[0], used);
	BB_ASSERT(result == BB_OK);
	compare(used, save_all(moved, saved[1], ROOM));
	return moved;
}
