/* cli_market - an auction offline, for operators and auditors: a book in, prices, fills and
 * contracts out, schema busbar.clearing/1. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/cli_auction.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_table.h"

#define SCHEMA       "busbar.clearing/1"
#define INTEGER_SIZE 48u /* 128 bits, a sign, a zero */

static void
write_integer(char text[INTEGER_SIZE], __int128 value)
{
	const bool negative = value < 0;
	unsigned __int128 left = negative ? -(unsigned __int128)value : (unsigned __int128)value;
	char digits[INTEGER_SIZE];
	uint32_t count = 0;

	do {
		digits[count++] = (char)('0' + (int)(left % 10));
		left /= 10;
	} while (left > 0);
	if (negative)
		*text++ = '-';
	while (count > 0)
		*text++ = digits[--count];
	*text = '\0';
}

/* json_of is an integer where JSON can hold it, else a string of digits. */
static json_t *
json_of(__int128 value)
{
	char text[INTEGER_SIZE];

	if (value >= INT64_MIN && value <= INT64_MAX)
		return json_integer((json_int_t)value);
	write_integer(text, value);
	return json_string(text);
}

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

static json_t *
pairs_of(const struct cli_auction *auction)
{
	json_t *pairs = json_array();
	struct contract contract;
	uint32_t at = 0;
	bool half = false;

	while (next_contract(auction, &at, &half, &contract))
		json_array_append_new(pairs, json_pack(
			"{s:s, s:s, s:I, s:I, s:I, s:i}", "sell", contract.sell, "buy",
			contract.buy, "qty", (json_int_t)contract.quantity, "price_sell",
			(json_int_t)contract.pair->price_sell, "price_buy",
			(json_int_t)contract.pair->price_buy, "degree", contract.pair->degree));
	return pairs;
}

static void
print_json(struct cli *cli, const struct cli_auction *auction)
{
	const struct cli_book *book = auction->book;
	json_t *flows = json_array();
	json_t *fills = json_object();

	for (uint32_t i = 0; i < book->line_count; i++)
		json_array_append_new(flows, json_integer(auction->clearing.flow_wh[i]));
	for (uint32_t i = 0; i < book->order_count; i++)
		json_object_set_new(fills, book->orders[i].id,
				    json_integer((json_int_t)auction->filled[i]));
	json_t *whole = json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:s}", "schema", SCHEMA,
				  "quantity", (json_int_t)auction->quantity, "zones",
				  zones_of(auction), "flows", flows, "fills", fills, "pairs",
				  pairs_of(auction), "welfare", json_of(auction->welfare),
				  "certificate", bb_certificate_text(BB_CERTIFIED));
	json_dumpf(whole, stdout, JSON_COMPACT);
	putchar('\n');
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
	char welfare[INTEGER_SIZE];

	write_integer(welfare, auction->welfare);
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
	struct cli_option options[] = { { 0 } };
	struct cli_book *book = malloc(sizeof(*book));
	struct cli_auction *auction = malloc(sizeof(*auction));

	if (book == NULL || auction == NULL)
		return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left");
	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code == CLI_GO_ON)
		code = cli_book_read(cli, cli->words[0], book);
	if (code == CLI_GO_ON)
		code = cli_auction_clear(cli, book, auction);
	if (code != CLI_GO_ON)
		return code;
	if (cli->json)
		print_json(cli, auction);
	else
		print_tables(auction);
	return CLI_OK;
}
