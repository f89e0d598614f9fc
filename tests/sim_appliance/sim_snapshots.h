/* sim_snapshots - snapshots of the market beside a simulated ledger: made at random moments, kept
 * over crashes, and damaged in every way before somebody begins with one.
 *
 * What ledger/bb_snapshots.c does with files happens here over bytes: the block that the
 * watermark names is replayed to and saved; of those kept the newest that can be used is.
 *
 * A snapshot that is not byte for byte what was made must be passed over; and a market that
 * began with one must be the market that began at genesis.
 */
#ifndef SIM_SNAPSHOTS_H
#define SIM_SNAPSHOTS_H

#include "ledger/bb_recover.h"
#include "tests/sim_appliance/sim_disk.h"

#define SIM_SNAPSHOTS 3u

struct sim_snapshot {
	uint8_t *bytes;
	uint64_t size;
	uint64_t room;
};

struct sim_snapshots {
	const struct bb_market_size *size;
	const struct bb_genesis *genesis;
	const struct bb_identity *signer;
	struct bb_hash ledger_id;
	struct sim_snapshot kept[SIM_SNAPSHOTS]; /* in turn */
	uint64_t made;
	uint64_t height; /* of the last one */
	struct sim_snapshot damaged; /* a copy of one of them */
	uint8_t *memory; /* of a market and places of its own */
	size_t memory_room;
	struct bb_market *market;
	struct bb_places places;
	struct bb_recover recover;
	struct bb_snapshot head; /* of the one that was begun with */
	struct bb_mapping segments[SIM_SEGMENTS];
	char text[BB_LEDGER_TEXT];
};

/* Where somebody wants to begin. */
struct sim_beginning {
	struct bb_recover *recover;
	const struct bb_mapping *segments;
	uint64_t segment_count;
	const struct bb_witness *witness;
	struct bb_market *market; /* fresh, as are places */
	struct bb_places *places;
	uint64_t damaged; /* height of a block that was; UINT64_MAX: none */
	char *text;
};

/* sim_snapshots_begin forgets those of the run before. */
void sim_snapshots_begin(struct sim_snapshots *snapshots, const struct bb_genesis *genesis,
			 const struct bb_identity *signer);

/* sim_snapshots_make makes one of where the watermark stands, if there is one. */
void sim_snapshots_make(struct sim_snapshots *snapshots, const struct sim_disk *disk,
			uint64_t now_ns);

/* sim_snapshots_resume lets recover go on behind one of them, some of which are found damaged:
 * BB_ERR_NOT_FOUND when none can be used, and nothing was done. */
enum bb_result sim_snapshots_resume(struct sim_snapshots *snapshots, struct bb_random *random,
				    const struct sim_beginning *beginning);

#endif
