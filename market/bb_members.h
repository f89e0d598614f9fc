/* bb_members - the participants: keys, limits, what they may do, windows of sequences.
 *
 * Ids are 1..size and index the table.  An id and a key, once given, are taken for good,
 * revoked or not: what was signed stays attributable.  Keys are compared as bytes, which
 * is enough because only canonical encodings are admitted.  Whether a key is a usable
 * point is not known here: the control thread refuses others before it signs the command,
 * and the gate admits no packet of a key that does not verify.
 *
 * No sum of energy can overflow.  At every moment, for each participant,
 *
 *	bought + sold + quantity of its live orders = energy_wh <= BB_ENERGY_MAX
 *
 * and an order that would pass that is refused (BB_ERR_POSITION).  Money is in accounts
 * (market/bb_accounts.h), what is open and contracted in positions (market/bb_position.h).
 *
 * Memory   bb_members_bytes(size) from the arena.
 * Threads  The matching core only; windows may be looked at by any core.
 * Errors   BB_ASSERT only.
 * Replay   Equal calls give equal members.
 */
#ifndef BB_MEMBERS_H
#define BB_MEMBERS_H

#include "market/bb_ids.h"
#include "market/bb_index.h"
#include "market/bb_market.h"
#include "market/bb_window.h"

#define BB_ENERGY_MAX ((uint64_t)INT64_MAX)

/* The operator of genesis. */
#define BB_OPERATOR 1u

/* Everyone begins in the middle. */
#define BB_REPUTATION_START 500000u

struct bb_account {
	/* every order reads this line */
	_Alignas(64) uint32_t participant;
	uint32_t orders_live;
	uint32_t orders_max;
	struct bb_id_table ids;
	uint32_t positions; /* first of those with live orders */
	uint16_t roles;
	uint8_t status; /* enum bb_member_status */
	uint8_t killed; /* 1: no new orders until re-armed */
	uint32_t order_wh_max; /* 0: the product's */
	uint32_t cap_in_wh;    /* 0: no limit */
	uint32_t cap_out_wh;   /* 0: no limit */
	uint8_t escrow;        /* 1: must be covered by its account */
	uint8_t source;        /* what it produces */
	uint16_t feeder;
	uint32_t reputation;    /* ppm */
	uint64_t energy_wh;     /* bought, sold and open together */
	uint64_t last_heard_ns; /* its last packet */
	/* trades this one, too */
	uint64_t bought_wh;
	uint64_t sold_wh;
	uint32_t silence_s;  /* 0: never */
	uint32_t metered_by; /* 0: any meter */
	uint32_t reputation_min;
	uint32_t missed_quarter; /* plus 1: first without a reading of the last such day */
	uint32_t packets_per_s;
	uint32_t burst;
	uint32_t zone;
	uint8_t key[32];
	uint8_t defaulted;    /* 1: since it was last armed (bb_settling.c) */
	uint8_t reserved[51]; /* zero */
};

_Static_assert(sizeof(struct bb_account) == 192, "three cache lines");

struct bb_members {
	struct bb_account *accounts; /* [size + 1] */
	struct bb_window *windows;   /* [size + 1] */
	uint32_t size;
	uint32_t reserved; /* zero */
	struct bb_index keys; /* to participants */
};

size_t bb_members_bytes(uint32_t size);
void bb_members_init(struct bb_members *members, struct bb_arena *arena, uint32_t size,
		     uint64_t hash_key);

/* bb_members_find returns the account of a participant, revoked or not, or NULL. */
static inline struct bb_account *
bb_members_find(const struct bb_members *members, uint32_t participant)
{
	if (participant == 0 || participant > members->size)
		return NULL;
	struct bb_account *account = &members->accounts[participant];
	return account->status == BB_MEMBER_NONE ? NULL : account;
}

/* bb_members_key_taken returns whether a participant has key. */
bool bb_members_key_taken(const struct bb_members *members, const uint8_t key[32]);

/* bb_key_formed returns whether key is the canonical encoding of some y, not zero. */
bool bb_key_formed(const uint8_t key[32]);

/* bb_members_add makes a participant whose id and key are free. */
void bb_members_add(struct bb_members *members, const struct bb_member_command *command,
		    struct bb_id_table ids);

/* bb_members_file files all keys anew, after accounts were brought from other memory. */
void bb_members_file(struct bb_members *members);

#endif
