#define _GNU_SOURCE /* mkdtemp */
#include "tests/ledger/ledger_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/Basic.h>

#include "base/bb_assert.h"

void
folder_begin(struct folder *folder, struct world *world, uint64_t seed)
{
	world_begin(world, seed);
	memset(folder, 0, sizeof(*folder));
	folder->world = world;
	folder->segment_size = bb_ledger_segment_min(&world->genesis.size);
	folder->now_ns = WORLD_START_NS;
	/* In memory where there is such a place: what a crash leaves is made by hand here,
	 * and hundreds of real flushes would only take time. */
	(void)snprintf(folder->path, sizeof(folder->path), "%s/busbar-ledger-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	BB_ASSERT(mkdtemp(folder->path) != NULL);
	BB_ASSERT(bb_ledger_create(folder->path, &world->genesis, &world->signer,
				   folder->segment_size, folder->text) == BB_OK);
}

static void
path_of(const struct folder *folder, const char *name, char path[128])
{
	const int length = snprintf(path, 128, "%s/%s", folder->path, name);
	BB_ASSERT(length > 0 && length < 128);
}

void
folder_remove(const struct folder *folder, const char *name)
{
	char path[128];

	path_of(folder, name, path);
	BB_ASSERT(unlink(path) == 0);
}

void
folder_end(struct folder *folder)
{
	DIR *entries = opendir(folder->path);
	const struct dirent *entry;

	BB_ASSERT(entries != NULL);
	while ((entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.')
			folder_remove(folder, entry->d_name);
	(void)closedir(entries);
	BB_ASSERT(rmdir(folder->path) == 0);
	free(folder->market_bytes);
	world_end(folder->world);
}

enum bb_result
folder_open(struct folder *folder, const struct bb_identity *signer)
{
	free(folder->market_bytes);
	folder->market = world_market(folder->world, &folder->market_bytes);
	const enum bb_result result =
		bb_ledger_open(&folder->ledger, folder->path, signer, folder->market,
			       &folder->recovery, folder->text);
	if (result == BB_OK)
		bb_line_limits(folder->ledger->line, 20000, 1000000);
	return result;
}

void
folder_open_well(struct folder *folder)
{
	CU_ASSERT_EQUAL_FATAL(folder_open(folder, &folder->world->signer), BB_OK);
	CU_ASSERT_STRING_EQUAL(folder->text, "");
}

void
folder_close(struct folder *folder)
{
	bb_ledger_close(folder->ledger);
	folder->ledger = NULL;
}

/* Counts what may leave. */
static void
pull_all(struct folder *folder)
{
	struct bb_outcome got[64];
	uint32_t count = 0;

	while ((count = bb_line_pull(folder->ledger->line, got, 64)) > 0) {
		for (uint32_t i = 0; i < count; i++) {
			if (bb_outcome_is_event(&got[i]))
				continue;
			if (got[i].packet.kind == BB_OUTCOME_BLOCK)
				folder->answered_height = got[i].packet.height;
			else
				folder->answered++;
		}
	}
}

static void
turn(struct folder *folder, bool drained)
{
	folder->now_ns += 100;
	bb_line_turn(folder->ledger->line, folder->now_ns, drained);
	BB_ASSERT(folder->ledger->line->failed == BB_OK);
	pull_all(folder);
}

void
folder_run(struct folder *folder, uint32_t count, bool alone)
{
	static struct bb_outcome outcomes[WORLD_OUTCOMES];
	struct bb_line *line = folder->ledger->line;

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t size = world_input(folder->world, outcomes);

		for (uint32_t done = 0; done < size;) {
			done += bb_line_push(line, outcomes + done, size - done, folder->now_ns);
			turn(folder, false);
		}
		while (alone && !bb_line_quiet(line)) {
			turn(folder, true);
			(void)sched_yield();
		}
	}
	while (!bb_line_quiet(line)) {
		turn(folder, true);
		(void)sched_yield();
	}
	bb_ledger_publish(folder->ledger, &line->durable);
}

void
folder_heartbeat(struct folder *folder)
{
	struct bb_line *line = folder->ledger->line;
	const uint64_t height = line->durable.height;

	bb_line_heartbeat(line, 1000);
	while (line->durable.height == height || !bb_line_quiet(line)) {
		turn(folder, true);
		(void)sched_yield();
	}
	bb_line_heartbeat(line, 0);
	bb_ledger_publish(folder->ledger, &line->durable);
}

uint8_t *
folder_read(const struct folder *folder, const char *name, size_t *size)
{
	struct stat status;
	char path[128];

	path_of(folder, name, path);
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	BB_ASSERT(file >= 0 && fstat(file, &status) == 0);
	*size = (size_t)status.st_size;
	uint8_t *bytes = malloc(*size);
	BB_ASSERT(bytes != NULL && read(file, bytes, *size) == (ssize_t)*size);
	(void)close(file);
	return bytes;
}

void
folder_write(const struct folder *folder, const char *name, const uint8_t *bytes, size_t size)
{
	char path[128];

	path_of(folder, name, path);
	const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	BB_ASSERT(file >= 0 && write(file, bytes, size) == (ssize_t)size);
	(void)close(file);
}

void
folder_poke(const struct folder *folder, const char *name, uint64_t offset, const uint8_t *bytes,
	    size_t size)
{
	char path[128];

	path_of(folder, name, path);
	const int file = open(path, O_WRONLY | O_CLOEXEC);
	BB_ASSERT(file >= 0 && pwrite(file, bytes, size, (off_t)offset) == (ssize_t)size);
	(void)close(file);
}

enum bb_result
folder_verify(struct folder *folder, bool tolerate_tail, struct bb_ledger_place *place)
{
	const struct bb_ledger_options options = { .signatures = BB_LEDGER_ALL,
						   .replay = true,
						   .tolerate_tail = tolerate_tail };
	struct bb_ledger_report report;
	const size_t size = bb_market_bytes(&folder->world->genesis.size);
	void *bytes = aligned_alloc(BB_ARENA_ALIGN, size);
	struct bb_arena arena;

	BB_ASSERT(bytes != NULL);
	memset(bytes, 0, size);
	bb_arena_init(&arena, bytes, size);
	const enum bb_result result =
		bb_ledger_verify(folder->path, &options, &arena, &report, folder->text);
	*place = report.place;
	free(bytes);
	return result;
}
