#define _GNU_SOURCE
#include "bench/gen_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/gen_flight.h"
#include "bench/gen_frame.h"
#include "bench/gen_gates.h"
#include "bench/gen_pcap.h"

#define LAST_CALLS 4u

#define PCAP_RATE 10000u

static volatile sig_atomic_t stop;

/* What happens with the packets of a phase: sent, or written.  false ends the run. */
typedef bool gen_deliver(void *context, struct gen_batch *batch, const char *what);

struct play {
	struct gen_crowd *crowd;
	struct gen_batch batch;
	gen_deliver *deliver;
	void *context;
	uint32_t rounds;
	bool adaptive;
	bool quiet;
};

static const char *const phase_names[] = {
	[GEN_OPENING] = "opening",     [GEN_REPRICE] = "new prices", [GEN_RESERVE] = "reserve",
	[GEN_CLOSE_OUT] = "close-out", [GEN_LAST_CALL] = "last call",  [GEN_GATE] = "gates",
};

static void
on_signal(int number)
{
	(void)number;
	stop = 1;
}

static bool
no_memory(void)
{
	fputs("busbar-gen: out of memory\n", stderr);
	return false;
}

static bool
play_phase(struct play *play, enum gen_phase phase, uint32_t round)
{
	const uint64_t start = gen_now_ns();

	if (!gen_crowd_bids(play->crowd, &play->batch, phase, round))
		return no_memory();
	if (!play->quiet && play->batch.count > 0)
		fprintf(stderr, "%s: %u packets signed in %.2f s\n", phase_names[phase],
			play->batch.count, (double)(gen_now_ns() - start) / 1e9);
	return play->deliver(play->context, &play->batch, phase_names[phase]);
}

static bool
play_close_out(struct play *play)
{
	if (!play_phase(play, GEN_RESERVE, 0) || !play_phase(play, GEN_CLOSE_OUT, 0))
		return false;
	for (uint32_t call = 0; play->adaptive && call < LAST_CALLS; call++)
		if (gen_crowd_untraded(play->crowd) > 0 &&
		    !play_phase(play, GEN_LAST_CALL, call))
			return false;
	return true;
}

static bool
play_ahead(struct play *play)
{
	bool good = play_phase(play, GEN_OPENING, 0);

	for (uint32_t round = 1; good && round + 1 < play->rounds; round++)
		good = play_phase(play, GEN_REPRICE, round);
	return good;
}

static bool
play_day(struct play *play)
{
	return play_ahead(play) && (play->rounds < 2 || play_close_out(play));
}

static bool
deliver_live(void *context, struct gen_batch *batch, const char *what)
{
	struct gen_flight *flight = context;

	flight->what = what;
	return gen_flight_run(flight, batch);
}

static bool
open_link(struct gen_link *link, const struct gen_options *options,
	  const struct gen_venue *venue)
{
	const struct gen_device device = {
		.device = options->device,
		.eal = options->eal,
		.cpu = options->cpu,
		.host = venue->host,
		.udp_port = venue->udp_port,
		.venue_mac = options->mac_given ? options->mac : NULL,
		.patience_ns = (uint64_t)options->patience_s * 1000000000,
	};
	char text[GEN_LINK_TEXT] = "";

	const bool good = options->udp != NULL
				  ? gen_link_udp(link, options->udp, venue->udp_port, text)
				  : gen_link_device(link, &device, text);
	if (!good)
		fprintf(stderr, "busbar-gen: %s\n", text);
	return good;
}

static void
catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static int
fly(const struct gen_options *options, struct gen_flight *flight)
{
	struct play play = { .crowd = flight->crowd, .deliver = deliver_live, .context = flight,
			     .rounds = options->rounds, .adaptive = true,
			     .quiet = options->quiet };
	bool good = gen_crowd_queries(flight->crowd, &play.batch);

	if (!good)
		(void)no_memory();
	good = good && deliver_live(flight, &play.batch, "queries");
	if (options->command == GEN_COMMAND_DAY)
		good = good && play_ahead(&play) && gen_gates_play(flight, &play.batch);
	else
		good = good && play_day(&play);
	gen_batch_free(&play.batch);
	if (flight->answers_failed)
		fprintf(stderr, "busbar-gen: cannot write all of %s\n", options->answers);
	/* Ended by time or a signal: what was sent counts all the same. */
	good = (good || flight->ending) && gen_tally_clean(flight->tally) &&
	       flight->tally->answered > 0 && !flight->answers_failed;
	return good ? 0 : 1;
}

int
gen_run_live(const struct gen_options *options, const struct gen_venue *venue,
	     struct gen_crowd *crowd, struct gen_tally *tally)
{
	struct gen_link link;
	struct gen_flight flight = {
		.link = &link,
		.crowd = crowd,
		.tally = tally,
		.stop = &stop,
		.window = options->window,
		.rate = options->rate,
		.end_ns = UINT64_MAX,
		.patience_ns = (uint64_t)options->patience_s * 1000000000,
		.answers = -1,
		.quiet = options->quiet,
		.speed = options->speed,
	};

	if (options->answers != NULL) {
		flight.answers = open(options->answers, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
				      0644);
		if (flight.answers < 0) {
			fprintf(stderr, "busbar-gen: %s: %s\n", options->answers, strerror(errno));
			return 2;
		}
	}
	if (!open_link(&link, options, venue))
		return 2;
	catch_signals();
	flight.start_ns = gen_now_ns();
	if (options->duration_s > 0)
		flight.end_ns = flight.start_ns + (uint64_t)options->duration_s * 1000000000;
	const int code = gen_flight_make(&flight) ? fly(options, &flight) : 1;
	gen_flight_free(&flight);
	link.close(link.state);
	if (flight.answers >= 0)
		(void)close(flight.answers);
	return code;
}

struct recorder {
	struct gen_pcap pcap;
	struct gen_wire wire;
	const struct gen_crowd *crowd;
	struct gen_tally *tally;
	uint64_t time_ns;
	uint64_t step_ns;
};

static bool
deliver_pcap(void *context, struct gen_batch *batch, const char *what)
{
	struct recorder *recorder = context;
	uint8_t frame[GEN_FRAME_MAX];

	(void)what;
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct gen_packet *packet = &batch->packets[batch->order[i]];
		const uint16_t size =
			gen_frame_bid(&recorder->wire,
				      recorder->crowd->participants[packet->member].id,
				      gen_batch_bytes(batch, packet), packet->size, frame);
		if (!gen_pcap_write(&recorder->pcap, recorder->time_ns, frame, size))
			return false;
		recorder->time_ns += recorder->step_ns;
		recorder->tally->packets++;
		recorder->tally->orders += packet->orders;
	}
	return true;
}

int
gen_run_pcap(const struct gen_options *options, const struct gen_venue *venue,
	     struct gen_crowd *crowd, struct gen_tally *tally)
{
	static const uint8_t own_mac[6] = { 0x02, 'b', 'b', 'g', 'e', 'n' };
	const uint32_t rate = options->rate > 0 ? options->rate : PCAP_RATE;
	struct recorder recorder = { .crowd = crowd, .tally = tally,
				     .step_ns = 1000000000 / rate };
	struct play play = { .crowd = crowd, .deliver = deliver_pcap, .context = &recorder,
			     .rounds = options->rounds, .quiet = options->quiet };

	/* The day before delivery, at noon: the same file every time. */
	recorder.time_ns = (uint64_t)(options->day_start_s - 43200) * 1000000000;
	memcpy(recorder.wire.own_mac, own_mac, 6);
	memset(recorder.wire.venue_mac, 0xff, 6); /* any port takes it */
	if (options->mac_given)
		memcpy(recorder.wire.venue_mac, options->mac, 6);
	if (!gen_frame_wire(&recorder.wire, venue->host, venue->udp_port)) {
		fprintf(stderr, "busbar-gen: %s: host is no address\n", options->venue);
		return 2;
	}
	if (!gen_pcap_open(&recorder.pcap, options->pcap)) {
		fprintf(stderr, "busbar-gen: %s: %s\n", options->pcap, strerror(errno));
		return 2;
	}
	bool good = play_day(&play);
	good = gen_pcap_close(&recorder.pcap) && good;
	gen_batch_free(&play.batch);
	if (!good)
		fprintf(stderr, "busbar-gen: %s: could not be written\n", options->pcap);
	return good ? 0 : 1;
}
