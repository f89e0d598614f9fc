/* test_unreadable - a page that the disk cannot give is named, not a crash. */
#define _GNU_SOURCE /* mkstemp, ftruncate */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "ctl/cli_unreadable.h"
#include "tests/bb_test.h"

#define PAGES 5u

/* What a child says that reads a page of a file which has become shorter; it ends with the
 * handler's exit code.  Both streams go into text. */
static int
read_cut_file(bool json, char text[1024])
{
	static const struct cli_command command = { .name = "ledger verify" };
	char path[] = "/tmp/busbar-unreadable-XXXXXX";
	const struct cli cli = { .command = &command, .json = json };
	const long page = sysconf(_SC_PAGESIZE);
	const int file = mkstemp(path);
	int ends[2];
	int status = 0;
	size_t used = 0;
	ssize_t count = 0;

	BB_ASSERT(page == 4096 && file >= 0 && pipe(ends) == 0);
	BB_ASSERT(ftruncate(file, PAGES * page) == 0);
	const volatile uint8_t *bytes =
		mmap(NULL, PAGES * (size_t)page, PROT_READ, MAP_SHARED, file, 0);
	BB_ASSERT(bytes != MAP_FAILED && ftruncate(file, page) == 0);
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)dup2(ends[1], STDERR_FILENO);
		cli_unreadable_catch(&cli);
		_exit(100 + bytes[3 * page + 17]);
	}
	(void)close(ends[1]);
	while ((count = read(ends[0], text + used, 1023 - used)) > 0)
		used += (size_t)count;
	text[used] = '\0';
	BB_ASSERT(waitpid(child, &status, 0) == child);
	(void)close(ends[0]);
	(void)close(file);
	(void)munmap((void *)(uintptr_t)bytes, PAGES * (size_t)page);
	(void)unlink(path);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, path + strlen("/tmp/")));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_the_file_and_the_offset_of_the_page_are_named(void)
{
	char text[1024];

	CU_ASSERT_EQUAL(read_cut_file(false, text), CLI_UNHEALTHY);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "busbarctl: busbar-unreadable-"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, " at offset 12288 cannot be read"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "; see dmesg"));
}

static void
test_with_json_it_is_one_object(void)
{
	char text[1024];
	json_error_t error;

	CU_ASSERT_EQUAL(read_cut_file(true, text), CLI_UNHEALTHY);
	char *end = strchr(text, '\n');
	BB_ASSERT(end != NULL);
	*end = '\0';
	json_t *object = json_loads(text, 0, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(object);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "schema")),
			       "busbar.ledger.verify/1");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "result")), "ERR_IO");
	CU_ASSERT_PTR_NOT_NULL(strstr(json_string_value(json_object_get(object, "text")),
				      "at offset 12288"));
	json_decref(object);
}

static void
test_any_other_bus_error_ends_the_process_as_ever(void)
{
	static const struct cli_command command = { .name = "ledger verify" };
	const struct cli cli = { .command = &command };
	int status = 0;

	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		(void)freopen("/dev/null", "w", stderr);
		cli_unreadable_catch(&cli);
		(void)raise(SIGBUS);
		(void)raise(SIGBUS);
		_exit(0);
	}
	BB_ASSERT(waitpid(child, &status, 0) == child);
	CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the file and the offset of the page are named",
		  test_the_file_and_the_offset_of_the_page_are_named },
		{ "with JSON it is one object", test_with_json_it_is_one_object },
		{ "any other bus error ends the process as ever",
		  test_any_other_bus_error_ends_the_process_as_ever },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("unreadable", tests);
}
