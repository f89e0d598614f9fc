/* bb_line - the line in which outcomes wait until their block is durable.
 *
 *	push   outcomes go into the open block, in the order in which the matcher decided
 *	turn   the open block closes when it is full, old, or alone; it is sealed and
 *	       submitted to the disk; when nothing comes, a heartbeat is
 *	pull   what waits in a block that is durable comes out: each packet with its height,
 *	       then its events, and after the last packet of the block the block itself
 *
 * Repeats, queries and refusals wait in the block that was open when they came, so that
 * they are answered after everything they may ask about.  A repeat comes out as what the
 * ledger says of its original.
 *
 *	blocks    0 .. BB_LINE_BLOCKS - 1, used in turn: released <= sealed <= opened
 *	released  the block that pull empties        opened  the block that push fills
 *
 * A heartbeat is a block without inputs.  It is sealed when the last block with packets has
 * been durable for heartbeat_ns and nothing was sealed since: then its header says that that
 * block was durable, as the next block would.  One follows each pause, and none another.
 *
 * Units    ns, UTC; sizes in bytes.
 * Memory   bb_line_bytes from an arena: 5 blocks of the largest size that the market can
 *          fill, and the same again for the events; what is not needed is never touched.
 * Threads  The ledger lcore only.
 * Errors   failed is final: nothing more goes in or comes out.
 * Replay   The same outcomes at the same times, over the same disk, give the same bytes.
 */
#ifndef BB_LINE_H
#define BB_LINE_H

#include "base/bb_arena.h"
#include "ledger/bb_chain.h"
#include "ledger/bb_disk.h"
#include "ledger/bb_places.h"
#include "market/bb_outcome.h"

#define BB_LINE_BLOCKS  5u    /* one open, four being flushed or released */
#define BB_LINE_PACKETS 1024u /* in one block, of any route: mbufs are not without end */

struct bb_line_packet {
	uint32_t outcome; /* its index; its events come right before it */
	uint32_t record;  /* offset of its input in the block; 0: it has none */
	uint32_t event;   /* index of its first event in the block */
};

struct bb_line_block {
	struct bb_block_builder builder;
	struct bb_outcome *outcomes;
	uint32_t outcome_count;
	uint32_t packet_count;
	uint32_t event_count;
	uint64_t opened_ns; /* when the first outcome came */
	struct bb_line_packet packets[BB_LINE_PACKETS];
	bool sealed; /* nothing is for a block of queries and refusals alone */
	struct bb_disk_place place;
	struct bb_seal seal;
	struct bb_ledger_place summary;
	uint64_t sealed_size;
};

struct bb_line {
	struct bb_chain *chain;
	struct bb_places *places;
	const struct bb_identity *signer;
	struct bb_disk disk;
	uint32_t close_bytes;
	uint64_t close_ns;
	uint64_t heartbeat_ns; /* 0: none */
	uint32_t outcomes_max; /* of one block */
	enum bb_result failed;

	uint64_t opened; /* blocks, ever; index % BB_LINE_BLOCKS */
	uint64_t released;
	uint64_t submitted_height;
	uint64_t durable_height;
	uint64_t released_height;
	uint32_t partial; /* events whose packet has not come yet */

	/* Inside the block that is being released. */
	uint32_t next_packet;
	uint32_t next_event; /* of a packet that is out already */
	uint32_t event_end;
	struct bb_block_input repeat; /* where the events of a repeat come from */
	bool repeating;

	bool vouched; /* a later header speaks for the last block with packets */
	uint64_t durable_ns; /* when the last durable block was seen to be */
	struct bb_ledger_place durable; /* the last durable block */
	uint64_t blocks;                /* made durable since start */
	uint64_t block_bytes;
	struct bb_line_block of[BB_LINE_BLOCKS];
};

/* bb_line_bytes returns what bb_line_init takes for a market whose inputs cause at most so many
 * events each (bb_market_events_max). */
size_t bb_line_bytes(uint32_t input_events);

/* bb_line_init starts an empty line behind the last block of chain; the parts it points to
 * stay the caller's.  close_bytes is 1..BB_BLOCK_CLOSE_MAX. */
struct bb_line *bb_line_init(struct bb_arena *arena, uint32_t input_events, struct bb_chain *chain,
			     struct bb_places *places, const struct bb_identity *signer,
			     const struct bb_disk *disk);

/* bb_line_limits sets when a block closes. */
void bb_line_limits(struct bb_line *line, uint32_t close_bytes, uint64_t close_ns);

/* bb_line_heartbeat sets after what time of silence a heartbeat is sealed; 0, as at first:
 * never. */
void bb_line_heartbeat(struct bb_line *line, uint64_t heartbeat_ns);

/* bb_line_push takes outcomes in order and returns how many: fewer than count when the open
 * block must close first, 0 when there is no open block. */
uint32_t bb_line_push(struct bb_line *line, const struct bb_outcome *outcomes, uint32_t count,
		      uint64_t now_ns);

/* bb_line_turn looks at the disk, and closes the open block if it is due.  drained: nothing
 * waits to be pushed, so a block need not wait for more when the disk is idle. */
void bb_line_turn(struct bb_line *line, uint64_t now_ns, bool drained);

/* bb_line_pull writes up to room outcomes that may leave and returns how many. */
uint32_t bb_line_pull(struct bb_line *line, struct bb_outcome *outcomes, uint32_t room);

/* bb_line_quiet returns whether nothing waits. */
bool bb_line_quiet(const struct bb_line *line);

#endif
