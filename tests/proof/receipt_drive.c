#include "tests/proof/receipt_drive.h"

#include "base/bb_assert.h"
#include "ctl/cli_receipt.h"

struct bb_note_key
drive_key(void)
{
	struct bb_note_key key;

	BB_ASSERT(bb_sign_start() && bb_note_vkey_read(&key, DRIVE_VKEY));
	return key;
}

/* What is proven can be written again, and proves the same. */
static void
write_again(const struct bb_receipt *receipt, const struct bb_receipt_proven *proven)
{
	json_t *whole = cli_receipt_json(receipt, proven);

	BB_ASSERT(whole != NULL && json_object_size(whole) >= 11);
	json_decref(whole);
}

bool
drive_receipt(const char *text, size_t size, const struct bb_note_key *key)
{
	struct cli_receipt receipt;
	struct bb_receipt_proven proven;
	char wrong[CLI_RECEIPT_WRONG];
	const char *what = "";
	bool valid = false;

	if (cli_receipt_read(&receipt, text, size, wrong)) {
		if (bb_receipt_check(&receipt.receipt, key, &proven, &what) == BB_OK) {
			valid = cli_receipt_says(&receipt, &proven, wrong);
			write_again(&receipt.receipt, &proven);
		} else {
			BB_ASSERT(what[0] != '\0');
		}
	}
	BB_ASSERT(valid || wrong[0] != '\0' || what[0] != '\0');
	cli_receipt_free(&receipt);
	return valid;
}
