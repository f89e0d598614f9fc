/* bb_packet - the bid packet: what participants send, whatever their role.
 *
 * Little-endian, naturally aligned, one packet a UDP datagram:
 *
 *	 0  4  magic "BBP1"
 *	 4  1  kind: 1 bids, 2 meter readings, 3 query, 4 operator or grid
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
 *	12  1  action: 1 new, 2 cancel, 3 replace, 4 cancel product, 5 cancel all, 6 quote,
 *	       7 cancel side, 8 kill, 9 silence, 10 dispute
 *	13  1  side: 0 buy, 1 sell
 *	14  1  type: 0 limit GTC, 1 IOC, 2 FOK, 3 AON, 4 GTD, 5 iceberg, 6 market to limit,
 *	       7 leg of a basket
 *	15  1  energy source
 *	16  4  price, signed, nano-currency per Wh
 *	20  4  quantity, Wh; seconds (silence)
 *	24  4  by type: shown quantity (iceberg), Unix time (GTD), legs that follow (basket)
 *	28  2  accepted sources     30  2  preferred sources
 *
 * Meter record, 32 B (kind 2):
 *
 *	 0  8  net injection, signed, Wh      8  4  participant     12  4  product
 *	16  1  quality: 0 measured, 1 estimated     17  1  correction: 0 or 1
 *	18 14  zero
 *
 * Records of kind 4: bb_operation.h.
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
#include "wire/bb_operation.h"
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
	BB_WIRE_QUOTE = 6,
	BB_WIRE_CANCEL_SIDE = 7,
	BB_WIRE_KILL = 8,
	BB_WIRE_SILENCE = 9,
	BB_WIRE_DISPUTE = 10,
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
	uint32_t shown_wh; /* or expiry, or legs that follow: by type */
	uint16_t accept_sources;
	uint16_t prefer_sources;
};

/* A meter record; any participant and product can come in. */
struct bb_wire_meter {
	int64_t injected_wh;
	uint32_t participant;
	uint32_t product;
	uint8_t quality;
	uint8_t correction;
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

/* bb_packet_meter reads the index-th record of a decoded kind 2 packet: BB_ERR_RECORD if
 * reserved bytes are not zero, or quality or correction is above 1. */
enum bb_result bb_packet_meter(const uint8_t *bytes, uint32_t index,
			       struct bb_wire_meter *meter);

/* bb_packet_operation reads the records of a decoded kind 4 packet: BB_ERR_RECORD if they
 * are no operation of exactly these records. */
enum bb_result bb_packet_operation(const uint8_t *bytes, uint32_t record_count,
				   struct bb_wire_operation *operation);

/* bb_packet_encode_* write a whole packet, signed and MAC'd, into bytes, which has room
 * for BB_PACKET_SIZE_MAX.  kind and record_count are set by the function called. They
 * return its size.  order_count and meter_count are 1..BB_RECORDS_MAX; an operation is one
 * that exists. */
size_t bb_packet_encode_orders(uint8_t *bytes, const struct bb_packet *header,
			       const struct bb_wire_order *orders, uint32_t order_count,
			       const struct bb_identity *identity,
			       const uint8_t mac_key[BB_MAC_KEY_SIZE]);
size_t bb_packet_encode_meters(uint8_t *bytes, const struct bb_packet *header,
			       const struct bb_wire_meter *meters, uint32_t meter_count,
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
