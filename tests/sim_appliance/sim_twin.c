#include "tests/sim_appliance/sim_twin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "tests/sim_appliance/sim.h"

#define HASH_KEY UINT64_C(0x7177)

void
sim_twin_begin(struct sim_twin *twin, const struct bb_market_size *size,
	       const uint8_t operator_key[32])
{
	const size_t room = bb_market_bytes(size);
	struct bb_arena arena;

	if (twin->room < room) {
		free(twin->memory);
		twin->memory = aligned_alloc(BB_ARENA_ALIGN, bb_arena_round(room));
		twin->room = room;
	}
	BB_ASSERT(twin->memory != NULL);
	twin->size = *size;
	memcpy(twin->operator_key, operator_key, sizeof(twin->operator_key));
	memset(twin->memory, 0, room);
	bb_arena_init(&arena, twin->memory, room);
	twin->market = bb_market_init(&arena, size, operator_key, HASH_KEY);
}

void
sim_twin_apply(struct sim_twin *twin, const struct bb_bid *bid)
{
	struct bb_event events[BB_SLICE_EVENTS]; /* replay holds them against what is recorded */
	uint32_t count = 0;

	while (!bb_market_step(twin->market, bid, events, &count))
		;
}

void
sim_twin_compare(const struct bb_market *other, const struct bb_market *market, const char *who)
{
	static struct bb_save saves[2];
	static uint8_t records[2][BB_SPARSE_ROOM];
	size_t sizes[2];

	bb_save_start(&saves[0], other);
	bb_save_start(&saves[1], market);
	do {
		sizes[0] = bb_save_next(&saves[0], records[0]);
		sizes[1] = bb_save_next(&saves[1], records[1]);
		if (sizes[0] != sizes[1] || memcmp(records[0], records[1], sizes[0]) != 0)
			sim_fail("after input %" PRIu64 " the market remembers something else "
				 "than one that %s, near offset %" PRIu64,
				 bb_market_number(market), who, saves[0].at);
	} while (sizes[0] > 0);
}
