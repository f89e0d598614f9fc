/* gen_flight - sends a batch and sees each of its packets to an end.
 *
 *	WAITING -> UNDER_WAY -> ANSWERED   all parts of the answer came
 *	                     -> REFUSED    for good, by the gate or as a whole by the market
 *	                     -> LOST       the run ended first
 *
 * A packet that stays unanswered is repeated, the same bytes, after 200 ms (the first ones
 * 500), or longer if answers take longer at the moment (RFC 6298), then twice as long each
 * time up to 1 s; told BUSY or RATE, it is repeated a little later.  Parts of an answer are
 * taken in order; one that is missing comes again with the repeat.  So an
 * appliance may be killed and started again in the middle: nothing is applied twice, and
 * nothing stays open.
 *
 * Every report that arrives is checked and told to its participant.
 *
 * Units    ns on the clock of gen_now_ns.
 * Memory   The caller's; gen_flight_make allocates a place for each of window packets.
 * Threads  One; stop alone may be set by a signal handler.
 * Errors   false: the run is to end (time, patience, stop); what was under way is LOST.
 */
#ifndef GEN_FLIGHT_H
#define GEN_FLIGHT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/gen_batch.h"
#include "bench/gen_crowd.h"
#include "bench/gen_link.h"
#include "bench/gen_tally.h"

struct gen_flight {
	struct gen_link *link;
	struct gen_crowd *crowd;
	struct gen_tally *tally;
	const volatile sig_atomic_t *stop;
	uint32_t window;     /* packets under way, at most */
	uint32_t rate;       /* packets a second; 0: as fast as the window allows */
	uint64_t start_ns;
	uint64_t end_ns;     /* UINT64_MAX: no limit */
	uint64_t patience_ns; /* without any answer */
	int answers;         /* file descriptor, or -1 */
	bool quiet;
	uint32_t speed;      /* of the venue's clock, in the machine's seconds */
	const char *what;    /* is sent now, for the progress line */

	/* private */
	struct gen_batch *batch;
	uint32_t *outstanding; /* indices of packets */
	uint32_t outstanding_count;
	uint32_t next;     /* into batch->order */
	uint32_t open;     /* packets of the batch without an end */
	uint64_t heard_ns; /* last report */
	uint64_t venue_ns, venue_at_ns; /* the venue's time, and when it was that */
	uint64_t silent_ns; /* since when something waits without a report */
	uint64_t smooth_ns, spread_ns; /* how long an answer takes, and how that varies */
	uint64_t next_send_ns, look_ns, line_ns;
	bool ending;
	bool blocked; /* the link took nothing */
	bool answers_failed;
	uint32_t lines_size;
	char lines[16384]; /* for the answers file */
};

bool gen_flight_make(struct gen_flight *flight);
void gen_flight_free(struct gen_flight *flight);

bool gen_flight_run(struct gen_flight *flight, struct gen_batch *batch);

/* gen_flight_listen hears whatever comes for so long; false when stop is set. */
bool gen_flight_listen(struct gen_flight *flight, uint64_t for_ns);

/* gen_flight_venue_ns returns what time it is at the venue, by the last report and the speed of
 * its clock; 0 before the first. */
uint64_t gen_flight_venue_ns(const struct gen_flight *flight);

/* gen_flight_hear is called for each payload that came in. */
void gen_flight_hear(void *flight, const uint8_t *payload, size_t size);

#endif
