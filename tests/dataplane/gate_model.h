/* gate_model - drive bb_gate with bytes, next to a gate too simple to be wrong.
 *
 * Every 8 bytes are one packet: good, changed, repeated, out of order, forged, expired, for
 * another venue, over the rate, of any member.  They come in bursts; the first two bytes
 * choose how signatures are checked and how many packets a burst has at most.  Any
 * difference between the two gates is a BB_ASSERT, so the same function serves CUnit, the
 * fuzzer and a saved crash.
 */
#ifndef GATE_MODEL_H
#define GATE_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/bb_result.h"

/* What happened, so that a test can tell whether its seeds reach everything. */
struct gate_tally {
	uint64_t packets;
	uint64_t bursts;
	uint64_t full_bursts;
	uint64_t of[BB_RESULT_COUNT];
	uint64_t repeats;
	uint64_t queries;
};

void gate_model_drive(const uint8_t *bytes, size_t count, struct gate_tally *tally);

#endif
