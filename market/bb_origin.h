/* bb_origin - buys that accept only some sources, as more nodes of the same network.
 *
 * A zone whose buys all accept whatever is sold there is one node.  Else its sells are
 * gathered by source, its buys by what they accept, each group a node, with lines without
 * limit or fee from every source to every group that accepts it.  It stays a network, the
 * optimum stays exact, and what a source is worth more than another is the difference of
 * two prices.
 *
 * Limit    Zones that lines join must accept all that is sold in any of them.  A line's
 *          capacity is shared by all sources, and flows of several kinds over shared
 *          lines are no network any more: their optimum can lie between whole units.
 *
 * Ties     In one node, a sell and a buy at the same price trade; over a line they do not.
 *          That a zone has several nodes must not change this, so it is cleared in half
 *          steps of price (bb_origin_refine): its buys stand half a step higher.  Rounding
 *          every price down to whole steps keeps whatever the certificate demands.
 *
 * Units    sources: 0..15 and their bits; the rest as in bb_clearing.h.
 * Memory   The caller's.
 * Threads  None of its own.
 * Errors   enum bb_origin_result: what a book may ask for and cannot have.
 * Replay   Pure.
 */
#ifndef BB_ORIGIN_H
#define BB_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_call.h"
#include "market/bb_clearing.h"

#define BB_SOURCES         16u
#define BB_LINE_UNLIMITED (UINT64_C(1) << 62)

struct bb_origin_order {
	uint32_t zone;
	uint32_t side;   /* enum bb_side */
	uint32_t node;   /* the result */
	uint16_t accept; /* buy: bits */
	uint8_t source;  /* sell */
};

struct bb_origin_node {
	uint32_t zone;
	uint32_t side;    /* of a node that is a part of its zone */
	uint16_t sources; /* sold here, or accepted of what is sold in the zone */
	bool part;
};

struct bb_origin {
	uint32_t node_count;
	uint32_t line_count;
	bool parts; /* some zone has several nodes */
	struct bb_origin_node nodes[BB_NODES_MAX];
	struct bb_line lines[BB_LINES_MAX]; /* those of the zones, then from sells to buys */
};

enum bb_origin_result {
	BB_ORIGIN_OK,
	BB_ORIGIN_JOINED, /* an order's zone is joined to others, and it does not accept all */
	BB_ORIGIN_NODES,  /* more than BB_NODES_MAX */
	BB_ORIGIN_LINES,  /* more than BB_LINES_MAX */
};

/* bb_origin_make sets the nodes of orders and makes the network from zones and the lines
 * between them, both within the bounds of bb_clearing_valid.  With BB_ORIGIN_JOINED, *wrong
 * is the order. */
enum bb_origin_result bb_origin_make(struct bb_origin *origin, uint32_t zone_count,
				     const struct bb_line *lines, uint32_t line_count,
				     struct bb_origin_order *orders, uint32_t count,
				     uint32_t *wrong);

/* bb_origin_refine is called before bb_call_curves; auction has the lines of origin.  Whoever
 * has curves and no orders gives none, and does the same with their steps (bb_fixing.c).
 * Without parts, both this and bb_origin_coarsen change nothing. */
void bb_origin_refine(struct bb_origin *origin, struct bb_auction *auction,
		      struct bb_call_order *orders, uint32_t count);

/* bb_origin_coarsen is called after bb_call_fill and before bb_certify. */
void bb_origin_coarsen(struct bb_origin *origin, struct bb_auction *auction,
		       struct bb_call_order *orders, uint32_t count,
		       struct bb_clearing *clearing);

#endif
