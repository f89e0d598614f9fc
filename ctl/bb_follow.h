/* bb_follow - the roster follows the market.
 *
 * A participant is let in, or shut out, only once the event that says so is durable: the
 * egress hands it on in the order of the ledger, the control thread asks the matching core
 * for the participant's terms, agrees on a MAC key, and publishes the entry.
 *
 * Threads  The control thread.
 * Errors   A key that no MAC key can be agreed with is left out, with a line that says so:
 *          its owner is then unknown to the gate.
 */
#ifndef BB_FOLLOW_H
#define BB_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

struct bb_daemon;

/* bb_follow_all fills the roster from the market, before any lcore runs: with a thread a CPU,
 * since a key's table takes a fraction of a millisecond.  False: no memory. */
bool bb_follow_all(struct bb_daemon *daemon);

/* bb_follow_ask sends desk.inspect to the matching core and waits for it to come back, at
 * most a second.  While it returns false desk.inspect is not ours. */
bool bb_follow_ask(struct bb_daemon *daemon);

/* bb_follow_begin returns whether desk.inspect may be filled in: an answer that came too
 * late last time is fetched first. */
bool bb_follow_begin(struct bb_daemon *daemon);

/* bb_follow_change follows one durable event. */
void bb_follow_change(struct bb_daemon *daemon, uint32_t participant);

/* bb_follow_rest follows what could not be followed in time. */
void bb_follow_rest(struct bb_daemon *daemon);

#endif
