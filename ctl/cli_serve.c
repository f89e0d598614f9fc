/* cli_serve - an export over HTTP, to be read and nothing else.
 *
 * What may be asked for is a checkpoint or a tile, by its one exact path; everything else
 * does not exist.  So no path can lead out of the folder, whatever stands in it.
 *
 * TLS, compression and names are for a web server in front; any of them can also offer the
 * folder itself, as tiles are plain files. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_log.h"
#include "ctl/cli_text.h"
#include "ledger/bb_note.h"
#include "ledger/bb_tiles.h"

/* Bounds on what strangers can hold: 256 connections of 16 KiB, each quiet for 15 s at most. */
#define CONNECTIONS_MAX       256u
#define CONNECTIONS_EACH_MAX  64u /* of one address */
#define CONNECTION_MEMORY     16384u
#define CONNECTION_TIMEOUT_S  15u

#define CHECKPOINT "checkpoint"

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
	};
	char host[INET6_ADDRSTRLEN + 2]; /* as in a URL */
};

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	/* Without memory for it the header is missing; the answer is right all the same. */
	(void)MHD_add_response_header(response, name, value);
}

static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

	if (response == NULL)
		return MHD_NO;
	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
	add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		add_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	const enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* Opens what path names; *size is what it must be, 0 for a checkpoint.  -1: there is none. */
static int
open_served(int folder, const char *path, uint64_t *size)
{
	struct bb_tile tile;
	struct stat status;

	*size = 0;
	if (strcmp(path, CHECKPOINT) != 0) {
		if (!bb_tile_path_read(&tile, path))
			return -1;
		*size = bb_tile_size(&tile);
	}
	const int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	    (*size == 0 ? (uint64_t)status.st_size <= BB_NOTE_SIZE_MAX
			: (uint64_t)status.st_size == *size)) {
		*size = (uint64_t)status.st_size;
		return fd;
	}
	close(fd);
	return -1;
}

static enum MHD_Result
serve(struct MHD_Connection *connection, int folder, const char *path)
{
	const bool checkpoint = strcmp(path, CHECKPOINT) == 0;
	uint64_t size;
	const int fd = open_served(folder, path, &size);

	if (fd < 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "there is no such tile\n");
	struct MHD_Response *response = MHD_create_response_from_fd64(size, fd);
	if (response == NULL) {
		close(fd);
		return MHD_NO;
	}
	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
		   checkpoint ? "text/plain; charset=utf-8" : "application/octet-stream");
	/* A tile never changes; the checkpoint does with every export. */
	add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
		   checkpoint ? "no-cache" : "public, max-age=31536000, immutable");
	add_header(response, "X-Content-Type-Options", "nosniff");
	const enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *upload, size_t *upload_size, void **state)
{
	static int seen;
	const int *folder = context;

	(void)version;
	(void)upload;
	if (*state == NULL) { /* headers alone are here: the answer comes with the next call */
		*state = &seen;
		return MHD_YES;
	}
	if (*upload_size > 0)
		return MHD_NO; /* nobody has anything to send here */
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	return url[0] == '/' ? serve(connection, *folder, url + 1)
			     : refuse(connection, MHD_HTTP_NOT_FOUND, "there is no such tile\n");
}

/* A path is taken as it is written: no percent sign stands for anything. */
static size_t
leave_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

/* read_address reads 127.0.0.1:8080 or [::1]:8080. */
static bool
read_address(const char *text, struct address *address)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	*address = (struct address){ 0 };
	if (colon == NULL || (size_t)(colon - text) >= sizeof(address->host) ||
	    !cli_read_u64(colon + 1, &port) || port > UINT16_MAX)
		return false;
	memcpy(address->host, text, (size_t)(colon - text));
	if (inet_pton(AF_INET, address->host, &address->ipv4.sin_addr) == 1) {
		address->ipv4.sin_family = AF_INET;
		address->ipv4.sin_port = htons((uint16_t)port);
		return true;
	}
	char inside[sizeof(address->host)];
	const size_t size = strlen(address->host);
	if (size < 3 || address->host[0] != '[' || address->host[size - 1] != ']')
		return false;
	memcpy(inside, address->host + 1, size - 2);
	inside[size - 2] = '\0';
	address->ipv6.sin6_family = AF_INET6;
	address->ipv6.sin6_port = htons((uint16_t)port);
	return inet_pton(AF_INET6, inside, &address->ipv6.sin6_addr) == 1;
}

static struct MHD_Daemon *
start(const struct address *address, int *folder)
{
	const unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD |
			       (address->any.sa_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0u);

	return MHD_start_daemon(flags, 0, NULL, NULL, answer, folder,
				MHD_OPTION_SOCK_ADDR, &address->any,
				MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_EACH_MAX,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_TIMEOUT_S,
				MHD_OPTION_STRICT_FOR_CLIENT, 1,
				MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
				MHD_OPTION_END);
}

/* Tells where it can be reached; port 0 has become one by now. */
static void
announce(struct cli *cli, struct MHD_Daemon *daemon, const struct address *address,
	 const char *folder)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	char url[sizeof(address->host) + 16];

	snprintf(url, sizeof(url), "http://%s:%u/", address->host,
		 info == NULL ? 0u : (unsigned)info->port);
	if (cli->json)
		cli_print(cli, "ok", json_pack("{s:s, s:s}", "folder", folder, "url", url));
	else
		printf("serving %s at %s until SIGINT or SIGTERM\n", folder, url);
	fflush(stdout);
}

static enum cli_exit
run(struct cli *cli, const char *folder_path, int folder, const struct address *address,
    const char *listen_text)
{
	sigset_t signals;
	int signal_number;

	/* Blocked before the library's thread begins, so that only this one hears them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	struct MHD_Daemon *daemon = start(address, &folder);
	if (daemon == NULL)
		return cli_fail(cli, errno == EACCES ? CLI_PERMISSION : CLI_UNHEALTHY, NULL,
				"%s: %s; choose another address or port with --listen",
				listen_text, errno == 0 ? "cannot listen" : strerror(errno));
	announce(cli, daemon, address, folder_path);
	while (sigwait(&signals, &signal_number) != 0)
		;
	MHD_stop_daemon(daemon);
	return CLI_OK;
}

enum cli_exit
cli_ledger_serve(struct cli *cli)
{
	const char *folder_path = NULL;
	const char *listen_text = "127.0.0.1:8080";
	struct cli_option options[] = {
		{ "folder", "EXPORT", "what ledger export wrote", CLI_TEXT, &folder_path },
		{ "listen", "ADDR:PORT", "where to listen (127.0.0.1:8080); port 0: any", CLI_TEXT,
		  &listen_text },
		{ 0 },
	};
	struct address address;
	uint64_t size;

	const enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code != CLI_GO_ON)
		return code;
	if (folder_path == NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "name the folder of an export with --folder");
	if (!read_address(listen_text, &address))
		return cli_fail(cli, CLI_USAGE, NULL, "--listen %s: no address; write one as in "
				"127.0.0.1:8080 or [::1]:8080", listen_text);
	const int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return cli_fail_file(cli, cli_result_of_errno(), folder_path);
	const int checkpoint = open_served(folder, CHECKPOINT, &size);
	if (checkpoint < 0)
		return cli_fail(cli, CLI_USAGE, "ERR_NOT_FOUND", "%s/" CHECKPOINT " is not there: "
				"no finished export; run busbarctl ledger export %s first",
				folder_path, folder_path);
	close(checkpoint);
	errno = 0;
	return run(cli, folder_path, folder, &address, listen_text);
}
