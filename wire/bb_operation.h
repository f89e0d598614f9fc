/* bb_operation - the records of a kind 4 packet: what operator and grid company ask for.
 *
 * One operation a packet, in one record of 32 B or two.  Byte 0 is the operation; all
 * bytes that are not named are zero:
 *
 *	op  name            records  offset size field
 *	 1  member add         2     1 1 zone, 2 2 roles, 4 4 participant, 8 4 orders_max,
 *	                             12 4 packets_per_s, 16 4 burst, 32 32 public key
 *	 2  member revoke      1     4 4 participant
 *	 3  product add        1     4 4 product, 8 4 price_min, 12 4 price_max, 16 4 tick,
 *	                             20 4 lot, 24 4 quantity_max
 *	 4  halt               1
 *	 5  resume             1
 *	 6  param              2     2 2 group, 4 48 twelve values of 4, signed
 *	 7  member set         1     1 1 source, 2 2 feeder, 4 4 participant, 8 4 cap_in,
 *	                             12 4 cap_out, 16 4 metered_by, 20 4 order_max,
 *	                             24 4 reputation_min, 28 1 escrow: 0 or 1
 *	 8  member kill        1     4 4 participant
 *	 9  member arm         1     4 4 participant
 *	10  transfer           1     4 4 participant, 8 8 amount, signed
 *	11  product halt       1     4 4 product
 *	12  product resume     1     4 4 product
 *	13  ruling             1     1 1 uphold: 0 or 1, 4 4 product
 *	14  line               1     1 1 line, 2 1 from zone, 3 1 to zone, 4 4 first quarter,
 *	                             8 2 quarters, 12 4 capacity, 16 4 capacity back,
 *	                             20 4 fee, signed
 *	15  imbalance          1     4 4 first quarter, 8 4 quarters, 12 4 price_long,
 *	                             16 4 price_short, 20 4 price_reference, signed
 *	16  restrict           1     4 4 participant, 8 4 product, 12 4 quantity
 *	17  tariff             1     1 1 zone, 4 4 first quarter, 8 4 quarters, 12 4 injection,
 *	                             16 4 use, signed
 *
 * Units    Wh; nano-currency per Wh; nano-currency (amount); quarters since 1970.
 * Memory   Copies out and in; nothing is kept.
 * Threads  None of its own.
 * Errors   BB_ERR_RECORD: no operation of exactly these records.
 * Replay   Pure.
 */
#ifndef BB_OPERATION_H
#define BB_OPERATION_H

#include <stdint.h>

#include "base/bb_result.h"
#include "wire/bb_sign.h"

#define BB_OPERATION_SIZE_MAX 64u /* two records */
#define BB_WIRE_PARAM_VALUES  12u

enum bb_wire_op {
	BB_WIRE_MEMBER_ADD = 1,
	BB_WIRE_MEMBER_REVOKE = 2,
	BB_WIRE_PRODUCT_ADD = 3,
	BB_WIRE_HALT = 4,
	BB_WIRE_RESUME = 5,
	BB_WIRE_PARAM = 6,
	BB_WIRE_MEMBER_SET = 7,
	BB_WIRE_MEMBER_KILL = 8,
	BB_WIRE_MEMBER_ARM = 9,
	BB_WIRE_TRANSFER = 10,
	BB_WIRE_PRODUCT_HALT = 11,
	BB_WIRE_PRODUCT_RESUME = 12,
	BB_WIRE_RULING = 13,
	BB_WIRE_LINE = 14,
	BB_WIRE_IMBALANCE = 15,
	BB_WIRE_RESTRICT = 16,
	BB_WIRE_TARIFF = 17,
	BB_WIRE_OPS
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

struct bb_wire_param {
	uint16_t group;
	int32_t values[BB_WIRE_PARAM_VALUES];
};

struct bb_wire_attributes {
	uint32_t participant;
	uint32_t cap_in_wh;
	uint32_t cap_out_wh;
	uint32_t metered_by;
	uint32_t order_wh_max;
	uint32_t reputation_min;
	uint16_t feeder;
	uint8_t source;
	uint8_t escrow;
};

struct bb_wire_transfer {
	int64_t amount;
	uint32_t participant;
};

struct bb_wire_ruling {
	uint32_t product;
	uint8_t uphold;
};

struct bb_wire_line {
	uint32_t first_quarter;
	uint32_t capacity_wh;
	uint32_t capacity_reverse_wh;
	int32_t fee;
	uint16_t quarters;
	uint8_t line;
	uint8_t from_zone;
	uint8_t to_zone;
};

struct bb_wire_imbalance {
	uint32_t first_quarter;
	uint32_t quarters;
	int32_t price_long;
	int32_t price_short;
	int32_t price_reference;
};

struct bb_wire_restrict {
	uint32_t participant;
	uint32_t product;
	uint32_t quantity_wh;
};

struct bb_wire_tariff {
	uint32_t first_quarter;
	uint32_t quarters;
	int32_t injection;
	int32_t use;
	uint8_t zone;
};

struct bb_wire_operation {
	uint8_t op; /* enum bb_wire_op */
	union {
		struct bb_wire_member member; /* revoke, kill, arm: participant alone */
		struct bb_wire_product product; /* halt, resume: product alone */
		struct bb_wire_param param;
		struct bb_wire_attributes attributes;
		struct bb_wire_transfer transfer;
		struct bb_wire_ruling ruling;
		struct bb_wire_line line;
		struct bb_wire_imbalance imbalance;
		struct bb_wire_restrict restrict_;
		struct bb_wire_tariff tariff;
	};
};

/* bb_operation_records returns how many records an operation has: 0 if there is none of
 * this number. */
uint32_t bb_operation_records(uint8_t op);

/* bb_operation_decode reads an operation from record_count records; what does not belong to
 * it is zero in *operation. */
enum bb_result bb_operation_decode(const uint8_t *records, uint32_t record_count,
				   struct bb_wire_operation *operation);

/* bb_operation_encode writes the records of an operation that exists (BB_ASSERT), whose
 * flags are 0 or 1, and returns how many there are. */
uint32_t bb_operation_encode(uint8_t records[BB_OPERATION_SIZE_MAX],
			     const struct bb_wire_operation *operation);

#endif
