#include "market/bb_settling.h"

#include "market/bb_cancel.h"
#include "market/bb_reputation.h"
#include "market/bb_settlement.h"

#define QUARTERS_A_DAY 96u

/* One position and what belongs to it. */
struct subject {
	struct bb_market *market;
	struct bb_course *course;
	struct bb_slice *slice;
	struct bb_course_zone *zone;
	struct bb_listing *listing;
	struct bb_position *position;
	struct bb_position_settled *settled;
	struct bb_account *account;
	uint32_t index;
};

static struct subject
subject_of(struct bb_market *market, struct bb_course *course, struct bb_slice *slice,
	   uint32_t index)
{
	struct bb_position *position = &market->positions.slots[index];

	return (struct subject){
		.market = market,
		.course = course,
		.slice = slice,
		.zone = &course->zones[course->zone_next],
		.listing = &market->products.listings[position->listing],
		.position = position,
		.settled = &market->positions.settled[index],
		.account = &market->members.accounts[position->participant],
		.index = index,
	};
}

/* next_position moves the cursor on, over all zones; BB_POSITION_NONE after the last. */
static uint32_t
next_position(const struct bb_market *market, struct bb_course *course)
{
	uint32_t next = course->position_next == BB_POSITION_NONE
				? BB_POSITION_NONE
				: market->positions.slots[course->position_next].next;
	bool fresh = course->position_next == BB_POSITION_NONE;

	while (next == BB_POSITION_NONE && course->zone_next < course->zone_count) {
		if (!fresh)
			course->zone_next++;
		fresh = false;
		if (course->zone_next == course->zone_count)
			break;
		const uint32_t listing = course->zones[course->zone_next].listing;
		next = market->products.listings[listing - 1].positions;
	}
	course->position_next = next;
	return next;
}

/* Contracted net injection, without what was curtailed. */
static int64_t
contracted_wh(const struct bb_position *position)
{
	const int64_t net = (int64_t)position->sold_wh - (int64_t)position->bought_wh;
	const int64_t curtailed = position->curtailed_wh;

	if (net > 0)
		return net > curtailed ? net - curtailed : 0;
	return -net > curtailed ? net + curtailed : 0;
}

static uint32_t
shown_wh(int64_t wh)
{
	const uint64_t size = (uint64_t)(wh < 0 ? -wh : wh);

	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

/* Rule M, for who could have delivered and has no reading: all zones of the first interval of a
 * day that misses one are forgiven. */
static int64_t
substitute(struct subject *subject)
{
	struct bb_account *account = subject->account;
	const int64_t contracted = contracted_wh(subject->position);
	const uint32_t quarter = subject->course->quarter;
	const uint32_t missed = account->missed_quarter;

	if (missed == 0 || (missed - 1) / QUARTERS_A_DAY != quarter / QUARTERS_A_DAY)
		account->missed_quarter = quarter + 1;
	if (account->missed_quarter == quarter + 1)
		return contracted;
	if (contracted >= 0)
		return 0;
	return account->cap_in_wh != 0 ? -(int64_t)account->cap_in_wh : 2 * contracted;
}

/* A position without a reading and without contracts needs none. */
static void
read_position(struct subject *subject)
{
	struct bb_position *position = subject->position;

	if ((position->flags & BB_POSITION_METERED) == 0 &&
	    (position->bought_wh | position->sold_wh) != 0) {
		subject->settled->metered_wh = substitute(subject);
		position->flags |= BB_POSITION_METERED | BB_POSITION_SUBSTITUTED;
		struct bb_event *event = bb_slice_add(subject->slice, BB_EVENT_METERED,
						      position->participant);
		event->product = subject->listing->product.terms.product;
		event->order_id = (uint64_t)subject->settled->metered_wh;
		event->result = BB_BY_SUBSTITUTE;
	}
	subject->course->system_wh += subject->settled->metered_wh - contracted_wh(position);
	bb_root_add(&subject->course->root, (uint64_t)position->participant << 32 |
						    position->flags);
	bb_root_add(&subject->course->root, (uint64_t)subject->settled->metered_wh);
}

/* post moves amount, if there is one, and tells so. */
static void
post(struct subject *subject, uint32_t debit, uint32_t credit, int64_t amount,
     enum bb_posting_kind kind, int64_t energy_wh, enum bb_result result)
{
	if (amount == 0)
		return;
	struct bb_event *event = bb_slice_add(subject->slice, BB_EVENT_POSTED, debit);

	bb_accounts_move(&subject->market->accounts, debit, credit, amount);
	event->counterparty = credit;
	event->product = subject->listing->product.terms.product;
	event->order_id = (uint64_t)amount;
	event->quantity_wh = shown_wh(energy_wh);
	event->remaining_wh = kind;
	event->result = (uint16_t)result;
	bb_root_add(&subject->course->root, (uint64_t)debit << 32 | credit);
	bb_root_add(&subject->course->root, (uint64_t)amount);
}

static void
post_contracts(struct subject *subject)
{
	const struct bb_position *position = subject->position;
	const uint32_t self = position->participant;
	const int64_t traded_wh = (int64_t)(position->bought_wh + position->sold_wh);

	if (position->cash < 0)
		post(subject, self, BB_ACCOUNT_MARKET, -position->cash, BB_POSTING_ENERGY,
		     traded_wh, BB_OK);
	else
		post(subject, BB_ACCOUNT_MARKET, self, position->cash, BB_POSTING_ENERGY,
		     traded_wh, BB_OK);
	post(subject, self, BB_ACCOUNT_DSO, position->fee, BB_POSTING_FEE, traded_wh, BB_OK);
	post(subject, self, BB_ACCOUNT_RENT, position->congestion, BB_POSTING_CONGESTION,
	     traded_wh, BB_OK);
}

/* The zone's tariffs, on each Wh that was contracted and not curtailed. */
static void
post_tariffs(struct subject *subject)
{
	const struct bb_position *position = subject->position;
	const struct bb_course_tariff tariff =
		bb_course_tariff(subject->course, subject->zone->zone);
	int64_t bought_wh = (int64_t)position->bought_wh;
	int64_t sold_wh = (int64_t)position->sold_wh;
	const int64_t curtailed_wh = sold_wh - bought_wh - contracted_wh(position);

	sold_wh -= curtailed_wh > 0 ? curtailed_wh : 0;
	bought_wh += curtailed_wh < 0 ? curtailed_wh : 0;
	post(subject, position->participant, BB_ACCOUNT_DSO, tariff.injection * sold_wh,
	     BB_POSTING_INJECTION, sold_wh, BB_OK);
	post(subject, position->participant, BB_ACCOUNT_DSO, tariff.use * bought_wh,
	     BB_POSTING_USE, bought_wh, BB_OK);
}

static struct bb_settlement_rules
rules_of(const struct bb_course *course)
{
	return (struct bb_settlement_rules){
		.price_long = course->imbalance.price_long,
		.price_short = course->imbalance.price_short,
		.price_reference = course->imbalance.price_reference,
		.tolerance_ppm = (uint32_t)course->rules.tolerance_ppm,
		.tolerance_wh = (uint32_t)course->rules.tolerance_wh,
		.penalty_ppm = (uint32_t)course->rules.penalty_ppm,
		.only_aggravating = course->rules.only_aggravating != 0,
		.on_actuals = course->rules.on_actuals != 0,
	};
}

static struct bb_party
party_of(const struct subject *subject)
{
	const struct bb_position *position = subject->position;
	const int64_t contracted = contracted_wh(position);

	return (struct bb_party){
		.account = position->participant,
		.has_zone_price = subject->zone->priced,
		.zone_price = subject->zone->price,
		.curtailed_wh = position->curtailed_wh,
		.money = (__int128)position->cash - position->fee - position->congestion,
		.metered_wh = subject->settled->metered_wh,
		.contracted_wh = contracted,
		.deviation_wh = subject->settled->metered_wh - contracted,
	};
}

/* What the grid prevented is bought back: the seller returns its price, the buyer gets it. */
static int64_t
curtailment(const struct subject *subject)
{
	const struct bb_position *position = subject->position;
	const int64_t net = (int64_t)position->sold_wh - (int64_t)position->bought_wh;
	const int64_t price = subject->zone->priced ? subject->zone->price
						    : subject->course->imbalance.price_reference;

	return price * (net - contracted_wh(position));
}

/* What a participant pays to the grid and to the fund, of which each is posted once. */
static void
post_deviation(struct subject *subject)
{
	const struct bb_settlement_rules rules = rules_of(subject->course);
	struct bb_posting postings[BB_POSTINGS_PER_PARTY];
	struct bb_party party = party_of(subject);
	struct bb_position_settled *settled = subject->settled;
	const uint32_t self = subject->position->participant;
	const uint32_t count =
		bb_settle_party(&rules, &party, subject->course->system_wh, postings);

	settled->imbalance = curtailment(subject);
	settled->no_gain = settled->penalty = 0;
	for (uint32_t i = 0; i < count; i++) {
		const int64_t paid =
			postings[i].debit == self ? postings[i].amount : -postings[i].amount;
		if (postings[i].kind == BB_POSTING_IMBALANCE)
			settled->imbalance += paid;
		else if (postings[i].kind == BB_POSTING_NO_GAIN)
			settled->no_gain = paid;
		else
			settled->penalty = paid;
	}
	if (settled->imbalance < 0)
		post(subject, BB_ACCOUNT_GRID, self, -settled->imbalance, BB_POSTING_IMBALANCE,
		     party.deviation_wh, BB_OK);
	else
		post(subject, self, BB_ACCOUNT_GRID, settled->imbalance, BB_POSTING_IMBALANCE,
		     party.deviation_wh, BB_OK);
	post(subject, self, BB_ACCOUNT_FUND, settled->no_gain, BB_POSTING_NO_GAIN,
	     party.deviation_wh, BB_OK);
	post(subject, self, BB_ACCOUNT_FUND, settled->penalty, BB_POSTING_PENALTY,
	     (int64_t)party.excess_wh, BB_OK);
}

static void
reverse_deviation(struct subject *subject)
{
	const struct bb_position_settled *settled = subject->settled;
	const uint32_t self = subject->position->participant;

	post(subject, BB_ACCOUNT_GRID, self, settled->imbalance, BB_POSTING_IMBALANCE, 0,
	     BB_BY_REVERSAL);
	post(subject, BB_ACCOUNT_FUND, self, settled->no_gain, BB_POSTING_NO_GAIN, 0,
	     BB_BY_REVERSAL);
	post(subject, BB_ACCOUNT_FUND, self, settled->penalty, BB_POSTING_PENALTY, 0,
	     BB_BY_REVERSAL);
}

/* What a reversal would take back out of FUND. */
static __int128
taken_back(const struct subject *subject)
{
	const struct bb_position_settled *settled = subject->settled;

	return (subject->position->flags & BB_POSITION_SETTLED) == 0
		       ? 0
		       : (__int128)settled->no_gain + settled->penalty;
}

static void
settle_position(struct subject *subject)
{
	struct bb_position *position = subject->position;
	const __int128 before = taken_back(subject);

	if ((position->flags & BB_POSITION_SETTLED) != 0) {
		reverse_deviation(subject);
	} else {
		post_contracts(subject);
		post_tariffs(subject);
	}
	post_deviation(subject);
	position->flags |= BB_POSITION_SETTLED;
	bb_rebate_settle(subject->market, taken_back(subject) - before);
}

/* Stage 0 reads all positions, for the system's deviation decides; stage 1 settles them. */
bool
bb_settling_step(struct bb_market *market, struct bb_course *course, struct bb_slice *slice)
{
	if (course->stage == 0 && course->position_next == BB_POSITION_NONE &&
	    course->zone_next == 0) {
		course->system_wh = 0;
		course->root = (struct bb_root){ { 0, 0 } };
	}
	const uint32_t index = next_position(market, course);
	if (index != BB_POSITION_NONE) {
		struct subject subject = subject_of(market, course, slice, index);
		if (course->stage == 0)
			read_position(&subject);
		else
			settle_position(&subject);
		return true;
	}
	if (course->stage == 1)
		return false;
	course->stage = 1;
	course->zone_next = 0;
	return true;
}

static void
set_reputation(struct subject *subject, uint32_t reputation)
{
	struct bb_event *event =
		bb_slice_add(subject->slice, BB_EVENT_REPUTED, subject->account->participant);

	event->product = subject->listing->product.terms.product;
	event->quantity_wh = subject->account->reputation;
	event->remaining_wh = reputation;
	subject->account->reputation = reputation;
}

static void
move_reputation(struct subject *subject)
{
	const struct bb_rules *rules = &subject->course->rules;
	const struct bb_reputation_rules how = {
		.gain_up = (uint32_t)rules->gain_up,
		.gain_down = (uint32_t)rules->gain_down,
		.quantity_min = (uint32_t)rules->reputation_quantity_min_wh,
		.quantity_ref = (uint32_t)rules->reputation_quantity_ref_wh,
		.floor = (uint32_t)rules->reputation_floor_ppm,
	};
	const struct bb_settlement_rules settlement = rules_of(subject->course);
	struct bb_posting postings[BB_POSTINGS_PER_PARTY];
	struct bb_party party = party_of(subject);

	bb_settle_party(&settlement, &party, subject->course->system_wh, postings);
	const uint64_t size = (uint64_t)(party.contracted_wh < 0 ? -party.contracted_wh
								 : party.contracted_wh);
	const uint32_t after = bb_reputation_after(&how, subject->account->reputation, size,
						   party.excess_wh);
	if (after != subject->account->reputation)
		set_reputation(subject, after);
}

static bool
defaults(const struct subject *subject)
{
	return subject->account->escrow != 0 && subject->account->defaulted == 0 &&
	       bb_accounts_balance(&subject->market->accounts,
				   subject->account->participant) < 0;
}

static void
declare_default(struct subject *subject)
{
	struct bb_account *account = subject->account;

	set_reputation(subject, account->reputation / 2);
	account->defaulted = 1; /* once; that it killed itself before changes nothing */
	account->killed = 1;
	bb_slice_add(subject->slice, BB_EVENT_KILLED, account->participant)->result =
		BB_ERR_BALANCE;
}

static void
finish_position(struct subject *subject)
{
	struct bb_position *position = subject->position;

	move_reputation(subject);
	bb_root_add(&subject->course->root, (uint64_t)position->participant << 32 |
						    subject->account->reputation);
	bb_root_add(&subject->course->root, (uint64_t)subject->settled->metered_wh);
	bb_rebate_settle(subject->market, -taken_back(subject));
	if ((position->flags & (BB_POSITION_METERED | BB_POSITION_SUBSTITUTED)) ==
	    BB_POSITION_METERED)
		bb_rebate_count(subject->market, subject->account, subject->settled->metered_wh);
	bb_accounts_unlock(
		bb_accounts_purse(&subject->market->accounts, position->participant),
		position->locked);
	position->bought_wh = position->sold_wh = 0;
	position->cash = position->fee = position->congestion = 0;
	position->locked = position->curtailed_wh = position->flags = 0;
	bb_position_drop(&subject->market->positions, subject->index,
			 &subject->listing->positions, &subject->account->positions);
}

/* The first position of the first zone that is still listed, until there is none. */
bool
bb_settling_finish(struct bb_market *market, struct bb_course *course, struct bb_slice *slice)
{
	if (course->zone_next == course->zone_count)
		return false;
	struct bb_course_zone *zone = &course->zones[course->zone_next];
	struct bb_listing *listing = &market->products.listings[zone->listing - 1];

	if (listing->positions == BB_POSITION_NONE) {
		market->traded_gone_wh += listing->product.traded_wh;
		bb_products_remove(&market->products, listing);
		zone->listing = 0;
		course->zone_next++;
		return true;
	}
	struct subject subject = subject_of(market, course, slice, listing->positions);
	if (defaults(&subject)) {
		declare_default(&subject);
		return true;
	}
	/* A killed participant's orders leave one by one before its position here does. */
	const uint32_t slot =
		subject.account->killed != 0 ? bb_cancel_any(market, subject.account)
					     : BB_SLOT_NONE;
	if (slot != BB_SLOT_NONE)
		bb_cancel_slot(market, slice, slot, BB_BY_KILL);
	else
		finish_position(&subject);
	return true;
}

/* What a zone sells and does not buy flows out over its lines. */
static int64_t
outflow_wh(const struct bb_course *course, uint8_t zone)
{
	int64_t flow = 0;

	for (uint32_t i = 0; i < BB_VENUE_LINES; i++) {
		const struct bb_course_line *line = &course->lines[i];
		if (line->flow_wh != 0 && line->from_zone == zone)
			flow += line->flow_wh;
		if (line->flow_wh != 0 && line->to_zone == zone)
			flow -= line->flow_wh;
	}
	return flow;
}

void
bb_settling_check(const struct bb_market *market, const struct bb_course *course)
{
	__int128 cash = 0;
	int64_t net_wh = 0;

	for (uint32_t i = 0; i < course->zone_count; i++) {
		const struct bb_course_zone *zone = &course->zones[i];
		if (zone->listing == 0)
			continue;
		int64_t zone_wh = 0;
		uint32_t at = market->products.listings[zone->listing - 1].positions;
		for (; at != BB_POSITION_NONE; at = market->positions.slots[at].next) {
			const struct bb_position *position = &market->positions.slots[at];
			zone_wh += (int64_t)position->sold_wh - (int64_t)position->bought_wh;
			cash += position->cash;
		}
		net_wh += zone_wh;
		/* An auction under way has told its flows before its shares. */
		BB_ASSERT(course->action != BB_ACTION_NONE ||
			  zone_wh == outflow_wh(course, zone->zone));
	}
	BB_ASSERT(course->action != BB_ACTION_NONE || (net_wh == 0 && cash == 0));
	BB_ASSERT(course->words.count == 0 || course->disputes > 0);
	BB_ASSERT(course->words.count < BB_WORDS_MAX);
}
