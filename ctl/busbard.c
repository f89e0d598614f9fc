/* busbard - the appliance: the one place that sees every part.
 *
 *	port 0..      a frame of a participant
 *	   |
 *	ingest 0..    frame, gate: who, when, MAC, rate, signature
 *	   |    \
 *	 lane 0..  replies 0.. ------------.      refusals, ARP, echo
 *	   |                               |
 *	matcher       number, time, market |      <- control lane <- gate <- control thread
 *	   |                               |      <- asks, answers -> control thread
 *	 outcomes                          |
 *	   |                               |
 *	ledger        block, flush         |
 *	   |                               |
 *	 released     only what is durable |
 *	   |                               |
 *	egress  <--------------------------'
 *	   |    \
 *	port 0..  control -> control thread       reports, notices, feed
 *
 * Duties run on the lcores that the configuration says; the control thread sleeps.  It
 * starts them all, follows the roster, answers the control socket, and stops them in the
 * order of the path, so that everything accepted is answered.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/bb_boot.h"
#include "ctl/bb_control_desk.h"
#include "ctl/bb_stop.h"
#include "dataplane/bb_rings.h"

/* Exit codes, as those of busbarctl. */
enum { EXIT_UNHEALTHY = 1, EXIT_USAGE = 2 };

static struct bb_daemon appliance;

/* The arrows of the picture. */
static bool
make_rings(struct bb_daemon *daemon)
{
	struct bb_daemon_rings *rings = &daemon->rings;
	const uint32_t ingest = daemon->config.ingest_count;
	bool made = true;

	for (uint32_t i = 0; i <= ingest; i++) /* the last: from the control thread */
		made &= (rings->lanes[i] = bb_ring_pointers("lane", BB_RING_LANE_SLOTS)) != NULL;
	for (uint32_t i = 0; i < ingest; i++)
		made &= (rings->replies[i] =
				 bb_ring_pointers("replies", BB_RING_REPLY_SLOTS)) != NULL;
	rings->outcomes = bb_ring_values("outcomes", BB_RING_OUTCOME_SLOTS,
					 sizeof(struct bb_outcome));
	rings->released = bb_ring_values("released", BB_RING_RELEASED_SLOTS,
					 sizeof(struct bb_outcome));
	rings->control = bb_ring_values("control", BB_RING_CONTROL_SLOTS,
					sizeof(struct bb_to_control));
	rings->asks = bb_ring_pointers("asks", BB_RING_INSPECT_SLOTS);
	rings->answers = bb_ring_pointers("answers", BB_RING_INSPECT_SLOTS);
	made &= rings->outcomes != NULL && rings->released != NULL && rings->control != NULL &&
		rings->asks != NULL && rings->answers != NULL;
	if (!made)
		bb_say("no memory for the rings: raise -m in eal, or lower mbufs");
	return made;
}

static void
make_gate(struct bb_daemon *daemon, uint32_t lane, struct bb_counters *counters)
{
	bb_gate_init(&daemon->gates[lane], &daemon->arena, daemon->genesis.size.participants,
		     daemon->roster, daemon->market, &daemon->verify, daemon->venue, counters);
}

/* A clock of the venue's own goes on where the ledger ends. */
static struct bb_clock
start_clock(const struct bb_daemon *daemon)
{
	struct bb_clock clock = daemon->config.clock;
	const uint64_t last_ns = bb_market_time_ns(daemon->market);

	if (clock.speed == 0)
		return clock;
	clock.origin_ns = bb_lcore_now_ns();
	if (clock.start_ns < last_ns)
		clock.start_ns = last_ns;
	bb_say("[time]: the venue's time is not the machine's: it runs %u times as fast, from "
	       "%llu s since 1970; for demonstrations and tests alone", clock.speed,
	       (unsigned long long)(clock.start_ns / 1000000000));
	return clock;
}

/* The boxes of the picture: what each takes from where, and gives to whom. */
static struct bb_duty
wire(struct bb_daemon *daemon, const struct bb_config_duty *duty, struct bb_counters *counters)
{
	const struct bb_config *config = &daemon->config;
	struct bb_daemon_rings *rings = &daemon->rings;
	uint32_t lane = duty->queue; /* of an ingest: one a queue, ports in order */

	switch (duty->kind) {
	case BB_CONFIG_INGEST:
		for (uint32_t port = 0; port < duty->port; port++)
			lane += config->ports[port].rx_queues;
		make_gate(daemon, lane, counters);
		daemon->ingest[lane] = (struct bb_ingest_duty){
			.port = &daemon->ports[duty->port], .port_index = duty->port,
			.queue = duty->queue, .gate = &daemon->gates[lane],
			.lane = rings->lanes[lane], .replies = rings->replies[lane],
			.counters = counters };
		return bb_ingest_duty(&daemon->ingest[lane]);
	case BB_CONFIG_MATCHER:
		bb_matcher_init(&daemon->matcher, daemon->market, counters);
		daemon->matcher_duty = (struct bb_matcher_duty){
			.matcher = &daemon->matcher, .clock = start_clock(daemon),
			.lane_count = config->ingest_count + 1, .outcomes = rings->outcomes,
			.asks = rings->asks, .answers = rings->answers };
		memcpy(daemon->matcher_duty.lanes, rings->lanes, sizeof(rings->lanes));
		return bb_matcher_duty(&daemon->matcher_duty);
	case BB_CONFIG_LEDGER:
		daemon->ledger_duty = (struct bb_ledger_duty){
			.ledger = daemon->ledger, .outcomes = rings->outcomes,
			.released = rings->released, .close_bytes = config->close_bytes,
			.close_ns = config->close_ns, .counters = counters };
		return bb_ledger_duty(&daemon->ledger_duty);
	default:
		daemon->egress_duty = (struct bb_egress_duty){
			.released = rings->released, .reply_count = config->ingest_count,
			.ports = daemon->ports, .port_count = config->port_count,
			.control = rings->control, .roster = daemon->roster,
			.pool = daemon->pool, .participants = daemon->genesis.size.participants,
			.venue = daemon->venue, .feed = config->feed, .counters = counters };
		memcpy(daemon->egress_duty.replies, rings->replies, sizeof(rings->replies));
		bb_egress_init(&daemon->egress_duty, &daemon->arena);
		return bb_egress_duty(&daemon->egress_duty);
	}
}

/* Each lcore gets its duties; the control thread, which polls nothing, its gate. */
static bool
start_lcores(struct bb_daemon *daemon)
{
	const struct bb_config *config = &daemon->config;

	make_gate(daemon, bb_daemon_control_lane(daemon), bb_daemon_control_counters(daemon));
	for (uint32_t i = 0; i < config->lcore_count; i++) {
		struct bb_lcore *lcore = &daemon->lcores[i];

		lcore->lcore_id = i;
		lcore->counters = &daemon->counters[i];
		lcore->duty_count = config->lcores[i].duty_count;
		for (uint32_t j = 0; j < lcore->duty_count; j++)
			lcore->duties[j] =
				wire(daemon, &config->lcores[i].duties[j], lcore->counters);
	}
	bb_arena_seal(&daemon->arena);
	for (uint32_t i = 0; i < config->lcore_count; i++) {
		if (!bb_lcore_start(&daemon->lcores[i])) {
			bb_say("CPU %u does not start polling: see eal.log",
			       config->lcores[i].cpu);
			return false;
		}
	}
	return true;
}

static const char usage[] =
	"usage: busbard [--config FILE] [--check] [--from-genesis] [--verbose]\n"
	"\n"
	"  -c, --config FILE  what to run (./busbard.conf)\n"
	"      --check        check the configuration and what it needs, and start nothing\n"
	"      --from-genesis replay all of the ledger, whatever snapshots there are\n"
	"  -v, --verbose      messages of DPDK on stderr instead of FOLDER/eal.log\n"
	"      --version      print the version\n"
	"      --help         print this\n"
	"\n"
	"Prints one line, \"busbard ready: ...\", once packets are taken.  SIGTERM and SIGINT\n"
	"stop it when everything accepted is answered; a second one at once.\n"
	"Exit codes: 0 stopped cleanly, 1 failed, 2 usage, configuration or surroundings.\n";

/* read_options returns -1 to go on, or the exit code. */
static int
read_options(int argc, char **argv, const char **config_path, bool *check,
	     struct bb_daemon *daemon)
{
	enum { CHECK = 256, FROM_GENESIS, VERSION, HELP };
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, CHECK },
		{ "from-genesis", no_argument, NULL, FROM_GENESIS },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, VERSION },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};

	for (int option; (option = getopt_long(argc, argv, "c:v", options, NULL)) != -1;) {
		if (option == 'c')
			*config_path = optarg;
		else if (option == CHECK)
			*check = true;
		else if (option == FROM_GENESIS)
			daemon->from_genesis = true;
		else if (option == 'v')
			daemon->verbose = true;
		else if (option == VERSION)
			return printf("busbard %s\n", BB_VERSION) < 0;
		else if (option == HELP)
			return fputs(usage, stdout) < 0;
		else
			return EXIT_USAGE;
	}
	if (optind == argc)
		return -1;
	bb_say("unknown argument \"%s\": see busbard --help", argv[optind]);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct bb_daemon *daemon = &appliance;
	const char *config_path = "busbard.conf";
	bool check = false;
	const int code = read_options(argc, argv, &config_path, &check, daemon);

	if (code >= 0)
		return code;
	(void)umask(027);
	if (!bb_boot_check(daemon, config_path))
		return EXIT_USAGE;
	if (check)
		return printf("%s: ok\n", config_path) < 0;
	const int wake_fd = bb_stop_catch_signals();

	if (wake_fd < 0 || !bb_boot_eal(daemon))
		return EXIT_UNHEALTHY;

	bool clean = false;

	if (bb_boot_state(daemon) && bb_boot_ports(daemon) && bb_boot_roster(daemon) &&
	    make_rings(daemon) && start_lcores(daemon) && bb_desk_open(daemon, wake_fd)) {
		bb_stop_hold_signals();
		bb_boot_ready(daemon);
		while (!bb_stop_asked(daemon))
			bb_desk_turn(daemon, bb_desk_patience_ms(daemon));
		clean = bb_stop_in_path_order(daemon);
		bb_desk_close(daemon);
	}
	bb_stop_take_down(daemon);
	return clean ? EXIT_SUCCESS : EXIT_UNHEALTHY;
}
