#include "ledger/bb_snapshot.h"

#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

#define ALGORITHMS   1u
#define STACK        64u /* of a tree */
#define SIGNATURE_AT 4000u
#define HASH_AT      4064u

static const uint8_t start[16] = { 'B', 'B', 'S', 'N', 'P', 'v', '1', 0, 0, 0x10, 0, 0,
				   ALGORITHMS };
static const char domain[] = "busbar-snapshot-v1";
static const char digits[] = "0123456789abcdef";

_Static_assert(HASH_AT == SIGNATURE_AT + BB_SIGNATURE_SIZE, "nothing between them");
_Static_assert(HASH_AT + BB_HASH_SIZE == BB_SNAPSHOT_HEAD, "nothing behind them");

void
bb_snapshot_name(char name[BB_SNAPSHOT_NAME_SIZE], uint64_t height)
{
	const int length = snprintf(name, BB_SNAPSHOT_NAME_SIZE, "snap-%016llx",
				    (unsigned long long)height);
	BB_ASSERT(length == BB_SNAPSHOT_NAME_SIZE - 1);
}

bool
bb_snapshot_name_read(const char *name, uint64_t *height)
{
	if (strlen(name) != BB_SNAPSHOT_NAME_SIZE - 1 || strncmp(name, "snap-", 5) != 0)
		return false;
	*height = 0;
	for (const char *at = name + 5; *at != '\0'; at++) {
		const char *digit = strchr(digits, *at);

		if (digit == NULL)
			return false;
		*height = *height << 4 | (uint64_t)(digit - digits);
	}
	return true;
}

/* What is signed: never the hash of a block, which begins with another word. */
static struct bb_hash
hash_to_sign(const uint8_t bytes[BB_SNAPSHOT_HEAD])
{
	struct bb_hasher hasher;

	bb_hash_start(&hasher);
	bb_hash_add(&hasher, domain, sizeof(domain));
	bb_hash_add(&hasher, bytes, SIGNATURE_AT);
	return bb_hash_end(&hasher);
}

static void
write_tree(struct bb_writer *writer, const struct bb_tree *tree)
{
	const uint32_t kept = (uint32_t)__builtin_popcountll(tree->size);
	static const struct bb_hash none;

	bb_write_u64(writer, tree->size);
	for (uint32_t i = 0; i < STACK; i++)
		bb_write_bytes(writer, i < kept ? tree->stack[i].bytes : none.bytes, BB_HASH_SIZE);
}

void
bb_snapshot_encode(uint8_t bytes[BB_SNAPSHOT_HEAD], const struct bb_snapshot *snapshot,
		   const struct bb_identity *signer)
{
	struct bb_writer writer = bb_writer(bytes, BB_SNAPSHOT_HEAD);

	memset(bytes, 0, BB_SNAPSHOT_HEAD);
	bb_write_bytes(&writer, start, sizeof(start));
	bb_write_u64(&writer, snapshot->layout);
	bb_write_u64(&writer, snapshot->made_ns);
	bb_write_bytes(&writer, snapshot->ledger_id.bytes, BB_HASH_SIZE);
	bb_write_bytes(&writer, signer->public_key, BB_KEY_SIZE);
	bb_write_u64(&writer, snapshot->height);
	bb_write_u64(&writer, snapshot->segment);
	bb_write_u64(&writer, snapshot->offset);
	bb_write_bytes(&writer, snapshot->block_hash.bytes, BB_HASH_SIZE);
	bb_write_bytes(&writer, snapshot->state_root.bytes, BB_HASH_SIZE);
	bb_write_u64(&writer, snapshot->number);
	bb_write_u64(&writer, snapshot->time_ns);
	bb_write_u64(&writer, snapshot->market_size);
	bb_write_u64(&writer, snapshot->places_size);
	bb_write_bytes(&writer, snapshot->market_hash.bytes, BB_HASH_SIZE);
	bb_write_bytes(&writer, snapshot->places_hash.bytes, BB_HASH_SIZE);
	write_tree(&writer, &snapshot->tree);
	BB_ASSERT(!writer.failed && writer.offset <= SIGNATURE_AT);
	struct bb_hash hash = hash_to_sign(bytes);
	bb_sign(signer, hash.bytes, BB_HASH_SIZE, bytes + SIGNATURE_AT);
	hash = bb_hash_of(bytes, HASH_AT);
	memcpy(bytes + HASH_AT, hash.bytes, BB_HASH_SIZE);
}

static void
read_hash(struct bb_reader *reader, struct bb_hash *hash)
{
	bb_read_bytes(reader, hash->bytes, BB_HASH_SIZE);
}

/* Reads what follows the magic; returns whether what must be zero is. */
static bool
read_fields(struct bb_snapshot *snapshot, struct bb_reader *reader)
{
	static const struct bb_hash none;
	bool zero = true;

	snapshot->layout = bb_read_u64(reader);
	snapshot->made_ns = bb_read_u64(reader);
	read_hash(reader, &snapshot->ledger_id);
	bb_read_bytes(reader, snapshot->signer_key, BB_KEY_SIZE);
	snapshot->height = bb_read_u64(reader);
	snapshot->segment = bb_read_u64(reader);
	snapshot->offset = bb_read_u64(reader);
	read_hash(reader, &snapshot->block_hash);
	read_hash(reader, &snapshot->state_root);
	snapshot->number = bb_read_u64(reader);
	snapshot->time_ns = bb_read_u64(reader);
	snapshot->market_size = bb_read_u64(reader);
	snapshot->places_size = bb_read_u64(reader);
	read_hash(reader, &snapshot->market_hash);
	read_hash(reader, &snapshot->places_hash);
	snapshot->tree.size = bb_read_u64(reader);
	for (uint32_t i = 0; i < STACK; i++) {
		read_hash(reader, &snapshot->tree.stack[i]);
		zero &= i < (uint32_t)__builtin_popcountll(snapshot->tree.size) ||
			memcmp(&snapshot->tree.stack[i], &none, sizeof(none)) == 0;
	}
	bb_read_zeros(reader, SIGNATURE_AT - reader->offset);
	return zero && !reader->failed;
}

static enum bb_result
says(const char **what, const char *part, enum bb_result result)
{
	*what = part;
	return result;
}

enum bb_result
bb_snapshot_decode(struct bb_snapshot *snapshot, const uint8_t bytes[BB_SNAPSHOT_HEAD],
		   const struct bb_hash *ledger_id, const uint8_t key[BB_KEY_SIZE],
		   const char **what)
{
	struct bb_reader reader = bb_reader(bytes, BB_SNAPSHOT_HEAD);
	const struct bb_hash whole = bb_hash_of(bytes, HASH_AT);
	const struct bb_hash hash = hash_to_sign(bytes);
	uint8_t seen[sizeof(start)];

	bb_read_bytes(&reader, seen, sizeof(seen));
	if (memcmp(seen, start, sizeof(start)) != 0)
		return says(what, "the head is none of a snapshot", BB_ERR_FORMAT);
	if (memcmp(whole.bytes, bytes + HASH_AT, BB_HASH_SIZE) != 0)
		return says(what, "the head is damaged", BB_ERR_HASH);
	const bool zero = read_fields(snapshot, &reader);
	if (memcmp(&snapshot->ledger_id, ledger_id, BB_HASH_SIZE) != 0)
		return says(what, "it is of another ledger", BB_ERR_CHAIN);
	if (memcmp(snapshot->signer_key, key, BB_KEY_SIZE) != 0 ||
	    !bb_sign_check(key, hash.bytes, BB_HASH_SIZE, bytes + SIGNATURE_AT))
		return says(what, "it is not signed with the venue's key",
			    BB_ERR_BLOCK_SIGNATURE);
	if (!zero)
		return says(what, "bytes that must be zero are not", BB_ERR_RESERVED);
	return BB_OK;
}

void
bb_snapshot_of(struct bb_snapshot *snapshot, const struct bb_chain *chain, uint64_t segment,
	       uint64_t offset)
{
	BB_ASSERT(chain->next_height > 0 && chain->number_known && chain->state_known &&
		  chain->tree_known);
	*snapshot = (struct bb_snapshot){ .ledger_id = chain->ledger_id,
					  .height = chain->next_height - 1,
					  .segment = segment,
					  .offset = offset,
					  .block_hash = chain->block_hash,
					  .state_root = chain->state_root,
					  .number = chain->number,
					  .time_ns = chain->time_ns,
					  .tree = chain->tree };
	memcpy(snapshot->signer_key, chain->signer_key, BB_KEY_SIZE);
}

/* The block, as it lies in its segment. */
static enum bb_result
view_block(const struct bb_snapshot *snapshot, const struct bb_mapping *segments,
	   uint64_t segment_count, struct bb_block *block, const char **what)
{
	static const struct bb_mapping none;
	const struct bb_mapping *segment =
		snapshot->segment < segment_count ? &segments[snapshot->segment] : &none;
	const char *part = "";

	if (snapshot->offset < BB_SEGMENT_BLOCKS || snapshot->offset % BB_BLOCK_ALIGN != 0 ||
	    segment->size < BB_BLOCK_ALIGN || snapshot->offset > segment->size - BB_BLOCK_ALIGN)
		return says(what, "its block is not in the ledger", BB_ERR_NOT_FOUND);
	return bb_block_view(block, segment->bytes + snapshot->offset,
			     segment->size - snapshot->offset, &part) == BB_OK
		       ? BB_OK
		       : says(what, "there is no whole block where it says", BB_ERR_CHAIN);
}

enum bb_result
bb_snapshot_meets(const struct bb_snapshot *snapshot, const struct bb_mapping *segments,
		  uint64_t segment_count, struct bb_chain *chain, uint64_t *end,
		  const char **what)
{
	const struct bb_hash log_root = bb_tree_root(&snapshot->tree);
	struct bb_block block;
	const struct bb_block_header *header = &block.header;

	const enum bb_result result =
		view_block(snapshot, segments, segment_count, &block, what);
	if (result != BB_OK)
		return result;
	if (header->height != snapshot->height ||
	    memcmp(&block.hash, &snapshot->block_hash, BB_HASH_SIZE) != 0 ||
	    !bb_block_signed(&block, snapshot->signer_key))
		return says(what, "another block lies where it says", BB_ERR_CHAIN);
	if (memcmp(&header->state_root, &snapshot->state_root, BB_HASH_SIZE) != 0)
		return says(what, "its state root is not that of its block", BB_ERR_CHAIN);
	if (header->log_size != snapshot->tree.size || header->log_size == 0 ||
	    header->log_size - 1 != snapshot->number ||
	    memcmp(&header->log_root, &log_root, BB_HASH_SIZE) != 0)
		return says(what, "its log is not that of its block", BB_ERR_CHAIN);

	bb_chain_start(chain);
	chain->next_height = snapshot->height + 1;
	chain->epoch = header->epoch;
	chain->number = snapshot->number;
	chain->time_ns = snapshot->time_ns;
	chain->sealed_ns = header->sealed_ns;
	chain->ledger_id = snapshot->ledger_id;
	chain->block_hash = snapshot->block_hash;
	chain->state_root = snapshot->state_root;
	chain->log_root = log_root;
	memcpy(chain->signer_key, snapshot->signer_key, BB_KEY_SIZE);
	chain->tree = snapshot->tree;
	chain->packets = bb_record_is_decided(bb_block_first_type(&block));
	*end = snapshot->offset + header->total_size;
	return BB_OK;
}

enum bb_result
bb_snapshot_length(const struct bb_snapshot *snapshot, uint64_t size, const char **what)
{
	const uint64_t left = size > BB_SNAPSHOT_HEAD ? size - BB_SNAPSHOT_HEAD : 0;

	return snapshot->market_size <= left &&
			       snapshot->places_size == left - snapshot->market_size
		       ? BB_OK
		       : says(what, "it is not as long as it says", BB_ERR_LENGTH);
}

/* The watermark must name that block or a later one: an earlier one would not be met any more,
 * and whether this chain holds it could not be said. */
static bool
is_witnessed(const struct bb_witness *witness, uint64_t height)
{
	return witness->state != BB_WITNESS_AHEAD || witness->watermark.height >= height;
}

enum bb_result
bb_snapshot_usable(const struct bb_snapshot *snapshot, uint64_t layout,
		   const struct bb_witness *witness, const struct bb_mapping *segments,
		   uint64_t segment_count, struct bb_chain *chain, uint64_t *end,
		   const char **what)
{
	if (snapshot->layout != layout)
		return says(what, "it was made by another version of busbar", BB_ERR_FORMAT);
	if (!is_witnessed(witness, snapshot->height))
		return says(what, "it is newer than the watermark", BB_ERR_CHAIN);
	return bb_snapshot_meets(snapshot, segments, segment_count, chain, end, what);
}

enum bb_result
bb_snapshot_records(const struct bb_snapshot *snapshot, const uint8_t *records,
		    const char **what)
{
	const struct bb_hash market = bb_hash_of(records, snapshot->market_size);
	const struct bb_hash places =
		bb_hash_of(records + snapshot->market_size, snapshot->places_size);

	return memcmp(&market, &snapshot->market_hash, BB_HASH_SIZE) == 0 &&
			       memcmp(&places, &snapshot->places_hash, BB_HASH_SIZE) == 0
		       ? BB_OK
		       : says(what, "its records are damaged", BB_ERR_HASH);
}
