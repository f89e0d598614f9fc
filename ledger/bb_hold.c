#include "ledger/bb_hold.h"

bool
bb_hold_wanted(uint64_t size, uint64_t offset, uint32_t spares)
{
	return spares == 0 && size - offset < size / BB_HOLD_PART;
}
