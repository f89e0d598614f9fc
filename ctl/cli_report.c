#include "ctl/cli_report.h"

#include <stdio.h>

#include "base/bb_result.h"
#include "ctl/cli_common.h"
#include "ctl/cli_text.h"
#include "market/bb_command.h"

static const char *const names[BB_EVENT_KINDS] = {
	[BB_EVENT_NONE] = "NONE",
	[BB_EVENT_REFUSED] = "REFUSED",
	[BB_EVENT_ACCEPTED] = "ACCEPTED",
	[BB_EVENT_TRADED] = "TRADED",
	[BB_EVENT_CANCELLED] = "CANCELLED",
	[BB_EVENT_REPLACED] = "REPLACED",
	[BB_EVENT_MEMBER_ADDED] = "MEMBER_ADDED",
	[BB_EVENT_MEMBER_REVOKED] = "MEMBER_REVOKED",
	[BB_EVENT_PRODUCT_ADDED] = "PRODUCT_ADDED",
	[BB_EVENT_HALTED] = "HALTED",
	[BB_EVENT_RESUMED] = "RESUMED",
	[BB_EVENT_STATE] = "STATE",
	[BB_EVENT_PRICED] = "PRICED",
	[BB_EVENT_FLOWED] = "FLOWED",
	[BB_EVENT_SHARED] = "SHARED",
	[BB_EVENT_CONTRACTED] = "CONTRACTED",
	[BB_EVENT_METERED] = "METERED",
	[BB_EVENT_POSTED] = "POSTED",
	[BB_EVENT_REPUTED] = "REPUTED",
	[BB_EVENT_DISPUTED] = "DISPUTED",
	[BB_EVENT_RULED] = "RULED",
	[BB_EVENT_PARAM_SET] = "PARAM_SET",
	[BB_EVENT_MEMBER_SET] = "MEMBER_SET",
	[BB_EVENT_LINE_SET] = "LINE_SET",
	[BB_EVENT_IMBALANCE_SET] = "IMBALANCE_SET",
	[BB_EVENT_RESTRICTED] = "RESTRICTED",
	[BB_EVENT_TRANSFERRED] = "TRANSFERRED",
	[BB_EVENT_KILLED] = "KILLED",
	[BB_EVENT_ARMED] = "ARMED",
	[BB_EVENT_TICKED] = "TICKED",
	[BB_EVENT_SHOWN] = "SHOWN",
	[BB_EVENT_REBATED] = "REBATED",
	[BB_EVENT_CARRIED] = "CARRIED",
	[BB_EVENT_TARIFF_SET] = "TARIFF_SET",
};

const char *
cli_event_name(uint8_t kind)
{
	return kind < BB_EVENT_KINDS ? names[kind] : "UNKNOWN";
}

static const char *
side_name(uint8_t side)
{
	return side == BB_SELL ? "sell" : "buy";
}

void
cli_event_text(char text[CLI_EVENT_TEXT], const struct bb_report_record *record)
{
	const unsigned long long id = (unsigned long long)record->order_id;
	const char *side = side_name(record->side);
	char product[CLI_PRODUCT_SIZE];

	cli_write_product(product, record->product);
	switch (record->event) {
	case BB_EVENT_REFUSED:
		snprintf(text, CLI_EVENT_TEXT, "refused: %s (%s)",
			 bb_result_text((enum bb_result)record->result),
			 bb_result_name((enum bb_result)record->result));
		break;
	case BB_EVENT_ACCEPTED:
	case BB_EVENT_REPLACED:
		snprintf(text, CLI_EVENT_TEXT, "%s: order %llu, %s %u Wh of %s at %d, %u Wh rest",
			 record->event == BB_EVENT_ACCEPTED ? "accepted" : "replaced", id, side,
			 record->quantity_wh, product, record->price, record->remaining_wh);
		break;
	case BB_EVENT_TRADED:
		snprintf(text, CLI_EVENT_TEXT, "traded: order %llu, %s %u Wh of %s at %d with "
			 "participant %u, %u Wh left", id, side, record->quantity_wh, product,
			 record->price, record->counterparty, record->remaining_wh);
		break;
	case BB_EVENT_CANCELLED:
		snprintf(text, CLI_EVENT_TEXT, "cancelled: order %llu, %s %u Wh of %s at %d: %s",
			 id, side, record->quantity_wh, product, record->price,
			 bb_result_text((enum bb_result)record->result));
		break;
	case BB_EVENT_SHARED:
	case BB_EVENT_CONTRACTED:
		snprintf(text, CLI_EVENT_TEXT, "auction: order %llu, %s %u Wh of %s at %d", id,
			 side, record->quantity_wh, product, record->price);
		break;
	case BB_EVENT_METERED:
		snprintf(text, CLI_EVENT_TEXT, "metered: %lld Wh in %s", (long long)id, product);
		break;
	case BB_EVENT_POSTED:
	case BB_EVENT_TRANSFERRED:
		snprintf(text, CLI_EVENT_TEXT, "%s: %lld",
			 record->event == BB_EVENT_POSTED ? "posted" : "transferred",
			 (long long)id);
		break;
	case BB_EVENT_DISPUTED:
		snprintf(text, CLI_EVENT_TEXT, "disputed: %s", product);
		break;
	case BB_EVENT_RULED:
		snprintf(text, CLI_EVENT_TEXT, "ruled: %s, %s by %u, %u more wanted", product,
			 record->result == BB_OK ? "upheld" : "dismissed", record->quantity_wh,
			 record->remaining_wh);
		break;
	case BB_EVENT_CARRIED:
		snprintf(text, CLI_EVENT_TEXT, "over lines: order %llu, %u Wh %s zone %u, fee %d a "
			 "Wh", id, record->quantity_wh, record->side == BB_BUY ? "from" : "to",
			 record->remaining_wh >> 24, record->price);
		break;
	default:
		snprintf(text, CLI_EVENT_TEXT, "%s", cli_event_name(record->event));
		break;
	}
}

static bool
has_order(uint8_t kind)
{
	return kind == BB_EVENT_ACCEPTED || kind == BB_EVENT_TRADED ||
	       kind == BB_EVENT_CANCELLED || kind == BB_EVENT_REPLACED ||
	       kind == BB_EVENT_SHARED;
}

static void
set(json_t *object, const char *key, int64_t value)
{
	json_object_set_new(object, key, json_integer(value));
}

static void
set_result(json_t *object, uint16_t result)
{
	if (result != BB_OK)
		json_object_set_new(object, "result",
				    json_string(bb_result_name((enum bb_result)result)));
}

static void
set_order(json_t *object, uint64_t order_id, uint32_t product, uint8_t side)
{
	if (order_id != 0)
		json_object_set_new(object, "order_id", cli_u64(order_id));
	if (product != 0)
		set(object, "product", product);
	json_object_set_new(object, "side", json_string(side_name(side)));
}

/* The fields that reports and the ledger share. */
struct shared {
	uint64_t order_id;
	uint32_t product;
	int32_t price;
	uint32_t quantity_wh;
	uint32_t remaining_wh;
	uint8_t kind;
	uint8_t side;
};

static void
set_auction(json_t *object, const struct shared *of)
{
	if (of->kind == BB_EVENT_PRICED) {
		set(object, "price", of->price);
		set(object, "lowest", bb_prices_low(of->order_id));
		set(object, "highest", bb_prices_high(of->order_id));
		set(object, "bought_wh", of->quantity_wh);
		set(object, "sold_wh", of->remaining_wh);
	} else if (of->kind == BB_EVENT_FLOWED) {
		set(object, "quantity_wh", (int64_t)of->order_id);
		set(object, "fee", of->price);
		json_object_set_new(object, "reverse", json_boolean(of->side == BB_SELL));
	} else {
		set(object, "from", of->quantity_wh);
		set(object, "to", of->remaining_wh);
	}
}

static void
set_carried(json_t *object, const struct shared *of)
{
	set_order(object, of->order_id, 0, of->side);
	set(object, "other_product", of->remaining_wh);
	set(object, "quantity_wh", of->quantity_wh);
	set(object, "fee", of->price);
}

static void
set_money(json_t *object, const struct shared *of)
{
	set(object, "amount", (int64_t)of->order_id);
	if (of->kind != BB_EVENT_POSTED)
		return;
	set(object, "quantity_wh", of->quantity_wh);
	set(object, "posting", of->remaining_wh);
}

/* What each event has, by the table in market/bb_event.h. */
static void
set_fields(json_t *object, const struct shared *of)
{
	if (has_order(of->kind)) {
		set_order(object, of->order_id, of->product, of->side);
		set(object, "price", of->price);
		set(object, "quantity_wh", of->quantity_wh);
		set(object, "remaining_wh", of->remaining_wh);
		return;
	}
	if (of->product != 0)
		set(object, "product", of->product);
	switch (of->kind) {
	case BB_EVENT_STATE:
	case BB_EVENT_PRICED:
	case BB_EVENT_FLOWED:
		set_auction(object, of);
		break;
	case BB_EVENT_CONTRACTED:
		set_order(object, of->order_id, of->product, of->side);
		set(object, "price", of->price);
		set(object, "quantity_wh", of->quantity_wh);
		set(object, "degree", of->remaining_wh);
		break;
	case BB_EVENT_PRODUCT_ADDED:
		set(object, "price_min", bb_prices_low(of->order_id));
		set(object, "price_max", bb_prices_high(of->order_id));
		set(object, "lot_wh", of->quantity_wh);
		set(object, "tick", of->remaining_wh);
		break;
	case BB_EVENT_METERED:
		set(object, "injected_wh", (int64_t)of->order_id);
		break;
	case BB_EVENT_POSTED:
	case BB_EVENT_TRANSFERRED:
		set_money(object, of);
		break;
	case BB_EVENT_REPUTED:
		set(object, "before_ppm", of->quantity_wh);
		set(object, "reputation_ppm", of->remaining_wh);
		break;
	case BB_EVENT_CARRIED:
		set_carried(object, of);
		break;
	case BB_EVENT_DISPUTED:
		json_object_set_new(object, "evidence", cli_u64(of->order_id));
		break;
	case BB_EVENT_RULED:
		set(object, "agree", of->quantity_wh);
		set(object, "wanted", of->remaining_wh);
		break;
	case BB_EVENT_PARAM_SET:
		set(object, "group", of->quantity_wh);
		break;
	case BB_EVENT_RESTRICTED:
		set(object, "quantity_wh", of->quantity_wh);
		break;
	case BB_EVENT_TARIFF_SET:
		set(object, "injection", bb_prices_low(of->order_id));
		set(object, "use", bb_prices_high(of->order_id));
		set(object, "quarters", of->quantity_wh);
		break;
	case BB_EVENT_REBATED:
		set(object, "amount", (int64_t)of->order_id);
		set(object, "participants", of->quantity_wh);
		break;
	default:
		if (of->order_id != 0)
			json_object_set_new(object, "order_id", cli_u64(of->order_id));
		break;
	}
}

json_t *
cli_event_json(const struct bb_report_record *record)
{
	json_t *object = json_object();

	json_object_set_new(object, "event", json_string(cli_event_name(record->event)));
	if (record->record != BB_REPORT_WHOLE)
		set(object, "record", record->record);
	set_result(object, record->result);
	set_fields(object, &(struct shared){ .order_id = record->order_id,
					     .product = record->product,
					     .price = record->price,
					     .quantity_wh = record->quantity_wh,
					     .remaining_wh = record->remaining_wh,
					     .kind = record->event,
					     .side = record->side });
	if (record->counterparty != 0)
		set(object, "counterparty", record->counterparty);
	return object;
}

json_t *
cli_ledger_event_json(const struct bb_event *event)
{
	json_t *object = json_object();

	json_object_set_new(object, "event", json_string(cli_event_name(event->kind)));
	if (event->record != BB_EVENT_WHOLE_PACKET)
		set(object, "record", event->record);
	set_result(object, event->result);
	set(object, "participant", event->participant);
	set_fields(object, &(struct shared){ .order_id = event->order_id,
					     .product = event->product,
					     .price = event->price,
					     .quantity_wh = event->quantity_wh,
					     .remaining_wh = event->remaining_wh,
					     .kind = event->kind,
					     .side = event->side });
	if (event->counterparty != 0)
		set(object, "counterparty", event->counterparty);
	if (event->across != 0)
		set(object, "resting_product", bb_event_resting(event));
	if (event->kind == BB_EVENT_REPLACED || event->kind == BB_EVENT_SHARED) {
		set(object, "before_wh", bb_event_before_wh(event));
		set(object, "before_price", bb_event_before_price(event));
	} else if (event->kind == BB_EVENT_PRODUCT_ADDED) {
		set(object, "quantity_max_wh", (int64_t)event->counter_order_id);
	} else if (event->kind == BB_EVENT_REBATED) {
		set(object, "metered_wh", (int64_t)event->counter_order_id);
	} else if (event->kind == BB_EVENT_CARRIED) {
		json_object_set_new(object, "lines", cli_u64(event->counter_order_id));
	} else if (event->counter_order_id != 0) {
		json_object_set_new(object, "counter_order_id", cli_u64(event->counter_order_id));
	}
	return object;
}
