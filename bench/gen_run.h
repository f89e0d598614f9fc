/* gen_run - a day at the market, from the first limit orders to the close-out.
 *
 *	round 0          OPENING
 *	rounds 1..R-2    REPRICE
 *	round R-1        RESERVE, CLOSE_OUT, and LAST_CALL while someone has not traded
 *
 * A phase begins when every packet of the one before has come to an end.
 *
 * Memory   Freed before they return.
 * Threads  One.
 * Errors   Exit codes of the program: 0 all answered, 1 something lost, refused or out of
 *          order, 2 usage.
 */
#ifndef GEN_RUN_H
#define GEN_RUN_H

#include "bench/gen_crowd.h"
#include "bench/gen_options.h"
#include "bench/gen_tally.h"

/* gen_run_live trades over a link. */
int gen_run_live(const struct gen_options *options, const struct gen_venue *venue,
		 struct gen_crowd *crowd, struct gen_tally *tally);

/* gen_run_pcap writes the packets of a day on which nobody hears anything. */
int gen_run_pcap(const struct gen_options *options, const struct gen_venue *venue,
		 struct gen_crowd *crowd, struct gen_tally *tally);

#endif
