/* cli_param - the parameters of the market, in the groups of market/bb_rules.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bb_assert.h"
#include "ctl/cli_commands.h"
#include "ctl/cli_operator.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_table.h"
#include "ctl/cli_text.h"
#include "market/bb_rules.h"

static const struct value {
	const char *group_name;
	const char *name;
	uint16_t group; /* enum bb_param_group */
	uint16_t place;
	int32_t least;
	int32_t most;
} values[] = {
#define X(group, place, name, least, most, start) \
	{ #group, #name, BB_PARAM_##group, place, least, most },
	BB_RULES_LIST(X)
#undef X
};

#define VALUES (sizeof(values) / sizeof(values[0]))

static const char zones_name[] = "ZONES";

/* group_of returns the number of a group, in upper or lower case; 0: there is none. */
static uint16_t
group_of(const char *name)
{
	for (size_t i = 0; i < VALUES; i++)
		if (strcasecmp(name, values[i].group_name) == 0)
			return values[i].group;
	return strcasecmp(name, zones_name) == 0 ? BB_PARAM_ZONES : BB_PARAM_NONE;
}

static enum cli_exit
no_group(struct cli *cli, const char *name)
{
	char names[128] = "";
	const char *last = "";

	for (size_t i = 0; i < VALUES; i++) {
		if (strcmp(last, values[i].group_name) != 0)
			(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s, ",
				       values[i].group_name);
		last = values[i].group_name;
	}
	return cli_fail(cli, CLI_USAGE, NULL, "%s: no such group; write one of %s%s", name, names,
			zones_name);
}

/* read_value reads NAME=VALUE of the group. */
static enum cli_exit
read_value(struct cli *cli, const char *word, struct bb_wire_param *param)
{
	const size_t size = strcspn(word, "=");
	int32_t number;

	for (size_t i = 0; i < VALUES; i++) {
		const struct value *value = &values[i];

		if (value->group != param->group || strlen(value->name) != size ||
		    strncmp(value->name, word, size) != 0)
			continue;
		if (word[size] == '=' && cli_read_i32(word + size + 1, &number) &&
		    number >= value->least && number <= value->most) {
			param->values[value->place] = number;
			return CLI_GO_ON;
		}
		return cli_fail(cli, CLI_USAGE, NULL, "%s: write %s=N, from %d to %d", word,
				value->name, value->least, value->most);
	}
	return cli_fail(cli, CLI_USAGE, NULL, "%s: no value of this group; see busbarctl "
			"param show", word);
}

/* read_zones reads list=1,2,7. */
static enum cli_exit
read_zones(struct cli *cli, const char *word, struct bb_wire_param *param)
{
	char text[256];
	char *rest = text;
	uint32_t zone;

	if (strncmp(word, "list=", 5) != 0 || strlen(word + 5) >= sizeof(text))
		return cli_fail(cli, CLI_USAGE, NULL, "%s: write list=1,2,7, the zones of the "
				"calendar", word);
	memcpy(text, word + 5, strlen(word + 5) + 1);
	memset(param->values, 0, sizeof(param->values));
	for (char *number; (number = strsep(&rest, ",")) != NULL;) {
		if (!cli_read_u32(number, &zone) || zone > CLI_ZONE_MAX)
			return cli_fail(cli, CLI_USAGE, NULL, "%s: \"%s\" is no zone; write "
					"numbers of 0 to 255 with commas between", word, number);
		param->values[zone / 32] = (int32_t)((uint32_t)param->values[zone / 32] |
						     UINT32_C(1) << zone % 32);
	}
	return CLI_GO_ON;
}

/* A group is set as a whole: what is not named stays as it is. */
static void
take_present(const json_t *rules, struct bb_wire_param *param)
{
	for (size_t i = 0; i < VALUES; i++)
		if (values[i].group == param->group)
			param->values[values[i].place] = (int32_t)json_integer_value(
				json_object_get(rules, values[i].name));
}

enum cli_exit
cli_param_set(struct cli *cli)
{
	struct cli_option options[] = { { 0 } };
	struct bb_wire_operation operation = { .op = BB_WIRE_PARAM };
	struct bb_wire_param *param = &operation.param;
	json_t *answer;

	enum cli_exit code = cli_options(cli, options, 2, 1 + BB_PARAM_VALUES);
	if (code != CLI_GO_ON)
		return code;
	param->group = group_of(cli->words[0]);
	if (param->group == BB_PARAM_NONE)
		return no_group(cli, cli->words[0]);
	code = cli_ask(cli, json_pack("{s:s}", "command", "rules"), &answer);
	if (code != CLI_GO_ON)
		return code;
	take_present(json_object_get(answer, "rules"), param);
	json_decref(answer);
	for (uint32_t i = 1; i < cli->word_count && code == CLI_GO_ON; i++)
		code = param->group == BB_PARAM_ZONES ? read_zones(cli, cli->words[i], param)
						      : read_value(cli, cli->words[i], param);
	return code == CLI_GO_ON ? cli_operate(cli, &operation, 1) : code;
}

static void
print_rules(const json_t *answer, uint16_t group)
{
	struct cli_table table = { .titles = { "group", "name", ">value", ">least", ">most" } };
	const json_t *rules = json_object_get(answer, "rules");
	const json_t *zones = json_object_get(answer, "zones");

	for (size_t i = 0; i < VALUES; i++) {
		if (group != BB_PARAM_NONE && values[i].group != group)
			continue;
		cli_cell(&table, "%s", values[i].group_name);
		cli_cell(&table, "%s", values[i].name);
		cli_cell(&table, "%lld", cli_number(rules, values[i].name));
		cli_cell(&table, "%d", values[i].least);
		cli_cell(&table, "%d", values[i].most);
	}
	if (group != BB_PARAM_ZONES)
		cli_table_print(&table);
	if (group != BB_PARAM_NONE && group != BB_PARAM_ZONES)
		return;
	printf("zones of the calendar:");
	for (size_t i = 0; i < json_array_size(zones); i++)
		printf(" %" JSON_INTEGER_FORMAT, json_integer_value(json_array_get(zones, i)));
	printf("\n");
}

enum cli_exit
cli_param_show(struct cli *cli)
{
	struct cli_option options[] = { { 0 } };
	uint16_t group = BB_PARAM_NONE;
	json_t *answer;

	enum cli_exit code = cli_options(cli, options, 0, 1);
	if (code != CLI_GO_ON)
		return code;
	if (cli->word_count == 1 && (group = group_of(cli->words[0])) == BB_PARAM_NONE)
		return no_group(cli, cli->words[0]);
	code = cli_ask(cli, json_pack("{s:s}", "command", "rules"), &answer);
	if (code != CLI_GO_ON)
		return code;
	json_object_del(answer, "ok");
	if (cli->json)
		cli_print(cli, "ok", answer);
	else
		print_rules(answer, group);
	return CLI_OK;
}
