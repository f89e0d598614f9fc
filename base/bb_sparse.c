#include "base/bb_sparse.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

#define LINES (BB_SPARSE_PAGE / BB_SPARSE_LINE)
#define WORDS (BB_SPARSE_LINE / sizeof(uint64_t))

_Static_assert(LINES == 64, "a bit of the mask each");

uint64_t
bb_sparse_mask(const uint8_t *bytes, uint64_t size)
{
	uint64_t mask = 0;

	for (uint64_t line = 0; line < size / BB_SPARSE_LINE; line++) {
		uint64_t words[WORDS];
		uint64_t any = 0;

		memcpy(words, bytes + line * BB_SPARSE_LINE, sizeof(words));
		for (size_t i = 0; i < WORDS; i++)
			any |= words[i];
		mask |= (uint64_t)(any != 0) << line;
	}
	return mask;
}

size_t
bb_sparse_put(uint8_t record[BB_SPARSE_ROOM], uint32_t index, const uint8_t *page, uint64_t size)
{
	const uint64_t mask = bb_sparse_mask(page, size);
	size_t used = BB_SPARSE_HEAD;

	BB_ASSERT(size <= BB_SPARSE_PAGE && size % BB_SPARSE_LINE == 0);
	if (mask == 0)
		return 0;
	bb_put_u32(record, index);
	bb_put_u32(record + 4, 0);
	bb_put_u64(record + 8, mask);
	for (uint32_t line = 0; line < LINES; line++) {
		if ((mask >> line & 1) == 0)
			continue;
		memcpy(record + used, page + line * BB_SPARSE_LINE, BB_SPARSE_LINE);
		used += BB_SPARSE_LINE;
	}
	return used;
}

size_t
bb_sparse_next(uint8_t record[BB_SPARSE_ROOM], const uint8_t *bytes, uint64_t size, uint64_t *at)
{
	while (*at < size) {
		const uint64_t from = *at;
		const uint64_t end = bb_sparse_end(from, size);
		const size_t used = bb_sparse_put(record, (uint32_t)(from / BB_SPARSE_PAGE),
						  bytes + from, end - from);

		*at = end;
		if (used > 0)
			return used;
	}
	return 0;
}

static uint64_t
record_size(uint64_t mask)
{
	return BB_SPARSE_HEAD + BB_SPARSE_LINE * (uint64_t)__builtin_popcountll(mask);
}

/* Looks at the head of the record at reader->bytes, whose page is first or a later one. */
static enum bb_result
look(struct bb_sparse_reader *reader, uint64_t first)
{
	reader->there = reader->left > 0;
	if (!reader->there)
		return BB_OK;
	if (reader->left < BB_SPARSE_HEAD || bb_get_u32(reader->bytes + 4) != 0)
		return BB_ERR_CORRUPT;
	reader->page = bb_get_u32(reader->bytes);
	reader->mask = bb_get_u64(reader->bytes + 8);
	const uint64_t at = reader->page * BB_SPARSE_PAGE;
	if (reader->page < first || at >= reader->size || reader->mask == 0 ||
	    record_size(reader->mask) > reader->left)
		return BB_ERR_CORRUPT;
	const uint64_t lines = (bb_sparse_end(at, reader->size) - at) / BB_SPARSE_LINE;
	return lines < LINES && reader->mask >> lines != 0 ? BB_ERR_CORRUPT : BB_OK;
}

enum bb_result
bb_sparse_read(struct bb_sparse_reader *reader, const uint8_t *bytes, uint64_t size,
	       uint64_t memory_size)
{
	*reader = (struct bb_sparse_reader){ .bytes = bytes, .left = size, .size = memory_size };
	return look(reader, 0);
}

enum bb_result
bb_sparse_take(struct bb_sparse_reader *reader, uint8_t *page)
{
	const uint8_t *line = reader->bytes + BB_SPARSE_HEAD;
	const uint64_t taken = record_size(reader->mask);

	BB_ASSERT(reader->there);
	for (uint32_t i = 0; i < LINES; i++) {
		if ((reader->mask >> i & 1) == 0)
			continue;
		memcpy(page + i * BB_SPARSE_LINE, line, BB_SPARSE_LINE);
		line += BB_SPARSE_LINE;
	}
	reader->bytes += taken;
	reader->left -= taken;
	return look(reader, reader->page + 1);
}
