#include "ledger/bb_genesis.h"

#include <string.h>

#include "base/bb_bytes.h"

static const uint8_t magic[8] = "BBGENv1";

void
bb_genesis_encode(uint8_t bytes[BB_GENESIS_SIZE], const struct bb_genesis *genesis)
{
	struct bb_writer writer = bb_writer(bytes, BB_GENESIS_SIZE);

	bb_write_bytes(&writer, magic, sizeof(magic));
	bb_write_u64(&writer, genesis->created_ns);
	bb_write_bytes(&writer, genesis->signer_key, BB_KEY_SIZE);
	bb_write_bytes(&writer, genesis->operator_key, BB_KEY_SIZE);
	bb_write_u32(&writer, genesis->size.participants);
	bb_write_u32(&writer, genesis->size.products);
	bb_write_u32(&writer, genesis->size.orders);
	bb_write_u32(&writer, genesis->size.levels);
	bb_write_bytes(&writer, (const uint8_t *)genesis->name, sizeof(genesis->name));
	bb_write_bytes(&writer, genesis->nonce, sizeof(genesis->nonce));
	bb_write_u32(&writer, genesis->size.places);
	bb_write_u32(&writer, genesis->size.positions);
	bb_write_u32(&writer, genesis->size.courses);
	bb_write_zeros(&writer, BB_GENESIS_SIZE - writer.offset);
}

/* How many bytes follow the first byte of a UTF-8 character, and the smallest code that
 * needs that many; RFC 3629. */
static int
utf8_following(uint8_t first, uint32_t *code, uint32_t *smallest)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t smallest;
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 },
		      { 0xf8, 0xf0, 0x10000 } };

	for (int i = 0; i < 4; i++) {
		if ((first & forms[i].mask) != forms[i].lead)
			continue;
		*code = first & (uint8_t)~forms[i].mask;
		*smallest = forms[i].smallest;
		return i;
	}
	return -1;
}

/* The name goes into JSON and onto terminals: whole characters, no control codes. */
static bool
name_valid(const char *name, size_t size)
{
	const size_t length = strnlen(name, size);
	size_t at = 0;

	if (length == size || !bb_is_zero((const uint8_t *)name + length, size - length))
		return false;
	while (at < length) {
		uint32_t code = 0;
		uint32_t smallest = 0;
		const int following = utf8_following((uint8_t)name[at++], &code, &smallest);

		if (following < 0)
			return false;
		for (int i = 0; i < following; i++, at++) {
			if (((uint8_t)name[at] & 0xc0) != 0x80)
				return false;
			code = code << 6 | ((uint8_t)name[at] & 0x3f);
		}
		if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ||
		    code < 0x20 || (code >= 0x7f && code <= 0x9f))
			return false;
	}
	return true;
}

enum bb_result
bb_genesis_decode(struct bb_genesis *genesis, const uint8_t *bytes, size_t size)
{
	struct bb_reader reader = bb_reader(bytes, size);
	uint8_t seen[8];

	if (size != BB_GENESIS_SIZE)
		return BB_ERR_FORMAT;
	bb_read_bytes(&reader, seen, sizeof(seen));
	genesis->created_ns = bb_read_u64(&reader);
	bb_read_bytes(&reader, genesis->signer_key, BB_KEY_SIZE);
	bb_read_bytes(&reader, genesis->operator_key, BB_KEY_SIZE);
	genesis->size.participants = bb_read_u32(&reader);
	genesis->size.products = bb_read_u32(&reader);
	genesis->size.orders = bb_read_u32(&reader);
	genesis->size.levels = bb_read_u32(&reader);
	bb_read_bytes(&reader, (uint8_t *)genesis->name, sizeof(genesis->name));
	bb_read_bytes(&reader, genesis->nonce, sizeof(genesis->nonce));
	genesis->size.places = bb_read_u32(&reader);
	genesis->size.positions = bb_read_u32(&reader);
	genesis->size.courses = bb_read_u32(&reader);
	bb_read_zeros(&reader, bb_reader_left(&reader));
	if (reader.failed || memcmp(seen, magic, sizeof(magic)) != 0 ||
	    !name_valid(genesis->name, sizeof(genesis->name)) ||
	    !bb_market_size_valid(&genesis->size))
		return BB_ERR_FORMAT;
	return BB_OK;
}

struct bb_hash
bb_genesis_ledger_id(const struct bb_genesis *genesis)
{
	uint8_t bytes[BB_GENESIS_SIZE];

	bb_genesis_encode(bytes, genesis);
	return bb_hash_of(bytes, sizeof(bytes));
}
