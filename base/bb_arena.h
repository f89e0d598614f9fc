/* bb_arena - all memory of a component, given at boot; then the door shuts.
 *
 * Units    sizes in bytes.
 * Memory   The caller owns the bytes under the arena (mmap, hugepages, malloc in
 *          a test) and keeps them as long as anything taken from it is used.
 * Threads  One, at boot.
 * Errors   Too small or sealed: BB_ASSERT.  Sizes are sums that bb_*_bytes()
 *          functions compute beforehand, so running out is a bug of ours.
 * Replay   Contents start as zeros; addresses never reach a result.
 */
#ifndef BB_ARENA_H
#define BB_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BB_ARENA_ALIGN 64u /* a cache line, so that no two owners share one */

struct bb_arena {
	uint8_t *bytes;
	size_t size;
	size_t used;
	bool sealed;
};

/* bb_arena_init starts an empty arena over size zeroed bytes, 64-aligned. */
void bb_arena_init(struct bb_arena *arena, void *bytes, size_t size);

/* bb_arena_take returns size zeroed bytes, aligned to BB_ARENA_ALIGN. */
void *bb_arena_take(struct bb_arena *arena, size_t size);

/* bb_arena_seal forbids every later bb_arena_take. */
void bb_arena_seal(struct bb_arena *arena);

/* bb_arena_round returns what taking size bytes uses up. */
static inline size_t
bb_arena_round(size_t size)
{
	return (size + BB_ARENA_ALIGN - 1) & ~(size_t)(BB_ARENA_ALIGN - 1);
}

#endif
