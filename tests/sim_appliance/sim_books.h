/* sim_books - the market once more, decided by the model of tests/market, and compared.
 *
 * Every input that the market has decided is decided by the model too; events must be equal,
 * and at rest the books.  After a crash the model is brought to where the ledger ends.
 */
#ifndef SIM_BOOKS_H
#define SIM_BOOKS_H

#include "market/bb_bid.h"
#include "market/bb_outcome.h"
#include "tests/market/market_model.h"

#define SIM_INPUTS 8192u
#define SIM_EVENTS 1024u /* of one input */

/* What the model needs to decide an input again. */
struct sim_decided {
	struct bb_command commands[BB_RECORDS_MAX];
	uint32_t command_count;
	uint64_t time_ns;
};

struct sim_books {
	struct model model;
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

/* sim_books_compare demands that the market's books and totals are the model's. */
void sim_books_compare(const struct sim_books *books, const struct bb_market *market);

#endif
