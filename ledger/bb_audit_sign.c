#include "ledger/bb_audit_sign.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_members.h"

/* Of the base point's table. */
enum base_state { BASE_NONE, BASE_BUILDING, BASE_READY, BASE_IMPOSSIBLE };

#define VENUE      0u
#define EVENT_KIND 52u /* offset of the kind in an event's bytes */

void
bb_audit_find(struct bb_audit_finding *finding, const struct bb_audit_batch *batch,
	      const struct bb_audit_block *block, enum bb_result result, const char *format, ...)
{
	va_list arguments;

	finding->result = result;
	finding->height = block->place.height;
	finding->place = block == batch->blocks ? batch->before : block[-1].place;
	const int length = snprintf(finding->text, sizeof(finding->text),
				    "block %" PRIu64 " in seg-%016" PRIx64 " at offset %" PRIu64
				    ": ",
				    block->place.height, block->segment, block->offset);
	BB_ASSERT(length > 0 && (size_t)length < sizeof(finding->text));
	va_start(arguments, format);
	(void)vsnprintf(finding->text + length, sizeof(finding->text) - (size_t)length, format,
			arguments);
	va_end(arguments);
}

struct bb_comb
bb_audit_comb(uint32_t participants)
{
	const uint64_t large = bb_comb_entries(&BB_COMB_LARGE) * sizeof(struct bb_entry);

	return (participants + 1) * large <= BB_AUDIT_TABLES_BYTES ? BB_COMB_LARGE
								   : BB_COMB_SMALL;
}

void
bb_audit_keys_expect(struct bb_audit_keys *keys, uint64_t bytes)
{
	const bool large = bytes >= BB_AUDIT_LARGE_BYTES &&
			   bytes / (keys->participants + UINT64_C(1)) >= BB_AUDIT_LARGE_EACH;

	keys->warm = large ? 0 : BB_AUDIT_WARM;
	keys->worn = large ? 0 : BB_AUDIT_WORN;
}

bool
bb_audit_keys_add(struct bb_audit_keys *keys, uint32_t participant,
		  const uint8_t key[BB_KEY_SIZE], uint64_t number)
{
	if (participant > keys->participants)
		return false;
	struct bb_audit_key *entry = &keys->keys[participant];
	if (atomic_load_explicit(&entry->since, memory_order_relaxed) != 0)
		return false;
	memcpy(entry->key, key, BB_KEY_SIZE);
	/* Pairs with a signer's acquire: who sees it sees the key. */
	atomic_store_explicit(&entry->since, number + 1, memory_order_release);
	return true;
}

/* Whether an input has an event of this kind; records of results are whole. */
static bool
has_event(const uint8_t *results, uint32_t count, uint8_t kind, uint32_t *participant)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *event =
			results + (uint64_t)i * BB_RESULT_SIZE + BB_RECORD_HEADER_SIZE;

		if (event[EVENT_KIND] != kind)
			continue;
		*participant = bb_get_u32(event + 24);
		return true;
	}
	return false;
}

/* Registers the key that a packet with a MEMBER_ADDED event brought. */
static bool
learn_member(struct bb_audit_keys *keys, const struct bb_block_input *input,
	     uint32_t participant)
{
	struct bb_packet packet;
	struct bb_wire_operation operation;

	return bb_packet_decode_input(input->bytes, input->size, &packet) == BB_OK &&
	       packet.kind == BB_PACKET_OPERATOR &&
	       bb_packet_operation(input->bytes, packet.record_count, &operation) == BB_OK &&
	       operation.op == BB_WIRE_MEMBER_ADD && operation.member.participant == participant &&
	       participant != VENUE &&
	       bb_audit_keys_add(keys, participant, operation.member.key, input->number);
}

/* Registers the keys that genesis names. */
static bool
learn_genesis(struct bb_audit_keys *keys, const struct bb_block_input *input)
{
	struct bb_genesis genesis;

	/* The chain has accepted it; the file may have been another when memory was taken. */
	BB_ASSERT(bb_genesis_decode(&genesis, input->bytes, input->size) == BB_OK);
	return genesis.size.participants == keys->participants &&
	       bb_audit_keys_add(keys, VENUE, genesis.signer_key, 0) &&
	       bb_audit_keys_add(keys, BB_OPERATOR, genesis.operator_key, 0);
}

void
bb_audit_keys_learn(struct bb_audit_keys *keys, const struct bb_audit_batch *batch,
		    const struct bb_audit_block *block, struct bb_audit_finding *finding)
{
	const struct bb_block_header *header = &block->block.header;
	struct bb_block_cursor walk =
		bb_block_walk(block->block.bytes + BB_BLOCK_HEADER_SIZE, header->body_size,
			      header->input_count, header->result_count);
	struct bb_block_input input;
	uint32_t participant = 0;

	/* Nearly all blocks register nobody, and one look at their results tells. */
	if (header->height > 0 && !has_event(walk.results, header->result_count,
					     BB_EVENT_MEMBER_ADDED, &participant))
		return;
	while (bb_block_next(&walk, &input)) {
		bool learnt = true;

		if (input.type == BB_RECORD_GENESIS)
			learnt = learn_genesis(keys, &input);
		else if (has_event(input.results, input.result_count, BB_EVENT_MEMBER_ADDED,
				   &participant))
			learnt = learn_member(keys, &input, participant);
		if (!learnt) {
			bb_audit_find(finding, batch, block, BB_ERR_REPLAY,
				      "input %" PRIu64 " cannot have registered participant %u",
				      input.number, participant);
			return;
		}
	}
}

/* Makes the base point's table, by whoever comes first; the others ask libsodium meanwhile.
 * No signer reads keys->burst without a table, and each table was made behind it. */
static bool
base_ready(struct bb_audit_keys *keys)
{
	uint32_t state = atomic_load_explicit(&keys->base_state, memory_order_acquire);

	if (state != BASE_NONE ||
	    !atomic_compare_exchange_strong(&keys->base_state, &state, BASE_BUILDING))
		return state == BASE_READY;
	const bool built = bb_burst_init(&keys->burst, BB_BURST_BEST, keys->base,
					 keys->base_scratch);
	atomic_store_explicit(&keys->base_state, built ? BASE_READY : BASE_IMPOSSIBLE,
			      memory_order_release);
	return built;
}

/* Returns the table of a key, or NULL.  The check that finds a key worn makes its table: one
 * alone, because the count passes that mark once. */
static const struct bb_entry *
table_of(struct bb_audit_signer *signer, struct bb_audit_key *key)
{
	struct bb_audit_keys *keys = signer->keys;
	const struct bb_entry *entries = atomic_load_explicit(&key->table, memory_order_acquire);
	struct bb_key_table table;

	if (entries != NULL || keys->entries == NULL)
		return entries;
	if (atomic_load_explicit(&keys->checks, memory_order_relaxed) < keys->warm ||
	    atomic_fetch_add_explicit(&key->checks, 1, memory_order_relaxed) != keys->worn ||
	    !base_ready(keys))
		return NULL;
	const uint32_t place = atomic_fetch_add_explicit(&keys->tables, 1, memory_order_relaxed);
	if (place >= keys->tables_max)
		return NULL;
	bb_key_table_build(&table, &keys->comb, key->key,
			   keys->entries + (size_t)place * bb_comb_entries(&keys->comb),
			   signer->scratch);
	/* Pairs with the acquire above, of this and of other signers. */
	atomic_store_explicit(&key->table, table.entries, memory_order_release);
	return table.entries;
}

static void
check_all(struct bb_audit_signer *signer, bool verdicts[BB_BURST_CHECKS])
{
	struct bb_audit_keys *keys = signer->keys;

	for (uint32_t i = 0; i < signer->count; i++) {
		struct bb_audit_key *key = &keys->keys[signer->pending[i].participant];

		signer->tables[i].entries = table_of(signer, key);
		signer->fast += signer->tables[i].entries != NULL;
	}
	/* Those without a table go to libsodium from there. */
	bb_sign_check_burst(&keys->burst, signer->checks, signer->count, verdicts);
	signer->signatures += signer->count;
	atomic_fetch_add_explicit(&keys->checks, signer->count, memory_order_relaxed);
}

/* Checks what is pending; the first that is wrong becomes the finding. */
static void
flush(struct bb_audit_signer *signer, const struct bb_audit_batch *batch)
{
	bool verdicts[BB_BURST_CHECKS];

	check_all(signer, verdicts);
	for (uint32_t i = 0; i < signer->count; i++) {
		const struct bb_audit_pending *pending = &signer->pending[i];

		if (verdicts[i])
			continue;
		if (pending->participant == VENUE)
			bb_audit_find(&signer->finding, batch, pending->block,
				      BB_ERR_BLOCK_SIGNATURE, "not signed with the venue's key");
		else
			bb_audit_find(&signer->finding, batch, pending->block, BB_ERR_SIGNATURE,
				      "input %" PRIu64 ": the signature of participant %u does "
				      "not match", pending->number, pending->participant);
		break;
	}
	signer->count = 0;
}

static void
add(struct bb_audit_signer *signer, const struct bb_audit_batch *batch,
    const struct bb_audit_pending *pending, const uint8_t *message, size_t size,
    const uint8_t *signature)
{
	const uint32_t i = signer->count++;

	signer->pending[i] = *pending;
	signer->tables[i] = (struct bb_key_table){ .comb = signer->keys->comb };
	signer->checks[i] =
		(struct bb_check){ .table = &signer->tables[i],
				   .key = signer->keys->keys[pending->participant].key,
				   .signature = signature,
				   .message = message,
				   .size = size };
	if (signer->count == BB_BURST_CHECKS)
		flush(signer, batch);
}

/* Takes a packet up; returns why that cannot be. */
static const char *
add_packet(struct bb_audit_signer *signer, const struct bb_audit_batch *batch,
	   const struct bb_audit_block *block, const struct bb_block_input *input)
{
	const struct bb_audit_keys *keys = signer->keys;
	struct bb_packet packet;

	if (bb_packet_decode_input(input->bytes, input->size, &packet) != BB_OK)
		return "packet is malformed";
	signer->commands += packet.kind == BB_PACKET_OPERATOR ? 1 : packet.record_count;
	if (signer->wanted != BB_LEDGER_ALL)
		return NULL;
	if (packet.venue != keys->venue)
		return "packet is meant for another venue";
	if (packet.participant == VENUE || packet.participant > keys->participants)
		return "unknown participant";
	const uint64_t since = atomic_load_explicit(&keys->keys[packet.participant].since,
						    memory_order_acquire);
	if (since == 0 || input->number < since)
		return "unknown participant";
	const struct bb_audit_pending pending = { .block = block,
						  .number = input->number,
						  .participant = packet.participant };
	const size_t size = input->size - BB_SIGNATURE_SIZE;
	add(signer, batch, &pending, input->bytes, size, input->bytes + size);
	return NULL;
}

static void
sign_block(struct bb_audit_signer *signer, const struct bb_audit_batch *batch,
	   const struct bb_audit_block *block)
{
	const struct bb_block_header *header = &block->block.header;
	struct bb_block_cursor walk =
		bb_block_walk(block->block.bytes + BB_BLOCK_HEADER_SIZE, header->body_size,
			      header->input_count, header->result_count);
	const struct bb_audit_pending pending = { .block = block, .participant = VENUE };
	struct bb_block_input input;

	if (signer->wanted != BB_LEDGER_RECENT)
		add(signer, batch, &pending, block->block.hash.bytes, BB_HASH_SIZE,
		    header->signature);
	while (signer->finding.result == BB_OK && bb_block_next(&walk, &input)) {
		signer->commands += input.type == BB_RECORD_TICK;
		if (input.type != BB_RECORD_PACKET)
			continue; /* who signs the block signs these */
		const char *what = add_packet(signer, batch, block, &input);

		if (what == NULL)
			continue;
		/* What is pending comes before it. */
		flush(signer, batch);
		if (signer->finding.result == BB_OK)
			bb_audit_find(&signer->finding, batch, block, BB_ERR_REPLAY,
				      "input %" PRIu64 ": %s", input.number, what);
	}
}

void
bb_audit_sign(struct bb_audit_signer *signer, const struct bb_audit_batch *batch)
{
	for (uint32_t i = 0; i < batch->count && signer->finding.result == BB_OK; i++)
		sign_block(signer, batch, &batch->blocks[i]);
	if (signer->finding.result == BB_OK)
		flush(signer, batch);
	signer->count = 0;
}
