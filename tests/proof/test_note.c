/* test_note - checkpoints: what is written, what is refused, who may stand beside. */
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_note.h"
#include "tests/bb_test.h"

/* The example of the specification of signed notes in Go (golang.org/x/mod/sumdb/note). */
#define PETER_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

static struct bb_identity venue;
static struct bb_identity stranger;
static struct bb_note_key key;
static struct bb_checkpoint checkpoint;
static char note[BB_CHECKPOINT_SIZE];
static size_t note_size;

static void
begin(void)
{
	uint8_t seed[BB_KEY_SIZE] = { 7 };
	struct bb_hash ledger_id;

	BB_ASSERT(bb_sign_start());
	bb_identity_from_seed(&venue, seed);
	seed[0] = 8;
	bb_identity_from_seed(&stranger, seed);
	for (uint32_t i = 0; i < BB_HASH_SIZE; i++)
		ledger_id.bytes[i] = (uint8_t)(0xa0 + i);
	bb_note_origin(&key, "Demo Valley", ledger_id.bytes, venue.public_key);
	checkpoint = (struct bb_checkpoint){ .size = 70000, .root = bb_hash_of("x", 1) };
	memcpy(checkpoint.origin, key.name, sizeof(key.name));
	note_size = bb_checkpoint_sign(note, &checkpoint, &venue);
}

static enum bb_result
open_note(const char *text, size_t size)
{
	struct bb_checkpoint got;
	const char *what = "";

	return bb_checkpoint_open(&got, text, size, &key, &what);
}

static void
an_origin_names_venue_and_ledger(void)
{
	static const struct {
		const char *name;
		const char *origin;
	} names[] = {
		{ "Demo Valley", "busbar/demo-valley/a0a1a2a3a4a5a6a7" },
		{ "  A+B \n& c  ", "busbar/a-b-c/a0a1a2a3a4a5a6a7" },
		{ "\xc3\x9c" "ber", "busbar/ber/a0a1a2a3a4a5a6a7" },
		{ "+++", "busbar/venue/a0a1a2a3a4a5a6a7" },
		{ "", "busbar/venue/a0a1a2a3a4a5a6a7" },
		{ "123456789012345678901234567890123456789012345678901234567890123",
		  "busbar/123456789012345678901234567890123456789012345678901234567890123/"
		  "a0a1a2a3a4a5a6a7" },
	};
	uint8_t id[BB_HASH_SIZE];
	struct bb_note_key made;

	begin();
	for (uint32_t i = 0; i < BB_HASH_SIZE; i++)
		id[i] = (uint8_t)(0xa0 + i);
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bb_note_origin(&made, names[i].name, id, venue.public_key);
		CU_ASSERT_STRING_EQUAL(made.name, names[i].origin);
	}
}

static void
a_checkpoint_that_was_signed_is_opened(void)
{
	struct bb_checkpoint got;
	const char *what = "";

	begin();
	CU_ASSERT_EQUAL(strlen(note), note_size);
	CU_ASSERT_EQUAL(bb_checkpoint_open(&got, note, note_size, &key, &what), BB_OK);
	CU_ASSERT(got.size == 70000 && memcmp(&got.root, &checkpoint.root, BB_HASH_SIZE) == 0);
	CU_ASSERT_STRING_EQUAL(got.origin, "busbar/demo-valley/a0a1a2a3a4a5a6a7");
	/* Whoever has only the key accepts the name that is there. */
	struct bb_note_key nameless = key;
	nameless.name[0] = '\0';
	CU_ASSERT_EQUAL(bb_checkpoint_open(&got, note, note_size, &nameless, &what), BB_OK);
}

static void
a_text_is_longer_than_a_block_hash(void)
{
	struct bb_checkpoint least = { .size = 0 };
	struct bb_note_key shortest;
	char text[BB_CHECKPOINT_SIZE];
	const uint8_t id[BB_HASH_SIZE] = { 0 };

	begin();
	bb_note_origin(&shortest, "a", id, venue.public_key);
	memcpy(least.origin, shortest.name, sizeof(least.origin));
	bb_checkpoint_sign(text, &least, &venue);
	const char *end = strstr(text, "\n\n");
	CU_ASSERT_FATAL(end != NULL);
	CU_ASSERT(end + 1 - text >= 70);
}

/* Every byte changed to every other value: none is accepted, but for what is the same note in
 * the eyes of every reader. */
static void
every_changed_byte_is_refused(void)
{
	char copy[BB_CHECKPOINT_SIZE];
	uint32_t accepted = 0;

	begin();
	for (size_t at = 0; at < note_size; at++) {
		memcpy(copy, note, note_size);
		for (uint32_t change = 1; change < 256; change++) {
			copy[at] = (char)(note[at] ^ (char)change);
			accepted += open_note(copy, note_size) == BB_OK;
		}
	}
	for (size_t size = 0; size < note_size; size++)
		accepted += open_note(note, size) == BB_OK;
	CU_ASSERT_EQUAL(accepted, 0);
}

/* Puts a line behind the note and opens it. */
static enum bb_result
with_line(const char *line)
{
	char text[4 * BB_CHECKPOINT_SIZE];
	const int size = snprintf(text, sizeof(text), "%s%s", note, line);

	BB_ASSERT(size > 0 && (size_t)size < sizeof(text));
	return open_note(text, (size_t)size);
}

static void
others_may_cosign_and_nobody_may_forge(void)
{
	char other[BB_CHECKPOINT_SIZE];
	char line[BB_CHECKPOINT_SIZE];

	begin();
	bb_checkpoint_sign(other, &checkpoint, &stranger);
	const char *forged = strstr(other, "\n\n");
	BB_ASSERT(forged != NULL);
	/* The stranger's key id differs: it is another key of the same name. */
	CU_ASSERT_EQUAL(with_line(forged + 2), BB_OK);
	CU_ASSERT_EQUAL(open_note(other, strlen(other)), BB_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(with_line("\xe2\x80\x94 witness.example/w AAAAAAAAAAA=\n"), BB_OK);
	CU_ASSERT_EQUAL(with_line("\xe2\x80\x94 w\xc3\xa4" "chter AAAAAAAAAAA=\n"), BB_OK);
	/* The venue's line again, and one of its name and id that is false. */
	const char *own = strstr(note, "\n\n") + 2;
	CU_ASSERT_EQUAL(with_line(own), BB_OK);
	(void)snprintf(line, sizeof(line), "%s", own);
	char *last = strstr(line, "=\n");
	BB_ASSERT(last != NULL || (last = line + strlen(line) - 1) != NULL);
	last[-4] = last[-4] == 'A' ? 'B' : 'A';
	CU_ASSERT_EQUAL(with_line(line), BB_ERR_SIGNATURE);
}

static void
lines_that_are_no_signatures_are_refused(void)
{
	static const char *const lines[] = {
		"x", "\n", "x\n", "\xe2\x80\x94 \n", "\xe2\x80\x94 name\n", "\xe2\x80\x94 name \n",
		"\xe2\x80\x94 name AAAA\n", "\xe2\x80\x94 name AAAAAAAAAAA\n",
		"\xe2\x80\x94 name AAAAAAAAAAA= \n", "\xe2\x80\x94 name AAAAAAAAAAB=\n",
		"\xe2\x80\x94  AAAAAAAAAAA=\n", "\xe2\x80\x94 na+me AAAAAAAAAAA=\n",
		"- name AAAAAAAAAAA=\n", "\xe2\x80\x94 name AAAAAAAAAAA=\r\n",
		"\xe2\x80\x94 n\xff AAAAAAAAAAA=\n", "\xe2\x80\x94 n\xc0\x80 AAAAAAAAAAA=\n",
		"\xe2\x80\x94 n\xed\xa0\x80 AAAAAAAAAAA=\n",
	};

	begin();
	for (uint32_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (with_line(lines[i]) == BB_OK)
			CU_FAIL(lines[i]);
}

/* Signs any text: what a faulty venue could bring about. */
static enum bb_result
open_text(const char *text)
{
	struct bb_checkpoint as_is = checkpoint;
	char signed_note[BB_CHECKPOINT_SIZE];
	char whole[2 * BB_CHECKPOINT_SIZE];

	/* The signature line of the right text is as good as any for a text that is refused
	 * before signatures are looked at. */
	bb_checkpoint_sign(signed_note, &as_is, &venue);
	const int size = snprintf(whole, sizeof(whole), "%s%s", text,
				  strstr(signed_note, "\n\n") + 1);
	BB_ASSERT(size > 0 && (size_t)size < sizeof(whole));
	return open_note(whole, (size_t)size);
}

static void
a_text_that_is_no_checkpoint_is_refused(void)
{
#define ORIGIN "busbar/demo-valley/a0a1a2a3a4a5a6a7\n"
#define ROOT   "LXEWQrcmsEQBYnyp++oy9qwXdOfrxJoa4aKXzWqVpYE=\n"
	static const char *const texts[] = {
		"", "\n", ORIGIN, ORIGIN "7\n", ORIGIN "\n" ROOT, ORIGIN "07\n" ROOT,
		ORIGIN "-7\n" ROOT, ORIGIN "7 \n" ROOT, ORIGIN "0x7\n" ROOT,
		ORIGIN "18446744073709551616\n" ROOT, "\n7\n" ROOT, "a b\n7\n" ROOT,
		"a+b\n7\n" ROOT, ORIGIN "7\nAAAA\n", ORIGIN "7\n" ROOT "\nx\n",
		ORIGIN "7\nLXEWQrcmsEQBYnyp++oy9qwXdOfrxJoa4aKXzWqVpYF=\n",
	};

	begin();
	for (uint32_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CU_ASSERT_EQUAL(open_text(texts[i]), BB_ERR_FORMAT);
	/* Well formed, but not what was signed. */
	CU_ASSERT_EQUAL(open_text(ORIGIN "7\n" ROOT), BB_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(open_text(ORIGIN "7\n" ROOT "extension\n"), BB_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(open_text("busbar/other/a0a1a2a3a4a5a6a7\n7\n" ROOT), BB_ERR_SIGNATURE);
}

static void
a_vkey_has_one_form(void)
{
	static const char *const bad[] = {
		"", "+", "++", "PeterNeumann", "PeterNeumann+c74f20a3",
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+AhpcXQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		PETER_VKEY "=", PETER_VKEY "A", PETER_VKEY "\n",
	};
	struct bb_note_key read;
	char text[BB_NOTE_VKEY_SIZE];

	begin();
	CU_ASSERT(bb_note_vkey_read(&read, PETER_VKEY));
	CU_ASSERT_STRING_EQUAL(read.name, "PeterNeumann");
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (bb_note_vkey_read(&read, bad[i]))
			CU_FAIL(bad[i]);
	bb_note_vkey_write(text, &key);
	CU_ASSERT(bb_note_vkey_read(&read, text));
	CU_ASSERT(memcmp(&read, &key, sizeof(key)) == 0);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an origin names venue and ledger", an_origin_names_venue_and_ledger },
		{ "a checkpoint that was signed is opened",
		  a_checkpoint_that_was_signed_is_opened },
		{ "a text is longer than a block hash", a_text_is_longer_than_a_block_hash },
		{ "every changed byte is refused", every_changed_byte_is_refused },
		{ "others may cosign and nobody may forge",
		  others_may_cosign_and_nobody_may_forge },
		{ "lines that are no signatures are refused",
		  lines_that_are_no_signatures_are_refused },
		{ "a text that is no checkpoint is refused",
		  a_text_that_is_no_checkpoint_is_refused },
		{ "a vkey has one form", a_vkey_has_one_form },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("note", tests);
}
