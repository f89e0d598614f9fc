/* cli_grid - what the grid company tells the market: lines, imbalance prices, tariffs,
 * curtailment. */
#include <stdio.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_operator.h"
#include "ctl/cli_text.h"

/* Standing lines and tariffs name no delivery interval: they hold for all that are defined from now
 * on. */
struct span {
	const char *start;
	uint32_t count;
};

static enum cli_exit
read_span(struct cli *cli, const struct span *span, bool standing_allowed, uint32_t *first)
{
	uint64_t start_s;

	*first = 0;
	if (span->start == NULL)
		return standing_allowed ? CLI_GO_ON
					: cli_fail(cli, CLI_USAGE, NULL, "write --start TIME");
	if (!cli_read_time(span->start, &start_s) || start_s % CLI_QUARTER_S != 0 ||
	    start_s / CLI_QUARTER_S >= 1u << 24)
		return cli_fail(cli, CLI_USAGE, NULL, "--start %s: no start of a quarter-hour; "
				"write it as 2025-06-11T00:15Z", span->start);
	*first = (uint32_t)(start_s / CLI_QUARTER_S);
	return CLI_GO_ON;
}

/* read_price reads a signed price of an option. */
static enum cli_exit
read_price(struct cli *cli, const char *name, const char *text, int32_t *price)
{
	if (text != NULL && cli_read_i32(text, price))
		return CLI_GO_ON;
	return cli_fail(cli, CLI_USAGE, NULL, "write --%s with a price in nano-currency per Wh",
			name);
}

enum cli_exit
cli_grid_line(struct cli *cli)
{
	struct cli_signer signer = { 0 };
	struct span span = { .count = 1 };
	uint32_t capacity_wh = 0;
	uint32_t reverse_wh = 0;
	const char *fee = "0";
	struct cli_option options[] = {
		CLI_SIGNER_OPTIONS(&signer),
		{ "start", "TIME", "first delivery, UTC (default: all from now on)", CLI_TEXT,
		  &span.start },
		{ "count", "N", "so many quarter-hours from there (1)", CLI_U32, &span.count, 1,
		  UINT16_MAX },
		{ "capacity", "WH", "in a quarter-hour, from the first zone to the second", CLI_U32,
		  &capacity_wh, 0, UINT32_MAX },
		{ "reverse", "WH", "the other way (default: the same)", CLI_U32, &reverse_wh, 0,
		  UINT32_MAX },
		{ "fee", "F", "nano-currency per Wh, either way (0)", CLI_TEXT, &fee },
		{ 0 },
	};
	enum { CAPACITY = CLI_SIGNER_COUNT + 2, REVERSE };
	struct bb_wire_operation operation = { .op = BB_WIRE_LINE };
	struct bb_wire_line *line = &operation.line;
	uint32_t numbers[3];

	enum cli_exit code = cli_options(cli, options, 3, 3);
	if (code == CLI_GO_ON)
		code = read_span(cli, &span, true, &line->first_quarter);
	if (code == CLI_GO_ON)
		code = read_price(cli, "fee", fee, &line->fee);
	if (code != CLI_GO_ON)
		return code;
	for (uint32_t i = 0; i < 3; i++)
		if (!cli_read_u32(cli->words[i], &numbers[i]) || numbers[i] > 255)
			return cli_fail(cli, CLI_USAGE, NULL, "%s: write LINE FROM TO, the number "
					"of the line and of its two zones", cli->words[i]);
	if (!options[CAPACITY].given)
		return cli_fail(cli, CLI_USAGE, NULL, "write --capacity WH");
	line->line = (uint8_t)numbers[0];
	line->from_zone = (uint8_t)numbers[1];
	line->to_zone = (uint8_t)numbers[2];
	line->quarters = (uint16_t)(span.start == NULL ? 0 : span.count);
	line->capacity_wh = capacity_wh;
	line->capacity_reverse_wh = options[REVERSE].given ? reverse_wh : capacity_wh;
	return cli_operate_as(cli, &signer, &operation, 1);
}

enum cli_exit
cli_grid_imbalance(struct cli *cli)
{
	struct cli_signer signer = { 0 };
	struct span span = { .count = 1 };
	const char *prices[3] = { NULL, NULL, NULL };
	struct cli_option options[] = {
		CLI_SIGNER_OPTIONS(&signer),
		{ "start", "TIME", "first delivery, UTC", CLI_TEXT, &span.start },
		{ "count", "N", "so many quarter-hours from there (1)", CLI_U32, &span.count, 1,
		  65535 },
		{ "long", "PRICE", "paid for a surplus", CLI_TEXT, &prices[0] },
		{ "short", "PRICE", "taken for a deficit", CLI_TEXT, &prices[1] },
		{ "reference", "PRICE", "of penalties", CLI_TEXT, &prices[2] },
		{ 0 },
	};
	struct bb_wire_operation operation = { .op = BB_WIRE_IMBALANCE };
	struct bb_wire_imbalance *imbalance = &operation.imbalance;

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = read_span(cli, &span, false, &imbalance->first_quarter);
	if (code == CLI_GO_ON)
		code = read_price(cli, "long", prices[0], &imbalance->price_long);
	if (code == CLI_GO_ON)
		code = read_price(cli, "short", prices[1], &imbalance->price_short);
	if (code == CLI_GO_ON)
		code = read_price(cli, "reference", prices[2], &imbalance->price_reference);
	imbalance->quarters = span.count;
	return code == CLI_GO_ON ? cli_operate_as(cli, &signer, &operation, 1) : code;
}

enum cli_exit
cli_grid_tariff(struct cli *cli)
{
	struct cli_signer signer = { 0 };
	struct span span = { .count = 1 };
	const char *prices[2] = { NULL, NULL };
	struct cli_option options[] = {
		CLI_SIGNER_OPTIONS(&signer),
		{ "start", "TIME", "first delivery, UTC (default: all from now on)", CLI_TEXT,
		  &span.start },
		{ "count", "N", "so many quarter-hours from there (1)", CLI_U32, &span.count, 1,
		  65535 },
		{ "injection", "PRICE", "paid by who sells, nano-currency per Wh", CLI_TEXT,
		  &prices[0] },
		{ "use", "PRICE", "paid by who buys", CLI_TEXT, &prices[1] },
		{ 0 },
	};
	struct bb_wire_operation operation = { .op = BB_WIRE_TARIFF };
	struct bb_wire_tariff *tariff = &operation.tariff;
	uint32_t zone;

	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code == CLI_GO_ON)
		code = read_span(cli, &span, true, &tariff->first_quarter);
	if (code == CLI_GO_ON)
		code = read_price(cli, "injection", prices[0], &tariff->injection);
	if (code == CLI_GO_ON)
		code = read_price(cli, "use", prices[1], &tariff->use);
	if (code != CLI_GO_ON)
		return code;
	if (!cli_read_u32(cli->words[0], &zone) || zone > CLI_ZONE_MAX)
		return cli_fail(cli, CLI_USAGE, NULL, "%s: no zone; write a number of 0 to 255",
				cli->words[0]);
	tariff->zone = (uint8_t)zone;
	tariff->quarters = span.start == NULL ? 0 : span.count;
	return cli_operate_as(cli, &signer, &operation, 1);
}

enum cli_exit
cli_grid_restrict(struct cli *cli)
{
	struct cli_signer signer = { 0 };
	struct cli_option options[] = { CLI_SIGNER_OPTIONS(&signer), { 0 } };
	struct bb_wire_operation operation = { .op = BB_WIRE_RESTRICT };
	struct bb_wire_restrict *restriction = &operation.restrict_;

	const enum cli_exit code = cli_options(cli, options, 3, 3);
	if (code != CLI_GO_ON)
		return code;
	if (!cli_read_u32(cli->words[0], &restriction->participant) ||
	    !cli_read_product(cli->words[1], &restriction->product) ||
	    !cli_read_u32(cli->words[2], &restriction->quantity_wh))
		return cli_fail(cli, CLI_USAGE, NULL, "write ID PRODUCT WH: whom, in which "
				"delivery, and how much of its contracts it could not serve");
	return cli_operate_as(cli, &signer, &operation, 1);
}
