/* bb_config - busbard.conf: which ports, which lcore does what, where things lie.
 *
 *	# A comment.  A key is set once; what is not set has its default.
 *	folder = /var/lib/busbar     where venue.key and ledger/ lie (the file's own folder)
 *	eal = --no-huge --no-shconf --no-pci -m 256            options for DPDK
 *	mbufs = 20480                packet buffers, shared by all ports
 *	verify = fast                signatures: fast, libsodium, or both and compared
 *	key_tables = 64K             a participant, for fast: 64K, 8K or none
 *	tick_ms = 1000               the least time between two ticks of the calendar
 *
 *	[port 0]                     ports are numbered from 0 without gaps
 *	device = net_memif0,role=server,socket=/run/busbar/0.sock   a vdev or a PCI address
 *	ipv4 = 192.0.2.1             one address at least
 *	ipv6 = 2001:db8::1
 *	mac = 02:00:00:00:00:01      (the device's own)
 *	udp = 7600
 *	rx_queues = 1
 *	descriptors = 1024           a queue
 *	promiscuous = no
 *
 *	[lcore 0]                    a CPU that polls, and what it does, in this order
 *	duties = ingest 0.0, matcher, ledger, egress
 *
 *	[ledger]
 *	close_bytes = 128K
 *	close_us = 1000
 *	heartbeat_ms = 1000          silence after which a block vouches for the last; 0: never
 *	write = auto                 direct, buffered, or direct where that can be had
 *	snapshot_blocks = 100000     from one snapshot of the market to the next; 0: none
 *	allow_unsafe_filesystem = no
 *
 *	[control]
 *	socket = control.sock
 *	group = busbar               who may use the socket, besides the owner
 *
 *	[feed]                       public market data; off without this section
 *	port = 0
 *	group = 239.1.2.3
 *	udp = 7601
 *
 *	[time]                       a clock of the venue's own, for demonstrations and tests alone
 *	start = 2026-06-01T00:00Z    the venue's time at its first start
 *	speed = 1440                 its seconds in one of the machine's: a day a minute
 *
 * All that can be known to be wrong before DPDK starts is found here: unknown keys and
 * sections, numbers out of range, a queue that no lcore or two lcores poll, more polling
 * lcores than CPUs.  packaging/busbard.conf.example says more about each key.
 *
 * Units    sizes in bytes, with K, M and G for 2^10, 2^20 and 2^30; times as named.
 * Memory   One plain value; no pointer in it.
 * Threads  None of its own.
 * Errors   BB_ERR_FORMAT and "FILE:LINE: what is wrong; what to write instead"; the
 *          config is then undefined.  Only the first mistake is told.
 * Replay   Not part of it: nothing here changes what the market decides.
 */
#ifndef BB_CONFIG_H
#define BB_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/bb_clock.h"
#include "base/bb_limits.h"
#include "base/bb_result.h"
#include "dataplane/bb_egress_duty.h"
#include "dataplane/bb_lcore.h"
#include "dataplane/bb_port.h"
#include "dataplane/bb_verify.h"
#include "ledger/bb_ledger.h"

#define BB_CONFIG_ERROR      512u
#define BB_CONFIG_SIZE_MAX   65536u /* of the file */
#define BB_CONFIG_PATH_MAX   1024u
#define BB_CONFIG_SOCKET_MAX 108u   /* what a Unix socket address holds, with its zero */
#define BB_CONFIG_EAL_MAX    1024u
#define BB_CONFIG_WORDS_MAX  64u    /* EAL options */
#define BB_CONFIG_GROUP_MAX  64u
#define BB_CONFIG_LCORES_MAX (BB_INGEST_MAX + 3u) /* each duty on an lcore of its own */

/* Blocks from one snapshot to the next, unless said otherwise. */
#define BB_CONFIG_SNAPSHOT_BLOCKS 100000u

enum bb_config_duty_kind {
	BB_CONFIG_INGEST, /* port and queue */
	BB_CONFIG_MATCHER,
	BB_CONFIG_LEDGER,
	BB_CONFIG_EGRESS,
};

/* Tables of participants' keys; what is not set is chosen by the venue's size. */
enum bb_config_tables {
	BB_CONFIG_TABLES_CHOOSE,
	BB_CONFIG_TABLES_NONE,
	BB_CONFIG_TABLES_SMALL, /* 8 KiB each */
	BB_CONFIG_TABLES_LARGE, /* 64 KiB each */
};

struct bb_config_duty {
	uint8_t kind; /* enum bb_config_duty_kind */
	uint8_t port;
	uint16_t queue;
};

struct bb_config_lcore {
	uint32_t cpu;
	uint32_t duty_count; /* 1.. */
	struct bb_config_duty duties[BB_LCORE_DUTIES];
};

struct bb_config {
	char folder[BB_CONFIG_PATH_MAX]; /* as written, or relative to where the file is */
	char eal[BB_CONFIG_EAL_MAX];
	uint32_t mbufs;
	uint8_t verify;     /* enum bb_verify_mode */
	uint8_t key_tables; /* enum bb_config_tables */
	uint64_t tick_ns;   /* the least between two ticks */
	uint32_t port_count; /* 1.. */
	struct bb_port_config ports[BB_PORTS_MAX];
	uint32_t ingest_count; /* receive queues of all ports, 1..BB_INGEST_MAX */
	uint32_t lcore_count;  /* 1.. */
	struct bb_config_lcore lcores[BB_CONFIG_LCORES_MAX]; /* in the order of the file */
	uint32_t close_bytes;
	uint64_t close_ns;
	uint64_t heartbeat_ns;
	uint8_t write; /* enum bb_ledger_write */
	uint64_t snapshot_blocks; /* 0: none are made */
	bool allow_unsafe_filesystem;
	char socket[BB_CONFIG_SOCKET_MAX];
	char group[BB_CONFIG_GROUP_MAX]; /* empty: the socket keeps the group of busbard */
	struct bb_feed_config feed;      /* udp_port 0: off */
	struct bb_clock clock;           /* speed 0: the machine's; origin_ns is not set */
};

/* bb_config_parse reads size bytes of text, the contents of the file called name, for a
 * machine of cpus CPUs. */
enum bb_result bb_config_parse(const char *name, const char *text, size_t size, uint32_t cpus,
			       struct bb_config *config, char error[BB_CONFIG_ERROR]);

/* bb_config_read is the same for a file: also BB_ERR_NOT_FOUND, BB_ERR_PERMISSION and
 * BB_ERR_IO. */
enum bb_result bb_config_read(const char *path, uint32_t cpus, struct bb_config *config,
			      char error[BB_CONFIG_ERROR]);

/* bb_config_words cuts text (config->eal) at its blanks, in place, and points words, which
 * has room for BB_CONFIG_WORDS_MAX, to the pieces; returns how many. */
uint32_t bb_config_words(char *text, char **words);

#endif
