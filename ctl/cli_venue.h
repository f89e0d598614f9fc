/* cli_venue - what lies in a venue's folder, and what its participants get of it.
 *
 *	busbard.conf    where the control socket is
 *	venue.json      public: name, ledger id, key, address
 *	operator.key    signs what the operator orders
 *	ledger/         seg-*
 *
 * Memory   Values; secrets are wiped by their user.
 * Threads  One.
 * Errors   As cli_fail.
 * Replay   Not part of it.
 */
#ifndef CLI_VENUE_H
#define CLI_VENUE_H

#include "client/bb_client.h"
#include "ctl/cli_common.h"

#define CLI_NAME_SIZE 64u

struct cli_venue {
	char name[CLI_NAME_SIZE];
	struct bb_client_venue at; /* address, key, ledger id */
};

/* cli_socket_path writes where the control socket is: as -s says, as busbard.conf says, or
 * control.sock in the folder. */
void cli_socket_path(const struct cli *cli, char path[CLI_PATH_MAX]);

/* cli_venue_read reads and checks a venue.json; path NULL: the one in the folder. */
enum cli_exit cli_venue_read(struct cli *cli, const char *path, struct cli_venue *venue);

/* cli_venue_write makes a venue.json (mode 0644) and makes it durable. */
enum bb_result cli_venue_write(const char *path, const struct cli_venue *venue);

/* cli_file_write makes a file with this mode, which must not exist, and makes it durable. */
enum bb_result cli_file_write(const char *path, const char *text, unsigned mode);

#endif
