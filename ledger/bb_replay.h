/* bb_replay - a recorded input goes through the market again, and must do what it did.
 *
 * Memory   20 KiB, the caller's.
 * Threads  Whoever owns the market.
 * Errors   BB_ERR_REPLAY: the market decides otherwise, or would never have been asked;
 *          BB_ERR_SIGNATURE.  The first difference is kept; the market is then useless.
 * Replay   This is it.
 */
#ifndef BB_REPLAY_H
#define BB_REPLAY_H

#include "ledger/bb_block.h"
#include "ledger/bb_ledger.h"
#include "market/bb_foresee.h"
#include "market/bb_market.h"

struct bb_replay {
	struct bb_market *market;
	uint32_t venue;
	bool signatures; /* check those of the participants, one by one */
	uint64_t number;  /* of the first difference: the input, */
	uint32_t event;   /* the event, */
	const char *what; /* what it is, */
	struct bb_ledger_values values; /* and what both sides say */
	struct bb_bid bid;
	struct bb_foresight foresight;
	struct bb_event events[BB_SLICE_EVENTS];
};

/* bb_replay_start goes on where market stands; venue is that of the packets. */
void bb_replay_start(struct bb_replay *replay, struct bb_market *market, uint32_t venue,
		     bool signatures);

/* bb_replay_input applies a packet and compares its events byte for byte with those
 * recorded.  Other inputs do nothing to the market. */
enum bb_result bb_replay_input(struct bb_replay *replay, const struct bb_block_input *input);

/* bb_replay_compare names the first field in which two encoded events differ, in the order
 * of a reader's interest: whose, what came of it, and only then how much.  False: none. */
bool bb_replay_compare(const uint8_t recorded[BB_EVENT_BYTES],
		       const uint8_t replayed[BB_EVENT_BYTES], struct bb_ledger_values *values);

#endif
