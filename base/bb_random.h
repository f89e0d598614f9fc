/* bb_random - splitmix64: the same seed gives the same numbers everywhere.
 *
 * For tests, simulators and the packet generator; never for keys or nonces.
 * Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
 * OOPSLA 2014.
 */
#ifndef BB_RANDOM_H
#define BB_RANDOM_H

#include <stdint.h>

struct bb_random {
	uint64_t state; /* the seed, at first */
};

static inline uint64_t
bb_random_next(struct bb_random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* bb_random_below returns 0..limit-1; limit is not 0.  The bias of the
 * multiplication is below limit / 2^32 and does not matter to its users. */
static inline uint32_t
bb_random_below(struct bb_random *random, uint32_t limit)
{
	return (uint32_t)((bb_random_next(random) >> 32) * limit >> 32);
}

#endif
