/* bb_gate - who comes in: cheapest check first, learn only from the proven.
 *
 *	1 length, magic, kind, records, reserved bytes, venue
 *	2 participant known, active, of a role that sends this kind
 *	3 sequence: a look; one below the window stops here, one seen before goes on
 *	4 MAC: a stranger stops here; until here nothing has changed anywhere
 *	5 the participant's rate (a token bucket a lane)
 *	6 seen before: handed on as BB_ROUTE_REPEAT, to be answered again
 *	7 Ed25519 signature
 *	8 commands are read, route is set: handed on
 *
 * A burst goes through step by step, not packet by packet: what the next step reads is
 * asked for while the others' is looked at, and the signatures of all that came so far are
 * checked together.  Each packet is judged as it would have been alone: no step reads what
 * a later one writes, and buckets are taken from in the order of arrival.  Of two packets
 * of one sequence in one burst both may pass; the matcher, who marks, sorts them out.
 *
 * Units    ns since 1970, UTC.
 * Memory   bb_gate_bytes(participants) from the arena at boot, for the buckets.  Of a bid
 *          nothing is touched before its packet's MAC holds.
 * Threads  One gate a lane, used by that lane's core alone; it reads the roster (liburcu)
 *          and the market's windows (bb_market_look).
 * Errors   The reason as bb_result.  bb_gate_answered tells which ones were proven to
 *          come from the participant (step 4 on) and so get an answer.
 * Replay   Not part of it: the market judges everything again that matters.
 */
#ifndef BB_GATE_H
#define BB_GATE_H

#include <stdbool.h>

#include "base/bb_arena.h"
#include "base/bb_counters.h"
#include "dataplane/bb_roster.h"
#include "dataplane/bb_verify.h"
#include "market/bb_bid.h"
#include "market/bb_market.h"

struct bb_bucket {
	uint64_t filled_ns; /* when credit was computed */
	uint64_t credit;    /* 1e9 a packet that may come now; grows by the rate each ns */
};

struct bb_gate {
	const struct bb_roster *roster;
	const struct bb_market *market;
	struct bb_verify *verify;
	struct bb_counters *counters; /* one refusal counter a reason */
	struct bb_bucket *buckets;    /* by participant id */
	uint32_t participants;
	uint32_t venue;
};

size_t bb_gate_bytes(uint32_t participants);
void bb_gate_init(struct bb_gate *gate, struct bb_arena *arena, uint32_t participants,
		  const struct bb_roster *roster, const struct bb_market *market,
		  struct bb_verify *verify, uint32_t venue, struct bb_counters *counters);

/* A payload and what becomes of it. */
struct bb_gate_packet {
	const uint8_t *payload;
	size_t size;
	struct bb_bid *bid;
	enum bb_result result; /* by the gate */
};

/* bb_gate_check_burst judges up to BB_BURST payloads.  BB_OK: bid is complete but for
 * number, sequenced_ns and back, and is to be handed on by its route.  Otherwise the reason,
 * counted; bid then holds participant and sequence if bb_gate_answered(reason), else what
 * it held before. */
void bb_gate_check_burst(struct bb_gate *gate, struct bb_gate_packet *packets, uint32_t count,
			 uint64_t now_ns);

/* bb_gate_check is a burst of one. */
enum bb_result bb_gate_check(struct bb_gate *gate, const uint8_t *payload, size_t size,
			     uint64_t now_ns, struct bb_bid *bid);

/* bb_gate_answered returns whether a refusal for this reason is told to the sender. */
bool bb_gate_answered(enum bb_result reason);

#endif
