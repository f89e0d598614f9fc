/* bb_paths - the flows of an auction, taken apart into ways from zones that export to
 * zones that import.
 *
 * Which way a flow is taken apart moves no money: it only says between whom contracts can
 * be made.  It is always done in the same way: from the lowest exporting node along the
 * first line with flow, to the first importing node on that way; circles, which carry
 * nothing anywhere, are left out.
 *
 * Units    Wh; fees in nano-currency per Wh.
 * Memory   The caller's array of BB_PATHS_MAX.
 * Threads  None of its own.
 * Errors   BB_ASSERT: flows balance in every node, as bb_clear leaves them.
 * Replay   Pure.
 */
#ifndef BB_PATHS_H
#define BB_PATHS_H

#include <stdint.h>

#include "market/bb_clearing.h"

/* Each path uses up what a node exports or imports, or what a line carries. */
#define BB_PATHS_MAX (BB_NODES_MAX + BB_LINES_MAX)

/* Energy that contracts can be made for: sells of one node, buys of another or the same. */
struct bb_bucket {
	uint64_t quantity_wh;
	int64_t fee; /* of all lines on the way */
	uint32_t from;
	uint32_t to;
};

/* bb_paths returns how many paths it wrote. */
uint32_t bb_paths(const struct bb_auction *auction, const struct bb_clearing *clearing,
		  struct bb_bucket paths[BB_PATHS_MAX]);

#endif
