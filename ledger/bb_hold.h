/* bb_hold - when a ledger takes nothing new, because its disk has no room for what comes next.
 *
 * Segments are made ahead.  When none is ready and little of the present one is left, what is
 * on its way must still fit: so the gate is shut before the segment is full, and opened when
 * there is room again.
 *
 * Replay   Pure.
 */
#ifndef BB_HOLD_H
#define BB_HOLD_H

#include <stdbool.h>
#include <stdint.h>

/* The part of a segment that is kept for what is on its way: its fourth. */
#define BB_HOLD_PART 4u

/* bb_hold_wanted returns whether nothing new should be taken into a segment of size bytes whose
 * next block would begin at offset, with so many segments ready behind it. */
bool bb_hold_wanted(uint64_t size, uint64_t offset, uint32_t spares);

#endif
