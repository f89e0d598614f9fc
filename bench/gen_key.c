#include "bench/gen_key.h"

#include <sodium.h>
#include <string.h>

#include "base/bb_bytes.h"

void
gen_key_identity(struct bb_identity *identity, uint64_t seed, uint32_t participant)
{
	static const char domain[14] = "busbar-gen-v1";
	uint8_t message[sizeof(domain) + 12];
	uint8_t key_seed[BB_KEY_SIZE];

	memcpy(message, domain, sizeof(domain));
	bb_put_u64(message + sizeof(domain), seed);
	bb_put_u32(message + sizeof(domain) + 8, participant);
	(void)crypto_generichash(key_seed, sizeof(key_seed), message, sizeof(message), NULL, 0);
	bb_identity_from_seed(identity, key_seed);
}
