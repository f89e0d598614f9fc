/* make_venue FOLDER [fork] - a venue's folder whose ledger grows as it is told, for tests that look
 * at it from outside.
 *
 * Makes FOLDER/venue.key and FOLDER/ledger (a link to where the ledger lies) and prints
 * ledger id, key and name.  Then, for each line "COUNT ALONE" of standard input, it goes on
 * for COUNT inputs, a block for each where ALONE is 1, and prints the number of the last.
 * With fork: the same venue, and its key, but another history. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "tests/ledger/ledger_folder.h"
#include "wire/bb_keyfile.h"

static void
print_hex(const char *name, const uint8_t *bytes)
{
	printf("%s ", name);
	for (uint32_t i = 0; i < 32; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

int
main(int argc, char **argv)
{
	static struct world world;
	static struct folder folder;
	struct bb_ledger_place place = { 0 };
	char path[512];
	uint32_t count;
	int alone;

	BB_ASSERT(argc == 2 || (argc == 3 && strcmp(argv[2], "fork") == 0));
	folder_begin(&folder, &world, 20261124);
	if (argc == 3)
		(void)bb_random_next(&world.random);
	(void)snprintf(path, sizeof(path), "%s/ledger", argv[1]);
	BB_ASSERT(symlink(folder.path, path) == 0);
	(void)snprintf(path, sizeof(path), "%s/venue.key", argv[1]);
	BB_ASSERT(bb_keyfile_write(path, &world.signer) == BB_OK);
	print_hex("ledger_id", world.ledger_id.bytes);
	print_hex("key", world.signer.public_key);
	printf("name %s\n", world.genesis.name);
	fflush(stdout);
	while (scanf("%" SCNu32 " %d", &count, &alone) == 2) {
		BB_ASSERT(folder_open(&folder, &world.signer) == BB_OK);
		folder_run(&folder, count, alone == 1);
		bb_ledger_durable(folder.ledger, &place);
		folder_close(&folder);
		printf("%" PRIu64 "\n", place.number);
		fflush(stdout);
	}
	folder_end(&folder);
	return 0;
}
