#include "wire/bb_group.h"

#include "base/bb_assert.h"

const struct bb_point bb_point_identity = {
	.y = { { 1 } },
	.z = { { 1 } },
};

/* root_of sets *x to the square root of u/v that the formula of RFC 8032 finds. */
static bool
root_of(struct bb_fe *x, const struct bb_fe *u, const struct bb_fe *v)
{
	struct bb_fe t = bb_fe_square(v);
	const struct bb_fe v3 = bb_fe_mul(&t, v);
	t = bb_fe_square(&v3);
	const struct bb_fe v7 = bb_fe_mul(&t, v);
	const struct bb_fe uv7 = bb_fe_mul(u, &v7);
	const struct bb_fe power = bb_fe_power_p58(&uv7);
	const struct bb_fe uv3 = bb_fe_mul(u, &v3);
	*x = bb_fe_mul(&uv3, &power);

	t = bb_fe_square(x);
	t = bb_fe_mul(&t, v);
	const struct bb_fe same = bb_fe_subtract(&t, u);
	if (bb_fe_is_zero(&same))
		return true;
	const struct bb_fe sum = bb_fe_add(&t, u);
	if (!bb_fe_is_zero(&sum))
		return false;
	*x = bb_fe_mul(x, &bb_fe_sqrtm1);
	return true;
}

bool
bb_point_decode(struct bb_point *point, const uint8_t bytes[32])
{
	const struct bb_fe y = bb_fe_from_bytes(bytes);
	const struct bb_fe y2 = bb_fe_square(&y);
	const struct bb_fe u = bb_fe_subtract(&y2, &bb_fe_one);
	const struct bb_fe dy2 = bb_fe_mul(&y2, &bb_fe_d);
	const struct bb_fe v = bb_fe_add(&dy2, &bb_fe_one);
	struct bb_fe x;

	if (!root_of(&x, &u, &v))
		return false;
	if (bb_fe_is_odd(&x) != (bytes[31] >> 7 != 0))
		x = bb_fe_negate(&x);
	*point = (struct bb_point){ .x = x, .y = y, .z = bb_fe_one, .t = bb_fe_mul(&x, &y) };
	return true;
}

void
bb_point_encode(uint8_t bytes[32], const struct bb_point *point)
{
	const struct bb_fe inverse = bb_fe_invert(&point->z);
	const struct bb_fe x = bb_fe_mul(&point->x, &inverse);
	const struct bb_fe y = bb_fe_mul(&point->y, &inverse);

	bb_fe_bytes(bytes, &y);
	bytes[31] |= (uint8_t)(bb_fe_is_odd(&x) << 7);
}

struct bb_point
bb_point_add(const struct bb_point *left, const struct bb_point *right)
{
	struct bb_fe s, t;

	s = bb_fe_subtract(&left->y, &left->x);
	t = bb_fe_subtract(&right->y, &right->x);
	const struct bb_fe a = bb_fe_mul(&s, &t);
	s = bb_fe_add(&left->y, &left->x);
	t = bb_fe_add(&right->y, &right->x);
	const struct bb_fe b = bb_fe_mul(&s, &t);
	s = bb_fe_mul(&left->t, &right->t);
	s = bb_fe_mul(&s, &bb_fe_d);
	const struct bb_fe c = bb_fe_add(&s, &s);
	s = bb_fe_mul(&left->z, &right->z);
	const struct bb_fe d = bb_fe_add(&s, &s);

	const struct bb_fe e = bb_fe_subtract(&b, &a);
	const struct bb_fe f = bb_fe_subtract(&d, &c);
	const struct bb_fe g = bb_fe_add(&d, &c);
	const struct bb_fe h = bb_fe_add(&b, &a);
	return bb_point_of(&e, &f, &g, &h);
}

struct bb_point
bb_point_double(const struct bb_point *point)
{
	const struct bb_fe a = bb_fe_square(&point->x);
	const struct bb_fe b = bb_fe_square(&point->y);
	const struct bb_fe z2 = bb_fe_square(&point->z);
	const struct bb_fe c = bb_fe_add(&z2, &z2);
	const struct bb_fe sum = bb_fe_add(&point->x, &point->y);
	const struct bb_fe s = bb_fe_square(&sum);

	const struct bb_fe h = bb_fe_add(&a, &b);
	const struct bb_fe e = bb_fe_subtract(&h, &s);
	const struct bb_fe g = bb_fe_subtract(&a, &b);
	const struct bb_fe f = bb_fe_add(&c, &g);
	return bb_point_of(&e, &f, &g, &h);
}

struct bb_point
bb_point_negate(const struct bb_point *point)
{
	return (struct bb_point){
		.x = bb_fe_negate(&point->x),
		.y = point->y,
		.z = point->z,
		.t = bb_fe_negate(&point->t),
	};
}

struct bb_point
bb_point_base(void)
{
	/* y = 4/5, x even */
	static const uint8_t bytes[32] = {
		0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	};
	struct bb_point base;
	BB_ASSERT(bb_point_decode(&base, bytes));
	return base;
}
