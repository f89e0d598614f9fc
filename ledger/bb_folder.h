/* bb_folder - the ledger's folder as a file system shows it.
 *
 *	seg-<16 hex digits>   segments, numbered from 0 without gaps
 *	spare-0, spare-1      zeros, the next segments, used in turn
 *	wm                    the watermark
 *	snap-<16 hex digits>  snapshots, by height
 *	NAME.new              on its way to NAME; left by a crash, replaced
 *
 * Everything here may block.  Not on the ledger lcore.
 *
 * Memory   None kept; file descriptors are the caller's to close.
 * Threads  None of its own.
 * Errors   errno as a bb_result: NOT_FOUND, PERMISSION, EXISTS, NO_SPACE, LOCKED, else IO;
 *          FILESYSTEM where the file system cannot do it.
 *          Nothing is tried twice: after a failed flush nobody knows what is on the disk.
 */
#ifndef BB_FOLDER_H
#define BB_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_result.h"

#define BB_SPARE_NAME_SIZE 16u

struct iovec;

/* bb_folder_open opens a folder; the descriptor is for the functions below. */
enum bb_result bb_folder_open(const char *path, int *folder);

/* bb_folder_lock keeps every other process (and opener) out until folder is closed. */
enum bb_result bb_folder_lock(int folder);

/* bb_folder_unsafe returns the name of the file system when it is one that does not keep what
 * fdatasync promises, and why in *why; NULL: none of them. */
const char *bb_folder_unsafe(int folder, const char **why);

/* bb_folder_segments counts the segments: BB_ERR_CORRUPT and *missing when there is a gap. */
enum bb_result bb_folder_segments(int folder, uint64_t *count, uint64_t *missing);

/* bb_folder_snapshot finds the height of the newest snapshot, good or not, that is below this one:
 * BB_ERR_NOT_FOUND when there is none. */
enum bb_result bb_folder_snapshot(int folder, uint64_t below, uint64_t *height);

/* bb_spare_name writes the name of the spare in this slot. */
void bb_spare_name(char name[BB_SPARE_NAME_SIZE], uint32_t slot);

/* bb_folder_new_name writes "NAME.new"; room is the caller's promise. */
void bb_folder_new_name(char *target, size_t size, const char *name);

/* bb_folder_fill makes NAME.new with size zero bytes, all of them on the disk.  tick, unless
 * NULL, is called before each step and before the flush, and may wait; when it returns false
 * filling stops with BB_ERR_BUSY. */
enum bb_result bb_folder_fill(int folder, const char *name, uint64_t size,
			      bool (*tick)(void *context, uint64_t done), void *context);

/* bb_folder_make makes NAME.new, empty, and keeps others from making one until file is closed:
 * BB_ERR_LOCKED.  Whoever publishes it does so before closing. */
enum bb_result bb_folder_make(int folder, const char *name, int *file);

/* bb_folder_publish renames NAME.new to name, for good. */
enum bb_result bb_folder_publish(int folder, const char *name);

/* bb_folder_replace renames, for good, a file over whatever has that name. */
enum bb_result bb_folder_replace(int folder, const char *from, const char *to);

/* bb_folder_rename renames a file that may replace nothing, for good. */
enum bb_result bb_folder_rename(int folder, const char *from, const char *to);

/* bb_folder_sync returns once all names are durable, those of a killed process too. */
enum bb_result bb_folder_sync(int folder);

enum bb_result bb_folder_remove(int folder, const char *name);

enum bb_result bb_file_open(int folder, const char *name, bool writable, int *file);

/* bb_file_open_direct opens for reading and writing past the kernel's cache; a write is
 * durable when it returns.  Memory, offsets and sizes are multiples of 4096 then. */
enum bb_result bb_file_open_direct(int folder, const char *name, int *file);
enum bb_result bb_file_size(int file, uint64_t *size);
enum bb_result bb_file_read(int file, uint8_t *bytes, size_t size, uint64_t offset);
enum bb_result bb_file_write(int file, const uint8_t *bytes, size_t size, uint64_t offset);

/* bb_file_write_parts writes count parts, size bytes in all, one behind the other; parts is
 * used up. */
enum bb_result bb_file_write_parts(int file, struct iovec *parts, int count, uint64_t size,
				   uint64_t offset);
enum bb_result bb_file_zero(int file, uint64_t offset, uint64_t size);

/* bb_file_sync returns once all that was written is durable. */
enum bb_result bb_file_sync(int file);
void bb_file_close(int file);

#endif
