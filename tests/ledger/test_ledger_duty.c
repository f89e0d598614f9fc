/* test_ledger_duty - the line between real rings, over a real folder. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ring.h>

#include "base/bb_assert.h"
#include "ledger/bb_ledger_duty.h"
#include "tests/bb_test.h"
#include "tests/ledger/ledger_folder.h"

static struct world world;
static struct folder folder;
static struct bb_counters counters;
static struct bb_ledger_duty duty;
static struct bb_duty runs;
static struct bb_outcome outcomes[WORLD_OUTCOMES];

static void
begin(uint64_t seed, unsigned released_slots)
{
	folder_begin(&folder, &world, seed);
	BB_ASSERT(folder_open(&folder, &world.signer) == BB_OK);
	memset(&counters, 0, sizeof(counters));
	memset(&duty, 0, sizeof(duty));
	duty.ledger = folder.ledger;
	duty.counters = &counters;
	duty.close_bytes = 8000;
	duty.close_ns = 1000000;
	duty.outcomes = rte_ring_create_elem("outcomes", sizeof(outcomes[0]), 2048, SOCKET_ID_ANY,
					     RING_F_SP_ENQ | RING_F_SC_DEQ);
	duty.released = rte_ring_create_elem("released", sizeof(outcomes[0]), released_slots,
					     SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	BB_ASSERT(duty.outcomes != NULL && duty.released != NULL);
	runs = bb_ledger_duty(&duty);
}

static void
end(void)
{
	folder_close(&folder);
	folder_end(&folder);
	rte_ring_free(duty.outcomes);
	rte_ring_free(duty.released);
}

/* Takes up to room released outcomes; counts packets and events. */
static void
take(unsigned room, uint64_t *packets, uint64_t *events)
{
	struct bb_outcome got;

	while (room-- > 0 &&
	       rte_ring_sc_dequeue_elem(duty.released, &got, sizeof(got)) == 0) {
		if (bb_outcome_is_event(&got))
			(*events)++;
		else if (got.packet.kind == BB_OUTCOME_PACKET)
			(*packets)++;
	}
}

static void
run(unsigned inputs, unsigned room)
{
	uint64_t now_ns = WORLD_START_NS;
	uint64_t sent_events = 0;
	uint64_t packets = 0;
	uint64_t events = 0;

	for (unsigned i = 0; i < inputs; i++) {
		const uint32_t count = world_input(&world, outcomes);

		sent_events += count - 1;
		while (rte_ring_sp_enqueue_bulk_elem(duty.outcomes, outcomes, sizeof(outcomes[0]),
						     count, NULL) == 0) {
			(void)runs.poll(&duty, now_ns += 1000);
			take(room, &packets, &events);
		}
	}
	for (uint32_t turns = 0; turns < 1000000 && !runs.quiet(&duty); turns++) {
		(void)runs.poll(&duty, now_ns += 1000);
		take(room, &packets, &events);
		if (turns % 64 == 0)
			usleep(100);
	}
	CU_ASSERT_TRUE(runs.quiet(&duty));
	take(UINT32_MAX, &packets, &events);
	CU_ASSERT_EQUAL(packets, inputs);
	CU_ASSERT_EQUAL(events, sent_events);
}

static void
test_everything_that_came_in_comes_out_durable(void)
{
	struct bb_ledger_place place;

	begin(1, 2048);
	CU_ASSERT_TRUE(runs.quiet(&duty));
	run(300, 100);
	bb_ledger_durable(duty.ledger, &place);
	CU_ASSERT_EQUAL(place.number, 300);
	CU_ASSERT_EQUAL(bb_counted(&counters, BB_COUNT_BLOCKS), place.height);
	CU_ASSERT_TRUE(bb_counted(&counters, BB_COUNT_BLOCK_BYTES) >= place.height * 4096);
	CU_ASSERT_EQUAL(atomic_load(&duty.failed), BB_OK);
	end();
}

static void
test_a_full_egress_makes_it_wait(void)
{
	begin(2, 8);
	run(120, 3);
	end();
}

static void
test_a_failure_is_told_and_final(void)
{
	uint64_t packets = 0;
	uint64_t events = 0;

	begin(3, 2048);
	run(20, 100);
	/* A file that may only be read takes the place of the segment. */
	const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(file >= 0 && dup2(file, duty.ledger->store.file) >= 0);
	(void)close(file);
	const uint32_t count = world_input(&world, outcomes);
	CU_ASSERT_EQUAL(rte_ring_sp_enqueue_bulk_elem(duty.outcomes, outcomes, sizeof(outcomes[0]),
						      count, NULL),
			count);
	for (uint32_t i = 0; i < 1000 && atomic_load(&duty.failed) == BB_OK; i++) {
		(void)runs.poll(&duty, WORLD_START_NS);
		usleep(1000);
	}
	CU_ASSERT_EQUAL(atomic_load(&duty.failed), BB_ERR_IO);
	CU_ASSERT_FALSE(runs.quiet(&duty));
	take(UINT32_MAX, &packets, &events);
	CU_ASSERT_EQUAL(packets + events, 0);
	end();
}

static void
set_spares(enum bb_store_spare_state state)
{
	for (uint32_t i = 0; i < BB_STORE_SPARES; i++)
		atomic_store(&duty.ledger->store.spares[i].state, (int)state);
}

/* Polls for some time; returns how many outcomes still wait in the ring. */
static unsigned
left_after_polls(uint64_t *packets, uint64_t *events)
{
	for (uint32_t turns = 0; turns < 200; turns++) {
		(void)runs.poll(&duty, WORLD_START_NS + turns * 1000000);
		take(2048, packets, events);
		usleep(50);
	}
	return rte_ring_count(duty.outcomes);
}

/* As when the disk is full: there is no spare, and none can be made. */
static void
test_it_takes_nothing_long_before_the_last_segment_is_full(void)
{
	const struct bb_store *store = NULL;
	uint64_t sent = 0;
	uint64_t packets = 0;
	uint64_t events = 0;

	begin(4, 2048);
	store = &duty.ledger->store;
	while (bb_store_spares(store) < BB_STORE_SPARES)
		usleep(1000);
	set_spares(BB_SPARE_TAKEN);
	while (!bb_store_holds(store)) {
		const uint32_t count = world_input(&world, outcomes);

		sent += rte_ring_sp_enqueue_bulk_elem(duty.outcomes, outcomes, sizeof(outcomes[0]),
						      count, NULL);
		CU_ASSERT_EQUAL_FATAL(left_after_polls(&packets, &events), 0);
	}
	CU_ASSERT_TRUE(bb_store_room(store) < folder.segment_size / BB_HOLD_PART);
	CU_ASSERT_TRUE(bb_store_room(store) > folder.segment_size / BB_HOLD_PART / 2);
	CU_ASSERT_EQUAL(packets + events, sent);

	/* What comes now stays where it is, so that the rings fill up to the gate; */
	uint32_t count = world_input(&world, outcomes);
	(void)rte_ring_sp_enqueue_bulk_elem(duty.outcomes, outcomes, sizeof(outcomes[0]), count,
					    NULL);
	CU_ASSERT_EQUAL(left_after_polls(&packets, &events), count);
	/* until there is room, */
	set_spares(BB_SPARE_READY);
	CU_ASSERT_EQUAL(left_after_polls(&packets, &events), 0);
	CU_ASSERT_EQUAL(packets + events, sent + count);
	/* or a clean stop answers what was taken in the room that was kept for it. */
	set_spares(BB_SPARE_TAKEN);
	sent += count;
	count = world_input(&world, outcomes);
	(void)rte_ring_sp_enqueue_bulk_elem(duty.outcomes, outcomes, sizeof(outcomes[0]), count,
					    NULL);
	CU_ASSERT_EQUAL(left_after_polls(&packets, &events), count);
	atomic_store(&duty.stopping, true);
	CU_ASSERT_EQUAL(left_after_polls(&packets, &events), 0);
	CU_ASSERT_EQUAL(packets + events, sent + count);
	set_spares(BB_SPARE_READY);
	end();
}

int
main(void)
{
	char *options[] = { "test_ledger_duty", "--no-huge",      "--no-shconf",
			    "--no-pci",		"--no-telemetry", "-m",
			    "64",		"--log-level=error", NULL };
	CU_TestInfo tests[] = {
		{ "everything that came in comes out, durable",
		  test_everything_that_came_in_comes_out_durable },
		{ "a full egress makes it wait", test_a_full_egress_makes_it_wait },
		{ "a failure is told and final", test_a_failure_is_told_and_final },
		{ "it takes nothing long before the last segment is full",
		  test_it_takes_nothing_long_before_the_last_segment_is_full },
		CU_TEST_INFO_NULL,
	};

	if (rte_eal_init(8, options) < 0)
		bb_test_skip("DPDK does not start here");
	return bb_test_run("ledger_duty", tests);
}
