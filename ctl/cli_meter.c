/* cli_meter - readings, signed by the meter operator; and disputes about what came of them. */
#include <stdio.h>
#include <string.h>

#include "base/bb_bytes.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_operator.h"
#include "ctl/cli_text.h"
#include "ctl/cli_trade.h"
#include "wire/bb_hash.h"

#define LINE_SIZE 128

struct readings {
	struct bb_wire_meter meters[BB_RECORDS_MAX];
	uint32_t count;
};

/* A signed number of Wh: 63 bits and a sign. */
static bool
read_wh(const char *text, int64_t *wh)
{
	const bool negative = text[0] == '-';
	uint64_t value;

	if (!cli_read_u64(text + negative, &value) || value > INT64_MAX)
		return false;
	*wh = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static bool
read_reading(char **words, uint32_t count, struct bb_wire_meter *meter)
{
	uint32_t flags[2] = { 0, 0 };

	*meter = (struct bb_wire_meter){ 0 };
	if (count < 3 || count > 5 || !cli_read_u32(words[0], &meter->participant) ||
	    !cli_read_product(words[1], &meter->product) || !read_wh(words[2], &meter->injected_wh))
		return false;
	for (uint32_t i = 3; i < count; i++)
		if (!cli_read_u32(words[i], &flags[i - 3]) || flags[i - 3] > 1)
			return false;
	meter->quality = (uint8_t)flags[0];
	meter->correction = (uint8_t)flags[1];
	return true;
}

static enum cli_exit
send_readings(struct cli_trade *trade, struct bb_client *client, struct readings *readings)
{
	if (readings->count == 0)
		return CLI_GO_ON;

	const enum cli_exit code = cli_trade_await(
		trade, client, bb_client_send_meters(client, readings->meters, readings->count, 0,
						     &trade->sequence));
	readings->count = 0;
	return code;
}

/* Lines ID,PRODUCT,WH[,QUALITY[,CORRECTION]], 42 to a packet; the whole file is read once
 * before anything is sent, so that a mistake in it sends nothing. */
static enum cli_exit
walk_file(struct cli *cli, FILE *file, const char *name, struct cli_trade *trade,
	  struct bb_client *client)
{
	struct readings readings = { .count = 0 };
	char line[LINE_SIZE];
	uint32_t number = 0;
	enum cli_exit code = CLI_GO_ON;

	while (code == CLI_GO_ON && fgets(line, sizeof(line), file) != NULL) {
		char *words[5];
		char *rest = line;
		uint32_t count = 0;
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		for (char *word; (word = strsep(&rest, ",")) != NULL; count++)
			if (count < 5)
				words[count] = word;
		if (!read_reading(words, count, &readings.meters[readings.count]))
			return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s:%u: write ID,PRODUCT,WH"
					"[,QUALITY[,CORRECTION]]; nothing was sent", name, number);
		readings.count++;
		if (readings.count < BB_RECORDS_MAX)
			continue;
		if (client == NULL)
			readings.count = 0;
		else
			code = send_readings(trade, client, &readings);
	}
	return code == CLI_GO_ON && client != NULL ? send_readings(trade, client, &readings) : code;
}

static enum cli_exit
send_file(struct cli *cli, struct cli_trade *trade, const char *name)
{
	struct bb_client *client = NULL;
	FILE *file = fopen(name, "re");

	if (file == NULL)
		return cli_fail_file(cli, cli_result_of_errno(), name);
	enum cli_exit code = walk_file(cli, file, name, trade, NULL);
	rewind(file);
	if (code == CLI_GO_ON)
		code = cli_trade_open(cli, trade, &client);
	if (code == CLI_GO_ON)
		code = walk_file(cli, file, name, trade, client);
	bb_client_close(client);
	fclose(file);
	return code;
}

static enum cli_exit
send_one(struct cli *cli, struct cli_trade *trade, bool correction)
{
	struct readings readings = { .count = 1 };
	struct bb_client *client = NULL;

	if (!read_reading(cli->words, cli->word_count, &readings.meters[0]))
		return cli_fail(cli, CLI_USAGE, NULL, "write ID PRODUCT WH (drawn is negative), or "
				"a FILE of them");
	readings.meters[0].correction |= correction;
	enum cli_exit code = cli_trade_open(cli, trade, &client);
	if (code == CLI_GO_ON)
		code = send_readings(trade, client, &readings);
	bb_client_close(client);
	return code;
}

enum cli_exit
cli_meter_send(struct cli *cli)
{
	struct cli_trade trade = { 0 };
	bool correction = false;
	struct cli_option options[] = {
		CLI_TRADE_OPTIONS(&trade),
		{ "correction", NULL, "of an earlier reading, after an upheld dispute", CLI_FLAG,
		  &correction },
		{ 0 },
	};

	enum cli_exit code = cli_options(cli, options, 1, 5);
	if (code != CLI_GO_ON)
		return code;
	trade.quiet = cli->word_count == 1;
	code = cli->word_count == 1 ? send_file(cli, &trade, cli->words[0])
				    : send_one(cli, &trade, correction);
	if (code != CLI_GO_ON)
		return code;
	return cli_trade_print(&trade, json_pack("{s:I}", "packets", (json_int_t)trade.packets));
}

/* The first 8 bytes of the SHA-256 of a file. */
static enum cli_exit
read_evidence(struct cli *cli, const char *name, uint64_t *evidence)
{
	uint8_t bytes[4096];
	struct bb_hasher hasher;
	FILE *file = fopen(name, "re");
	size_t size;

	if (file == NULL)
		return cli_fail_file(cli, cli_result_of_errno(), name);
	bb_hash_start(&hasher);
	while ((size = fread(bytes, 1, sizeof(bytes), file)) > 0)
		bb_hash_add(&hasher, bytes, size);
	const bool failed = ferror(file) != 0;
	fclose(file);
	if (failed)
		return cli_fail_file(cli, BB_ERR_IO, name);
	const struct bb_hash hash = bb_hash_end(&hasher);
	*evidence = bb_get_u64(hash.bytes);
	return CLI_GO_ON;
}

static enum cli_exit
read_product(struct cli *cli, uint32_t *product)
{
	if (cli_read_product(cli->words[0], product))
		return CLI_GO_ON;
	return cli_fail(cli, CLI_USAGE, NULL, "%s: no product; write ZONE:TIME, as in "
			"1:2025-06-11T12:00Z, or its number", cli->words[0]);
}

enum cli_exit
cli_dispute_open(struct cli *cli)
{
	struct cli_trade trade = { 0 };
	const char *file = NULL;
	struct cli_option options[] = {
		CLI_TRADE_OPTIONS(&trade),
		{ "evidence", "FILE", "what is disputed and why: its hash is recorded", CLI_TEXT,
		  &file },
		{ 0 },
	};
	struct bb_wire_order order = { .action = BB_WIRE_DISPUTE };
	struct bb_client *client = NULL;

	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code == CLI_GO_ON && file == NULL)
		code = cli_fail(cli, CLI_USAGE, NULL, "write --evidence FILE");
	if (code == CLI_GO_ON)
		code = read_product(cli, &order.product);
	if (code == CLI_GO_ON)
		code = read_evidence(cli, file, &order.order_id);
	if (code == CLI_GO_ON)
		code = cli_trade_open(cli, &trade, &client);
	if (code == CLI_GO_ON)
		code = cli_trade_await(&trade, client,
				       bb_client_send(client, &order, 1, 0, &trade.sequence));
	bb_client_close(client);
	if (code != CLI_GO_ON)
		return code;
	return cli_trade_print(&trade, json_pack("{s:o}", "evidence", cli_u64(order.order_id)));
}

enum cli_exit
cli_dispute_rule(struct cli *cli)
{
	struct cli_signer signer = { 0 };
	bool uphold = false;
	bool dismiss = false;
	struct cli_option options[] = {
		CLI_SIGNER_OPTIONS(&signer),
		{ "uphold", NULL, "readings may be corrected, and it is settled again", CLI_FLAG,
		  &uphold },
		{ "dismiss", NULL, "the settlement stands", CLI_FLAG, &dismiss },
		{ 0 },
	};
	struct bb_wire_operation operation = { .op = BB_WIRE_RULING };

	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code == CLI_GO_ON && uphold == dismiss)
		code = cli_fail(cli, CLI_USAGE, NULL, "write either --uphold or --dismiss");
	if (code == CLI_GO_ON)
		code = read_product(cli, &operation.ruling.product);
	operation.ruling.uphold = uphold;
	return code == CLI_GO_ON ? cli_operate_as(cli, &signer, &operation, 1) : code;
}
