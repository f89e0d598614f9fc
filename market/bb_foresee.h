/* bb_foresee - what commands are about to read, asked for while others are being applied.
 *
 * A cancel reads its place in the id table, there the slot, there its neighbours and its
 * position, there the rung: each address is known only when the one before has come from
 * memory.  So this looks at several commands at once, one step of all of them after the other,
 * and their waits pass together.  With few orders and positions everything is in the caches
 * and asking costs more than it saves: then nothing is asked for.
 *
 * Threads  The matching core only.
 * Replay   Reads, asks for cache lines, and changes nothing.
 */
#ifndef BB_FORESEE_H
#define BB_FORESEE_H

#include "market/bb_state.h"

#define BB_FORESEEN 16u /* commands of one bid at once: about as many lines as a core waits for */
#define BB_FORESEE_SHORT 4u /* commands of a bid that is looked at together with others */

/* Below so many live orders the caches hold what they need, and below so many orders and
 * positions together the rest: measured with busbar-bench match. */
#define BB_FORESEE_ORDERS 20000u
#define BB_FORESEE_PARTS  2000u

/* bb_foresee_commands asks for the next BB_FORESEEN commands of bid, from one on. */
void bb_foresee_commands(const struct bb_market *market, const struct bb_bid *bid,
			 uint32_t from);

#endif
