#include "market/bb_prorata.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/bb_assert.h"
#include "market/bb_divide.h"

#define DIGIT_BITS 8u
#define DIGITS     (1u << DIGIT_BITS)

/* Who gets a left-over unit before whom: whose first key that differs is larger. */
enum key { KEY_REMAINDER, KEY_REPUTATION, KEY_ORDER, KEYS };

static uint64_t
key_of(const struct bb_claim *claim, enum key key)
{
	switch (key) {
	case KEY_REMAINDER:
		return claim->remainder;
	case KEY_REPUTATION:
		return claim->reputation;
	default:
		return ~claim->order; /* the earlier is the larger */
	}
}

static void
give_unit(struct bb_claim *claim)
{
	BB_ASSERT(claim->remainder > 0); /* so it asked for more than its floor */
	claim->given++;
}

/* varying returns the bits in which keys differ. */
static uint64_t
varying(const struct bb_claim *claims, uint32_t count, enum key key)
{
	uint64_t bits = 0;

	for (uint32_t i = 1; i < count; i++)
		bits |= key_of(&claims[i], key) ^ key_of(&claims[0], key);
	return bits;
}

/* serve_digit gives a unit to all whose digit of the key is above that of the last one
 * served, takes those off *left, and returns how many share the last one's digit: they are
 * first among claims then.  Higher digits are the same in all. */
static uint32_t
serve_digit(struct bb_claim *claims, uint32_t count, enum key key, uint32_t shift, uint64_t *left)
{
	uint32_t counts[DIGITS] = { 0 };
	uint32_t last = DIGITS - 1;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		counts[key_of(&claims[i], key) >> shift & (DIGITS - 1)]++;
	while (counts[last] < *left)
		*left -= counts[last--];
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t digit = key_of(&claims[i], key) >> shift & (DIGITS - 1);
		if (digit > last)
			give_unit(&claims[i]);
		if (digit != last)
			continue;
		const struct bb_claim claim = claims[i];
		claims[i] = claims[kept];
		claims[kept++] = claim;
	}
	return kept;
}

/* serve_first gives a unit to each of the left claims that come first, without sorting
 * them: only whoever might be the last of these is looked at again. */
static void
serve_first(struct bb_claim *claims, uint32_t count, uint64_t left,
	    const struct bb_reputations *reputations)
{
	for (enum key key = 0; key < KEYS && left < count; key++) {
		for (uint32_t i = 0; key == KEY_REPUTATION && reputations != NULL && i < count; i++)
			claims[i].reputation =
				reputations->of(reputations->context, claims[i].reputation);
		const uint64_t bits = varying(claims, count, key);
		if (bits == 0)
			continue;
		uint32_t shift = (63 - (uint32_t)__builtin_clzll(bits)) / DIGIT_BITS * DIGIT_BITS;
		count = serve_digit(claims, count, key, shift, &left);
		while (shift > 0 && left < count) {
			shift -= DIGIT_BITS;
			count = serve_digit(claims, count, key, shift, &left);
		}
	}
	BB_ASSERT(left == count); /* no two have the same order */
	for (uint32_t i = 0; i < count; i++)
		give_unit(&claims[i]);
}

void
bb_prorata(struct bb_claim *claims, uint32_t count, uint64_t amount)
{
	bb_prorata_asking(claims, count, amount, NULL);
}

void
bb_prorata_asking(struct bb_claim *claims, uint32_t count, uint64_t amount,
		  const struct bb_reputations *reputations)
{
	uint64_t total = 0;
	for (uint32_t i = 0; i < count; i++)
		total += claims[i].quantity;
	BB_ASSERT(total < UINT64_C(1) << 63);
	if (amount >= total) {
		for (uint32_t i = 0; i < count; i++) {
			claims[i].given = claims[i].quantity;
			claims[i].remainder = 0;
		}
		return;
	}

	const struct bb_fraction share = bb_fraction(amount, total);
	uint64_t left = amount;
	for (uint32_t i = 0; i < count; i++) {
		struct bb_claim *claim = &claims[i];
		claim->given = bb_fraction_of(share, claim->quantity, &claim->remainder);
		left -= claim->given;
	}
	BB_ASSERT(left == 0 || left < count);
	if (left > 0)
		serve_first(claims, count, left, reputations);
}
