/* bb_config_time - the values of [time]: a clock of the venue's own. */
#define _GNU_SOURCE /* strptime, timegm */
#include <string.h>
#include <time.h>

#include "base/bb_clock.h"
#include "ctl/bb_config_parse.h"

bool
bb_value_start(struct bb_config_parse *parse, const char *value)
{
	struct tm date = { 0 };
	const char *rest = strptime(value, "%Y-%m-%dT%H:%MZ", &date);
	const time_t start_s = rest != NULL && *rest == '\0' ? timegm(&date) : -1;

	/* Quarter-hours are numbered in 24 bits, so time ends in 2448. */
	if (start_s < 0 || start_s / 900 >= 1 << 24)
		return bb_config_fail(parse, parse->line, "start is \"%.64s\"; write a moment "
				      "such as 2026-06-01T00:00Z", value);
	parse->config->clock.start_ns = (uint64_t)start_s * 1000000000;
	return true;
}

bool
bb_value_speed(struct bb_config_parse *parse, const char *value)
{
	uint64_t number;

	if (!bb_value_number(value, BB_CLOCK_SPEED_MAX, false, &number) || number == 0)
		return bb_config_fail(parse, parse->line, "speed is \"%.64s\"; write a number from "
				      "1 to %u", value, BB_CLOCK_SPEED_MAX);
	parse->config->clock.speed = (uint32_t)number;
	return true;
}
