#include "wire/bb_keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char secret_label[] = "busbar-secret-v1 ";
static const char public_label[] = "busbar-public-v1 ";

/* Room for a line (label, 64 hex digits, newline) and more, so that a longer one shows. */
#define LINE_MAX_SIZE 96u

static enum bb_result
result_of(int error)
{
	switch (error) {
	case ENOENT: case ENOTDIR: return BB_ERR_NOT_FOUND;
	case EEXIST: return BB_ERR_EXISTS;
	case EACCES: case EPERM: return BB_ERR_PERMISSION;
	case ELOOP: return BB_ERR_FORMAT; /* a symbolic link, where it matters whose file it is */
	case ENOSPC: return BB_ERR_NO_SPACE;
	default: return BB_ERR_IO;
	}
}

/* sync_folder makes the name of path durable. */
static enum bb_result
sync_folder(const char *path)
{
	char copy[PATH_MAX];
	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return BB_ERR_IO;
	const int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return result_of(errno);
	const int done = fsync(folder);
	close(folder);
	return done == 0 ? BB_OK : BB_ERR_IO;
}

/* fill writes one line into a new file and makes it durable. */
static enum bb_result
fill(int file, mode_t mode, const char *line, size_t size)
{
	/* The umask may have taken bits away; none may be left more. */
	if (fchmod(file, mode) != 0)
		return result_of(errno);
	const ssize_t written = write(file, line, size);
	if (written < 0)
		return result_of(errno);
	if ((size_t)written != size) /* the next byte would not have fitted */
		return BB_ERR_NO_SPACE;
	return fsync(file) == 0 ? BB_OK : BB_ERR_IO;
}

static enum bb_result
write_line(const char *path, mode_t mode, const char *label, const uint8_t key[BB_KEY_SIZE])
{
	char hex[2 * BB_KEY_SIZE + 1];
	char line[LINE_MAX_SIZE];

	const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (file < 0)
		return result_of(errno);
	sodium_bin2hex(hex, sizeof(hex), key, BB_KEY_SIZE);
	const int size = snprintf(line, sizeof(line), "%s%s\n", label, hex);
	enum bb_result result = fill(file, mode, line, (size_t)size);
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(line, sizeof(line));
	if (close(file) != 0 && result == BB_OK)
		result = BB_ERR_IO;
	if (result == BB_OK)
		result = sync_folder(path);
	if (result != BB_OK)
		unlink(path);
	return result;
}

static enum bb_result
public_path(char path_public[PATH_MAX], const char *path)
{
	return snprintf(path_public, PATH_MAX, "%s.pub", path) < PATH_MAX ? BB_OK : BB_ERR_IO;
}

enum bb_result
bb_keyfile_write(const char *path, const struct bb_identity *identity)
{
	char beside[PATH_MAX];
	enum bb_result result = public_path(beside, path);

	if (result == BB_OK)
		result = write_line(path, 0600, secret_label, identity->secret);
	if (result != BB_OK)
		return result;
	result = write_line(beside, 0644, public_label, identity->public_key);
	if (result != BB_OK)
		unlink(path);
	return result;
}

static bool
parse_line(const char *line, size_t size, const char *label, uint8_t key[BB_KEY_SIZE])
{
	const size_t before = strlen(label);
	size_t decoded;

	return size == before + 2 * BB_KEY_SIZE + 1 && memcmp(line, label, before) == 0 &&
	       line[size - 1] == '\n' &&
	       sodium_hex2bin(key, BB_KEY_SIZE, line + before, 2 * BB_KEY_SIZE, NULL, &decoded,
			      NULL) == 0 &&
	       decoded == BB_KEY_SIZE;
}

/* read_line reads one key from path, which is a plain file of exactly one line. */
static enum bb_result
read_line(const char *path, bool secret, const char *label, uint8_t key[BB_KEY_SIZE])
{
	/* O_NONBLOCK: a pipe must not make anyone wait before it is refused. */
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (secret ? O_NOFOLLOW : 0));
	char line[LINE_MAX_SIZE];
	struct stat status;
	enum bb_result result = BB_OK;

	if (file < 0)
		return result_of(errno);
	if (fstat(file, &status) != 0)
		result = BB_ERR_IO;
	else if (!S_ISREG(status.st_mode))
		result = BB_ERR_FORMAT;
	else if (secret && (status.st_mode & 0077) != 0)
		result = BB_ERR_MODE;
	if (result == BB_OK) {
		const ssize_t size = read(file, line, sizeof(line));
		if (size < 0)
			result = BB_ERR_IO;
		else if (!parse_line(line, (size_t)size, label, key))
			result = BB_ERR_FORMAT;
		sodium_memzero(line, sizeof(line));
	}
	close(file);
	return result;
}

enum bb_result
bb_keyfile_read(const char *path, struct bb_identity *identity)
{
	uint8_t seed[BB_KEY_SIZE];
	const enum bb_result result = read_line(path, true, secret_label, seed);

	if (result == BB_OK)
		bb_identity_from_seed(identity, seed);
	sodium_memzero(seed, sizeof(seed));
	return result;
}

enum bb_result
bb_keyfile_read_public(const char *path, uint8_t public_key[BB_KEY_SIZE])
{
	return read_line(path, false, public_label, public_key);
}
