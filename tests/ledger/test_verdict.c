/* test_verdict - what an audit says of a venue that lies: the first lie, where it is and what
 * differs; and one thread says word for word what many say. */
#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_audit.h"
#include "tests/bb_test.h"
#include "tests/ledger/ledger_lies.h"

#define INPUTS 200u /* a block each: several batches */
#define MANY   900u /* more than BB_AUDIT_WARM and BB_AUDIT_WORN each */

static const enum bb_result results[LIES] = {
	[LIE_BYTE] = BB_ERR_CORRUPT,     [LIE_BLOCK] = BB_ERR_BLOCK_SIGNATURE,
	[LIE_PACKET] = BB_ERR_SIGNATURE, [LIE_EVENT] = BB_ERR_REPLAY,
	[LIE_MORE] = BB_ERR_REPLAY,      [LIE_FEWER] = BB_ERR_REPLAY,
};

static struct lies lies;
static struct folder *const folder = &lies.folder;

static enum bb_result
audit(const struct bb_ledger_options *options, struct bb_ledger_report *report)
{
	const size_t size = bb_market_bytes(&lies.world.genesis.size);
	void *bytes = aligned_alloc(BB_ARENA_ALIGN, size);
	struct bb_arena arena;

	BB_ASSERT(bytes != NULL);
	memset(bytes, 0, size);
	bb_arena_init(&arena, bytes, size);
	const enum bb_result result =
		bb_ledger_verify(folder->path, options, &arena, report, folder->text);
	free(bytes);
	return result;
}

static enum bb_result
replay(uint32_t cores, struct bb_ledger_report *report)
{
	const struct bb_ledger_options options = { .signatures = BB_LEDGER_ALL,
						   .replay = true,
						   .cores = cores };
	return audit(&options, report);
}

static bool
names_block(uint64_t height)
{
	char wanted[64];

	(void)snprintf(wanted, sizeof(wanted), "block %" PRIu64 " in " LIES_NAME, height);
	return strstr(folder->text, wanted) != NULL;
}

static void
test_an_honest_ledger_passes_with_any_number_of_cores(void)
{
	struct bb_ledger_report report;

	lies_begin(&lies, 1);
	lies_tell(&lies, INPUTS);
	for (uint32_t cores = 0; cores <= 6; cores += 2) {
		CU_ASSERT_EQUAL(replay(cores, &report), BB_OK);
		CU_ASSERT_EQUAL(report.blocks, INPUTS + 1);
		CU_ASSERT_EQUAL(report.inputs, INPUTS);
		CU_ASSERT_EQUAL(report.signatures, 2 * INPUTS + 1 - lies.ticks);
		CU_ASSERT_EQUAL(report.place.height, INPUTS);
		CU_ASSERT_EQUAL(report.threads, cores < 2 ? 1 : cores < 4 ? 3 : cores);
		CU_ASSERT_TRUE(report.commands >= INPUTS);
		CU_ASSERT_PTR_NULL(report.difference.what);
		CU_ASSERT_PTR_NOT_NULL(report.market);
	}
	lies_end(&lies);
}

/* Two lies at most heights would hide each other: some runs have few, some many. */
static void
plant(struct bb_random *random)
{
	const uint32_t count = 1 + bb_random_below(random, 4);

	for (uint32_t i = 0; i < count; i++)
		lies.plan[LIES_OPERATED + 1 + bb_random_below(random, INPUTS - LIES_OPERATED - 1)] =
			(enum lie)(1 + bb_random_below(random, LIES - 1));
}

static void
less_rests(struct bb_event *event)
{
	event->remaining_wh ^= 1;
}

static bool
same_difference(const struct bb_ledger_difference *a, const struct bb_ledger_difference *b)
{
	return a->what == b->what && a->number == b->number && a->event == b->event &&
	       a->values.field == b->values.field && a->values.recorded == b->values.recorded &&
	       a->values.replayed == b->values.replayed;
}

static void
test_one_thread_and_many_name_the_first_lie(void)
{
	struct bb_random random = { 20 };

	for (uint32_t run = 0; run < 14; run++) {
		struct bb_ledger_report alone;
		struct bb_ledger_report together;
		char said[BB_LEDGER_TEXT];

		lies_begin(&lies, 100 + run);
		lies.change = less_rests;
		plant(&random);
		lies_tell(&lies, INPUTS);
		const uint64_t first = lies_first(&lies);
		CU_ASSERT_EQUAL(replay(1, &alone), results[lies.plan[first]]);
		CU_ASSERT_TRUE(names_block(first));
		CU_ASSERT_EQUAL(alone.place.height, first - 1);
		memcpy(said, folder->text, sizeof(said));
		for (uint32_t cores = 2; cores <= 6; cores += 2) {
			CU_ASSERT_EQUAL(replay(cores, &together), results[lies.plan[first]]);
			CU_ASSERT_STRING_EQUAL(folder->text, said);
			CU_ASSERT_EQUAL(memcmp(&together.place, &alone.place, sizeof(alone.place)),
					0);
			CU_ASSERT_TRUE(same_difference(&together.difference, &alone.difference));
		}
		lies_end(&lies);
	}
}

static void
test_one_thread_and_many_agree_on_any_flipped_byte(void)
{
	struct bb_random random = { 21 };
	struct bb_ledger_report report;
	uint64_t used = LIES_SEGMENT;

	lies_begin(&lies, 2);
	lies_tell(&lies, INPUTS);
	while (lies.segment[used - 1] == 0)
		used--;
	for (uint32_t probe = 0; probe < 30; probe++) {
		const uint64_t at = bb_random_below(&random, (uint32_t)used);
		const uint8_t bit = (uint8_t)(1u << bb_random_below(&random, 8));
		const uint8_t flipped = lies.segment[at] ^ bit;
		char said[BB_LEDGER_TEXT];

		folder_poke(folder, LIES_NAME, at, &flipped, 1);
		const enum bb_result alone = replay(1, &report);
		const uint64_t height = report.place.height;
		CU_ASSERT_NOT_EQUAL(alone, BB_OK);
		memcpy(said, folder->text, sizeof(said));
		CU_ASSERT_EQUAL(replay(4, &report), alone);
		CU_ASSERT_STRING_EQUAL(folder->text, said);
		CU_ASSERT_EQUAL(report.place.height, height);
		folder_poke(folder, LIES_NAME, at, &lies.segment[at], 1);
	}
	CU_ASSERT_EQUAL(replay(4, &report), BB_OK);
	lies_end(&lies);
}

static void change_record(struct bb_event *event) { event->record ^= 1; }
static void change_result(struct bb_event *event) { event->result ^= 1; }
static void change_participant(struct bb_event *event) { event->participant ^= 1; }
static void change_order(struct bb_event *event) { event->order_id ^= UINT64_C(1) << 40; }
static void change_other(struct bb_event *event) { event->counterparty ^= 4; }
static void change_other_order(struct bb_event *event) { event->counter_order_id ^= 1; }
static void change_product(struct bb_event *event) { event->product ^= 1; }
static void change_side(struct bb_event *event) { event->side ^= 1; }
static void change_price(struct bb_event *event) { event->price = -event->price - 7; }
static void change_quantity(struct bb_event *event) { event->quantity_wh ^= 1; }
static void
change_kind(struct bb_event *event)
{
	event->kind = event->kind == BB_EVENT_HALTED ? BB_EVENT_RESUMED : BB_EVENT_HALTED;
}

static void
test_each_field_of_an_event_is_named_with_both_values(void)
{
	static const struct {
		const char *field;
		void (*change)(struct bb_event *event);
	} cases[] = {
		{ "record", change_record },       { "kind", change_kind },
		{ "result", change_result },       { "participant", change_participant },
		{ "order_id", change_order },      { "counterparty", change_other },
		{ "counter_order_id", change_other_order }, { "product", change_product },
		{ "side", change_side },           { "price", change_price },
		{ "quantity_wh", change_quantity }, { "remaining_wh", less_rests },
	};
	const uint64_t height = 40;

	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bb_ledger_report report;
		char both[128];

		lies_begin(&lies, 50);
		lies.plan[height] = LIE_EVENT;
		lies.change = cases[i].change;
		lies_tell(&lies, 60);
		CU_ASSERT_EQUAL(replay(1, &report), BB_ERR_REPLAY);
		const struct bb_ledger_values *values = &report.difference.values;
		CU_ASSERT_TRUE(names_block(height));
		CU_ASSERT_STRING_EQUAL(report.difference.what, "event differs");
		CU_ASSERT_EQUAL(report.difference.number, height);
		CU_ASSERT_EQUAL(report.difference.event, 0);
		CU_ASSERT_STRING_EQUAL(values->field, cases[i].field);
		CU_ASSERT_NOT_EQUAL(values->recorded, values->replayed);
		(void)snprintf(both, sizeof(both), "%s is %" PRId64 " in the ledger, %" PRId64,
			       cases[i].field, (int64_t)values->recorded,
			       (int64_t)values->replayed);
		CU_ASSERT_PTR_NOT_NULL(strstr(folder->text, both));
		lies_end(&lies);
	}
}

/* Every byte of an encoded event belongs to a field; number and reserved bytes, which the
 * chain does not let pass, included. */
static void
test_no_byte_of_an_event_can_differ_unnamed(void)
{
	const struct bb_event event = { .number = 7, .order_id = 8, .price = -5, .kind = 3 };
	struct bb_ledger_values values;
	uint8_t recorded[BB_EVENT_BYTES];
	uint8_t replayed[BB_EVENT_BYTES];

	bb_event_encode(recorded, &event);
	memcpy(replayed, recorded, sizeof(replayed));
	CU_ASSERT_FALSE(bb_replay_compare(recorded, replayed, &values));
	CU_ASSERT_PTR_NULL(values.field);
	for (uint32_t i = 0; i < BB_EVENT_BYTES; i++) {
		replayed[i] ^= 0x80;
		CU_ASSERT_TRUE(bb_replay_compare(recorded, replayed, &values));
		CU_ASSERT_NOT_EQUAL(values.recorded, values.replayed);
		CU_ASSERT_EQUAL(values.is_signed, strcmp(values.field, "price") == 0);
		if (strcmp(values.field, "price") == 0)
			CU_ASSERT_EQUAL((int64_t)values.recorded, -5);
		replayed[i] ^= 0x80;
	}
	replayed[0] ^= 1;
	CU_ASSERT_TRUE(bb_replay_compare(recorded, replayed, &values));
	CU_ASSERT_STRING_EQUAL(values.field, "number");
	replayed[0] ^= 1;
	replayed[55] ^= 1;
	CU_ASSERT_TRUE(bb_replay_compare(recorded, replayed, &values));
	CU_ASSERT_STRING_EQUAL(values.field, "reserved");
}

static void
test_events_too_many_or_too_few_are_counted(void)
{
	for (uint32_t more = 0; more < 2; more++) {
		struct bb_ledger_report report;

		lies_begin(&lies, 51);
		lies.plan[40] = more == 1 ? LIE_MORE : LIE_FEWER;
		lies_tell(&lies, 60);
		CU_ASSERT_EQUAL(replay(1, &report), BB_ERR_REPLAY);
		const struct bb_ledger_values *values = &report.difference.values;
		CU_ASSERT_STRING_EQUAL(values->field, "events");
		CU_ASSERT_EQUAL(report.difference.number, 40);
		if (more == 1)
			CU_ASSERT_EQUAL(values->recorded, values->replayed + 1);
		if (more == 0)
			CU_ASSERT_EQUAL(values->recorded + 1, values->replayed);
		lies_end(&lies);
	}
}

static void
test_verify_finds_lies_about_signatures_without_a_market(void)
{
	const struct bb_ledger_options all = { .signatures = BB_LEDGER_ALL, .cores = 2 };
	const struct bb_ledger_options blocks = { .signatures = BB_LEDGER_BLOCKS, .cores = 2 };
	struct bb_ledger_report report;

	lies_begin(&lies, 3);
	lies.plan[30] = LIE_PACKET;
	lies.plan[50] = LIE_BLOCK;
	lies_tell(&lies, 60);
	CU_ASSERT_EQUAL(audit(&all, &report), BB_ERR_SIGNATURE);
	CU_ASSERT_TRUE(names_block(lies_first(&lies)));
	CU_ASSERT_PTR_NOT_NULL(strstr(folder->text, ": the signature of participant"));
	CU_ASSERT_PTR_NULL(report.market);
	CU_ASSERT_EQUAL(audit(&blocks, &report), BB_ERR_BLOCK_SIGNATURE);
	CU_ASSERT_TRUE(names_block(50));
	lies_end(&lies);

	lies_begin(&lies, 3);
	lies.plan[30] = LIE_PACKET;
	lies_tell(&lies, 60);
	CU_ASSERT_EQUAL(audit(&blocks, &report), BB_OK);
	CU_ASSERT_EQUAL(report.signatures, 61);
	lies_end(&lies);
}

static void
test_bursts_and_libsodium_judge_alike(void)
{
	struct bb_ledger_options options = { .signatures = BB_LEDGER_ALL };
	struct bb_ledger_report report;

	for (uint32_t forged = 0; forged < 2; forged++) {
		const enum bb_result wanted = forged == 1 ? BB_ERR_SIGNATURE : BB_OK;

		lies_begin(&lies, 4);
		lies.plan[MANY - 5] = forged == 1 ? LIE_PACKET : LIE_NONE;
		lies_tell(&lies, MANY);
		for (uint32_t cores = 1; cores <= 4; cores += 3) {
			options.cores = cores;
			options.libsodium = false;
			CU_ASSERT_EQUAL(audit(&options, &report), wanted);
			/* Of many, others may be done before one has made the tables. */
			CU_ASSERT_TRUE(cores > 1 || report.signatures_fast > MANY / 2);
			CU_ASSERT_TRUE(forged == 0 || names_block(lies_first(&lies)));
			options.libsodium = true;
			CU_ASSERT_EQUAL(audit(&options, &report), wanted);
			CU_ASSERT_EQUAL(report.signatures_fast, 0);
			CU_ASSERT_TRUE(forged == 0 || names_block(lies_first(&lies)));
		}
		lies_end(&lies);
	}
}

/* The operator's packet says whom it adds, and the event must say the same. */
static void
change_added(struct bb_event *event)
{
	event->participant = 15;
}

static void
test_a_key_is_registered_by_the_packet_that_brought_it(void)
{
	const struct bb_ledger_options options = { .signatures = BB_LEDGER_ALL };
	struct bb_ledger_report report;

	lies_begin(&lies, 5);
	lies.plan[3] = LIE_EVENT;
	lies.change = change_added;
	lies_tell(&lies, 60);
	CU_ASSERT_EQUAL(audit(&options, &report), BB_ERR_REPLAY);
	CU_ASSERT_TRUE(names_block(3));
	CU_ASSERT_PTR_NOT_NULL(strstr(folder->text, "cannot have registered participant 15"));
	lies_end(&lies);
}

static void
is_refused(struct bb_event *event)
{
	event->kind = BB_EVENT_REFUSED;
}

static void
test_a_participant_must_be_registered_before_it_sends(void)
{
	const struct bb_ledger_options options = { .signatures = BB_LEDGER_ALL };
	struct bb_ledger_report report;
	uint64_t first = LIES_OPERATED + 1;

	/* The last trader's registration is told as a refusal. */
	lies_begin(&lies, 6);
	lies.plan[WORLD_TRADERS] = LIE_EVENT;
	lies.change = is_refused;
	lies_tell(&lies, 60);
	while (lies.world.packets[first - 1]->bid.participant != 1 + WORLD_TRADERS)
		first++;
	CU_ASSERT_EQUAL(audit(&options, &report), BB_ERR_REPLAY);
	CU_ASSERT_TRUE(names_block(first));
	CU_ASSERT_PTR_NOT_NULL(strstr(folder->text, "unknown participant"));
	lies_end(&lies);
}

static void
test_a_scan_can_look_at_a_copy(void)
{
	uint8_t *copy = malloc(BB_BLOCK_SIZE_MAX);
	struct bb_chain chain;
	struct bb_scan scan;
	struct bb_block block;
	uint32_t damaged = 0;

	BB_ASSERT(copy != NULL);
	lies_begin(&lies, 7);
	lies_tell(&lies, 3);
	bb_chain_start(&chain);
	bb_scan_start(&scan, &chain);
	scan.copy = copy;
	CU_ASSERT_EQUAL(bb_scan_segment(&scan, lies.segment, LIES_SEGMENT, 0, &damaged), BB_OK);
	for (uint32_t height = 0; height <= 3; height++) {
		CU_ASSERT_EQUAL(bb_scan_next(&scan, &block), BB_OK);
		CU_ASSERT_PTR_EQUAL(block.bytes, copy);
		CU_ASSERT_EQUAL(block.header.height, height);
		CU_ASSERT_EQUAL(memcmp(copy, lies.segment + scan.offset - block.header.total_size,
				       block.header.total_size),
				0);
	}
	CU_ASSERT_EQUAL(bb_scan_next(&scan, &block), BB_ERR_NOT_FOUND);
	free(copy);
	lies_end(&lies);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an honest ledger passes with any number of cores",
		  test_an_honest_ledger_passes_with_any_number_of_cores },
		{ "one thread and many name the first lie",
		  test_one_thread_and_many_name_the_first_lie },
		{ "one thread and many agree on any flipped byte",
		  test_one_thread_and_many_agree_on_any_flipped_byte },
		{ "each field of an event is named with both values",
		  test_each_field_of_an_event_is_named_with_both_values },
		{ "no byte of an event can differ unnamed",
		  test_no_byte_of_an_event_can_differ_unnamed },
		{ "events too many or too few are counted",
		  test_events_too_many_or_too_few_are_counted },
		{ "verify finds lies about signatures without a market",
		  test_verify_finds_lies_about_signatures_without_a_market },
		{ "bursts and libsodium judge alike", test_bursts_and_libsodium_judge_alike },
		{ "a key is registered by the packet that brought it",
		  test_a_key_is_registered_by_the_packet_that_brought_it },
		{ "a participant must be registered before it sends",
		  test_a_participant_must_be_registered_before_it_sends },
		{ "a scan can look at a copy", test_a_scan_can_look_at_a_copy },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("verdict", tests);
}
