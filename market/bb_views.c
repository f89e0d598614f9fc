#include "market/bb_market.h"

#include <string.h>

#include "market/bb_state.h"

enum bb_result
bb_market_look(const struct bb_market *market, uint32_t participant, uint64_t sequence)
{
	BB_ASSERT(participant >= 1 && participant <= market->size.participants);
	return bb_window_look(&market->members.windows[participant], sequence);
}

void
bb_market_prefetch(const struct bb_market *market, uint32_t participant, uint64_t sequence)
{
	BB_ASSERT(participant >= 1 && participant <= market->size.participants);
	const struct bb_window *window = &market->members.windows[participant];

	__builtin_prefetch(&window->highest);
	__builtin_prefetch(&window->seen[sequence % BB_WINDOW / 64]);
}

uint64_t
bb_market_number(const struct bb_market *market)
{
	return market->number;
}

uint64_t
bb_market_time_ns(const struct bb_market *market)
{
	return market->time_ns;
}

bool
bb_market_halted(const struct bb_market *market)
{
	return market->halted;
}

const struct bb_market_size *
bb_market_size(const struct bb_market *market)
{
	return &market->size;
}

bool
bb_market_member(const struct bb_market *market, uint32_t participant, struct bb_member *member)
{
	const struct bb_account *account = bb_members_find(&market->members, participant);
	if (account == NULL)
		return false;

	const struct bb_window *window = &market->members.windows[participant];
	*member = (struct bb_member){
		.participant = participant,
		.orders_max = account->orders_max,
		.packets_per_s = account->packets_per_s,
		.burst = account->burst,
		.orders_live = account->orders_live,
		.roles = account->roles,
		.zone = (uint8_t)account->zone,
		.status = account->status,
		.sequence_highest = atomic_load_explicit(&window->highest, memory_order_relaxed),
		.bought_wh = account->bought_wh,
		.sold_wh = account->sold_wh,
		.money = bb_money_shown(bb_accounts_balance(&market->accounts, participant)),
		.locked = bb_accounts_purse(&market->accounts, participant)->locked,
		.cap_in_wh = account->cap_in_wh,
		.cap_out_wh = account->cap_out_wh,
		.order_wh_max = account->order_wh_max,
		.metered_by = account->metered_by,
		.reputation_min = account->reputation_min,
		.reputation = account->reputation,
		.silence_s = account->silence_s,
		.feeder = account->feeder,
		.source = account->source,
		.escrow = account->escrow != 0,
		.killed = account->killed != 0,
	};
	memcpy(member->key, account->key, sizeof(member->key));
	return true;
}

bool
bb_market_product(const struct bb_market *market, uint32_t index, struct bb_product *product)
{
	if (index >= market->products.count)
		return false;
	*product = market->products.listings[market->products.listed[index]].product;
	return true;
}

uint32_t
bb_market_depth(const struct bb_market *market, uint32_t product, enum bb_side side,
		struct bb_depth *depth, uint32_t room)
{
	const struct bb_listing *listing = bb_products_find(&market->products, product);
	if (listing == NULL)
		return 0;

	const struct bb_ladder *ladder = &listing->book.ladders[side];
	uint32_t rung = bb_ladder_best(ladder);
	uint32_t count = 0;
	for (; rung != BB_RUNG_NONE && count < room; rung = bb_ladder_after(ladder, rung)) {
		const struct bb_rung *resting = bb_ladder_rung(ladder, rung);
		depth[count++] = (struct bb_depth){
			.price = bb_book_price(&listing->book, side, rung),
			.orders = bb_rung_orders(resting),
			.quantity_wh = bb_rung_wh(resting),
		};
	}
	return count;
}
