/* test_operator - participants and products: what is admitted, what is refused. */
#include <string.h>

#include "tests/bb_test.h"
#include "tests/market/market_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum bb_result
ask(struct kit *kit, const struct bb_command *command)
{
	kit_apply(kit, command);
	CU_ASSERT_EQUAL(kit->event_count, 1);
	return (enum bb_result)kit->events[0].result;
}

static struct bb_command
member_add(uint32_t participant, uint8_t key)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_MEMBER_ADD };

	command.member.participant = participant;
	command.member.orders_max = 7;
	command.member.packets_per_s = 8;
	command.member.burst = 9;
	command.member.roles = BB_ROLE_TRADER | BB_ROLE_METER;
	command.member.zone = 3;
	command.member.key[5] = key;
	return command;
}

static void
test_a_member_is_what_the_operator_said(void)
{
	const struct bb_command command = member_add(10, 0x77);
	struct bb_member member;
	struct kit kit;

	kit_start(&kit);
	CU_ASSERT_FALSE(bb_market_member(kit.market, 10, &member));
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_OK);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_MEMBER_ADDED);
	CU_ASSERT_EQUAL(kit.events[0].participant, 10);
	CU_ASSERT_EQUAL(kit.events[0].counterparty, 1);
	CU_ASSERT_TRUE(bb_market_member(kit.market, 10, &member));
	CU_ASSERT_EQUAL(memcmp(member.key, command.member.key, 32), 0);
	CU_ASSERT_EQUAL(member.participant, 10);
	CU_ASSERT_EQUAL(member.orders_max, 7);
	CU_ASSERT_EQUAL(member.packets_per_s, 8);
	CU_ASSERT_EQUAL(member.burst, 9);
	CU_ASSERT_EQUAL(member.roles, BB_ROLE_TRADER | BB_ROLE_METER);
	CU_ASSERT_EQUAL(member.zone, 3);
	CU_ASSERT_EQUAL(member.status, BB_MEMBER_ACTIVE);
	CU_ASSERT_EQUAL(member.money, 0);
	kit_stop(&kit);
}

static void
test_ids_and_keys_are_given_once(void)
{
	struct kit kit;
	kit_start(&kit);
	struct bb_command command = member_add(10, 0x77);

	command.member.participant = 0;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_PARTICIPANT);
	command.member.participant = 11;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_FULL);
	command.member.participant = UINT32_MAX;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_FULL);
	command.member.participant = 2; /* another key, but the id is taken */
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_PARTICIPANT_EXISTS);
	command.member.participant = 10;
	memset(command.member.key, 0, 32);
	command.member.key[0] = 2; /* the key of participant 2 */
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_PARTICIPANT_EXISTS);
	kit_say(&kit, "1 revoke 2");
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_PARTICIPANT_EXISTS);
	command.member.participant = 2;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_PARTICIPANT_EXISTS);
	kit_stop(&kit);
}

static void
test_keys_are_canonical(void)
{
	/* y in the last places around 2^255 - 19, sign of x clear or set. */
	static const struct { uint8_t first, middle, last; enum bb_result result; } cases[] = {
		{ 0x00, 0x00, 0x00, BB_ERR_KEY }, { 0xed, 0xff, 0x7f, BB_ERR_KEY },
		{ 0xed, 0xff, 0xff, BB_ERR_KEY }, { 0xff, 0xff, 0x7f, BB_ERR_KEY },
		{ 0xff, 0xff, 0xff, BB_ERR_KEY }, { 0xec, 0xff, 0x7f, BB_OK },
		{ 0xec, 0xff, 0xff, BB_OK },      { 0xff, 0xfe, 0x7f, BB_OK },
		{ 0xff, 0xff, 0x7e, BB_OK },      { 0x00, 0x00, 0x80, BB_OK },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bb_command command = member_add(10, 0);
		struct kit kit;
		kit_start(&kit);
		memset(command.member.key, 0xff * (cases[i].middle != 0), 32);
		command.member.key[0] = cases[i].first;
		command.member.key[30] = cases[i].middle;
		command.member.key[31] = cases[i].last;
		CU_ASSERT_EQUAL(ask(&kit, &command), cases[i].result);
		kit_stop(&kit);
	}
}

static void
test_members_have_roles_that_exist(void)
{
	struct kit kit;
	kit_start(&kit);
	struct bb_command command = member_add(10, 0x77);

	command.member.roles = 0;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_RECORD);
	command.member.roles = BB_ROLE_ALL + 1;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_RECORD);
	command.member.roles = BB_ROLE_ALL;
	command.member.reserved[4] = 1;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_RECORD);
	command.member.reserved[4] = 0;
	command.participant = 2;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_ROLE);
	command.participant = 1;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_OK);

	/* Two operators may revoke each other, nobody itself: one always remains. */
	struct bb_command revoke = { .participant = 10, .kind = BB_COMMAND_MEMBER_REVOKE };
	revoke.member.participant = 1;
	CU_ASSERT_EQUAL(ask(&kit, &revoke), BB_OK);
	CU_ASSERT_EQUAL(kit.events[0].kind, BB_EVENT_MEMBER_REVOKED);
	revoke.member.participant = 10;
	CU_ASSERT_EQUAL(ask(&kit, &revoke), BB_ERR_ROLE);
	kit_stop(&kit);
}

static void
test_products_have_a_sane_band_tick_and_lot(void)
{
	static const struct { struct bb_product_command terms; enum bb_result result; } cases[] = {
		{ { 7, 0, 100, 5, 10, 1000, { 0 } }, BB_OK },
		{ { 7, -5, -5, 5, 10, 10, { 0 } }, BB_OK }, /* one price, one lot */
		{ { 7, 0, 0, UINT32_MAX, 1, BB_QUANTITY_MAX, { 0 } }, BB_OK },
		{ { 7, -BB_PRICE_MAX, BB_PRICE_MAX, 200000, 1, 1, { 0 } }, BB_OK },
		{ { 7, 0, 100, 5, 10, 1000, { [31] = 1 } }, BB_ERR_RECORD },
		{ { KIT_PRODUCT, 0, 100, 5, 10, 1000, { 0 } }, BB_ERR_PRODUCT_EXISTS },
		{ { 7, 0, 100, 0, 10, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, 5, 0, 5, 10, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, -4, 100, 5, 10, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, 0, 101, 5, 10, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, -BB_PRICE_MAX - 5, 0, 5, 10, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, 0, BB_PRICE_MAX + 5, 5, 10, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, INT32_MIN, INT32_MAX, 1, 10, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, 0, 100, 5, 0, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, 0, 100, 5, 1001, 1000, { 0 } }, BB_ERR_BAND },
		{ { 7, 0, 100, 5, 1, BB_QUANTITY_MAX + 1, { 0 } }, BB_ERR_BAND },
		/* 2^18 + 1 prices, and one more than the venue has. */
		{ { 7, 0, BB_LEVELS_MAX, 1, 1, 1, { 0 } }, BB_ERR_BAND },
		{ { 7, 0, 1000, 1, 1, 1, { 0 } }, BB_ERR_FULL },
		{ { 7, 0, 999, 1, 1, 1, { 0 } }, BB_OK },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bb_command command = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };
		struct kit kit;
		kit_start(&kit);
		command.product = cases[i].terms;
		CU_ASSERT_EQUAL(ask(&kit, &command), cases[i].result);
		if (kit.events[0].result != cases[i].result)
			printf("\n  case %zu: %s\n", i,
			       bb_result_name((enum bb_result)kit.events[0].result));
		CU_ASSERT_EQUAL(kit.events[0].product, command.product.product);
		kit_stop(&kit);
	}
}

static void
test_products_are_listed_in_order_until_the_venue_is_full(void)
{
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };
	struct bb_product product;
	struct kit kit;

	kit_start(&kit);
	command.product = (struct bb_product_command){ 99, 0, 10, 1, 1, 1, { 0 } };
	for (uint32_t i = 1; i < 4; i++) {
		command.product.product--;
		CU_ASSERT_EQUAL(ask(&kit, &command), BB_OK);
		CU_ASSERT_TRUE(bb_market_product(kit.market, i, &product));
		CU_ASSERT_EQUAL(memcmp(&product.terms, &command.product, sizeof(product.terms)), 0);
	}
	command.product.product--;
	CU_ASSERT_EQUAL(ask(&kit, &command), BB_ERR_FULL);
	CU_ASSERT_FALSE(bb_market_product(kit.market, 4, &product));
	kit_stop(&kit);
}

static void
test_the_size_of_a_venue_has_bounds(void)
{
	static const struct bb_market_size good = { 1, 1, 1, 1, 1, 1, 0 };
	static const struct bb_market_size bad[] = {
		{ 0, 1, 1, 1, 1, 1, 0 }, { 1, 0, 1, 1, 1, 1, 0 }, { 1, 1, 0, 1, 1, 1, 0 },
		{ 1, 1, 1, 0, 1, 1, 0 }, { 1, 1, 1, 1, 0, 1, 0 }, { 1, 1, 1, 1, 1, 0, 0 },
		{ BB_PARTICIPANTS_MAX + 1, 1, 1, 1, 1, 1, 0 },
		{ 1, BB_PRODUCTS_MAX + 1, 1, 1, 1, 1, 0 },
		{ 1, 1, BB_ORDERS_MAX + 1, 1, 1, 1, 0 }, { 1, 1, 1, UINT32_MAX, 1, 1, 0 },
		{ 1, 1, 1, 1, BB_PLACES_MAX + 1, 1, 0 },
		{ 1, 1, 1, 1, 1, BB_POSITIONS_MAX + 1, 0 }, { 1, 1, 1, 1, 1, 1, 2 },
	};
	struct bb_depth depth;
	struct kit kit;

	CU_ASSERT_TRUE(bb_market_size_valid(&good));
	for (size_t i = 0; i < COUNT(bad); i++)
		CU_ASSERT_FALSE(bb_market_size_valid(&bad[i]));

	kit_open(&kit, &good, 7); /* the smallest works */
	kit_add_product(&kit, KIT_PRODUCT, 0, 0, 1);
	CU_ASSERT_EQUAL(bb_market_depth(kit.market, KIT_PRODUCT, BB_BUY, &depth, 1), 0);
	CU_ASSERT_EQUAL(bb_market_depth(kit.market, 3, BB_BUY, &depth, 1), 0);
	CU_ASSERT_EQUAL(bb_market_size(kit.market)->levels, 1);
	kit_stop(&kit);
}

static void
test_depth_is_as_deep_as_asked(void)
{
	struct bb_depth depth[3];
	struct kit kit;

	kit_start(&kit);
	kit_say(&kit, "2 new 1 B -500 10; 2 new 2 B 0 10; 3 new 1 B 0 20; 2 new 3 B 495 10; "
		      "2 new 4 B 490 10");
	CU_ASSERT_EQUAL(bb_market_depth(kit.market, KIT_PRODUCT, BB_BUY, depth, 0), 0);
	CU_ASSERT_EQUAL(bb_market_depth(kit.market, KIT_PRODUCT, BB_BUY, depth, 3), 3);
	CU_ASSERT_EQUAL(depth[0].price, 495);
	CU_ASSERT_EQUAL(depth[1].price, 490);
	CU_ASSERT_EQUAL(depth[2].price, 0);
	CU_ASSERT_EQUAL(depth[2].orders, 2);
	CU_ASSERT_EQUAL(depth[2].quantity_wh, 30);
	CU_ASSERT_EQUAL(bb_market_depth(kit.market, KIT_PRODUCT, BB_SELL, depth, 3), 0);
	kit_stop(&kit);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a member is what the operator said", test_a_member_is_what_the_operator_said },
		{ "ids and keys are given once", test_ids_and_keys_are_given_once },
		{ "keys are canonical", test_keys_are_canonical },
		{ "members have roles that exist", test_members_have_roles_that_exist },
		{ "products have a sane band, tick and lot",
		  test_products_have_a_sane_band_tick_and_lot },
		{ "products are listed in order until the venue is full",
		  test_products_are_listed_in_order_until_the_venue_is_full },
		{ "the size of a venue has bounds", test_the_size_of_a_venue_has_bounds },
		{ "depth is as deep as asked", test_depth_is_as_deep_as_asked },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("operator", tests);
}
