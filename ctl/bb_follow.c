#include "ctl/bb_follow.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <rte_ring.h>

#include "base/bb_bits.h"
#include "ctl/bb_daemon.h"

/* An answer takes the matching core one turn; it has stopped if it takes a second.  A sleep
 * takes some 50 us more than it was asked for. */
#define ASK_SLEEP_NS 20000L
#define ASK_SLEEPS   14000u

/* publish puts one participant into the roster, or says why not. */
static void
publish(struct bb_daemon *daemon, const struct bb_member *member)
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

	const enum bb_result result = bb_roster_put(daemon->roster, &entry);

	explicit_bzero(entry.mac_key, sizeof(entry.mac_key));
	if (result != BB_OK)
		bb_say("participant %" PRIu32 " is left out: %s", member->participant,
		       bb_result_text(result));
}

void
bb_follow_all(struct bb_daemon *daemon)
{
	struct bb_member member;
	const uint32_t participants = daemon->genesis.size.participants;

	for (uint32_t id = 1; id <= participants; id++) {
		if (!bb_market_member(daemon->market, id, &member))
			continue;
		publish(daemon, &member);
		daemon->roster_count++;
	}
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
		publish(daemon, &inspect->members[0]);
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
