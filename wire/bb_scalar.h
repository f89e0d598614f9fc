/* bb_scalar - numbers modulo the group order L, and their signed comb digits.
 *
 * L = 2^252 + 27742317777372353535851937790883648493.
 *
 * A comb of t teeth, s apart, writes an odd K below 2^256 as the sum of d_i 2^i with every
 * d_i either 1 or -1: d_i = 2 c_i - 1 with c = (K + 2^256 - 1) / 2, so c is K shifted down
 * by one with bit 255 set.  A K that is even becomes K + L, the same multiple of a point
 * whose order divides L.
 *
 * Source   Hamburg, "Fast and compact elliptic-curve cryptography", 2012, section 3.3.
 * Threads  None of its own.  Variable time: scalars of signatures are public.
 * Replay   Pure.
 */
#ifndef BB_SCALAR_H
#define BB_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

/* bb_scalar_canonical returns whether the number is below L. */
bool bb_scalar_canonical(const uint8_t scalar[32]);

/* bb_scalar_comb writes c for a scalar below L, 32 bytes, little-endian. */
void bb_scalar_comb(uint8_t comb[32], const uint8_t scalar[32]);

#endif
