/* sim - what the files of the simulator share: how it fails, its options, its figures.
 *
 * Everything is a function of the options: the same command line gives the same run, byte
 * for byte.  One thread; chance comes from streams that are derived from the seed.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_random.h"

#define SIM_TRADERS_MAX 6u
#define SIM_ANY         UINT32_MAX

struct sim_options {
	uint64_t seed;
	uint32_t generations; /* lives of the venue, at most */
	uint32_t steps;       /* of each life, at most */
	uint32_t traders;     /* 1..SIM_TRADERS_MAX; 0: by the seed */
	uint32_t depth;       /* crashes inside one crash state, at most */
	uint32_t only_step;   /* probe at this step of the run alone; SIM_ANY: at all */
	uint32_t only_probe;  /* and this probe of it alone; SIM_ANY: all */
};

/* What happened: a run that never saw something cannot vouch for it. */
#define SIM_FIGURES(X)                                                                    \
	X(states, "crash states recovered and judged")                                    \
	X(clean, "  found whole")                                                         \
	X(torn, "  found torn")                                                           \
	X(mended, "  mended to the end")                                                  \
	X(again, "  crashed again while being mended")                                    \
	X(large, "  of a disk with sectors of 4 KiB")                                     \
	X(whole, "  read from genesis on")                                                \
	X(rot, "probes with damaged durable bytes")                                       \
	X(rot_blocks, "  in a block that has a witness: all reported")                    \
	X(rot_window, "  in a block without one, for less than 100 ms: all reported")     \
	X(rot_zeros, "  there a sector turned into zeros: reported")                      \
	X(rot_zeros_cut, "  there a sector turned into zeros: taken for torn")            \
	X(rot_heads, "  in a segment's head: reported by one copy or both")               \
	X(rot_marks, "  in the watermark: nothing lost, both slots reported")             \
	X(lives, "lives of the venue")                                                    \
	X(stops, "  ended by a clean stop")                                               \
	X(kills, "  by a kill")                                                           \
	X(power_failures, "  by a power failure")                                         \
	X(disk_failures, "  by a failed write or flush")                                  \
	X(restart_crashes, "  crashed while opening")                                     \
	X(disk_full, "times that the disk was full for a while")                          \
	X(held, "  and nothing more was taken")                                           \
	X(held_busy, "  packets turned away then")                                        \
	X(full_stops, "  clean stops while it was full")                                  \
	X(segments, "segments begun")                                                     \
	X(inputs, "inputs sequenced")                                                     \
	X(ticks, "  ticks")                                                                \
	X(calendars, "venues with a calendar")                                            \
	X(auctions, "  prices that auctions found")                                       \
	X(contracts, "  contracts that auctions made")                                    \
	X(metered, "  readings, sent or substituted")                                     \
	X(postings, "  postings of settlements")                                          \
	X(finals, "  delivery intervals final")                                           \
	X(snapshots, "snapshots made")                                                    \
	X(snapshots_used, "  openings that began with one")                               \
	X(snapshots_bad, "  damaged ones passed over")                                    \
	X(snapshots_alike, "  and came to the same as one that did not")                  \
	X(answers, "answers")                                                             \
	X(repeats, "  of repeated packets")                                               \
	X(forged, "forged packets sent")                                                  \
	X(refused, "packets refused by the gate")                                         \
	X(busy, "packets turned away for want of room")

struct sim_figures {
#define X(name, text) uint64_t name;
	SIM_FIGURES(X)
#undef X
};

/* Where the run stands, for the message of a failure; in memory that the parent reads. */
struct sim_report {
	struct sim_options options; /* of the run under way */
	uint32_t life;
	uint32_t step;  /* of the run */
	uint32_t probe; /* SIM_ANY: none under way */
	struct sim_figures figures;
	char failure[512]; /* the first broken promise */
};

extern struct sim_report *sim_report;

/* sim_fail says which promise is broken and ends the process with 3. */
__attribute__((format(printf, 1, 2))) _Noreturn void sim_fail(const char *format, ...);

/* sim_stream returns a stream of chance of its own for a purpose. */
static inline struct bb_random
sim_stream(uint64_t seed, uint64_t purpose, uint64_t index)
{
	struct bb_random random = { .state = seed };

	random.state = bb_random_next(&random) ^ purpose << 48 ^ index;
	(void)bb_random_next(&random);
	return random;
}

/* sim_one_in returns true once in so many times. */
static inline bool
sim_one_in(struct bb_random *random, uint32_t count)
{
	return bb_random_below(random, count) == 0;
}

/* sim_run plays the run that sim_report->options describe. */
void sim_run(void);

#endif
