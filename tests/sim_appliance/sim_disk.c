#include "tests/sim_appliance/sim_disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

#define NATIVE 8u /* sectors in one of a disk that has larger ones */

static void *
room(size_t count, size_t size)
{
	void *bytes = calloc(count, size);

	BB_ASSERT(bytes != NULL);
	return bytes;
}

void
sim_disk_begin(struct sim_disk *disk, struct bb_random *random)
{
	/* A second run in the same process starts on the same memory. */
	if (disk->pending == NULL) {
		disk->pending = room(SIM_PENDING, sizeof(disk->pending[0]));
		disk->kept_pending = room(SIM_PENDING, sizeof(disk->pending[0]));
		disk->undo = room(SIM_UNDO, sizeof(disk->undo[0]));
		for (uint32_t i = 0; i < SIM_FILES; i++) {
			disk->files[i].seen = room(1, SIM_SEGMENT_SIZE);
			disk->files[i].platter = room(1, SIM_SEGMENT_SIZE);
		}
	}
	disk->random = random;
	for (uint32_t i = 0; i < SIM_FILES; i++)
		disk->files[i].size = 0;
	disk->names = (struct sim_names){ .spares = { SIM_NONE, SIM_NONE }, .mark = SIM_NONE };
	disk->synced = disk->names;
	disk->pending_count = 0;
	disk->operations_left = 0;
	disk->dead = false;
	disk->scarce = false;
	disk->keeping = false;
}

/* Counts an operation; returns whether the power fails in the middle of it. */
static bool
dies(struct sim_disk *disk)
{
	if (disk->operations_left > 0 && --disk->operations_left == 0)
		disk->dead = true;
	return disk->dead;
}

static void
put(struct sim_disk *disk, uint32_t file, bool platter, uint32_t sector,
    const uint8_t bytes[SIM_SECTOR])
{
	struct sim_file *of = &disk->files[file];
	uint8_t *at = (platter ? of->platter : of->seen) + (size_t)sector * SIM_SECTOR;

	if (disk->keeping) {
		BB_ASSERT(disk->undo_count < SIM_UNDO);
		struct sim_sector *undo = &disk->undo[disk->undo_count++];

		undo->file = file << 1 | platter;
		undo->sector = sector;
		memcpy(undo->bytes, at, SIM_SECTOR);
	}
	memcpy(at, bytes, SIM_SECTOR);
}

static void
write_sector(struct sim_disk *disk, uint32_t file, uint32_t sector, const uint8_t *bytes)
{
	const uint8_t *seen = disk->files[file].seen + (size_t)sector * SIM_SECTOR;

	/* What changes nothing cannot be lost. */
	if (memcmp(seen, bytes, SIM_SECTOR) == 0)
		return;
	BB_ASSERT(disk->pending_count < SIM_PENDING);
	struct sim_sector *pending = &disk->pending[disk->pending_count++];

	pending->file = file;
	pending->sector = sector;
	memcpy(pending->bytes, bytes, SIM_SECTOR);
	put(disk, file, false, sector, bytes);
}

uint32_t
sim_disk_make(struct sim_disk *disk, uint64_t size)
{
	static const uint8_t zeros[SIM_SECTOR];
	uint32_t file = 0;

	while (disk->files[file].size != 0)
		file++;
	BB_ASSERT(file < SIM_FILES && size <= SIM_SEGMENT_SIZE && !disk->keeping);
	struct sim_file *of = &disk->files[file];
	const uint32_t older = bb_random_below(disk->random, SIM_FILES);

	of->size = size;
	if (older != file && disk->files[older].size == size)
		memcpy(of->platter, disk->files[older].seen, size);
	else
		memset(of->platter, 0, size);
	memcpy(of->seen, of->platter, size);
	for (uint32_t sector = 0; sector < size / SIM_SECTOR; sector++)
		write_sector(disk, file, sector, zeros);
	return file;
}

void
sim_disk_drop(struct sim_disk *disk, uint32_t file)
{
	uint32_t kept = 0;

	disk->files[file].size = 0;
	for (uint32_t i = 0; i < disk->pending_count; i++)
		if (disk->pending[i].file != file)
			disk->pending[kept++] = disk->pending[i];
	disk->pending_count = kept;
}

enum bb_result
sim_disk_write(struct sim_disk *disk, uint32_t file, const uint8_t *bytes, uint64_t size,
	       uint64_t offset)
{
	uint64_t count = size / SIM_SECTOR;

	BB_ASSERT(size % SIM_SECTOR == 0 && offset % SIM_SECTOR == 0);
	BB_ASSERT(offset + size <= disk->files[file].size);
	if (disk->dead)
		return BB_ERR_IO;
	const bool last = dies(disk);
	if (last)
		count = bb_random_below(disk->random, (uint32_t)count + 1);
	for (uint32_t i = 0; i < count; i++)
		write_sector(disk, file, (uint32_t)(offset / SIM_SECTOR) + i,
			     bytes + (size_t)i * SIM_SECTOR);
	return last ? BB_ERR_IO : BB_OK;
}

enum bb_result
sim_disk_zero(struct sim_disk *disk, uint32_t file, uint64_t offset, uint64_t size)
{
	static const uint8_t zeros[SIM_SEGMENT_SIZE];

	return sim_disk_write(disk, file, zeros, size, offset);
}

/* Puts what is pending for file onto the platter. */
enum bb_result
sim_disk_sync(struct sim_disk *disk, uint32_t file)
{
	uint32_t kept = 0;

	if (disk->dead || dies(disk))
		return BB_ERR_IO;
	for (uint32_t i = 0; i < disk->pending_count; i++) {
		const struct sim_sector *pending = &disk->pending[i];

		if (pending->file == file)
			put(disk, file, true, pending->sector, pending->bytes);
		else
			disk->pending[kept++] = *pending;
	}
	disk->pending_count = kept;
	return BB_OK;
}

enum bb_result
sim_disk_sync_names(struct sim_disk *disk)
{
	if (disk->dead || dies(disk))
		return BB_ERR_IO;
	disk->synced = disk->names;
	return BB_OK;
}

/* Which of the unsynced sectors made it: all ways in which disks are known to fail. */
enum subset { NOTHING, ALL, HALF, FIRST, ALL_BUT_ONE, ONE, ALL_BUT_RUN, FEW, SUBSETS };

struct choice {
	enum subset subset;
	uint32_t at;
	uint32_t run;
};

static bool
is_left(struct bb_random *random, const struct choice *choice, uint32_t index)
{
	switch (choice->subset) {
	case NOTHING: return false;
	case ALL: return true;
	case HALF: return sim_one_in(random, 2);
	case FIRST: return index < choice->at;
	case ALL_BUT_ONE: return index != choice->at;
	case ONE: return index == choice->at;
	case ALL_BUT_RUN: return index < choice->at || index >= choice->at + choice->run;
	case FEW: return sim_one_in(random, 8);
	case SUBSETS: break;
	}
	return false;
}

static struct choice
choose(struct bb_random *random, uint32_t count)
{
	struct choice choice = { .subset = (enum subset)bb_random_below(random, SUBSETS) };

	choice.at = count > 0 ? bb_random_below(random, count) : 0;
	choice.run = 1 + bb_random_below(random, 16);
	return choice;
}

/* Whether two sectors that were written one after the other share one of the disk's own. */
static bool
share(const struct sim_sector *a, const struct sim_sector *b)
{
	return a->file == b->file && a->sector / NATIVE == b->sector / NATIVE;
}

/* Moves a chosen part of what is pending onto the platter and forgets the rest.  Some disks
 * have sectors of 4 KiB: what is written of one at once goes together. */
static void
settle(struct sim_disk *disk, uint32_t file, struct bb_random *random)
{
	const struct choice choice = choose(random, disk->pending_count);
	const bool large = sim_one_in(random, 4);
	const uint32_t count = disk->pending_count;
	uint32_t kept = 0;
	bool left = false;

	sim_report->figures.large += large && count > 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct sim_sector *pending = &disk->pending[i];

		if (i == 0 || !large || !share(pending - 1, pending))
			left = is_left(random, &choice, i);
		if (left && (file == SIM_NONE || pending->file == file))
			put(disk, pending->file, true, pending->sector, pending->bytes);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct sim_sector *pending = &disk->pending[i];
		const uint8_t *platter = disk->files[pending->file].platter +
					 (size_t)pending->sector * SIM_SECTOR;

		if (file == SIM_NONE || pending->file == file)
			put(disk, pending->file, false, pending->sector, platter);
		else
			disk->pending[kept++] = *pending;
	}
	disk->pending_count = kept;
}

void
sim_disk_crash(struct sim_disk *disk, struct bb_random *random)
{
	settle(disk, SIM_NONE, random);
	/* The journal of the file system keeps the order of names, not their time. */
	if (sim_one_in(random, 2))
		disk->names = disk->synced;
	disk->synced = disk->names;
	disk->operations_left = 0;
	disk->dead = false;
}

void
sim_disk_fail(struct sim_disk *disk, uint32_t file)
{
	settle(disk, file, disk->random);
	disk->dead = true;
}

bool
sim_disk_damage(struct sim_disk *disk, uint32_t file, uint32_t sector,
		const uint8_t bytes[SIM_SECTOR])
{
	const uint8_t *now = disk->files[file].platter + (size_t)sector * SIM_SECTOR;

	if (memcmp(now, bytes, SIM_SECTOR) == 0)
		return false;
	put(disk, file, true, sector, bytes);
	put(disk, file, false, sector, bytes);
	return true;
}

uint64_t
sim_disk_map(const struct sim_disk *disk, struct bb_mapping segments[SIM_SEGMENTS])
{
	for (uint32_t i = 0; i < disk->names.segment_count; i++) {
		const struct sim_file *file = &disk->files[disk->names.segments[i]];

		segments[i] = (struct bb_mapping){ file->seen, file->size };
	}
	return disk->names.segment_count;
}

void
sim_disk_keep(struct sim_disk *disk)
{
	BB_ASSERT(!disk->keeping);
	disk->keeping = true;
	disk->undo_count = 0;
	disk->kept_count = disk->pending_count;
	memcpy(disk->kept_pending, disk->pending,
	       disk->pending_count * sizeof(disk->pending[0]));
	disk->kept_names = disk->names;
	disk->kept_synced = disk->synced;
}

void
sim_disk_restore(struct sim_disk *disk)
{
	disk->keeping = false;
	while (disk->undo_count > 0) {
		const struct sim_sector *undo = &disk->undo[--disk->undo_count];

		put(disk, undo->file >> 1, undo->file & 1, undo->sector, undo->bytes);
	}
	disk->pending_count = disk->kept_count;
	memcpy(disk->pending, disk->kept_pending,
	       disk->pending_count * sizeof(disk->pending[0]));
	disk->names = disk->kept_names;
	disk->synced = disk->kept_synced;
	disk->operations_left = 0;
	disk->dead = false;
}
