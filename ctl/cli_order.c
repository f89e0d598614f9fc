/* cli_order - a participant trades from a shell: libbusbar's smallest program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_text.h"
#include "ctl/cli_trade.h"
#include "market/bb_command.h"

#define USAGE "that is no order; see busbarctl order --help and busbarctl(8)"

struct order_options {
	struct cli_trade trade;
	const char *product;
	const char *side;
	const char *until;
	const char *file;
	uint64_t id;
	uint32_t shown_wh;
	bool ioc;
	bool fok;
	bool aon;
	bool market;
	bool all;
};

/* What is sent: one order, or the legs of a basket. */
struct basket {
	struct bb_wire_order orders[BB_RECORDS_MAX];
	uint32_t count;
};

static bool
read_side(const char *text, uint8_t *side)
{
	*side = strcmp(text, "sell") == 0 ? BB_SELL : BB_BUY;
	return *side == BB_SELL || strcmp(text, "buy") == 0;
}

/* read_terms reads QUANTITY@PRICE, or a quantity alone where the price is the market's. */
static bool
read_terms(const char *text, bool at_market, struct bb_wire_order *order)
{
	char quantity[16];
	const size_t size = strcspn(text, "@");

	if (size >= sizeof(quantity) || (text[size] == '\0') != at_market)
		return false;
	memcpy(quantity, text, size);
	quantity[size] = '\0';
	return cli_read_u32(quantity, &order->quantity_wh) &&
	       (at_market || cli_read_i32(text + size + 1, &order->price));
}

/* read_type finds the one type that the options ask for. */
static bool
read_type(const struct order_options *given, struct bb_wire_order *order)
{
	uint64_t until_s = 0;
	const int types = given->ioc + given->fok + given->aon + given->market +
			  (given->until != NULL) + (given->shown_wh != 0);

	order->type = given->ioc ? BB_LIMIT_IOC
		      : given->fok ? BB_LIMIT_FOK
		      : given->aon ? BB_LIMIT_AON
		      : given->market ? BB_MARKET_LIMIT
		      : given->until != NULL ? BB_LIMIT_GTD
		      : given->shown_wh != 0 ? BB_LIMIT_ICEBERG
					     : BB_LIMIT_GTC;
	if (given->until != NULL &&
	    (!cli_read_time(given->until, &until_s) || until_s > UINT32_MAX))
		return false;
	order->shown_wh = given->until != NULL ? (uint32_t)until_s : given->shown_wh;
	return types <= 1;
}

static bool
is_plain(const struct order_options *given)
{
	return !given->ioc && !given->fok && !given->aon && !given->market && !given->all &&
	       given->until == NULL && given->shown_wh == 0 && given->product == NULL &&
	       given->side == NULL && given->id == 0;
}

static bool
read_new(char **words, uint32_t count, uint8_t action, const struct order_options *given,
	 struct bb_wire_order *order)
{
	order->action = action;
	order->order_id = given->id != 0 ? given->id : cli_clock_ns();
	return count == 3 && read_side(words[0], &order->side) &&
	       cli_read_product(words[1], &order->product) &&
	       read_terms(words[2], given->market, order) && read_type(given, order) &&
	       !given->all && given->product == NULL && given->side == NULL &&
	       (action == BB_WIRE_NEW || given->id != 0);
}

static bool
read_replace(const struct cli *cli, const struct order_options *given,
	     struct bb_wire_order *order)
{
	order->action = BB_WIRE_REPLACE;
	return cli->word_count == 3 && cli_read_u64(cli->words[1], &order->order_id) &&
	       read_terms(cli->words[2], false, order) && is_plain(given);
}

/* One order by its id, all of a product or a side of it, or all. */
static bool
read_cancel(const struct cli *cli, const struct order_options *given,
	    struct bb_wire_order *order)
{
	const int ways = (cli->word_count == 2) + (given->product != NULL) + given->all;
	struct order_options others = *given;

	others.product = NULL;
	others.side = NULL;
	others.all = false;
	if (ways != 1 || cli->word_count > 2 || !is_plain(&others) ||
	    (given->side != NULL && given->product == NULL))
		return false;
	order->action = BB_WIRE_CANCEL_ALL;
	if (given->all)
		return true;
	if (given->product != NULL) {
		order->action = given->side == NULL ? BB_WIRE_CANCEL_PRODUCT : BB_WIRE_CANCEL_SIDE;
		return cli_read_product(given->product, &order->product) &&
		       (given->side == NULL || read_side(given->side, &order->side));
	}
	order->action = BB_WIRE_CANCEL;
	return cli_read_u64(cli->words[1], &order->order_id);
}

static bool
read_order(const struct cli *cli, const struct order_options *given,
	   struct bb_wire_order *order)
{
	const char *verb = cli->words[0];

	if (strcmp(verb, "cancel") == 0)
		return read_cancel(cli, given, order);
	if (strcmp(verb, "replace") == 0)
		return read_replace(cli, given, order);
	if (strcmp(verb, "quote") == 0)
		return read_new(cli->words + 1, cli->word_count - 1, BB_WIRE_QUOTE, given, order);
	if (strcmp(verb, "kill") == 0) {
		order->action = BB_WIRE_KILL;
		return cli->word_count == 1 && is_plain(given);
	}
	if (strcmp(verb, "silence") == 0) {
		order->action = BB_WIRE_SILENCE;
		return cli->word_count == 2 && is_plain(given) &&
		       cli_read_u32(cli->words[1], &order->quantity_wh);
	}
	return read_new(cli->words, cli->word_count, BB_WIRE_NEW, given, order);
}

/* A leg a line: buy|sell PRODUCT WH@PRICE. */
static enum cli_exit
read_basket(struct cli *cli, const struct order_options *given, struct basket *basket)
{
	static const struct order_options plain = { 0 };
	char line[128];
	uint32_t number = 0;
	const uint64_t first_id = given->id != 0 ? given->id : cli_clock_ns();
	FILE *file = fopen(given->file, "re");

	if (file == NULL)
		return cli_fail_file(cli, cli_result_of_errno(), given->file);
	while (fgets(line, sizeof(line), file) != NULL) {
		char *words[3] = { NULL };
		char *rest = line;
		uint32_t count = 0;
		number++;
		for (char *word; (word = strtok_r(rest, " \t\r\n", &rest)) != NULL;)
			if (count++ < 3)
				words[count - 1] = word;
		if (count == 0 || words[0][0] == '#')
			continue;
		if (basket->count == BB_RECORDS_MAX) {
			fclose(file);
			return cli_fail(cli, CLI_USAGE, NULL, "%s: a basket has at most %u legs",
					given->file, BB_RECORDS_MAX);
		}
		struct bb_wire_order *order = &basket->orders[basket->count];
		if (count != 3 || !read_new(words, 3, BB_WIRE_NEW, &plain, order)) {
			fclose(file);
			return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s:%u: write buy|sell "
					"PRODUCT WH@PRICE; nothing was sent", given->file, number);
		}
		order->type = BB_BASKET_LEG;
		order->order_id = first_id + basket->count++;
	}
	fclose(file);
	for (uint32_t i = 0; i < basket->count; i++)
		basket->orders[i].shown_wh = basket->count - 1 - i; /* legs that follow */
	if (basket->count < 2)
		return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s: a basket has two legs at least",
				given->file);
	return CLI_GO_ON;
}

static enum cli_exit
read_all(struct cli *cli, const struct order_options *given, struct basket *basket)
{
	if (given->file != NULL) {
		struct order_options others = *given;

		others.id = 0;
		if (cli->word_count != 1 || strcmp(cli->words[0], "basket") != 0 ||
		    !is_plain(&others))
			return cli_fail(cli, CLI_USAGE, NULL, "write basket --file FILE [--id N]");
		return read_basket(cli, given, basket);
	}
	basket->count = 1;
	return read_order(cli, given, &basket->orders[0]) ? CLI_GO_ON
							  : cli_fail(cli, CLI_USAGE, NULL, USAGE);
}

static enum cli_exit
send(struct cli *cli, struct cli_trade *trade, const struct basket *basket)
{
	struct bb_client *client;

	enum cli_exit code = cli_trade_open(cli, trade, &client);
	if (code == CLI_GO_ON)
		code = cli_trade_await(trade, client,
				       bb_client_send(client, basket->orders, basket->count, 0,
						      &trade->sequence));
	bb_client_close(client);
	if (code != CLI_GO_ON)
		return code;
	json_t *object = json_object();
	if (basket->orders[0].order_id != 0)
		json_object_set_new(object, "order_id", cli_u64(basket->orders[0].order_id));
	return cli_trade_print(trade, object);
}

enum cli_exit
cli_order(struct cli *cli)
{
	static struct basket basket;
	struct order_options given = { 0 };
	struct cli_option options[] = {
		CLI_TRADE_OPTIONS(&given.trade),
		{ "ioc", NULL, "immediate or cancel: nothing rests", CLI_FLAG, &given.ioc },
		{ "fok", NULL, "fill or kill: as a whole, or not at all", CLI_FLAG, &given.fok },
		{ "aon", NULL, "all or none: as --fok, nothing rests", CLI_FLAG, &given.aon },
		{ "until", "TIME", "good till then: 2025-06-11T12:00Z", CLI_TEXT, &given.until },
		{ "shown", "WH", "iceberg: so much of it is seen at a time", CLI_U32,
		  &given.shown_wh, 1, UINT32_MAX },
		{ "market", NULL, "at the best price there is: write WH without @PRICE", CLI_FLAG,
		  &given.market },
		{ "file", "FILE", "basket: buy|sell PRODUCT WH@PRICE a line, all or nothing",
		  CLI_TEXT, &given.file },
		{ "id", "N", "own name of the order (default: the time in ns)", CLI_U64, &given.id,
		  1, UINT64_MAX },
		{ "product", "PRODUCT", "cancel: all of its orders", CLI_TEXT, &given.product },
		{ "side", "buy|sell", "cancel: only these of the product", CLI_TEXT, &given.side },
		{ "all", NULL, "cancel: all orders", CLI_FLAG, &given.all },
		{ 0 },
	};

	enum cli_exit code = cli_options(cli, options, 1, 4);
	if (code == CLI_GO_ON)
		code = read_all(cli, &given, &basket);
	return code == CLI_GO_ON ? send(cli, &given.trade, &basket) : code;
}
