/* bb_operator - what the operator may do: admit and revoke participants, list products,
 * halt and resume.
 *
 * Participant added, first check that fails: PARTICIPANT (id 0), FULL (id above the
 * venue's size), RECORD (reserved bytes, no role or an unknown one), PARTICIPANT_EXISTS
 * (id or key, revoked ones too), KEY (not the canonical form of a key).
 * Revoked: PARTICIPANT (no such id), SUSPENDED (revoked before), ROLE (the asker itself: so
 * an operator always remains).
 * Product added: as bb_terms_check says.
 * Halting a halted market and resuming a running one say so again.
 *
 * Errors   A result, and nothing was changed; BB_OK, and work is set or done.
 * Memory, threads, replay: as bb_state.h.
 */
#ifndef BB_OPERATOR_H
#define BB_OPERATOR_H

#include "market/bb_state.h"

enum bb_result bb_operator_member_add(struct bb_market *market, const struct bb_command *command,
				      struct bb_slice *slice);
enum bb_result bb_operator_member_revoke(struct bb_market *market,
					 const struct bb_command *command);
enum bb_result bb_operator_product_add(struct bb_market *market,
				       const struct bb_command *command, struct bb_slice *slice);
void bb_operator_halt(struct bb_market *market, const struct bb_command *command,
		      struct bb_slice *slice);

#endif
