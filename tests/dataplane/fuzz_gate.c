/* fuzz_gate - the first byte chooses: 0, the rest is one payload as a stranger sends it;
 * 1, the same sealed by a member who has a key; otherwise packets for gate_model. */
#include <string.h>

#include "base/bb_assert.h"
#include "tests/dataplane/gate_kit.h"
#include "tests/dataplane/gate_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
judge_payload(const uint8_t *bytes, size_t size, bool sealed)
{
	static struct gate_kit kit;
	static uint8_t payload[BB_PACKET_SIZE_MAX + 64];
	static struct bb_bid bid, untouched;

	if (size > sizeof(payload))
		return;
	gate_kit_start(&kit);
	memcpy(payload, bytes, size);
	if (sealed && size >= BB_PACKET_SIZE_MIN)
		gate_kit_seal(&kit, payload, size, GATE_FAST);
	memset(&bid, 0xee, sizeof(bid));
	memset(&untouched, 0xee, sizeof(untouched));
	const enum bb_result result = bb_gate_check(&kit.gate, payload, size, GATE_NOW, &bid);
	if (result != BB_OK) {
		BB_ASSERT(bb_counted(&kit.counters, BB_COUNT_REFUSED + (uint32_t)result) == 1);
		if (!bb_gate_answered(result))
			BB_ASSERT(memcmp(&bid, &untouched, sizeof(bid)) == 0);
	} else {
		BB_ASSERT(bid.input == payload && bid.input_size + BB_MAC_SIZE == size);
		BB_ASSERT(bid.command_count <= BB_RECORDS_MAX);
	}
	gate_kit_stop(&kit);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct gate_tally tally = { 0 };

	if (size == 0)
		return 0;
	if (bytes[0] <= 1)
		judge_payload(bytes + 1, size - 1, bytes[0] == 1);
	else
		gate_model_drive(bytes + 1, size - 1, &tally);
	return 0;
}
