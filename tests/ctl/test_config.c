/* test_config - what busbard.conf may say, and what is told about what it may not. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/bb_config.h"
#include "tests/bb_test.h"

#define PORT    "[port 0]\ndevice = net_null0\nipv4 = 192.0.2.1\n"
#define LCORE   "[lcore 0]\nduties = ingest 0.0, matcher, ledger, egress\n"
#define MINIMUM PORT LCORE

static struct bb_config config;
static char error[BB_CONFIG_ERROR];

static enum bb_result
parse(const char *text)
{
	return bb_config_parse("venue/busbard.conf", text, strlen(text), 4, &config, error);
}

static void
test_two_sections_are_enough(void)
{
	CU_ASSERT_EQUAL(parse(MINIMUM), BB_OK);
	CU_ASSERT_STRING_EQUAL(error, "");
	CU_ASSERT_STRING_EQUAL(config.folder, "venue");
	CU_ASSERT_STRING_EQUAL(config.socket, "venue/control.sock");
	CU_ASSERT_STRING_EQUAL(config.group, "");
	CU_ASSERT_STRING_EQUAL(config.eal, "--no-huge --no-shconf --no-pci -m 256");
	CU_ASSERT_EQUAL(config.mbufs, 20480);
	CU_ASSERT_EQUAL(config.close_bytes, 131072);
	CU_ASSERT_EQUAL(config.close_ns, 1000000);
	CU_ASSERT_EQUAL(config.tick_ns, 1000000000);
	CU_ASSERT_EQUAL(config.clock.speed, 0);
	CU_ASSERT_EQUAL(config.heartbeat_ns, 1000000000);
	CU_ASSERT_EQUAL(config.write, BB_LEDGER_AUTO);
	CU_ASSERT_FALSE(config.allow_unsafe_filesystem);
	CU_ASSERT_EQUAL(config.feed.udp_port, 0);
	CU_ASSERT_EQUAL(config.port_count, 1);
	CU_ASSERT_EQUAL(config.ingest_count, 1);
	const struct bb_port_config *port = &config.ports[0];
	CU_ASSERT_STRING_EQUAL(port->device, "net_null0");
	CU_ASSERT_EQUAL(port->rx_queues, 1);
	CU_ASSERT_EQUAL(port->descriptors, 1024);
	CU_ASSERT_FALSE(port->promiscuous);
	CU_ASSERT_EQUAL(port->interface.udp_port, 7600);
	CU_ASSERT_TRUE(port->interface.has_ipv4);
	CU_ASSERT_FALSE(port->interface.has_ipv6);
	CU_ASSERT_EQUAL(memcmp(port->interface.mac, (uint8_t[6]){ 0 }, 6), 0);
}

static void
test_time_is_as_configured(void)
{
	CU_ASSERT_EQUAL(parse(MINIMUM "[time]\nstart = 2026-06-01T06:30Z\nspeed = 1440\n"), BB_OK);
	CU_ASSERT_EQUAL(config.clock.start_ns, UINT64_C(1780295400000000000));
	CU_ASSERT_EQUAL(config.clock.speed, 1440);
}

static void
test_ticks_and_blocks_come_as_configured(void)
{
	CU_ASSERT_EQUAL(parse("tick_ms = 250\n" MINIMUM), BB_OK);
	CU_ASSERT_EQUAL(config.tick_ns, 250000000);
	CU_ASSERT_EQUAL(parse(MINIMUM "[ledger]\nheartbeat_ms = 0\nwrite = buffered\n"
				      "allow_unsafe_filesystem = yes\n"),
			BB_OK);
	CU_ASSERT_EQUAL(config.heartbeat_ns, 0);
	CU_ASSERT_EQUAL(config.write, BB_LEDGER_BUFFERED);
	CU_ASSERT_TRUE(config.allow_unsafe_filesystem);
	CU_ASSERT_EQUAL(config.snapshot_blocks, BB_CONFIG_SNAPSHOT_BLOCKS);
	CU_ASSERT_EQUAL(parse(MINIMUM "[ledger]\nsnapshot_blocks = 0\n"), BB_OK);
	CU_ASSERT_EQUAL(config.snapshot_blocks, 0);
	CU_ASSERT_EQUAL(parse(MINIMUM "[ledger]\nheartbeat_ms = 250\nwrite = direct\n"), BB_OK);
	CU_ASSERT_EQUAL(config.heartbeat_ns, 250000000);
	CU_ASSERT_EQUAL(config.write, BB_LEDGER_DIRECT);
	CU_ASSERT_EQUAL(parse(MINIMUM "[ledger]\nwrite = auto\n"), BB_OK);
	CU_ASSERT_EQUAL(config.write, BB_LEDGER_AUTO);
}

static void
test_signatures_are_checked_as_configured(void)
{
	static const struct { const char *text; uint8_t verify, key_tables; } cases[] = {
		{ "", BB_VERIFY_FAST, BB_CONFIG_TABLES_CHOOSE },
		{ "verify = fast\n", BB_VERIFY_FAST, BB_CONFIG_TABLES_CHOOSE },
		{ "verify = both\nkey_tables = 8K\n", BB_VERIFY_BOTH, BB_CONFIG_TABLES_SMALL },
		{ "key_tables = 64K\n", BB_VERIFY_FAST, BB_CONFIG_TABLES_LARGE },
		{ "key_tables = none\n", BB_VERIFY_LIBSODIUM, BB_CONFIG_TABLES_NONE },
		{ "verify = libsodium\n", BB_VERIFY_LIBSODIUM, BB_CONFIG_TABLES_CHOOSE },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		snprintf(text, sizeof(text), "%s" MINIMUM, cases[i].text);
		CU_ASSERT_EQUAL(parse(text), BB_OK);
		CU_ASSERT_EQUAL(config.verify, cases[i].verify);
		CU_ASSERT_EQUAL(config.key_tables, cases[i].key_tables);
	}
}

static void
test_duties_keep_their_order(void)
{
	CU_ASSERT_EQUAL(parse("[port 0]\ndevice=net_null0\nipv6=2001:db8::1\nrx_queues=2\n"
			      "[lcore 3]\nduties = ledger,matcher , ingest  0.1\n"
			      "[lcore 1]\nduties = egress,ingest 0.0\n"), BB_OK);
	CU_ASSERT_EQUAL(config.lcore_count, 2);
	CU_ASSERT_EQUAL(config.lcores[0].cpu, 3);
	CU_ASSERT_EQUAL(config.lcores[0].duty_count, 3);
	CU_ASSERT_EQUAL(config.lcores[0].duties[0].kind, BB_CONFIG_LEDGER);
	CU_ASSERT_EQUAL(config.lcores[0].duties[1].kind, BB_CONFIG_MATCHER);
	CU_ASSERT_EQUAL(config.lcores[0].duties[2].kind, BB_CONFIG_INGEST);
	CU_ASSERT_EQUAL(config.lcores[0].duties[2].queue, 1);
	CU_ASSERT_EQUAL(config.lcores[1].cpu, 1);
	CU_ASSERT_EQUAL(config.lcores[1].duties[0].kind, BB_CONFIG_EGRESS);
	CU_ASSERT_EQUAL(config.lcores[1].duties[1].kind, BB_CONFIG_INGEST);
	CU_ASSERT_EQUAL(config.lcores[1].duties[1].port, 0);
}

/* The example is documentation, and documentation that nobody runs goes stale. */
static void
test_the_example_says_what_it_means(void)
{
	const enum bb_result result = bb_config_read(EXAMPLE, 8, &config, error);

	CU_ASSERT_EQUAL(result, BB_OK);
	CU_ASSERT_STRING_EQUAL(error, "");
	CU_ASSERT_STRING_EQUAL(config.folder, "/var/lib/busbar");
	CU_ASSERT_STRING_EQUAL(config.eal, "--in-memory -m 1024");
	CU_ASSERT_EQUAL(config.mbufs, 65536);
	CU_ASSERT_EQUAL(config.verify, BB_VERIFY_FAST);
	CU_ASSERT_EQUAL(config.key_tables, BB_CONFIG_TABLES_LARGE);
	CU_ASSERT_STRING_EQUAL(config.ports[0].device, "0000:3b:00.0");
	CU_ASSERT_EQUAL(config.ports[0].interface.mac[0], 2);
	CU_ASSERT_EQUAL(config.ports[0].interface.mac[5], 1);
	CU_ASSERT_EQUAL(config.ports[0].interface.ipv4[3], 1);
	CU_ASSERT_EQUAL(config.ports[0].interface.ipv6[1], 1);
	CU_ASSERT_EQUAL(config.ports[0].rx_queues, 2);
	CU_ASSERT_EQUAL(config.lcore_count, 4);
	CU_ASSERT_EQUAL(config.close_bytes, 131072);
	CU_ASSERT_STRING_EQUAL(config.socket, "/run/busbar/control.sock");
	CU_ASSERT_STRING_EQUAL(config.group, "busbar");
	CU_ASSERT_EQUAL(config.feed.udp_port, 7601);
	CU_ASSERT_EQUAL(config.feed.group[0], 239);
}

/* What is told, word for word: these lines are the user interface. */
static const struct { const char *text, *told; } mistakes[] = {
	{ "mbuf = 4096\n" MINIMUM, "1: unknown key \"mbuf\"; write mbufs" },
	{ "colour = 3\n" MINIMUM, "1: unknown key \"colour\"; in the lines above the first section "
	  "write one of: folder, eal, mbufs, verify, key_tables, tick_ms" },
	{ "udp = 1\n" MINIMUM, "1: udp is no key of the lines above the first section; move it "
	  "into a section [port N]" },
	{ MINIMUM "folder = /x\n", "6: folder is no key of a section [lcore CPU]; move it into "
	  "the lines above the first section" },
	{ "[prt 0]\n", "1: unknown section [prt]; write [port N]" },
	{ "[logging]\n", "1: unknown section [logging]; write one of: [port N], [lcore CPU], "
	  "[ledger], [control], [feed], [time]" },
	{ "[port]\n", "1: [port] needs a number; write [port 0]" },
	{ "[port x]\n", "1: [port] needs a number; write [port 0]" },
	{ "[ledger 1]\n", "1: [ledger] has no number; write [ledger]" },
	{ "[port 0\n", "1: a section ends with one \"]\"; write [ledger], or [port 0]" },
	{ "[port 1]\n", "1: ports are numbered from 0 without gaps; write [port 0]" },
	{ PORT "[port 0]\n", "4: [port 0] is in line 1 already; write [port 1]" },
	{ MINIMUM "[ledger]\n[ledger]\n", "7: [ledger] is in line 6 already; put its keys there" },
	{ MINIMUM "[lcore 0]\n", "6: [lcore 0] is in line 4 already; give its duties there" },
	{ "[lcore 4]\n", "1: this machine has 4 CPUs, and none of number 4; write [lcore 0] to "
	  "[lcore 3]" },
	{ "mbufs\n", "1: \"mbufs\" is neither key nor section; write KEY = VALUE, [SECTION], or # "
	  "before a comment" },
	{ "mbufs =\n", "1: mbufs has no value; write one, or leave the line out for the default" },
	{ "mbufs = 4K\nmbufs = 4K\n", "2: mbufs is set in line 1 already; leave one of them out" },
	{ "mbufs = 12\n", "1: mbufs is \"12\"; write a number from 1024 to 4194304, K and M are "
	  "allowed" },
	{ "mbufs = 4KB\n", "1: mbufs is \"4KB\"; write a number from 1024 to 4194304, K and M are "
	  "allowed" },
	{ "mbufs = 18446744073709552640\n", "1: mbufs is \"18446744073709552640\"; write a number "
	  "from 1024 to 4194304, K and M are allowed" },
	{ "verify = slow\n" MINIMUM, "1: verify is \"slow\"; write fast, libsodium or both" },
	{ "key_tables = 32K\n" MINIMUM, "1: key_tables is \"32K\"; write 64K, 8K or none" },
	{ "verify = both\nkey_tables = none\n" MINIMUM, "1: only libsodium verifies without "
	  "tables; write verify = libsodium, or key_tables = 8K" },
	{ "[port 0]\nudp = 0\n", "2: udp is \"0\"; write a number from 1 to 65535" },
	{ "[port 0]\nudp = 7600K\n", "2: udp is \"7600K\"; write a number from 1 to 65535" },
	{ "[port 0]\nudp = -1\n", "2: udp is \"-1\"; write a number from 1 to 65535" },
	{ "[port 0]\nrx_queues = 17\n", "2: rx_queues is \"17\"; write a number from 1 to 16" },
	{ "[port 0]\ndescriptors = 1000\n", "2: descriptors is 1000; write a power of two, such "
	  "as 1024" },
	{ "[port 0]\npromiscuous = true\n", "2: promiscuous is \"true\"; write yes or no" },
	{ "[port 0]\ndevice = eth1\n", "2: device is \"eth1\"; write a virtual device such as "
	  "net_af_packet0,iface=eth1 or a PCI address such as 0000:3b:00.0, without blanks" },
	{ "[port 0]\ndevice = net_null0 copy=1\n", "2: device is \"net_null0 copy=1\"; write a "
	  "virtual device such as net_af_packet0,iface=eth1 or a PCI address such as "
	  "0000:3b:00.0, without blanks" },
	{ "[port 0]\ndevice = 3b:00.0\n", "2: device 3b:00.0 has no PCI domain; write "
	  "0000:3b:00.0" },
	{ PORT "[port 1]\ndevice = net_null0,size=64\n", "5: device net_null0 is [port 0] already; "
	  "give this port one of its own" },
	{ "[port 0]\nipv4 = 192.0.2.1/24\n", "2: ipv4 is \"192.0.2.1/24\"; write four numbers such "
	  "as 192.0.2.1, without a prefix length" },
	{ "[port 0]\nipv4 = 224.0.0.1\n", "2: ipv4 224.0.0.1 cannot be a host's; write an address "
	  "of the port's own network" },
	{ "[port 0]\nipv4 = 127.0.0.1\n", "2: ipv4 127.0.0.1 cannot be a host's; write an address "
	  "of the port's own network" },
	{ "[port 0]\nipv6 = 192.0.2.1\n", "2: ipv6 is \"192.0.2.1\"; write an address such as "
	  "2001:db8::1, without a prefix length" },
	{ "[port 0]\nipv6 = ::1\n", "2: ipv6 ::1 cannot be a host's; write an address of the "
	  "port's own network" },
	{ "[port 0]\nmac = 02:00:00:00:00\n", "2: mac is \"02:00:00:00:00\"; write six bytes such "
	  "as 02:00:00:00:00:01" },
	{ "[port 0]\nmac = 01:00:00:00:00:01\n", "2: mac 01:00:00:00:00:01 cannot be a port's; "
	  "write one whose first byte is even, such as 02:00:00:00:00:01" },
	{ "[port 0]\nmac = 00:00:00:00:00:00\n", "2: mac 00:00:00:00:00:00 cannot be a port's; "
	  "write one whose first byte is even, such as 02:00:00:00:00:01" },
	{ "[port 0]\nipv4 = 192.0.2.1\n[ledger]\n", "1: [port 0] has no device; write device = "
	  "net_... or a PCI address" },
	{ "[port 0]\ndevice = net_null0\n", "1: [port 0] has no address; write ipv4 = ... or ipv6 "
	  "= ..." },
	{ "[lcore 0]\n" PORT, "1: [lcore 0] has no duties; write duties = ... or leave the section "
	  "out" },
	{ PORT "[lcore 0]\nduties = ingest\n", "5: \"ingest\" is no duty; write ingest PORT.QUEUE, "
	  "matcher, ledger or egress" },
	{ PORT "[lcore 0]\nduties = matcher, , egress\n", "5: \"\" is no duty; write ingest "
	  "PORT.QUEUE, matcher, ledger or egress" },
	{ PORT "[lcore 0]\nduties = ingest 0\n", "5: \"ingest 0\" is no duty; write ingest "
	  "PORT.QUEUE, matcher, ledger or egress" },
	{ MINIMUM "[lcore 1]\nduties = matcher\n", "7: matcher belongs to [lcore 0] already; leave "
	  "it out here" },
	{ MINIMUM "[lcore 1]\nduties = ingest 0.1\n", "6: [lcore 1] has ingest 0.1, but [port 0] "
	  "has 1 rx_queues, numbered from 0; set rx_queues there, or another number here" },
	{ MINIMUM "[lcore 1]\nduties = ingest 1.0\n", "6: [lcore 1] has ingest 1.0, but there is "
	  "no [port 1]; write one, or another number" },
	{ PORT "[lcore 0]\nduties = matcher, ledger, egress\n", "1: nobody polls queue 0 of [port "
	  "0]; write ingest 0.0 into the duties of an lcore" },
	{ PORT "[lcore 0]\nduties = ingest 0.0, matcher, egress\n", "5: no lcore has the duty "
	  "ledger; write it into the duties of one" },
	{ "", "1: there is no lcore; write a section [lcore 0] with duties = ingest 0.0, matcher, "
	  "ledger, egress" },
	{ LCORE, "2: there is no port; write a section [port 0] with a device and an address" },
	{ MINIMUM "[ledger]\nclose_bytes = 2M\n", "7: close_bytes is \"2M\"; write a number from "
	  "4096 to 1048576, K and M are allowed" },
	{ MINIMUM "[ledger]\nclose_us = 0\n", "7: close_us is \"0\"; write a number from 1 to "
	  "1000000" },
	{ "tick_ms = 0\n", "1: tick_ms is \"0\"; write a number from 1 to 3600000" },
	{ MINIMUM "[ledger]\nheartbeat_ms = 1s\n", "7: heartbeat_ms is \"1s\"; write a number "
	  "from 0 to 3600000" },
	{ MINIMUM "[ledger]\nwrite = mmap\n", "7: write is \"mmap\"; write auto, direct or "
	  "buffered" },
	{ MINIMUM "[ledger]\nallow_unsafe_filesystem = 1\n", "7: allow_unsafe_filesystem is "
	  "\"1\"; write yes or no" },
	{ MINIMUM "[control]\ngroup = a b\n", "7: group is \"a b\"; write the name of one group" },
	{ MINIMUM "[feed]\n", "6: [feed] has no group; write group = 239.1.2.3 or leave the "
	  "section out" },
	{ MINIMUM "[feed]\ngroup = 192.0.2.1\n", "7: group is \"192.0.2.1\"; write a multicast "
	  "address from 224.0.1.0 to 239.255.255.255, such as 239.1.2.3" },
	{ MINIMUM "[feed]\ngroup = 224.0.0.5\n", "7: group is \"224.0.0.5\"; write a multicast "
	  "address from 224.0.1.0 to 239.255.255.255, such as 239.1.2.3" },
	{ MINIMUM "[feed]\ngroup = 239.1.2.3\nport = 1\n", "6: [feed] goes to port 1, and there is "
	  "none; write port = 0" },
	{ "[port 0]\ndevice = net_null0\nipv6 = 2001:db8::1\n" LCORE "[feed]\ngroup = 239.1.2.3\n",
	  "6: [feed] goes to port 0, which has no ipv4; write one there, or another port here" },
	{ MINIMUM "[time]\nspeed = 60\n", "6: [time] has no start; write start = "
	  "2026-06-01T00:00Z, or leave the section out: a market keeps the machine's time" },
	{ MINIMUM "[time]\nstart = 2026-06-01T00:00Z\n", "6: [time] has no speed; write speed = "
	  "1440, or leave the section out: a market keeps the machine's time" },
	{ MINIMUM "[time]\nspeed = 0\n", "7: speed is \"0\"; write a number from 1 to 86400" },
	{ MINIMUM "[time]\nstart = 2500-06-01T00:00Z\n", "7: start is \"2500-06-01T00:00Z\"; "
	  "write a moment such as 2026-06-01T00:00Z" },
	{ "mbufs = 2K\n" MINIMUM, "1: mbufs is 2048, and the ports' queues alone hold 2048; write "
	  "mbufs = 3072 or more, above the first section" },
	{ "mbufs = 64K\n" MINIMUM, "1: 65536 mbufs take 337 MiB, and -m in eal gives 256; write a "
	  "larger -m or fewer mbufs" },
	{ "[port 0]\ndevice = 0000:3b:00.0\nipv4 = 192.0.2.1\n" LCORE, "1: [port 0] is a PCI "
	  "device, but eal has --no-pci; write eal = ... without it" },
	{ "eal = --no-huge --in-memory\n" MINIMUM, "1: eal has --no-huge and --in-memory, and DPDK "
	  "refuses the pair; leave one of them out" },
	{ "eal = --no-hugepages\n" MINIMUM, "1: eal has \"--no-hugepages\", which DPDK 22.11 does "
	  "not know; leave it out" },
	{ "eal = --no\n" MINIMUM, "1: eal has \"--no\", which DPDK 22.11 does not know; leave it "
	  "out" },
	{ "eal = --no-huge 256\n" MINIMUM, "1: eal has \"256\", which DPDK 22.11 does not know; "
	  "leave it out" },
	{ "eal = -l 0-3\n" MINIMUM, "1: eal must not have -l; write [lcore CPU] sections" },
	{ "eal = --vdev=net_null0\n" MINIMUM, "1: eal must not have --vdev; write it as device of "
	  "a [port N]" },
	{ "eal = --no-pci=1\n" MINIMUM, "1: --no-pci in eal takes no value; write it alone" },
	{ "eal = --no-huge -m\n" MINIMUM, "1: -m in eal has no value; write one behind it" },
	{ "eal = -m --no-huge\n" MINIMUM, "1: -m in eal has no value; write one behind it" },
	{ "eal = -m many\n" MINIMUM, "1: -m in eal is \"many\"; write a number of MiB, such as -m "
	  "256" },
	{ "folder = a\x01\n", "1: byte 0x01 in column 11 is no text; write the line anew" },
};

static void
test_each_mistake_is_told_with_its_line_and_its_mending(void)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		char expected[BB_CONFIG_ERROR];
		snprintf(expected, sizeof(expected), "venue/busbard.conf:%s", mistakes[i].told);
		CU_ASSERT_EQUAL(parse(mistakes[i].text), BB_ERR_FORMAT);
		CU_ASSERT_STRING_EQUAL(error, expected);
		if (strcmp(error, expected) != 0)
			printf("\nsaid:     %s\nexpected: %s\n", error, expected);
	}
}

static void
test_eal_options_may_be_written_as_dpdk_reads_them(void)
{
	CU_ASSERT_EQUAL(parse("eal = --no-huge --no-shconf --no-pci -m256 --log-level=lib.eal:7 "
			      "--file-prefix x --huge-unlink\n" MINIMUM), BB_OK);
	CU_ASSERT_EQUAL(parse("eal = -a 0000:3b:00.0 --huge-unlink=always\n" MINIMUM), BB_OK);
}

static void
test_words_are_cut_at_blanks(void)
{
	char text[] = "  --no-huge\t-m  256 ";
	char *words[BB_CONFIG_WORDS_MAX];

	CU_ASSERT_EQUAL(bb_config_words(text, words), 3);
	CU_ASSERT_STRING_EQUAL(words[0], "--no-huge");
	CU_ASSERT_STRING_EQUAL(words[1], "-m");
	CU_ASSERT_STRING_EQUAL(words[2], "256");
}

static void
test_comments_blanks_and_line_ends_do_not_matter(void)
{
	CU_ASSERT_EQUAL(parse("# venue\r\n\r\n\tmbufs=8K # enough\r\n[ port  0 ]\r\n"
			      "device = net_pcap0,iface=a#b\r\nipv4 = 192.0.2.1\r\n" LCORE
			      "[ledger] # none\n   \n[control]"), BB_OK);
	CU_ASSERT_EQUAL(config.mbufs, 8192);
	CU_ASSERT_STRING_EQUAL(config.ports[0].device, "net_pcap0,iface=a#b");
}

static void
test_paths_start_at_the_folder_of_the_file(void)
{
	CU_ASSERT_EQUAL(parse("folder = a/b\n" MINIMUM "[control]\nsocket = s\n"), BB_OK);
	CU_ASSERT_STRING_EQUAL(config.folder, "venue/a/b");
	CU_ASSERT_STRING_EQUAL(config.socket, "venue/a/b/s");
	CU_ASSERT_EQUAL(parse("folder = /a\n" MINIMUM "[control]\nsocket = /s\n"), BB_OK);
	CU_ASSERT_STRING_EQUAL(config.folder, "/a");
	CU_ASSERT_STRING_EQUAL(config.socket, "/s");
	CU_ASSERT_EQUAL(bb_config_parse("busbard.conf", MINIMUM, strlen(MINIMUM), 4, &config,
					error), BB_OK);
	CU_ASSERT_STRING_EQUAL(config.folder, ".");
}

static void
test_a_path_too_long_is_refused_and_not_cut(void)
{
	char text[1200];
	char long_name[104];

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	snprintf(text, sizeof(text), "folder = /%s\n" MINIMUM, long_name);
	CU_ASSERT_EQUAL(parse(text), BB_ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "control socket has more than 107 bytes"));
	snprintf(text, sizeof(text), "folder = /%s\n" MINIMUM "[control]\nsocket = /run/s\n",
		 long_name);
	CU_ASSERT_EQUAL(parse(text), BB_OK);
}

static void
test_bytes_that_are_no_text_are_refused(void)
{
	static const char text[] = "mbufs = 4096\0\n" MINIMUM;

	CU_ASSERT_EQUAL(bb_config_parse("f", text, sizeof(text) - 1, 4, &config, error),
			BB_ERR_FORMAT);
	CU_ASSERT_STRING_EQUAL(error,
			       "f:1: byte 0x00 in column 13 is no text; write the line anew");
}

/* text with so many x where it has a %s. */
static enum bb_result
parse_long(const char *format, size_t count)
{
	static char many[4096], text[8192];

	memset(many, 'x', count);
	many[count] = '\0';
	snprintf(text, sizeof(text), format, many);
	return parse(text);
}

static void
test_values_and_lines_too_long_are_refused_and_not_cut(void)
{
	CU_ASSERT_EQUAL(parse_long("[port 0]\ndevice = net_%s\n", 508), BB_ERR_FORMAT);
	CU_ASSERT_STRING_EQUAL(error, "venue/busbard.conf:2: device has 512 bytes; write at most "
				      "511");
	CU_ASSERT_EQUAL(parse_long("[port 0]\ndevice = net_%s\nipv4 = 192.0.2.1\n" LCORE, 507),
			BB_OK);
	CU_ASSERT_EQUAL(parse_long("# %s\n" MINIMUM, 2045), BB_OK);
	CU_ASSERT_EQUAL(parse_long("# %s\n" MINIMUM, 2046), BB_ERR_FORMAT);
	CU_ASSERT_STRING_EQUAL(error, "venue/busbard.conf:1: line of more than 2047 bytes; make it "
				      "shorter");
}

static void
test_more_words_than_there_is_room_for_are_refused(void)
{
	char eal[8 + 3 * BB_CONFIG_WORDS_MAX + sizeof(MINIMUM) + 8] = "eal =";

	for (uint32_t i = 0; i < BB_CONFIG_WORDS_MAX; i++)
		memcpy(eal + 5 + 3 * i, " -v", 4);
	memcpy(eal + 5 + 3 * BB_CONFIG_WORDS_MAX, "\n" MINIMUM, sizeof("\n" MINIMUM));
	CU_ASSERT_EQUAL(parse(eal), BB_OK);
	memcpy(eal + 5 + 3 * BB_CONFIG_WORDS_MAX, " -v\n" MINIMUM, sizeof(" -v\n" MINIMUM));
	CU_ASSERT_EQUAL(parse(eal), BB_ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "more than 64 words"));
}

static void
test_more_ports_than_there_is_room_for_are_refused(void)
{
	char text[1024] = "";
	size_t used = 0;

	for (uint32_t i = 0; i <= BB_PORTS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "[port %u]\ndevice = net_null%u\nipv4 = 192.0.2.1\n", i,
					 i);
	CU_ASSERT_EQUAL(parse(text), BB_ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, ":25: more than 8 ports"));
}

static void
test_more_queues_than_ingest_lcores_are_refused(void)
{
	CU_ASSERT_EQUAL(parse("[port 0]\ndevice = net_null0\nipv4 = 192.0.2.1\nrx_queues = 16\n"
			      "[port 1]\ndevice = net_null1\nipv4 = 192.0.3.1\n" LCORE),
			BB_ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, ":5: more than 16 receive queues"));
}

static void
test_a_file_is_read_or_the_reason_is_told(void)
{
	char path[] = "/tmp/busbar-config-XXXXXX";
	const int file = mkstemp(path);
	CU_ASSERT_FATAL(file >= 0);

	CU_ASSERT_EQUAL(write(file, MINIMUM, strlen(MINIMUM)), (ssize_t)strlen(MINIMUM));
	CU_ASSERT_EQUAL(bb_config_read(path, 1, &config, error), BB_OK);
	CU_ASSERT_STRING_EQUAL(config.folder, "/tmp");
	CU_ASSERT_EQUAL(ftruncate(file, BB_CONFIG_SIZE_MAX + 1), 0);
	CU_ASSERT_EQUAL(bb_config_read(path, 1, &config, error), BB_ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "more than 65536 bytes"));
	close(file);
	unlink(path);
	CU_ASSERT_EQUAL(bb_config_read(path, 1, &config, error), BB_ERR_NOT_FOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "No such file"));
	CU_ASSERT_EQUAL(bb_config_read("/", 1, &config, error), BB_ERR_IO);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "two sections are enough", test_two_sections_are_enough },
		{ "time is as configured", test_time_is_as_configured },
		{ "ticks and blocks come as configured", test_ticks_and_blocks_come_as_configured },
		{ "signatures are checked as configured",
		  test_signatures_are_checked_as_configured },
		{ "duties keep their order", test_duties_keep_their_order },
		{ "the example says what it means", test_the_example_says_what_it_means },
		{ "each mistake is told with its line and its mending",
		  test_each_mistake_is_told_with_its_line_and_its_mending },
		{ "EAL options may be written as DPDK reads them",
		  test_eal_options_may_be_written_as_dpdk_reads_them },
		{ "words are cut at blanks", test_words_are_cut_at_blanks },
		{ "comments, blanks and line ends do not matter",
		  test_comments_blanks_and_line_ends_do_not_matter },
		{ "paths start at the folder of the file",
		  test_paths_start_at_the_folder_of_the_file },
		{ "a path too long is refused and not cut",
		  test_a_path_too_long_is_refused_and_not_cut },
		{ "bytes that are no text are refused", test_bytes_that_are_no_text_are_refused },
		{ "values and lines too long are refused and not cut",
		  test_values_and_lines_too_long_are_refused_and_not_cut },
		{ "more words than there is room for are refused",
		  test_more_words_than_there_is_room_for_are_refused },
		{ "more ports than there is room for are refused",
		  test_more_ports_than_there_is_room_for_are_refused },
		{ "more queues than ingest lcores are refused",
		  test_more_queues_than_ingest_lcores_are_refused },
		{ "a file is read or the reason is told",
		  test_a_file_is_read_or_the_reason_is_told },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("config", tests);
}
