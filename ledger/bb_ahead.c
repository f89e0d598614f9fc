#include "ledger/bb_ahead.h"

#define PAUSE_NS UINT64_C(2000000) /* longer than a block waits to be filled */
#define GAP_NS   UINT64_C(100000)  /* as often as a thread that naps should look */

uint64_t
bb_ahead_quiet_ns(uint64_t ahead, uint64_t segment_size)
{
	const uint64_t fourth = segment_size / 4;

	if (ahead >= 7 * fourth)
		return PAUSE_NS;
	return ahead >= 6 * fourth ? GAP_NS : 0;
}
