#include "ctl/cli_roster.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/cli_text.h"

#define LINE_SIZE    512
#define FIELDS_PLAIN 6u
#define FIELDS_MAX   (FIELDS_PLAIN + CLI_ATTRIBUTES)

/* What is being read: everyone is added, some are described, all of them behind the former. */
struct roster {
	struct bb_wire_operation *adds;
	struct bb_wire_operation *sets;
	uint32_t add_count, set_count;
	uint32_t room;
};

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

/* read_line returns what is wrong with a line, or NULL. */
static const char *
read_line(char *line, struct cli_roster_defaults *of)
{
	struct bb_wire_member *member = &of->member;
	char *fields[FIELDS_MAX];
	uint32_t numbers[FIELDS_PLAIN - 2] = { member->zone, member->orders_max,
					       member->packets_per_s, member->burst };
	const uint32_t count = split(line, fields);

	if (count < 2 || count > FIELDS_MAX)
		return "write id,hexkey[,zone[,orders_max[,rate[,burst[," CLI_ATTRIBUTE_COLUMNS
		       "]]]]]";
	if (!cli_read_u32(fields[0], &member->participant) || member->participant == 0)
		return "the id is no number above 0";
	if (!cli_read_hex(fields[1], member->key, BB_KEY_SIZE))
		return "the key is not 64 hex digits";
	for (uint32_t i = 2; i < count; i++)
		if (!cli_read_u32(fields[i], i < FIELDS_PLAIN
						     ? &numbers[i - 2]
						     : &of->attributes.of[i - FIELDS_PLAIN]))
			return "everything behind the key is a number";
	if (numbers[0] > CLI_ZONE_MAX)
		return "the zone is above 255";
	member->zone = (uint8_t)numbers[0];
	member->orders_max = numbers[1];
	member->packets_per_s = numbers[2];
	member->burst = numbers[3];
	of->described |= count > FIELDS_PLAIN;
	return cli_attributes_valid(&of->attributes);
}

static bool
make_room(struct roster *roster)
{
	if (roster->add_count < roster->room)
		return true;
	roster->room = roster->room == 0 ? 1024 : 2 * roster->room;
	roster->adds = reallocarray(roster->adds, roster->room, sizeof(*roster->adds));
	roster->sets = reallocarray(roster->sets, roster->room, sizeof(*roster->sets));
	return roster->adds != NULL && roster->sets != NULL;
}

static void
add(struct roster *roster, const struct cli_roster_defaults *of)
{
	roster->adds[roster->add_count++] =
		(struct bb_wire_operation){ .op = BB_WIRE_MEMBER_ADD, .member = of->member };
	if (of->described)
		cli_attributes_operation(&of->attributes, of->member.participant,
					 &roster->sets[roster->set_count++]);
}

static enum cli_exit
no_memory(struct cli *cli)
{
	return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left; split the file");
}

enum cli_exit
cli_roster_read(struct cli *cli, FILE *file, const char *name,
		const struct cli_roster_defaults *defaults, struct bb_wire_operation **operations,
		uint32_t *count)
{
	struct roster roster = { 0 };
	char line[LINE_SIZE];
	uint32_t number = 0;

	while (fgets(line, sizeof(line), file) != NULL) {
		struct cli_roster_defaults of = *defaults;
		const size_t size = strcspn(line, "\r\n");
		number++;
		if (size == sizeof(line) - 1)
			return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s:%u: the line is too "
					"long; nothing was added", name, number);
		line[size] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		const char *wrong = read_line(line, &of);
		if (wrong != NULL)
			return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s:%u: %s; nothing was "
					"added", name, number, wrong);
		if (!make_room(&roster))
			return no_memory(cli);
		add(&roster, &of);
	}
	if (ferror(file))
		return cli_fail_file(cli, BB_ERR_IO, name);
	if (roster.add_count == 0)
		return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s: no participant in it; nothing "
				"was added", name);
	*count = roster.add_count + roster.set_count;
	*operations = reallocarray(roster.adds, *count, sizeof(**operations));
	if (*operations == NULL)
		return no_memory(cli);
	memcpy(*operations + roster.add_count, roster.sets,
	       roster.set_count * sizeof(**operations));
	return CLI_GO_ON;
}
