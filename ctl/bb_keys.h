/* bb_keys - the key tables of busbard: how large, where they lie, who builds them.
 *
 * With verify = fast or both each participant's key gets a table (dataplane/bb_verify.h).  Their
 * places are one mapping, in huge pages where there are any, sized for the whole venue; a place
 * takes memory only when its participant comes.
 *
 * Units    sizes in bytes.
 * Memory   8 MiB for the base point, and participants x table size.
 * Threads  Planned and started by the control thread.  bb_keys_add may run in several threads
 *          before any lcore runs, each with another participant; after that in the control
 *          thread alone.
 * Errors   false, and a line has been printed; bb_keys_add: there is no table for this key.
 */
#ifndef BB_KEYS_H
#define BB_KEYS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_limits.h"
#include "ctl/bb_pages.h"
#include "wire/bb_table.h"

struct bb_daemon;

struct bb_keys {
	struct bb_pages base;
	struct bb_pages places;
	struct bb_point *scratch; /* the control thread's */
	_Atomic uint32_t tables;  /* that are there */
	bool built[BB_PARTICIPANTS_MAX + 1];
};

/* bb_keys_plan chooses the size of tables: as configured; else 64 KiB for venues of up to
 * 2,000 participants, 8 KiB for larger ones, and less or none where that would take more than
 * a quarter of free_bytes.  Returns the most that they will take. */
uint64_t bb_keys_plan(struct bb_daemon *daemon, uint64_t free_bytes);

/* bb_keys_start maps the memory and makes the base point's table. */
bool bb_keys_start(struct bb_daemon *daemon);

/* bb_keys_add makes sure that a participant's table is there, before its entry is published.
 * scratch: bb_keys_scratch_bytes. */
bool bb_keys_add(struct bb_daemon *daemon, uint32_t participant, const uint8_t key[32],
		 struct bb_point *scratch);
size_t bb_keys_scratch_bytes(const struct bb_daemon *daemon);

/* bb_keys_remove gives a table's memory back, after the grace period of the last entry that
 * named it. */
void bb_keys_remove(struct bb_daemon *daemon, uint32_t participant);

/* bb_keys_names tells how signatures are checked, and which code of this CPU does it. */
void bb_keys_names(const struct bb_daemon *daemon, const char **mode, const char **code);

/* bb_keys_say_difference prints what two codes disagreed on. */
void bb_keys_say_difference(const struct bb_daemon *daemon);

#endif
