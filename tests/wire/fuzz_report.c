/* fuzz_report - what a participant's library reads from the network.  Each input is tried
 * as it is, and once more with a MAC that holds. */
#include "tests/wire/wire_kit.h"
#include "wire/bb_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const uint8_t mac_key[BB_MAC_KEY_SIZE] = { 1, 2, 3 };

static void
check(const uint8_t *bytes, size_t size)
{
	static uint8_t again[BB_REPORT_SIZE_MAX];
	struct bb_report_record records[BB_RECORDS_MAX];
	struct bb_report report;

	if (bb_report_decode(bytes, size, mac_key, &report, records) != BB_OK)
		return;
	BB_ASSERT(report.record_count <= BB_RECORDS_MAX);
	BB_ASSERT(bb_report_encode(again, &report, records, mac_key) == size);
	BB_ASSERT(memcmp(again, bytes, size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = kit_copy(bytes, size);

	check(copy, size);
	if (size >= BB_REPORT_SIZE_MIN) {
		bb_mac(copy + size - BB_MAC_SIZE, mac_key, copy, size - BB_MAC_SIZE);
		check(copy, size);
	}
	free(copy);
	return 0;
}
