#include "ctl/cli_matching.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cli_auction.h"
#include "ctl/cli_table.h"
#include "ctl/cli_write.h"
#include "market/bb_degree_first.h"

#define SCHEMA "busbar.matching/1"

struct matching {
	const struct cli_book *book;
	struct bb_pairing_order *orders;
	struct bb_degree_first first;
	struct bb_pairs_worth worth;
};

static enum cli_exit
trade(struct cli *cli, const struct cli_book *book, bool closeness, struct matching *matching)
{
	struct bb_pairing_rules rules;

	*matching = (struct matching){
		.book = book,
		.orders = calloc(book->order_count + 1u, sizeof(*matching->orders)),
		.first = {
			.candidates = malloc(BB_CANDIDATES_MAX * sizeof(struct bb_candidate)),
			.pairs = malloc((book->order_count + 1u) * sizeof(struct bb_pair)),
		},
	};
	if (matching->orders == NULL || matching->first.candidates == NULL ||
	    matching->first.pairs == NULL)
		return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left; take fewer orders");
	cli_auction_rules(&rules, closeness);
	for (uint32_t i = 0; i < book->order_count; i++)
		cli_auction_terms(&book->orders[i], i, &matching->orders[i]);
	if (!bb_degree_first_make(&matching->first, &rules, matching->orders, book->order_count))
		return cli_fail(cli, CLI_USAGE, NULL, "%s: orders: more than %u pairs of a sell "
				"and a buy cannot be ranked together; take fewer orders, or leave "
				"out --mode", book->file, BB_CANDIDATES_MAX);
	matching->worth = bb_pairs_worth(matching->first.pairs, matching->first.pair_count,
					 matching->orders);
	return CLI_GO_ON;
}

/* mean_degree is of a Wh; 0 where nothing trades. */
static int64_t
mean_degree(const struct matching *matching)
{
	const struct bb_pairs_worth *worth = &matching->worth;

	return worth->volume_wh == 0 ? 0 : (int64_t)(worth->degree_sum / worth->volume_wh);
}

static void
print_json(struct cli *cli, const struct matching *matching)
{
	const struct cli_book *book = matching->book;
	const struct bb_pairs_worth *worth = &matching->worth;

	printf("{\"schema\":\"" SCHEMA "\",\"mode\":\"md-first\",\"quantity\":%" PRIu64
	       ",\"fills\":{", worth->volume_wh);
	for (uint32_t i = 0; i < book->order_count; i++) {
		fputs(i == 0 ? "" : ",", stdout);
		cli_write_name(book->orders[i].id);
		printf(":%" PRIu64, matching->orders[i].filled_wh);
	}
	fputs("},\"pairs\":[", stdout);
	for (uint32_t i = 0; i < matching->first.pair_count; i++) {
		const struct bb_pair *pair = &matching->first.pairs[i];
		fputs(i == 0 ? "{\"sell\":" : ",{\"sell\":", stdout);
		cli_write_name(book->orders[pair->sell].id);
		fputs(",\"buy\":", stdout);
		cli_write_name(book->orders[pair->buy].id);
		printf(",\"qty\":%" PRIu64 ",\"price\":%" PRId64 ",\"degree\":%" PRId32 "}",
		       pair->quantity_wh, pair->price_sell, pair->degree);
	}
	fputs("],\"welfare\":", stdout);
	cli_write_wide(worth->welfare);
	fputs(",\"turnover\":", stdout);
	cli_write_wide(worth->turnover);
	fputs(",\"margin\":", stdout);
	cli_write_wide(worth->margin);
	printf(",\"mean_degree\":%" PRId64 "}\n", mean_degree(matching));
	cli->printed = true;
}

static void
print_table(const struct matching *matching)
{
	struct cli_table table = { .titles = { "seller's", "buyer's", ">quantity", ">price",
					       ">degree" } };
	char welfare[CLI_WIDE_SIZE], turnover[CLI_WIDE_SIZE], margin[CLI_WIDE_SIZE];

	for (uint32_t i = 0; i < matching->first.pair_count; i++) {
		const struct bb_pair *pair = &matching->first.pairs[i];
		cli_cell(&table, "%s", matching->book->orders[pair->sell].id);
		cli_cell(&table, "%s", matching->book->orders[pair->buy].id);
		cli_cell_number(&table, pair->quantity_wh);
		cli_cell(&table, "%" PRId64, pair->price_sell);
		cli_cell(&table, "%" PRId32, pair->degree);
	}
	cli_table_print(&table);
	cli_wide_text(welfare, matching->worth.welfare);
	cli_wide_text(turnover, matching->worth.turnover);
	cli_wide_text(margin, matching->worth.margin);
	printf("\nquantity %" PRIu64 ", welfare %s, sellers' turnover %s and margin %s, mean "
	       "degree %" PRId64 "\nmatched by degree first: no optimum, one price a pair, no "
	       "certificate\n", matching->worth.volume_wh, welfare, turnover, margin,
	       mean_degree(matching));
}

enum cli_exit
cli_matching_run(struct cli *cli, const struct cli_book *book, bool closeness)
{
	struct matching matching;

	if (book->line_count > 0)
		return cli_fail(cli, CLI_USAGE, NULL, "%s: lines: --mode md-first knows no lines; "
				"leave them out of the book, or --mode", book->file);
	if (book->kappa > 0)
		return cli_fail(cli, CLI_USAGE, NULL, "%s: kappa: --mode md-first knows no "
				"handicap; write 0, or leave out --mode", book->file);
	const enum cli_exit code = trade(cli, book, closeness, &matching);
	if (code != CLI_GO_ON)
		return code;
	if (cli->json)
		print_json(cli, &matching);
	else
		print_table(&matching);
	return CLI_OK;
}
