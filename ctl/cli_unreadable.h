/* cli_unreadable - bb_unreadable.h for a command of busbarctl.
 *
 * Threads  Installed by the main thread.
 */
#ifndef CLI_UNREADABLE_H
#define CLI_UNREADABLE_H

#include "ctl/cli_common.h"

/* cli_unreadable_catch installs the handler for this command. */
void cli_unreadable_catch(const struct cli *cli);

#endif
