/* bb_ahead - when the keeper writes zeros to a disk that must take blocks too.
 *
 * Each byte of a block lies where a zero lay before, so in the long run both are written at one
 * rate, and only when is a choice.  As with the gears of bLSM (Sears and Ramakrishnan, SIGMOD
 * 2012) the progress of the one is held against that of the other, not against a clock: ahead
 * is how far zeros lie in front of the next block, the rest of its segment included.
 *
 *	ahead, in segments    the next zeros are written
 *	7/4 and more          when no block was on its way for 2 ms
 *	6/4 to 7/4            when no block is on its way
 *	less                  at once
 *
 * After a pause it is 2 to 3 segments, so that blocks come for a while and meet no zeros.
 * Where there is no pause it stays near 6/4: a byte of zeros for each of a block, and a segment
 * is ready when half of the one before is filled, a fourth before bb_hold.h shuts the gate.
 *
 * Replay   Pure.
 */
#ifndef BB_AHEAD_H
#define BB_AHEAD_H

#include <stdint.h>

/* bb_ahead_quiet_ns returns for how long no block must have been on its way to the disk before
 * the next zeros are; 0: they do not wait. */
uint64_t bb_ahead_quiet_ns(uint64_t ahead, uint64_t segment_size);

#endif
