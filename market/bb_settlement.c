#include "market/bb_settlement.h"

#include "base/bb_assert.h"
#include "base/bb_limits.h"
#include "market/bb_reputation.h"

struct ledger {
	struct bb_posting *postings;
	uint64_t count;
};

static void
post(struct ledger *ledger, uint32_t debit, uint32_t credit, __int128 amount,
     enum bb_posting_kind kind)
{
	BB_ASSERT(amount <= INT64_MAX && amount >= INT64_MIN);
	ledger->postings[ledger->count++] = (struct bb_posting){
		.debit = debit, .credit = credit, .amount = (int64_t)amount, .kind = kind,
	};
}

static void
settle_contract(struct ledger *ledger, const struct bb_contract *contract,
		struct bb_party *parties)
{
	struct bb_party *seller = &parties[contract->seller];
	struct bb_party *buyer = &parties[contract->buyer];
	const int64_t quantity = contract->quantity_wh;
	const int64_t rent =
		(int64_t)contract->price_buyer - contract->price_seller - contract->fee;
	BB_ASSERT(contract->price_seller <= BB_PRICE_MAX);
	BB_ASSERT(contract->price_seller >= -BB_PRICE_MAX);
	BB_ASSERT(rent >= 0);

	seller->contracted_wh += quantity;
	buyer->contracted_wh -= quantity;
	seller->money += contract->price_seller * quantity;
	buyer->money -= contract->price_buyer * quantity;
	post(ledger, buyer->account, seller->account, contract->price_seller * quantity,
	     BB_POSTING_ENERGY);
	if (contract->fee != 0)
		post(ledger, buyer->account, BB_ACCOUNT_DSO, contract->fee * quantity,
		     BB_POSTING_FEE);
	if (rent != 0)
		post(ledger, buyer->account, BB_ACCOUNT_RENT, rent * quantity,
		     BB_POSTING_CONGESTION);
	if (contract->injection != 0)
		post(ledger, seller->account, BB_ACCOUNT_DSO, contract->injection * quantity,
		     BB_POSTING_INJECTION);
	if (contract->use != 0)
		post(ledger, buyer->account, BB_ACCOUNT_DSO, contract->use * quantity,
		     BB_POSTING_USE);
}

static uint64_t
tolerance(const struct bb_settlement_rules *rules, const struct bb_party *party)
{
	const uint64_t contracted = (uint64_t)(party->contracted_wh < 0 ? -party->contracted_wh
									 : party->contracted_wh);
	const uint64_t share =
		(uint64_t)((unsigned __int128)contracted * rules->tolerance_ppm / BB_PPM);
	return share > rules->tolerance_wh ? share : rules->tolerance_wh;
}

/* What a deviation would gain against the zone's price is taken away again. */
static __int128
no_gain(const struct bb_settlement_rules *rules, const struct bb_party *party,
	int64_t deviation_wh)
{
	const int64_t gain = deviation_wh < 0
				     ? (int64_t)party->zone_price - rules->price_short
				     : (int64_t)rules->price_long - party->zone_price;
	const int64_t energy = deviation_wh < 0 ? -deviation_wh : deviation_wh;

	return party->has_zone_price && gain > 0 ? (__int128)gain * energy : 0;
}

/* The part of a deviation that was contracted and not delivered (negative), or not drawn. */
static int64_t
shortfall_wh(const struct bb_party *party)
{
	const int64_t contracted = party->contracted_wh;
	const int64_t deviation = party->deviation_wh;

	if (contracted > 0 && deviation < 0)
		return deviation > -contracted ? deviation : -contracted;
	if (contracted < 0 && deviation > 0)
		return deviation < -contracted ? deviation : -contracted;
	return 0;
}

/* What a participant pays for it: what it had for as much, rounded up, so that nobody keeps a unit
 * for energy that there was not; but within the bounds of the header. */
static __int128
shortfall_money(const struct bb_settlement_rules *rules, const struct bb_party *party,
		int64_t shortfall)
{
	const bool sold = shortfall < 0;
	const int64_t sign = sold ? 1 : -1;
	const int64_t size = sold ? -shortfall : shortfall;
	const int64_t contracted = sold ? party->contracted_wh : -party->contracted_wh;
	const int64_t net = contracted + party->curtailed_wh;
	const __int128 had = party->money * size;
	const int64_t zone = party->has_zone_price ? party->zone_price : rules->price_reference;
	const int64_t grid = sold ? rules->price_short : rules->price_long;
	const int64_t opposite = sold ? rules->price_long : rules->price_short;
	const int64_t bound = sign * zone > sign * opposite ? sign * zone : sign * opposite;
	const __int128 least = (__int128)bound * size;
	const __int128 most = (__int128)(sign * grid) * size + no_gain(rules, party, shortfall);
	__int128 paid = had / net + (had % net > 0);

	if (paid < least)
		paid = least;
	return paid < most ? paid : most;
}

static void
settle_party(struct ledger *ledger, const struct bb_settlement_rules *rules,
	     struct bb_party *party, int64_t system_wh)
{
	const int64_t deviation = party->deviation_wh;
	const int64_t shortfall = rules->on_actuals ? shortfall_wh(party) : 0;
	const int64_t rest = deviation - shortfall; /* what the grid buys or sells */
	const uint64_t off = (uint64_t)(deviation < 0 ? -deviation : deviation);
	const uint64_t allowed = tolerance(rules, party);
	party->excess_wh = off > allowed ? off - allowed : 0;

	__int128 paid = rest > 0 ? -(__int128)rules->price_long * rest
				 : (__int128)rules->price_short * -rest;
	if (shortfall != 0)
		paid += shortfall_money(rules, party, shortfall);
	if (deviation > 0)
		post(ledger, BB_ACCOUNT_GRID, party->account, -paid, BB_POSTING_IMBALANCE);
	else if (deviation < 0)
		post(ledger, party->account, BB_ACCOUNT_GRID, paid, BB_POSTING_IMBALANCE);

	const __int128 adder = no_gain(rules, party, rest);
	if (adder != 0)
		post(ledger, party->account, BB_ACCOUNT_FUND, adder, BB_POSTING_NO_GAIN);

	const bool aggravating =
		(deviation > 0 && system_wh > 0) || (deviation < 0 && system_wh < 0);
	if (party->excess_wh > 0 && (aggravating || !rules->only_aggravating))
		post(ledger, party->account, BB_ACCOUNT_FUND,
		     (__int128)rules->price_reference * (__int128)party->excess_wh *
			     rules->penalty_ppm / BB_PPM,
		     BB_POSTING_PENALTY);
}

uint32_t
bb_settle_party(const struct bb_settlement_rules *rules, struct bb_party *party,
		int64_t system_wh, struct bb_posting postings[BB_POSTINGS_PER_PARTY])
{
	struct ledger ledger = { .postings = postings };

	settle_party(&ledger, rules, party, system_wh);
	return (uint32_t)ledger.count;
}

uint64_t
bb_settle(const struct bb_settlement_rules *rules, const struct bb_contract *contracts,
	  uint32_t contract_count, struct bb_party *parties, uint32_t party_count,
	  struct bb_posting *postings)
{
	struct ledger ledger = { .postings = postings };
	int64_t system_wh = 0;

	BB_ASSERT(rules->price_reference >= 0); /* so that a penalty is no reward */
	for (uint32_t i = 0; i < party_count; i++) {
		parties[i].contracted_wh = 0;
		parties[i].money = 0;
	}
	for (uint32_t i = 0; i < contract_count; i++) {
		BB_ASSERT(contracts[i].seller < party_count);
		BB_ASSERT(contracts[i].buyer < party_count);
		settle_contract(&ledger, &contracts[i], parties);
	}
	for (uint32_t i = 0; i < party_count; i++) {
		parties[i].deviation_wh = parties[i].metered_wh - parties[i].contracted_wh;
		system_wh += parties[i].deviation_wh;
	}
	for (uint32_t i = 0; i < party_count; i++)
		settle_party(&ledger, rules, &parties[i], system_wh);
	return ledger.count;
}

uint32_t
bb_account_index(uint32_t account, uint32_t participants)
{
	return account >= BB_ACCOUNT_GRID ? participants + 1 + (account - BB_ACCOUNT_GRID)
					  : account;
}

static bool
known(uint32_t account, uint32_t participants)
{
	return (account > 0 && account <= participants) ||
	       (account >= BB_ACCOUNT_GRID && account < BB_ACCOUNT_GRID + BB_ACCOUNTS_OTHER);
}

bool
bb_settlement_net(const struct bb_posting *postings, uint64_t count, uint32_t participants,
		  __int128 *changes)
{
	BB_ASSERT(participants <= BB_PARTICIPANTS_MAX);
	for (uint64_t i = 0; i < count; i++)
		if (!known(postings[i].debit, participants) ||
		    !known(postings[i].credit, participants))
			return false;
	for (uint64_t i = 0; i < count; i++) {
		changes[bb_account_index(postings[i].debit, participants)] -= postings[i].amount;
		changes[bb_account_index(postings[i].credit, participants)] += postings[i].amount;
	}
	return true;
}
