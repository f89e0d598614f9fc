/* bb_ticker - the control thread tells the market that time has passed.
 *
 * The market looks at no clock: what its calendar demands happens when a tick is sequenced.
 * The matching core says when the next one is needed, and the control thread sends it
 * through its lane when that time has come: an input like any other, in the ledger under its
 * number, with no sender.  Nothing due, no tick: a ledger at rest does not grow.
 *
 * Units    ns since 1970, UTC: the machine's (what is due, by the venue's, bb_clock.h); ms.
 * Memory   Two numbers of struct bb_desk; a packet buffer for each tick, which the egress
 *          gives back.
 * Threads  The control thread.
 * Errors   Without room in the lane, or a packet buffer, the next turn tries again.
 * Replay   The ledger has the ticks; replay makes none.
 */
#ifndef BB_TICKER_H
#define BB_TICKER_H

#include "ctl/bb_daemon.h"

/* bb_ticker_turn sends a tick if one is due: at most one is under way, and config.tick_ns lie
 * between two, unless what was due already at the last one is not done yet. */
void bb_ticker_turn(struct bb_daemon *daemon, uint64_t now_ns);

/* bb_ticker_patience_ms returns how long the control thread may sleep, at most most_ms. */
int bb_ticker_patience_ms(const struct bb_daemon *daemon, uint64_t now_ns, int most_ms);

#endif
