/* gate_kit - a small venue behind a gate, and packets for it, byte by byte.
 *
 * Packets are put together here without wire/bb_packet.h, so that a mistake there is not
 * made twice.  Everything comes from fixed seeds.
 */
#ifndef GATE_KIT_H
#define GATE_KIT_H

#include "base/bb_random.h"
#include "dataplane/bb_gate.h"
#include "wire/bb_packet.h"

#define GATE_VENUE UINT32_C(0x5eedf00d)
#define GATE_NOW   UINT64_C(1700000000000000000)

/* Who is there; ids above are not. */
enum gate_member {
	GATE_OPERATOR = 1,
	GATE_TRADER,    /* no rate limit */
	GATE_LIMITED,   /* 10 packets a second, 3 at once */
	GATE_METER,
	GATE_SUSPENDED, /* a trader that is not active */
	GATE_NOBODY,    /* within the table, not in it */
	GATE_FAST,      /* the largest limits there are; may send everything */
	GATE_SLOW,      /* 1 packet a second, burst 0 */
	GATE_GRID,      /* the grid company */
	GATE_MEMBERS = GATE_GRID,
};

struct gate_kit {
	struct bb_gate gate;
	struct bb_verify verify;
	struct bb_counters counters;
	struct bb_roster *roster;
	struct bb_market *market;
	struct bb_identity identities[GATE_MEMBERS + 1];
	struct bb_roster_entry entries[GATE_MEMBERS + 1];
	uint64_t number; /* inputs given to the market */
};

/* A packet to be built; zeros stand for a trader's first good one of one record. */
struct gate_packet {
	uint32_t participant; /* 0: GATE_TRADER */
	uint32_t venue;       /* xor: 0 is the right one */
	uint64_t sequence;
	uint64_t not_after_ns;
	uint8_t kind;    /* 0: bids */
	uint8_t records; /* 0: as few as the kind allows */
	uint8_t fill;    /* what the records are made of */
	uint8_t signer;  /* 0: participant; else another member */
	uint8_t sealer;  /* the same for the MAC */
};

/* gate_kit_start makes everything anew; it can be called again and again.  Signatures are
 * checked fast: all members but GATE_METER have a key table. */
void gate_kit_start(struct gate_kit *kit);
void gate_kit_start_mode(struct gate_kit *kit, enum bb_verify_mode mode);
void gate_kit_stop(struct gate_kit *kit);

/* gate_kit_build writes a packet and returns its size; bytes has room for
 * BB_PACKET_SIZE_MAX. */
size_t gate_kit_build(const struct gate_kit *kit, uint8_t *bytes,
		      const struct gate_packet *packet);

/* gate_kit_seal makes the MAC of a changed packet right again, as member would. */
void gate_kit_seal(const struct gate_kit *kit, uint8_t *bytes, size_t size, uint32_t member);

/* gate_kit_apply has the market take what the gate let through, and so marks its
 * sequence. */
void gate_kit_apply(struct gate_kit *kit, struct bb_bid *bid);

/* gate_kit_put changes what the roster says of a member. */
void gate_kit_put(struct gate_kit *kit, const struct bb_roster_entry *entry);

/* gate_kit_spoil puts the table of another member into a member's place, so that the fast
 * code refuses what libsodium accepts; until the next start. */
void gate_kit_spoil(struct gate_kit *kit, uint32_t member, uint32_t other);

#endif
