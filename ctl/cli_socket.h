/* cli_socket - busbarctl's end of the control socket (ctl/bb_control.h says what is asked).
 *
 * Units    ns of the monotonic clock.
 * Memory   Answers are new references.
 * Threads  One.
 * Errors   As cli_fail: no socket or nobody behind it CLI_NOT_RUNNING, no answer in time
 *          CLI_UNREACHABLE, not allowed CLI_PERMISSION.
 * Replay   Not part of it.
 */
#ifndef CLI_SOCKET_H
#define CLI_SOCKET_H

#include "ctl/cli_common.h"

/* cli_connect sets *fd. */
enum cli_exit cli_connect(struct cli *cli, int *fd);

/* cli_is_running tells, without a word, whether a busbard listens. */
bool cli_is_running(struct cli *cli);

/* cli_send sends one request and takes the reference. */
enum cli_exit cli_send(struct cli *cli, int fd, json_t *request);

/* cli_receive waits until end_ns for one message.  One with "ok": false is no error here. */
enum cli_exit cli_receive(struct cli *cli, int fd, uint64_t end_ns, json_t **message);

/* cli_refused is the failure that a message with "ok": false tells; CLI_GO_ON for others. */
enum cli_exit cli_refused(struct cli *cli, const json_t *message);

/* cli_ask is one question and its answer, over a connection of its own; takes the request. */
enum cli_exit cli_ask(struct cli *cli, json_t *request, json_t **answer);

/* cli_ask_all asks for page after page of command ("members", "products") and joins their
 * rows. */
enum cli_exit cli_ask_all(struct cli *cli, const char *command, json_int_t first,
			  json_t **rows);

/* cli_result_of returns the result that a message names; BB_ERR_IO for an unknown name. */
enum bb_result cli_result_of(const json_t *message);

#endif
