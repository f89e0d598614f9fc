/* cli_status - the health of the appliance on one page, and its clean stop. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_table.h"
#include "ctl/cli_text.h"

#define NS_A_SECOND UINT64_C(1000000000)

/* A clean stop answers everything that was accepted; that takes as long as it takes. */
#define STOP_NS (60 * NS_A_SECOND)

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text == NULL ? "" : text;
}

static uint64_t
number_of(const json_t *object, const char *key)
{
	const json_int_t value = json_integer_value(json_object_get(object, key));
	return value < 0 ? 0 : (uint64_t)value;
}

static void
row(struct cli_table *table, const char *name, const char *text)
{
	cli_cell(table, "%s", name);
	cli_cell(table, "%s", text);
}

static void
row_number(struct cli_table *table, const char *name, uint64_t value)
{
	cli_cell(table, "%s", name);
	cli_cell_number(table, value);
}

/* What was saved since busbard started, or the next one that is. */
static void
print_snapshots(struct cli_table *table, const json_t *snapshots)
{
	const uint64_t height = number_of(snapshots, "height");
	char made[CLI_TIME_SIZE];

	if (number_of(snapshots, "blocks") == 0)
		return;
	cli_cell(table, "snapshots");
	cli_write_time(made, number_of(snapshots, "made_ns"));
	if (height == 0)
		cli_cell(table, "each %llu blocks; none since the start",
			 (unsigned long long)number_of(snapshots, "blocks"));
	else
		cli_cell(table, "each %llu blocks; height %llu, %s, in %llu ms",
			 (unsigned long long)number_of(snapshots, "blocks"),
			 (unsigned long long)height, made,
			 (unsigned long long)(number_of(snapshots, "took_ns") / 1000000));
}

static void
print_head(const json_t *status)
{
	struct cli_table table = { .column_count = 2 };
	const json_t *halted = json_object_get(status, "halted");
	char sealed[CLI_TIME_SIZE];

	row(&table, "venue", text_of(status, "name"));
	row(&table, "state", json_is_true(json_object_get(status, "healthy")) ? "healthy"
									      : "UNHEALTHY");
	row(&table, "market", json_is_null(halted) ? "does not answer"
			      : json_is_true(halted) ? "halted; only cancels pass" : "open");
	cli_cell(&table, "up");
	cli_cell(&table, "%llu s, pid %llu, version %s",
		 (unsigned long long)(number_of(status, "uptime_ns") / NS_A_SECOND),
		 (unsigned long long)number_of(status, "pid"), text_of(status, "version"));
	const json_t *clock = json_object_get(status, "clock");
	if (json_is_object(clock)) {
		char time[CLI_TIME_SIZE];
		cli_write_time(time, number_of(clock, "time_ns"));
		cli_cell(&table, "venue's time");
		cli_cell(&table, "%s, %llu times as fast as the machine's", time,
			 (unsigned long long)number_of(clock, "speed"));
	}
	row_number(&table, "height", number_of(status, "height"));
	row_number(&table, "inputs", number_of(status, "number"));
	row_number(&table, "epoch", number_of(status, "epoch"));
	cli_write_time(sealed, number_of(status, "sealed_ns"));
	row(&table, "last block", sealed);
	row(&table, "state root", text_of(status, "state_root"));
	row(&table, "block hash", text_of(status, "block_hash"));
	row(&table, "ledger id", text_of(status, "ledger_id"));
	const json_t *recovery = json_object_get(status, "recovery");
	cli_cell(&table, "recovery");
	cli_cell(&table, "%llu blocks, %llu inputs in %llu ms; torn tail %llu bytes",
		 (unsigned long long)number_of(recovery, "blocks"),
		 (unsigned long long)number_of(recovery, "inputs"),
		 (unsigned long long)(number_of(recovery, "elapsed_ns") / 1000000),
		 (unsigned long long)number_of(recovery, "torn_bytes"));
	if (number_of(recovery, "snapshot_height") > 0) {
		cli_cell(&table, "%s", "");
		cli_cell(&table, "from the snapshot at height %llu, read in %llu ms",
			 (unsigned long long)number_of(recovery, "snapshot_height"),
			 (unsigned long long)(number_of(recovery, "snapshot_ns") / 1000000));
	}
	print_snapshots(&table, json_object_get(status, "snapshots"));
	const json_t *signatures = json_object_get(status, "signatures");
	cli_cell(&table, "signatures");
	cli_cell(&table, "%s (%s), %llu tables of %llu KiB", text_of(signatures, "verify"),
		 text_of(signatures, "code"),
		 (unsigned long long)number_of(signatures, "tables"),
		 (unsigned long long)(number_of(signatures, "table_bytes") / 1024));
	cli_table_print(&table);
}

static void
print_counters(const json_t *status)
{
	struct cli_table table = { .titles = { "counter", ">count" } };
	json_t *counters = json_object_get(status, "counters");
	json_t *refused = json_object_get(status, "refused");
	const char *name;
	json_t *value;

	json_object_foreach(counters, name, value)
		row_number(&table, name, (uint64_t)json_integer_value(value));
	json_object_foreach(refused, name, value) {
		cli_cell(&table, "refused %s", name);
		cli_cell_number(&table, (uint64_t)json_integer_value(value));
	}
	printf("\n");
	cli_table_print(&table);
}

static void
print_lcores(const json_t *status)
{
	struct cli_table table = { .titles = { ">cpu", ">busy", ">turns", ">longest us",
					       "duties" } };
	const json_t *lcores = json_object_get(status, "lcores");
	size_t index;
	json_t *lcore;

	json_array_foreach(lcores, index, lcore) {
		const json_t *duties = json_object_get(lcore, "duties");
		char names[128] = "";
		size_t used = 0;
		for (size_t i = 0; i < json_array_size(duties) && used < sizeof(names); i++) {
			const char *name = json_string_value(json_array_get(duties, i));
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 i == 0 ? "" : ", ", name == NULL ? "" : name);
		}
		cli_cell(&table, "%llu", (unsigned long long)number_of(lcore, "cpu"));
		cli_cell(&table, "%.0f %%",
			 100.0 * json_number_value(json_object_get(lcore, "busy")));
		cli_cell_number(&table, number_of(lcore, "turns"));
		cli_cell_number(&table, number_of(lcore, "longest_turn_ns") / 1000);
		cli_cell(&table, "%s", names);
	}
	printf("\n");
	cli_table_print(&table);
}

static void
print_ports(const json_t *status)
{
	struct cli_table table = { .titles = { "link", ">rx", ">missed", ">errors", ">no mbuf",
					       ">tx", ">tx errors", "device" } };
	static const char *const numbers[] = { "rx",         "rx_missed", "rx_errors",
					       "rx_no_mbuf", "tx",        "tx_errors" };
	const json_t *ports = json_object_get(status, "ports");
	size_t index;
	json_t *port;

	json_array_foreach(ports, index, port) {
		cli_cell(&table, "%s", text_of(port, "link"));
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			cli_cell_number(&table, number_of(port, numbers[i]));
		cli_cell(&table, "%s", text_of(port, "device"));
	}
	printf("\n");
	cli_table_print(&table);
}

static void
print_rings(const json_t *status)
{
	struct cli_table table = { .titles = { "ring", ">used", ">size" } };
	const json_t *rings = json_object_get(status, "rings");
	const json_t *mbufs = json_object_get(status, "mbufs");
	size_t index;
	json_t *ring;

	json_array_foreach(rings, index, ring) {
		cli_cell(&table, "%s", text_of(ring, "name"));
		cli_cell_number(&table, number_of(ring, "used"));
		cli_cell_number(&table, number_of(ring, "size"));
	}
	const uint64_t size = number_of(mbufs, "size");
	const uint64_t unused = number_of(mbufs, "free");
	cli_cell(&table, "packet buffers");
	cli_cell_number(&table, unused > size ? 0 : size - unused);
	cli_cell_number(&table, size);
	printf("\n");
	cli_table_print(&table);
}

enum cli_exit
cli_status(struct cli *cli)
{
	struct cli_option options[] = { { 0 } };
	json_t *status;

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_ask(cli, json_pack("{s:s}", "command", "status"), &status);
	if (code != CLI_GO_ON)
		return code;
	const bool healthy = json_is_true(json_object_get(status, "healthy"));
	if (!cli->json) {
		print_head(status);
		print_ports(status);
		print_lcores(status);
		print_rings(status);
		print_counters(status);
	}
	const json_t *alarms = json_object_get(status, "alarms");
	for (size_t i = 0; i < json_array_size(alarms) && !cli->json; i++) {
		const char *text = json_string_value(json_array_get(alarms, i));
		printf("%sALARM: %s\n", i == 0 ? "\n" : "", text == NULL ? "" : text);
	}
	if (cli->json) {
		json_object_del(status, "ok");
		cli_print(cli, healthy ? "ok" : "UNHEALTHY", status);
	}
	return healthy ? CLI_OK : CLI_UNHEALTHY;
}

/* The connection closes when everything is durable and answered. */
static enum cli_exit
wait_for_end(struct cli *cli, int fd)
{
	const uint64_t end_ns = cli_monotonic_ns() + STOP_NS;
	char rest[256];

	for (;;) {
		struct pollfd waited = { .fd = fd, .events = POLLIN };
		const uint64_t now_ns = cli_monotonic_ns();
		if (now_ns >= end_ns)
			return cli_fail(cli, CLI_UNREACHABLE, NULL, "busbard has not stopped in 60 "
					"s; it still answers what it accepted, see its log");
		if (poll(&waited, 1, 1000) > 0 && read(fd, rest, sizeof(rest)) <= 0)
			return CLI_GO_ON;
	}
}

enum cli_exit
cli_stop(struct cli *cli)
{
	struct cli_option options[] = { { 0 } };
	json_t *answer = NULL;
	int fd;

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_connect(cli, &fd);
	if (code == CLI_GO_ON)
		code = cli_send(cli, fd, json_pack("{s:s}", "command", "stop"));
	if (code == CLI_GO_ON)
		code = cli_receive(cli, fd, cli_monotonic_ns() + cli->timeout_ns, &answer);
	if (code == CLI_GO_ON)
		code = cli_refused(cli, answer);
	if (code == CLI_GO_ON)
		code = wait_for_end(cli, fd);
	if (code != CLI_GO_ON)
		return code;
	if (cli->json)
		cli_print(cli, "ok", json_object());
	else
		printf("stopped; everything that was accepted is durable and answered\n");
	return CLI_OK;
}
