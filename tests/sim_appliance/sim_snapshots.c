#include "tests/sim_appliance/sim_snapshots.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_save.h"
#include "tests/sim_appliance/sim_store.h"

#define HASH_KEY UINT64_C(0x5aab)

void
sim_snapshots_begin(struct sim_snapshots *snapshots, const struct bb_genesis *genesis,
		    const struct bb_identity *signer)
{
	const size_t room = bb_market_bytes(&genesis->size) +
			    bb_places_bytes(genesis->size.participants);

	snapshots->genesis = genesis;
	snapshots->size = &genesis->size;
	snapshots->signer = signer;
	snapshots->ledger_id = bb_genesis_ledger_id(genesis);
	snapshots->made = 0;
	snapshots->height = 0;
	if (snapshots->memory_room >= room)
		return;
	free(snapshots->memory);
	snapshots->memory = aligned_alloc(BB_ARENA_ALIGN, bb_arena_round(room));
	snapshots->memory_room = room;
	BB_ASSERT(snapshots->memory != NULL);
}

static void
grow(struct sim_snapshot *snapshot, uint64_t size)
{
	if (snapshot->room < size) {
		snapshot->room = 2 * size;
		snapshot->bytes = realloc(snapshot->bytes, snapshot->room);
		BB_ASSERT(snapshot->bytes != NULL);
	}
}

static void
empty_market(struct sim_snapshots *snapshots)
{
	struct bb_arena arena;

	memset(snapshots->memory, 0, snapshots->memory_room);
	bb_arena_init(&arena, snapshots->memory, snapshots->memory_room);
	snapshots->market = bb_market_init(&arena, snapshots->size,
					   snapshots->genesis->operator_key, HASH_KEY);
	bb_places_init(&snapshots->places, &arena, snapshots->size->participants);
}

/* Replays from genesis to the block of this height; false: it is not there. */
static bool
replay_to(struct sim_snapshots *snapshots, const struct sim_disk *disk, uint64_t height)
{
	const struct bb_witness none = { .state = BB_WITNESS_NONE };
	struct bb_recover *recover = &snapshots->recover;

	empty_market(snapshots);
	enum bb_result result =
		bb_recover_start(recover, snapshots->segments,
				 sim_disk_map(disk, snapshots->segments), &none, snapshots->market,
				 &snapshots->places, snapshots->signer->public_key, "snapshot",
				 snapshots->text);

	while (result == BB_OK && recover->pass.scan.chain.next_height <= height)
		result = bb_recover_next(recover);
	return result == BB_OK;
}

/* Writes the records behind the head and fills in what the head says of them. */
static void
write_records(const struct sim_snapshots *snapshots, struct sim_snapshot *to,
	      struct bb_snapshot *head)
{
	struct bb_save save;
	uint64_t at = 0;
	size_t used;

	to->size = BB_SNAPSHOT_HEAD;
	bb_save_start(&save, snapshots->market);
	do {
		grow(to, to->size + BB_SPARSE_ROOM);
		to->size += used = bb_save_next(&save, to->bytes + to->size);
	} while (used > 0);
	head->market_size = to->size - BB_SNAPSHOT_HEAD;
	do {
		grow(to, to->size + BB_SPARSE_ROOM);
		to->size += used = bb_places_next(&snapshots->places, to->bytes + to->size, &at);
	} while (used > 0);
	head->places_size = to->size - BB_SNAPSHOT_HEAD - head->market_size;
	head->market_hash = bb_hash_of(to->bytes + BB_SNAPSHOT_HEAD, head->market_size);
	head->places_hash = bb_hash_of(to->bytes + BB_SNAPSHOT_HEAD + head->market_size,
				       head->places_size);
}

void
sim_snapshots_make(struct sim_snapshots *snapshots, const struct sim_disk *disk, uint64_t now_ns)
{
	const struct bb_pass *pass = &snapshots->recover.pass;
	struct sim_snapshot *to = &snapshots->kept[snapshots->made % SIM_SNAPSHOTS];
	struct bb_witness witness;
	struct bb_snapshot head;

	sim_store_witness(disk, &witness);
	/* There is one of each height, and none of genesis. */
	if (witness.state != BB_WITNESS_AHEAD || witness.watermark.height <= snapshots->height)
		return;
	if (!replay_to(snapshots, disk, witness.watermark.height))
		sim_fail("a snapshot cannot be made: %s", snapshots->text);
	bb_snapshot_of(&head, &pass->scan.chain, pass->block_segment, pass->block_offset);
	head.layout = bb_save_layout(snapshots->size);
	head.made_ns = now_ns;
	write_records(snapshots, to, &head);
	bb_snapshot_encode(to->bytes, &head, snapshots->signer);
	snapshots->made++;
	snapshots->height = head.height;
	sim_report->figures.snapshots++;
}

/* Makes a copy of one of them as a disk may have left it; some are sound. */
static const struct sim_snapshot *
spoil(struct sim_snapshots *snapshots, struct bb_random *random, const struct sim_snapshot *of)
{
	struct sim_snapshot *copy = &snapshots->damaged;
	const struct sim_snapshot *other =
		&snapshots->kept[bb_random_below(random, SIM_SNAPSHOTS)];
	const uint32_t at = bb_random_below(random, (uint32_t)of->size);
	const uint32_t sector = at / SIM_SECTOR * SIM_SECTOR;
	const uint64_t left = of->size - sector < SIM_SECTOR ? of->size - sector : SIM_SECTOR;

	grow(copy, of->size);
	memcpy(copy->bytes, of->bytes, of->size);
	copy->size = of->size;
	switch (bb_random_below(random, 8)) {
	case 0: /* rot; half of it in the head */
		copy->bytes[at % (sim_one_in(random, 2) ? of->size : BB_SNAPSHOT_HEAD)] ^=
			(uint8_t)(1u << bb_random_below(random, 8));
		break;
	case 1: /* a write that was lost */
		memset(copy->bytes + sector, 0, left);
		break;
	case 2: /* torn: its name without all of its bytes */
		copy->size = at;
		break;
	case 3: /* the head of one and the records of another */
		if (other->size >= BB_SNAPSHOT_HEAD && snapshots->made >= SIM_SNAPSHOTS)
			memcpy(copy->bytes, other->bytes, BB_SNAPSHOT_HEAD);
		break;
	default:
		break;
	}
	return copy;
}

/* The watermark of a crash may be older than the one that was seen when it was made. */
static bool
is_newer(const struct bb_snapshot *head, const struct bb_witness *witness)
{
	return witness->state == BB_WITNESS_AHEAD && witness->watermark.height < head->height;
}

/* As bb_snapshots.c reads a file. */
static bool
is_usable(const struct sim_snapshots *snapshots, const struct sim_snapshot *file,
	  const struct sim_beginning *at, struct bb_snapshot *head, struct bb_chain *chain,
	  uint64_t *end)
{
	const char *what = "";

	return file->size >= BB_SNAPSHOT_HEAD &&
	       bb_snapshot_decode(head, file->bytes, &snapshots->ledger_id,
				  snapshots->signer->public_key, &what) == BB_OK &&
	       bb_snapshot_length(head, file->size, &what) == BB_OK &&
	       bb_snapshot_usable(head, bb_save_layout(snapshots->size), at->witness,
				  at->segments, at->segment_count, chain, end, &what) == BB_OK &&
	       bb_snapshot_records(head, file->bytes + BB_SNAPSHOT_HEAD, &what) == BB_OK;
}

static enum bb_result
load(const struct sim_snapshot *file, const struct bb_snapshot *head,
     const struct sim_beginning *at)
{
	const uint8_t *records = file->bytes + BB_SNAPSHOT_HEAD;
	const enum bb_result result = bb_save_load(at->market, records, head->market_size);

	return result != BB_OK ? result :
				 bb_places_load(at->places, records + head->market_size,
						head->places_size);
}

/* The head of one before the records of another is a third, or one that was made as well: when
 * nothing happened in between. */
static bool
was_made(const struct sim_snapshots *snapshots, const struct sim_snapshot *file)
{
	for (uint64_t i = 0; i < SIM_SNAPSHOTS && i < snapshots->made; i++)
		if (file->size == snapshots->kept[i].size &&
		    memcmp(file->bytes, snapshots->kept[i].bytes, file->size) == 0)
			return true;
	return false;
}

enum bb_result
sim_snapshots_resume(struct sim_snapshots *snapshots, struct bb_random *random,
		     const struct sim_beginning *at)
{
	struct sim_figures *figures = &sim_report->figures;
	struct bb_snapshot *head = &snapshots->head;
	struct bb_chain chain;
	uint64_t end = 0;

	for (uint64_t i = 0; i < SIM_SNAPSHOTS && i < snapshots->made; i++) {
		const struct sim_snapshot *of =
			&snapshots->kept[(snapshots->made - 1 - i) % SIM_SNAPSHOTS];
		const struct sim_snapshot *file = spoil(snapshots, random, of);
		const bool sound = was_made(snapshots, file);

		if (!is_usable(snapshots, file, at, head, &chain, &end)) {
			if (sound && !is_newer(head, at->witness) && head->height != at->damaged)
				sim_fail("a sound snapshot of block %" PRIu64 " is passed over",
					 head->height);
			figures->snapshots_bad += !sound;
			continue;
		}
		if (!sound)
			sim_fail("a damaged snapshot is begun with");
		if (load(file, head, at) != BB_OK)
			sim_fail("a sound snapshot cannot be loaded");
		figures->snapshots_used++;
		return bb_recover_resume(at->recover, at->segments, at->segment_count, at->witness,
					 at->market, at->places, head, &chain, end, "snapshot",
					 at->text);
	}
	return BB_ERR_NOT_FOUND;
}
