/* busbarctl - manages an appliance, proves its ledger, trades from a shell.
 *
 * What each command does is in its own file (ctl/cli_*.c); this one has the table of them,
 * the options that all have, and the help.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_text.h"
#include "wire/bb_sign.h"

#define TIMEOUT_S 10u

static const struct cli_command commands[] = {
	{ "init", "DIR [OPTIONS]", "Make a venue in an empty folder: keys, genesis, configuration",
	  cli_init },
	{ "status", "", "Health, counters, cores, ports and rings of the appliance", cli_status },
	{ "stop", "", "Stop the appliance, after all that it accepted is answered", cli_stop },
	{ "halt", "", "Halt the market; only cancels pass", cli_halt },
	{ "resume", "", "Let the market go on", cli_resume },
	{ "member add", "ID --key HEX|--key-file FILE.pub [OPTIONS] | --file ROSTER",
	  "Let a participant in, or all of a file", cli_member_add },
	{ "member revoke", "ID", "Shut a participant out and cancel its orders",
	  cli_member_revoke },
	{ "member set", "ID [ATTRIBUTES]", "What a participant is: caps, meter, source, escrow",
	  cli_member_set },
	{ "member kill", "ID", "Take all orders of a participant off, and let it enter no new ones",
	  cli_member_kill },
	{ "member arm", "ID", "Let a killed participant enter orders again", cli_member_arm },
	{ "member list", "", "Who may trade, and what each has traded", cli_member_list },
	{ "product add",
	  "PRODUCT|--zone Z --start TIME [--count N] --band MIN:MAX --tick T --lot WH --max WH",
	  "Open quarter-hours of delivery for trading", cli_product_add },
	{ "product list", "", "What is traded, on which terms", cli_product_list },
	{ "product show", "PRODUCT", "Its state, its prices, its terms", cli_product_show },
	{ "product halt", "PRODUCT", "Halt a product, or with zone 0 a delivery in all zones",
	  cli_product_halt },
	{ "product resume", "PRODUCT", "Let it go on, through an auction", cli_product_resume },
	{ "book show", "PRODUCT [--depth N]", "The best prices of a product", cli_book_show },
	{ "account deposit", "ID AMOUNT | --file FILE", "Book money that came in",
	  cli_account_deposit },
	{ "account withdraw", "ID AMOUNT | --file FILE", "Book money that goes out",
	  cli_account_withdraw },
	{ "account show", "", "Every account, and that their sum is zero", cli_account_show },
	{ "param set", "GROUP NAME=VALUE...", "Set parameters of what opens from now on",
	  cli_param_set },
	{ "param show", "[GROUP]", "The parameters of the market, and their bounds",
	  cli_param_show },
	{ "grid line", "LINE FROM TO --capacity WH [--reverse WH] [--fee F] [--start TIME] "
	  "[--count N] [--participant N --key FILE]", "A line between two zones", cli_grid_line },
	{ "grid imbalance", "--start TIME [--count N] --long P --short P --reference P "
	  "[--participant N --key FILE]", "Prices of what was not delivered", cli_grid_imbalance },
	{ "grid tariff", "ZONE --injection P --use P [--start TIME] [--count N] "
	  "[--participant N --key FILE]", "What contracts of a zone pay for its network",
	  cli_grid_tariff },
	{ "grid restrict", "ID PRODUCT WH [--participant N --key FILE]",
	  "Curtailment that is nobody's fault", cli_grid_restrict },
	{ "dispute rule", "PRODUCT --uphold|--dismiss [--participant N --key FILE]",
	  "An operator's word on the dispute about a settlement", cli_dispute_rule },
	{ "ledger show", "[HEIGHT[-HEIGHT]] [--inputs]", "The blocks, and what lies in them",
	  cli_ledger_show },
	{ "ledger verify", "[OPTIONS]", "Check every hash and signature of the ledger",
	  cli_ledger_verify },
	{ "ledger replay", "[OPTIONS]", "Take every decision of the ledger again and compare",
	  cli_ledger_replay },
	{ "ledger snapshot", "[--check [HEIGHT]]", "Save the market, so that a start is short",
	  cli_ledger_snapshot },
	{ "ledger checkpoint", "[--out FILE]", "Sign what the log is now, and publish it",
	  cli_ledger_checkpoint },
	{ "ledger proof", "NUMBER|PARTICIPANT:SEQUENCE [--out FILE] [--checkpoint FILE]",
	  "A receipt: an input, what it did, and the proof of both", cli_ledger_proof },
	{ "ledger check-proof", "FILE [--key KEY|--venue FILE]",
	  "Check a receipt with the venue's public key alone", cli_ledger_check_proof },
	{ "ledger consistency", "FROM TO", "The proof that the log only grew from one size to "
	  "another", cli_ledger_consistency },
	{ "ledger export", "FOLDER [--checkpoint FILE]",
	  "Write the log as tiles that other programs check", cli_ledger_export },
	{ "ledger serve", "--folder EXPORT [--listen ADDR:PORT]",
	  "Offer an export over HTTP, read-only", cli_ledger_serve },
	{ "key new", "FILE", "Make a participant's key: FILE and FILE.pub", cli_key_new },
	{ "order",
	  "--participant N --key FILE [--venue FILE] buy|sell PRODUCT WH@PRICE [OPTIONS] | "
	  "quote buy|sell PRODUCT WH@PRICE --id N | basket --file FILE | replace ID WH@PRICE | "
	  "cancel ID|--product PRODUCT [--side buy|sell]|--all | kill | silence SECONDS",
	  "Trade as a participant", cli_order },
	{ "meter send", "--participant N --key FILE FILE | ID PRODUCT [--] WH",
	  "Send readings as the meter operator", cli_meter_send },
	{ "dispute open", "--participant N --key FILE PRODUCT --evidence FILE",
	  "Dispute the settlement of a product", cli_dispute_open },
	{ "market clear", "FILE", "Clear a book of orders offline, and prove the result",
	  cli_market_clear },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_help(void)
{
	printf("usage: busbarctl [OPTIONS] COMMAND ...\n\n"
	       "  -C, --folder FOLDER    of the venue (default: $BUSBAR_VENUE, else .)\n"
	       "  -s, --socket SOCKET    of busbard (default: as busbard.conf says)\n"
	       "  -j, --json             print one JSON object instead of tables\n"
	       "  -t, --timeout SECONDS  to wait for an answer (%u)\n"
	       "  -h, --help             this, or the help of a command behind it\n"
	       "  -V, --version\n\n", TIMEOUT_S);
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-18s  %s\n", commands[i].name, commands[i].summary);
	printf("\nProducts are written ZONE:TIME, as in 1:2025-06-11T12:00Z, or as their number;\n"
	       "prices in nano-currency per Wh (0.001 currency units per MWh); quantities in Wh.\n"
	       "Exit codes: 0 ok, 1 unhealthy or refused, 2 usage or configuration,\n"
	       "3 not running, 4 unreachable, 5 permission.  busbarctl(8) says more.\n");
}

/* words_of returns how many of argv's words are the name of command; 0: another one's. */
static int
words_of(const struct cli_command *command, int argc, char **argv)
{
	const char *second = strchr(command->name, ' ');
	const size_t size = second == NULL ? strlen(command->name)
					   : (size_t)(second - command->name);

	if (argc < 1 || strlen(argv[0]) != size || strncmp(argv[0], command->name, size) != 0)
		return 0;
	if (second == NULL)
		return 1;
	return argc >= 2 && strcmp(argv[1], second + 1) == 0 ? 2 : 0;
}

/* A first word that needs a second one, "member" alone: tell which there are. */
static enum cli_exit
no_command(struct cli *cli, int argc, char **argv)
{
	const bool help = argc >= 2 && (strcmp(argv[1], "--help") == 0 ||
					strcmp(argv[1], "-h") == 0);
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < COMMANDS && used < sizeof(names); i++) {
		const size_t size = strlen(argv[0]);
		if (strncmp(commands[i].name, argv[0], size) != 0 || commands[i].name[size] != ' ')
			continue;
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 used == 0 ? "" : ", ", commands[i].name);
		if (help)
			printf("busbarctl %s %s\n    %s.\n", commands[i].name,
			       commands[i].synopsis, commands[i].summary);
	}
	if (help && used > 0)
		return CLI_OK;
	if (used > 0)
		return cli_fail(cli, CLI_USAGE, NULL, "%s: which of them? write %s", argv[0],
				names);
	return cli_fail(cli, CLI_USAGE, NULL, "%s: no such command; see busbarctl --help",
			argv[0]);
}

static enum cli_exit
run_command(struct cli *cli, int argc, char **argv)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const int words = words_of(&commands[i], argc, argv);
		if (words == 0)
			continue;
		cli->command = &commands[i];
		cli->argc = argc - words + 1;
		cli->argv = argv + words - 1;
		return commands[i].run(cli);
	}
	return no_command(cli, argc, argv);
}

static enum cli_exit
take_timeout(struct cli *cli, const char *text)
{
	uint64_t seconds;

	if (!cli_read_u64(text, &seconds) || seconds < 1 || seconds > 86400)
		return cli_fail(cli, CLI_USAGE, NULL, "--timeout %s: write seconds, 1 to 86400",
				text);
	cli->timeout_ns = seconds * UINT64_C(1000000000);
	return CLI_GO_ON;
}

/* take_global reads the options before the command. */
static enum cli_exit
take_global(struct cli *cli, int argc, char **argv)
{
	static const struct option known[] = {
		{ "folder", required_argument, NULL, 'C' },
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	enum cli_exit code = CLI_GO_ON;

	opterr = 0;
	while (code == CLI_GO_ON) {
		const int found = getopt_long(argc, argv, "+:C:s:jt:hV", known, NULL);
		if (found == -1)
			break;
		switch (found) {
		case 'C':
			cli->folder = optarg;
			break;
		case 's':
			cli->socket = optarg;
			break;
		case 'j':
			cli->json = true;
			break;
		case 't':
			code = take_timeout(cli, optarg);
			break;
		case 'h':
			print_help();
			return CLI_OK;
		case 'V':
			printf("busbarctl %s\n", BB_VERSION);
			return CLI_OK;
		default:
			return cli_fail(cli, CLI_USAGE, NULL, "%s %s; see busbarctl --help",
					argv[optind - 1], found == ':' ? "needs a value"
								       : "is no option");
		}
	}
	return code;
}

int
main(int argc, char **argv)
{
	const char *venue = getenv("BUSBAR_VENUE");
	struct cli cli = { .folder = venue == NULL || venue[0] == '\0' ? "." : venue,
			   .timeout_ns = TIMEOUT_S * UINT64_C(1000000000) };

	if (!bb_sign_start())
		return cli_fail(&cli, CLI_UNHEALTHY, NULL, "libsodium does not start; "
				"reinstall it");
	enum cli_exit code = take_global(&cli, argc, argv);
	if (code == CLI_GO_ON && optind == argc)
		code = cli_fail(&cli, CLI_USAGE, NULL, "which command? see busbarctl --help");
	else if (code == CLI_GO_ON)
		code = run_command(&cli, argc - optind, argv + optind);
	/* A full disk behind standard output must not look like success. */
	if ((fflush(stdout) != 0 || ferror(stdout) != 0) && code == CLI_OK)
		code = cli_fail(&cli, CLI_UNHEALTHY, NULL, "standard output cannot be written");
	return (int)code;
}
