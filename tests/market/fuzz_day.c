/* fuzz_day - arbitrary commands to two venues with a calendar. */
#include "tests/market/day_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	day_drive(bytes, size, NULL);
	return 0;
}
