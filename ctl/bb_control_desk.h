/* bb_control_desk - the control thread at work: it carries out what the control socket asks
 * and hands back what the egress tells it.
 *
 *	client -> submit -> gate -> control lane -> ... -> egress -> control ring -> client
 *
 * A submitted packet passes the same gate, matcher and ledger as any other; only its way in
 * and its way out differ.  The thread sleeps in epoll: a tenth of a second while nothing
 * is under way, a millisecond while a report is awaited, less until the next tick is due
 * (bb_ticker.h).
 *
 * Threads  The control thread: only producer of the control lane and of asks, only consumer
 *          of answers and of the ring from the egress.
 * Errors   Each request is answered, with its result if it failed.  A packet whose report
 *          does not come in ten seconds is answered ERR_BUSY: sending the same bytes
 *          again is safe.
 * Replay   Not part of it.
 */
#ifndef BB_CONTROL_DESK_H
#define BB_CONTROL_DESK_H

#include <stdbool.h>

#include "ctl/bb_daemon.h"

/* bb_desk_open makes the control socket; wake_fd as in bb_control_open.  On failure a line
 * has been printed. */
bool bb_desk_open(struct bb_daemon *daemon, int wake_fd);

/* bb_desk_turn waits at most timeout_ms, serves clients, hands back reports, follows the
 * roster and, each second, takes the pulse of the lcores. */
void bb_desk_turn(struct bb_daemon *daemon, int timeout_ms);

/* bb_desk_patience_ms is the timeout for which nothing that is under way waits long. */
int bb_desk_patience_ms(const struct bb_daemon *daemon);

/* bb_desk_close answers what is still open and closes the socket. */
void bb_desk_close(struct bb_daemon *daemon);

#endif
