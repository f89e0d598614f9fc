#include "ctl/cli_common.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bb_assert.h"
#include "ctl/cli_text.h"

#define OPTIONS_MAX 24

/* What getopt_long returns for the first own option; below are characters. */
#define FIRST_OPTION 256

static const char *
result_of_code(enum cli_exit code)
{
	switch (code) {
	case CLI_USAGE:
		return "USAGE";
	case CLI_NOT_RUNNING:
		return "NOT_RUNNING";
	case CLI_UNREACHABLE:
		return "UNREACHABLE";
	case CLI_PERMISSION:
		return "ERR_PERMISSION";
	default:
		return "UNHEALTHY";
	}
}

void
cli_schema(const struct cli *cli, char text[64])
{
	const char *name = cli->command == NULL ? "error" : cli->command->name;

	snprintf(text, 64, "busbar.%s/1", name);
	for (char *at = text; *at != '\0'; at++)
		if (*at == ' ')
			*at = '.';
}

void
cli_print(struct cli *cli, const char *result, json_t *object)
{
	char schema[64];

	BB_ASSERT(!cli->printed && object != NULL);
	cli_schema(cli, schema);
	json_t *whole = json_object();
	json_object_set_new(whole, "schema", json_string(schema));
	json_object_set_new(whole, "result", json_string(result));
	json_object_update_missing(whole, object);
	json_dumpf(whole, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(whole);
	json_decref(object);
	cli->printed = true;
}

enum cli_exit
cli_fail(struct cli *cli, enum cli_exit code, const char *result, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fflush(stdout);
	fprintf(stderr, "busbarctl: %s\n", text);
	if (cli->json && !cli->printed) {
		json_t *object = json_object();
		/* Text that came from outside may be no UTF-8, which jansson refuses. */
		json_t *string = json_string(text);
		json_object_set_new(object, "text", string ? string : json_string("(bytes)"));
		cli_print(cli, result == NULL ? result_of_code(code) : result, object);
	}
	return code;
}

enum bb_result
cli_result_of_errno(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return BB_ERR_NOT_FOUND;
	case EEXIST:
		return BB_ERR_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
		return BB_ERR_PERMISSION;
	case ENOSPC:
	case EDQUOT:
		return BB_ERR_NO_SPACE;
	default:
		return BB_ERR_IO;
	}
}

enum cli_exit
cli_code_of(enum bb_result result)
{
	switch (result) {
	case BB_OK:
		return CLI_GO_ON;
	case BB_ERR_PERMISSION:
		return CLI_PERMISSION;
	case BB_ERR_NOT_FOUND:
	case BB_ERR_EXISTS:
	case BB_ERR_MODE:
	case BB_ERR_FORMAT:
	case BB_ERR_KEY:
		return CLI_USAGE;
	default:
		return CLI_UNHEALTHY;
	}
}

enum cli_exit
cli_fail_file(struct cli *cli, enum bb_result result, const char *path)
{
	static const struct {
		enum bb_result result;
		const char *advice;
	} advices[] = {
		{ BB_ERR_NOT_FOUND, "name another with an option, or the venue's folder with -C" },
		{ BB_ERR_EXISTS, "choose another name; nothing is ever overwritten" },
		{ BB_ERR_PERMISSION, "run as the user that owns it" },
		{ BB_ERR_MODE, "chmod 600 it, and make a new key if others had access" },
		{ BB_ERR_FORMAT, "restore it from a copy" },
		{ BB_ERR_IO, "look at the disk and at dmesg" },
		{ BB_ERR_NO_SPACE, "free some space, then run this again" },
	};
	const char *advice = "look at it";

	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].result == result)
			advice = advices[i].advice;
	return cli_fail(cli, cli_code_of(result), bb_result_name(result), "%s: %s; %s", path,
			bb_result_text(result), advice);
}

bool
cli_path(char path[CLI_PATH_MAX], const char *folder, const char *name)
{
	const int size = snprintf(path, CLI_PATH_MAX, "%s/%s", folder, name);
	return size > 0 && (size_t)size < CLI_PATH_MAX;
}

json_t *
cli_u64(uint64_t value)
{
	char digits[24];

	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	return json_string(digits);
}

json_t *
cli_hash(const struct bb_hash *hash)
{
	char text[2 * BB_HASH_SIZE + 1];

	cli_write_hex(text, hash->bytes, BB_HASH_SIZE);
	return json_string(text);
}

long long
cli_number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;
	const int failed = clock_gettime(clock, &now);
	BB_ASSERT(failed == 0);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t
cli_clock_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t
cli_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void
print_help(const struct cli *cli, const struct cli_option *options)
{
	printf("usage: busbarctl [OPTIONS] %s%s%s\n\n%s.\n", cli->command->name,
	       cli->command->synopsis[0] == '\0' ? "" : " ", cli->command->synopsis,
	       cli->command->summary);
	if (options[0].name != NULL)
		printf("\n");
	for (; options->name != NULL; options++) {
		char shown[40];
		snprintf(shown, sizeof(shown), "--%s%s%s", options->name,
			 options->argument == NULL ? "" : " ",
			 options->argument == NULL ? "" : options->argument);
		printf("  %-22s %s\n", shown, options->help);
	}
	printf("\nbusbarctl --help lists the options that all commands have.\n");
}

static enum cli_exit
set_number(struct cli *cli, struct cli_option *option, const char *text)
{
	uint64_t value;
	const bool read = option->kind == CLI_SIZE ? cli_read_size(text, &value)
						   : cli_read_u64(text, &value);

	if (!read || value < option->least || value > option->most)
		return cli_fail(cli, CLI_USAGE, NULL,
				"--%s %s: no number between %llu and %llu; give one%s",
				option->name, text, (unsigned long long)option->least,
				(unsigned long long)option->most,
				option->kind == CLI_SIZE ? ", as in 256M" : "");
	if (option->kind == CLI_U32)
		*(uint32_t *)option->value = (uint32_t)value;
	else
		*(uint64_t *)option->value = value;
	return CLI_GO_ON;
}

static enum cli_exit
set_option(struct cli *cli, struct cli_option *option, const char *text)
{
	if (option->given)
		return cli_fail(cli, CLI_USAGE, NULL, "--%s is given twice; leave one out",
				option->name);
	option->given = true;
	switch (option->kind) {
	case CLI_FLAG:
		*(bool *)option->value = true;
		return CLI_GO_ON;
	case CLI_TEXT:
		*(const char **)option->value = text;
		return CLI_GO_ON;
	default:
		return set_number(cli, option, text);
	}
}

static enum cli_exit
take_options(struct cli *cli, struct cli_option *options, const struct option *known)
{
	opterr = 0;
	optind = 0; /* glibc: start anew; the global options were read before */
	for (;;) {
		const int found = getopt_long(cli->argc, cli->argv, ":jh", known, NULL);
		if (found == -1)
			return CLI_GO_ON;
		if (found >= FIRST_OPTION) {
			const enum cli_exit code =
				set_option(cli, &options[found - FIRST_OPTION], optarg);
			if (code != CLI_GO_ON)
				return code;
		} else if (found == 'j') {
			cli->json = true;
		} else if (found == 'h') {
			print_help(cli, options);
			return CLI_OK;
		} else {
			const char *problem = found == ':' ? "needs a value" : "is no option of it";
			return cli_fail(cli, CLI_USAGE, NULL,
					"%s: %s %s; see busbarctl %s --help", cli->command->name,
					cli->argv[optind - 1], problem, cli->command->name);
		}
	}
}

enum cli_exit
cli_options(struct cli *cli, struct cli_option *options, uint32_t least, uint32_t most)
{
	struct option known[OPTIONS_MAX + 3] = { { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' } };
	uint32_t count = 2;

	for (int i = 0; options[i].name != NULL; i++) {
		BB_ASSERT(i < OPTIONS_MAX);
		known[count++] = (struct option){
			options[i].name,
			options[i].kind == CLI_FLAG ? no_argument : required_argument, NULL,
			FIRST_OPTION + i };
	}
	const enum cli_exit code = take_options(cli, options, known);
	if (code != CLI_GO_ON)
		return code;
	cli->words = cli->argv + optind;
	cli->word_count = (uint32_t)(cli->argc - optind);
	if (cli->word_count < least || cli->word_count > most)
		return cli_fail(cli, CLI_USAGE, NULL, "%s; write: busbarctl %s%s%s",
				cli->word_count < least ? "something is missing"
							: "that is too much",
				cli->command->name, cli->command->synopsis[0] == '\0' ? "" : " ",
				cli->command->synopsis);
	return CLI_GO_ON;
}
