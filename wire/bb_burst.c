#define OPENSSL_SUPPRESS_DEPRECATED /* SHA512_*: the only calls without an allocation */
#include "wire/bb_burst.h"

#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "wire/bb_burst_inside.h"
#include "wire/bb_scalar.h"

size_t
bb_burst_base_bytes(void)
{
	return bb_comb_entries(&BB_COMB_BASE) * sizeof(struct bb_entry);
}

size_t
bb_burst_scratch_bytes(void)
{
	return bb_table_scratch(&BB_COMB_BASE) * sizeof(struct bb_point);
}

static bool
cpu_has(enum bb_burst_code code)
{
#ifdef __x86_64__
	__builtin_cpu_init();
	switch (code) {
	case BB_BURST_IFMA:
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
		       __builtin_cpu_supports("avx512ifma");
	case BB_BURST_AVX2:
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		       __builtin_cpu_supports("bmi2");
	case BB_BURST_BMI2:
		return __builtin_cpu_supports("bmi2");
	default:
		return true;
	}
#else
	return code == BB_BURST_SCALAR || code == BB_BURST_BEST;
#endif
}

bool
bb_burst_init(struct bb_burst *burst, enum bb_burst_code code, struct bb_entry *base,
	      struct bb_point *scratch)
{
	const struct bb_point point = bb_point_base();

	if (!cpu_has(code))
		return false;
	if (code == BB_BURST_BEST)
		for (code = BB_BURST_IFMA; !cpu_has(code); code--)
			; /* they are in the order of their speed */
	bb_table_build(base, &BB_COMB_BASE, &point, scratch);
	*burst = (struct bb_burst){ .base = base, .code = code };
	return true;
}

void
bb_key_table_build(struct bb_key_table *table, const struct bb_comb *comb,
		   const uint8_t key[BB_KEY_SIZE], struct bb_entry *entries,
		   struct bb_point *scratch)
{
	struct bb_point point;

	*table = (struct bb_key_table){ .comb = *comb };
	if (!bb_key_acceptable(key) || !bb_point_decode(&point, key))
		return;
	point = bb_point_negate(&point);
	bb_table_build(entries, comb, &point, scratch);
	table->entries = entries;
}

/* small_order returns whether R is one of libsodium's encodings of points of small order:
 * those of order 1, 2, 4 and 8, and p and p + 1; the sign bit is not looked at. */
static bool
small_order(const uint8_t point[32])
{
	static const uint8_t list[7][32] = {
		{ 0 },
		{ 1 },
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
		  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
		  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
		  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
		  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
		{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
		{ 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
		{ 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	};

	for (int i = 0; i < 7; i++)
		if (memcmp(point, list[i], 31) == 0 && (point[31] & 0x7f) == list[i][31])
			return true;
	return false;
}

/* hash_scalar is SHA-512(R || A || message) mod L. */
static void
hash_scalar(uint8_t scalar[32], const struct bb_check *check)
{
	uint8_t hash[64];
	SHA512_CTX context;

	BB_ASSERT(SHA512_Init(&context) == 1);
	BB_ASSERT(SHA512_Update(&context, check->signature, 32) == 1);
	BB_ASSERT(SHA512_Update(&context, check->key, 32) == 1);
	BB_ASSERT(SHA512_Update(&context, check->message, check->size) == 1);
	BB_ASSERT(SHA512_Final(hash, &context) == 1);
	crypto_core_ed25519_scalar_reduce(scalar, hash);
}

/* transposed returns the 8 x 8 bits of x with rows and columns exchanged: bit r of byte c was
 * bit c of byte r (Warren, "Hacker's Delight", section 7-3). */
static inline uint64_t
transposed(uint64_t x)
{
	uint64_t t = (x ^ (x >> 7)) & UINT64_C(0x00aa00aa00aa00aa);
	x ^= t ^ (t << 7);
	t = (x ^ (x >> 14)) & UINT64_C(0x0000cccc0000cccc);
	x ^= t ^ (t << 14);
	t = (x ^ (x >> 28)) & UINT64_C(0x00000000f0f0f0f0);
	return x ^ t ^ (t << 28);
}

/* teeth_of returns, column by column, the bits of up to eight teeth of one block: a tooth has
 * one byte a block, and the next tooth's is blocks bytes on. */
static inline uint64_t
teeth_of(const uint8_t *byte, uint32_t teeth, uint32_t blocks)
{
	uint64_t rows = 0;
	for (uint32_t tooth = 0; tooth < teeth; tooth++)
		rows |= (uint64_t)byte[tooth * blocks] << 8 * tooth;
	return transposed(rows);
}

static inline struct bb_digit
digit_of(uint32_t bits, uint32_t teeth)
{
	const uint32_t mask = (1u << (teeth - 1)) - 1;
	const uint32_t negative = bits >> (teeth - 1) ^ 1;
	return (struct bb_digit){ .index = (uint16_t)((bits ^ (0 - negative)) & mask),
				  .negative = (uint16_t)negative };
}

static void
make_product(struct bb_product *product, const struct bb_check *check)
{
	const struct bb_comb comb = check->table->comb;
	uint8_t scalar[32], bits[32];

	product->entries = check->table->entries;
	bb_scalar_comb(bits, check->signature + 32);
	for (uint32_t block = 0; block < 2; block++) {
		const uint64_t low = teeth_of(bits + block, 8, 2);
		const uint64_t high = teeth_of(bits + 16 + block, 8, 2);
		for (uint32_t column = 0; column < BB_COMB_COLUMNS; column++)
			product->base[column][block] =
				digit_of((uint32_t)(low >> 8 * column & 0xff) |
						 (uint32_t)(high >> 8 * column & 0xff) << 8,
					 16);
	}
	hash_scalar(scalar, check);
	bb_scalar_comb(bits, scalar);
	for (uint32_t block = 0; block < comb.blocks; block++) {
		const uint64_t all = teeth_of(bits + block, comb.teeth, comb.blocks);
		for (uint32_t column = 0; column < BB_COMB_COLUMNS; column++)
			product->key[column][block] =
				digit_of((uint32_t)(all >> 8 * column & 0xff), comb.teeth);
	}
}

/* compare makes results affine with one inversion, encodes them and compares with R. */
static void
compare(const struct bb_projective *results, const struct bb_check *const *checks,
	uint32_t count, bool *equal)
{
	struct bb_fe before[BB_BURST_CHECKS];
	struct bb_fe product = bb_fe_one;

	for (uint32_t i = 0; i < count; i++) {
		before[i] = product;
		product = bb_fe_mul(&product, &results[i].z); /* no z is zero: complete formulas */
	}
	struct bb_fe inverse = bb_fe_invert(&product);
	for (uint32_t i = count; i-- > 0;) {
		const struct bb_fe z = bb_fe_mul(&inverse, &before[i]);
		inverse = bb_fe_mul(&inverse, &results[i].z);
		const struct bb_fe x = bb_fe_mul(&results[i].x, &z);
		const struct bb_fe y = bb_fe_mul(&results[i].y, &z);
		uint8_t bytes[32];
		bb_fe_bytes(bytes, &y);
		bytes[31] |= (uint8_t)(bb_fe_is_odd(&x) << 7);
		equal[i] = memcmp(bytes, checks[i]->signature, sizeof(bytes)) == 0;
	}
}

static bb_burst_multiply *
multiply_of(enum bb_burst_code code)
{
	switch (code) {
#ifdef __x86_64__
	case BB_BURST_IFMA: return bb_burst_multiply_ifma;
	case BB_BURST_AVX2: return bb_burst_multiply_avx2;
	case BB_BURST_BMI2: return bb_burst_multiply_bmi2;
#endif
	default: return bb_burst_multiply_scalar;
	}
}

void
bb_sign_check_burst(const struct bb_burst *burst, const struct bb_check *checks, uint32_t count,
		    bool *verdicts)
{
	struct bb_product products[BB_BURST_CHECKS];
	struct bb_projective results[BB_BURST_CHECKS];
	const struct bb_check *open[BB_BURST_CHECKS]; /* those that need the curve */
	bool equal[BB_BURST_CHECKS];
	uint32_t open_count = 0;

	BB_ASSERT(count <= BB_BURST_CHECKS);
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_check *check = &checks[i];
		if (check->table->entries == NULL) {
			verdicts[i] = bb_sign_check(check->key, check->message, check->size,
						    check->signature);
			continue;
		}
		verdicts[i] = false;
		if (!bb_scalar_canonical(check->signature + 32) || small_order(check->signature))
			continue;
		make_product(&products[open_count], check);
		open[open_count++] = check;
	}
	if (open_count == 0)
		return;
	multiply_of(burst->code)(burst->base, &open[0]->table->comb, products, open_count,
				 results);
	compare(results, open, open_count, equal);
	for (uint32_t i = 0; i < open_count; i++)
		verdicts[open[i] - checks] = equal[i];
}
