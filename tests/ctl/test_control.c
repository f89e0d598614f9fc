/* test_control - requests and answers of the control socket, one promise a test. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "ctl/bb_control.h"
#include "ctl/bb_control_answer.h"
#include "tests/bb_test.h"

static struct bb_control_request request;
static char text[BB_CONTROL_TEXT];

static enum bb_result
parse(const char *json)
{
	return bb_control_parse((const uint8_t *)json, strlen(json), &request, text);
}

static void
test_each_command_is_known_by_its_name(void)
{
	static const struct { const char *json; enum bb_control_command command; } cases[] = {
		{ "{\"command\":\"status\"}", BB_CONTROL_STATUS },
		{ "{\"command\":\"members\",\"first\":17}", BB_CONTROL_MEMBERS },
		{ "{\"command\":\"products\",\"first\":64}", BB_CONTROL_PRODUCTS },
		{ " { \"command\" : \"book\" , \"product\" : 7 } ", BB_CONTROL_BOOK },
		{ "{\"command\":\"venue\"}", BB_CONTROL_VENUE },
		{ "{\"command\":\"stop\"}", BB_CONTROL_STOP },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(parse(cases[i].json), BB_OK);
		CU_ASSERT_EQUAL(request.command, cases[i].command);
		CU_ASSERT_STRING_EQUAL(text, "");
	}
}

static void
test_what_is_left_out_has_its_default(void)
{
	CU_ASSERT_EQUAL(parse("{\"command\":\"members\"}"), BB_OK);
	CU_ASSERT_EQUAL(request.first, 1);
	CU_ASSERT_EQUAL(parse("{\"command\":\"products\"}"), BB_OK);
	CU_ASSERT_EQUAL(request.first, 0);
	CU_ASSERT_EQUAL(parse("{\"command\":\"book\",\"product\":0}"), BB_OK);
	CU_ASSERT_EQUAL(request.depth, 10);
}

static void
test_numbers_are_read_up_to_their_limits(void)
{
	CU_ASSERT_EQUAL(parse("{\"command\":\"members\",\"first\":131072}"), BB_OK);
	CU_ASSERT_EQUAL(request.first, 131072);
	CU_ASSERT_EQUAL(parse("{\"command\":\"products\",\"first\":4096}"), BB_OK);
	CU_ASSERT_EQUAL(request.first, 4096);
	CU_ASSERT_EQUAL(parse("{\"command\":\"book\",\"product\":4294967295,\"depth\":64}"), BB_OK);
	CU_ASSERT_EQUAL(request.product, UINT32_MAX);
	CU_ASSERT_EQUAL(request.depth, 64);
}

static void
test_bad_requests_are_refused_with_what_is_wrong(void)
{
	static const struct {
		const char *json;
		enum bb_result result;
		const char *says;
	} cases[] = {
		{ "", BB_ERR_LENGTH, "bytes" },
		{ "{", BB_ERR_FORMAT, "JSON" },
		{ "{}", BB_ERR_FORMAT, "command" },
		{ "[]", BB_ERR_FORMAT, "object" },
		{ "\"status\"", BB_ERR_FORMAT, "JSON" },
		{ "null", BB_ERR_FORMAT, "JSON" },
		{ "{\"command\":\"status\"}x", BB_ERR_FORMAT, "JSON" },
		{ "{\"command\":\"status\"}{}", BB_ERR_FORMAT, "JSON" },
		{ "{\"command\":\"status\",\"command\":\"stop\"}", BB_ERR_FORMAT, "JSON" },
		{ "{\"command\":\"\\u0000\"}", BB_ERR_FORMAT, "JSON" },
		{ "{\"command\":\"st\xff\"}", BB_ERR_FORMAT, "JSON" },
		{ "{\"command\":1}", BB_ERR_FORMAT, "command" },
		{ "{\"command\":null}", BB_ERR_FORMAT, "command" },
		{ "{\"command\":\"\"}", BB_ERR_KIND, "unknown" },
		{ "{\"command\":\"Status\"}", BB_ERR_KIND, "Status" },
		{ "{\"command\":\"status \"}", BB_ERR_KIND, "unknown" },
		{ "{\"command\":\"status\",\"first\":1}", BB_ERR_FORMAT, "first" },
		{ "{\"command\":\"stop\",\"now\":true}", BB_ERR_FORMAT, "now" },
		{ "{\"command\":\"members\",\"first\":0}", BB_ERR_FORMAT, "1 to 131072" },
		{ "{\"command\":\"members\",\"first\":131073}", BB_ERR_FORMAT, "first" },
		{ "{\"command\":\"members\",\"first\":1.0}", BB_ERR_FORMAT, "integer" },
		{ "{\"command\":\"members\",\"first\":\"1\"}", BB_ERR_FORMAT, "integer" },
		{ "{\"command\":\"members\",\"first\":true}", BB_ERR_FORMAT, "integer" },
		{ "{\"command\":\"members\",\"first\":null}", BB_ERR_FORMAT, "integer" },
		{ "{\"command\":\"members\",\"first\":99999999999999999999}", BB_ERR_FORMAT,
		  "JSON" },
		{ "{\"command\":\"products\",\"first\":-1}", BB_ERR_FORMAT, "first" },
		{ "{\"command\":\"products\",\"first\":4097}", BB_ERR_FORMAT, "first" },
		{ "{\"command\":\"book\"}", BB_ERR_FORMAT, "product" },
		{ "{\"command\":\"book\",\"product\":4294967296}", BB_ERR_FORMAT, "product" },
		{ "{\"command\":\"book\",\"product\":-1}", BB_ERR_FORMAT, "product" },
		{ "{\"command\":\"book\",\"product\":1,\"depth\":0}", BB_ERR_FORMAT, "depth" },
		{ "{\"command\":\"book\",\"product\":1,\"depth\":65}", BB_ERR_FORMAT, "depth" },
		{ "{\"command\":\"book\",\"product\":1,\"packet\":\"00\"}", BB_ERR_FORMAT,
		  "packet" },
		{ "{\"command\":\"submit\"}", BB_ERR_FORMAT, "packet" },
		{ "{\"command\":\"submit\",\"packet\":1}", BB_ERR_FORMAT, "string" },
		{ "{\"command\":\"submit\",\"packet\":\"\"}", BB_ERR_LENGTH, "packet" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(parse(cases[i].json), cases[i].result);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, cases[i].says));
	}
}

/* submit_of writes a submit with digits hex digits. */
static const char *
submit_of(size_t digits, char digit)
{
	static char json[BB_CONTROL_MESSAGE_MAX];
	const int head = snprintf(json, sizeof(json), "{\"command\":\"submit\",\"packet\":\"");

	memset(json + head, digit, digits);
	(void)snprintf(json + (size_t)head + digits, 3, "\"}");
	return json;
}

static void
test_a_packet_comes_out_byte_for_byte(void)
{
	CU_ASSERT_EQUAL(parse(submit_of(2 * BB_PACKET_SIZE_MIN, 'a')), BB_OK);
	CU_ASSERT_EQUAL(request.packet_size, BB_PACKET_SIZE_MIN);
	CU_ASSERT_EQUAL(request.packet[0], 0xaa);
	CU_ASSERT_EQUAL(request.packet[BB_PACKET_SIZE_MIN - 1], 0xaa);
	CU_ASSERT_EQUAL(request.packet[BB_PACKET_SIZE_MIN], 0);

	char json[512];

	memcpy(json, submit_of(2 * BB_PACKET_SIZE_MIN, '0'), sizeof(json));
	memcpy(strstr(json, "000"), "1fE", 3);
	CU_ASSERT_EQUAL(parse(json), BB_OK);
	CU_ASSERT_EQUAL(request.packet[0], 0x1f);
	CU_ASSERT_EQUAL(request.packet[1], 0xe0);

	CU_ASSERT_EQUAL(parse(submit_of(2 * BB_PACKET_SIZE_MAX, 'F')), BB_OK);
	CU_ASSERT_EQUAL(request.packet_size, BB_PACKET_SIZE_MAX);
	CU_ASSERT_EQUAL(request.packet[BB_PACKET_SIZE_MAX - 1], 0xff);
}

static void
test_a_packet_of_no_possible_size_is_refused(void)
{
	CU_ASSERT_EQUAL(parse(submit_of(2 * BB_PACKET_SIZE_MIN - 2, 'a')), BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(parse(submit_of(2 * BB_PACKET_SIZE_MIN + 1, 'a')), BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(parse(submit_of(2 * BB_PACKET_SIZE_MAX + 2, 'a')), BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(parse(submit_of(2 * BB_PACKET_SIZE_MIN, 'g')), BB_ERR_FORMAT);
	CU_ASSERT_EQUAL(parse(submit_of(2 * BB_PACKET_SIZE_MIN, ' ')), BB_ERR_FORMAT);
}

static void
test_a_message_over_the_limit_is_refused_unread(void)
{
	static uint8_t bytes[BB_CONTROL_MESSAGE_MAX + 1];

	memset(bytes, ' ', sizeof(bytes));
	memcpy(bytes, "{\"command\":\"stop\"}", 18);
	CU_ASSERT_EQUAL(bb_control_parse(bytes, sizeof(bytes) - 1, &request, text), BB_OK);
	CU_ASSERT_EQUAL(bb_control_parse(bytes, sizeof(bytes), &request, text), BB_ERR_LENGTH);
}

static void
test_deep_nesting_is_refused(void)
{
	static uint8_t bytes[BB_CONTROL_MESSAGE_MAX];

	memset(bytes, '[', sizeof(bytes));
	CU_ASSERT_EQUAL(bb_control_parse(bytes, sizeof(bytes), &request, text), BB_ERR_FORMAT);
}

static void
test_what_is_quoted_back_is_printable(void)
{
	CU_ASSERT_EQUAL(parse("{\"command\":\"\xc3\xbc\\n\\u0007\"}"), BB_ERR_KIND);
	for (const char *c = text; *c != '\0'; c++)
		CU_ASSERT_TRUE(*c >= ' ' && *c <= '~');
}

static void
test_members_are_told_in_full(void)
{
	static struct bb_inspect inspect = { .kind = BB_INSPECT_MEMBERS, .next = 9 };

	inspect.count[0] = 2;
	inspect.members[0] = (struct bb_member){
		.participant = 7, .orders_max = 5, .packets_per_s = 6, .burst = 8, .orders_live = 4,
		.roles = BB_ROLE_TRADER | BB_ROLE_OPERATOR, .zone = 3, .status = BB_MEMBER_ACTIVE,
		.sequence_highest = UINT64_MAX, .bought_wh = 10, .sold_wh = 11, .money = -12,
		.locked = 13, .reputation = 500000, .killed = true, .cap_in_wh = 14,
		.cap_out_wh = 15, .escrow = true };
	inspect.members[0].key[0] = 0xab;
	inspect.members[1] = (struct bb_member){ .participant = 8, .status = BB_MEMBER_REVOKED };

	json_t *root = bb_answer_members(&inspect);
	json_t *row = json_array_get(json_object_get(root, "members"), 0);
	json_t *roles = json_object_get(row, "roles");

	CU_ASSERT_TRUE(json_is_true(json_object_get(root, "ok")));
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "next")), 9);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(root, "members")), 2);
	CU_ASSERT_EQUAL(json_object_size(row), 25);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "participant")), 7);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(row, "key")),
			       "ab00000000000000000000000000000000000000000000000000000000000000");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(row, "status")), "active");
	CU_ASSERT_EQUAL(json_array_size(roles), 2);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(roles, 1)), "operator");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(row, "sequence_highest")),
			       "18446744073709551615");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "money")), -12);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "locked")), 13);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "reputation")), 500000);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "cap_in_wh")), 14);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "cap_out_wh")), 15);
	CU_ASSERT_TRUE(json_is_true(json_object_get(row, "killed")));
	CU_ASSERT_TRUE(json_is_true(json_object_get(row, "escrow")));
	row = json_array_get(json_object_get(root, "members"), 1);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(row, "status")), "revoked");
	json_decref(root);
}

static void
test_accounts_courses_and_rules_are_told_in_full(void)
{
	static struct bb_inspect inspect = { .next = 3 };

	inspect.count[0] = 2;
	inspect.accounts[0] = (struct bb_purse_view){ .account = 7, .balance = -5, .locked = 6,
						       .metered_wh = 8 };
	inspect.accounts[1] = (struct bb_purse_view){ .account = BB_ACCOUNT_BANK, .balance = 5 };
	json_t *root = bb_answer_accounts(&inspect);
	json_t *row = json_array_get(json_object_get(root, "accounts"), 0);

	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "balance")), -5);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "locked")), 6);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "metered_wh")), 8);
	CU_ASSERT_TRUE(json_is_null(json_object_get(row, "name")));
	row = json_array_get(json_object_get(root, "accounts"), 1);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(row, "name")), "bank");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "next")), 3);
	json_decref(root);

	inspect.count[0] = 1;
	inspect.courses[0] = (struct bb_course_view){
		.quarter = 2000000, .state = BB_COURSE_OPEN, .due_ns = BB_NEVER_NS,
		.zone_count = 2, .disputes = 4, .readings = 5,
		.imbalance = { -1, 2, 3, true },
		.zones = { { .price = 100, .zone = 1, .priced = true }, { .zone = 9 } },
		.tariffs = { [2] = { .injection = 5, .use = 6, .zone = 9, .known = true } } };
	root = bb_answer_courses(&inspect);
	row = json_array_get(json_object_get(root, "courses"), 0);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "quarter")), 2000000);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(row, "state")), "OPEN");
	CU_ASSERT_TRUE(json_is_null(json_object_get(row, "due_ns")));
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(row, "imbalance"),
							   "long")), -1);
	json_t *tariffs = json_object_get(row, "tariffs");
	CU_ASSERT_EQUAL(json_array_size(tariffs), 1);
	const json_t *tariff = json_array_get(tariffs, 0);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(tariff, "zone")), 9);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(tariff, "injection")), 5);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(tariff, "use")), 6);
	json_t *zones = json_object_get(row, "zones");
	CU_ASSERT_EQUAL(json_array_size(zones), 2);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_array_get(zones, 0), "price")),
			100);
	CU_ASSERT_TRUE(json_is_null(json_object_get(json_array_get(zones, 1), "price")));
	json_decref(root);

	inspect.rules = bb_rules_default;
	root = bb_answer_rules(&inspect);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(root, "rules"),
							   "k_milli")),
			bb_rules_default.k_milli);
	CU_ASSERT_EQUAL(json_integer_value(json_array_get(json_object_get(root, "zones"), 0)), 1);
	json_decref(root);
}

static void
test_products_and_books_are_told_in_full(void)
{
	static struct bb_inspect inspect = { .kind = BB_INSPECT_PRODUCTS };

	inspect.count[0] = 1;
	inspect.products[0] = (struct bb_product){
		.terms = { .product = UINT32_MAX, .price_min = -5, .price_max = 5, .tick = 1,
			   .lot_wh = 100, .quantity_max_wh = BB_QUANTITY_MAX },
		.orders_live = 2, .last_price = -3, .trades = 4, .traded_wh = UINT64_MAX };

	json_t *root = bb_answer_products(&inspect);
	json_t *row = json_array_get(json_object_get(root, "products"), 0);

	CU_ASSERT_EQUAL(json_object_size(row), 10);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "product")), UINT32_MAX);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "price_min")), -5);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "last_price")), -3);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "quantity_max_wh")), 4000000000);
	/* More than JSON libraries hold becomes the most that they hold. */
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "traded_wh")), INT64_MAX);
	json_decref(root);

	memset(&inspect, 0, sizeof(inspect));
	inspect.product = 77;
	inspect.count[BB_BUY] = 1;
	inspect.count[BB_SELL] = 2;
	inspect.depth[BB_SELL][1] = (struct bb_depth){ .price = -9, .orders = 3, .quantity_wh = 5 };
	root = bb_answer_book(&inspect);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "product")), 77);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(root, "buys")), 1);
	row = json_array_get(json_object_get(root, "sells"), 1);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "price")), -9);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "orders")), 3);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(row, "quantity_wh")), 5);
	json_decref(root);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "each command is known by its name", test_each_command_is_known_by_its_name },
		{ "what is left out has its default", test_what_is_left_out_has_its_default },
		{ "numbers are read up to their limits", test_numbers_are_read_up_to_their_limits },
		{ "bad requests are refused with what is wrong",
		  test_bad_requests_are_refused_with_what_is_wrong },
		{ "a packet comes out byte for byte", test_a_packet_comes_out_byte_for_byte },
		{ "a packet of no possible size is refused",
		  test_a_packet_of_no_possible_size_is_refused },
		{ "a message over the limit is refused unread",
		  test_a_message_over_the_limit_is_refused_unread },
		{ "deep nesting is refused", test_deep_nesting_is_refused },
		{ "what is quoted back is printable", test_what_is_quoted_back_is_printable },
		{ "members are told in full", test_members_are_told_in_full },
		{ "accounts, courses and rules are told in full",
		  test_accounts_courses_and_rules_are_told_in_full },
		{ "products and books are told in full", test_products_and_books_are_told_in_full },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("control", tests);
}
