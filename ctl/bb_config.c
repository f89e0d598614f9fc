#include "ctl/bb_config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/bb_config_parse.h"

#define LINE_MAX_SIZE 2048u
#define BLANKS " \t"

static const struct {
	const char *name;
	uint32_t section;
	bool (*set)(struct bb_config_parse *parse, const char *value);
} keys[BB_CONFIG_KEYS] = {
#define X(name, section, set) { #name, section, set },
	BB_CONFIG_KEY_LIST(X)
#undef X
};

static const struct {
	const char *name;
	bool numbered;
	const char *shown;
} sections[BB_SECTIONS] = {
	[BB_SECTION_TOP] = { "", false, "the lines above the first section" },
	[BB_SECTION_PORT] = { "port", true, "a section [port N]" },
	[BB_SECTION_LCORE] = { "lcore", true, "a section [lcore CPU]" },
	[BB_SECTION_LEDGER] = { "ledger", false, "[ledger]" },
	[BB_SECTION_CONTROL] = { "control", false, "[control]" },
	[BB_SECTION_FEED] = { "feed", false, "[feed]" },
	[BB_SECTION_TIME] = { "time", false, "[time]" },
};

bool
bb_config_fail(struct bb_config_parse *parse, uint32_t line, const char *format, ...)
{
	va_list arguments;
	int used = snprintf(parse->error, BB_CONFIG_ERROR, "%.200s:%u: ", parse->name, line);

	BB_ASSERT(used > 0 && (size_t)used < BB_CONFIG_ERROR);
	va_start(arguments, format);
	vsnprintf(parse->error + used, BB_CONFIG_ERROR - (size_t)used, format, arguments);
	va_end(arguments);
	return false;
}

/* As it is written in the file: keys of [feed] have a prefix in the list alone, because two
 * other sections have keys of the same name. */
static const char *
key_name(uint32_t key)
{
	return keys[key].section == BB_SECTION_FEED ? keys[key].name + strlen("feed_")
						    : keys[key].name;
}

/* Levenshtein's distance, good enough for words of a line; large for long ones. */
static uint32_t
distance(const char *left, const char *right)
{
	enum { LONGEST = 24 };
	uint32_t row[LONGEST + 1];
	const size_t size = strlen(right);

	if (size > LONGEST || strlen(left) > LONGEST)
		return UINT32_MAX;
	for (uint32_t i = 0; i <= size; i++)
		row[i] = i;
	for (uint32_t i = 0; left[i] != '\0'; i++) {
		uint32_t corner = row[0];
		row[0] = i + 1;
		for (uint32_t j = 0; j < size; j++) {
			const uint32_t replaced = corner + (left[i] != right[j]);
			corner = row[j + 1];
			const uint32_t shorter = (row[j] < corner ? row[j] : corner) + 1;
			row[j + 1] = replaced < shorter ? replaced : shorter;
		}
	}
	return row[size];
}

/* A word that is so close to another is probably meant to be it. */
static bool
is_close(const char *left, const char *right)
{
	return distance(left, right) <= (strlen(right) > 4 ? 2u : 1u);
}

static bool
unknown_key(struct bb_config_parse *parse, const char *name)
{
	char known[256] = "";
	size_t used = 0;

	for (uint32_t key = 0; key < BB_CONFIG_KEYS; key++)
		if (keys[key].section == parse->section && is_close(name, key_name(key)))
			return bb_config_fail(parse, parse->line, "unknown key \"%.64s\"; "
					      "write %s", name, key_name(key));
	for (uint32_t key = 0; key < BB_CONFIG_KEYS; key++)
		if (strcmp(name, key_name(key)) == 0)
			return bb_config_fail(parse, parse->line, "%s is no key of %s; move it "
					      "into %s", name, sections[parse->section].shown,
					      sections[keys[key].section].shown);
	for (uint32_t key = 0; key < BB_CONFIG_KEYS; key++) {
		if (keys[key].section != parse->section)
			continue;
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 used == 0 ? "" : ", ", key_name(key));
		BB_ASSERT(used < sizeof(known));
	}
	return bb_config_fail(parse, parse->line, "unknown key \"%.64s\"; in %s write one of: %s",
			      name, sections[parse->section].shown, known);
}

static bool
unknown_section(struct bb_config_parse *parse, const char *name)
{
	for (uint32_t i = BB_SECTION_TOP + 1; i < BB_SECTIONS; i++)
		if (is_close(name, sections[i].name))
			return bb_config_fail(parse, parse->line, "unknown section [%.64s]; "
					      "write [%s%s]", name, sections[i].name,
					      sections[i].numbered ? " N" : "");
	return bb_config_fail(parse, parse->line, "unknown section [%.64s]; write one of: "
			      "[port N], [lcore CPU], [ledger], [control], [feed], [time]", name);
}

static bool
start_port(struct bb_config_parse *parse, uint64_t number)
{
	struct bb_config *config = parse->config;

	if (number < config->port_count)
		return bb_config_fail(parse, parse->line, "[port %u] is in line %u already; "
				      "write [port %u]", (uint32_t)number,
				      parse->port_lines[number], config->port_count);
	if (config->port_count == BB_PORTS_MAX)
		return bb_config_fail(parse, parse->line, "more than %u ports; leave this one "
				      "out", BB_PORTS_MAX);
	if (number != config->port_count)
		return bb_config_fail(parse, parse->line, "ports are numbered from 0 without "
				      "gaps; write [port %u]", config->port_count);
	struct bb_port_config *port = &config->ports[config->port_count];
	port->rx_queues = 1;
	port->descriptors = 1024;
	port->interface.udp_port = 7600;
	parse->port_lines[config->port_count++] = parse->line;
	return true;
}

static bool
start_lcore(struct bb_config_parse *parse, uint64_t number)
{
	struct bb_config *config = parse->config;

	if (number >= parse->cpus)
		return bb_config_fail(parse, parse->line, "this machine has %u CPUs, and none "
				      "of number %llu; write [lcore 0] to [lcore %u]",
				      parse->cpus, (unsigned long long)number,
				      parse->cpus - 1);
	for (uint32_t i = 0; i < config->lcore_count; i++)
		if (config->lcores[i].cpu == number)
			return bb_config_fail(parse, parse->line, "[lcore %u] is in line %u "
					      "already; give its duties there",
					      config->lcores[i].cpu, parse->lcore_lines[i]);
	if (config->lcore_count == BB_CONFIG_LCORES_MAX)
		return bb_config_fail(parse, parse->line, "more lcores than there can be "
				      "duties (%u); leave this one out", BB_CONFIG_LCORES_MAX);
	config->lcores[config->lcore_count].cpu = (uint32_t)number;
	parse->lcore_lines[config->lcore_count++] = parse->line;
	return true;
}

/* Turns to the section of this name and number; number is NULL if there was none. */
static bool
start_section(struct bb_config_parse *parse, const char *name, const char *number)
{
	uint64_t value = 0;
	uint32_t section = BB_SECTION_TOP + 1;

	while (section < BB_SECTIONS && strcmp(name, sections[section].name) != 0)
		section++;
	if (section == BB_SECTIONS)
		return unknown_section(parse, name);
	if (!sections[section].numbered && number != NULL)
		return bb_config_fail(parse, parse->line, "[%s] has no number; write [%s]",
				      name, name);
	if (sections[section].numbered &&
	    (number == NULL || !bb_value_number(number, UINT32_MAX, false, &value)))
		return bb_config_fail(parse, parse->line, "[%s] needs a number; write [%s 0]",
				      name, name);
	if (!sections[section].numbered && parse->section_lines[section] != 0)
		return bb_config_fail(parse, parse->line, "[%s] is in line %u already; put its "
				      "keys there", name, parse->section_lines[section]);

	parse->section = section;
	parse->section_lines[section] = parse->line;
	for (uint32_t key = 0; key < BB_CONFIG_KEYS; key++)
		if (keys[key].section == section)
			parse->key_lines[key] = 0;
	if (section == BB_SECTION_PORT)
		return start_port(parse, value);
	return section == BB_SECTION_LCORE ? start_lcore(parse, value) : true;
}

/* Cuts blanks from both ends, in place. */
static char *
trim(char *text)
{
	text += strspn(text, BLANKS);
	size_t size = strlen(text);
	while (size > 0 && strchr(BLANKS, text[size - 1]) != NULL)
		text[--size] = '\0';
	return text;
}

static bool
read_section(struct bb_config_parse *parse, char *text)
{
	char *end = strchr(text, ']');

	if (end == NULL || end[1] != '\0')
		return bb_config_fail(parse, parse->line, "a section ends with one \"]\"; write "
				      "[ledger], or [port 0]");
	*end = '\0';
	char *name = trim(text + 1);
	char *number = strpbrk(name, BLANKS);
	if (number != NULL) {
		*number = '\0';
		number = trim(number + 1);
	}
	return bb_config_check_section(parse) && start_section(parse, name, number);
}

static bool
read_key(struct bb_config_parse *parse, char *text)
{
	char *equals = strchr(text, '=');

	if (equals == NULL)
		return bb_config_fail(parse, parse->line, "\"%.64s\" is neither key nor section; "
				      "write KEY = VALUE, [SECTION], or # before a comment", text);
	*equals = '\0';
	const char *name = trim(text);
	const char *value = trim(equals + 1);

	uint32_t key = 0;
	while (key < BB_CONFIG_KEYS && (keys[key].section != parse->section ||
					strcmp(name, key_name(key)) != 0))
		key++;
	if (key == BB_CONFIG_KEYS)
		return unknown_key(parse, name);
	if (parse->key_lines[key] != 0)
		return bb_config_fail(parse, parse->line, "%s is set in line %u already; leave "
				      "one of them out", name, parse->key_lines[key]);
	if (value[0] == '\0')
		return bb_config_fail(parse, parse->line, "%s has no value; write one, or leave "
				      "the line out for the default", name);
	parse->key_lines[key] = parse->line;
	return keys[key].set(parse, value);
}

/* Copies the next line, without comment and line end, into line; *text moves behind it. */
static bool
next_line(struct bb_config_parse *parse, const char **text, const char *end,
	  char line[LINE_MAX_SIZE])
{
	const char *start = *text;
	const char *stop = memchr(start, '\n', (size_t)(end - start));
	*text = stop == NULL ? end : stop + 1;
	parse->line++;
	if (stop == NULL)
		stop = end;
	if (stop > start && stop[-1] == '\r')
		stop--;
	if ((size_t)(stop - start) >= LINE_MAX_SIZE)
		return bb_config_fail(parse, parse->line, "line of more than %u bytes; make it "
				      "shorter", LINE_MAX_SIZE - 1);

	const size_t size = (size_t)(stop - start);
	for (size_t i = 0; i < size; i++) {
		const uint8_t byte = (uint8_t)start[i];
		if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
			return bb_config_fail(parse, parse->line, "byte 0x%02x in column %zu is "
					      "no text; write the line anew", byte, i + 1);
	}
	memcpy(line, start, size);
	line[size] = '\0';
	for (char *at = strchr(line, '#'); at != NULL; at = strchr(at + 1, '#')) {
		if (at == line || strchr(BLANKS, at[-1]) != NULL) {
			*at = '\0';
			break;
		}
	}
	return true;
}

enum bb_result
bb_config_parse(const char *name, const char *text, size_t size, uint32_t cpus,
		struct bb_config *config, char error[BB_CONFIG_ERROR])
{
	struct bb_config_parse parse = {
		.name = name, .config = config, .error = error, .cpus = cpus,
	};
	char line[LINE_MAX_SIZE];
	const char *end = text + size;

	BB_ASSERT(cpus > 0);
	memset(config, 0, sizeof(*config));
	error[0] = '\0';
	while (text < end) {
		if (!next_line(&parse, &text, end, line))
			return BB_ERR_FORMAT;
		char *content = trim(line);
		if (content[0] == '\0')
			continue;
		if (!(content[0] == '[' ? read_section(&parse, content)
					: read_key(&parse, content)))
			return BB_ERR_FORMAT;
	}
	if (parse.line == 0)
		parse.line = 1;
	if (!bb_config_check_section(&parse) || !bb_config_check(&parse))
		return BB_ERR_FORMAT;
	return BB_OK;
}

static enum bb_result
cannot_read(const char *path, char error[BB_CONFIG_ERROR])
{
	const int reason = errno;
	snprintf(error, BB_CONFIG_ERROR, "%.200s: cannot be read: %s", path, strerror(reason));
	if (reason == ENOENT)
		return BB_ERR_NOT_FOUND;
	return reason == EACCES || reason == EPERM ? BB_ERR_PERMISSION : BB_ERR_IO;
}

enum bb_result
bb_config_read(const char *path, uint32_t cpus, struct bb_config *config,
	       char error[BB_CONFIG_ERROR])
{
	char text[BB_CONFIG_SIZE_MAX + 1];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return cannot_read(path, error);
	errno = EIO; /* what is said if the library leaves no reason */
	const size_t size = fread(text, 1, sizeof(text), file);
	const bool failed = ferror(file) != 0;
	const enum bb_result result = failed ? cannot_read(path, error) : BB_OK;
	fclose(file);
	if (failed)
		return result;
	if (size > BB_CONFIG_SIZE_MAX) {
		snprintf(error, BB_CONFIG_ERROR, "%.200s:1: more than %u bytes; is this a "
			 "busbard.conf?", path, BB_CONFIG_SIZE_MAX);
		return BB_ERR_FORMAT;
	}
	return bb_config_parse(path, text, size, cpus, config, error);
}

uint32_t
bb_config_words(char *text, char **words)
{
	uint32_t count = 0;
	char *at = text + strspn(text, BLANKS);

	while (*at != '\0') {
		BB_ASSERT(count < BB_CONFIG_WORDS_MAX); /* as bb_config_check made sure */
		words[count++] = at;
		at += strcspn(at, BLANKS);
		if (*at != '\0')
			*at++ = '\0';
		at += strspn(at, BLANKS);
	}
	return count;
}
