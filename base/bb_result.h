/* bb_result - every answer busbar can give to a participant or an operator.
 *
 * One list.  The enum, the names in logs, in JSON and in `busbarctl` all come
 * from it.  The numbers are written into ledger blocks and report packets:
 * append, never renumber, never reuse.
 *
 * A participant's, a file's or an operator's mistake is a result; a bug of our
 * own is a BB_ASSERT.
 */
#ifndef BB_RESULT_H
#define BB_RESULT_H

/*	name                    number  what it means to whoever caused it */
#define BB_RESULT_LIST(X)                                                          \
	X(BB_OK,                     0, "accepted")                                \
	/* the gate, in the order of its checks */                                 \
	X(BB_ERR_FRAME,              1, "not a UDP datagram to this port")         \
	X(BB_ERR_LENGTH,             2, "length does not match the record count")  \
	X(BB_ERR_MAGIC,              3, "magic is not BBP1")                       \
	X(BB_ERR_KIND,               4, "unknown packet kind")                     \
	X(BB_ERR_RECORDS,            5, "record count not allowed for this kind")  \
	X(BB_ERR_RESERVED,           6, "reserved bytes are not zero")             \
	X(BB_ERR_VENUE,              7, "packet is meant for another venue")       \
	X(BB_ERR_PARTICIPANT,        8, "unknown participant")                     \
	X(BB_ERR_SUSPENDED,          9, "participant is not active")               \
	X(BB_ERR_ROLE,              10, "participant may not send this")           \
	X(BB_ERR_SEQUENCE_OLD,      11, "sequence lies below the window")          \
	X(BB_ERR_DUPLICATE,         12, "sequence was seen before")                \
	X(BB_ERR_MAC,               13, "MAC does not match")                      \
	X(BB_ERR_RATE,              14, "over the participant's rate limit")       \
	X(BB_ERR_SIGNATURE,         15, "signature does not match")                \
	X(BB_ERR_BUSY,              16, "appliance is busy; send again")           \
	/* the market: packets */                                                  \
	X(BB_ERR_EXPIRED,           17, "sequenced after not_after")               \
	X(BB_ERR_HALTED,            18, "market is halted; only cancels pass")     \
	X(BB_ERR_RECORD,            19, "record is malformed")                     \
	/* the market: orders */                                                   \
	X(BB_ERR_PRODUCT,           20, "unknown product")                         \
	X(BB_ERR_PRICE,             21, "price outside the product's band")        \
	X(BB_ERR_TICK,              22, "price is not a multiple of the tick")     \
	X(BB_ERR_QUANTITY,          23, "quantity is zero or above the limit")     \
	X(BB_ERR_LOT,               24, "quantity is not a multiple of the lot")   \
	X(BB_ERR_ORDER_EXISTS,      25, "order id is live already")                \
	X(BB_ERR_ORDER_UNKNOWN,     26, "no live order has this id")               \
	X(BB_ERR_ORDERS,            27, "participant has too many live orders")    \
	X(BB_ERR_BOOK_FULL,         28, "no room for another resting order")       \
	X(BB_ERR_SELF_TRADE,        29, "would trade with an own order")           \
	X(BB_ERR_POSITION,          30, "over the position limit")                 \
	X(BB_ERR_UNSUPPORTED,       31, "order type is not offered")               \
	/* the market: operator */                                                 \
	X(BB_ERR_PARTICIPANT_EXISTS, 32, "participant id or key is taken")         \
	X(BB_ERR_KEY,               33, "public key is not acceptable")            \
	X(BB_ERR_PRODUCT_EXISTS,    34, "product exists already")                  \
	X(BB_ERR_BAND,              35, "band, tick or lot is not acceptable")     \
	X(BB_ERR_FULL,              36, "venue has no room for another one")       \
	/* the market: calendar, accounts, delivery */                             \
	X(BB_ERR_STATE,             64, "not in this state of the product")        \
	X(BB_ERR_ESCROW,            65, "account does not cover it")               \
	X(BB_ERR_KILLED,            66, "killed: no new orders until re-armed")    \
	X(BB_ERR_UNFILLED,          67, "cannot be filled as a whole")             \
	X(BB_ERR_BASKET,            68, "basket is not complete or not possible")  \
	X(BB_ERR_EXPIRY,            69, "expiry has passed or lies beyond the gate") \
	X(BB_ERR_PARAM,             70, "parameter out of range")                  \
	X(BB_ERR_LINE,              71, "no such line, zone or delivery interval") \
	X(BB_ERR_METERED,           72, "reading is there already")                \
	X(BB_ERR_METER,             73, "not this participant's meter")            \
	X(BB_ERR_DYNAMIC_BAND,      74, "outside the dynamic price band")          \
	X(BB_ERR_BALANCE,           75, "amount is zero, or more than is free")    \
	/* why an order left the book */                                           \
	X(BB_BY_PARTICIPANT,        40, "cancelled by its participant")            \
	X(BB_BY_IOC,                41, "rest of an immediate-or-cancel order")    \
	X(BB_BY_REVOKE,             42, "cancelled because its owner was revoked") \
	X(BB_BY_FOK,                43, "could not be filled as a whole")          \
	X(BB_BY_EXPIRY,             44, "good till a time that has come")          \
	X(BB_BY_CLOSURE,            45, "gate closure of its product")             \
	X(BB_BY_KILL,               46, "kill switch")                             \
	X(BB_BY_SILENCE,            47, "nothing heard from its participant")      \
	X(BB_BY_TICK,               48, "its time has come")                       \
	X(BB_BY_BREAKER,            49, "price left the dynamic band")             \
	X(BB_BY_SUBSTITUTE,         76, "no reading came: substituted by the rule") \
	X(BB_BY_REVERSAL,           77, "takes back what was posted before")       \
	X(BB_BY_OPERATOR,           78, "by the operator")                         \
	X(BB_BY_CLEARING,           79, "no certified result in time")             \
	/* files */                                                                \
	X(BB_ERR_IO,                50, "read, write or flush failed")             \
	X(BB_ERR_TRUNCATED,         51, "file ends too early")                     \
	X(BB_ERR_FORMAT,            52, "not in the expected format")              \
	X(BB_ERR_HASH,              53, "hash does not match")                     \
	X(BB_ERR_CHAIN,             54, "does not continue the chain")             \
	X(BB_ERR_BLOCK_SIGNATURE,   55, "block signature does not match")          \
	X(BB_ERR_CORRUPT,           56, "durable block is damaged")                \
	X(BB_ERR_REPLAY,            57, "replay decided otherwise")                \
	X(BB_ERR_NOT_FOUND,         58, "does not exist")                          \
	X(BB_ERR_EXISTS,            59, "exists already")                          \
	X(BB_ERR_LOCKED,            60, "another process holds the folder")        \
	X(BB_ERR_NO_SPACE,          61, "no space left")                           \
	X(BB_ERR_PERMISSION,        62, "permission denied")                       \
	X(BB_ERR_MODE,              63, "secret file can be read by others")       \
	X(BB_ERR_FILESYSTEM,        80, "file system cannot keep this promise")

enum bb_result {
#define X(name, number, meaning) name = number,
	BB_RESULT_LIST(X)
#undef X
};

#define BB_RESULT_COUNT 128 /* above the highest number: sizes of tables */

/* bb_result_name returns "ERR_MAC" for BB_ERR_MAC, and "UNKNOWN" for a number
 * that is not in the list.  bb_result_text returns what it means. */
const char *bb_result_name(enum bb_result result);
const char *bb_result_text(enum bb_result result);

#endif
