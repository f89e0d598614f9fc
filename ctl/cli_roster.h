/* cli_roster - many participants in one file, for `busbarctl member add --file`.
 *
 *	id,hexkey[,zone[,orders_max[,rate[,burst[,source[,feeder[,cap_in[,cap_out
 *	[,metered_by[,order_max[,reputation_min[,escrow]]]]]]]]]]]]
 *
 * One a line; empty lines and those that begin with # are skipped.  All of them become
 * traders; what is left out is taken from the defaults.  All are added first, then the
 * attributes of those who have some (columns behind burst, or the options) are set.
 *
 * Memory   The operations are on the heap; the process ends soon.
 * Threads  One.
 * Errors   As cli_fail, with FILE:LINE; nothing is added then.
 * Replay   Not part of it.
 */
#ifndef CLI_ROSTER_H
#define CLI_ROSTER_H

#include <stdio.h>

#include "ctl/cli_attributes.h"
#include "ctl/cli_common.h"
#include "wire/bb_packet.h"

struct cli_roster_defaults {
	struct bb_wire_member member;
	struct cli_attributes attributes;
	bool described; /* attributes are set even where the line names none */
};

/* cli_roster_read reads all of file, which is called name in messages. */
enum cli_exit cli_roster_read(struct cli *cli, FILE *file, const char *name,
			      const struct cli_roster_defaults *defaults,
			      struct bb_wire_operation **operations, uint32_t *count);

#endif
