#include "tests/sim_appliance/sim_probe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

#define PROBES_MAX 24u /* of one moment */

static void *
room(size_t size)
{
	void *bytes = aligned_alloc(BB_ARENA_ALIGN, bb_arena_round(size));

	BB_ASSERT(bytes != NULL);
	return bytes;
}

static void
take_memory(struct sim_probe *probe)
{
	struct bb_arena arena;
	const size_t places = bb_places_bytes(SIM_MEMBERS);

	probe->memory_size = bb_market_bytes(&probe->venue->size);
	if (probe->memory_room < probe->memory_size) {
		free(probe->memory);
		free(probe->genesis.market);
		free(probe->late.market);
		probe->memory_room = probe->memory_size;
		probe->memory = room(probe->memory_size);
		probe->genesis.market = room(probe->memory_size);
		probe->late.market = room(probe->memory_size);
	}
	if (probe->places_memory == NULL)
		probe->places_memory = room(places);
	memset(probe->places_memory, 0, places);
	bb_arena_init(&arena, probe->places_memory, places);
	bb_places_init(&probe->places, &arena, SIM_MEMBERS);
}

/* Keeps where recover and the market stand now. */
static void
keep(struct sim_probe *probe, struct sim_start *start)
{
	start->recover = probe->recover;
	memcpy(start->market, probe->memory, probe->memory_size);
}

/* Goes back to start, with the segments and the watermark that are there now. */
static void
resume(struct sim_probe *probe, const struct sim_start *start)
{
	struct bb_pass *pass = &probe->recover.pass;

	probe->recover = start->recover;
	memcpy(probe->memory, start->market, probe->memory_size);
	pass->segment_count = sim_disk_map(probe->venue->disk, probe->segments);
	sim_store_witness(probe->venue->disk, &pass->witness);
}

void
sim_probe_begin(struct sim_probe *probe, struct sim_venue *venue)
{
	const struct bb_witness none = { .state = BB_WITNESS_NONE };

	probe->venue = venue;
	take_memory(probe);
	probe->market = sim_venue_market(venue, probe->memory);
	const enum bb_result result = bb_recover_start(
		&probe->recover, probe->segments, sim_disk_map(venue->disk, probe->segments), &none,
		probe->market, &probe->places, venue->signer.public_key, "probe", probe->text);

	BB_ASSERT(result == BB_OK);
	keep(probe, &probe->genesis);
	keep(probe, &probe->late);
}

/* Which blocks every watermark on the platter has behind it: the late start may have read
 * these, and no more, because a watermark must still meet its block. */
static uint64_t
settled_end(const struct sim_disk *disk)
{
	const uint32_t mark = disk->names.mark;
	uint64_t end = UINT64_MAX;

	if (mark == SIM_NONE || mark != disk->synced.mark)
		return 0;
	for (uint32_t slot = 0; slot < 2; slot++) {
		uint8_t alone[2 * BB_WATERMARK_SIZE] = { 0 };
		struct bb_watermark watermark;

		memcpy(alone, disk->files[mark].platter + (size_t)slot * BB_WATERMARK_SIZE,
		       BB_WATERMARK_SIZE);
		if (bb_watermark_read(&watermark, alone, sizeof(alone)) == BB_OK &&
		    watermark.height < end)
			end = watermark.height;
	}
	return end == UINT64_MAX ? 0 : end;
}

static void
advance_late(struct sim_probe *probe)
{
	const uint64_t end = settled_end(probe->venue->disk);

	if (probe->late.recover.pass.scan.chain.next_height >= end)
		return;
	resume(probe, &probe->late);
	while (probe->recover.pass.scan.chain.next_height < end) {
		if (bb_recover_next(&probe->recover) != BB_OK)
			sim_fail("a durable block cannot be read: %s", probe->text);
		sim_truth_block(probe->venue->truth, &probe->recover);
	}
	/* The end of the pass looks at the signatures of those that it has read itself. */
	probe->recover.pass.blocks = 0;
	keep(probe, &probe->late);
}

/* Opens the ledger; every block that is accepted is held against the truth. */
static enum bb_result
open_ledger(struct sim_probe *probe, bool whole)
{
	enum bb_result result = BB_OK;

	resume(probe, whole ? &probe->genesis : &probe->late);
	sim_report->figures.states++;
	sim_report->figures.whole += whole;
	while ((result = bb_recover_next(&probe->recover)) == BB_OK)
		sim_truth_block(probe->venue->truth, &probe->recover);
	return result;
}

static uint64_t
end_of(const struct sim_probe *probe)
{
	return probe->recover.pass.scan.chain.next_height;
}

static void
judge_honest(struct sim_probe *probe, enum bb_result result)
{
	const bool torn = probe->recover.pass.torn_bytes > 0;

	if (result != BB_ERR_NOT_FOUND)
		sim_fail("false alarm after an honest crash: %s", probe->text);
	sim_truth_end(probe->venue->truth, &probe->recover);
	bb_market_check(probe->market);
	sim_report->figures.torn += torn;
	sim_report->figures.clean += !torn;
}

/* Mends what is torn; returns whether it came to the end before the power failed again. */
static bool
mend(struct sim_probe *probe, bool may_crash)
{
	struct sim_venue *venue = probe->venue;

	if (may_crash)
		venue->disk->operations_left = 1 + bb_random_below(&probe->random, 4);
	const enum bb_result result = sim_store_mend(venue->disk, venue->truth, &probe->recover,
						     &venue->signer, probe->now_ns);

	venue->disk->operations_left = 0;
	if (result != BB_OK) {
		sim_report->figures.again++;
		return false;
	}
	if (bb_scan_tail(&probe->recover.pass.scan) != 0)
		sim_fail("behind the last block of a mended segment there are not zeros");
	sim_report->figures.mended++;
	return true;
}

/* Crashes, opens, mends, crashes again: until the end is mended or was whole. */
static void
crash(struct sim_probe *probe, bool whole)
{
	struct bb_random *random = &probe->random;
	uint32_t depth = sim_report->options.depth;
	struct bb_hash mended;

	for (;;) {
		sim_disk_crash(probe->venue->disk, random);
		judge_honest(probe, open_ledger(probe, whole));
		if (sim_one_in(random, 12))
			sim_again_open(probe, BB_ERR_NOT_FOUND, UINT64_MAX);
		if (probe->recover.pass.torn_bytes == 0)
			return;
		if (mend(probe, depth > 0 && !sim_one_in(random, 3)))
			break;
		depth--;
	}
	mended = probe->recover.pass.scan.chain.block_hash;
	if (!sim_one_in(random, 4))
		return;
	sim_disk_crash(probe->venue->disk, random);
	judge_honest(probe, open_ledger(probe, whole));
	if (probe->recover.pass.torn_bytes > 0 ||
	    memcmp(&mended, &probe->recover.pass.scan.chain.block_hash, sizeof(mended)) != 0)
		sim_fail("what was mended is torn again");
}

/* Other bytes for a sector: what disks are known to do to it. */
static void
spoil(struct sim_probe *probe, uint32_t file, uint32_t sector, uint8_t bytes[SIM_SECTOR])
{
	struct bb_random *random = &probe->random;
	const struct sim_disk *disk = probe->venue->disk;
	const uint32_t segment = bb_random_below(random, disk->names.segment_count);
	const struct sim_file *other = &disk->files[disk->names.segments[segment]];
	const uint32_t from = bb_random_below(random, (uint32_t)(other->size / SIM_SECTOR));

	memcpy(bytes, disk->files[file].platter + (size_t)sector * SIM_SECTOR, SIM_SECTOR);
	switch (bb_random_below(random, 4)) {
	case 0: /* a write that was lost although it was said to be done */
		memset(bytes, 0, SIM_SECTOR);
		break;
	case 1: /* a write that was meant for another place */
		memcpy(bytes, other->platter + (size_t)from * SIM_SECTOR, SIM_SECTOR);
		break;
	case 2: { /* the same, and with what nobody has flushed */
		const uint32_t count = disk->kept_count;

		if (count > 0)
			memcpy(bytes, disk->kept_pending[bb_random_below(random, count)].bytes,
			       SIM_SECTOR);
		break;
	}
	default: /* rot */
		bytes[bb_random_below(random, SIM_SECTOR)] ^= 1u << bb_random_below(random, 8);
	}
}

/* What became of a sector that was to be damaged. */
enum damage { UNCHANGED, CHANGED, ZEROED };

static enum damage
damage(struct sim_probe *probe, uint32_t file, uint64_t offset, uint64_t size)
{
	const uint32_t sector = (uint32_t)(offset / SIM_SECTOR) +
				bb_random_below(&probe->random, (uint32_t)(size / SIM_SECTOR));
	uint8_t bytes[SIM_SECTOR];

	spoil(probe, file, sector, bytes);
	if (!sim_disk_damage(probe->venue->disk, file, sector, bytes))
		return UNCHANGED;
	return bb_is_zero(bytes, SIM_SECTOR) ? ZEROED : CHANGED;
}

/* Whether some witness must know the block of this height: the watermark after its time, a
 * later segment, or a later durable block whose header says that this one was durable. */
static bool
is_witnessed(const struct sim_probe *probe, uint64_t height)
{
	const struct sim_truth *truth = probe->venue->truth;
	const struct sim_block *block = &truth->blocks[truth->chain[height]];

	if (block->durable_ns + SIM_WITNESS_NS <= probe->now_ns ||
	    block->segment + 1 < probe->venue->disk->names.segment_count)
		return true;
	for (uint64_t later = height + 1; later < truth->chain_end; later++) {
		const uint8_t *bytes = truth->blocks[truth->chain[later]].bytes;
		struct bb_block_header header;

		BB_ASSERT(bb_block_header_decode(&header, bytes) == BB_OK);
		if (header.durable_height >= height)
			return true;
	}
	return false;
}

/* A durable block is damaged. */
static void
damage_block(struct sim_probe *probe)
{
	const struct sim_truth *truth = probe->venue->truth;
	const struct sim_disk *disk = probe->venue->disk;
	struct sim_figures *figures = &sim_report->figures;
	uint64_t back = bb_random_below(&probe->random, (uint32_t)truth->chain_end);

	if (sim_one_in(&probe->random, 2))
		back %= 8;
	const uint64_t height = truth->chain_end - 1 - back % truth->chain_end;
	const struct sim_block *block = &truth->blocks[truth->chain[height]];

	const enum damage how =
		damage(probe, disk->names.segments[block->segment], block->offset, block->size);
	if (how == UNCHANGED)
		return;
	const bool witnessed = is_witnessed(probe, height);
	const enum bb_result result =
		open_ledger(probe, height < probe->late.recover.pass.scan.chain.next_height);

	figures->rot++;
	if (sim_one_in(&probe->random, 12))
		sim_again_open(probe, result, height);
	if (result == BB_ERR_CORRUPT) {
		figures->rot_blocks += witnessed;
		figures->rot_window += !witnessed && how == CHANGED;
		figures->rot_zeros += !witnessed && how == ZEROED;
		return;
	}
	/* That it was not accepted has been seen: its bytes are not those sealed. */
	if (result != BB_ERR_NOT_FOUND)
		sim_fail("block %" PRIu64 " is damaged, and reported as something else: %s", height,
			 probe->text);
	if (end_of(probe) > height)
		sim_fail("block %" PRIu64 " is damaged and was read over", height);
	if (witnessed)
		sim_fail("block %" PRIu64 " was durable for %" PRIu64 " us, is damaged, has a "
			 "witness, and was taken for torn", height,
			 (probe->now_ns - block->durable_ns) / 1000);
	if (how != ZEROED)
		sim_fail("block %" PRIu64 " is damaged in a way that no crash can, and was taken "
			 "for torn", height);
	if (end_of(probe) != height)
		sim_fail("block %" PRIu64 " is damaged, and the ledger ends before %" PRIu64,
			 height, end_of(probe));
	figures->rot_zeros_cut++;
}

/* One copy of a segment's head is enough to open; who verifies is told. */
static void
damage_head(struct sim_probe *probe)
{
	const struct sim_disk *disk = probe->venue->disk;
	static struct bb_pass pass;
	const uint32_t segment = bb_random_below(&probe->random, disk->names.segment_count);
	const uint32_t file = disk->names.segments[segment];
	const uint32_t copies = 1 + bb_random_below(&probe->random, 3); /* bits */
	struct bb_block block;
	enum bb_result result;

	for (uint32_t copy = 0; copy < 2; copy++)
		if ((copies >> copy & 1) && damage(probe, file, copy * BB_SEGMENT_HEADER_SIZE,
						   BB_SEGMENT_HEADER_SIZE) == UNCHANGED)
			return;
	result = open_ledger(probe, true);
	sim_report->figures.rot++;
	sim_report->figures.rot_heads++;
	if (copies == 3) {
		if (result != BB_ERR_CORRUPT)
			sim_fail("both heads of segment %u are damaged, and it opens", segment);
		return;
	}
	judge_honest(probe, result);
	BB_ASSERT(bb_pass_start(&pass, probe->segments, disk->names.segment_count, 0,
				&(struct bb_witness){ .state = BB_WITNESS_NONE },
				probe->text) == BB_OK);
	pass.strict_heads = true;
	pass.tolerate_tail = true;
	do
		result = bb_pass_next(&pass, &block);
	while (result == BB_OK);
	if (result != BB_ERR_CORRUPT || strstr(probe->text, "copy of the segment header") == NULL)
		sim_fail("a head of segment %u is damaged, and who verifies is not told", segment);
}

static void
damage_mark(struct sim_probe *probe)
{
	const uint32_t mark = probe->venue->disk->names.mark;
	const uint32_t slots = 1 + bb_random_below(&probe->random, 3); /* bits */

	if (mark == SIM_NONE)
		return;
	for (uint32_t slot = 0; slot < 2; slot++)
		if (slots >> slot & 1)
			(void)damage(probe, mark, slot * BB_WATERMARK_SIZE, BB_WATERMARK_SIZE);

	struct bb_witness witness;
	sim_store_witness(probe->venue->disk, &witness);
	const enum bb_result result = open_ledger(probe, true);

	sim_report->figures.rot++;
	sim_report->figures.rot_marks++;
	/* Torn in one slot and damaged in the other: there is nothing to judge by. */
	if (witness.state == BB_WITNESS_DAMAGED) {
		if (result != BB_ERR_CORRUPT)
			sim_fail("both slots of the watermark are damaged, and it opens");
		return;
	}
	judge_honest(probe, result);
}

static void
rot(struct sim_probe *probe)
{
	const uint32_t what = bb_random_below(&probe->random, 16);

	sim_disk_crash(probe->venue->disk, &probe->random);
	if (what == 0)
		damage_head(probe);
	else if (what == 1)
		damage_mark(probe);
	else
		damage_block(probe);
}

static void
look_once(struct sim_probe *probe)
{
	struct sim_truth *truth = probe->venue->truth;
	struct sim_disk *disk = probe->venue->disk;
	struct bb_random *random = disk->random;
	const uint32_t block_count = truth->block_count;
	const uint64_t bytes_used = truth->bytes_used;

	sim_disk_keep(disk);
	disk->random = &probe->random;
	if (sim_one_in(&probe->random, 4))
		rot(probe);
	else
		crash(probe, sim_one_in(&probe->random, 64));
	disk->random = random;
	sim_disk_restore(disk);
	truth->block_count = block_count;
	truth->bytes_used = bytes_used;
}

void
sim_probe_look(struct sim_probe *probe, uint64_t now_ns)
{
	const struct sim_options *options = &sim_report->options;
	struct bb_random random = sim_stream(options->seed, 'p', sim_report->step);
	const uint32_t count = 1 + bb_random_below(&random, PROBES_MAX);

	if (options->only_step != SIM_ANY && options->only_step != sim_report->step)
		return;
	probe->now_ns = now_ns;
	advance_late(probe);
	for (uint32_t i = 0; i < count; i++) {
		if (options->only_probe != SIM_ANY && options->only_probe != i)
			continue;
		sim_report->probe = i;
		probe->random = sim_stream(options->seed, 'q', (uint64_t)sim_report->step << 8 | i);
		look_once(probe);
	}
	sim_report->probe = SIM_ANY;
}
