#include "ctl/bb_keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/bb_daemon.h"

#define LARGE_PARTICIPANTS_MAX 2000u /* 125 MiB of large tables */

static uint64_t
places_bytes(const struct bb_daemon *daemon, const struct bb_comb *comb)
{
	return (uint64_t)daemon->genesis.size.participants * bb_verify_table_bytes(comb);
}

/* choose returns whether there is room for tables, and of which size. */
static bool
choose(const struct bb_daemon *daemon, uint64_t free_bytes, struct bb_comb *comb)
{
	switch (daemon->config.key_tables) {
	case BB_CONFIG_TABLES_NONE:
		return false;
	case BB_CONFIG_TABLES_SMALL:
		*comb = BB_COMB_SMALL;
		return true;
	case BB_CONFIG_TABLES_LARGE:
		*comb = BB_COMB_LARGE;
		return true;
	default:
		break;
	}
	*comb = BB_COMB_LARGE;
	if (daemon->genesis.size.participants <= LARGE_PARTICIPANTS_MAX &&
	    places_bytes(daemon, comb) <= free_bytes / 4)
		return true;
	*comb = BB_COMB_SMALL;
	return places_bytes(daemon, comb) <= free_bytes / 4;
}

uint64_t
bb_keys_plan(struct bb_daemon *daemon, uint64_t free_bytes)
{
	struct bb_verify *verify = &daemon->verify;

	verify->mode = daemon->config.verify;
	verify->participants = daemon->genesis.size.participants;
	if (verify->mode == BB_VERIFY_LIBSODIUM)
		return 0;
	if (!choose(daemon, free_bytes, &verify->comb)) {
		bb_say("note: no room for key tables; libsodium checks signatures, at a tenth of "
		       "the speed");
		verify->mode = BB_VERIFY_LIBSODIUM;
		return 0;
	}
	return bb_burst_base_bytes() + bb_burst_scratch_bytes() +
	       places_bytes(daemon, &verify->comb);
}

size_t
bb_keys_scratch_bytes(const struct bb_daemon *daemon)
{
	return bb_table_scratch(&daemon->verify.comb) * sizeof(struct bb_point);
}

bool
bb_keys_start(struct bb_daemon *daemon)
{
	struct bb_verify *verify = &daemon->verify;
	struct bb_keys *keys = &daemon->keys;

	if (verify->mode == BB_VERIFY_LIBSODIUM)
		return true;
	struct bb_point *scratch = malloc(bb_burst_scratch_bytes());

	keys->scratch = malloc(bb_keys_scratch_bytes(daemon));
	if (scratch == NULL || keys->scratch == NULL ||
	    !bb_pages_map(&keys->base, bb_burst_base_bytes()) ||
	    !bb_pages_map(&keys->places, places_bytes(daemon, &verify->comb))) {
		bb_say("no memory for key tables: %s; write key_tables = 8K, or none",
		       strerror(errno));
		free(scratch);
		return false;
	}
	const bool made = bb_burst_init(&verify->burst, BB_BURST_BEST, keys->base.bytes, scratch);

	free(scratch);
	BB_ASSERT(made); /* the best that there is can always be had */
	verify->tables = keys->places.bytes;
	return true;
}

bool
bb_keys_add(struct bb_daemon *daemon, uint32_t participant, const uint8_t key[32],
	    struct bb_point *scratch)
{
	struct bb_keys *keys = &daemon->keys;

	/* What is there may be read at this moment, and stays: a key never changes. */
	if (daemon->verify.mode == BB_VERIFY_LIBSODIUM || keys->built[participant])
		return keys->built[participant];
	keys->built[participant] = bb_verify_build(&daemon->verify, participant, key, scratch);
	keys->tables += keys->built[participant];
	return keys->built[participant];
}

void
bb_keys_remove(struct bb_daemon *daemon, uint32_t participant)
{
	struct bb_keys *keys = &daemon->keys;

	if (!keys->built[participant])
		return;
	keys->built[participant] = false;
	keys->tables--;
	bb_pages_forget(bb_verify_place(&daemon->verify, participant),
			bb_verify_table_bytes(&daemon->verify.comb));
}

static const char *
code_name(const struct bb_verify *verify)
{
	static const char *const names[] = {
		[BB_BURST_SCALAR] = "scalar", [BB_BURST_BMI2] = "bmi2", [BB_BURST_AVX2] = "avx2",
		[BB_BURST_IFMA] = "ifma",
	};

	return verify->mode == BB_VERIFY_LIBSODIUM ? "libsodium" : names[verify->burst.code];
}

void
bb_keys_names(const struct bb_daemon *daemon, const char **mode, const char **code)
{
	static const char *const modes[] = {
		[BB_VERIFY_LIBSODIUM] = "libsodium",
		[BB_VERIFY_FAST] = "fast",
		[BB_VERIFY_BOTH] = "both",
	};

	*mode = modes[daemon->verify.mode];
	*code = code_name(&daemon->verify);
}

static void
print_hex(const char *name, const uint8_t *bytes, size_t size)
{
	fprintf(stderr, "busbard: %s ", name);
	for (size_t i = 0; i < size; i++)
		fprintf(stderr, "%02x", bytes[i]);
	fprintf(stderr, "\n");
}

void
bb_keys_say_difference(const struct bb_daemon *daemon)
{
	const struct bb_difference *difference = bb_verify_difference(&daemon->verify);

	if (difference == NULL)
		return;
	bb_say("two codes disagree on a signature: libsodium says it is %s, the %s code that "
	       "it is %s. Nothing was accepted on the strength of it. Keep these lines, report "
	       "them, and go on with verify = libsodium", difference->libsodium ? "good" : "bad",
	       code_name(&daemon->verify), difference->fast ? "good" : "bad");
	print_hex("key", difference->key, sizeof(difference->key));
	print_hex("packet", difference->input, difference->size);
}
