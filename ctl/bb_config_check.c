#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/bb_config_parse.h"
#include "market/bb_bid.h"

#define EAL_DEFAULT "--no-huge --no-shconf --no-pci -m 256"

/* What one packet buffer takes: headers, private area, data room. */
#define MBUF_BYTES (sizeof(struct bb_bid) + 2560u)

/* The options of DPDK 22.11.  It answers a wrong one with a hundred lines; the mistake is
 * told here in one. */
static const struct eal_option {
	const char *name;
	const char *instead; /* refused, because this says it */
	enum { ALONE, OPTIONAL, VALUE } argument;
} eal_options[] = {
	{ "-c", "write [lcore CPU] sections", VALUE },
	{ "-l", "write [lcore CPU] sections", VALUE },
	{ "-s", "write [lcore CPU] sections", VALUE },
	{ "-S", "write [lcore CPU] sections", VALUE },
	{ "--lcores", "write [lcore CPU] sections", VALUE },
	{ "--main-lcore", "write [lcore CPU] sections", VALUE },
	{ "--vdev", "write it as device of a [port N]", VALUE },
	{ "--proc-type", "busbard is always the primary process", VALUE },
	{ "-h", "see the guide of DPDK", ALONE },
	{ "--help", "see the guide of DPDK", ALONE },
	{ "-a", NULL, VALUE },
	{ "--allow", NULL, VALUE },
	{ "-b", NULL, VALUE },
	{ "--block", NULL, VALUE },
	{ "-d", NULL, VALUE },
	{ "-m", NULL, VALUE },
	{ "-n", NULL, VALUE },
	{ "-r", NULL, VALUE },
	{ "-v", NULL, ALONE },
	{ "--base-virtaddr", NULL, VALUE },
	{ "--create-uio-dev", NULL, ALONE },
	{ "--file-prefix", NULL, VALUE },
	{ "--force-max-simd-bitwidth", NULL, VALUE },
	{ "--huge-dir", NULL, VALUE },
	{ "--huge-unlink", NULL, OPTIONAL },
	{ "--huge-worker-stack", NULL, OPTIONAL },
	{ "--in-memory", NULL, ALONE },
	{ "--iova-mode", NULL, VALUE },
	{ "--legacy-mem", NULL, ALONE },
	{ "--log-level", NULL, VALUE },
	{ "--match-allocations", NULL, ALONE },
	{ "--mbuf-pool-ops-name", NULL, VALUE },
	{ "--no-hpet", NULL, ALONE },
	{ "--no-huge", NULL, ALONE },
	{ "--no-pci", NULL, ALONE },
	{ "--no-shconf", NULL, ALONE },
	{ "--no-telemetry", NULL, ALONE },
	{ "--single-file-segments", NULL, ALONE },
	{ "--socket-limit", NULL, VALUE },
	{ "--socket-mem", NULL, VALUE },
	{ "--syslog", NULL, VALUE },
	{ "--telemetry", NULL, ALONE },
	{ "--trace", NULL, VALUE },
	{ "--trace-bufsz", NULL, VALUE },
	{ "--trace-dir", NULL, VALUE },
	{ "--trace-mode", NULL, VALUE },
	{ "--vfio-intr", NULL, VALUE },
	{ "--vfio-vf-token", NULL, VALUE },
	{ "--vmware-tsc-map", NULL, ALONE },
};

/* What the checks need to know of the options. */
struct eal_view {
	bool no_huge;
	bool in_memory;
	bool no_pci;
	uint64_t memory_mib; /* 0: not limited */
};

/* Finds the option of a word; *value points behind its name: at "" or at "=..." of a long
 * one, at what is written against a short one. */
static const struct eal_option *
find_option(const char *word, const char **value)
{
	const bool is_long = strncmp(word, "--", 2) == 0;
	const size_t size = is_long ? strcspn(word, "=") : 2;

	for (size_t i = 0; i < sizeof(eal_options) / sizeof(eal_options[0]); i++) {
		const char *name = eal_options[i].name;
		if (strlen(name) == size && strncmp(word, name, size) == 0) {
			*value = word + size;
			return &eal_options[i];
		}
	}
	return NULL;
}

static bool
note_option(struct bb_config_parse *parse, uint32_t line, const char *name, const char *value,
	    struct eal_view *view)
{
	view->no_huge |= strcmp(name, "--no-huge") == 0;
	view->in_memory |= strcmp(name, "--in-memory") == 0;
	view->no_pci |= strcmp(name, "--no-pci") == 0;
	if (strcmp(name, "-m") != 0)
		return true;
	if (bb_value_number(value, 1 << 24, false, &view->memory_mib) && view->memory_mib > 0)
		return true;
	return bb_config_fail(parse, line, "-m in eal is \"%.32s\"; write a number of MiB, such "
			      "as -m 256", value);
}

/* Reads words[*at] and, where its value is the next word, that one too. */
static bool
check_option(struct bb_config_parse *parse, uint32_t line, char **words, uint32_t count,
	     uint32_t *at, struct eal_view *view)
{
	const char *word = words[(*at)++];
	const char *value = "";
	const struct eal_option *option = word[0] == '-' ? find_option(word, &value) : NULL;

	if (option == NULL)
		return bb_config_fail(parse, line, "eal has \"%.64s\", which DPDK 22.11 does not "
				      "know; leave it out", word);
	if (option->instead != NULL)
		return bb_config_fail(parse, line, "eal must not have %s; %s", option->name,
				      option->instead);
	if (value[0] == '=')
		value++;
	if (option->argument == ALONE && value[0] != '\0')
		return bb_config_fail(parse, line, "%s in eal takes no value; write it alone",
				      option->name);
	if (option->argument == VALUE && value[0] == '\0') {
		if (*at == count || words[*at][0] == '-')
			return bb_config_fail(parse, line, "%s in eal has no value; write one "
					      "behind it", option->name);
		value = words[(*at)++];
	}
	return note_option(parse, line, option->name, value, view);
}

/* Counts first, since bb_config_words has room for so many only. */
static bool
check_eal(struct bb_config_parse *parse, struct eal_view *view)
{
	const uint32_t line = parse->key_lines[BB_KEY_eal];
	char text[BB_CONFIG_EAL_MAX];
	char *words[BB_CONFIG_WORDS_MAX];
	uint32_t blanks = 0;

	if (line == 0)
		snprintf(parse->config->eal, sizeof(parse->config->eal), "%s", EAL_DEFAULT);
	for (const char *at = parse->config->eal; *at != '\0'; at++)
		blanks += *at == ' ' || *at == '\t';
	if (blanks >= BB_CONFIG_WORDS_MAX)
		return bb_config_fail(parse, line, "eal has more than %u words; write fewer, with "
				      "single blanks between them", BB_CONFIG_WORDS_MAX);

	memcpy(text, parse->config->eal, sizeof(text));
	const uint32_t count = bb_config_words(text, words);
	for (uint32_t at = 0; at < count;)
		if (!check_option(parse, line, words, count, &at, view))
			return false;
	if (view->no_huge && view->in_memory)
		return bb_config_fail(parse, line, "eal has --no-huge and --in-memory, and DPDK "
				      "refuses the pair; leave one of them out");
	return true;
}

bool
bb_config_check_section(struct bb_config_parse *parse)
{
	const uint32_t line = parse->section_lines[parse->section];
	const struct bb_config *config = parse->config;

	if (parse->section == BB_SECTION_PORT) {
		const struct bb_port_config *port = &config->ports[config->port_count - 1];
		if (port->device[0] == '\0')
			return bb_config_fail(parse, line, "[port %u] has no device; write device "
					      "= net_... or a PCI address",
					      config->port_count - 1);
		if (!port->interface.has_ipv4 && !port->interface.has_ipv6)
			return bb_config_fail(parse, line, "[port %u] has no address; write ipv4 "
					      "= ... or ipv6 = ...", config->port_count - 1);
	}
	if (parse->section == BB_SECTION_LCORE &&
	    config->lcores[config->lcore_count - 1].duty_count == 0)
		return bb_config_fail(parse, line, "[lcore %u] has no duties; write duties = ... "
				      "or leave the section out",
				      config->lcores[config->lcore_count - 1].cpu);
	if (parse->section == BB_SECTION_FEED && parse->key_lines[BB_KEY_feed_group] == 0)
		return bb_config_fail(parse, line, "[feed] has no group; write group = 239.1.2.3 "
				      "or leave the section out");
	return true;
}

static bool
has_duty(const struct bb_config *config, struct bb_config_duty duty)
{
	for (uint32_t i = 0; i < config->lcore_count; i++)
		for (uint32_t j = 0; j < config->lcores[i].duty_count; j++)
			if (memcmp(&config->lcores[i].duties[j], &duty, sizeof(duty)) == 0)
				return true;
	return false;
}

/* What an lcore polls must be there. */
static bool
check_lcores(struct bb_config_parse *parse)
{
	const struct bb_config *config = parse->config;

	for (uint32_t i = 0; i < config->lcore_count; i++) {
		const struct bb_config_lcore *lcore = &config->lcores[i];
		const uint32_t line = parse->lcore_lines[i];
		for (uint32_t j = 0; j < lcore->duty_count; j++) {
			const struct bb_config_duty *duty = &lcore->duties[j];
			if (duty->kind != BB_CONFIG_INGEST)
				continue;
			if (duty->port >= config->port_count)
				return bb_config_fail(parse, line, "[lcore %u] has ingest %u.%u, "
						      "but there is no [port %u]; write one, or "
						      "another number", lcore->cpu, duty->port,
						      duty->queue, duty->port);
			if (duty->queue >= config->ports[duty->port].rx_queues)
				return bb_config_fail(parse, line, "[lcore %u] has ingest %u.%u, "
						      "but [port %u] has %u rx_queues, numbered "
						      "from 0; set rx_queues there, or another "
						      "number here", lcore->cpu, duty->port,
						      duty->queue, duty->port,
						      config->ports[duty->port].rx_queues);
		}
	}
	return true;
}

/* What there is must be polled. */
static bool
check_duties(struct bb_config_parse *parse)
{
	static const char *const names[] = {
		[BB_CONFIG_MATCHER] = "matcher",
		[BB_CONFIG_LEDGER] = "ledger",
		[BB_CONFIG_EGRESS] = "egress",
	};
	const struct bb_config *config = parse->config;

	for (uint8_t port = 0; port < config->port_count; port++) {
		for (uint16_t queue = 0; queue < config->ports[port].rx_queues; queue++) {
			const struct bb_config_duty ingest = { BB_CONFIG_INGEST, port, queue };
			if (!has_duty(config, ingest))
				return bb_config_fail(parse, parse->port_lines[port],
						      "nobody polls queue %u of [port %u]; write "
						      "ingest %u.%u into the duties of an lcore",
						      queue, port, port, queue);
		}
	}
	for (uint8_t kind = BB_CONFIG_MATCHER; kind <= BB_CONFIG_EGRESS; kind++)
		if (!has_duty(config, (struct bb_config_duty){ .kind = kind }))
			return bb_config_fail(parse, parse->line, "no lcore has the duty %s; write "
					      "it into the duties of one", names[kind]);
	return true;
}

static bool
check_ports(struct bb_config_parse *parse, const struct eal_view *view)
{
	struct bb_config *config = parse->config;
	uint64_t held = 0; /* mbufs that lie in descriptors alone */

	if (config->port_count == 0)
		return bb_config_fail(parse, parse->line, "there is no port; write a section "
				      "[port 0] with a device and an address");
	for (uint32_t i = 0; i < config->port_count; i++) {
		const struct bb_port_config *port = &config->ports[i];
		const uint32_t line = parse->port_lines[i];
		const bool virtual = port->device[0] == 'n' || port->device[0] == 'e';
		config->ingest_count += port->rx_queues;
		held += (port->rx_queues + 1u) * port->descriptors;
		if (config->ingest_count > BB_INGEST_MAX)
			return bb_config_fail(parse, line, "more than %u receive queues up to "
					      "[port %u]; lower rx_queues", BB_INGEST_MAX, i);
		if (!virtual && view->no_pci)
			return bb_config_fail(parse, line, "[port %u] is a PCI device, but eal has "
					      "--no-pci; write eal = ... without it", i);
	}
	if (config->mbufs == 0)
		config->mbufs = 20480;
	const uint32_t line = parse->key_lines[BB_KEY_mbufs] == 0 ? parse->port_lines[0]
								  : parse->key_lines[BB_KEY_mbufs];
	if (config->mbufs < held + 1024)
		return bb_config_fail(parse, line, "mbufs is %u, and the ports' queues alone hold "
				      "%llu; write mbufs = %llu or more, above the first section",
				      config->mbufs, (unsigned long long)held,
				      (unsigned long long)held + 1024);
	const uint64_t need_mib = (config->mbufs * MBUF_BYTES >> 20) + 1;
	if (view->memory_mib != 0 && view->memory_mib < need_mib)
		return bb_config_fail(parse, line, "%u mbufs take %llu MiB, and -m in eal gives "
				      "%llu; write a larger -m or fewer mbufs", config->mbufs,
				      (unsigned long long)need_mib,
				      (unsigned long long)view->memory_mib);
	return true;
}

static bool
check_feed(struct bb_config_parse *parse)
{
	struct bb_config *config = parse->config;
	const uint32_t line = parse->section_lines[BB_SECTION_FEED];

	if (line == 0)
		return true;
	if (config->feed.udp_port == 0)
		config->feed.udp_port = 7601;
	if (config->feed.port_index >= config->port_count)
		return bb_config_fail(parse, line, "[feed] goes to port %u, and there is none; "
				      "write port = 0", config->feed.port_index);
	if (!config->ports[config->feed.port_index].interface.has_ipv4)
		return bb_config_fail(parse, line, "[feed] goes to port %u, which has no ipv4; "
				      "write one there, or another port here",
				      config->feed.port_index);
	return true;
}

/* Half of a clock of its own would be a guess. */
static bool
check_time(struct bb_config_parse *parse)
{
	const uint32_t line = parse->section_lines[BB_SECTION_TIME];
	const bool start = parse->key_lines[BB_KEY_start] != 0;

	if (line == 0 || (start && parse->key_lines[BB_KEY_speed] != 0))
		return true;
	return bb_config_fail(parse, line, "[time] has no %s; write %s, or leave the section out: "
			      "a market keeps the machine's time", start ? "speed" : "start",
			      start ? "speed = 1440" : "start = 2026-06-01T00:00Z");
}

/* Joins folder and path, unless path stands on its own; the result goes into path. */
static bool
join(const char *folder, size_t folder_size, char *path, size_t room)
{
	char joined[2 * BB_CONFIG_PATH_MAX];

	if (path[0] == '/')
		return true;
	const int size = snprintf(joined, sizeof(joined), "%.*s%s%s", (int)folder_size, folder,
				  path[0] == '\0' ? "" : "/", path);
	if (size < 0 || (size_t)size >= room)
		return false;
	memcpy(path, joined, (size_t)size + 1);
	return true;
}

/* Paths are relative to the folder, and the folder is relative to the file. */
static bool
check_paths(struct bb_config_parse *parse)
{
	struct bb_config *config = parse->config;
	const char *slash = strrchr(parse->name, '/');
	const char *own = slash == NULL ? "." : slash == parse->name ? "/" : parse->name;
	const size_t own_size = own == parse->name ? (size_t)(slash - parse->name) : 1;
	const uint32_t folder_line = parse->key_lines[BB_KEY_folder];
	const uint32_t socket_line = parse->key_lines[BB_KEY_socket];

	if (own_size >= BB_CONFIG_PATH_MAX ||
	    !join(own, own_size, config->folder, sizeof(config->folder)))
		return bb_config_fail(parse, folder_line == 0 ? 1 : folder_line, "the path of the "
				      "folder has more than %u bytes; choose a shorter one",
				      BB_CONFIG_PATH_MAX - 1);
	if (socket_line == 0)
		snprintf(config->socket, sizeof(config->socket), "control.sock");
	if (!join(config->folder, strlen(config->folder), config->socket,
		  sizeof(config->socket)))
		return bb_config_fail(parse, socket_line == 0 ? 1 : socket_line, "the path of the "
				      "control socket has more than %u bytes; write socket = with "
				      "a shorter one into [control]", BB_CONFIG_SOCKET_MAX - 1);
	return true;
}

/* Without tables there is only libsodium. */
static bool
check_verify(struct bb_config_parse *parse)
{
	struct bb_config *config = parse->config;
	const uint32_t line = parse->key_lines[BB_KEY_verify];
	const bool tables = config->key_tables != BB_CONFIG_TABLES_NONE;

	if (line == 0)
		config->verify = tables ? BB_VERIFY_FAST : BB_VERIFY_LIBSODIUM;
	if (!tables && config->verify != BB_VERIFY_LIBSODIUM)
		return bb_config_fail(parse, line, "only libsodium verifies without tables; write "
				      "verify = libsodium, or key_tables = 8K");
	return true;
}

bool
bb_config_check(struct bb_config_parse *parse)
{
	struct bb_config *config = parse->config;
	struct eal_view view = { 0 };

	if (config->close_bytes == 0)
		config->close_bytes = 131072;
	if (config->close_ns == 0)
		config->close_ns = 1000000;
	if (config->tick_ns == 0)
		config->tick_ns = 1000000000;
	if (parse->key_lines[BB_KEY_heartbeat_ms] == 0)
		config->heartbeat_ns = 1000000000;
	if (parse->key_lines[BB_KEY_snapshot_blocks] == 0)
		config->snapshot_blocks = BB_CONFIG_SNAPSHOT_BLOCKS;
	if (config->lcore_count == 0)
		return bb_config_fail(parse, parse->line, "there is no lcore; write a section "
				      "[lcore 0] with duties = ingest 0.0, matcher, ledger, "
				      "egress");
	return check_verify(parse) && check_eal(parse, &view) && check_ports(parse, &view) &&
	       check_lcores(parse) && check_duties(parse) && check_feed(parse) &&
	       check_time(parse) && check_paths(parse);
}
