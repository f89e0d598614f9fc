#include "market/bb_market.h"

#include "market/bb_state.h"

static void
check_pools(const struct bb_market *market, uint32_t resting)
{
	const struct bb_orders *orders = &market->orders;
	const struct bb_interests *interests = &market->interests;
	uint32_t free_orders = 0;
	uint32_t free_interests = 0;

	for (uint32_t slot = orders->free_first; slot != BB_SLOT_NONE;
	     slot = orders->slots[slot].next) {
		BB_ASSERT(orders->slots[slot].quantity_wh == 0);
		BB_ASSERT(++free_orders <= orders->capacity);
	}
	for (uint32_t slot = interests->free_first; slot != BB_INTEREST_NONE;
	     slot = interests->slots[slot].next)
		BB_ASSERT(++free_interests <= interests->most);
	BB_ASSERT(orders->live == resting);
	BB_ASSERT(orders->live + free_orders == orders->used);
	BB_ASSERT(interests->live + free_interests == interests->used);
	BB_ASSERT(interests->index.count == interests->live);
	BB_ASSERT(market->order_ids.count == resting);
}

/* Sums that an account must agree with, from its orders. */
struct open_sums {
	uint64_t money;
	uint64_t energy_wh;
	uint32_t orders;
};

static void
check_order(const struct bb_market *market, uint32_t slot, struct open_sums *sums)
{
	const struct bb_order *order = &market->orders.slots[slot];
	const struct bb_interest *interest = &market->interests.slots[order->interest];
	const struct bb_book *book = &market->products.listings[interest->listing].book;
	const int32_t price = bb_book_price(book, bb_order_side(order), bb_order_rung(order));
	const uint32_t hash =
		bb_index_hash(&market->order_ids, order->order_id, interest->participant);
	uint32_t at = hash;
	uint32_t found;

	do {
		found = bb_index_next(&market->order_ids, hash, &at);
		BB_ASSERT(found != BB_SLOT_NONE);
	} while (found != slot);
	sums->money += bb_price_size(price) * order->quantity_wh;
	sums->energy_wh += order->quantity_wh;
	sums->orders++;
}

static void
check_account(const struct bb_market *market, const struct bb_account *account)
{
	const struct bb_member *member = &account->member;
	struct open_sums sums = { 0 };
	uint32_t before = BB_INTEREST_NONE;

	for (uint32_t at = account->interests.first; at != BB_INTEREST_NONE;
	     at = market->interests.slots[at].next) {
		const struct bb_interest *interest = &market->interests.slots[at];
		const uint32_t orders = sums.orders;
		BB_ASSERT(interest->participant == member->participant);
		BB_ASSERT(interest->prev == before);
		BB_ASSERT(bb_interest_find(&market->interests, member->participant,
					   interest->listing) == at);
		for (uint32_t slot = interest->oldest; slot != BB_SLOT_NONE;
		     slot = market->orders.slots[slot].own_next)
			check_order(market, slot, &sums);
		BB_ASSERT(bb_interest_check(&market->interests, &market->orders, at) ==
			  sums.orders - orders);
		before = at;
	}
	BB_ASSERT(account->interests.last == before);
	BB_ASSERT(member->orders_live == sums.orders);
	BB_ASSERT(account->open_money == sums.money);
	BB_ASSERT(account->open_wh == sums.energy_wh);
	BB_ASSERT(bb_account_fits(account, 0, 0));
	BB_ASSERT(member->status == BB_MEMBER_ACTIVE || sums.orders == 0 ||
		  market->work.kind == BB_WORK_SWEEP);
	BB_ASSERT(bb_members_key_taken(&market->members, member->key));
}

void
bb_market_check(const struct bb_market *market)
{
	uint32_t in_books = 0;
	uint32_t in_accounts = 0;
	uint64_t traded_wh = 0;
	uint64_t bought_wh = 0;
	uint64_t sold_wh = 0;
	__int128 money = 0;
	uint32_t operators = 0;
	uint32_t known = 0;

	for (uint32_t i = 0; i < market->products.count; i++) {
		const struct bb_listing *listing = &market->products.listings[i];
		const uint32_t orders = bb_book_check(&listing->book, &market->orders);
		BB_ASSERT(listing->product.orders_live == orders);
		BB_ASSERT(bb_products_find(&market->products, listing->product.terms.product) ==
			  listing);
		in_books += orders;
		traded_wh += listing->product.traded_wh;
	}
	for (uint32_t id = 1; id <= market->members.size; id++) {
		const struct bb_account *account = bb_members_find(&market->members, id);
		if (account == NULL)
			continue;
		check_account(market, account);
		known++;
		operators += account->member.status == BB_MEMBER_ACTIVE &&
			     (account->member.roles & BB_ROLE_OPERATOR) != 0;
		in_accounts += account->member.orders_live;
		bought_wh += account->member.bought_wh;
		sold_wh += account->member.sold_wh;
		money += account->member.money;
	}
	BB_ASSERT(in_books == in_accounts);
	BB_ASSERT(bought_wh == sold_wh && bought_wh == traded_wh);
	BB_ASSERT(money == 0);
	BB_ASSERT(operators > 0);
	BB_ASSERT(market->members.keys.count == known);
	check_pools(market, in_books);
}
