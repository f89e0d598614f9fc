/* cli_receipt - a receipt as a file, schema busbar.receipt/1: what ledger/bb_proof.h checks,
 * and the same in words for whoever opens it.
 *
 *	origin      whose log; with a checkpoint alone, which names it
 *	number, time_ns, input, events      for reading: must be what the bytes say
 *	record      base64: the record of the input, as hashed; its packet is at 24
 *	results     base64: the records of what it did, one after the other, 64 bytes each
 *	leaf        base64: 80 bytes
 *	index       of the leaf; the number of the input
 *	path        base64 of each hash, the lowest first
 *	checkpoint  a signed note; or
 *	block       base64: the header of a block, 512 bytes
 *
 * Memory   On the heap, given back by cli_receipt_free.
 * Threads  None of its own.
 * Errors   false, and in words what is wrong.
 * Replay   Not part of it.
 */
#ifndef CLI_RECEIPT_H
#define CLI_RECEIPT_H

#include <jansson.h>

#include "ledger/bb_proof.h"

#define CLI_RECEIPT_SCHEMA "busbar.receipt/1"
#define CLI_RECEIPT_WRONG  128u

/* 65,536 events and what they mean in words, written with indentation. */
#define CLI_RECEIPT_FILE_MAX (UINT64_C(64) << 20)

struct cli_receipt {
	struct bb_receipt receipt;
	json_t *whole;
	uint8_t *body;
	uint8_t *header;
};

/* cli_receipt_read reads size bytes of text from anyone.  Nothing is checked but the form. */
bool cli_receipt_read(struct cli_receipt *receipt, const char *text, size_t size,
		      char wrong[CLI_RECEIPT_WRONG]);

/* cli_receipt_says returns whether the readable part is what was proven.  A field that this
 * version does not know is wrong; one that is left out is not. */
bool cli_receipt_says(const struct cli_receipt *receipt, const struct bb_receipt_proven *proven,
		      char wrong[CLI_RECEIPT_WRONG]);

void cli_receipt_free(struct cli_receipt *receipt);

/* cli_receipt_type names an enum bb_record_type that has a leaf. */
const char *cli_receipt_type(uint16_t type);

/* cli_receipt_readable is the part for reading; cli_receipt_json is all of it. */
json_t *cli_receipt_readable(const struct bb_receipt_proven *proven);
json_t *cli_receipt_json(const struct bb_receipt *receipt, const struct bb_receipt_proven *proven);

#endif
