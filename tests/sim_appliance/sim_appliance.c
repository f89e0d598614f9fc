#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "tests/sim_appliance/sim.h"
#include "wire/bb_sign.h"

/* The runs happen in a child, so that an assertion of the code under test is a failure like
 * any other: the parent then looks for a smaller run that fails too. */

enum { BAD_USAGE = 2, BROKEN = 3 };

struct sim_report *sim_report;

void
sim_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sim_report->failure, sizeof(sim_report->failure), format, arguments);
	va_end(arguments);
	_exit(BROKEN);
}

/* Plays runs until there are enough states or runs; in the child. */
static void
play(uint64_t states, uint64_t runs)
{
	const uint64_t seed = sim_report->options.seed;
	uint64_t told = 0;

	for (uint64_t i = 0; i < runs && sim_report->figures.states < states; i++) {
		sim_report->options.seed = seed + i;
		sim_run();
		if (sim_report->figures.states / 50000 == told)
			continue;
		told = sim_report->figures.states / 50000;
		fprintf(stderr, "%" PRIu64 " states, %" PRIu64 " runs\n",
			sim_report->figures.states, i + 1);
	}
}

/* Plays in a child; returns whether all promises were kept. */
static bool
attempt(uint64_t states, uint64_t runs, bool quiet)
{
	int status = 0;

	sim_report->figures = (struct sim_figures){ 0 };
	sim_report->failure[0] = '\0';
	fflush(NULL);
	const pid_t child = fork();
	BB_ASSERT(child >= 0);
	if (child == 0) {
		if (quiet) {
			const int null = open("/dev/null", O_WRONLY);

			BB_ASSERT(null >= 0 && dup2(null, STDERR_FILENO) >= 0);
		}
		play(states, runs);
		_exit(EXIT_SUCCESS);
	}
	BB_ASSERT(waitpid(child, &status, 0) == child);
	if (status != 0 && sim_report->failure[0] == '\0')
		(void)snprintf(sim_report->failure, sizeof(sim_report->failure),
			       WIFSIGNALED(status) ? "an assertion or a fault: signal %d" :
						     "exit code %d",
			       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return status == 0;
}

/* What makes a run smaller, one at a time. */
static bool
reduce(struct sim_options *options, uint32_t how)
{
	const struct sim_options before = *options;

	switch (how) {
	case 0: options->generations = sim_report->life + 1; break;
	case 1: options->generations = options->generations / 2; break;
	case 2: options->generations--; break;
	case 3: options->steps = options->steps / 2; break;
	case 4: options->steps = options->steps * 7 / 8; break;
	case 5: options->traders = 1; break;
	case 6: options->traders = options->traders > 1 ? options->traders - 1 : 2; break;
	case 7: options->depth = options->depth / 2; break;
	}
	return memcmp(&before, options, sizeof(before)) != 0 && options->generations > 0 &&
	       options->steps > 0;
}

#define REDUCTIONS 8u
#define ATTEMPTS   60u

/* Looks for a smaller run that fails, and leaves the smallest found in sim_report. */
static void
shrink(void)
{
	struct sim_report smallest = *sim_report;
	uint32_t attempts = 0;
	bool found = true;

	while (found && attempts < ATTEMPTS) {
		found = false;
		for (uint32_t how = 0; how < REDUCTIONS && attempts < ATTEMPTS; how++) {
			*sim_report = smallest;
			if (!reduce(&sim_report->options, how))
				continue;
			attempts++;
			if (attempt(UINT64_MAX, 1, true) || sim_report->step > smallest.step)
				continue;
			smallest = *sim_report;
			found = true;
		}
	}
	/* Of its crash states only the one that shows it. */
	*sim_report = smallest;
	sim_report->options.only_step = smallest.step;
	sim_report->options.only_probe = smallest.probe;
	if (attempt(UINT64_MAX, 1, true))
		*sim_report = smallest;
}

static void
print_figures(const struct sim_figures *figures)
{
#define X(name, text) printf("%10" PRIu64 "  %s\n", figures->name, text);
	SIM_FIGURES(X)
#undef X
}

static void
print_repro(const char *program)
{
	const struct sim_options *options = &sim_report->options;

	printf("seed %" PRIu64 ", life %u, step %u: %s\n", options->seed, sim_report->life,
	       sim_report->step, sim_report->failure);
	printf("repro: %s --seed %" PRIu64 " --runs 1 --generations %u --steps %u --traders %u "
	       "--depth %u", program, options->seed, options->generations, options->steps,
	       options->traders, options->depth);
	if (options->only_step != SIM_ANY)
		printf(" --at %u", options->only_step);
	if (options->only_probe != SIM_ANY)
		printf(" --probe %u", options->only_probe);
	printf("\n");
}

/* A long run that never saw one of these cannot vouch for it. */
static bool
saw_everything(const struct sim_figures *figures)
{
	bool all = true;
#define X(name, text)                                                        \
	if (figures->name == 0) {                                            \
		printf("never seen: %s (%s)\n", #name, text);                \
		all = false;                                                 \
	}
	SIM_FIGURES(X)
#undef X
	return all;
}

static int
usage(FILE *to)
{
	fprintf(to,
		"usage: sim_appliance [options]\n"
		"  --states N       crash states to judge (default 20000)\n"
		"  --seed N         of the first run; the next runs take the next (default 1)\n"
		"  --runs N         runs at most\n"
		"  --generations N  lives of the venue in a run, at most; 1 to 8 (default 6)\n"
		"  --steps N        steps of a life, at most; 1 to 1000 (default 900)\n"
		"  --traders N      1 to %u; 0: by the seed (default)\n"
		"  --depth N        crashes inside a crash state, at most (default 4)\n"
		"  --at STEP        judge the crash states of this step of a run alone\n"
		"  --probe N        and of these the N-th alone\n"
		"  --no-shrink      print the failing run as it is\n"
		"  --everything     fail unless every figure was seen\n"
		"The same options give the same runs.  Exit code 0: all promises kept; 1: one was\n"
		"broken, and the smallest run that was found to show it is printed.\n",
		SIM_TRADERS_MAX);
	return to == stdout ? EXIT_SUCCESS : BAD_USAGE;
}

enum choice { STATES, SEED, RUNS, GENERATIONS, STEPS, TRADERS, DEPTH, AT, PROBE, NO_SHRINK,
	      EVERYTHING, HELP };

struct command {
	uint64_t states;
	uint64_t runs;
	bool shrinks;
	bool everything;
};

/* Takes one option; false: its value makes no sense. */
static bool
take_option(struct command *command, int choice, const char *value)
{
	struct sim_options *options = &sim_report->options;
	uint64_t number = 0;
	char *end = NULL;

	if (value != NULL) {
		number = strtoull(value, &end, 10);
		if (*value < '0' || *value > '9' || *end != '\0')
			return false;
	}
	switch ((enum choice)choice) {
	case STATES: command->states = number; return number > 0;
	case SEED: options->seed = number; return true;
	case RUNS: command->runs = number; return number > 0;
	case GENERATIONS: options->generations = (uint32_t)number; return number - 1 < 8;
	case STEPS: options->steps = (uint32_t)number; return number - 1 < 1000;
	case TRADERS: options->traders = (uint32_t)number; return number <= SIM_TRADERS_MAX;
	case DEPTH: options->depth = (uint32_t)number; return number <= 64;
	case AT: options->only_step = (uint32_t)number; return number < SIM_ANY;
	case PROBE: options->only_probe = (uint32_t)number; return number < SIM_ANY;
	case NO_SHRINK: command->shrinks = false; return true;
	case EVERYTHING: command->everything = true; return true;
	case HELP: break;
	}
	return false;
}

static const struct option long_options[] = {
	{ "states", required_argument, NULL, STATES },
	{ "seed", required_argument, NULL, SEED },
	{ "runs", required_argument, NULL, RUNS },
	{ "generations", required_argument, NULL, GENERATIONS },
	{ "steps", required_argument, NULL, STEPS },
	{ "traders", required_argument, NULL, TRADERS },
	{ "depth", required_argument, NULL, DEPTH },
	{ "at", required_argument, NULL, AT },
	{ "probe", required_argument, NULL, PROBE },
	{ "no-shrink", no_argument, NULL, NO_SHRINK },
	{ "everything", no_argument, NULL, EVERYTHING },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

int
main(int argc, char **argv)
{
	struct command command = { .states = 20000, .runs = UINT64_MAX, .shrinks = true };
	int choice;

	sim_report = mmap(NULL, sizeof(*sim_report), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	BB_ASSERT(sim_report != MAP_FAILED && bb_sign_start());
	sim_report->options = (struct sim_options){ .seed = 1, .generations = 6, .steps = 900,
						    .depth = 4, .only_step = SIM_ANY,
						    .only_probe = SIM_ANY };
	while ((choice = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (choice == HELP)
			return usage(stdout);
		if (!take_option(&command, choice, optarg))
			return usage(stderr);
	}
	if (optind != argc)
		return usage(stderr);
	printf("seed %" PRIu64 "\n", sim_report->options.seed);
	if (attempt(command.states, command.runs, false)) {
		print_figures(&sim_report->figures);
		return !command.everything || saw_everything(&sim_report->figures) ? EXIT_SUCCESS :
										     EXIT_FAILURE;
	}
	print_repro(argv[0]);
	if (command.shrinks) {
		shrink();
		print_repro(argv[0]);
	}
	return EXIT_FAILURE;
}
