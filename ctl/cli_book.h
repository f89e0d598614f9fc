/* cli_book - a book of orders in a file, schema busbar.book/1: for an auction offline.
 *
 *	{ "schema": "busbar.book/1", "k_milli": 500, "kappa": 0, "price_band": [MIN, MAX],
 *	  "zones": [Z, ...],
 *	  "lines": [{ "from": Z, "to": Z, "cap": N, "cap_reverse": N, "fee": N }, ...],
 *	  "orders": [{ "id": ID, "side": "buy" or "sell", "price": N, "qty": N, "owner": NAME,
 *	               "zone": Z, "rep": PPM, "source": 0..15, "accept": BITS }, ...] }
 *
 * Optional are lines, zone where there is one zone, rep (1,000,000), source (0) and accept
 * (all).  source means nothing for a buy, accept nothing for a sell.  Orders were accepted
 * as they come.  Names are strings or integers.
 *
 * Units    any, the same throughout: prices in nano-currency per Wh and quantities in Wh are
 *          the appliance's own.  Integers only.
 * Memory   On the heap until cli_book_free, or until the process ends.
 * Threads  None of its own.
 * Errors   The place that is wrong, "orders[3].price: ..."; or the line where the file is no
 *          JSON.  cli_book_read ends with cli_fail and exit code 2.  What is not named here
 *          is refused.
 * Replay   Not part of it.
 */
#ifndef CLI_BOOK_H
#define CLI_BOOK_H

#include "ctl/cli_common.h"
#include "market/bb_clearing.h"

/* Wide enough for units a thousand times finer than the appliance's. */
#define CLI_BOOK_PRICE_MAX    (INT64_C(1) << 40)
#define CLI_BOOK_QUANTITY_MAX (INT64_C(1) << 53)
#define CLI_BOOK_SUM_MAX      (UINT64_C(1) << 61) /* of all orders; a line may have as much */

/* What stands for the counterparty of a pair that may not be made. */
#define CLI_BOOK_MARKET "MARKET"

struct cli_book_order {
	const char *id;
	int64_t price;
	uint64_t quantity;
	uint32_t owner; /* a number for each name */
	uint32_t zone;
	uint32_t reputation; /* ppm */
	uint16_t accept;
	uint8_t source;
	uint8_t side; /* enum bb_side */
};

#define CLI_BOOK_ERROR 384u

struct cli_book {
	const char *file;
	char error[CLI_BOOK_ERROR]; /* empty: none */
	bool no_memory;             /* which is nobody's mistake */
	json_t *names;              /* of those that were integers */
	int64_t price_min;
	int64_t price_max;
	uint32_t k_milli;
	uint32_t kappa;
	uint32_t zone_count;
	uint32_t line_count;
	uint32_t order_count;
	const char *zones[BB_NODES_MAX];
	struct bb_line lines[BB_LINES_MAX];
	struct cli_book_order *orders;
};

/* cli_book_parse reads what json_loads with JSON_REJECT_DUPLICATES made of a book, and keeps
 * pointers into it.  False: error says why. */
bool cli_book_parse(const json_t *root, struct cli_book *book);

/* cli_book_free gives back what cli_book_parse took, whatever it returned. */
void cli_book_free(struct cli_book *book);

/* cli_book_read reads file, "-" being standard input. */
enum cli_exit cli_book_read(struct cli *cli, const char *file, struct cli_book *book);

#endif
