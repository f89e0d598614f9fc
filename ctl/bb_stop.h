/* bb_stop - how busbard ends: cleanly, with everything accepted durable and answered.
 *
 * Ingest takes nothing new; then matcher, ledger and egress, in this order, each go on until
 * they hold nothing and find nothing waiting; then the loops end.  The first signal asks for
 * that.  The second one ends busbard where it stands, as a power cut would, and so does
 * any signal during boot: what was answered is durable at all times.
 *
 * Threads  The control thread; the signal handler runs on any.
 * Errors   false, and a line has been printed.
 */
#ifndef BB_STOP_H
#define BB_STOP_H

#include <stdbool.h>

#include "ctl/bb_daemon.h"

/* bb_stop_catch_signals returns a descriptor that becomes readable with the first signal,
 * or -1. */
int bb_stop_catch_signals(void);

/* bb_stop_hold_signals makes the first signal ask, from now on. */
void bb_stop_hold_signals(void);

/* bb_stop_asked returns whether a signal, a client, a failure of the ledger, or a signature
 * on which two codes differ asks. */
bool bb_stop_asked(const struct bb_daemon *daemon);

/* bb_stop_in_path_order makes the duties quiet; false if something accepted may be neither
 * durable nor answered, or if two codes differed. */
bool bb_stop_in_path_order(struct bb_daemon *daemon);

/* bb_stop_take_down ends the loops and gives everything back, whatever of it there is. */
void bb_stop_take_down(struct bb_daemon *daemon);

#endif
