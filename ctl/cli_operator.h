/* cli_operator - what operator and grid company order: signed with their key, handed to
 * busbard over the control socket, their reports checked and told.
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

/* Who signs: participant 1 with operator.key unless something else is said. */
struct cli_signer {
	uint32_t participant;
	const char *key; /* file */
};

#define CLI_SIGNER_COUNT 2
#define CLI_SIGNER_OPTIONS(signer)                                                            \
	{ "participant", "N", "who sends, one of the role for it (1)", CLI_U32,                 \
	  &(signer)->participant, 1, UINT32_MAX },                                            \
	{ "key", "FILE", "its secret key (operator.key)", CLI_TEXT, &(signer)->key }

/* cli_operate_as is cli_operate for another than the operator; zeros in signer: the operator.
 * An operation of another kind than the one before it waits until all before it are done. */
enum cli_exit cli_operate_as(struct cli *cli, const struct cli_signer *signer,
			     const struct bb_wire_operation *operations, uint32_t count);

/* cli_operate carries out count operations and prints what came of them. */
enum cli_exit cli_operate(struct cli *cli, const struct bb_wire_operation *operations,
			  uint32_t count);

#endif
