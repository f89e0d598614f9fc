#define _GNU_SOURCE /* accept4, struct ucred */
#include "ctl/bb_control_server.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "base/bb_assert.h"

_Static_assert(BB_CONTROL_PATH == sizeof(((struct sockaddr_un *)NULL)->sun_path),
	       "what a Unix address holds");

/* What an epoll event is about, besides the index of a client. */
enum { EVENT_LISTEN = BB_CONTROL_CLIENTS, EVENT_WAKE, EVENTS };

/* A peer in more groups than this is told to come in fewer. */
#define PEER_GROUPS_MAX 1024u

#define LISTEN_BACKLOG 16

__attribute__((format(printf, 3, 4)))
static enum bb_result
refuse(char text[BB_CONTROL_TEXT], enum bb_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, BB_CONTROL_TEXT, format, arguments);
	va_end(arguments);
	return result;
}

static bool
fill_address(struct sockaddr_un *address, const char *path)
{
	const size_t length = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (length == 0 || length >= sizeof(address->sun_path))
		return false;
	memcpy(address->sun_path, path, length);
	return true;
}

static enum bb_result
probe_folder(const char *path, char text[BB_CONTROL_TEXT])
{
	char folder[BB_CONTROL_PATH] = ".";
	const char *slash = strrchr(path, '/');

	if (slash != NULL)
		(void)snprintf(folder, sizeof(folder), "%.*s",
			       slash == path ? 1 : (int)(slash - path), path);
	if (access(folder, F_OK) != 0)
		return refuse(text, BB_ERR_NOT_FOUND, "no folder %s: make it", folder);
	if (access(folder, W_OK | X_OK) != 0)
		return refuse(text, BB_ERR_PERMISSION,
			      "no socket can be made in %s: change its owner or mode", folder);
	return BB_OK;
}

enum bb_result
bb_control_probe(const char *path, char text[BB_CONTROL_TEXT])
{
	struct sockaddr_un address;
	struct stat status;

	text[0] = '\0';
	if (!fill_address(&address, path))
		return refuse(text, BB_ERR_LENGTH,
			      "socket path has %zu bytes, at most %u fit: set socket in [control]",
			      strlen(path), BB_CONTROL_PATH - 1);
	if (lstat(path, &status) != 0)
		return probe_folder(path, text);
	if (!S_ISSOCK(status.st_mode))
		return refuse(text, BB_ERR_EXISTS, "%s is no socket: move it away", path);

	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return refuse(text, BB_ERR_IO, "no socket: %s", strerror(errno));

	const int failed =
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;

	(void)close(fd);
	if (failed == ECONNREFUSED) /* left behind by one that was killed */
		return probe_folder(path, text);
	if (failed == EACCES)
		return refuse(text, BB_ERR_PERMISSION, "%s belongs to another user", path);
	return refuse(text, BB_ERR_EXISTS,
		      "a busbard runs here already (%s answers): busbarctl stop ends it", path);
}

static void
watch(struct bb_control_server *server, int operation, int fd, uint32_t events, uint32_t index)
{
	struct epoll_event event = { .events = events, .data.u32 = index };

	BB_ASSERT(epoll_ctl(server->epoll_fd, operation, fd, &event) == 0);
}

/* The socket is made for its owner alone (umask), then opened to the group, then listens:
 * at no moment can a stranger connect. */
static enum bb_result
bind_socket(struct bb_control_server *server, const char *group, char text[BB_CONTROL_TEXT])
{
	struct sockaddr_un address;
	struct stat status;
	const char *path = server->path;
	gid_t gid = (gid_t)-1; /* chown: as it is */

	if (group[0] != '\0') {
		const struct group *entry = getgrnam(group);

		if (entry == NULL)
			return refuse(text, BB_ERR_NOT_FOUND,
				      "no group \"%s\": groupadd it, or change [control] group",
				      group);
		gid = entry->gr_gid;
	}
	BB_ASSERT(fill_address(&address, path));
	if (unlink(path) != 0 && errno != ENOENT)
		return refuse(text, BB_ERR_IO, "cannot remove %s: %s", path, strerror(errno));

	const mode_t mask = umask(0177);
	const int bound =
		bind(server->listen_fd, (const struct sockaddr *)&address, sizeof(address));

	(void)umask(mask);
	if (bound != 0)
		return refuse(text, BB_ERR_IO, "cannot bind %s: %s", path, strerror(errno));
	if (chown(path, (uid_t)-1, gid) != 0)
		return refuse(text, BB_ERR_PERMISSION,
			      "cannot give %s to group \"%s\": %s; add this user to it", path,
			      group, strerror(errno));
	if (chmod(path, 0660) != 0 || stat(path, &status) != 0 ||
	    listen(server->listen_fd, LISTEN_BACKLOG) != 0)
		return refuse(text, BB_ERR_IO, "cannot listen on %s: %s", path, strerror(errno));
	server->group = status.st_gid;
	return BB_OK;
}

enum bb_result
bb_control_open(struct bb_control_server *server, const char *path, const char *group,
		int wake_fd, char text[BB_CONTROL_TEXT])
{
	server->listen_fd = server->epoll_fd = -1;
	for (uint32_t i = 0; i < BB_CONTROL_CLIENTS; i++)
		server->clients[i] = (struct bb_control_client){ .fd = -1 };

	const enum bb_result result = bb_control_probe(path, text);

	if (result != BB_OK)
		return result;
	(void)snprintf(server->path, sizeof(server->path), "%s", path);
	server->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->listen_fd < 0 || server->epoll_fd < 0)
		return refuse(text, BB_ERR_IO, "no socket: %s", strerror(errno));

	const enum bb_result bound = bind_socket(server, group, text);

	if (bound != BB_OK) {
		bb_control_close(server);
		return bound;
	}
	watch(server, EPOLL_CTL_ADD, server->listen_fd, EPOLLIN, EVENT_LISTEN);
	if (wake_fd >= 0)
		watch(server, EPOLL_CTL_ADD, wake_fd, EPOLLIN, EVENT_WAKE);
	return BB_OK;
}

static void
drop(struct bb_control_client *client)
{
	(void)close(client->fd); /* and out of the epoll set */
	while (client->first != NULL) {
		struct bb_control_unread *unread = client->first;

		client->first = unread->next;
		free(unread);
	}
	/* The name stays: the next client of this place gets another. */
	*client = (struct bb_control_client){ .fd = -1, .name = client->name };
}

static bool
peer_in_group(int fd, gid_t group)
{
	gid_t groups[PEER_GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* The mode of the socket keeps strangers out already; but a file descriptor can be handed
 * on, and a mode changed. */
static bool
peer_is_heard(const struct bb_control_server *server, int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid() || peer.gid == server->group ||
	       peer_in_group(fd, server->group);
}

/* write_refusal returns the size of the message. */
static size_t
write_refusal(char *bytes, size_t room, enum bb_result result, const char *text)
{
	json_t *root = json_pack("{s:b, s:s, s:s}", "ok", 0, "result", bb_result_name(result),
				 "text", text);
	const size_t size = root == NULL ? 0 : json_dumpb(root, bytes, room, JSON_COMPACT);

	json_decref(root);
	return size <= room ? size : 0;
}

static void
turn_away(int fd, enum bb_result result, const char *text)
{
	char bytes[2 * BB_CONTROL_TEXT];
	const size_t size = write_refusal(bytes, sizeof(bytes), result, text);

	(void)send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)close(fd);
}

static void
admit(struct bb_control_server *server)
{
	const int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return; /* gone again, or no descriptor left: the next turn tries again */
	if (!peer_is_heard(server, fd)) {
		turn_away(fd, BB_ERR_PERMISSION,
			  "only root, the user of busbard and the socket's group are heard");
		return;
	}
	for (uint32_t i = 0; i < BB_CONTROL_CLIENTS; i++) {
		struct bb_control_client *client = &server->clients[i];

		if (client->fd >= 0)
			continue;
		client->fd = fd;
		client->name = (client->name / BB_CONTROL_CLIENTS + 1) * BB_CONTROL_CLIENTS + i;
		client->last = &client->first;
		watch(server, EPOLL_CTL_ADD, fd, EPOLLIN, i);
		return;
	}
	turn_away(fd, BB_ERR_BUSY, "too many connections to the control socket");
}

/* flush_unread sends what waits, until the kernel has enough; false: the client is gone. */
static bool
flush_unread(struct bb_control_server *server, struct bb_control_client *client)
{
	while (client->first != NULL) {
		struct bb_control_unread *unread = client->first;
		const ssize_t sent = send(client->fd, unread->bytes, unread->size,
					  MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (sent < 0) {
			drop(client);
			return false;
		}
		client->unread_bytes -= unread->size;
		client->first = unread->next;
		free(unread);
	}
	client->last = &client->first;
	watch(server, EPOLL_CTL_MOD, client->fd, EPOLLIN,
	      (uint32_t)(client - server->clients));
	return true;
}

static void
receive(struct bb_control_server *server, struct bb_control_client *client)
{
	const ssize_t size = recv(client->fd, server->message, sizeof(server->message),
				  MSG_DONTWAIT | MSG_TRUNC);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size <= 0) {
		drop(client);
		return;
	}
	if ((size_t)size > BB_CONTROL_MESSAGE_MAX) {
		(void)bb_control_refuse(server, client->name, BB_ERR_LENGTH,
					"a message has at most 65536 bytes");
		return;
	}
	server->handle(server->context, client->name, server->message, (size_t)size);
}

void
bb_control_poll(struct bb_control_server *server, int timeout_ms)
{
	struct epoll_event events[EVENTS];
	const int count = epoll_wait(server->epoll_fd, events, EVENTS, timeout_ms);

	for (int i = 0; i < count; i++) {
		const uint32_t index = events[i].data.u32;

		if (index == EVENT_LISTEN) {
			admit(server);
			continue;
		}
		if (index >= BB_CONTROL_CLIENTS || server->clients[index].fd < 0)
			continue;
		if ((events[i].events & EPOLLOUT) != 0 &&
		    !flush_unread(server, &server->clients[index]))
			continue;
		if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
			receive(server, &server->clients[index]);
	}
}

static bool
keep_unread(struct bb_control_server *server, struct bb_control_client *client,
	    const char *bytes, size_t size)
{
	struct bb_control_unread *unread = NULL;

	if (client->unread_bytes + size <= BB_CONTROL_UNREAD_MAX)
		unread = malloc(sizeof(*unread) + size);
	if (unread == NULL) {
		drop(client);
		return false;
	}
	unread->next = NULL;
	unread->size = size;
	memcpy(unread->bytes, bytes, size);
	if (client->first == NULL)
		watch(server, EPOLL_CTL_MOD, client->fd, EPOLLIN | EPOLLOUT,
		      (uint32_t)(client - server->clients));
	*client->last = unread;
	client->last = &unread->next;
	client->unread_bytes += size;
	return true;
}

bool
bb_control_send(struct bb_control_server *server, uint32_t client, const char *bytes,
		size_t size)
{
	struct bb_control_client *to = &server->clients[client % BB_CONTROL_CLIENTS];

	if (to->fd < 0 || to->name != client)
		return false;
	if (to->first == NULL) {
		if (send(to->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return true;
		if (errno != EAGAIN && errno != EINTR) {
			drop(to);
			return false;
		}
	}
	return keep_unread(server, to, bytes, size);
}

bool
bb_control_refuse(struct bb_control_server *server, uint32_t client, enum bb_result result,
		  const char *text)
{
	char bytes[8 * BB_CONTROL_TEXT]; /* every character of text escaped, and names */
	const size_t size = write_refusal(bytes, sizeof(bytes), result, text);

	BB_ASSERT(size > 0);
	return bb_control_send(server, client, bytes, size);
}

void
bb_control_close(struct bb_control_server *server)
{
	for (uint32_t i = 0; i < BB_CONTROL_CLIENTS; i++) {
		/* What was answered is delivered if it fits; nobody is waited for. */
		if (server->clients[i].fd >= 0 && flush_unread(server, &server->clients[i]))
			drop(&server->clients[i]);
	}
	if (server->listen_fd >= 0) {
		(void)unlink(server->path);
		(void)close(server->listen_fd);
	}
	if (server->epoll_fd >= 0)
		(void)close(server->epoll_fd);
	server->listen_fd = server->epoll_fd = -1;
}
