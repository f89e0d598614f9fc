/* cli_product - what is traded: quarter-hours of delivery, their terms, their books. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/bb_control.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_operator.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_table.h"
#include "ctl/cli_text.h"

struct product_options {
	const char *start;
	const char *band;
	uint32_t zone;
	uint32_t count;
	struct bb_wire_product terms;
};

/* first_product finds what is added first: named as one word, or by zone and start. */
static enum cli_exit
first_product(struct cli *cli, const struct product_options *given, bool zone_given,
	      uint32_t *product)
{
	uint64_t start_s;

	if (cli->word_count == 1) {
		if (given->start != NULL || zone_given)
			return cli_fail(cli, CLI_USAGE, NULL, "write either PRODUCT or --zone and "
					"--start");
		if (cli_read_product(cli->words[0], product))
			return CLI_GO_ON;
		return cli_fail(cli, CLI_USAGE, NULL, "%s: no product; write ZONE:TIME, as in "
				"1:2025-06-11T12:00Z, or its number", cli->words[0]);
	}
	if (given->start == NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "write PRODUCT, or --zone and --start");
	if (!cli_read_time(given->start, &start_s) ||
	    !cli_product_of(given->zone, start_s, product))
		return cli_fail(cli, CLI_USAGE, NULL, "--start %s: no start of a quarter-hour; "
				"write it as 2025-06-11T00:15Z", given->start);
	return CLI_GO_ON;
}

static enum cli_exit
add_products(struct cli *cli, const struct product_options *given, uint32_t first)
{
	struct bb_wire_operation *operations = calloc(given->count, sizeof(*operations));

	if (operations == NULL)
		return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left; add fewer at once");
	/* The number of the next quarter-hour is one more; it must not run into the zone. */
	if ((first & 0xffffffu) + (uint64_t)given->count > 1u << 24)
		return cli_fail(cli, CLI_USAGE, NULL, "--count %u goes beyond the last "
				"quarter-hour; add fewer", given->count);
	for (uint32_t i = 0; i < given->count; i++) {
		operations[i].op = BB_WIRE_PRODUCT_ADD;
		operations[i].product = given->terms;
		operations[i].product.product = first + i;
	}
	return cli_operate(cli, operations, given->count);
}

enum cli_exit
cli_product_add(struct cli *cli)
{
	struct product_options given = { .zone = 1, .count = 1 };
	struct cli_option options[] = {
		{ "zone", "Z", "delivery zone (1)", CLI_U32, &given.zone, 0, CLI_ZONE_MAX },
		{ "start", "TIME", "delivery start, UTC: 2025-06-11T00:00Z", CLI_TEXT,
		  &given.start },
		{ "count", "N", "so many quarter-hours from there (1)", CLI_U32, &given.count, 1,
		  BB_PRODUCTS_MAX },
		{ "band", "MIN:MAX", "lowest and highest price, nano-currency per Wh", CLI_TEXT,
		  &given.band },
		{ "tick", "T", "prices are multiples of it", CLI_U32, &given.terms.tick, 1,
		  UINT32_MAX },
		{ "lot", "WH", "quantities are multiples of it", CLI_U32, &given.terms.lot_wh, 1,
		  UINT32_MAX },
		{ "max", "WH", "largest quantity of an order", CLI_U32,
		  &given.terms.quantity_max_wh, 1, UINT32_MAX },
		{ 0 },
	};
	enum { ZONE, BAND = 3, TICK, LOT, MOST };
	uint32_t first;

	enum cli_exit code = cli_options(cli, options, 0, 1);
	if (code != CLI_GO_ON)
		return code;
	if (!options[BAND].given || !options[TICK].given || !options[LOT].given ||
	    !options[MOST].given)
		return cli_fail(cli, CLI_USAGE, NULL, "the terms are missing; write --band MIN:MAX "
				"--tick T --lot WH --max WH");
	if (!cli_read_band(given.band, &given.terms.price_min, &given.terms.price_max))
		return cli_fail(cli, CLI_USAGE, NULL, "--band %s: write two prices, as in "
				"-500000:4000000", given.band);
	code = first_product(cli, &given, options[ZONE].given, &first);
	return code == CLI_GO_ON ? add_products(cli, &given, first) : code;
}

static void
print_products(const json_t *products)
{
	struct cli_table table = { .titles = { ">product", "delivery", ">lowest", ">highest",
					       ">tick", ">lot", ">at most", ">orders", ">trades",
					       ">traded Wh", ">last price" } };
	size_t index;
	json_t *product;

	json_array_foreach(products, index, product) {
		char text[CLI_PRODUCT_SIZE];
		cli_write_product(text, (uint32_t)cli_number(product, "product"));
		cli_cell(&table, "%lld", cli_number(product, "product"));
		cli_cell(&table, "%s", text);
		cli_cell(&table, "%lld", cli_number(product, "price_min"));
		cli_cell(&table, "%lld", cli_number(product, "price_max"));
		cli_cell(&table, "%lld", cli_number(product, "tick"));
		cli_cell(&table, "%lld", cli_number(product, "lot_wh"));
		cli_cell(&table, "%lld", cli_number(product, "quantity_max_wh"));
		cli_cell(&table, "%lld", cli_number(product, "orders_live"));
		cli_cell_number(&table, (uint64_t)cli_number(product, "trades"));
		cli_cell_number(&table, (uint64_t)cli_number(product, "traded_wh"));
		if (cli_number(product, "trades") > 0)
			cli_cell(&table, "%lld", cli_number(product, "last_price"));
		else
			cli_cell(&table, "-");
	}
	cli_table_print(&table);
}

/* So that nobody who reads the JSON has to take a product's number apart. */
static void
add_delivery(json_t *object, uint32_t product)
{
	char text[CLI_PRODUCT_SIZE];

	cli_write_product(text, product);
	json_object_set_new(object, "delivery", json_string(text));
}

enum cli_exit
cli_product_list(struct cli *cli)
{
	struct cli_option options[] = { { 0 } };
	json_t *products;
	size_t index;
	json_t *product;

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_ask_all(cli, "products", 0, &products);
	if (code != CLI_GO_ON)
		return code;
	if (!cli->json) {
		print_products(products);
		return CLI_OK;
	}
	json_array_foreach(products, index, product)
		add_delivery(product, (uint32_t)cli_number(product, "product"));
	cli_print(cli, "ok", json_pack("{s:o}", "products", products));
	return CLI_OK;
}

static void
print_book(const json_t *book)
{
	struct cli_table table = { .titles = { ">orders", ">buy Wh", ">price", ">price", ">sell Wh",
					       ">orders" } };
	const json_t *buys = json_object_get(book, "buys");
	const json_t *sells = json_object_get(book, "sells");
	char text[CLI_PRODUCT_SIZE];

	cli_write_product(text, (uint32_t)cli_number(book, "product"));
	printf("%s (%lld)\n", text, cli_number(book, "product"));
	for (size_t i = 0; i < json_array_size(buys) || i < json_array_size(sells); i++) {
		const json_t *buy = json_array_get(buys, i);
		const json_t *sell = json_array_get(sells, i);
		if (buy == NULL) {
			cli_cell(&table, "%s", "");
			cli_cell(&table, "%s", "");
			cli_cell(&table, "%s", "");
		} else {
			cli_cell(&table, "%lld", cli_number(buy, "orders"));
			cli_cell_number(&table, (uint64_t)cli_number(buy, "quantity_wh"));
			cli_cell(&table, "%lld", cli_number(buy, "price"));
		}
		if (sell == NULL) {
			cli_cell(&table, "%s", "");
			cli_cell(&table, "%s", "");
			cli_cell(&table, "%s", "");
		} else {
			cli_cell(&table, "%lld", cli_number(sell, "price"));
			cli_cell_number(&table, (uint64_t)cli_number(sell, "quantity_wh"));
			cli_cell(&table, "%lld", cli_number(sell, "orders"));
		}
	}
	cli_table_print(&table);
}

enum cli_exit
cli_book_show(struct cli *cli)
{
	uint32_t depth = 10;
	struct cli_option options[] = {
		{ "depth", "N", "prices a side, best first (10)", CLI_U32, &depth, 1,
		  BB_CONTROL_DEPTH_MAX },
		{ 0 },
	};
	uint32_t product;
	json_t *book;

	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code != CLI_GO_ON)
		return code;
	if (!cli_read_product(cli->words[0], &product))
		return cli_fail(cli, CLI_USAGE, NULL, "%s: no product; write ZONE:TIME, as in "
				"1:2025-06-11T12:00Z, or its number", cli->words[0]);
	code = cli_ask(cli, json_pack("{s:s, s:I, s:I}", "command", "book", "product",
				      (json_int_t)product, "depth", (json_int_t)depth), &book);
	if (code != CLI_GO_ON)
		return code;
	if (!cli->json) {
		print_book(book);
		return CLI_OK;
	}
	json_object_del(book, "ok");
	add_delivery(book, product);
	cli_print(cli, "ok", book);
	return CLI_OK;
}
