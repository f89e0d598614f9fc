#include "tests/sim_appliance/sim_books.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_course.h"
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

static bool
has_calendar(const struct sim_books *books)
{
	return books->size.courses > 0;
}

static bool
goes_before(const struct bb_event *a, const struct bb_event *b)
{
	return a->participant != b->participant ? a->participant < b->participant :
						  a->order_id < b->order_id;
}

/* Of many orders that go at once the market may choose the order: sorted, to be compared. */
static void
sort_cancelled(struct bb_event *events, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		for (uint32_t j = i; j > 0; j--) {
			const struct bb_event before = events[j - 1];

			if (before.kind != BB_EVENT_CANCELLED ||
			    events[j].kind != BB_EVENT_CANCELLED ||
			    before.record != events[j].record ||
			    goes_before(&before, &events[j]))
				break;
			events[j - 1] = events[j];
			events[j] = before;
		}
}

static void
tell_model(struct sim_books *books, const struct sim_decided *decided)
{
	const struct bb_bid *bid = &decided->bid;

	if (!decided->whole && !has_calendar(books))
		model_apply(&books->model, bid->commands, bid->command_count, bid->number,
			    bid->sequenced_ns);
}

/* Decides the input that was heard once more; the model's events must be those heard. */
static void
decide(struct sim_books *books, const struct sim_decided *decided)
{
	struct model *model = &books->model;

	sim_twin_apply(&books->twin, &decided->bid);
	tell_model(books, decided);
	if (decided->whole || has_calendar(books))
		return;
	sort_cancelled(model->events, model->event_count);
	sort_cancelled(books->events, books->event_count);
	if (model->event_count != books->event_count ||
	    memcmp(model->events, books->events, model->event_count * sizeof(model->events[0])))
		sim_fail("input %" PRIu64 ": the model decides otherwise", books->number);
}

static void
hear_packet(struct sim_books *books, const struct bb_bid *bid)
{
	BB_ASSERT(bid->number == books->number + 1 && bid->number <= SIM_INPUTS);
	struct sim_decided *decided = &books->decided[books->number++];

	decided->whole = books->event_count > 0 &&
			 books->events[0].record == BB_EVENT_WHOLE_PACKET;
	memcpy(&decided->bid, bid,
	       offsetof(struct bb_bid, commands) +
		       bid->command_count * sizeof(bid->commands[0]));
	decide(books, decided);
}

/* What happened in a venue with a calendar. */
static void
count_event(const struct bb_event *event)
{
	struct sim_figures *figures = &sim_report->figures;

	switch (event->kind) {
	case BB_EVENT_PRICED: figures->auctions += event->result == BB_OK; break;
	case BB_EVENT_CONTRACTED: figures->contracts++; break;
	case BB_EVENT_METERED: figures->metered++; break;
	case BB_EVENT_POSTED: figures->postings++; break;
	case BB_EVENT_STATE: figures->finals += event->remaining_wh == BB_COURSE_FINAL; break;
	default: break;
	}
}

void
sim_books_hear(struct sim_books *books, const struct bb_outcome *outcomes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_outcome *outcome = &outcomes[i];

		if (bb_outcome_is_event(outcome)) {
			BB_ASSERT(books->event_count < SIM_EVENTS);
			books->events[books->event_count++] = outcome->event;
			count_event(&outcome->event);
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
	if (!has_calendar(books))
		model_init(&books->model, &books->size, books->operator_key);
	sim_twin_begin(&books->twin, &books->size, books->operator_key);
	books->event_count = 0;
	for (books->number = 0; books->number < number; books->number++) {
		const struct sim_decided *decided = &books->decided[books->number];

		sim_twin_apply(&books->twin, &decided->bid);
		tell_model(books, decided);
	}
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

static void
compare_model(const struct sim_books *books, const struct bb_market *market)
{
	const struct model *model = &books->model;
	struct bb_member member;
	int64_t money = 0;
	uint64_t bought_wh = 0;
	uint64_t sold_wh = 0;

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

void
sim_books_compare(const struct sim_books *books, const struct bb_market *market)
{
	if (bb_market_number(market) != books->number)
		sim_fail("the market stands at input %" PRIu64 ", the model at %" PRIu64,
			 bb_market_number(market), books->number);
	sim_twin_compare(books->twin.market, market, "never crashed");
	if (!has_calendar(books))
		compare_model(books, market);
	bb_market_check(market);
}
