/* bb_daemon - everything that busbard holds, in one value.
 *
 * Filled in at boot (bb_boot.h), wired and run by busbard.c, looked at by the control
 * thread (bb_control_desk.h).  It is static: nothing of it moves or is freed.
 *
 * Threads  Made by the control thread before any lcore starts.  From then on the control
 *          thread touches counters, atomics and its own ends of rings, and nothing else
 *          that an lcore writes.
 */
#ifndef BB_DAEMON_H
#define BB_DAEMON_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bb_arena.h"
#include "base/bb_counters.h"
#include "ctl/bb_config.h"
#include "ctl/bb_control_server.h"
#include "ctl/bb_keys.h"
#include "ctl/bb_snapper.h"
#include "dataplane/bb_egress_duty.h"
#include "dataplane/bb_gate.h"
#include "dataplane/bb_ingest_duty.h"
#include "dataplane/bb_lcore.h"
#include "dataplane/bb_port.h"
#include "dataplane/bb_roster.h"
#include "ledger/bb_ledger.h"
#include "ledger/bb_ledger_duty.h"
#include "matcher/bb_matcher_duty.h"

struct rte_mempool;
struct rte_ring;

#ifndef BB_VERSION
#define BB_VERSION "unknown" /* meson gives the project's */
#endif

/* Submits under way, of all clients together: an operator works with one, a script that
 * registers thousands of participants with as many as it likes. */
#define BB_SUBMITS_MAX 64u

/* The rings between the duties; what flows in each is said in dataplane/bb_rings.h. */
struct bb_daemon_rings {
	struct rte_ring *lanes[BB_LANES_MAX]; /* one an ingest duty, then the control lane */
	struct rte_ring *replies[BB_INGEST_MAX];
	struct rte_ring *outcomes;
	struct rte_ring *released;
	struct rte_ring *control;
	struct rte_ring *asks;
	struct rte_ring *answers;
};

/* A submit whose report has not come back yet. */
struct bb_submit {
	uint32_t token;  /* 0: free */
	uint32_t client;
	uint64_t sequence;
	uint64_t sent_ns;
};

/* Two looks at an lcore, a second apart: is it alive, how busy. */
struct bb_pulse {
	uint64_t turns;
	uint64_t busy_ns;
	double busy; /* share of the last second */
	bool stalled;
};

/* What the control thread alone uses. */
struct bb_desk {
	struct bb_control_server server;
	struct bb_control_request request;
	struct bb_inspect inspect; /* the matching core's while asked is set */
	bool asked;
	bool stop_asked;
	bool stopping; /* nothing new is taken */
	uint32_t token; /* last given */
	uint32_t submit_count;
	struct bb_submit submits[BB_SUBMITS_MAX];
	uint64_t ticks_sent;   /* since start */
	uint64_t tick_sent_ns; /* the last one; 0: none yet */
	uint64_t started_ns;
	uint64_t pulse_ns;
	struct bb_pulse pulses[BB_CONFIG_LCORES_MAX];
	struct bb_snapper snapper;
	uint32_t roster_behind; /* changes that could not be looked up in time */
	uint64_t roster_stale[BB_PARTICIPANTS_MAX / 64 + 1]; /* whose */
};

struct bb_daemon {
	struct bb_config config;
	bool verbose;
	bool from_genesis; /* no snapshot is used */
	char ledger_folder[BB_CONFIG_PATH_MAX + 8];
	struct bb_identity identity; /* venue.key: signs blocks, agrees on MAC keys */
	struct bb_genesis genesis;
	struct bb_hash ledger_id;
	uint32_t venue;

	struct bb_arena arena; /* market, gates, address book */
	struct bb_market *market;
	struct bb_matcher matcher;
	struct bb_ledger *ledger;
	struct bb_ledger_recovery recovery;
	struct bb_roster *roster;
	uint32_t roster_count;
	struct bb_verify verify; /* shared by all gates */
	struct bb_keys keys;
	struct rte_mempool *pool;
	struct bb_port ports[BB_PORTS_MAX];
	uint32_t ports_open;
	struct bb_gate gates[BB_LANES_MAX]; /* as rings.lanes */

	struct bb_daemon_rings rings;
	struct bb_ingest_duty ingest[BB_INGEST_MAX];
	struct bb_matcher_duty matcher_duty;
	struct bb_ledger_duty ledger_duty;
	struct bb_egress_duty egress_duty;
	struct bb_lcore lcores[BB_CONFIG_LCORES_MAX]; /* as config.lcores */
	struct bb_counters counters[BB_CONFIG_LCORES_MAX + 1]; /* the last: control thread */

	struct bb_desk desk;
};

static inline uint32_t
bb_daemon_control_lane(const struct bb_daemon *daemon)
{
	return daemon->config.ingest_count;
}

static inline struct bb_counters *
bb_daemon_control_counters(struct bb_daemon *daemon)
{
	return &daemon->counters[BB_CONFIG_LCORES_MAX];
}

/* bb_say writes one line to stderr, with the program's name before it. */
__attribute__((format(printf, 1, 2)))
void bb_say(const char *format, ...);

#endif
