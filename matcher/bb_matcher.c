#include "matcher/bb_matcher.h"

#include "base/bb_assert.h"

_Static_assert(sizeof(struct bb_outcome) == sizeof(struct bb_event),
	       "the market writes its events straight into outcomes");

/* Ids that one look at the members may pass over: they lie apart where none was added. */
#define INSPECT_SCAN 1024u

void
bb_matcher_init(struct bb_matcher *matcher, struct bb_market *market,
		struct bb_counters *counters)
{
	*matcher = (struct bb_matcher){
		.market = market,
		.counters = counters,
		.number = bb_market_number(market),
		.time_ns = bb_market_time_ns(market),
	};
	bb_foresee_init(&matcher->foresight);
}

static uint32_t
packet_outcome(struct bb_outcome *outcome, uint8_t kind, enum bb_result result, void *mbuf,
	       struct bb_bid *bid)
{
	*outcome = (struct bb_outcome){ .packet = { .mbuf = mbuf, .bid = bid,
						    .result = (uint16_t)result, .kind = kind } };
	return 1;
}

static uint32_t
answer_query(const struct bb_matcher *matcher, void *mbuf, struct bb_bid *bid,
	     struct bb_outcome *outcome)
{
	struct bb_member member;

	if (!bb_market_member(matcher->market, bid->participant, &member))
		return packet_outcome(outcome, BB_OUTCOME_REFUSED, BB_ERR_PARTICIPANT, mbuf, bid);
	(void)packet_outcome(outcome, BB_OUTCOME_PACKET, BB_OK, mbuf, bid);
	outcome->packet.highest = member.sequence_highest;
	outcome->packet.orders_live = member.orders_live;
	return 1;
}

static void
count_events(struct bb_counters *counters, const struct bb_outcome *outcomes, uint32_t count)
{
	uint64_t trades = 0;
	uint64_t traded_wh = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct bb_event *event = &outcomes[i].event;
		const bool uncrossed = event->kind == BB_EVENT_CARRIED && event->counterparty != 0;
		if (event->kind != BB_EVENT_TRADED && event->kind != BB_EVENT_CONTRACTED &&
		    !uncrossed)
			continue;
		trades++;
		traded_wh += event->quantity_wh;
	}
	if (trades == 0)
		return;
	bb_count(counters, BB_COUNT_TRADES, trades);
	bb_count(counters, BB_COUNT_TRADED_WH, traded_wh);
}

/* apply_slice lets the market go on with the input and, when it is done with it, ends
 * its outcomes with its packet. */
static uint32_t
apply_slice(struct bb_matcher *matcher, struct bb_outcome *outcomes)
{
	struct bb_bid *bid = matcher->bid;
	uint32_t count = 0;
	const bool done = bb_market_step_foreseen(matcher->market, &matcher->foresight, bid,
						  &outcomes[0].event, &count);

	BB_ASSERT(count <= BB_SLICE_EVENTS);
	count_events(matcher->counters, outcomes, count);
	matcher->event_count += count;
	if (!done)
		return count;

	bb_count(matcher->counters, BB_COUNT_COMMANDS, bid->command_count);
	if (bb_bid_is_tick(bid)) {
		bb_count(matcher->counters, BB_COUNT_TICKS, 1);
		matcher->ticks++;
	}
	(void)packet_outcome(&outcomes[count], BB_OUTCOME_PACKET, BB_OK, matcher->mbuf, bid);
	outcomes[count].packet.event_count = matcher->event_count;
	matcher->bid = NULL;
	matcher->mbuf = NULL;
	return count + 1;
}

/* sequence gives bid the next number, and a time that does not go back. */
static void
sequence(struct bb_matcher *matcher, uint64_t now_ns, void *mbuf, struct bb_bid *bid)
{
	if (now_ns > matcher->time_ns)
		matcher->time_ns = now_ns;
	bid->number = ++matcher->number;
	bid->sequenced_ns = matcher->time_ns;
	matcher->bid = bid;
	matcher->mbuf = mbuf;
	matcher->event_count = 0;
	bb_count(matcher->counters, BB_COUNT_SEQUENCED, 1);
}

uint32_t
bb_matcher_step(struct bb_matcher *matcher, uint64_t now_ns, void *mbuf, struct bb_bid *bid,
		struct bb_outcome *outcomes)
{
	BB_ASSERT(bb_matcher_ready(matcher) == (bid != NULL));
	if (bid == NULL)
		return apply_slice(matcher, outcomes);
	if (bid->route == BB_ROUTE_QUERY)
		return answer_query(matcher, mbuf, bid, outcomes);

	if (bb_bid_is_tick(bid)) {
		sequence(matcher, now_ns, mbuf, bid);
		return apply_slice(matcher, outcomes);
	}
	/* What the gate saw may have changed since: two lanes may carry the same sequence,
	 * and this core alone marks. */
	const enum bb_result seen =
		bb_market_look(matcher->market, bid->participant, bid->sequence);

	if (seen == BB_OK && bid->route == BB_ROUTE_SEQUENCE) {
		sequence(matcher, now_ns, mbuf, bid);
		return apply_slice(matcher, outcomes);
	}
	bb_foresee_drop(&matcher->foresight, bid);
	if (seen == BB_ERR_DUPLICATE) {
		bid->route = BB_ROUTE_REPEAT;
		return packet_outcome(outcomes, BB_OUTCOME_PACKET, BB_OK, mbuf, bid);
	}
	if (seen != BB_OK)
		return packet_outcome(outcomes, BB_OUTCOME_REFUSED, seen, mbuf, bid);
	/* The signature of a repeat was not checked, so it cannot become an input. */
	return packet_outcome(outcomes, BB_OUTCOME_REFUSED, BB_ERR_BUSY, mbuf, bid);
}

static void
inspect_members(const struct bb_market *market, struct bb_inspect *inspect)
{
	const uint32_t last = bb_market_size(market)->participants;
	uint32_t id = inspect->first == 0 ? 1 : inspect->first;

	for (uint32_t scanned = 0; id <= last; id++, scanned++) {
		if (inspect->count[0] == BB_INSPECT_ROWS || scanned == INSPECT_SCAN) {
			inspect->next = id;
			return;
		}
		if (bb_market_member(market, id, &inspect->members[inspect->count[0]]))
			inspect->count[0]++;
	}
}

static void
inspect_products(const struct bb_market *market, struct bb_inspect *inspect)
{
	struct bb_product beyond;
	uint32_t index = inspect->first;

	while (inspect->count[0] < BB_INSPECT_ROWS &&
	       bb_market_product(market, index, &inspect->products[inspect->count[0]])) {
		inspect->count[0]++;
		index++;
	}
	if (bb_market_product(market, index, &beyond))
		inspect->next = index;
}

/* Those of participants, then the technical ones behind them. */
static void
inspect_accounts(const struct bb_market *market, struct bb_inspect *inspect)
{
	const uint32_t last = bb_market_size(market)->participants;
	uint32_t id = inspect->first == 0 ? 1 : inspect->first;

	for (uint32_t scanned = 0; id < BB_ACCOUNT_FIRST + BB_ACCOUNTS_TECHNICAL; id++, scanned++) {
		if (id == last + 1)
			id = BB_ACCOUNT_FIRST;
		if (inspect->count[0] == BB_INSPECT_ROWS || scanned == INSPECT_SCAN) {
			inspect->next = id;
			return;
		}
		if (bb_market_purse(market, id, &inspect->accounts[inspect->count[0]]))
			inspect->count[0]++;
	}
}

static void
inspect_courses(const struct bb_market *market, struct bb_inspect *inspect)
{
	const uint32_t end = bb_market_size(market)->courses;

	for (uint32_t index = inspect->first; index < end; index++) {
		if (inspect->count[0] == BB_INSPECT_COURSES_ROWS ||
		    index - inspect->first == INSPECT_SCAN) {
			inspect->next = index;
			return;
		}
		if (bb_market_course(market, index, &inspect->courses[inspect->count[0]]))
			inspect->count[0]++;
	}
}

static bool
product_exists(const struct bb_market *market, uint32_t product)
{
	struct bb_product at;

	for (uint32_t index = 0; bb_market_product(market, index, &at); index++)
		if (at.terms.product == product)
			return true;
	return false;
}

static void
inspect_book(const struct bb_market *market, struct bb_inspect *inspect)
{
	for (uint32_t side = BB_BUY; side <= BB_SELL; side++)
		inspect->count[side] = bb_market_depth(market, inspect->product,
						       (enum bb_side)side, inspect->depth[side],
						       BB_INSPECT_ROWS);
	/* Only an empty book leaves it open whether there is one. */
	inspect->found = inspect->count[BB_BUY] > 0 || inspect->count[BB_SELL] > 0 ||
			 product_exists(market, inspect->product);
}

void
bb_matcher_inspect(const struct bb_matcher *matcher, struct bb_inspect *inspect)
{
	const struct bb_market *market = matcher->market;

	inspect->next = 0;
	inspect->count[0] = 0;
	inspect->count[1] = 0;
	inspect->found = false;
	inspect->halted = bb_market_halted(market);
	inspect->number = bb_market_number(market);
	inspect->time_ns = bb_market_time_ns(market);
	inspect->size = *bb_market_size(market);
	switch ((enum bb_inspect_kind)inspect->kind) {
	case BB_INSPECT_MEMBERS:
		inspect_members(market, inspect);
		break;
	case BB_INSPECT_PRODUCTS:
		inspect_products(market, inspect);
		break;
	case BB_INSPECT_BOOK:
		inspect_book(market, inspect);
		break;
	case BB_INSPECT_ACCOUNTS:
		inspect_accounts(market, inspect);
		break;
	case BB_INSPECT_COURSES:
		inspect_courses(market, inspect);
		break;
	case BB_INSPECT_RULES:
		inspect->rules = *bb_market_rules(market);
		break;
	case BB_INSPECT_MARKET:
		break;
	}
}
