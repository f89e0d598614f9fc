/* gen_hear - what a flight does with the reports that come in: the other half of
 * gen_flight.h, where gen_flight_hear is declared.
 *
 * One line for each answered packet goes to the answers file:
 *
 *	participant sequence number height events trades
 *
 * Memory, threads, errors: as gen_flight.h.
 */
#ifndef GEN_HEAR_H
#define GEN_HEAR_H

#include "bench/gen_flight.h"

/* gen_hear_flush hands the lines of the answers file to the kernel. */
void gen_hear_flush(struct gen_flight *flight);

#endif
