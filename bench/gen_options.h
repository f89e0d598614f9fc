/* gen_options - the command line of busbar-gen.
 *
 * Memory   Values; texts point into argv.
 * Errors   false: told on stderr already, in one line that says what to change.
 */
#ifndef GEN_OPTIONS_H
#define GEN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/gen_link.h"

enum gen_command {
	GEN_COMMAND_HELP,
	GEN_COMMAND_ROSTER,
	GEN_COMMAND_METER,
	GEN_COMMAND_DEPOSITS,
	GEN_COMMAND_RUN,
	GEN_COMMAND_DAY,
};

struct gen_options {
	enum gen_command command;
	const char *venue;   /* path of venue.json */
	const char *device;  /* exactly one of device, udp and pcap */
	const char *udp;
	const char *pcap;
	const char *eal;
	const char *answers; /* path, or NULL */
	uint64_t seed;
	int64_t day_start_s;
	uint32_t participants;
	uint32_t rounds;
	uint32_t records; /* at most, a packet */
	uint32_t rate;
	uint32_t window;
	uint32_t duration_s; /* 0: no limit */
	uint32_t patience_s;
	int32_t cpu;
	uint32_t first;    /* quarter-hour of the day */
	uint32_t quarters; /* from there; 0: all */
	uint32_t speed;    /* of the venue's clock */
	uint8_t zone;      /* the first */
	uint8_t zones;
	uint8_t mac[6];
	bool mac_given;
	bool market; /* roster: with attributes */
	bool json;
	bool quiet;
};

bool gen_options_read(struct gen_options *options, int argc, char **argv);

void gen_options_help(void);

#endif
