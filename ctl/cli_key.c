/* cli_key - a participant's identity, made where it will be used. */
#include <stdio.h>

#include "ctl/cli_commands.h"
#include "ctl/cli_text.h"
#include "wire/bb_keyfile.h"

enum cli_exit
cli_key_new(struct cli *cli)
{
	struct cli_option options[] = { { 0 } };
	struct bb_identity identity;
	char key[65];

	const enum cli_exit code = cli_options(cli, options, 1, 1);
	if (code != CLI_GO_ON)
		return code;
	const char *path = cli->words[0];
	bb_identity_make(&identity);
	const enum bb_result result = bb_keyfile_write(path, &identity);
	cli_write_hex(key, identity.public_key, BB_KEY_SIZE);
	bb_identity_wipe(&identity);
	if (result == BB_ERR_EXISTS)
		return cli_fail(cli, cli_code_of(result), bb_result_name(result), "%s or %s.pub "
				"exists already; choose another name; nothing is ever overwritten",
				path, path);
	if (result != BB_OK)
		return cli_fail_file(cli, result, path);
	if (cli->json)
		cli_print(cli, "ok", json_pack("{s:s, s:s}", "file", path, "key", key));
	else
		printf("%s is secret; give the operator %s.pub:\n%s\n", path, path, key);
	return CLI_OK;
}
