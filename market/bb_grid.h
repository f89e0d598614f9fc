/* bb_grid - what the grid company says: lines and their fees, imbalance prices, tariffs for the
 * use of its network, curtailment.
 *
 * Line, first check that fails: RECORD (reserved bytes), LINE (number, one zone at both ends,
 * a fee outside 0..BB_PRICE_MAX, a delivery interval that is not defined), STATE (an interval
 * that has opened takes another capacity only, of the same line at the same fee), HALTED (while
 * the market is, it takes no more than it had: what then meets could not trade).  Where there is
 * more of it and orders trade, those that meet over lines do (bb_uncross.h).
 * A line with first_quarter 0 and quarters 0 is for all intervals defined from then on.
 *
 * Imbalance prices: RECORD, PARAM (beyond BB_PRICE_MAX, a reference below zero), LINE, STATE
 * (settlement has begun), PARAM (the interval has opened, and they are worse for somebody than
 * those that stood then: escrow was computed from these).
 *
 * Tariff: RECORD, PARAM (outside 0..BB_PRICE_MAX), LINE (a zone that is not in the calendar, a
 * delivery interval that is not defined), STATE (one that has opened).  first_quarter 0 and
 * quarters 0: as of a line.
 *
 * Restriction: RECORD, PRODUCT, PARTICIPANT, STATE, POSITION (nothing contracted), QUANTITY
 * (zero, or more than what is contracted).  A later one replaces an earlier one.
 *
 * Errors   A result, and nothing was changed; BB_OK, and it is done.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_GRID_H
#define BB_GRID_H

#include "market/bb_state.h"

enum bb_result bb_grid_line(struct bb_market *market, const struct bb_command *command,
			    struct bb_slice *slice);
enum bb_result bb_grid_imbalance(struct bb_market *market, const struct bb_command *command,
				 struct bb_slice *slice);
enum bb_result bb_grid_tariff(struct bb_market *market, const struct bb_command *command,
			      struct bb_slice *slice);
enum bb_result bb_grid_restrict(struct bb_market *market, const struct bb_command *command,
				struct bb_slice *slice);

#endif
