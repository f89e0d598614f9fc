#include <string.h>

#include "tests/sim_appliance/sim.h"
#include "wire/bb_sign.h"

/* bb_sign_check for the ledger's code in this program (the linker's --wrap): the same block
 * is read again in thousands of crash states, and its signature is what costs most there.
 * A check is a function of its arguments, so what it said once may be said again. */

#define ROWS        8192u
#define MESSAGE_MAX 32u

bool __real_bb_sign_check(const uint8_t public_key[BB_KEY_SIZE], const void *message, size_t size,
			  const uint8_t signature[BB_SIGNATURE_SIZE]);
bool __wrap_bb_sign_check(const uint8_t public_key[BB_KEY_SIZE], const void *message, size_t size,
			  const uint8_t signature[BB_SIGNATURE_SIZE]);

static struct row {
	uint8_t key[BB_KEY_SIZE];
	uint8_t message[MESSAGE_MAX];
	uint8_t signature[BB_SIGNATURE_SIZE];
	bool known;
	bool verdict;
} rows[ROWS];

bool
__wrap_bb_sign_check(const uint8_t public_key[BB_KEY_SIZE], const void *message, size_t size,
		     const uint8_t signature[BB_SIGNATURE_SIZE])
{
	uint32_t place;

	if (size != MESSAGE_MAX) /* not a block's hash */
		return __real_bb_sign_check(public_key, message, size, signature);
	memcpy(&place, signature, sizeof(place));
	struct row *row = &rows[place % ROWS];

	if (row->known && memcmp(row->key, public_key, BB_KEY_SIZE) == 0 &&
	    memcmp(row->message, message, MESSAGE_MAX) == 0 &&
	    memcmp(row->signature, signature, BB_SIGNATURE_SIZE) == 0)
		return row->verdict;
	memcpy(row->key, public_key, BB_KEY_SIZE);
	memcpy(row->message, message, MESSAGE_MAX);
	memcpy(row->signature, signature, BB_SIGNATURE_SIZE);
	row->verdict = __real_bb_sign_check(public_key, message, size, signature);
	row->known = true;
	return row->verdict;
}
