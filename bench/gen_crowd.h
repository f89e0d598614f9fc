/* gen_crowd - all participants of a run, with their keys: who they are to the venue.
 *
 * Units    as gen_trader.h.
 * Memory   gen_crowd_make allocates, some 4 KiB a participant; gen_crowd_free wipes and frees.
 * Threads  One.
 * Errors   bool: no memory, or a venue key that is no key.
 * Replay   The same seed, day and reports give the same packets, byte for byte.
 */
#ifndef GEN_CROWD_H
#define GEN_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/gen_batch.h"
#include "bench/gen_trader.h"
#include "bench/gen_venue.h"

struct gen_member {
	struct gen_trader trader;
	struct bb_identity identity;
	uint8_t mac_key[BB_MAC_KEY_SIZE];
	uint64_t sequence;     /* last used */
	uint32_t first_packet; /* of the batch under way; they have successive sequences */
	uint32_t packet_count;
};

struct gen_crowd {
	struct gen_day day;
	struct gen_participant *participants;
	struct gen_member *members;
	uint32_t count; /* traders */
	uint32_t total; /* and, behind them, the meter operator if there is one */
	uint32_t venue; /* as packets carry it */
	uint32_t records; /* at most, a packet */
	uint8_t zone;  /* the first */
	uint8_t zones; /* how many */
	uint32_t from, until; /* quarter-hours that are traded; until 0: all */
};

bool gen_crowd_make(struct gen_crowd *crowd, const struct gen_venue *venue, uint32_t count,
		    uint64_t seed, int64_t day_start_s);

/* gen_crowd_add_meter makes the meter operator, whose id follows the traders'. */
bool gen_crowd_add_meter(struct gen_crowd *crowd, const struct gen_venue *venue, uint64_t seed);

void gen_crowd_free(struct gen_crowd *crowd);

/* gen_crowd_queries fills batch with one query for each: where does my sequence stand? */
bool gen_crowd_queries(struct gen_crowd *crowd, struct gen_batch *batch);

/* gen_crowd_bids fills batch with what all ask for in a phase.  In the close-out, those
 * who have not traded yet come first. */
bool gen_crowd_bids(struct gen_crowd *crowd, struct gen_batch *batch, enum gen_phase phase,
		    uint32_t round);

/* gen_crowd_readings fills batch with the meter operator's readings of everyone in some
 * quarter-hours: what it was told to have traded, and the deviation. */
bool gen_crowd_readings(struct gen_crowd *crowd, struct gen_batch *batch, uint32_t from,
			uint32_t until);

/* gen_crowd_zone returns the zone of a member. */
uint8_t gen_crowd_zone(const struct gen_crowd *crowd, uint32_t index);

/* gen_crowd_untraded returns how many have not been told of a trade. */
uint32_t gen_crowd_untraded(const struct gen_crowd *crowd);

/* gen_crowd_find returns the index of a participant's id, or crowd->total. */
static inline uint32_t
gen_crowd_find(const struct gen_crowd *crowd, uint32_t participant)
{
	return participant >= GEN_FIRST_ID && participant - GEN_FIRST_ID < crowd->total
		       ? participant - GEN_FIRST_ID
		       : crowd->total;
}

#endif
