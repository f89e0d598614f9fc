/* test_control_server - the control socket itself: who is heard, how much, in whole messages. */
#define _GNU_SOURCE /* setresuid */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/bb_control_server.h"
#include "tests/bb_test.h"

static struct bb_control_server server;
static char path[64];
static char text[BB_CONTROL_TEXT];

/* What the handler saw last. */
static uint32_t seen_client;
static size_t seen_size;
static uint32_t seen_count;

static void
echo(void *context, uint32_t client, const uint8_t *bytes, size_t size)
{
	(void)context;
	seen_client = client;
	seen_size = size;
	seen_count++;
	(void)bb_control_send(&server, client, (const char *)bytes, size);
}

static void
open_server(void)
{
	memset(&server, 0, sizeof(server));
	server.handle = echo;
	seen_count = 0;
	CU_ASSERT_EQUAL_FATAL(bb_control_open(&server, path, "", -1, text), BB_OK);
}

static int
connect_to(const char *to)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", to);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void
turn(void)
{
	bb_control_poll(&server, 0);
}

static void
test_messages_come_whole_and_in_order(void)
{
	char bytes[64];

	open_server();
	const int fd = connect_to(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(send(fd, "first", 5, 0), 5);
	CU_ASSERT_EQUAL(send(fd, "second", 6, 0), 6);
	for (uint32_t i = 0; i < 4; i++)
		turn();
	CU_ASSERT_EQUAL(seen_count, 2);
	CU_ASSERT_EQUAL(recv(fd, bytes, sizeof(bytes), 0), 5);
	CU_ASSERT_EQUAL(memcmp(bytes, "first", 5), 0);
	CU_ASSERT_EQUAL(recv(fd, bytes, sizeof(bytes), 0), 6);
	(void)close(fd);
	bb_control_close(&server);
}

static void
test_the_socket_is_open_to_owner_and_group_alone(void)
{
	struct stat status;

	open_server();
	CU_ASSERT_EQUAL(stat(path, &status), 0);
	CU_ASSERT_EQUAL(status.st_mode & 07777, 0660);
	bb_control_close(&server);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

static void
test_a_message_over_the_limit_is_refused_and_the_client_stays(void)
{
	static char bytes[BB_CONTROL_MESSAGE_MAX + 1];
	char answer[512];

	open_server();
	const int fd = connect_to(path);

	CU_ASSERT_EQUAL(send(fd, bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	turn();
	turn();
	CU_ASSERT_EQUAL(seen_count, 0);
	const ssize_t size = recv(fd, answer, sizeof(answer) - 1, 0);

	CU_ASSERT_TRUE_FATAL(size > 0);
	answer[size] = '\0';
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "ERR_LENGTH"));
	CU_ASSERT_EQUAL(send(fd, bytes, sizeof(bytes) - 1, 0), (ssize_t)sizeof(bytes) - 1);
	turn();
	CU_ASSERT_EQUAL(seen_count, 1);
	CU_ASSERT_EQUAL(seen_size, BB_CONTROL_MESSAGE_MAX);
	(void)close(fd);
	bb_control_close(&server);
}

static void
test_one_client_too_many_is_told_so(void)
{
	int fds[BB_CONTROL_CLIENTS + 1];
	char answer[512];

	open_server();
	for (uint32_t i = 0; i <= BB_CONTROL_CLIENTS; i++) {
		fds[i] = connect_to(path);
		CU_ASSERT_TRUE(fds[i] >= 0);
		turn();
	}
	const ssize_t size = recv(fds[BB_CONTROL_CLIENTS], answer, sizeof(answer) - 1, 0);

	CU_ASSERT_TRUE_FATAL(size > 0);
	answer[size] = '\0';
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "ERR_BUSY"));
	CU_ASSERT_EQUAL(recv(fds[BB_CONTROL_CLIENTS], answer, sizeof(answer), 0), 0);

	/* Once one leaves, there is room for another. */
	(void)close(fds[3]);
	(void)close(fds[BB_CONTROL_CLIENTS]);
	turn();
	fds[3] = connect_to(path);
	turn();
	CU_ASSERT_EQUAL(send(fds[3], "x", 1, 0), 1);
	turn();
	CU_ASSERT_EQUAL(seen_count, 1);
	for (uint32_t i = 0; i < BB_CONTROL_CLIENTS; i++)
		(void)close(fds[i]);
	bb_control_close(&server);
}

static void
test_an_answer_for_one_who_left_reaches_nobody_else(void)
{
	char bytes[16];

	open_server();
	int fd = connect_to(path);

	CU_ASSERT_EQUAL(send(fd, "x", 1, 0), 1);
	turn();
	turn();
	const uint32_t gone = seen_client;

	(void)close(fd);
	turn();
	fd = connect_to(path);
	CU_ASSERT_EQUAL(send(fd, "y", 1, 0), 1);
	turn();
	turn();
	CU_ASSERT_NOT_EQUAL(seen_client, gone);
	CU_ASSERT_EQUAL(seen_client % BB_CONTROL_CLIENTS, gone % BB_CONTROL_CLIENTS);
	CU_ASSERT_FALSE(bb_control_send(&server, gone, "late", 4));
	CU_ASSERT_EQUAL(recv(fd, bytes, sizeof(bytes), 0), 1);
	CU_ASSERT_EQUAL(recv(fd, bytes, sizeof(bytes), 0), -1);
	(void)close(fd);
	bb_control_close(&server);
}

/* Far more than the kernel takes, so that most of it waits with the server. */
static void
test_a_slow_reader_gets_everything_in_order(void)
{
	enum { MESSAGES = 2000, READ_EARLY = 8 };
	static char bytes[4096];
	uint32_t got = 0;

	open_server();
	const int fd = connect_to(path);

	CU_ASSERT_EQUAL(send(fd, "x", 1, 0), 1);
	turn();
	turn();
	CU_ASSERT_EQUAL(recv(fd, bytes, sizeof(bytes), 0), 1);
	for (uint32_t i = 0; i < MESSAGES; i++) {
		memcpy(bytes, &i, sizeof(i));
		CU_ASSERT_TRUE_FATAL(bb_control_send(&server, seen_client, bytes, sizeof(bytes)));
		/* Room in the kernel while older ones wait here: the new one must not pass. */
		for (; i == MESSAGES / 2 && got < READ_EARLY; got++)
			CU_ASSERT_EQUAL(recv(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	}
	CU_ASSERT_TRUE(server.clients[seen_client % BB_CONTROL_CLIENTS].unread_bytes > 0);
	for (uint32_t turns = 0; got < MESSAGES && turns < 2 * MESSAGES; turns++) {
		while (recv(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes)) {
			CU_ASSERT_EQUAL(memcmp(bytes, &got, sizeof(got)), 0);
			got++;
		}
		turn();
	}
	CU_ASSERT_EQUAL(got, MESSAGES);
	CU_ASSERT_EQUAL(server.clients[seen_client % BB_CONTROL_CLIENTS].unread_bytes, 0);
	(void)close(fd);
	bb_control_close(&server);
}

static void
test_a_client_that_never_reads_is_closed(void)
{
	static char bytes[BB_CONTROL_MESSAGE_MAX];
	uint32_t sent = 0;

	open_server();
	const int fd = connect_to(path);

	CU_ASSERT_EQUAL(send(fd, "x", 1, 0), 1);
	turn();
	turn();
	while (sent < 1000 && bb_control_send(&server, seen_client, bytes, sizeof(bytes)))
		sent++;
	CU_ASSERT_TRUE(sent >= BB_CONTROL_UNREAD_MAX / sizeof(bytes));
	CU_ASSERT_TRUE(sent < 1000);
	CU_ASSERT_EQUAL(server.clients[seen_client % BB_CONTROL_CLIENTS].fd, -1);
	(void)close(fd);
	bb_control_close(&server);
}

static void
test_a_live_server_is_not_pushed_aside(void)
{
	open_server();
	CU_ASSERT_EQUAL(bb_control_probe(path, text), BB_ERR_EXISTS);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "runs here already"));
	bb_control_close(&server);
	CU_ASSERT_EQUAL(bb_control_probe(path, text), BB_OK);
}

static void
test_a_stale_socket_is_replaced_and_another_file_is_not(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CU_ASSERT_EQUAL(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd); /* as after kill -9: the name is left */
	CU_ASSERT_EQUAL(bb_control_probe(path, text), BB_OK);
	open_server();
	bb_control_close(&server);

	FILE *file = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	(void)fclose(file);
	CU_ASSERT_EQUAL(bb_control_open(&server, path, "", -1, text), BB_ERR_EXISTS);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	(void)unlink(path);
}

static void
test_a_path_that_cannot_be_is_refused_in_words(void)
{
	char longer[200];

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	CU_ASSERT_EQUAL(bb_control_probe(longer, text), BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(bb_control_probe("", text), BB_ERR_LENGTH);
	CU_ASSERT_EQUAL(bb_control_probe("/nowhere/at/all.sock", text), BB_ERR_NOT_FOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "/nowhere/at"));
	memset(&server, 0, sizeof(server));
	CU_ASSERT_EQUAL(bb_control_open(&server, path, "no-such-group-here", -1, text),
			BB_ERR_NOT_FOUND);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

/* ask_as connects as another user and group and returns the first letter of what comes
 * back to "x": 'x' if heard, '{' if not. */
static char
ask_as(uid_t uid, gid_t gid, gid_t extra)
{
	int pipes[2];
	char first = '?';

	CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
	const pid_t child = fork();

	if (child == 0) {
		if (setgroups(1, &extra) != 0 || setresgid(gid, gid, gid) != 0 ||
		    setresuid(uid, uid, uid) != 0)
			_exit(1);
		const int fd = connect_to(path);
		char bytes[512] = "";

		(void)send(fd, "x", 1, MSG_NOSIGNAL);
		for (uint32_t i = 0; i < 1000 && recv(fd, bytes, sizeof(bytes), 0) < 0; i++)
			(void)usleep(1000);
		_exit(write(pipes[1], bytes, 1) == 1 ? 0 : 1);
	}
	for (uint32_t i = 0; i < 2000; i++) {
		bb_control_poll(&server, 1);
		if (waitpid(child, NULL, WNOHANG) == child)
			break;
	}
	(void)close(pipes[1]);
	(void)!read(pipes[0], &first, 1);
	(void)close(pipes[0]);
	return first;
}

static void
test_strangers_are_not_heard_even_through_an_open_mode(void)
{
	if (geteuid() != 0)
		return; /* main says so */
	open_server();
	CU_ASSERT_EQUAL(chown(path, (uid_t)-1, 4242), 0);
	CU_ASSERT_EQUAL(chmod(path, 0666), 0); /* an operator's mistake */
	server.group = 4242;
	CU_ASSERT_EQUAL(ask_as(0, 0, 0), 'x');
	CU_ASSERT_EQUAL(ask_as(12345, 4242, 12345), 'x');
	CU_ASSERT_EQUAL(ask_as(12345, 12345, 4242), 'x');
	CU_ASSERT_EQUAL(ask_as(12345, 12345, 12345), '{');
	bb_control_close(&server);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "messages come whole and in order", test_messages_come_whole_and_in_order },
		{ "the socket is open to owner and group alone",
		  test_the_socket_is_open_to_owner_and_group_alone },
		{ "a message over the limit is refused and the client stays",
		  test_a_message_over_the_limit_is_refused_and_the_client_stays },
		{ "one client too many is told so", test_one_client_too_many_is_told_so },
		{ "an answer for one who left reaches nobody else",
		  test_an_answer_for_one_who_left_reaches_nobody_else },
		{ "a slow reader gets everything in order",
		  test_a_slow_reader_gets_everything_in_order },
		{ "a client that never reads is closed", test_a_client_that_never_reads_is_closed },
		{ "a live server is not pushed aside", test_a_live_server_is_not_pushed_aside },
		{ "a stale socket is replaced and another file is not",
		  test_a_stale_socket_is_replaced_and_another_file_is_not },
		{ "a path that cannot be is refused in words",
		  test_a_path_that_cannot_be_is_refused_in_words },
		{ "strangers are not heard even through an open mode",
		  test_strangers_are_not_heard_even_through_an_open_mode },
		CU_TEST_INFO_NULL,
	};
	char folder[] = "/tmp/busbar-test-XXXXXX";

	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	(void)chmod(folder, 0755);
	(void)snprintf(path, sizeof(path), "%s/control.sock", folder);
	if (geteuid() != 0)
		fprintf(stderr, "SKIPPED: strangers are not heard (needs root to be one)\n");

	const int code = bb_test_run("control_server", tests);

	(void)rmdir(folder);
	return code;
}
