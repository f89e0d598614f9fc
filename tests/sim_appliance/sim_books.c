#include "tests/sim_appliance/sim_books.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "tests/sim_appliance/sim.h"

void
sim_books_begin(struct sim_books *books, const struct bb_market_size *size,
		const uint8_t operator_key[32])
{
	if (books->decided == NULL)
		books->decided = malloc(SIM_INPUTS * sizeof(books->decided[0]));
	BB_ASSERT(books->decided != NULL);
	books->size = *size;
	memcpy(books->operator_key, operator_key, sizeof(books->operator_key));
	sim_books_rewind(books, 0);
}

/* Of many orders that go at once the market may choose the order: by id, to be compared. */
static void
sort_cancelled(struct bb_event *events, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		for (uint32_t j = i; j > 0; j--) {
			const struct bb_event before = events[j - 1];

			if (before.kind != BB_EVENT_CANCELLED ||
			    events[j].kind != BB_EVENT_CANCELLED ||
			    before.order_id <= events[j].order_id)
				break;
			events[j - 1] = events[j];
			events[j] = before;
		}
}

/* Decides one command and returns how many of the events, from the first of them on, are the
 * model's: all that it made, or the run has failed. */
static uint32_t
decide(struct sim_books *books, const struct bb_command *command, uint32_t record,
       struct bb_event *events, uint32_t count)
{
	struct model *model = &books->model;

	model_apply(model, command, books->number,
		    books->decided[books->number - 1].time_ns);
	for (uint32_t i = 0; i < model->event_count; i++)
		model->events[i].record = (uint16_t)record;
	sort_cancelled(model->events, model->event_count);
	if (model->event_count <= count)
		sort_cancelled(events, model->event_count);
	if (model->event_count > count ||
	    memcmp(model->events, events, model->event_count * sizeof(events[0])) != 0)
		sim_fail("command %u of input %" PRIu64 ": the model decides otherwise", record,
			 books->number);
	return model->event_count;
}

static void
hear_packet(struct sim_books *books, const struct bb_bid *bid)
{
	uint32_t heard = 0;

	BB_ASSERT(bid->number == books->number + 1 && bid->number <= SIM_INPUTS);
	struct sim_decided *decided = &books->decided[books->number++];

	/* Refused as a whole, or a tick when nothing is due: nothing for the model to decide. */
	const bool whole = bb_bid_is_tick(bid) ||
			   (books->event_count > 0 &&
			    books->events[0].record == BB_EVENT_WHOLE_PACKET);
	decided->command_count = whole ? 0 : bid->command_count;
	decided->time_ns = bid->sequenced_ns;
	memcpy(decided->commands, bid->commands,
	       decided->command_count * sizeof(decided->commands[0]));
	for (uint32_t i = 0; i < decided->command_count; i++)
		heard += decide(books, &decided->commands[i], i, &books->events[heard],
				books->event_count - heard);
	if (!whole && heard != books->event_count)
		sim_fail("input %" PRIu64 ": the market has more events than the model",
			 books->number);
}

void
sim_books_hear(struct sim_books *books, const struct bb_outcome *outcomes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_outcome *outcome = &outcomes[i];

		if (bb_outcome_is_event(outcome)) {
			BB_ASSERT(books->event_count < SIM_EVENTS);
			books->events[books->event_count++] = outcome->event;
			continue;
		}
		if (outcome->packet.kind == BB_OUTCOME_PACKET &&
		    outcome->packet.bid->route == BB_ROUTE_SEQUENCE)
			hear_packet(books, outcome->packet.bid);
		books->event_count = 0;
	}
}

void
sim_books_rewind(struct sim_books *books, uint64_t number)
{
	BB_ASSERT(number <= books->number || number == 0);
	model_init(&books->model, &books->size, books->operator_key);
	books->event_count = 0;
	for (books->number = 0; books->number < number; books->number++)
		for (uint32_t i = 0; i < books->decided[books->number].command_count; i++)
			model_apply(&books->model, &books->decided[books->number].commands[i],
				    books->number + 1, books->decided[books->number].time_ns);
}

static void
compare_depth(const struct model *model, const struct bb_market *market, uint32_t product)
{
	static struct bb_depth depth[2][MODEL_ORDERS];

	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		const uint32_t count = model_depth(model, product, (enum bb_side)side, depth[0]);

		if (bb_market_depth(market, product, (enum bb_side)side, depth[1],
				    MODEL_ORDERS) != count)
			sim_fail("product %u: the model's book has another depth", product);
		for (uint32_t row = 0; row < count; row++)
			if (depth[0][row].price != depth[1][row].price ||
			    depth[0][row].orders != depth[1][row].orders ||
			    depth[0][row].quantity_wh != depth[1][row].quantity_wh)
				sim_fail("product %u: the model's book differs at price %d",
					 product, depth[0][row].price);
	}
}

void
sim_books_compare(const struct sim_books *books, const struct bb_market *market)
{
	const struct model *model = &books->model;
	struct bb_member member;
	int64_t money = 0;
	uint64_t bought_wh = 0;
	uint64_t sold_wh = 0;

	if (bb_market_number(market) != books->number)
		sim_fail("the market stands at input %" PRIu64 ", the model at %" PRIu64,
			 bb_market_number(market), books->number);
	for (uint32_t id = 1; id <= model->size.participants; id++) {
		const struct bb_member *other = &model->members[id];

		if (!bb_market_member(market, id, &member))
			continue;
		money += member.money;
		bought_wh += member.bought_wh;
		sold_wh += member.sold_wh;
		if (member.money != other->money || member.bought_wh != other->bought_wh ||
		    member.sold_wh != other->sold_wh || member.orders_live != other->orders_live)
			sim_fail("participant %u: the model's account differs", id);
	}
	if (money != 0 || bought_wh != sold_wh)
		sim_fail("money or energy is not conserved: %" PRId64 ", %" PRIu64 " Wh bought, "
			 "%" PRIu64 " Wh sold", money, bought_wh, sold_wh);
	for (uint32_t i = 0; i < model->product_count; i++)
		compare_depth(model, market, model->products[i].terms.product);
}
