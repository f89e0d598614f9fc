/* bench_ledger - what the parts of `busbar-bench ledger` share: the stage and the turns on it.
 *
 *	raw        one thread: pwrite, fdatasync; the next one when that is back
 *	direct     the same with O_DIRECT and O_DSYNC
 *	full       outcomes into the line as fast as it takes them, sealed, signed, durable, out
 *	window     from senders who wait for answers: as many blocks of inputs are on their way
 *	           as the options say, two unless asked
 *	paced      the same at 70 % of what raw and full have just done, the lower of the two
 *	raw paced  raw again, each block due at its time, at the rate of paced
 *
 * raw sends the next block when the last one is back, so it counts a moment in which the disk
 * does not answer once; window does as participants do, whose windows of sequences are bounded,
 * and compares with it: of two blocks, an input waits for its own to fill, for the flush before
 * and for its own.  paced and raw paced are sent whatever the disk does, count such a moment for
 * everything that comes meanwhile, and compare with each other.
 *
 * Units    Sizes in bytes, rates in MB/s, times in ns.
 * Memory   The stage is the program's; what it points to ends with it.
 * Threads  A turn runs on the calling thread, beside those of the store.
 * Errors   A turn returns false when the disk or the ledger has failed.
 */
#ifndef BENCH_LEDGER_H
#define BENCH_LEDGER_H

#include <sched.h>

#include "bench/bench.h"
#include "bench/bench_series.h"
#include "bench/bench_still.h"
#include "ledger/bb_ledger_parts.h"

#define BENCH_LEDGER_SLICE_NS UINT64_C(150000000) /* a turn */
#define BENCH_LEDGER_AGE_NS   UINT64_C(1000000)   /* at which a block closes */
#define BENCH_LEDGER_ORDERS   4u                  /* a packet */
#define BENCH_LEDGER_EVENTS   6u                  /* an answer each, and two fills */

/* Packets, before one is used again. */
#define BENCH_LEDGER_POOL (2u * BB_LINE_BLOCKS * BB_LINE_PACKETS)

enum bench_ledger_turn { RAW, DIRECT, FULL, WINDOW, PACED, RAW_PACED, TURNS };

struct bench_ledger_packet {
	struct bb_bid bid;
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	uint64_t due_ns;
};

struct bench_ledger_stage {
	const struct bench_options *options;
	char folder[512];
	int handle;
	cpu_set_t all;    /* cores: the bare disk's thread may use all */
	cpu_set_t own;    /* of the line's thread */
	cpu_set_t others; /* of the store's threads */
	int raw[2];       /* RAW, DIRECT; -1: cannot be had */
	uint8_t *raw_bytes;
	uint64_t raw_size;
	uint64_t raw_offset;
	struct bb_identity signer;
	struct bb_genesis genesis;
	struct bb_market *market;
	void *market_bytes;
	struct bb_ledger *ledger;
	struct bench_ledger_packet *pool;
	double packet_bytes; /* that each takes of a block, its events included */
	uint64_t next;       /* number of the next input */
	struct bench_series series[TURNS];
	struct bench_still still; /* in full, window and paced */
	char text[BB_LEDGER_TEXT];
};

/* bench_ledger_raw writes and flushes blocks of size bytes, one after the other: RAW or DIRECT. */
bool bench_ledger_raw(struct bench_ledger_stage *stage, enum bench_ledger_turn turn,
		      uint64_t size);

/* bench_ledger_raw_paced does it as RAW does, at a rate. */
bool bench_ledger_raw_paced(struct bench_ledger_stage *stage, uint64_t size, double rate);

/* bench_ledger_full sends inputs as fast as the ledger takes them; bench_ledger_window
 * only as many before their answers as fill options->window blocks of size bytes;
 * bench_ledger_paced at a rate. */
bool bench_ledger_full(struct bench_ledger_stage *stage);
bool bench_ledger_window(struct bench_ledger_stage *stage, uint64_t size);
bool bench_ledger_paced(struct bench_ledger_stage *stage, double rate);

#endif
