#define _GNU_SOURCE /* sigaction, SA_SIGINFO */
#include "ctl/bb_unreadable.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* Nothing here allocates, locks or prints through stdio: a signal may come anywhere. */

#define PAGE 4096u

enum { EXIT_UNREADABLE = 1 };

static const char *program;
static const char *schema; /* NULL: no JSON */

/* A line of /proc/self/maps, as far as it matters: start-end perms offset dev inode path. */
struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	const char *name; /* of the file, without its folder; "": it is none */
};

struct text {
	char bytes[1024];
	size_t used;
};

static void
add(struct text *text, const char *what)
{
	for (; *what != '\0' && text->used < sizeof(text->bytes); what++)
		text->bytes[text->used++] = *what;
}

static void
add_number(struct text *text, uint64_t value)
{
	char digits[21];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	add(text, digits + at);
}

static const char *
read_hex(const char *at, uint64_t *value)
{
	*value = 0;
	for (;; at++) {
		if (*at >= '0' && *at <= '9')
			*value = *value << 4 | (uint64_t)(*at - '0');
		else if (*at >= 'a' && *at <= 'f')
			*value = *value << 4 | (uint64_t)(*at - 'a' + 10);
		else
			return at;
	}
}

static bool
read_mapping(const char *line, struct mapping *mapping)
{
	const char *at = read_hex(line, &mapping->start);

	if (*at != '-')
		return false;
	at = read_hex(at + 1, &mapping->end);
	if (*at != ' ' || (at = strchr(at + 1, ' ')) == NULL) /* behind perms */
		return false;
	(void)read_hex(at + 1, &mapping->offset);
	const char *folder = strrchr(line, '/');
	mapping->name = folder == NULL ? "" : folder + 1;
	return true;
}

/* Finds the file that is mapped at address; line keeps its name. */
static bool
find(uint64_t address, char line[PAGE], struct mapping *mapping)
{
	const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char bytes[PAGE];
	size_t length = 0;
	ssize_t count = 0;

	while (maps >= 0 && (count = read(maps, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < count; i++) {
			if (bytes[i] != '\n') {
				if (length < PAGE - 1)
					line[length++] = bytes[i];
				continue;
			}
			line[length] = '\0';
			length = 0;
			if (read_mapping(line, mapping) && address >= mapping->start &&
			    address < mapping->end && mapping->name[0] != '\0')
				return true; /* the process ends, and with it the descriptor */
		}
	}
	return false;
}

static void
write_all(int file, const struct text *text)
{
	ssize_t written = write(file, text->bytes, text->used);
	(void)written; /* there is nothing else to tell */
}

static void
on_bus_error(int number, siginfo_t *info, void *context)
{
	const uint64_t address = (uint64_t)(uintptr_t)info->si_addr;
	struct mapping mapping;
	struct text said = { .used = 0 };
	struct text object = { .used = 0 };
	struct text line_said = { .used = 0 };
	char line[PAGE];

	(void)context;
	if (!find(address, line, &mapping)) {
		/* Ends the process when the instruction is tried again. */
		(void)signal(number, SIG_DFL);
		return;
	}
	add(&said, mapping.name);
	add(&said, " at offset ");
	add_number(&said, (address - mapping.start + mapping.offset) / PAGE * PAGE);
	add(&said, " cannot be read: the disk has lost it, or the file was cut short");
	add(&object, "{\"schema\": \"");
	add(&object, schema == NULL ? "" : schema);
	add(&object, "\", \"result\": \"ERR_IO\", \"text\": \"");
	said.bytes[said.used < sizeof(said.bytes) ? said.used : sizeof(said.bytes) - 1] = '\0';
	add(&object, said.bytes);
	add(&object, "\"}\n");
	if (schema != NULL)
		write_all(STDOUT_FILENO, &object);
	add(&line_said, program);
	add(&line_said, ": ");
	add(&line_said, said.bytes);
	add(&line_said, "; see dmesg, and bring the file back from a copy\n");
	write_all(STDERR_FILENO, &line_said);
	_exit(EXIT_UNREADABLE);
}

void
bb_unreadable_catch(const char *for_program, const char *json_schema)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };

	program = for_program;
	schema = json_schema;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGBUS, &action, NULL);
}
