/* ledger_folder - a real ledger in a temporary folder, driven without rings.
 *
 * Memory   malloc and mmap; everything goes with folder_end.
 */
#ifndef LEDGER_FOLDER_H
#define LEDGER_FOLDER_H

#include "ledger/bb_ledger_parts.h"
#include "tests/ledger/ledger_world.h"

struct folder {
	char path[64];
	struct world *world;
	uint64_t segment_size;
	struct bb_ledger *ledger;
	struct bb_market *market; /* what opening replayed; then kept up to date by hand */
	void *market_bytes;
	struct bb_ledger_recovery recovery;
	char text[BB_LEDGER_TEXT];
	uint64_t answered; /* inputs that were released */
	uint64_t answered_height;
	uint64_t now_ns;
};

/* folder_begin begins world from seed and makes a ledger for it, with the smallest segments that
 * are allowed; folder_end ends both. */
void folder_begin(struct folder *folder, struct world *world, uint64_t seed);
void folder_end(struct folder *folder);

/* folder_open opens it into a fresh market, folder_open_well with the venue's key and as a CUnit
 * assertion that nothing is to be told; folder_close closes it. */
enum bb_result folder_open(struct folder *folder, const struct bb_identity *signer);
void folder_open_well(struct folder *folder);
void folder_close(struct folder *folder);

/* folder_run sends count inputs, a block for each when alone; returns once all are
 * answered. */
void folder_run(struct folder *folder, uint32_t count, bool alone);

/* folder_heartbeat lets the time of a heartbeat pass; returns once that is durable. */
void folder_heartbeat(struct folder *folder);

/* folder_read and folder_write copy whole files; folder_poke changes bytes in one. */
uint8_t *folder_read(const struct folder *folder, const char *name, size_t *size);
void folder_write(const struct folder *folder, const char *name, const uint8_t *bytes,
		  size_t size);
void folder_poke(const struct folder *folder, const char *name, uint64_t offset,
		 const uint8_t *bytes, size_t size);
void folder_remove(const struct folder *folder, const char *name);

/* folder_verify is bb_ledger_verify with everything on; text in folder->text. */
enum bb_result folder_verify(struct folder *folder, bool tolerate_tail,
			     struct bb_ledger_place *place);

#endif
