/* fuzz_config - any bytes as busbard.conf: refused with a line, or a config that holds
 * what its header promises. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/bb_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(const struct bb_config *config)
{
	uint32_t queues = 0, duties = 0;
	char eal[BB_CONFIG_EAL_MAX];
	char *words[BB_CONFIG_WORDS_MAX];

	BB_ASSERT(config->port_count >= 1 && config->port_count <= BB_PORTS_MAX);
	for (uint32_t i = 0; i < config->port_count; i++) {
		const struct bb_port_config *port = &config->ports[i];
		BB_ASSERT(memchr(port->device, '\0', sizeof(port->device)) != NULL);
		BB_ASSERT(port->interface.has_ipv4 || port->interface.has_ipv6);
		BB_ASSERT(port->interface.udp_port != 0);
		queues += port->rx_queues;
	}
	BB_ASSERT(queues == config->ingest_count && queues <= BB_INGEST_MAX);
	BB_ASSERT(config->lcore_count >= 1 && config->lcore_count <= BB_CONFIG_LCORES_MAX);
	for (uint32_t i = 0; i < config->lcore_count; i++) {
		BB_ASSERT(config->lcores[i].cpu < 4);
		BB_ASSERT(config->lcores[i].duty_count <= BB_LCORE_DUTIES);
		duties += config->lcores[i].duty_count;
	}
	BB_ASSERT(duties == queues + 3);
	BB_ASSERT(config->close_bytes <= BB_BLOCK_CLOSE_MAX && config->close_ns > 0);
	BB_ASSERT(config->tick_ns > 0);
	BB_ASSERT(config->feed.port_index < config->port_count);
	memcpy(eal, config->eal, sizeof(eal));
	BB_ASSERT(bb_config_words(eal, words) <= BB_CONFIG_WORDS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct bb_config config;
	char error[BB_CONFIG_ERROR];

	const enum bb_result result =
		bb_config_parse("f", (const char *)bytes, size, 4, &config, error);
	if (result == BB_OK) {
		BB_ASSERT(error[0] == '\0');
		check(&config);
	} else {
		BB_ASSERT(result == BB_ERR_FORMAT);
		BB_ASSERT(strncmp(error, "f:", 2) == 0 && strlen(error) < sizeof(error));
	}
	return 0;
}
