/* bb_accounts - whose money is whose: double entry, and what of it is spoken for.
 *
 * Participants are accounts by their id; a few technical ones stand beside them.  Money is
 * only ever moved from one account to another (bb_accounts_move), so the sum over all of
 * them is zero at every moment.  It is kept as a running sum besides, which each half of a
 * move changes for itself, and the market asserts it after every command.
 *
 * Locked money is the sum of what a participant's live orders and its contracts need until
 * they are final.  It is counted for everybody and demanded of those who trade covered (the
 * attribute escrow, bb_command.h): they may not lock more than they have, nor withdraw it.
 *
 *	need of an order = (max(0, buy ? price : -price) + margin) x quantity
 *
 * The margin is an amount a Wh (bb_rules_margin in bb_rules.h, and the larger of the zone's two
 * tariffs), so needs are additive: an order filled in parts strands no rounding unit.
 *
 * Units    nano-currency; Wh.
 * Memory   bb_accounts_bytes(participants) from the arena.
 * Threads  The matching core only.
 * Errors   BB_ASSERT only.  128 bits hold 2^63 moves of any 64-bit amount, and no venue
 *          lives to see more.
 * Replay   Equal calls give equal accounts.
 */
#ifndef BB_ACCOUNTS_H
#define BB_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_arena.h"
#include "base/bb_assert.h"
#include "base/bb_hint.h"
#include "base/bb_limits.h"
#include "market/bb_command.h"

/* Accounts that are no participant's. */
enum bb_technical_account {
	BB_ACCOUNT_GRID = 0xfffffff0, /* counterparty of every deviation */
	BB_ACCOUNT_DSO,               /* network fees */
	BB_ACCOUNT_RENT,              /* congestion */
	BB_ACCOUNT_FUND,              /* penalties */
	BB_ACCOUNT_MARKET,            /* between buyers and sellers; zero after each interval */
	BB_ACCOUNT_BANK,              /* the other side of money that comes in or goes out */
};

#define BB_ACCOUNT_FIRST      ((uint32_t)BB_ACCOUNT_GRID)
#define BB_ACCOUNTS_TECHNICAL 6u

_Static_assert(BB_ACCOUNT_BANK - BB_ACCOUNT_GRID + 1 == BB_ACCOUNTS_TECHNICAL, "all of them");
_Static_assert(BB_ACCOUNT_FIRST > BB_PARTICIPANTS_MAX, "no participant has such an id");

struct bb_purse {
	__int128 balance;
	uint64_t locked;
	uint64_t metered_wh; /* since the last rebate (market/bb_rebate.h) */
};

struct bb_accounts {
	struct bb_purse *purses; /* participants by id, then technical accounts */
	uint32_t participants;
	uint32_t reserved; /* zero */
	__int128 sum; /* of all balances: zero between moves */
};

size_t bb_accounts_bytes(uint32_t participants);
void bb_accounts_init(struct bb_accounts *accounts, struct bb_arena *arena,
		      uint32_t participants);

/* bb_accounts_check adds all balances up and asserts that they are zero together. */
void bb_accounts_check(const struct bb_accounts *accounts);

/* bb_accounts_known returns whether account is a participant's possible id or technical. */
static inline bool
bb_accounts_known(const struct bb_accounts *accounts, uint32_t account)
{
	return (account >= 1 && account <= accounts->participants) ||
	       (account >= BB_ACCOUNT_FIRST &&
		account < BB_ACCOUNT_FIRST + BB_ACCOUNTS_TECHNICAL);
}

static inline struct bb_purse *
bb_accounts_purse(const struct bb_accounts *accounts, uint32_t account)
{
	if (BB_LIKELY(account - 1 < accounts->participants))
		return &accounts->purses[account];
	BB_ASSERT(bb_accounts_known(accounts, account));
	return &accounts->purses[accounts->participants + 1 + (account - BB_ACCOUNT_FIRST)];
}

static inline __int128
bb_accounts_balance(const struct bb_accounts *accounts, uint32_t account)
{
	return bb_accounts_purse(accounts, account)->balance;
}

/* bb_money_shown fits a balance into what views show; one beyond their range, which takes
 * 9 x 10^9 currency units, is shown as its end. */
static inline int64_t
bb_money_shown(__int128 balance)
{
	if (balance > INT64_MAX)
		return INT64_MAX;
	return balance < -INT64_MAX ? -INT64_MAX : (int64_t)balance;
}

/* bb_accounts_move takes amount from debit and gives it to credit; a negative amount goes
 * the other way, as a negative price makes it. */
static inline void
bb_accounts_move(struct bb_accounts *accounts, uint32_t debit, uint32_t credit, int64_t amount)
{
	bb_accounts_purse(accounts, debit)->balance -= amount;
	accounts->sum -= amount;
	bb_accounts_purse(accounts, credit)->balance += amount;
	accounts->sum += amount;
}

/* bb_escrow_need returns what quantity at price needs; margin is an amount a Wh. */
static inline uint64_t
bb_escrow_need(enum bb_side side, int32_t price, uint32_t margin, uint32_t quantity_wh)
{
	const int64_t sign = -(int64_t)side; /* of a sell: all ones, no branch */
	const int64_t worst = ((int64_t)price ^ sign) - sign;

	return (((uint64_t)worst & ~(uint64_t)(worst >> 63)) + margin) * quantity_wh;
}

/* bb_accounts_fits returns whether need can be locked at all: the sum stays below 2^63. */
static inline bool
bb_accounts_fits(const struct bb_purse *purse, uint64_t need)
{
	return need <= (uint64_t)INT64_MAX - purse->locked;
}

/* bb_accounts_covers returns whether the purse has need beyond what is locked in it. */
static inline bool
bb_accounts_covers(const struct bb_purse *purse, uint64_t need)
{
	return purse->balance >= (__int128)purse->locked + need;
}

static inline void
bb_accounts_lock(struct bb_purse *purse, uint64_t need)
{
	BB_ASSERT(bb_accounts_fits(purse, need));
	purse->locked += need;
}

static inline void
bb_accounts_unlock(struct bb_purse *purse, uint64_t need)
{
	BB_ASSERT(purse->locked >= need);
	purse->locked -= need;
}

#endif
