#include "tests/ledger/snapshot_kit.h"

#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_save.h"

#define SAVED_MAX (4u << 20)

struct shots shots;

void
shots_tell(void *context, const char *text)
{
	(void)context;
	shots.lines++;
	(void)snprintf(shots.line, sizeof(shots.line), "%s", text);
}

void
shots_begin(uint64_t seed)
{
	folder_begin(&shots.folder, &shots.world, seed);
}

void
shots_end(void)
{
	folder_end(&shots.folder);
}

enum bb_result
shots_open(bool from_genesis)
{
	const struct bb_ledger_opening how = { .from_genesis = from_genesis, .told = shots_tell };

	free(shots.folder.market_bytes);
	shots.folder.market = world_market(&shots.world, &shots.folder.market_bytes);
	shots.lines = 0;
	shots.line[0] = '\0';
	const enum bb_result result =
		bb_ledger_open_as(&shots.folder.ledger, shots.folder.path, &shots.world.signer,
				  shots.folder.market, &how, &shots.folder.recovery,
				  shots.folder.text);
	if (result == BB_OK)
		bb_line_limits(shots.folder.ledger->line, 20000, 1000000);
	return result;
}

void
shots_run(uint32_t count)
{
	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	folder_run(&shots.folder, count, true);
	folder_close(&shots.folder);
}

struct bb_ledger_snapshot
shots_make(void)
{
	const struct bb_ledger_snapshotting how = { .told = shots_tell };
	struct bb_ledger_snapshot report;

	const enum bb_result result =
		bb_ledger_snapshot(shots.folder.path, &shots.world.signer, &how, &report,
				   shots.folder.text);
	if (result != BB_OK)
		printf("%s\n", shots.folder.text);
	CU_ASSERT_EQUAL_FATAL(result, BB_OK);
	return report;
}

enum bb_result
shots_check(uint64_t height)
{
	const struct bb_ledger_snapshotting how = { .told = shots_tell };
	struct bb_ledger_snapshot report;

	return bb_ledger_snapshot_check(shots.folder.path, height, &how, &report,
					shots.folder.text);
}

/* All that the market and the places of the opened ledger are. */
static size_t
saved(uint8_t *bytes)
{
	static struct bb_save save;
	uint64_t at = 0;
	size_t used = 0;
	size_t some;

	bb_save_start(&save, shots.folder.market);
	while ((some = bb_save_next(&save, bytes + used)) > 0)
		used += some;
	while ((some = bb_places_next(&shots.folder.ledger->places, bytes + used, &at)) > 0)
		used += some;
	BB_ASSERT(used + BB_SPARSE_ROOM < SAVED_MAX);
	return used;
}

static uint8_t with[SAVED_MAX];
static uint8_t without[SAVED_MAX];

bool
shots_agree(uint64_t *height)
{
	struct bb_ledger_place place;
	struct bb_ledger_place same;

	CU_ASSERT_EQUAL_FATAL(shots_open(false), BB_OK);
	*height = shots.folder.recovery.snapshot_height;
	bb_ledger_durable(shots.folder.ledger, &place);
	const size_t size = saved(with);
	folder_close(&shots.folder);
	CU_ASSERT_EQUAL_FATAL(shots_open(true), BB_OK);
	CU_ASSERT_EQUAL(shots.folder.recovery.snapshot_height, 0);
	bb_ledger_durable(shots.folder.ledger, &same);
	const size_t full = saved(without);
	folder_close(&shots.folder);
	return size == full && memcmp(with, without, size) == 0 &&
	       memcmp(&place, &same, sizeof(place)) == 0;
}
