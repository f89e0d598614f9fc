/* ledger/bb_segment.c once more, with a smaller least segment: so that a run of some hundred
 * blocks goes through many segments, and a crash state is read in microseconds.  The linker
 * takes these functions and not those of the library. */
#include "base/bb_limits.h"

#undef BB_SEGMENT_SIZE_MIN
#define BB_SEGMENT_SIZE_MIN (UINT64_C(16) << 10)

#include "ledger/bb_segment.c"
