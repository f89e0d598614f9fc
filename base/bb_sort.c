#include "base/bb_sort.h"

#include <string.h>

#include "base/bb_assert.h"

/* sift lets the element at root sink to its place in a heap whose top comes last. */
static void
sift(uint8_t *elements, uint32_t root, uint32_t count, size_t size, bb_sort_before *before)
{
	uint8_t moved[BB_SORT_SIZE_MAX];
	memcpy(moved, elements + root * size, size);

	for (;;) {
		uint64_t child = 2 * (uint64_t)root + 1;
		if (child >= count)
			break;
		if (child + 1 < count &&
		    before(elements + child * size, elements + (child + 1) * size))
			child++;
		if (!before(moved, elements + child * size))
			break;
		memcpy(elements + root * size, elements + child * size, size);
		root = (uint32_t)child;
	}
	memcpy(elements + root * size, moved, size);
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
