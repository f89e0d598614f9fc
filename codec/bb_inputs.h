/* bb_inputs - where bytes and meaning meet: a packet becomes commands.
 *
 * The gate (live) and the ledger (replay) both need it and may not know each other;
 * wire/ and market/ do not know each other either.  So this folder exists.
 *
 * Memory   Copies out; keeps a pointer to the packet in bid->input.
 * Errors   Records of wrong form become BB_COMMAND_MALFORMED, which the market refuses
 *          one by one: a bad record does not spoil its neighbours.  Of an order record
 *          that is an unknown action or a side other than 0 and 1; fields that its action
 *          does not use are ignored, an order type that is not offered is the market's
 *          to refuse.  The command keeps order id and product for the refusal to name.
 *          Meter and operator records must be exact (bb_packet.h, bb_operation.h).
 * Replay   Pure: the same bytes give the same commands in both places.
 */
#ifndef BB_INPUTS_H
#define BB_INPUTS_H

#include "market/bb_bid.h"
#include "wire/bb_packet.h"

/* bb_inputs_commands sets kind, participant, sequence, not_after_ns, input, input_size,
 * command_count and commands of bid from a packet whose header was decoded into packet.
 * bytes begins with the header; input_size is its size without the MAC.  number,
 * sequenced_ns, received_ns, route and back are left as they are.
 *
 * A query has no commands.  Orders and meter readings become one command a record, a packet
 * of the operator or the grid company (kind 4) one command. */
void bb_inputs_commands(struct bb_bid *bid, const struct bb_packet *packet,
			const uint8_t *bytes, uint16_t input_size);

/* bb_inputs_tick sets the same fields for a tick, the input that nobody sends: it comes from
 * participant 0, of no kind of packet, with no bytes.  No packet becomes one. */
void bb_inputs_tick(struct bb_bid *bid);

#endif
