/* test_folder - what strange things in the ledger's folder cannot do. */
#define _GNU_SOURCE /* syscall */
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_snapshot.h"
#include "tests/bb_test.h"
#include "tests/ledger/ledger_folder.h"

#define HANG_S 20u
#define NOBODY 65534u

static struct world world;
static struct folder folder;

/* What happens in another process between the opening of a file and its locking. */
static void (*meanwhile)(void);

/* In place of libc's: the linker takes the first one that it finds. */
int
flock(int file, int operation)
{
	if (meanwhile != NULL) {
		meanwhile();
		meanwhile = NULL;
	}
	return (int)syscall(SYS_flock, file, operation);
}

static void
path_of(char path[128], const char *name)
{
	(void)snprintf(path, 128, "%s/%s", folder.path, name);
}

static void
put_pipe(const char *name)
{
	char path[128];

	path_of(path, name);
	(void)unlink(path);
	BB_ASSERT(mkfifo(path, 0600) == 0);
}

/* Ends the test where something waits for the other end of a pipe. */
static void
test_a_pipe_holds_nobody_up(void)
{
	struct bb_genesis genesis;

	folder_begin(&folder, &world, 1);
	(void)alarm(HANG_S);
	put_pipe("snap-0000000000000001");
	put_pipe("spare-0");
	CU_ASSERT_EQUAL_FATAL(folder_open(&folder, &world.signer), BB_OK);
	folder_run(&folder, 3, true);
	folder_close(&folder);
	put_pipe("wm");
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "wm: "));
	put_pipe("seg-0000000000000000");
	CU_ASSERT_EQUAL(bb_ledger_genesis(folder.path, &genesis, folder.text), BB_ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "seg-0000000000000000: "));
	(void)alarm(0);
	folder_end(&folder);
}

/* A link where a file is on its way to its name: what it points to is nobody's to change. */
static void
test_nothing_is_written_through_a_link(void)
{
	static const uint8_t word[] = "another's";
	static const char *const links[] = { "wm.new", "spare-0.new" };
	char path[128];
	size_t size = 0;

	folder_begin(&folder, &world, 4);
	folder_remove(&folder, "wm");
	folder_write(&folder, "victim", word, sizeof(word));
	for (int i = 0; i < 2; i++) {
		path_of(path, links[i]);
		BB_ASSERT(symlink("victim", path) == 0);
	}
	CU_ASSERT_NOT_EQUAL(folder_open(&folder, &world.signer), BB_OK);
	folder_remove(&folder, links[0]);
	CU_ASSERT_EQUAL_FATAL(folder_open(&folder, &world.signer), BB_OK);
	folder_run(&folder, 3, true);
	folder_close(&folder);
	uint8_t *bytes = folder_read(&folder, "victim", &size);
	CU_ASSERT_EQUAL(size, sizeof(word));
	CU_ASSERT_EQUAL(memcmp(bytes, word, sizeof(word)), 0);
	free(bytes);
	folder_end(&folder);
}

static int handle = -1;
static int held = -1;
static char name[BB_SNAPSHOT_NAME_SIZE];

static void
publish(void)
{
	BB_ASSERT(bb_folder_replace(handle, BB_SNAPSHOT_NEW ".new", name) == BB_OK);
	bb_file_close(held);
}

static void
give_up(void)
{
	BB_ASSERT(bb_folder_remove(handle, BB_SNAPSHOT_NEW ".new") == BB_OK);
	bb_file_close(held);
}

/* Who opens what another one is making, and locks it once that one is done, holds a file that has
 * its name already, or none any more. */
static void
test_what_another_process_has_just_published_is_not_emptied(void)
{
	static const uint8_t word[] = "whole";
	void (*const ends[])(void) = { publish, give_up };
	int second = -1;
	size_t size = 0;

	folder_begin(&folder, &world, 2);
	bb_snapshot_name(name, 7);
	CU_ASSERT_EQUAL_FATAL(bb_folder_open(folder.path, &handle), BB_OK);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(bb_folder_make(handle, BB_SNAPSHOT_NEW, &held), BB_OK);
		CU_ASSERT_EQUAL(bb_file_write(held, word, sizeof(word), 0), BB_OK);
		meanwhile = ends[i];
		CU_ASSERT_EQUAL(bb_folder_make(handle, BB_SNAPSHOT_NEW, &second), BB_ERR_LOCKED);
		free(folder_read(&folder, name, &size));
		CU_ASSERT_EQUAL(size, sizeof(word));
	}
	CU_ASSERT_EQUAL(bb_folder_make(handle, BB_SNAPSHOT_NEW, &second), BB_OK);
	bb_file_close(second);
	bb_file_close(handle);
	folder_end(&folder);
}

/* As after a start by root, of a venue that is another user's. */
static void
test_a_file_that_is_not_ours_to_read_is_named(void)
{
	const uid_t user = geteuid();
	char path[128];

	folder_begin(&folder, &world, 3);
	path_of(path, "wm");
	BB_ASSERT(chmod(folder.path, 0755) == 0 && chmod(path, 0) == 0);
	BB_ASSERT(user != 0 || seteuid(NOBODY) == 0);
	CU_ASSERT_EQUAL(folder_open(&folder, &world.signer), BB_ERR_PERMISSION);
	BB_ASSERT(seteuid(user) == 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "wm: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(folder.text, "chown"));
	folder_end(&folder);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a pipe holds nobody up", test_a_pipe_holds_nobody_up },
		{ "nothing is written through a link", test_nothing_is_written_through_a_link },
		{ "what another process has just published is not emptied",
		  test_what_another_process_has_just_published_is_not_emptied },
		{ "a file that is not ours to read is named",
		  test_a_file_that_is_not_ours_to_read_is_named },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("folder", tests);
}
