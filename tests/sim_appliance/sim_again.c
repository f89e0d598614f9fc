#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "tests/sim_appliance/sim_probe.h"

/* Makes an empty market and empty places. */
static void
take_memory(struct sim_probe *probe)
{
	struct sim_again *again = &probe->again;
	const size_t market = bb_arena_round(bb_market_bytes(&probe->venue->size));
	const size_t places = bb_places_bytes(SIM_MEMBERS);
	struct bb_arena arena;

	if (again->room < market + places) {
		free(again->memory);
		again->room = market + places;
		again->memory = aligned_alloc(BB_ARENA_ALIGN, bb_arena_round(again->room));
	}
	BB_ASSERT(again->memory != NULL);
	again->market = sim_venue_market(probe->venue, again->memory);
	memset(again->memory + market, 0, places);
	bb_arena_init(&arena, again->memory + market, places);
	bb_places_init(&again->places, &arena, SIM_MEMBERS);
}

/* Opens; BB_ERR_NOT_FOUND with *used false: there is no snapshot to begin with. */
static enum bb_result
open_behind(struct sim_probe *probe, uint64_t damaged, bool *used)
{
	struct sim_again *again = &probe->again;
	struct sim_venue *venue = probe->venue;
	struct bb_witness witness;
	const struct sim_beginning beginning = {
		.recover = &again->recover,
		.segments = probe->segments,
		.segment_count = sim_disk_map(venue->disk, probe->segments),
		.witness = &witness,
		.market = again->market,
		.places = &again->places,
		.damaged = damaged,
		.text = again->text,
	};

	sim_store_witness(venue->disk, &witness);
	enum bb_result result =
		sim_snapshots_resume(&venue->snapshots, &probe->random, &beginning);

	*used = result != BB_ERR_NOT_FOUND;
	while (result == BB_OK && (result = bb_recover_next(&again->recover)) == BB_OK)
		sim_truth_block(venue->truth, &again->recover);
	return result;
}

void
sim_again_open(struct sim_probe *probe, enum bb_result result, uint64_t damaged)
{
	const struct bb_pass *first = &probe->recover.pass;
	const struct bb_pass *second = &probe->again.recover.pass;
	bool used = false;

	take_memory(probe);
	const enum bb_result other = open_behind(probe, damaged, &used);

	if (!used || probe->again.recover.snapshot >= damaged)
		return;
	if (other != result)
		sim_fail("behind a snapshot the ledger opens otherwise: %s",
			 other == BB_ERR_NOT_FOUND ? probe->text : probe->again.text);
	sim_report->figures.snapshots_alike++;
	if (result != BB_ERR_NOT_FOUND)
		return;
	if (memcmp(&first->scan.chain.block_hash, &second->scan.chain.block_hash, BB_HASH_SIZE) ||
	    first->torn_bytes != second->torn_bytes)
		sim_fail("behind a snapshot the ledger ends elsewhere");
	sim_twin_compare(probe->market, probe->again.market, "began with a snapshot");
}
