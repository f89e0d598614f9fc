/* bench_match - an order flow from a file, replayed: the format, and what an engine is.
 *
 * The file ("PXWL" version 1, little-endian) is one header and prefill + ops records.  It is
 * neutral: peers replay the same bytes (matching engines in C++ and Java), and the header says
 * what a correct price-time engine reports, so each proves that it did the same work.
 *
 *	record     0 8 id, dense from 1 in order of arrival; of a CANCEL: the order's
 *	           8 4 price, ticks 1..65534; of a CANCEL: the order's
 *	          12 4 quantity; of a CANCEL: what is left of it
 *	          16 2 product    18 1 op    19 1 side    20 4 low half of id
 *
 *	ADD        rests in full: it never crosses on arrival
 *	CANCEL     of a live order, each of all products alike likely
 *	TAKE       fills in full, and so never rests
 *
 * prefill is ADDs alone and is not timed.  fill_hash folds (resting id, taking id, quantity) in
 * order of the fills: an engine that breaks priority, skips a fill or splits one otherwise
 * fails.
 *
 * Units    ticks and lots; the market's engine makes prices and Wh of them.
 * Threads  One.
 */
#ifndef BENCH_MATCH_H
#define BENCH_MATCH_H

#include <stdio.h>

#include "base/bb_limits.h"
#include "bench/bench.h"

#define MATCH_MAGIC        UINT64_C(0x31304c5758500a1a)
#define MATCH_VERSION      1u
#define MATCH_PRICES       65536u /* 0 and 65535 are never used */
#define MATCH_PRODUCTS_MAX 1024u
#define MATCH_IDS_MAX      (UINT64_C(1) << 31)
#define MATCH_CHUNK        1024u /* records that are read, made ready and applied at a time */

enum match_op { MATCH_ADD, MATCH_CANCEL, MATCH_TAKE };

struct match_record {
	uint64_t id;
	int32_t price;
	uint32_t quantity;
	uint16_t product;
	uint8_t op;
	uint8_t side;
	uint32_t id_low;
};

/* What an engine did, or should have done. */
struct match_fills {
	uint64_t trades, quantity, notional; /* notional: sum of quantity x resting price */
	uint64_t hash;
};

struct match_header {
	uint64_t magic;
	uint32_t version, record_size;
	uint64_t seed;
	uint32_t products, resting;
	uint64_t prefill, ops;
	uint64_t max_id;
	int32_t price_min, price_max;
	struct match_fills fills; /* of the ops */
	uint64_t resting_end, resting_quantity_end;
	uint64_t adds, cancels, takes;
	uint64_t max_live, min_live;
};

_Static_assert(sizeof(struct match_record) == 24, "as in the file");
_Static_assert(sizeof(struct match_header) == 152, "as in the file");

static inline void
match_fill(struct match_fills *fills, uint64_t resting, uint64_t taking, uint32_t price,
	   uint32_t quantity)
{
	uint64_t hash = fills->hash ^ resting * UINT64_C(0x9e3779b97f4a7c15);

	hash = hash << 25 | hash >> 39;
	fills->hash = hash + taking * UINT64_C(0xc2b2ae3d27d4eb4f) + quantity;
	fills->trades++;
	fills->quantity += quantity;
	fills->notional += (uint64_t)price * quantity;
}

/* A file that was read once and found good. */
struct match_workload {
	struct match_header header;
	FILE *file;
	uint32_t *handles; /* by id: the place that its sender gave it (match_survey) */
	uint32_t senders;  /* for each side as many */
	uint32_t handles_max;
};

/* match_open reads the header; match_next up to MATCH_CHUNK records from the file's place on, 0
 * at its end; both say what is wrong on stderr.  match_rewind goes back to the first record. */
bool match_open(struct match_workload *workload, const char *path);
void match_close(struct match_workload *workload);
bool match_rewind(struct match_workload *workload);
uint32_t match_next(struct match_workload *workload, struct match_record *records);

/* match_survey replays the file once with the bare book: checks that each record makes sense
 * and plays the senders.  An order is sent by senders[side][id % senders], as a household or
 * a park mostly buys or mostly sells; each gives its live orders the lowest handles it has,
 * last freed first. */
bool match_survey(struct match_workload *workload, uint32_t senders);

static inline uint32_t
match_sender(const struct match_workload *workload, uint64_t id, uint8_t side)
{
	return 2 * (uint32_t)(id % workload->senders) + side;
}

/* Records that an engine may look at behind the one that it applies. */
#define MATCH_AHEAD BB_BURST

/* An engine replays records: prepare, if there is one, makes those ready that come behind all that
 * were prepared before, and is not timed; apply is.  It applies the first count of records, and
 * knows of known records there.  What it reports of the last of them may lie in a buffer, as
 * events do whose record is done: hear, if there is one, folds it into the fills, as a subscriber
 * would, and is called after every apply.  Of records that are timed one by one it is not timed. */
struct match_engine {
	const char *mode;
	void *(*start)(const struct match_workload *workload); /* NULL: no memory */
	void (*prepare)(void *engine, const struct match_record *records, uint32_t count);
	void (*apply)(void *engine, const struct match_record *records, uint32_t count,
		      uint32_t known);
	void (*hear)(void *engine);
	const struct match_fills *(*fills)(void *engine);
	bool (*stop)(void *engine); /* false: something else was not as it must be */
};

extern const struct match_engine match_bare;   /* an array and nothing else: the yardstick */
extern const struct match_engine match_book;   /* the appliance's book alone */
extern const struct match_engine match_market; /* its whole step */

/* match_make writes a file; returns an exit code. */
int match_make(const char *path, uint32_t resting, uint32_t ops, uint64_t seed);

#endif
