#include "dataplane/bb_verify.h"

#include <string.h>

#include "base/bb_assert.h"

bool
bb_verify_build(struct bb_verify *verify, uint32_t participant, const uint8_t key[BB_KEY_SIZE],
		struct bb_point *scratch)
{
	struct bb_key_table table;

	if (verify->tables == NULL)
		return false;
	BB_ASSERT(participant >= 1 && participant <= verify->participants);
	bb_key_table_build(&table, &verify->comb, key, bb_verify_place(verify, participant),
			   scratch);
	return table.entries != NULL;
}

static void
check_libsodium(const struct bb_check *checks, uint32_t count, bool *verdicts)
{
	for (uint32_t i = 0; i < count; i++)
		verdicts[i] = bb_sign_check(checks[i].key, checks[i].message, checks[i].size,
					    checks[i].signature);
}

/* keep remembers the first difference of all lanes. */
static void
keep(struct bb_difference *difference, const struct bb_check *check, bool fast, bool libsodium)
{
	uint32_t none = BB_DIFFERENCE_NONE;

	if (!atomic_compare_exchange_strong(&difference->state, &none, BB_DIFFERENCE_WRITING))
		return;
	BB_ASSERT(check->size + BB_SIGNATURE_SIZE <= sizeof(difference->input));
	BB_ASSERT(check->signature == check->message + check->size);
	difference->fast = fast;
	difference->libsodium = libsodium;
	difference->size = (uint16_t)(check->size + BB_SIGNATURE_SIZE);
	memcpy(difference->key, check->key, sizeof(difference->key));
	memcpy(difference->input, check->message, difference->size);
	atomic_store_explicit(&difference->state, BB_DIFFERENCE_WRITTEN, memory_order_release);
}

static uint32_t
check_both(struct bb_verify *verify, const struct bb_check *checks, uint32_t count,
	   bool *verdicts)
{
	bool fast[BB_BURST_CHECKS];
	uint32_t differed = 0;

	bb_sign_check_burst(&verify->burst, checks, count, fast);
	check_libsodium(checks, count, verdicts);
	for (uint32_t i = 0; i < count; i++) {
		if (fast[i] == verdicts[i])
			continue;
		keep(&verify->difference, &checks[i], fast[i], verdicts[i]);
		differed++;
	}
	return differed;
}

bool
bb_verify_burst(struct bb_verify *verify, const struct bb_check *checks, uint32_t count,
		bool *verdicts, uint32_t *differed)
{
	BB_ASSERT(count <= BB_BURST_CHECKS);
	*differed = 0;
	switch (verify->mode) {
	case BB_VERIFY_LIBSODIUM:
		check_libsodium(checks, count, verdicts);
		return true;
	case BB_VERIFY_FAST:
		bb_sign_check_burst(&verify->burst, checks, count, verdicts);
		return true;
	case BB_VERIFY_BOTH:
		*differed = check_both(verify, checks, count, verdicts);
		/* Another lane may have seen one: what agrees here is not trusted either. */
		return atomic_load_explicit(&verify->difference.state, memory_order_relaxed) ==
		       BB_DIFFERENCE_NONE;
	}
	BB_ASSERT(false);
	return false;
}

const struct bb_difference *
bb_verify_difference(const struct bb_verify *verify)
{
	return atomic_load_explicit(&verify->difference.state, memory_order_acquire) ==
			       BB_DIFFERENCE_WRITTEN
		       ? &verify->difference
		       : NULL;
}
