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

/* What is set and learnt of a participant, behind who it is. */
static json_t *
standing_row(const struct bb_member *member)
{
	json_t *row = member_row(member);
	json_t *standing = json_pack(
		"{s:o, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}",
		"locked", bb_answer_number(member->locked),
		"reputation", (json_int_t)member->reputation,
		"killed", member->killed,
		"silence_s", (json_int_t)member->silence_s,
		"cap_in_wh", (json_int_t)member->cap_in_wh,
		"cap_out_wh", (json_int_t)member->cap_out_wh,
		"order_wh_max", (json_int_t)member->order_wh_max,
		"metered_by", (json_int_t)member->metered_by,
		"reputation_min", (json_int_t)member->reputation_min,
		"feeder", (json_int_t)member->feeder,
		"source", (json_int_t)member->source,
		"escrow", member->escrow);

	(void)json_object_update(row, standing);
	json_decref(standing);
	return row;
}

json_t *
bb_answer_members(const struct bb_inspect *inspect)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < inspect->count[0]; i++)
		(void)json_array_append_new(rows, standing_row(&inspect->members[i]));
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

/* In the order of enum bb_technical_account. */
static json_t *
account_name(uint32_t account)
{
	static const char *const names[BB_ACCOUNTS_TECHNICAL] = { "grid", "dso",    "rent",
								  "fund", "market", "bank" };

	return account < BB_ACCOUNT_FIRST ? json_null()
					  : json_string(names[account - BB_ACCOUNT_FIRST]);
}

json_t *
bb_answer_accounts(const struct bb_inspect *inspect)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < inspect->count[0]; i++) {
		const struct bb_purse_view *purse = &inspect->accounts[i];

		(void)json_array_append_new(
			rows, json_pack("{s:I, s:o, s:I, s:o, s:I}", "account",
					(json_int_t)purse->account, "name",
					account_name(purse->account), "balance",
					(json_int_t)purse->balance, "locked",
					bb_answer_number(purse->locked), "metered_wh",
					(json_int_t)purse->metered_wh));
	}
	return json_pack("{s:b, s:o, s:I}", "ok", 1, "accounts", rows, "next",
			 (json_int_t)inspect->next);
}

static json_t *
course_row(const struct bb_course_view *course)
{
	const struct bb_imbalance *imbalance = &course->imbalance;
	json_t *zones = json_array();
	json_t *tariffs = json_array();
	json_t *prices = json_null();

	for (uint32_t i = 0; i < course->zone_count; i++)
		(void)json_array_append_new(
			zones,
			json_pack("{s:I, s:o}", "zone", (json_int_t)course->zones[i].zone, "price",
				  course->zones[i].priced ? json_integer(course->zones[i].price)
							  : json_null()));
	if (imbalance->known)
		prices = json_pack("{s:I, s:I, s:I}", "long", (json_int_t)imbalance->price_long,
				   "short", (json_int_t)imbalance->price_short, "reference",
				   (json_int_t)imbalance->price_reference);
	for (uint32_t i = 0; i < BB_VENUE_ZONES; i++)
		if (course->tariffs[i].known)
			(void)json_array_append_new(
				tariffs, json_pack("{s:I, s:I, s:I}", "zone",
						   (json_int_t)course->tariffs[i].zone, "injection",
						   (json_int_t)course->tariffs[i].injection, "use",
						   (json_int_t)course->tariffs[i].use));
	return json_pack("{s:I, s:s, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
			 "quarter", (json_int_t)course->quarter,
			 "state", bb_course_state_name((enum bb_course_state)course->state),
			 "due_ns", course->due_ns == BB_NEVER_NS ? json_null()
								 : bb_answer_number(course->due_ns),
			 "rounds", (json_int_t)course->rounds,
			 "lines", (json_int_t)course->lines,
			 "disputes", (json_int_t)course->disputes,
			 "readings", (json_int_t)course->readings,
			 "imbalance", prices,
			 "tariffs", tariffs,
			 "zones", zones);
}

json_t *
bb_answer_courses(const struct bb_inspect *inspect)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < inspect->count[0]; i++)
		(void)json_array_append_new(rows, course_row(&inspect->courses[i]));
	return json_pack("{s:b, s:o, s:I}", "ok", 1, "courses", rows, "next",
			 (json_int_t)inspect->next);
}

json_t *
bb_answer_rules(const struct bb_inspect *inspect)
{
	const struct bb_rules *rules = &inspect->rules;
	uint8_t numbers[BB_VENUE_ZONES];
	const uint32_t count = bb_rules_zones(rules, numbers);
	json_t *zones = json_array();
	json_t *values = json_object();

#define X(group, place, name, least, most, start) \
	(void)json_object_set_new(values, #name, json_integer(rules->name));
	BB_RULES_LIST(X)
#undef X
	for (uint32_t i = 0; i < count; i++)
		(void)json_array_append_new(zones, json_integer(numbers[i]));
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "rules", values, "zones", zones);
}
