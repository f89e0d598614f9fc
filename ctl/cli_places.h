/* cli_places - where blocks lie: segment, offset and size, read from their headers alone.
 *
 * For people and tests who look at the files themselves.  The blocks were checked by whoever
 * hands out their heights (bb_ledger_each); what is read here is trusted no further than to
 * find the next one.
 *
 * Units    offsets and sizes in bytes.
 * Memory   The caller's; one file is open at a time.
 * Threads  One.
 * Errors   false: there is no such block.
 * Replay   Not part of it.
 */
#ifndef CLI_PLACES_H
#define CLI_PLACES_H

#include <stdbool.h>
#include <stdint.h>

struct cli_places {
	int folder_fd;
	int fd; /* of the segment; -1: none yet */
	uint64_t segment;
	uint64_t offset; /* where the next block begins */
};

struct cli_place {
	uint64_t segment;
	uint64_t offset;
	uint64_t size;
	uint32_t inputs;
	uint32_t results;
};

bool cli_places_open(struct cli_places *places, const char *folder);
void cli_places_close(struct cli_places *places);

/* cli_places_find goes forward to the block of this height. */
bool cli_places_find(struct cli_places *places, uint64_t height, struct cli_place *place);

#endif
