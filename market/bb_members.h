/* bb_members - the participants: keys, limits, accounts, windows of sequences.
 *
 * Ids are 1..size and index the table.  An id and a key, once given, are taken for good,
 * revoked or not: what was signed stays attributable.  Keys are compared as bytes, which
 * is enough because only canonical encodings are admitted.  Whether a key is a usable
 * point is not known here: the control thread refuses others before it signs the command,
 * and the gate admits no packet of a key that does not verify.
 *
 * No account can overflow.  At every moment, for each participant,
 *
 *	|money| + sum of |price| x quantity of its live orders <= BB_MONEY_MAX
 *	bought + sold + sum of quantity of its live orders     <= BB_ENERGY_MAX
 *
 * A resting order trades at its own price, so a trade moves what it takes from the sum
 * to the account.  An incoming order trades at prices of the product's band, and is refused
 * (BB_ERR_POSITION) unless it would fit at the worst of them: bb_account_fits.
 *
 * Units    money: nano-currency.
 * Memory   bb_members_bytes(size) from the arena.
 * Threads  The matching core only; windows may be looked at by any core.
 * Errors   BB_ASSERT only.
 * Replay   Equal calls give equal accounts.
 */
#ifndef BB_MEMBERS_H
#define BB_MEMBERS_H

#include "market/bb_book.h"
#include "market/bb_index.h"
#include "market/bb_interest.h"
#include "market/bb_market.h"
#include "market/bb_window.h"

#define BB_MONEY_MAX  ((uint64_t)INT64_MAX)
#define BB_ENERGY_MAX ((uint64_t)INT64_MAX)

/* The operator of genesis. */
#define BB_OPERATOR 1u

struct bb_account {
	struct bb_member member; /* sequence_highest is in the window */
	uint64_t open_money;     /* sum of |price| x quantity of live orders */
	uint64_t open_wh;        /* sum of quantity of live orders */
	struct bb_interest_list interests;
};

struct bb_members {
	struct bb_account *accounts; /* [size + 1] */
	struct bb_window *windows;   /* [size + 1] */
	uint32_t size;
	struct bb_index keys; /* to participants */
};

size_t bb_members_bytes(uint32_t size);
void bb_members_init(struct bb_members *members, struct bb_arena *arena, uint32_t size,
		     uint64_t hash_key);

/* bb_members_find returns the account of a participant, revoked or not, or NULL. */
struct bb_account *bb_members_find(const struct bb_members *members, uint32_t participant);

/* bb_members_key_taken returns whether a participant has key. */
bool bb_members_key_taken(const struct bb_members *members, const uint8_t key[32]);

/* bb_key_formed returns whether key is the canonical encoding of some y, not zero. */
bool bb_key_formed(const uint8_t key[32]);

/* bb_members_add makes a participant whose id and key are free. */
void bb_members_add(struct bb_members *members, const struct bb_member_command *command);

/* bb_account_fits returns whether quantity at a price of at most price_size either way
 * keeps the account within its limits, whatever it trades with. */
bool bb_account_fits(const struct bb_account *account, uint64_t price_size,
		     uint32_t quantity_wh);

/* bb_account_open adds to what is open; bb_account_close takes off again. */
void bb_account_open(struct bb_account *account, int32_t price, uint32_t quantity_wh);
void bb_account_close(struct bb_account *account, int32_t price, uint32_t quantity_wh);

/* bb_account_trade moves energy to the buyer and money to the seller. */
void bb_account_trade(struct bb_account *buyer, struct bb_account *seller, int32_t price,
		      uint32_t quantity_wh);

#endif
