/* bb_root - 128 bits that stand for a list of numbers: an order set, a result, postings.
 *
 * Every number is mixed into two lanes with different odd factors (the multiply and shift of
 * MurmurHash3's finaliser), so that lists which differ anywhere differ here, but for chance.
 * It is a checksum by which two who computed the same thing can compare it in an event; it
 * resists no one who searches for a collision.  What proves an event against forgery is the
 * results root of its block, which is SHA-256 (ledger/bb_block.h).
 *
 * Units    none.
 * Memory   A value.
 * Threads  None of its own.
 * Errors   None.
 * Replay   Pure.
 */
#ifndef BB_ROOT_H
#define BB_ROOT_H

#include <stdint.h>

struct bb_root {
	uint64_t lanes[2];
};

static inline uint64_t
bb_root_mix(uint64_t lane, uint64_t value, uint64_t factor)
{
	lane = (lane ^ value) * factor;
	return (lane ^ lane >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
}

static inline void
bb_root_add(struct bb_root *root, uint64_t value)
{
	root->lanes[0] = bb_root_mix(root->lanes[0], value, UINT64_C(0xff51afd7ed558ccd));
	root->lanes[1] = bb_root_mix(root->lanes[1] + 1, value, UINT64_C(0x9e3779b97f4a7c15));
}

/* bb_root_words adds size bytes, a multiple of eight, in the byte order of the machine,
 * which is little-endian wherever busbar runs. */
static inline void
bb_root_words(struct bb_root *root, const void *bytes, uint32_t size)
{
	for (uint32_t at = 0; at + 8 <= size; at += 8) {
		uint64_t word;
		__builtin_memcpy(&word, (const uint8_t *)bytes + at, 8);
		bb_root_add(root, word);
	}
}

#endif
