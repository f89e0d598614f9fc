/* fuzz_snapshot - whatever a snapshot says, reading it ends with a result.
 *
 * The first byte chooses: 0 a head made of the rest; 1 a sound head whose bytes the rest changes,
 * {2 place, 1 xor} at a time, and which is signed again, so that what is signed and not so is
 * left to the comparison with the ledger; 2 records made of the rest; 3 sound records that the
 * rest changes, {3 place, 1 xor} at a time.  Records are loaded as if they had been signed for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "ledger/bb_places.h"
#include "ledger/bb_snapshot.h"
#include "market/bb_save.h"
#include "tests/ledger/disk_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { INPUTS = 60, SEGMENT = 1 << 20, RECORDS = 1 << 20 };
enum { SIGNATURE_AT = 4000, HASH_AT = 4064 }; /* in the head */

static struct world world;
static uint8_t segment[SEGMENT];
static struct bb_snapshot sound;
static uint8_t sound_head[BB_SNAPSHOT_HEAD];
static uint8_t sound_records[RECORDS];
static size_t sound_size;

/* Genesis, and one block of all inputs; returns where that lies. */
static uint64_t
make_ledger(struct bb_chain *chain)
{
	static struct bb_outcome outcomes[INPUTS][WORLD_OUTCOMES];
	struct bb_segment head = { .size = SEGMENT, .epoch = BB_EPOCH_FIRST };
	struct bb_chain_terms terms = { .signer = &world.signer };
	struct bb_block_builder builder;
	struct bb_block block;
	uint32_t counts[INPUTS];

	disk_nonce(head.nonce, 0);
	memcpy(terms.nonce, head.nonce, sizeof(terms.nonce));
	head.ledger_id = world.ledger_id;
	memcpy(head.signer_key, world.signer.public_key, BB_KEY_SIZE);
	bb_segment_encode(segment, &head);
	world_chain(&world, chain, segment + BB_SEGMENT_BLOCKS, head.nonce, &block);
	const uint64_t at = BB_SEGMENT_BLOCKS + block.header.total_size;
	bb_block_open(&builder, segment + at, SEGMENT - at);
	for (uint32_t i = 0; i < INPUTS; i++) {
		counts[i] = world_input(&world, outcomes[i]);
		const struct bb_bid *bid = outcomes[i][counts[i] - 1].packet.bid;

		(void)bb_block_add_input(&builder,
					 bb_bid_is_tick(bid) ? BB_RECORD_TICK : BB_RECORD_PACKET,
					 bid->number, bid->sequenced_ns, bid->input,
					 bid->input_size);
	}
	for (uint32_t i = 0; i < INPUTS; i++)
		for (uint32_t j = 0; j + 1 < counts[i]; j++)
			bb_block_add_event(&builder, &outcomes[i][j].event);
	terms.now_ns = world.time_ns;
	bb_chain_seal(chain, &builder, &terms, &block);
	return at;
}

static void
make_sound(void)
{
	static struct bb_save save;
	struct bb_chain chain;
	uint8_t record[BB_SPARSE_ROOM];
	size_t used;

	world_begin(&world, 1);
	bb_snapshot_of(&sound, &chain, 0, make_ledger(&chain));
	sound.layout = bb_save_layout(&world.genesis.size);
	bb_save_start(&save, world.market);
	while ((used = bb_save_next(&save, record)) > 0) {
		BB_ASSERT(sound_size + used <= RECORDS);
		memcpy(sound_records + sound_size, record, used);
		sound_size += used;
	}
	sound.market_size = sound_size;
	bb_snapshot_encode(sound_head, &sound, &world.signer);
}

/* A head that is accepted is written again as it was, and what it names is what is found. */
static void
read_head(const uint8_t head[BB_SNAPSHOT_HEAD])
{
	const struct bb_mapping mapping = { segment, SEGMENT };
	uint8_t again[BB_SNAPSHOT_HEAD];
	struct bb_snapshot snapshot;
	struct bb_chain chain;
	const char *what = "";
	uint64_t end = 0;

	if (bb_snapshot_decode(&snapshot, head, &world.ledger_id, world.signer.public_key,
			       &what) != BB_OK)
		return;
	bb_snapshot_encode(again, &snapshot, &world.signer);
	BB_ASSERT(memcmp(again, head, sizeof(again)) == 0);
	if (bb_snapshot_meets(&snapshot, &mapping, 1, &chain, &end, &what) != BB_OK)
		return;
	BB_ASSERT(snapshot.height <= 1 && end <= SEGMENT);
	BB_ASSERT(memcmp(&chain.block_hash, &snapshot.block_hash, BB_HASH_SIZE) == 0);
}

/* Signature and hash as bb_snapshot_encode makes them, over whatever the head says by now. */
static void
sign_again(uint8_t head[BB_SNAPSHOT_HEAD])
{
	static const char domain[] = "busbar-snapshot-v1";
	struct bb_hasher hasher;

	bb_hash_start(&hasher);
	bb_hash_add(&hasher, domain, sizeof(domain));
	bb_hash_add(&hasher, head, SIGNATURE_AT);
	struct bb_hash hash = bb_hash_end(&hasher);
	bb_sign(&world.signer, hash.bytes, BB_HASH_SIZE, head + SIGNATURE_AT);
	hash = bb_hash_of(head, HASH_AT);
	memcpy(head + HASH_AT, hash.bytes, BB_HASH_SIZE);
}

static void
read_changed_head(const uint8_t *bytes, size_t size)
{
	uint8_t head[BB_SNAPSHOT_HEAD];

	memcpy(head, sound_head, sizeof(head));
	for (; size >= 3; bytes += 3, size -= 3)
		head[bb_get_u16(bytes) % sizeof(head)] ^= bytes[2];
	read_head(head);
	sign_again(head);
	read_head(head);
}

static void
load(const uint8_t *bytes, size_t size)
{
	void *market_bytes = NULL;
	struct bb_market *market = world_market(&world, &market_bytes);

	(void)bb_save_load(market, bytes, size);
	free(market_bytes);

	const uint32_t participants = world.genesis.size.participants;
	const size_t places_size = bb_places_bytes(participants);
	void *memory = aligned_alloc(BB_ARENA_ALIGN, places_size);
	struct bb_places places;
	struct bb_arena arena;

	BB_ASSERT(memory != NULL);
	memset(memory, 0, places_size);
	bb_arena_init(&arena, memory, places_size);
	bb_places_init(&places, &arena, participants);
	(void)bb_places_load(&places, bytes, size);
	free(memory);
}

static void
load_changed(const uint8_t *bytes, size_t size)
{
	static uint8_t records[RECORDS];

	memcpy(records, sound_records, sound_size);
	for (; size >= 4; bytes += 4, size -= 4)
		records[(bb_get_u16(bytes) | (uint32_t)bytes[2] << 16) % sound_size] ^= bytes[3];
	load(records, sound_size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t head[BB_SNAPSHOT_HEAD] = { 0 };

	if (sound_size == 0)
		make_sound();
	if (size == 0)
		return 0;
	const uint8_t kind = *bytes++;

	size--;
	if (kind == 0) {
		memcpy(head, bytes, size < sizeof(head) ? size : sizeof(head));
		read_head(head);
	} else if (kind == 1) {
		read_changed_head(bytes, size);
	} else if (kind == 2) {
		load(bytes, size);
	} else {
		load_changed(bytes, size);
	}
	return 0;
}
