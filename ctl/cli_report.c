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
	default:
		snprintf(text, CLI_EVENT_TEXT, "%s", cli_event_name(record->event));
		break;
	}
}

static bool
has_order(uint8_t kind)
{
	return kind == BB_EVENT_ACCEPTED || kind == BB_EVENT_TRADED ||
	       kind == BB_EVENT_CANCELLED || kind == BB_EVENT_REPLACED;
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

json_t *
cli_event_json(const struct bb_report_record *record)
{
	json_t *object = json_object();

	json_object_set_new(object, "event", json_string(cli_event_name(record->event)));
	if (record->record != BB_REPORT_WHOLE)
		set(object, "record", record->record);
	set_result(object, record->result);
	if (has_order(record->event)) {
		set_order(object, record->order_id, record->product, record->side);
		set(object, "price", record->price);
		set(object, "quantity_wh", record->quantity_wh);
		set(object, "remaining_wh", record->remaining_wh);
	} else {
		if (record->order_id != 0)
			json_object_set_new(object, "order_id", cli_u64(record->order_id));
		if (record->product != 0)
			set(object, "product", record->product);
	}
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
	if (has_order(event->kind)) {
		set_order(object, event->order_id, event->product, event->side);
		set(object, "price", event->price);
		set(object, "quantity_wh", event->quantity_wh);
		set(object, "remaining_wh", event->remaining_wh);
	} else {
		if (event->order_id != 0)
			json_object_set_new(object, "order_id", cli_u64(event->order_id));
		if (event->product != 0)
			set(object, "product", event->product);
	}
	if (event->counterparty != 0)
		set(object, "counterparty", event->counterparty);
	if (event->kind == BB_EVENT_REPLACED) {
		set(object, "before_wh", bb_event_before_wh(event));
		set(object, "before_price", bb_event_before_price(event));
	} else if (event->counter_order_id != 0) {
		json_object_set_new(object, "counter_order_id", cli_u64(event->counter_order_id));
	}
	return object;
}
