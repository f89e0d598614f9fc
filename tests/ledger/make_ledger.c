/* make_ledger - writes a small ledger of three runs into a folder and prints what its end
 * is, so that a reader which shares no code with us can be tested against it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "tests/ledger/ledger_folder.h"

static void
print_hash(const char *name, const struct bb_hash *hash)
{
	printf("%s ", name);
	for (uint32_t i = 0; i < BB_HASH_SIZE; i++)
		printf("%02x", hash->bytes[i]);
	printf("\n");
}

int
main(void)
{
	static struct world world;
	static struct folder folder;
	struct bb_ledger_place place;

	folder_begin(&folder, &world, 12);
	printf("folder %s\n", folder.path);
	for (uint32_t run = 0; run < 3; run++) {
		BB_ASSERT(folder_open(&folder, &world.signer) == BB_OK);
		folder_run(&folder, 180, run != 1);
		if (run < 2)
			folder_heartbeat(&folder);
		bb_ledger_durable(folder.ledger, &place);
		folder_close(&folder);
	}
	printf("height %" PRIu64 "\nnumber %" PRIu64 "\n", place.height, place.number);
	print_hash("block_hash", &place.block_hash);
	print_hash("state_root", &place.state_root);
	print_hash("log_root", &place.log_root);
	world_end(&world);
	return 0;
}
