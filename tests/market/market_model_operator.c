#include <string.h>

#include "tests/market/market_model.h"

static bool
key_formed(const uint8_t key[32])
{
	/* 2^255 - 19, little-endian; the highest bit is the sign of x. */
	uint8_t limit[32];
	memset(limit, 0xff, sizeof(limit));
	limit[0] = 0xed;
	limit[31] = 0x7f;
	for (int i = 31; i >= 0; i--) {
		const uint8_t digit = i == 31 ? key[i] & 0x7f : key[i];
		if (digit != limit[i])
			return digit < limit[i] && !model_zero(key, 32);
	}
	return false;
}

enum bb_result
model_apply_member(struct model *model, const struct bb_command *command)
{
	const struct bb_member_command *asked = &command->member;
	struct bb_member *member = model_member(model, asked->participant);

	if (command->kind == BB_COMMAND_MEMBER_REVOKE) {
		if (member == NULL)
			return BB_ERR_PARTICIPANT;
		if (member->status == BB_MEMBER_REVOKED)
			return BB_ERR_SUSPENDED;
		if (asked->participant == command->participant)
			return BB_ERR_ROLE;
		member->status = BB_MEMBER_REVOKED;
		model_cancel_all(model, asked->participant, BB_BY_REVOKE);
		model_say(model, BB_EVENT_MEMBER_REVOKED, asked->participant)->counterparty =
			command->participant;
		return BB_OK;
	}
	if (asked->participant == 0)
		return BB_ERR_PARTICIPANT;
	if (asked->participant > model->size.participants)
		return BB_ERR_FULL;
	if (asked->roles == 0 || asked->roles > BB_ROLE_ALL ||
	    !model_zero(asked->reserved, sizeof(asked->reserved)))
		return BB_ERR_RECORD;
	if (member != NULL)
		return BB_ERR_PARTICIPANT_EXISTS;
	for (uint32_t id = 1; id <= model->size.participants; id++)
		if (model->members[id].status != BB_MEMBER_NONE &&
		    memcmp(model->members[id].key, asked->key, 32) == 0)
			return BB_ERR_PARTICIPANT_EXISTS;
	if (!key_formed(asked->key))
		return BB_ERR_KEY;
	if (asked->orders_max > MODEL_ORDERS ||
	    model_table(asked->orders_max) > model->size.places - model->places_used)
		return BB_ERR_FULL;

	model->places_used += model_table(asked->orders_max);
	member = &model->members[asked->participant];
	*member = (struct bb_member){
		.participant = asked->participant, .orders_max = asked->orders_max,
		.packets_per_s = asked->packets_per_s, .burst = asked->burst,
		.roles = asked->roles, .zone = asked->zone, .status = BB_MEMBER_ACTIVE,
		.reputation = 500000,
	};
	memcpy(member->key, asked->key, 32);
	model_say(model, BB_EVENT_MEMBER_ADDED, asked->participant)->counterparty =
		command->participant;
	return BB_OK;
}

enum bb_result
model_apply_product(struct model *model, const struct bb_command *command)
{
	const struct bb_product_command *asked = &command->product;
	const int64_t lowest = asked->price_min;
	const int64_t highest = asked->price_max;

	if (!model_zero(asked->reserved, sizeof(asked->reserved)))
		return BB_ERR_RECORD;
	if (model_product(model, asked->product) != NULL)
		return BB_ERR_PRODUCT_EXISTS;
	if (asked->tick == 0 || lowest > highest || lowest < -BB_PRICE_MAX ||
	    highest > BB_PRICE_MAX || lowest % asked->tick != 0 || highest % asked->tick != 0 ||
	    (highest - lowest) / asked->tick >= BB_LEVELS_MAX)
		return BB_ERR_BAND;
	if (asked->lot_wh == 0 || asked->lot_wh > asked->quantity_max_wh ||
	    asked->quantity_max_wh > BB_QUANTITY_MAX)
		return BB_ERR_BAND;
	const uint32_t levels = (uint32_t)((highest - lowest) / asked->tick) + 1;
	if (model->product_count == model->size.products || levels > model->size.levels)
		return BB_ERR_FULL;

	model->products[model->product_count++] = (struct bb_product){ .terms = *asked };
	struct bb_event *event =
		model_say(model, BB_EVENT_PRODUCT_ADDED, command->participant);
	event->product = asked->product;
	event->order_id = (uint64_t)(uint32_t)asked->price_min << 32 |
			  (uint32_t)asked->price_max;
	event->counter_order_id = asked->quantity_max_wh;
	event->quantity_wh = asked->lot_wh;
	event->remaining_wh = asked->tick;
	return BB_OK;
}
