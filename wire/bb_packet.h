/* bb_packet - the bid packet: what participants and the operator send.
 *
 * Little-endian, naturally aligned, one packet a UDP datagram:
 *
 *	 0  4  magic "BBP1"
 *	 4  1  kind: 1 bids, 2 meter readings, 3 query, 4 operator
 *	 5  1  records, 1..42 (0 for a query)
 *	 6  2  zero
 *	 8  4  participant
 *	12  4  venue: first 4 bytes of the ledger id, as a little-endian number
 *	16  8  sequence, from 1, each packet another
 *	24  8  not_after_ns, UTC; 0 = no limit
 *	32  32 x records
 *	 .. 64 Ed25519 signature over all before it
 *	 .. 16 MAC over all before it; not kept in the ledger
 *
 * Order record, 32 B (kind 1):
 *
 *	 0  8  order id
 *	 8  4  product: delivery zone << 24 | Unix time of delivery start / 900
 *	12  1  action: 1 new, 2 cancel, 3 replace, 4 cancel product, 5 cancel all
 *	13  1  side: 0 buy, 1 sell
 *	14  1  type: 0 limit GTC, 1 limit IOC
 *	15  1  energy source
 *	16  4  price, signed, nano-currency per Wh
 *	20  4  quantity, Wh
 *	24  4  shown or minimum quantity
 *	28  2  accepted sources     30  2  preferred sources
 *
 * Operator records, 32 B each (kind 4); one operation a packet, its records in order:
 *
 *	member add       0 1 op 1, 1 1 zone, 2 2 roles, 4 4 participant, 8 4 orders_max,
 *	                 12 4 packets_per_s, 16 4 burst, 20 12 zero; then 32 B public key
 *	member revoke    0 1 op 2, 1 3 zero, 4 4 participant, 8 24 zero
 *	product add      0 1 op 3, 1 3 zero, 4 4 product, 8 4 price_min, 12 4 price_max,
 *	                 16 4 tick, 20 4 lot, 24 4 quantity_max, 28 4 zero
 *	halt             0 1 op 4, 1 31 zero
 *	resume           0 1 op 5, 1 31 zero
 *
 * Units    as in the tables.
 * Memory   Decoding copies out; nothing is kept.
 * Threads  None of its own.
 * Errors   The first check that fails names the reason: LENGTH, MAGIC, KIND, RECORDS,
 *          RESERVED, in this order.
 * Replay   Pure.
 */
#ifndef BB_PACKET_H
#define BB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_limits.h"
#include "base/bb_result.h"
#include "wire/bb_sign.h"

#define BB_PACKET_HEADER_SIZE 32u
#define BB_PACKET_RECORD_SIZE 32u
#define BB_PACKET_SIZE_MIN    (BB_PACKET_HEADER_SIZE + BB_SIGNATURE_SIZE + BB_MAC_SIZE)
#define BB_PACKET_SIZE_MAX    (BB_PACKET_SIZE_MIN + BB_RECORDS_MAX * BB_PACKET_RECORD_SIZE)

enum bb_packet_kind {
	BB_PACKET_BIDS = 1,
	BB_PACKET_METER = 2,
	BB_PACKET_QUERY = 3,
	BB_PACKET_OPERATOR = 4,
};

enum bb_wire_action {
	BB_WIRE_NEW = 1,
	BB_WIRE_CANCEL = 2,
	BB_WIRE_REPLACE = 3,
	BB_WIRE_CANCEL_PRODUCT = 4,
	BB_WIRE_CANCEL_ALL = 5,
};

enum bb_wire_op {
	BB_WIRE_MEMBER_ADD = 1,
	BB_WIRE_MEMBER_REVOKE = 2,
	BB_WIRE_PRODUCT_ADD = 3,
	BB_WIRE_HALT = 4,
	BB_WIRE_RESUME = 5,
};

struct bb_packet {
	uint8_t kind;
	uint8_t record_count;
	uint32_t participant;
	uint32_t venue;
	uint64_t sequence;
	uint64_t not_after_ns;
};

/* An order record, field for field; any value can come in. */
struct bb_wire_order {
	uint64_t order_id;
	uint32_t product;
	uint8_t action;
	uint8_t side;
	uint8_t type;
	uint8_t source;
	int32_t price;
	uint32_t quantity_wh;
	uint32_t shown_wh;
	uint16_t accept_sources;
	uint16_t prefer_sources;
};

struct bb_wire_member {
	uint32_t participant;
	uint32_t orders_max;
	uint32_t packets_per_s;
	uint32_t burst;
	uint16_t roles;
	uint8_t zone;
	uint8_t key[BB_KEY_SIZE];
};

struct bb_wire_product {
	uint32_t product;
	int32_t price_min;
	int32_t price_max;
	uint32_t tick;
	uint32_t lot_wh;
	uint32_t quantity_max_wh;
};

struct bb_wire_operation {
	uint8_t op;
	union {
		struct bb_wire_member member; /* revoke: participant alone */
		struct bb_wire_product product;
	};
};

/* bb_packet_venue returns the venue field for a ledger id. */
uint32_t bb_packet_venue(const uint8_t ledger_id[32]);

static inline size_t
bb_packet_size(uint32_t record_count)
{
	return BB_PACKET_SIZE_MIN + (size_t)record_count * BB_PACKET_RECORD_SIZE;
}

/* bb_packet_decode reads the header of a whole packet, MAC included. */
enum bb_result bb_packet_decode(const uint8_t *bytes, size_t size, struct bb_packet *packet);

/* bb_packet_decode_input is the same for a packet as the ledger keeps it: without MAC. */
enum bb_result bb_packet_decode_input(const uint8_t *bytes, size_t size,
				      struct bb_packet *packet);

/* bb_packet_order reads the index-th record of a decoded kind 1 packet. */
void bb_packet_order(const uint8_t *bytes, uint32_t index, struct bb_wire_order *order);

/* bb_packet_operation reads the records of a decoded kind 4 packet: BB_ERR_RECORD if they
 * are no operation of exactly these records. */
enum bb_result bb_packet_operation(const uint8_t *bytes, uint32_t record_count,
				   struct bb_wire_operation *operation);

/* bb_packet_encode_* write a whole packet, signed and MAC'd, into bytes, which has room
 * for BB_PACKET_SIZE_MAX.  kind and record_count are set by the function called. They
 * return its size.  order_count is 1..BB_RECORDS_MAX. */
size_t bb_packet_encode_orders(uint8_t *bytes, const struct bb_packet *header,
			       const struct bb_wire_order *orders, uint32_t order_count,
			       const struct bb_identity *identity,
			       const uint8_t mac_key[BB_MAC_KEY_SIZE]);
size_t bb_packet_encode_operation(uint8_t *bytes, const struct bb_packet *header,
				  const struct bb_wire_operation *operation,
				  const struct bb_identity *identity,
				  const uint8_t mac_key[BB_MAC_KEY_SIZE]);
size_t bb_packet_encode_query(uint8_t *bytes, const struct bb_packet *header,
			      const struct bb_identity *identity,
			      const uint8_t mac_key[BB_MAC_KEY_SIZE]);

#endif
