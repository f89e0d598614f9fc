/* cli_text - numbers, times, products, keys and roles as people write and read them.
 *
 * Units    a product is delivery zone << 24 | Unix time of delivery start / 900; people
 *          write it as ZONE:TIME, "1:2025-06-11T12:00Z", or as that number.
 * Memory   The caller's buffers; every result ends with a zero.
 * Threads  None of its own.
 * Errors   false: not exactly in that form, or out of range.
 * Replay   Not part of it.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLI_TIME_SIZE    32u
#define CLI_PRODUCT_SIZE 32u
#define CLI_NUMBER_SIZE  32u
#define CLI_ROLES_SIZE   48u

#define CLI_QUARTER_S 900u
#define CLI_ZONE_MAX  255u

/* Decimal digits and nothing else; cli_read_i32 allows a minus before them. */
bool cli_read_u64(const char *text, uint64_t *value);
bool cli_read_u32(const char *text, uint32_t *value);
bool cli_read_i32(const char *text, int32_t *value);

/* cli_read_size is cli_read_u64 with K, M or G for 2^10, 2^20 and 2^30 behind it. */
bool cli_read_size(const char *text, uint64_t *value);

/* cli_read_band reads MIN:MAX. */
bool cli_read_band(const char *text, int32_t *least, int32_t *most);

/* cli_read_hex reads exactly size bytes of hex, upper or lower case. */
bool cli_read_hex(const char *text, uint8_t *bytes, size_t size);

/* cli_write_hex writes 2 * size digits, lower case, and a zero. */
void cli_write_hex(char *text, const uint8_t *bytes, size_t size);

/* cli_read_time reads YYYY-MM-DDTHH:MM[:SS]Z as seconds since 1970. */
bool cli_read_time(const char *text, uint64_t *seconds);

/* cli_write_time writes the same with milliseconds. */
void cli_write_time(char text[CLI_TIME_SIZE], uint64_t ns);

/* cli_product_of puts a product together; false if start_s is no quarter-hour in reach. */
bool cli_product_of(uint32_t zone, uint64_t start_s, uint32_t *product);

bool cli_read_product(const char *text, uint32_t *product);
void cli_write_product(char text[CLI_PRODUCT_SIZE], uint32_t product);

/* cli_read_roles reads names with commas between them: trader,meter,grid,operator. */
bool cli_read_roles(const char *text, uint16_t *roles);
void cli_write_roles(char text[CLI_ROLES_SIZE], uint16_t roles);

/* cli_write_number writes digits in groups of three: 1,234,567. */
void cli_write_number(char text[CLI_NUMBER_SIZE], uint64_t value);

/* cli_write_bytes writes a size with a unit: 1.2 GiB. */
void cli_write_bytes(char text[CLI_NUMBER_SIZE], uint64_t bytes);

/* cli_printable returns whether text holds no control characters. */
bool cli_printable(const char *text);

#endif
