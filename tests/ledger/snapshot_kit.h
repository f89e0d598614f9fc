/* snapshot_kit - a ledger in a temporary folder, its snapshots, and both ways of opening it. */
#ifndef SNAPSHOT_KIT_H
#define SNAPSHOT_KIT_H

#include "ledger/bb_snapshots.h"
#include "tests/bb_test.h"
#include "tests/ledger/ledger_folder.h"

struct shots {
	struct world world;
	struct folder folder;
	uint32_t lines; /* told by the last opening */
	char line[BB_LEDGER_TEXT]; /* the last of them */
};

extern struct shots shots;

void shots_begin(uint64_t seed);
void shots_end(void);

enum bb_result shots_open(bool from_genesis);

/* shots_run opens, takes count inputs, a block each, and closes. */
void shots_run(uint32_t count);

/* shots_make makes a snapshot, which must succeed; shots_check puts that of height to the test. */
struct bb_ledger_snapshot shots_make(void);
enum bb_result shots_check(uint64_t height);

/* shots_agree opens in both ways and returns whether they lead to the same: market, places, end
 * of the chain.  *height is that of the snapshot which was used. */
bool shots_agree(uint64_t *height);

/* shots_tell counts the lines that are told. */
void shots_tell(void *context, const char *text);

#endif
