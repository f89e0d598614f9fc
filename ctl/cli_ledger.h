/* cli_ledger - what the ledger commands share: they read the files themselves, whether or
 * not a busbard runs.
 *
 * Memory   The caller's.
 * Threads  One.
 * Errors   As cli_fail.
 * Replay   Not part of it.
 */
#ifndef CLI_LEDGER_H
#define CLI_LEDGER_H

#include "ctl/cli_common.h"

/* cli_ledger_folder finds the ledger of the venue's folder; what is in it is not looked at. */
enum cli_exit cli_ledger_folder(struct cli *cli, char folder[CLI_PATH_MAX]);

#endif
