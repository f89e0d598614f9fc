/* cli_table - aligned columns on standard output.
 *
 *	struct cli_table table = { .titles = { "zone", ">orders" } };
 *	cli_cell(&table, "%u", zone);
 *	cli_cell(&table, "%u", orders);
 *	cli_table_print(&table);
 *
 * A title that begins with ">" aligns its column to the right.  Without titles set
 * column_count.
 *
 * Memory   Cells are on the heap until the table is printed.
 * Threads  None of its own.
 * Errors   None; without memory the program ends.
 * Replay   Not part of it.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdint.h>

#define CLI_COLUMNS_MAX 16u

struct cli_table {
	const char *titles[CLI_COLUMNS_MAX];
	uint32_t column_count; /* 0: as many as there are titles */
	char **cells;
	uint32_t cell_count;
	uint32_t cell_room;
};

/* cli_cell adds the next cell, row by row. */
__attribute__((format(printf, 2, 3)))
void cli_cell(struct cli_table *table, const char *format, ...);

/* cli_cell_number adds digits in groups of three. */
void cli_cell_number(struct cli_table *table, uint64_t value);

/* cli_table_print prints titles and rows, and empties the table. */
void cli_table_print(struct cli_table *table);

#endif
