/* bb_segment - the head of a segment file, and the watermark file beside the segments.
 *
 * A segment file `seg-<index, 16 hex digits>` begins with the same 4096 B twice, at 0 and
 * at 4096; its first block lies at 8192.  Little-endian:
 *
 *	  0  8  "BBSEGv1\0"      8  4 header size 4096    12 4 algorithms 1: SHA-256, Ed25519
 *	 16  8  index           24  8 segment size
 *	 32 16  nonce, new for every segment              48 8 height of the first block
 *	 56  8  created_ns      64 32 ledger id           96 32 previous block hash
 *	128  8  epoch          136 32 signer's public key
 *	168 ..  zero          4064 32 SHA-256 of bytes 0..4063
 *
 * A segment gets its name only when its head is on the disk, and that only when every
 * block before it is: so a segment vouches for all blocks of those before it.
 *
 * The watermark file `wm` is two slots of 4096 B, written in turn, so that one of them is
 * whole at any moment.  It says which block was durable lately: what it names must be
 * there after a crash.
 *
 *	  0  8  "BBWMKv1\0"      8  8 count: of writes, the higher slot is the newer
 *	 16  8  height          24  8 epoch               32 32 block hash
 *	 64  8  segment         72  8 offset              80 32 ledger id
 *	112 ..  zero          4064 32 SHA-256 of bytes 0..4063
 *
 * Memory   Copies in and out.
 * Errors   BB_ERR_FORMAT, BB_ERR_HASH, BB_ERR_RESERVED.
 * Replay   Pure.
 */
#ifndef BB_SEGMENT_H
#define BB_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bb_result.h"
#include "wire/bb_hash.h"
#include "wire/bb_sign.h"

#define BB_SEGMENT_HEADER_SIZE 4096u
#define BB_SEGMENT_BLOCKS      8192u /* where the first block lies */
#define BB_SEGMENT_NAME_SIZE   21u   /* "seg-" and 16 digits and a zero */
#define BB_WATERMARK_NAME      "wm"
#define BB_WATERMARK_SIZE      4096u /* of one slot; the file has two */

struct bb_segment {
	uint64_t index;
	uint64_t size;
	uint8_t nonce[16];
	uint64_t first_height;
	uint64_t created_ns;
	struct bb_hash ledger_id;
	struct bb_hash previous; /* zeros in segment 0 */
	uint64_t epoch;
	uint8_t signer_key[BB_KEY_SIZE];
};

struct bb_watermark {
	uint64_t count;
	uint64_t height;
	uint64_t epoch;
	struct bb_hash block_hash;
	uint64_t segment;
	uint64_t offset;
	struct bb_hash ledger_id;
};

/* bb_segment_name writes the file's name. */
void bb_segment_name(char name[BB_SEGMENT_NAME_SIZE], uint64_t index);

/* bb_segment_name_read returns whether name is exactly that of a segment. */
bool bb_segment_name_read(const char *name, uint64_t *index);

/* bb_segment_size_valid returns whether a segment may have this size. */
bool bb_segment_size_valid(uint64_t size);

/* bb_segment_encode writes both copies. */
void bb_segment_encode(uint8_t bytes[BB_SEGMENT_BLOCKS], const struct bb_segment *segment);

/* bb_segment_decode reads one copy. */
enum bb_result bb_segment_decode(struct bb_segment *segment,
				 const uint8_t bytes[BB_SEGMENT_HEADER_SIZE]);

/* bb_segment_read takes the first copy that is whole.  *damaged tells which are not: bit 0
 * the first, bit 1 the second, both when the copies differ.  Fails when neither is. */
enum bb_result bb_segment_read(struct bb_segment *segment, const uint8_t bytes[BB_SEGMENT_BLOCKS],
			       uint32_t *damaged);

void bb_watermark_encode(uint8_t bytes[BB_WATERMARK_SIZE], const struct bb_watermark *watermark);

/* bb_watermark_read takes the newer whole slot of a file of size bytes: BB_ERR_FORMAT when
 * there is none. */
enum bb_result bb_watermark_read(struct bb_watermark *watermark, const uint8_t *bytes,
				 uint64_t size);

#endif
