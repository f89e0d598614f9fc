#define _GNU_SOURCE /* madvise */
#include "ctl/bb_boot.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_config.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "base/bb_assert.h"
#include "ctl/bb_follow.h"
#include "ctl/bb_unreadable.h"
#include "dataplane/bb_rings.h"
#include "wire/bb_hash.h"

#define MIB       (UINT64_C(1) << 20)
#define HUGE_PAGE (2 * MIB)
#define SECOND_NS UINT64_C(1000000000)

/* DPDK's number for the control thread: above all workers, which count from 0. */
#define MAIN_LCORE (RTE_MAX_LCORE - 1)

_Static_assert(BB_CONFIG_LCORES_MAX < MAIN_LCORE, "workers and control thread have numbers");

/* What DPDK keeps pointers into. */
struct eal_arguments {
	char eal[BB_CONFIG_EAL_MAX];
	char program[16];
	char lcores[1024];
	char prefix[64];
	char main_lcore[32];
	char *argv[BB_CONFIG_WORDS_MAX + 16];
	int argc;
};

static void
add_argument(struct eal_arguments *arguments, char *argument)
{
	BB_ASSERT((size_t)arguments->argc + 1 <
		  sizeof(arguments->argv) / sizeof(arguments->argv[0]));
	arguments->argv[arguments->argc++] = argument;
}

/* The control thread may run anywhere that this process may: "127@(0-1,4-4),0@4". */
static void
fill_lcores(struct eal_arguments *arguments, const struct bb_config *config)
{
	char cpus[256];
	const size_t room = sizeof(arguments->lcores);

	bb_boot_cpus_text(cpus, sizeof(cpus));
	size_t used = (size_t)snprintf(arguments->lcores, room, "--lcores=%u@(%s)",
				       MAIN_LCORE, cpus);

	for (uint32_t i = 0; i < config->lcore_count; i++)
		used += (size_t)snprintf(arguments->lcores + used, room - used,
					 ",%" PRIu32 "@%" PRIu32, i, config->lcores[i].cpu);
	BB_ASSERT(used < room);
}

/* Files of DPDK are named by the venue's folder: two venues on one machine do not meet. */
static void
fill_prefix(struct eal_arguments *arguments, const struct bb_config *config)
{
	char path[PATH_MAX];
	const char *folder = realpath(config->folder, path) != NULL ? path : config->folder;
	const struct bb_hash hash = bb_hash_of(folder, strlen(folder));

	(void)snprintf(arguments->prefix, sizeof(arguments->prefix),
		       "--file-prefix=busbar-%02x%02x%02x%02x", hash.bytes[0], hash.bytes[1],
		       hash.bytes[2], hash.bytes[3]);
}

static void
fill_arguments(struct eal_arguments *arguments, const struct bb_config *config)
{
	char *words[BB_CONFIG_WORDS_MAX];
	bool prefixed = false;

	memcpy(arguments->eal, config->eal, sizeof(arguments->eal));
	fill_lcores(arguments, config);
	fill_prefix(arguments, config);
	(void)snprintf(arguments->program, sizeof(arguments->program), "busbard");
	(void)snprintf(arguments->main_lcore, sizeof(arguments->main_lcore), "--main-lcore=%u",
		       MAIN_LCORE);

	const uint32_t count = bb_config_words(arguments->eal, words);

	add_argument(arguments, arguments->program);
	for (uint32_t i = 0; i < count; i++) {
		prefixed |= strncmp(words[i], "--file-prefix", strlen("--file-prefix")) == 0;
		add_argument(arguments, words[i]);
	}
	if (!prefixed)
		add_argument(arguments, arguments->prefix);
	add_argument(arguments, arguments->lcores);
	add_argument(arguments, arguments->main_lcore);
}

/* open_log gives DPDK's messages a file of their own, so that a line of ours is seen. */
static FILE *
open_log(const struct bb_daemon *daemon, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/eal.log", daemon->config.folder);
	if (daemon->verbose)
		return stderr;

	FILE *log = fopen(path, "we");

	if (log == NULL) {
		bb_say("cannot write %s: %s", path, strerror(errno));
		return NULL;
	}
	(void)setvbuf(log, NULL, _IOLBF, 0);
	return log;
}

/* place_runtime gives DPDK a place for its telemetry socket.  Who is not root has one in the
 * login session, or else would share /tmp/dpdk with whichever user came first and owns it. */
static void
place_runtime(const struct bb_daemon *daemon)
{
	const char *given = getenv("XDG_RUNTIME_DIR");

	if (geteuid() != 0 && (given == NULL || access(given, W_OK | X_OK) != 0))
		(void)setenv("XDG_RUNTIME_DIR", daemon->config.folder, 1);
}

/* remove_runtime runs when DPDK has taken its sockets out of the folder, and left it. */
static void
remove_runtime(void)
{
	(void)rmdir(rte_eal_get_runtime_dir());
}

bool
bb_boot_eal(struct bb_daemon *daemon)
{
	static struct eal_arguments arguments;
	char path[PATH_MAX];
	FILE *log = open_log(daemon, path);

	if (log == NULL)
		return false;
	place_runtime(daemon);
	(void)atexit(remove_runtime);
	fill_arguments(&arguments, &daemon->config);
	(void)rte_openlog_stream(log);

	/* What it prints on stdout, such as its options, belongs to the log as well: ours
	 * carries the one line that says ready. */
	(void)fflush(stdout);
	const int out = dup(STDOUT_FILENO);

	(void)dup2(fileno(log), STDOUT_FILENO);
	const int started = rte_eal_init(arguments.argc, arguments.argv);

	(void)fflush(stdout);
	if (out >= 0) {
		(void)dup2(out, STDOUT_FILENO);
		(void)close(out);
	}
	if (started >= 0)
		return true;
	bb_say("DPDK does not start (%s) with eal = %s; %s%s", rte_strerror(rte_errno),
	       daemon->config.eal, daemon->verbose ? "its messages are above" : "see ",
	       daemon->verbose ? "" : path);
	return false;
}

/* map_arena asks for huge pages and touches every page, so that no packet ever waits for
 * one. */
static bool
map_arena(struct bb_daemon *daemon)
{
	const size_t needed = bb_boot_memory_bytes(daemon);
	const size_t size = (needed + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED) {
		bb_say("no %zu MiB of memory for the market: %s", size / MIB, strerror(errno));
		return false;
	}
	(void)madvise(bytes, size, MADV_HUGEPAGE);
	for (volatile uint8_t *at = bytes; at < (uint8_t *)bytes + size; at += 4096)
		*at = 0;
	bb_arena_init(&daemon->arena, bytes, size);
	return true;
}

/* One line a second while the ledger is read. */
static void
say_progress(void *context, uint64_t bytes_done, uint64_t bytes_total, uint64_t blocks,
	     uint64_t inputs)
{
	uint64_t *told_ns = context;
	const uint64_t now_ns = bb_lcore_now_ns();

	if (now_ns - *told_ns < SECOND_NS)
		return;
	*told_ns = now_ns;
	bb_say("replaying: %" PRIu64 " inputs, %" PRIu64 " blocks, %" PRIu64 " of at most %" PRIu64
	       " MiB", inputs, blocks, bytes_done / MIB, bytes_total / MIB);
}

static void
say_recovery(const struct bb_ledger_recovery *recovery)
{
	const uint64_t ms = recovery->elapsed_ns / 1000000;
	char began[96] = "from genesis";

	if (recovery->snapshot_height > 0)
		(void)snprintf(began, sizeof(began), "snapshot at height %" PRIu64 ", %" PRIu64
			       " ms", recovery->snapshot_height, recovery->snapshot_ns / 1000000);
	bb_say("opened %" PRIu64 " blocks, %" PRIu64 " inputs in %" PRIu64 " ms (%s)",
	       recovery->blocks, recovery->inputs, ms, began);
	if (recovery->stale_bytes > 0)
		bb_say("%" PRIu64 " bytes that the kernel showed had never reached the disk: a "
		       "flush failed before; the disk's own bytes count", recovery->stale_bytes);
	if (recovery->torn_bytes > 0)
		bb_say("the last stop was not clean: %" PRIu64 " bytes of an unfinished block were "
		       "cut; nothing in them had been answered", recovery->torn_bytes);
}

/* Times in the ledger never go back: what a clock that was once ahead has stamped binds all that
 * comes before that moment. */
static void
warn_of_future(const struct bb_daemon *daemon)
{
	const uint64_t last_ns = bb_market_time_ns(daemon->market);
	const uint64_t now_ns = bb_lcore_now_ns();

	if (daemon->config.clock.speed == 0 && last_ns > now_ns + SECOND_NS)
		bb_say("note: the last input in the ledger is %" PRIu64 " s ahead of this "
		       "machine's clock: set the clock right; until then inputs carry that time, "
		       "and what expires before is refused", (last_ns - now_ns) / SECOND_NS);
}

static void
say_line(void *context, const char *line)
{
	(void)context;
	bb_say("%s", line);
}

static bool
open_ledger(struct bb_daemon *daemon)
{
	char text[BB_LEDGER_TEXT] = "";
	uint64_t told_ns = bb_lcore_now_ns();
	const struct bb_ledger_opening how = { .write = daemon->config.write,
					       .from_genesis = daemon->from_genesis,
					       .told = say_line,
					       .heartbeat_ns = daemon->config.heartbeat_ns,
					       .progress = say_progress,
					       .context = &told_ns };

	bb_unreadable_catch("busbard", NULL);
	bb_say("replaying %s", daemon->ledger_folder);
	const enum bb_result result =
		bb_ledger_open_as(&daemon->ledger, daemon->ledger_folder, &daemon->identity,
				  daemon->market, &how, &daemon->recovery, text);

	if (result != BB_OK) {
		bb_boot_say_ledger(daemon, result, text);
		return false;
	}
	bb_market_check(daemon->market);
	say_recovery(&daemon->recovery);
	warn_of_future(daemon);
	return true;
}

bool
bb_boot_state(struct bb_daemon *daemon)
{
	uint64_t hash_key;

	if (!map_arena(daemon))
		return false;
	if (getrandom(&hash_key, sizeof(hash_key), 0) != sizeof(hash_key)) {
		bb_say("no random numbers from the kernel: %s", strerror(errno));
		return false;
	}
	daemon->market = bb_market_init(&daemon->arena, &daemon->genesis.size,
					daemon->genesis.operator_key, hash_key);
	return open_ledger(daemon);
}

bool
bb_boot_roster(struct bb_daemon *daemon)
{
	daemon->roster = bb_roster_make(daemon->genesis.size.participants);
	if (daemon->roster == NULL) {
		bb_say("no memory for the roster");
		return false;
	}
	return bb_keys_start(daemon) && bb_follow_all(daemon);
}

/* Enough that full rings do not starve the ports; fewer is the operator's choice. */
static void
warn_of_few_mbufs(const struct bb_config *config)
{
	struct bb_ring_plan plan = {
		.ports = config->port_count,
		.rx_queues = config->ingest_count,
		.lcores = config->lcore_count + 1,
		.ledger_packets = BB_LEDGER_PACKETS,
	};

	for (uint32_t i = 0; i < config->port_count; i++)
		plan.descriptors = RTE_MAX(plan.descriptors, config->ports[i].descriptors);

	const uint32_t wanted = bb_ring_mbufs(&plan);

	if (config->mbufs < wanted)
		bb_say("note: mbufs = %" PRIu32 "; %" PRIu32 " keep the ports receiving when all "
		       "rings are full", config->mbufs, wanted);
}

/* A memif server that was killed leaves its socket behind, and the driver then refuses to
 * make it again.  One where somebody listens stays. */
static void
clear_memif(const char *device)
{
	const char *socket_option = strstr(device, ",socket=");
	char path[BB_CONTROL_PATH];
	char text[BB_CONTROL_TEXT];

	if (strncmp(device, "net_memif", strlen("net_memif")) != 0 || socket_option == NULL ||
	    strstr(device, ",role=server") == NULL)
		return;
	socket_option += strlen(",socket=");
	const int size = snprintf(path, sizeof(path), "%.*s", (int)strcspn(socket_option, ","),
				  socket_option);

	if (size > 0 && (size_t)size < sizeof(path) && bb_control_probe(path, text) == BB_OK)
		(void)unlink(path);
}

bool
bb_boot_ports(struct bb_daemon *daemon)
{
	const struct bb_config *config = &daemon->config;
	char text[BB_PORT_TEXT];

	warn_of_few_mbufs(config);
	daemon->pool = bb_port_pool("busbar", config->mbufs);
	if (daemon->pool == NULL) {
		bb_say("no memory for %" PRIu32 " packet buffers (%s): raise -m in eal, or lower "
		       "mbufs", config->mbufs, rte_strerror(rte_errno));
		return false;
	}
	for (uint32_t i = 0; i < config->port_count; i++) {
		clear_memif(config->ports[i].device);
		if (bb_port_open(&daemon->ports[i], &config->ports[i], daemon->pool, text) !=
		    BB_OK) {
			bb_say("[port %" PRIu32 "]: %s", i, text);
			return false;
		}
		daemon->ports_open++;
	}
	return true;
}

void
bb_boot_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* a name in the abstract space */

	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		     (const struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	(void)close(fd);
}

void
bb_boot_ready(const struct bb_daemon *daemon)
{
	const uint8_t *id = daemon->ledger_id.bytes;
	char text[INET6_ADDRSTRLEN];

	printf("busbard ready: %s, ledger %02x%02x%02x%02x, height %" PRIu64 ", %" PRIu32
	       " participants,", daemon->genesis.name, id[0], id[1], id[2], id[3],
	       daemon->recovery.place.height, daemon->roster_count);
	for (uint32_t i = 0; i < daemon->ports_open; i++) {
		const struct bb_interface *interface = &daemon->ports[i].interface;

		if (interface->has_ipv4)
			printf(" %s:%u", inet_ntop(AF_INET, interface->ipv4, text, sizeof(text)),
			       interface->udp_port);
		if (interface->has_ipv6)
			printf(" [%s]:%u", inet_ntop(AF_INET6, interface->ipv6, text, sizeof(text)),
			       interface->udp_port);
	}
	printf("\n");
	(void)fflush(stdout);
	bb_boot_notify("READY=1");
}
