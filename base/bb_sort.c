#include "base/bb_sort.h"

#include <string.h>

#include "base/bb_assert.h"

/* sift lets the element at root sink to its place in a heap whose top comes last.  Nearly all
 * of them sink nearly all the way, so the way down is found first, by comparing children
 * alone, and the place on it from below: half as many comparisons (Wegener 1993). */
static void
sift(uint8_t *elements, uint32_t root, uint32_t count, size_t size, bb_sort_before *before)
{
	uint8_t moved[BB_SORT_SIZE_MAX];
	uint32_t way[32]; /* one for each level that 32 bits can count */
	uint32_t depth = 0;

	way[0] = root;
	for (uint64_t child = 2 * (uint64_t)root + 1; child < count; child = 2 * child + 1) {
		if (child + 1 < count &&
		    before(elements + child * size, elements + (child + 1) * size))
			child++;
		way[++depth] = (uint32_t)child;
	}
	memcpy(moved, elements + (size_t)root * size, size);
	while (depth > 0 && before(elements + way[depth] * size, moved))
		depth--;
	for (uint32_t i = 0; i < depth; i++)
		memcpy(elements + way[i] * size, elements + way[i + 1] * size, size);
	memcpy(elements + way[depth] * size, moved, size);
}

void
bb_sort(void *elements, uint32_t count, size_t size, bb_sort_before *before)
{
	uint8_t *bytes = elements;
	uint8_t last[BB_SORT_SIZE_MAX];

	BB_ASSERT(size > 0 && size <= BB_SORT_SIZE_MAX);
	for (uint32_t root = count / 2; root-- > 0;)
		sift(bytes, root, count, size, before);
	for (uint32_t left = count; left > 1; left--) {
		memcpy(last, bytes + (left - 1) * size, size);
		memcpy(bytes + (left - 1) * size, bytes, size);
		memcpy(bytes, last, size);
		sift(bytes, 0, left - 1, size, before);
	}
}
