/* day_decode - a command of day_drive's venues, from bytes: near what is under way, as a rule.
 *
 * Participants: 1 and DAY_SECOND operators, 2..7 traders, one of the grid company and a meter.
 */
#ifndef DAY_DECODE_H
#define DAY_DECODE_H

#include "market/bb_command.h"
#include "market/bb_market.h"
#include "tests/market/day_drive.h"

#define DAY_TRADERS 6u
#define DAY_GRID    8u
#define DAY_METER   9u
#define DAY_SECOND  10u
#define DAY_LINES   3u

struct day_now {
	const struct bb_market *market;
	uint64_t time_ns;
	uint32_t pace; /* how slowly time goes: books fill, or days pass */
};

/* day_decode makes a command of DAY_COMMAND_BYTES bytes. */
struct bb_command day_decode(const struct day_now *now, const uint8_t *bytes);

/* day_line returns a line of most intervals, in a ring where there are three zones; fees and
 * ticks differ. */
struct bb_line_command day_line(uint8_t line, uint32_t capacity_wh,
				uint32_t capacity_reverse_wh);

#endif
