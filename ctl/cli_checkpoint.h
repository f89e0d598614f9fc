/* cli_checkpoint - what the venue has signed about its log, and what it signs now.
 *
 *	ledger/checkpoint   the last one that `busbarctl ledger checkpoint` published
 *
 * A log must never sign a checkpoint that contradicts one it signed before.  Whoever signs
 * here first shows that the published one is a beginning of what is signed.
 *
 * Memory   Values; the secret is wiped as soon as it has signed.
 * Threads  One.
 * Errors   As cli_fail.
 * Replay   Not part of it.
 */
#ifndef CLI_CHECKPOINT_H
#define CLI_CHECKPOINT_H

#include "ctl/cli_log.h"

#define CLI_CHECKPOINT_NAME "checkpoint"

/* A checkpoint as it lies in a file. */
struct cli_checkpoint {
	bool found;
	struct bb_checkpoint says;
	char *note; /* on the heap */
	size_t note_size;
};

/* cli_checkpoint_read reads a file that must be a checkpoint of this log, signed by the
 * venue.  optional: it may be missing. */
enum cli_exit cli_checkpoint_read(const struct cli_log *log, const char *path, bool optional,
				  struct cli_checkpoint *checkpoint);

/* cli_checkpoint_published reads ledger/checkpoint, if there is one. */
enum cli_exit cli_checkpoint_published(const struct cli_log *log,
				       struct cli_checkpoint *checkpoint);

/* cli_checkpoint_signer reads venue.key beside the ledger.  *found false: it is not there, or
 * not for this user to read: an auditor. */
enum cli_exit cli_checkpoint_signer(const struct cli_log *log, struct bb_identity *signer,
				    bool *found);

/* cli_checkpoint_may_sign refuses to sign the end of log where that is not known to be
 * durable, or where published says more than it. */
enum cli_exit cli_checkpoint_may_sign(const struct cli_log *log,
				      const struct cli_checkpoint *published);

/* cli_checkpoint_contradicts tells that an earlier checkpoint is no beginning of this log. */
enum cli_exit cli_checkpoint_contradicts(const struct cli_log *log, uint64_t size);

/* cli_checkpoint_sign signs size and root, wipes signer, and puts the note on the heap. */
void cli_checkpoint_sign(const struct cli_log *log, struct bb_identity *signer, uint64_t size,
			 const struct bb_hash *root, struct cli_checkpoint *checkpoint);

#endif
