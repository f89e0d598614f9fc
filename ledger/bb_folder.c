#define _GNU_SOURCE /* O_DIRECT, fallocate, pwritev, sync_file_range */
#include "ledger/bb_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "ledger/bb_segment.h"
#include "ledger/bb_snapshot.h"

#define FILE_MODE  0640
#define CHUNK      (1u << 16)
#define STEP       (1u << 18) /* of filling: what a block's flush may find in front of it */

/* Aligned, so that it can be written past the cache too. */
static _Alignas(4096) const uint8_t zeros[CHUNK];

static enum bb_result
result_of(int error)
{
	switch (error) {
	case ENOENT: return BB_ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS: return BB_ERR_PERMISSION;
	case EEXIST: return BB_ERR_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG: return BB_ERR_NO_SPACE;
	case EWOULDBLOCK: return BB_ERR_LOCKED;
	default: return BB_ERR_IO;
	}
}

enum bb_result
bb_folder_open(const char *path, int *folder)
{
	*folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *folder < 0 ? result_of(errno) : BB_OK;
}

enum bb_result
bb_folder_lock(int folder)
{
	return flock(folder, LOCK_EX | LOCK_NB) == 0 ? BB_OK : result_of(errno);
}

/* By the magic numbers of statfs(2) and linux/magic.h. */
static const struct {
	uint32_t type;
	const char *name;
	const char *why;
} unsafe[] = {
	{ 0x01021994, "tmpfs", "is memory: all is gone when the machine stops" },
	{ 0x858458f6, "ramfs", "is memory: all is gone when the machine stops" },
	{ 0x958458f6, "hugetlbfs", "is memory: all is gone when the machine stops" },
	{ 0x794c7630, "overlay", "is a container's own layer: it goes when that is removed, and "
				 "may be mounted volatile" },
	{ 0x6969, "NFS", "may answer out of caches, and its locks and flushes depend on a server" },
	{ 0xff534d42, "CIFS", "may answer out of caches, and its flushes depend on a server" },
	{ 0xfe534d42, "SMB2", "may answer out of caches, and its flushes depend on a server" },
	{ 0x01021997, "9p", "flushes only as well as the host of this machine does" },
	{ 0x65735546, "FUSE", "flushes only as well as a program that is not known here does" },
	{ 0x786f4256, "vboxsf", "flushes only as well as the host of this machine does" },
	{ 0x00c36400, "Ceph", "flushes only as well as a cluster that is not known here does" },
	{ 0x5346414f, "AFS", "writes to its server when a file is closed" },
};

const char *
bb_folder_unsafe(int folder, const char **why)
{
	struct statfs status;

	*why = "";
	if (fstatfs(folder, &status) != 0)
		return NULL; /* whatever comes next will fail */
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		if ((uint32_t)status.f_type != unsafe[i].type)
			continue;
		*why = unsafe[i].why;
		return unsafe[i].name;
	}
	return NULL;
}

/* Without gaps there are as many segments as the highest index says. */
static enum bb_result
find_gap(int folder, uint64_t count, uint64_t *missing)
{
	for (*missing = 0; *missing < count; (*missing)++) {
		char name[BB_SEGMENT_NAME_SIZE];
		struct stat status;

		bb_segment_name(name, *missing);
		if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			break;
	}
	return BB_ERR_CORRUPT;
}

/* Begins to read the names in folder; NULL: errno says why not. */
static DIR *
open_entries(int folder)
{
	const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = again < 0 ? NULL : fdopendir(again);

	if (entries == NULL && again >= 0)
		(void)close(again);
	return entries;
}

/* The next name; NULL: that was all, or errno says why there are no more. */
static const char *
next_name(DIR *entries)
{
	errno = 0;
	const struct dirent *entry = readdir(entries);

	return entry == NULL ? NULL : entry->d_name;
}

static enum bb_result
close_entries(DIR *entries)
{
	const enum bb_result result = errno == 0 ? BB_OK : result_of(errno);

	(void)closedir(entries);
	return result;
}

enum bb_result
bb_folder_segments(int folder, uint64_t *count, uint64_t *missing)
{
	DIR *entries = open_entries(folder);
	const char *name;
	uint64_t end = 0;

	*count = 0;
	if (entries == NULL)
		return result_of(errno);
	while ((name = next_name(entries)) != NULL) {
		uint64_t index = 0;

		if (!bb_segment_name_read(name, &index))
			continue;
		(*count)++;
		if (index >= end)
			end = index + 1;
	}
	const enum bb_result result = close_entries(entries);
	if (result != BB_OK)
		return result;
	return *count == end ? BB_OK : find_gap(folder, *count, missing);
}

enum bb_result
bb_folder_snapshot(int folder, uint64_t below, uint64_t *height)
{
	DIR *entries = open_entries(folder);
	const char *name;
	bool found = false;

	if (entries == NULL)
		return result_of(errno);
	*height = 0;
	while ((name = next_name(entries)) != NULL) {
		uint64_t other = 0;

		if (!bb_snapshot_name_read(name, &other) || other >= below || other < *height)
			continue;
		*height = other;
		found = true;
	}
	const enum bb_result result = close_entries(entries);
	if (result != BB_OK)
		return result;
	return found ? BB_OK : BB_ERR_NOT_FOUND;
}

void
bb_spare_name(char name[BB_SPARE_NAME_SIZE], uint32_t slot)
{
	const int length = snprintf(name, BB_SPARE_NAME_SIZE, "spare-%u", slot);
	BB_ASSERT(length > 0 && (uint32_t)length < BB_SPARE_NAME_SIZE);
}

void
bb_folder_new_name(char *target, size_t size, const char *name)
{
	const int length = snprintf(target, size, "%s.new", name);
	BB_ASSERT(length > 0 && (size_t)length < size);
}

/* Waits until the disk has taken what was written, without a flush of its own: that comes at
 * the end.  Nobody reads zeros; in the cache they would only be in the way of direct
 * writes. */
static enum bb_result
push_out(int file, uint64_t at, uint64_t size)
{
	if (sync_file_range(file, (off_t)at, (off_t)size,
			    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				    SYNC_FILE_RANGE_WAIT_AFTER) != 0)
		return result_of(errno);
	(void)posix_fadvise(file, (off_t)at, (off_t)size, POSIX_FADV_DONTNEED);
	return BB_OK;
}

static enum bb_result
fill(int file, uint64_t size, bool (*tick)(void *context, uint64_t done), void *context)
{
	/* First, so that a full disk says so before anything was written.  Some file
	 * systems cannot; then the zeros alone make the room. */
	if (fallocate(file, 0, 0, (off_t)size) != 0 && errno != EOPNOTSUPP)
		return result_of(errno);
	for (uint64_t at = 0; at < size; at += STEP) {
		const uint64_t part = size - at < STEP ? size - at : STEP;

		if (tick != NULL && !tick(context, at))
			return BB_ERR_BUSY;
		enum bb_result result = bb_file_zero(file, at, part);
		if (result == BB_OK)
			result = push_out(file, at, part);
		if (result != BB_OK)
			return result;
	}
	if (tick != NULL && !tick(context, size))
		return BB_ERR_BUSY;
	return fsync(file) == 0 ? BB_OK : result_of(errno);
}

enum bb_result
bb_folder_fill(int folder, const char *name, uint64_t size,
	       bool (*tick)(void *context, uint64_t done), void *context)
{
	char temporary[64];

	bb_folder_new_name(temporary, sizeof(temporary), name);
	const int flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	const int file = openat(folder, temporary, flags, FILE_MODE);
	if (file < 0)
		return result_of(errno);
	const enum bb_result result = fill(file, size, tick, context);
	(void)close(file);
	if (result != BB_OK)
		(void)unlinkat(folder, temporary, 0);
	return result;
}

/* Whether file still has that name: between opening and locking, another process that held it may
 * have given it the name under which it counts. */
static bool
is_named(int folder, const char *name, int file)
{
	struct stat opened;
	struct stat named;

	return fstat(file, &opened) == 0 &&
	       fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

enum bb_result
bb_folder_make(int folder, const char *name, int *file)
{
	char temporary[64];

	bb_folder_new_name(temporary, sizeof(temporary), name);
	*file = openat(folder, temporary, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (*file < 0)
		return result_of(errno);
	enum bb_result result = flock(*file, LOCK_EX | LOCK_NB) == 0 ? BB_OK : result_of(errno);
	if (result == BB_OK && !is_named(folder, temporary, *file))
		result = BB_ERR_LOCKED;
	if (result == BB_OK && ftruncate(*file, 0) != 0)
		result = result_of(errno);
	if (result == BB_OK)
		return BB_OK;
	(void)close(*file);
	*file = -1;
	return result;
}

enum bb_result
bb_folder_publish(int folder, const char *name)
{
	char temporary[64];

	bb_folder_new_name(temporary, sizeof(temporary), name);
	if (renameat(folder, temporary, folder, name) != 0 || fsync(folder) != 0)
		return result_of(errno);
	return BB_OK;
}

enum bb_result
bb_folder_replace(int folder, const char *from, const char *to)
{
	return renameat(folder, from, folder, to) == 0 && fsync(folder) == 0 ? BB_OK
									    : result_of(errno);
}

enum bb_result
bb_folder_rename(int folder, const char *from, const char *to)
{
	struct stat status;

	/* Only we write here, so nothing appears between the look and the rename. */
	if (fstatat(folder, to, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return BB_ERR_EXISTS;
	if (renameat(folder, from, folder, to) != 0 || fsync(folder) != 0)
		return result_of(errno);
	return BB_OK;
}

enum bb_result
bb_folder_sync(int folder)
{
	return fsync(folder) == 0 ? BB_OK : result_of(errno);
}

enum bb_result
bb_folder_remove(int folder, const char *name)
{
	return unlinkat(folder, name, 0) == 0 ? BB_OK : result_of(errno);
}

enum bb_result
bb_file_open(int folder, const char *name, bool writable, int *file)
{
	/* Not to wait for the other end where somebody has put a pipe. */
	const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

	*file = openat(folder, name, (writable ? O_RDWR : O_RDONLY) | flags);
	return *file < 0 ? result_of(errno) : BB_OK;
}

enum bb_result
bb_file_open_direct(int folder, const char *name, int *file)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_DIRECT | O_DSYNC;

	*file = openat(folder, name, flags);
	if (*file >= 0)
		return BB_OK;
	return errno == EINVAL || errno == EOPNOTSUPP ? BB_ERR_FILESYSTEM : result_of(errno);
}

enum bb_result
bb_file_size(int file, uint64_t *size)
{
	struct stat status;

	if (fstat(file, &status) != 0)
		return result_of(errno);
	*size = (uint64_t)status.st_size;
	return S_ISREG(status.st_mode) ? BB_OK : BB_ERR_FORMAT;
}

enum bb_result
bb_file_read(int file, uint8_t *bytes, size_t size, uint64_t offset)
{
	for (size_t done = 0; done < size;) {
		const ssize_t got = pread(file, bytes + done, size - done, (off_t)(offset + done));

		if (got < 0)
			return result_of(errno);
		if (got == 0)
			return BB_ERR_TRUNCATED;
		done += (size_t)got;
	}
	return BB_OK;
}

enum bb_result
bb_file_write(int file, const uint8_t *bytes, size_t size, uint64_t offset)
{
	for (size_t done = 0; done < size;) {
		const ssize_t put = pwrite(file, bytes + done, size - done, (off_t)(offset + done));

		if (put <= 0)
			return put == 0 ? BB_ERR_IO : result_of(errno);
		done += (size_t)put;
	}
	return BB_OK;
}

enum bb_result
bb_file_write_parts(int file, struct iovec *parts, int count, uint64_t size, uint64_t offset)
{
	for (uint64_t done = 0; done < size;) {
		const ssize_t put = pwritev(file, parts, count, (off_t)(offset + done));

		if (put <= 0)
			return put == 0 ? BB_ERR_IO : result_of(errno);
		done += (uint64_t)put;
		for (uint64_t left = (uint64_t)put; left > 0;) {
			const uint64_t part = left < parts->iov_len ? left : parts->iov_len;

			parts->iov_base = (uint8_t *)parts->iov_base + part;
			parts->iov_len -= part;
			left -= part;
			if (parts->iov_len == 0) {
				parts++;
				count--;
			}
		}
	}
	return BB_OK;
}

enum bb_result
bb_file_zero(int file, uint64_t offset, uint64_t size)
{
	for (uint64_t at = 0; at < size; at += CHUNK) {
		const size_t part = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
		const enum bb_result result = bb_file_write(file, zeros, part, offset + at);

		if (result != BB_OK)
			return result;
	}
	return BB_OK;
}

enum bb_result
bb_file_sync(int file)
{
	return fdatasync(file) == 0 ? BB_OK : result_of(errno);
}

void
bb_file_close(int file)
{
	if (file >= 0)
		(void)close(file);
}
