/* fuzz_frame - any bytes as a frame.  The first one chooses: bit 0 makes the checksums
 * right, without which almost nothing passes; the other bits are the room behind it. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "dataplane/bb_frame.h"
#include "tests/dataplane/golden_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What comes in must be able to go back. */
static void
send_back(const struct bb_return *back, const uint8_t *payload, uint16_t size)
{
	uint8_t bytes[ROOM];
	struct bb_frame frame;
	struct bb_return again;
	struct bb_interface other = { .has_ipv4 = true, .has_ipv6 = true };

	if (size > BB_FRAME_PAYLOAD_MAX)
		return;
	memcpy(other.mac, back->mac, 6);
	memcpy(back->is_ipv6 ? other.ipv6 : other.ipv4, back->address, back->is_ipv6 ? 16 : 4);
	other.udp_port = back->udp_port;
	memcpy(bytes + bb_frame_headers(back), payload, size);
	const uint16_t written = bb_frame_write(&appliance, back, bytes, size);
	bb_frame_read(&other, bytes, written, sizeof(bytes), &frame, &again);
	BB_ASSERT(frame.kind == BB_FRAME_PAYLOAD);
	BB_ASSERT(frame.payload_size == size);
	BB_ASSERT(memcmp(bytes + frame.payload_offset, payload, size) == 0);
	BB_ASSERT(again.udp_port == appliance.udp_port);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size == 0)
		return 0;
	const size_t room = size - 1 + (bytes[0] >> 1);
	uint8_t *data = malloc(room + 1); /* exact, so that a byte too far is seen */
	uint8_t *before = malloc(size);
	struct bb_frame frame;
	struct bb_return back;

	BB_ASSERT(data != NULL && before != NULL);
	memcpy(data, bytes + 1, size - 1);
	if (bytes[0] & 1)
		frame_mend(data, size - 1);
	memcpy(before, data, size - 1);
	bb_frame_read(&appliance, data, size - 1, room, &frame, &back);
	switch (frame.kind) {
	case BB_FRAME_PAYLOAD:
		BB_ASSERT(frame.payload_offset + frame.payload_size <= size - 1);
		send_back(&back, data + frame.payload_offset, frame.payload_size);
		break;
	case BB_FRAME_ARP:
	case BB_FRAME_NEIGHBOUR:
	case BB_FRAME_ECHO:
		BB_ASSERT(frame.answer_size <= room);
		BB_ASSERT(memcmp(data + 6, appliance.mac, 6) == 0);
		break;
	case BB_FRAME_FOREIGN:
	case BB_FRAME_MALFORMED:
		BB_ASSERT(memcmp(data, before, size - 1) == 0);
		break;
	}
	free(data);
	free(before);
	return 0;
}
