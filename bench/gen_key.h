/* gen_key - test identities: anyone who knows the seed can sign for all of them.
 *
 * Participant i signs with the Ed25519 key whose seed is the BLAKE2b-256 of
 * "busbar-gen-v1\0" || seed (8 B, little-endian) || i (4 B, little-endian).
 *
 * Never register them where real energy is traded.
 */
#ifndef GEN_KEY_H
#define GEN_KEY_H

#include <stdint.h>

#include "wire/bb_sign.h"

void gen_key_identity(struct bb_identity *identity, uint64_t seed, uint32_t participant);

#endif
