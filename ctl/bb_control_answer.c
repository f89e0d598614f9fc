#include "ctl/bb_control_answer.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bb_assert.h"

json_t *
bb_answer_number(uint64_t number)
{
	return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

json_t *
bb_answer_hex(const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * 32];

	BB_ASSERT(2 * size <= sizeof(text));
	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return json_stringn(text, 2 * size);
}

static json_t *
roles_of(uint16_t roles)
{
	static const char *const names[] = { "trader", "meter", "grid", "operator" };
	json_t *list = json_array();

	_Static_assert(BB_ROLE_ALL == (1 << sizeof(names) / sizeof(names[0])) - 1,
		       "each role has a name");
	for (uint32_t bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++)
		if ((roles >> bit & 1) != 0)
			(void)json_array_append_new(list, json_string(names[bit]));
	return list;
}

static json_t *
member_row(const struct bb_member *member)
{
	char sequence[24];

	(void)snprintf(sequence, sizeof(sequence), "%" PRIu64, member->sequence_highest);
	return json_pack("{s:I, s:o, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:s, s:o, s:o, s:I}",
			 "participant", (json_int_t)member->participant,
			 "key", bb_answer_hex(member->key, sizeof(member->key)),
			 "status", member->status == BB_MEMBER_ACTIVE ? "active" : "revoked",
			 "roles", roles_of(member->roles),
			 "zone", (json_int_t)member->zone,
			 "orders_max", (json_int_t)member->orders_max,
			 "packets_per_s", (json_int_t)member->packets_per_s,
			 "burst", (json_int_t)member->burst,
			 "orders_live", (json_int_t)member->orders_live,
			 "sequence_highest", sequence,
			 "bought_wh", bb_answer_number(member->bought_wh),
			 "sold_wh", bb_answer_number(member->sold_wh),
			 "money", (json_int_t)member->money);
}

json_t *
bb_answer_members(const struct bb_inspect *inspect)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < inspect->count[0]; i++)
		(void)json_array_append_new(rows, member_row(&inspect->members[i]));
	return json_pack("{s:b, s:o, s:I}", "ok", 1, "members", rows, "next",
			 (json_int_t)inspect->next);
}

static json_t *
product_row(const struct bb_product *product)
{
	const struct bb_product_command *terms = &product->terms;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
			 "product", (json_int_t)terms->product,
			 "price_min", (json_int_t)terms->price_min,
			 "price_max", (json_int_t)terms->price_max,
			 "tick", (json_int_t)terms->tick,
			 "lot_wh", (json_int_t)terms->lot_wh,
			 "quantity_max_wh", (json_int_t)terms->quantity_max_wh,
			 "orders_live", (json_int_t)product->orders_live,
			 "last_price", (json_int_t)product->last_price,
			 "trades", bb_answer_number(product->trades),
			 "traded_wh", bb_answer_number(product->traded_wh));
}

json_t *
bb_answer_products(const struct bb_inspect *inspect)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < inspect->count[0]; i++)
		(void)json_array_append_new(rows, product_row(&inspect->products[i]));
	return json_pack("{s:b, s:o, s:I}", "ok", 1, "products", rows, "next",
			 (json_int_t)inspect->next);
}

static json_t *
side_rows(const struct bb_depth *depth, uint32_t count)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < count; i++)
		(void)json_array_append_new(
			rows, json_pack("{s:I, s:I, s:o}", "price", (json_int_t)depth[i].price,
					"orders", (json_int_t)depth[i].orders, "quantity_wh",
					bb_answer_number(depth[i].quantity_wh)));
	return rows;
}

json_t *
bb_answer_book(const struct bb_inspect *inspect)
{
	return json_pack("{s:b, s:I, s:o, s:o}", "ok", 1, "product",
			 (json_int_t)inspect->product, "buys",
			 side_rows(inspect->depth[BB_BUY], inspect->count[BB_BUY]), "sells",
			 side_rows(inspect->depth[BB_SELL], inspect->count[BB_SELL]));
}
