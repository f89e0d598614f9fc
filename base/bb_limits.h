/* bb_limits - every bound of busbar, in one place, each with its reason.
 *
 * Sizes that an operator may choose (how many participants, products, orders)
 * are in struct bb_market_size: they decide what is refused, so they are fixed
 * at genesis and lie in the ledger.  The bounds here are the ceilings of those.
 */
#ifndef BB_LIMITS_H
#define BB_LIMITS_H

#include <stdint.h>

/* Records a packet: the most that fit an Ethernet MTU of 1,500 with IPv4; over IPv6, whose
 * header is 20 B longer, 41 fit. */
#define BB_RECORDS_MAX 42u

/* Participants: ids are 1..BB_PARTICIPANTS_MAX and index tables directly. */
#define BB_PARTICIPANTS_MAX 131072u

/* Products: a fortnight of quarter-hours is 1,344; three zones of that. */
#define BB_PRODUCTS_MAX 4096u

/* Zones of the calendar and lines between them, as the grid company numbers these: a node
 * each, and as many nodes again where energy sources divide a zone (market/bb_clearing.h). */
#define BB_VENUE_ZONES 32u
#define BB_VENUE_LINES 64u

/* Wh that one participant may have contracted or offered in one delivery interval of the
 * calendar, each way, and that a meter may report: 2^37, more than all Europe uses in a
 * quarter-hour.  A deviation is below 2^39 then, and every amount of a settlement below 2^63
 * at any price. */
#define BB_POSITION_WH_MAX (UINT64_C(1) << 37)

/* Wh that count for one participant until the next rebate of what penalties collected: more than
 * Italy uses in a month, and the sum over all participants stays below 2^63. */
#define BB_REBATE_WH_MAX (UINT64_C(1) << 45)

_Static_assert(BB_REBATE_WH_MAX <= (UINT64_C(1) << 62) / BB_PARTICIPANTS_MAX, "sums fit");

/* Resting orders in all products: 32-bit links have room for far more, but a
 * block must hold every fill that one packet can cause (BB_BLOCK_SIZE_MAX). */
#define BB_ORDERS_MAX (1u << 20)

/* Price steps of one product: 64 x 64 x 64, three levels of bitmap. */
#define BB_LEVELS_MAX (1u << 18)

/* Places for live orders, all participants together, each table rounded up to a power of two
 * (market/bb_ids.h); and positions of participants in products. */
#define BB_PLACES_MAX    (1u << 26)
#define BB_POSITIONS_MAX (1u << 24)

/* |price| in nano-currency per Wh, and Wh an order: price x quantity stays
 * below 4.3e16 and sums of 200 of them below 2^63. */
#define BB_PRICE_MAX    INT32_C(10000000)
#define BB_QUANTITY_MAX UINT32_C(4000000000)

/* Sequences remembered a participant: a sender may have this many packets
 * under way, and a duplicate within it is answered again. */
#define BB_WINDOW 1024u

/* Ingest lcores: one ring to the matcher each, plus the control lane. */
#define BB_INGEST_MAX 16u
#define BB_LANES_MAX  (BB_INGEST_MAX + 1u)
#define BB_PORTS_MAX  8u

/* Packets or values moved by one poll of a duty. */
#define BB_BURST 32u

/* Events given from market to ledger in one slice of a step. */
#define BB_SLICE_EVENTS 256u

/* Events of one input: a packet may fill every resting order and gets an answer a
 * record; an auction tells three about each order, and some about prices and lines; orders that
 * meet over lines tell as many, and an iceberg each of its clips. */
#define BB_INPUT_EVENTS_CEILING (7u * (BB_ORDERS_MAX / 2u) + (1u << 18))

/* A block closes at a chosen size of at most BB_BLOCK_CLOSE_MAX, but holds all of its
 * last input: 64 B an event, plus head, tail and padding. */
#define BB_BLOCK_CLOSE_MAX (1u << 20)
#define BB_BLOCK_SIZE_MAX  ((BB_INPUT_EVENTS_CEILING + 96u) * 64u + BB_BLOCK_CLOSE_MAX)

/* A segment holds at least one such block; 1 GiB keeps a mapping handy. */
#define BB_SEGMENT_SIZE_DEFAULT (UINT64_C(256) << 20)
#define BB_SEGMENT_SIZE_MIN     (UINT64_C(1) << 20)
#define BB_SEGMENT_SIZE_MAX     (UINT64_C(1) << 30)

#endif
