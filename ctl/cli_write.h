/* cli_write - JSON to standard output as it is made, for answers as long as a book: a tree of
 * a hundred thousand small objects would cost more than the auction.
 *
 * Units    none of its own.
 * Memory   None.
 * Threads  One.
 * Errors   None: standard output has its own.
 * Replay   Not part of it.
 */
#ifndef CLI_WRITE_H
#define CLI_WRITE_H

#define CLI_WIDE_SIZE 48u /* 128 bits, a sign, a zero */

/* cli_write_name writes text, which cli_printable has passed, as a string. */
void cli_write_name(const char *text);

/* cli_write_wide writes an integer where JSON can hold it, else a string of digits. */
void cli_write_wide(__int128 value);

void cli_wide_text(char text[CLI_WIDE_SIZE], __int128 value);

#endif
