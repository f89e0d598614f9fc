#include "tests/market/market_model.h"

#include "base/bb_assert.h"

static const struct bb_command *
leg(const struct model *model, uint32_t record)
{
	if (record >= model->packet_count)
		return NULL;
	const struct bb_command *command = &model->packet[record];
	return command->kind == BB_COMMAND_NEW && command->order.type == BB_BASKET_LEG ? command
										       : NULL;
}

/* How many records from the one under way on are a basket; 0: it begins none. */
static uint32_t
count_legs(const struct model *model)
{
	const uint32_t first = model->record;
	const uint32_t count = leg(model, first)->order.legs_after + 1;

	for (uint32_t i = 0; i < count; i++)
		if (leg(model, first + i) == NULL ||
		    leg(model, first + i)->order.legs_after != count - 1 - i)
			return 0;
	return count >= 2 ? count : 0;
}

/* What is wrong with the leg in record, given those before it, in whose sums it is added. */
static enum bb_result
judge_leg(struct model *model, uint32_t record, struct model_legs *legs)
{
	const struct bb_command *asked = leg(model, record);
	struct model_order order;

	for (uint32_t before = model->record; before < record; before++)
		if (leg(model, before)->order.product == asked->order.product)
			return BB_ERR_BASKET;
	enum bb_result result = model_judge(model, asked, &order);
	if (result != BB_OK)
		return result;
	legs->positions += !model_has_position(model, order.participant, order.product);
	result = model_fits(model, &order, MODEL_ORDERS, legs);
	if (result == BB_OK &&
	    model_count_positions(model) + legs->positions > model->size.positions)
		result = BB_ERR_FULL;
	legs->quantity_wh += order.quantity_wh;
	legs->need += model_need(&order);
	model->by_sum[result] += result != BB_OK;
	return result;
}

/* Gives each record of the basket, or of the row that is none, its answer. */
static void
answer_row(struct model *model)
{
	const uint32_t first = model->record;
	const uint32_t count = count_legs(model);
	struct model_legs legs = { 0 };
	enum bb_result result = BB_OK;
	uint32_t at = 0;

	if (count == 0) {
		for (at = first; leg(model, at) != NULL; at++)
			model->answers[at] = BB_ERR_BASKET;
		model->answered = at;
		return;
	}
	for (at = first; at < first + count && result == BB_OK; at++)
		result = judge_leg(model, at, &legs);
	for (uint32_t i = first; i < first + count; i++)
		model->answers[i] = result == BB_OK ? BB_OK : BB_ERR_BASKET;
	model->answers[at - 1] = result;
	model->answered = first + count;
}

enum bb_result
model_apply_leg(struct model *model, const struct bb_command *command)
{
	struct model_order order;

	if (command->kind == BB_COMMAND_QUOTE)
		return BB_ERR_BASKET;
	if (model->record >= model->answered)
		answer_row(model);
	if (model->answers[model->record] != BB_OK)
		return model->answers[model->record];
	BB_ASSERT(model_judge(model, command, &order) == BB_OK);
	model_trade(model, order, false, NULL);
	return BB_OK;
}
