/* bb_group - points of edwards25519, in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z.
 *
 * Bounds   Coordinates are reduced field numbers (bb_field.h).
 * Source   Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008: the
 *          formulas add-2008-hwcd-3 (complete for this curve) and dbl-2008-hwcd.
 *          RFC 8032, section 5.1.3, for decoding.
 * Threads  None of its own.  Variable time: everything it sees is public.
 * Replay   Pure.
 */
#ifndef BB_GROUP_H
#define BB_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/bb_field.h"

struct bb_point {
	struct bb_fe x, y, z, t;
};

extern const struct bb_point bb_point_identity;

/* bb_point_of makes a point of the four factors that every formula of the source ends with. */
static inline struct bb_point
bb_point_of(const struct bb_fe *e, const struct bb_fe *f, const struct bb_fe *g,
	    const struct bb_fe *h)
{
	return (struct bb_point){
		.x = bb_fe_mul(e, f),
		.y = bb_fe_mul(g, h),
		.z = bb_fe_mul(f, g),
		.t = bb_fe_mul(e, h),
	};
}

/* bb_point_decode reads a point; false if the bytes are not on the curve.  y is taken modulo
 * p, so it accepts encodings that are not canonical: who must not, checks before. */
bool bb_point_decode(struct bb_point *point, const uint8_t bytes[32]);

void bb_point_encode(uint8_t bytes[32], const struct bb_point *point);

struct bb_point bb_point_add(const struct bb_point *a, const struct bb_point *b);
struct bb_point bb_point_double(const struct bb_point *a);
struct bb_point bb_point_negate(const struct bb_point *a);

/* bb_point_base returns the base point of RFC 8032. */
struct bb_point bb_point_base(void);

#endif
