/* cli_common - what every command of busbarctl shares: options, help, errors, output.
 *
 * A command is one row of the table in busbarctl.c and one function.  It describes its
 * options as an array, which is parsed, range-checked and printed by --help from the same
 * rows.  It prints either a table for people or, with -j, exactly one JSON object in one
 * line: {"schema": "busbar.COMMAND/1", "result": "ok" or "ERR_X", ...}.
 *
 * Units    exit codes: enum cli_exit.
 * Memory   The process ends soon: what a command allocates it need not give back, but
 *          secrets are wiped.
 * Threads  One.
 * Errors   cli_fail prints "busbarctl: what; what to do" and returns the exit code, so that
 *          a function ends with `return cli_fail(...)`.  CLI_GO_ON means no error.
 * Replay   Not part of it.
 */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/bb_result.h"
#include "wire/bb_hash.h"

enum cli_exit {
	CLI_GO_ON = -1,
	CLI_OK = 0,
	CLI_UNHEALTHY = 1,   /* or something was refused */
	CLI_USAGE = 2,       /* or configuration */
	CLI_NOT_RUNNING = 3, /* nobody listens at the socket */
	CLI_UNREACHABLE = 4, /* no answer in time */
	CLI_PERMISSION = 5,
};

#define CLI_PATH_MAX 1280u

struct cli;

struct cli_command {
	const char *name;     /* one word or two */
	const char *synopsis; /* what comes behind it */
	const char *summary;  /* one line, in the list of commands */
	enum cli_exit (*run)(struct cli *cli);
};

struct cli {
	const struct cli_command *command; /* NULL while none is known */
	const char *folder; /* of the venue */
	const char *socket; /* NULL: as busbard.conf says */
	bool json;
	bool printed; /* the one JSON object */
	uint64_t timeout_ns;
	int argc;    /* of the command alone; argv[0] is its name */
	char **argv;
	uint32_t word_count; /* after cli_options: what is no option */
	char **words;
};

enum cli_kind {
	CLI_FLAG, /* bool */
	CLI_TEXT, /* const char * */
	CLI_U32,  /* uint32_t, least..most */
	CLI_U64,  /* uint64_t, least..most */
	CLI_SIZE, /* uint64_t, least..most, with K, M or G */
};

struct cli_option {
	const char *name;
	const char *argument; /* how --help calls its value; NULL for a flag */
	const char *help;
	enum cli_kind kind;
	void *value;
	uint64_t least;
	uint64_t most;
	bool given; /* set by cli_options */
};

/* cli_options reads the command's own options, an array that ends with a NULL name, and
 * checks that least..most words are left.  CLI_GO_ON, or CLI_OK after --help, or
 * CLI_USAGE. */
enum cli_exit cli_options(struct cli *cli, struct cli_option *options, uint32_t least,
			  uint32_t most);

/* cli_fail tells what is wrong and what to do.  result is what -j names; NULL: as the exit
 * code suggests. */
__attribute__((format(printf, 4, 5)))
enum cli_exit cli_fail(struct cli *cli, enum cli_exit code, const char *result,
		       const char *format, ...);

/* cli_fail_file is cli_fail for what reading or writing path came to. */
enum cli_exit cli_fail_file(struct cli *cli, enum bb_result result, const char *path);

/* cli_result_of_errno returns the result that errno stands for. */
enum bb_result cli_result_of_errno(void);

/* cli_code_of returns the exit code for a result of files or of the socket. */
enum cli_exit cli_code_of(enum bb_result result);

/* cli_print puts "schema" and "result" before what object holds, prints it as one line and
 * takes the reference. */
void cli_print(struct cli *cli, const char *result, json_t *object);

/* cli_schema writes "busbar.member.add/1" for the command. */
void cli_schema(const struct cli *cli, char text[64]);

/* cli_path joins folder and name; false if that is too long. */
bool cli_path(char path[CLI_PATH_MAX], const char *folder, const char *name);

/* cli_u64 is an integer where JSON can hold it, else a string of digits. */
json_t *cli_u64(uint64_t value);

/* cli_hash is 64 hexadecimal digits. */
json_t *cli_hash(const struct bb_hash *hash);

/* cli_number returns the integer of that key; 0 where there is none. */
long long cli_number(const json_t *object, const char *key);

uint64_t cli_clock_ns(void);     /* UTC */
uint64_t cli_monotonic_ns(void);

#endif
