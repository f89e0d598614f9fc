/* bb_note - signed notes, and the checkpoint that is one: what the venue says the log is.
 *
 * C2SP signed-note and tlog-checkpoint, so that verifiers and witnesses who know nothing of
 * busbar can check them:
 *
 *	<origin>\n<tree size>\n<base64 of the root>\n
 *	\n
 *	— <key name> <base64(key id [4] || Ed25519 signature over the text [64])>\n
 *
 *	key id   SHA-256(key name || "\n" || 0x01 || public key)[0..3]
 *	vkey     <key name>+<key id, 8 hex digits>+<base64(0x01 || public key)>
 *	origin   "busbar/" || venue's name || "/" || first 16 hex digits of the ledger id;
 *	         letters of the name in lower case, and one "-" for everything else between
 *	         letters and digits
 *
 * The key's name is the origin.  The key is the venue's own, which also signs block hashes:
 * those are 32 bytes and a text is at least 70, so neither can pass for the other.
 *
 * Other signatures (witnesses cosign) may stand beside the venue's and are not looked at.
 *
 * Units    sizes in bytes.
 * Memory   The caller's; nothing is kept.
 * Threads  None of its own.
 * Errors   Reading: BB_ERR_FORMAT, BB_ERR_SIGNATURE, and *what says which part.
 * Replay   Pure.
 */
#ifndef BB_NOTE_H
#define BB_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_result.h"
#include "ledger/bb_genesis.h"
#include "wire/bb_hash.h"
#include "wire/bb_sign.h"

#define BB_NOTE_NAME_SIZE  96u /* an origin of ours is 87 at most, and a zero */
#define BB_NOTE_VKEY_SIZE  160u
#define BB_NOTE_SIZE_MAX   131072u /* that anyone reads: 16 signatures of 5 KB and more */
#define BB_CHECKPOINT_SIZE 400u    /* that we write */

/* Who signs: with an empty name any name will do. */
struct bb_note_key {
	char name[BB_NOTE_NAME_SIZE];
	uint8_t key[BB_KEY_SIZE];
};

struct bb_checkpoint {
	char origin[BB_NOTE_NAME_SIZE];
	uint64_t size; /* leaves */
	struct bb_hash root;
};

/* bb_note_origin makes the key of a ledger: its origin, and the venue's public key. */
void bb_note_origin(struct bb_note_key *key, const char *venue_name,
		    const uint8_t ledger_id[BB_HASH_SIZE], const uint8_t public_key[BB_KEY_SIZE]);

void bb_note_vkey_write(char text[BB_NOTE_VKEY_SIZE], const struct bb_note_key *key);

/* bb_note_vkey_read reads exactly a vkey of Ed25519. */
bool bb_note_vkey_read(struct bb_note_key *key, const char *text);

/* bb_checkpoint_sign writes the note and a zero, and returns its size. */
size_t bb_checkpoint_sign(char note[BB_CHECKPOINT_SIZE], const struct bb_checkpoint *checkpoint,
			  const struct bb_identity *signer);

/* bb_checkpoint_open reads a note of size bytes, all of them from a stranger, and demands
 * that key signed it, and that its name is the origin. */
enum bb_result bb_checkpoint_open(struct bb_checkpoint *checkpoint, const char *note, size_t size,
				  const struct bb_note_key *key, const char **what);

#endif
