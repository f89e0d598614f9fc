#include "market/bb_prorata.h"

#include <stdbool.h>

#include "base/bb_assert.h"
#include "base/bb_sort.h"

/* first_served says who gets a left-over unit before whom. */
static bool
first_served(const void *left_claim, const void *right_claim)
{
	const struct bb_claim *left = left_claim;
	const struct bb_claim *right = right_claim;

	if (left->remainder != right->remainder)
		return left->remainder > right->remainder;
	if (left->reputation != right->reputation)
		return left->reputation > right->reputation;
	return left->order < right->order;
}

void
bb_prorata(struct bb_claim *claims, uint32_t count, uint64_t amount)
{
	uint64_t total = 0;
	for (uint32_t i = 0; i < count; i++)
		total += claims[i].quantity;
	BB_ASSERT(total < UINT64_C(1) << 63);
	const bool everything = amount >= total;

	uint64_t left = everything ? 0 : amount;
	for (uint32_t i = 0; i < count; i++) {
		struct bb_claim *claim = &claims[i];
		if (everything) {
			claim->given = claim->quantity;
			claim->remainder = 0;
			continue;
		}
		const unsigned __int128 share = (unsigned __int128)claim->quantity * amount;
		claim->given = (uint64_t)(share / total);
		claim->remainder = (uint64_t)(share % total);
		left -= claim->given;
	}
	if (left == 0)
		return;
	bb_sort(claims, count, sizeof(*claims), first_served);
	BB_ASSERT(left < count);
	for (uint32_t i = 0; i < left; i++) {
		BB_ASSERT(claims[i].remainder > 0); /* so it asked for more than its floor */
		claims[i].given++;
	}
}
