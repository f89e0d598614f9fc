#include "bench/gen_gates.h"

#include "base/bb_assert.h"

#define LISTEN_NS UINT64_C(5000000)
#define SECOND_NS UINT64_C(1000000000)
#define HOUR      4u /* quarter-hours */

struct gates {
	struct gen_flight *flight;
	struct gen_batch *batch;
	uint32_t until;
	uint32_t gate; /* next quarter-hour to be asked for */
	uint32_t read; /* next quarter-hour to be read */
};

/* The venue's time when a quarter-hour's delivery begins; the next one's is its end. */
static uint64_t
start_of(const struct gates *gates, uint32_t quarter)
{
	const struct gen_day *day = &gates->flight->crowd->day;

	return ((uint64_t)day->start_s + (uint64_t)quarter * GEN_QUARTER_S) * SECOND_NS;
}

static uint32_t
end_of_hour(const struct gates *gates)
{
	return gates->gate + HOUR < gates->until ? gates->gate + HOUR : gates->until;
}

static bool
gate_near(const struct gates *gates, uint64_t venue_ns)
{
	return gates->gate < gates->until &&
	       venue_ns + GEN_GATE_S * SECOND_NS >= start_of(gates, gates->gate);
}

/* Says what is still needed in the hour ahead. */
static bool
ask(struct gates *gates, uint64_t venue_ns)
{
	struct gen_crowd *crowd = gates->flight->crowd;
	const uint32_t from = crowd->from;
	const uint32_t until = crowd->until;
	bool good = true;

	crowd->until = end_of_hour(gates);
	crowd->from = gates->gate;
	while (crowd->from < crowd->until &&
	       venue_ns + GEN_CLOSURE_S * SECOND_NS >= start_of(gates, crowd->from))
		crowd->from++;
	gates->gate = crowd->until;
	gates->flight->what = "gates";
	if (crowd->from < crowd->until)
		good = gen_crowd_bids(crowd, gates->batch, GEN_GATE, 0) &&
		       gen_flight_run(gates->flight, gates->batch);
	crowd->from = from;
	crowd->until = until;
	return good;
}

/* Reads the meters of all quarter-hours that have ended. */
static bool
read_meters(struct gates *gates, uint64_t venue_ns)
{
	const uint32_t from = gates->read;

	while (gates->read < gates->until && gates->read < from + HOUR &&
	       venue_ns >= start_of(gates, gates->read + 1) + GEN_READING_S * SECOND_NS)
		gates->read++;
	if (gates->read == from)
		return gen_flight_listen(gates->flight, LISTEN_NS);
	gates->flight->what = "readings";
	return gen_crowd_readings(gates->flight->crowd, gates->batch, from, gates->read) &&
	       gen_flight_run(gates->flight, gates->batch);
}

bool
gen_gates_play(struct gen_flight *flight, struct gen_batch *batch)
{
	struct gen_crowd *crowd = flight->crowd;
	struct gates gates = { .flight = flight, .batch = batch, .gate = crowd->from,
			       .read = crowd->from,
			       .until = crowd->until == 0 ? GEN_QUARTERS : crowd->until };
	bool good = true;

	BB_ASSERT(flight->speed > 0);
	while (good && gates.read < gates.until) {
		const uint64_t venue_ns = gen_flight_venue_ns(flight);

		good = gate_near(&gates, venue_ns) ? ask(&gates, venue_ns)
						   : read_meters(&gates, venue_ns);
	}
	return good;
}
