/* busbar-bench - how much one core of this machine does, by part of the appliance. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bb_bytes.h"
#include "base/bb_limits.h"
#include "bench/bench.h"

static const char usage[] =
	"usage: busbar-bench verify [OPTIONS]     Ed25519 checks, beside libsodium's\n"
	"       busbar-bench gate [OPTIONS]       packets that the gate refuses or accepts\n"
	"       busbar-bench auction [OPTIONS]    call auctions of 100,000 and 1,000,000 orders,\n"
	"                                         as the appliance holds them, part by part\n"
	"       busbar-bench zones [OPTIONS]      auctions over zones: the Italian market\n"
	"       busbar-bench ledger [OPTIONS]     durable blocks, beside the bare disk\n"
	"       busbar-bench audit [OPTIONS]      a ledger verified and replayed by one core;\n"
	"                                         starts from genesis and with a snapshot\n"
	"       busbar-bench settlement [OPTIONS] a million contracts, paid and netted\n"
	"       busbar-bench rebate [OPTIONS]     penalties back to 65,536 participants\n"
	"       busbar-bench modes [OPTIONS]      exact clearing beside matching degree first\n"
	"       busbar-bench match [OPTIONS]      an order flow through the book and the market\n"
	"\n"
	"  --seconds S      to measure, in all (verify 2, others 5); ledger: a size of block, and\n"
	"                   twice as long again to rest (10)\n"
	"  --clock CLOCK    wall, or cpu: the time that this process had a CPU (wall)\n"
	"  -j, --json       one line of JSON each\n"
	"verify, gate and audit:\n"
	"  --keys N         registered keys, in random order (1000)\n"
	"verify and gate:\n"
	"  --teeth 4|8      of the comb: 8 KiB or 64 KiB a key (8)\n"
	"  --code CODE      best, ifma, avx2, bmi2 or scalar (best)\n"
	"verify alone:\n"
	"  --payload BYTES  of a message, 0..65536 (100)\n"
	"  --burst N        checks at once, 1..32 (32)\n"
	"zones alone:\n"
	"  --folder DIR     where italy-*.tsv.gz are (tests/market/peer-cases)\n"
	"ledger and audit, which take 2 GiB and 1 GiB there while they run:\n"
	"  --disk DIR       a folder on the disk to measure (.)\n"
	"ledger alone:\n"
	"  --block BYTES    4096, 16384, 65536, 131072, 262144 or 1048576 (each)\n"
	"  --write HOW      direct, buffered or auto, as in busbard.conf (auto)\n"
	"  --core N         of the line's thread; the others use the others (the first)\n"
	"  --segment MIB    of the ledger's segments, 16..1024 (512)\n"
	"  --window BLOCKS  of inputs on their way at once in the turn window, 1..4 (2)\n"
	"  raw        pwrite and fdatasync of one block after the other, over zeros; its p99\n"
	"  direct     the same with O_DIRECT and O_DSYNC\n"
	"  full       mb_per_s: the ledger, inputs as fast as it takes them, until durable\n"
	"  window     p50, p99: from an input until its answer may leave, from senders who wait\n"
	"             for answers\n"
	"  paced      the same from an input's due time, at 70 % of what raw and full, the lower\n"
	"             of them, had just done\n"
	"  raw paced  raw at the rate of paced, from a block's due time; all by turns\n"
	"  awake p99 is of the turns in which the machine did not stand still as a whole\n"
	"match alone, which replays the file three times whatever --seconds says:\n"
	"  --workload FILE  the order flow (bench/bench_match.h has its format)\n"
	"  --mode MODE      book, or market (both)\n"
	"  --participants N who send the orders of mode market, 2..100000 (100)\n"
	"  --latency        of each order, too\n"
	"  --make FILE      write an order flow instead, of --resting N (100000) orders in\n"
	"                   100 products and --ops N (1000000), from --seed N (1)\n"
	"\n"
	"exit: 0 measured, 1 a result was wrong, 2 usage or memory\n";

static const struct {
	const char *name;
	int (*run)(const struct bench_options *options);
	double seconds; /* unless told */
} commands[] = {
	{ "verify", bench_verify, 2 },
	{ "gate", bench_gate, 5 },
	{ "auction", bench_auction, 5 },
	{ "zones", bench_zones, 5 },
	{ "ledger", bench_ledger, 10 },
	{ "audit", bench_audit, 0 },
	{ "settlement", bench_settlement, 5 },
	{ "rebate", bench_rebate, 5 },
	{ "modes", bench_modes, 5 },
	{ "match", bench_match, 0 },
};

static bool
refuse(const char *what, const char *value)
{
	fprintf(stderr, "busbar-bench: %s, not \"%s\"; see busbar-bench --help\n", what, value);
	return false;
}

static bool
read_number(const char *text, uint32_t low, uint32_t high, uint32_t *value)
{
	char *end;

	errno = 0;
	const unsigned long long number = strtoull(text, &end, 10);
	*value = (uint32_t)number;
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number >= low &&
	       number <= high;
}

static bool
read_seconds(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	return (text[0] >= '0' && text[0] <= '9') && *end == '\0' && *seconds >= 0.05 &&
	       *seconds <= 3600;
}

static bool
read_code(const char *text, enum bb_burst_code *code)
{
	static const char *const names[] = {
		[BB_BURST_BEST] = "best", [BB_BURST_SCALAR] = "scalar",
		[BB_BURST_BMI2] = "bmi2", [BB_BURST_AVX2] = "avx2", [BB_BURST_IFMA] = "ifma",
	};
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*code = (enum bb_burst_code)i;
			return true;
		}
	}
	return false;
}

static bool
read_write(const char *text, enum bb_ledger_write *write)
{
	static const char *const names[] = {
		[BB_LEDGER_AUTO] = "auto", [BB_LEDGER_DIRECT] = "direct",
		[BB_LEDGER_BUFFERED] = "buffered",
	};
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*write = (enum bb_ledger_write)i;
			return true;
		}
	}
	return false;
}

enum name { KEYS = 256, PAYLOAD, BURST, SECONDS, TEETH, CODE, CLOCK, FOLDER, DISK, BLOCK, WRITE,
	    WORKLOAD, MODE, MAKE, RESTING, OPS, SEED, PARTICIPANTS, LATENCY, CORE, SEGMENT,
	    WINDOW };

static bool
read_option(struct bench_options *options, int name)
{
	switch (name) {
	case 'j': options->json = true; return true;
	case KEYS:
		return read_number(optarg, 1, BB_PARTICIPANTS_MAX, &options->keys) ||
		       refuse("--keys is a number from 1 to 131072", optarg);
	case PAYLOAD:
		return read_number(optarg, 0, 65536, &options->payload) ||
		       refuse("--payload is a number from 0 to 65536", optarg);
	case BURST:
		return read_number(optarg, 1, BB_BURST_CHECKS, &options->burst) ||
		       refuse("--burst is a number from 1 to 32", optarg);
	case SECONDS:
		return read_seconds(optarg, &options->seconds) ||
		       refuse("--seconds is a number from 0.05 to 3600", optarg);
	case TEETH:
		options->comb = strcmp(optarg, "4") == 0 ? BB_COMB_SMALL : BB_COMB_LARGE;
		return strcmp(optarg, "4") == 0 || strcmp(optarg, "8") == 0 ||
		       refuse("--teeth is 4 or 8", optarg);
	case CODE:
		return read_code(optarg, &options->code) ||
		       refuse("--code is best, ifma, avx2, bmi2 or scalar", optarg);
	case FOLDER: options->folder = optarg; return true;
	case DISK: options->disk = optarg; return true;
	case BLOCK:
		return read_number(optarg, 4096, 1048576, &options->block) ||
		       refuse("--block is a number from 4096 to 1048576", optarg);
	case WRITE:
		return read_write(optarg, &options->write) ||
		       refuse("--write is direct, buffered or auto", optarg);
	case CORE:
		options->pinned = true;
		return read_number(optarg, 0, 1023, &options->core) ||
		       refuse("--core is a number from 0 to 1023", optarg);
	case SEGMENT:
		return read_number(optarg, 16, 1024, &options->segment) ||
		       refuse("--segment is a number from 16 to 1024", optarg);
	case WINDOW:
		return read_number(optarg, 1, 4, &options->window) ||
		       refuse("--window is a number from 1 to 4", optarg);
	case WORKLOAD: options->workload = optarg; return true;
	case MAKE: options->make = optarg; return true;
	case LATENCY: options->latency = true; return true;
	case MODE:
		options->mode = optarg;
		return strcmp(optarg, "book") == 0 || strcmp(optarg, "market") == 0 ||
		       refuse("--mode is book or market", optarg);
	case RESTING:
		return read_number(optarg, 1, 1000000, &options->resting) ||
		       refuse("--resting is a number from 1 to 1000000", optarg);
	case OPS:
		return read_number(optarg, 1, 100000000, &options->ops) ||
		       refuse("--ops is a number from 1 to 100000000", optarg);
	case SEED: {
		uint32_t seed = 0;
		const bool good = read_number(optarg, 0, UINT32_MAX, &seed);
		options->seed = seed;
		return good || refuse("--seed is a number below 2^32", optarg);
	}
	case PARTICIPANTS:
		return read_number(optarg, 2, 100000, &options->participants) ||
		       refuse("--participants is a number from 2 to 100000", optarg);
	case CLOCK:
		options->cpu = strcmp(optarg, "cpu") == 0;
		return options->cpu || strcmp(optarg, "wall") == 0 ||
		       refuse("--clock is wall or cpu", optarg);
	default:
		fputs("busbar-bench: unknown option, or one without its value; see busbar-bench "
		      "--help\n", stderr);
		return false;
	}
}

static bool
read_options(struct bench_options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{ "keys", required_argument, NULL, KEYS },
		{ "payload", required_argument, NULL, PAYLOAD },
		{ "burst", required_argument, NULL, BURST },
		{ "seconds", required_argument, NULL, SECONDS },
		{ "teeth", required_argument, NULL, TEETH },
		{ "code", required_argument, NULL, CODE },
		{ "clock", required_argument, NULL, CLOCK },
		{ "folder", required_argument, NULL, FOLDER },
		{ "disk", required_argument, NULL, DISK },
		{ "block", required_argument, NULL, BLOCK },
		{ "write", required_argument, NULL, WRITE },
		{ "core", required_argument, NULL, CORE },
		{ "segment", required_argument, NULL, SEGMENT },
		{ "window", required_argument, NULL, WINDOW },
		{ "workload", required_argument, NULL, WORKLOAD },
		{ "mode", required_argument, NULL, MODE },
		{ "make", required_argument, NULL, MAKE },
		{ "resting", required_argument, NULL, RESTING },
		{ "ops", required_argument, NULL, OPS },
		{ "seed", required_argument, NULL, SEED },
		{ "participants", required_argument, NULL, PARTICIPANTS },
		{ "latency", no_argument, NULL, LATENCY },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int name;

	opterr = 0;
	optind = 2;
	while ((name = getopt_long(argc, argv, "j", names, NULL)) != -1)
		if (!read_option(options, name))
			return false;
	return optind == argc || refuse("options begin with --", argv[optind]);
}

static uint64_t
read_clock(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t
bench_wall_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct bench_time
bench_now(void)
{
	return (struct bench_time){ .wall_ns = read_clock(CLOCK_MONOTONIC),
				    .cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID) };
}

double
bench_rate(const struct bench_options *options, struct bench_time begin, uint64_t count)
{
	const struct bench_time end = bench_now();
	const uint64_t ns = options->cpu ? end.cpu_ns - begin.cpu_ns : end.wall_ns - begin.wall_ns;

	return (double)count * 1e9 / (double)(ns == 0 ? 1 : ns);
}

double
bench_ms(const struct bench_options *options, double seconds, void (*prepare)(void *),
	 void (*run)(void *), void *context)
{
	static double times[1024];
	const uint64_t start = bench_wall_ns();
	uint32_t count = 0;

	do {
		if (prepare != NULL)
			prepare(context);
		const struct bench_time begin = bench_now();
		run(context);
		times[count++] = 1e3 / bench_rate(options, begin, 1);
	} while (count < 1024 &&
		 (count < 3 || (double)(bench_wall_ns() - start) < seconds * 1e9));
	return bench_median(times, count);
}

void
bench_identity(struct bb_identity *identity, uint32_t number)
{
	uint8_t seed[BB_KEY_SIZE] = "busbar-bench";

	bb_put_u32(seed + 16, number);
	bb_identity_from_seed(identity, seed);
}

int
main(int argc, char **argv)
{
	struct bench_options options = { .keys = 1000, .payload = 100, .burst = BB_BURST_CHECKS,
					 .comb = BB_COMB_LARGE,
					 .folder = "tests/market/peer-cases", .disk = ".",
					 .segment = 512, .window = 2, .resting = 100000,
					 .ops = 1000000, .seed = 1, .participants = 100 };
	const char *name = argc < 2 ? "" : argv[1];
	const uint32_t count = sizeof(commands) / sizeof(commands[0]);
	uint32_t command = 0;

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return fputs(usage, stdout) < 0;
	while (command < count && strcmp(name, commands[command].name) != 0)
		command++;
	if (command == count)
		return refuse("a command is needed, such as verify", name), 2;
	options.seconds = commands[command].seconds;
	if (!read_options(&options, argc, argv))
		return 2;
	if (!bb_sign_start()) {
		fputs("busbar-bench: libsodium does not start\n", stderr);
		return 2;
	}
	return commands[command].run(&options);
}
