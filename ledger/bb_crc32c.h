/* bb_crc32c - the CRC of the Castagnoli polynomial, 0x1EDC6F41, reflected (RFC 3720, B.4).
 *
 * It tells a torn header sector from a whole one; what must not be forged is signed.
 *
 * Replay   Pure.
 */
#ifndef BB_CRC32C_H
#define BB_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t bb_crc32c(const uint8_t *bytes, size_t size);

#endif
