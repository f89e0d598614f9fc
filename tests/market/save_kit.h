/* save_kit - moves a market by saving it and loading it elsewhere, and compares what is saved.
 *
 * Whatever somebody adds to the market and that is not saved, or does not depend on the commands
 * alone, is found by the drives: a market that was moved must go on as the other does, and both
 * must give the same bytes.
 */
#ifndef SAVE_KIT_H
#define SAVE_KIT_H

#include <stddef.h>
#include <stdint.h>

#include "market/bb_market.h"

/* The largest market of a test. */
#define SAVE_MARKET_MAX (2u << 20)

/* save_move loads what market is into memory, of size bytes, with another secret for its hashes;
 * the memory that market had is spoilt.  Saving what was loaded must give the same bytes. */
struct bb_market *save_move(struct bb_market *market, uint8_t *memory, size_t size,
			    uint64_t hash_key);

/* save_compare asserts that both give the same bytes. */
void save_compare(const struct bb_market *left, const struct bb_market *right);

/* save_all saves market to bytes, with room for size, and returns how many it took. */
size_t save_all(const struct bb_market *market, uint8_t *bytes, size_t size);

#endif
