/* bb_window - which sequences of one participant were sequenced.
 *
 * A sliding window as in RFC 6479, BB_WINDOW wide: a reordered packet passes, one
 * below the window or seen before does not.
 *
 * Threads  The matching core alone marks.  Any core may look: what it reads may be
 *          a moment old, so a look can only say "maybe"; the mark decides.
 * Errors   BB_ERR_SEQUENCE_OLD, BB_ERR_DUPLICATE; nothing changed.
 * Replay   The same marks in the same order give the same bytes.
 */
#ifndef BB_WINDOW_H
#define BB_WINDOW_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/bb_limits.h"
#include "base/bb_result.h"

struct bb_window {
	_Atomic uint64_t highest; /* 0: none yet; sequences start at 1 */
	_Atomic uint64_t seen[BB_WINDOW / 64]; /* bit sequence % BB_WINDOW */
};

/* bb_window_look tells what marking sequence would say, without marking. */
enum bb_result bb_window_look(const struct bb_window *window, uint64_t sequence);

/* bb_window_mark marks sequence as seen, or says why it cannot. */
enum bb_result bb_window_mark(struct bb_window *window, uint64_t sequence);

#endif
