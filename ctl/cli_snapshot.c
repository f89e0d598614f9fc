/* cli_snapshot - a snapshot of the market is made, or compared with what the ledger leads to. */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_ledger.h"
#include "ctl/cli_text.h"
#include "ledger/bb_ledger.h"
#include "wire/bb_keyfile.h"

#define PROGRESS_NS UINT64_C(200000000)

/* A tenth of what others get of a CPU that they fight for.  The idle class, or the last step of
 * niceness, would never get a turn where all CPUs are busy. */
#define NICENESS 10

struct snapping {
	struct cli *cli;
	bool tty;
	uint64_t told_ns;
};

static void
tell_progress(void *context, uint64_t bytes_done, uint64_t bytes_total, uint64_t blocks,
	      uint64_t inputs)
{
	struct snapping *snapping = context;
	const uint64_t now_ns = cli_monotonic_ns();
	char done[CLI_NUMBER_SIZE];
	char total[CLI_NUMBER_SIZE];

	if (!snapping->tty || now_ns - snapping->told_ns < PROGRESS_NS)
		return;
	snapping->told_ns = now_ns;
	cli_write_bytes(done, bytes_done);
	cli_write_bytes(total, bytes_total);
	fprintf(stderr, "\r%s of at most %s replayed, %" PRIu64 " blocks, %" PRIu64
		" inputs\033[K", done, total, blocks, inputs);
}

static void
tell_line(void *context, const char *line)
{
	const struct snapping *snapping = context;

	fprintf(stderr, "%sbusbarctl: %s\n", snapping->tty ? "\r\033[K" : "", line);
}

/* Whether the one who read what this says has gone before its end could be asked for.  The
 * parent's number would not tell: in a container busbard itself may be number 1. */
static bool
is_unheard(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

/* Gives way to everything else, memory too, and ends with whoever started it: busbard, which
 * would start another one. */
static enum cli_exit
give_way(struct cli *cli)
{
	FILE *first_to_go = fopen("/proc/self/oom_score_adj", "we");

	if (first_to_go != NULL) {
		(void)fputs("1000", first_to_go);
		(void)fclose(first_to_go);
	}
	if (setpriority(PRIO_PROCESS, 0, NICENESS) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return cli_fail_file(cli, cli_result_of_errno(), "the priority of this process");
	return is_unheard() ? CLI_UNHEALTHY : CLI_GO_ON;
}

static enum cli_exit
print_failure(struct cli *cli, enum bb_result result, const char *text,
	      const struct bb_ledger_snapshot *report)
{
	const char *said = text[0] == '\0' ? bb_result_text(result) : text;

	fprintf(stderr, "busbarctl: %s (%s)\n", said, bb_result_name(result));
	if (cli->json)
		cli_print(cli, bb_result_name(result),
			  json_pack("{s:s, s:o}", "text", said, "height",
				    cli_u64(report->height)));
	const enum cli_exit code = cli_code_of(result);
	return code == CLI_PERMISSION ? code : CLI_UNHEALTHY;
}

static void
print_report(struct cli *cli, const struct bb_ledger_snapshot *report, const char *word)
{
	const double seconds = (double)report->elapsed_ns / 1e9;
	char bytes[CLI_NUMBER_SIZE];
	char began[CLI_NUMBER_SIZE] = "genesis";
	char made[CLI_TIME_SIZE];

	if (cli->json) {
		cli_print(cli, "ok",
			  json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:f}", "height",
				    cli_u64(report->height), "made_ns", cli_u64(report->made_ns),
				    "bytes", cli_u64(report->bytes), "from", cli_u64(report->from),
				    "blocks", cli_u64(report->blocks), "inputs",
				    cli_u64(report->inputs), "made", report->made, "seconds",
				    seconds));
		return;
	}
	cli_write_bytes(bytes, report->bytes);
	cli_write_time(made, report->made_ns);
	if (report->from > 0)
		snprintf(began, sizeof(began), "height %" PRIu64, report->from);
	printf("%s  height %" PRIu64 ", %s, of %s; %" PRIu64 " blocks and %" PRIu64
	       " inputs replayed from %s in %.2f s\n", word, report->height, bytes, made,
	       report->blocks, report->inputs, began, seconds);
}

static enum cli_exit
make(struct snapping *snapping, const char *folder, const struct bb_ledger_snapshotting *how)
{
	struct cli *cli = snapping->cli;
	char path[CLI_PATH_MAX];
	char text[BB_LEDGER_TEXT] = "";
	struct bb_ledger_snapshot report;
	struct bb_identity signer;

	if (!cli_path(path, cli->folder, "venue.key"))
		return cli_fail(cli, CLI_USAGE, NULL, "the folder's path is too long; change to it "
				"and leave -C out");
	enum bb_result result = bb_keyfile_read(path, &signer);
	if (result == BB_ERR_NOT_FOUND || result == BB_ERR_PERMISSION)
		return cli_fail(cli, cli_code_of(result), bb_result_name(result), "%s: %s; the "
				"venue signs its snapshots: run this as its user, where its key is",
				path, bb_result_text(result));
	if (result != BB_OK)
		return cli_fail_file(cli, result, path);
	result = bb_ledger_snapshot(folder, &signer, how, &report, text);
	bb_identity_wipe(&signer);
	if (snapping->tty)
		fprintf(stderr, "\r\033[K");
	if (result != BB_OK)
		return print_failure(cli, result, text, &report);
	print_report(cli, &report, report.made ? "made" : "there already");
	return CLI_OK;
}

static enum cli_exit
check(struct snapping *snapping, const char *folder, uint64_t height,
      const struct bb_ledger_snapshotting *how)
{
	char text[BB_LEDGER_TEXT] = "";
	struct bb_ledger_snapshot report;
	const enum bb_result result =
		bb_ledger_snapshot_check(folder, height, how, &report, text);

	if (snapping->tty)
		fprintf(stderr, "\r\033[K");
	if (result != BB_OK)
		return print_failure(snapping->cli, result, text, &report);
	print_report(snapping->cli, &report, "honest");
	return CLI_OK;
}

enum cli_exit
cli_ledger_snapshot(struct cli *cli)
{
	bool checks = false;
	bool background = false;
	bool from_genesis = false;
	struct cli_option options[] = {
		{ "check", NULL, "replay from genesis and compare the newest one, or that of "
		  "HEIGHT; needs no key", CLI_FLAG, &checks },
		{ "from-genesis", NULL, "begin with no earlier snapshot", CLI_FLAG,
		  &from_genesis },
		{ "background", NULL, "give way to everything else, and end with the parent "
		  "process", CLI_FLAG, &background },
		{ 0 },
	};
	struct snapping snapping = { .cli = cli, .tty = isatty(STDERR_FILENO) == 1 };
	struct bb_ledger_snapshotting how = { .progress = tell_progress,
					      .told = tell_line,
					      .context = &snapping };
	char folder[CLI_PATH_MAX];
	uint64_t height = 0;

	enum cli_exit code = cli_options(cli, options, 0, 1);
	if (code == CLI_GO_ON && cli->word_count == 1 &&
	    (!checks || !cli_read_u64(cli->words[0], &height) || height == 0))
		code = cli_fail(cli, CLI_USAGE, NULL, "\"%s\" is no height to check; write "
				"ledger snapshot --check HEIGHT", cli->words[0]);
	if (code == CLI_GO_ON && background)
		code = give_way(cli);
	if (code == CLI_GO_ON)
		code = cli_ledger_folder(cli, folder);
	if (code != CLI_GO_ON)
		return code;
	how.from_genesis = from_genesis;
	return checks ? check(&snapping, folder, height, &how) : make(&snapping, folder, &how);
}
