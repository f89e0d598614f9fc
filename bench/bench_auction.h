/* bench_auction - what the auctions of the benchmark and their yardsticks share: one market, its
 * orders in books, and the same orders in an array.
 *
 * Threads  One.
 */
#ifndef BENCH_AUCTION_H
#define BENCH_AUCTION_H

#include "bench/bench.h"
#include "ctl/bb_pages.h"
#include "market/bb_fixing.h"
#include "market/bb_state.h"

#define STEPS 20001u /* prices of the band */
#define TICK  10u

/* An order in an array, as the yardsticks have it. */
struct row {
	uint32_t slot;
	uint32_t tick;
	uint32_t quantity_wh;
	uint32_t side;
};

struct scene {
	uint32_t count;
	uint32_t participants;
	struct bb_pages memory;
	struct bb_market *market;
	struct bb_course *course;
	uint64_t number;
	uint64_t time_ns;

	struct bb_auction auction; /* of the yardsticks */
	struct bb_curve curve;
	struct bb_clearing clearing;
	struct bb_step *steps;
	struct bb_claim *claims;
	struct bb_call_fill *fills;
	uint32_t fill_count;
	struct row *rows, *sorted;
	uint64_t *sums; /* by tick and side */
};

/* The yardsticks, from rows to fills; auction_copy is what auction_qsort sorts. */
void auction_histogram(void *scene);
void auction_copy(void *scene);
void auction_qsort(void *scene);

#endif
