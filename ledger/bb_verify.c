#define _GNU_SOURCE /* madvise */
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bb_assert.h"
#include "ledger/bb_audit.h"
#include "ledger/bb_store.h"

#define HUGE_PAGE (UINT64_C(2) << 20)

/* Memory that an audit needs, mapped as one: a piece costs nothing until it is touched. */
enum piece { KEYS, TABLES, BASE, SCRATCH, SIGNERS, BATCHES, BYTES, PIECES };

struct verifying {
	struct bb_audit audit;
	struct bb_genesis genesis;
	struct bb_store_files files;
	char *text;
	uint64_t batch_bytes;
	uint8_t *memory;
	uint64_t memory_size;
};

static uint64_t
round_up(uint64_t size)
{
	return (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

/* The largest block that the files can hold, and what the batch holds before it. */
static uint64_t
batch_bytes(const struct bb_store_files *files)
{
	uint64_t largest = 0;

	for (uint64_t i = 0; i < files->segment_count; i++)
		if (files->segments[i].size > largest)
			largest = files->segments[i].size;
	return BB_AUDIT_CLOSE_BYTES + (largest < BB_BLOCK_SIZE_MAX ? largest : BB_BLOCK_SIZE_MAX);
}

static uint64_t
size_of_tables(const struct verifying *verifying, const struct bb_comb *comb)
{
	const uint64_t table = bb_comb_entries(comb) * sizeof(struct bb_entry);
	const uint64_t all = (verifying->genesis.size.participants + UINT64_C(1)) * table;

	return all < BB_AUDIT_TABLES_BYTES ? all : BB_AUDIT_TABLES_BYTES;
}

/* Takes all memory at once; every piece begins at a multiple of a huge page. */
static enum bb_result
take_memory(struct verifying *verifying)
{
	struct bb_audit *audit = &verifying->audit;
	const uint32_t participants = verifying->genesis.size.participants;
	const struct bb_comb comb = bb_audit_comb(participants);
	const uint64_t sizes[PIECES] = {
		[KEYS] = (participants + UINT64_C(1)) * sizeof(struct bb_audit_key),
		[TABLES] = size_of_tables(verifying, &comb),
		[BASE] = bb_burst_base_bytes(),
		[SCRATCH] = bb_burst_scratch_bytes(),
		[SIGNERS] = audit->signer_count * sizeof(struct bb_audit_signer),
		[BATCHES] = audit->batch_count * sizeof(struct bb_audit_batch),
		[BYTES] = audit->batch_count * round_up(verifying->batch_bytes),
	};
	uint64_t offsets[PIECES];
	uint64_t total = HUGE_PAGE; /* to begin at a multiple of its size */

	for (uint32_t i = 0; i < PIECES; i++) {
		offsets[i] = total;
		total += round_up(sizes[i]);
	}
	verifying->memory_size = total;
	verifying->memory = bb_store_memory(total);
	if (verifying->memory == NULL)
		return bb_ledger_say(verifying->text, BB_ERR_IO,
				     "no memory: %" PRIu64 " MiB of addresses; fewer cores need "
				     "less", total >> 20);
	uint8_t *first = verifying->memory - (uintptr_t)verifying->memory % HUGE_PAGE;
	/* Tables are read at random, and small pages would miss the TLB each time. */
	(void)madvise(first + offsets[TABLES], offsets[SIGNERS] - offsets[TABLES], MADV_HUGEPAGE);
	audit->keys.keys = (struct bb_audit_key *)(void *)(first + offsets[KEYS]);
	audit->keys.comb = comb;
	audit->keys.entries = (struct bb_entry *)(void *)(first + offsets[TABLES]);
	audit->keys.tables_max =
		(uint32_t)(sizes[TABLES] / (bb_comb_entries(&comb) * sizeof(struct bb_entry)));
	audit->keys.base = (struct bb_entry *)(void *)(first + offsets[BASE]);
	audit->keys.base_scratch = (struct bb_point *)(void *)(first + offsets[SCRATCH]);
	audit->signers = (struct bb_audit_signer *)(void *)(first + offsets[SIGNERS]);
	audit->batches = (struct bb_audit_batch *)(void *)(first + offsets[BATCHES]);
	for (uint32_t i = 0; i < audit->batch_count; i++)
		audit->batches[i].bytes =
			first + offsets[BYTES] + i * round_up(verifying->batch_bytes);
	return BB_OK;
}

/* The signers: all cores but those that read and replay. */
static uint32_t
signers_for(const struct bb_ledger_options *options)
{
	const uint32_t others = options->replay ? 2 : 1;

	if (options->cores <= others)
		return 1;
	return options->cores - others < BB_AUDIT_SIGNERS_MAX ? options->cores - others
							      : BB_AUDIT_SIGNERS_MAX;
}

static enum bb_result
start(struct verifying *verifying, const struct bb_ledger_options *options,
      struct bb_arena *arena)
{
	struct bb_audit *audit = &verifying->audit;
	const struct bb_store_files *files = &verifying->files;
	const uint64_t first =
		bb_pass_segment(files->segments, files->segment_count, options->from);
	struct bb_witness witness = files->witness;

	verifying->batch_bytes = batch_bytes(files);
	audit->signer_count = signers_for(options);
	audit->batch_count = options->cores > 1 ? audit->signer_count + 4 : 1;
	enum bb_result result = take_memory(verifying);
	if (result != BB_OK)
		return result;
	audit->options = options;
	audit->keys.participants = verifying->genesis.size.participants;
	if (options->libsodium)
		audit->keys.entries = NULL;
	for (uint32_t i = 0; i < audit->signer_count; i++) {
		audit->signers[i].keys = &audit->keys;
		audit->signers[i].wanted = options->signatures;
	}
	audit->replayer.arena = options->replay ? arena : NULL;
	bb_store_random((uint8_t *)&audit->replayer.hash_key, sizeof(audit->replayer.hash_key));
	audit->reader.options = options;
	audit->reader.keys = &audit->keys;

	struct bb_pass *pass = &audit->reader.pass;
	/* A block before the entrance is not met: nothing can be told by it. */
	if (witness.state == BB_WITNESS_AHEAD && witness.watermark.segment < first)
		witness.state = BB_WITNESS_NONE;
	result = bb_pass_start(pass, files->segments, files->segment_count,
			       first, &witness, verifying->text);
	pass->signatures =
		options->signatures == BB_LEDGER_RECENT ? BB_PASS_RECENT : BB_PASS_NONE;
	pass->tolerate_tail = options->tolerate_tail;
	pass->still = !options->tolerate_tail;
	pass->strict_heads = true;
	bb_audit_keys_expect(&audit->keys, pass->bytes_total);
	audit->report->first_height = pass->scan.chain.next_height;
	if (result == BB_OK && pass->scan.chain.next_height > 0)
		BB_ASSERT(bb_audit_keys_add(&audit->keys, 0, verifying->genesis.signer_key, 0));
	return result;
}

/* Sums up what all have counted. */
static void
sum_up(const struct verifying *verifying)
{
	const struct bb_audit *audit = &verifying->audit;
	struct bb_ledger_report *report = audit->report;
	const struct bb_pass *pass = &audit->reader.pass;

	report->blocks = pass->blocks;
	report->inputs = pass->inputs;
	report->bytes = pass->bytes_done;
	report->market = audit->replayer.market;
	for (uint32_t i = 0; i < audit->signer_count; i++) {
		const struct bb_audit_signer *signer = &audit->signers[i];

		report->commands += signer->commands;
		report->signatures += signer->signatures;
		report->signatures_fast += signer->fast;
		report->work_ns[BB_LEDGER_SIGNATURES] += signer->work_ns;
	}
}

static enum bb_result
judge(const struct verifying *verifying)
{
	const struct bb_audit *audit = &verifying->audit;
	const struct bb_ledger_options *options = audit->options;
	const struct bb_audit_finding *finding = bb_audit_verdict(audit);
	struct bb_ledger_report *report = audit->report;

	if (finding != NULL) {
		report->place = finding->place;
		report->difference = finding->difference;
		memcpy(verifying->text, finding->text, BB_LEDGER_TEXT);
		return finding->result;
	}
	bb_chain_place(&audit->reader.pass.scan.chain, &report->place);
	if (options->from > report->place.height)
		return bb_ledger_say(verifying->text, BB_ERR_NOT_FOUND,
				     "there is no block %" PRIu64 ": the last one is %" PRIu64,
				     options->from, report->place.height);
	if (options->progress != NULL)
		options->progress(options->context, audit->reader.pass.bytes_total,
				  audit->reader.pass.bytes_total, report->blocks, report->inputs);
	return BB_OK;
}

static enum bb_result
verify(struct verifying *verifying, const char *folder, const struct bb_ledger_options *options,
       struct bb_arena *arena)
{
	enum bb_result result = bb_store_open(&verifying->files, folder, false, verifying->text);

	if (result != BB_OK)
		return result;
	/* If it cannot be read the audit says so, with the place. */
	if (bb_ledger_genesis(folder, &verifying->genesis, verifying->text) != BB_OK)
		verifying->genesis = (struct bb_genesis){ 0 };
	verifying->text[0] = '\0';
	result = start(verifying, options, arena);
	if (result == BB_OK) {
		bb_audit_run(&verifying->audit, options->cores > 1);
		sum_up(verifying);
		result = judge(verifying);
	}
	bb_store_close(&verifying->files);
	bb_store_release(verifying->memory, verifying->memory_size);
	return result;
}

enum bb_result
bb_ledger_verify(const char *folder, const struct bb_ledger_options *options,
		 struct bb_arena *arena, struct bb_ledger_report *report,
		 char text[BB_LEDGER_TEXT])
{
	const uint64_t began_ns = bb_store_elapsed_ns();
	struct verifying *verifying = bb_store_memory(sizeof(*verifying));

	text[0] = '\0';
	*report = (struct bb_ledger_report){ 0 };
	BB_ASSERT(!options->replay || arena != NULL);
	/* Participants' keys and the market are known from genesis on alone. */
	BB_ASSERT(options->from == 0 ||
		  (!options->replay && options->signatures != BB_LEDGER_ALL));
	if (verifying == NULL)
		return bb_ledger_say(text, BB_ERR_IO, "no memory");
	verifying->text = text;
	verifying->audit.report = report;
	const enum bb_result result = verify(verifying, folder, options, arena);
	bb_store_release(verifying, sizeof(*verifying));
	report->elapsed_ns = bb_store_elapsed_ns() - began_ns;
	return result;
}
