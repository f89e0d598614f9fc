/* bb_config_parse - what the files of the configuration reader share; private to them.
 *
 *	bb_config.c         lines, sections and keys, top to bottom
 *	bb_config_value.c   one value: a number, an address, a path, a list of duties
 *	bb_config_time.c    those of [time]
 *	bb_config_check.c   what only the whole file can tell
 *
 * Errors   Functions that can fail return bool; the first failure has been told through
 *          bb_config_fail, and ends the reading.
 */
#ifndef BB_CONFIG_PARSE_H
#define BB_CONFIG_PARSE_H

#include <stdbool.h>

#include "ctl/bb_config.h"

enum bb_config_section {
	BB_SECTION_TOP, /* above the first section */
	BB_SECTION_PORT,
	BB_SECTION_LCORE,
	BB_SECTION_LEDGER,
	BB_SECTION_CONTROL,
	BB_SECTION_FEED,
	BB_SECTION_TIME,
	BB_SECTIONS
};

/* Every key, with the section it belongs to and how its value is read. */
#define BB_CONFIG_KEY_LIST(X)                              \
	X(folder, BB_SECTION_TOP, bb_value_folder)         \
	X(eal, BB_SECTION_TOP, bb_value_eal)               \
	X(mbufs, BB_SECTION_TOP, bb_value_mbufs)           \
	X(verify, BB_SECTION_TOP, bb_value_verify)         \
	X(key_tables, BB_SECTION_TOP, bb_value_key_tables) \
	X(tick_ms, BB_SECTION_TOP, bb_value_tick_ms)       \
	X(device, BB_SECTION_PORT, bb_value_device)        \
	X(ipv4, BB_SECTION_PORT, bb_value_ipv4)            \
	X(ipv6, BB_SECTION_PORT, bb_value_ipv6)            \
	X(mac, BB_SECTION_PORT, bb_value_mac)              \
	X(udp, BB_SECTION_PORT, bb_value_udp)              \
	X(rx_queues, BB_SECTION_PORT, bb_value_rx_queues)  \
	X(descriptors, BB_SECTION_PORT, bb_value_descriptors) \
	X(promiscuous, BB_SECTION_PORT, bb_value_promiscuous) \
	X(duties, BB_SECTION_LCORE, bb_value_duties)       \
	X(close_bytes, BB_SECTION_LEDGER, bb_value_close_bytes) \
	X(close_us, BB_SECTION_LEDGER, bb_value_close_us)  \
	X(heartbeat_ms, BB_SECTION_LEDGER, bb_value_heartbeat_ms) \
	X(write, BB_SECTION_LEDGER, bb_value_write)        \
	X(snapshot_blocks, BB_SECTION_LEDGER, bb_value_snapshot_blocks) \
	X(allow_unsafe_filesystem, BB_SECTION_LEDGER, bb_value_allow_unsafe_filesystem) \
	X(socket, BB_SECTION_CONTROL, bb_value_socket)     \
	X(group, BB_SECTION_CONTROL, bb_value_group)       \
	X(feed_port, BB_SECTION_FEED, bb_value_feed_port)  \
	X(feed_group, BB_SECTION_FEED, bb_value_feed_group) \
	X(feed_udp, BB_SECTION_FEED, bb_value_feed_udp)    \
	X(start, BB_SECTION_TIME, bb_value_start)          \
	X(speed, BB_SECTION_TIME, bb_value_speed)

enum bb_config_key {
#define X(name, section, set) BB_KEY_##name,
	BB_CONFIG_KEY_LIST(X)
#undef X
	BB_CONFIG_KEYS
};

struct bb_config_parse {
	const char *name; /* of the file */
	struct bb_config *config;
	char *error;
	uint32_t cpus;
	uint32_t line; /* being read, from 1 */
	uint32_t section; /* enum bb_config_section */
	/* Lines to point to; 0: not there.  Those of keys of [port N] and [lcore N] are of
	 * the section that is being read. */
	uint32_t section_lines[BB_SECTIONS]; /* of the last one of its kind */
	uint32_t key_lines[BB_CONFIG_KEYS];
	uint32_t port_lines[BB_PORTS_MAX];
	uint32_t lcore_lines[BB_CONFIG_LCORES_MAX];
};

/* bb_config_fail writes "FILE:LINE: " and the text; returns false. */
__attribute__((format(printf, 3, 4))) bool
bb_config_fail(struct bb_config_parse *parse, uint32_t line, const char *format, ...);

/* Each of these reads the value of one key, in the section that is being read. */
#define X(name, section, set) bool set(struct bb_config_parse *parse, const char *value);
BB_CONFIG_KEY_LIST(X)
#undef X

/* bb_value_number reads digits and, if suffixes are allowed, a K, M or G behind them. */
bool bb_value_number(const char *text, uint64_t max, bool suffix, uint64_t *number);

/* bb_config_check_section finds what a section that ends here still lacks. */
bool bb_config_check_section(struct bb_config_parse *parse);

/* bb_config_check finds what does not fit together, and fills in what was left out. */
bool bb_config_check(struct bb_config_parse *parse);

#endif
