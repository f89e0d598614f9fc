/* bb_snapshot_make - a snapshot of a ledger from its files alone, and one put to the test. */
#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_snapshots.h"
#include "market/bb_save.h"

struct making {
	const char *folder;
	const struct bb_ledger_snapshotting *how;
	struct bb_ledger_snapshot *report;
	char *text;
	struct bb_store_files files;
	struct bb_genesis genesis;
	struct bb_hash ledger_id;
	uint8_t *memory; /* market, then places */
	uint64_t memory_size;
	struct bb_market *market;
	struct bb_places places;
	struct bb_recover recover;
	struct bb_snapshot_entry entry;
	struct bb_snapshot snapshot; /* of where recover stands */
};

static enum bb_result
take_memory(struct making *making)
{
	const struct bb_market_size *size = &making->genesis.size;
	struct bb_arena arena;
	uint64_t hash_key;

	making->memory_size = bb_market_bytes(size) + bb_places_bytes(size->participants);
	making->memory = bb_store_memory(making->memory_size);
	if (making->memory == NULL)
		return bb_ledger_say(making->text, BB_ERR_IO,
				     "no memory: %" PRIu64 " MiB of addresses",
				     making->memory_size >> 20);
	bb_store_random((uint8_t *)&hash_key, sizeof(hash_key));
	bb_arena_init(&arena, making->memory, making->memory_size);
	making->market =
		bb_market_init(&arena, size, making->genesis.operator_key, hash_key);
	bb_places_init(&making->places, &arena, size->participants);
	return BB_OK;
}

static enum bb_result
open_files(struct making *making)
{
	/* The watermark first: what it names was durable before the segments were looked at. */
	enum bb_result result =
		bb_store_open(&making->files, making->folder, false, making->text);

	if (result == BB_OK)
		result = bb_ledger_genesis(making->folder, &making->genesis, making->text);
	if (result != BB_OK)
		return result;
	making->ledger_id = bb_genesis_ledger_id(&making->genesis);
	return take_memory(making);
}

static struct bb_snapshots_search
search_of(struct making *making)
{
	return (struct bb_snapshots_search){ .files = &making->files,
					     .ledger_id = &making->ledger_id,
					     .key = making->genesis.signer_key,
					     .market = making->market,
					     .places = &making->places,
					     .told = making->how->told,
					     .context = making->how->context,
					     .text = making->text };
}

static enum bb_result
begin(struct making *making)
{
	const struct bb_store_files *files = &making->files;
	const struct bb_snapshots_search search = search_of(making);
	const struct bb_snapshot_entry *entry = &making->entry;
	enum bb_result result = BB_ERR_NOT_FOUND;

	if (!making->how->from_genesis)
		result = bb_snapshots_load(&search, &making->entry);
	if (result == BB_OK)
		return bb_recover_resume(&making->recover, files->segments, files->segment_count,
					 &files->witness, making->market, &making->places,
					 &entry->snapshot, &entry->chain, entry->end,
					 making->folder, making->text);
	if (result != BB_ERR_NOT_FOUND)
		return result;
	return bb_recover_start(&making->recover, files->segments, files->segment_count,
				&files->witness, making->market, &making->places,
				making->genesis.signer_key, making->folder, making->text);
}

/* Replays up to height, and never looks behind it: who writes may be writing there. */
static enum bb_result
replay_to(struct making *making, uint64_t height)
{
	struct bb_recover *recover = &making->recover;
	const struct bb_pass *pass = &recover->pass;
	enum bb_result result = begin(making);

	while (result == BB_OK && pass->scan.chain.next_height <= height) {
		result = bb_recover_next(recover);
		if (making->how->progress != NULL)
			making->how->progress(making->how->context, pass->bytes_done,
					      pass->bytes_total, pass->blocks, pass->inputs);
	}
	if (result == BB_ERR_NOT_FOUND)
		return bb_ledger_say(making->text, BB_ERR_NOT_FOUND,
				     "the ledger ends before block %" PRIu64, height);
	if (result != BB_OK)
		return result;
	bb_market_check(making->market);
	making->report->from = recover->snapshot;
	making->report->blocks = pass->blocks;
	making->report->inputs = pass->inputs;
	return BB_OK;
}

static void
report_snapshot(struct making *making, const struct bb_snapshot *snapshot)
{
	making->report->height = snapshot->height;
	making->report->made_ns = snapshot->made_ns;
	making->report->bytes =
		BB_SNAPSHOT_HEAD + snapshot->market_size + snapshot->places_size;
}

static enum bb_result
make(struct making *making, const struct bb_identity *signer)
{
	const struct bb_witness *witness = &making->files.witness;
	const uint64_t height = witness->watermark.height;

	if (memcmp(signer->public_key, making->genesis.signer_key, BB_KEY_SIZE) != 0)
		return bb_ledger_say(making->text, BB_ERR_KEY,
				     "%s was signed with another key: put back its venue.key",
				     making->folder);
	if (witness->state == BB_WITNESS_DAMAGED)
		return bb_ledger_say(making->text, BB_ERR_CORRUPT,
				     "%s: both slots of wm are damaged: check the disk, and see "
				     "what busbarctl ledger verify says", making->folder);
	if (witness->state != BB_WITNESS_AHEAD)
		return bb_ledger_say(making->text, BB_ERR_NOT_FOUND,
				     "%s has no wm, which would say how far it is durable: start "
				     "busbard once", making->folder);
	if (height == 0)
		return bb_ledger_say(making->text, BB_ERR_NOT_FOUND,
				     "%s holds nothing but genesis yet", making->folder);
	enum bb_result result = replay_to(making, height);
	if (result != BB_OK)
		return result;
	if (making->recover.snapshot >= height) {
		report_snapshot(making, &making->entry.snapshot);
		return BB_OK;
	}
	result = bb_snapshots_make(&making->files, &making->recover, signer, bb_store_now_ns(),
				   &making->snapshot);
	if (result != BB_OK)
		return bb_ledger_say(making->text, result, "writing snap-%016" PRIx64 ": %s%s",
				     height, bb_result_text(result),
				     result == BB_ERR_LOCKED ? "; another one is being made" : "");
	making->report->made = true;
	report_snapshot(making, &making->snapshot);
	return BB_OK;
}

/* What a snapshot says otherwise than a replay, or NULL. */
static const char *
difference(const struct bb_snapshot *said, const struct bb_snapshot *replayed)
{
	if (said->layout != replayed->layout)
		return "it was made by another version of busbar; check it with that one";
	if (said->segment != replayed->segment || said->offset != replayed->offset ||
	    memcmp(&said->block_hash, &replayed->block_hash, BB_HASH_SIZE) != 0 ||
	    memcmp(&said->state_root, &replayed->state_root, BB_HASH_SIZE) != 0)
		return "it names another block";
	if (said->number != replayed->number || said->time_ns != replayed->time_ns ||
	    said->tree.size != replayed->tree.size)
		return "it counts inputs otherwise";
	for (int i = 0; i < __builtin_popcountll(said->tree.size); i++)
		if (memcmp(&said->tree.stack[i], &replayed->tree.stack[i], BB_HASH_SIZE) != 0)
			return "its log is another";
	if (said->market_size != replayed->market_size ||
	    memcmp(&said->market_hash, &replayed->market_hash, BB_HASH_SIZE) != 0)
		return "its market is another";
	if (said->places_size != replayed->places_size ||
	    memcmp(&said->places_hash, &replayed->places_hash, BB_HASH_SIZE) != 0)
		return "its places of packets are others";
	return NULL;
}

static enum bb_result
check(struct making *making, uint64_t height)
{
	const struct bb_snapshots_search search = search_of(making);
	const struct bb_snapshot *said = &making->entry.snapshot;
	const char *what = "";
	enum bb_result result;

	result = bb_snapshots_look(&search, height, &making->entry, &what);
	if (result != BB_OK)
		return bb_ledger_say(making->text, result, "snap-%016" PRIx64 ": %s (%s)", height,
				     what, bb_result_text(result));
	report_snapshot(making, said);
	result = replay_to(making, height);
	if (result == BB_OK)
		result = bb_snapshots_sum(&making->recover, &making->snapshot);
	if (result != BB_OK)
		return result;
	what = difference(said, &making->snapshot);
	if (what != NULL)
		return bb_ledger_say(making->text, BB_ERR_REPLAY,
				     "snap-%016" PRIx64 " is not what the ledger leads to: %s",
				     height, what);
	return BB_OK;
}

static void
release(struct making *making)
{
	bb_store_close(&making->files);
	bb_store_release(making->memory, making->memory_size);
	bb_store_release(making, sizeof(*making));
}

static struct making *
start(const char *folder, const struct bb_ledger_snapshotting *how,
      struct bb_ledger_snapshot *report, char text[BB_LEDGER_TEXT])
{
	struct making *making = bb_store_memory(sizeof(*making));

	*report = (struct bb_ledger_snapshot){ 0 };
	text[0] = '\0';
	if (making == NULL) {
		(void)bb_ledger_say(text, BB_ERR_IO, "no memory");
		return NULL;
	}
	making->folder = folder;
	making->how = how;
	making->report = report;
	making->text = text;
	making->files.folder = -1;
	return making;
}

enum bb_result
bb_ledger_snapshot(const char *folder, const struct bb_identity *signer,
		   const struct bb_ledger_snapshotting *how, struct bb_ledger_snapshot *report,
		   char text[BB_LEDGER_TEXT])
{
	const uint64_t began_ns = bb_store_elapsed_ns();
	struct making *making = start(folder, how, report, text);

	if (making == NULL)
		return BB_ERR_IO;
	enum bb_result result = open_files(making);
	if (result == BB_OK)
		result = make(making, signer);
	release(making);
	report->elapsed_ns = bb_store_elapsed_ns() - began_ns;
	return result;
}

enum bb_result
bb_ledger_snapshot_check(const char *folder, uint64_t height,
			 const struct bb_ledger_snapshotting *how,
			 struct bb_ledger_snapshot *report, char text[BB_LEDGER_TEXT])
{
	const uint64_t began_ns = bb_store_elapsed_ns();
	struct bb_ledger_snapshotting whole = *how;
	struct making *making = start(folder, &whole, report, text);

	if (making == NULL)
		return BB_ERR_IO;
	whole.from_genesis = true;
	enum bb_result result = open_files(making);
	if (result == BB_OK && height == 0) {
		height = bb_ledger_snapshot_newest(folder);
		if (height == 0)
			result = bb_ledger_say(text, BB_ERR_NOT_FOUND, "%s has no snapshot",
					       folder);
	}
	if (result == BB_OK)
		result = check(making, height);
	release(making);
	report->elapsed_ns = bb_store_elapsed_ns() - began_ns;
	return result;
}

uint64_t
bb_ledger_snapshot_newest(const char *folder)
{
	uint64_t height = 0;
	int files = -1;

	if (bb_folder_open(folder, &files) != BB_OK)
		return 0;
	if (bb_folder_snapshot(files, UINT64_MAX, &height) != BB_OK)
		height = 0;
	bb_file_close(files);
	return height;
}
