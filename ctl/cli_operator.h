/* cli_operator - orders of the operator: signed with operator.key, handed to busbard over
 * the control socket, their reports checked and told.
 *
 * Several are under way at once.  Sequences start at the present time in ns and go on by
 * one, so that all of them lie in one window: a packet that found the appliance busy is sent
 * again as the same bytes and can never be applied twice.
 *
 * Memory   Secrets are wiped before it returns.
 * Threads  One.
 * Errors   What the market refuses is counted and told, and the rest goes on; CLI_UNHEALTHY
 *          in the end.
 * Replay   Not part of it.
 */
#ifndef CLI_OPERATOR_H
#define CLI_OPERATOR_H

#include "ctl/cli_common.h"
#include "wire/bb_packet.h"

/* cli_operate carries out count operations and prints what came of them. */
enum cli_exit cli_operate(struct cli *cli, const struct bb_wire_operation *operations,
			  uint32_t count);

#endif
