/* cli_roster - many participants in one file, for `busbarctl member add --file`.
 *
 *	id,hexkey[,zone[,orders_max[,rate[,burst]]]]
 *
 * One a line; empty lines and those that begin with # are skipped.  All of them become
 * traders; what is left out is taken from the defaults.
 *
 * Memory   The operations are on the heap; the process ends soon.
 * Threads  One.
 * Errors   As cli_fail, with FILE:LINE; nothing is added then.
 * Replay   Not part of it.
 */
#ifndef CLI_ROSTER_H
#define CLI_ROSTER_H

#include <stdio.h>

#include "ctl/cli_common.h"
#include "wire/bb_packet.h"

/* cli_roster_read reads all of file, which is called name in messages. */
enum cli_exit cli_roster_read(struct cli *cli, FILE *file, const char *name,
			      const struct bb_wire_member *defaults,
			      struct bb_wire_operation **operations, uint32_t *count);

#endif
