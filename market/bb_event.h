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
 *	            quantity; remaining: of the aggressor; counter_remaining; product: the
 *	            aggressor's; across: the resting order's, see bb_event_across below
 *	            Of an iceberg remaining is all that is left, counter_remaining the part of
 *	            it that is hidden; of one in TRADED, counter_remaining is what it shows still
 *	CANCELLED   participant, order_id, product, side, price, quantity = taken off,
 *	            result = why (BB_BY_...); counter_remaining = the part that was hidden
 *	REPLACED    as ACCEPTED, for the new terms; comes after the trades.
 *	            counter_order_id: what rested before, see bb_event_before below
 *	MEMBER_ADDED, MEMBER_REVOKED   participant = whom; counterparty = the operator
 *	PRODUCT_ADDED   product; participant = the operator, or 0: the calendar;
 *	            order_id: its band, as bb_prices packs two; quantity = lot, remaining = tick,
 *	            counter_order_id = largest order
 *	HALTED, RESUMED participant = the operator; product, unless the whole market
 *
 *	The calendar (product: zone 0 where a whole delivery interval is meant):
 *	STATE       product; quantity = from, remaining = to (enum bb_course_state);
 *	            result = why, BB_BY_TICK and others; order_id, counter_order_id: first 16
 *	            bytes of the root that belongs to the transition, or 0
 *	PRICED      an auction's price of a zone: product; price, or result = BB_ERR_NOT_FOUND
 *	            where nothing trades; order_id: lowest and highest price that clear, as
 *	            bb_prices packs two; quantity: bought in the zone, remaining: sold in it, as
 *	            far as they go
 *	FLOWED      an auction's flow over a line: product = its delivery interval; participant
 *	            = line; order_id, and quantity as far as it goes: Wh; side BUY: from -> to,
 *	            SELL: to -> from; price = fee
 *	CONTRACTED  an auction's contract: participant, order_id: the buyer; counterparty,
 *	            counter_order_id: the seller (0 and BB_ACCOUNT_MARKET: through the
 *	            market, one event for each end); product: the buyer's, or of a seller
 *	            alone its own; price: the buyer's; counter_remaining: the seller's, two's
 *	            complement; quantity; remaining: degree
 *	SHARED      an order's part of an auction: as TRADED without a counterparty;
 *	            remaining = what still rests; price = its zone's; counter_order_id: what
 *	            rested before at its own limit, see bb_event_before below
 *	METERED     participant = whom, counterparty = the meter, product; order_id: net
 *	            injection, two's complement; result: BB_OK, BB_BY_SUBSTITUTE
 *	POSTED      participant pays counterparty (bb_accounts.h): order_id = amount, two's
 *	            complement; product; quantity = the energy it is for; remaining = enum
 *	            bb_posting_kind; result = BB_OK, or BB_BY_REVERSAL
 *	REPUTED     participant, product; quantity = reputation before, remaining = after, ppm
 *	DISPUTED    participant, product; order_id = evidence
 *	RULED       participant = the operator who said so, product; result = BB_OK: upheld,
 *	            BB_ERR_NOT_FOUND: dismissed; quantity = how many have said the same,
 *	            remaining = how many more it takes, 0: it took effect
 *	PARAM_SET, MEMBER_SET, LINE_SET, IMBALANCE_SET, RESTRICTED, TRANSFERRED
 *	            the command passed: participant = whom it is about (or who asked),
 *	            counterparty = who asked, product where there is one; TRANSFERRED:
 *	            order_id = amount
 *	KILLED, ARMED     participant = whom, counterparty = who asked; result = why
 *	TICKED      nothing else was due
 *
 *	SHOWN       participant, order_id: an iceberg whose next clip is shown, behind all at its
 *	            product, side and price; quantity = all that it has left, remaining = the clip.
 *	            It comes after the TRADED or SHARED that took the last one.
 *
 *	REBATED     participant = BB_ACCOUNT_FUND or _RENT: a period ended (bb_rebate.h);
 *	            order_id = amount that is to be shared, counter_order_id = Wh that were metered
 *	            by all who share, quantity = how many; result = BB_ERR_NOT_FOUND: nobody was
 *	            metered, all stays.  POSTED of each share follow, without a product
 *	CARRIED     participant, order_id: who pays the fee of a trade over lines, which comes
 *	            before; product, side: its own; remaining = product of the other end;
 *	            price = fee a Wh; quantity; counter_order_id: the lines used, bit l for
 *	            line l.  counterparty: the seller, where no TRADED but SHARED of both came
 *	            before, because a line got more room
 *	TARIFF_SET  participant, counterparty = who asked; product: zone and first quarter (0: all
 *	            that are defined from then on), quantity = so many quarters; order_id: for
 *	            injection and for use, as bb_prices packs two
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
	BB_EVENT_STATE,
	BB_EVENT_PRICED,
	BB_EVENT_FLOWED,
	BB_EVENT_SHARED,
	BB_EVENT_CONTRACTED,
	BB_EVENT_METERED,
	BB_EVENT_POSTED,
	BB_EVENT_REPUTED,
	BB_EVENT_DISPUTED,
	BB_EVENT_RULED,
	BB_EVENT_PARAM_SET,
	BB_EVENT_MEMBER_SET,
	BB_EVENT_LINE_SET,
	BB_EVENT_IMBALANCE_SET,
	BB_EVENT_RESTRICTED,
	BB_EVENT_TRANSFERRED,
	BB_EVENT_KILLED,
	BB_EVENT_ARMED,
	BB_EVENT_TICKED,
	BB_EVENT_SHOWN,
	BB_EVENT_REBATED,
	BB_EVENT_CARRIED,
	BB_EVENT_TARIFF_SET,
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
	uint8_t across;  /* of a trade over lines: zone of the resting order XOR the product's */
	uint8_t reserved[5];
};

_Static_assert(sizeof(struct bb_event) == 64, "one cache line");

/* bb_prices packs a lower and a higher price; the other two unpack them. */
static inline uint64_t
bb_prices(int32_t low, int32_t high)
{
	return (uint64_t)(uint32_t)low << 32 | (uint32_t)high;
}

static inline int32_t
bb_prices_low(uint64_t prices)
{
	return (int32_t)(uint32_t)(prices >> 32);
}

static inline int32_t
bb_prices_high(uint64_t prices)
{
	return (int32_t)(uint32_t)prices;
}

/* bb_event_across tells two products of one delivery interval apart by their zones; 0: they are
 * one.  bb_event_resting returns the product of the resting order of a TRADED. */
static inline uint8_t
bb_event_across(uint32_t product, uint32_t other)
{
	return (uint8_t)((product ^ other) >> 24);
}

static inline uint32_t
bb_event_resting(const struct bb_event *event)
{
	return event->product ^ (uint32_t)event->across << 24;
}

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
