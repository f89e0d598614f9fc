#include "client/bb_order_ids.h"

#include <stdbool.h>

#include "base/bb_assert.h"

/* Numbers of the protocol: docs/wire.md, "Report packet". */
enum {
	EVENT_REFUSED = 1,
	EVENT_ACCEPTED = 2,
	EVENT_TRADED = 3,
	EVENT_CANCELLED = 4,
	EVENT_REPLACED = 5,
	EVENT_SHARED = 14,
};

void
bb_order_ids_init(struct bb_order_ids *ids, struct bb_order_id *places, uint32_t count,
		  uint64_t serial)
{
	BB_ASSERT(count > 0 && (count & (count - 1)) == 0);
	*ids = (struct bb_order_ids){ .places = places,
				      .count = count,
				      .bits = (uint32_t)__builtin_ctz(count),
				      .serial = serial };
	for (uint32_t i = 0; i < count; i++)
		places[i] = (struct bb_order_id){ .next = i + 1 };
}

uint64_t
bb_order_ids_take(struct bb_order_ids *ids)
{
	const uint32_t place = ids->first_free;

	if (place == ids->count)
		return 0;

	struct bb_order_id *at = &ids->places[place];

	ids->first_free = at->next;
	ids->serial++;
	at->id = ids->serial << ids->bits | place;
	at->rests = 0;
	return at->id;
}

static void
give(struct bb_order_ids *ids, struct bb_order_id *at)
{
	at->id = 0;
	at->next = ids->first_free;
	ids->first_free = (uint32_t)(at - ids->places);
}

/* is_off returns whether the order is not, or no longer, in the book after this. */
static bool
is_off(const struct bb_order_id *at, const struct bb_report_record *record)
{
	switch (record->event) {
	case EVENT_ACCEPTED:
	case EVENT_REPLACED:
	case EVENT_TRADED:
	case EVENT_SHARED:
		return record->remaining_wh == 0;
	case EVENT_CANCELLED:
		return true;
	case EVENT_REFUSED:
		return record->result == BB_ERR_ORDER_UNKNOWN ||
		       (at->rests == 0 && record->result != BB_ERR_ORDER_EXISTS);
	default:
		return false;
	}
}

void
bb_order_ids_hear(struct bb_order_ids *ids, const struct bb_report_record *record)
{
	struct bb_order_id *at = &ids->places[record->order_id & (ids->count - 1)];

	if (record->order_id == 0 || at->id != record->order_id)
		return;
	if (is_off(at, record))
		give(ids, at);
	else if (record->event == EVENT_ACCEPTED || record->event == EVENT_REPLACED)
		at->rests = 1;
}
