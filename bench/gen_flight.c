#include "bench/gen_flight.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bb_assert.h"
#include "base/bb_limits.h"
#include "bench/gen_hear.h"

#define MS UINT64_C(1000000)

#define WAIT_FIRST_NS (500 * MS) /* while nobody knows how long answers take */
#define WAIT_MIN_NS  (200 * MS)
#define WAIT_MAX_NS  (1000 * MS)
#define GRACE_NS     (1000 * MS) /* for what is under way when a run is to end */
#define LOOK_NS      (1 * MS)    /* how often overdue packets are looked for */
#define WAKE_NS      (50 * MS)   /* of silence, after which the link is woken */
#define QUIET_NS     (3 * MS)    /* of silence, after which no more notices come */
#define LATE_NS      (10 * MS)   /* what a paced sender may catch up on */

/* A phase ends before the next begins, so no participant has more under way than this, and
 * nothing that may be repeated falls out of its sequence window. */
_Static_assert(GEN_TRADER_ORDERS <= BB_WINDOW / 2, "packets of one participant in a phase");

bool
gen_flight_make(struct gen_flight *flight)
{
	flight->outstanding = calloc(flight->window, sizeof(flight->outstanding[0]));
	return flight->outstanding != NULL;
}

void
gen_flight_free(struct gen_flight *flight)
{
	free(flight->outstanding);
	flight->outstanding = NULL;
}

/* How long to wait for the answer to a packet that is sent now (RFC 6298): as long as
 * answers take at the moment, and twice as long for each time that it was sent before. */
static uint64_t
patience_for(const struct gen_flight *flight, const struct gen_packet *packet)
{
	const uint64_t usual = flight->smooth_ns == 0 ? WAIT_FIRST_NS
						      : flight->smooth_ns + 4 * flight->spread_ns;
	const uint64_t once = usual > WAIT_MIN_NS ? usual : WAIT_MIN_NS;
	const uint64_t wait = once << (packet->repeats < 4 ? packet->repeats : 4);
	const uint64_t most = once > WAIT_MAX_NS ? once : WAIT_MAX_NS;
	return wait < most ? wait : most;
}

static uint64_t
clock_or_end(struct gen_flight *flight)
{
	const uint64_t now = gen_now_ns();
	const bool impatient = now > flight->heard_ns + flight->patience_ns;

	if (!flight->ending && (*flight->stop || now >= flight->end_ns || impatient)) {
		if (impatient && !flight->quiet)
			fprintf(stderr, "busbar-gen: no answer for %.0f s: giving up\n",
				(double)flight->patience_ns / 1e9);
		flight->ending = true;
		flight->end_ns = impatient ? now : now + GRACE_NS;
	}
	return now;
}

static struct gen_datagram
datagram_of(const struct gen_flight *flight, const struct gen_packet *packet)
{
	return (struct gen_datagram){
		.bytes = gen_batch_bytes(flight->batch, packet),
		.participant = flight->crowd->participants[packet->member].id,
		.size = packet->size,
	};
}

/* How many packets the rate allows now. */
static uint32_t
allowed(struct gen_flight *flight, uint64_t now)
{
	if (flight->rate == 0)
		return BB_BURST;
	if (now > flight->next_send_ns + LATE_NS)
		flight->next_send_ns = now - LATE_NS;
	if (now < flight->next_send_ns)
		return 0;
	const uint64_t due = (now - flight->next_send_ns) * flight->rate / 1000000000 + 1;
	return due < BB_BURST ? (uint32_t)due : BB_BURST;
}

static void
mark_sent(struct gen_flight *flight, struct gen_packet *packet, uint64_t now)
{
	packet->state = GEN_UNDER_WAY;
	packet->first_ns = now;
	packet->due_ns = now + patience_for(flight, packet);
	packet->outstanding = flight->outstanding_count;
	flight->outstanding[flight->outstanding_count++] =
		(uint32_t)(packet - flight->batch->packets);
	if (flight->rate > 0)
		flight->next_send_ns += 1000000000 / flight->rate;
	if (flight->batch->queries)
		flight->tally->queries++;
	else
		flight->tally->packets++;
}

static uint32_t
send_new(struct gen_flight *flight, uint64_t now)
{
	struct gen_batch *batch = flight->batch;
	struct gen_datagram datagrams[BB_BURST];
	uint32_t count = allowed(flight, now);

	if (count > flight->window - flight->outstanding_count)
		count = flight->window - flight->outstanding_count;
	if (count > batch->count - flight->next)
		count = batch->count - flight->next;
	if (count == 0 || flight->ending)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		datagrams[i] =
			datagram_of(flight, &batch->packets[batch->order[flight->next + i]]);
	/* Before they are sent: an answer cannot come earlier than that. */
	const uint64_t before = gen_now_ns();
	const uint32_t sent = flight->link->send(flight->link->state, datagrams, count);
	flight->blocked = sent == 0;
	if (flight->outstanding_count == 0 && sent > 0)
		flight->silent_ns = before;
	for (uint32_t i = 0; i < sent; i++)
		mark_sent(flight, &batch->packets[batch->order[flight->next++]], before);
	return sent;
}

static void
repeat_overdue(struct gen_flight *flight, uint64_t now)
{
	struct gen_datagram datagrams[BB_BURST];
	struct gen_packet *packets[BB_BURST];
	uint32_t count = 0;

	for (uint32_t i = 0; i < flight->outstanding_count && count < BB_BURST; i++) {
		struct gen_packet *packet = &flight->batch->packets[flight->outstanding[i]];
		if (packet->due_ns > now)
			continue;
		packets[count] = packet;
		datagrams[count++] = datagram_of(flight, packet);
	}
	if (count == 0)
		return;
	const uint32_t sent = flight->link->send(flight->link->state, datagrams, count);
	for (uint32_t i = 0; i < sent; i++) {
		packets[i]->repeats++;
		packets[i]->due_ns = now + patience_for(flight, packets[i]);
		if (flight->batch->queries)
			flight->tally->queries++;
		else
			flight->tally->repeats++;
	}
}

/* The other end was away: whatever was sent meanwhile is worth sending again. */
static void
hurry(struct gen_flight *flight, uint64_t now)
{
	for (uint32_t i = 0; i < flight->outstanding_count; i++)
		flight->batch->packets[flight->outstanding[i]].due_ns = now;
}

/* What happens now and then, whatever else does. */
static void
look_around(struct gen_flight *flight, uint64_t now)
{
	if (now < flight->look_ns)
		return;
	flight->look_ns = now + LOOK_NS;
	repeat_overdue(flight, now);
	if ((flight->outstanding_count > 0 || flight->blocked) &&
	    now > flight->silent_ns + WAKE_NS && flight->link->wake(flight->link->state, now))
		hurry(flight, now);
	if (now >= flight->line_ns) {
		flight->line_ns = now + 1000 * MS;
		if (!flight->quiet)
			gen_tally_line(flight->tally, stderr, now - flight->start_ns,
				       flight->what);
	}
}

/* An end that nobody chose: what is under way is lost, the rest was never sent. */
static void
give_up(struct gen_flight *flight)
{
	for (uint32_t i = 0; i < flight->outstanding_count; i++)
		flight->batch->packets[flight->outstanding[i]].state = GEN_LOST;
	if (!flight->batch->queries)
		flight->tally->lost += flight->outstanding_count;
	flight->outstanding_count = 0;
}

/* Notices of the last packets may be on their way still. */
static void
listen(struct gen_flight *flight)
{
	const uint64_t start = gen_now_ns();
	uint64_t last = start;

	for (uint64_t now = start; now < last + QUIET_NS && now < start + 20 * QUIET_NS;
	     now = gen_now_ns()) {
		if (flight->link->receive(flight->link->state, gen_flight_hear, flight) > 0)
			last = now;
		else
			flight->link->idle(flight->link->state);
	}
}

bool
gen_flight_run(struct gen_flight *flight, struct gen_batch *batch)
{
	const uint64_t start = gen_now_ns();

	flight->batch = batch;
	flight->next = 0;
	flight->open = batch->count;
	flight->outstanding_count = 0;
	flight->heard_ns = start;
	flight->silent_ns = start;
	flight->blocked = false;
	flight->next_send_ns = start;
	while (flight->open > 0) {
		const uint64_t now = clock_or_end(flight);
		if (flight->ending && (flight->outstanding_count == 0 || now >= flight->end_ns))
			break;
		const uint32_t sent = send_new(flight, now);
		const uint32_t heard =
			flight->link->receive(flight->link->state, gen_flight_hear, flight);
		gen_hear_flush(flight);
		look_around(flight, now);
		if (sent + heard == 0)
			flight->link->idle(flight->link->state);
	}
	if (!batch->queries)
		flight->tally->active_ns += gen_now_ns() - start;
	give_up(flight);
	if (!flight->ending)
		listen(flight);
	return !flight->ending;
}

bool
gen_flight_listen(struct gen_flight *flight, uint64_t for_ns)
{
	const uint64_t start = gen_now_ns();

	while (!*flight->stop && gen_now_ns() - start < for_ns)
		if (flight->link->receive(flight->link->state, gen_flight_hear, flight) == 0)
			flight->link->idle(flight->link->state);
	return !*flight->stop;
}

uint64_t
gen_flight_venue_ns(const struct gen_flight *flight)
{
	return flight->venue_ns == 0 ? 0
				     : flight->venue_ns + (gen_now_ns() - flight->venue_at_ns) *
								  flight->speed;
}
