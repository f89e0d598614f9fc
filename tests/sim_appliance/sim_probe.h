/* sim_probe - thousands of crashes out of one history.
 *
 * At a moment of the run the power fails in one way of many, the ledger is opened by the real
 * code and judged, mended if it is torn, perhaps with another crash in the middle of that; or
 * durable bytes are damaged and the opening must say so.  Then the disk is put back as it was
 * and the run goes on as if nothing had happened.
 *
 * An opening need not begin at genesis: blocks that every watermark on the disk has behind it
 * are read once, market and pass are kept as they are there, and each crash state goes on
 * from that copy.  Some read everything all the same; some are opened once more behind a
 * snapshot, and must come to the same.
 */
#ifndef SIM_PROBE_H
#define SIM_PROBE_H

#include "tests/sim_appliance/sim_venue.h"

/* Where an opening may begin: what was read, and the market's bytes then. */
struct sim_start {
	struct bb_recover recover;
	uint8_t *market;
};

/* The same once more, from a snapshot on, in memory of its own. */
struct sim_again {
	uint8_t *memory;
	size_t room;
	struct bb_market *market;
	struct bb_places places;
	struct bb_recover recover;
	char text[BB_LEDGER_TEXT];
};

struct sim_probe {
	struct sim_venue *venue;
	struct bb_random random;
	uint64_t now_ns;
	uint8_t *memory; /* of the market that all starts are copied into */
	size_t memory_size;
	size_t memory_room;
	struct bb_market *market;
	struct bb_places places;
	void *places_memory;
	struct sim_start genesis;
	struct sim_start late;
	struct sim_again again;
	struct bb_recover recover;
	struct bb_mapping segments[SIM_SEGMENTS];
	char text[BB_LEDGER_TEXT];
};

/* sim_probe_begin starts with a new run. */
void sim_probe_begin(struct sim_probe *probe, struct sim_venue *venue);

/* sim_probe_look judges a number of crash states of this moment. */
void sim_probe_look(struct sim_probe *probe, uint64_t now_ns);

/* sim_again_open opens the ledger behind a snapshot and demands that it comes to what the
 * opening came to that has just ended with result.  Damage before a snapshot is not seen by who
 * begins with one: damaged is the height of a block that was, or UINT64_MAX. */
void sim_again_open(struct sim_probe *probe, enum bb_result result, uint64_t damaged);

#endif
