/* bb_sparse - memory that is mostly zeros, as bytes.
 *
 * A record for every page of 4 KiB that is not all zeros, by rising index:
 *
 *	4  index of the page, from 0     4  zero
 *	8  mask: bit i: line i, of 64 bytes, is not all zeros
 *	64 x (bits in mask)              those lines
 *
 * Numbers are little-endian; lines are as they lie in memory.  Equal memory gives equal bytes.
 *
 * Units    bytes; sizes of memory are multiples of 64.
 * Memory   The caller's.
 * Threads  None of its own.
 * Errors   BB_ERR_CORRUPT: what is read is no such record, or reaches beyond the memory.
 * Replay   Pure.
 */
#ifndef BB_SPARSE_H
#define BB_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_result.h"

#define BB_SPARSE_LINE 64u
#define BB_SPARSE_PAGE 4096u
#define BB_SPARSE_HEAD 16u
#define BB_SPARSE_ROOM (BB_SPARSE_HEAD + BB_SPARSE_PAGE) /* of the largest record */

/* bb_sparse_end returns where the page that begins at `at` ends, in memory of size bytes. */
static inline uint64_t
bb_sparse_end(uint64_t at, uint64_t size)
{
	return size - at > BB_SPARSE_PAGE ? at + BB_SPARSE_PAGE : size;
}

/* bb_sparse_mask returns which lines of size bytes, at most a page, are not zeros. */
uint64_t bb_sparse_mask(const uint8_t *bytes, uint64_t size);

/* bb_sparse_put writes the record of a page of size bytes and returns what it takes; 0: the
 * page is zeros and has none. */
size_t bb_sparse_put(uint8_t record[BB_SPARSE_ROOM], uint32_t index, const uint8_t *page,
		     uint64_t size);

/* bb_sparse_next writes the next record of size bytes from *at on, which moves behind its page;
 * 0 after the last. */
size_t bb_sparse_next(uint8_t record[BB_SPARSE_ROOM], const uint8_t *bytes, uint64_t size,
		      uint64_t *at);

/* Records being read. */
struct bb_sparse_reader {
	const uint8_t *bytes;
	uint64_t left;
	uint64_t size; /* of the memory */
	bool there;    /* there is another record, */
	uint64_t page; /* of this page, */
	uint64_t mask; /* with these lines */
};

/* bb_sparse_read begins to read size bytes of records of memory_size bytes of memory. */
enum bb_result bb_sparse_read(struct bb_sparse_reader *reader, const uint8_t *bytes,
			      uint64_t size, uint64_t memory_size);

/* bb_sparse_take writes the lines of the record that is there into page, and looks at the
 * next one. */
enum bb_result bb_sparse_take(struct bb_sparse_reader *reader, uint8_t *page);

#endif
