#include "tests/ledger/disk_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"

/* The most events of one input in a market of 64 orders, and its participants. */
enum { LINE_EVENTS = 64 + 4000, LINE_PARTICIPANTS = 16 };

void
disk_nonce(uint8_t nonce[16], uint64_t segment)
{
	memset(nonce, (int)(0xa0 + segment), 16);
}

static uint8_t *
zeros(uint64_t size)
{
	uint8_t *bytes = calloc(1, size);

	BB_ASSERT(bytes != NULL);
	return bytes;
}

void
disk_begin(struct disk_model *disk, uint64_t segment_size, const struct bb_segment *head,
	   const uint8_t *genesis)
{
	*disk = (struct disk_model){ .segment_size = segment_size,
				     .offset = BB_SEGMENT_BLOCKS + BB_BLOCK_ALIGN,
				     .spares = DISK_SEGMENTS - 1 };
	for (uint32_t i = 0; i < DISK_SEGMENTS; i++) {
		disk->now[i] = zeros(segment_size);
		disk->flushed[i] = zeros(segment_size);
	}
	bb_segment_encode(disk->now[0], head);
	memcpy(disk->now[0] + BB_SEGMENT_BLOCKS, genesis, BB_BLOCK_ALIGN);
	memcpy(disk->flushed[0], disk->now[0], disk->offset);
}

void
disk_end(struct disk_model *disk)
{
	for (uint32_t i = 0; i < DISK_SEGMENTS; i++) {
		free(disk->now[i]);
		free(disk->flushed[i]);
	}
}

static bool
reserve(void *context, uint64_t size, struct bb_disk_place *place)
{
	struct disk_model *disk = context;
	const bool first = size > disk->segment_size - disk->offset;

	if (first) {
		if (disk->spares == 0)
			return false;
		disk->spares--;
		disk->segment++;
		disk->offset = BB_SEGMENT_BLOCKS;
	}
	*place = (struct bb_disk_place){ .segment = disk->segment,
					 .offset = disk->offset,
					 .segment_size = disk->segment_size,
					 .first = first };
	disk_nonce(place->nonce, disk->segment);
	disk->offset += size;
	return true;
}

static void
submit(void *context, const struct bb_disk_write *write)
{
	struct disk_model *disk = context;
	uint8_t *segment = disk->now[write->place.segment];

	BB_ASSERT(disk->submitted - disk->done < DISK_JOBS);
	if (write->place.first)
		bb_segment_encode(segment, &write->head);
	memcpy(segment + write->place.offset, write->bytes, write->size);
	disk->jobs[disk->submitted++ % DISK_JOBS] = *write;
}

uint64_t
disk_flush(struct disk_model *disk, uint64_t count)
{
	uint64_t flushed = 0;

	for (; flushed < count && disk->done < disk->submitted; flushed++) {
		const struct bb_disk_write *job = &disk->jobs[disk->done++ % DISK_JOBS];
		uint8_t *segment = disk->flushed[job->place.segment];

		/* The block must not have changed since it was submitted. */
		BB_ASSERT(memcmp(disk->now[job->place.segment] + job->place.offset, job->bytes,
				 job->size) == 0);
		if (job->place.first)
			bb_segment_encode(segment, &job->head);
		memcpy(segment + job->place.offset, job->bytes, job->size);
		disk->durable_height = job->height;
	}
	return flushed;
}

static enum bb_result
poll(void *context, uint64_t *durable_height)
{
	const struct disk_model *disk = context;

	*durable_height = disk->durable_height;
	return disk->failed;
}

static const uint8_t *
look(void *context, uint64_t segment, uint64_t *size)
{
	const struct disk_model *disk = context;

	*size = disk->segment_size;
	return disk->flushed[segment];
}

struct bb_disk
disk_functions(struct disk_model *disk)
{
	return (struct bb_disk){ .context = disk,
				 .reserve = reserve,
				 .submit = submit,
				 .poll = poll,
				 .look = look };
}

uint64_t
disk_segments(const struct disk_model *disk, bool flushed,
	      struct bb_mapping segments[DISK_SEGMENTS])
{
	uint64_t count = 0;

	for (; count <= disk->segment; count++) {
		const uint8_t *bytes = flushed ? disk->flushed[count] : disk->now[count];

		/* A segment appears with its head. */
		if (bytes[0] == 0)
			break;
		segments[count] = (struct bb_mapping){ bytes, disk->segment_size };
	}
	return count;
}

struct bb_line *
disk_line(struct disk_model *disk, const struct world *world, uint64_t segment_size,
	  struct bb_chain *chain, struct bb_places *places, void **bytes)
{
	uint8_t genesis[BB_BLOCK_ALIGN];
	struct bb_block block;
	struct bb_segment head = { .size = segment_size, .epoch = BB_EPOCH_FIRST };
	const size_t size = bb_line_bytes(LINE_EVENTS) + bb_places_bytes(LINE_PARTICIPANTS);
	struct bb_arena arena;

	disk_nonce(head.nonce, 0);
	head.ledger_id = world->ledger_id;
	memcpy(head.signer_key, world->signer.public_key, BB_KEY_SIZE);
	world_chain(world, chain, genesis, head.nonce, &block);
	disk_begin(disk, segment_size, &head, genesis);
	*bytes = aligned_alloc(BB_ARENA_ALIGN, size);
	BB_ASSERT(*bytes != NULL);
	memset(*bytes, 0, size);
	bb_arena_init(&arena, *bytes, size);
	bb_places_init(places, &arena, LINE_PARTICIPANTS);
	const struct bb_disk functions = disk_functions(disk);
	return bb_line_init(&arena, LINE_EVENTS, chain, places, &world->signer, &functions);
}
