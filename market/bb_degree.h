/* bb_degree - the matching degree: how well a sell and a buy suit each other.
 *
 * Six parts, each 0..1,000,000: surplus, quantity, time profile, distance (losses),
 * energy source, reputation; their weighted mean is the degree.  It ranks pairs inside an
 * auction's optimum; who trades, and at which price, is not its to say (docs/market.md).
 *
 * The price part has two meanings in the literature, which rank pairs oppositely: surplus,
 * the more the better, which is ours; and closeness, limits that nearly agree.
 *
 * Units    prices and fees: nano-currency per Wh; energy: Wh; everything else: ppm.
 * Errors   A pair that may not be made has degree BB_DEGREE_VETO.
 * Replay   Pure.
 */
#ifndef BB_DEGREE_H
#define BB_DEGREE_H

#include <stdbool.h>
#include <stdint.h>

#define BB_DEGREE_VETO (-1)

enum bb_degree_part {
	BB_DEGREE_PRICE,
	BB_DEGREE_QUANTITY,
	BB_DEGREE_TIME,
	BB_DEGREE_DISTANCE,
	BB_DEGREE_SOURCE,
	BB_DEGREE_REPUTATION,
	BB_DEGREE_PARTS
};

/* One side of a pair. */
struct bb_degree_order {
	int64_t price;
	uint64_t quantity_wh;
	uint32_t owner;
	uint32_t reputation;     /* ppm */
	uint32_t reputation_min; /* ppm: of the other side */
	uint16_t accept_sources; /* buy: bits */
	uint16_t prefer_sources; /* buy: bits */
	uint8_t source;          /* sell: 0..15 */
	/* Energy minute by minute or in any other equal parts; count 0: the interval as one. */
	const uint32_t *profile;
	uint32_t profile_count;
};

struct bb_degree_context {
	uint16_t weights[BB_DEGREE_PARTS]; /* not all zero */
	uint64_t surplus_max; /* largest surplus of an admissible pair of this auction */
	int64_t fee;          /* of the path between the two */
	uint32_t loss;        /* ppm, of the path */
	uint32_t loss_max;    /* ppm */
	bool closeness;       /* the price part is closeness, not surplus */
};

/* bb_degree_vetoed: whether a pair may not be made, with fee and loss of the path. */
static inline bool
bb_degree_vetoed(const struct bb_degree_order *sell, const struct bb_degree_order *buy,
		 int64_t fee, uint32_t loss, uint32_t loss_max)
{
	return buy->price - sell->price - fee < 0 ||
	       (buy->accept_sources >> sell->source & 1) == 0 ||
	       sell->reputation < buy->reputation_min ||
	       buy->reputation < sell->reputation_min || sell->owner == buy->owner ||
	       loss > loss_max;
}

/* 30, 15, 10, 15, 15, 15. */
extern const uint16_t bb_degree_weights_default[BB_DEGREE_PARTS];

/* bb_degree returns the degree and, unless parts is NULL, its parts; or BB_DEGREE_VETO: no
 * surplus, source not accepted, reputation too low, same owner, losses too high.  Both
 * quantities are above zero; profiles, where given, have equally many parts. */
int32_t bb_degree(const struct bb_degree_order *sell, const struct bb_degree_order *buy,
		  const struct bb_degree_context *context, uint32_t parts[BB_DEGREE_PARTS]);

#endif
