/* bb_delivery - readings of meters, and what is said about them.
 *
 * Reading, first check that fails: RECORD (reserved bytes, a flag that is neither 0 nor 1),
 * PRODUCT (not listed, or of no calendar), PARTICIPANT (no such one), METER (the participant
 * has another meter), STATE (bb_course_accepts; a correction after the last round), QUANTITY
 * (beyond BB_POSITION_WH_MAX either way), METERED (there is one, and this is no correction;
 * or there is none to correct), FULL (no room for a position).  A correction of what was
 * settled has it settled again.
 *
 * Dispute: RECORD, PRODUCT, STATE, POSITION (no contract and no reading of it), EXISTS (it
 * disputed before).  Ruling: RECORD, PRODUCT, STATE, NOT_FOUND (no dispute is open).
 *
 * A ruling is about all disputes of an interval that are open, and takes effect with the word of
 * ruling_quorum operators (bb_rules.h), whatever others have said.  Of each the last word counts;
 * of those who were revoked since, none.  Who dismissed has not seen what is disputed later: such
 * words go with the next dispute, those to uphold stay.
 *
 * Errors   A result, and nothing was changed; BB_OK, and it is done.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_DELIVERY_H
#define BB_DELIVERY_H

#include "market/bb_state.h"

enum bb_result bb_delivery_meter(struct bb_market *market, const struct bb_command *command,
				 struct bb_slice *slice);
enum bb_result bb_delivery_dispute(struct bb_market *market, const struct bb_command *command,
				   struct bb_slice *slice);
enum bb_result bb_delivery_ruling(struct bb_market *market, const struct bb_command *command,
				  struct bb_slice *slice);

/* bb_delivery_listing returns the listing of a product and the course it follows, or NULL. */
struct bb_listing *bb_delivery_listing(const struct bb_market *market, uint32_t product,
				       struct bb_course **course);

#endif
