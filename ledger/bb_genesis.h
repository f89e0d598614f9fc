/* bb_genesis - the first input of a ledger: who runs it and how large its market is.
 *
 * 256 B, little-endian; the ledger id is the SHA-256 of these bytes:
 *
 *	  0  8  "BBGENv1\0"     8  8 created_ns
 *	 16 32  signer's public key     48 32 operator's public key
 *	 80  4  participants    84  4 products    88  4 orders    92  4 levels
 *	 96 64  name, UTF-8, zero-padded, at least one zero
 *	160 32  nonce          192  4 places    196  4 positions    200  4 courses
 *	204.. zero
 *
 * Errors   Decoding refuses anything not exact: BB_ERR_FORMAT.
 * Replay   Pure.
 */
#ifndef BB_GENESIS_H
#define BB_GENESIS_H

#include "base/bb_result.h"
#include "market/bb_market.h"
#include "wire/bb_hash.h"
#include "wire/bb_sign.h"

#define BB_GENESIS_SIZE 256u

struct bb_genesis {
	uint64_t created_ns;
	uint8_t signer_key[BB_KEY_SIZE];
	uint8_t operator_key[BB_KEY_SIZE];
	struct bb_market_size size;
	char name[64];
	uint8_t nonce[32]; /* two venues of one name and second differ */
};

void bb_genesis_encode(uint8_t bytes[BB_GENESIS_SIZE], const struct bb_genesis *genesis);
enum bb_result bb_genesis_decode(struct bb_genesis *genesis, const uint8_t *bytes, size_t size);
struct bb_hash bb_genesis_ledger_id(const struct bb_genesis *genesis);

#endif
