/* bb_bytes - bounded little-endian reading and writing of byte arrays.
 *
 * A cursor remembers the first step over its end and then stays failed: write
 * down a whole layout, field after field, and ask once at the end.
 *
 * Units    size and offsets in bytes.
 * Memory   A cursor points into the caller's bytes and owns nothing.
 * Threads  None of its own.
 * Errors   A failed reader returns zeros; a failed writer writes nothing more.
 * Replay   Pure.
 */
#ifndef BB_BYTES_H
#define BB_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
bb_get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t
bb_get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static inline uint64_t
bb_get_u64(const uint8_t *at)
{
	return bb_get_u32(at) | (uint64_t)bb_get_u32(at + 4) << 32;
}

static inline void
bb_put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void
bb_put_u32(uint8_t *at, uint32_t value)
{
	bb_put_u16(at, (uint16_t)value);
	bb_put_u16(at + 2, (uint16_t)(value >> 16));
}

static inline void
bb_put_u64(uint8_t *at, uint64_t value)
{
	bb_put_u32(at, (uint32_t)value);
	bb_put_u32(at + 4, (uint32_t)(value >> 32));
}

/* bb_is_zero returns whether all size bytes are zero, as reserved ones must be. */
static inline bool
bb_is_zero(const uint8_t *at, size_t size)
{
	uint8_t seen = 0;
	for (size_t i = 0; i < size; i++)
		seen |= at[i];
	return seen == 0;
}

struct bb_reader {
	const uint8_t *bytes;
	size_t size;
	size_t offset; /* of the next byte */
	bool failed;   /* something lay beyond the end */
};

static inline struct bb_reader
bb_reader(const uint8_t *bytes, size_t size)
{
	return (struct bb_reader){ .bytes = bytes, .size = size };
}

static inline size_t
bb_reader_left(const struct bb_reader *reader)
{
	return reader->failed ? 0 : reader->size - reader->offset;
}

/* bb_read_span returns size bytes in place, or NULL where there are fewer. */
static inline const uint8_t *
bb_read_span(struct bb_reader *reader, size_t size)
{
	if (reader->failed || size > reader->size - reader->offset) {
		reader->failed = true;
		return NULL;
	}
	const uint8_t *span = reader->bytes + reader->offset;
	reader->offset += size;
	return span;
}

static inline uint8_t
bb_read_u8(struct bb_reader *reader)
{
	const uint8_t *at = bb_read_span(reader, 1);
	return at == NULL ? 0 : at[0];
}

static inline uint16_t
bb_read_u16(struct bb_reader *reader)
{
	const uint8_t *at = bb_read_span(reader, 2);
	return at == NULL ? 0 : bb_get_u16(at);
}

static inline uint32_t
bb_read_u32(struct bb_reader *reader)
{
	const uint8_t *at = bb_read_span(reader, 4);
	return at == NULL ? 0 : bb_get_u32(at);
}

static inline uint64_t
bb_read_u64(struct bb_reader *reader)
{
	const uint8_t *at = bb_read_span(reader, 8);
	return at == NULL ? 0 : bb_get_u64(at);
}

/* bb_read_bytes copies size bytes out, or fills target with zeros. */
static inline void
bb_read_bytes(struct bb_reader *reader, uint8_t *target, size_t size)
{
	const uint8_t *at = bb_read_span(reader, size);
	if (at == NULL)
		memset(target, 0, size);
	else
		memcpy(target, at, size);
}

/* bb_read_zeros steps over size bytes and fails if one is not zero. */
static inline void
bb_read_zeros(struct bb_reader *reader, size_t size)
{
	const uint8_t *at = bb_read_span(reader, size);
	if (at == NULL || !bb_is_zero(at, size))
		reader->failed = true;
}

struct bb_writer {
	uint8_t *bytes;
	size_t size;
	size_t offset; /* of the next byte */
	bool failed;   /* something did not fit */
};

static inline struct bb_writer
bb_writer(uint8_t *bytes, size_t size)
{
	return (struct bb_writer){ .bytes = bytes, .size = size };
}

/* bb_write_span returns size bytes to be filled in place, or NULL. */
static inline uint8_t *
bb_write_span(struct bb_writer *writer, size_t size)
{
	if (writer->failed || size > writer->size - writer->offset) {
		writer->failed = true;
		return NULL;
	}
	uint8_t *span = writer->bytes + writer->offset;
	writer->offset += size;
	return span;
}

static inline void
bb_write_u8(struct bb_writer *writer, uint8_t value)
{
	uint8_t *at = bb_write_span(writer, 1);
	if (at != NULL)
		at[0] = value;
}

static inline void
bb_write_u16(struct bb_writer *writer, uint16_t value)
{
	uint8_t *at = bb_write_span(writer, 2);
	if (at != NULL)
		bb_put_u16(at, value);
}

static inline void
bb_write_u32(struct bb_writer *writer, uint32_t value)
{
	uint8_t *at = bb_write_span(writer, 4);
	if (at != NULL)
		bb_put_u32(at, value);
}

static inline void
bb_write_u64(struct bb_writer *writer, uint64_t value)
{
	uint8_t *at = bb_write_span(writer, 8);
	if (at != NULL)
		bb_put_u64(at, value);
}

static inline void
bb_write_bytes(struct bb_writer *writer, const uint8_t *source, size_t size)
{
	uint8_t *at = bb_write_span(writer, size);
	if (at != NULL && size > 0)
		memcpy(at, source, size);
}

static inline void
bb_write_zeros(struct bb_writer *writer, size_t size)
{
	uint8_t *at = bb_write_span(writer, size);
	if (at != NULL)
		memset(at, 0, size);
}

#endif
