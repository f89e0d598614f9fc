#define _GNU_SOURCE /* CPU sets */
#include "ctl/bb_follow.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_ring.h>

#include "base/bb_bits.h"
#include "ctl/bb_daemon.h"

/* An answer takes the matching core one turn; it has stopped if it takes a second.  A sleep
 * takes some 50 us more than it was asked for. */
#define ASK_SLEEP_NS 20000L
#define ASK_SLEEPS   14000u

#define CREW_MAX           64u
#define CREW_SLEEP_NS      1000000L
#define CREW_SLEEPS_A_LINE 1000u

/* publish puts one participant into the roster, with the table of its key, or says why
 * not. */
static void
publish(struct bb_daemon *daemon, const struct bb_member *member, struct bb_point *scratch)
{
	struct bb_roster_entry entry = {
		.participant = member->participant,
		.packets_per_s = member->packets_per_s,
		.burst = member->burst,
		.roles = member->roles,
		.active = member->status == BB_MEMBER_ACTIVE,
	};

	memcpy(entry.key, member->key, sizeof(entry.key));
	if (!bb_mac_agree(entry.mac_key, &daemon->identity, entry.key, daemon->ledger_id.bytes)) {
		bb_say("participant %" PRIu32 " is left out: its key is no point that a MAC key "
		       "can be agreed with; revoke it", member->participant);
		return;
	}
	if (entry.active)
		entry.has_table = bb_keys_add(daemon, entry.participant, entry.key, scratch);

	const enum bb_result result = bb_roster_put(daemon->roster, &entry);

	explicit_bzero(entry.mac_key, sizeof(entry.mac_key));
	if (result != BB_OK)
		bb_say("participant %" PRIu32 " is left out: %s", member->participant,
		       bb_result_text(result));
	else if (!entry.active)
		bb_keys_remove(daemon, entry.participant); /* nobody reads it any more */
}

/* Several threads that make the roster at start. */
struct crew {
	struct bb_daemon *daemon;
	_Atomic uint32_t next; /* id that nobody has taken yet */
	_Atomic uint32_t published;
	_Atomic uint32_t at_work;
	_Atomic bool failed;
};

static void *
work(void *context)
{
	struct crew *crew = context;
	struct bb_daemon *daemon = crew->daemon;
	const uint32_t participants = daemon->genesis.size.participants;
	struct bb_point *scratch = malloc(bb_keys_scratch_bytes(daemon));
	struct bb_member member;

	if (scratch == NULL)
		atomic_store(&crew->failed, true);
	for (;;) {
		const uint32_t id = atomic_fetch_add(&crew->next, 1);

		if (id > participants || scratch == NULL)
			break;
		if (!bb_market_member(daemon->market, id, &member))
			continue;
		publish(daemon, &member, scratch);
		atomic_fetch_add(&crew->published, 1);
	}
	free(scratch);
	atomic_fetch_sub(&crew->at_work, 1);
	return NULL;
}

/* One thread a CPU, as long as each has some tens of participants to see to. */
static uint32_t
crew_size(const struct bb_daemon *daemon)
{
	cpu_set_t allowed;
	struct bb_member member;
	uint32_t members = 0;

	for (uint32_t id = 1; id <= daemon->genesis.size.participants; id++)
		members += bb_market_member(daemon->market, id, &member);
	CPU_ZERO(&allowed);
	(void)sched_getaffinity(0, sizeof(allowed), &allowed);

	const uint32_t cpus = (uint32_t)CPU_COUNT(&allowed);
	const uint32_t useful = members / 32 + 1;

	return useful < cpus ? useful : cpus < CREW_MAX ? cpus : CREW_MAX;
}

static void
wait_for(struct crew *crew)
{
	const struct timespec little = { .tv_nsec = CREW_SLEEP_NS };

	for (uint32_t sleeps = 1; atomic_load(&crew->at_work) > 0; sleeps++) {
		(void)nanosleep(&little, NULL);
		if (sleeps % CREW_SLEEPS_A_LINE == 0)
			bb_say("%" PRIu32 " participants have their keys ready",
			       atomic_load(&crew->published));
	}
}

bool
bb_follow_all(struct bb_daemon *daemon)
{
	struct crew crew = { .daemon = daemon, .next = 1 };
	pthread_t threads[CREW_MAX];
	const uint32_t size = crew_size(daemon);
	uint32_t started = 0;

	/* The control thread is one of them where it is alone. */
	atomic_store(&crew.at_work, size);
	while (size > 1 && started < size &&
	       pthread_create(&threads[started], NULL, work, &crew) == 0)
		started++;
	if (started < size)
		atomic_fetch_sub(&crew.at_work, size - started);
	if (started == 0) {
		atomic_store(&crew.at_work, 1);
		(void)work(&crew);
	}
	wait_for(&crew);
	for (uint32_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	daemon->roster_count = atomic_load(&crew.published);
	if (atomic_load(&crew.failed))
		bb_say("no memory for the roster");
	return !atomic_load(&crew.failed);
}

bool
bb_follow_begin(struct bb_daemon *daemon)
{
	void *answer;

	if (daemon->desk.asked && rte_ring_sc_dequeue(daemon->rings.answers, &answer) == 0)
		daemon->desk.asked = false;
	return !daemon->desk.asked;
}

bool
bb_follow_ask(struct bb_daemon *daemon)
{
	const struct timespec little = { .tv_nsec = ASK_SLEEP_NS };

	if (rte_ring_sp_enqueue(daemon->rings.asks, &daemon->desk.inspect) != 0)
		return false;
	daemon->desk.asked = true;
	for (uint32_t sleeps = 0; sleeps < ASK_SLEEPS; sleeps++) {
		if (bb_follow_begin(daemon))
			return true;
		(void)nanosleep(&little, NULL);
	}
	return false;
}

static bool
follow(struct bb_daemon *daemon, uint32_t participant)
{
	struct bb_inspect *inspect = &daemon->desk.inspect;

	if (!bb_follow_begin(daemon))
		return false;
	inspect->kind = BB_INSPECT_MEMBERS;
	inspect->first = participant;
	if (!bb_follow_ask(daemon))
		return false;
	if (inspect->count[0] > 0 && inspect->members[0].participant == participant)
		publish(daemon, &inspect->members[0], daemon->keys.scratch);
	return true;
}

void
bb_follow_change(struct bb_daemon *daemon, uint32_t participant)
{
	struct bb_desk *desk = &daemon->desk;

	if (participant == 0 || participant > daemon->genesis.size.participants)
		return;
	if (follow(daemon, participant) || bb_bit_test(desk->roster_stale, participant))
		return;
	bb_bit_set(desk->roster_stale, participant);
	desk->roster_behind++;
}

void
bb_follow_rest(struct bb_daemon *daemon)
{
	struct bb_desk *desk = &daemon->desk;
	const uint32_t participants = daemon->genesis.size.participants;

	for (uint32_t id = 1; id <= participants && desk->roster_behind > 0; id++) {
		if (!bb_bit_test(desk->roster_stale, id))
			continue;
		if (!follow(daemon, id))
			return;
		bb_bit_clear(desk->roster_stale, id);
		desk->roster_behind--;
	}
}
