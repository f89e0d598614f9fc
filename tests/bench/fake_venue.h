/* fake_venue - a link whose other end answers in the same process, and misbehaves on order.
 *
 * It numbers what it has not seen, answers each packet with one ACCEPTED record for each
 * of its orders, in parts, and answers repeats alike.
 */
#ifndef FAKE_VENUE_H
#define FAKE_VENUE_H

#include "bench/gen_link.h"
#include "bench/gen_venue.h"
#include "wire/bb_packet.h"
#include "wire/bb_report.h"

#define FAKE_PARTICIPANTS 8u
#define FAKE_SEQUENCES    64u
#define FAKE_WAITING      4096u

struct fake_venue {
	/* what to do wrong */
	uint32_t lose_every;       /* packets: 3 loses each third */
	uint32_t lose_part_every;  /* parts of answers */
	uint32_t busy_first;       /* packets that are told BUSY */
	uint32_t take_at_once;     /* datagrams that send takes; 0: all */
	uint16_t refuse;           /* result for every packet, or 0 */
	bool refuse_in_answer;     /* by the market, not by the gate */
	bool answer_twice;
	bool strangers;            /* damaged reports between the others */
	bool dead;                 /* hears and says nothing */
	uint32_t records_a_part;
	uint64_t highest;          /* sequence that statuses tell */

	/* what came */
	uint32_t heard[FAKE_PARTICIPANTS][FAKE_SEQUENCES]; /* times */
	uint64_t numbers[FAKE_PARTICIPANTS][FAKE_SEQUENCES];
	uint64_t number;
	uint32_t packets, parts, wakes;
	uint8_t last[BB_PACKET_SIZE_MAX];

	/* private */
	struct gen_venue public;
	struct bb_identity identity;
	uint8_t mac_keys[FAKE_PARTICIPANTS][BB_MAC_KEY_SIZE];
	uint32_t first, waiting;
	struct { uint16_t size; uint8_t bytes[BB_REPORT_SIZE_MAX]; } reports[FAKE_WAITING];
};

/* fake_venue_start makes the venue and the link to it; its participants have the keys of
 * busbar-gen's seed. */
void fake_venue_start(struct fake_venue *venue, struct gen_link *link, uint64_t seed);

#endif
