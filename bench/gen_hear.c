#include "bench/gen_hear.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "market/bb_event.h"

/* How long a packet that was told BUSY or RATE waits before it is sent again. */
#define AGAIN_NS UINT64_C(20000000)

#define LINE_MAX_SIZE 128u

/* A report, checked and whole. */
struct heard {
	struct bb_report report;
	struct bb_report_record records[BB_RECORDS_MAX];
	struct gen_member *member;
};

void
gen_hear_flush(struct gen_flight *flight)
{
	uint32_t done = 0;

	while (done < flight->lines_size && !flight->answers_failed) {
		const ssize_t wrote =
			write(flight->answers, flight->lines + done, flight->lines_size - done);
		if (wrote > 0)
			done += (uint32_t)wrote;
		else if (errno != EINTR)
			flight->answers_failed = true;
	}
	flight->lines_size = 0;
}

static void
write_line(struct gen_flight *flight, const struct gen_packet *packet,
	   const struct bb_report *report)
{
	if (flight->answers < 0)
		return;
	if (flight->lines_size > sizeof(flight->lines) - LINE_MAX_SIZE)
		gen_hear_flush(flight);
	const int size = snprintf(flight->lines + flight->lines_size, LINE_MAX_SIZE,
				  "%" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32
				  " %" PRIu32 "\n",
				  report->participant, report->sequence, report->number,
				  report->height, packet->events, packet->trades);
	BB_ASSERT(size > 0 && size < (int)LINE_MAX_SIZE);
	flight->lines_size += (uint32_t)size;
}

/* Takes a packet off those under way. */
static void
finish(struct gen_flight *flight, struct gen_packet *packet, enum gen_packet_state state)
{
	const uint32_t last = flight->outstanding[--flight->outstanding_count];

	flight->outstanding[packet->outstanding] = last;
	flight->batch->packets[last].outstanding = packet->outstanding;
	packet->state = (uint8_t)state;
	flight->open--;
}

static void
note_trade(struct gen_flight *flight, const struct bb_report *report,
	   const struct bb_report_record *record)
{
	if (record->event != BB_EVENT_TRADED && record->event != BB_EVENT_SHARED)
		return;
	gen_tally_trader(flight->tally, report->participant);
	if (record->event == BB_EVENT_TRADED)
		gen_tally_trader(flight->tally, record->counterparty);
}

static void
hear_notice(struct gen_flight *flight, const struct heard *heard)
{
	for (uint32_t i = 0; i < heard->report.record_count; i++) {
		flight->tally->notices++;
		gen_trader_learn(&heard->member->trader, &heard->records[i]);
		note_trade(flight, &heard->report, &heard->records[i]);
	}
}

/* Only what the market decided carries the venue's time; what the gate says, the machine's. */
static void
note_time(struct gen_flight *flight, const struct bb_report *report)
{
	if (report->kind != BB_REPORT_ANSWER && report->kind != BB_REPORT_NOTICE)
		return;
	flight->venue_ns = report->time_ns;
	flight->venue_at_ns = flight->heard_ns;
}

/* The packet under way that a report answers, or NULL. */
static struct gen_packet *
find_packet(struct gen_flight *flight, const struct heard *heard)
{
	const struct gen_member *member = heard->member;
	const struct gen_batch *batch = flight->batch;

	if (member->packet_count == 0)
		return NULL;
	const uint64_t first = batch->packets[member->first_packet].sequence;
	if (heard->report.sequence < first ||
	    heard->report.sequence - first >= member->packet_count)
		return NULL;
	struct gen_packet *packet =
		&batch->packets[member->first_packet + (uint32_t)(heard->report.sequence - first)];
	return packet->state == GEN_UNDER_WAY ? packet : NULL;
}

/* Returns whether the record refuses the whole packet. */
static bool
hear_record(struct gen_flight *flight, struct gen_packet *packet, const struct heard *heard,
	    const struct bb_report_record *record)
{
	struct gen_tally *tally = flight->tally;

	packet->events++;
	tally->readings += record->event == BB_EVENT_METERED;
	gen_trader_learn(&heard->member->trader, record);
	note_trade(flight, &heard->report, record);
	if (record->event == BB_EVENT_TRADED) {
		packet->trades++;
		tally->trades++;
		tally->energy_wh += record->quantity_wh;
	}
	if (record->event != BB_EVENT_REFUSED || record->result >= BB_RESULT_COUNT)
		return false;
	if (record->record != BB_REPORT_WHOLE) {
		tally->records_refused[record->result]++;
		return false;
	}
	tally->refused[record->result]++;
	return true;
}

/* Of a packet that was repeated nobody knows which copy was answered (Karn). */
static void
note_latency(struct gen_flight *flight, const struct gen_packet *packet, uint64_t latency_ns)
{
	gen_histogram_add(&flight->tally->latency, latency_ns);
	if (packet->repeats > 0)
		return;
	const uint64_t smooth_ns = flight->smooth_ns == 0 ? latency_ns : flight->smooth_ns;
	const uint64_t off_ns =
		latency_ns > smooth_ns ? latency_ns - smooth_ns : smooth_ns - latency_ns;
	flight->smooth_ns = smooth_ns - smooth_ns / 8 + latency_ns / 8;
	flight->spread_ns = flight->spread_ns - flight->spread_ns / 4 + off_ns / 4;
}

static void
hear_answer(struct gen_flight *flight, struct gen_packet *packet, const struct heard *heard)
{
	struct gen_tally *tally = flight->tally;
	const uint16_t part = heard->report.part & (uint16_t)~BB_REPORT_LAST_PART;
	bool refused = false;

	if (part != packet->next_part) {
		if (part < packet->next_part)
			tally->repeated_answers++;
		return;
	}
	packet->next_part++;
	for (uint32_t i = 0; i < heard->report.record_count; i++)
		refused |= hear_record(flight, packet, heard, &heard->records[i]);
	if ((heard->report.part & BB_REPORT_LAST_PART) == 0)
		return;

	note_latency(flight, packet, gen_now_ns() - packet->first_ns);
	write_line(flight, packet, &heard->report);
	if (!refused) {
		tally->answered++;
		tally->orders += packet->orders;
	}
	finish(flight, packet, refused ? GEN_REFUSED : GEN_ANSWERED);
}

static void
hear_refusal(struct gen_flight *flight, struct gen_packet *packet, const struct heard *heard)
{
	const uint16_t result = heard->report.record_count > 0 ? heard->records[0].result : 0;

	if (result == BB_ERR_BUSY || result == BB_ERR_RATE) {
		flight->tally->told_again++;
		packet->due_ns = gen_now_ns() + AGAIN_NS;
		return;
	}
	flight->tally->refused[result < BB_RESULT_COUNT ? result : 0]++;
	finish(flight, packet, GEN_REFUSED);
}

static void
hear_status(struct gen_flight *flight, struct gen_packet *packet, const struct heard *heard)
{
	if (heard->report.record_count != 1)
		return;
	heard->member->sequence = heard->records[0].order_id;
	heard->member->trader.clear_first = heard->records[0].quantity_wh > 0;
	finish(flight, packet, GEN_ANSWERED);
}

/* Whether it is a report for one of us, from the venue. */
static bool
understand(const struct gen_flight *flight, const uint8_t *payload, size_t size,
	   struct heard *heard)
{
	if (size < BB_REPORT_SIZE_MIN || size > BB_REPORT_SIZE_MAX)
		return false;
	const uint32_t index = gen_crowd_find(flight->crowd, bb_get_u32(payload + 8));
	if (index == flight->crowd->total)
		return false;
	heard->member = &flight->crowd->members[index];
	return bb_report_decode(payload, size, heard->member->mac_key, &heard->report,
				heard->records) == BB_OK &&
	       heard->report.venue == flight->crowd->venue;
}

void
gen_flight_hear(void *context, const uint8_t *payload, size_t size)
{
	struct gen_flight *flight = context;
	struct heard heard;

	if (!understand(flight, payload, size, &heard)) {
		flight->tally->strangers++;
		return;
	}
	flight->heard_ns = gen_now_ns();
	flight->silent_ns = flight->heard_ns;
	note_time(flight, &heard.report);
	if (heard.report.kind == BB_REPORT_NOTICE) {
		hear_notice(flight, &heard);
		return;
	}
	struct gen_packet *packet = find_packet(flight, &heard);
	const bool status = heard.report.kind == BB_REPORT_STATUS;
	if (packet == NULL || (status != flight->batch->queries &&
			       heard.report.kind != BB_REPORT_REFUSAL))
		flight->tally->repeated_answers++;
	else if (status)
		hear_status(flight, packet, &heard);
	else if (heard.report.kind == BB_REPORT_ANSWER)
		hear_answer(flight, packet, &heard);
	else
		hear_refusal(flight, packet, &heard);
}
