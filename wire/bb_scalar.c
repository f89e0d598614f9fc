#include "wire/bb_scalar.h"

#include "base/bb_bytes.h"

static const uint64_t order[4] = {
	UINT64_C(0x5812631a5cf5d3ed), UINT64_C(0x14def9dea2f79cd6), 0, UINT64_C(1) << 60,
};

bool
bb_scalar_canonical(const uint8_t scalar[32])
{
	for (int i = 3; i >= 0; i--) {
		const uint64_t word = bb_get_u64(scalar + 8 * i);
		if (word != order[i])
			return word < order[i];
	}
	return false;
}

void
bb_scalar_comb(uint8_t comb[32], const uint8_t scalar[32])
{
	const bool even = (scalar[0] & 1) == 0;
	uint64_t words[4];
	unsigned __int128 carry = 0;

	for (int i = 0; i < 4; i++) {
		carry += (unsigned __int128)bb_get_u64(scalar + 8 * i) + (even ? order[i] : 0);
		words[i] = (uint64_t)carry;
		carry >>= 64;
	}
	for (int i = 0; i < 3; i++)
		bb_put_u64(comb + 8 * i, words[i] >> 1 | words[i + 1] << 63);
	bb_put_u64(comb + 24, words[3] >> 1 | UINT64_C(1) << 63);
}
