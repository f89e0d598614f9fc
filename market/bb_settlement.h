/* bb_settlement - what a product's contracts and meter readings do to accounts.
 *
 * Contracts are paid in full.  Each participant's one deviation, over the sum of its
 * contracts, is bought from or sold to the grid; nobody gains by deviating on purpose
 * (the no-gain adder), and what lies beyond a tolerance costs a penalty.  Every posting
 * moves an amount from one account to another, so the sum over all accounts stays zero
 * by construction.
 *
 * On actuals, the part of a deviation that is contracted energy which was not delivered, or
 * not drawn, goes at the participant's own average contract price instead: it gives back what
 * it had for it, or is given back what it paid.  Since two who trade with each other may agree on
 * any price, it is never better for it than the zone's price (the reference price where there is
 * none), nor than what the grid pays or takes for the opposite deviation; and never worse than
 * without.
 *
 * Units    prices: nano-currency per Wh; energy: Wh, net injection positive; money:
 *          nano-currency; tolerances and penalties in ppm.
 * Memory   The caller's arrays; nothing is allocated.
 * Threads  None of its own.
 * Errors   BB_ASSERT: quantities and prices lie within bb_limits.h, so that every amount
 *          stays below 2^63 and every sum below 2^127.
 * Replay   Pure.  Postings come in the order of contracts, then of participants.
 */
#ifndef BB_SETTLEMENT_H
#define BB_SETTLEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_accounts.h"

enum bb_posting_kind {
	BB_POSTING_ENERGY,
	BB_POSTING_FEE,
	BB_POSTING_CONGESTION,
	BB_POSTING_IMBALANCE,
	BB_POSTING_NO_GAIN,
	BB_POSTING_PENALTY,
	BB_POSTING_REBATE, /* bb_rebate.h */
	BB_POSTING_INJECTION, /* the tariff of the seller's zone */
	BB_POSTING_USE,       /* and of the buyer's */
};

struct bb_contract {
	uint32_t seller; /* index into parties */
	uint32_t buyer;
	uint32_t quantity_wh;
	int32_t price_seller;
	int32_t price_buyer; /* price_seller + fee + rent, rent not negative */
	int32_t fee;
	int32_t injection; /* tariffs a Wh: of the seller's zone, paid by the seller, */
	int32_t use;       /* and of the buyer's, paid by the buyer */
};

/* One participant in one product. */
struct bb_party {
	uint32_t account;
	bool has_zone_price;
	int32_t zone_price;
	uint32_t curtailed_wh; /* of its contracts: no part of contracted_wh any more */
	int64_t metered_wh;    /* net injection */

	int64_t contracted_wh; /* results: signed sum of contracts, */
	int64_t deviation_wh;  /* metered less contracted, */
	uint64_t excess_wh;    /* and how far that is beyond the tolerance */
	__int128 money; /* of all contracts: received less paid, with fees and congestion */
};

struct bb_settlement_rules {
	int32_t price_long;      /* the grid pays for a surplus */
	int32_t price_short;     /* and takes for a deficit */
	int32_t price_reference; /* of penalties */
	uint32_t tolerance_ppm;  /* of the contracted energy */
	uint32_t tolerance_wh;   /* at least */
	uint32_t penalty_ppm;
	bool only_aggravating; /* no penalty for a deviation that helps the system */
	bool on_actuals;
};

struct bb_posting {
	uint32_t debit; /* account; pays */
	uint32_t credit;
	int64_t amount; /* negative where a price is */
	uint32_t kind;  /* enum bb_posting_kind */
};

#define BB_POSTINGS_PER_CONTRACT 5u
#define BB_POSTINGS_PER_PARTY    3u

/* bb_settle fills in the results of parties and writes postings, which has room for
 * BB_POSTINGS_PER_CONTRACT x contract_count + BB_POSTINGS_PER_PARTY x party_count; returns
 * how many.  parties are in the order of their accounts. */
uint64_t bb_settle(const struct bb_settlement_rules *rules, const struct bb_contract *contracts,
		   uint32_t contract_count, struct bb_party *parties, uint32_t party_count,
		   struct bb_posting *postings);

/* bb_settle_party is the part of one party alone, whose contracted_wh, deviation_wh and money
 * are set: it sets excess_wh, writes postings and returns how many.  system_wh is the sum of all
 * deviations. */
uint32_t bb_settle_party(const struct bb_settlement_rules *rules, struct bb_party *party,
			 int64_t system_wh, struct bb_posting postings[BB_POSTINGS_PER_PARTY]);

#define BB_ACCOUNTS_OTHER 4u /* GRID to FUND: those that postings here name */

/* bb_account_index returns where an account's change is netted: participants at their ids,
 * 1 to participants, the others behind them. */
uint32_t bb_account_index(uint32_t account, uint32_t participants);

/* bb_settlement_net adds what postings do to changes, one for each account, which has room
 * for 1 + participants + BB_ACCOUNTS_OTHER and begins with zeros or with what other products
 * did.  So an account is touched once, while every posting stays to be shown.  Accounts that
 * are neither participants up to that number nor the others are refused, with nothing added:
 * returns false. */
bool bb_settlement_net(const struct bb_posting *postings, uint64_t count, uint32_t participants,
		       __int128 *changes);

#endif
