/* cli_member - who may trade. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_operator.h"
#include "ctl/cli_roster.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_table.h"
#include "ctl/cli_text.h"
#include "market/bb_command.h"
#include "wire/bb_keyfile.h"

/* A household's limits; a trading desk asks for more. */
#define ORDERS_MAX  1024u
#define RATE        1000u /* packets a second */
#define RATE_BURST  2000u

struct member_options {
	const char *key;
	const char *key_file;
	const char *file;
	const char *roles;
	uint32_t zone;
	struct cli_roster_defaults of;
};

static enum cli_exit
add_file(struct cli *cli, const struct member_options *given)
{
	struct bb_wire_operation *operations;
	uint32_t count;
	const bool is_stdin = strcmp(given->file, "-") == 0;

	if (cli->word_count != 0 || given->key != NULL || given->key_file != NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "--file says who is added; leave ID and the "
				"keys out");
	FILE *file = is_stdin ? stdin : fopen(given->file, "re");
	if (file == NULL)
		return cli_fail(cli, errno == EACCES ? CLI_PERMISSION : CLI_USAGE, NULL,
				"%s: %s; name another file", given->file, strerror(errno));
	const enum cli_exit code = cli_roster_read(cli, file, given->file, &given->of,
						   &operations, &count);
	if (!is_stdin)
		fclose(file);
	return code == CLI_GO_ON ? cli_operate(cli, operations, count) : code;
}

static enum cli_exit
add_one(struct cli *cli, const struct member_options *given)
{
	struct bb_wire_operation operations[2] = { { .op = BB_WIRE_MEMBER_ADD,
						     .member = given->of.member } };
	struct bb_wire_member *member = &operations[0].member;

	if (cli->word_count != 1 || !cli_read_u32(cli->words[0], &member->participant))
		return cli_fail(cli, CLI_USAGE, NULL, "write one participant's id, a number above "
				"1, or --file ROSTER");
	if ((given->key == NULL) == (given->key_file == NULL))
		return cli_fail(cli, CLI_USAGE, NULL, "write either --key HEX or --key-file "
				"FILE.pub");
	if (given->key != NULL && !cli_read_hex(given->key, member->key, BB_KEY_SIZE))
		return cli_fail(cli, CLI_USAGE, NULL, "--key: write the 64 hex digits that "
				"busbarctl key new printed");
	if (given->key_file != NULL) {
		const enum bb_result result =
			bb_keyfile_read_public(given->key_file, member->key);
		if (result != BB_OK)
			return cli_fail_file(cli, result, given->key_file);
	}
	cli_attributes_operation(&given->of.attributes, member->participant, &operations[1]);
	return cli_operate(cli, operations, given->of.described ? 2 : 1);
}

enum cli_exit
cli_member_add(struct cli *cli)
{
	struct member_options given = { .roles = "trader",
					.zone = 1,
					.of.member = { .orders_max = ORDERS_MAX,
						       .packets_per_s = RATE,
						       .burst = RATE_BURST } };
	struct cli_option options[] = {
		{ "key", "HEX", "the participant's public key, 64 hex digits", CLI_TEXT,
		  &given.key },
		{ "key-file", "FILE", "the same as busbarctl key new left it: FILE.pub", CLI_TEXT,
		  &given.key_file },
		{ "file", "ROSTER", "many: id,key[,zone[,orders_max[,rate[,burst[,...]]]]] a line",
		  CLI_TEXT, &given.file },
		{ "roles", "LIST", "trader,meter,grid (trader)", CLI_TEXT, &given.roles },
		{ "zone", "Z", "delivery zone (1)", CLI_U32, &given.zone, 0, CLI_ZONE_MAX },
		{ "orders-max", "N", "live orders at once (1024)", CLI_U32,
		  &given.of.member.orders_max, 0, UINT32_MAX },
		{ "rate", "N", "packets a second, 0 for no limit (1000)", CLI_U32,
		  &given.of.member.packets_per_s, 0, UINT32_MAX },
		{ "burst", "N", "packets at once (2000)", CLI_U32, &given.of.member.burst, 0,
		  UINT32_MAX },
		CLI_ATTRIBUTE_OPTIONS(&given.of.attributes),
		{ 0 },
	};
	enum { FIRST_ATTRIBUTE = 8 };

	const enum cli_exit code = cli_options(cli, options, 0, 1);
	if (code != CLI_GO_ON)
		return code;
	for (uint32_t i = 0; i < CLI_ATTRIBUTES; i++)
		given.of.described |= options[FIRST_ATTRIBUTE + i].given;
	given.of.member.zone = (uint8_t)given.zone;
	if (!cli_read_roles(given.roles, &given.of.member.roles))
		return cli_fail(cli, CLI_USAGE, NULL, "--roles %s: write names with commas "
				"between: trader,meter,grid,operator", given.roles);
	return given.file != NULL ? add_file(cli, &given) : add_one(cli, &given);
}

/* operate_on carries out an operation that names a participant and nothing else. */
static enum cli_exit
operate_on(struct cli *cli, uint8_t op)
{
	struct cli_option options[] = { { 0 } };
	struct bb_wire_operation operation = { .op = op };

	const enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code != CLI_GO_ON)
		return code;
	if (!cli_read_u32(cli->words[0], &operation.member.participant))
		return cli_fail(cli, CLI_USAGE, NULL, "%s: no participant's id; write a number",
				cli->words[0]);
	return cli_operate(cli, &operation, 1);
}

enum cli_exit
cli_member_revoke(struct cli *cli)
{
	return operate_on(cli, BB_WIRE_MEMBER_REVOKE);
}

enum cli_exit
cli_member_kill(struct cli *cli)
{
	return operate_on(cli, BB_WIRE_MEMBER_KILL);
}

enum cli_exit
cli_member_arm(struct cli *cli)
{
	return operate_on(cli, BB_WIRE_MEMBER_ARM);
}

/* take_present keeps what no option names: the market sets all attributes at once. */
static enum cli_exit
take_present(struct cli *cli, uint32_t participant, const struct cli_option *options,
	     struct cli_attributes *attributes)
{
	static const char *const keys[CLI_ATTRIBUTES] = {
		[CLI_SOURCE] = "source",	 [CLI_FEEDER] = "feeder",
		[CLI_CAP_IN] = "cap_in_wh",	 [CLI_CAP_OUT] = "cap_out_wh",
		[CLI_METERED_BY] = "metered_by", [CLI_ORDER_MAX] = "order_wh_max",
		[CLI_REPUTATION_MIN] = "reputation_min", [CLI_ESCROW] = "escrow",
	};
	json_t *answer;
	const enum cli_exit code =
		cli_ask(cli, json_pack("{s:s, s:I}", "command", "members", "first",
				       (json_int_t)participant), &answer);

	if (code != CLI_GO_ON)
		return code;
	const json_t *member = json_array_get(json_object_get(answer, "members"), 0);
	if (cli_number(member, "participant") != participant)
		return cli_fail(cli, CLI_UNHEALTHY, "ERR_PARTICIPANT", "there is no participant "
				"%u; see busbarctl member list", participant);
	for (uint32_t i = 0; i < CLI_ATTRIBUTES; i++) {
		const json_t *value = json_object_get(member, keys[i]);

		if (!options[i].given)
			attributes->of[i] = json_is_true(value)
						    ? 1
						    : (uint32_t)json_integer_value(value);
	}
	json_decref(answer);
	return CLI_GO_ON;
}

enum cli_exit
cli_member_set(struct cli *cli)
{
	struct cli_attributes attributes = { 0 };
	struct cli_option options[] = { CLI_ATTRIBUTE_OPTIONS(&attributes), { 0 } };
	struct bb_wire_operation operation;
	uint32_t participant;

	enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code != CLI_GO_ON)
		return code;
	if (!cli_read_u32(cli->words[0], &participant) || participant == 0)
		return cli_fail(cli, CLI_USAGE, NULL, "%s: no participant's id; write a number",
				cli->words[0]);
	code = take_present(cli, participant, options, &attributes);
	if (code != CLI_GO_ON)
		return code;
	cli_attributes_operation(&attributes, participant, &operation);
	return cli_operate(cli, &operation, 1);
}

static void
print_members(const json_t *members)
{
	struct cli_table table = { .titles = { ">id", "status", "roles", ">zone", ">orders",
					       ">at most", ">rate", ">burst", ">bought Wh",
					       ">sold Wh", ">money", ">reputation", "key" } };
	size_t index;
	json_t *member;

	json_array_foreach(members, index, member) {
		const json_t *roles = json_object_get(member, "roles");
		const char *status = json_string_value(json_object_get(member, "status"));
		const char *key = json_string_value(json_object_get(member, "key"));
		char names[CLI_ROLES_SIZE] = "";
		size_t used = 0;
		for (size_t i = 0; i < json_array_size(roles) && used < sizeof(names); i++) {
			const char *name = json_string_value(json_array_get(roles, i));
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 i == 0 ? "" : ",", name == NULL ? "" : name);
		}
		cli_cell(&table, "%lld", cli_number(member, "participant"));
		cli_cell(&table, "%s", json_is_true(json_object_get(member, "killed")) ? "killed"
				       : status == NULL ? "" : status);
		cli_cell(&table, "%s", names);
		cli_cell(&table, "%lld", cli_number(member, "zone"));
		cli_cell(&table, "%lld", cli_number(member, "orders_live"));
		cli_cell(&table, "%lld", cli_number(member, "orders_max"));
		cli_cell(&table, "%lld", cli_number(member, "packets_per_s"));
		cli_cell(&table, "%lld", cli_number(member, "burst"));
		cli_cell_number(&table, (uint64_t)cli_number(member, "bought_wh"));
		cli_cell_number(&table, (uint64_t)cli_number(member, "sold_wh"));
		cli_cell(&table, "%lld", cli_number(member, "money"));
		cli_cell(&table, "%.3f", (double)cli_number(member, "reputation") / 1e6);
		cli_cell(&table, "%.16s", key == NULL ? "" : key);
	}
	cli_table_print(&table);
}

enum cli_exit
cli_member_list(struct cli *cli)
{
	struct cli_option options[] = { { 0 } };
	json_t *members;

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_ask_all(cli, "members", 1, &members);
	if (code != CLI_GO_ON)
		return code;
	if (cli->json)
		cli_print(cli, "ok", json_pack("{s:o}", "members", members));
	else
		print_members(members);
	return CLI_OK;
}
