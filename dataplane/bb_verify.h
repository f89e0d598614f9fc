/* bb_verify - step 7 of the gate: whether signatures hold, a burst at a time.
 *
 * By libsodium; or, for keys that have a table, by the burst check of wire/bb_burst.h, whose
 * verdict is the same and comes ten to twenty times sooner; or by both, and then the first
 * difference ends it: from there on no verdict is given any more, every signature is
 * answered with BUSY, and busbard stops and tells the packet.
 *
 * A key's table has a place of its own, by participant id.  It is written before the roster
 * entry that says has_table is published, and read only by who has found such an entry: so
 * table and entry come and go together, under liburcu.  A participant's key never changes.
 *
 * Units    sizes in bytes.
 * Memory   The caller gives base and tables at boot and keeps them; zeros, aligned to 64.
 *          A table is 64 KiB (BB_COMB_LARGE) or 8 KiB (BB_COMB_SMALL) a participant.
 * Threads  Built by the control thread, or at boot by several, each at another id.  Any
 *          lane checks.  The first difference is written by the lane that finds it and
 *          read by the control thread.
 * Errors   Verdicts are bool.
 * Replay   Not part of it: a replay takes the gate's word, an audit asks libsodium.
 */
#ifndef BB_VERIFY_H
#define BB_VERIFY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_limits.h"
#include "wire/bb_burst.h"
#include "wire/bb_packet.h"

enum bb_verify_mode {
	BB_VERIFY_LIBSODIUM,
	BB_VERIFY_FAST,
	BB_VERIFY_BOTH,
};

/* A packet that two codes judged differently. */
struct bb_difference {
	_Atomic uint32_t state; /* enum bb_difference_state */
	bool fast;              /* their verdicts */
	bool libsodium;
	uint16_t size;
	uint8_t key[BB_KEY_SIZE];
	uint8_t input[BB_PACKET_SIZE_MAX]; /* the packet without its MAC */
};

enum bb_difference_state {
	BB_DIFFERENCE_NONE,
	BB_DIFFERENCE_WRITING, /* seen, and by another lane not to be written */
	BB_DIFFERENCE_WRITTEN, /* pairs with the acquire of who reads the rest */
};

/* All zeros: libsodium for everything. */
struct bb_verify {
	enum bb_verify_mode mode;
	struct bb_burst burst;    /* FAST and BOTH */
	struct bb_comb comb;
	struct bb_entry *tables;  /* of ids from 1; NULL: there are none */
	uint32_t participants;
	struct bb_difference difference;
};

/* bb_verify_table_bytes returns what one table takes. */
static inline size_t
bb_verify_table_bytes(const struct bb_comb *comb)
{
	return bb_comb_entries(comb) * sizeof(struct bb_entry);
}

/* bb_verify_place returns where the table of participant, 1..participants, lies. */
static inline struct bb_entry *
bb_verify_place(const struct bb_verify *verify, uint32_t participant)
{
	return verify->tables + (size_t)(participant - 1) * bb_comb_entries(&verify->comb);
}

/* bb_verify_build makes the table of a participant whose entry is not published yet.  False:
 * there is none to be had for this key, libsodium checks it.  scratch as for
 * bb_table_build. */
bool bb_verify_build(struct bb_verify *verify, uint32_t participant,
		     const uint8_t key[BB_KEY_SIZE], struct bb_point *scratch);

/* bb_verify_table fills in table for a check, from what the roster's entry says. */
static inline void
bb_verify_table(const struct bb_verify *verify, uint32_t participant, bool has_table,
		struct bb_key_table *table)
{
	*table = (struct bb_key_table){ .comb = verify->comb };
	if (has_table && verify->tables != NULL)
		table->entries = bb_verify_place(verify, participant);
}

/* bb_verify_burst judges up to BB_BURST_CHECKS signatures of packets: each message is
 * followed by its signature.  Returns false, with no verdict, once two codes have differed;
 * *differed tells in how many of these packets they did. */
bool bb_verify_burst(struct bb_verify *verify, const struct bb_check *checks, uint32_t count,
		     bool *verdicts, uint32_t *differed);

/* bb_verify_difference returns the first difference, or NULL while there is none. */
const struct bb_difference *bb_verify_difference(const struct bb_verify *verify);

#endif
