/* gen_gates - a day goes by: gates close, energy flows, meters are read.
 *
 * After the day-ahead trading (gen_run.h) the community follows the venue's clock.  GEN_GATE_S
 * before the delivery of an hour it says what it still needs there; what has come too late for a
 * quarter-hour's gate is left out.  GEN_READING_S after a quarter-hour ended, the meter operator
 * reads everyone's meter.
 *
 * The venue's calendar is to fit: orders taken until GEN_CLOSURE_S before a delivery, but not
 * traded continuously within GEN_GATE_S and three quarters of an hour of it, so that they meet
 * in the auction at closure; readings taken for longer than GEN_READING_S after it.
 *
 * Units    seconds of the venue.
 * Memory   The caller's.
 * Threads  One.
 * Errors   false: no memory, or the flight is to end.
 * Replay   Not part of it: when packets arrive decides.
 */
#ifndef GEN_GATES_H
#define GEN_GATES_H

#include "bench/gen_flight.h"

#define GEN_GATE_S    8100u
#define GEN_CLOSURE_S 1800u
#define GEN_READING_S 1800u

/* gen_gates_play returns when the meters were read after the last quarter-hour. */
bool gen_gates_play(struct gen_flight *flight, struct gen_batch *batch);

#endif
