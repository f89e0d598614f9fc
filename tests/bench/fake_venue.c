#include "tests/bench/fake_venue.h"

#include <string.h>

#include "base/bb_assert.h"
#include "bench/gen_community.h"
#include "bench/gen_key.h"
#include "market/bb_event.h"

static void
say(struct fake_venue *venue, const struct bb_report *report,
    const struct bb_report_record *records, uint32_t member)
{
	BB_ASSERT(venue->waiting < FAKE_WAITING);
	const uint32_t at = (venue->first + venue->waiting++) % FAKE_WAITING;

	venue->reports[at].size = (uint16_t)bb_report_encode(venue->reports[at].bytes, report,
							     records, venue->mac_keys[member]);
}

/* A report that somebody else might have made. */
static void
say_nonsense(struct fake_venue *venue, const struct bb_report *report,
	     const struct bb_report_record *records, uint32_t member)
{
	struct bb_report wrong = *report;

	say(venue, report, records, member); /* right, but damaged on the way */
	const uint32_t last = (venue->first + venue->waiting - 1) % FAKE_WAITING;
	venue->reports[last].bytes[BB_REPORT_HEADER_SIZE - 1] ^= 1;
	wrong.venue++;
	say(venue, &wrong, records, member);
	wrong = *report;
	wrong.sequence += 1000;
	say(venue, &wrong, records, member);
}

static void
refuse(struct fake_venue *venue, struct bb_report *report, uint32_t member, uint16_t result)
{
	const struct bb_report_record record = { .event = BB_EVENT_REFUSED,
						 .record = BB_REPORT_WHOLE,
						 .result = result };

	report->kind = venue->refuse_in_answer ? BB_REPORT_ANSWER : BB_REPORT_REFUSAL;
	report->record_count = 1;
	report->part = BB_REPORT_LAST_PART;
	say(venue, report, &record, member);
}

static void
answer(struct fake_venue *venue, struct bb_report *report, const uint8_t *bytes,
       uint32_t count, uint32_t member)
{
	struct bb_report_record records[BB_RECORDS_MAX] = { 0 };
	uint32_t done = 0;

	report->kind = BB_REPORT_ANSWER;
	for (uint16_t part = 0; done < count; part++) {
		uint32_t size = count - done < venue->records_a_part ? count - done
								     : venue->records_a_part;
		for (uint32_t i = 0; i < size; i++) {
			struct bb_wire_order order;
			bb_packet_order(bytes, done + i, &order);
			records[i] = (struct bb_report_record){
				.order_id = order.order_id, .product = order.product,
				.event = BB_EVENT_ACCEPTED, .side = order.side,
				.record = (uint8_t)(done + i), .price = order.price,
				.quantity_wh = order.quantity_wh,
				.remaining_wh = order.quantity_wh,
			};
		}
		done += size;
		report->record_count = (uint8_t)size;
		report->part = (uint16_t)(part | (done == count ? BB_REPORT_LAST_PART : 0));
		if (venue->strangers)
			say_nonsense(venue, report, records, member);
		venue->parts++;
		if (venue->lose_part_every > 0 && venue->parts % venue->lose_part_every == 0)
			continue;
		say(venue, report, records, member);
	}
}

static void
tell_status(struct fake_venue *venue, struct bb_report *report, uint32_t member)
{
	const struct bb_report_record record = { .order_id = venue->highest, .quantity_wh = 1 };

	report->kind = BB_REPORT_STATUS;
	report->record_count = 1;
	report->part = BB_REPORT_LAST_PART;
	say(venue, report, &record, member);
}

static void
hear(struct fake_venue *venue, const struct gen_datagram *datagram)
{
	struct bb_packet packet;

	venue->packets++;
	if (venue->dead ||
	    (venue->lose_every > 0 && venue->packets % venue->lose_every == 0))
		return;
	BB_ASSERT(bb_packet_decode(datagram->bytes, datagram->size, &packet) == BB_OK);
	BB_ASSERT(packet.participant == datagram->participant);
	memcpy(venue->last, datagram->bytes, datagram->size);
	const uint32_t member = packet.participant - GEN_FIRST_ID;
	struct bb_report report = { .participant = packet.participant, .venue = packet.venue,
				    .sequence = packet.sequence, .height = 7 };

	if (packet.kind == BB_PACKET_QUERY) {
		tell_status(venue, &report, member);
		return;
	}
	if (venue->busy_first > 0) {
		venue->busy_first--;
		refuse(venue, &report, member, BB_ERR_BUSY);
		return;
	}
	if (venue->refuse != 0) {
		refuse(venue, &report, member, venue->refuse);
		return;
	}
	BB_ASSERT(member < FAKE_PARTICIPANTS && packet.sequence < FAKE_SEQUENCES);
	venue->heard[member][packet.sequence]++;
	if (venue->numbers[member][packet.sequence] == 0)
		venue->numbers[member][packet.sequence] = ++venue->number;
	report.number = venue->numbers[member][packet.sequence];
	for (uint32_t times = venue->answer_twice ? 2 : 1; times > 0; times--)
		answer(venue, &report, datagram->bytes, packet.record_count, member);
}

static uint32_t
fake_send(void *state, const struct gen_datagram *datagrams, uint32_t count)
{
	struct fake_venue *venue = state;

	if (venue->take_at_once > 0 && count > venue->take_at_once)
		count = venue->take_at_once;
	for (uint32_t i = 0; i < count; i++)
		hear(venue, &datagrams[i]);
	return count;
}

static uint32_t
fake_receive(void *state, gen_receive *receive, void *context)
{
	struct fake_venue *venue = state;
	uint32_t count = 0;

	for (; venue->waiting > 0 && count < 32; count++) {
		const uint32_t at = venue->first;
		venue->first = (venue->first + 1) % FAKE_WAITING;
		venue->waiting--;
		receive(context, venue->reports[at].bytes, venue->reports[at].size);
	}
	return count;
}

static void
fake_idle(void *state)
{
	(void)state;
}

/* A dead venue comes back when it is looked for. */
static bool
fake_wake(void *state, uint64_t now_ns)
{
	struct fake_venue *venue = state;

	(void)now_ns;
	venue->wakes++;
	const bool back = venue->dead;
	venue->dead = false;
	return back;
}

void
fake_venue_start(struct fake_venue *venue, struct gen_link *link, uint64_t seed)
{
	static const uint8_t venue_seed[BB_KEY_SIZE] = { 42 };

	memset(venue, 0, sizeof(*venue));
	venue->records_a_part = BB_RECORDS_MAX;
	bb_identity_from_seed(&venue->identity, venue_seed);
	memcpy(venue->public.key, venue->identity.public_key, BB_KEY_SIZE);
	memset(venue->public.ledger_id, 0x5a, sizeof(venue->public.ledger_id));
	for (uint32_t i = 0; i < FAKE_PARTICIPANTS; i++) {
		struct bb_identity member;
		gen_key_identity(&member, seed, GEN_FIRST_ID + i);
		BB_ASSERT(bb_mac_agree(venue->mac_keys[i], &venue->identity, member.public_key,
				       venue->public.ledger_id));
	}
	*link = (struct gen_link){ venue, fake_send, fake_receive, fake_idle, fake_wake, NULL };
}
