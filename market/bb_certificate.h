/* bb_certificate - proof that an auction's result is right, checked apart from how it was
 * found.
 *
 * Linear programming duality: if every order that could gain at its zone's price is filled
 * and no other is, energy balances in every zone, flows stay within their lines, and prices
 * across every line say that no more is worth moving, then no result has more welfare.
 * What the optimum leaves open, who gets what at the margin, is checked against the rule
 * of bb_prorata.h (bb_fair.h).  Contracts are checked against fills, prices and paths, and
 * that each names the products of its ends and what is left of both orders; which of many
 * right pairings it is moves no money and is not.
 *
 * Units, memory, threads, replay: as bb_clearing.h.
 * Errors   The first thing found wrong, as enum bb_certificate.
 */
#ifndef BB_CERTIFICATE_H
#define BB_CERTIFICATE_H

#include "market/bb_call.h"
#include "market/bb_pairing.h"

#define BB_CERTIFICATE_LIST(X)                                                          \
	X(BB_CERTIFIED,                 "ok")                                           \
	X(BB_CERTIFICATE_OVERFILL,      "an order is filled beyond its quantity")       \
	X(BB_CERTIFICATE_LIMIT,         "an order is filled beyond its limit")          \
	X(BB_CERTIFICATE_UNFILLED,      "an order in the money is not filled")          \
	X(BB_CERTIFICATE_PRORATA,       "the margin is not shared by the rule")         \
	X(BB_CERTIFICATE_BALANCE,       "energy does not balance in a zone")            \
	X(BB_CERTIFICATE_CAPACITY,      "a flow is over its line's capacity")           \
	X(BB_CERTIFICATE_LINE_PRICE,    "prices leave a gain across a line")            \
	X(BB_CERTIFICATE_INTERVAL,      "the price is not where it belongs")            \
	X(BB_CERTIFICATE_NODE,          "an order is of no zone of this auction")       \
	X(BB_CERTIFICATE_ORDER,         "orders are not sorted, or one is there twice") \
	X(BB_CERTIFICATE_PAIR,          "a pair is not a sell and a buy with energy")   \
	X(BB_CERTIFICATE_PAIR_TWICE,    "pairs are not sorted, or one is there twice")  \
	X(BB_CERTIFICATE_PAIR_SUM,      "pairs do not add up to an order's fill")       \
	X(BB_CERTIFICATE_PAIR_PRICE,    "a pair's price is not its zone's")             \
	X(BB_CERTIFICATE_PAIR_PATH,     "a pair's energy has no way")                   \
	X(BB_CERTIFICATE_PAIR_PRODUCT,  "a pair is of another product")                 \
	X(BB_CERTIFICATE_PAIR_LEFT,     "a pair leaves less or more of an order")

enum bb_certificate {
#define X(name, text) name,
	BB_CERTIFICATE_LIST(X)
#undef X
};

const char *bb_certificate_text(enum bb_certificate certificate);

/* bb_certify checks the fills of orders (as bb_call_curves sorted them), flows and prices. */
enum bb_certificate bb_certify(const struct bb_auction *auction,
			       const struct bb_clearing *clearing,
			       const struct bb_call_order *orders, uint32_t count);

/* bb_certify_flows checks flows, balance and prices alone, where fills were checked otherwise
 * (bb_call_proof.h): net_wh is what each node sold less what it bought, and is used up. */
enum bb_certificate bb_certify_flows(const struct bb_auction *auction,
				     const struct bb_clearing *clearing,
				     int64_t net_wh[BB_NODES_MAX]);

/* bb_certify_pairs checks the pairs of pairing, as bb_pairing_make sorted them, against the
 * fills of orders.  sums is scratch for as many as orders. */
enum bb_certificate bb_certify_pairs(const struct bb_auction *auction,
				     const struct bb_clearing *clearing,
				     const struct bb_pairing *pairing,
				     const struct bb_pairing_order *orders, uint32_t count,
				     uint64_t *sums);

#endif
