#include "ledger/bb_tail.h"

#include <string.h>

#include "base/bb_assert.h"

#define BIT(state)  (1u << (state))
#define ANY_WITNESS (BIT(BB_WITNESS_STATES) - 1)
#define QUIET       (BIT(BB_WITNESS_NONE) | BIT(BB_WITNESS_MET))

enum rest { ANY, NO, YES };

static const struct {
	uint32_t witnesses; /* bits of enum bb_witness_state */
	enum rest broken;
	enum rest later_segment;
	enum rest later_header;
	enum bb_tail_verdict verdict;
	const char *why;
} rows[] = {
	{ BIT(BB_WITNESS_OTHER), ANY, ANY, ANY, BB_TAIL_CORRUPT,
	  "the watermark names another block at its height; put segments and wm of one "
	  "moment back together" },
	{ BIT(BB_WITNESS_AHEAD), ANY, ANY, ANY, BB_TAIL_CORRUPT,
	  "the watermark names a later durable block; nothing was changed: check the disk, "
	  "restore the segment" },
	{ ANY_WITNESS, YES, YES, ANY, BB_TAIL_CORRUPT,
	  "a later segment vouches for it; nothing was changed: check the disk, restore the "
	  "segment" },
	{ ANY_WITNESS, YES, ANY, YES, BB_TAIL_CORRUPT,
	  "a later block vouches for it; nothing was changed: check the disk, restore the "
	  "segment" },
	{ BIT(BB_WITNESS_DAMAGED), ANY, ANY, ANY, BB_TAIL_CORRUPT,
	  "both slots of wm are damaged: check the disk; remove wm to go on without it" },
	{ QUIET, YES, NO, NO, BB_TAIL_TORN, "torn by a crash; the next start of busbard mends it" },
	{ QUIET, NO, ANY, ANY, BB_TAIL_CLEAN, "" },
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
	       !fits(rows[i].broken, tail->broken) ||
	       !fits(rows[i].later_segment, tail->later_segment) ||
	       !fits(rows[i].later_header, tail->later_header)) {
		i++;
		BB_ASSERT(i < sizeof(rows) / sizeof(rows[0])); /* a row for everything */
	}
	*why = rows[i].why;
	return rows[i].verdict;
}
