/* bb_event - one thing that a command changed, or the reason why it did not.
 *
 * Events say everything that a command did: the results in a block, the reports
 * to participants and the public feed are all made from them and nothing else.
 *
 * Units    as in bb_command.h.
 * Memory   A value of one cache line.
 * Replay   Equal inputs give equal events, byte for byte; unused fields are zero.
 */
#ifndef BB_EVENT_H
#define BB_EVENT_H

#include <stdint.h>

#include "base/bb_result.h"

/*	Which fields mean something, by kind (number and record always do):
 *
 *	REFUSED     participant, result; order_id, product where the command had them
 *	ACCEPTED    participant, order_id, product, side, price, quantity = entered,
 *	            remaining = what now rests (0: filled at once, or IOC).  It comes
 *	            after the trades that the order made.
 *	TRADED      participant, order_id: the aggressor; counterparty, counter_order_id:
 *	            the resting order, whose price it is; side: the aggressor's;
 *	            quantity; remaining: of the aggressor; counter_remaining
 *	CANCELLED   participant, order_id, product, side, price, quantity = taken off,
 *	            result = why (BB_BY_...)
 *	REPLACED    as ACCEPTED, for the new terms; comes after the trades.
 *	            counter_order_id: what rested before, see bb_event_before below
 *	MEMBER_ADDED, MEMBER_REVOKED   participant = whom; counterparty = the operator
 *	PRODUCT_ADDED   product; participant = the operator
 *	HALTED, RESUMED participant = the operator
 */
enum bb_event_kind {
	BB_EVENT_NONE,
	BB_EVENT_REFUSED,
	BB_EVENT_ACCEPTED,
	BB_EVENT_TRADED,
	BB_EVENT_CANCELLED,
	BB_EVENT_REPLACED,
	BB_EVENT_MEMBER_ADDED,
	BB_EVENT_MEMBER_REVOKED,
	BB_EVENT_PRODUCT_ADDED,
	BB_EVENT_HALTED,
	BB_EVENT_RESUMED,
	BB_EVENT_KINDS
};

#define BB_EVENT_WHOLE_PACKET 0xffffu /* record, when no single command is meant */

struct bb_event {
	uint64_t number; /* of the input that caused it */
	uint64_t order_id;
	uint64_t counter_order_id;
	uint32_t participant;
	uint32_t counterparty;
	uint32_t product;
	int32_t price;
	uint32_t quantity_wh;
	uint32_t remaining_wh;
	uint32_t counter_remaining_wh;
	uint16_t record; /* index of the command in its packet */
	uint16_t result; /* enum bb_result */
	uint8_t kind;    /* enum bb_event_kind */
	uint8_t side;    /* enum bb_side */
	uint8_t reserved[6];
};

_Static_assert(sizeof(struct bb_event) == 64, "one cache line");

/* bb_event_before packs the quantity and price that rested before a REPLACED, so that the
 * event alone tells what left the book; the other two unpack it. */
static inline uint64_t
bb_event_before(uint32_t quantity_wh, int32_t price)
{
	return (uint64_t)quantity_wh << 32 | (uint32_t)price;
}

static inline uint32_t
bb_event_before_wh(const struct bb_event *event)
{
	return (uint32_t)(event->counter_order_id >> 32);
}

static inline int32_t
bb_event_before_price(const struct bb_event *event)
{
	return (int32_t)(uint32_t)event->counter_order_id;
}

#endif
