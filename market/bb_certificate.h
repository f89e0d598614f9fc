/* bb_certificate - proof that an auction's result is right, checked apart from how it was
 * found.
 *
 * Linear programming duality: if every order that could gain at its zone's price is filled
 * and no other is, energy balances in every zone, flows stay within their lines, and prices
 * across every line say that no more is worth moving, then no result has more welfare.
 * What the optimum leaves open, who gets what at the margin, is checked against the rule
 * of bb_prorata.h.
 *
 * Units, memory, threads, replay: as bb_clearing.h.
 * Errors   The first thing found wrong, as enum bb_certificate.
 */
#ifndef BB_CERTIFICATE_H
#define BB_CERTIFICATE_H

#include "market/bb_call.h"

#define BB_CERTIFICATE_LIST(X)                                                    \
	X(BB_CERTIFIED,                 "ok")                                     \
	X(BB_CERTIFICATE_OVERFILL,      "an order is filled beyond its quantity") \
	X(BB_CERTIFICATE_LIMIT,         "an order is filled beyond its limit")    \
	X(BB_CERTIFICATE_UNFILLED,      "an order in the money is not filled")    \
	X(BB_CERTIFICATE_PRORATA,       "the margin is not shared by the rule")   \
	X(BB_CERTIFICATE_BALANCE,       "energy does not balance in a zone")      \
	X(BB_CERTIFICATE_CAPACITY,      "a flow is over its line's capacity")     \
	X(BB_CERTIFICATE_LINE_PRICE,    "prices leave a gain across a line")      \
	X(BB_CERTIFICATE_INTERVAL,      "the price is not where it belongs")      \
	X(BB_CERTIFICATE_NODE,          "an order is of no zone of this auction") \
	X(BB_CERTIFICATE_ORDER,         "orders are not sorted, or one is there twice")

enum bb_certificate {
#define X(name, text) name,
	BB_CERTIFICATE_LIST(X)
#undef X
};

const char *bb_certificate_text(enum bb_certificate certificate);

/* bb_certify checks the fills of orders (as bb_call_curves sorted them), flows and prices.
 * claims is scratch, as in bb_call_fill. */
enum bb_certificate bb_certify(const struct bb_auction *auction,
			       const struct bb_clearing *clearing,
			       const struct bb_call_order *orders, uint32_t count,
			       struct bb_claim *claims);

#endif
