/* sim_books - the market twice more, decided by the model of tests/market and by a twin that
 * never crashes, and compared.
 *
 * Every input that the market has decided is decided by both too: the model's events must be
 * equal, and at rest its books; the twin must remember the same.  The model knows no calendar,
 * so a venue that has one has the twin alone.  After a crash both are brought to where the
 * ledger ends.
 */
#ifndef SIM_BOOKS_H
#define SIM_BOOKS_H

#include "market/bb_outcome.h"
#include "tests/market/market_model.h"
#include "tests/sim_appliance/sim_twin.h"

#define SIM_INPUTS 8192u
#define SIM_EVENTS 16384u /* of one input */

/* An input, to be decided again. */
struct sim_decided {
	struct bb_bid bid;
	bool whole; /* refused as a whole, which the model is not asked about */
};

struct sim_books {
	struct model model;
	struct sim_twin twin;
	struct bb_market_size size;
	uint8_t operator_key[32];
	struct sim_decided *decided; /* by number - 1 */
	uint64_t number;
	struct bb_event events[SIM_EVENTS]; /* of the input under way */
	uint32_t event_count;
};

void sim_books_begin(struct sim_books *books, const struct bb_market_size *size,
		     const uint8_t operator_key[32]);

/* sim_books_hear collects the outcomes of the matcher, and compares at each packet's end. */
void sim_books_hear(struct sim_books *books, const struct bb_outcome *outcomes, uint32_t count);

/* sim_books_rewind goes back to number, where the recovered ledger ends. */
void sim_books_rewind(struct sim_books *books, uint64_t number);

/* sim_books_compare demands that the market, between two inputs, is what model and twin are. */
void sim_books_compare(const struct sim_books *books, const struct bb_market *market);

#endif
