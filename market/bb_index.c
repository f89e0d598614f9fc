#include "market/bb_index.h"

#include <string.h>

#include "base/bb_assert.h"

static uint32_t
entries_for(uint32_t most)
{
	uint32_t entries = 2;
	while (entries < 2 * most)
		entries *= 2;
	return entries;
}

size_t
bb_index_bytes(uint32_t most)
{
	return bb_arena_round(entries_for(most) * sizeof(struct bb_index_entry));
}

/* The finaliser of splitmix64: two secrets from one. */
static uint64_t
spread(uint64_t bits)
{
	bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
	return bits ^ bits >> 31;
}

void
bb_index_init(struct bb_index *index, struct bb_arena *arena, uint32_t most, uint64_t hash_key)
{
	BB_ASSERT(most <= UINT32_MAX / 4);
	const uint32_t entries = entries_for(most);

	*index = (struct bb_index){
		.entries = bb_arena_take(arena, entries * sizeof(struct bb_index_entry)),
		.secret = { spread(hash_key), spread(~hash_key) },
		.mask = entries - 1,
		.most = most,
	};
}

uint32_t
bb_index_next(const struct bb_index *index, uint32_t hash, uint32_t *at)
{
	for (;; ++*at) {
		const struct bb_index_entry *entry = &index->entries[*at & index->mask];
		if (entry->value == 0)
			return 0;
		if (entry->hash == hash) {
			++*at;
			return entry->value;
		}
	}
}

void
bb_index_add(struct bb_index *index, uint32_t hash, uint32_t value)
{
	BB_ASSERT(value != 0);
	BB_ASSERT(index->count < index->most);

	uint32_t at = hash & index->mask;
	while (index->entries[at].value != 0)
		at = (at + 1) & index->mask;
	index->entries[at] = (struct bb_index_entry){ .hash = hash, .value = value };
	index->count++;
}

void
bb_index_clear(struct bb_index *index)
{
	memset(index->entries, 0, ((size_t)index->mask + 1) * sizeof(index->entries[0]));
	index->count = 0;
}
