#include "market/bb_market.h"

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
	*member = account->member;
	member->sequence_highest = atomic_load_explicit(&window->highest, memory_order_relaxed);
	return true;
}

bool
bb_market_product(const struct bb_market *market, uint32_t index, struct bb_product *product)
{
	if (index >= market->products.count)
		return false;
	*product = market->products.listings[index].product;
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
		depth[count++] = (struct bb_depth){
			.price = bb_book_price(&listing->book, side, rung),
			.orders = ladder->rungs[rung].orders,
			.quantity_wh = ladder->rungs[rung].quantity_wh,
		};
	}
	return count;
}
