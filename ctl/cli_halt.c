/* cli_halt - the market stops and goes on; cancels pass all the time. */
#include "ctl/cli_commands.h"
#include "ctl/cli_operator.h"

static enum cli_exit
operate(struct cli *cli, uint8_t op)
{
	struct cli_option options[] = { { 0 } };
	const struct bb_wire_operation operation = { .op = op };

	const enum cli_exit code = cli_options(cli, options, 0, 0);
	return code == CLI_GO_ON ? cli_operate(cli, &operation, 1) : code;
}

enum cli_exit
cli_halt(struct cli *cli)
{
	return operate(cli, BB_WIRE_HALT);
}

enum cli_exit
cli_resume(struct cli *cli)
{
	return operate(cli, BB_WIRE_RESUME);
}
