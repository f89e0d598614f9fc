#include "tests/sim_appliance/sim_probe.h"

#include <inttypes.h>
#include <string.h>

#include "base/bb_assert.h"

/* How a life ends. */
enum end { STOP, KILL, POWER, DISK, ENDS };

struct run {
	struct bb_random random;
	struct sim_disk disk;
	struct sim_truth truth;
	struct sim_people people;
	struct sim_venue venue;
	struct sim_probe probe;
	uint64_t now_ns;
	uint32_t silent; /* steps in which nobody writes: for heartbeats */
	bool stopped;    /* the last life ended by a clean stop */
};

static struct run run;

/* Opens, and again if the power fails meanwhile. */
static void
open_venue(void)
{
	while (true) {
		if (run.truth.chain_end > 1 && sim_one_in(&run.random, 4))
			run.disk.operations_left = 1 + bb_random_below(&run.random, 6);
		const enum bb_result result = sim_venue_open(&run.venue, run.now_ns);

		run.disk.operations_left = 0;
		if (result == BB_OK)
			break;
		sim_report->figures.restart_crashes++;
		run.stopped = false;
		run.now_ns += SIM_MILLISECOND;
		if (sim_one_in(&run.random, 2))
			sim_disk_crash(&run.disk, &run.random);
		else
			run.disk.dead = false;
	}
	if (run.stopped && run.venue.recover.pass.torn_bytes > 0)
		sim_fail("the ledger is torn after a clean stop");
	run.stopped = false;
	sim_report->figures.lives++;
}

/* One step of everything; each part goes on or not, as chance will have it. */
static void
step(bool people)
{
	struct sim_venue *venue = &run.venue;

	sim_report->step++;
	run.now_ns += bb_random_below(&run.random, (uint32_t)SIM_MILLISECOND);
	if (run.silent > 0)
		run.silent--;
	else if (!run.people.calm && sim_one_in(&run.random, 1000))
		run.silent = 600;
	if (people && run.silent == 0 && sim_one_in(&run.random, 2))
		sim_people_act(&run.people, run.now_ns);
	if (people && !run.people.calm && sim_one_in(&run.random, 40))
		sim_venue_tick(venue);
	if (people && sim_day_is(&venue->day) && sim_one_in(&run.random, 4) &&
	    sim_venue_due(venue, run.now_ns))
		sim_venue_tick(venue);
	if (people && sim_one_in(&run.random, 2))
		(void)sim_venue_ingest(venue, run.now_ns);
	if (sim_one_in(&run.random, 2))
		while (sim_venue_match(venue, run.now_ns) && !sim_one_in(&run.random, 4))
			;
	if (sim_one_in(&run.random, 2))
		(void)sim_venue_ledger(venue, run.now_ns);
	(void)sim_store_flush(&venue->store, run.now_ns);
	(void)sim_store_keep(&venue->store, run.now_ns);
	if (people && sim_one_in(&run.random, 300))
		sim_snapshots_make(&venue->snapshots, &run.disk, run.now_ns);
	/* At rest, between two inputs, the books can be laid beside the model's. */
	if (bb_matcher_ready(&venue->matcher) && sim_one_in(&run.random, 64))
		sim_books_compare(&venue->books, venue->market);
}

/* A clean stop writes and answers all that was taken.  If the disk is full it stays so: what is
 * on its way must fit, unless there was no room for it when this life began; then busbard gives
 * up after a while, which is a kill. */
static void
stop(void)
{
	struct sim_venue *venue = &run.venue;
	const bool full = run.disk.scarce && run.now_ns < venue->store.full_until_ns;
	uint32_t left = 5000;

	sim_report->figures.full_stops += full;
	if (full)
		venue->store.full_until_ns = UINT64_MAX;
	venue->stopping = true;
	while (!sim_venue_quiet(venue)) {
		step(false);
		if (venue->line->failed != BB_OK)
			sim_fail("the line fails although the disk does not");
		if (!full || left-- > 0)
			continue;
		if (!venue->cramped)
			sim_fail("what was taken before the disk was full finds no room now");
		sim_report->figures.kills++;
		return;
	}
	sim_store_rest(&venue->store, &run.now_ns);
	run.stopped = true;
	sim_report->figures.stops++;
}

/* The disk fails at one of the next operations; then nothing may leave any more. */
static void
fail_disk(void)
{
	struct sim_store *store = &run.venue.store;
	uint32_t left = 600;

	store->fails_in = 1 + bb_random_below(&run.random, 20);
	while (store->failed == BB_OK && left-- > 0)
		step(true);
	if (store->failed == BB_OK) {
		sim_report->figures.kills++;
		return;
	}
	for (uint32_t i = 0; i < 20; i++)
		step(true);
	if (run.venue.line->failed == BB_OK)
		sim_fail("the disk has failed, and the line goes on");
	/* Read from the disk itself after that: what the kernel remembers is no proof. */
	run.disk.dead = false;
	sim_report->figures.disk_failures++;
}

static void
end_life(void)
{
	/* A full disk is worth a clean stop. */
	const bool full = run.disk.scarce && run.now_ns < run.venue.store.full_until_ns;
	const uint32_t drawn = bb_random_below(&run.random, ENDS);

	switch (full && sim_one_in(&run.random, 2) ? STOP : (enum end)drawn) {
	case STOP:
		stop();
		break;
	case KILL:
		sim_report->figures.kills++;
		break;
	case DISK:
		fail_disk();
		if (sim_one_in(&run.random, 2))
			break;
		/* fall through */
	case POWER:
	case ENDS:
		sim_disk_crash(&run.disk, &run.random);
		sim_report->figures.power_failures++;
		break;
	}
	sim_venue_close(&run.venue);
	run.now_ns += bb_random_below(&run.random, 50 * (uint32_t)SIM_MILLISECOND);
}

static void
live(uint32_t steps)
{
	open_venue();
	for (uint32_t i = 0; i < steps; i++) {
		step(true);
		if (sim_one_in(&run.random, run.disk.pending_count > 0 ? 8 : 64))
			sim_probe_look(&run.probe, run.now_ns);
		/* Lives like to end between two segments. */
		if (run.venue.store.flusher >= SIM_HEAD_SYNC &&
		    run.venue.store.flusher <= SIM_NAME_SYNC && sim_one_in(&run.random, 32))
			break;
	}
	end_life();
}

/* The network is perfect, the disk has room, and nobody begins anything new: now everyone must
 * get an answer. */
static void
live_calmly(void)
{
	uint32_t participant = 0;
	uint64_t sequence = 0;
	uint32_t left = 40000;

	run.people.calm = true;
	run.disk.scarce = false;
	run.silent = 0;
	open_venue();
	while (sim_people_waiting(&run.people, &participant, &sequence) > 0) {
		step(true);
		if (left-- == 0)
			sim_fail("packet %" PRIu64 " of participant %u is sent again and again, "
				 "and never answered", sequence, participant);
	}
	stop();
	sim_books_compare(&run.venue.books, run.venue.market);
	bb_market_check(run.venue.market);
	sim_venue_close(&run.venue);
	open_venue();
	sim_venue_close(&run.venue);
}

void
sim_run(void)
{
	const struct sim_options *options = &sim_report->options;
	uint32_t generations = options->generations;

	run.random = sim_stream(options->seed, 'r', 0);
	const uint32_t drawn = 1 + bb_random_below(&run.random, SIM_TRADERS_MAX);
	const uint32_t traders = options->traders == 0 ? drawn : options->traders;

	sim_report->step = 0;
	sim_report->probe = SIM_ANY;
	run.stopped = false;
	run.silent = 0;
	run.now_ns = UINT64_C(1700000001000000000);
	sim_disk_begin(&run.disk, &run.random);
	sim_truth_begin(&run.truth);
	sim_venue_begin(&run.venue, &run.people, &run.truth, &run.disk, &run.random, traders,
			run.now_ns);
	sim_probe_begin(&run.probe, &run.venue);
	generations = 1 + bb_random_below(&run.random, generations);
	for (sim_report->life = 0; sim_report->life < generations; sim_report->life++)
		live(30 + bb_random_below(&run.random, options->steps));
	live_calmly();
}
