#include "tests/market/market_model.h"

enum bb_result
model_type(const struct model *model, const struct bb_order_command *asked, uint32_t lot_wh)
{
	switch (asked->type) {
	case BB_LIMIT_GTC:
	case BB_LIMIT_IOC:
	case BB_LIMIT_FOK:
	case BB_LIMIT_AON:
	case BB_MARKET_LIMIT:
		return asked->shown_wh == 0 ? BB_OK : BB_ERR_UNSUPPORTED;
	case BB_LIMIT_GTD:
		return asked->expires_s * UINT64_C(1000000000) > model->time_ns ? BB_OK
										 : BB_ERR_EXPIRY;
	case BB_LIMIT_ICEBERG:
		/* Between one and eight clips. */
		if (asked->shown_wh == 0 || asked->shown_wh > asked->quantity_wh ||
		    asked->quantity_wh > UINT64_C(8) * asked->shown_wh)
			return BB_ERR_QUANTITY;
		return asked->shown_wh % lot_wh == 0 ? BB_OK : BB_ERR_LOT;
	case BB_BASKET_LEG:
		return BB_OK;
	default:
		return BB_ERR_UNSUPPORTED;
	}
}

/* One order of two may have a time or a clip, one of sixteen a clip, rounded up. */
bool
model_extras_left(const struct model *model, bool iceberg)
{
	uint32_t extras = 0;
	uint32_t icebergs = 0;

	for (uint32_t row = 0; row < model->order_count; row++) {
		extras += model->orders[row].clip_wh != 0 || model->orders[row].expires_s != 0;
		icebergs += model->orders[row].clip_wh != 0;
	}
	return 2 * extras < model->size.orders &&
	       (!iceberg || 16 * icebergs < model->size.orders);
}

/* Places of a participant that may have so many live orders. */
uint32_t
model_table(uint32_t orders_max)
{
	uint32_t places = orders_max > 0;
	while (places < orders_max)
		places *= 2;
	return places;
}

bool
model_zero(const uint8_t *bytes, size_t size)
{
	while (size > 0 && bytes[size - 1] == 0)
		size--;
	return size == 0;
}
