/* sim_truth - what the world outside the venue knows: it never crashes and forgets nothing.
 *
 *	blocks    every block that was ever given to the disk, byte for byte
 *	chain     those of them that are durable, by height
 *	inputs    every packet that was answered: its number, and what it did
 *
 * All promises to the participants are kept here and held against what is recovered.
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "ledger/bb_recover.h"
#include "tests/sim_appliance/sim.h"

#define SIM_BLOCKS    4096u
#define SIM_BYTES     (48u << 20)
#define SIM_SEQUENCES 2048u /* of one participant */
#define SIM_MEMBERS   (SIM_TRADERS_MAX + 2u)

/* After so long a damaged block must be known to some witness. */
#define SIM_WITNESS_NS UINT64_C(100000000)

struct sim_block {
	uint64_t height;
	uint64_t segment;
	uint64_t offset;
	uint64_t size;
	uint64_t durable_ns; /* 0: it is not */
	struct bb_hash hash;
	const uint8_t *bytes;
};

struct sim_input {
	uint64_t number; /* 0: never sequenced, as far as the recovered ledger goes */
	uint64_t answered_number; /* 0: never answered */
	struct bb_hash packet;    /* of the one genuine packet of this sequence; zeros: none */
	struct bb_hash events;
	struct bb_hash answered_events;
};

struct sim_truth {
	struct sim_block blocks[SIM_BLOCKS];
	uint32_t block_count;
	uint32_t chain[SIM_BLOCKS]; /* index of the durable block of a height */
	uint64_t chain_end;         /* heights below are durable */
	uint64_t promised_height;   /* something of this block was answered */
	uint8_t *bytes;
	uint64_t bytes_used;
	struct sim_input inputs[SIM_MEMBERS][SIM_SEQUENCES];
};

void sim_truth_begin(struct sim_truth *truth);

/* sim_truth_seal remembers a block that goes to the disk now. */
void sim_truth_seal(struct sim_truth *truth, const struct sim_block *block);

/* sim_truth_durable extends the chain by the block of this hash. */
void sim_truth_durable(struct sim_truth *truth, uint64_t height, const struct bb_hash *hash,
		       uint64_t now_ns);

/* sim_truth_find returns the block, or NULL if nobody ever sealed one like that. */
const struct sim_block *sim_truth_find(const struct sim_truth *truth, uint64_t height,
				       const struct bb_hash *hash);

/* sim_truth_packet registers a participant's packet; a sequence has one. */
void sim_truth_packet(struct sim_truth *truth, uint32_t participant, uint64_t sequence,
		      const uint8_t *input, uint32_t size);

/* sim_truth_sequenced demands that an input is genuine and new. */
void sim_truth_sequenced(struct sim_truth *truth, uint32_t participant, uint64_t sequence,
			 uint64_t number, const uint8_t *input, uint32_t size);

/* sim_truth_answered demands that an answer says what all before it said. */
void sim_truth_answered(struct sim_truth *truth, uint32_t participant, uint64_t sequence,
			uint64_t number, uint64_t height, const struct bb_hash *events);

/* sim_truth_block holds a block that recovery has just accepted against what was sealed. */
void sim_truth_block(const struct sim_truth *truth, const struct bb_recover *recover);

/* sim_truth_end demands that a recovered chain has all that was durable or answered. */
void sim_truth_end(const struct sim_truth *truth, const struct bb_recover *recover);

/* sim_truth_forget drops what was sequenced and not recovered; sim_truth_recovered tells
 * each input that was; sim_truth_recounted demands that none is missing. */
void sim_truth_forget(struct sim_truth *truth);
void sim_truth_recovered(struct sim_truth *truth, const struct bb_recover *recover);
void sim_truth_recounted(const struct sim_truth *truth);

/* sim_truth_adopt makes the recovered chain, all of it durable now, the chain. */
void sim_truth_adopt(struct sim_truth *truth, const struct bb_recover *recover,
		     uint64_t now_ns);

#endif
