/* bb_control_server - the control socket: who may speak, how much, and in whole messages.
 *
 * It knows nothing of what is asked: each message goes to one function.  Nobody can make
 * it wait: a client that does not read is closed once BB_CONTROL_UNREAD_MAX is waiting.
 *
 * Units    microseconds to wait, sizes in bytes.
 * Memory   The caller owns the struct; what a client has not read yet is on the heap.
 * Threads  The control thread alone.
 * Errors   bb_control_open: bb_result and one line.  Later ones close the one client.
 *          Root, the own user and members of the socket's group are heard; others are
 *          told ERR_PERMISSION, one client too many ERR_BUSY.
 * Replay   Not part of it.
 */
#ifndef BB_CONTROL_SERVER_H
#define BB_CONTROL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bb_result.h"
#include "ctl/bb_control.h"

#define BB_CONTROL_CLIENTS 16u

/* The answer to the largest operation, revoking a participant with all orders of a middling
 * venue, is some 3,000 messages of 3 KiB. */
#define BB_CONTROL_UNREAD_MAX (16u << 20)

#define BB_CONTROL_PATH 108u

/* A message that the kernel did not take yet. */
struct bb_control_unread {
	struct bb_control_unread *next;
	size_t size;
	char bytes[];
};

struct bb_control_client {
	int fd;        /* -1: free */
	uint32_t name; /* as told to the handler; never used twice in a row */
	size_t unread_bytes;
	struct bb_control_unread *first;
	struct bb_control_unread **last;
};

/* Called for each message.  client is what bb_control_send wants; it may be called at
 * once, later, or never. */
typedef void bb_control_handle(void *context, uint32_t client, const uint8_t *bytes,
			       size_t size);

struct bb_control_server {
	int listen_fd;
	int epoll_fd;
	gid_t group; /* whose members are heard */
	bb_control_handle *handle;
	void *context;
	struct bb_control_client clients[BB_CONTROL_CLIENTS];
	char path[BB_CONTROL_PATH];
	uint8_t message[BB_CONTROL_MESSAGE_MAX + 1];
};

/* bb_control_probe tells whether path can be bound: BB_ERR_EXISTS if someone listens there,
 * BB_ERR_LENGTH, BB_ERR_PERMISSION, BB_ERR_NOT_FOUND (its folder). */
enum bb_result bb_control_probe(const char *path, char text[BB_CONTROL_TEXT]);

/* bb_control_open binds path (a stale socket there is removed), gives it to group unless
 * that is empty, and listens.  server->handle and context are set by the caller before.
 * wake_fd, unless -1, makes bb_control_poll return when it becomes readable. */
enum bb_result bb_control_open(struct bb_control_server *server, const char *path,
			       const char *group, int wake_fd, char text[BB_CONTROL_TEXT]);

/* bb_control_poll waits at most timeout_ms and serves what came. */
void bb_control_poll(struct bb_control_server *server, int timeout_ms);

/* bb_control_send sends one message; false if the client is gone, or goes because it has
 * too much unread. */
bool bb_control_send(struct bb_control_server *server, uint32_t client, const char *bytes,
		     size_t size);

/* bb_control_refuse sends {"ok":false,...}. */
bool bb_control_refuse(struct bb_control_server *server, uint32_t client,
		       enum bb_result result, const char *text);

/* bb_control_close closes everything and removes the socket. */
void bb_control_close(struct bb_control_server *server);

#endif
