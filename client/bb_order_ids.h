/* bb_order_ids - names for one participant's own orders.
 *
 * The venue finds an order by the low bits of its id, as many as the participant's number of
 * live orders needs: two live ones that share them are refused (ERR_ORDER_EXISTS).  So an id
 * is a place of our own, of which there are as many, below a number that counts up:
 *
 *	id = serial << bits | place
 *
 * A place is taken again, the last one first, once its order is known to be off the book.
 * What makes that known is any report about it; where one got lost, the place stays taken
 * until some other report tells.
 *
 * Units    places: a power of two, at least the live orders that the operator allows.
 * Memory   16 B a place, the caller's.
 * Threads  One at a time.
 * Errors   0 is no id: no place is free.
 * Replay   Pure: the same calls give the same ids.
 */
#ifndef BB_ORDER_IDS_H
#define BB_ORDER_IDS_H

#include <stdint.h>

#include "wire/bb_report.h"

struct bb_order_id {
	uint64_t id;   /* 0: the place is free */
	uint32_t next; /* free place behind it */
	uint32_t rests; /* accepted: a refusal is one of its replacement */
};

struct bb_order_ids {
	struct bb_order_id *places;
	uint32_t count;
	uint32_t bits;
	uint32_t first_free; /* count: none */
	uint64_t serial;     /* last given */
};

/* bb_order_ids_init begins with every place free.  count is a power of two; ids are above
 * serial << bits: the seconds of the day it begins, say, so that those of an earlier run
 * are not given again. */
void bb_order_ids_init(struct bb_order_ids *ids, struct bb_order_id *places, uint32_t count,
		       uint64_t serial);

/* bb_order_ids_take returns an id for a new order; 0 while all places are taken. */
uint64_t bb_order_ids_take(struct bb_order_ids *ids);

/* bb_order_ids_hear learns from one record of an answer or a notice.  ERR_ORDER_EXISTS means
 * that an order of an earlier run rests at this place: it stays taken. */
void bb_order_ids_hear(struct bb_order_ids *ids, const struct bb_report_record *record);

#endif
