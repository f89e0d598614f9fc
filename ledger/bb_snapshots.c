#include "ledger/bb_snapshots.h"

#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"
#include "market/bb_save.h"

#define CHUNK (UINT64_C(1) << 20)

/* Where records go: to a file, or nowhere; summed on the way. */
struct sink {
	int file; /* -1: nowhere */
	uint64_t offset;
	uint8_t *chunk;
	size_t used;
	uint64_t size;
	struct bb_hasher hasher;
	enum bb_result result;
};

static void
drain(struct sink *sink)
{
	bb_hash_add(&sink->hasher, sink->chunk, sink->used);
	if (sink->file >= 0 && sink->result == BB_OK)
		sink->result = bb_file_write(sink->file, sink->chunk, sink->used, sink->offset);
	sink->offset += sink->used;
	sink->size += sink->used;
	sink->used = 0;
}

/* Room for one more record. */
static uint8_t *
room(struct sink *sink)
{
	if (sink->used + BB_SPARSE_ROOM > CHUNK)
		drain(sink);
	return sink->chunk + sink->used;
}

static void
begin_sum(struct sink *sink)
{
	sink->size = 0;
	bb_hash_start(&sink->hasher);
}

static struct bb_hash
end_sum(struct sink *sink)
{
	drain(sink);
	return bb_hash_end(&sink->hasher);
}

/* Writes all records and fills in what snapshot says of them. */
static void
write_records(struct sink *sink, const struct bb_recover *recover, struct bb_snapshot *snapshot)
{
	struct bb_save save;
	uint64_t at = 0;
	size_t used;

	begin_sum(sink);
	bb_save_start(&save, recover->market);
	while ((used = bb_save_next(&save, room(sink))) > 0)
		sink->used += used;
	snapshot->market_hash = end_sum(sink);
	snapshot->market_size = sink->size;

	begin_sum(sink);
	while ((used = bb_places_next(recover->places, room(sink), &at)) > 0)
		sink->used += used;
	snapshot->places_hash = end_sum(sink);
	snapshot->places_size = sink->size;
}

static enum bb_result
write_all(const struct bb_recover *recover, int file, struct bb_snapshot *snapshot)
{
	struct sink sink = { .file = file,
			     .offset = BB_SNAPSHOT_HEAD,
			     .chunk = bb_store_memory(CHUNK) };

	if (sink.chunk == NULL)
		return BB_ERR_IO;
	bb_snapshot_of(snapshot, &recover->pass.scan.chain, recover->pass.block_segment,
		       recover->pass.block_offset);
	snapshot->layout = bb_save_layout(bb_market_size(recover->market));
	write_records(&sink, recover, snapshot);
	bb_store_release(sink.chunk, CHUNK);
	return sink.result;
}

enum bb_result
bb_snapshots_sum(const struct bb_recover *recover, struct bb_snapshot *snapshot)
{
	return write_all(recover, -1, snapshot);
}

/* The two newest are enough: the second is there for the case that the first is damaged.  Newest
 * is the one that was just made: one of a greater height is of no use to this ledger (an older copy
 * of it was brought back, say), and must not push that out. */
static void
remove_old(int folder, uint64_t made)
{
	uint64_t height = made;
	char name[BB_SNAPSHOT_NAME_SIZE];

	for (uint32_t kept = 1; bb_folder_snapshot(folder, height, &height) == BB_OK; kept++) {
		bb_snapshot_name(name, height);
		if (kept >= BB_SNAPSHOTS_KEPT && bb_folder_remove(folder, name) != BB_OK)
			return;
	}
}

enum bb_result
bb_snapshots_make(const struct bb_store_files *files, const struct bb_recover *recover,
		  const struct bb_identity *signer, uint64_t now_ns, struct bb_snapshot *snapshot)
{
	uint8_t head[BB_SNAPSHOT_HEAD];
	char temporary[BB_SNAPSHOT_NAME_SIZE];
	char name[BB_SNAPSHOT_NAME_SIZE];
	int file = -1;

	bb_folder_new_name(temporary, sizeof(temporary), BB_SNAPSHOT_NEW);
	enum bb_result result = bb_folder_make(files->folder, BB_SNAPSHOT_NEW, &file);
	if (result != BB_OK)
		return result;
	result = write_all(recover, file, snapshot);
	snapshot->made_ns = now_ns;
	bb_snapshot_encode(head, snapshot, signer);
	bb_snapshot_name(name, snapshot->height);
	if (result == BB_OK)
		result = bb_file_write(file, head, sizeof(head), 0);
	if (result == BB_OK)
		result = bb_file_sync(file);
	if (result == BB_OK)
		result = bb_folder_replace(files->folder, temporary, name);
	else /* a full disk needs the room */
		(void)bb_folder_remove(files->folder, temporary);
	bb_file_close(file);
	if (result == BB_OK)
		remove_old(files->folder, snapshot->height);
	return result;
}

static enum bb_result
says(const char **what, const char *part, enum bb_result result)
{
	*what = part;
	return result;
}

/* Reads the records behind the head and compares them with what was signed. */
static enum bb_result
read_records(int file, const struct bb_snapshot *snapshot, uint8_t **records, const char **what)
{
	const uint64_t size = snapshot->market_size + snapshot->places_size;
	uint8_t *bytes = bb_store_memory(size + 1);

	if (bytes == NULL)
		return says(what, "there is no memory to read it into", BB_ERR_IO);
	enum bb_result result = bb_file_read(file, bytes, size, BB_SNAPSHOT_HEAD);
	result = result != BB_OK ? says(what, "its records cannot be read", result)
				 : bb_snapshot_records(snapshot, bytes, what);
	*records = result == BB_OK ? bytes : NULL;
	if (result != BB_OK)
		bb_store_release(bytes, size + 1);
	return result;
}

/* Whether a snapshot whose head is good can be used here. */
static enum bb_result
check_use(const struct bb_snapshots_search *search, struct bb_snapshot_entry *entry,
	  const char **what)
{
	const struct bb_store_files *files = search->files;

	return bb_snapshot_usable(&entry->snapshot, bb_save_layout(bb_market_size(search->market)),
				  &files->witness, files->segments, files->segment_count,
				  &entry->chain, &entry->end, what);
}

static enum bb_result
read_head(const struct bb_snapshots_search *search, int file, struct bb_snapshot *snapshot,
	  const char **what)
{
	uint8_t head[BB_SNAPSHOT_HEAD];
	uint64_t size = 0;
	enum bb_result result = bb_file_size(file, &size);

	if (result == BB_OK)
		result = size < sizeof(head) ? BB_ERR_TRUNCATED
					     : bb_file_read(file, head, sizeof(head), 0);
	if (result != BB_OK)
		return says(what, "its head cannot be read", result);
	result = bb_snapshot_decode(snapshot, head, search->ledger_id, search->key, what);
	return result == BB_OK ? bb_snapshot_length(snapshot, size, what) : result;
}

/* Cheap before dear: the records are read once the head is found to be of use. */
static enum bb_result
read_file(const struct bb_snapshots_search *search, uint64_t height, bool use,
	  struct bb_snapshot_entry *entry, uint8_t **records, const char **what)
{
	char name[BB_SNAPSHOT_NAME_SIZE];
	int file = -1;

	*records = NULL;
	bb_snapshot_name(name, height);
	enum bb_result result = bb_file_open(search->files->folder, name, false, &file);
	if (result != BB_OK)
		return says(what, "it cannot be opened", result);
	result = read_head(search, file, &entry->snapshot, what);
	if (result == BB_OK && entry->snapshot.height != height)
		result = says(what, "it is of another height", BB_ERR_CHAIN);
	if (result == BB_OK && use)
		result = check_use(search, entry, what);
	if (result == BB_OK)
		result = read_records(file, &entry->snapshot, records, what);
	bb_file_close(file);
	return result;
}

static void
release_records(const struct bb_snapshot *snapshot, uint8_t *records)
{
	bb_store_release(records, snapshot->market_size + snapshot->places_size + 1);
}

enum bb_result
bb_snapshots_look(const struct bb_snapshots_search *search, uint64_t height,
		  struct bb_snapshot_entry *entry, const char **what)
{
	uint8_t *records;
	const enum bb_result result = read_file(search, height, false, entry, &records, what);

	release_records(&entry->snapshot, records);
	return result;
}

static enum bb_result
load_records(const struct bb_snapshots_search *search, const struct bb_snapshot *snapshot,
	     const uint8_t *records)
{
	enum bb_result result =
		bb_save_load(search->market, records, snapshot->market_size);

	if (result == BB_OK)
		result = bb_places_load(search->places, records + snapshot->market_size,
					snapshot->places_size);
	if (result == BB_OK && (bb_market_number(search->market) != snapshot->number ||
				bb_market_time_ns(search->market) != snapshot->time_ns))
		result = BB_ERR_CORRUPT;
	return result == BB_OK ? BB_OK
			       : bb_ledger_say(search->text, BB_ERR_CORRUPT,
					       "snap-%016" PRIx64 " is signed by the venue and "
					       "cannot be loaded: %s; keep it for a look, and "
					       "start with --from-genesis",
					       snapshot->height, bb_result_text(result));
}

static void
tell(const struct bb_snapshots_search *search, uint64_t height, const char *what,
     enum bb_result result)
{
	char line[BB_LEDGER_TEXT];

	if (search->told == NULL)
		return;
	(void)bb_ledger_say(line, result, "snap-%016" PRIx64 " is passed over: %s (%s)", height,
			    what, bb_result_name(result));
	search->told(search->context, line);
}

enum bb_result
bb_snapshots_load(const struct bb_snapshots_search *search, struct bb_snapshot_entry *entry)
{
	const int folder = search->files->folder;
	uint64_t height = UINT64_MAX;
	enum bb_result result;

	while ((result = bb_folder_snapshot(folder, height, &height)) == BB_OK) {
		const char *what = "";
		uint8_t *records;

		result = read_file(search, height, true, entry, &records, &what);
		if (result != BB_OK) {
			tell(search, height, what, result);
			continue;
		}
		result = load_records(search, &entry->snapshot, records);
		release_records(&entry->snapshot, records);
		return result;
	}
	return result == BB_ERR_NOT_FOUND
		       ? result
		       : bb_ledger_say(search->text, result, "looking for snapshots: %s",
				       bb_result_text(result));
}
