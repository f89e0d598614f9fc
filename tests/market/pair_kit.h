/* pair_kit - two markets that are stepped with the same bids, of which one looks ahead.
 *
 * The arrays of the one that looks lie apart from each other, and a bid has no more memory than
 * its commands need and loses it when its turn is over: so a sanitizer sees whatever is read
 * beside or behind any of them.
 */
#ifndef PAIR_KIT_H
#define PAIR_KIT_H

#include "market/bb_foresee.h"
#include "market/bb_market.h"

#define PAIR_MEMBERS 12u /* at most */
#define PAIR_ARRAYS  15u

enum { PAIR_PLAIN, PAIR_SEEING };

struct pair_array {
	void **at;
	void *home; /* where it was in the market's own memory */
	size_t size;
};

struct pair {
	struct bb_market *markets[2];
	struct bb_foresight foresight; /* parts and apart: 0 */
	struct pair_array arrays[PAIR_ARRAYS];
	uint64_t time_ns;
	uint64_t sequences[PAIR_MEMBERS + 1]; /* last given to a bid, by participant */
	struct bb_bid *kept;                  /* memory for the next bid that fits */
	uint32_t kept_count;                  /* its commands */
	uint64_t events[BB_EVENT_KINDS];
	uint64_t whole;  /* bids refused as a whole */
	uint64_t finals; /* delivery intervals that ended, with their listings */
};

void pair_start(struct pair *pair, const struct bb_market_size *size);

/* pair_stop asserts that both are the same in every byte that is saved. */
void pair_stop(struct pair *pair);

/* pair_bid makes a bid of commands that are all the first's participant's, with its next
 * sequence. */
struct bb_bid *pair_bid(struct pair *pair, const struct bb_command *commands, uint32_t count);

/* pair_let_go ends a bid, whose memory is the next one's if it is to be kept and none is yet. */
void pair_let_go(struct pair *pair, struct bb_bid *bid, bool keep);

void pair_tell(struct pair *pair, const struct bb_bid *bid);

/* pair_drop is for a bid that is not stepped when its turn has come. */
void pair_drop(struct pair *pair, const struct bb_bid *bid);

/* pair_step steps a bid in both and asserts the same events; pair_number and pair_slice are its
 * parts, the latter true when the bid is done. */
void pair_step(struct pair *pair, struct bb_bid *bid);
void pair_number(const struct pair *pair, struct bb_bid *bid);
bool pair_slice(struct pair *pair, const struct bb_bid *bid);

/* pair_pass tells, steps and ends a bid. */
void pair_pass(struct pair *pair, struct bb_bid *bid);

/* pair_ask steps one command that was not told and asserts that it is not refused. */
void pair_ask(struct pair *pair, struct bb_command command);
void pair_add_member(struct pair *pair, uint32_t participant, uint16_t roles,
		     uint32_t orders_max);
void pair_add_product(struct pair *pair, uint32_t product, int32_t price_min,
		      int32_t price_max);

/* pair_end_product ends a listing in which there is nothing, as the calendar does it. */
void pair_end_product(struct pair *pair, uint32_t product);

/* pair_open starts a small market with traders 2..5, and no product yet. */
void pair_open(struct pair *pair);

/* pair_repeat makes a bid of a line of market_kit's scripts, so many times, with order ids that
 * go up; pair_some one of orders that rest and meet, and cancels of what is there, or was, or
 * never was. */
struct bb_bid *pair_repeat(struct pair *pair, uint32_t count, const char *line);
struct bb_bid *pair_some(struct pair *pair, uint32_t participant, uint32_t count);

/* pair_open_days starts a venue of day_decode's participants, whose listings come and go by the
 * hour; the choice is whether there are lines, and an auction before the last one.  pair_rules is
 * the operator's command for a group of rules. */
void pair_open_days(struct pair *pair, uint64_t choice);
struct bb_command pair_rules(uint16_t group, const int32_t values[9]);

#endif
