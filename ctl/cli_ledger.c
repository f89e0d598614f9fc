/* cli_ledger - the proof: the whole chain checked, and every decision taken again. */
#include "ctl/cli_ledger.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bb_bytes.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_text.h"
#include "ledger/bb_ledger.h"

#define PROGRESS_NS UINT64_C(200000000)

/* A look at the whole ledger, and how it goes on. */
struct look {
	struct cli *cli;
	const char *word; /* what it does: "verified" */
	bool tty;
	uint64_t began_ns;
	uint64_t told_ns;
	uint64_t bytes;
	uint64_t blocks;
	uint64_t inputs;
	struct bb_ledger_place place;
};

enum cli_exit
cli_ledger_folder(struct cli *cli, char folder[CLI_PATH_MAX])
{
	if (!cli_path(folder, cli->folder, "ledger"))
		return cli_fail(cli, CLI_USAGE, NULL, "the folder's path is too long; change to it "
				"and leave -C out");
	if (access(folder, R_OK | X_OK) != 0)
		return cli_fail_file(cli, cli_result_of_errno(), folder);
	return CLI_GO_ON;
}

static double
seconds_of(const struct look *look)
{
	const uint64_t elapsed_ns = cli_monotonic_ns() - look->began_ns;
	return (double)(elapsed_ns == 0 ? 1 : elapsed_ns) / 1e9;
}

static void
tell_progress(void *context, uint64_t bytes_done, uint64_t bytes_total, uint64_t blocks,
	      uint64_t inputs)
{
	struct look *look = context;
	const uint64_t now_ns = cli_monotonic_ns();
	char done[CLI_NUMBER_SIZE];
	char total[CLI_NUMBER_SIZE];
	char count[CLI_NUMBER_SIZE];

	look->bytes = bytes_done;
	look->blocks = blocks;
	look->inputs = inputs;
	if (!look->tty || now_ns - look->told_ns < PROGRESS_NS)
		return;
	look->told_ns = now_ns;
	cli_write_bytes(done, bytes_done);
	cli_write_bytes(total, bytes_total);
	cli_write_number(count, blocks);
	fprintf(stderr, "\r%s%s%s %s, %s blocks, %.0f MB/s\033[K", done,
		bytes_total == 0 ? "" : " of ", bytes_total == 0 ? "" : total, look->word, count,
		(double)bytes_done / 1e6 / seconds_of(look));
}

static json_t *
json_hash(const struct bb_hash *hash)
{
	char text[65];
	cli_write_hex(text, hash->bytes, BB_HASH_SIZE);
	return json_string(text);
}

/* The last good block is named by place; without one the genesis itself is damaged. */
static uint64_t
damaged_height(const struct bb_ledger_place *place)
{
	return bb_is_zero(place->block_hash.bytes, BB_HASH_SIZE) ? 0 : place->height + 1;
}

static enum cli_exit
print_failure(struct look *look, enum bb_result result, const char *text)
{
	const uint64_t height = damaged_height(&look->place);
	const char *said = text[0] == '\0' ? bb_result_text(result) : text;
	char last[CLI_NUMBER_SIZE] = "none";

	if (height > 0)
		snprintf(last, sizeof(last), "%llu", (unsigned long long)height - 1);
	fprintf(stderr, "busbarctl: %s (%s); the last good block is %s\n", said,
		bb_result_name(result), last);
	if (look->cli->json)
		cli_print(look->cli, bb_result_name(result),
			  json_pack("{s:o, s:s}", "height", cli_u64(height), "text", said));
	const enum cli_exit code = cli_code_of(result);
	return code == CLI_PERMISSION ? code : CLI_UNHEALTHY;
}

static void
print_success(struct look *look)
{
	const struct bb_ledger_place *place = &look->place;
	const double seconds = seconds_of(look);
	const double rate = (double)look->bytes / 1e6 / seconds;
	char blocks[CLI_NUMBER_SIZE];
	char inputs[CLI_NUMBER_SIZE];
	char state[65];
	char log[65];

	if (look->cli->json) {
		cli_print(look->cli, "ok",
			  json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:f}", "blocks",
				    cli_u64(look->blocks), "inputs", cli_u64(look->inputs),
				    "height", cli_u64(place->height), "block_hash",
				    json_hash(&place->block_hash), "state_root",
				    json_hash(&place->state_root), "log_root",
				    json_hash(&place->log_root), "seconds", seconds, "mb_per_s",
				    rate));
		return;
	}
	cli_write_number(blocks, look->blocks);
	cli_write_number(inputs, look->inputs);
	cli_write_hex(state, place->state_root.bytes, BB_HASH_SIZE);
	cli_write_hex(log, place->log_root.bytes, BB_HASH_SIZE);
	printf("%s  %s blocks, %s inputs, up to height %llu\n"
	       "state root  %s\n"
	       "log root    %s\n"
	       "time        %.2f s, %.0f MB/s\n",
	       look->word, blocks, inputs, (unsigned long long)place->height, state, log, seconds,
	       rate);
}

static enum cli_exit
look_through(struct look *look, const char *folder, struct bb_ledger_options *options,
	     struct bb_arena *arena)
{
	char text[BB_LEDGER_TEXT] = "";

	look->tty = isatty(STDERR_FILENO) == 1;
	look->began_ns = cli_monotonic_ns();
	options->progress = tell_progress;
	options->context = look;
	const enum bb_result result = bb_ledger_verify(folder, options, &look->place,
						       &look->inputs, arena, NULL, text);
	if (look->tty)
		fprintf(stderr, "\r\033[K");
	if (result != BB_OK)
		return print_failure(look, result, text);
	look->blocks = look->place.height + 1; /* genesis has height 0 */
	print_success(look);
	return CLI_OK;
}

/* The keys of participants are known from the replayed market alone: it needs its memory,
 * and the genesis says how much. */
static enum cli_exit
look_with_market(struct look *look, const char *folder, struct bb_ledger_options *options)
{
	char text[BB_LEDGER_TEXT] = "";
	struct bb_genesis genesis;
	struct bb_arena arena;

	const enum bb_result result = bb_ledger_genesis(folder, &genesis, text);
	if (result != BB_OK)
		return print_failure(look, result, text);
	const size_t size = bb_market_bytes(&genesis.size);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return cli_fail(look->cli, CLI_UNHEALTHY, NULL, "no memory for the market (%zu "
				"MiB); run this on a larger machine", size >> 20);
	bb_arena_init(&arena, memory, size);
	const enum cli_exit code = look_through(look, folder, options, &arena);
	munmap(memory, size);
	return code;
}

enum cli_exit
cli_ledger_verify(struct cli *cli)
{
	bool packets = false;
	bool tail = false;
	struct cli_option options[] = {
		{ "signatures-of-packets", NULL, "check every participant's signature too (slow)",
		  CLI_FLAG, &packets },
		{ "tolerate-tail", NULL, "a torn last block is no error (as while busbard runs)",
		  CLI_FLAG, &tail },
		{ 0 },
	};
	struct look look = { .cli = cli, .word = "verified" };
	char folder[CLI_PATH_MAX];

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_ledger_folder(cli, folder);
	if (code != CLI_GO_ON)
		return code;
	struct bb_ledger_options wanted = { .signatures = true,
					    .packet_signatures = packets,
					    .tolerate_tail = tail || cli_is_running(cli) };
	return packets ? look_with_market(&look, folder, &wanted)
		       : look_through(&look, folder, &wanted, NULL);
}

enum cli_exit
cli_ledger_replay(struct cli *cli)
{
	bool tail = false;
	struct cli_option options[] = {
		{ "tolerate-tail", NULL, "a torn last block is no error (as while busbard runs)",
		  CLI_FLAG, &tail },
		{ 0 },
	};
	struct look look = { .cli = cli, .word = "replayed" };
	char folder[CLI_PATH_MAX];

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_ledger_folder(cli, folder);
	if (code != CLI_GO_ON)
		return code;
	struct bb_ledger_options wanted = { .signatures = true,
					    .replay = true,
					    .tolerate_tail = tail || cli_is_running(cli) };
	return look_with_market(&look, folder, &wanted);
}
