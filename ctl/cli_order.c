/* cli_order - a participant trades from a shell: libbusbar's smallest program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/bb_client.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_report.h"
#include "ctl/cli_text.h"
#include "ctl/cli_venue.h"
#include "market/bb_command.h"
#include "market/bb_event.h"
#include "wire/bb_keyfile.h"

struct order_options {
	const char *venue;
	const char *key;
	const char *product;
	uint32_t participant;
	uint64_t id;
	bool ioc;
	bool all;
};

/* What came back for the one packet. */
struct told {
	struct cli *cli;
	uint64_t sequence; /* of the packet; 0 before it is sent */
	uint64_t height;
	uint64_t number;
	uint16_t refused; /* the first refusal */
	json_t *events;
};

static void
hear(void *context, const struct bb_client_answer *answer)
{
	struct told *told = context;
	const struct bb_report *report = &answer->report;
	const bool final = report->kind == BB_REPORT_ANSWER ||
			   (report->kind == BB_REPORT_REFUSAL &&
			    answer->records[0].result != BB_ERR_BUSY &&
			    answer->records[0].result != BB_ERR_RATE);

	if (!final || report->sequence != told->sequence)
		return;
	told->height = report->height;
	told->number = report->number;
	for (uint32_t i = 0; i < report->record_count; i++) {
		struct bb_report_record record = answer->records[i];
		char text[CLI_EVENT_TEXT];
		if (report->kind == BB_REPORT_REFUSAL)
			record.event = BB_EVENT_REFUSED;
		if (record.event == BB_EVENT_REFUSED && told->refused == BB_OK)
			told->refused = record.result;
		json_array_append_new(told->events, cli_event_json(&record));
		cli_event_text(text, &record);
		if (!told->cli->json)
			printf("%s\n", text);
	}
}

/* read_terms reads QUANTITY@PRICE. */
static bool
read_terms(const char *text, struct bb_wire_order *order)
{
	char quantity[16];
	const size_t size = strcspn(text, "@");

	if (text[size] != '@' || size >= sizeof(quantity))
		return false;
	memcpy(quantity, text, size);
	quantity[size] = '\0';
	return cli_read_u32(quantity, &order->quantity_wh) &&
	       cli_read_i32(text + size + 1, &order->price);
}

static bool
read_new(const struct cli *cli, const struct order_options *given, struct bb_wire_order *order)
{
	const bool sells = strcmp(cli->words[0], "sell") == 0;

	order->action = BB_WIRE_NEW;
	order->side = sells ? BB_SELL : BB_BUY;
	order->type = given->ioc ? BB_LIMIT_IOC : BB_LIMIT_GTC;
	order->order_id = given->id != 0 ? given->id : cli_clock_ns();
	return (sells || strcmp(cli->words[0], "buy") == 0) && cli->word_count == 3 &&
	       cli_read_product(cli->words[1], &order->product) &&
	       read_terms(cli->words[2], order) && !given->all && given->product == NULL;
}

static bool
read_replace(const struct cli *cli, const struct order_options *given,
	     struct bb_wire_order *order)
{
	order->action = BB_WIRE_REPLACE;
	return cli->word_count == 3 && cli_read_u64(cli->words[1], &order->order_id) &&
	       read_terms(cli->words[2], order) && !given->all && given->product == NULL &&
	       !given->ioc && given->id == 0;
}

/* One order by its id, all of a product, or all. */
static bool
read_cancel(const struct cli *cli, const struct order_options *given,
	    struct bb_wire_order *order)
{
	const int ways = (cli->word_count == 2) + (given->product != NULL) + given->all;

	if (ways != 1 || cli->word_count > 2 || given->ioc || given->id != 0)
		return false;
	order->action = BB_WIRE_CANCEL_ALL;
	if (given->all)
		return true;
	if (given->product != NULL) {
		order->action = BB_WIRE_CANCEL_PRODUCT;
		return cli_read_product(given->product, &order->product);
	}
	order->action = BB_WIRE_CANCEL;
	return cli_read_u64(cli->words[1], &order->order_id);
}

static bool
read_order(const struct cli *cli, const struct order_options *given,
	   struct bb_wire_order *order)
{
	*order = (struct bb_wire_order){ 0 };
	if (strcmp(cli->words[0], "cancel") == 0)
		return read_cancel(cli, given, order);
	if (strcmp(cli->words[0], "replace") == 0)
		return read_replace(cli, given, order);
	return read_new(cli, given, order);
}

static enum cli_exit
no_answer(struct cli *cli, const struct cli_venue *venue, const struct order_options *given)
{
	return cli_fail(cli, CLI_UNREACHABLE, NULL,
			"no answer from %s port %u in %llu s; see that it can be reached, and that "
			"the operator has added participant %u with this key", venue->at.host,
			venue->at.udp_port,
			(unsigned long long)(cli->timeout_ns / 1000000000u),
			given->participant);
}

static enum cli_exit
open_client(struct cli *cli, const struct order_options *given, const struct cli_venue *venue,
	    struct told *told, struct bb_client **client)
{
	struct bb_identity identity;
	enum bb_result result = bb_keyfile_read(given->key, &identity);

	if (result != BB_OK)
		return cli_fail_file(cli, result, given->key);
	result = bb_client_open(client, &venue->at, given->participant, &identity, hear, told);
	const int why = errno;
	bb_identity_wipe(&identity);
	if (result == BB_ERR_KEY)
		return cli_fail(cli, CLI_USAGE, "ERR_KEY", "venue.json holds no usable key; get it "
				"anew from the operator");
	if (result != BB_OK)
		return cli_fail(cli, CLI_UNREACHABLE, NULL, "%s: %s; see that it can be reached",
				venue->at.host, strerror(why));
	return CLI_GO_ON;
}

static enum cli_exit
trade(struct cli *cli, const struct order_options *given, const struct cli_venue *venue,
      const struct bb_wire_order *order, struct told *told)
{
	struct bb_client *client;

	enum cli_exit code = open_client(cli, given, venue, told, &client);
	if (code != CLI_GO_ON)
		return code;
	/* Numbers that were used before would be answered with what they did then. */
	enum bb_result result = bb_client_resume(client, cli->timeout_ns);
	if (result == BB_OK)
		result = bb_client_send(client, order, 1, 0, &told->sequence);
	if (result == BB_OK)
		result = bb_client_wait(client, told->sequence, cli->timeout_ns);
	bb_client_close(client);
	if (result == BB_ERR_BUSY)
		return no_answer(cli, venue, given);
	if (result != BB_OK)
		return cli_fail(cli, CLI_UNHEALTHY, bb_result_name(result),
				"the venue refuses: %s; ask the operator", bb_result_text(result));
	return CLI_GO_ON;
}

static enum cli_exit
print_told(struct cli *cli, const struct order_options *given, const struct told *told,
	   const struct bb_wire_order *order)
{
	const enum bb_result refused = (enum bb_result)told->refused;

	if (cli->json) {
		json_t *object = json_pack("{s:I, s:o, s:o, s:o, s:O}", "participant",
					   (json_int_t)given->participant, "sequence",
					   cli_u64(told->sequence), "height",
					   cli_u64(told->height), "number", cli_u64(told->number),
					   "events", told->events);
		if (order->order_id != 0)
			json_object_set_new(object, "order_id", cli_u64(order->order_id));
		cli_print(cli, refused == BB_OK ? "ok" : bb_result_name(refused), object);
	} else if (told->height > 0) {
		printf("durable in block %llu as input %llu\n", (unsigned long long)told->height,
		       (unsigned long long)told->number);
	}
	return refused == BB_OK ? CLI_OK : CLI_UNHEALTHY;
}

enum cli_exit
cli_order(struct cli *cli)
{
	struct order_options given = { 0 };
	struct cli_option options[] = {
		{ "venue", "FILE", "venue.json of the operator (default: in the folder)", CLI_TEXT,
		  &given.venue },
		{ "participant", "N", "who trades", CLI_U32, &given.participant, 1,
		  BB_PARTICIPANTS_MAX },
		{ "key", "FILE", "its secret key, of busbarctl key new", CLI_TEXT, &given.key },
		{ "ioc", NULL, "immediate or cancel: nothing rests", CLI_FLAG, &given.ioc },
		{ "id", "N", "own name of the order (default: the time in ns)", CLI_U64, &given.id,
		  1, UINT64_MAX },
		{ "product", "PRODUCT", "cancel: all of its orders", CLI_TEXT, &given.product },
		{ "all", NULL, "cancel: all orders", CLI_FLAG, &given.all },
		{ 0 },
	};
	struct told told = { .cli = cli, .events = json_array() };
	struct cli_venue venue;
	struct bb_wire_order order;

	enum cli_exit code = cli_options(cli, options, 1, 3);
	if (code != CLI_GO_ON)
		return code;
	if (given.participant == 0 || given.key == NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "write --participant N and --key FILE");
	if (!read_order(cli, &given, &order))
		return cli_fail(cli, CLI_USAGE, NULL,
				"that is no order; write buy|sell PRODUCT WH@PRICE [--ioc] "
				"[--id N], replace ID WH@PRICE, or cancel ID|--product PRODUCT|"
				"--all");
	code = cli_venue_read(cli, given.venue, &venue);
	if (code == CLI_GO_ON)
		code = trade(cli, &given, &venue, &order, &told);
	if (code == CLI_GO_ON)
		code = print_told(cli, &given, &told, &order);
	json_decref(told.events);
	return code;
}
