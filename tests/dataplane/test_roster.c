/* test_roster - what bb_roster promises to its writer and to its readers. */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <urcu-qsbr.h>

#include "base/bb_limits.h"
#include "dataplane/bb_roster.h"
#include "tests/bb_test.h"

enum { PARTICIPANTS = 100 };

static struct bb_roster *roster;

/* An entry all of whose fields tell the same number. */
static struct bb_roster_entry
entry_of(uint32_t participant, uint32_t number)
{
	struct bb_roster_entry entry = {
		.participant = participant, .packets_per_s = number, .burst = number,
		.roles = (uint16_t)number, .active = true,
	};
	memset(entry.key, (uint8_t)number, sizeof(entry.key));
	memset(entry.mac_key, (uint8_t)number, sizeof(entry.mac_key));
	return entry;
}

static bool
is_whole(const struct bb_roster_entry *entry)
{
	const struct bb_roster_entry expected = entry_of(entry->participant, entry->burst);
	/* All but the padding behind the last field. */
	return memcmp(entry, &expected, offsetof(struct bb_roster_entry, active) + 1) == 0;
}

static void
put(uint32_t participant, uint32_t number)
{
	const struct bb_roster_entry entry = entry_of(participant, number);
	CU_ASSERT_EQUAL(bb_roster_put(roster, &entry), BB_OK);
}

static void
test_who_was_put_is_found(void)
{
	roster = bb_roster_make(PARTICIPANTS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(roster);
	put(1, 11);
	put(PARTICIPANTS, 22);
	rcu_register_thread();
	CU_ASSERT_EQUAL(bb_roster_find(roster, 1)->burst, 11);
	CU_ASSERT_EQUAL(bb_roster_find(roster, PARTICIPANTS)->burst, 22);
	CU_ASSERT_PTR_NULL(bb_roster_find(roster, 2));
	rcu_unregister_thread();
	bb_roster_free(roster);
}

static void
test_ids_outside_the_table_are_refused_and_not_found(void)
{
	static const uint32_t ids[] = { 0, PARTICIPANTS + 1, UINT32_MAX };

	roster = bb_roster_make(PARTICIPANTS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(roster);
	for (size_t i = 0; i < 3; i++) {
		const struct bb_roster_entry entry = entry_of(ids[i], 1);
		CU_ASSERT_EQUAL(bb_roster_put(roster, &entry), BB_ERR_PARTICIPANT);
		CU_ASSERT_PTR_NULL(bb_roster_find(roster, ids[i]));
		bb_roster_prefetch(roster, ids[i]); /* touches nothing */
	}
	bb_roster_free(roster);
}

static void
test_the_largest_table_can_be_made(void)
{
	roster = bb_roster_make(BB_PARTICIPANTS_MAX);
	CU_ASSERT_PTR_NOT_NULL_FATAL(roster);
	put(BB_PARTICIPANTS_MAX, 3);
	CU_ASSERT_EQUAL(bb_roster_find(roster, BB_PARTICIPANTS_MAX)->burst, 3);
	bb_roster_free(roster);
}

static void
test_an_entry_is_a_copy_in_one_cache_line(void)
{
	struct bb_roster_entry entry = entry_of(5, 1);

	roster = bb_roster_make(PARTICIPANTS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(roster);
	bb_roster_put(roster, &entry);
	entry.burst = 9;
	CU_ASSERT_EQUAL(bb_roster_find(roster, 5)->burst, 1);
	CU_ASSERT_EQUAL((uintptr_t)bb_roster_find(roster, 5) % 64, 0);
	bb_roster_free(roster);
}

static atomic_bool put_returned;

static void *
replace_five(void *unused)
{
	(void)unused;
	put(5, 2);
	atomic_store(&put_returned, true);
	return NULL;
}

static void
test_an_entry_lives_until_its_reader_is_quiescent(void)
{
	pthread_t writer;

	roster = bb_roster_make(PARTICIPANTS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(roster);
	put(5, 1);
	rcu_register_thread();
	const struct bb_roster_entry *entry = bb_roster_find(roster, 5);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, replace_five, NULL), 0);
	usleep(50000);
	CU_ASSERT_FALSE(atomic_load(&put_returned));
	CU_ASSERT_EQUAL(entry->burst, 1);
	CU_ASSERT_TRUE(is_whole(entry));
	CU_ASSERT_EQUAL(bb_roster_find(roster, 5)->burst, 2); /* published already */
	rcu_unregister_thread(); /* quiescent, for good */
	pthread_join(writer, NULL);
	CU_ASSERT_TRUE(atomic_load(&put_returned));
	bb_roster_free(roster);
}

static atomic_bool stop;
static atomic_uint_fast64_t torn, seen;

/* An lcore: looks, and is quiescent between turns. */
static void *
read_on(void *unused)
{
	(void)unused;
	rcu_register_thread();
	while (!atomic_load(&stop)) {
		for (uint32_t id = 1; id <= 4; id++) {
			const struct bb_roster_entry *entry = bb_roster_find(roster, id);
			if (entry == NULL)
				continue;
			if (entry->participant != id || !is_whole(entry))
				atomic_fetch_add(&torn, 1);
			atomic_fetch_add(&seen, 1);
		}
		rcu_quiescent_state();
	}
	rcu_unregister_thread();
	return NULL;
}

static void
test_readers_never_see_half_an_entry(void)
{
	pthread_t readers[2];

	roster = bb_roster_make(PARTICIPANTS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(roster);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&readers[i], NULL, read_on, NULL), 0);
	for (uint32_t number = 0; number < 500 || atomic_load(&seen) < 1000; number++)
		put(1 + number % 4, number);
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	CU_ASSERT_EQUAL(atomic_load(&torn), 0);
	bb_roster_free(roster);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "who was put is found", test_who_was_put_is_found },
		{ "ids outside the table are refused and not found",
		  test_ids_outside_the_table_are_refused_and_not_found },
		{ "the largest table can be made", test_the_largest_table_can_be_made },
		{ "an entry is a copy, in one cache line",
		  test_an_entry_is_a_copy_in_one_cache_line },
		{ "an entry lives until its reader is quiescent",
		  test_an_entry_lives_until_its_reader_is_quiescent },
		{ "readers never see half an entry", test_readers_never_see_half_an_entry },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("roster", tests);
}
