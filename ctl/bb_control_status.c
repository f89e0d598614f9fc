/* bb_control_status - the health of the appliance, from what anyone may read at any time:
 * counters, atomics, rings, and what the devices say. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_mempool.h>
#include <rte_ring.h>

#include "ctl/bb_control_answer.h"
#include "ctl/bb_daemon.h"

/* Fewer than a burst for each of a few queues: packets are being lost. */
#define MBUFS_LOW 64u

__attribute__((format(printf, 2, 3)))
static void
alarm_line(json_t *alarms, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	(void)json_array_append_new(alarms, json_string(text));
}

static uint64_t
sum_of(const struct bb_daemon *daemon, uint32_t counter)
{
	uint64_t sum = bb_counted(&daemon->counters[BB_CONFIG_LCORES_MAX], counter);

	for (uint32_t i = 0; i < daemon->config.lcore_count; i++)
		sum += bb_counted(&daemon->counters[i], counter);
	return sum;
}

/* The counters of loops are told lcore by lcore: their sum says nothing. */
static json_t *
counters_of(const struct bb_daemon *daemon)
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < BB_COUNT_REFUSED; i++) {
		if (i == BB_COUNT_TURNS || i == BB_COUNT_BUSY_NS || i == BB_COUNT_LONGEST_NS)
			continue;
		(void)json_object_set_new(object, bb_counter_name(i),
					  bb_answer_number(sum_of(daemon, i)));
	}
	return object;
}

static json_t *
refused_of(const struct bb_daemon *daemon)
{
	json_t *object = json_object();

	for (uint32_t i = BB_COUNT_REFUSED; i < BB_COUNTERS; i++) {
		const uint64_t sum = sum_of(daemon, i);
		const char *name = bb_counter_name(i);

		if (sum > 0 && name != NULL)
			(void)json_object_set_new(object, name, bb_answer_number(sum));
	}
	return object;
}

static json_t *
duty_names(const struct bb_config_lcore *lcore)
{
	json_t *names = json_array();

	for (uint32_t i = 0; i < lcore->duty_count; i++) {
		const struct bb_config_duty *duty = &lcore->duties[i];
		char text[32] = "";

		switch (duty->kind) {
		case BB_CONFIG_INGEST:
			(void)snprintf(text, sizeof(text), "ingest %u.%u", duty->port, duty->queue);
			break;
		case BB_CONFIG_MATCHER:
			(void)snprintf(text, sizeof(text), "matcher");
			break;
		case BB_CONFIG_LEDGER:
			(void)snprintf(text, sizeof(text), "ledger");
			break;
		default:
			(void)snprintf(text, sizeof(text), "egress");
			break;
		}
		(void)json_array_append_new(names, json_string(text));
	}
	return names;
}

static json_t *
lcores_of(const struct bb_daemon *daemon, json_t *alarms)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < daemon->config.lcore_count; i++) {
		const struct bb_config_lcore *lcore = &daemon->config.lcores[i];
		const struct bb_pulse *pulse = &daemon->desk.pulses[i];
		const uint64_t turns = atomic_load_explicit(&daemon->lcores[i].turns,
							    memory_order_relaxed);
		const uint64_t longest_ns =
			bb_counted(&daemon->counters[i], BB_COUNT_LONGEST_NS);

		if (pulse->stalled)
			alarm_line(alarms, "lcore %" PRIu32 " made no turn in the last second",
				   lcore->cpu);
		(void)json_array_append_new(
			list, json_pack("{s:I, s:o, s:o, s:f, s:o}", "cpu", (json_int_t)lcore->cpu,
					"duties", duty_names(lcore), "turns",
					bb_answer_number(turns), "busy", pulse->busy,
					"longest_turn_ns", bb_answer_number(longest_ns)));
	}
	return list;
}

static json_t *
mac_text(const uint8_t mac[6])
{
	char text[18];

	(void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		       mac[2], mac[3], mac[4], mac[5]);
	return json_string(text);
}

static void
add_addresses(json_t *list, const struct bb_interface *interface)
{
	char text[INET6_ADDRSTRLEN];

	if (interface->has_ipv4)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:i}", "host",
					inet_ntop(AF_INET, interface->ipv4, text, sizeof(text)),
					"udp", (int)interface->udp_port));
	if (interface->has_ipv6)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:i}", "host",
					inet_ntop(AF_INET6, interface->ipv6, text, sizeof(text)),
					"udp", (int)interface->udp_port));
}

/* The link of a memif is up while the other side is attached: its being down is news, no
 * fault. */
static bool
link_matters(const struct bb_port_config *port)
{
	return strncmp(port->device, "net_memif", strlen("net_memif")) != 0;
}

static json_t *
ports_of(const struct bb_daemon *daemon, json_t *alarms)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < daemon->config.port_count; i++) {
		const struct bb_port *port = &daemon->ports[i];
		json_t *addresses = json_array();
		struct bb_port_stats stats;

		bb_port_stats(port, &stats);
		add_addresses(addresses, &port->interface);
		if (!stats.link_up && link_matters(&daemon->config.ports[i]))
			alarm_line(alarms, "port %" PRIu32 " has no link", i);
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "device",
				  daemon->config.ports[i].device, "link",
				  stats.link_up ? "up" : "down", "mac",
				  mac_text(port->interface.mac), "addresses", addresses, "rx",
				  bb_answer_number(stats.rx), "rx_missed",
				  bb_answer_number(stats.rx_missed), "rx_errors",
				  bb_answer_number(stats.rx_errors), "rx_no_mbuf",
				  bb_answer_number(stats.rx_no_mbuf), "tx",
				  bb_answer_number(stats.tx), "tx_errors",
				  bb_answer_number(stats.tx_errors)));
	}
	return list;
}

static void
add_ring(json_t *list, const char *name, int index, const struct rte_ring *ring)
{
	char text[32];

	if (index < 0)
		(void)snprintf(text, sizeof(text), "%s", name);
	else
		(void)snprintf(text, sizeof(text), "%s %d", name, index);
	(void)json_array_append_new(list,
				    json_pack("{s:s, s:I, s:I}", "name", text, "used",
					      (json_int_t)rte_ring_count(ring), "size",
					      (json_int_t)rte_ring_get_capacity(ring)));
}

static json_t *
rings_of(const struct bb_daemon *daemon)
{
	const struct bb_daemon_rings *rings = &daemon->rings;
	const uint32_t ingest = daemon->config.ingest_count;
	json_t *list = json_array();

	for (uint32_t i = 0; i < ingest; i++)
		add_ring(list, "lane", (int)i, rings->lanes[i]);
	add_ring(list, "control lane", -1, rings->lanes[ingest]);
	add_ring(list, "outcomes", -1, rings->outcomes);
	add_ring(list, "released", -1, rings->released);
	for (uint32_t i = 0; i < ingest; i++)
		add_ring(list, "replies", (int)i, rings->replies[i]);
	add_ring(list, "control", -1, rings->control);
	return list;
}

static json_t *
mbufs_of(const struct bb_daemon *daemon, json_t *alarms)
{
	const uint32_t there = rte_mempool_avail_count(daemon->pool);

	if (there < MBUFS_LOW)
		alarm_line(alarms, "%" PRIu32 " packet buffers are free: raise mbufs", there);
	return json_pack("{s:I, s:I}", "free", (json_int_t)there, "size",
			 (json_int_t)daemon->pool->size);
}

static json_t *
recovery_of(const struct bb_ledger_recovery *recovery)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "blocks",
			 bb_answer_number(recovery->blocks), "inputs",
			 bb_answer_number(recovery->inputs), "torn_bytes",
			 bb_answer_number(recovery->torn_bytes), "elapsed_ns",
			 bb_answer_number(recovery->elapsed_ns), "snapshot_height",
			 bb_answer_number(recovery->snapshot_height), "snapshot_ns",
			 bb_answer_number(recovery->snapshot_ns));
}

/* What this busbard made; what it began with is in recovery. */
static json_t *
snapshots_of(const struct bb_daemon *daemon, json_t *alarms)
{
	const struct bb_snapper *snapper = &daemon->desk.snapper;

	if (snapper->alarm[0] != '\0')
		alarm_line(alarms, "snapshots: %s", snapper->alarm);
	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "blocks",
			 bb_answer_number(daemon->config.snapshot_blocks), "height",
			 bb_answer_number(snapper->height), "made_ns",
			 bb_answer_number(snapper->made_ns), "took_ns",
			 bb_answer_number(snapper->took_ns), "under_way", snapper->pid > 0);
}

static void
add_place(json_t *root, const struct bb_daemon *daemon)
{
	struct bb_ledger_place place;

	bb_ledger_durable(daemon->ledger, &place);
	(void)json_object_update_new(
		root, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "height",
				bb_answer_number(place.height), "number",
				bb_answer_number(place.number), "state_root",
				bb_answer_hex(place.state_root.bytes, BB_HASH_SIZE), "block_hash",
				bb_answer_hex(place.block_hash.bytes, BB_HASH_SIZE), "sealed_ns",
				bb_answer_number(place.sealed_ns), "epoch",
				bb_answer_number(place.epoch)));
}

static void
add_alarms(json_t *alarms, const struct bb_daemon *daemon, const struct bb_inspect *market)
{
	char text[BB_LEDGER_TEXT] = "";

	if (bb_ledger_alarm(daemon->ledger, text) != BB_OK)
		alarm_line(alarms, "ledger: %s", text);
	if (atomic_load(&daemon->ledger_duty.failed) != 0)
		alarm_line(alarms, "the ledger has failed: nothing more is answered");
	if (market == NULL)
		alarm_line(alarms, "the matcher does not answer");
	if (daemon->desk.roster_behind > 0)
		alarm_line(alarms, "%" PRIu32 " changes of participants have not reached the gate",
			   daemon->desk.roster_behind);
}

static json_t *
signatures_of(const struct bb_daemon *daemon)
{
	const struct bb_verify *verify = &daemon->verify;
	const char *mode, *code;
	const size_t bytes =
		verify->tables == NULL ? 0 : bb_verify_table_bytes(&verify->comb);

	bb_keys_names(daemon, &mode, &code);
	return json_pack("{s:s, s:s, s:I, s:I, s:b}", "verify", mode, "code", code,
			 "table_bytes", (json_int_t)bytes, "tables",
			 (json_int_t)atomic_load(&daemon->keys.tables), "reserved_pages",
			 (int)daemon->keys.places.reserved);
}

/* null where the venue keeps the machine's time, as a market does. */
static json_t *
clock_of(const struct bb_daemon *daemon)
{
	const struct bb_clock *clock = &daemon->matcher_duty.clock;
	const uint64_t now_ns = bb_clock_at(clock, bb_lcore_now_ns());

	return clock->speed == 0 ? json_null()
				 : json_pack("{s:I, s:o}", "speed", (json_int_t)clock->speed,
					     "time_ns", bb_answer_number(now_ns));
}

json_t *
bb_answer_status(const struct bb_daemon *daemon, const struct bb_inspect *market)
{
	json_t *root = json_object();
	json_t *alarms = json_array();
	const uint64_t uptime_ns = bb_lcore_now_ns() - daemon->desk.started_ns;

	add_alarms(alarms, daemon, market);
	(void)json_object_update_new(
		root, json_pack("{s:b, s:s, s:o, s:s, s:i, s:o}", "ok", 1, "name",
				daemon->genesis.name, "ledger_id",
				bb_answer_hex(daemon->ledger_id.bytes, BB_HASH_SIZE), "version",
				BB_VERSION, "pid", (int)getpid(), "uptime_ns",
				bb_answer_number(uptime_ns)));
	add_place(root, daemon);
	(void)json_object_update_new(
		root, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "recovery",
				recovery_of(&daemon->recovery), "halted",
				market == NULL ? json_null() : json_boolean(market->halted),
				"counters", counters_of(daemon), "refused", refused_of(daemon),
				"lcores", lcores_of(daemon, alarms), "ports",
				ports_of(daemon, alarms), "rings", rings_of(daemon), "mbufs",
				mbufs_of(daemon, alarms)));
	(void)json_object_set_new(root, "snapshots", snapshots_of(daemon, alarms));
	(void)json_object_set_new(root, "signatures", signatures_of(daemon));
	(void)json_object_set_new(root, "clock", clock_of(daemon));
	(void)json_object_set_new(root, "healthy", json_boolean(json_array_size(alarms) == 0));
	(void)json_object_set_new(root, "alarms", alarms);
	return root;
}

json_t *
bb_answer_venue(const struct bb_daemon *daemon)
{
	json_t *addresses = json_array();

	for (uint32_t i = 0; i < daemon->config.port_count; i++)
		add_addresses(addresses, &daemon->ports[i].interface);
	return json_pack("{s:b, s:s, s:o, s:I, s:o, s:o, s:o}", "ok", 1, "name",
			 daemon->genesis.name, "ledger_id",
			 bb_answer_hex(daemon->ledger_id.bytes, BB_HASH_SIZE), "venue",
			 (json_int_t)daemon->venue, "venue_key",
			 bb_answer_hex(daemon->genesis.signer_key, BB_KEY_SIZE), "operator",
			 bb_answer_hex(daemon->genesis.operator_key, BB_KEY_SIZE), "addresses",
			 addresses);
}
