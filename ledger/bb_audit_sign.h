/* bb_audit_sign - signatures of blocks and participants, for an audit.
 *
 * Participant 0 is the venue, whose key signs the blocks; the operator's key is in genesis;
 * all others are registered by a MEMBER_ADDED event and the packet that caused it.  A key
 * counts for the inputs behind that packet and never changes.
 *
 * The burst check (wire/bb_burst.h) needs tables: of the base point once, and of each key.
 * They are made when a ledger proves to be worth them: before, and for keys that cannot have
 * one, libsodium is asked, whose verdict is the same.
 *
 * Memory   The caller's.  A table is 64 KiB a participant where all of them then fit into
 *          BB_AUDIT_TABLES_BYTES, else 8 KiB.  A signer is 100 KiB.
 * Threads  The reader alone registers; any number of signers look up, each with its own
 *          struct bb_audit_signer.  A key is released by `since`, a table by its pointer.
 * Errors   Findings.
 * Replay   Pure.
 */
#ifndef BB_AUDIT_SIGN_H
#define BB_AUDIT_SIGN_H

#include <stdatomic.h>

#include "ledger/bb_block.h"
#include "ledger/bb_ledger.h"
#include "wire/bb_burst.h"

#define BB_AUDIT_BLOCKS       64u
#define BB_AUDIT_CLOSE_BYTES  (UINT64_C(256) << 10)
#define BB_AUDIT_BATCH_BYTES  (BB_AUDIT_CLOSE_BYTES + BB_BLOCK_SIZE_MAX)
#define BB_AUDIT_TABLES_BYTES (UINT64_C(1) << 30)
#define BB_AUDIT_SCRATCH      256u /* points, for tables of either size */

/* When tables are made: after so many checks in all, of so many by one key from then on; at
 * once where the files are large, and large for each participant that there may be.  A key's
 * table costs as much as seven checks by libsodium. */
#define BB_AUDIT_WARM        512u
#define BB_AUDIT_WORN        4u
#define BB_AUDIT_LARGE_BYTES (UINT64_C(64) << 20)
#define BB_AUDIT_LARGE_EACH  (UINT64_C(64) << 10)

struct bb_audit_block {
	struct bb_block block; /* views the batch's bytes */
	struct bb_ledger_place place;
	uint64_t segment;
	uint64_t offset;
};

struct bb_audit_batch {
	uint8_t *bytes; /* BB_AUDIT_BATCH_BYTES */
	uint64_t used;
	struct bb_ledger_place before; /* the last block of the batch before */
	uint32_t count;
	struct bb_audit_block blocks[BB_AUDIT_BLOCKS];
};

/* The first thing that is wrong; BB_OK: nothing so far. */
struct bb_audit_finding {
	enum bb_result result;
	uint64_t height;
	struct bb_ledger_place place; /* the last good block */
	struct bb_ledger_difference difference;
	char text[BB_LEDGER_TEXT];
};

struct bb_audit_key {
	uint8_t key[BB_KEY_SIZE];
	_Atomic uint64_t since; /* number of the input that registered it, plus 1; 0: none */
	_Atomic(const struct bb_entry *) table; /* NULL: libsodium */
	_Atomic uint32_t checks; /* while there is none */
};

struct bb_audit_keys {
	uint32_t participants; /* ids 0..participants */
	uint32_t venue;        /* as packets name it */
	struct bb_audit_key *keys; /* participants + 1, zeros at first */
	/* The burst check; entries NULL: libsodium alone. */
	struct bb_comb comb;
	struct bb_entry *entries;
	uint32_t tables_max;
	_Atomic uint32_t tables;
	struct bb_entry *base;      /* bb_burst_base_bytes, aligned to 64 */
	struct bb_point *base_scratch; /* bb_burst_scratch_bytes */
	struct bb_burst burst;
	_Atomic uint32_t base_state; /* enum base_state */
	uint32_t warm;
	uint32_t worn;
	_Atomic uint64_t checks;
};

struct bb_audit_pending {
	const struct bb_audit_block *block;
	uint64_t number;
	uint32_t participant;
};

struct bb_audit_signer {
	struct bb_audit_keys *keys;
	enum bb_ledger_signatures wanted;
	struct bb_check checks[BB_BURST_CHECKS];
	struct bb_key_table tables[BB_BURST_CHECKS];
	struct bb_audit_pending pending[BB_BURST_CHECKS];
	uint32_t count;
	uint64_t commands; /* seen */
	uint64_t signatures; /* checked, */
	uint64_t fast;       /* of these by bursts */
	uint64_t work_ns;
	struct bb_audit_finding finding;
	struct bb_point scratch[BB_AUDIT_SCRATCH];
};

/* bb_audit_comb returns which table a ledger of so many participants gets. */
struct bb_comb bb_audit_comb(uint32_t participants);

/* bb_audit_keys_expect decides when tables are made, from the size of the files. */
void bb_audit_keys_expect(struct bb_audit_keys *keys, uint64_t bytes);

/* bb_audit_keys_add registers a key by the input number; false: the participant has one, or
 * cannot exist. */
bool bb_audit_keys_add(struct bb_audit_keys *keys, uint32_t participant,
		       const uint8_t key[BB_KEY_SIZE], uint64_t number);

/* bb_audit_keys_learn registers what a block that continues the chain registers. */
void bb_audit_keys_learn(struct bb_audit_keys *keys, const struct bb_audit_batch *batch,
			 const struct bb_audit_block *block, struct bb_audit_finding *finding);

/* bb_audit_sign checks the signatures of a batch. */
void bb_audit_sign(struct bb_audit_signer *signer, const struct bb_audit_batch *batch);

/* bb_audit_find fills in a finding about a block of batch; the text goes behind its place. */
__attribute__((format(printf, 5, 6))) void
bb_audit_find(struct bb_audit_finding *finding, const struct bb_audit_batch *batch,
	      const struct bb_audit_block *block, enum bb_result result, const char *format, ...);

#endif
