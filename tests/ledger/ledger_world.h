/* ledger_world - a small venue whose participants trade by a seed, for the ledger's tests.
 *
 * It does what gate and matcher do: signs packets, numbers them, lets the market decide, and
 * hands out outcomes in the order in which the ledger gets them.
 *
 * Memory   malloc; packets live until world_end.
 */
#ifndef LEDGER_WORLD_H
#define LEDGER_WORLD_H

#include "base/bb_random.h"
#include "ledger/bb_genesis.h"
#include "ledger/bb_line.h"
#include "ledger/bb_replay.h"
#include "market/bb_outcome.h"

#define WORLD_TRADERS  6u
#define WORLD_PACKETS  8192u
#define WORLD_START_NS UINT64_C(1700000000000000000)

/* What one input may bring: enough for a book of 64 orders. */
#define WORLD_OUTCOMES 1024u

struct world_packet {
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct bb_bid bid;
};

struct world {
	struct bb_random random;
	struct bb_identity signer;
	struct bb_identity operator;
	struct bb_identity traders[WORLD_TRADERS]; /* participants 2.. */
	struct bb_genesis genesis;
	struct bb_hash ledger_id;
	struct bb_market *market;
	void *market_bytes;
	uint64_t number;
	uint64_t time_ns;
	uint64_t sequences[WORLD_TRADERS + 2]; /* last used, by participant */
	uint64_t order_id;
	struct world_packet *packets[WORLD_PACKETS];
	uint32_t packet_count;
};

/* world_begin makes the venue; nothing has been sent yet. */
void world_begin(struct world *world, uint64_t seed);
void world_end(struct world *world);

/* world_market makes an empty market as genesis says; free *bytes. */
struct bb_market *world_market(const struct world *world, void **bytes);

/* world_input makes the next packet, sequences it, and writes its outcomes: the events, then
 * the packet.  The first inputs add participants and products; then they trade,
 * and now and then a tick comes in between. */
uint32_t world_input(struct world *world, struct bb_outcome outcomes[WORLD_OUTCOMES]);

/* world_other makes a packet outcome that is no input: a repeat of an earlier packet of the
 * last sequences, a query, or a refusal. */
void world_other(struct world *world, struct bb_outcome *outcome);

/* world_chain starts a chain with the genesis block in bytes, 4096 of them. */
void world_chain(const struct world *world, struct bb_chain *chain, uint8_t *bytes,
		 const uint8_t nonce[16], struct bb_block *block);

#endif
