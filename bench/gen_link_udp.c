#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bb_limits.h"
#include "bench/gen_link.h"
#include "wire/bb_report.h"

/* What the kernel may keep for us while we are busy. */
#define SOCKET_BUFFER (8 << 20)

struct udp_link {
	int socket;
	uint8_t payloads[BB_BURST][BB_REPORT_SIZE_MAX + 1]; /* one more: too long shows */
};

uint64_t
gen_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint32_t
udp_send(void *state, const struct gen_datagram *datagrams, uint32_t count)
{
	const struct udp_link *udp = state;
	struct mmsghdr messages[BB_BURST];
	struct iovec parts[BB_BURST];

	if (count > BB_BURST)
		count = BB_BURST;
	for (uint32_t i = 0; i < count; i++) {
		parts[i] = (struct iovec){ (void *)(uintptr_t)datagrams[i].bytes,
					   datagrams[i].size };
		messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[i],
							     .msg_iovlen = 1 } };
	}
	/* An error is that of an earlier datagram, or of a venue that is not there: later. */
	const int sent = sendmmsg(udp->socket, messages, count, MSG_DONTWAIT);
	return sent < 0 ? 0 : (uint32_t)sent;
}

static uint32_t
udp_receive(void *state, gen_receive *receive, void *context)
{
	struct udp_link *udp = state;
	struct mmsghdr messages[BB_BURST];
	struct iovec parts[BB_BURST];

	for (uint32_t i = 0; i < BB_BURST; i++) {
		parts[i] = (struct iovec){ udp->payloads[i], sizeof(udp->payloads[i]) };
		messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[i],
							     .msg_iovlen = 1 } };
	}
	const int got = recvmmsg(udp->socket, messages, BB_BURST, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++)
		receive(context, udp->payloads[i], messages[i].msg_len);
	return got < 0 ? 0 : (uint32_t)got;
}

static void
udp_idle(void *state)
{
	const struct udp_link *udp = state;
	struct pollfd waits = { .fd = udp->socket, .events = POLLIN };
	const struct timespec moment = { .tv_nsec = 200000 };

	(void)ppoll(&waits, 1, &moment, NULL);
}

static bool
udp_wake(void *state, uint64_t now_ns)
{
	(void)state; /* the kernel asks for addresses itself */
	(void)now_ns;
	return false;
}

static void
udp_close(void *state)
{
	struct udp_link *udp = state;

	(void)close(udp->socket);
	free(udp);
}

/* Takes "10.0.0.1:7600", "[fd09::1]:7600", or either without the port, apart. */
static bool
split_target(const char *target, char host[64], char port[8], uint16_t udp_port)
{
	const bool bracketed = target[0] == '[';
	const char *end = bracketed ? strchr(target, ']') : strrchr(target, ':');
	const bool bare_ipv6 = !bracketed && end != NULL && strchr(target, ':') != end;

	if (bracketed && end == NULL)
		return false;
	if (bracketed)
		target++;
	if (end == NULL || bare_ipv6)
		end = target + strlen(target);
	if (end < target || (size_t)(end - target) >= 64)
		return false;
	memcpy(host, target, (size_t)(end - target));
	host[end - target] = '\0';
	if (*end == ']')
		end++;
	if (*end == '\0')
		return snprintf(port, 8, "%u", udp_port) < 8;
	return *end == ':' && end[1] != '\0' && snprintf(port, 8, "%s", end + 1) < 8;
}

static int
open_socket(const struct addrinfo *found)
{
	const int buffer = SOCKET_BUFFER;
	const int made = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (made < 0)
		return -1;
	/* Root may have it all; others get what the system allows. */
	if (setsockopt(made, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0)
		(void)setsockopt(made, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (connect(made, found->ai_addr, found->ai_addrlen) == 0)
		return made;
	(void)close(made);
	return -1;
}

bool
gen_link_udp(struct gen_link *link, const char *target, uint16_t udp_port,
	     char text[GEN_LINK_TEXT])
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	char host[64], port[8];

	if (!split_target(target, host, port, udp_port) ||
	    getaddrinfo(host, port, &hints, &found) != 0) {
		(void)snprintf(text, GEN_LINK_TEXT,
			       "\"%.80s\" is not ADDRESS or ADDRESS:PORT, both numeric", target);
		return false;
	}
	struct udp_link *udp = calloc(1, sizeof(*udp));
	if (udp != NULL)
		udp->socket = open_socket(found);
	freeaddrinfo(found);
	if (udp == NULL || udp->socket < 0) {
		(void)snprintf(text, GEN_LINK_TEXT, "cannot reach %.80s: %s", target,
			       strerror(errno));
		free(udp);
		return false;
	}
	*link = (struct gen_link){ udp, udp_send, udp_receive, udp_idle, udp_wake, udp_close };
	return true;
}
