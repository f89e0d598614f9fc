#include "ctl/cli_log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "ctl/cli_ledger.h"
#include "ctl/cli_text.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_segment.h"

#define PROGRESS_NS UINT64_C(200000000)
#define READ_FIRST  65536u

/* Reads to the end of file, or one byte further than most; NULL: it cannot be read. */
static char *
read_up_to(FILE *file, size_t most, size_t *size)
{
	size_t room = READ_FIRST;
	char *bytes = NULL;

	for (*size = 0;; room *= 2) {
		if (room > most + 2)
			room = most + 2;
		bytes = realloc(bytes, room);
		BB_ASSERT(bytes != NULL);
		*size += fread(bytes + *size, 1, room - 1 - *size, file);
		if (*size < room - 1 || *size > most)
			break;
	}
	bytes[*size] = '\0';
	if (ferror(file) == 0)
		return bytes;
	free(bytes);
	return NULL;
}

enum bb_result
cli_read_whole(const char *path, size_t most, char **text, size_t *size)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

	*text = NULL;
	if (file == NULL)
		return cli_result_of_errno();
	char *bytes = read_up_to(file, most, size);
	if (file != stdin)
		fclose(file);
	if (bytes != NULL && *size <= most) {
		*text = bytes;
		return BB_OK;
	}
	const enum bb_result result = bytes == NULL ? BB_ERR_IO : BB_ERR_FORMAT;
	free(bytes);
	return result;
}

enum bb_result
cli_replace(const char *path, const void *bytes, size_t size)
{
	char made[CLI_PATH_MAX + 8];
	const int length = snprintf(made, sizeof(made), "%s.new", path);

	if (length < 0 || (size_t)length >= sizeof(made))
		return BB_ERR_NOT_FOUND;
	const int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return cli_result_of_errno();
	/* What a reader finds under the name is whole, also after a crash. */
	const bool done = fchmod(fd, 0644) == 0 && write(fd, bytes, size) == (ssize_t)size &&
			  fsync(fd) == 0 && rename(made, path) == 0;
	const enum bb_result result = done ? BB_OK : cli_result_of_errno();
	close(fd);
	if (!done)
		unlink(made);
	return result;
}

/* Reads the head of segment index and the header of its first block. */
static bool
read_segment(const struct cli_log *log, uint64_t index, struct bb_segment *segment,
	     struct bb_block *block, int *file)
{
	static uint8_t bytes[BB_SEGMENT_BLOCKS + BB_BLOCK_HEADER_SIZE];
	char name[BB_SEGMENT_NAME_SIZE];
	char path[CLI_PATH_MAX];
	uint32_t damaged;

	bb_segment_name(name, index);
	if (!cli_path(path, log->folder, name))
		return false;
	*file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*file < 0)
		return false;
	if (pread(*file, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes) &&
	    bb_segment_read(segment, bytes, &damaged) == BB_OK &&
	    bb_block_view_header(block, bytes + BB_SEGMENT_BLOCKS) == BB_OK)
		return true;
	close(*file);
	return false;
}

static bool
read_header(struct cli_log *log, int file, uint64_t offset)
{
	return pread(file, log->end_header, sizeof(log->end_header), (off_t)offset) ==
		       (ssize_t)sizeof(log->end_header) &&
	       bb_block_view_header(&log->end, log->end_header) == BB_OK;
}

static uint64_t
count_segments(const struct cli_log *log)
{
	uint64_t count = 0;
	uint64_t missing = 0;
	int folder;

	if (bb_folder_open(log->folder, &folder) != BB_OK)
		return 0;
	if (bb_folder_segments(folder, &count, &missing) != BB_OK)
		count = 0;
	close(folder);
	return count;
}

uint64_t
cli_log_entry(const struct cli_log *log, uint64_t size)
{
	for (uint64_t index = count_segments(log); index-- > 1;) {
		struct bb_segment segment;
		struct bb_block block;
		int file;

		if (!read_segment(log, index, &segment, &block, &file))
			continue;
		close(file);
		if (block.header.log_size <= size)
			return block.header.height;
	}
	return 0;
}

/* The end as the watermark names it: BB_ERR_NOT_FOUND when there is no such file. */
static enum bb_result
find_witnessed(struct cli_log *log)
{
	uint8_t bytes[2 * BB_WATERMARK_SIZE];
	struct bb_watermark mark;
	struct bb_segment segment;
	struct bb_block first;
	char path[CLI_PATH_MAX];
	int file;

	if (!cli_path(path, log->folder, BB_WATERMARK_NAME))
		return BB_ERR_NOT_FOUND;
	const int mark_file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (mark_file < 0)
		return cli_result_of_errno();
	const bool whole = pread(mark_file, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes);
	close(mark_file);
	if (!whole || bb_watermark_read(&mark, bytes, sizeof(bytes)) != BB_OK)
		return BB_ERR_CORRUPT;
	if (!read_segment(log, mark.segment, &segment, &first, &file))
		return BB_ERR_CORRUPT;
	const bool named = read_header(log, file, mark.offset) &&
			   memcmp(&log->end.hash, &mark.block_hash, BB_HASH_SIZE) == 0;
	close(file);
	return named ? BB_OK : BB_ERR_CORRUPT;
}

/* The end as the last segment has it: its last block whose header is whole. */
static enum bb_result
find_last(struct cli_log *log)
{
	struct bb_segment segment;
	struct bb_block block;
	struct cli_log probe = *log;
	const uint64_t count = count_segments(log);
	int file;

	if (count == 0 || !read_segment(log, count - 1, &segment, &block, &file))
		return BB_ERR_CORRUPT;
	for (uint64_t offset = BB_SEGMENT_BLOCKS;
	     read_header(&probe, file, offset) && memcmp(probe.end.header.nonce, segment.nonce,
							 sizeof(segment.nonce)) == 0;
	     offset += probe.end.header.total_size) {
		memcpy(log->end_header, probe.end_header, sizeof(log->end_header));
		BB_ASSERT(bb_block_view_header(&log->end, log->end_header) == BB_OK);
	}
	close(file);
	return log->end.bytes == NULL ? BB_ERR_CORRUPT : BB_OK;
}

enum cli_exit
cli_log_open(struct cli *cli, struct cli_log *log)
{
	char text[BB_LEDGER_TEXT] = "";

	*log = (struct cli_log){ .cli = cli };
	const enum cli_exit code = cli_ledger_folder(cli, log->folder);
	if (code != CLI_GO_ON)
		return code;
	enum bb_result result = bb_ledger_genesis(log->folder, &log->genesis, text);
	if (result != BB_OK)
		return cli_fail(cli, result == BB_ERR_PERMISSION ? CLI_PERMISSION : CLI_UNHEALTHY,
				bb_result_name(result), "%s",
				text[0] == '\0' ? bb_result_text(result) : text);
	const struct bb_hash id = bb_genesis_ledger_id(&log->genesis);
	bb_note_origin(&log->key, log->genesis.name, id.bytes, log->genesis.signer_key);
	result = find_witnessed(log);
	log->witnessed = result == BB_OK;
	if (result == BB_ERR_NOT_FOUND)
		result = find_last(log);
	if (result == BB_ERR_PERMISSION)
		return cli_fail_file(cli, result, log->folder);
	if (result == BB_OK && !bb_block_signed(&log->end, log->genesis.signer_key))
		result = BB_ERR_BLOCK_SIGNATURE;
	if (result != BB_OK)
		return cli_fail(cli, CLI_UNHEALTHY, bb_result_name(result), "%s: its last durable "
				"block is not where it should be: %s; run busbarctl ledger verify",
				log->folder, bb_result_text(result));
	return CLI_GO_ON;
}

/* One pass. */
struct pass {
	const struct cli_log *log;
	const char *word;
	cli_log_visit *visit;
	void *context;
	uint64_t first;
	uint64_t end;
	uint64_t next; /* the leaf that comes next; meaningless before begun */
	bool begun;
	bool gap;
	bool tty;
	uint64_t began_ns;
	uint64_t told_ns;
};

static void
tell_progress(struct pass *pass)
{
	const uint64_t now_ns = cli_monotonic_ns();
	char done[CLI_NUMBER_SIZE];
	char total[CLI_NUMBER_SIZE];

	if (!pass->tty || now_ns - pass->told_ns < PROGRESS_NS)
		return;
	pass->told_ns = now_ns;
	cli_write_number(done, pass->next);
	cli_write_number(total, pass->end);
	const double seconds = (double)(now_ns - pass->began_ns) / 1e9;
	fprintf(stderr, "\r%s of %s inputs %s, %.0f a second\033[K", done, total, pass->word,
		(double)(pass->next - pass->first) / (seconds > 0 ? seconds : 1));
}

static bool
visit_one(void *context, const struct bb_ledger_place *block, const struct bb_ledger_input *input)
{
	struct pass *pass = context;
	uint8_t leaf[BB_LEAF_SIZE];

	if (input == NULL)
		return pass->visit(pass->context, block, NULL, NULL);
	if (!bb_log_has_leaf(input->type) || input->number < pass->first)
		return true;
	/* The chain has seen that numbers have no gaps; the first leaf may still be missing. */
	pass->gap = input->number != (pass->begun ? pass->next : pass->first);
	if (pass->gap)
		return false;
	pass->begun = true;
	pass->next = input->number + 1;
	bb_log_leaf(leaf, input->number, input->time_ns, input->record, input->record_size,
		    input->results, (size_t)input->event_count * BB_RESULT_SIZE);
	if (!pass->visit(pass->context, block, input, leaf))
		return false;
	if (pass->next % 4096 == 0)
		tell_progress(pass);
	return pass->next < pass->end;
}

enum cli_exit
cli_log_each(const struct cli_log *log, const char *word, uint64_t first, uint64_t end,
	     cli_log_visit *visit, void *context)
{
	struct pass pass = { .log = log,
			     .word = word,
			     .visit = visit,
			     .context = context,
			     .first = first,
			     .end = end,
			     .next = first,
			     .tty = isatty(STDERR_FILENO) == 1,
			     .began_ns = cli_monotonic_ns() };
	char text[BB_LEDGER_TEXT] = "";

	BB_ASSERT(end <= log->end.header.log_size);
	const enum bb_result result = bb_ledger_each(log->folder, cli_log_entry(log, first),
						     log->end.header.height, visit_one, &pass,
						     text);
	if (pass.tty)
		fprintf(stderr, "\r\033[K");
	if (result != BB_OK)
		return cli_fail(log->cli, CLI_UNHEALTHY, bb_result_name(result), "%s (%s)",
				text[0] == '\0' ? bb_result_text(result) : text,
				bb_result_name(result));
	if (pass.gap)
		return cli_fail(log->cli, CLI_UNHEALTHY, "ERR_CHAIN", "%s: input %" PRIu64
				" is missing; run busbarctl ledger verify", log->folder,
				pass.next);
	return CLI_GO_ON;
}
