#include "tests/sim_appliance/sim_people.h"

#include <string.h>

#include "base/bb_assert.h"
#include "market/bb_command.h"

#define GRID        2u
#define MILLISECOND UINT64_C(1000000)
/* Zone 1, a delivery interval that lies some days ahead of the run. */
#define PRODUCT     (UINT32_C(1) << 24 | (UINT32_C(1700000000) / 900 + 400))

/* Keys are dear and always the same. */
static void
make_keys(struct sim_person people[SIM_MEMBERS])
{
	static struct bb_identity made[SIM_MEMBERS];

	for (uint32_t i = 1; i < SIM_MEMBERS; i++) {
		const uint8_t seed[BB_KEY_SIZE] = { 0x51, (uint8_t)i };

		if (made[i].public_key[0] == 0)
			bb_identity_from_seed(&made[i], seed);
		people[i].identity = made[i];
	}
}

void
sim_people_begin(struct sim_people *people, struct sim_truth *truth, struct bb_random *random,
		 const struct sim_day *day, const struct bb_genesis *genesis,
		 const struct bb_identity *signer, uint32_t traders)
{
	const struct bb_hash ledger_id = bb_genesis_ledger_id(genesis);

	*people = (struct sim_people){ .random = random,
				       .truth = truth,
				       .day = day,
				       .traders = traders,
				       .venue = bb_packet_venue(ledger_id.bytes) };
	make_keys(people->of);
	for (uint32_t i = 1; i <= traders + 1; i++)
		BB_ASSERT(bb_mac_agree(people->of[i].mac_key, signer,
				       people->of[i].identity.public_key, ledger_id.bytes));
}

static void
put_on_wire(struct sim_people *people, const uint8_t *bytes, uint32_t size, uint64_t now_ns)
{
	struct bb_random *random = people->random;

	for (uint32_t i = 0; i < SIM_DATAGRAMS; i++) {
		struct sim_datagram *datagram = &people->datagrams[i];

		if (datagram->size != 0)
			continue;
		memcpy(datagram->bytes, bytes, size);
		datagram->size = size;
		datagram->due_ns = now_ns + bb_random_below(random, 3 * MILLISECOND);
		if (!people->calm && sim_one_in(random, 32))
			datagram->due_ns += bb_random_below(random, 400 * MILLISECOND);
		if (!people->calm && sim_one_in(random, 64))
			datagram->bytes[bb_random_below(random, size)] ^=
				1u << bb_random_below(random, 8);
		return;
	}
	/* No room on the wire: lost, like anything else. */
}

static void
send(struct sim_people *people, const uint8_t *bytes, uint32_t size, uint64_t now_ns)
{
	if (!people->calm && sim_one_in(people->random, 6))
		return;
	put_on_wire(people, bytes, size, now_ns);
	if (!people->calm && sim_one_in(people->random, 8))
		put_on_wire(people, bytes, size, now_ns);
}

static uint64_t
venue_ns(const struct sim_people *people)
{
	return bb_clock_at(&people->day->clock, people->now_ns);
}

static void
random_order(struct sim_people *people, struct sim_person *person, struct bb_wire_order *order)
{
	struct bb_random *random = people->random;
	const uint32_t what = bb_random_below(random, 16);
	const bool day = sim_day_is(people->day);

	*order = (struct bb_wire_order){
		.order_id = ++person->order_id,
		.product = day ? sim_day_product(random, venue_ns(people)) :
				 PRODUCT + bb_random_below(random, SIM_PRODUCTS),
		.action = BB_WIRE_NEW,
		.side = (uint8_t)bb_random_below(random, 2),
		.type = (uint8_t)bb_random_below(random, 2),
		.price = ((int32_t)bb_random_below(random, 9) - 4) * 10,
		.quantity_wh = 1 + bb_random_below(random, 99),
	};
	if (what < 5) { /* about an order of before, which may be gone */
		order->action = what < 3 ? BB_WIRE_CANCEL : BB_WIRE_REPLACE;
		order->order_id -= 1 + bb_random_below(random, 6);
	} else if (what == 5) {
		order->action = BB_WIRE_CANCEL_ALL;
	} else if (what == 6) {
		order->price++; /* not a tick */
	} else if (what == 7 && day) { /* the calendar's: of an interval that is over */
		order->action = BB_WIRE_DISPUTE;
		order->product -= 10;
	}
	if (day) {
		order->price *= 1000;
		order->quantity_wh *= 10;
		if (!sim_one_in(random, 4))
			order->type = BB_LIMIT_GTC;
	}
}

static uint32_t
write_orders(struct sim_people *people, uint32_t participant, const struct bb_packet *header,
	     uint8_t *bytes)
{
	struct sim_person *person = &people->of[participant];
	struct bb_wire_order orders[BB_RECORDS_MAX];
	const uint32_t most = sim_one_in(people->random, 16) ? 20 : 3;
	const uint32_t count = 1 + bb_random_below(people->random, most);

	for (uint32_t i = 0; i < count; i++)
		random_order(people, person, &orders[i]);
	return (uint32_t)bb_packet_encode_orders(bytes, header, orders, count, &person->identity,
						 person->mac_key);
}

/* How many operations of the operator it takes until there is something to trade. */
static uint32_t
setup_steps(const struct sim_people *people)
{
	return people->traders + (sim_day_is(people->day) ? SIM_DAY_SETUP : SIM_PRODUCTS);
}

static void
fill_operation(struct sim_people *people, uint32_t step, struct bb_wire_operation *operation)
{
	const bool day = sim_day_is(people->day);

	*operation = (struct bb_wire_operation){ .op = BB_WIRE_MEMBER_ADD };
	if (step < people->traders) {
		operation->member = (struct bb_wire_member){ .participant = 2 + step,
							     .orders_max = 16,
							     .roles = BB_ROLE_TRADER };
		memcpy(operation->member.key, people->of[2 + step].identity.public_key,
		       BB_KEY_SIZE);
		if (day)
			sim_day_member(&operation->member, people->traders);
	} else if (step < setup_steps(people) && day) {
		sim_day_setup(step - people->traders, operation);
	} else if (step < setup_steps(people)) {
		operation->op = BB_WIRE_PRODUCT_ADD;
		operation->product = (struct bb_wire_product){
			.product = PRODUCT + (step - people->traders),
			.price_min = -100,
			.price_max = 100,
			.tick = 10,
			.lot_wh = 1,
			.quantity_max_wh = 1000,
		};
	} else if (day && step % 16 > 1) {
		sim_day_operate(people->random, venue_ns(people), people->traders, operation);
	} else {
		operation->op = step % 2 ? BB_WIRE_RESUME : BB_WIRE_HALT;
	}
}

static uint32_t
write_operation(struct sim_people *people, const struct bb_packet *header, uint8_t *bytes)
{
	const struct sim_person *operator = &people->of[SIM_OPERATOR];
	struct bb_wire_operation operation;

	fill_operation(people, people->operations++, &operation);
	return (uint32_t)bb_packet_encode_operation(bytes, header, &operation, &operator->identity,
						    operator->mac_key);
}

/* What the grid company, the first trader, sends besides orders, and the meter, the last. */
static uint32_t
write_other(struct sim_people *people, const struct bb_packet *header, uint8_t *bytes)
{
	const struct sim_person *person = &people->of[header->participant];
	struct bb_wire_operation operation;
	struct bb_wire_meter meters[6];
	const uint32_t count = 1 + bb_random_below(people->random, 6);

	if (header->participant == GRID) {
		sim_day_command(people->random, venue_ns(people), people->traders, &operation);
		return (uint32_t)bb_packet_encode_operation(bytes, header, &operation,
							    &person->identity, person->mac_key);
	}
	for (uint32_t i = 0; i < count; i++)
		sim_day_read(people->random, venue_ns(people), people->traders, &meters[i]);
	return (uint32_t)bb_packet_encode_meters(bytes, header, meters, count, &person->identity,
						 person->mac_key);
}

/* Whether participant writes a packet now. */
static bool
has_something(struct sim_people *people, uint32_t participant)
{
	const uint32_t seldom = sim_day_is(people->day) ? 100 : 1000;

	if (participant == SIM_OPERATOR && people->operations < setup_steps(people))
		return true;
	if (people->calm || people->of[participant].sequence + 1 == SIM_SEQUENCES)
		return false;
	return sim_one_in(people->random, participant == SIM_OPERATOR ? seldom : 6);
}

static void
write_letter(struct sim_people *people, uint32_t participant, struct sim_letter *letter)
{
	struct sim_person *person = &people->of[participant];
	const struct bb_packet header = { .participant = participant,
					  .venue = people->venue,
					  .sequence = ++person->sequence };

	const bool other = sim_day_is(people->day) && sim_one_in(people->random, 6) &&
			   (participant == GRID || participant == people->traders + 1);

	letter->size = participant == SIM_OPERATOR ?
			       write_operation(people, &header, letter->bytes) :
		       other ? write_other(people, &header, letter->bytes) :
			       write_orders(people, participant, &header, letter->bytes);
	letter->sequence = header.sequence;
	letter->again_ns = 0;
	sim_truth_packet(people->truth, participant, header.sequence, letter->bytes,
			 letter->size - BB_MAC_SIZE);
}

/* A packet in another's name: its next sequence, so that it would pass, and the signature of
 * nobody.  Some forgers even know the MAC key. */
static void
forge(struct sim_people *people, uint64_t now_ns)
{
	struct bb_random *random = people->random;
	const uint32_t victim = 1 + bb_random_below(random, people->traders + 1);
	const uint32_t forger = 2 + bb_random_below(random, people->traders);
	struct sim_person *person = &people->of[victim];
	const uint64_t order_id = person->order_id;
	struct bb_packet header = { .participant = victim,
				    .venue = people->venue,
				    .sequence = person->sequence + 1 };
	struct bb_wire_order order;
	uint8_t bytes[BB_PACKET_SIZE_MAX];

	random_order(people, person, &order);
	person->order_id = order_id;
	size_t size = bb_packet_encode_orders(bytes, &header, &order, 1,
					      &people->of[forger].identity,
					      people->of[forger].mac_key);
	if (forger == victim || sim_one_in(random, 2))
		bytes[size - BB_MAC_SIZE - 1 - bb_random_below(random, BB_SIGNATURE_SIZE)] ^= 1;
	if (!sim_one_in(random, 4))
		bb_mac(bytes + size - BB_MAC_SIZE, person->mac_key, bytes, size - BB_MAC_SIZE);
	put_on_wire(people, bytes, (uint32_t)size, now_ns);
	sim_report->figures.forged++;
}

/* Something that was seen on the wire, with another byte and a MAC that fits again. */
static void
alter(struct sim_people *people, uint64_t now_ns)
{
	struct bb_random *random = people->random;
	const struct sim_datagram *seen =
		&people->datagrams[bb_random_below(random, SIM_DATAGRAMS)];
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct bb_packet packet;

	if (seen->size == 0 || bb_packet_decode(seen->bytes, seen->size, &packet) != BB_OK ||
	    packet.participant == 0 || packet.participant > people->traders + 1)
		return;
	memcpy(bytes, seen->bytes, seen->size);
	bytes[16 + bb_random_below(random, seen->size - BB_MAC_SIZE - 16)] ^=
		(uint8_t)(1 + bb_random_below(random, 255));
	bb_mac(bytes + seen->size - BB_MAC_SIZE, people->of[packet.participant].mac_key, bytes,
	       seen->size - BB_MAC_SIZE);
	put_on_wire(people, bytes, seen->size, now_ns);
	sim_report->figures.forged++;
}

static void
read_answers(struct sim_people *people, uint64_t now_ns)
{
	for (uint32_t i = 0; i < SIM_ANSWERS; i++) {
		struct sim_answer *answer = &people->answers[i];

		if (!answer->under_way || answer->due_ns > now_ns)
			continue;
		answer->under_way = false;
		for (uint32_t j = 0; j < SIM_LETTERS; j++) {
			struct sim_letter *letter =
				&people->of[answer->participant].letters[j];

			if (letter->size != 0 && letter->sequence == answer->sequence)
				letter->size = 0;
		}
	}
}

void
sim_people_act(struct sim_people *people, uint64_t now_ns)
{
	struct bb_random *random = people->random;

	people->now_ns = now_ns;
	read_answers(people, now_ns);
	for (uint32_t participant = 1; participant <= people->traders + 1; participant++)
		for (uint32_t i = 0; i < SIM_LETTERS; i++) {
			struct sim_letter *letter = &people->of[participant].letters[i];

			if (letter->size == 0 && has_something(people, participant))
				write_letter(people, participant, letter);
			if (letter->size == 0 || now_ns < letter->again_ns)
				continue;
			send(people, letter->bytes, letter->size, now_ns);
			letter->again_ns = now_ns + 5 * MILLISECOND +
					   bb_random_below(random, 60 * MILLISECOND);
		}
	if (!people->calm && sim_one_in(random, 12))
		forge(people, now_ns);
	if (!people->calm && sim_one_in(random, 24))
		alter(people, now_ns);
}

const struct sim_datagram *
sim_people_receive(struct sim_people *people, uint64_t now_ns)
{
	static struct sim_datagram received;

	for (uint32_t i = 0; i < SIM_DATAGRAMS; i++) {
		struct sim_datagram *datagram = &people->datagrams[i];

		if (datagram->size == 0 || datagram->due_ns > now_ns)
			continue;
		received = *datagram;
		datagram->size = 0;
		return &received;
	}
	return NULL;
}

void
sim_people_answer(struct sim_people *people, const struct sim_answer *answer, uint64_t now_ns)
{
	struct bb_random *random = people->random;

	sim_truth_answered(people->truth, answer->participant, answer->sequence, answer->number,
			   answer->height, &answer->events);
	if (!people->calm && sim_one_in(random, 5))
		return; /* lost; but it was on the wire, and someone may have seen it */
	for (uint32_t i = 0; i < SIM_ANSWERS; i++) {
		struct sim_answer *at = &people->answers[i];

		if (at->under_way)
			continue;
		*at = *answer;
		at->under_way = true;
		at->due_ns = now_ns + bb_random_below(random, 3 * MILLISECOND);
		return;
	}
}

uint32_t
sim_people_waiting(const struct sim_people *people, uint32_t *participant, uint64_t *sequence)
{
	uint32_t waiting = 0;

	for (uint32_t i = 1; i <= people->traders + 1; i++)
		for (uint32_t j = 0; j < SIM_LETTERS; j++)
			if (people->of[i].letters[j].size != 0) {
				*participant = i;
				*sequence = people->of[i].letters[j].sequence;
				waiting++;
			}
	return waiting;
}
