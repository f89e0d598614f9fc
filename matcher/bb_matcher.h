/* bb_matcher - the sequencer and the market behind it.  No ring, no clock.
 *
 * Merges the lanes (one ring an ingest lcore, one for the control thread) in a fixed
 * order, gives each input its number and its time, and lets the market decide.
 *
 * Units    ns since 1970, UTC.
 * Memory   The caller owns the struct.
 * Threads  The matching core only.
 * Errors   A sequence that the market has seen meanwhile goes back as route REPEAT or as
 *          a refusal; it gets no number.
 * Replay   Numbers have no gaps and times never go back, whatever the clock does.
 */
#ifndef BB_MATCHER_H
#define BB_MATCHER_H

#include "base/bb_counters.h"
#include "market/bb_foresee.h"
#include "market/bb_market.h"
#include "market/bb_outcome.h"
#include "market/bb_views.h"

struct bb_matcher {
	struct bb_market *market;
	struct bb_counters *counters;
	uint64_t number;  /* last given */
	uint64_t time_ns; /* last given */
	struct bb_bid *bid; /* being applied, in slices; NULL between inputs */
	void *mbuf;         /* its packet */
	uint32_t event_count; /* of it, so far */
	uint64_t ticks;     /* applied since start */
	struct bb_foresight foresight;
};

/* Room that one call of bb_matcher_step needs: a slice and its packet. */
#define BB_MATCHER_OUTCOMES (BB_SLICE_EVENTS + 1u)

/* bb_matcher_init goes on where market stands, empty or replayed. */
void bb_matcher_init(struct bb_matcher *matcher, struct bb_market *market,
		     struct bb_counters *counters);

/* bb_matcher_ready tells whether the next call of bb_matcher_step may bring a new packet
 * (true), or must go on with the one before (false: mbuf and bid are NULL then). */
static inline bool
bb_matcher_ready(const struct bb_matcher *matcher)
{
	return matcher->bid == NULL;
}

/* bb_matcher_foresee tells of a packet that bb_matcher_step will bring, behind those told before
 * (market/bb_foresee.h): a hint, which changes no result. */
static inline void
bb_matcher_foresee(struct bb_matcher *matcher, const struct bb_bid *bid)
{
	bb_foresee_bid(&matcher->foresight, matcher->market, bid);
}

/* bb_matcher_step takes one packet, or goes on with the last, and writes at most
 * BB_MATCHER_OUTCOMES outcomes; returns how many. */
uint32_t bb_matcher_step(struct bb_matcher *matcher, uint64_t now_ns, void *mbuf,
			 struct bb_bid *bid, struct bb_outcome *outcomes);

/* What the control thread may ask of the matching core: copies of its state.  The
 * request is the control thread's memory; it travels as a pointer through a ring and
 * belongs to the matching core until it comes back. */
enum bb_inspect_kind {
	BB_INSPECT_MEMBERS,
	BB_INSPECT_PRODUCTS,
	BB_INSPECT_BOOK,
	BB_INSPECT_MARKET,
	BB_INSPECT_ACCOUNTS,
	BB_INSPECT_COURSES,
	BB_INSPECT_RULES,
};

#define BB_INSPECT_ROWS    64u
#define BB_INSPECT_COURSES_ROWS 16u /* they are wider */

struct bb_inspect {
	uint32_t kind;    /* enum bb_inspect_kind */
	uint32_t first;   /* MEMBERS, ACCOUNTS: first id to look at; PRODUCTS, COURSES: first
			   * index */
	uint32_t product; /* BOOK */
	uint32_t token;   /* the asker's own */

	uint32_t next; /* answer: first to ask for next; 0: that was all */
	uint32_t count[2]; /* rows; BOOK: of buys, of sells */
	bool found;        /* BOOK: there is such a product */
	bool halted;       /* MARKET and all others */
	uint64_t number;
	uint64_t time_ns;
	struct bb_market_size size;
	union {
		struct bb_member members[BB_INSPECT_ROWS];
		struct bb_product products[BB_INSPECT_ROWS];
		struct bb_depth depth[2][BB_INSPECT_ROWS];
		struct bb_purse_view accounts[BB_INSPECT_ROWS];
		struct bb_course_view courses[BB_INSPECT_COURSES_ROWS];
		struct bb_rules rules;
	};
};

/* bb_matcher_inspect fills in the answer; bounded work. */
void bb_matcher_inspect(const struct bb_matcher *matcher, struct bb_inspect *inspect);

#endif
