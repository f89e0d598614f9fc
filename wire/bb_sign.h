/* bb_sign - Ed25519 identities: signatures, and the MAC key that two of them share.
 *
 * Verdicts are those of libsodium 1.0.18's crypto_sign_verify_detached, exactly.
 * Verification may take variable time: everything it sees is public.
 *
 * The MAC key is the first 16 bytes of BLAKE2b-256, keyed with the 32-byte ledger
 * id, over "busbar-mac-v1\0" || X25519(own secret, other public), both converted from
 * Ed25519 (crypto_sign_ed25519_{sk,pk}_to_curve25519).  The MAC is SipHash-2-4 with
 * 128 bits (crypto_shorthash_siphashx24).
 *
 * Memory   Secrets are wiped by bb_identity_wipe.
 * Threads  None of its own.
 * Errors   bool; the caller names the reason.
 * Replay   Pure, but bb_identity_make, which draws from the kernel.
 */
#ifndef BB_SIGN_H
#define BB_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BB_KEY_SIZE       32u
#define BB_SIGNATURE_SIZE 64u
#define BB_MAC_SIZE       16u
#define BB_MAC_KEY_SIZE   16u

struct bb_identity {
	uint8_t public_key[BB_KEY_SIZE];
	uint8_t secret[64]; /* seed || public key, as libsodium keeps it */
};

/* bb_sign_start makes the library ready; call once before anything else here. */
bool bb_sign_start(void);

void bb_identity_make(struct bb_identity *identity);
void bb_identity_from_seed(struct bb_identity *identity, const uint8_t seed[BB_KEY_SIZE]);
void bb_identity_wipe(struct bb_identity *identity);

void bb_sign(const struct bb_identity *identity, const void *message, size_t size,
	     uint8_t signature[BB_SIGNATURE_SIZE]);

bool bb_sign_check(const uint8_t public_key[BB_KEY_SIZE], const void *message, size_t size,
		   const uint8_t signature[BB_SIGNATURE_SIZE]);

/* bb_key_acceptable returns whether a key may be registered: on the curve, canonical,
 * of the main subgroup, not of small order. */
bool bb_key_acceptable(const uint8_t public_key[BB_KEY_SIZE]);

/* bb_mac_agree derives the MAC key; false if other_key is no usable point. */
bool bb_mac_agree(uint8_t mac_key[BB_MAC_KEY_SIZE], const struct bb_identity *own,
		  const uint8_t other_key[BB_KEY_SIZE], const uint8_t ledger_id[32]);

void bb_mac(uint8_t mac[BB_MAC_SIZE], const uint8_t mac_key[BB_MAC_KEY_SIZE],
	    const void *message, size_t size);

/* bb_mac_check compares in constant time. */
bool bb_mac_check(const uint8_t mac[BB_MAC_SIZE], const uint8_t mac_key[BB_MAC_KEY_SIZE],
		  const void *message, size_t size);

#endif
