/* bb_call_proof - proof that fills are right, against the books in which their orders rest.
 *
 * What bb_certify proves of orders in an array, apart from how fills were found: they are a
 * list, and the book is read anew.  In a ladder every rung that is better than its node's
 * price must be there as a whole, from its first order to its last, each next to the one
 * before and with all it asks for; the rung at the price must be shared by the rule
 * (bb_fair.h), and nobody else is filled.  Where orders were listed (bb_call_book.h), each one
 * of the list is looked at, with its rank.
 *
 * Flows, balance and prices are for bb_certify_flows.
 *
 * Units    as in bb_clearing.h.
 * Memory   The caller's.
 * Threads  The matching core only.
 * Errors   The first thing found wrong, as enum bb_certificate.
 * Replay   Pure.
 */
#ifndef BB_CALL_PROOF_H
#define BB_CALL_PROOF_H

#include "market/bb_call_book.h"
#include "market/bb_certificate.h"

/* bb_prove_ladder checks the fills of a side, which is of one node; *filled_wh becomes their
 * sum. */
enum bb_certificate bb_prove_ladder(const struct bb_call_book *call, enum bb_side side,
				    uint32_t node, int64_t price,
				    const struct bb_call_fill *fills, uint32_t count,
				    uint64_t *filled_wh);

/* bb_prove_list checks the fills of a side whose orders are listed; nodes are the results from
 * the zone's first node on, which is first_node, and filled_wh their sums. */
enum bb_certificate bb_prove_list(const struct bb_call_book *call, enum bb_side side,
				  const struct bb_call_entry *entries, uint32_t entry_count,
				  uint32_t first_node, uint32_t node_count,
				  const struct bb_node_result *nodes,
				  const struct bb_call_fill *fills, uint32_t count,
				  uint64_t filled_wh[BB_NODES_MAX]);

#endif
