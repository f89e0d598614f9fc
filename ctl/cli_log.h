/* cli_log - the ledger's log as the proof commands read it: up to where it is durable, every
 * block checked, leaf by leaf.
 *
 * A block that is signed but not yet durable may be cut after a crash, and another one may
 * take its place.  So a proof ends with the block that the watermark names; where there is
 * none (a copy may lack it), with the last one, and then nothing new may be signed.
 *
 * Memory   The caller's; bytes of inputs are valid during a visit.
 * Threads  One.
 * Errors   As cli_fail.
 * Replay   Not part of it.
 */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include "ctl/cli_common.h"
#include "ledger/bb_block.h"
#include "ledger/bb_ledger.h"
#include "ledger/bb_log.h"
#include "ledger/bb_note.h"

struct cli_log {
	struct cli *cli;
	char folder[CLI_PATH_MAX];
	struct bb_genesis genesis;
	struct bb_note_key key; /* the venue's, named by the origin */
	struct bb_block end;    /* bytes: its header alone */
	uint8_t end_header[BB_BLOCK_HEADER_SIZE];
	bool witnessed; /* the watermark names it */
};

/* cli_log_open finds genesis and end of the ledger in the venue's folder. */
enum cli_exit cli_log_open(struct cli *cli, struct cli_log *log);

/* Called once for each block before its inputs, with input and leaf NULL, and for each input
 * that has a leaf; false: enough. */
typedef bool cli_log_visit(void *context, const struct bb_ledger_place *block,
			   const struct bb_ledger_input *input, const uint8_t *leaf);

/* cli_log_each visits leaves first to end - 1, and the blocks from some way before on; end is
 * at most the log's size at its end.  word says what is done to them, for the progress. */
enum cli_exit cli_log_each(const struct cli_log *log, const char *word, uint64_t first,
			   uint64_t end, cli_log_visit *visit, void *context);

/* cli_log_entry returns the height of a block at or before the one that brought a log of more
 * than size leaves; a pass may begin there. */
uint64_t cli_log_entry(const struct cli_log *log, uint64_t size);

/* cli_read_whole reads a file of at most most bytes into the heap, with a zero behind them;
 * "-" is standard input. */
enum bb_result cli_read_whole(const char *path, size_t most, char **text, size_t *size);

/* cli_replace writes PATH.new, makes it durable and renames it to path. */
enum bb_result cli_replace(const char *path, const void *bytes, size_t size);

#endif
