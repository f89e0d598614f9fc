/* cli_market - an auction offline, for operators and auditors: a book in, prices, fills and
 * contracts out, schema busbar.clearing/1; or what trades by matching degree first. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cli_auction.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_matching.h"
#include "ctl/cli_room.h"
#include "ctl/cli_table.h"
#include "ctl/cli_write.h"

#define SCHEMA "busbar.clearing/1"

/* node_of_zone returns the node whose price is called the zone's: that of the buys which
 * accept most, where the zone has several. */
static uint32_t
node_of_zone(const struct cli_auction *auction, uint32_t zone)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < auction->origin.node_count; i++) {
		const struct bb_origin_node *node = &auction->origin.nodes[i];
		if (node->zone != zone || (node->part && node->side == BB_SELL))
			continue;
		if (best == UINT32_MAX ||
		    __builtin_popcount(node->sources) >
			    __builtin_popcount(auction->origin.nodes[best].sources))
			best = i;
	}
	return best;
}

static bool
trades(const struct cli_auction *auction, uint32_t node)
{
	return auction->sold[node] > 0 || auction->bought[node] > 0;
}

static int64_t
net_export(const struct cli_auction *auction, uint32_t zone)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < auction->origin.node_count; i++)
		if (auction->origin.nodes[i].zone == zone)
			sum += (int64_t)auction->sold[i] - (int64_t)auction->bought[i];
	return sum;
}

static json_t *
prices_of(const struct cli_auction *auction, uint32_t node)
{
	const struct bb_node_result *result = &auction->clearing.nodes[node];
	json_t *object = json_pack("{s:I, s:I}", "lo", (json_int_t)result->lo, "hi",
				   (json_int_t)result->hi);

	json_object_set_new(object, "price", trades(auction, node) ? json_integer(result->price)
								    : json_null());
	return object;
}

/* classes_of lists the nodes of a zone that has several. */
static json_t *
classes_of(const struct cli_auction *auction, uint32_t zone)
{
	json_t *classes = json_array();

	for (uint32_t i = 0; i < auction->origin.node_count; i++) {
		const struct bb_origin_node *node = &auction->origin.nodes[i];
		if (node->zone != zone || !node->part)
			continue;
		json_t *object = prices_of(auction, i);
		json_object_set_new(object, "side",
				    json_string(node->side == BB_SELL ? "sell" : "buy"));
		json_object_set_new(object, "sources", json_integer(node->sources));
		json_array_append_new(classes, object);
	}
	return classes;
}

static json_t *
zones_of(const struct cli_auction *auction)
{
	json_t *zones = json_object();

	for (uint32_t i = 0; i < auction->book->zone_count; i++) {
		const uint32_t node = node_of_zone(auction, i);
		json_t *object = prices_of(auction, node);
		json_object_set_new(object, "net_export",
				    json_integer(net_export(auction, i)));
		if (auction->origin.nodes[node].part)
			json_object_set_new(object, "classes", classes_of(auction, i));
		json_object_set_new(zones, auction->book->zones[i], object);
	}
	return zones;
}

/* A row of the table of contracts. */
struct contract {
	const char *sell;
	const char *buy;
	uint64_t quantity;
	const struct bb_pair *pair;
};

/* next_contract takes pairs of the same two orders, which differ in their path alone, as
 * one; a pair that may not be made is two contracts with the market, and *half says that
 * the second is to come. */
static bool
next_contract(const struct cli_auction *auction, uint32_t *at, bool *half,
	      struct contract *contract)
{
	const struct bb_pairing *pairing = auction->pairing;
	const struct bb_pair *pair = &pairing->pairs[*at];
	uint32_t end = *at;

	if (*at == pairing->pair_count)
		return false;
	*contract = (struct contract){
		.sell = auction->book->orders[pair->sell].id,
		.buy = auction->book->orders[pair->buy].id,
		.pair = pair,
	};
	for (; end < pairing->pair_count && pairing->pairs[end].sell == pair->sell &&
	       pairing->pairs[end].buy == pair->buy; end++) {
		contract->quantity += pairing->pairs[end].quantity_wh;
		if (pairing->pairs[end].degree > contract->pair->degree)
			contract->pair = &pairing->pairs[end];
	}
	if (contract->pair->degree == BB_DEGREE_VETO && !*half) {
		contract->buy = CLI_BOOK_MARKET;
		*half = true;
		return true;
	}
	if (contract->pair->degree == BB_DEGREE_VETO)
		contract->sell = CLI_BOOK_MARKET;
	*half = false;
	*at = end;
	return true;
}

static void
write_pairs(const struct cli_auction *auction)
{
	struct contract contract;
	const char *before = "";
	uint32_t at = 0;
	bool half = false;

	for (; next_contract(auction, &at, &half, &contract); before = ",") {
		printf("%s{\"sell\":", before);
		cli_write_name(contract.sell);
		fputs(",\"buy\":", stdout);
		cli_write_name(contract.buy);
		printf(",\"qty\":%" PRIu64 ",\"price_sell\":%" PRId64 ",\"price_buy\":%" PRId64
		       ",\"degree\":%" PRId32 "}", contract.quantity, contract.pair->price_sell,
		       contract.pair->price_buy, contract.pair->degree);
	}
}

static void
print_json(struct cli *cli, const struct cli_auction *auction)
{
	const struct cli_book *book = auction->book;
	json_t *zones = zones_of(auction);

	printf("{\"schema\":\"" SCHEMA "\",\"quantity\":%" PRIu64 ",\"zones\":",
	       auction->quantity);
	json_dumpf(zones, stdout, JSON_COMPACT);
	fputs(",\"flows\":[", stdout);
	for (uint32_t i = 0; i < book->line_count; i++)
		printf("%s%" PRId64, i == 0 ? "" : ",", auction->clearing.flow_wh[i]);
	fputs("],\"fills\":{", stdout);
	for (uint32_t i = 0; i < book->order_count; i++) {
		fputs(i == 0 ? "" : ",", stdout);
		cli_write_name(book->orders[i].id);
		printf(":%" PRIu64, auction->filled[i]);
	}
	fputs("},\"pairs\":[", stdout);
	write_pairs(auction);
	fputs("],\"welfare\":", stdout);
	cli_write_wide(auction->welfare);
	printf(",\"certificate\":\"%s\"}\n", bb_certificate_text(BB_CERTIFIED));
	cli->printed = true;
}

/* sources_text names the sources of a node that is a part of its zone. */
static void
sources_text(char text[64], const struct bb_origin_node *node)
{
	size_t used = (size_t)snprintf(text, 64, "%s", node->side == BB_SELL ? "sold" : "bought");

	for (uint32_t i = 0; i < BB_SOURCES; i++)
		if ((node->sources >> i & 1) != 0)
			used += (size_t)snprintf(text + used, 64 - used, " %" PRIu32, i);
}

static void
print_zones(const struct cli_auction *auction)
{
	struct cli_table table = { .titles = { "zone", "sources", ">price", ">lowest", ">highest",
					       ">sold", ">bought" } };

	for (uint32_t i = 0; i < auction->origin.node_count; i++) {
		const struct bb_origin_node *node = &auction->origin.nodes[i];
		const struct bb_node_result *result = &auction->clearing.nodes[i];
		char text[64] = "all";
		if (node->part)
			sources_text(text, node);
		cli_cell(&table, "%s", auction->book->zones[node->zone]);
		cli_cell(&table, "%s", text);
		if (trades(auction, i))
			cli_cell(&table, "%" PRId64, result->price);
		else
			cli_cell(&table, "-");
		cli_cell(&table, "%" PRId64, result->lo);
		cli_cell(&table, "%" PRId64, result->hi);
		cli_cell_number(&table, auction->sold[i]);
		cli_cell_number(&table, auction->bought[i]);
	}
	cli_table_print(&table);
}

static void
print_lines(const struct cli_auction *auction)
{
	struct cli_table table = { .titles = { "line", "", ">flow", ">room", ">room back",
					       ">fee" } };

	for (uint32_t i = 0; i < auction->book->line_count; i++) {
		const struct bb_line *line = &auction->book->lines[i];
		cli_cell(&table, "%s", auction->book->zones[line->from]);
		cli_cell(&table, "%s", auction->book->zones[line->to]);
		cli_cell(&table, "%" PRId64, auction->clearing.flow_wh[i]);
		cli_cell_number(&table, line->capacity_wh);
		cli_cell_number(&table, line->capacity_reverse_wh);
		cli_cell(&table, "%" PRId64, line->fee);
	}
	cli_table_print(&table);
}

static void
print_orders(const struct cli_auction *auction)
{
	struct cli_table table = { .titles = { "order", "side", ">limit", ">quantity",
					       ">filled" } };

	for (uint32_t i = 0; i < auction->book->order_count; i++) {
		const struct cli_book_order *order = &auction->book->orders[i];
		cli_cell(&table, "%s", order->id);
		cli_cell(&table, "%s", order->side == BB_SELL ? "sell" : "buy");
		cli_cell(&table, "%" PRId64, order->price);
		cli_cell_number(&table, order->quantity);
		cli_cell_number(&table, auction->filled[i]);
	}
	cli_table_print(&table);
}

static void
print_pairs(const struct cli_auction *auction)
{
	struct cli_table table = { .titles = { "seller's", "buyer's", ">quantity", ">seller gets",
					       ">buyer pays", ">degree" } };
	struct contract contract;
	uint32_t at = 0;
	bool half = false;

	while (next_contract(auction, &at, &half, &contract)) {
		cli_cell(&table, "%s", contract.sell);
		cli_cell(&table, "%s", contract.buy);
		cli_cell_number(&table, contract.quantity);
		cli_cell(&table, "%" PRId64, contract.pair->price_sell);
		cli_cell(&table, "%" PRId64, contract.pair->price_buy);
		if (contract.pair->degree == BB_DEGREE_VETO)
			cli_cell(&table, "-");
		else
			cli_cell(&table, "%" PRId32, contract.pair->degree);
	}
	cli_table_print(&table);
}

static void
print_tables(const struct cli_auction *auction)
{
	char welfare[CLI_WIDE_SIZE];

	cli_wide_text(welfare, auction->welfare);
	print_zones(auction);
	if (auction->book->line_count > 0) {
		putchar('\n');
		print_lines(auction);
	}
	putchar('\n');
	print_orders(auction);
	if (auction->pairing->pair_count > 0) {
		putchar('\n');
		print_pairs(auction);
	}
	printf("\nquantity %" PRIu64 ", welfare %s, certificate %s\n", auction->quantity, welfare,
	       bb_certificate_text(BB_CERTIFIED));
}

enum cli_exit
cli_market_clear(struct cli *cli)
{
	const char *mode = "exact";
	const char *degree = "surplus";
	struct cli_option options[] = {
		{ "mode", "MODE", "exact; or md-first: by matching degree, to compare (exact)",
		  CLI_TEXT, &mode },
		{ "degree", "RULE", "price part of the degree: surplus, or closeness (surplus)",
		  CLI_TEXT, &degree },
		{ 0 },
	};
	struct cli_book *book = malloc(sizeof(*book));
	struct cli_auction *auction = malloc(sizeof(*auction));

	if (book == NULL || auction == NULL)
		return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left");
	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code != CLI_GO_ON)
		return code;
	const bool first = strcmp(mode, "md-first") == 0;
	const bool closeness = strcmp(degree, "closeness") == 0;
	if (!first && strcmp(mode, "exact") != 0)
		return cli_fail(cli, CLI_USAGE, NULL, "--mode %s: write exact or md-first", mode);
	if (!closeness && strcmp(degree, "surplus") != 0)
		return cli_fail(cli, CLI_USAGE, NULL, "--degree %s: write surplus or closeness",
				degree);
	cli_room_json();
	code = cli_book_read(cli, cli->words[0], book);
	if (code == CLI_GO_ON && first)
		return cli_matching_run(cli, book, closeness);
	if (code == CLI_GO_ON)
		code = cli_auction_clear(cli, book, closeness, auction);
	if (code != CLI_GO_ON)
		return code;
	if (cli->json)
		print_json(cli, auction);
	else
		print_tables(auction);
	return CLI_OK;
}
