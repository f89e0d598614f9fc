/* bb_operator - what the operator may do: admit, describe, kill and revoke participants, list
 * products, set parameters, move money in and out, halt and resume.
 *
 * Participant added, first check that fails: PARTICIPANT (id 0), FULL (id above the
 * venue's size), RECORD (reserved bytes, no role or an unknown one), PARTICIPANT_EXISTS
 * (id or key, revoked ones too), KEY (not the canonical form of a key), FULL (no room for a table
 * of so many live orders, bb_ids.h).
 * Revoked: PARTICIPANT (no such id), SUSPENDED (revoked before), ROLE (the asker itself: so
 * an operator always remains).
 * Attributes set: RECORD (reserved bytes, escrow neither 0 nor 1), PARTICIPANT, METER (not of
 * that role), PARAM (a source, feeder or reputation that there is not).
 * Killed, by itself or the operator, and armed again: PARTICIPANT; either twice says so again.
 * Product added: as bb_terms_check says.  Product halted and resumed, which is its whole
 * delivery interval, in all zones: PRODUCT (no interval of the calendar), STATE.
 * Parameters: as bb_rules_set says.
 * Transfer: RECORD, PARTICIPANT (neither a participant nor GRID, DSO, RENT or FUND), BALANCE
 * (zero, or more is taken out than is there and not locked).
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
enum bb_result bb_operator_member_set(struct bb_market *market, const struct bb_command *command,
				      struct bb_slice *slice);
enum bb_result bb_operator_member_kill(struct bb_market *market, uint32_t participant);
enum bb_result bb_operator_member_arm(struct bb_market *market, const struct bb_command *command,
				      struct bb_slice *slice);
enum bb_result bb_operator_param(struct bb_market *market, const struct bb_command *command,
				 struct bb_slice *slice);
enum bb_result bb_operator_transfer(struct bb_market *market, const struct bb_command *command,
				    struct bb_slice *slice);
enum bb_result bb_operator_product_halt(struct bb_market *market,
					const struct bb_command *command,
					struct bb_slice *slice);
enum bb_result bb_operator_product_add(struct bb_market *market,
				       const struct bb_command *command, struct bb_slice *slice);
void bb_operator_halt(struct bb_market *market, const struct bb_command *command,
		      struct bb_slice *slice);

#endif
