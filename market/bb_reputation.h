/* bb_reputation - how reliable a participant has been: slow up, fast down.
 *
 * Moves only when a product is final, once a participant and product, weighted by the
 * energy that was contracted: tiny trades build no reputation.
 *
 * Units    ppm, 0..1,000,000; energy in Wh; gains in 1/65,536.
 * Errors   None: every input has a result.
 * Replay   Pure.
 */
#ifndef BB_REPUTATION_H
#define BB_REPUTATION_H

#include <stdint.h>

#define BB_PPM 1000000u

struct bb_reputation_rules {
	uint32_t gain_up;      /* 1/65,536 of the way to the performance, upwards */
	uint32_t gain_down;    /* and downwards */
	uint32_t quantity_min; /* Wh: deviations are measured against at least this */
	uint32_t quantity_ref; /* Wh: contracted energy that counts in full */
	uint32_t floor;        /* ppm */
};

/* 0.03 up, 0.10 down, 100 Wh, 2,500 Wh, 50,000 ppm; everyone starts at BB_REPUTATION_START. */
extern const struct bb_reputation_rules bb_reputation_rules_default;
#define BB_REPUTATION_START 500000u

/* bb_reputation_after returns the reputation after a product in which the participant had
 * contracted contracted_wh (absolute) and was excess_wh off beyond its tolerance. */
uint32_t bb_reputation_after(const struct bb_reputation_rules *rules, uint32_t reputation,
			     uint64_t contracted_wh, uint64_t excess_wh);

/* bb_reputation_handicap returns what a sell of this reputation is dearer by, in nano-currency
 * per Wh, when an auction ranks it: the expected cost of its owner's unreliability, of which
 * not_delivered is the price.  Nobody pays it. */
int64_t bb_reputation_handicap(uint32_t not_delivered, uint32_t reputation);

#endif
