#include "market/bb_type.h"

enum bb_result
bb_type_price(const struct bb_market *market, const struct bb_listing *listing,
	      const struct bb_order_command *order, int32_t *price)
{
	const enum bb_side other = bb_side_other((enum bb_side)order->side);
	const uint32_t best = bb_ladder_best(&listing->book.ladders[other]);

	if (best == BB_RUNG_NONE || market->time_ns >= listing->trades_until_ns)
		return BB_ERR_UNFILLED;
	*price = bb_book_price(&listing->book, other, best);
	return BB_OK;
}

static enum bb_result
check_expiry(const struct bb_market *market, const struct bb_listing *listing,
	     uint32_t expires_s)
{
	const uint64_t expires_ns = expires_s * BB_SECOND_NS;

	return expires_ns > market->time_ns && expires_ns <= listing->until_ns ? BB_OK
									     : BB_ERR_EXPIRY;
}

static enum bb_result
check_clip(const struct bb_listing *listing, const struct bb_order_command *order)
{
	if (order->shown_wh == 0 || order->shown_wh > order->quantity_wh ||
	    !bb_type_clips(order->quantity_wh, order->shown_wh))
		return BB_ERR_QUANTITY;
	return order->shown_wh % listing->by_lot.by == 0 ? BB_OK : BB_ERR_LOT;
}

enum bb_result
bb_type_check(const struct bb_market *market, const struct bb_listing *listing,
	      const struct bb_order_command *order)
{
	switch ((enum bb_order_type)order->type) {
	case BB_LIMIT_GTC:
	case BB_LIMIT_IOC:
	case BB_LIMIT_FOK:
	case BB_LIMIT_AON:
	case BB_MARKET_LIMIT:
		return order->shown_wh == 0 ? BB_OK : BB_ERR_UNSUPPORTED;
	case BB_BASKET_LEG: /* its count is judged with the basket */
		return BB_OK;
	case BB_LIMIT_GTD:
		return check_expiry(market, listing, order->expires_s);
	case BB_LIMIT_ICEBERG:
		return check_clip(listing, order);
	default:
		return BB_ERR_UNSUPPORTED;
	}
}

bool
bb_type_fills(const struct bb_take *take)
{
	const struct bb_ladder *ladder =
		&take->listing->book.ladders[bb_side_other(take->side)];
	uint64_t shown_wh = 0;
	uint32_t looks = 0;

	if (!take->trades)
		return false;
	for (uint32_t rung = bb_ladder_best(ladder);
	     rung <= take->limit && looks < BB_LOOKS_MAX;
	     rung = bb_ladder_after(ladder, rung), looks++) {
		shown_wh += bb_rung_wh(bb_ladder_rung(ladder, rung));
		if (shown_wh >= take->left_wh)
			return true;
	}
	return false;
}
