/* bb_contract - energy that is bought and sold for a delivery interval, and what follows for
 * the listing in which it was.
 *
 * Units    Wh; nano-currency per Wh.
 * Memory, threads, replay: as bb_state.h.
 * Errors   BB_ASSERT only: entry and auction have checked.
 */
#ifndef BB_CONTRACT_H
#define BB_CONTRACT_H

#include "market/bb_course.h"
#include "market/bb_resting.h"

/* What an order's energy becomes when it is contracted at price: it leaves what is open, which
 * the caller did, and its need at that price stays locked until the interval is final. */
static inline void
bb_contract_energy(struct bb_market *market, const struct bb_standing *standing, int32_t price,
		   uint32_t quantity_wh)
{
	struct bb_position *position = standing->position;
	const uint64_t need =
		bb_resting_need(standing->listing, standing->side, price, quantity_wh);

	if (standing->side == BB_BUY) {
		position->bought_wh += quantity_wh;
		standing->account->bought_wh += quantity_wh;
	} else {
		position->sold_wh += quantity_wh;
		standing->account->sold_wh += quantity_wh;
	}
	position->locked += need;
	bb_accounts_lock(bb_accounts_purse(&market->accounts, position->participant), need);
}

/* bb_contract_trade writes energy and money of one trade between the order under way and its
 * counterparty, in another zone if it has a fee, which the order under way pays. */
BB_INLINE void
bb_contract_trade(struct bb_market *market, const struct bb_take *take,
		  const struct bb_standing *standing, uint32_t quantity_wh, int64_t fee)
{
	struct bb_position *taker = &market->positions.slots[take->position];
	struct bb_position *sides[2];
	struct bb_account *accounts[2];
	const int64_t money = (int64_t)standing->price * quantity_wh;

	sides[take->side] = taker;
	sides[standing->side] = standing->position;
	accounts[take->side] = take->account;
	accounts[standing->side] = standing->account;
	sides[BB_BUY]->bought_wh += quantity_wh;
	sides[BB_SELL]->sold_wh += quantity_wh;
	accounts[BB_BUY]->bought_wh += quantity_wh;
	accounts[BB_SELL]->sold_wh += quantity_wh;
	take->account->energy_wh += quantity_wh; /* the other's was open, and counted */
	if (take->listing->course == 0) {
		bb_accounts_move(&market->accounts, accounts[BB_BUY]->participant,
				 accounts[BB_SELL]->participant, money);
		return;
	}
	sides[BB_BUY]->cash -= money;
	sides[BB_SELL]->cash += money;
	taker->fee += fee * quantity_wh;
	int32_t prices[2] = { standing->price, standing->price };
	prices[take->side] += (int32_t)(take->side == BB_BUY ? fee : -fee);
	for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
		const uint64_t need = bb_resting_need(take->listing, (enum bb_side)side,
						      prices[side], quantity_wh);
		sides[side]->locked += need;
		bb_accounts_lock(bb_accounts_purse(&market->accounts,
						   accounts[side]->participant), need);
	}
}

/* bb_contract_share takes an order's part of an auction off what it has, shown or not, contracts
 * it at price, and tells so. */
void bb_contract_share(struct bb_market *market, struct bb_slice *slice,
		       const struct bb_standing *standing, int32_t price, uint32_t quantity_wh);

/* bb_contract_band sets between which prices the listing trades until its next auction. */
void bb_contract_band(struct bb_listing *listing, const struct bb_rules *rules, int32_t price);

/* bb_contract_gate lets the listings of course trade and accept as its state says. */
void bb_contract_gate(struct bb_market *market, const struct bb_course *course);

#endif
