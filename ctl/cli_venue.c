#define _GNU_SOURCE /* asprintf */
#include "ctl/cli_venue.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/bb_config.h"
#include "ctl/cli_text.h"

#define SCHEMA "busbar.venue/1"

void
cli_socket_path(const struct cli *cli, char path[CLI_PATH_MAX])
{
	static struct bb_config config;
	char error[BB_CONFIG_ERROR];
	const long cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (cli->socket != NULL) {
		snprintf(path, CLI_PATH_MAX, "%s", cli->socket);
		return;
	}
	/* A configuration that busbard would refuse may still run: look where it is by default. */
	if (cli_path(path, cli->folder, "busbard.conf") &&
	    bb_config_read(path, cpus < 1 ? 1 : (uint32_t)cpus, &config, error) == BB_OK)
		snprintf(path, CLI_PATH_MAX, "%s", config.socket);
	else
		snprintf(path, CLI_PATH_MAX, "%s/control.sock", cli->folder);
}

static bool
is_host(const char *host)
{
	struct in6_addr address;
	return inet_pton(AF_INET, host, &address) == 1 ||
	       inet_pton(AF_INET6, host, &address) == 1;
}

static bool
read_hex_field(const json_t *object, const char *field, uint8_t bytes[32])
{
	const char *text = json_string_value(json_object_get(object, field));
	return text != NULL && cli_read_hex(text, bytes, 32);
}

/* read_fields returns the name of the first field that is wrong, or NULL. */
static const char *
read_fields(const json_t *object, struct cli_venue *venue)
{
	const char *schema = json_string_value(json_object_get(object, "schema"));
	const char *name = json_string_value(json_object_get(object, "name"));
	const char *host = json_string_value(json_object_get(object, "host"));
	const json_int_t port = json_integer_value(json_object_get(object, "udp"));

	if (schema == NULL || strcmp(schema, SCHEMA) != 0)
		return "schema";
	if (name == NULL || strlen(name) >= sizeof(venue->name) || !cli_printable(name))
		return "name";
	if (!read_hex_field(object, "ledger_id", venue->at.ledger_id))
		return "ledger_id";
	if (!read_hex_field(object, "key", venue->at.key))
		return "key";
	if (host == NULL || strlen(host) >= sizeof(venue->at.host) || !is_host(host))
		return "host";
	if (port < 1 || port > UINT16_MAX)
		return "udp";
	snprintf(venue->name, sizeof(venue->name), "%s", name);
	snprintf(venue->at.host, sizeof(venue->at.host), "%s", host);
	venue->at.udp_port = (uint16_t)port;
	return NULL;
}

enum cli_exit
cli_venue_read(struct cli *cli, const char *path, struct cli_venue *venue)
{
	char own[CLI_PATH_MAX];
	json_error_t error;

	memset(venue, 0, sizeof(*venue));
	if (path == NULL) {
		if (!cli_path(own, cli->folder, "venue.json"))
			return cli_fail(cli, CLI_USAGE, NULL, "the folder's path is too long; "
					"change to it and leave -C out");
		path = own;
	}
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return cli_fail_file(cli, cli_result_of_errno(), path);
	json_t *object = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	if (object == NULL)
		return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s:%d: %s; get venue.json anew from "
				"the operator", path, error.line, error.text);
	const char *wrong = read_fields(object, venue);
	json_decref(object);
	if (wrong != NULL)
		return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s: \"%s\" is missing or wrong; get "
				"venue.json anew from the operator", path, wrong);
	return CLI_GO_ON;
}

enum bb_result
cli_file_write(const char *path, const char *text, unsigned mode)
{
	const size_t size = strlen(text);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return cli_result_of_errno();
	/* The mode is meant, whatever the umask. */
	const bool done = fchmod(fd, mode) == 0 && write(fd, text, size) == (ssize_t)size &&
			  fsync(fd) == 0;
	const enum bb_result result = done ? BB_OK : cli_result_of_errno();
	close(fd);
	return result;
}

enum bb_result
cli_venue_write(const char *path, const struct cli_venue *venue)
{
	char ledger_id[65];
	char key[65];

	cli_write_hex(ledger_id, venue->at.ledger_id, 32);
	cli_write_hex(key, venue->at.key, 32);
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "schema", SCHEMA, "name",
				   venue->name, "ledger_id", ledger_id, "key", key, "host",
				   venue->at.host, "udp", (int)venue->at.udp_port);
	char *json = object == NULL ? NULL : json_dumps(object, JSON_INDENT(2));
	char *text = NULL;
	json_decref(object);
	if (json == NULL || asprintf(&text, "%s\n", json) < 0)
		return BB_ERR_FORMAT;
	free(json);
	/* Participants get it, whoever they are: readable by all. */
	const enum bb_result result = cli_file_write(path, text, 0644);
	free(text);
	return result;
}
