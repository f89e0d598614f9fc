#include "bench/gen_batch.h"

#include <stdlib.h>

#include "base/bb_assert.h"

void
gen_batch_clear(struct gen_batch *batch)
{
	batch->bytes_used = 0;
	batch->count = 0;
	batch->queries = false;
}

void
gen_batch_free(struct gen_batch *batch)
{
	free(batch->bytes);
	free(batch->packets);
	free(batch->order);
	*batch = (struct gen_batch){ 0 };
}

static bool
grow_bytes(struct gen_batch *batch, size_t size)
{
	if (size <= batch->bytes_room - batch->bytes_used)
		return true;
	const size_t room = 2 * batch->bytes_room + size + (1u << 16);
	uint8_t *bytes = realloc(batch->bytes, room);
	if (bytes == NULL)
		return false;
	batch->bytes = bytes;
	batch->bytes_room = room;
	return true;
}

static bool
grow_packets(struct gen_batch *batch)
{
	if (batch->count < batch->room)
		return true;
	const uint32_t room = 2 * batch->room + 1024;
	struct gen_packet *packets = realloc(batch->packets, room * sizeof(packets[0]));
	if (packets == NULL)
		return false;
	batch->packets = packets;
	uint32_t *order = realloc(batch->order, room * sizeof(order[0]));
	if (order == NULL)
		return false;
	batch->order = order;
	batch->room = room;
	return true;
}

struct gen_packet *
gen_batch_add(struct gen_batch *batch, size_t size)
{
	BB_ASSERT(size <= UINT16_MAX);
	if (!grow_bytes(batch, size) || !grow_packets(batch))
		return NULL;

	struct gen_packet *packet = &batch->packets[batch->count];
	*packet = (struct gen_packet){ .offset = batch->bytes_used, .size = (uint16_t)size };
	batch->order[batch->count] = batch->count;
	batch->count++;
	batch->bytes_used += size;
	return packet;
}
