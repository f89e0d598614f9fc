/* test_flight - every packet comes to an end, whatever the network and the venue do. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/gen_flight.h"
#include "tests/bb_test.h"
#include "tests/bench/fake_venue.h"

#define DAY_S INT64_C(1749600000) /* 2025-06-11 */
#define SEED  UINT64_C(11)

static struct fake_venue venue;
static struct gen_link link_to;
static struct gen_crowd crowd;
static struct gen_tally tally;
static struct gen_batch batch;
static struct gen_flight flight;
static volatile sig_atomic_t stop;

static void
start(uint32_t window)
{
	CU_ASSERT_TRUE_FATAL(bb_sign_start());
	fake_venue_start(&venue, &link_to, SEED);
	CU_ASSERT_TRUE_FATAL(
		gen_crowd_make(&crowd, &venue.public, FAKE_PARTICIPANTS, SEED, DAY_S));
	CU_ASSERT_TRUE_FATAL(gen_tally_make(&tally, FAKE_PARTICIPANTS));
	stop = 0;
	flight = (struct gen_flight){
		.link = &link_to, .crowd = &crowd, .tally = &tally, .stop = &stop,
		.window = window, .end_ns = UINT64_MAX, .patience_ns = 2000000000,
		.answers = -1, .quiet = true,
	};
	CU_ASSERT_TRUE_FATAL(gen_flight_make(&flight));
	flight.smooth_ns = 1000000; /* as if something had been answered before */
}

static void
end(void)
{
	gen_flight_free(&flight);
	gen_batch_free(&batch);
	gen_crowd_free(&crowd);
	gen_tally_free(&tally);
}

static bool
fly(uint32_t records)
{
	crowd.records = records;
	CU_ASSERT_TRUE_FATAL(gen_crowd_bids(&crowd, &batch, GEN_OPENING, 0));
	return gen_flight_run(&flight, &batch);
}

/* Each packet was numbered once and is answered. */
static void
check_all_answered(void)
{
	CU_ASSERT(batch.count > 0);
	CU_ASSERT_EQUAL(tally.packets, batch.count);
	CU_ASSERT_EQUAL(tally.answered, batch.count);
	CU_ASSERT_EQUAL(tally.lost, 0);
	CU_ASSERT_EQUAL(tally.latency.count, batch.count);
	CU_ASSERT_EQUAL(venue.number, batch.count);
	CU_ASSERT_TRUE(gen_tally_clean(&tally));
	uint64_t orders = 0;
	for (uint32_t i = 0; i < batch.count; i++) {
		CU_ASSERT_EQUAL(batch.packets[i].state, GEN_ANSWERED);
		orders += batch.packets[i].orders;
	}
	CU_ASSERT_EQUAL(tally.orders, orders);
}

static void
test_all_is_answered_when_nothing_goes_wrong(void)
{
	start(64);
	CU_ASSERT_TRUE(fly(32));
	check_all_answered();
	CU_ASSERT_EQUAL(tally.repeats, 0);
	end();
}

static void
test_a_window_of_one_is_enough(void)
{
	start(1);
	CU_ASSERT_TRUE(fly(42));
	check_all_answered();
	end();
}

static void
test_a_link_that_takes_little_loses_nothing(void)
{
	start(64);
	venue.take_at_once = 1;
	CU_ASSERT_TRUE(fly(10));
	check_all_answered();
	end();
}

static void
test_lost_packets_are_repeated_until_answered(void)
{
	start(64);
	venue.lose_every = 3;
	CU_ASSERT_TRUE(fly(16));
	check_all_answered();
	CU_ASSERT(tally.repeats > 0);
	CU_ASSERT_EQUAL(venue.packets, tally.packets + tally.repeats);
	end();
}

static void
test_lost_parts_come_again_and_count_once(void)
{
	start(64);
	venue.records_a_part = 5;
	venue.lose_part_every = 23;
	CU_ASSERT_TRUE(fly(32));
	check_all_answered();
	for (uint32_t i = 0; i < batch.count; i++)
		CU_ASSERT_EQUAL(batch.packets[i].events, batch.packets[i].orders);
	end();
}

static void
test_a_second_answer_counts_once(void)
{
	start(64);
	venue.answer_twice = true;
	venue.records_a_part = 9;
	CU_ASSERT_TRUE(fly(32));
	check_all_answered();
	CU_ASSERT(tally.repeated_answers > 0);
	end();
}

static void
test_what_is_not_from_the_venue_is_not_believed(void)
{
	start(64);
	venue.strangers = true;
	CU_ASSERT_TRUE(fly(32));
	check_all_answered();
	CU_ASSERT_EQUAL(tally.strangers, 2 * (uint64_t)batch.count);
	end();
}

static void
test_busy_means_later(void)
{
	start(64);
	venue.busy_first = 5;
	CU_ASSERT_TRUE(fly(32));
	check_all_answered();
	CU_ASSERT_EQUAL(tally.told_again, 5);
	CU_ASSERT_EQUAL(tally.repeats, 5);
	end();
}

static void
test_a_refusal_is_final_and_has_its_reason(void)
{
	for (uint32_t in_answer = 0; in_answer < 2; in_answer++) {
		start(64);
		venue.refuse = in_answer ? BB_ERR_EXPIRED : BB_ERR_SIGNATURE;
		venue.refuse_in_answer = in_answer;
		CU_ASSERT_TRUE(fly(32));
		CU_ASSERT_EQUAL(tally.refused[venue.refuse], batch.count);
		CU_ASSERT_EQUAL(gen_tally_refused(&tally), batch.count);
		CU_ASSERT_EQUAL(tally.answered, 0);
		CU_ASSERT_EQUAL(tally.lost, 0);
		CU_ASSERT_FALSE(gen_tally_clean(&tally));
		end();
	}
}

static void
test_a_venue_that_was_away_gets_everything_again(void)
{
	start(64);
	venue.dead = true;
	CU_ASSERT_TRUE(fly(32));
	check_all_answered();
	CU_ASSERT(venue.wakes > 0);
	/* Not only when each of them is due: as soon as it is back. */
	CU_ASSERT(tally.latency.max < 190000000);
	end();
}

static void
test_silence_ends_the_run_and_what_was_sent_is_lost(void)
{
	start(4);
	venue.lose_every = 1;
	flight.patience_ns = 300000000;
	CU_ASSERT_FALSE(fly(32));
	CU_ASSERT_EQUAL(tally.packets, 4);
	CU_ASSERT_EQUAL(tally.lost, 4);
	CU_ASSERT_FALSE(gen_tally_clean(&tally));
	end();
}

static void
test_a_stop_sends_nothing_new(void)
{
	start(64);
	stop = 1;
	CU_ASSERT_FALSE(fly(32));
	CU_ASSERT_EQUAL(tally.packets, 0);
	CU_ASSERT_EQUAL(tally.lost, 0);
	end();
}

static void
test_a_rate_is_kept(void)
{
	start(64);
	flight.rate = 200;
	const uint64_t began = gen_now_ns();
	CU_ASSERT_TRUE(fly(32));
	const uint64_t took = gen_now_ns() - began;
	check_all_answered();
	CU_ASSERT(took >= (batch.count - 3) * UINT64_C(5000000));
	end();
}

static void
test_queries_tell_where_the_sequences_stand(void)
{
	start(64);
	venue.highest = 31;
	CU_ASSERT_TRUE_FATAL(gen_crowd_queries(&crowd, &batch));
	CU_ASSERT_TRUE(gen_flight_run(&flight, &batch));
	CU_ASSERT_EQUAL(tally.packets, 0);
	CU_ASSERT_EQUAL(tally.queries, FAKE_PARTICIPANTS);
	for (uint32_t i = 0; i < FAKE_PARTICIPANTS; i++) {
		CU_ASSERT_EQUAL(crowd.members[i].sequence, 31);
		CU_ASSERT_TRUE(crowd.members[i].trader.clear_first);
	}
	CU_ASSERT_TRUE(fly(42));
	CU_ASSERT_EQUAL(venue.heard[0][31], 0);
	CU_ASSERT_EQUAL(venue.heard[0][32], 1);
	end();
}

static void
test_each_answer_is_written_down(void)
{
	char path[] = "/tmp/busbar-answers-XXXXXX";
	char line[128];
	uint32_t lines = 0;

	start(64);
	venue.lose_every = 4;
	flight.answers = mkstemp(path);
	CU_ASSERT_TRUE_FATAL(flight.answers >= 0);
	CU_ASSERT_TRUE(fly(32));
	FILE *file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		unsigned participant, sequence, number, height, events, trades;
		CU_ASSERT_EQUAL_FATAL(sscanf(line, "%u %u %u %u %u %u\n", &participant, &sequence,
					     &number, &height, &events, &trades), 6);
		CU_ASSERT_EQUAL(venue.numbers[participant - GEN_FIRST_ID][sequence], number);
		CU_ASSERT_EQUAL(height, 7);
		lines++;
	}
	CU_ASSERT_EQUAL(lines, batch.count);
	(void)fclose(file);
	(void)close(flight.answers);
	(void)unlink(path);
	end();
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "all is answered when nothing goes wrong",
		  test_all_is_answered_when_nothing_goes_wrong },
		{ "a window of one is enough", test_a_window_of_one_is_enough },
		{ "a link that takes little loses nothing",
		  test_a_link_that_takes_little_loses_nothing },
		{ "lost packets are repeated until answered",
		  test_lost_packets_are_repeated_until_answered },
		{ "lost parts come again and count once",
		  test_lost_parts_come_again_and_count_once },
		{ "a second answer counts once", test_a_second_answer_counts_once },
		{ "what is not from the venue is not believed",
		  test_what_is_not_from_the_venue_is_not_believed },
		{ "busy means later", test_busy_means_later },
		{ "a refusal is final and has its reason",
		  test_a_refusal_is_final_and_has_its_reason },
		{ "a venue that was away gets everything again",
		  test_a_venue_that_was_away_gets_everything_again },
		{ "silence ends the run and what was sent is lost",
		  test_silence_ends_the_run_and_what_was_sent_is_lost },
		{ "a stop sends nothing new", test_a_stop_sends_nothing_new },
		{ "a rate is kept", test_a_rate_is_kept },
		{ "queries tell where the sequences stand",
		  test_queries_tell_where_the_sequences_stand },
		{ "each answer is written down", test_each_answer_is_written_down },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("flight", tests);
}
