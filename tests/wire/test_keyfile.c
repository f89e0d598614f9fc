/* test_keyfile - secret keys on disk: who may read them, and what is refused. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"
#include "wire/bb_keyfile.h"

static struct kit kit;
static char folder[] = "/tmp/busbar-keyfile-XXXXXX";

static char *
path_of(const char *name)
{
	static char paths[4][128];
	static uint32_t next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void
write_text(const char *path, mode_t mode, const char *text)
{
	unlink(path);
	const int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CU_ASSERT_TRUE_FATAL(file >= 0);
	CU_ASSERT_EQUAL(write(file, text, strlen(text)), (ssize_t)strlen(text));
	CU_ASSERT_EQUAL(fchmod(file, mode), 0);
	close(file);
}

static void
read_text(const char *path, char text[256])
{
	memset(text, 0, 256);
	const int file = open(path, O_RDONLY);
	CU_ASSERT_TRUE_FATAL(file >= 0);
	CU_ASSERT_TRUE(read(file, text, 255) > 0);
	close(file);
}

static mode_t
mode_of(const char *path)
{
	struct stat status;

	CU_ASSERT_EQUAL_FATAL(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static enum bb_result
read_secret(const char *path)
{
	struct bb_identity identity;
	return bb_keyfile_read(path, &identity);
}

static void
test_a_written_key_reads_back(void)
{
	struct bb_identity identity;
	uint8_t public_key[BB_KEY_SIZE];

	CU_ASSERT_EQUAL(bb_keyfile_write(path_of("good"), &kit.participant), BB_OK);
	CU_ASSERT_EQUAL(bb_keyfile_read(path_of("good"), &identity), BB_OK);
	CU_ASSERT_EQUAL(memcmp(&identity, &kit.participant, sizeof(identity)), 0);
	CU_ASSERT_EQUAL(bb_keyfile_read_public(path_of("good.pub"), public_key), BB_OK);
	CU_ASSERT_EQUAL(memcmp(public_key, identity.public_key, BB_KEY_SIZE), 0);
}

static void
test_the_files_are_the_documented_lines(void)
{
	char text[256];

	read_text(path_of("good"), text);
	CU_ASSERT_STRING_EQUAL(text, "busbar-secret-v1 000102030405060708090a0b0c0d0e0f"
				     "101112131415161718191a1b1c1d1e1f\n");
	read_text(path_of("good.pub"), text);
	CU_ASSERT_STRING_EQUAL(text, "busbar-public-v1 03a107bff3ce10be1d70dd18e74bc099"
				     "67e4d6309ba50d5f1ddc8664125531b8\n");
}

static void
test_a_secret_is_0600_whatever_the_umask(void)
{
	const mode_t before = umask(0);

	CU_ASSERT_EQUAL(bb_keyfile_write(path_of("open"), &kit.participant), BB_OK);
	umask(0777);
	CU_ASSERT_EQUAL(bb_keyfile_write(path_of("shut"), &kit.participant), BB_OK);
	umask(before);
	CU_ASSERT_EQUAL(mode_of(path_of("open")), 0600);
	CU_ASSERT_EQUAL(mode_of(path_of("shut")), 0600);
	CU_ASSERT_EQUAL(mode_of(path_of("open.pub")), 0644);
	CU_ASSERT_EQUAL(mode_of(path_of("shut.pub")), 0644);
}

static void
test_an_existing_file_is_never_replaced(void)
{
	char text[256];

	write_text(path_of("taken"), 0600, "precious");
	CU_ASSERT_EQUAL(bb_keyfile_write(path_of("taken"), &kit.venue), BB_ERR_EXISTS);
	read_text(path_of("taken"), text);
	CU_ASSERT_STRING_EQUAL(text, "precious");
	CU_ASSERT_NOT_EQUAL(access(path_of("taken.pub"), F_OK), 0);
}

static void
test_an_existing_public_file_leaves_no_secret_behind(void)
{
	char text[256];

	write_text(path_of("half.pub"), 0644, "precious");
	CU_ASSERT_EQUAL(bb_keyfile_write(path_of("half"), &kit.venue), BB_ERR_EXISTS);
	CU_ASSERT_NOT_EQUAL(access(path_of("half"), F_OK), 0);
	read_text(path_of("half.pub"), text);
	CU_ASSERT_STRING_EQUAL(text, "precious");
}

static void
test_nothing_is_written_through_a_symbolic_link(void)
{
	CU_ASSERT_EQUAL(symlink("elsewhere", path_of("link")), 0);
	CU_ASSERT_EQUAL(bb_keyfile_write(path_of("link"), &kit.venue), BB_ERR_EXISTS);
	CU_ASSERT_NOT_EQUAL(access(path_of("elsewhere"), F_OK), 0);
}

static void
test_a_folder_that_is_not_there_is_not_found(void)
{
	CU_ASSERT_EQUAL(bb_keyfile_write(path_of("none/key"), &kit.venue), BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(read_secret(path_of("none/key")), BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(read_secret(path_of("none")), BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(read_secret(path_of("good/key")), BB_ERR_NOT_FOUND);
}

static void
test_a_secret_with_any_right_for_others_is_refused(void)
{
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		CU_ASSERT_EQUAL(chmod(path_of("good"), 0600 | bit), 0);
		CU_ASSERT_EQUAL(read_secret(path_of("good")), BB_ERR_MODE);
	}
	CU_ASSERT_EQUAL(chmod(path_of("good"), 0400), 0);
	CU_ASSERT_EQUAL(read_secret(path_of("good")), BB_OK);
}

static void
test_a_secret_behind_a_symbolic_link_is_refused(void)
{
	uint8_t key[BB_KEY_SIZE];

	CU_ASSERT_EQUAL(symlink("good", path_of("alias")), 0);
	CU_ASSERT_EQUAL(symlink("good.pub", path_of("alias.pub")), 0);
	CU_ASSERT_EQUAL(read_secret(path_of("alias")), BB_ERR_FORMAT);
	CU_ASSERT_EQUAL(bb_keyfile_read_public(path_of("alias.pub"), key), BB_OK);
}

static void
test_what_is_no_plain_file_is_refused_without_waiting(void)
{
	CU_ASSERT_EQUAL(mkfifo(path_of("pipe"), 0600), 0);
	CU_ASSERT_EQUAL(read_secret(path_of("pipe")), BB_ERR_FORMAT);
	CU_ASSERT_EQUAL(read_secret(folder), BB_ERR_FORMAT);
}

static void
test_a_secret_that_is_not_ours_is_not_read(void)
{
	if (geteuid() == 0) /* root may read everything: nothing to see */
		return;
	CU_ASSERT_EQUAL(chmod(path_of("good"), 0000), 0);
	CU_ASSERT_EQUAL(read_secret(path_of("good")), BB_ERR_PERMISSION);
	CU_ASSERT_EQUAL(chmod(path_of("good"), 0600), 0);
}

static void
test_every_truncation_and_any_addition_is_refused(void)
{
	char good[256], text[256];

	read_text(path_of("good"), good);
	const size_t size = strlen(good);
	for (size_t cut = 0; cut < size; cut++) {
		snprintf(text, sizeof(text), "%.*s", (int)cut, good);
		write_text(path_of("cut"), 0600, text);
		CU_ASSERT_EQUAL(read_secret(path_of("cut")), BB_ERR_FORMAT);
	}
	for (int more = 1; more < 120; more++) {
		snprintf(text, sizeof(text), "%s%*s", good, more, "\n");
		write_text(path_of("cut"), 0600, text);
		CU_ASSERT_EQUAL(read_secret(path_of("cut")), BB_ERR_FORMAT);
	}
}

static void
test_every_other_character_of_the_form_is_refused(void)
{
	char good[256], text[256];

	read_text(path_of("good"), good);
	for (size_t at = 0; at < strlen(good); at++) {
		snprintf(text, sizeof(text), "%s", good);
		text[at] = text[at] == 'z' ? 'y' : 'z';
		write_text(path_of("other"), 0600, text);
		CU_ASSERT_EQUAL(read_secret(path_of("other")), BB_ERR_FORMAT);
	}
}

static void
test_secret_and_public_are_not_mistaken_for_each_other(void)
{
	uint8_t key[BB_KEY_SIZE];

	CU_ASSERT_EQUAL(bb_keyfile_read_public(path_of("good"), key), BB_ERR_FORMAT);
	CU_ASSERT_EQUAL(chmod(path_of("good.pub"), 0600), 0);
	CU_ASSERT_EQUAL(read_secret(path_of("good.pub")), BB_ERR_FORMAT);
}

static void
test_a_refused_file_leaves_the_identity_as_it_was(void)
{
	struct bb_identity identity, before;

	memset(&identity, 0x5a, sizeof(identity));
	before = identity;
	write_text(path_of("bad"), 0600, "busbar-secret-v1 00\n");
	CU_ASSERT_EQUAL(bb_keyfile_read(path_of("bad"), &identity), BB_ERR_FORMAT);
	CU_ASSERT_EQUAL(memcmp(&identity, &before, sizeof(before)), 0);
}

static void
remove_all(void)
{
	static const char *const names[] = {
		"good", "good.pub", "open", "open.pub", "shut", "shut.pub", "taken", "half.pub",
		"link", "alias", "alias.pub", "pipe", "cut", "other", "bad",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	if (rmdir(folder) != 0) /* something was left that should not be */
		fprintf(stderr, "%s is not empty\n", folder);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a written key reads back", test_a_written_key_reads_back },
		{ "the files are the documented lines", test_the_files_are_the_documented_lines },
		{ "a secret is 0600, whatever the umask",
		  test_a_secret_is_0600_whatever_the_umask },
		{ "an existing file is never replaced", test_an_existing_file_is_never_replaced },
		{ "an existing public file leaves no secret behind",
		  test_an_existing_public_file_leaves_no_secret_behind },
		{ "nothing is written through a symbolic link",
		  test_nothing_is_written_through_a_symbolic_link },
		{ "a folder that is not there is not found",
		  test_a_folder_that_is_not_there_is_not_found },
		{ "a secret with any right for others is refused",
		  test_a_secret_with_any_right_for_others_is_refused },
		{ "a secret behind a symbolic link is refused",
		  test_a_secret_behind_a_symbolic_link_is_refused },
		{ "what is no plain file is refused without waiting",
		  test_what_is_no_plain_file_is_refused_without_waiting },
		{ "a secret that is not ours is not read",
		  test_a_secret_that_is_not_ours_is_not_read },
		{ "every truncation and any addition is refused",
		  test_every_truncation_and_any_addition_is_refused },
		{ "every other character of the form is refused",
		  test_every_other_character_of_the_form_is_refused },
		{ "secret and public are not mistaken for each other",
		  test_secret_and_public_are_not_mistaken_for_each_other },
		{ "a refused file leaves the identity as it was",
		  test_a_refused_file_leaves_the_identity_as_it_was },
		CU_TEST_INFO_NULL,
	};

	kit_start(&kit);
	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	const int status = bb_test_run("keyfile", tests);
	remove_all();
	return status;
}
