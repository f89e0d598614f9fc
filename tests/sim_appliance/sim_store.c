#include "tests/sim_appliance/sim_store.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

/* How long an operation takes: mostly little, now and then some time. */
static uint64_t
latency(struct bb_random *random)
{
	const uint64_t most = sim_one_in(random, 8) ? 8 * SIM_MILLISECOND : SIM_MILLISECOND / 2;

	return bb_random_below(random, (uint32_t)most);
}

/* Frees files that have no name any more, now or after a crash. */
static void
collect(struct sim_disk *disk)
{
	for (uint32_t file = 0; file < SIM_FILES; file++) {
		bool named = file == disk->names.mark || file == disk->synced.mark;

		for (uint32_t i = 0; i < SIM_SPARES; i++)
			named |= disk->names.spares[i] == file || disk->synced.spares[i] == file;
		for (uint32_t i = 0; i < disk->names.segment_count; i++)
			named |= disk->names.segments[i] == file;
		if (!named && disk->files[file].size != 0)
			sim_disk_drop(disk, file);
	}
}

/* No crash may leave a watermark without a whole slot.  So a ledger that has none gets one that
 * is whole before it has its name; and a slot that a killed process wrote and did not sync is
 * synced before the other one, so far the only durable one, is written over. */
static enum bb_result
open_mark(struct sim_store *store)
{
	struct sim_disk *disk = store->disk;
	struct bb_watermark mark = store->mark;
	uint8_t page[BB_WATERMARK_SIZE];

	if (disk->names.mark != SIM_NONE)
		return sim_disk_sync(disk, disk->names.mark);
	mark.count = ++store->mark_count;
	bb_watermark_encode(page, &mark);
	const uint32_t file = sim_disk_make(disk, UINT64_C(2) * BB_WATERMARK_SIZE);
	enum bb_result result = sim_disk_write(disk, file, page, sizeof(page),
					       mark.count % 2 * BB_WATERMARK_SIZE);
	if (result == BB_OK)
		result = sim_disk_sync(disk, file);
	if (result != BB_OK)
		return result;
	disk->names.mark = file;
	return sim_disk_sync_names(disk);
}

enum bb_result
sim_store_start(struct sim_store *store, struct bb_recover *recover, uint64_t now_ns)
{
	const struct bb_pass *pass = &recover->pass;
	const struct bb_witness *witness = &pass->witness;
	struct sim_disk *disk = store->disk;

	*store = (struct sim_store){
		.disk = disk,
		.truth = store->truth,
		.random = store->random,
		.segment_size = pass->scan.segment.size,
		.segment = pass->segment_index,
		.offset = pass->scan.offset,
		.mark = bb_recover_end(recover),
		.mark_count = witness->state == BB_WITNESS_MET ? witness->watermark.count : 0,
		.mark_written = UINT64_MAX,
		.keeper_due_ns = now_ns,
		.signs = sim_one_in(store->random, 2),
	};
	store->ledger_id = store->mark.ledger_id;
	store->durable_height = store->mark.height;
	memcpy(store->nonce, pass->scan.segment.nonce, sizeof(store->nonce));
	collect(disk);
	/* After a kill the kernel may hold blocks, and the last segment's name, that the disk
	 * does not. */
	enum bb_result result = sim_disk_sync(disk, disk->names.segments[store->segment]);
	if (result == BB_OK)
		result = sim_disk_sync_names(disk);
	if (result == BB_OK)
		result = open_mark(store);
	return result;
}

static uint32_t
spares_ready(const struct sim_store *store)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < SIM_SPARES; i++)
		count += store->spares[i].state == SIM_SPARE_READY;
	return count;
}

bool
sim_store_holds(const struct sim_store *store)
{
	return bb_hold_wanted(store->segment_size, store->offset, spares_ready(store));
}

static bool
reserve(void *context, uint64_t size, struct bb_disk_place *place)
{
	struct sim_store *store = context;
	const bool first = size > store->segment_size - store->offset;

	BB_ASSERT(size <= store->segment_size - BB_SEGMENT_BLOCKS);
	if (first) {
		struct sim_store_spare *spare = &store->spares[store->taken % SIM_SPARES];

		if (spare->state != SIM_SPARE_READY || store->segment + 1 == SIM_SEGMENTS)
			return false;
		memcpy(store->nonce, spare->nonce, sizeof(store->nonce));
		spare->state = SIM_SPARE_TAKEN;
		store->taken++;
		store->segment++;
		store->offset = BB_SEGMENT_BLOCKS;
	}
	*place = (struct bb_disk_place){ .segment = store->segment,
					 .offset = store->offset,
					 .segment_size = store->segment_size,
					 .first = first };
	memcpy(place->nonce, store->nonce, sizeof(place->nonce));
	store->offset += size;
	return true;
}

static void
submit(void *context, const struct bb_disk_write *write)
{
	struct sim_store *store = context;

	BB_ASSERT(store->submitted - store->done < SIM_STORE_JOBS);
	store->jobs[store->submitted++ % SIM_STORE_JOBS] = *write;
}

static enum bb_result
poll(void *context, uint64_t *durable_height)
{
	const struct sim_store *store = context;

	*durable_height = store->durable_height;
	return store->failed;
}

static const uint8_t *
look(void *context, uint64_t segment, uint64_t *size)
{
	const struct sim_store *store = context;

	*size = store->segment_size;
	return store->disk->files[store->disk->names.segments[segment]].seen;
}

/* What the sealer does beside the lcore, before it. */
static void
begin(void *context, struct bb_seal *seal)
{
	(void)context;
	bb_chain_again(seal);
}

struct bb_disk
sim_store_functions(struct sim_store *store)
{
	return (struct bb_disk){ .context = store,
				 .reserve = reserve,
				 .submit = submit,
				 .poll = poll,
				 .look = look,
				 .begin = store->signs ? begin : NULL };
}

/* Counts an operation of block or watermark; true: this one fails, and everything with it. */
static bool
fails(struct sim_store *store, uint32_t file)
{
	if (store->fails_in == 0 || --store->fails_in > 0)
		return false;
	sim_disk_fail(store->disk, file);
	store->failed = BB_ERR_IO;
	return true;
}

static struct bb_disk_write *
job_at(struct sim_store *store, uint64_t index)
{
	return &store->jobs[index % SIM_STORE_JOBS];
}

/* Writes the next block whole, or its first half: a kill may come in the middle. */
static void
write_job(struct sim_store *store, struct bb_disk_write *job)
{
	struct sim_disk *disk = store->disk;
	const uint32_t file = disk->names.segments[job->place.segment];
	const uint64_t half = job->size / 2 / SIM_SECTOR * SIM_SECTOR;

	if (store->written == store->end || fails(store, file))
		return;
	if (sim_one_in(store->random, 16) && half > 0) {
		(void)sim_disk_write(disk, file, job->bytes, half, job->place.offset);
		return; /* and all of it at the next step */
	}
	(void)sim_disk_write(disk, file, job->bytes, job->size, job->place.offset);
	store->written++;
}

static struct sim_store_spare *
oldest_spare(struct sim_store *store)
{
	return &store->spares[store->activated % SIM_SPARES];
}

/* Begins with the jobs that are there: a block of a new segment waits for those before. */
static void
begin_jobs(struct sim_store *store)
{
	struct bb_disk_write *first = job_at(store, store->done);
	uint8_t head[BB_SEGMENT_BLOCKS];

	store->written = store->done;
	store->end = store->done + 1;
	while (store->end < store->submitted && !job_at(store, store->end)->place.first)
		store->end++;
	for (uint64_t i = store->done; i < store->end; i++) {
		const struct bb_disk_write *job = job_at(store, i);

		if (store->signs)
			bb_chain_sign(job->seal);
		sim_truth_seal(store->truth, &(struct sim_block){ .height = job->height,
								  .segment = job->place.segment,
								  .offset = job->place.offset,
								  .size = job->size,
								  .hash = job->hash,
								  .bytes = job->bytes });
	}
	if (!first->place.first) {
		store->flusher = SIM_WRITE;
		return;
	}
	bb_segment_encode(head, &first->head);
	const uint32_t spare = oldest_spare(store)->file;
	if (fails(store, spare))
		return;
	(void)sim_disk_write(store->disk, spare, head, sizeof(head), 0);
	store->flusher = SIM_HEAD_SYNC;
}

static void
finish_jobs(struct sim_store *store, uint64_t now_ns)
{
	for (; store->done < store->end; store->done++) {
		const struct bb_disk_write *job = job_at(store, store->done);

		sim_truth_durable(store->truth, job->height, &job->hash, now_ns);
		store->mark = (struct bb_watermark){ .height = job->height,
						     .epoch = job->epoch,
						     .block_hash = job->hash,
						     .segment = job->place.segment,
						     .offset = job->place.offset,
						     .ledger_id = store->ledger_id };
		store->durable_height = job->height;
	}
	store->flusher = SIM_IDLE;
}

bool
sim_store_flush(struct sim_store *store, uint64_t now_ns)
{
	struct sim_disk *disk = store->disk;
	struct bb_disk_write *job = job_at(store, store->written);

	if (store->failed != BB_OK || now_ns < store->flusher_ns ||
	    (store->flusher == SIM_IDLE && store->done == store->submitted))
		return false;
	store->flusher_ns = now_ns + latency(store->random);
	switch (store->flusher) {
	case SIM_IDLE:
		begin_jobs(store);
		break;
	case SIM_HEAD_SYNC:
		if (!fails(store, oldest_spare(store)->file))
			(void)sim_disk_sync(disk, oldest_spare(store)->file);
		store->flusher = SIM_NAME;
		break;
	case SIM_NAME:
		BB_ASSERT(job->place.segment == disk->names.segment_count);
		disk->names.segments[disk->names.segment_count++] = oldest_spare(store)->file;
		disk->names.spares[store->activated % SIM_SPARES] = SIM_NONE;
		store->flusher = SIM_NAME_SYNC;
		break;
	case SIM_NAME_SYNC:
		(void)sim_disk_sync_names(disk);
		oldest_spare(store)->state = SIM_SPARE_MISSING;
		store->activated++;
		sim_report->figures.segments++;
		store->flusher = SIM_WRITE;
		break;
	case SIM_WRITE:
		write_job(store, job);
		if (store->written == store->end)
			store->flusher = SIM_SYNC;
		break;
	case SIM_SYNC: {
		const uint32_t file = disk->names.segments[store->jobs[(store->end - 1) %
								SIM_STORE_JOBS].place.segment];

		if (!fails(store, file) && sim_disk_sync(disk, file) == BB_OK)
			finish_jobs(store, now_ns);
		break;
	}
	}
	return true;
}

static void
write_mark(struct sim_store *store)
{
	struct sim_disk *disk = store->disk;
	struct bb_watermark mark = store->mark;
	uint8_t page[BB_WATERMARK_SIZE];

	mark.count = ++store->mark_count;
	store->mark_writing = mark.height;
	bb_watermark_encode(page, &mark);
	if (fails(store, disk->names.mark))
		return;
	(void)sim_disk_write(disk, disk->names.mark, page, sizeof(page),
			     mark.count % 2 * BB_WATERMARK_SIZE);
	store->keeper = SIM_MARK_SYNC;
}

static void
offer_spare(struct sim_store *store, uint32_t file)
{
	struct sim_store_spare *spare = &store->spares[store->made++ % SIM_SPARES];

	spare->state = SIM_SPARE_READY;
	spare->file = file;
	sim_store_nonce(store->random, spare->nonce);
}

/* Takes a spare that an earlier life left, if it is zeros, or begins to make one. */
static void
begin_spare(struct sim_store *store, uint64_t now_ns)
{
	struct sim_disk *disk = store->disk;
	uint32_t *named = &disk->names.spares[store->made % SIM_SPARES];
	const uint8_t *bytes = *named == SIM_NONE ? NULL : disk->files[*named].seen;

	if (bytes != NULL && bb_is_zero(bytes, store->segment_size)) {
		offer_spare(store, *named);
		return;
	}
	/* What is found otherwise is removed; its blocks are free once that is synced. */
	*named = SIM_NONE;
	if (disk->names.segment_count + SIM_SPARES >= SIM_SEGMENTS)
		return;
	if (disk->scarce ? !sim_one_in(store->random, 12) : sim_one_in(store->random, 24)) {
		store->full_until_ns =
			now_ns + (200 + bb_random_below(store->random, 800)) * SIM_MILLISECOND;
		sim_report->figures.disk_full++;
		return;
	}
	store->spare_file = sim_disk_make(disk, store->segment_size);
	store->keeper = SIM_SPARE_SYNC;
}

/* What the keeper begins with when it looks around; it sleeps when there is nothing to do,
 * until its time or until a spare was taken. */
static bool
look_around(struct sim_store *store, uint64_t now_ns)
{
	const bool missing =
		store->spares[store->made % SIM_SPARES].state == SIM_SPARE_MISSING;

	if (now_ns >= store->keeper_due_ns && store->mark_written != store->mark.height) {
		write_mark(store);
		return true;
	}
	if (now_ns >= store->keeper_due_ns)
		store->keeper_due_ns = now_ns + SIM_KEEPER_TICK;
	if (!missing || now_ns < store->full_until_ns)
		return false;
	begin_spare(store, now_ns);
	return true;
}

bool
sim_store_keep(struct sim_store *store, uint64_t now_ns)
{
	struct sim_disk *disk = store->disk;

	if (store->failed != BB_OK || now_ns < store->keeper_ns)
		return false;
	switch (store->keeper) {
	case SIM_WATCH:
		if (!look_around(store, now_ns))
			return false;
		break;
	case SIM_MARK_SYNC:
		if (!fails(store, disk->names.mark) &&
		    sim_disk_sync(disk, disk->names.mark) == BB_OK)
			store->mark_written = store->mark_writing;
		store->keeper = SIM_WATCH;
		break;
	case SIM_SPARE_SYNC:
		(void)sim_disk_sync(disk, store->spare_file);
		store->keeper = SIM_SPARE_NAME;
		break;
	case SIM_SPARE_NAME:
		disk->names.spares[store->made % SIM_SPARES] = store->spare_file;
		store->keeper = SIM_SPARE_NAME_SYNC;
		break;
	case SIM_SPARE_NAME_SYNC:
		(void)sim_disk_sync_names(disk);
		offer_spare(store, store->spare_file);
		store->keeper = SIM_WATCH;
		break;
	}
	store->keeper_ns = now_ns + latency(store->random);
	return true;
}

void
sim_store_rest(struct sim_store *store, uint64_t *now_ns)
{
	while (store->failed == BB_OK &&
	       (store->done != store->submitted || store->mark_written != store->mark.height ||
		store->keeper != SIM_WATCH)) {
		*now_ns += SIM_MILLISECOND;
		(void)sim_store_flush(store, *now_ns);
		(void)sim_store_keep(store, *now_ns);
	}
}
