#include "ledger/bb_proof.h"

#include <string.h>

/* Whether the body is one input with its results, all of which decode. */
static bool
read_body(const struct bb_receipt *receipt, struct bb_block_input *input)
{
	struct bb_block_cursor walk =
		bb_block_walk(receipt->body, receipt->body_size, 1, receipt->result_count);
	struct bb_block_input none;
	struct bb_packet packet;

	/* The second step finds that nothing is left over. */
	if (!bb_block_next(&walk, input) || bb_block_next(&walk, &none) || walk.failed ||
	    !bb_log_has_leaf(input->type) || input->result_count != receipt->result_count)
		return false;
	if (input->type == BB_RECORD_PACKET &&
	    bb_packet_decode_input(input->bytes, input->size, &packet) != BB_OK)
		return false;
	return bb_block_input_sound(input);
}

static enum bb_result
open_anchor(const struct bb_receipt *receipt, const struct bb_note_key *key,
	    struct bb_checkpoint *log, const char **what)
{
	struct bb_block block;

	if (receipt->note != NULL)
		return bb_checkpoint_open(log, receipt->note, receipt->note_size, key, what);
	*what = "the header of the block";
	if (bb_block_view_header(&block, receipt->header) != BB_OK)
		return BB_ERR_FORMAT;
	*what = "the signature of the block";
	if (!bb_block_signed(&block, key->key))
		return BB_ERR_SIGNATURE;
	*log = (struct bb_checkpoint){ .size = block.header.log_size,
				       .root = block.header.log_root };
	return BB_OK;
}

enum bb_result
bb_receipt_check(const struct bb_receipt *receipt, const struct bb_note_key *key,
		 struct bb_receipt_proven *proven, const char **what)
{
	uint8_t leaf[BB_LEAF_SIZE];
	const struct bb_block_input *input = &proven->input;

	*proven = (struct bb_receipt_proven){ 0 };
	*what = "the records of the input and its results";
	if (!read_body(receipt, &proven->input))
		return BB_ERR_FORMAT;
	*what = "the leaf, which does not say these records";
	bb_log_leaf(leaf, input->number, input->time_ns, input->record, input->record_size,
		    input->results, (size_t)input->result_count * BB_RESULT_SIZE);
	if (memcmp(leaf, receipt->leaf, sizeof(leaf)) != 0)
		return BB_ERR_HASH;
	*what = "the index, which is not the input's number";
	if (receipt->index != input->number)
		return BB_ERR_HASH;
	const enum bb_result result = open_anchor(receipt, key, &proven->log, what);
	if (result != BB_OK)
		return result;
	*what = "the path, which does not lead to the root that was signed";
	const struct bb_hash hash = bb_hash_leaf(leaf, sizeof(leaf));
	if (!bb_log_included(&hash, receipt->index, proven->log.size, &receipt->path,
			     &proven->log.root))
		return BB_ERR_HASH;
	*what = "";
	return BB_OK;
}
