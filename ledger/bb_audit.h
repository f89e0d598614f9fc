/* bb_audit - a whole ledger checked in three kinds of work, over batches of blocks.
 *
 *	read     copies blocks out of the files, checks them against themselves and the chain,
 *	         registers the keys of participants             (hashing; one thread)
 *	sign     signatures of blocks and of participants        (ledger/bb_audit_sign.h; several)
 *	replay   every packet through the market again           (one thread)
 *
 * Each takes the batches in order and stops at the first thing that is wrong.  A batch that
 * was read is always taken through all three, and of what they find the lowest height counts
 * (read before sign before replay where it is the same): so one thread and many come to the
 * same verdict, word for word.
 *
 * What is checked is a copy: whoever writes to the files meanwhile cannot show one thing to
 * the hash and another to the market.
 *
 * Memory   The caller's: batches of BB_AUDIT_BATCH_BYTES, of which little is touched unless
 *          blocks are large.
 * Threads  As above; bb_audit_run makes them.
 * Errors   Findings.
 * Replay   Pure, but bb_audit_run, which reads the clock and makes threads.
 */
#ifndef BB_AUDIT_H
#define BB_AUDIT_H

#include "ledger/bb_audit_sign.h"
#include "ledger/bb_pass.h"
#include "ledger/bb_replay.h"

#define BB_AUDIT_SIGNERS_MAX 64u
/* Batches under way: one in each signer's hands, and some before the reader, the replayer and
 * between them. */
#define BB_AUDIT_BATCHES_MAX (BB_AUDIT_SIGNERS_MAX + 4u)

/* Registers keys as it reads. */
struct bb_audit_reader {
	const struct bb_ledger_options *options;
	struct bb_audit_keys *keys;
	struct bb_pass pass;
	bool ended;
	struct bb_audit_finding finding;
};

struct bb_audit_replayer {
	struct bb_arena *arena;   /* NULL: no replay */
	struct bb_market *market; /* from genesis on */
	uint64_t hash_key;        /* of the market's tables */
	struct bb_replay replay;
	struct bb_audit_finding finding;
};

struct bb_audit {
	const struct bb_ledger_options *options;
	struct bb_audit_keys keys;
	struct bb_audit_reader reader;
	struct bb_audit_signer *signers; /* signer_count */
	uint32_t signer_count;
	struct bb_audit_replayer replayer;
	struct bb_audit_batch *batches; /* batch_count */
	uint32_t batch_count;
	struct bb_ledger_report *report;
};

/* bb_audit_read fills a batch; false: nothing more comes, because the ledger ends or because
 * something is wrong. */
bool bb_audit_read(struct bb_audit_reader *reader, struct bb_audit_batch *batch);

/* bb_audit_replay puts a batch through the market, which genesis makes. */
void bb_audit_replay(struct bb_audit_replayer *replayer, const struct bb_audit_batch *batch);

/* bb_audit_verdict returns the finding that counts, or NULL. */
const struct bb_audit_finding *bb_audit_verdict(const struct bb_audit *audit);

/* bb_audit_run goes through the whole ledger and counts in audit->report: in the calling
 * thread alone, with the first signer and the first batch, or with a thread for each signer
 * and one for the market, while the caller reads. */
void bb_audit_run(struct bb_audit *audit, bool threads);

#endif
