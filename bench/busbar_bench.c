/* busbar-bench - how much one core of this machine checks in a second. */
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
	"\n"
	"  --keys N         registered keys, in random order (1000)\n"
	"  --seconds S      to measure, in all (verify 2, gate 5)\n"
	"  --teeth 4|8      of the comb: 8 KiB or 64 KiB a key (8)\n"
	"  --code CODE      best, ifma, avx2, bmi2 or scalar (best)\n"
	"  --clock CLOCK    wall, or cpu: the time that this process had a CPU (wall)\n"
	"  -j, --json       one line of JSON each\n"
	"verify alone:\n"
	"  --payload BYTES  of a message, 0..65536 (100)\n"
	"  --burst N        checks at once, 1..32 (32)\n"
	"\n"
	"exit: 0 measured, 1 a verdict was wrong, 2 usage or memory\n";

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

enum name { KEYS = 256, PAYLOAD, BURST, SECONDS, TEETH, CODE, CLOCK };

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

static int
compare(const void *left, const void *right)
{
	const double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

double
bench_median(double *values, uint32_t count)
{
	qsort(values, count, sizeof(values[0]), compare);
	return count % 2 == 1 ? values[count / 2]
			      : (values[count / 2 - 1] + values[count / 2]) / 2;
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
					 .comb = BB_COMB_LARGE };
	const char *command = argc < 2 ? "" : argv[1];
	const bool verify = strcmp(command, "verify") == 0;

	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0)
		return fputs(usage, stdout) < 0;
	if (!verify && strcmp(command, "gate") != 0)
		return refuse("a command is needed, verify or gate", command), 2;
	options.seconds = verify ? 2 : 5;
	if (!read_options(&options, argc, argv))
		return 2;
	if (!bb_sign_start()) {
		fputs("busbar-bench: libsodium does not start\n", stderr);
		return 2;
	}
	return verify ? bench_verify(&options) : bench_gate(&options);
}
