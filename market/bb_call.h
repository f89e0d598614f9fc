/* bb_call - the orders of a call auction: into curves, and the result back onto orders.
 *
 * Units    as in bb_clearing.h.
 * Memory   The caller's arrays; orders are sorted in place.
 * Threads  None of its own.
 * Errors   BB_ASSERT: orders lie within the bounds of bb_clearing_valid.
 * Replay   Pure; equal sets of orders give equal fills, in whatever order they come.
 */
#ifndef BB_CALL_H
#define BB_CALL_H

#include <stdint.h>

#include "market/bb_clearing.h"
#include "market/bb_command.h"
#include "market/bb_prorata.h"

struct bb_call_order {
	uint64_t order;        /* rises with acceptance; unique */
	int64_t price;         /* limit; of a sell with its handicap */
	uint64_t quantity_wh;  /* above zero */
	uint64_t filled_wh;    /* the result */
	uint32_t node;
	uint32_t owner;
	uint32_t reputation; /* ppm */
	uint32_t index;      /* the caller's own */
	uint32_t side;       /* enum bb_side */
};

/* bb_call_curves sorts orders by node, price, side and acceptance, and makes the curves:
 * steps has room for count of them, curves for node_count. */
void bb_call_curves(struct bb_call_order *orders, uint32_t count, uint32_t node_count,
		    struct bb_step *steps, struct bb_curve *curves);

/* bb_call_fill sets filled_wh of orders that bb_call_curves sorted; claims has room for as
 * many as orders at one price and side, count at most. */
void bb_call_fill(struct bb_call_order *orders, uint32_t count, const struct bb_curve *curves,
		  const struct bb_clearing *clearing, struct bb_claim *claims);

#endif
