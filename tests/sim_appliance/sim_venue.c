#include "tests/sim_appliance/sim_venue.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "codec/bb_inputs.h"

#define HASH_KEY       UINT64_C(0x5eed)
#define START_NS       UINT64_C(1700000000000000000)
#define HEARTBEAT_NS   (200 * SIM_MILLISECOND)

void
sim_venue_begin(struct sim_venue *venue, struct sim_people *people, struct sim_truth *truth,
		struct sim_disk *disk, struct bb_random *random, uint32_t traders,
		uint64_t now_ns)
{
	static const uint8_t seed[BB_KEY_SIZE] = { 0x76, 0x65 };
	uint64_t segment_size = (64 + 32 * (uint64_t)bb_random_below(random, 3)) << 10;

	venue->people = people;
	venue->truth = truth;
	venue->disk = disk;
	venue->random = random;
	venue->size = (struct bb_market_size){ .participants = SIM_MEMBERS,
					       .products = SIM_PRODUCTS,
					       .orders = 48,
					       .levels = 1024,
					       .places = 64 * SIM_MEMBERS,
					       .positions = 256 };
	venue->day = (struct sim_day){ 0 };
	if (sim_one_in(random, 3)) {
		sim_report->figures.calendars++;
		sim_day_begin(&venue->day, random, now_ns);
		sim_day_size(&venue->size);
		segment_size = SIM_SEGMENT_SIZE;
	}
	disk->scarce = sim_one_in(random, 6);
	if (disk->scarce)
		segment_size = SIM_SEGMENT_SIZE;
	venue->outcome_room = disk->scarce ? SIM_OUTCOMES_SCARCE : SIM_OUTCOMES;
	venue->genesis = (struct bb_genesis){ .created_ns = START_NS,
					      .size = venue->size,
					      .name = "Kraftwerk Neckar" };
	bb_identity_from_seed(&venue->signer, seed);
	memcpy(venue->genesis.signer_key, venue->signer.public_key, BB_KEY_SIZE);
	memset(venue->genesis.nonce, 7, sizeof(venue->genesis.nonce));
	sim_people_begin(people, truth, random, &venue->day, &venue->genesis, &venue->signer,
			 traders);
	memcpy(venue->genesis.operator_key, people->of[SIM_OPERATOR].identity.public_key,
	       BB_KEY_SIZE);
	/* The operator's key is part of what MAC keys and venue id are made from. */
	sim_people_begin(people, truth, random, &venue->day, &venue->genesis, &venue->signer,
			 traders);
	sim_store_create(&venue->store, disk, truth, random, &venue->genesis, &venue->signer,
			 segment_size);
	sim_snapshots_begin(&venue->snapshots, &venue->genesis, &venue->signer);
	sim_books_begin(&venue->books, &venue->size, venue->genesis.operator_key);
}

struct bb_market *
sim_venue_market(const struct sim_venue *venue, uint8_t *memory)
{
	const size_t size = bb_market_bytes(&venue->size);
	struct bb_arena arena;

	memset(memory, 0, size);
	bb_arena_init(&arena, memory, size);
	return bb_market_init(&arena, &venue->size, venue->genesis.operator_key, HASH_KEY);
}

/* Takes the memory of a life: all of it zero, wherever it was before. */
static void
take_memory(struct sim_venue *venue, struct bb_arena *arena)
{
	const size_t size = bb_market_bytes(&venue->size) +
			    bb_places_bytes(venue->size.participants) +
			    bb_line_bytes(bb_market_events_max(&venue->size)) +
			    bb_gate_bytes(venue->size.participants);

	if (venue->memory_room < size) {
		free(venue->memory);
		venue->memory_room = size;
		venue->memory = aligned_alloc(BB_ARENA_ALIGN, bb_arena_round(size));
	}
	BB_ASSERT(venue->memory != NULL);
	memset(venue->memory, 0, size - bb_line_bytes(bb_market_events_max(&venue->size)));
	bb_arena_init(arena, venue->memory, size);
	venue->market = bb_market_init(arena, &venue->size, venue->genesis.operator_key, HASH_KEY);
	bb_places_init(&venue->places, arena, venue->size.participants);
}

static void
enter_roster(struct sim_venue *venue, uint32_t participant)
{
	struct bb_member member;
	struct bb_roster_entry entry;

	if (!bb_market_member(venue->market, participant, &member))
		return;
	entry = (struct bb_roster_entry){ .participant = participant,
					  .packets_per_s = member.packets_per_s,
					  .burst = member.burst,
					  .roles = member.roles,
					  .active = member.status == BB_MEMBER_ACTIVE };
	memcpy(entry.key, member.key, BB_KEY_SIZE);
	memcpy(entry.mac_key, venue->people->of[participant].mac_key, BB_MAC_KEY_SIZE);
	BB_ASSERT(bb_roster_put(venue->roster, &entry) == BB_OK);
}

/* Tells the truth what lies before the snapshot that an opening began with. */
static void
skim(struct sim_venue *venue, uint64_t segment_count)
{
	static const struct bb_witness none = { .state = BB_WITNESS_NONE };
	static struct bb_recover skimmed;
	struct bb_pass *pass = &skimmed.pass;
	struct bb_block block;

	BB_ASSERT(bb_pass_start(pass, venue->segments, segment_count, 0, &none, venue->text) ==
		  BB_OK);
	while (pass->scan.chain.next_height <= venue->recover.snapshot) {
		if (bb_pass_next(pass, &block) != BB_OK)
			sim_fail("a block before a snapshot cannot be read: %s", venue->text);
		sim_truth_block(venue->truth, &skimmed);
		sim_truth_recovered(venue->truth, &skimmed);
	}
}

/* Begins at genesis, or behind a snapshot. */
static enum bb_result
begin(struct sim_venue *venue)
{
	struct bb_witness witness;
	const struct sim_beginning beginning = {
		.recover = &venue->recover,
		.segments = venue->segments,
		.segment_count = sim_disk_map(venue->disk, venue->segments),
		.witness = &witness,
		.market = venue->market,
		.places = &venue->places,
		.damaged = UINT64_MAX,
		.text = venue->text,
	};

	sim_store_witness(venue->disk, &witness);
	sim_truth_forget(venue->truth);
	if (sim_one_in(venue->random, 2)) {
		const enum bb_result result =
			sim_snapshots_resume(&venue->snapshots, venue->random, &beginning);

		if (result == BB_OK)
			skim(venue, beginning.segment_count);
		if (result != BB_ERR_NOT_FOUND)
			return result;
	}
	return bb_recover_start(&venue->recover, venue->segments, beginning.segment_count,
				&witness, venue->market, &venue->places,
				venue->signer.public_key, "sim", venue->text);
}

/* Reads the ledger, block by block, each held against what was sealed. */
static void
read_all(struct sim_venue *venue)
{
	struct bb_recover *recover = &venue->recover;
	enum bb_result result = begin(venue);

	while (result == BB_OK) {
		result = bb_recover_next(recover);
		if (result != BB_OK)
			break;
		sim_truth_block(venue->truth, recover);
		sim_truth_recovered(venue->truth, recover);
	}
	if (result != BB_ERR_NOT_FOUND)
		sim_fail("the ledger does not open: %s", venue->text);
	sim_truth_end(venue->truth, recover);
	sim_truth_recounted(venue->truth);
	bb_market_check(venue->market);
}

static void
check_mended(const struct sim_venue *venue)
{
	const struct bb_scan *scan = &venue->recover.pass.scan;

	if (bb_scan_tail(scan) != 0)
		sim_fail("behind the last block of a mended segment there are not zeros");
}

enum bb_result
sim_venue_open(struct sim_venue *venue, uint64_t now_ns)
{
	struct bb_recover *recover = &venue->recover;
	struct bb_arena arena;
	enum bb_result result = BB_OK;

	take_memory(venue, &arena);
	read_all(venue);
	sim_books_rewind(&venue->books, recover->pass.scan.chain.number);
	sim_books_compare(&venue->books, venue->market);
	if (recover->pass.torn_bytes > 0)
		result = sim_store_mend(venue->disk, venue->truth, recover, &venue->signer, now_ns);
	if (result == BB_OK)
		result = sim_store_start(&venue->store, recover, now_ns);
	if (result != BB_OK)
		return result;
	venue->cramped = sim_store_holds(&venue->store);
	check_mended(venue);
	sim_truth_adopt(venue->truth, recover, now_ns);

	const struct bb_disk disk = sim_store_functions(&venue->store);
	const uint32_t drawn = 512u << bb_random_below(venue->random, 5);
	const uint32_t close_bytes = venue->disk->scarce ? SIM_CLOSE_SCARCE : drawn;

	venue->chain = recover->pass.scan.chain;
	venue->line = bb_line_init(&arena, bb_market_events_max(&venue->size), &venue->chain,
				   &venue->places, &venue->signer, &disk);
	bb_line_limits(venue->line, close_bytes, SIM_MILLISECOND);
	bb_line_heartbeat(venue->line, sim_one_in(venue->random, 4) ? 0 : HEARTBEAT_NS);
	memset(&venue->counters, 0, sizeof(venue->counters));
	venue->roster = bb_roster_make(venue->size.participants);
	BB_ASSERT(venue->roster != NULL);
	for (uint32_t id = 1; id < SIM_MEMBERS; id++)
		enter_roster(venue, id);
	bb_gate_init(&venue->gate, &arena, venue->size.participants, venue->roster, venue->market,
		     &venue->verify, bb_packet_venue(venue->chain.ledger_id.bytes),
		     &venue->counters);
	bb_matcher_init(&venue->matcher, venue->market, &venue->counters);
	return BB_OK;
}

void
sim_venue_close(struct sim_venue *venue)
{
	bb_roster_free(venue->roster);
	venue->roster = NULL;
	for (uint32_t i = 0; i < SIM_PACKETS; i++)
		venue->packets[i].used = false;
	venue->lane_count = 0;
	venue->outcome_count = 0;
	venue->stopping = false;
	venue->held = false;
	venue->reply.packet = NULL;
	venue->books.event_count = 0;
}

static struct sim_packet *
take_packet(struct sim_venue *venue)
{
	for (uint32_t i = 0; i < SIM_PACKETS; i++)
		if (!venue->packets[i].used) {
			venue->packets[i].used = true;
			return &venue->packets[i];
		}
	return NULL;
}

bool
sim_venue_ingest(struct sim_venue *venue, uint64_t now_ns)
{
	struct bb_gate_packet burst[8];
	struct sim_packet *packets[8];
	uint32_t count = 0;

	while (count < 8 && (packets[count] = take_packet(venue)) != NULL) {
		const struct sim_datagram *datagram = sim_people_receive(venue->people, now_ns);
		struct sim_packet *packet = packets[count];

		if (datagram == NULL) {
			packet->used = false;
			break;
		}
		memcpy(packet->bytes, datagram->bytes, datagram->size);
		packet->bid = (struct bb_bid){ 0 };
		burst[count++] = (struct bb_gate_packet){ .payload = packet->bytes,
							  .size = datagram->size,
							  .bid = &packet->bid };
	}
	bb_gate_check_burst(&venue->gate, burst, count, now_ns);
	for (uint32_t i = 0; i < count; i++) {
		const bool passes = burst[i].result == BB_OK;

		if (passes && venue->lane_count < SIM_LANE) {
			venue->lane[venue->lane_count++] = packets[i];
			continue;
		}
		sim_report->figures.busy += passes;
		sim_report->figures.held_busy += passes && venue->held;
		sim_report->figures.refused += !passes;
		packets[i]->used = false;
	}
	return count > 0;
}

void
sim_venue_tick(struct sim_venue *venue)
{
	struct sim_packet *packet = venue->lane_count < SIM_LANE ? take_packet(venue) : NULL;

	if (packet == NULL)
		return;
	packet->bid = (struct bb_bid){ .route = BB_ROUTE_SEQUENCE };
	bb_inputs_tick(&packet->bid);
	venue->lane[venue->lane_count++] = packet;
}

bool
sim_venue_due(const struct sim_venue *venue, uint64_t now_ns)
{
	if (!bb_matcher_ready(&venue->matcher) ||
	    bb_market_due_ns(venue->market) > bb_clock_at(&venue->day.clock, now_ns))
		return false;
	for (uint32_t i = 0; i < venue->lane_count; i++)
		if (bb_bid_is_tick(&venue->lane[i]->bid))
			return false;
	return true;
}

/* Whatever the gate let through and the sequencer numbered must be genuine, and new. */
static void
tell_truth(struct sim_venue *venue, const struct bb_outcome *outcomes, uint32_t count)
{
	const struct bb_outcome *last = count > 0 ? &outcomes[count - 1] : NULL;

	if (last == NULL || bb_outcome_is_event(last) || last->packet.kind != BB_OUTCOME_PACKET ||
	    last->packet.bid->route != BB_ROUTE_SEQUENCE)
		return;
	const struct bb_bid *bid = last->packet.bid;

	sim_report->figures.inputs++;
	sim_report->figures.ticks += bb_bid_is_tick(bid);
	if (bb_bid_is_tick(bid))
		return;
	sim_truth_sequenced(venue->truth, bid->participant, bid->sequence, bid->number, bid->input,
			    bid->input_size);
}

bool
sim_venue_match(struct sim_venue *venue, uint64_t now_ns)
{
	struct sim_packet *packet = NULL;
	struct bb_outcome *outcomes = &venue->outcomes[venue->outcome_count];

	if (venue->outcome_count + BB_MATCHER_OUTCOMES > venue->outcome_room)
		return false;
	if (bb_matcher_ready(&venue->matcher)) {
		if (venue->lane_count == 0)
			return false;
		packet = venue->lane[0];
		memmove(&venue->lane[0], &venue->lane[1],
			--venue->lane_count * sizeof(venue->lane[0]));
	}
	const uint32_t count = bb_matcher_step(&venue->matcher,
					       bb_clock_at(&venue->day.clock, now_ns), packet,
					       packet == NULL ? NULL : &packet->bid, outcomes);

	tell_truth(venue, outcomes, count);
	sim_books_hear(&venue->books, outcomes, count);
	venue->outcome_count += count;
	return true;
}

static void
end_reply(struct sim_venue *venue, uint64_t now_ns)
{
	struct sim_reply *reply = &venue->reply;
	const struct bb_bid *bid = &reply->packet->bid;

	reply->answer.events = bb_hash_end(&reply->events);
	if (!bb_bid_is_tick(bid)) { /* which has nobody to answer */
		sim_people_answer(venue->people, &reply->answer, now_ns);
		sim_report->figures.answers++;
		sim_report->figures.repeats += bid->route == BB_ROUTE_REPEAT;
	}
	reply->packet->used = false;
	reply->packet = NULL;
}

static void
begin_reply(struct sim_venue *venue, const struct bb_packet_outcome *packet, uint64_t now_ns)
{
	struct sim_reply *reply = &venue->reply;
	const struct bb_bid *bid = packet->bid;

	BB_ASSERT(reply->packet == NULL);
	*reply = (struct sim_reply){ .packet = packet->mbuf,
				     .events_left = packet->event_count,
				     .answer = { .participant = bid->participant,
						 .sequence = bid->sequence,
						 .number = bid->number,
						 .height = packet->height } };
	bb_hash_start(&reply->events);
	if (reply->events_left == 0)
		end_reply(venue, now_ns);
}

/* What leaves the line becomes answers; a new member's entry comes with its event. */
static void
send_outcome(struct sim_venue *venue, const struct bb_outcome *outcome, uint64_t now_ns)
{
	struct sim_reply *reply = &venue->reply;

	if (bb_outcome_is_event(outcome)) {
		uint8_t bytes[BB_EVENT_BYTES];

		BB_ASSERT(reply->packet != NULL && reply->events_left > 0);
		bb_event_encode(bytes, &outcome->event);
		bb_hash_add(&reply->events, bytes, sizeof(bytes));
		if (outcome->event.kind == BB_EVENT_MEMBER_ADDED)
			enter_roster(venue, outcome->event.participant);
		if (--reply->events_left == 0)
			end_reply(venue, now_ns);
		return;
	}
	if (outcome->packet.kind == BB_OUTCOME_PACKET &&
	    outcome->packet.bid->route != BB_ROUTE_QUERY)
		begin_reply(venue, &outcome->packet, now_ns);
	else if (outcome->packet.mbuf != NULL)
		((struct sim_packet *)outcome->packet.mbuf)->used = false;
}

/* How many outcomes the line may take: on a full disk no more than the rest of a packet. */
static uint32_t
admitted(struct sim_venue *venue)
{
	const bool held = sim_store_holds(&venue->store) && !venue->stopping;
	uint32_t count = 0;

	sim_report->figures.held += held && !venue->held;
	venue->held = held;
	if (!held)
		return venue->outcome_count;
	if (venue->line->partial == 0)
		return 0;
	while (count < venue->outcome_count && bb_outcome_is_event(&venue->outcomes[count]))
		count++;
	return count < venue->outcome_count ? count + 1 : count;
}

bool
sim_venue_ledger(struct sim_venue *venue, uint64_t now_ns)
{
	struct bb_outcome leaving[16];
	struct bb_line *line = venue->line;
	const uint32_t taken = bb_line_push(line, venue->outcomes, admitted(venue), now_ns);

	venue->outcome_count -= taken;
	memmove(&venue->outcomes[0], &venue->outcomes[taken],
		venue->outcome_count * sizeof(venue->outcomes[0]));
	bb_line_turn(line, now_ns, venue->outcome_count == 0);
	const uint32_t left = bb_line_pull(line, leaving, 16);

	for (uint32_t i = 0; i < left; i++)
		send_outcome(venue, &leaving[i], now_ns);
	return taken + left > 0;
}

bool
sim_venue_quiet(const struct sim_venue *venue)
{
	return venue->lane_count == 0 && venue->outcome_count == 0 &&
	       bb_matcher_ready(&venue->matcher) && bb_line_quiet(venue->line);
}
