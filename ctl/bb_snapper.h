/* bb_snapper - has the market saved now and then, by a process of its own.
 *
 * When config.snapshot_blocks blocks are durable since the last snapshot, `busbarctl ledger
 * snapshot` is started, which lies beside busbard.  It reads the files, replays what came since
 * the snapshot before in memory of its own, compares every event with what is recorded, and
 * writes.  So nothing of the data path waits, whatever happens to that process happens to it
 * alone, and its memory is gone when it is done.  It runs at a low priority, not on a CPU that
 * polls if there is another, is the first to go when memory runs out, and ends with busbard.
 *
 * What it finds wrong is an alarm until one succeeds.  It takes a tenth of one CPU at most:
 * whatever CPU time it took, nine times that passes before the next.
 *
 * Threads  The control thread.
 * Errors   An alarm in `status`, and a line.
 */
#ifndef BB_SNAPPER_H
#define BB_SNAPPER_H

#include <stdint.h>
#include <sys/types.h>

struct bb_daemon;

#define BB_SNAPPER_TEXT 192u

struct bb_snapper {
	pid_t pid;     /* 0: none is under way */
	int out;       /* what it says */
	uint64_t tried; /* height at which the last one was started */
	uint64_t began_ns;
	uint64_t ended_ns;
	uint64_t took_ns;
	uint64_t worked_ns; /* CPU time of that */
	uint64_t height; /* of the last one that was made */
	uint64_t made_ns;
	char alarm[BB_SNAPPER_TEXT]; /* empty: all is well */
};

/* bb_snapper_turn starts one that is due, and looks after one that is under way. */
void bb_snapper_turn(struct bb_daemon *daemon, uint64_t now_ns);

/* bb_snapper_stop ends one that is under way; what it wrote is replaced by the next. */
void bb_snapper_stop(struct bb_daemon *daemon);

#endif
