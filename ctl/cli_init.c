/* cli_init - a venue in an empty folder: keys, genesis, configuration.  All of it or none. */
#define _GNU_SOURCE /* CPU_COUNT and its kin */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/bb_config.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_text.h"
#include "ctl/cli_venue.h"
#include "ledger/bb_ledger.h"
#include "wire/bb_keyfile.h"

#define CONF_SIZE 4096

/* Of the band's price steps only those near which orders rest take one: 4,096 a product leave
 * room for many far away from the others; 25 B each. */
#define LEVELS_A_PRODUCT 4096u
#define LEVELS_LEAST     (1u << 20)

/* As many as a participant may have live orders, if the operator says nothing (cli_member.c). */
#define PLACES_A_PARTICIPANT    1024u
#define POSITIONS_A_PARTICIPANT 32u

struct venue_plan {
	char folder[PATH_MAX]; /* absolute, once it exists */
	bool folder_made;
	bool unsafe_filesystem;
	const char *name;
	const char *ipv4;
	const char *device;
	uint32_t udp_port;
	uint32_t cpu;
	uint64_t segment_size;
	struct bb_market_size size;
	struct bb_identity venue_identity;
	struct bb_identity operator_identity;
	struct bb_genesis genesis;
	char device_text[PATH_MAX + 128];
};

/* The files of a venue, in the order in which they are removed. */
static const char *const made_files[] = { "venue.json",   "busbard.conf",     "venue.key",
					  "venue.key.pub", "operator.key",
					  "operator.key.pub" };

static bool
is_empty(const char *folder)
{
	DIR *entries = opendir(folder);
	uint32_t count = 0;

	if (entries == NULL)
		return false;
	for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(entries);
	return count == 0;
}

static void
remove_ledger(const char *folder)
{
	DIR *entries = opendir(folder);

	if (entries == NULL)
		return;
	for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(entries), entry->d_name, 0);
	closedir(entries);
	rmdir(folder);
}

/* The folder was empty when this began, so everything in it was made by it. */
static void
remove_made(const struct venue_plan *plan)
{
	char path[CLI_PATH_MAX];

	for (size_t i = 0; i < sizeof(made_files) / sizeof(made_files[0]); i++)
		if (cli_path(path, plan->folder, made_files[i]))
			unlink(path);
	if (cli_path(path, plan->folder, "ledger"))
		remove_ledger(path);
	if (plan->folder_made)
		rmdir(plan->folder);
}

static enum cli_exit
make_folder(struct cli *cli, struct venue_plan *plan, const char *folder)
{
	plan->folder_made = mkdir(folder, 0750) == 0;
	if (!plan->folder_made && errno == EEXIST && !is_empty(folder))
		return cli_fail(cli, CLI_USAGE, "ERR_EXISTS", "%s is no empty folder; choose "
				"another, nothing is ever overwritten", folder);
	if (!plan->folder_made && errno != EEXIST)
		return cli_fail(cli, errno == EACCES || errno == EPERM ? CLI_PERMISSION : CLI_USAGE,
				NULL, "%s cannot be made: %s; choose another, or make what is "
				"above it", folder, strerror(errno));
	if (realpath(folder, plan->folder) == NULL || strlen(plan->folder) > CLI_PATH_MAX - 64) {
		if (plan->folder_made)
			rmdir(folder);
		return cli_fail(cli, CLI_USAGE, NULL, "%s cannot be used: its path is too long or "
				"not to be resolved; choose another", folder);
	}
	/* The umask may have taken bits away that the group needs. */
	if (plan->folder_made)
		(void)!chmod(plan->folder, 0750);
	return CLI_GO_ON;
}

/* name, device, ipv4, udp, CPU, yes or no */
#define CONF_FORM                                                                               \
	"# busbard.conf of %s, made by busbarctl init.\n"                                       \
	"# busbard(8) explains each key.\n"                                                     \
	"\n"                                                                                    \
	"# Options for DPDK. These need no root and no huge pages. On exchange hardware:\n"     \
	"# eal = --in-memory -m 1024\n"                                                         \
	"eal = --no-huge --no-shconf --no-pci -m 256\n"                                         \
	"\n"                                                                                    \
	"# Packet buffers, shared by all ports.\n"                                              \
	"mbufs = 24K\n"                                                                       \
	"\n"                                                                                    \
	"# A DPDK port: a virtual device, or the PCI address of a network card.\n"              \
	"[port 0]\n"                                                                            \
	"device = %s\n"                                                                         \
	"ipv4 = %s\n"                                                                           \
	"# ipv6 = 2001:db8::1\n"                                                                \
	"udp = %u\n"                                                                            \
	"# rx_queues = 1\n"                                                                     \
	"\n"                                                                                    \
	"# A CPU that polls, and what it does. Each duty may have an lcore of its own, and\n"   \
	"# each receive queue (ingest PORT.QUEUE) too.\n"                                       \
	"[lcore %u]\n"                                                                          \
	"duties = ingest 0.0, matcher, ledger, egress\n"                                        \
	"\n"                                                                                    \
	"# A block closes at this size or this age, whichever comes first.\n"                   \
	"[ledger]\n"                                                                            \
	"close_bytes = 128K\n"                                                                  \
	"close_us = 1000\n"                                                                     \
	"# How blocks are written: direct, buffered, or auto, which is direct where it can be.\n" \
	"# write = auto\n"                                                                      \
	"# On a file system that may lose what was answered, busbard starts with yes alone.\n"  \
	"allow_unsafe_filesystem = %s\n"                                                        \
	"\n"                                                                                    \
	"# Where busbarctl finds busbard, and which group may use it besides the owner.\n"      \
	"[control]\n"                                                                           \
	"socket = control.sock\n"                                                               \
	"# group = busbar\n"                                                                    \
	"\n"                                                                                    \
	"# Public market data by multicast (MoldUDP64); off while these are comments.\n"        \
	"# [feed]\n"                                                                            \
	"# port = 0\n"                                                                          \
	"# group = 239.1.2.3\n"                                                                 \
	"# udp = 7601\n"

static bool
write_conf(const struct venue_plan *plan, char text[CONF_SIZE])
{
	const int size = snprintf(text, CONF_SIZE, CONF_FORM, plan->name, plan->device,
				  plan->ipv4, plan->udp_port, plan->cpu,
				  plan->unsafe_filesystem ? "yes" : "no");
	return size > 0 && size < CONF_SIZE;
}

/* What busbard would refuse is refused here, before anything is made of it. */
static enum cli_exit
check_conf(struct cli *cli, const char *text)
{
	static struct bb_config config;
	char error[BB_CONFIG_ERROR];
	const long cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (bb_config_parse("busbard.conf", text, strlen(text), cpus < 1 ? 1 : (uint32_t)cpus,
			    &config, error) == BB_OK)
		return CLI_GO_ON;
	return cli_fail(cli, CLI_USAGE, NULL, "with these options the configuration would be "
			"wrong: %s", error);
}

static enum cli_exit
make_key(struct cli *cli, const struct venue_plan *plan, const char *name,
	 struct bb_identity *identity)
{
	char path[CLI_PATH_MAX];

	cli_path(path, plan->folder, name);
	bb_identity_make(identity);
	const enum bb_result result = bb_keyfile_write(path, identity);
	return result == BB_OK ? CLI_GO_ON : cli_fail_file(cli, result, path);
}

static enum cli_exit
make_ledger(struct cli *cli, struct venue_plan *plan)
{
	char path[CLI_PATH_MAX];
	char text[BB_LEDGER_TEXT] = "";
	struct bb_genesis *genesis = &plan->genesis;

	genesis->created_ns = cli_clock_ns();
	genesis->size = plan->size;
	snprintf(genesis->name, sizeof(genesis->name), "%s", plan->name);
	memcpy(genesis->signer_key, plan->venue_identity.public_key, BB_KEY_SIZE);
	memcpy(genesis->operator_key, plan->operator_identity.public_key, BB_KEY_SIZE);
	if (getrandom(genesis->nonce, sizeof(genesis->nonce), 0) != sizeof(genesis->nonce))
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_IO", "no random numbers from the kernel; "
				"run this again");
	cli_path(path, plan->folder, "ledger");
	if (mkdir(path, 0750) != 0)
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_IO", "%s: %s; free some space", path,
				strerror(errno));
	(void)!chmod(path, 0750);
	if (!plan->unsafe_filesystem && bb_ledger_filesystem(path, text) != BB_OK)
		return cli_fail(cli, CLI_USAGE, "ERR_FILESYSTEM", "%s: choose a folder on ext4 or "
				"XFS; for a trial add --unsafe-filesystem", text);
	const enum bb_result result = bb_ledger_create(path, genesis, &plan->venue_identity,
						       plan->segment_size, text);
	if (result == BB_OK)
		return CLI_GO_ON;
	return cli_fail(cli, cli_code_of(result), bb_result_name(result), "%s: %s", path,
			text[0] == '\0' ? bb_result_text(result) : text);
}

static enum cli_exit
make_files(struct cli *cli, struct venue_plan *plan, const char *conf)
{
	const struct bb_hash ledger_id = bb_genesis_ledger_id(&plan->genesis);
	struct cli_venue venue = { .at.udp_port = (uint16_t)plan->udp_port };
	char path[CLI_PATH_MAX];

	cli_path(path, plan->folder, "busbard.conf");
	enum bb_result result = cli_file_write(path, conf, 0640);
	if (result != BB_OK)
		return cli_fail_file(cli, result, path);
	snprintf(venue.name, sizeof(venue.name), "%s", plan->name);
	snprintf(venue.at.host, sizeof(venue.at.host), "%s", plan->ipv4);
	memcpy(venue.at.key, plan->genesis.signer_key, BB_KEY_SIZE);
	memcpy(venue.at.ledger_id, ledger_id.bytes, sizeof(venue.at.ledger_id));
	cli_path(path, plan->folder, "venue.json");
	result = cli_venue_write(path, &venue);
	if (result != BB_OK)
		return cli_fail_file(cli, result, path);
	const int fd = open(plan->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return cli_fail_file(cli, BB_ERR_IO, plan->folder);
	close(fd);
	return CLI_GO_ON;
}

static void
print_made(struct cli *cli, const struct venue_plan *plan)
{
	const struct bb_hash ledger_id = bb_genesis_ledger_id(&plan->genesis);
	char id[65];
	char key[65];
	char memory[CLI_NUMBER_SIZE];

	cli_write_hex(id, ledger_id.bytes, 32);
	cli_write_hex(key, plan->genesis.signer_key, 32);
	cli_write_bytes(memory, bb_market_bytes(&plan->size));
	if (cli->json) {
		cli_print(cli, "ok", json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "folder",
					       plan->folder, "name", plan->name, "ledger_id", id,
					       "key", key, "host", plan->ipv4, "udp",
					       (json_int_t)plan->udp_port, "cpu",
					       (json_int_t)plan->cpu));
		return;
	}
	printf("venue      %s\n"
	       "folder     %s\n"
	       "ledger id  %s\n"
	       "key        %s\n"
	       "market     %u participants, %u products, %u resting orders, %u price steps: %s\n"
	       "\n"
	       "Next:\n"
	       "  keep a copy of operator.key and venue.key where nobody else comes\n"
	       "  look through %s/busbard.conf\n"
	       "  busbard --config %s/busbard.conf\n"
	       "  busbarctl -C %s status\n"
	       "  busbarctl -C %s member add 2 --key-file PARTICIPANT.key.pub\n"
	       "  give participants venue.json\n",
	       plan->name, plan->folder, id, key, plan->size.participants, plan->size.products,
	       plan->size.orders, plan->size.levels, memory, plan->folder, plan->folder,
	       plan->folder, plan->folder);
}

static enum cli_exit
check_plan(struct cli *cli, struct venue_plan *plan, bool segment_given)
{
	struct in_addr address;
	json_t *name = json_string(plan->name);
	const bool name_ok = name != NULL && plan->name[0] != '\0' &&
			     strlen(plan->name) < CLI_NAME_SIZE && cli_printable(plan->name);

	json_decref(name);
	if (!name_ok)
		return cli_fail(cli, CLI_USAGE, NULL, "--name: write 1 to %u bytes of UTF-8 in one "
				"line", CLI_NAME_SIZE - 1);
	if (inet_pton(AF_INET, plan->ipv4, &address) != 1)
		return cli_fail(cli, CLI_USAGE, NULL, "--ipv4 %s: no address; write one as in "
				"192.0.2.1", plan->ipv4);
	if (!bb_market_size_valid(&plan->size))
		return cli_fail(cli, CLI_USAGE, NULL, "a market of this size cannot be; see "
				"busbarctl init --help");
	const uint64_t least = bb_ledger_segment_min(&plan->size);
	if (!segment_given && plan->segment_size < least)
		plan->segment_size = least;
	if (plan->segment_size % 4096 != 0 || plan->segment_size < least)
		return cli_fail(cli, CLI_USAGE, NULL, "--segment: write a multiple of 4K, at least "
				"%lluK for so many orders",
				(unsigned long long)((least + 1023) / 1024));
	return CLI_GO_ON;
}

/* The last CPU that this process may use. */
static uint32_t
last_cpu(void)
{
	cpu_set_t set;
	uint32_t last = 0;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		for (uint32_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, &set))
				last = cpu;
	return last;
}

static enum cli_exit
make_venue(struct cli *cli, struct venue_plan *plan)
{
	char conf[CONF_SIZE];

	if (plan->device == NULL) {
		snprintf(plan->device_text, sizeof(plan->device_text),
			 "net_memif0,role=server,socket=%s/port0.sock,socket-abstract=no",
			 plan->folder);
		plan->device = plan->device_text;
	}
	if (!cli_printable(plan->device) || !write_conf(plan, conf))
		return cli_fail(cli, CLI_USAGE, NULL, "--device: too long, or no text; write a "
				"DPDK device in one line");
	enum cli_exit code = check_conf(cli, conf);
	if (code == CLI_GO_ON)
		code = make_key(cli, plan, "venue.key", &plan->venue_identity);
	if (code == CLI_GO_ON)
		code = make_key(cli, plan, "operator.key", &plan->operator_identity);
	if (code == CLI_GO_ON)
		code = make_ledger(cli, plan);
	bb_identity_wipe(&plan->operator_identity);
	if (code == CLI_GO_ON)
		code = make_files(cli, plan, conf);
	return code;
}

static uint32_t
at_most(uint64_t number, uint32_t most)
{
	return number < most ? (uint32_t)number : most;
}

/* What follows from how many participants and orders there are. */
static void
fill_size(struct bb_market_size *size, bool places_given, bool positions_given)
{
	const uint64_t participants = size->participants;
	const uint64_t least = POSITIONS_A_PARTICIPANT * participants;

	if (!places_given)
		size->places = at_most(PLACES_A_PARTICIPANT * participants, BB_PLACES_MAX);
	if (!positions_given)
		size->positions = at_most(size->orders > least ? size->orders : least,
					  BB_POSITIONS_MAX);
}

enum cli_exit
cli_init(struct cli *cli)
{
	static struct venue_plan plan = {
		.ipv4 = "192.0.2.1", .udp_port = 7600,
		.segment_size = BB_SEGMENT_SIZE_DEFAULT,
		.size = { .participants = 10000, .products = 1024, .orders = 262144 },
	};
	plan.cpu = last_cpu();
	struct cli_option options[] = {
		{ "name", "NAME", "of the venue (default: the folder's)", CLI_TEXT, &plan.name },
		{ "participants", "N", "highest id, the operator is 1 (10000)", CLI_U32,
		  &plan.size.participants, 1, BB_PARTICIPANTS_MAX },
		{ "products", "N", "most products (1024)", CLI_U32, &plan.size.products, 1,
		  BB_PRODUCTS_MAX },
		{ "orders", "N", "most resting orders, all products together (262144)", CLI_U32,
		  &plan.size.orders, 1, BB_ORDERS_MAX },
		{ "levels", "N", "price steps, all products together (4096 a product)", CLI_U32,
		  &plan.size.levels, 1, BB_PRODUCTS_MAX * BB_LEVELS_MAX },
		{ "places", "N", "live orders, the limits of all participants together, each "
		  "rounded up to a power of two (1024 a participant)", CLI_U32,
		  &plan.size.places, 1, BB_PLACES_MAX },
		{ "positions", "N", "participants in products (one an order, at least 32 a "
		  "participant)", CLI_U32, &plan.size.positions, 1, BB_POSITIONS_MAX },
		{ "courses", "N", "delivery intervals of the calendar alive at once (none)",
		  CLI_U32, &plan.size.courses, 0, BB_PRODUCTS_MAX },
		{ "segment", "SIZE", "of a ledger file (256M)", CLI_SIZE, &plan.segment_size,
		  BB_SEGMENT_SIZE_MIN, BB_SEGMENT_SIZE_MAX },
		{ "ipv4", "ADDRESS", "of the appliance (192.0.2.1)", CLI_TEXT, &plan.ipv4 },
		{ "udp", "PORT", "of the appliance (7600)", CLI_U32, &plan.udp_port, 1,
		  UINT16_MAX },
		{ "device", "DEVICE", "DPDK port (default: a memif server in the folder)", CLI_TEXT,
		  &plan.device },
		{ "unsafe-filesystem", NULL, "take any file system, also one that may lose what "
		  "was answered", CLI_FLAG, &plan.unsafe_filesystem },
		{ "cpu", "N", "CPU that polls (default: the last one)", CLI_U32, &plan.cpu, 0,
		  CPU_SETSIZE - 1 },
		{ 0 },
	};

	enum { LEVELS = 4, PLACES, POSITIONS, COURSES, SEGMENT };
	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code != CLI_GO_ON)
		return code;
	if (plan.size.levels == 0)
		plan.size.levels = plan.size.products * LEVELS_A_PRODUCT;
	if (!options[LEVELS].given && plan.size.levels < LEVELS_LEAST)
		plan.size.levels = LEVELS_LEAST;
	fill_size(&plan.size, options[PLACES].given, options[POSITIONS].given);
	code = make_folder(cli, &plan, cli->words[0]);
	if (code != CLI_GO_ON)
		return code;
	if (plan.name == NULL)
		plan.name = strrchr(plan.folder, '/') + 1;
	code = check_plan(cli, &plan, options[SEGMENT].given);
	if (code == CLI_GO_ON)
		code = make_venue(cli, &plan);
	bb_identity_wipe(&plan.venue_identity);
	if (code != CLI_GO_ON) {
		remove_made(&plan);
		return code;
	}
	print_made(cli, &plan);
	return CLI_OK;
}
