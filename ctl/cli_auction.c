#include "ctl/cli_auction.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_reputation.h"

#define LOSS_MAX 50000u /* ppm; with no losses, all are as near as can be */

/* What clearing and pairing work on. */
struct bench {
	struct bb_origin_order *places;
	struct bb_call_order *orders; /* those within reach of the band */
	uint32_t count;
	struct bb_step *steps;
	struct bb_curve *curves;
	struct bb_claim *claims;
	struct bb_pairing_order *paired;
	uint64_t *sums;
};

static bool
take_memory(struct cli_auction *auction, struct bench *bench, size_t orders)
{
	const size_t room = orders + 1; /* calloc of nothing may return NULL */
	struct bb_pairing *pairing = calloc(1, sizeof(*pairing));

	*bench = (struct bench){
		.places = calloc(room, sizeof(*bench->places)),
		.orders = calloc(room, sizeof(*bench->orders)),
		.steps = calloc(room, sizeof(*bench->steps)),
		.curves = calloc(BB_NODES_MAX, sizeof(*bench->curves)),
		.claims = calloc(room, sizeof(*bench->claims)),
		.paired = calloc(room, sizeof(*bench->paired)),
		.sums = calloc(room, sizeof(*bench->sums)),
	};
	auction->filled = calloc(room, sizeof(*auction->filled));
	auction->pairing = pairing;
	if (pairing == NULL)
		return false;
	pairing->numbers = malloc(BB_CANDIDATES_MAX * sizeof(*pairing->numbers));
	pairing->rows = malloc(BB_CANDIDATES_MAX * sizeof(*pairing->rows));
	pairing->places = malloc(room * sizeof(*pairing->places));
	pairing->pairs = malloc((room + BB_BUCKETS_MAX) * sizeof(*pairing->pairs));
	return bench->places != NULL && bench->orders != NULL && bench->steps != NULL &&
	       bench->curves != NULL && bench->claims != NULL && bench->paired != NULL &&
	       bench->sums != NULL && auction->filled != NULL && pairing->numbers != NULL &&
	       pairing->rows != NULL && pairing->places != NULL && pairing->pairs != NULL;
}

static enum cli_exit
set_nodes(struct cli *cli, const struct cli_book *book, struct cli_auction *auction,
	  struct bb_origin_order *places)
{
	uint32_t at;

	for (uint32_t i = 0; i < book->order_count; i++)
		places[i] = (struct bb_origin_order){
			.zone = book->orders[i].zone, .side = book->orders[i].side,
			.accept = book->orders[i].accept, .source = book->orders[i].source,
		};
	switch (bb_origin_make(&auction->origin, book->zone_count, book->lines, book->line_count,
			       places, book->order_count, &at)) {
	case BB_ORIGIN_OK:
		return CLI_GO_ON;
	case BB_ORIGIN_JOINED:
		return cli_fail(cli, CLI_USAGE, NULL, "%s: orders[%u].accept: lines join zone "
				"\"%s\" to others, so it must accept every source that is sold "
				"there; only zones without lines can be cleared by source",
				book->file, at, book->zones[book->orders[at].zone]);
	case BB_ORIGIN_NODES:
		return cli_fail(cli, CLI_USAGE, NULL, "%s: orders: zones, sources and different "
				"accepts make more than %u nodes", book->file, BB_NODES_MAX);
	default:
		return cli_fail(cli, CLI_USAGE, NULL, "%s: orders: lines, sources and different "
				"accepts make more than %u lines", book->file, BB_LINES_MAX);
	}
}

/* set_orders leaves out sells whose handicap lifts them above the band: no price reaches
 * them. */
static void
set_orders(const struct cli_book *book, struct bench *bench)
{
	for (uint32_t i = 0; i < book->order_count; i++) {
		const struct cli_book_order *order = &book->orders[i];
		int64_t price = order->price;
		if (order->side == BB_SELL)
			price += bb_reputation_handicap(book->kappa, order->reputation);
		if (price > book->price_max)
			continue;
		bench->orders[bench->count++] = (struct bb_call_order){
			.order = i + 1, .price = price, .quantity_wh = order->quantity,
			.node = bench->places[i].node, .owner = order->owner,
			.reputation = order->reputation, .index = i, .side = order->side,
		};
	}
}

static enum bb_certificate
clear(const struct cli_book *book, struct cli_auction *auction, struct bench *bench)
{
	struct bb_origin *origin = &auction->origin;

	set_orders(book, bench);
	auction->auction = (struct bb_auction){
		.node_count = origin->node_count, .line_count = origin->line_count,
		.curves = bench->curves, .lines = origin->lines,
		.price_min = book->price_min, .price_max = book->price_max,
		.k_milli = book->k_milli,
	};
	bb_origin_refine(origin, &auction->auction, bench->orders, bench->count);
	bb_call_curves(bench->orders, bench->count, origin->node_count, bench->steps,
		       bench->curves);
	BB_ASSERT(bb_clearing_valid(&auction->auction));
	bb_clear(&auction->auction, &auction->clearing);
	bb_call_fill(bench->orders, bench->count, bench->curves, &auction->clearing,
		     bench->claims);
	bb_origin_coarsen(origin, &auction->auction, bench->orders, bench->count,
			  &auction->clearing);
	return bb_certify(&auction->auction, &auction->clearing, bench->orders, bench->count);
}

void
cli_auction_rules(struct bb_pairing_rules *rules, bool closeness)
{
	*rules = (struct bb_pairing_rules){ .loss_max = LOSS_MAX, .closeness = closeness };
	memcpy(rules->weights, bb_degree_weights_default, sizeof(rules->weights));
}

void
cli_auction_terms(const struct cli_book_order *order, uint32_t index,
		  struct bb_pairing_order *paired)
{
	*paired = (struct bb_pairing_order){
		.terms = {
			.price = order->price, .quantity_wh = order->quantity,
			.owner = order->owner, .reputation = order->reputation,
			.accept_sources = order->accept, .source = order->source,
		},
		.order = index + 1, .node = order->zone, .side = order->side, .index = index,
	};
}

static enum bb_certificate
pair(const struct cli_book *book, bool closeness, struct cli_auction *auction,
     struct bench *bench)
{
	struct bb_pairing_rules rules;

	cli_auction_rules(&rules, closeness);
	for (uint32_t i = 0; i < bench->count; i++)
		auction->filled[bench->orders[i].index] = bench->orders[i].filled_wh;
	for (uint32_t i = 0; i < book->order_count; i++) {
		cli_auction_terms(&book->orders[i], i, &bench->paired[i]);
		bench->paired[i].filled_wh = auction->filled[i];
		bench->paired[i].node = bench->places[i].node;
	}
	bb_pairing_make(auction->pairing, &rules, &auction->auction, &auction->clearing,
			bench->paired, book->order_count);
	return bb_certify_pairs(&auction->auction, &auction->clearing, auction->pairing,
				bench->paired, book->order_count, bench->sums);
}

static void
sum_up(const struct cli_book *book, struct cli_auction *auction, const struct bench *bench)
{
	for (uint32_t i = 0; i < book->order_count; i++) {
		const struct cli_book_order *order = &book->orders[i];
		const __int128 worth = (__int128)order->price * (int64_t)auction->filled[i];
		if (order->side == BB_SELL) {
			auction->sold[bench->places[i].node] += auction->filled[i];
			auction->quantity += auction->filled[i];
			auction->welfare -= worth;
		} else {
			auction->bought[bench->places[i].node] += auction->filled[i];
			auction->welfare += worth;
		}
	}
	for (uint32_t i = 0; i < book->line_count; i++) {
		const int64_t flow = auction->clearing.flow_wh[i];
		auction->welfare -= (__int128)book->lines[i].fee * (flow < 0 ? -flow : flow);
	}
}

enum cli_exit
cli_auction_clear(struct cli *cli, const struct cli_book *book, bool closeness,
		  struct cli_auction *auction)
{
	struct bench bench;

	*auction = (struct cli_auction){ .book = book };
	if (!take_memory(auction, &bench, book->order_count))
		return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left; clear fewer orders");
	const enum cli_exit code = set_nodes(cli, book, auction, bench.places);
	if (code != CLI_GO_ON)
		return code;
	enum bb_certificate certificate = clear(book, auction, &bench);
	if (certificate == BB_CERTIFIED)
		certificate = pair(book, closeness, auction, &bench);
	if (certificate != BB_CERTIFIED)
		return cli_fail(cli, CLI_UNHEALTHY, NULL, "%s: the result is not certified: %s; "
				"report this with the book", book->file,
				bb_certificate_text(certificate));
	sum_up(book, auction, &bench);
	return CLI_GO_ON;
}
