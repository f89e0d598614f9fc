/* bench_start - how long a start takes, with a snapshot and without; a part of `audit`.
 *
 * Units    ms of wall time.
 * Threads  One, and those of the store.
 * Errors   false, and a line has been printed.
 */
#ifndef BENCH_START_H
#define BENCH_START_H

#include "bench/bench.h"

/* bench_start measures the ledger in folder, which is left as it was but for its watermark. */
bool bench_start(const struct bench_options *options, const char *folder,
		 const struct bb_genesis *genesis, const struct bb_identity *signer);

#endif
