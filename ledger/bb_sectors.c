#include "ledger/bb_sectors.h"

#include <string.h>

#include "base/bb_assert.h"

uint32_t
bb_sectors_zero(const uint8_t *bytes, uint64_t size)
{
	uint32_t count = 0;

	BB_ASSERT(size % BB_SECTOR_SIZE == 0);
	/* Zeros equal themselves shifted by one byte; most sectors differ in the first ones. */
	for (uint64_t at = 0; at < size; at += BB_SECTOR_SIZE) {
		const uint8_t *sector = bytes + at;

		count += sector[0] == 0 && memcmp(sector, sector + 1, BB_SECTOR_SIZE - 1) == 0;
	}
	return count;
}
