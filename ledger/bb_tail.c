#include "ledger/bb_tail.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "ledger/bb_sectors.h"

_Static_assert(BB_BLOCK_HEADER_SIZE == BB_SECTOR_SIZE, "a crash leaves a header whole or zeros");

#define BIT(state)  (1u << (state))
#define ANY_WITNESS (BIT(BB_WITNESS_STATES) - 1)
#define QUIET       (BIT(BB_WITNESS_NONE) | BIT(BB_WITNESS_MET))
#define ANY_REMAINS (BIT(BB_REMAINS) - 1)
#define BROKEN      (BIT(BB_REMAINS_CUT) | BIT(BB_REMAINS_SPOILT))

enum rest { ANY, NO, YES };

static const struct {
	uint32_t witnesses; /* bits of enum bb_witness_state */
	uint32_t remains;   /* bits of enum bb_remains */
	enum rest later_segment;
	enum rest later_header;
	enum bb_tail_verdict verdict;
	const char *why;
} rows[] = {
	{ BIT(BB_WITNESS_OTHER), ANY_REMAINS, ANY, ANY, BB_TAIL_CORRUPT,
	  "the watermark names another block at its height; put segments and wm of one "
	  "moment back together" },
	{ BIT(BB_WITNESS_AHEAD), ANY_REMAINS, ANY, ANY, BB_TAIL_CORRUPT,
	  "the watermark names a later durable block; nothing was changed: check the disk, "
	  "restore the segment" },
	{ ANY_WITNESS, BROKEN, YES, ANY, BB_TAIL_CORRUPT,
	  "a later segment vouches for it; nothing was changed: check the disk, restore the "
	  "segment" },
	{ ANY_WITNESS, BROKEN, ANY, YES, BB_TAIL_CORRUPT,
	  "a later block vouches for it; nothing was changed: check the disk, restore the "
	  "segment" },
	{ BIT(BB_WITNESS_DAMAGED), ANY_REMAINS, ANY, ANY, BB_TAIL_CORRUPT,
	  "both slots of wm are damaged: check the disk; remove wm to go on without it" },
	{ QUIET, BIT(BB_REMAINS_SPOILT), NO, NO, BB_TAIL_CORRUPT,
	  "no crash leaves that: the disk has damaged it; nothing was changed: check the disk, "
	  "restore the segment" },
	{ QUIET, BIT(BB_REMAINS_CUT), NO, NO, BB_TAIL_TORN,
	  "torn by a crash; the next start of busbard mends it" },
	{ QUIET, BIT(BB_REMAINS_NOTHING), ANY, ANY, BB_TAIL_CLEAN, "" },
};

void
bb_witness_read(struct bb_witness *witness, const uint8_t *bytes, uint64_t size)
{
	*witness = (struct bb_witness){ .state = BB_WITNESS_NONE };
	if (bytes == NULL)
		return;
	witness->state = bb_watermark_read(&witness->watermark, bytes, size) == BB_OK ?
				 BB_WITNESS_AHEAD :
				 BB_WITNESS_DAMAGED;
}

void
bb_witness_see(struct bb_witness *witness, const struct bb_chain *chain)
{
	const struct bb_watermark *watermark = &witness->watermark;

	if (witness->state != BB_WITNESS_AHEAD || chain->next_height != watermark->height + 1)
		return;
	const bool same =
		memcmp(&watermark->block_hash, &chain->block_hash, BB_HASH_SIZE) == 0 &&
		memcmp(&watermark->ledger_id, &chain->ledger_id, BB_HASH_SIZE) == 0;
	witness->state = same ? BB_WITNESS_MET : BB_WITNESS_OTHER;
}

/* Whether the header is that of the block that comes next, in its place. */
static bool
is_next(const struct bb_chain *chain, const uint8_t nonce[16],
	const struct bb_block_header *header, uint64_t size)
{
	return header->total_size <= size && header->height == chain->next_height &&
	       memcmp(header->nonce, nonce, sizeof(header->nonce)) == 0 &&
	       memcmp(&header->previous, &chain->block_hash, BB_HASH_SIZE) == 0;
}

enum bb_remains
bb_tail_remains(const struct bb_chain *chain, const uint8_t nonce[16], const uint8_t *bytes,
		uint64_t size)
{
	const uint32_t sectors = (uint32_t)(size / BB_SECTOR_SIZE);
	struct bb_block_header header;

	if (bb_sectors_zero(bytes, size) == sectors)
		return BB_REMAINS_NOTHING;
	if (bb_sectors_zero(bytes, BB_SECTOR_SIZE) == 1)
		return BB_REMAINS_CUT;
	if (bb_block_header_decode(&header, bytes) != BB_OK ||
	    !is_next(chain, nonce, &header, size))
		return BB_REMAINS_SPOILT;
	return bb_sectors_zero(bytes, header.total_size) > header.zero_sectors ?
		       BB_REMAINS_CUT :
		       BB_REMAINS_SPOILT;
}

static bool
fits(enum rest wanted, bool is)
{
	return wanted == ANY || (wanted == YES) == is;
}

enum bb_tail_verdict
bb_tail_judge(const struct bb_tail *tail, const char **why)
{
	size_t i = 0;

	while ((rows[i].witnesses & BIT(tail->witness)) == 0 ||
	       (rows[i].remains & BIT(tail->remains)) == 0 ||
	       !fits(rows[i].later_segment, tail->later_segment) ||
	       !fits(rows[i].later_header, tail->later_header)) {
		i++;
		BB_ASSERT(i < sizeof(rows) / sizeof(rows[0])); /* a row for everything */
	}
	*why = rows[i].why;
	return rows[i].verdict;
}
