/* bb_log - the log of RFC 6962 over all inputs: its leaves, and proofs about them.
 *
 * Leaf n, counted from 0, is input n; docs/ledger.md says what its 80 bytes are.  Two kinds
 * of proof, as in RFC 6962, sections 2.1.1 and 2.1.2:
 *
 *	inclusion     leaf m is in the tree of n leaves: the roots of the subtrees beside
 *	              its way up, the lowest first
 *	consistency   the tree of n leaves begins with that of m leaves
 *
 * A log does not fit into memory, so a proof is planned first, from the sizes alone: each
 * hash of the path is the root over a range of leaves.  The ranges do not overlap, so one
 * pass over all leaves in order, and one tree at a time, is enough.  Checking follows
 * RFC 9162, sections 2.1.3.2 and 2.1.4.2, which needs nothing but the path.
 *
 * Units    leaves; hashes as bytes.
 * Memory   The caller's: a plan is 6 KiB.
 * Threads  None of its own.
 * Errors   A path that proves nothing: false.  Sizes out of order are a bug (BB_ASSERT) in
 *          a plan, and false in a check.
 * Replay   Pure.
 */
#ifndef BB_LOG_H
#define BB_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/bb_chain.h"
#include "wire/bb_hash.h"

/* A tree of 2^64 - 1 leaves is 64 levels deep; a consistency proof has one hash more. */
#define BB_LOG_PATH_MAX 65u

struct bb_log_path {
	uint32_t count;
	struct bb_hash hashes[BB_LOG_PATH_MAX];
};

/* bb_log_leaf writes the leaf of an input, from its record and the records of its results,
 * all of them whole. */
void bb_log_leaf(uint8_t leaf[BB_LEAF_SIZE], uint64_t number, uint64_t time_ns,
		 const uint8_t *record, size_t record_size, const uint8_t *results,
		 size_t results_size);

/* bb_log_has_leaf returns whether inputs of this enum bb_record_type are in the log. */
static inline bool
bb_log_has_leaf(uint16_t type)
{
	return bb_record_is_decided(type) || type == BB_RECORD_GENESIS;
}

struct bb_log_range {
	uint64_t first;
	uint64_t end;
	uint32_t slot; /* its place in the path */
};

struct bb_log_plan {
	uint64_t next; /* the leaf that comes next */
	uint32_t range_count;
	uint32_t range; /* the first that is not complete */
	struct bb_log_range ranges[BB_LOG_PATH_MAX]; /* in the order of leaves */
	struct bb_tree tree; /* over the leaves of that range so far */
	struct bb_log_path path; /* complete once bb_log_plan_done */
};

/* bb_log_plan_inclusion plans the proof that leaf index is in the tree of size leaves;
 * index < size. */
void bb_log_plan_inclusion(struct bb_log_plan *plan, uint64_t index, uint64_t size);

/* bb_log_plan_consistency plans the proof that the tree of size to begins with that of
 * size from; 0 < from <= to. */
void bb_log_plan_consistency(struct bb_log_plan *plan, uint64_t from, uint64_t to);

/* bb_log_plan_add takes the next leaf, from leaf 0 on; more than needed does no harm. */
void bb_log_plan_add(struct bb_log_plan *plan, const struct bb_hash *leaf_hash);

static inline bool
bb_log_plan_done(const struct bb_log_plan *plan)
{
	return plan->range == plan->range_count;
}

/* bb_log_included returns whether path leads from the leaf's hash at index to the root of a
 * tree of size leaves. */
bool bb_log_included(const struct bb_hash *leaf_hash, uint64_t index, uint64_t size,
		     const struct bb_log_path *path, const struct bb_hash *root);

/* bb_log_consistent returns whether path proves that the tree (to, root_to) begins with
 * (from, root_from); from > 0. */
bool bb_log_consistent(uint64_t from, const struct bb_hash *root_from, uint64_t to,
		       const struct bb_hash *root_to, const struct bb_log_path *path);

#endif
