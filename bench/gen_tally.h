/* gen_tally - what a run counted, and how it is told: a line a second, a table, JSON.
 *
 *	packets   sent for the first time: each is answered, refused or lost in the end
 *	refused   as a whole, for good; BUSY and RATE only count as "told again"
 *	orders    NEW and REPLACE records of answered packets
 *	trades    TRADED records in answers: the aggressor's, so that each counts once
 *	seconds   from first sending to last answer of each phase, added up; signing is
 *	          not in it
 *	latency   from first sending to the last part of the answer
 *
 * Units    ns, Wh.
 * Memory   gen_tally_make allocates one bit a participant.
 * Threads  One.
 * Errors   false without memory.
 */
#ifndef GEN_TALLY_H
#define GEN_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bb_result.h"
#include "bench/gen_histogram.h"

struct gen_tally {
	uint64_t packets, answered, lost, repeats, told_again;
	uint64_t refused[BB_RESULT_COUNT];
	uint64_t records_refused[BB_RESULT_COUNT];
	uint64_t orders, trades, energy_wh;
	uint64_t queries; /* and repeats of them */
	uint64_t notices; /* records in them */
	uint64_t readings; /* that the venue took */
	uint64_t repeated_answers, strangers; /* seen before; no report for any of us */
	uint64_t active_ns;
	uint32_t participants, participants_traded;
	uint64_t *traded; /* bits */
	struct gen_histogram latency;
};

bool gen_tally_make(struct gen_tally *tally, uint32_t participants);
void gen_tally_free(struct gen_tally *tally);

/* gen_tally_trader notes that a participant has traded; who is none of ours does not count. */
void gen_tally_trader(struct gen_tally *tally, uint32_t participant);

uint64_t gen_tally_refused(const struct gen_tally *tally);

/* gen_tally_clean tells whether everything was answered, and nothing refused but records
 * whose order had traded just before, or whose gate had
 * closed. */
bool gen_tally_clean(const struct gen_tally *tally);

void gen_tally_line(const struct gen_tally *tally, FILE *file, uint64_t since_ns,
		    const char *what);
void gen_tally_table(const struct gen_tally *tally, FILE *file);

/* gen_tally_json writes one line; false without memory. */
bool gen_tally_json(const struct gen_tally *tally, FILE *file);

#endif
