/* bb_ledger - the ledger as the rest of busbar sees it: create, open, follow, verify.
 *
 * Units    ns since 1970, UTC; sizes in bytes.
 * Memory   bb_ledger_open maps and allocates; bb_ledger_close gives it back.
 * Threads  Opened by the control thread; then the ledger lcore alone writes
 *          (ledger/bb_ledger_duty.h).  Files are read through read-only mappings.
 * Errors   bb_result and one line of text that says what is wrong and what to do.
 * Replay   Opening replays every input through the market and compares.
 */
#ifndef BB_LEDGER_H
#define BB_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/bb_genesis.h"
#include "market/bb_market.h"

#define BB_LEDGER_TEXT 256u

/* What is known of the end of the chain, or of any block in it. */
struct bb_ledger_place {
	uint64_t height;
	uint64_t sealed_ns;
	uint64_t epoch;
	uint64_t number;   /* last input up to here */
	uint64_t log_size; /* leaves up to here */
	struct bb_hash block_hash;
	struct bb_hash state_root;
	struct bb_hash log_root;
};

/* bb_ledger_create makes folder/seg-0000000000000000 with the genesis block, signed by
 * signer, durable before it returns.  folder must exist and hold no segment.
 * segment_size is a multiple of 4096 that holds the largest block of this market. */
enum bb_result bb_ledger_create(const char *folder, const struct bb_genesis *genesis,
				const struct bb_identity *signer, uint64_t segment_size,
				char text[BB_LEDGER_TEXT]);

/* bb_ledger_segment_min returns the smallest segment for a market of this size. */
uint64_t bb_ledger_segment_min(const struct bb_market_size *size);

/* bb_ledger_genesis reads the genesis of the ledger in folder (hash checked against the
 * segment's ledger id) without locking it. */
enum bb_result bb_ledger_genesis(const char *folder, struct bb_genesis *genesis,
				 char text[BB_LEDGER_TEXT]);

/* How a look at a whole ledger goes on; total is 0 when unknown. */
typedef void bb_ledger_progress(void *context, uint64_t bytes_done, uint64_t bytes_total,
				uint64_t blocks, uint64_t inputs);

/* Which signatures a look checks. */
enum bb_ledger_signatures {
	BB_LEDGER_RECENT, /* those of the last 1,024 blocks */
	BB_LEDGER_BLOCKS, /* of every block */
	BB_LEDGER_ALL,    /* and of every participant, from genesis on */
};

struct bb_ledger_options {
	enum bb_ledger_signatures signatures;
	bool libsodium;  /* never the burst check */
	bool replay;     /* re-execute every input and compare its events; from genesis on */
	bool tolerate_tail; /* the ledger may be live: a torn last block is no error */
	uint64_t from;   /* height: begin with the segment that holds it; 0: with genesis */
	uint32_t cores;  /* to make use of; 0 and 1: the calling thread alone */
	bb_ledger_progress *progress; /* may be NULL; the calling thread's */
	void *context;
};

/* What two events, or their counts, say of one field; field NULL: no values differ. */
struct bb_ledger_values {
	const char *field;
	bool is_signed; /* as int64_t */
	uint64_t recorded;
	uint64_t replayed;
};

/* Where a replay first did otherwise; what NULL: it did not. */
struct bb_ledger_difference {
	const char *what;
	uint64_t number; /* of the input */
	uint32_t event;  /* its index */
	struct bb_ledger_values values;
};

enum bb_ledger_work {
	BB_LEDGER_HASHING,    /* and reading, decoding, comparing with the chain */
	BB_LEDGER_SIGNATURES,
	BB_LEDGER_MARKET,
	BB_LEDGER_WORKS
};

struct bb_ledger_report {
	struct bb_ledger_place place; /* of the last good block; all zeros: there is none */
	struct bb_ledger_difference difference;
	/* Exact unless it failed: then some may have been read that come after. */
	uint64_t first_height; /* 0, or where `from` made it begin */
	uint64_t blocks;
	uint64_t inputs;   /* packets */
	uint64_t commands; /* records of packets */
	uint64_t bytes;
	uint64_t signatures;      /* checked, */
	uint64_t signatures_fast; /* of these by the burst check */
	uint64_t elapsed_ns;
	uint64_t work_ns[BB_LEDGER_WORKS]; /* CPU time, of all threads together */
	uint32_t threads;
	struct bb_market *market; /* as replayed, in the arena; NULL: not replayed */
};

/* bb_ledger_verify reads the ledger in folder, trusts nothing in it, and writes nothing.
 * On error text names the block height and the byte offset in its segment.  The verdict is
 * the same for any number of cores.  arena, for a replay alone, needs bb_market_bytes of the
 * genesis' size. */
enum bb_result bb_ledger_verify(const char *folder, const struct bb_ledger_options *options,
				struct bb_arena *arena, struct bb_ledger_report *report,
				char text[BB_LEDGER_TEXT]);

/* One input and its events, as bb_ledger_each hands them out. */
struct bb_ledger_input {
	uint64_t height;
	uint64_t number;
	uint64_t time_ns;
	const uint8_t *bytes; /* the packet as signed, without MAC; genesis bytes at number 0 */
	uint32_t size;
	uint16_t type; /* enum bb_record_type */
	const struct bb_event *events;
	uint32_t event_count;
	const uint8_t *record; /* whole, as hashed */
	uint32_t record_size;
	const uint8_t *results; /* event_count records, as hashed */
};

typedef bool bb_ledger_visit(void *context, const struct bb_ledger_place *block,
			     const struct bb_ledger_input *input);

/* bb_ledger_each visits every input from height first to last, blocks checked as it
 * goes; input is NULL once for each block, before its inputs.  Stops early when visit
 * returns false. */
enum bb_result bb_ledger_each(const char *folder, uint64_t first, uint64_t last,
			      bb_ledger_visit *visit, void *context,
			      char text[BB_LEDGER_TEXT]);

/* bb_ledger_filesystem tells whether the file system of folder keeps what fdatasync promises:
 * BB_ERR_FILESYSTEM where it is known not to (memory, overlays of containers, networks),
 * with its name and what that costs in text. */
enum bb_result bb_ledger_filesystem(const char *folder, char text[BB_LEDGER_TEXT]);

struct bb_ledger;

/* How blocks go to the disk; docs/ledger.md has the figures. */
enum bb_ledger_write {
	BB_LEDGER_AUTO,     /* direct where the file system has it */
	BB_LEDGER_DIRECT,   /* O_DIRECT and O_DSYNC */
	BB_LEDGER_BUFFERED, /* pwrite, then fdatasync */
};

/* Takes one line that an operator should read. */
typedef void bb_ledger_told(void *context, const char *line);

/* What may be said to bb_ledger_open_as; all zeros is what bb_ledger_open does. */
struct bb_ledger_opening {
	enum bb_ledger_write write;
	bool from_genesis;     /* begin with no snapshot */
	uint64_t heartbeat_ns; /* silence after which a block without inputs is sealed; 0: never */
	bb_ledger_progress *progress; /* may be NULL */
	bb_ledger_told *told; /* which snapshot is passed over, and why; may be NULL */
	void *context;
};

struct bb_ledger_recovery {
	struct bb_ledger_place place; /* after the recovery block, if one was needed */
	uint64_t snapshot_height; /* of the one it began with; 0: with genesis */
	uint64_t snapshot_ns;     /* what reading that took */
	uint64_t blocks;          /* replayed */
	uint64_t inputs;
	uint64_t torn_bytes; /* cut from the tail; 0: the last stop was clean */
	uint64_t stale_bytes; /* that the kernel's cache held and the disk did not */
	uint64_t elapsed_ns;
};

/* bb_ledger_open locks folder, finds the longest valid chain, cuts a torn tail (zeroed to
 * the end of the segment, epoch + 1, RECOVERY block), replays every input into market,
 * which is empty, compares the state root, and makes the ledger ready to append.  It begins
 * with the newest snapshot that can be used; blocks before that are not looked at.
 * Corruption of a durable block is never cut: BB_ERR_CORRUPT. */
enum bb_result bb_ledger_open(struct bb_ledger **ledger, const char *folder,
			      const struct bb_identity *signer, struct bb_market *market,
			      struct bb_ledger_recovery *recovery, char text[BB_LEDGER_TEXT]);

enum bb_result bb_ledger_open_as(struct bb_ledger **ledger, const char *folder,
				 const struct bb_identity *signer, struct bb_market *market,
				 const struct bb_ledger_opening *opening,
				 struct bb_ledger_recovery *recovery,
				 char text[BB_LEDGER_TEXT]);

struct bb_ledger_snapshotting {
	bool from_genesis; /* replay all of it, whatever snapshots there are */
	bb_ledger_progress *progress; /* may be NULL */
	bb_ledger_told *told;         /* likewise */
	void *context;
};

struct bb_ledger_snapshot {
	uint64_t height; /* of the snapshot */
	uint64_t made_ns;
	uint64_t bytes;
	uint64_t from;   /* height of the one that it began with; 0: genesis */
	uint64_t blocks; /* replayed */
	uint64_t inputs;
	uint64_t elapsed_ns;
	bool made; /* false: it was there already */
};

/* bb_ledger_snapshot makes a snapshot of the block that the watermark names, of a ledger that may
 * be in use: it reads the files, replays in memory of its own what came since the last snapshot,
 * and compares as opening does. */
enum bb_result bb_ledger_snapshot(const char *folder, const struct bb_identity *signer,
				  const struct bb_ledger_snapshotting *how,
				  struct bb_ledger_snapshot *report, char text[BB_LEDGER_TEXT]);

/* bb_ledger_snapshot_check replays from genesis up to the snapshot of this height (0: the newest)
 * and compares: BB_ERR_REPLAY when it is not what the ledger leads to. */
enum bb_result bb_ledger_snapshot_check(const char *folder, uint64_t height,
					const struct bb_ledger_snapshotting *how,
					struct bb_ledger_snapshot *report,
					char text[BB_LEDGER_TEXT]);

/* bb_ledger_snapshot_newest returns the height of the newest file of a snapshot, good or not; 0:
 * there is none. */
uint64_t bb_ledger_snapshot_newest(const char *folder);

/* bb_ledger_durable tells the last durable block; any thread. */
void bb_ledger_durable(const struct bb_ledger *ledger, struct bb_ledger_place *place);

/* bb_ledger_alarm tells why the next two segments cannot be made ahead, in time for someone
 * to make room; BB_OK: all is well.  Any thread. */
enum bb_result bb_ledger_alarm(const struct bb_ledger *ledger, char text[BB_LEDGER_TEXT]);

/* bb_ledger_close waits for what is being flushed, unmaps, unlocks. */
void bb_ledger_close(struct bb_ledger *ledger);

#endif
