/* bb_roster - who may send, as the gate sees it: read on every packet, changed rarely.
 *
 * A table of pointers by participant id.  Readers run under liburcu QSBR: an entry that
 * bb_roster_find returned stays valid until the reader's next quiescent state, which the
 * lcore runner reports between turns.
 *
 * Units    rates in packets a second.
 * Memory   The table is allocated at start; entries by the control thread as
 *          participants come, freed after a grace period.
 * Threads  The control thread alone writes; every registered lcore reads.
 * Errors   bb_result.
 * Replay   Not part of it: rebuilt from the market at start, follows its events after.
 */
#ifndef BB_ROSTER_H
#define BB_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_result.h"
#include "wire/bb_sign.h"

struct bb_roster_entry {
	_Alignas(64) uint8_t key[BB_KEY_SIZE];
	uint8_t mac_key[BB_MAC_KEY_SIZE];
	uint32_t participant;
	uint32_t packets_per_s; /* 0: no limit */
	uint32_t burst;
	uint16_t roles;
	bool active;
	bool has_table; /* of its key: dataplane/bb_verify.h */
};

struct bb_roster;

/* bb_roster_make allocates a table for ids 1..participants; NULL without memory. */
struct bb_roster *bb_roster_make(uint32_t participants);
void bb_roster_free(struct bb_roster *roster); /* no reader may be left */

/* bb_roster_put publishes a copy of entry in place of what stood there; waits for a grace
 * period only when it replaces.  The caller must not be a registered reader. */
enum bb_result bb_roster_put(struct bb_roster *roster, const struct bb_roster_entry *entry);

/* bb_roster_find returns the entry or NULL; any registered reader. */
const struct bb_roster_entry *bb_roster_find(const struct bb_roster *roster,
					     uint32_t participant);

/* bb_roster_prefetch asks for the cache line that bb_roster_find will need; the entry that
 * it returns lies in one more. */
void bb_roster_prefetch(const struct bb_roster *roster, uint32_t participant);

#endif
