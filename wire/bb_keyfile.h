/* bb_keyfile - secret keys in files that only their owner can read.
 *
 * One text line: "busbar-secret-v1 <64 hex digits of the seed>\n".  Beside it, for
 * those who register it, bb_keyfile_write leaves PATH.pub:
 * "busbar-public-v1 <64 hex digits>\n".
 *
 * Memory   Buffers that held a secret are wiped.
 * Threads  None of its own.
 * Errors   BB_ERR_NOT_FOUND, BB_ERR_EXISTS, BB_ERR_PERMISSION, BB_ERR_MODE (group or others
 *          have any right to a secret), BB_ERR_FORMAT (not such a line, or no plain file;
 *          a secret does not lie behind a symbolic link), BB_ERR_NO_SPACE, BB_ERR_IO.
 *          A write that fails leaves neither file of its own behind.
 * Replay   Not part of it.
 */
#ifndef BB_KEYFILE_H
#define BB_KEYFILE_H

#include "base/bb_result.h"
#include "wire/bb_sign.h"

/* bb_keyfile_write makes path with mode 0600 and fsyncs it and its folder; it never
 * replaces a file. */
enum bb_result bb_keyfile_write(const char *path, const struct bb_identity *identity);

/* bb_keyfile_read refuses a file with any bit of mode 0077. */
enum bb_result bb_keyfile_read(const char *path, struct bb_identity *identity);

/* bb_keyfile_read_public reads a .pub file. */
enum bb_result bb_keyfile_read_public(const char *path, uint8_t public_key[BB_KEY_SIZE]);

#endif
