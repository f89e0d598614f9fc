#include "codec/bb_inputs.h"

#include <string.h>

_Static_assert(BB_BUY == 0 && BB_SELL == 1, "sides on the wire are those of the market");
_Static_assert(BB_LIMIT_GTC == 0 && BB_LIMIT_IOC == 1 && BB_LIMIT_FOK == 2 && BB_LIMIT_AON == 3 &&
		       BB_LIMIT_GTD == 4 && BB_LIMIT_ICEBERG == 5 && BB_MARKET_LIMIT == 6 &&
		       BB_BASKET_LEG == 7,
	       "and so are order types");
_Static_assert(sizeof(((struct bb_member_command *)0)->key) == BB_KEY_SIZE, "and keys");
_Static_assert(BB_WIRE_PARAM_VALUES == BB_PARAM_VALUES, "and the values of a group");

static uint8_t
order_kind(uint8_t action)
{
	switch (action) {
	case BB_WIRE_NEW: return BB_COMMAND_NEW;
	case BB_WIRE_CANCEL: return BB_COMMAND_CANCEL;
	case BB_WIRE_REPLACE: return BB_COMMAND_REPLACE;
	case BB_WIRE_CANCEL_PRODUCT: return BB_COMMAND_CANCEL_PRODUCT;
	case BB_WIRE_CANCEL_ALL: return BB_COMMAND_CANCEL_ALL;
	case BB_WIRE_QUOTE: return BB_COMMAND_QUOTE;
	case BB_WIRE_CANCEL_SIDE: return BB_COMMAND_CANCEL_SIDE;
	case BB_WIRE_KILL: return BB_COMMAND_KILL;
	case BB_WIRE_SILENCE: return BB_COMMAND_SILENCE;
	case BB_WIRE_DISPUTE: return BB_COMMAND_DISPUTE;
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
meter_command(struct bb_command *command, const uint8_t *bytes, uint32_t index)
{
	struct bb_wire_meter meter;

	if (bb_packet_meter(bytes, index, &meter) != BB_OK)
		return;
	command->kind = BB_COMMAND_METER;
	command->meter = (struct bb_meter_command){
		.injected_wh = meter.injected_wh,
		.participant = meter.participant,
		.product = meter.product,
		.quality = meter.quality,
		.correction = meter.correction,
	};
}

/* What each operation asks of the market. */
static const uint8_t operation_kind[BB_WIRE_OPS] = {
	[BB_WIRE_MEMBER_ADD] = BB_COMMAND_MEMBER_ADD,
	[BB_WIRE_MEMBER_REVOKE] = BB_COMMAND_MEMBER_REVOKE,
	[BB_WIRE_PRODUCT_ADD] = BB_COMMAND_PRODUCT_ADD,
	[BB_WIRE_HALT] = BB_COMMAND_HALT,
	[BB_WIRE_RESUME] = BB_COMMAND_RESUME,
	[BB_WIRE_PARAM] = BB_COMMAND_PARAM,
	[BB_WIRE_MEMBER_SET] = BB_COMMAND_MEMBER_SET,
	[BB_WIRE_MEMBER_KILL] = BB_COMMAND_MEMBER_KILL,
	[BB_WIRE_MEMBER_ARM] = BB_COMMAND_MEMBER_ARM,
	[BB_WIRE_TRANSFER] = BB_COMMAND_TRANSFER,
	[BB_WIRE_PRODUCT_HALT] = BB_COMMAND_PRODUCT_HALT,
	[BB_WIRE_PRODUCT_RESUME] = BB_COMMAND_PRODUCT_RESUME,
	[BB_WIRE_RULING] = BB_COMMAND_RULING,
	[BB_WIRE_LINE] = BB_COMMAND_LINE,
	[BB_WIRE_IMBALANCE] = BB_COMMAND_IMBALANCE,
	[BB_WIRE_RESTRICT] = BB_COMMAND_RESTRICT,
	[BB_WIRE_TARIFF] = BB_COMMAND_TARIFF,
};

static void
member_command(struct bb_member_command *command, const struct bb_wire_member *member)
{
	*command = (struct bb_member_command){
		.participant = member->participant,
		.orders_max = member->orders_max,
		.packets_per_s = member->packets_per_s,
		.burst = member->burst,
		.roles = member->roles,
		.zone = member->zone,
	};
	memcpy(command->key, member->key, sizeof(command->key));
}

static void
product_command(struct bb_product_command *command, const struct bb_wire_product *product)
{
	*command = (struct bb_product_command){
		.product = product->product,
		.price_min = product->price_min,
		.price_max = product->price_max,
		.tick = product->tick,
		.lot_wh = product->lot_wh,
		.quantity_max_wh = product->quantity_max_wh,
	};
}

static void
param_command(struct bb_param_command *command, const struct bb_wire_param *param)
{
	command->group = param->group;
	memcpy(command->values, param->values, sizeof(command->values));
}

static void
attributes_command(struct bb_attributes_command *command,
		   const struct bb_wire_attributes *attributes)
{
	*command = (struct bb_attributes_command){
		.participant = attributes->participant,
		.cap_in_wh = attributes->cap_in_wh,
		.cap_out_wh = attributes->cap_out_wh,
		.metered_by = attributes->metered_by,
		.order_wh_max = attributes->order_wh_max,
		.reputation_min = attributes->reputation_min,
		.feeder = attributes->feeder,
		.source = attributes->source,
		.escrow = attributes->escrow,
	};
}

static void
line_command(struct bb_line_command *command, const struct bb_wire_line *line)
{
	*command = (struct bb_line_command){
		.first_quarter = line->first_quarter,
		.quarters = line->quarters,
		.line = line->line,
		.from_zone = line->from_zone,
		.capacity_wh = line->capacity_wh,
		.capacity_reverse_wh = line->capacity_reverse_wh,
		.fee = line->fee,
		.to_zone = line->to_zone,
	};
}

static void
tariff_command(struct bb_tariff_command *command, const struct bb_wire_tariff *tariff)
{
	*command = (struct bb_tariff_command){
		.first_quarter = tariff->first_quarter,
		.quarters = tariff->quarters,
		.injection = tariff->injection,
		.use = tariff->use,
		.zone = tariff->zone,
	};
}

static void
imbalance_command(struct bb_imbalance_command *command, const struct bb_wire_imbalance *imbalance)
{
	*command = (struct bb_imbalance_command){
		.first_quarter = imbalance->first_quarter,
		.quarters = imbalance->quarters,
		.price_long = imbalance->price_long,
		.price_short = imbalance->price_short,
		.price_reference = imbalance->price_reference,
	};
}

static void
operation_command(struct bb_command *command, const uint8_t *bytes, uint32_t record_count)
{
	struct bb_wire_operation operation;

	if (bb_packet_operation(bytes, record_count, &operation) != BB_OK)
		return;
	command->kind = operation_kind[operation.op];
	switch ((enum bb_wire_op)operation.op) {
	case BB_WIRE_MEMBER_ADD:
	case BB_WIRE_MEMBER_REVOKE:
	case BB_WIRE_MEMBER_KILL:
	case BB_WIRE_MEMBER_ARM:
		member_command(&command->member, &operation.member);
		break;
	case BB_WIRE_PRODUCT_ADD:
	case BB_WIRE_PRODUCT_HALT:
	case BB_WIRE_PRODUCT_RESUME:
		product_command(&command->product, &operation.product);
		break;
	case BB_WIRE_PARAM:
		param_command(&command->param, &operation.param);
		break;
	case BB_WIRE_MEMBER_SET:
		attributes_command(&command->attributes, &operation.attributes);
		break;
	case BB_WIRE_TRANSFER:
		command->transfer.amount = operation.transfer.amount;
		command->transfer.participant = operation.transfer.participant;
		break;
	case BB_WIRE_RULING:
		command->ruling.product = operation.ruling.product;
		command->ruling.uphold = operation.ruling.uphold;
		break;
	case BB_WIRE_LINE:
		line_command(&command->line, &operation.line);
		break;
	case BB_WIRE_IMBALANCE:
		imbalance_command(&command->imbalance, &operation.imbalance);
		break;
	case BB_WIRE_RESTRICT:
		command->restrict_.participant = operation.restrict_.participant;
		command->restrict_.product = operation.restrict_.product;
		command->restrict_.quantity_wh = operation.restrict_.quantity_wh;
		break;
	case BB_WIRE_TARIFF:
		tariff_command(&command->tariff, &operation.tariff);
		break;
	case BB_WIRE_HALT:
	case BB_WIRE_RESUME:
	case BB_WIRE_OPS:
		break;
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
		else if (packet->kind == BB_PACKET_METER)
			meter_command(command, bytes, i);
		else if (packet->kind == BB_PACKET_OPERATOR)
			operation_command(command, bytes, packet->record_count);
	}
}

void
bb_inputs_tick(struct bb_bid *bid)
{
	bid->kind = 0;
	bid->participant = 0;
	bid->sequence = 0;
	bid->not_after_ns = 0;
	bid->input = NULL;
	bid->input_size = 0;
	bid->command_count = 1;
	memset(&bid->commands[0], 0, sizeof(bid->commands[0]));
	bid->commands[0].kind = BB_COMMAND_TICK;
}
