/* cli_export - the log as tiles that any web server can offer: C2SP tlog-tiles.
 *
 *	FOLDER/tile/...      hashes and leaves
 *	FOLDER/checkpoint    written last, once all of them are durable
 *
 * An export that is repeated goes on where the checkpoint in FOLDER says, and shows by the
 * roots that nothing before has changed.  Partial tiles of earlier ends stay, as those who
 * hold an earlier checkpoint may still ask for them. */
#define _GNU_SOURCE /* syncfs */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/cli_base64.h"
#include "ctl/cli_checkpoint.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_text.h"
#include "ledger/bb_tiles.h"

struct exporting {
	struct cli_log log;
	const char *folder;
	char checkpoint_path[CLI_PATH_MAX];
	struct cli_checkpoint before;    /* of this folder */
	struct cli_checkpoint published; /* by the venue, or as --checkpoint names it */
	struct bb_identity signer;
	bool signs;
	uint64_t size; /* of the log to be exported */
	struct bb_tiles tiles;
	uint64_t files;
	uint64_t bytes;
	enum bb_result failed; /* what writing came to */
	char failed_path[CLI_PATH_MAX];
	const struct cli_checkpoint *contradicted;
};

/* Makes the folders that path lies in. */
static bool
make_folders(char *path)
{
	for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		const bool there = mkdir(path, 0755) == 0 || errno == EEXIST;
		*at = '/';
		if (!there)
			return false;
	}
	return true;
}

/* A tile is flushed with all others, before the checkpoint that needs it is written. */
static bool
write_file(char *path, const uint8_t *bytes, size_t size)
{
	static const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	char made[CLI_PATH_MAX + 8];

	snprintf(made, sizeof(made), "%s.new", path);
	int fd = open(made, flags, 0644);
	if (fd < 0 && errno == ENOENT && make_folders(path))
		fd = open(made, flags, 0644);
	if (fd < 0)
		return false;
	const bool written = write(fd, bytes, size) == (ssize_t)size;
	return close(fd) == 0 && written && rename(made, path) == 0;
}

static bool
write_tile(void *context, const struct bb_tile *tile, const uint8_t *bytes)
{
	struct exporting *exporting = context;
	char name[BB_TILE_PATH_SIZE];
	char *path = exporting->failed_path;

	bb_tile_path(name, tile);
	errno = ENAMETOOLONG;
	if (!cli_path(path, exporting->folder, name) ||
	    !write_file(path, bytes, bb_tile_size(tile))) {
		exporting->failed = cli_result_of_errno();
		return false;
	}
	exporting->files++;
	exporting->bytes += bb_tile_size(tile);
	return true;
}

static bool
read_tile(void *context, const struct bb_tile *tile, uint8_t *bytes)
{
	struct exporting *exporting = context;
	char name[BB_TILE_PATH_SIZE];
	char *path = exporting->failed_path;

	bb_tile_path(name, tile);
	if (!cli_path(path, exporting->folder, name))
		return false;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	const bool whole = read(fd, bytes, bb_tile_size(tile)) == (ssize_t)bb_tile_size(tile);
	close(fd);
	return whole;
}

/* Finds the folder, or makes it.  One that holds something else is left alone. */
static enum cli_exit
prepare_folder(struct exporting *exporting)
{
	struct cli *cli = exporting->log.cli;
	const struct dirent *entry;
	const char *stranger = NULL;

	if (mkdir(exporting->folder, 0755) != 0 && errno != EEXIST)
		return cli_fail_file(cli, cli_result_of_errno(), exporting->folder);
	DIR *entries = opendir(exporting->folder);
	if (entries == NULL)
		return cli_fail_file(cli, cli_result_of_errno(), exporting->folder);
	while (stranger == NULL && (entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "tile") != 0 &&
		    strncmp(entry->d_name, CLI_CHECKPOINT_NAME, strlen(CLI_CHECKPOINT_NAME)) != 0)
			stranger = entry->d_name;
	const enum cli_exit code =
		stranger == NULL ? CLI_GO_ON :
				   cli_fail(cli, CLI_USAGE, "ERR_EXISTS", "%s holds %s, which is "
					    "no part of an export; name a new folder",
					    exporting->folder, stranger);
	closedir(entries);
	return code;
}

/* Reads what is signed already, and decides how far to go. */
static enum cli_exit
choose_end(struct exporting *exporting, const char *path)
{
	const struct cli_log *log = &exporting->log;
	enum cli_exit code = CLI_GO_ON;

	if (!cli_path(exporting->checkpoint_path, exporting->folder, CLI_CHECKPOINT_NAME))
		return cli_fail(log->cli, CLI_USAGE, NULL, "the folder's path is too long");
	code = cli_checkpoint_read(log, exporting->checkpoint_path, true, &exporting->before);
	if (code == CLI_GO_ON)
		code = path == NULL ? cli_checkpoint_published(log, &exporting->published)
				    : cli_checkpoint_read(log, path, false, &exporting->published);
	if (code == CLI_GO_ON && path == NULL)
		code = cli_checkpoint_signer(log, &exporting->signer, &exporting->signs);
	if (code == CLI_GO_ON && exporting->signs)
		code = cli_checkpoint_may_sign(log, &exporting->published);
	if (code != CLI_GO_ON)
		return code;
	if (!exporting->signs && !exporting->published.found)
		return cli_fail(log->cli, CLI_USAGE, "ERR_NOT_FOUND", "there is nothing signed to "
				"end with: neither venue.key nor %s/" CLI_CHECKPOINT_NAME "; ask "
				"the venue for a checkpoint and name it with --checkpoint",
				log->folder);
	exporting->size = exporting->signs ? log->end.header.log_size
					   : exporting->published.says.size;
	if (exporting->size > log->end.header.log_size)
		return cli_fail(log->cli, CLI_USAGE, "ERR_NOT_FOUND", "the checkpoint says %" PRIu64
				" inputs and this copy of the ledger has %" PRIu64 "; bring a "
				"newer copy", exporting->size, log->end.header.log_size);
	if (exporting->before.found && exporting->before.says.size > exporting->size)
		return cli_fail(log->cli, CLI_USAGE, "ERR_EXISTS", "%s holds %" PRIu64 " inputs "
				"already, more than the %" PRIu64 " to export; name a new folder",
				exporting->folder, exporting->before.says.size, exporting->size);
	return CLI_GO_ON;
}

/* Whether the log so far has the root that a checkpoint of its size says. */
static void
compare(struct exporting *exporting, const struct cli_checkpoint *checkpoint)
{
	if (!checkpoint->found || checkpoint->says.size != exporting->tiles.size)
		return;
	const struct bb_hash root = bb_tiles_root(&exporting->tiles);
	if (memcmp(&root, &checkpoint->says.root, BB_HASH_SIZE) != 0)
		exporting->contradicted = checkpoint;
}

static bool
compare_both(struct exporting *exporting)
{
	compare(exporting, &exporting->before);
	compare(exporting, &exporting->published);
	return exporting->contradicted == NULL;
}

static bool
take_leaf(void *context, const struct bb_ledger_place *block, const struct bb_ledger_input *input,
	  const uint8_t *leaf)
{
	struct exporting *exporting = context;

	(void)block;
	return input == NULL ||
	       (bb_tiles_add(&exporting->tiles, leaf) && compare_both(exporting));
}

static enum cli_exit
fail_contradicted(const struct exporting *exporting)
{
	const uint64_t size = exporting->contradicted->says.size;

	if (exporting->contradicted == &exporting->published)
		return cli_checkpoint_contradicts(&exporting->log, size);
	return cli_fail(exporting->log.cli, CLI_UNHEALTHY, "ERR_HASH", "the tiles in %s do not "
			"lead to the root of their checkpoint of %" PRIu64 " inputs, or that is of "
			"another ledger; export into a new folder, and compare",
			exporting->folder, size);
}

/* Writes all tiles from the end of the export before on. */
static enum cli_exit
write_tiles(struct exporting *exporting)
{
	struct cli *cli = exporting->log.cli;
	const uint64_t before = exporting->before.found ? exporting->before.says.size : 0;
	const uint64_t first = before / BB_TILE_WIDTH * BB_TILE_WIDTH;

	bb_tiles_start(&exporting->tiles, write_tile, exporting);
	if (!bb_tiles_resume(&exporting->tiles, first, read_tile))
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_TRUNCATED", "%s is missing or too short; "
				"export into a new folder", exporting->failed_path);
	enum cli_exit code = CLI_GO_ON;
	if (compare_both(exporting) && first < exporting->size)
		code = cli_log_each(&exporting->log, "exported", first, exporting->size, take_leaf,
				    exporting);
	if (code != CLI_GO_ON)
		return code;
	if (exporting->contradicted != NULL)
		return fail_contradicted(exporting);
	if (exporting->failed != BB_OK || !bb_tiles_finish(&exporting->tiles))
		return cli_fail_file(cli, exporting->failed, exporting->failed_path);
	return CLI_GO_ON;
}

/* Everything that the checkpoint needs is on the disk before it is there. */
static enum cli_exit
seal(struct exporting *exporting, struct cli_checkpoint *checkpoint)
{
	const struct cli_log *log = &exporting->log;
	const struct bb_hash root = bb_tiles_root(&exporting->tiles);

	*checkpoint = exporting->published;
	if (exporting->signs && memcmp(&root, &log->end.header.log_root, BB_HASH_SIZE) != 0)
		return cli_fail(log->cli, CLI_UNHEALTHY, "ERR_HASH", "the tiles lead to another "
				"root than the ledger's; run busbarctl ledger verify, and export "
				"into a new folder");
	if (exporting->signs)
		cli_checkpoint_sign(log, &exporting->signer, exporting->size, &root, checkpoint);
	const int folder = open(exporting->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool flushed = folder >= 0 && syncfs(folder) == 0;
	enum bb_result result = flushed ? BB_OK : cli_result_of_errno();
	if (folder >= 0)
		close(folder);
	if (result == BB_OK)
		result = cli_replace(exporting->checkpoint_path, checkpoint->note,
				     checkpoint->note_size);
	return result == BB_OK ? CLI_GO_ON
			       : cli_fail_file(log->cli, result, exporting->checkpoint_path);
}

static enum cli_exit
print_exported(const struct exporting *exporting, const struct cli_checkpoint *checkpoint)
{
	const uint64_t before = exporting->before.found ? exporting->before.says.size : 0;
	char vkey[BB_NOTE_VKEY_SIZE];
	char size[CLI_NUMBER_SIZE];
	char more[CLI_NUMBER_SIZE];
	char files[CLI_NUMBER_SIZE];

	bb_note_vkey_write(vkey, &exporting->log.key);
	if (exporting->log.cli->json) {
		cli_print(exporting->log.cli, "ok",
			  json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "folder",
				    exporting->folder, "origin", exporting->log.key.name, "vkey",
				    vkey, "size", cli_u64(exporting->size), "before",
				    cli_u64(before), "root",
				    cli_base64(checkpoint->says.root.bytes, BB_HASH_SIZE), "files",
				    cli_u64(exporting->files), "bytes",
				    cli_u64(exporting->bytes)));
		return CLI_OK;
	}
	cli_write_number(size, exporting->size);
	cli_write_number(more, exporting->size - before);
	cli_write_number(files, exporting->files);
	printf("exported  %s inputs, %s of them new, %s files written\n"
	       "origin    %s\n"
	       "vkey      %s\n", size, more, files, exporting->log.key.name, vkey);
	return CLI_OK;
}

enum cli_exit
cli_ledger_export(struct cli *cli)
{
	static struct exporting exporting;
	const char *path = NULL;
	struct cli_option options[] = {
		{ "checkpoint", "FILE", "end with this checkpoint of the venue's", CLI_TEXT,
		  &path },
		{ 0 },
	};
	struct cli_checkpoint checkpoint = { 0 };

	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code != CLI_GO_ON)
		return code;
	exporting.folder = cli->words[0];
	code = cli_log_open(cli, &exporting.log);
	if (code == CLI_GO_ON)
		code = prepare_folder(&exporting);
	if (code == CLI_GO_ON)
		code = choose_end(&exporting, path);
	if (code == CLI_GO_ON)
		code = write_tiles(&exporting);
	if (code == CLI_GO_ON)
		code = seal(&exporting, &checkpoint);
	bb_identity_wipe(&exporting.signer);
	return code == CLI_GO_ON ? print_exported(&exporting, &checkpoint) : code;
}
