/* busbar-gen - the packet generator: a community of test participants that trades a day. */
#include <sodium.h>
#include <stdio.h>

#include "bench/gen_key.h"
#include "bench/gen_run.h"

static int
print_roster(const struct gen_options *options)
{
	struct bb_identity identity;
	char hex[2 * BB_KEY_SIZE + 1];

	for (uint32_t i = 0; i < options->participants; i++) {
		const uint32_t id = GEN_FIRST_ID + i;
		gen_key_identity(&identity, options->seed, id);
		(void)sodium_bin2hex(hex, sizeof(hex), identity.public_key, BB_KEY_SIZE);
		/* No rate limit: what is measured is the appliance. */
		printf("%u,%s,%u,%u,0,0\n", id, hex, options->zone, GEN_TRADER_LIVE);
	}
	bb_identity_wipe(&identity);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int
run(const struct gen_options *options)
{
	struct gen_venue venue;
	struct gen_crowd crowd;
	struct gen_tally tally;
	char text[256];

	if (!gen_venue_read(&venue, options->venue, text, sizeof(text))) {
		fprintf(stderr, "busbar-gen: %s: %s\n", options->venue, text);
		return 2;
	}
	if (!gen_tally_make(&tally, options->participants) ||
	    !gen_crowd_make(&crowd, &venue, options->participants, options->seed,
			    options->day_start_s)) {
		fprintf(stderr, "busbar-gen: no memory for %u participants, or %s has a key that "
			"is none\n", options->participants, options->venue);
		return 2;
	}
	crowd.records = options->records;
	crowd.zone = options->zone;

	int code = options->pcap != NULL ? gen_run_pcap(options, &venue, &crowd, &tally)
					 : gen_run_live(options, &venue, &crowd, &tally);
	if (code != 2) {
		if (!options->json || !options->quiet)
			gen_tally_table(&tally, options->json ? stderr : stdout);
		if (options->json && !gen_tally_json(&tally, stdout))
			code = 1;
	}
	gen_crowd_free(&crowd);
	gen_tally_free(&tally);
	return code;
}

int
main(int argc, char **argv)
{
	struct gen_options options;

	if (!gen_options_read(&options, argc, argv))
		return 2;
	if (!bb_sign_start()) {
		fputs("busbar-gen: libsodium does not start\n", stderr);
		return 2;
	}
	switch (options.command) {
	case GEN_COMMAND_ROSTER: return print_roster(&options);
	case GEN_COMMAND_RUN: return run(&options);
	default: gen_options_help(); return 0;
	}
}
