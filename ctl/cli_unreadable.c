#include "ctl/cli_unreadable.h"

#include "ctl/bb_unreadable.h"

void
cli_unreadable_catch(const struct cli *cli)
{
	static char schema[64];

	cli_schema(cli, schema);
	bb_unreadable_catch("busbarctl", cli->json ? schema : NULL);
}
