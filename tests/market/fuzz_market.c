/* fuzz_market - arbitrary commands to two markets, beside the model. */
#include "tests/market/market_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	market_drive(bytes, size, NULL);
	return 0;
}
