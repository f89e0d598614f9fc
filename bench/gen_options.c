#include "bench/gen_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_clock.h"
#include "base/bb_limits.h"
#include "bench/gen_calendar.h"
#include "bench/gen_frame.h"

/* Beyond what any ring or socket on the way could hold. */
#define WINDOW_MAX 65536u

enum name {
	NAME_ANSWERS = 256, NAME_DAY, NAME_DEVICE, NAME_DURATION, NAME_EAL, NAME_LCORE, NAME_MAC,
	NAME_PARTICIPANTS, NAME_PATIENCE, NAME_PCAP, NAME_QUIET, NAME_RATE, NAME_RECORDS,
	NAME_ROUNDS, NAME_SEED, NAME_UDP, NAME_VENUE, NAME_WINDOW, NAME_ZONE, NAME_FIRST,
	NAME_MARKET, NAME_QUARTERS, NAME_SPEED, NAME_ZONES,
};

static const struct option names[] = {
	{ "answers", required_argument, NULL, NAME_ANSWERS },
	{ "day", required_argument, NULL, NAME_DAY },
	{ "device", required_argument, NULL, NAME_DEVICE },
	{ "duration", required_argument, NULL, NAME_DURATION },
	{ "eal", required_argument, NULL, NAME_EAL },
	{ "first", required_argument, NULL, NAME_FIRST },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "lcore", required_argument, NULL, NAME_LCORE },
	{ "mac", required_argument, NULL, NAME_MAC },
	{ "market", no_argument, NULL, NAME_MARKET },
	{ "participants", required_argument, NULL, NAME_PARTICIPANTS },
	{ "patience", required_argument, NULL, NAME_PATIENCE },
	{ "pcap", required_argument, NULL, NAME_PCAP },
	{ "quarters", required_argument, NULL, NAME_QUARTERS },
	{ "quiet", no_argument, NULL, NAME_QUIET },
	{ "rate", required_argument, NULL, NAME_RATE },
	{ "records", required_argument, NULL, NAME_RECORDS },
	{ "rounds", required_argument, NULL, NAME_ROUNDS },
	{ "seed", required_argument, NULL, NAME_SEED },
	{ "speed", required_argument, NULL, NAME_SPEED },
	{ "udp", required_argument, NULL, NAME_UDP },
	{ "venue", required_argument, NULL, NAME_VENUE },
	{ "window", required_argument, NULL, NAME_WINDOW },
	{ "zone", required_argument, NULL, NAME_ZONE },
	{ "zones", required_argument, NULL, NAME_ZONES },
	{ 0 },
};

void
gen_options_help(void)
{
	fputs("usage: busbar-gen roster|meter|deposits --participants N --seed S [OPTIONS]\n"
	      "       busbar-gen run|day --venue venue.json --participants N --seed S\n"
	      "           (--device DEVICE | --udp HOST[:PORT] | --pcap FILE) [OPTIONS]\n"
	      "\n"
	      "roster prints id,key,zone,orders,rate,burst for `busbarctl member add --file`;\n"
	      "with --market what the market asks for, too: source, feeder, caps, meter, escrow.\n"
	      "meter prints the same for the meter operator, deposits id,amount of each.\n"
	      "run lets the community trade a day.  Its keys are test keys: the seed makes them.\n"
	      "day trades by the venue's calendar: ahead, before each gate; and reads the meters.\n"
	      "\n"
	      "  --device DEVICE   a DPDK port: \"net_memif0,role=client,socket=/run/x.sock,\n"
	      "                    socket-abstract=no\", or a PCI address\n"
	      "  --eal OPTIONS     of DPDK, instead of --no-huge --no-shconf --no-pci -m 256\n"
	      "  --lcore CPU       that polls the port (default: the first that may be used)\n"
	      "  --mac MAC         of the venue (default: ask for it; in a file, broadcast)\n"
	      "  --udp HOST[:PORT] through a socket of the kernel (port: that of the venue)\n"
	      "  --pcap FILE       write the packets; nobody answers, so nobody adapts\n"
	      "  --rounds R        limit orders, R-2 rounds of new prices, close-out (4; file: 2)\n"
	      "  --records N       at most in a packet, 1..42 (32)\n"
	      "  --rate N          packets a second (as fast as the window allows; file: 10000)\n"
	      "  --window N        packets under way at most (256)\n"
	      "  --duration S      end after so many seconds\n"
	      "  --patience S      end when nothing was answered for so many seconds (30)\n"
	      "  --answers FILE    append a line for each answered packet:\n"
	      "                    participant sequence number height events trades\n"
	      "  --day YYYY-MM-DD  of delivery (2025-06-11)      --zone Z  of delivery (1)\n"
	      "  --zones N         the community lives in so many zones, from Z on (1)\n"
	      "  --first Q         first quarter-hour of the day that is traded (0)\n"
	      "  --quarters N      so many from there (to the end of the day)\n"
	      "  --speed N         day: the venue's seconds in one of ours, as in its [time] (1)\n"
	      "  -j, --json        end with one line of JSON     --quiet   no progress\n"
	      "\n"
	      "exit: 0 all answered, 1 something lost or refused, 2 usage\n", stdout);
}

static bool
refuse(const char *what, const char *value)
{
	fprintf(stderr, "busbar-gen: %s%s%s%s; see busbar-gen --help\n", what,
		value == NULL ? "" : ": \"", value == NULL ? "" : value, value == NULL ? "" : "\"");
	return false;
}

static bool
read_number(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *value >= low &&
	       *value <= high;
}

static bool
read_u32(const char *what, uint32_t low, uint32_t high, uint32_t *value)
{
	uint64_t number;

	if (!read_number(optarg, low, high, &number)) {
		fprintf(stderr, "busbar-gen: %s is a number from %u to %u, not \"%s\"\n", what, low,
			high, optarg);
		return false;
	}
	*value = (uint32_t)number;
	return true;
}

static bool
read_number_option(struct gen_options *options, int name)
{
	uint32_t number;

	switch (name) {
	case NAME_DURATION:
		return read_u32("--duration", 0, UINT32_MAX, &options->duration_s);
	case NAME_PARTICIPANTS:
		return read_u32("--participants", 1, BB_PARTICIPANTS_MAX - 1,
				&options->participants);
	case NAME_PATIENCE:
		return read_u32("--patience", 1, UINT32_MAX, &options->patience_s);
	case NAME_RATE: return read_u32("--rate", 1, UINT32_MAX, &options->rate);
	case NAME_RECORDS: return read_u32("--records", 1, BB_RECORDS_MAX, &options->records);
	case NAME_ROUNDS: return read_u32("--rounds", 1, UINT32_MAX, &options->rounds);
	case NAME_WINDOW: return read_u32("--window", 1, WINDOW_MAX, &options->window);
	case NAME_FIRST: return read_u32("--first", 0, GEN_QUARTERS - 1, &options->first);
	case NAME_QUARTERS:
		return read_u32("--quarters", 1, GEN_QUARTERS, &options->quarters);
	case NAME_SPEED: return read_u32("--speed", 1, BB_CLOCK_SPEED_MAX, &options->speed);
	case NAME_ZONES:
		if (!read_u32("--zones", 1, BB_VENUE_ZONES, &number))
			return false;
		options->zones = (uint8_t)number;
		return true;
	case NAME_LCORE:
		if (!read_u32("--lcore", 0, 4095, &number))
			return false;
		options->cpu = (int32_t)number;
		return true;
	case NAME_ZONE:
		if (!read_u32("--zone", 0, 255, &number))
			return false;
		options->zone = (uint8_t)number;
		return true;
	case NAME_SEED:
		return read_number(optarg, 0, UINT64_MAX, &options->seed) ||
		       refuse("--seed is a number below 2^64", optarg);
	default: return refuse("unknown option", NULL);
	}
}

static bool
read_option(struct gen_options *options, int name)
{
	switch (name) {
	case 'h': options->command = GEN_COMMAND_HELP; return true;
	case 'j': options->json = true; return true;
	case NAME_MARKET: options->market = true; return true;
	case NAME_QUIET: options->quiet = true; return true;
	case NAME_ANSWERS: options->answers = optarg; return true;
	case NAME_DEVICE: options->device = optarg; return true;
	case NAME_EAL: options->eal = optarg; return true;
	case NAME_PCAP: options->pcap = optarg; return true;
	case NAME_UDP: options->udp = optarg; return true;
	case NAME_VENUE: options->venue = optarg; return true;
	case NAME_DAY:
		return gen_calendar_read(optarg, &options->day_start_s) ||
		       refuse("--day is a date like 2025-06-11", optarg);
	case NAME_MAC:
		options->mac_given = true;
		return gen_frame_mac(options->mac, optarg) ||
		       refuse("--mac is like 02:00:00:00:00:01", optarg);
	case '?': return refuse("unknown option, or one without its value", NULL);
	default: return read_number_option(options, name);
	}
}

static bool
read_command(struct gen_options *options, const char *word)
{
	static const struct {
		const char *word;
		enum gen_command command;
	} commands[] = {
		{ "roster", GEN_COMMAND_ROSTER },     { "meter", GEN_COMMAND_METER },
		{ "deposits", GEN_COMMAND_DEPOSITS }, { "run", GEN_COMMAND_RUN },
		{ "day", GEN_COMMAND_DAY },           { "--help", GEN_COMMAND_HELP },
		{ "-h", GEN_COMMAND_HELP },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(word, commands[i].word) == 0) {
			options->command = commands[i].command;
			return true;
		}
	return refuse("a command is needed: roster, meter, deposits, run or day, not", word);
}

/* Numbers that only together are wrong. */
static bool
check_day(const struct gen_options *options)
{
	if (options->zone + options->zones > 256)
		return refuse("--zone and --zones go beyond zone 255", NULL);
	if (options->first + options->quarters > GEN_QUARTERS)
		return refuse("--first and --quarters go beyond the day's 96", NULL);
	return options->command != GEN_COMMAND_DAY || options->pcap == NULL ||
	       refuse("a day needs a venue that answers: --device or --udp, not --pcap", NULL);
}

static bool
check(struct gen_options *options)
{
	const int ways = (options->device != NULL) + (options->udp != NULL) +
			 (options->pcap != NULL);

	if (options->command == GEN_COMMAND_HELP)
		return true;
	if (options->participants == 0)
		return refuse("--participants is needed", NULL);
	if (!check_day(options))
		return false;
	if (options->command < GEN_COMMAND_RUN)
		return true;
	if (options->venue == NULL)
		return refuse("--venue is needed: the venue.json of the operator", NULL);
	if (ways != 1)
		return refuse("exactly one of --device, --udp and --pcap is needed", NULL);
	if (options->rounds == 0)
		options->rounds = options->pcap != NULL ? 2 : 4;
	return true;
}

bool
gen_options_read(struct gen_options *options, int argc, char **argv)
{
	int name;

	*options = (struct gen_options){ .records = 32, .window = 256, .patience_s = 30,
					 .cpu = -1, .zone = 1, .zones = 1, .speed = 1, .seed = 1 };
	(void)gen_calendar_read("2025-06-11", &options->day_start_s);
	if (argc < 2)
		return refuse("a command is needed: roster, meter, deposits, run or day", NULL);
	if (!read_command(options, argv[1]))
		return false;
	opterr = 0;
	optind = 2;
	while ((name = getopt_long(argc, argv, "hj", names, NULL)) != -1)
		if (!read_option(options, name))
			return false;
	if (optind < argc)
		return refuse("not an option", argv[optind]);
	return check(options);
}
