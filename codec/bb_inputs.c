#include "codec/bb_inputs.h"

#include <string.h>

_Static_assert(BB_BUY == 0 && BB_SELL == 1, "sides on the wire are those of the market");
_Static_assert(BB_LIMIT_GTC == 0 && BB_LIMIT_IOC == 1, "and so are order types");
_Static_assert(sizeof(((struct bb_member_command *)0)->key) == BB_KEY_SIZE, "and keys");

static uint8_t
order_kind(uint8_t action)
{
	switch (action) {
	case BB_WIRE_NEW: return BB_COMMAND_NEW;
	case BB_WIRE_CANCEL: return BB_COMMAND_CANCEL;
	case BB_WIRE_REPLACE: return BB_COMMAND_REPLACE;
	case BB_WIRE_CANCEL_PRODUCT: return BB_COMMAND_CANCEL_PRODUCT;
	case BB_WIRE_CANCEL_ALL: return BB_COMMAND_CANCEL_ALL;
	default: return BB_COMMAND_MALFORMED;
	}
}

static void
order_command(struct bb_command *command, const uint8_t *bytes, uint32_t index)
{
	struct bb_wire_order order;

	bb_packet_order(bytes, index, &order);
	/* Every field is kept even so: the refusal names order and product.  The type is the
	 * market's to judge, and fields that an action does not use are ignored. */
	command->kind = order.side > BB_SELL ? BB_COMMAND_MALFORMED : order_kind(order.action);
	command->order = (struct bb_order_command){
		.order_id = order.order_id,
		.product = order.product,
		.price = order.price,
		.quantity_wh = order.quantity_wh,
		.shown_wh = order.shown_wh,
		.accept_sources = order.accept_sources,
		.prefer_sources = order.prefer_sources,
		.side = order.side,
		.type = order.type,
		.source = order.source,
	};
}

static void
member_command(struct bb_command *command, const struct bb_wire_member *member)
{
	command->member = (struct bb_member_command){
		.participant = member->participant,
		.orders_max = member->orders_max,
		.packets_per_s = member->packets_per_s,
		.burst = member->burst,
		.roles = member->roles,
		.zone = member->zone,
	};
	memcpy(command->member.key, member->key, sizeof(command->member.key));
}

static void
operator_command(struct bb_command *command, const uint8_t *bytes, uint32_t record_count)
{
	struct bb_wire_operation operation;

	if (bb_packet_operation(bytes, record_count, &operation) != BB_OK)
		return;
	switch (operation.op) {
	case BB_WIRE_MEMBER_ADD:
		command->kind = BB_COMMAND_MEMBER_ADD;
		member_command(command, &operation.member);
		break;
	case BB_WIRE_MEMBER_REVOKE:
		command->kind = BB_COMMAND_MEMBER_REVOKE;
		member_command(command, &operation.member);
		break;
	case BB_WIRE_PRODUCT_ADD:
		command->kind = BB_COMMAND_PRODUCT_ADD;
		command->product = (struct bb_product_command){
			.product = operation.product.product,
			.price_min = operation.product.price_min,
			.price_max = operation.product.price_max,
			.tick = operation.product.tick,
			.lot_wh = operation.product.lot_wh,
			.quantity_max_wh = operation.product.quantity_max_wh,
		};
		break;
	case BB_WIRE_HALT: command->kind = BB_COMMAND_HALT; break;
	case BB_WIRE_RESUME: command->kind = BB_COMMAND_RESUME; break;
	default: break;
	}
}

void
bb_inputs_commands(struct bb_bid *bid, const struct bb_packet *packet, const uint8_t *bytes,
		   uint16_t input_size)
{
	bid->kind = packet->kind;
	bid->participant = packet->participant;
	bid->sequence = packet->sequence;
	bid->not_after_ns = packet->not_after_ns;
	bid->input = bytes;
	bid->input_size = input_size;
	bid->command_count =
		packet->kind == BB_PACKET_OPERATOR ? 1 : packet->record_count;

	memset(bid->commands, 0, bid->command_count * sizeof(bid->commands[0]));
	for (uint32_t i = 0; i < bid->command_count; i++) {
		struct bb_command *command = &bid->commands[i];
		command->participant = packet->participant;
		command->kind = BB_COMMAND_MALFORMED;
		if (packet->kind == BB_PACKET_BIDS)
			order_command(command, bytes, i);
		else if (packet->kind == BB_PACKET_OPERATOR)
			operator_command(command, bytes, packet->record_count);
	}
}
