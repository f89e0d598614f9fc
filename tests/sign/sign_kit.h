/* sign_kit - memory and keys for the tests of the burst check. */
#ifndef SIGN_KIT_H
#define SIGN_KIT_H

#include <stdio.h>
#include <stdlib.h>

#include "base/bb_assert.h"
#include "wire/bb_burst.h"

static inline void *
sign_kit_room(size_t size)
{
	void *room = aligned_alloc(64, (size + 63) & ~(size_t)63);
	BB_ASSERT(room != NULL);
	return room;
}

/* sign_kit_burst makes a burst check for code; false if this CPU cannot run it. */
static inline bool
sign_kit_burst(struct bb_burst *burst, enum bb_burst_code code)
{
	static struct bb_entry *base;
	static struct bb_point *scratch;

	if (base == NULL) {
		base = sign_kit_room(bb_burst_base_bytes());
		scratch = sign_kit_room(bb_burst_scratch_bytes());
	}
	return bb_burst_init(burst, code, base, scratch);
}

/* sign_kit_table makes the table of a key; the caller frees (void *)table->entries. */
static inline void
sign_kit_table(struct bb_key_table *table, struct bb_comb comb, const uint8_t *key)
{
	struct bb_entry *entries =
		sign_kit_room(bb_comb_entries(&comb) * sizeof(struct bb_entry));
	struct bb_point *scratch =
		sign_kit_room(bb_table_scratch(&comb) * sizeof(struct bb_point));

	bb_key_table_build(table, &comb, key, entries, scratch);
	free(scratch);
	if (table->entries == NULL)
		free(entries);
}

static const struct {
	enum bb_burst_code code;
	const char *name;
} sign_kit_codes[] = {
	{ BB_BURST_SCALAR, "scalar" }, { BB_BURST_BMI2, "bmi2" }, { BB_BURST_AVX2, "avx2" },
	{ BB_BURST_IFMA, "ifma" },
};

#define SIGN_KIT_CODES (sizeof(sign_kit_codes) / sizeof(sign_kit_codes[0]))

#endif
