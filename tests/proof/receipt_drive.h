/* receipt_drive - what a checker does with any bytes, for the test and the fuzz target.
 *
 * The seeds in corpus_receipt/ are of one venue, whose key is here; they also hold that a
 * receipt stays valid for later versions.
 */
#ifndef RECEIPT_DRIVE_H
#define RECEIPT_DRIVE_H

#include "ledger/bb_note.h"

#define DRIVE_VKEY                                                            \
	"busbar/windpark-ostfriesland/cb3a9a40c11ef4a2+ae59a192+"              \
	"AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"

/* drive_key reads DRIVE_VKEY. */
struct bb_note_key drive_key(void);

/* drive_receipt returns whether text is a receipt that proves what it says. */
bool drive_receipt(const char *text, size_t size, const struct bb_note_key *key);

#endif
