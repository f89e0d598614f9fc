/* cli_base64 - bytes as text, with padding, as signed notes have it (RFC 4648, section 4).
 *
 * Memory   On the heap.
 * Threads  None of its own.
 * Errors   Reading: NULL, for anything but the one form that bytes have.
 * Replay   Not part of it.
 */
#ifndef CLI_BASE64_H
#define CLI_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

json_t *cli_base64(const uint8_t *bytes, size_t size);

/* cli_base64_read returns bytes for the caller to free. */
uint8_t *cli_base64_read(const char *text, size_t *size);

#endif
