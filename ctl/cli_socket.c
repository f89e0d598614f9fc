#include "ctl/cli_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/bb_control.h"
#include "ctl/cli_venue.h"

#define MS UINT64_C(1000000)

static int
connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	const int why = errno;
	close(fd);
	errno = why;
	return -1;
}

bool
cli_is_running(struct cli *cli)
{
	char path[CLI_PATH_MAX];

	cli_socket_path(cli, path);
	const int fd = connect_to(path);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

enum cli_exit
cli_connect(struct cli *cli, int *fd)
{
	char path[CLI_PATH_MAX];

	cli_socket_path(cli, path);
	*fd = connect_to(path);
	if (*fd >= 0)
		return CLI_GO_ON;
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return cli_fail(cli, CLI_NOT_RUNNING, NULL,
				"no busbard runs here (%s does not exist); start it, or name the "
				"venue's folder with -C", path);
	case ECONNREFUSED:
		return cli_fail(cli, CLI_NOT_RUNNING, NULL,
				"no busbard runs here (nobody listens at %s); start it, and see "
				"why it ended in its log", path);
	case EACCES:
	case EPERM:
		return cli_fail(cli, CLI_PERMISSION, NULL,
				"%s: permission denied; run as the user of busbard, or join the "
				"group that [control] in busbard.conf names", path);
	default:
		return cli_fail(cli, errno == ENAMETOOLONG ? CLI_USAGE : CLI_UNREACHABLE, NULL,
				"%s: %s; name the control socket with -s", path, strerror(errno));
	}
}

enum cli_exit
cli_send(struct cli *cli, int fd, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);

	json_decref(request);
	if (text == NULL)
		return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left; ask for less at once");
	const ssize_t sent = send(fd, text, strlen(text), MSG_NOSIGNAL);
	free(text);
	if (sent < 0)
		return cli_fail(cli, CLI_NOT_RUNNING, NULL,
				"busbard closed the connection (%s); see its log",
				strerror(errno));
	return CLI_GO_ON;
}

/* wait_readable returns CLI_GO_ON once there is something to read, or the end of it. */
static enum cli_exit
wait_readable(struct cli *cli, int fd, uint64_t end_ns)
{
	for (;;) {
		const uint64_t now_ns = cli_monotonic_ns();
		if (now_ns >= end_ns)
			return cli_fail(cli, CLI_UNREACHABLE, NULL,
					"busbard did not answer in %llu s; see whether it still "
					"runs, and its log; --timeout waits longer",
					(unsigned long long)(cli->timeout_ns / (1000 * MS)));
		struct pollfd waited = { .fd = fd, .events = POLLIN };
		const int ready = poll(&waited, 1, (int)((end_ns - now_ns) / MS + 1));
		if (ready > 0)
			return CLI_GO_ON;
		if (ready < 0 && errno != EINTR)
			return cli_fail(cli, CLI_UNREACHABLE, NULL, "poll: %s; run this again",
					strerror(errno));
	}
}

enum cli_exit
cli_receive(struct cli *cli, int fd, uint64_t end_ns, json_t **message)
{
	static char bytes[BB_CONTROL_MESSAGE_MAX + 1];

	*message = NULL;
	const enum cli_exit code = wait_readable(cli, fd, end_ns);
	if (code != CLI_GO_ON)
		return code;
	const ssize_t size = recv(fd, bytes, sizeof(bytes), 0);
	if (size <= 0)
		return cli_fail(cli, CLI_NOT_RUNNING, NULL,
				"busbard closed the connection; see its log");
	*message = json_loadb(bytes, (size_t)size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(*message) || !json_is_boolean(json_object_get(*message, "ok"))) {
		json_decref(*message);
		*message = NULL;
		return cli_fail(cli, CLI_UNREACHABLE, NULL,
				"what answers at the control socket is no busbard; check -s");
	}
	return CLI_GO_ON;
}

enum bb_result
cli_result_of(const json_t *message)
{
	static const enum bb_result results[] = {
#define X(name, number, meaning) name,
		BB_RESULT_LIST(X)
#undef X
	};
	const char *named = json_string_value(json_object_get(message, "result"));

	for (size_t i = 0; named != NULL && i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(named, bb_result_name(results[i])) == 0)
			return results[i];
	return BB_ERR_IO;
}

enum cli_exit
cli_refused(struct cli *cli, const json_t *message)
{
	if (json_is_true(json_object_get(message, "ok")))
		return CLI_GO_ON;
	const char *text = json_string_value(json_object_get(message, "text"));
	const enum bb_result result = cli_result_of(message);
	enum cli_exit code = CLI_UNHEALTHY;
	if (result == BB_ERR_PERMISSION)
		code = CLI_PERMISSION;
	else if (result == BB_ERR_KIND || result == BB_ERR_FORMAT)
		code = CLI_USAGE;
	return cli_fail(cli, code, bb_result_name(result), "busbard refuses: %s (%s)",
			text == NULL ? "" : text, bb_result_name(result));
}

enum cli_exit
cli_ask(struct cli *cli, json_t *request, json_t **answer)
{
	int fd;

	*answer = NULL;
	enum cli_exit code = cli_connect(cli, &fd);
	if (code != CLI_GO_ON) {
		json_decref(request);
		return code;
	}
	code = cli_send(cli, fd, request);
	if (code == CLI_GO_ON)
		code = cli_receive(cli, fd, cli_monotonic_ns() + cli->timeout_ns, answer);
	close(fd);
	return code == CLI_GO_ON ? cli_refused(cli, *answer) : code;
}

enum cli_exit
cli_ask_all(struct cli *cli, const char *command, json_int_t first, json_t **rows)
{
	int fd;

	*rows = json_array();
	enum cli_exit code = cli_connect(cli, &fd);
	while (code == CLI_GO_ON) {
		json_t *answer;
		code = cli_send(cli, fd, json_pack("{s:s, s:I}", "command", command, "first",
						   first));
		if (code == CLI_GO_ON)
			code = cli_receive(cli, fd, cli_monotonic_ns() + cli->timeout_ns, &answer);
		if (code == CLI_GO_ON)
			code = cli_refused(cli, answer);
		if (code != CLI_GO_ON)
			return code;
		json_array_extend(*rows, json_object_get(answer, command));
		const json_int_t next = json_integer_value(json_object_get(answer, "next"));
		json_decref(answer);
		if (next <= first)
			break;
		first = next;
	}
	if (code == CLI_GO_ON)
		close(fd);
	return code;
}
