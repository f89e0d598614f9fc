/* fuzz_receipt - any bytes as a receipt: refused with a reason, or it proves what it says. */
#include "tests/proof/receipt_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct bb_note_key key = drive_key();

	(void)drive_receipt((const char *)bytes, size, &key);
	return 0;
}
