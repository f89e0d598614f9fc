#include <inttypes.h>
#include <string.h>

#include "ledger/bb_pass.h"
#include "ledger/bb_store.h"

/* The most events that one block can hold, as values. */
#define EVENTS_SIZE (BB_BLOCK_SIZE_MAX / BB_RESULT_SIZE * sizeof(struct bb_event))

struct visiting {
	uint64_t first;
	uint64_t last;
	bb_ledger_visit *visit;
	void *context;
	char *text;
	struct bb_event *events;
	struct bb_store_files files;
	struct bb_pass pass;
};

/* Visits one input; false: stop. */
static bool
visit_input(struct visiting *visiting, const struct bb_ledger_place *place,
	    const struct bb_block_input *input)
{
	struct bb_ledger_input told = { .height = place->height,
					.number = input->number,
					.time_ns = input->time_ns,
					.bytes = input->bytes,
					.size = input->size,
					.type = input->type,
					.events = visiting->events,
					.record = input->record,
					.record_size = input->record_size,
					.results = input->results };

	/* The chain has seen that each decodes. */
	while (told.event_count < input->result_count &&
	       bb_block_event(input, told.event_count, &visiting->events[told.event_count]))
		told.event_count++;
	return visiting->visit(visiting->context, place, &told);
}

static bool
visit_block(struct visiting *visiting, const struct bb_block *block)
{
	const struct bb_block_header *header = &block->header;
	struct bb_block_cursor walk =
		bb_block_walk(block->bytes + BB_BLOCK_HEADER_SIZE, header->body_size,
			      header->input_count, header->result_count);
	struct bb_ledger_place place;
	struct bb_block_input input;

	bb_chain_place(&visiting->pass.scan.chain, &place);
	if (!visiting->visit(visiting->context, &place, NULL))
		return false;
	while (bb_block_next(&walk, &input))
		if (!visit_input(visiting, &place, &input))
			return false;
	return true;
}

static enum bb_result
visit_all(struct visiting *visiting)
{
	static const struct bb_witness none = { .state = BB_WITNESS_NONE };
	const struct bb_store_files *files = &visiting->files;
	struct bb_pass *pass = &visiting->pass;
	struct bb_block block;
	enum bb_result result =
		bb_pass_start(pass, files->segments, files->segment_count,
			      bb_pass_segment(files->segments, files->segment_count,
					      visiting->first),
			      &none, visiting->text);

	pass->signatures = BB_PASS_EVERY;
	pass->tolerate_tail = true;
	while (result == BB_OK && (result = bb_pass_next(pass, &block)) == BB_OK) {
		if (block.header.height > visiting->last)
			return BB_OK;
		if (block.header.height >= visiting->first && !visit_block(visiting, &block))
			return BB_OK;
	}
	return result == BB_ERR_NOT_FOUND ? BB_OK : result;
}

enum bb_result
bb_ledger_each(const char *folder, uint64_t first, uint64_t last, bb_ledger_visit *visit,
	       void *context, char text[BB_LEDGER_TEXT])
{
	struct visiting *visiting = bb_store_memory(sizeof(*visiting));

	text[0] = '\0';
	if (visiting == NULL)
		return bb_ledger_say(text, BB_ERR_IO, "no memory");
	visiting->first = first;
	visiting->last = last;
	visiting->visit = visit;
	visiting->context = context;
	visiting->text = text;
	visiting->events = bb_store_memory(EVENTS_SIZE);
	enum bb_result result =
		visiting->events == NULL ?
			bb_ledger_say(text, BB_ERR_IO, "no memory") :
			bb_store_open(&visiting->files, folder, false, text);
	if (result == BB_OK) {
		result = visit_all(visiting);
		bb_store_close(&visiting->files);
	}
	bb_store_release(visiting->events, EVENTS_SIZE);
	bb_store_release(visiting, sizeof(*visiting));
	return result;
}
