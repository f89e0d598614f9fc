/* bb_block - a block: what was sequenced, what each input did, sealed and signed.
 *
 * At an offset that is a multiple of 4096; little-endian.  The header is one sector of
 * 512 B, so a disk writes it whole or not at all:
 *
 *	  0  8  "BBBLKv2\0"      8  8 height           16  8 epoch
 *	 24 16  nonce of its segment                   40  8 total size, a multiple of 4096
 *	 48  8  body size       56  4 inputs           60  4 results
 *	 64  8  durable height known when this header was made
 *	 72  8  time_ns of the first input, or 0       80  8 sealed_ns
 *	 88 32  previous block hash                   120 32 inputs root
 *	152 32  results root   184 32 state root      216  8 log size, leaves so far
 *	224 32  log root       256  8 how many of the block's sectors are zeros (bb_sectors.h)
 *	264 64  signature over the block hash        328 176 zero
 *	504  4  CRC32C of bytes 0..503               508  4 0x5a5aa5a5
 *	512 ..  body: records of the inputs, then records of the results
 *	 .. ..  zeros; the last 64 B of the block are
 *	  0  8  "BBENDv2\0"      8  8 height           16 16 nonce of its segment
 *	 32 32  block hash
 *
 *	block hash   SHA-256("busbar-block-v2\0" || header bytes 0..263)
 *	both roots   over the records, as ledger/bb_roots.h says
 *
 * Record: 4 size of the bytes, 2 type, 2 zero, bytes, zeros up to a multiple of 8.
 *
 *	type 1 packet     8 number, 8 time_ns, the packet as signed, without MAC
 *	type 2 genesis    8 zero, 8 created_ns, the 256 B of bb_genesis.h
 *	type 3 recovery   8 last number, 8 time_ns, the 32 B of struct bb_block_recovery
 *	type 4 tick       8 number, 8 time_ns, nothing more: time has passed, by the venue
 *	type 16 event     56 B of codec/bb_outputs.h; ordered as the inputs that caused them
 *
 * A heartbeat is a block without a body: it vouches for the block before it when nothing
 * else comes.  There is no commit marker: the roots in the header are the marker, since a
 * block whose body does not fit them is not whole.
 *
 * Units    sizes and offsets in bytes; ns since 1970, UTC.
 * Memory   A builder fills the caller's bytes; a view points into them.
 * Threads  None of its own.
 * Errors   A file's mistake: bb_result, and *what names the part that is wrong.
 * Replay   Pure: equal inputs, events and times give equal bytes.
 */
#ifndef BB_BLOCK_H
#define BB_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_bytes.h"
#include "base/bb_limits.h"
#include "base/bb_result.h"
#include "codec/bb_outputs.h"
#include "wire/bb_hash.h"
#include "wire/bb_packet.h"

#define BB_BLOCK_ALIGN        4096u
#define BB_BLOCK_HEADER_SIZE  512u
#define BB_BLOCK_TRAILER_SIZE 64u
#define BB_RECORD_HEADER_SIZE 8u
#define BB_INPUT_PREFIX_SIZE  16u /* number and time_ns */
#define BB_RESULT_SIZE        (BB_RECORD_HEADER_SIZE + BB_EVENT_BYTES)
#define BB_RECOVERY_SIZE      32u

/* The largest record of an input: a packet of 42 records. */
#define BB_INPUT_RECORD_MAX                                                     \
	(BB_RECORD_HEADER_SIZE + BB_INPUT_PREFIX_SIZE + BB_PACKET_SIZE_MAX - BB_MAC_SIZE)

_Static_assert(BB_RESULT_SIZE == 64, "BB_BLOCK_SIZE_MAX counts 64 B a result");
_Static_assert(BB_BLOCK_HEADER_SIZE + BB_BLOCK_TRAILER_SIZE + BB_INPUT_RECORD_MAX +
			       BB_BLOCK_ALIGN <=
		       96 * BB_RESULT_SIZE,
	       "96 results more than those of its last input hold the rest of a block");

enum bb_record_type {
	BB_RECORD_PACKET = 1,
	BB_RECORD_GENESIS = 2,
	BB_RECORD_RECOVERY = 3,
	BB_RECORD_TICK = 4,
	BB_RECORD_EVENT = 16,
};

/* bb_record_is_decided returns whether the market decides about inputs of this type: those
 * have numbers, results, and many of them stand in one block. */
static inline bool
bb_record_is_decided(uint16_t type)
{
	return type == BB_RECORD_PACKET || type == BB_RECORD_TICK;
}

struct bb_block_header {
	uint64_t height;
	uint64_t epoch;
	uint8_t nonce[16];
	uint64_t total_size;
	uint64_t body_size;
	uint32_t input_count;
	uint32_t result_count;
	uint64_t durable_height;
	uint64_t first_time_ns;
	uint64_t sealed_ns;
	struct bb_hash previous;
	struct bb_hash inputs_root;
	struct bb_hash results_root;
	struct bb_hash state_root;
	uint64_t log_size;
	struct bb_hash log_root;
	uint64_t zero_sectors; /* follows from the bytes; bb_block_frame fills it in */
	uint8_t signature[BB_SIGNATURE_SIZE];
};

/* A block whose bytes agree with themselves. */
struct bb_block {
	const uint8_t *bytes;
	struct bb_block_header header;
	struct bb_hash hash;
};

/* Why a RECOVERY block is there: 8 segment, 8 offset, 8 torn bytes, 8 epoch before. */
struct bb_block_recovery {
	uint64_t segment;
	uint64_t offset;
	uint64_t torn_bytes;
	uint64_t epoch_before;
};

/* One input and its results, as they lie in a block. */
struct bb_block_input {
	uint64_t number;
	uint64_t time_ns;
	const uint8_t *bytes; /* behind number and time */
	uint32_t size;
	const uint8_t *record; /* whole, as hashed */
	uint32_t record_size;
	const uint8_t *results; /* result_count records of BB_RESULT_SIZE */
	uint32_t result_count;
	uint16_t type; /* enum bb_record_type */
};

/* A block under construction. */
struct bb_block_builder {
	uint8_t *bytes;
	uint64_t size; /* room */
	uint64_t used; /* header and records so far */
	uint32_t input_count;
	uint32_t result_count;
	uint64_t first_time_ns;
	uint64_t last_time_ns;
};

/* bb_block_size_max returns the largest block of a market whose inputs cause at most so many
 * events each (bb_market_events_max). */
static inline uint64_t
bb_block_size_max(uint32_t input_events)
{
	return ((uint64_t)input_events + 96) * BB_RESULT_SIZE + BB_BLOCK_CLOSE_MAX;
}

/* bb_block_total returns the size of a block with a body of body_size. */
static inline uint64_t
bb_block_total(uint64_t body_size)
{
	const uint64_t size = BB_BLOCK_HEADER_SIZE + body_size + BB_BLOCK_TRAILER_SIZE;
	return (size + BB_BLOCK_ALIGN - 1) & ~(uint64_t)(BB_BLOCK_ALIGN - 1);
}

/* bb_record_size returns what a record of size bytes takes in a body. */
static inline uint32_t
bb_record_size(uint32_t size)
{
	return (BB_RECORD_HEADER_SIZE + size + 7u) & ~7u;
}

/* bb_block_open starts an empty block in size bytes. */
void bb_block_open(struct bb_block_builder *builder, uint8_t *bytes, uint64_t size);

/* bb_block_add_input appends an input and returns its offset in the block; all inputs
 * come before the first event.  Room is the caller's promise (BB_ASSERT). */
uint64_t bb_block_add_input(struct bb_block_builder *builder, enum bb_record_type type,
			    uint64_t number, uint64_t time_ns, const uint8_t *bytes,
			    uint32_t size);

/* bb_block_add_event appends a result. */
void bb_block_add_event(struct bb_block_builder *builder, const struct bb_event *event);

/* bb_block_measure fills in what builder knows of the header: sizes, counts, first time. */
void bb_block_measure(const struct bb_block_builder *builder, struct bb_block_header *header);

/* bb_block_frame counts the sectors of zeros and writes header and trailer around the body,
 * complete but for the signature.  *block views it. */
void bb_block_frame(struct bb_block_builder *builder, const struct bb_block_header *header,
		    struct bb_block *block);

/* bb_block_sign adds signature and CRC to the bytes that frame wrote. */
void bb_block_sign(struct bb_block *block, uint8_t *bytes, const struct bb_identity *signer);

/* bb_block_seal is both, one after the other. */
void bb_block_seal(struct bb_block_builder *builder, const struct bb_block_header *header,
		   const struct bb_identity *signer, struct bb_block *block);

/* bb_block_header_decode reads one sector: BB_ERR_FORMAT (magic), BB_ERR_HASH (CRC),
 * BB_ERR_RESERVED, BB_ERR_LENGTH (sizes that contradict each other). */
enum bb_result bb_block_header_decode(struct bb_block_header *header,
				      const uint8_t sector[BB_BLOCK_HEADER_SIZE]);

/* bb_block_view_header is the same and hashes it: enough to check the signature. */
enum bb_result bb_block_view_header(struct bb_block *block,
				    const uint8_t sector[BB_BLOCK_HEADER_SIZE]);

/* bb_block_view checks a block against itself: header, trailer, padding, and the body against
 * the roots.  size bytes can be read, 512 at least.  So it tells a whole block from a torn
 * one.  Not checked: what the records say, chain, signature. */
enum bb_result bb_block_view(struct bb_block *block, const uint8_t *bytes, uint64_t size,
			     const char **what);

/* bb_block_view_frame is the same without the body; for bb_chain_accept, which checks that
 * when it hashes it for the log. */
enum bb_result bb_block_view_frame(struct bb_block *block, const uint8_t *bytes, uint64_t size,
				   const char **what);

/* bb_block_signed returns whether key signed the block. */
bool bb_block_signed(const struct bb_block *block, const uint8_t key[BB_KEY_SIZE]);

/* bb_block_first_type returns the enum bb_record_type of the first input: GENESIS and
 * RECOVERY are alone in their block, so that it is the type of all.  A heartbeat has zeros
 * there: 0. */
static inline uint16_t
bb_block_first_type(const struct bb_block *block)
{
	return bb_get_u16(block->bytes + BB_BLOCK_HEADER_SIZE + 4);
}

/* A walk through the records of a body. */
struct bb_block_cursor {
	const uint8_t *next;       /* input */
	const uint8_t *inputs_end; /* where the results begin */
	const uint8_t *results;    /* the first one that is not yet given out */
	uint32_t inputs_left;
	uint32_t results_left;
	bool failed; /* the records are not what the header says */
};

/* bb_block_walk starts a walk through a body of these counts. */
struct bb_block_cursor bb_block_walk(const uint8_t *body, uint64_t body_size,
				     uint32_t input_count, uint32_t result_count);

/* bb_block_next gives out the next input; false after the last, or when a record is
 * malformed: failed is set then.  Events that belong to no input are malformed too. */
bool bb_block_next(struct bb_block_cursor *cursor, struct bb_block_input *input);

/* bb_block_seek reads a single input at record, with its results from index event on, out
 * of a fresh walk; it takes the logarithm of the block's results.  False: malformed. */
bool bb_block_seek(const struct bb_block_cursor *walk, const uint8_t *record, uint32_t event,
		   struct bb_block_input *input);

/* bb_block_event returns the index-th event of an input; false: malformed. */
bool bb_block_event(const struct bb_block_input *input, uint32_t index, struct bb_event *event);

/* bb_block_input_sound returns whether what was decided about an input can be read: all of its
 * events, and of a tick nothing more than its number and time. */
bool bb_block_input_sound(const struct bb_block_input *input);

void bb_block_recovery_encode(uint8_t bytes[BB_RECOVERY_SIZE],
			      const struct bb_block_recovery *recovery);
bool bb_block_recovery_decode(struct bb_block_recovery *recovery, const uint8_t *bytes,
			      uint32_t size);

#endif
