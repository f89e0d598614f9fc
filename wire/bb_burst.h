/* bb_burst - Ed25519 signatures of registered keys, a burst at a time.
 *
 * The verdict is that of libsodium 1.0.18's crypto_sign_verify_detached on every input:
 * S below L, R not of small order, and the encoding of [S]B - [k]A equal to R byte by byte.
 * That a key is canonical and of the main subgroup has been checked when its table was made;
 * one that is not has no table and goes to libsodium.
 *
 * Burst by burst: digits of both scalars, points by signed combs (four at once with AVX2,
 * eight with AVX-512 IFMA),
 * one inversion for all, encode, compare.
 *
 * Source   Bernstein et al. (bb_field.h); Hamburg's comb (bb_scalar.h); Montgomery's trick.
 * Memory   The base point's table, 8 MiB, belongs to a struct bb_burst that the caller keeps.
 * Threads  Read only after bb_burst_init: any number of cores may check with one bb_burst.
 * Errors   Verdicts are bool.
 * Replay   Pure.  Time varies with the input, which is public.
 */
#ifndef BB_BURST_H
#define BB_BURST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bb_sign.h"
#include "wire/bb_table.h"

#define BB_BURST_CHECKS 32u

enum bb_burst_code {
	BB_BURST_BEST,   /* the fastest that this CPU has */
	BB_BURST_SCALAR, /* 64-bit integers */
	BB_BURST_BMI2,   /* the same, compiled for BMI2 and ADX */
	BB_BURST_AVX2,   /* four at once */
	BB_BURST_IFMA,   /* eight at once: AVX-512 IFMA */
};

/* One key's table: of the negative of its point. */
struct bb_key_table {
	struct bb_comb comb;
	const struct bb_entry *entries; /* NULL: libsodium checks this key */
};

struct bb_burst {
	const struct bb_entry *base;
	enum bb_burst_code code; /* never BEST */
};

struct bb_check {
	const struct bb_key_table *table;
	const uint8_t *key;       /* BB_KEY_SIZE */
	const uint8_t *signature; /* BB_SIGNATURE_SIZE */
	const uint8_t *message;
	size_t size;
};

/* bb_burst_base_bytes and bb_burst_scratch_bytes: what bb_burst_init needs. */
size_t bb_burst_base_bytes(void);
size_t bb_burst_scratch_bytes(void);

/* bb_burst_init builds the base point's table in base; scratch may go afterwards.  Returns
 * false if this CPU cannot run code. */
bool bb_burst_init(struct bb_burst *burst, enum bb_burst_code code, struct bb_entry *base,
		   struct bb_point *scratch);

/* bb_key_table_build makes the table of a key in entries.  An unacceptable key
 * (bb_key_acceptable) gets entries NULL.  scratch: bb_table_scratch(comb) points. */
void bb_key_table_build(struct bb_key_table *table, const struct bb_comb *comb,
			const uint8_t key[BB_KEY_SIZE], struct bb_entry *entries,
			struct bb_point *scratch);

/* bb_sign_check_burst checks up to BB_BURST_CHECKS signatures.  All tables have one comb. */
void bb_sign_check_burst(const struct bb_burst *burst, const struct bb_check *checks,
			 uint32_t count, bool *verdicts);

#endif
