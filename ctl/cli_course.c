/* cli_course - where a product is in its life, and its halts. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_operator.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_table.h"
#include "ctl/cli_text.h"

#define QUARTERS (1u << 24) /* a product is its zone times this, and its quarter-hour */

static enum cli_exit
read_product(struct cli *cli, uint32_t *product)
{
	struct cli_option options[] = { { 0 } };
	const enum cli_exit code = cli_options(cli, options, 1, 1);

	if (code != CLI_GO_ON || cli_read_product(cli->words[0], product))
		return code;
	return cli_fail(cli, CLI_USAGE, NULL, "%s: no product; write ZONE:TIME, as in "
			"1:2025-06-11T12:00Z (zone 0: in all zones), or its number", cli->words[0]);
}

static enum cli_exit
operate_on(struct cli *cli, uint8_t op)
{
	struct bb_wire_operation operation = { .op = op };
	const enum cli_exit code = read_product(cli, &operation.product.product);

	return code == CLI_GO_ON ? cli_operate(cli, &operation, 1) : code;
}

enum cli_exit
cli_product_halt(struct cli *cli)
{
	return operate_on(cli, BB_WIRE_PRODUCT_HALT);
}

enum cli_exit
cli_product_resume(struct cli *cli)
{
	return operate_on(cli, BB_WIRE_PRODUCT_RESUME);
}

/* find returns the row whose key is value, a new reference, or NULL. */
static json_t *
find(const json_t *rows, const char *key, uint32_t value)
{
	size_t index;
	json_t *row;

	json_array_foreach(rows, index, row)
		if (cli_number(row, key) == value)
			return json_incref(row);
	return NULL;
}

static void
print_tariffs(const json_t *tariffs)
{
	static const char *const keys[] = { "zone", "injection", "use" };
	struct cli_table table = { .titles = { ">zone", ">injection pays", ">use pays" } };
	size_t index;
	json_t *tariff;

	if (json_array_size(tariffs) == 0)
		return;
	json_array_foreach(tariffs, index, tariff)
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			cli_cell(&table, "%lld", cli_number(tariff, keys[i]));
	cli_table_print(&table);
}

static void
print_course(const json_t *course)
{
	const json_t *due = json_object_get(course, "due_ns");
	const json_t *zones = json_object_get(course, "zones");
	const char *state = json_string_value(json_object_get(course, "state"));
	struct cli_table table = { .titles = { ">zone", ">auction price" } };
	char text[CLI_TIME_SIZE] = "a command";
	size_t index;
	json_t *zone;

	if (json_is_integer(due))
		cli_write_time(text, (uint64_t)json_integer_value(due));
	printf("state %s; next: %s; %lld readings, %lld disputes open\n",
	       state == NULL ? "?" : state, text, cli_number(course, "readings"),
	       cli_number(course, "disputes"));
	json_array_foreach(zones, index, zone) {
		const json_t *price = json_object_get(zone, "price");

		cli_cell(&table, "%lld", cli_number(zone, "zone"));
		if (json_is_integer(price))
			cli_cell(&table, "%" JSON_INTEGER_FORMAT, json_integer_value(price));
		else
			cli_cell(&table, "-");
	}
	cli_table_print(&table);
	print_tariffs(json_object_get(course, "tariffs"));
}

static void
print_listing(const json_t *listing)
{
	static const char *const keys[] = { "price_min", "price_max", "tick", "lot_wh",
					    "quantity_max_wh", "orders_live", "last_price",
					    "trades", "traded_wh" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		printf("%s %lld%s", keys[i], cli_number(listing, keys[i]),
		       i + 1 < sizeof(keys) / sizeof(keys[0]) ? "; " : "\n");
}

enum cli_exit
cli_product_show(struct cli *cli)
{
	char text[CLI_PRODUCT_SIZE];
	json_t *courses;
	json_t *products;
	uint32_t product;

	enum cli_exit code = read_product(cli, &product);
	if (code == CLI_GO_ON)
		code = cli_ask_all(cli, "courses", 0, &courses);
	if (code == CLI_GO_ON)
		code = cli_ask_all(cli, "products", 0, &products);
	if (code != CLI_GO_ON)
		return code;
	json_t *course = find(courses, "quarter", product % QUARTERS);
	json_t *listing = find(products, "product", product);
	cli_write_product(text, product);
	if (course == NULL && listing == NULL)
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_PRODUCT", "%s: there is no such "
				"product; see busbarctl product list", text);
	if (cli->json) {
		cli_print(cli, "ok",
			  json_pack("{s:I, s:s, s:o, s:o}", "product", (json_int_t)product,
				    "delivery", text, "course",
				    course == NULL ? json_null() : course, "listing",
				    listing == NULL ? json_null() : listing));
		return CLI_OK;
	}
	printf("%s (%u)\n", text, product);
	if (course != NULL)
		print_course(course);
	if (listing != NULL)
		print_listing(listing);
	return CLI_OK;
}
