#define _GNU_SOURCE /* vasprintf */
#include "ctl/cli_table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/cli_text.h"

static void
no_memory(void)
{
	fprintf(stderr, "busbarctl: no memory left; ask for less at once\n");
	exit(EXIT_FAILURE);
}

void
cli_cell(struct cli_table *table, const char *format, ...)
{
	va_list arguments;

	if (table->cell_count == table->cell_room) {
		table->cell_room = table->cell_room == 0 ? 64 : 2 * table->cell_room;
		table->cells = reallocarray(table->cells, table->cell_room, sizeof(char *));
		if (table->cells == NULL)
			no_memory();
	}
	va_start(arguments, format);
	const int size = vasprintf(&table->cells[table->cell_count], format, arguments);
	va_end(arguments);
	if (size < 0)
		no_memory();
	table->cell_count++;
}

void
cli_cell_number(struct cli_table *table, uint64_t value)
{
	char text[CLI_NUMBER_SIZE];
	cli_write_number(text, value);
	cli_cell(table, "%s", text);
}

static void
print_cell(const char *text, size_t width, bool right, bool last)
{
	if (right)
		printf("%*s", (int)width, text);
	else
		printf("%-*s", last ? 0 : (int)width, text);
	fputs(last ? "\n" : "  ", stdout);
}

void
cli_table_print(struct cli_table *table)
{
	size_t width[CLI_COLUMNS_MAX] = { 0 };
	const char *titles[CLI_COLUMNS_MAX];
	bool right[CLI_COLUMNS_MAX] = { false };
	const bool titled = table->titles[0] != NULL;
	uint32_t columns = table->column_count;

	while (columns < CLI_COLUMNS_MAX && table->titles[columns] != NULL)
		columns++;
	BB_ASSERT(columns > 0 && table->cell_count % columns == 0);
	for (uint32_t i = 0; titled && i < columns; i++) {
		right[i] = table->titles[i][0] == '>';
		titles[i] = table->titles[i] + right[i];
		width[i] = strlen(titles[i]);
	}
	for (uint32_t i = 0; i < table->cell_count; i++) {
		const size_t size = strlen(table->cells[i]);
		if (size > width[i % columns])
			width[i % columns] = size;
	}
	for (uint32_t i = 0; titled && i < columns; i++)
		print_cell(titles[i], width[i], right[i], i + 1 == columns);
	for (uint32_t i = 0; i < table->cell_count; i++) {
		const uint32_t column = i % columns;
		print_cell(table->cells[i], width[column], right[column], column + 1 == columns);
		free(table->cells[i]);
	}
	free(table->cells);
	table->cells = NULL;
	table->cell_count = 0;
	table->cell_room = 0;
}
