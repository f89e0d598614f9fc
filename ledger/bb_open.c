#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_folder.h"
#include "ledger/bb_ledger_parts.h"
#include "ledger/bb_recover.h"
#include "ledger/bb_snapshots.h"

/* What an opening needs until it is done. */
struct opening {
	const char *folder;
	const struct bb_ledger_opening *how;
	struct bb_ledger *ledger;
	const struct bb_identity *signer;
	char *text;
	struct bb_store_files files;
	struct bb_recover recover;
	struct bb_snapshot_entry entry;
};

void
bb_ledger_publish(struct bb_ledger *ledger, const struct bb_ledger_place *place)
{
	uint64_t words[BB_PLACE_WORDS];
	const uint64_t version = atomic_load_explicit(&ledger->version, memory_order_relaxed);

	memcpy(words, place, sizeof(words));
	atomic_store_explicit(&ledger->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < BB_PLACE_WORDS; i++)
		atomic_store_explicit(&ledger->durable[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&ledger->version, version + 2, memory_order_release);
}

void
bb_ledger_durable(const struct bb_ledger *ledger, struct bb_ledger_place *place)
{
	uint64_t words[BB_PLACE_WORDS];
	uint64_t before;
	uint64_t after;

	do {
		before = atomic_load_explicit(&ledger->version, memory_order_acquire);
		for (size_t i = 0; i < BB_PLACE_WORDS; i++)
			words[i] = atomic_load_explicit(&ledger->durable[i], memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&ledger->version, memory_order_relaxed);
	} while (before % 2 != 0 || before != after);
	memcpy(place, words, sizeof(words));
}

enum bb_result
bb_ledger_alarm(const struct bb_ledger *ledger, char text[BB_LEDGER_TEXT])
{
	const struct bb_store *store = &ledger->store;
	const enum bb_result alarm = bb_store_alarm(store);

	text[0] = '\0';
	if (alarm == BB_OK && bb_store_left(store) >= BB_STORE_SEGMENTS_FEW)
		return BB_OK;
	if (alarm == BB_OK)
		return bb_ledger_say(text, BB_ERR_FULL,
				     "%u more segments of the %u that a ledger may have: plan the "
				     "next ledger", bb_store_left(store), BB_STORE_SEGMENTS_MAX);
	const uint64_t room_mib = bb_store_room(store) >> 20;
	const uint64_t hold_mib = store->segment_size / BB_HOLD_PART >> 20;
	if (alarm == BB_ERR_FULL)
		return bb_ledger_say(text, alarm,
				     "all %u segments that a ledger may have are made; %u are "
				     "empty, %" PRIu64 " MiB are left in this one: begin the next "
				     "ledger; with none empty and less than %" PRIu64
				     " MiB left nothing more is accepted", BB_STORE_SEGMENTS_MAX,
				     bb_store_spares(store), room_mib, hold_mib);
	return bb_ledger_say(text, alarm,
			     "the next segments cannot be made: %s; %u of %u are there, %" PRIu64
			     " MiB are left in this one: make room; with none there and less than "
			     "%" PRIu64 " MiB left nothing more is accepted",
			     bb_result_text(alarm), bb_store_spares(store), BB_STORE_SPARES,
			     room_mib, hold_mib);
}

/* Takes the memory whose size the market tells: places and line. */
static enum bb_result
take_memory(struct opening *opening, const struct bb_market_size *size, struct bb_arena *arena)
{
	struct bb_ledger *ledger = opening->ledger;

	ledger->memory_size = bb_places_bytes(size->participants) +
			      bb_line_bytes(bb_market_events_max(size));
	ledger->memory = bb_store_memory(ledger->memory_size);
	if (ledger->memory == NULL)
		return bb_ledger_say(opening->text, BB_ERR_IO,
				     "no memory: %" PRIu64 " MiB of addresses",
				     ledger->memory_size >> 20);
	bb_arena_init(arena, ledger->memory, ledger->memory_size);
	bb_places_init(&ledger->places, arena, size->participants);
	return BB_OK;
}

/* Begins with genesis. */
static enum bb_result
begin(struct opening *opening, struct bb_market *market)
{
	const struct bb_store_files *files = &opening->files;

	return bb_recover_start(&opening->recover, files->segments, files->segment_count,
				&files->witness, market, &opening->ledger->places,
				opening->signer->public_key, opening->folder, opening->text);
}

/* Begins with a snapshot, if one can be used: BB_ERR_NOT_FOUND otherwise. */
static enum bb_result
begin_later(struct opening *opening, struct bb_market *market,
	    struct bb_ledger_recovery *recovery)
{
	const struct bb_store_files *files = &opening->files;
	const uint64_t began_ns = bb_store_elapsed_ns();
	struct bb_snapshot_entry *entry = &opening->entry;
	struct bb_genesis genesis;

	/* Where that is damaged the pass from genesis on says so, with the place. */
	if (opening->how->from_genesis ||
	    bb_ledger_genesis(opening->folder, &genesis, opening->text) != BB_OK ||
	    memcmp(&genesis.size, bb_market_size(market), sizeof(genesis.size)) != 0)
		return BB_ERR_NOT_FOUND;
	const struct bb_hash ledger_id = bb_genesis_ledger_id(&genesis);
	const struct bb_snapshots_search search = { .files = files,
						    .ledger_id = &ledger_id,
						    .key = opening->signer->public_key,
						    .market = market,
						    .places = &opening->ledger->places,
						    .told = opening->how->told,
						    .context = opening->how->context,
						    .text = opening->text };
	enum bb_result result = bb_snapshots_load(&search, entry);

	if (result == BB_OK)
		result = bb_recover_resume(&opening->recover, files->segments,
					   files->segment_count, &files->witness, market,
					   &opening->ledger->places, &entry->snapshot,
					   &entry->chain, entry->end, opening->folder,
					   opening->text);
	recovery->snapshot_height = opening->recover.snapshot;
	recovery->snapshot_ns = bb_store_elapsed_ns() - began_ns;
	return result;
}

/* Reads the whole ledger into the market, or what comes after a snapshot. */
static enum bb_result
read_all(struct opening *opening, struct bb_market *market, struct bb_ledger_recovery *recovery)
{
	struct bb_recover *recover = &opening->recover;
	enum bb_result result = begin_later(opening, market, recovery);

	if (result == BB_ERR_NOT_FOUND)
		result = begin(opening, market);
	while (result == BB_OK) {
		result = bb_recover_next(recover);
		if (opening->how->progress != NULL)
			opening->how->progress(opening->how->context, recover->pass.bytes_done,
					       recover->pass.bytes_total, recover->pass.blocks,
					       recover->pass.inputs);
	}
	opening->files.witness = recover->pass.witness;
	return result == BB_ERR_NOT_FOUND ? BB_OK : result;
}

static enum bb_result
mend_zero(void *context, uint64_t offset, uint64_t size)
{
	return bb_file_zero(*(const int *)context, offset, size);
}

static enum bb_result
mend_write(void *context, const uint8_t *bytes, uint64_t size, uint64_t offset)
{
	return bb_file_write(*(const int *)context, bytes, size, offset);
}

static enum bb_result
mend_sync(void *context)
{
	return bb_file_sync(*(const int *)context);
}

static enum bb_result
mend_tail(struct opening *opening)
{
	char name[BB_SEGMENT_NAME_SIZE];
	int handle = -1;
	const struct bb_recover_file file = { .context = &handle,
					      .zero = mend_zero,
					      .write = mend_write,
					      .sync = mend_sync };

	bb_segment_name(name, opening->recover.pass.segment_index);
	enum bb_result result = bb_file_open(opening->files.folder, name, true, &handle);
	if (result != BB_OK)
		return bb_ledger_say(opening->text, result, "%s/%s: cutting a torn tail: %s",
				     opening->folder, name, bb_result_text(result));
	result = bb_recover_mend(&opening->recover, &file, opening->signer, bb_store_now_ns());
	bb_file_close(handle);
	return result;
}

/* Hands everything to the store and the line. */
static enum bb_result
start(struct opening *opening, const struct bb_market_size *size, struct bb_arena *arena)
{
	struct bb_ledger *ledger = opening->ledger;
	const struct bb_pass *pass = &opening->recover.pass;
	const struct bb_watermark block = bb_recover_end(&opening->recover);
	const enum bb_result result =
		bb_store_start(&ledger->store, &opening->files, opening->how->write,
			       &pass->scan.segment, &block, pass->scan.offset, opening->text);

	if (result != BB_OK)
		return result;
	const struct bb_disk disk = bb_store_disk(&ledger->store);

	ledger->chain = pass->scan.chain;
	ledger->signer = *opening->signer;
	ledger->line = bb_line_init(arena, bb_market_events_max(size), &ledger->chain,
				    &ledger->places, &ledger->signer, &disk);
	bb_line_heartbeat(ledger->line, opening->how->heartbeat_ns);
	bb_ledger_publish(ledger, &ledger->line->durable);
	return BB_OK;
}

static enum bb_result
open_ledger(struct opening *opening, struct bb_market *market,
	    struct bb_ledger_recovery *recovery)
{
	const struct bb_market_size *size = bb_market_size(market);
	const struct bb_pass *pass = &opening->recover.pass;
	struct bb_arena arena;

	enum bb_result result =
		bb_store_open(&opening->files, opening->folder, true, opening->text);
	if (result == BB_OK)
		result = bb_store_reread(&opening->files, &recovery->stale_bytes, opening->text);
	if (result == BB_OK)
		result = take_memory(opening, size, &arena);
	if (result == BB_OK)
		result = read_all(opening, market, recovery);
	if (result != BB_OK)
		return result;
	bb_market_check(market);
	if (pass->torn_bytes > 0)
		result = mend_tail(opening);
	if (result == BB_OK)
		result = start(opening, size, &arena);
	if (result != BB_OK)
		return result;
	bb_chain_place(&opening->ledger->chain, &recovery->place);
	recovery->blocks = pass->blocks;
	recovery->inputs = pass->inputs;
	recovery->torn_bytes = pass->torn_bytes;
	return BB_OK;
}

static void
release(struct bb_ledger *ledger)
{
	bb_identity_wipe(&ledger->signer);
	bb_store_release(ledger->memory, ledger->memory_size);
	bb_store_release(ledger, sizeof(*ledger));
}

enum bb_result
bb_ledger_open_as(struct bb_ledger **ledger, const char *folder, const struct bb_identity *signer,
		  struct bb_market *market, const struct bb_ledger_opening *how,
		  struct bb_ledger_recovery *recovery, char text[BB_LEDGER_TEXT])
{
	const uint64_t started_ns = bb_store_elapsed_ns();
	struct opening *opening = bb_store_memory(sizeof(*opening));

	text[0] = '\0';
	*ledger = NULL;
	*recovery = (struct bb_ledger_recovery){ 0 };
	if (opening == NULL)
		return bb_ledger_say(text, BB_ERR_IO, "no memory");
	opening->folder = folder;
	opening->how = how;
	opening->signer = signer;
	opening->text = text;
	opening->files.folder = -1;
	opening->ledger = bb_store_memory(sizeof(*opening->ledger));
	const enum bb_result result =
		opening->ledger == NULL ? bb_ledger_say(text, BB_ERR_IO, "no memory") :
					  open_ledger(opening, market, recovery);

	if (result == BB_OK) {
		*ledger = opening->ledger;
	} else {
		bb_store_close(&opening->files);
		if (opening->ledger != NULL)
			release(opening->ledger);
	}
	bb_store_release(opening, sizeof(*opening));
	recovery->elapsed_ns = bb_store_elapsed_ns() - started_ns;
	return result;
}

enum bb_result
bb_ledger_open(struct bb_ledger **ledger, const char *folder, const struct bb_identity *signer,
	       struct bb_market *market, struct bb_ledger_recovery *recovery,
	       char text[BB_LEDGER_TEXT])
{
	static const struct bb_ledger_opening plain = { .write = BB_LEDGER_AUTO };

	return bb_ledger_open_as(ledger, folder, signer, market, &plain, recovery, text);
}

void
bb_ledger_close(struct bb_ledger *ledger)
{
	bb_store_stop(&ledger->store);
	release(ledger);
}
