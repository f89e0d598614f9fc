/* cli_ledger - the proof: the whole chain checked, and every decision taken again. */
#include "ctl/cli_ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bb_bytes.h"
#include "ctl/bb_pages.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_text.h"
#include "ctl/cli_unreadable.h"
#include "ledger/bb_ledger.h"

#define PROGRESS_NS UINT64_C(200000000)
#define CORES_MAX   256u

/* A look at the whole ledger, and how it goes on. */
struct look {
	struct cli *cli;
	const char *word; /* what it does: "verified" */
	bool tty;
	uint64_t began_ns;
	uint64_t told_ns;
	struct bb_ledger_options options;
	struct bb_ledger_report report;
};

static const char *const works[BB_LEDGER_WORKS] = {
	[BB_LEDGER_HASHING] = "hashing",
	[BB_LEDGER_SIGNATURES] = "signatures",
	[BB_LEDGER_MARKET] = "market",
};

enum cli_exit
cli_ledger_folder(struct cli *cli, char folder[CLI_PATH_MAX])
{
	if (!cli_path(folder, cli->folder, "ledger"))
		return cli_fail(cli, CLI_USAGE, NULL, "the folder's path is too long; change to it "
				"and leave -C out");
	if (access(folder, R_OK | X_OK) != 0)
		return cli_fail_file(cli, cli_result_of_errno(), folder);
	cli_unreadable_catch(cli);
	return CLI_GO_ON;
}

static double
seconds_of(uint64_t ns)
{
	return (double)(ns == 0 ? 1 : ns) / 1e9;
}

static void
tell_progress(void *context, uint64_t bytes_done, uint64_t bytes_total, uint64_t blocks,
	      uint64_t inputs)
{
	struct look *look = context;
	const uint64_t now_ns = cli_monotonic_ns();
	const double seconds = seconds_of(now_ns - look->began_ns);
	char done[CLI_NUMBER_SIZE];
	char total[CLI_NUMBER_SIZE];
	char count[CLI_NUMBER_SIZE];

	if (!look->tty || now_ns - look->told_ns < PROGRESS_NS)
		return;
	look->told_ns = now_ns;
	cli_write_bytes(done, bytes_done);
	cli_write_bytes(total, bytes_total);
	cli_write_number(count, blocks);
	fprintf(stderr, "\r%s%s%s %s, %s blocks, %.0f MB/s, %.0f packets/s\033[K", done,
		bytes_total == 0 ? "" : " of ", bytes_total == 0 ? "" : total, look->word, count,
		(double)bytes_done / 1e6 / seconds, (double)inputs / seconds);
}

/* The last good block is named by place; without one the genesis itself is damaged. */
static uint64_t
damaged_height(const struct bb_ledger_place *place)
{
	return bb_is_zero(place->block_hash.bytes, BB_HASH_SIZE) ? 0 : place->height + 1;
}

static json_t *
json_value(const struct bb_ledger_values *values, uint64_t value)
{
	return values->is_signed ? json_integer((json_int_t)value) : cli_u64(value);
}

/* Adds where a replay did otherwise, so that no one has to read the text for it. */
static void
add_difference(json_t *object, const struct bb_ledger_difference *difference)
{
	const struct bb_ledger_values *values = &difference->values;

	if (difference->what == NULL)
		return;
	json_object_set_new(object, "what", json_string(difference->what));
	json_object_set_new(object, "input", cli_u64(difference->number));
	json_object_set_new(object, "event", json_integer(difference->event));
	if (values->field == NULL)
		return;
	json_object_set_new(object, "field", json_string(values->field));
	json_object_set_new(object, "recorded", json_value(values, values->recorded));
	json_object_set_new(object, "replayed", json_value(values, values->replayed));
}

static enum cli_exit
print_failure(struct look *look, enum bb_result result, const char *text)
{
	const uint64_t height = damaged_height(&look->report.place);
	const char *said = text[0] == '\0' ? bb_result_text(result) : text;
	char last[CLI_NUMBER_SIZE] = "none";

	if (height > 0)
		snprintf(last, sizeof(last), "%" PRIu64, height - 1);
	fprintf(stderr, "busbarctl: %s (%s); the last good block is %s\n", said,
		bb_result_name(result), last);
	if (look->cli->json) {
		json_t *object = json_pack("{s:o, s:s}", "height", cli_u64(height), "text", said);

		add_difference(object, &look->report.difference);
		cli_print(look->cli, bb_result_name(result), object);
	}
	const enum cli_exit code = cli_code_of(result);
	return code == CLI_PERMISSION ? code : CLI_UNHEALTHY;
}

/* What one kind of work took, of the CPU time of all. */
struct share {
	double seconds;
	double share;
	double commands_per_s;
};

static struct share
share_of(const struct bb_ledger_report *report, enum bb_ledger_work work)
{
	uint64_t all_ns = 0;

	for (uint32_t i = 0; i < BB_LEDGER_WORKS; i++)
		all_ns += report->work_ns[i];
	const double seconds = seconds_of(report->work_ns[work]);
	return (struct share){ .seconds = seconds,
			       .share = seconds / seconds_of(all_ns),
			       .commands_per_s = (double)report->commands / seconds };
}

static bool
did(const struct look *look, enum bb_ledger_work work)
{
	return work != BB_LEDGER_MARKET || look->options.replay;
}

static json_t *
json_works(const struct look *look)
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < BB_LEDGER_WORKS; i++) {
		const struct share share = share_of(&look->report, i);

		if (did(look, i))
			json_object_set_new(object, works[i],
					    json_pack("{s:f, s:f, s:f}", "seconds", share.seconds,
						      "share", share.share, "commands_per_s",
						      share.commands_per_s));
	}
	return object;
}

static void
json_success(struct look *look)
{
	const struct bb_ledger_report *report = &look->report;
	const struct bb_ledger_place *place = &report->place;
	const double seconds = seconds_of(report->elapsed_ns);
	json_t *object = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "first_height",
		cli_u64(report->first_height), "height", cli_u64(place->height), "blocks",
		cli_u64(report->blocks), "inputs", cli_u64(report->inputs), "commands",
		cli_u64(report->commands), "block_hash", cli_hash(&place->block_hash),
		"state_root", cli_hash(&place->state_root), "log_root",
		cli_hash(&place->log_root));

	json_object_set_new(object, "signatures", cli_u64(report->signatures));
	json_object_set_new(object, "signatures_in_bursts", cli_u64(report->signatures_fast));
	json_object_set_new(object, "threads", json_integer(report->threads));
	json_object_set_new(object, "seconds", json_real(seconds));
	json_object_set_new(object, "mb_per_s", json_real((double)report->bytes / 1e6 / seconds));
	json_object_set_new(object, "commands_per_s",
			    json_real((double)report->commands / seconds));
	json_object_set_new(object, "cpu", json_works(look));
	cli_print(look->cli, "ok", object);
}

static void
text_success(const struct look *look)
{
	const struct bb_ledger_report *report = &look->report;
	const struct bb_ledger_place *place = &report->place;
	const double seconds = seconds_of(report->elapsed_ns);
	char counts[5][CLI_NUMBER_SIZE];
	char state[65];
	char log[65];

	cli_write_number(counts[0], report->blocks);
	cli_write_number(counts[1], report->inputs);
	cli_write_number(counts[2], report->commands);
	cli_write_number(counts[3], report->signatures);
	cli_write_number(counts[4], report->signatures_fast);
	cli_write_hex(state, place->state_root.bytes, BB_HASH_SIZE);
	cli_write_hex(log, place->log_root.bytes, BB_HASH_SIZE);
	printf("%s  %s blocks, %s inputs, %s commands, from height %" PRIu64 " to %" PRIu64 "\n"
	       "state root  %s\n"
	       "log root    %s\n"
	       "signatures  %s, of these %s in bursts\n"
	       "time        %.2f s, %.0f MB/s, %.0f commands/s, %u thread%s\n",
	       look->word, counts[0], counts[1], counts[2], report->first_height, place->height,
	       state, log, counts[3], counts[4], seconds, (double)report->bytes / 1e6 / seconds,
	       (double)report->commands / seconds, report->threads,
	       report->threads == 1 ? "" : "s");
	for (uint32_t i = 0; i < BB_LEDGER_WORKS; i++) {
		const struct share share = share_of(report, i);

		if (did(look, i))
			printf("%-11s %.2f s of CPU time, %.0f %%, %.0f commands/s\n", works[i],
			       share.seconds, share.share * 100, share.commands_per_s);
	}
}

static enum cli_exit
look_through(struct look *look, const char *folder, struct bb_arena *arena)
{
	char text[BB_LEDGER_TEXT] = "";

	look->tty = isatty(STDERR_FILENO) == 1;
	look->began_ns = cli_monotonic_ns();
	look->options.progress = tell_progress;
	look->options.context = look;
	const enum bb_result result =
		bb_ledger_verify(folder, &look->options, arena, &look->report, text);
	if (look->tty)
		fprintf(stderr, "\r\033[K");
	if (result != BB_OK)
		return print_failure(look, result, text);
	if (look->cli->json)
		json_success(look);
	else
		text_success(look);
	return CLI_OK;
}

/* A replay needs the market's memory, and the genesis says how much. */
static enum cli_exit
look_with_market(struct look *look, const char *folder)
{
	char text[BB_LEDGER_TEXT] = "";
	struct bb_genesis genesis;
	struct bb_pages pages;
	struct bb_arena arena;

	const enum bb_result result = bb_ledger_genesis(folder, &genesis, text);
	if (result != BB_OK)
		return print_failure(look, result, text);
	const size_t size = bb_market_bytes(&genesis.size);
	if (!bb_pages_map(&pages, size))
		return cli_fail(look->cli, CLI_UNHEALTHY, NULL, "no memory for the market (%zu "
				"MiB); run this on a larger machine", size >> 20);
	bb_arena_init(&arena, pages.bytes, pages.size);
	const enum cli_exit code = look_through(look, folder, &arena);
	bb_pages_unmap(&pages);
	return code;
}

/* The CPUs that this process may use. */
static uint32_t
cores(void)
{
	const long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count < 1 ? 1 : count > (long)CORES_MAX ? CORES_MAX : (uint32_t)count;
}

/* Both commands are one look; only a replay has a market, and must begin at genesis. */
static enum cli_exit
look_at_ledger(struct cli *cli, const char *word, bool replay)
{
	bool libsodium = false;
	bool unsigned_packets = false;
	bool tail = false;
	uint64_t from = 0;
	uint32_t core_count = cores();
	struct cli_option options[] = {
		{ "from", "HEIGHT", "begin with the segment that holds this block; participants' "
		  "signatures are left out", CLI_U64, &from, 0, UINT64_MAX },
		{ "cores", "N", "threads to make use of: 1 to 256 (all)", CLI_U32, &core_count, 1,
		  CORES_MAX },
		{ "no-packet-signatures", NULL, "take the participants' signatures as checked",
		  CLI_FLAG, &unsigned_packets },
		{ "libsodium", NULL, "check signatures with libsodium alone (slow)", CLI_FLAG,
		  &libsodium },
		{ "tolerate-tail", NULL, "a torn last block is no error (as while busbard runs)",
		  CLI_FLAG, &tail },
		{ 0 },
	};
	struct look look = { .cli = cli, .word = word };
	char folder[CLI_PATH_MAX];

	enum cli_exit code = cli_options(cli, replay ? options + 1 : options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_ledger_folder(cli, folder);
	if (code != CLI_GO_ON)
		return code;
	look.options = (struct bb_ledger_options){
		.signatures = unsigned_packets || from > 0 ? BB_LEDGER_BLOCKS : BB_LEDGER_ALL,
		.libsodium = libsodium,
		.replay = replay,
		.tolerate_tail = tail || cli_is_running(cli),
		.from = from,
		.cores = core_count,
	};
	return replay ? look_with_market(&look, folder) : look_through(&look, folder, NULL);
}

enum cli_exit
cli_ledger_verify(struct cli *cli)
{
	return look_at_ledger(cli, "verified", false);
}

enum cli_exit
cli_ledger_replay(struct cli *cli)
{
	return look_at_ledger(cli, "replayed", true);
}
