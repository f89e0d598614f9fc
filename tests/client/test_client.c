/* libbusbar against a venue that loses, doubles, turns round and forges. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "tests/bb_test.h"
#include "tests/client/scene.h"

static void
a_packet_is_repeated_until_it_is_answered_and_then_forgotten(void)
{
	struct scene scene;
	open_scene(&scene);

	const uint64_t sequence = send_one(&scene);
	CU_ASSERT_EQUAL(sequence, 1);
	CU_ASSERT_EQUAL(venue_hears(&scene).sequence, 1);
	venue_answers(&scene, 1, BB_REPORT_LAST_PART);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, sequence, 1000 * MS), BB_OK);
	CU_ASSERT_EQUAL(scene.heard_count, 1);
	CU_ASSERT_EQUAL(scene.heard[0].report.sequence, 1);
	CU_ASSERT_EQUAL(bb_client_counts(scene.client).answered, 1);

	const uint64_t repeated = bb_client_counts(scene.client).repeated;
	CU_ASSERT_EQUAL(bb_client_poll(scene.client, 50 * MS), 0);
	CU_ASSERT_EQUAL(bb_client_counts(scene.client).repeated, repeated);
	close_scene(&scene);
}

static void
a_lost_packet_is_repeated_as_the_same_bytes(void)
{
	uint8_t first[BB_PACKET_SIZE_MAX];
	uint8_t second[BB_PACKET_SIZE_MAX];
	struct bb_packet packet;
	struct scene scene;
	open_scene(&scene);

	send_one(&scene);
	const size_t size = venue_reads(&scene, first, &packet);
	CU_ASSERT_EQUAL(bb_client_poll(scene.client, 30 * MS), 1);
	CU_ASSERT_EQUAL(venue_reads(&scene, second, &packet), size);
	CU_ASSERT_EQUAL(memcmp(first, second, size), 0);
	close_scene(&scene);
}

static void
meter_readings_go_the_same_way(void)
{
	const struct bb_wire_meter meters[] = {
		{ .injected_wh = -1250, .participant = 9, .product = 5 },
		{ .injected_wh = 4000, .participant = 10, .product = 5, .correction = 1 },
	};
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct bb_wire_meter meter;
	struct bb_packet packet;
	uint64_t sequence = 0;
	struct scene scene;
	open_scene(&scene);

	CU_ASSERT_EQUAL(bb_client_send_meters(scene.client, meters, 0, 0, &sequence),
			BB_ERR_RECORDS);
	CU_ASSERT_EQUAL(bb_client_send_meters(scene.client, meters, 2, 0, &sequence), BB_OK);
	CU_ASSERT_EQUAL(sequence, 1);
	venue_reads(&scene, bytes, &packet);
	CU_ASSERT_EQUAL(packet.kind, BB_PACKET_METER);
	CU_ASSERT_EQUAL(packet.record_count, 2);
	CU_ASSERT_EQUAL(bb_packet_meter(bytes, 1, &meter), BB_OK);
	CU_ASSERT_EQUAL(meter.injected_wh, 4000);
	CU_ASSERT_EQUAL(send_one(&scene), 2); /* one count of sequences for both */
	venue_answers(&scene, 1, BB_REPORT_LAST_PART);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, 1, 1000 * MS), BB_OK);
	close_scene(&scene);
}

static void
repeats_become_rarer(void)
{
	struct scene scene;
	open_scene(&scene);

	/* At 20, 60, 140, 300 ms: however late this thread runs, never more often. */
	send_one(&scene);
	bb_client_poll(scene.client, 200 * MS);
	const uint64_t repeated = bb_client_counts(scene.client).repeated;
	CU_ASSERT(repeated >= 1 && repeated <= 3);
	close_scene(&scene);
}

static void
an_answer_that_comes_twice_is_delivered_once(void)
{
	struct scene scene;
	open_scene(&scene);

	send_one(&scene);
	venue_hears(&scene);
	venue_answers(&scene, 1, BB_REPORT_LAST_PART);
	venue_answers(&scene, 1, BB_REPORT_LAST_PART);
	bb_client_poll(scene.client, 1000 * MS);
	bb_client_poll(scene.client, 5 * MS);
	CU_ASSERT_EQUAL(scene.heard_count, 1);
	CU_ASSERT_EQUAL(bb_client_counts(scene.client).ignored, 1);
	close_scene(&scene);
}

static void
parts_that_overtake_are_delivered_in_order_without_gaps(void)
{
	const uint16_t arrival[] = { 2 | BB_REPORT_LAST_PART, 0, 0, 2 | BB_REPORT_LAST_PART, 1, 0,
				     2 | BB_REPORT_LAST_PART, 1, 2 | BB_REPORT_LAST_PART };
	struct scene scene;
	open_scene(&scene);

	send_one(&scene);
	venue_hears(&scene);
	for (size_t i = 0; i < sizeof(arrival) / sizeof(arrival[0]); i++)
		venue_answers(&scene, 1, arrival[i]);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, 1, 1000 * MS), BB_OK);
	bb_client_poll(scene.client, 5 * MS);
	CU_ASSERT_EQUAL_FATAL(scene.heard_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(scene.heard[i].records[0].order_id, i);
	close_scene(&scene);
}

static void
an_answer_with_a_missing_part_is_asked_for_again(void)
{
	struct scene scene;
	open_scene(&scene);

	send_one(&scene);
	venue_hears(&scene);
	venue_answers(&scene, 1, 1 | BB_REPORT_LAST_PART);
	bb_client_poll(scene.client, 1000 * MS);
	CU_ASSERT_EQUAL(bb_client_poll(scene.client, 100 * MS), 1);
	CU_ASSERT_EQUAL(scene.heard_count, 0);
	CU_ASSERT_EQUAL(venue_hears(&scene).sequence, 1);
	close_scene(&scene);
}

static void
what_is_not_authentic_or_not_ours_is_ignored(void)
{
	uint8_t bytes[BB_REPORT_SIZE_MAX + 64] = { 0 };
	const struct bb_report_record record = { 0 };
	struct scene scene;
	open_scene(&scene);

	send_one(&scene);
	venue_hears(&scene);
	struct bb_report report = report_of(&scene, BB_REPORT_ANSWER, 1);
	const size_t size = bb_report_encode(bytes, &report, &record, scene.mac_key);
	for (size_t at = 0; at < size; at += 7) {
		bytes[at] ^= 0x20;
		venue_sends(&scene, bytes, size);
		bytes[at] ^= 0x20;
	}
	venue_sends(&scene, bytes, size - 1);
	venue_sends(&scene, bytes, sizeof(bytes));
	venue_sends(&scene, bytes, 0);
	report.participant++;
	venue_reports(&scene, &report, BB_OK, 0);
	report.participant--;
	report.venue++;
	venue_reports(&scene, &report, BB_OK, 0);
	report = report_of(&scene, BB_REPORT_ANSWER, 2); /* never sent */
	venue_reports(&scene, &report, BB_OK, 0);
	report = report_of(&scene, BB_REPORT_STATUS, 1); /* never asked */
	venue_reports(&scene, &report, BB_OK, 0);

	CU_ASSERT_EQUAL(bb_client_wait(scene.client, 1, 50 * MS), BB_ERR_BUSY);
	CU_ASSERT_EQUAL(scene.heard_count, 0);
	CU_ASSERT(bb_client_counts(scene.client).ignored >= size / 7 + 7);
	close_scene(&scene);
}

static void
busy_and_over_rate_are_repeated_later(void)
{
	struct scene scene;
	open_scene(&scene);

	send_one(&scene);
	venue_hears(&scene);
	venue_refuses(&scene, 1, BB_ERR_BUSY);
	CU_ASSERT_EQUAL(bb_client_poll(scene.client, 1000 * MS), 1);
	bb_client_poll(scene.client, 40 * MS);
	CU_ASSERT_EQUAL(venue_hears(&scene).sequence, 1);
	venue_refuses(&scene, 1, BB_ERR_RATE);
	CU_ASSERT_EQUAL(bb_client_poll(scene.client, 1000 * MS), 1);
	bb_client_poll(scene.client, 100 * MS);
	CU_ASSERT_EQUAL(venue_hears(&scene).sequence, 1);
	venue_answers(&scene, 1, BB_REPORT_LAST_PART);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, 1, 1000 * MS), BB_OK);
	CU_ASSERT_EQUAL(scene.heard_count, 3);
	CU_ASSERT_EQUAL(bb_client_counts(scene.client).deferred, 2);
	close_scene(&scene);
}

static void
other_refusals_are_final(void)
{
	struct scene scene;
	open_scene(&scene);

	send_one(&scene);
	venue_hears(&scene);
	venue_refuses(&scene, 1, BB_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, 1, 1000 * MS), BB_OK);
	CU_ASSERT_EQUAL(bb_client_poll(scene.client, 0), 0);
	CU_ASSERT_EQUAL(scene.heard[0].records[0].result, BB_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(bb_client_counts(scene.client).refused, 1);
	close_scene(&scene);
}

static void
notices_are_delivered(void)
{
	struct scene scene;
	open_scene(&scene);

	send_one(&scene);
	venue_hears(&scene);
	const struct bb_report report = report_of(&scene, BB_REPORT_NOTICE, 0);
	venue_reports(&scene, &report, BB_OK, 42);
	CU_ASSERT_EQUAL(bb_client_poll(scene.client, 1000 * MS), 1);
	CU_ASSERT_EQUAL_FATAL(scene.heard_count, 1);
	CU_ASSERT_EQUAL(scene.heard[0].report.kind, BB_REPORT_NOTICE);
	CU_ASSERT_EQUAL(scene.heard[0].records[0].order_id, 42);
	close_scene(&scene);
}

static void
the_receive_function_may_send(void)
{
	struct scene scene;
	open_scene(&scene);

	scene.send_again = true;
	send_one(&scene);
	venue_hears(&scene);
	venue_answers(&scene, 1, BB_REPORT_LAST_PART);
	bb_client_poll(scene.client, 1000 * MS);
	CU_ASSERT_EQUAL(venue_hears(&scene).sequence, 2);
	close_scene(&scene);
}

static void
the_oldest_unanswered_packet_stays_in_the_window(void)
{
	uint64_t sequence;
	struct scene scene;
	open_scene(&scene);

	for (uint32_t i = 0; i < BB_CLIENT_PENDING; i++) {
		send_one(&scene);
		venue_hears(&scene);
	}
	CU_ASSERT_EQUAL(bb_client_send(scene.client, &scene_order, 1, 0, &sequence), BB_ERR_BUSY);
	venue_answers(&scene, BB_CLIENT_PENDING, BB_REPORT_LAST_PART);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, BB_CLIENT_PENDING, 1000 * MS), BB_OK);
	CU_ASSERT_EQUAL(bb_client_send(scene.client, &scene_order, 1, 0, &sequence), BB_ERR_BUSY);
	venue_answers(&scene, 1, BB_REPORT_LAST_PART);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, 1, 1000 * MS), BB_OK);
	CU_ASSERT_EQUAL(bb_client_send(scene.client, &scene_order, 1, 0, &sequence), BB_OK);
	CU_ASSERT_EQUAL(sequence, BB_CLIENT_PENDING + 1);
	close_scene(&scene);
}

/* A venue that loses the first query and answers the second. */
static void *
answer_queries(void *context)
{
	struct scene *scene = context;

	CU_ASSERT_EQUAL(venue_hears(scene).kind, BB_PACKET_QUERY);
	const struct bb_packet packet = venue_hears(scene);
	CU_ASSERT_EQUAL(packet.kind, BB_PACKET_QUERY);
	const struct bb_report report = report_of(scene, BB_REPORT_STATUS, packet.sequence);
	venue_reports(scene, &report, BB_OK, 4711);
	return NULL;
}

static void
a_restarted_client_goes_on_behind_what_the_venue_has_seen(void)
{
	pthread_t thread;
	struct scene scene;
	open_scene(&scene);

	BB_ASSERT(pthread_create(&thread, NULL, answer_queries, &scene) == 0);
	CU_ASSERT_EQUAL(bb_client_resume(scene.client, 1500 * MS), BB_OK);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(send_one(&scene), 4712);
	CU_ASSERT_EQUAL(venue_hears(&scene).sequence, 4712);
	close_scene(&scene);
}

static void *
refuse_queries(void *context)
{
	struct scene *scene = context;

	venue_refuses(scene, venue_hears(scene).sequence, BB_ERR_SIGNATURE);
	return NULL;
}

static void
a_refused_query_is_told(void)
{
	pthread_t thread;
	struct scene scene;
	open_scene(&scene);

	BB_ASSERT(pthread_create(&thread, NULL, refuse_queries, &scene) == 0);
	CU_ASSERT_EQUAL(bb_client_resume(scene.client, 1500 * MS), BB_ERR_SIGNATURE);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(send_one(&scene), 1);
	close_scene(&scene);
}

static void
waiting_ends(void)
{
	struct scene scene;
	open_scene(&scene);

	CU_ASSERT_EQUAL(bb_client_wait(scene.client, 1, 10 * MS), BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(bb_client_resume(scene.client, 10 * MS), BB_ERR_BUSY);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, send_one(&scene), 10 * MS), BB_ERR_BUSY);
	close_scene(&scene);
}

static void
who_waits_for_ever_gets_the_answer(void)
{
	struct scene scene;
	open_scene(&scene);

	const uint64_t sequence = send_one(&scene);
	CU_ASSERT_EQUAL(venue_hears(&scene).sequence, sequence);
	venue_answers(&scene, sequence, BB_REPORT_LAST_PART);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, sequence, UINT64_MAX), BB_OK);
	close_scene(&scene);
}

static void
a_venue_that_is_not_there_is_waited_for(void)
{
	struct scene scene;
	open_scene(&scene);

	/* The kernel reports "connection refused" on the socket; a venue may come back. */
	close(scene.fd);
	CU_ASSERT_EQUAL(bb_client_wait(scene.client, send_one(&scene), 50 * MS), BB_ERR_BUSY);
	CU_ASSERT(bb_client_counts(scene.client).repeated <= 2);
	bb_client_close(scene.client);
}

static void
what_cannot_be_is_refused_at_once(void)
{
	struct bb_wire_order orders[BB_RECORDS_MAX + 1] = { { 0 } };
	struct bb_client *client;
	uint64_t sequence;
	struct scene scene;
	open_scene(&scene);
	struct bb_client_venue venue = venue_of(&scene);

	CU_ASSERT_EQUAL(bb_client_send(scene.client, orders, 0, 0, &sequence), BB_ERR_RECORDS);
	CU_ASSERT_EQUAL(bb_client_send(scene.client, orders, BB_RECORDS_MAX + 1, 0, &sequence),
			BB_ERR_RECORDS);
	strncpy(venue.host, "venue.example", sizeof(venue.host) - 1);
	CU_ASSERT_EQUAL(bb_client_open(&client, &venue, 1, &scene.identity, scene_hear, NULL),
			BB_ERR_FORMAT);
	CU_ASSERT_PTR_NULL(client);
	memset(venue.host, '1', sizeof(venue.host));
	CU_ASSERT_EQUAL(bb_client_open(&client, &venue, 1, &scene.identity, scene_hear, NULL),
			BB_ERR_FORMAT);
	venue = venue_of(&scene);
	memset(venue.key, 0, sizeof(venue.key));
	CU_ASSERT_EQUAL(bb_client_open(&client, &venue, 1, &scene.identity, scene_hear, NULL),
			BB_ERR_KEY);
	close_scene(&scene);
}

static CU_TestInfo tests[] = {
#define TEST(name) { #name, name }
	TEST(a_packet_is_repeated_until_it_is_answered_and_then_forgotten),
	TEST(a_lost_packet_is_repeated_as_the_same_bytes),
	TEST(meter_readings_go_the_same_way),
	TEST(repeats_become_rarer),
	TEST(an_answer_that_comes_twice_is_delivered_once),
	TEST(parts_that_overtake_are_delivered_in_order_without_gaps),
	TEST(an_answer_with_a_missing_part_is_asked_for_again),
	TEST(what_is_not_authentic_or_not_ours_is_ignored),
	TEST(busy_and_over_rate_are_repeated_later),
	TEST(other_refusals_are_final),
	TEST(notices_are_delivered),
	TEST(the_receive_function_may_send),
	TEST(the_oldest_unanswered_packet_stays_in_the_window),
	TEST(a_restarted_client_goes_on_behind_what_the_venue_has_seen),
	TEST(a_refused_query_is_told),
	TEST(waiting_ends),
	TEST(who_waits_for_ever_gets_the_answer),
	TEST(a_venue_that_is_not_there_is_waited_for),
	TEST(what_cannot_be_is_refused_at_once),
	CU_TEST_INFO_NULL,
};

int
main(void)
{
	return bb_sign_start() ? bb_test_run("client", tests) : EXIT_FAILURE;
}
