#include "ledger/bb_note.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"

#define ED25519_TYPE   0x01u
#define KEY_ID_SIZE    4u
#define SIGNATURE_LINE "\xe2\x80\x94 " /* an em dash and a space */
#define ROOT_TEXT_SIZE 44u             /* 32 bytes as base64 */
#define OTHERS_MAX     8192u           /* bytes in one signature, whoever made it */

#define BASE64_VARIANT sodium_base64_VARIANT_ORIGINAL

_Static_assert(sodium_base64_ENCODED_LEN(BB_HASH_SIZE, BASE64_VARIANT) == ROOT_TEXT_SIZE + 1,
	       "with its padding, and a zero");

/* A stretch of text that is looked at. */
struct span {
	const char *at;
	size_t size;
};

static bool
is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void
bb_note_origin(struct bb_note_key *key, const char *venue_name,
	       const uint8_t ledger_id[BB_HASH_SIZE], const uint8_t public_key[BB_KEY_SIZE])
{
	char name[64];
	char id[17];
	size_t size = 0;

	for (const char *at = venue_name; *at != '\0' && size + 1 < sizeof(name); at++) {
		if (is_alphanumeric(*at))
			name[size++] = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
		else if (size > 0 && name[size - 1] != '-')
			name[size++] = '-';
	}
	if (size > 0 && name[size - 1] == '-')
		size--;
	name[size] = '\0';
	sodium_bin2hex(id, sizeof(id), ledger_id, 8);
	const int written = snprintf(key->name, sizeof(key->name), "busbar/%s/%s",
				     size == 0 ? "venue" : name, id);
	BB_ASSERT(written > 0 && (size_t)written < sizeof(key->name));
	memcpy(key->key, public_key, BB_KEY_SIZE);
}

static void
key_id(uint8_t id[KEY_ID_SIZE], const char *name, size_t name_size,
       const uint8_t public_key[BB_KEY_SIZE])
{
	struct bb_hasher hasher;

	bb_hash_start(&hasher);
	bb_hash_add(&hasher, name, name_size);
	bb_hash_add(&hasher, "\n\x01", 2);
	bb_hash_add(&hasher, public_key, BB_KEY_SIZE);
	const struct bb_hash hash = bb_hash_end(&hasher);
	memcpy(id, hash.bytes, KEY_ID_SIZE);
}

/* Reads base64 with its padding and nothing around it; returns how many bytes, 0: it is not,
 * or they are more than room. */
static size_t
read_base64(uint8_t *bytes, size_t room, struct span text)
{
	size_t size = 0;

	if (sodium_base642bin(bytes, room, text.at, text.size, NULL, &size, NULL,
			      BASE64_VARIANT) != 0)
		return 0;
	return size;
}

/* A name is not empty and has no space and no plus in it.  Spaces outside of ASCII are for
 * those who give such names to look after. */
static bool
name_valid(struct span name)
{
	if (name.size == 0 || name.size >= BB_NOTE_NAME_SIZE)
		return false;
	for (size_t i = 0; i < name.size; i++)
		if ((unsigned char)name.at[i] <= ' ' || name.at[i] == '+' || name.at[i] == 0x7f)
			return false;
	return true;
}

void
bb_note_vkey_write(char text[BB_NOTE_VKEY_SIZE], const struct bb_note_key *key)
{
	uint8_t bytes[1 + BB_KEY_SIZE] = { ED25519_TYPE };
	char base64[sodium_base64_ENCODED_LEN(sizeof(bytes), BASE64_VARIANT)];
	uint8_t id[KEY_ID_SIZE];
	char hex[2 * KEY_ID_SIZE + 1];

	memcpy(bytes + 1, key->key, BB_KEY_SIZE);
	key_id(id, key->name, strlen(key->name), key->key);
	sodium_bin2hex(hex, sizeof(hex), id, sizeof(id));
	sodium_bin2base64(base64, sizeof(base64), bytes, sizeof(bytes), BASE64_VARIANT);
	const int size = snprintf(text, BB_NOTE_VKEY_SIZE, "%s+%s+%s", key->name, hex, base64);
	BB_ASSERT(size > 0 && (size_t)size < BB_NOTE_VKEY_SIZE);
}

bool
bb_note_vkey_read(struct bb_note_key *key, const char *text)
{
	char again[BB_NOTE_VKEY_SIZE];
	uint8_t bytes[1 + BB_KEY_SIZE + 1];
	const char *first = strchr(text, '+');
	const char *second = first == NULL ? NULL : strchr(first + 1, '+');

	if (second == NULL || !name_valid((struct span){ text, (size_t)(first - text) }))
		return false;
	if (read_base64(bytes, sizeof(bytes), (struct span){ second + 1, strlen(second + 1) }) !=
		    1 + BB_KEY_SIZE ||
	    bytes[0] != ED25519_TYPE)
		return false;
	memset(key->name, 0, sizeof(key->name));
	memcpy(key->name, text, (size_t)(first - text));
	memcpy(key->key, bytes + 1, BB_KEY_SIZE);
	/* It has one form only; the key id is compared with it. */
	bb_note_vkey_write(again, key);
	return strcmp(again, text) == 0;
}

size_t
bb_checkpoint_sign(char note[BB_CHECKPOINT_SIZE], const struct bb_checkpoint *checkpoint,
		   const struct bb_identity *signer)
{
	uint8_t bytes[KEY_ID_SIZE + BB_SIGNATURE_SIZE];
	char base64[sodium_base64_ENCODED_LEN(sizeof(bytes), BASE64_VARIANT)];
	char root[ROOT_TEXT_SIZE + 1];

	sodium_bin2base64(root, sizeof(root), checkpoint->root.bytes, BB_HASH_SIZE,
			  BASE64_VARIANT);
	const int text = snprintf(note, BB_CHECKPOINT_SIZE, "%s\n%" PRIu64 "\n%s\n",
				  checkpoint->origin, checkpoint->size, root);
	BB_ASSERT(text > (int)BB_HASH_SIZE && (size_t)text < BB_CHECKPOINT_SIZE);
	key_id(bytes, checkpoint->origin, strlen(checkpoint->origin), signer->public_key);
	bb_sign(signer, note, (size_t)text, bytes + KEY_ID_SIZE);
	sodium_bin2base64(base64, sizeof(base64), bytes, sizeof(bytes), BASE64_VARIANT);
	const int rest = snprintf(note + text, BB_CHECKPOINT_SIZE - (size_t)text,
				  "\n" SIGNATURE_LINE "%s %s\n", checkpoint->origin, base64);
	BB_ASSERT(rest > 0 && (size_t)(text + rest) < BB_CHECKPOINT_SIZE);
	return (size_t)(text + rest);
}

/* Returns how many bytes the character at text[0] has in UTF-8, 0: it is none. */
static size_t
character_size(const uint8_t *text, size_t size)
{
	const uint8_t lead = text[0];
	const size_t need = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 :
			    lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

	if (need == 0 || need > size)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Longer forms than needed, surrogates, beyond U+10FFFF. */
	if ((lead == 0xe0 && text[1] < 0xa0) || (lead == 0xed && text[1] > 0x9f) ||
	    (lead == 0xf0 && text[1] < 0x90) || (lead == 0xf4 && text[1] > 0x8f))
		return 0;
	return need;
}

/* A note is UTF-8 without control characters but the newline, with which it ends. */
static bool
is_text(const char *note, size_t size)
{
	if (size == 0 || size > BB_NOTE_SIZE_MAX || note[size - 1] != '\n')
		return false;
	for (size_t at = 0; at < size;) {
		const size_t step = character_size((const uint8_t *)note + at, size - at);

		if (step == 0 || ((uint8_t)note[at] < ' ' && note[at] != '\n'))
			return false;
		at += step;
	}
	return true;
}

/* Takes the next line, without its newline, from text; false: there is none. */
static bool
take_line(struct span *text, struct span *line)
{
	const char *newline = text->size == 0 ? NULL : memchr(text->at, '\n', text->size);

	if (newline == NULL)
		return false;
	*line = (struct span){ text->at, (size_t)(newline - text->at) };
	text->size -= line->size + 1;
	text->at = newline + 1;
	return true;
}

/* Takes one signature line apart; returns the size of the signature with its key id, 0: it
 * is no such line. */
static size_t
read_signature(struct span line, struct span *name, uint8_t bytes[OTHERS_MAX])
{
	const size_t prefix = strlen(SIGNATURE_LINE);

	if (line.size <= prefix || memcmp(line.at, SIGNATURE_LINE, prefix) != 0)
		return 0;
	line.at += prefix;
	line.size -= prefix;
	const char *space = memchr(line.at, ' ', line.size);
	if (space == NULL)
		return 0;
	*name = (struct span){ line.at, (size_t)(space - line.at) };
	if (name->size == 0 || memchr(name->at, '+', name->size) != NULL)
		return 0;
	const size_t size = read_base64(bytes, OTHERS_MAX,
					(struct span){ space + 1, line.size - name->size - 1 });
	return size > KEY_ID_SIZE ? size : 0;
}

/* Demands a signature of key over text among the lines, all of which are well formed, and
 * none by it that is false. */
static enum bb_result
check_signatures(struct span text, struct span lines, struct span name, const uint8_t *key,
		 const char **what)
{
	uint8_t bytes[OTHERS_MAX];
	uint8_t id[KEY_ID_SIZE];
	struct span line;
	struct span signer;
	bool found = false;

	key_id(id, name.at, name.size, key);
	*what = "the checkpoint has no signature of this key";
	while (take_line(&lines, &line)) {
		const size_t size = read_signature(line, &signer, bytes);

		if (size == 0) {
			*what = "a signature line of the checkpoint";
			return BB_ERR_FORMAT;
		}
		if (signer.size != name.size || memcmp(signer.at, name.at, name.size) != 0 ||
		    memcmp(bytes, id, KEY_ID_SIZE) != 0)
			continue;
		if (size != KEY_ID_SIZE + BB_SIGNATURE_SIZE ||
		    !bb_sign_check(key, text.at, text.size, bytes + KEY_ID_SIZE)) {
			*what = "the checkpoint's signature";
			return BB_ERR_SIGNATURE;
		}
		found = true;
	}
	return found ? BB_OK : BB_ERR_SIGNATURE;
}

/* Decimal digits without leading zeros. */
static bool
read_size(struct span text, uint64_t *size)
{
	uint64_t value = 0;

	if (text.size == 0 || (text.at[0] == '0' && text.size > 1))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' ||
		    __builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text.at[i] - '0'), &value))
			return false;
	}
	*size = value;
	return true;
}

/* Reads origin, size and root; extensions may follow, lines that are not empty. */
static bool
read_text(struct bb_checkpoint *checkpoint, struct span text)
{
	struct span origin;
	struct span size;
	struct span root;
	struct span extension;

	if (!take_line(&text, &origin) || !take_line(&text, &size) || !take_line(&text, &root) ||
	    !name_valid(origin) || !read_size(size, &checkpoint->size) ||
	    root.size != ROOT_TEXT_SIZE ||
	    read_base64(checkpoint->root.bytes, BB_HASH_SIZE, root) != BB_HASH_SIZE)
		return false;
	while (take_line(&text, &extension))
		if (extension.size == 0)
			return false;
	memset(checkpoint->origin, 0, sizeof(checkpoint->origin));
	memcpy(checkpoint->origin, origin.at, origin.size);
	return true;
}

/* Returns where the empty line before the signatures is; the text ends with the newline
 * there.  0: there is none. */
static size_t
text_size(const char *note, size_t size)
{
	for (size_t at = size; at-- > 1;)
		if (note[at] == '\n' && note[at - 1] == '\n')
			return at;
	return 0;
}

enum bb_result
bb_checkpoint_open(struct bb_checkpoint *checkpoint, const char *note, size_t size,
		   const struct bb_note_key *key, const char **what)
{
	const size_t split = is_text(note, size) ? text_size(note, size) : 0;
	const struct span text = { note, split };

	*checkpoint = (struct bb_checkpoint){ 0 };
	*what = "the checkpoint is no signed note";
	if (split == 0)
		return BB_ERR_FORMAT;
	*what = "the text of the checkpoint";
	if (!read_text(checkpoint, text))
		return BB_ERR_FORMAT;
	*what = "the checkpoint is of another log";
	if (key->name[0] != '\0' && strcmp(key->name, checkpoint->origin) != 0)
		return BB_ERR_SIGNATURE;
	const struct span name = { checkpoint->origin, strlen(checkpoint->origin) };
	return check_signatures(text, (struct span){ note + split + 1, size - split - 1 }, name,
				key->key, what);
}
