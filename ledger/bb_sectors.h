/* bb_sectors - how many of the sectors of a block are zeros.
 *
 * A disk writes a sector of 512 B whole or not at all, and before a block is written its
 * place is zeros that were flushed.  So what a crash leaves of a block has more sectors of
 * zeros than the block that was sealed; once all are written it has no more, whatever rots
 * in them later, unless a sector rots to zeros.  bb_tail.h draws the conclusion.
 *
 * Units    bytes.
 * Memory   None of its own.
 * Threads  None of its own.
 * Errors   None.
 * Replay   Pure.
 */
#ifndef BB_SECTORS_H
#define BB_SECTORS_H

#include <stdint.h>

#define BB_SECTOR_SIZE 512u

/* bb_sectors_zero counts the sectors of size bytes, a multiple of 512, that are zeros from
 * end to end. */
uint32_t bb_sectors_zero(const uint8_t *bytes, uint64_t size);

#endif
