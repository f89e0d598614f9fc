#include "wire/bb_sign.h"

#include <sodium.h>
#include <string.h>

#include "base/bb_assert.h"

_Static_assert(crypto_sign_SECRETKEYBYTES == sizeof(((struct bb_identity *)0)->secret),
	       "a secret is kept as libsodium keeps it");
_Static_assert(crypto_sign_BYTES == BB_SIGNATURE_SIZE, "Ed25519");
_Static_assert(crypto_shorthash_siphashx24_BYTES == BB_MAC_SIZE, "128 bits");
_Static_assert(crypto_shorthash_siphashx24_KEYBYTES == BB_MAC_KEY_SIZE, "SipHash");

bool
bb_sign_start(void)
{
	return sodium_init() >= 0;
}

void
bb_identity_make(struct bb_identity *identity)
{
	BB_ASSERT(crypto_sign_keypair(identity->public_key, identity->secret) == 0);
}

void
bb_identity_from_seed(struct bb_identity *identity, const uint8_t seed[BB_KEY_SIZE])
{
	BB_ASSERT(crypto_sign_seed_keypair(identity->public_key, identity->secret, seed) == 0);
}

void
bb_identity_wipe(struct bb_identity *identity)
{
	sodium_memzero(identity, sizeof(*identity));
}

void
bb_sign(const struct bb_identity *identity, const void *message, size_t size,
	uint8_t signature[BB_SIGNATURE_SIZE])
{
	BB_ASSERT(crypto_sign_detached(signature, NULL, message, size, identity->secret) == 0);
}

bool
bb_sign_check(const uint8_t public_key[BB_KEY_SIZE], const void *message, size_t size,
	      const uint8_t signature[BB_SIGNATURE_SIZE])
{
	return crypto_sign_verify_detached(signature, message, size, public_key) == 0;
}

bool
bb_key_acceptable(const uint8_t public_key[BB_KEY_SIZE])
{
	/* Checks canonical form, the curve, small order and the main subgroup. */
	return crypto_core_ed25519_is_valid_point(public_key) == 1;
}

bool
bb_mac_agree(uint8_t mac_key[BB_MAC_KEY_SIZE], const struct bb_identity *own,
	     const uint8_t other_key[BB_KEY_SIZE], const uint8_t ledger_id[32])
{
	static const char label[] = "busbar-mac-v1"; /* its zero is part of it */
	uint8_t secret[32], other[32], input[sizeof(label) + 32], hash[32];
	bool agreed = false;

	if (crypto_sign_ed25519_pk_to_curve25519(other, other_key) == 0 &&
	    crypto_sign_ed25519_sk_to_curve25519(secret, own->secret) == 0 &&
	    crypto_scalarmult(input + sizeof(label), secret, other) == 0) {
		memcpy(input, label, sizeof(label));
		BB_ASSERT(crypto_generichash(hash, sizeof(hash), input, sizeof(input), ledger_id,
					     32) == 0);
		memcpy(mac_key, hash, BB_MAC_KEY_SIZE);
		agreed = true;
	}
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(input, sizeof(input));
	sodium_memzero(hash, sizeof(hash));
	return agreed;
}

void
bb_mac(uint8_t mac[BB_MAC_SIZE], const uint8_t mac_key[BB_MAC_KEY_SIZE], const void *message,
       size_t size)
{
	crypto_shorthash_siphashx24(mac, message, size, mac_key);
}

bool
bb_mac_check(const uint8_t mac[BB_MAC_SIZE], const uint8_t mac_key[BB_MAC_KEY_SIZE],
	     const void *message, size_t size)
{
	uint8_t wanted[BB_MAC_SIZE];
	bb_mac(wanted, mac_key, message, size);
	return sodium_memcmp(mac, wanted, sizeof(wanted)) == 0;
}
