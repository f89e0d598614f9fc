#define _GNU_SOURCE /* CPU sets */
#include "ctl/bb_boot.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/bb_keyfile.h"
#include "wire/bb_packet.h"

#define MIB (UINT64_C(1) << 20)

/* What one packet buffer takes in a pool: its header, a bid, room for a frame. */
#define MBUF_BYTES (sizeof(struct bb_bid) + 2560u)

void
bb_say(const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	fprintf(stderr, "busbard: %s\n", line);
}

void
bb_boot_cpus_text(char *text, size_t room)
{
	cpu_set_t allowed;
	size_t used = 0;

	CPU_ZERO(&allowed);
	(void)sched_getaffinity(0, sizeof(allowed), &allowed);
	text[0] = '\0';
	for (uint32_t cpu = 0; cpu < CPU_SETSIZE && used < room; cpu++) {
		const uint32_t first = cpu;

		while (cpu < CPU_SETSIZE && CPU_ISSET(cpu, &allowed))
			cpu++;
		if (cpu == first)
			continue;
		used += (size_t)snprintf(text + used, room - used, "%s%" PRIu32,
					 used == 0 ? "" : ",", first);
		if (cpu > first + 1 && used < room)
			used += (size_t)snprintf(text + used, room - used, "-%" PRIu32, cpu - 1);
	}
}

static bool
has_option(const struct bb_config *config, const char *option)
{
	char text[BB_CONFIG_EAL_MAX];
	char *words[BB_CONFIG_WORDS_MAX];

	memcpy(text, config->eal, sizeof(text));

	const uint32_t count = bb_config_words(text, words);

	for (uint32_t i = 0; i < count; i++)
		if (strcmp(words[i], option) == 0)
			return true;
	return false;
}

static bool
check_config(struct bb_daemon *daemon, const char *path)
{
	char error[BB_CONFIG_ERROR];
	const long cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (bb_config_read(path, cpus > 0 ? (uint32_t)cpus : 1, &daemon->config, error) == BB_OK)
		return true;
	bb_say("%s", error);
	return false;
}

/* A polling core that shares its CPU with another is worse than none: four of them on one
 * CPU fall to some thousand packets a second. */
static bool
check_cpus(const struct bb_config *config)
{
	char text[256];
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
		bb_say("cannot ask for the CPUs of this process: %s", strerror(errno));
		return false;
	}
	bb_boot_cpus_text(text, sizeof(text));
	for (uint32_t i = 0; i < config->lcore_count; i++) {
		const uint32_t cpu = config->lcores[i].cpu;

		if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed)) {
			bb_say("[lcore %" PRIu32 "]: this process may only use CPUs %s; change "
			       "the section, or start busbard under taskset or with systemd's "
			       "CPUAffinity", cpu, text);
			return false;
		}
	}
	if (config->lcore_count > (uint32_t)CPU_COUNT(&allowed)) {
		bb_say("%" PRIu32 " polling lcores but %d CPUs: put their duties into fewer "
		       "[lcore] sections", config->lcore_count, CPU_COUNT(&allowed));
		return false;
	}
	return true;
}

static bool
check_key(struct bb_daemon *daemon)
{
	char path[BB_CONFIG_PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/venue.key", daemon->config.folder);

	const enum bb_result result = bb_keyfile_read(path, &daemon->identity);

	switch (result) {
	case BB_OK:
		return true;
	case BB_ERR_NOT_FOUND:
		bb_say("no %s: put it back from a copy; where there never was one, busbarctl init "
		       "%s makes a venue", path, daemon->config.folder);
		return false;
	case BB_ERR_MODE:
		bb_say("%s can be read by others: chmod 600 %s", path, path);
		return false;
	case BB_ERR_PERMISSION:
		bb_say("%s: permission denied: run busbard as its owner, or chown it", path);
		return false;
	default:
		bb_say("%s: %s: put the key back from a copy", path, bb_result_text(result));
		return false;
	}
}

/* An answer promises that it is on the disk: not where that cannot be known, unless the
 * operator says so. */
static bool
check_filesystem(const struct bb_daemon *daemon)
{
	char text[BB_LEDGER_TEXT];

	if (bb_ledger_filesystem(daemon->ledger_folder, text) == BB_OK)
		return true;
	if (daemon->config.allow_unsafe_filesystem) {
		bb_say("note: %s", text);
		return true;
	}
	bb_say("%s: put the venue on ext4 or XFS, or, for a trial, write "
	       "allow_unsafe_filesystem = yes into [ledger]", text);
	return false;
}

void
bb_boot_say_ledger(const struct bb_daemon *daemon, enum bb_result result, const char *text)
{
	const char *folder = daemon->ledger_folder;
	const bool named = strncmp(text, folder, strlen(folder)) == 0;

	bb_say("%s%s%s (%s)", named ? "" : folder, named ? "" : ": ",
	       text[0] != '\0' ? text : bb_result_text(result), bb_result_name(result));
}

static bool
check_ledger(struct bb_daemon *daemon)
{
	char text[BB_LEDGER_TEXT] = "";
	const char *folder = daemon->ledger_folder;

	(void)snprintf(daemon->ledger_folder, sizeof(daemon->ledger_folder), "%s/ledger",
		       daemon->config.folder);
	if (access(folder, R_OK | W_OK | X_OK) != 0) {
		bb_say("%s: %s: make a venue with busbarctl init, or give the folder to this user",
		       folder, strerror(errno));
		return false;
	}

	if (!check_filesystem(daemon))
		return false;

	const enum bb_result result = bb_ledger_genesis(folder, &daemon->genesis, text);

	if (result != BB_OK) {
		bb_boot_say_ledger(daemon, result, text);
		return false;
	}
	if (memcmp(daemon->genesis.signer_key, daemon->identity.public_key, BB_KEY_SIZE) != 0) {
		bb_say("%s/venue.key does not belong to this ledger: put back the one that "
		       "busbarctl init made with it", daemon->config.folder);
		return false;
	}
	daemon->ledger_id = bb_genesis_ledger_id(&daemon->genesis);
	daemon->venue = bb_packet_venue(daemon->ledger_id.bytes);
	return true;
}

/* read_number returns the number behind name in a file such as /proc/meminfo, 0 if none. */
static uint64_t
read_number(const char *path, const char *name)
{
	char line[256];
	uint64_t number = 0;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return 0;
	while (number == 0 && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			number = strtoull(line + strlen(name), NULL, 10);
	(void)fclose(file);
	return number;
}

static uint64_t
huge_bytes_free(void)
{
	const char *folder = "/sys/kernel/mm/hugepages";
	const char prefix[] = "hugepages-";
	DIR *sizes = opendir(folder);
	uint64_t bytes = 0;

	if (sizes == NULL)
		return 0;
	for (const struct dirent *entry = readdir(sizes); entry != NULL; entry = readdir(sizes)) {
		char path[sizeof(entry->d_name) + 64];

		if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s/free_hugepages", folder, entry->d_name);

		const uint64_t kib = strtoull(entry->d_name + sizeof(prefix) - 1, NULL, 10);

		bytes += read_number(path, "") * kib * 1024;
	}
	(void)closedir(sizes);
	return bytes;
}

static bool
has_huge_mount(void)
{
	char line[1024];
	bool found = false;
	FILE *mounts = fopen("/proc/mounts", "re");

	if (mounts == NULL)
		return true; /* not known: DPDK will say */
	while (!found && fgets(line, sizeof(line), mounts) != NULL)
		found = strstr(line, " hugetlbfs ") != NULL;
	(void)fclose(mounts);
	return found;
}

/* Without huge pages DPDK takes -m MiB of ordinary memory. */
static bool
check_huge_pages(const struct bb_config *config)
{
	const char *or_else = "or set eal = --no-huge --no-shconf --no-pci -m 256";
	const uint64_t needed = config->mbufs * MBUF_BYTES;
	const uint64_t there = huge_bytes_free();

	if (has_option(config, "--no-huge"))
		return true;
	if (there < needed) {
		bb_say("%" PRIu64 " MiB of huge pages are free, %" PRIu64 " are needed: sysctl "
		       "vm.nr_hugepages=%" PRIu64 ", %s", there / MIB, needed / MIB + 1,
		       needed / (2 * MIB) + 64, or_else);
		return false;
	}
	if (!has_option(config, "--in-memory") && !has_huge_mount()) {
		bb_say("no hugetlbfs is mounted: add --in-memory to eal, %s", or_else);
		return false;
	}
	return true;
}

static uint64_t
ordinary_dpdk_bytes(const struct bb_config *config)
{
	char text[BB_CONFIG_EAL_MAX];
	char *words[BB_CONFIG_WORDS_MAX];
	uint64_t mib = 0;

	if (!has_option(config, "--no-huge"))
		return 0;
	memcpy(text, config->eal, sizeof(text));

	const uint32_t count = bb_config_words(text, words);

	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(words[i], "-m") == 0 && i + 1 < count)
			mib = strtoull(words[i + 1], NULL, 10);
		else if (strncmp(words[i], "-m", 2) == 0)
			mib = strtoull(words[i] + 2, NULL, 10);
	}
	return (mib == 0 ? 64 : mib) * MIB; /* 64: what DPDK takes unasked */
}

size_t
bb_boot_memory_bytes(const struct bb_daemon *daemon)
{
	const struct bb_market_size *size = &daemon->genesis.size;
	const uint32_t lanes = daemon->config.ingest_count + 1;

	return bb_market_bytes(size) + lanes * bb_gate_bytes(size->participants) +
	       bb_egress_bytes(size->participants);
}

static bool
check_memory(struct bb_daemon *daemon)
{
	const uint64_t market = bb_boot_memory_bytes(daemon);
	const uint64_t dpdk = ordinary_dpdk_bytes(&daemon->config);
	const uint64_t there = read_number("/proc/meminfo", "MemAvailable:") * 1024;
	const uint64_t keys = bb_keys_plan(daemon, there == 0 ? UINT64_MAX : there);

	if (there == 0 || market + dpdk + keys <= there)
		return true;
	bb_say("%" PRIu64 " MiB of memory are free; the market needs %" PRIu64 ", DPDK %" PRIu64
	       " and key tables %" PRIu64 ": free some, or lower -m in eal, mbufs, or key_tables",
	       there / MIB, market / MIB + 1, dpdk / MIB, keys / MIB + 1);
	return false;
}

static bool
check_socket(const struct bb_config *config)
{
	char text[BB_CONTROL_TEXT];

	if (bb_control_probe(config->socket, text) == BB_OK)
		return true;
	bb_say("%s", text);
	return false;
}

bool
bb_boot_check(struct bb_daemon *daemon, const char *config_path)
{
	if (!bb_sign_start()) {
		bb_say("libsodium does not start: is /dev/urandom there?");
		return false;
	}
	return check_config(daemon, config_path) && check_cpus(&daemon->config) &&
	       check_socket(&daemon->config) && check_key(daemon) && check_ledger(daemon) &&
	       check_huge_pages(&daemon->config) && check_memory(daemon);
}
