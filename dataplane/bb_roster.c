#include "dataplane/bb_roster.h"

#include <stdlib.h>
#include <string.h>

#include <urcu-qsbr.h>

#include "base/bb_assert.h"
#include "base/bb_limits.h"

_Static_assert(sizeof(struct bb_roster_entry) == 64, "one look-up, one cache line");

struct bb_roster {
	uint32_t participants;
	struct bb_roster_entry *entries[]; /* by id, 0..participants; 0 stays NULL */
};

struct bb_roster *
bb_roster_make(uint32_t participants)
{
	BB_ASSERT(participants > 0 && participants <= BB_PARTICIPANTS_MAX);
	struct bb_roster *roster =
		calloc(1, sizeof(*roster) +
				  (participants + 1) * sizeof(struct bb_roster_entry *));
	if (roster != NULL)
		roster->participants = participants;
	return roster;
}

static void
entry_free(struct bb_roster_entry *entry)
{
	if (entry == NULL)
		return;
	explicit_bzero(entry, sizeof(*entry)); /* the MAC key is a secret */
	free(entry);
}

void
bb_roster_free(struct bb_roster *roster)
{
	if (roster == NULL)
		return;
	for (uint32_t id = 0; id <= roster->participants; id++)
		entry_free(roster->entries[id]);
	free(roster);
}

enum bb_result
bb_roster_put(struct bb_roster *roster, const struct bb_roster_entry *entry)
{
	if (entry->participant == 0 || entry->participant > roster->participants)
		return BB_ERR_PARTICIPANT;
	struct bb_roster_entry *added = aligned_alloc(_Alignof(struct bb_roster_entry),
						      sizeof(*added));
	if (added == NULL)
		return BB_ERR_FULL;
	memcpy(added, entry, sizeof(*added));

	/* Publishes: pairs with the dependent load of bb_roster_find, so a reader that sees
	 * the pointer sees the bytes. */
	struct bb_roster_entry *replaced =
		rcu_xchg_pointer(&roster->entries[entry->participant], added);
	if (replaced != NULL) {
		synchronize_rcu(); /* until no lcore's turn can still hold it */
		entry_free(replaced);
	}
	return BB_OK;
}

const struct bb_roster_entry *
bb_roster_find(const struct bb_roster *roster, uint32_t participant)
{
	/* 0 is not refused here: its pointer is always NULL. */
	if (participant > roster->participants)
		return NULL;
	return rcu_dereference(roster->entries[participant]);
}

void
bb_roster_prefetch(const struct bb_roster *roster, uint32_t participant)
{
	if (participant <= roster->participants)
		__builtin_prefetch(&roster->entries[participant]);
}
