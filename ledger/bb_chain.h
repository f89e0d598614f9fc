/* bb_chain - what each block must continue: heights, hashes, numbers, times, roots.
 *
 * The same code seals a block and checks one.  From a block and what came before follow
 *
 *	state root   SHA-256(state root before || results root); 32 zeros before genesis
 *	log          one leaf an input that has a number (packets, ticks, and genesis as number 0):
 *	             8 number, 8 time_ns, SHA-256 of its input record, SHA-256 of its result
 *	             records; the log root is the RFC 6962 tree over all leaves, so the
 *	             leaf of number n is the n-th, counted from 0
 *	epoch        1 from genesis; a RECOVERY block has the one before + 1
 *	numbers      of packets and ticks from 1, no gaps; times never go back; sealed_ns neither
 *
 * Sealing makes all sums of a block twice, each time from its bytes, and signs it only if they
 * are equal: a flipped bit must not get a signature.  Two threads may share that:
 *
 *	begin    what is known before any sum; the body must not change any more
 *	close    the sums and the block hash, so that the next block can follow
 *	again    the same sums; needs begin alone, so it may run beside close
 *	sign     compares, and signs; needs both
 *
 * Memory   2.5 KiB, the caller's; a seal as much again.
 * Threads  One owner.
 * Errors   BB_ERR_HASH: the body is not the one that was signed; else BB_ERR_CHAIN.  The
 *          chain is unchanged then.
 * Replay   Pure.
 */
#ifndef BB_CHAIN_H
#define BB_CHAIN_H

#include "ledger/bb_block.h"
#include "ledger/bb_genesis.h"
#include "ledger/bb_ledger.h"
#include "ledger/bb_segment.h"

#define BB_EPOCH_FIRST UINT64_C(1)
#define BB_LEAF_SIZE   80u

struct bb_chain {
	uint64_t next_height; /* 0: genesis is still to come */
	uint64_t epoch;
	uint64_t number;  /* of the last packet */
	uint64_t time_ns; /* of the last packet */
	uint64_t sealed_ns;
	struct bb_hash ledger_id;  /* from genesis on */
	struct bb_hash block_hash; /* zeros before genesis */
	struct bb_hash state_root; /* likewise */
	struct bb_hash log_root;
	uint8_t signer_key[BB_KEY_SIZE];
	struct bb_tree tree;
	/* A chain that was entered in the middle cannot know everything: */
	bool number_known;
	bool state_known;
	bool tree_known;
	bool packets; /* the last block holds some */
};

/* What the sealer adds to what the chain knows. */
struct bb_chain_terms {
	uint8_t nonce[16]; /* of the segment */
	uint64_t durable_height;
	uint64_t now_ns;
	const struct bb_identity *signer;
};

/* What follows from a body and the chain before it. */
struct bb_chain_roots {
	struct bb_hash inputs;
	struct bb_hash results;
	struct bb_hash state;
	struct bb_hash log;
	uint64_t log_size;
};

/* A block between begin and sign.  Who makes the sums again reads what begin wrote, and writes
 * again alone: close may be at work. */
struct bb_seal {
	struct bb_chain before; /* what it continues */
	struct bb_block_header measured; /* of block, but for sums */
	uint8_t *bytes; /* of the block, to write to */
	const struct bb_identity *signer;
	struct bb_block block;
	struct bb_chain_roots again;
};

/* bb_chain_start expects a genesis block. */
void bb_chain_start(struct bb_chain *chain);

/* bb_chain_enter expects the first block of segment, which is not genesis; numbers, state and log
 * are unknown. */
void bb_chain_enter(struct bb_chain *chain, const struct bb_segment *segment);

/* bb_chain_begin begins to seal the body that builder holds, as the next block. */
void bb_chain_begin(const struct bb_chain *chain, const struct bb_block_builder *builder,
		    const struct bb_chain_terms *terms, struct bb_seal *seal);

/* bb_chain_close makes that block the next one: its bytes are complete but for signature and
 * CRC. */
void bb_chain_close(struct bb_chain *chain, struct bb_block_builder *builder,
		    struct bb_seal *seal);

/* bb_chain_again makes the sums a second time. */
void bb_chain_again(struct bb_seal *seal);

/* bb_chain_sign compares both (BB_ASSERT) and signs. */
void bb_chain_sign(struct bb_seal *seal);

/* bb_chain_seal is all four, one after the other. */
void bb_chain_seal(struct bb_chain *chain, struct bb_block_builder *builder,
		   const struct bb_chain_terms *terms, struct bb_block *block);

/* bb_chain_accept checks a block of which bb_block_view_frame has seen the frame: its body
 * against its roots, and all of it against the chain, which goes one further.  nonce is that
 * of its segment.  The signature is not looked at. */
enum bb_result bb_chain_accept(struct bb_chain *chain, const struct bb_block *block,
			       const uint8_t nonce[16], const char **what);

/* bb_chain_segment checks that a segment of this index may begin here. */
enum bb_result bb_chain_segment(const struct bb_chain *chain, const struct bb_segment *segment,
				uint64_t index);

/* bb_chain_place tells the last block. */
void bb_chain_place(const struct bb_chain *chain, struct bb_ledger_place *place);

#endif
