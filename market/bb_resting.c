#include "market/bb_resting.h"

uint32_t
bb_resting_find(const struct bb_market *market, uint32_t participant, uint64_t order_id)
{
	const uint32_t hash = bb_index_hash(&market->order_ids, order_id, participant);
	uint32_t at = hash;
	uint32_t slot;

	while ((slot = bb_index_next(&market->order_ids, hash, &at)) != BB_SLOT_NONE) {
		if (market->orders.slots[slot].order_id == order_id &&
		    bb_resting_owner(market, slot)->member.participant == participant)
			break;
	}
	return slot;
}

bool
bb_resting_reaches(const struct bb_market *market, const struct bb_account *account,
		   const struct bb_listing *listing, enum bb_side side, int32_t price)
{
	const enum bb_side other = bb_side_other(side);
	const uint32_t interest = bb_interest_find(&market->interests, account->member.participant,
						   bb_listing_index(&market->products, listing));
	if (interest == BB_INTEREST_NONE)
		return false;

	const uint32_t best = market->interests.slots[interest].best[other];
	return best != BB_SLOT_NONE && bb_order_rung(&market->orders.slots[best]) <=
					       bb_book_rung(&listing->book, other, price);
}

void
bb_resting_add(struct bb_market *market, const struct bb_take *take)
{
	struct bb_member *member = &take->account->member;
	struct bb_listing *listing = take->listing;
	const uint32_t rung = bb_book_rung(&listing->book, take->side, take->price);
	const uint32_t slot = bb_orders_take(&market->orders);
	struct bb_order *order = &market->orders.slots[slot];

	order->order_id = take->order_id;
	order->quantity_wh = take->left_wh;
	order->place = bb_order_place(take->side, rung);
	bb_book_rest(&listing->book, &market->orders, slot);
	bb_interest_join(&market->interests, &take->account->interests, &market->orders, slot,
			 member->participant, bb_listing_index(&market->products, listing));
	bb_index_add(&market->order_ids,
		     bb_index_hash(&market->order_ids, take->order_id, member->participant), slot);
	bb_account_open(take->account, take->price, take->left_wh);
	member->orders_live++;
	listing->product.orders_live++;
}

static void
forget(struct bb_market *market, struct bb_account *owner, struct bb_listing *listing,
       uint32_t slot)
{
	const uint64_t order_id = market->orders.slots[slot].order_id;

	bb_index_remove(&market->order_ids,
			bb_index_hash(&market->order_ids, order_id, owner->member.participant),
			slot);
	bb_interest_leave(&market->interests, &owner->interests, &market->orders, slot);
	bb_orders_give(&market->orders, slot);
	owner->member.orders_live--;
	listing->product.orders_live--;
}

void
bb_resting_reduce(struct bb_market *market, uint32_t slot, uint32_t quantity_wh)
{
	struct bb_account *owner = bb_resting_owner(market, slot);
	struct bb_listing *listing = bb_resting_listing(market, slot);

	bb_account_close(owner, bb_resting_price(market, slot), quantity_wh);
	bb_book_reduce(&listing->book, &market->orders, slot, quantity_wh);
	if (market->orders.slots[slot].quantity_wh == 0)
		forget(market, owner, listing, slot);
}
