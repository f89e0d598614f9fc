#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/bb_config_parse.h"

#define BLANKS " \t"

bool
bb_value_number(const char *text, uint64_t max, bool suffix, uint64_t *number)
{
	uint64_t value = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	if (suffix && *text != '\0') {
		static const char suffixes[] = "KMG";
		const char *found = strchr(suffixes, *text++);
		if (found == NULL ||
		    __builtin_mul_overflow(value, UINT64_C(1024) << 10 * (found - suffixes),
					   &value))
			return false;
	}
	if (*text != '\0' || value > max)
		return false;
	*number = value;
	return true;
}

/* A whole number from min to max. */
static bool
read_number(struct bb_config_parse *parse, const char *key, const char *value, uint64_t min,
	    uint64_t max, bool suffix, uint64_t *number)
{
	if (bb_value_number(value, max, suffix, number) && *number >= min)
		return true;
	return bb_config_fail(parse, parse->line, "%s is \"%.64s\"; write a number from %llu to "
			      "%llu%s", key, value, (unsigned long long)min,
			      (unsigned long long)max, suffix ? ", K and M are allowed" : "");
}

/* Copies a text that must fit, its zero included. */
static bool
read_text(struct bb_config_parse *parse, const char *key, const char *value, char *target,
	  size_t room)
{
	const size_t size = strlen(value);

	if (size >= room)
		return bb_config_fail(parse, parse->line, "%s has %zu bytes; write at most %zu",
				      key, size, room - 1);
	memcpy(target, value, size + 1);
	return true;
}

static struct bb_port_config *
port_of(struct bb_config_parse *parse)
{
	BB_ASSERT(parse->config->port_count > 0);
	return &parse->config->ports[parse->config->port_count - 1];
}

bool
bb_value_folder(struct bb_config_parse *parse, const char *value)
{
	return read_text(parse, "folder", value, parse->config->folder,
			 sizeof(parse->config->folder));
}

bool
bb_value_eal(struct bb_config_parse *parse, const char *value)
{
	return read_text(parse, "eal", value, parse->config->eal, sizeof(parse->config->eal));
}

bool
bb_value_mbufs(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "mbufs", value, 1024, 1 << 22, true, &number))
		return false;
	parse->config->mbufs = (uint32_t)number;
	return true;
}

bool
bb_value_verify(struct bb_config_parse *parse, const char *value)
{
	static const char *const modes[] = {
		[BB_VERIFY_LIBSODIUM] = "libsodium",
		[BB_VERIFY_FAST] = "fast",
		[BB_VERIFY_BOTH] = "both",
	};

	for (uint8_t mode = 0; mode < sizeof(modes) / sizeof(modes[0]); mode++) {
		if (strcmp(value, modes[mode]) == 0) {
			parse->config->verify = mode;
			return true;
		}
	}
	return bb_config_fail(parse, parse->line, "verify is \"%.64s\"; write fast, libsodium "
			      "or both", value);
}

bool
bb_value_key_tables(struct bb_config_parse *parse, const char *value)
{
	static const char *const sizes[] = {
		[BB_CONFIG_TABLES_NONE] = "none",
		[BB_CONFIG_TABLES_SMALL] = "8K",
		[BB_CONFIG_TABLES_LARGE] = "64K",
	};

	for (uint8_t size = BB_CONFIG_TABLES_NONE; size <= BB_CONFIG_TABLES_LARGE; size++) {
		if (strcmp(value, sizes[size]) == 0) {
			parse->config->key_tables = size;
			return true;
		}
	}
	return bb_config_fail(parse, parse->line, "key_tables is \"%.64s\"; write 64K, 8K or "
			      "none", value);
}

/* Whether text is [DDDD:]BB:DD.F in hexadecimal. */
static bool
is_pci_address(const char *text)
{
	static const char *const shapes[] = { "xx:xx.x", "xxxx:xx:xx.x" };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const char *shape = shapes[i];
		if (strlen(text) != strlen(shape))
			continue;
		size_t at = 0;
		while (shape[at] != '\0' &&
		       (shape[at] == 'x' ? strchr("0123456789abcdefABCDEF", text[at]) != NULL
					 : shape[at] == text[at]))
			at++;
		if (shape[at] == '\0')
			return true;
	}
	return false;
}

bool
bb_value_device(struct bb_config_parse *parse, const char *value)
{
	struct bb_config *config = parse->config;
	struct bb_port_config *port = port_of(parse);
	const size_t name_size = strcspn(value, ",");

	if (strpbrk(value, BLANKS) != NULL ||
	    (!is_pci_address(value) && strncmp(value, "net_", 4) != 0 &&
	     strncmp(value, "eth_", 4) != 0))
		return bb_config_fail(parse, parse->line, "device is \"%.64s\"; write a virtual "
				      "device such as net_af_packet0,iface=eth1 or a PCI address "
				      "such as 0000:3b:00.0, without blanks", value);
	if (is_pci_address(value) && value[4] != ':') {
		char whole[sizeof("0000:00:00.0")];
		snprintf(whole, sizeof(whole), "0000:%.7s", value);
		return bb_config_fail(parse, parse->line, "device %s has no PCI domain; write %s",
				      value, whole);
	}
	for (uint32_t i = 0; i + 1 < config->port_count; i++) {
		const char *other = config->ports[i].device;
		if (strcspn(other, ",") == name_size && memcmp(other, value, name_size) == 0)
			return bb_config_fail(parse, parse->line, "device %.*s is [port %u] "
					      "already; give this port one of its own",
					      (int)(name_size < 64 ? name_size : 64), value, i);
	}
	return read_text(parse, "device", value, port->device, sizeof(port->device));
}

bool
bb_value_ipv4(struct bb_config_parse *parse, const char *value)
{
	struct bb_interface *interface = &port_of(parse)->interface;

	interface->has_ipv4 = true;
	if (inet_pton(AF_INET, value, interface->ipv4) != 1)
		return bb_config_fail(parse, parse->line, "ipv4 is \"%.64s\"; write four numbers "
				      "such as 192.0.2.1, without a prefix length", value);
	if (interface->ipv4[0] == 0 || interface->ipv4[0] == 127 || interface->ipv4[0] >= 224)
		return bb_config_fail(parse, parse->line, "ipv4 %s cannot be a host's; write an "
				      "address of the port's own network", value);
	return true;
}

bool
bb_value_ipv6(struct bb_config_parse *parse, const char *value)
{
	static const uint8_t none[15];
	struct bb_interface *interface = &port_of(parse)->interface;

	interface->has_ipv6 = true;
	if (inet_pton(AF_INET6, value, interface->ipv6) != 1)
		return bb_config_fail(parse, parse->line, "ipv6 is \"%.64s\"; write an address "
				      "such as 2001:db8::1, without a prefix length", value);
	if (interface->ipv6[0] == 0xff ||
	    (memcmp(interface->ipv6, none, 15) == 0 && interface->ipv6[15] <= 1))
		return bb_config_fail(parse, parse->line, "ipv6 %s cannot be a host's; write an "
				      "address of the port's own network", value);
	return true;
}

bool
bb_value_mac(struct bb_config_parse *parse, const char *value)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	static const uint8_t none[6];
	uint8_t *mac = port_of(parse)->interface.mac;
	bool valid = strlen(value) == strlen("02:00:00:00:00:01");

	for (size_t i = 0; valid && i < 6; i++) {
		const char *high = strchr(digits, value[3 * i]);
		const char *low = strchr(digits, value[3 * i + 1]);
		valid = high != NULL && low != NULL && (i == 5 || value[3 * i + 2] == ':');
		if (valid)
			mac[i] = (uint8_t)((high - digits) % 16 << 4 | (low - digits) % 16);
	}
	if (!valid)
		return bb_config_fail(parse, parse->line, "mac is \"%.64s\"; write six bytes such "
				      "as 02:00:00:00:00:01", value);
	if ((mac[0] & 1) != 0 || memcmp(mac, none, 6) == 0)
		return bb_config_fail(parse, parse->line, "mac %s cannot be a port's; write one "
				      "whose first byte is even, such as 02:00:00:00:00:01",
				      value);
	return true;
}

bool
bb_value_udp(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "udp", value, 1, UINT16_MAX, false, &number))
		return false;
	port_of(parse)->interface.udp_port = (uint16_t)number;
	return true;
}

bool
bb_value_rx_queues(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "rx_queues", value, 1, BB_INGEST_MAX, false, &number))
		return false;
	port_of(parse)->rx_queues = (uint16_t)number;
	return true;
}

bool
bb_value_descriptors(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "descriptors", value, 64, 16384, true, &number))
		return false;
	if ((number & (number - 1)) != 0)
		return bb_config_fail(parse, parse->line, "descriptors is %s; write a power of "
				      "two, such as 1024", value);
	port_of(parse)->descriptors = (uint16_t)number;
	return true;
}

static bool
read_yes(struct bb_config_parse *parse, const char *key, const char *value, bool *yes)
{
	*yes = strcmp(value, "yes") == 0;
	return *yes || strcmp(value, "no") == 0 ||
	       bb_config_fail(parse, parse->line, "%s is \"%.64s\"; write yes or no", key, value);
}

bool
bb_value_promiscuous(struct bb_config_parse *parse, const char *value)
{
	return read_yes(parse, "promiscuous", value, &port_of(parse)->promiscuous);
}

/* Reads "ingest 0.0", "matcher", "ledger" or "egress". */
static bool
read_duty(const char *text, struct bb_config_duty *duty)
{
	static const char *const names[] = {
		[BB_CONFIG_MATCHER] = "matcher",
		[BB_CONFIG_LEDGER] = "ledger",
		[BB_CONFIG_EGRESS] = "egress",
	};
	for (uint8_t kind = BB_CONFIG_MATCHER; kind <= BB_CONFIG_EGRESS; kind++) {
		if (strcmp(text, names[kind]) == 0) {
			*duty = (struct bb_config_duty){ .kind = kind };
			return true;
		}
	}
	if (strncmp(text, "ingest", 6) != 0 || text[6] == '\0' ||
	    strchr(BLANKS, text[6]) == NULL)
		return false;

	char port_text[24];
	uint64_t port, queue;
	text += 6 + strspn(text + 6, BLANKS);
	const size_t size = strcspn(text, ".");
	if (text[size] != '.' || size >= sizeof(port_text))
		return false;
	memcpy(port_text, text, size);
	port_text[size] = '\0';
	if (!bb_value_number(port_text, UINT8_MAX, false, &port) ||
	    !bb_value_number(text + size + 1, UINT16_MAX, false, &queue))
		return false;
	*duty = (struct bb_config_duty){
		.kind = BB_CONFIG_INGEST, .port = (uint8_t)port, .queue = (uint16_t)queue,
	};
	return true;
}

/* A duty runs once: two of them would both write what only one may. */
static bool
add_duty(struct bb_config_parse *parse, const char *text)
{
	struct bb_config *config = parse->config;
	struct bb_config_duty duty;

	if (!read_duty(text, &duty))
		return bb_config_fail(parse, parse->line, "\"%.64s\" is no duty; write ingest "
				      "PORT.QUEUE, matcher, ledger or egress", text);
	for (uint32_t i = 0; i < config->lcore_count; i++) {
		const struct bb_config_lcore *lcore = &config->lcores[i];
		for (uint32_t j = 0; j < lcore->duty_count; j++)
			if (memcmp(&lcore->duties[j], &duty, sizeof(duty)) == 0)
				return bb_config_fail(parse, parse->line, "%s belongs to [lcore "
						      "%u] already; leave it out here", text,
						      lcore->cpu);
	}
	struct bb_config_lcore *lcore = &config->lcores[config->lcore_count - 1];
	if (lcore->duty_count == BB_INGEST_MAX + 3)
		return bb_config_fail(parse, parse->line, "more duties than there are; there can "
				      "be %u ingest duties", BB_INGEST_MAX);
	lcore->duties[lcore->duty_count++] = duty;
	return true;
}

bool
bb_value_duties(struct bb_config_parse *parse, const char *value)
{
	BB_ASSERT(parse->config->lcore_count > 0);
	for (;;) {
		char text[64];
		value += strspn(value, BLANKS);
		const size_t next = strcspn(value, ",");
		size_t size = next;
		while (size > 0 && strchr(BLANKS, value[size - 1]) != NULL)
			size--;
		snprintf(text, sizeof(text), "%.*s", (int)size, value);
		if (!add_duty(parse, text))
			return false;
		if (value[next] == '\0')
			return true;
		value += next + 1;
	}
}

bool
bb_value_close_bytes(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "close_bytes", value, 4096, BB_BLOCK_CLOSE_MAX, true, &number))
		return false;
	parse->config->close_bytes = (uint32_t)number;
	return true;
}

bool
bb_value_close_us(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "close_us", value, 1, 1000000, false, &number))
		return false;
	parse->config->close_ns = number * 1000;
	return true;
}

bool
bb_value_tick_ms(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "tick_ms", value, 1, 3600000, false, &number))
		return false;
	parse->config->tick_ns = number * 1000000;
	return true;
}

bool
bb_value_heartbeat_ms(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "heartbeat_ms", value, 0, 3600000, false, &number))
		return false;
	parse->config->heartbeat_ns = number * 1000000;
	return true;
}

bool
bb_value_write(struct bb_config_parse *parse, const char *value)
{
	static const char *const ways[] = {
		[BB_LEDGER_AUTO] = "auto",
		[BB_LEDGER_DIRECT] = "direct",
		[BB_LEDGER_BUFFERED] = "buffered",
	};

	for (uint8_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		if (strcmp(value, ways[way]) == 0) {
			parse->config->write = way;
			return true;
		}
	}
	return bb_config_fail(parse, parse->line, "write is \"%.64s\"; write auto, direct or "
			      "buffered", value);
}

bool
bb_value_snapshot_blocks(struct bb_config_parse *parse, const char *value)
{
	return read_number(parse, "snapshot_blocks", value, 0, 1000000000, false,
			   &parse->config->snapshot_blocks);
}

bool
bb_value_allow_unsafe_filesystem(struct bb_config_parse *parse, const char *value)
{
	return read_yes(parse, "allow_unsafe_filesystem", value,
			&parse->config->allow_unsafe_filesystem);
}

bool
bb_value_socket(struct bb_config_parse *parse, const char *value)
{
	return read_text(parse, "socket", value, parse->config->socket,
			 sizeof(parse->config->socket));
}

bool
bb_value_group(struct bb_config_parse *parse, const char *value)
{
	if (strpbrk(value, BLANKS ":,") != NULL)
		return bb_config_fail(parse, parse->line, "group is \"%.64s\"; write the name of "
				      "one group", value);
	return read_text(parse, "group", value, parse->config->group,
			 sizeof(parse->config->group));
}

bool
bb_value_feed_port(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "port", value, 0, BB_PORTS_MAX - 1, false, &number))
		return false;
	parse->config->feed.port_index = (uint8_t)number;
	return true;
}

bool
bb_value_feed_group(struct bb_config_parse *parse, const char *value)
{
	uint8_t *group = parse->config->feed.group;
	const bool valid = inet_pton(AF_INET, value, group) == 1;

	/* 224.0.0.x belongs to routers. */
	if (!valid || group[0] < 224 || group[0] > 239 ||
	    (group[0] == 224 && group[1] == 0 && group[2] == 0))
		return bb_config_fail(parse, parse->line, "group is \"%.64s\"; write a multicast "
				      "address from 224.0.1.0 to 239.255.255.255, such as "
				      "239.1.2.3", value);
	return true;
}

bool
bb_value_feed_udp(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!read_number(parse, "udp", value, 1, UINT16_MAX, false, &number))
		return false;
	parse->config->feed.udp_port = (uint16_t)number;
	return true;
}
