/* cli_account - whose money is whose: in, out, and all of it together. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_operator.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_table.h"
#include "ctl/cli_text.h"

#define LINE_SIZE 128

static bool
read_transfer(const char *id, const char *amount, int64_t sign,
	      struct bb_wire_operation *operation)
{
	uint64_t number;

	*operation = (struct bb_wire_operation){ .op = BB_WIRE_TRANSFER };
	if (!cli_read_u32(id, &operation->transfer.participant) ||
	    !cli_read_u64(amount, &number) || number == 0 || number > INT64_MAX)
		return false;
	operation->transfer.amount = sign * (int64_t)number;
	return true;
}

/* Lines ID,AMOUNT; empty ones and those that begin with # are skipped. */
static enum cli_exit
read_file(struct cli *cli, FILE *file, const char *name, int64_t sign,
	  struct bb_wire_operation **operations, uint32_t *count)
{
	char line[LINE_SIZE];
	uint32_t room = 0;

	*count = 0;
	for (uint32_t number = 1; fgets(line, sizeof(line), file) != NULL; number++) {
		line[strcspn(line, "\r\n")] = '\0';
		char *comma = strchr(line, ',');
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (*count == room) {
			room = room == 0 ? 1024 : 2 * room;
			*operations = reallocarray(*operations, room, sizeof(**operations));
			if (*operations == NULL)
				return cli_fail(cli, CLI_UNHEALTHY, NULL, "no memory left; split "
						"the file");
		}
		if (comma != NULL)
			*comma = '\0';
		if (comma == NULL ||
		    !read_transfer(line, comma + 1, sign, &(*operations)[(*count)++]))
			return cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s:%u: write ID,AMOUNT; "
					"nothing was booked", name, number);
	}
	if (ferror(file))
		return cli_fail_file(cli, BB_ERR_IO, name);
	return *count > 0 ? CLI_GO_ON
			  : cli_fail(cli, CLI_USAGE, "ERR_FORMAT", "%s: no line ID,AMOUNT in it; "
				     "nothing was booked", name);
}

static enum cli_exit
transfer_file(struct cli *cli, const char *name, int64_t sign)
{
	struct bb_wire_operation *operations = NULL;
	uint32_t count;
	FILE *file = fopen(name, "re");

	if (file == NULL)
		return cli_fail_file(cli, cli_result_of_errno(), name);
	enum cli_exit code = read_file(cli, file, name, sign, &operations, &count);
	fclose(file);
	if (code == CLI_GO_ON)
		code = cli_operate(cli, operations, count);
	free(operations);
	return code;
}

static enum cli_exit
transfer(struct cli *cli, int64_t sign)
{
	const char *file = NULL;
	struct cli_option options[] = {
		{ "file", "FILE", "many: ID,AMOUNT a line", CLI_TEXT, &file },
		{ 0 },
	};
	struct bb_wire_operation operation;

	const enum cli_exit code = cli_options(cli, options, 0, 2);
	if (code != CLI_GO_ON)
		return code;
	if (file != NULL && cli->word_count == 0)
		return transfer_file(cli, file, sign);
	if (file != NULL || cli->word_count != 2 ||
	    !read_transfer(cli->words[0], cli->words[1], sign, &operation))
		return cli_fail(cli, CLI_USAGE, NULL, "write ID AMOUNT: a participant, and "
				"an amount in nano-currency above 0; or --file FILE of them");
	return cli_operate(cli, &operation, 1);
}

enum cli_exit
cli_account_deposit(struct cli *cli)
{
	return transfer(cli, 1);
}

enum cli_exit
cli_account_withdraw(struct cli *cli)
{
	return transfer(cli, -1);
}

/* The sum of all: zero, as long as no balance is beyond what a view shows. */
static __int128
sum_of(const json_t *accounts)
{
	__int128 sum = 0;
	size_t index;
	json_t *account;

	json_array_foreach(accounts, index, account)
		sum += cli_number(account, "balance");
	return sum;
}

static void
print_accounts(const json_t *accounts)
{
	struct cli_table table = { .titles = { ">account", "of", ">balance", ">locked",
					       ">metered Wh" } };
	size_t index;
	json_t *account;

	json_array_foreach(accounts, index, account) {
		const char *name = json_string_value(json_object_get(account, "name"));

		if (name == NULL)
			cli_cell(&table, "%lld", cli_number(account, "account"));
		else
			cli_cell(&table, "-");
		cli_cell(&table, "%s", name == NULL ? "participant" : name);
		cli_cell(&table, "%lld", cli_number(account, "balance"));
		cli_cell(&table, "%lld", cli_number(account, "locked"));
		cli_cell(&table, "%lld", cli_number(account, "metered_wh"));
	}
	cli_table_print(&table);
	printf("sum of all balances: %lld\n", (long long)sum_of(accounts));
}

enum cli_exit
cli_account_show(struct cli *cli)
{
	struct cli_option options[] = { { 0 } };
	json_t *accounts;

	enum cli_exit code = cli_options(cli, options, 0, 0);
	if (code == CLI_GO_ON)
		code = cli_ask_all(cli, "accounts", 1, &accounts);
	if (code != CLI_GO_ON)
		return code;
	if (cli->json)
		cli_print(cli, "ok", json_pack("{s:o, s:I}", "accounts", accounts, "sum",
					       (json_int_t)sum_of(accounts)));
	else
		print_accounts(accounts);
	return CLI_OK;
}
