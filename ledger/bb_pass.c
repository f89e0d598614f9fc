#include "ledger/bb_pass.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"

enum bb_result
bb_ledger_say(char text[BB_LEDGER_TEXT], enum bb_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, BB_LEDGER_TEXT, format, arguments);
	va_end(arguments);
	return result;
}

static void
begin(struct bb_pass *pass, const struct bb_mapping *segments, uint64_t segment_count,
      uint64_t first, const struct bb_witness *witness, char text[BB_LEDGER_TEXT])
{
	BB_ASSERT(first < segment_count);
	memset(pass, 0, sizeof(*pass));
	pass->segments = segments;
	pass->segment_count = segment_count;
	pass->segment_index = first;
	pass->witness = *witness;
	pass->text = text;
	for (uint64_t i = first; i < segment_count; i++)
		pass->bytes_total += segments[i].size;
}

/* A pass that begins in the middle takes ledger id and key from the head of a segment, which anyone
 * can write, genesis of another ledger behind it and all: what it says must be of the ledger that
 * segment 0 begins. */
static enum bb_result
enter_chain(struct bb_chain *chain, const struct bb_mapping *segments, uint64_t first,
	    char text[BB_LEDGER_TEXT])
{
	struct bb_segment segment;
	struct bb_genesis genesis;
	uint32_t damaged = 0;
	const char *what = "";

	if (bb_scan_genesis(segments[0].bytes, segments[0].size, &genesis, &what) != BB_OK)
		return bb_ledger_say(text, BB_ERR_CORRUPT,
				     "seg-%016" PRIx64 ", which holds genesis: %s: damaged",
				     UINT64_C(0), what);
	if (segments[first].size < BB_SEGMENT_BLOCKS ||
	    bb_segment_read(&segment, segments[first].bytes, &damaged) != BB_OK)
		return bb_ledger_say(text, BB_ERR_CORRUPT,
				     "seg-%016" PRIx64 ": segment header: damaged", first);
	const struct bb_hash ledger_id = bb_genesis_ledger_id(&genesis);

	if (segment.first_height == 0 ||
	    memcmp(&segment.ledger_id, &ledger_id, BB_HASH_SIZE) != 0 ||
	    memcmp(segment.signer_key, genesis.signer_key, BB_KEY_SIZE) != 0)
		return bb_ledger_say(text, BB_ERR_CORRUPT,
				     "seg-%016" PRIx64 ": the head names another ledger or key "
				     "than genesis, or begins anew", first);
	bb_chain_enter(chain, &segment);
	return BB_OK;
}

enum bb_result
bb_pass_start(struct bb_pass *pass, const struct bb_mapping *segments, uint64_t segment_count,
	      uint64_t first, const struct bb_witness *witness, char text[BB_LEDGER_TEXT])
{
	struct bb_chain chain;
	enum bb_result result = BB_OK;

	begin(pass, segments, segment_count, first, witness, text);
	bb_chain_start(&chain);
	if (first > 0)
		result = enter_chain(&chain, segments, first, text);
	bb_scan_start(&pass->scan, &chain);
	return result;
}

enum bb_result
bb_pass_resume(struct bb_pass *pass, const struct bb_mapping *segments, uint64_t segment_count,
	       const struct bb_chain *chain, uint64_t segment, uint64_t offset, uint64_t end,
	       const struct bb_witness *witness, char text[BB_LEDGER_TEXT])
{
	begin(pass, segments, segment_count, segment, witness, text);
	bb_scan_start(&pass->scan, chain);
	const enum bb_result result = bb_scan_resume(&pass->scan, segments[segment].bytes,
						     segments[segment].size, segment, end);

	if (result != BB_OK)
		return bb_ledger_say(text, BB_ERR_CORRUPT, "seg-%016" PRIx64 ": %s: %s", segment,
				     pass->scan.what, bb_result_text(result));
	pass->entered = true;
	pass->block_segment = segment;
	pass->block_offset = offset;
	pass->bytes_total -= end;
	bb_witness_see(&pass->witness, chain);
	return BB_OK;
}

uint64_t
bb_pass_segment(const struct bb_mapping *segments, uint64_t segment_count, uint64_t height)
{
	uint64_t index = segment_count - 1;

	for (; index > 0; index--) {
		struct bb_segment segment;
		uint32_t damaged = 0;

		if (segments[index].size >= BB_SEGMENT_BLOCKS &&
		    bb_segment_read(&segment, segments[index].bytes, &damaged) == BB_OK &&
		    segment.first_height <= height)
			break;
	}
	return index;
}

static enum bb_result
enter_segment(struct bb_pass *pass)
{
	const uint64_t index = pass->segment_index;
	const struct bb_mapping *segment = &pass->segments[index];
	uint32_t damaged = 0;
	const enum bb_result result =
		bb_scan_segment(&pass->scan, segment->bytes, segment->size, index, &damaged);

	/* A segment has its name only once its head is durable: no crash explains this. */
	if (result != BB_OK)
		return bb_ledger_say(pass->text, BB_ERR_CORRUPT,
				     "seg-%016" PRIx64 ", where block %" PRIu64
				     " should follow: %s: %s; bring it back from a copy",
				     index, pass->scan.chain.next_height, pass->scan.what,
				     bb_result_text(result));
	if (damaged != 0 && pass->strict_heads)
		return bb_ledger_say(pass->text, BB_ERR_CORRUPT,
				     "seg-%016" PRIx64 ", before block %" PRIu64
				     ": the %s copy of the segment header is damaged",
				     index, pass->scan.chain.next_height,
				     damaged == 1 ? "first" : "second");
	pass->entered = true;
	return BB_OK;
}

static enum bb_result
bad_signature(struct bb_pass *pass, uint64_t height)
{
	return bb_ledger_say(pass->text, BB_ERR_BLOCK_SIGNATURE,
			     "block %" PRIu64 " is not signed with the venue's key", height);
}

/* Counts a block and looks at its signature, or keeps it for later. */
static enum bb_result
take_block(struct bb_pass *pass, const struct bb_block *block)
{
	const struct bb_block_header *header = &block->header;
	const uint64_t slot = header->height % BB_PASS_SIGNATURES;

	pass->blocks++;
	pass->block_segment = pass->segment_index;
	pass->block_offset = pass->scan.offset - header->total_size;
	pass->inputs += bb_record_is_decided(bb_block_first_type(block)) ? header->input_count : 0;
	pass->bytes_done += header->total_size;
	bb_witness_see(&pass->witness, &pass->scan.chain);
	pass->recent[slot].hash = block->hash;
	memcpy(pass->recent[slot].signature, header->signature, BB_SIGNATURE_SIZE);
	if (pass->signatures == BB_PASS_EVERY &&
	    !bb_block_signed(block, pass->scan.chain.signer_key))
		return bad_signature(pass, header->height);
	return BB_OK;
}

static enum bb_result
check_recent(struct bb_pass *pass)
{
	const uint64_t end = pass->scan.chain.next_height;
	const uint64_t kept = BB_PASS_SIGNATURES;
	const uint64_t seen = pass->blocks < kept ? pass->blocks : kept;
	const uint64_t count = pass->signatures == BB_PASS_RECENT ? seen : 0;

	for (uint64_t height = end - count; height < end; height++) {
		const uint64_t slot = height % BB_PASS_SIGNATURES;

		if (!bb_sign_check(pass->scan.chain.signer_key, pass->recent[slot].hash.bytes,
				   BB_HASH_SIZE, pass->recent[slot].signature))
			return bad_signature(pass, height);
	}
	return BB_OK;
}

/* Says where the scan stands and what is wrong there. */
static enum bb_result
say_broken(struct bb_pass *pass, enum bb_result told, enum bb_result result, const char *why)
{
	const struct bb_scan *scan = &pass->scan;

	return bb_ledger_say(pass->text, told,
			     "block %" PRIu64 " in seg-%016" PRIx64 " at offset %" PRIu64
			     ": %s: %s; %s",
			     scan->chain.next_height, pass->segment_index, scan->offset, scan->what,
			     bb_result_text(result), why);
}

/* What a live venue is writing may look like anything for a moment. */
static enum bb_remains
remains(const struct bb_pass *pass, enum bb_result result)
{
	if (result == BB_ERR_NOT_FOUND)
		return BB_REMAINS_NOTHING;
	return pass->still ? bb_scan_remains(&pass->scan) : BB_REMAINS_CUT;
}

/* Decides what the end of the chain means; result is why it ends here, BB_ERR_NOT_FOUND
 * when zeros follow; vouched tells whether a later header spoke for the block that failed. */
static enum bb_result
judge_end(struct bb_pass *pass, enum bb_result result, bool vouched)
{
	const struct bb_tail tail = {
		.witness = pass->witness.state,
		.remains = remains(pass, result),
		.later_segment = pass->segment_index + 1 < pass->segment_count,
		.later_header = vouched,
	};
	const char *why = "";
	const enum bb_tail_verdict verdict = bb_tail_judge(&tail, &why);

	if (verdict == BB_TAIL_CORRUPT && result != BB_ERR_NOT_FOUND)
		return say_broken(pass, BB_ERR_CORRUPT, result, why);
	if (verdict == BB_TAIL_CORRUPT)
		return bb_ledger_say(pass->text, BB_ERR_CORRUPT,
				     "the ledger ends with block %" PRIu64 " in seg-%016" PRIx64
				     " at offset %" PRIu64 ", but %s",
				     pass->scan.chain.next_height - 1, pass->segment_index,
				     pass->scan.offset, why);
	const bool empty = pass->scan.chain.next_height == 0;
	if (verdict == BB_TAIL_TORN && (!pass->tolerate_tail || empty))
		return say_broken(pass, result, result, why);
	if (verdict == BB_TAIL_TORN)
		pass->torn_bytes = bb_scan_tail(&pass->scan);
	if (empty)
		return bb_ledger_say(pass->text, BB_ERR_CORRUPT, "the genesis block is not there");
	const enum bb_result signatures = check_recent(pass);
	return signatures == BB_OK ? BB_ERR_NOT_FOUND : signatures;
}

enum bb_result
bb_pass_next(struct bb_pass *pass, struct bb_block *block)
{
	enum bb_result result = BB_OK;

	for (;;) {
		if (!pass->entered && (result = enter_segment(pass)) != BB_OK)
			return result;
		result = bb_scan_next(&pass->scan, block);
		if (result != BB_ERR_NOT_FOUND || pass->segment_index + 1 == pass->segment_count)
			break;
		pass->segment_index++;
		pass->entered = false;
	}
	if (result == BB_OK)
		return take_block(pass, block);

	/* The block may have been finished by a live venue while this looked at it; if something
	 * vouches for it now, a second look finds it whole.  Asked once: a venue that goes on
	 * would vouch a moment later for what was rightly found torn. */
	const bool vouched = result != BB_ERR_NOT_FOUND && bb_scan_vouched(&pass->scan);

	if (pass->tolerate_tail && vouched && bb_scan_next(&pass->scan, block) == BB_OK)
		return take_block(pass, block);
	return judge_end(pass, result, vouched);
}
