#include "bench/gen_crowd.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "bench/gen_key.h"

static bool
make_member(struct gen_crowd *crowd, const struct gen_venue *venue, uint64_t seed,
	    uint32_t index)
{
	struct gen_member *member = &crowd->members[index];

	gen_trader_init(&member->trader, &crowd->participants[index]);
	gen_key_identity(&member->identity, seed, crowd->participants[index].id);
	return bb_mac_agree(member->mac_key, &member->identity, venue->key, venue->ledger_id);
}

bool
gen_crowd_make(struct gen_crowd *crowd, const struct gen_venue *venue, uint32_t count,
	       uint64_t seed, int64_t day_start_s)
{
	*crowd = (struct gen_crowd){
		.count = count,
		.total = count,
		.venue = bb_packet_venue(venue->ledger_id),
		.records = BB_RECORDS_MAX,
		.zone = 1,
		.zones = 1,
	};
	gen_day_make(&crowd->day, day_start_s);
	crowd->participants = calloc(count + 1, sizeof(crowd->participants[0]));
	crowd->members = calloc(count + 1, sizeof(crowd->members[0]));
	if (crowd->participants == NULL || crowd->members == NULL)
		return false;

	gen_community_make(crowd->participants, count, seed, &crowd->day);
	for (uint32_t i = 0; i < count; i++)
		if (!make_member(crowd, venue, seed, i))
			return false;
	return true;
}

bool
gen_crowd_add_meter(struct gen_crowd *crowd, const struct gen_venue *venue, uint64_t seed)
{
	BB_ASSERT(crowd->total == crowd->count);
	crowd->participants[crowd->total].id = GEN_FIRST_ID + crowd->total;
	return make_member(crowd, venue, seed, crowd->total++);
}

void
gen_crowd_free(struct gen_crowd *crowd)
{
	for (uint32_t i = 0; crowd->members != NULL && i < crowd->total; i++)
		bb_identity_wipe(&crowd->members[i].identity);
	free(crowd->members);
	free(crowd->participants);
	*crowd = (struct gen_crowd){ 0 };
}

static struct bb_packet
header_of(const struct gen_crowd *crowd, uint32_t member, uint64_t sequence)
{
	return (struct bb_packet){
		.participant = crowd->participants[member].id,
		.venue = crowd->venue,
		.sequence = sequence,
	};
}

/* Appends a signed packet, from a buffer as large as encoding asks for. */
static struct gen_packet *
keep_packet(struct gen_batch *batch, uint32_t member, uint64_t sequence, const uint8_t *bytes,
	    size_t size)
{
	struct gen_packet *packet = gen_batch_add(batch, size);

	if (packet == NULL)
		return NULL;
	memcpy(gen_batch_bytes(batch, packet), bytes, size);
	packet->member = member;
	packet->sequence = sequence;
	return packet;
}

bool
gen_crowd_queries(struct gen_crowd *crowd, struct gen_batch *batch)
{
	uint8_t bytes[BB_PACKET_SIZE_MAX];

	gen_batch_clear(batch);
	batch->queries = true;
	for (uint32_t i = 0; i < crowd->total; i++) {
		struct gen_member *member = &crowd->members[i];
		/* The sequence of a query is only echoed, and never used up. */
		const struct bb_packet header = header_of(crowd, i, 1);
		const size_t size = bb_packet_encode_query(bytes, &header, &member->identity,
							   member->mac_key);
		if (keep_packet(batch, i, header.sequence, bytes, size) == NULL)
			return false;
		member->first_packet = batch->count - 1;
		member->packet_count = 1;
	}
	return true;
}

static bool
add_packet(struct gen_crowd *crowd, struct gen_batch *batch, uint32_t index,
	   const struct bb_wire_order *orders, uint32_t count)
{
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct gen_member *member = &crowd->members[index];
	const struct bb_packet header = header_of(crowd, index, ++member->sequence);
	const size_t size = bb_packet_encode_orders(bytes, &header, orders, count,
						    &member->identity, member->mac_key);
	struct gen_packet *packet = keep_packet(batch, index, header.sequence, bytes, size);

	if (packet == NULL)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (orders[i].action == BB_WIRE_NEW || orders[i].action == BB_WIRE_REPLACE)
			packet->orders++;
	member->packet_count++;
	return true;
}

static bool
add_member(struct gen_crowd *crowd, struct gen_batch *batch, uint32_t index,
	   struct gen_step step)
{
	struct bb_wire_order orders[GEN_TRADER_ORDERS];
	struct gen_member *member = &crowd->members[index];

	step.zone = gen_crowd_zone(crowd, index);
	const uint32_t count = gen_trader_orders(&member->trader, &step, orders);

	member->first_packet = batch->count;
	member->packet_count = 0;
	for (uint32_t from = 0; from < count; from += crowd->records) {
		const uint32_t left = count - from;
		if (!add_packet(crowd, batch, index, orders + from,
				left < crowd->records ? left : crowd->records))
			return false;
	}
	return true;
}

/* Sorts batch->order: everyone's first packet, then everyone's second, and so on. */
static void
order_packets(const struct gen_crowd *crowd, struct gen_batch *batch, bool untraded_first)
{
	const uint32_t passes = untraded_first ? 2 : 1;
	uint32_t ordered = 0;

	for (uint32_t pass = 0; pass < passes; pass++) {
		bool more = true;
		for (uint32_t k = 0; more; k++) {
			more = false;
			for (uint32_t i = 0; i < crowd->count; i++) {
				const struct gen_member *member = &crowd->members[i];
				if (k >= member->packet_count ||
				    (untraded_first && member->trader.traded != (pass == 1)))
					continue;
				batch->order[ordered++] = member->first_packet + k;
				more = true;
			}
		}
	}
	BB_ASSERT(ordered == batch->count);
}

bool
gen_crowd_bids(struct gen_crowd *crowd, struct gen_batch *batch, enum gen_phase phase,
	       uint32_t round)
{
	const struct gen_step step = { .day = &crowd->day, .phase = (uint8_t)phase,
				       .round = round, .from = crowd->from,
				       .until = crowd->until };

	gen_batch_clear(batch);
	crowd->members[crowd->count].packet_count = 0; /* the meter operator's have ended */
	for (uint32_t i = 0; i < crowd->count; i++)
		if (!add_member(crowd, batch, i, step))
			return false;
	order_packets(crowd, batch, phase == GEN_CLOSE_OUT);
	return true;
}

uint8_t
gen_crowd_zone(const struct gen_crowd *crowd, uint32_t index)
{
	return crowd->zones <= 1 ? crowd->zone
				 : (uint8_t)(crowd->zone +
					     gen_community_zone(&crowd->participants[index],
								crowd->zones));
}

static bool
add_readings(struct gen_crowd *crowd, struct gen_batch *batch, const struct bb_wire_meter *meters,
	     uint32_t count)
{
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct gen_member *member = &crowd->members[crowd->count];
	const struct bb_packet header = header_of(crowd, crowd->count, ++member->sequence);
	const size_t size = bb_packet_encode_meters(bytes, &header, meters, count,
						    &member->identity, member->mac_key);

	member->packet_count++;
	return keep_packet(batch, crowd->count, header.sequence, bytes, size) != NULL;
}

bool
gen_crowd_readings(struct gen_crowd *crowd, struct gen_batch *batch, uint32_t from,
		   uint32_t until)
{
	struct bb_wire_meter meters[BB_RECORDS_MAX];
	uint32_t count = 0;
	bool good = true;

	BB_ASSERT(crowd->total > crowd->count);
	gen_batch_clear(batch);
	for (uint32_t i = 0; i < crowd->count; i++)
		crowd->members[i].packet_count = 0;
	crowd->members[crowd->count].first_packet = 0;
	crowd->members[crowd->count].packet_count = 0;
	for (uint32_t at = from * crowd->count; at < until * crowd->count && good; at++) {
		const uint32_t index = at % crowd->count;
		const uint32_t quarter = at / crowd->count;
		const struct gen_participant *who = &crowd->participants[index];

		meters[count++] = (struct bb_wire_meter){
			.injected_wh = (int64_t)gen_community_deviation(who, quarter) -
				       crowd->members[index].trader.position_wh[quarter],
			.participant = who->id,
			.product = gen_product(&crowd->day, gen_crowd_zone(crowd, index), quarter),
		};
		if (count < crowd->records && at + 1 < until * crowd->count)
			continue;
		good = add_readings(crowd, batch, meters, count);
		count = 0;
	}
	return good;
}

uint32_t
gen_crowd_untraded(const struct gen_crowd *crowd)
{
	uint32_t untraded = 0;

	for (uint32_t i = 0; i < crowd->count; i++)
		untraded += !crowd->members[i].trader.traded;
	return untraded;
}
