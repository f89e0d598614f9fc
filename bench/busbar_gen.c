/* busbar-gen - the packet generator: a community of test participants that trades a day. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/gen_key.h"
#include "bench/gen_run.h"

/* No rate limit: what is measured is the appliance. */
static void
print_identity(const struct gen_options *options, uint32_t id, uint32_t zone)
{
	struct bb_identity identity;
	char hex[2 * BB_KEY_SIZE + 1];

	gen_key_identity(&identity, options->seed, id);
	(void)sodium_bin2hex(hex, sizeof(hex), identity.public_key, BB_KEY_SIZE);
	bb_identity_wipe(&identity);
	printf("%u,%s,%u,%u,0,0", id, hex, zone, GEN_TRADER_LIVE);
}

/* What it may draw or inject leaves room for a forecast that was wrong. */
static void
print_attributes(const struct gen_options *options, const struct gen_participant *participant,
		 uint32_t zone)
{
	const uint32_t cap = 2 * gen_community_most(participant) + 10 * GEN_LOT_WH;

	printf(",%u,%u,%u,%u,%u,0,0,1", participant->source, zone, cap, cap,
	       GEN_FIRST_ID + options->participants);
}

static void
print_participant(const struct gen_options *options, const struct gen_participant *participant)
{
	const uint32_t zone = options->zone + gen_community_zone(participant, options->zones);

	if (options->command == GEN_COMMAND_DEPOSITS) {
		printf("%u,%lld\n", participant->id,
		       (long long)gen_community_deposit(participant));
		return;
	}
	print_identity(options, participant->id, zone);
	if (options->market)
		print_attributes(options, participant, zone);
	putchar('\n');
}

static int
print_community(const struct gen_options *options)
{
	const uint32_t count = options->participants;
	struct gen_participant *participants = calloc(count, sizeof(participants[0]));
	struct gen_day day;

	if (participants == NULL) {
		fprintf(stderr, "busbar-gen: no memory for %u participants\n", count);
		return 2;
	}
	gen_day_make(&day, options->day_start_s);
	gen_community_make(participants, count, options->seed, &day);
	for (uint32_t i = 0; i < count; i++)
		print_participant(options, &participants[i]);
	free(participants);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int
print_meter(const struct gen_options *options)
{
	print_identity(options, GEN_FIRST_ID + options->participants, options->zone);
	putchar('\n');
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
			    options->day_start_s) ||
	    (options->command == GEN_COMMAND_DAY &&
	     !gen_crowd_add_meter(&crowd, &venue, options->seed))) {
		fprintf(stderr, "busbar-gen: no memory for %u participants, or %s has a key that "
			"is none\n", options->participants, options->venue);
		return 2;
	}
	crowd.records = options->records;
	crowd.zone = options->zone;
	crowd.zones = options->zones;
	crowd.from = options->first;
	crowd.until = options->quarters == 0 ? GEN_QUARTERS : options->first + options->quarters;

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
	case GEN_COMMAND_ROSTER:
	case GEN_COMMAND_DEPOSITS: return print_community(&options);
	case GEN_COMMAND_METER: return print_meter(&options);
	case GEN_COMMAND_RUN:
	case GEN_COMMAND_DAY: return run(&options);
	default: gen_options_help(); return 0;
	}
}
