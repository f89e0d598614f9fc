/* test_receipt - receipts of an earlier day stay valid, and no changed bit gets by. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "tests/proof/receipt_drive.h"

static const char *const names[] = { "checkpoint", "block", "genesis", "tick" };

/* Reads CORPUS/name. */
static char *
read_seed(const char *name, size_t *size)
{
	char path[512];
	char *text = malloc(65536);

	(void)snprintf(path, sizeof(path), CORPUS "/%s", name);
	FILE *file = fopen(path, "re");
	BB_ASSERT(file != NULL && text != NULL);
	*size = fread(text, 1, 65536, file);
	BB_ASSERT(*size > 0 && *size < 65536);
	fclose(file);
	return text;
}

static void
a_receipt_of_an_earlier_day_is_valid(void)
{
	const struct bb_note_key key = drive_key();
	struct bb_note_key nameless = key;
	struct bb_note_key other = key;
	size_t size;

	nameless.name[0] = '\0';
	other.key[0] ^= 1;
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *text = read_seed(names[i], &size);
		CU_ASSERT(drive_receipt(text, size, &key));
		CU_ASSERT(drive_receipt(text, size, &nameless));
		CU_ASSERT(!drive_receipt(text, size, &other));
		free(text);
	}
}

static void
no_changed_bit_gets_by(void)
{
	const struct bb_note_key key = drive_key();
	size_t size;

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *text = read_seed(names[i], &size);
		json_t *original = json_loadb(text, size, 0, NULL);
		uint32_t accepted = 0;
		uint32_t refused = 0;

		BB_ASSERT(original != NULL);
		for (size_t bit = 0; bit < size * 8; bit++) {
			text[bit / 8] ^= (char)(1 << bit % 8);
			json_t *changed = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
			/* The same to every reader of JSON: nothing to refuse. */
			const bool same = json_equal(original, changed) == 1;
			const bool valid = drive_receipt(text, size, &key);
			accepted += valid && !same;
			refused += !valid;
			json_decref(changed);
			text[bit / 8] ^= (char)(1 << bit % 8);
		}
		CU_ASSERT_EQUAL(accepted, 0);
		CU_ASSERT(refused > size * 7);
		json_decref(original);
		free(text);
	}
}

static void
no_part_of_it_is_enough(void)
{
	const struct bb_note_key key = drive_key();
	size_t size;
	char *text = read_seed("checkpoint", &size);
	uint32_t accepted = 0;

	for (size_t less = 0; less < size; less++)
		accepted += drive_receipt(text, less, &key);
	CU_ASSERT_EQUAL(accepted, 0);
	free(text);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "a receipt of an earlier day is valid", a_receipt_of_an_earlier_day_is_valid },
		{ "no changed bit gets by", no_changed_bit_gets_by },
		{ "no part of it is enough", no_part_of_it_is_enough },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("receipt", tests);
}
