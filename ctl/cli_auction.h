/* cli_auction - a book cleared offline: by the functions of market/, in the order in which
 * an auction calls them, and proven before anything is told of it.
 *
 * Units    as the book's.
 * Memory   On the heap until the process ends.
 * Threads  None of its own.
 * Errors   cli_fail: sources that cannot be cleared exactly are a mistake in the book, a
 *          certificate that does not hold is one of ours.
 * Replay   Equal books give equal results.
 */
#ifndef CLI_AUCTION_H
#define CLI_AUCTION_H

#include "ctl/cli_book.h"
#include "market/bb_certificate.h"
#include "market/bb_origin.h"
#include "market/bb_pairing.h"

struct cli_auction {
	const struct cli_book *book;
	struct bb_origin origin;
	struct bb_auction auction;
	struct bb_clearing clearing;
	struct bb_pairing *pairing; /* its indices are those of the book's orders */
	uint64_t *filled;           /* by order of the book */
	uint64_t sold[BB_NODES_MAX];
	uint64_t bought[BB_NODES_MAX];
	uint64_t quantity; /* sold in all */
	__int128 welfare;  /* limits of buys less limits of sells less fees */
};

/* cli_auction_clear: closeness is a rule of the matching degree. */
enum cli_exit cli_auction_clear(struct cli *cli, const struct cli_book *book, bool closeness,
				struct cli_auction *auction);

/* cli_auction_rules sets the rules by which a book's pairs are ranked: default weights, and
 * no losses, since it names none. */
void cli_auction_rules(struct bb_pairing_rules *rules, bool closeness);

/* cli_auction_terms makes order index of a book one that can be paired, of its own zone. */
void cli_auction_terms(const struct cli_book_order *order, uint32_t index,
		       struct bb_pairing_order *paired);

#endif
