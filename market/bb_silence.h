/* bb_silence - who has asked for its orders to be taken off when nothing is heard of it.
 *
 * A participant is heard with each packet that is accepted, whatever becomes of its records:
 * its last_heard_ns is that packet's time, which costs one store.  A packet that is refused as a
 * whole, since it came too late say, is no sign of life.  When silence_s have passed, the next
 * tick takes all its orders off (BB_BY_SILENCE).  The request stands; there is nothing to
 * take off again until the participant has sent an order, which is a sign of life.
 *
 * Who has live orders, and has asked, is watched (bb_watches.h).  Being heard does not move it
 * there.  When its time comes and it was heard since, it is put back with its new time; so the
 * market may say too early that a tick is due, never too late.  Who has no orders any more is
 * dropped then, and watched again from its first order on.  One tick looks at
 * BB_SILENCE_LOOKS at most; whoever is left is due at once.
 *
 * Nobody's orders are taken off in part, since between two ticks it may be heard again: what is
 * more than is left of a tick's events waits for the next tick, what is more than all of them
 * has a tick for itself.
 *
 * Units    s, as asked; ns since 1970.
 * Errors   PARAM above BB_SILENCE_S_MAX; nothing was changed.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_SILENCE_H
#define BB_SILENCE_H

#include "market/bb_state.h"

#define BB_SILENCE_LOOKS 4096u

/* bb_silence_hear notes an accepted packet of account. */
static inline void
bb_silence_hear(struct bb_account *account, uint64_t time_ns)
{
	account->last_heard_ns = time_ns;
}

/* bb_silence_due_ns returns when to look at the first; BB_NEVER_NS if nobody is watched. */
static inline uint64_t
bb_silence_due_ns(const struct bb_market *market)
{
	const struct bb_watches *watches = &market->watches;
	const uint32_t first = bb_watches_first(watches);

	return first == 0 ? BB_NEVER_NS : watches->slots[first].due_ns;
}

/* bb_silence_ask sets after how many seconds of silence the orders of account leave. */
enum bb_result bb_silence_ask(struct bb_market *market, const struct bb_command *command,
			      struct bb_account *account, struct bb_slice *slice);

/* bb_silence_watch watches account, whose first order comes to rest, if it has asked for it. */
void bb_silence_watch(struct bb_market *market, const struct bb_account *account);

/* bb_silence_continue takes off, in a tick, what is due; false if the slice is full before. */
bool bb_silence_continue(struct bb_market *market, struct bb_slice *slice);

/* bb_silence_check asserts that nobody is looked at too late. */
void bb_silence_check(const struct bb_market *market);

#endif
