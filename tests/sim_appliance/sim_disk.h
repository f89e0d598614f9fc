/* sim_disk - a folder on a disk that forgets: files of sectors, names, a power switch.
 *
 * What a process wrote it reads again at once (seen); on the disk itself (platter) it is
 * only after a sync.  When the power fails, of what was written and not synced any set of
 * sectors is on the platter, in any order; and each name that was changed since the folder
 * was synced is the old one or the new one.
 *
 *	seen == platter, but for the sectors in pending
 *
 * A new file lies on what other files have left: its platter holds old blocks until its
 * zeros are synced.
 *
 * Everything can be undone: between sim_disk_keep and sim_disk_restore the disk may be
 * crashed, read and mended, and is then as before; so thousands of crashes share one history.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "ledger/bb_pass.h"
#include "tests/sim_appliance/sim.h"

#define SIM_SECTOR       512u
#define SIM_SEGMENTS     48u
#define SIM_SPARES       2u
#define SIM_FILES        (SIM_SEGMENTS + 6u)
#define SIM_PENDING      8192u
#define SIM_UNDO         32768u
#define SIM_SEGMENT_SIZE (UINT64_C(256) << 10) /* the largest */
#define SIM_NONE         UINT32_MAX

struct sim_file {
	uint8_t *seen;
	uint8_t *platter;
	uint64_t size; /* 0: free */
};

struct sim_sector {
	uint32_t file;
	uint32_t sector;
	uint8_t bytes[SIM_SECTOR];
};

/* What the folder says. */
struct sim_names {
	uint32_t segments[SIM_SEGMENTS];
	uint32_t segment_count;
	uint32_t spares[SIM_SPARES]; /* SIM_NONE: there is no such name */
	uint32_t mark;
};

struct sim_disk {
	struct bb_random *random;
	struct sim_file files[SIM_FILES];
	struct sim_names names;   /* as a process sees them */
	struct sim_names synced;
	struct sim_sector *pending; /* in the order of writing */
	uint32_t pending_count;
	/* Operations until the power fails in the middle of one; 0: it does not. */
	uint32_t operations_left;
	bool dead;
	bool scarce; /* often full, so that no segment can be made ahead */
	/* What sim_disk_restore needs. */
	bool keeping;
	struct sim_sector *undo; /* file: << 1, plus 1 for the platter */
	uint32_t undo_count;
	struct sim_sector *kept_pending;
	uint32_t kept_count;
	struct sim_names kept_names;
	struct sim_names kept_synced;
};

void sim_disk_begin(struct sim_disk *disk, struct bb_random *random);

/* sim_disk_make makes a file of size zeros, not synced and without a name. */
uint32_t sim_disk_make(struct sim_disk *disk, uint64_t size);
void sim_disk_drop(struct sim_disk *disk, uint32_t file);

/* These fail with BB_ERR_IO when the power goes, and do then what they did so far. */
enum bb_result sim_disk_write(struct sim_disk *disk, uint32_t file, const uint8_t *bytes,
			      uint64_t size, uint64_t offset);
enum bb_result sim_disk_zero(struct sim_disk *disk, uint32_t file, uint64_t offset,
			     uint64_t size);
enum bb_result sim_disk_sync(struct sim_disk *disk, uint32_t file);
enum bb_result sim_disk_sync_names(struct sim_disk *disk);

/* sim_disk_crash fails the power and brings it back; chance decides what is left. */
void sim_disk_crash(struct sim_disk *disk, struct bb_random *random);

/* sim_disk_fail makes a sync of file fail: some sectors are on the platter, the others
 * are forgotten by everyone, and a later sync will find nothing to do. */
void sim_disk_fail(struct sim_disk *disk, uint32_t file);

/* sim_disk_damage changes durable bytes; false: they were these already. */
bool sim_disk_damage(struct sim_disk *disk, uint32_t file, uint32_t sector,
		     const uint8_t bytes[SIM_SECTOR]);

/* sim_disk_map gives out the segments as a process sees them. */
uint64_t sim_disk_map(const struct sim_disk *disk, struct bb_mapping segments[SIM_SEGMENTS]);

void sim_disk_keep(struct sim_disk *disk);
void sim_disk_restore(struct sim_disk *disk);

#endif
