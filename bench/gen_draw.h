/* gen_draw - chance by name: the same seed and the same question give the same number.
 *
 * Unlike a stream of random numbers, a draw does not depend on what was drawn before, so
 * that one more participant, or one more question, changes nothing else.
 *
 * Memory, threads, errors, replay: pure functions of their arguments.
 */
#ifndef GEN_DRAW_H
#define GEN_DRAW_H

#include <stdint.h>

#include "base/bb_random.h"

enum gen_question {
	GEN_DRAW_KIND = 1,
	GEN_DRAW_SIZE,
	GEN_DRAW_PLANT,
	GEN_DRAW_BATTERY,
	GEN_DRAW_SKY,
	GEN_DRAW_TASTE,   /* how much more or less than others */
	GEN_DRAW_PATIENCE, /* how far from the limit it opens */
	GEN_DRAW_FORECAST,
	GEN_DRAW_RESERVE,
	GEN_DRAW_ZONE,
	GEN_DRAW_CARE, /* how far from what was traded it may end */
	GEN_DRAW_METER,
};

static inline uint64_t
gen_draw(uint64_t seed, enum gen_question question, uint64_t index)
{
	struct bb_random random = {
		seed ^ (uint64_t)question * UINT64_C(0xd1342543de82ef95) ^
		index * UINT64_C(0xaef17502108ef2d9)
	};
	(void)bb_random_next(&random);
	return bb_random_next(&random);
}

/* gen_draw_between returns low..high, both included. */
static inline int32_t
gen_draw_between(uint64_t seed, enum gen_question question, uint64_t index, int32_t low,
		 int32_t high)
{
	struct bb_random random = { gen_draw(seed, question, index) };
	return low + (int32_t)bb_random_below(&random, (uint32_t)(high - low) + 1);
}

/* gen_draw_skewed is the same, but small values are likelier: the square of a uniform
 * number between 0 and 1, so that the mean is a third of the way up. */
static inline int32_t
gen_draw_skewed(uint64_t seed, enum gen_question question, uint64_t index, int32_t low,
		int32_t high)
{
	const uint64_t uniform = gen_draw(seed, question, index) >> 44; /* 20 bits */
	const uint64_t span = (uint32_t)(high - low);
	return low + (int32_t)(span * (uniform * uniform >> 20) >> 20);
}

#endif
