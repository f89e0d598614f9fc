/* cli_matching - a book traded by matching degree first (market/bb_degree_first.h), to be
 * compared with its exact clearing.
 *
 * Units    as the book's.
 * Memory   On the heap until the process ends.
 * Threads  None of its own.
 * Errors   cli_fail: lines and books of too many pairs are mistakes in the book.
 * Replay   Equal books give equal results.
 */
#ifndef CLI_MATCHING_H
#define CLI_MATCHING_H

#include "ctl/cli_book.h"

/* cli_matching_run trades and prints. */
enum cli_exit cli_matching_run(struct cli *cli, const struct cli_book *book, bool closeness);

#endif
