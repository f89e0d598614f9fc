#include "ctl/cli_roster.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/cli_text.h"

#define LINE_SIZE  256
#define FIELDS_MAX 6u

/* Cuts line at its commas, in place; returns how many fields, or FIELDS_MAX + 1. */
static uint32_t
split(char *line, char *fields[FIELDS_MAX])
{
	uint32_t count = 0;

	for (char *at = line;; at++) {
		char *comma = strchr(at, ',');
		if (count == FIELDS_MAX)
			return FIELDS_MAX + 1;
		fields[count++] = at;
		if (comma == NULL)
			return count;
		*comma = '\0';
		at = comma;
	}
}

/* read_member returns what is wrong with a line, or NULL. */
static const char *
read_member(char *line, struct bb_wire_member *member)
{
	char *fields[FIELDS_MAX];
	uint32_t numbers[4] = { member->zone, member->orders_max, member->packets_per_s,
				member->burst };
	const uint32_t count = split(line, fields);

	if (count < 2 || count > FIELDS_MAX)
		return "write id,hexkey[,zone[,orders_max[,rate[,burst]]]]";
	if (!cli_read_u32(fields[0], &member->participant) || member->participant == 0)
		return "the id is no number above 0";
	if (!cli_read_hex(fields[1], member->key, BB_KEY_SIZE))
		return "the key is not 64 hex digits";
	for (uint32_t i = 2; i < count; i++)
		if (!cli_read_u32(fields[i], &numbers[i - 2]))
			return "zone, orders_max, rate and burst are numbers";
	if (numbers[0] > CLI_ZONE_MAX)
		return "the zone is above 255";
	member->zone = (uint8_t)numbers[0];
	member->orders_max = numbers[1];
	member->packets_per_s = numbers[2];
	member->burst = numbers[3];
	return NULL;
}

enum cli_exit
cli_roster_read(struct cli *cli, FILE *file, const char *name,
		const struct bb_wire_member *defaults, struct bb_wire_operation **operations,
		uint32_t *count)
{
	char line[LINE_SIZE];
	uint32_t room = 0;
	uint32_t number = 0;

	*operations = NULL;
	*count = 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		const size_t size = strcspn(line, "\r\n");
		number++;
		if (size == sizeof(line) - 1)
			return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s:%u: the line is too "
					"long; nothing was added", name, number);
		line[size] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (*count == room) {
			room = room == 0 ? 1024 : 2 * room;
			*operations = reallocarray(*operations, room, sizeof(**operations));
			if (*operations == NULL)
				return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left; split "
						"the file");
		}
		struct bb_wire_operation *operation = &(*operations)[(*count)++];
		*operation = (struct bb_wire_operation){ .op = BB_WIRE_MEMBER_ADD,
							 .member = *defaults };
		const char *wrong = read_member(line, &operation->member);
		if (wrong != NULL)
			return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s:%u: %s; nothing was "
					"added", name, number, wrong);
	}
	if (ferror(file))
		return cli_fail_file(cli, BB_ERR_IO, name);
	if (*count == 0)
		return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s: no participant in it; nothing "
				"was added", name);
	return CLI_GO_ON;
}
