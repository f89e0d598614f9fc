/* test_store - locks, keys, kills, full disks: what a process and its disk do to a ledger. */
#define _GNU_SOURCE /* usleep */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "tests/ledger/ledger_folder.h"

static struct world world;
static struct folder folder;
static const char first_segment[] = "seg-0000000000000000";

static void
test_a_second_opener_is_locked_out(void)
{
	int status = 0;

	folder_begin(&folder, &world, 13);
	folder_open_well(&folder);
	struct bb_ledger *first = folder.ledger;
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_LOCKED);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "another process holds the folder"));
	const pid_t child = fork();
	if (child == 0)
		_exit(folder_open(&folder, &world.signer) == BB_ERR_LOCKED ? 0 : 1);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	folder.ledger = first;
	folder_close(&folder);
	folder_open_well(&folder);
	folder_close(&folder);
	folder_end(&folder);
}

static void
test_only_the_venue_key_opens(void)
{
	folder_begin(&folder, &world, 14);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.operator), BB_ERR_KEY);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "venue.key"));
	folder_end(&folder);
}

static void
test_create_refuses_what_could_not_work(void)
{
	struct bb_genesis genesis;
	char text[BB_LEDGER_TEXT];
	const uint64_t size = UINT64_C(2) << 20;

	folder_begin(&folder, &world, 15);
	genesis = world.genesis;
	CU_ASSERT_EQUAL(bb_ledger_create(folder.path, &genesis, &world.signer, size, text),
			BB_ERR_EXISTS);
	CU_ASSERT_EQUAL(bb_ledger_create("/nowhere/at/all", &genesis, &world.signer, size, text),
			BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(bb_ledger_create(folder.path, &genesis, &world.operator, size, text),
			BB_ERR_KEY);
	CU_ASSERT_EQUAL(bb_ledger_create(folder.path, &genesis, &world.signer, size + 1, text),
			BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(bb_ledger_create(folder.path, &genesis, &world.signer,
					 folder.segment_size - BB_BLOCK_ALIGN, text),
			BB_ERR_LENGTH);
	genesis.name[0] = '\xff';
	CU_ASSERT_EQUAL(bb_ledger_create(folder.path, &genesis, &world.signer, size, text),
			BB_ERR_FORMAT);
	CU_ASSERT_EQUAL(bb_ledger_genesis(folder.path, &genesis, text), BB_OK);
	CU_ASSERT_EQUAL(memcmp(&genesis, &world.genesis, sizeof(genesis)), 0);
	folder_remove(&folder, first_segment);
	CU_ASSERT_EQUAL(bb_ledger_genesis(folder.path, &genesis, text), BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_NOT_FOUND);
	folder_end(&folder);
}

static void
test_the_watermark_is_written_in_two_slots_in_turn(void)
{
	uint8_t *bytes;
	size_t size = 0;
	uint64_t count = 0;

	folder_begin(&folder, &world, 19);
	for (uint32_t run = 0; run < 3; run++) {
		struct bb_watermark newer;
		struct bb_watermark older;

		folder_open_well(&folder);
		folder_run(&folder, 10, false);
		folder_close(&folder);
		bytes = folder_read(&folder, BB_WATERMARK_NAME, &size);
		CU_ASSERT_EQUAL(bb_watermark_read(&newer, bytes, size), BB_OK);
		CU_ASSERT_EQUAL(newer.height, folder.answered_height);
		CU_ASSERT_TRUE(newer.count > count);
		count = newer.count;
		/* Without the newer slot the one before is there. */
		bytes[count % 2 * BB_WATERMARK_SIZE] ^= 1;
		CU_ASSERT_EQUAL(bb_watermark_read(&older, bytes, size), BB_OK);
		CU_ASSERT_EQUAL(older.count, count - 1);
		free(bytes);
	}
	folder_end(&folder);
}

/* Blocks that never leave a gap leave none for the keeper: so it is sent home, and after the one
 * watermark that it may still write and its last one, all others are the flusher's. */
static void
test_the_watermark_follows_without_the_keeper(void)
{
	uint64_t height = 0;
	uint32_t later = 0;

	folder_begin(&folder, &world, 29);
	folder_open_well(&folder);
	atomic_store(&folder.ledger->store.stop_keeper, true);
	CU_ASSERT_EQUAL(sem_post(&folder.ledger->store.keeper_wake), 0);
	for (uint32_t i = 0; i < 100 && later < 5; i++) {
		struct bb_watermark mark;
		size_t size = 0;

		folder_run(&folder, 1, true);
		usleep(5000);
		uint8_t *bytes = folder_read(&folder, BB_WATERMARK_NAME, &size);
		CU_ASSERT_EQUAL_FATAL(bb_watermark_read(&mark, bytes, size), BB_OK);
		CU_ASSERT_TRUE(mark.height <= folder.answered_height);
		later += mark.height > height;
		height = mark.height;
		free(bytes);
	}
	CU_ASSERT_EQUAL(later, 5);
	folder_close(&folder);
	folder_end(&folder);
}

/* A killed process: everything that it answered is in the ledger of the next. */
static void
test_nothing_answered_is_lost_by_kill(void)
{
	folder_begin(&folder, &world, 16);
	for (uint32_t round = 0; round < 5; round++) {
		int pipe_ends[2];
		uint64_t answered = 0;
		uint64_t seen = 0;
		int status = 0;

		CU_ASSERT_EQUAL_FATAL(pipe(pipe_ends), 0);
		folder_open_well(&folder);
		const uint64_t before = folder.recovery.inputs;
		folder_close(&folder);
		const pid_t child = fork();
		if (child == 0) {
			BB_ASSERT(folder_open(&folder, &world.signer) == BB_OK);
			folder.answered = before;
			for (;;) {
				folder_run(&folder, 5, false);
				BB_ASSERT(write(pipe_ends[1], &folder.answered, 8) == 8);
			}
		}
		for (uint32_t i = 0; i < 5 + 7 * round; i++)
			if (read(pipe_ends[0], &seen, 8) == 8)
				answered = seen;
		CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
		CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
		(void)close(pipe_ends[1]);
		while (read(pipe_ends[0], &seen, 8) == 8)
			answered = seen;
		(void)close(pipe_ends[0]);
		CU_ASSERT_EQUAL_FATAL(folder_open(&folder, &world.signer), BB_OK);
		CU_ASSERT_TRUE(answered > before);
		CU_ASSERT_TRUE(folder.recovery.inputs >= answered);
		/* The world here catches up with what the child did. */
		static struct bb_outcome outcomes[WORLD_OUTCOMES];
		while (world.number < folder.recovery.inputs)
			(void)world_input(&world, outcomes);
		folder_close(&folder);
	}
	folder_end(&folder);
}

static void
test_a_live_ledger_verifies_while_it_is_written(void)
{
	struct bb_ledger_place place = { 0 };
	uint64_t height = 0;
	int status = 0;

	folder_begin(&folder, &world, 20);
	const pid_t child = fork();
	if (child == 0) {
		BB_ASSERT(folder_open(&folder, &world.signer) == BB_OK);
		while (world.packet_count + 50 < WORLD_PACKETS)
			folder_run(&folder, 5, false);
		(void)pause();
	}
	for (uint32_t i = 0; i < 25; i++) {
		CU_ASSERT_EQUAL(folder_verify(&folder, true, &place), BB_OK);
		CU_ASSERT_STRING_EQUAL(folder.text, "");
		CU_ASSERT_TRUE(place.height >= height);
		height = place.height;
	}
	CU_ASSERT_TRUE(height > 0);
	CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	folder_end(&folder);
}

static void
test_a_full_disk_is_an_alarm_before_it_is_a_stop(void)
{
	struct rlimit before;
	char text[BB_LEDGER_TEXT];
	enum bb_result alarm = BB_OK;

	folder_begin(&folder, &world, 17);
	(void)signal(SIGXFSZ, SIG_IGN);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	struct rlimit small = { folder.segment_size - BB_BLOCK_ALIGN, before.rlim_max };
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &small), 0);
	folder_open_well(&folder);
	for (uint32_t i = 0; i < 1000 && alarm == BB_OK; i++) {
		usleep(2000);
		alarm = bb_ledger_alarm(folder.ledger, text);
	}
	CU_ASSERT_EQUAL(alarm, BB_ERR_NO_SPACE);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "0 of 2 are there"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "make room"));
	/* The segment at hand goes on. */
	folder_run(&folder, 30, false);
	CU_ASSERT_EQUAL(folder.answered, 30);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	for (uint32_t i = 0; i < 2000 && alarm != BB_OK; i++) {
		usleep(2000);
		alarm = bb_ledger_alarm(folder.ledger, text);
	}
	CU_ASSERT_EQUAL(alarm, BB_OK);
	folder_close(&folder);
	folder_end(&folder);
}

static void
wait_for_spares(void)
{
	for (uint32_t i = 0; i < 5000; i++) {
		if (bb_store_spares(&folder.ledger->store) == BB_STORE_SPARES)
			return;
		usleep(1000);
	}
	CU_FAIL_FATAL("no spares");
}

static void
test_two_segments_are_made_ahead_and_used_in_turn(void)
{
	static const char *const names[] = { "spare-0", "spare-1" };
	size_t size = 0;

	folder_begin(&folder, &world, 21);
	folder_open_well(&folder);
	wait_for_spares();
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t *spare = folder_read(&folder, names[i], &size);
		CU_ASSERT_EQUAL(size, folder.segment_size);
		CU_ASSERT_TRUE(bb_is_zero(spare, size));
		free(spare);
	}
	while (folder.ledger->store.segment < 3) {
		folder_run(&folder, 20, true);
		wait_for_spares();
	}
	folder_close(&folder);

	/* What a crash may leave of a spare is not taken for one: a head, or half of a file. */
	folder_poke(&folder, "spare-0", 0, (const uint8_t *)"BBSEGv1", 8);
	folder_write(&folder, "spare-1", (const uint8_t *)"x", 1);
	folder_open_well(&folder);
	wait_for_spares();
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t *spare = folder_read(&folder, names[i], &size);
		CU_ASSERT_EQUAL(size, folder.segment_size);
		CU_ASSERT_TRUE(bb_is_zero(spare, size));
		free(spare);
	}
	while (folder.ledger->store.segment < 5) {
		folder_run(&folder, 20, true);
		wait_for_spares();
	}
	folder_close(&folder);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &(struct bb_ledger_place){ 0 }), BB_OK);
	folder_end(&folder);
}

/* As if all segments but so many had been made. */
static void
test_the_last_segments_are_an_alarm_before_they_are_a_stop(void)
{
	char text[BB_LEDGER_TEXT];

	folder_begin(&folder, &world, 37);
	folder_open_well(&folder);
	struct bb_store *store = &folder.ledger->store;
	wait_for_spares();
	CU_ASSERT_EQUAL(bb_store_left(store), BB_STORE_SEGMENTS_MAX - 1 - BB_STORE_SPARES);
	atomic_store(&store->left, BB_STORE_SEGMENTS_FEW);
	CU_ASSERT_EQUAL(bb_ledger_alarm(folder.ledger, text), BB_OK);
	atomic_store(&store->left, BB_STORE_SEGMENTS_FEW - 1);
	CU_ASSERT_EQUAL(bb_ledger_alarm(folder.ledger, text), BB_ERR_FULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "1023 more segments"));

	/* Those that are made are used, and no other is made. */
	atomic_store(&store->left, 0);
	while (!bb_store_holds(store))
		folder_run(&folder, 20, true);
	CU_ASSERT_EQUAL(store->segment, BB_STORE_SPARES);
	CU_ASSERT_EQUAL(bb_ledger_alarm(folder.ledger, text), BB_ERR_FULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "begin the next ledger"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "; 0 are empty"));
	folder_close(&folder);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &(struct bb_ledger_place){ 0 }), BB_OK);
	folder_end(&folder);
}

/* The keeper may wait for blocks, but not so that these wait for it for ever. */
static void
test_blocks_without_a_pause_get_their_segments(void)
{
	folder_begin(&folder, &world, 30);
	folder_open_well(&folder);
	while (folder.ledger->store.segment < 4)
		folder_run(&folder, 20, true);
	folder_close(&folder);
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &(struct bb_ledger_place){ 0 }), BB_OK);
	folder_end(&folder);
}

static enum bb_result
open_as(enum bb_ledger_write write)
{
	const struct bb_ledger_opening how = { .write = write };

	free(folder.market_bytes);
	folder.market = world_market(&world, &folder.market_bytes);
	const enum bb_result result =
		bb_ledger_open_as(&folder.ledger, folder.path, &world.signer, folder.market, &how,
				  &folder.recovery, folder.text);
	if (result == BB_OK)
		bb_line_limits(folder.ledger->line, 20000, 1000000);
	return result;
}

static void
test_both_ways_of_writing_make_one_ledger(void)
{
	struct bb_ledger_place place;
	uint64_t sent = 0;

	folder_begin(&folder, &world, 22);
	for (uint32_t run = 0; run < 6; run++) {
		const enum bb_ledger_write write = run % 2 == 0 ? BB_LEDGER_BUFFERED :
								  BB_LEDGER_DIRECT;
		const enum bb_result result = open_as(write);

		if (result == BB_ERR_FILESYSTEM && write == BB_LEDGER_DIRECT) {
			CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "write = buffered"));
			printf("%s has no O_DIRECT: only buffered was tried\n", folder.path);
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(result, BB_OK);
		CU_ASSERT_EQUAL(folder.ledger->store.write, write);
		CU_ASSERT_EQUAL(folder.recovery.inputs, sent);
		CU_ASSERT_EQUAL(folder.recovery.stale_bytes, 0);
		folder_run(&folder, 150, run % 3 == 0);
		sent += 150;
		folder_close(&folder);
	}
	CU_ASSERT_EQUAL(folder_verify(&folder, false, &place), BB_OK);
	CU_ASSERT_EQUAL(place.number, sent);
	folder_end(&folder);
}

static void
count_progress(void *context, uint64_t done, uint64_t total, uint64_t blocks, uint64_t inputs)
{
	uint64_t *seen = context;

	CU_ASSERT_TRUE(done <= total && done >= seen[0] && blocks >= seen[1] && inputs >= seen[2]);
	seen[0] = done;
	seen[1] = blocks;
	seen[2] = inputs;
}

static void
test_an_opening_tells_how_far_it_is(void)
{
	uint64_t seen[3] = { 0 };
	const struct bb_ledger_opening how = { .progress = count_progress, .context = seen };

	folder_begin(&folder, &world, 23);
	folder_open_well(&folder);
	folder_run(&folder, 60, true);
	folder_close(&folder);
	free(folder.market_bytes);
	folder.market = world_market(&world, &folder.market_bytes);
	CU_ASSERT_EQUAL_FATAL(bb_ledger_open_as(&folder.ledger, folder.path, &world.signer,
						folder.market, &how, &folder.recovery,
						folder.text),
			      BB_OK);
	CU_ASSERT_EQUAL(seen[1], folder.recovery.blocks);
	CU_ASSERT_EQUAL(seen[2], 60);
	CU_ASSERT_TRUE(seen[0] >= 60 * BB_BLOCK_ALIGN);
	CU_ASSERT_TRUE(folder.recovery.elapsed_ns > 0);
	folder_close(&folder);
	folder_end(&folder);
}

static void
test_file_systems_that_forget_are_named(void)
{
	char text[BB_LEDGER_TEXT];

	CU_ASSERT_EQUAL(bb_ledger_filesystem("/nowhere/at/all", text), BB_ERR_NOT_FOUND);
	struct statfs status;
	CU_ASSERT_EQUAL_FATAL(statfs("/dev/shm", &status), 0);
	if (status.f_type != 0x01021994) {
		printf("/dev/shm is no tmpfs here: not tried\n");
		return;
	}
	CU_ASSERT_EQUAL(bb_ledger_filesystem("/dev/shm", text), BB_ERR_FILESYSTEM);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "tmpfs"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "what was answered could be lost"));
}

static void
test_a_failed_flush_stops_the_store(void)
{
	static struct bb_outcome outcomes[WORLD_OUTCOMES];
	struct bb_outcome got[64];
	struct bb_line *line;

	folder_begin(&folder, &world, 18);
	folder_open_well(&folder);
	folder_run(&folder, 20, false);
	line = folder.ledger->line;
	/* A device that is always full takes the place of the segment. */
	const int full = open("/dev/full", O_RDWR | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(full >= 0 && dup2(full, folder.ledger->store.file) >= 0);
	(void)close(full);
	const uint32_t count = world_input(&world, outcomes);
	CU_ASSERT_EQUAL(bb_line_push(line, outcomes, count, folder.now_ns), count);
	for (uint32_t i = 0; i < 1000 && line->failed == BB_OK; i++) {
		bb_line_turn(line, folder.now_ns, true);
		usleep(1000);
	}
	CU_ASSERT_EQUAL(line->failed, BB_ERR_NO_SPACE);
	CU_ASSERT_EQUAL(bb_line_pull(line, got, 64), 0);
	folder_close(&folder);
	/* The next opening has all that was answered. */
	folder_open_well(&folder);
	CU_ASSERT_EQUAL(folder.recovery.inputs, 20);
	folder_close(&folder);
	folder_end(&folder);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a second opener is locked out", test_a_second_opener_is_locked_out },
		{ "only the venue key opens", test_only_the_venue_key_opens },
		{ "create refuses what could not work", test_create_refuses_what_could_not_work },
		{ "the watermark is written in two slots in turn",
		  test_the_watermark_is_written_in_two_slots_in_turn },
		{ "the watermark follows without the keeper",
		  test_the_watermark_follows_without_the_keeper },
		{ "nothing answered is lost by kill", test_nothing_answered_is_lost_by_kill },
		{ "a live ledger verifies while it is written",
		  test_a_live_ledger_verifies_while_it_is_written },
		{ "the last segments are an alarm before they are a stop",
		  test_the_last_segments_are_an_alarm_before_they_are_a_stop },
		{ "a full disk is an alarm before it is a stop",
		  test_a_full_disk_is_an_alarm_before_it_is_a_stop },
		{ "two segments are made ahead and used in turn",
		  test_two_segments_are_made_ahead_and_used_in_turn },
		{ "blocks without a pause get their segments",
		  test_blocks_without_a_pause_get_their_segments },
		{ "both ways of writing make one ledger",
		  test_both_ways_of_writing_make_one_ledger },
		{ "an opening tells how far it is", test_an_opening_tells_how_far_it_is },
		{ "file systems that forget are named", test_file_systems_that_forget_are_named },
		{ "a failed flush stops the store", test_a_failed_flush_stops_the_store },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("store", tests);
}
