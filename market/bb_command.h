/* bb_command - one thing that a participant or the operator asks of the market.
 *
 * A record of a signed packet becomes one command (codec/bb_inputs.c), checked
 * for form only: whether it makes sense is the market's to judge.
 *
 * Units    price: nano-currency per Wh (0.001 currency units per MWh), signed.
 *          quantity: Wh in the delivery interval.
 * Memory   A value of one cache line.
 * Replay   Unused bytes are zero, so that equal commands are equal bytes.
 */
#ifndef BB_COMMAND_H
#define BB_COMMAND_H

#include <stdint.h>

#include "base/bb_limits.h"

enum bb_side { BB_BUY, BB_SELL };

enum bb_order_type {
	BB_LIMIT_GTC, /* good till cancelled or gate closure */
	BB_LIMIT_IOC, /* immediate or cancel */
	BB_ORDER_TYPES
};

/* Bits of what a participant may do. */
enum bb_role {
	BB_ROLE_TRADER = 1 << 0,
	BB_ROLE_METER = 1 << 1,
	BB_ROLE_GRID = 1 << 2,
	BB_ROLE_OPERATOR = 1 << 3,
	BB_ROLE_ALL = (1 << 4) - 1,
};

enum bb_command_kind {
	BB_COMMAND_MALFORMED, /* a record whose form was wrong: refused by the market */
	BB_COMMAND_NEW,
	BB_COMMAND_CANCEL,         /* order.order_id */
	BB_COMMAND_REPLACE,        /* order.order_id: new price and quantity */
	BB_COMMAND_CANCEL_PRODUCT, /* order.product */
	BB_COMMAND_CANCEL_ALL,
	BB_COMMAND_MEMBER_ADD,    /* member */
	BB_COMMAND_MEMBER_REVOKE, /* member.participant */
	BB_COMMAND_PRODUCT_ADD,   /* product */
	BB_COMMAND_HALT,
	BB_COMMAND_RESUME,
	BB_COMMAND_KINDS
};

struct bb_order_command {
	uint64_t order_id; /* the participant's own, unique among its live orders */
	uint32_t product;
	int32_t price;
	uint32_t quantity_wh;
	uint32_t shown_wh;
	uint16_t accept_sources; /* bits */
	uint16_t prefer_sources;
	uint8_t side; /* enum bb_side */
	uint8_t type; /* enum bb_order_type */
	uint8_t source;
	uint8_t reserved[5];
};

struct bb_member_command {
	uint8_t key[32]; /* Ed25519 public key */
	uint32_t participant;
	uint32_t orders_max;      /* live orders */
	uint32_t packets_per_s;   /* for the gate; 0 = no limit */
	uint32_t burst;           /* packets that may come at once */
	uint16_t roles;           /* bits of enum bb_role */
	uint8_t zone;
	uint8_t reserved[5];
};

struct bb_product_command {
	uint32_t product; /* delivery zone << 24 | Unix time of delivery start / 900 */
	int32_t price_min;
	int32_t price_max;
	uint32_t tick;   /* prices are multiples of it */
	uint32_t lot_wh; /* quantities are multiples of it */
	uint32_t quantity_max_wh;
	uint8_t reserved[32];
};

struct bb_command {
	uint32_t participant; /* who asks */
	uint8_t kind;         /* enum bb_command_kind */
	uint8_t reserved[3];
	union {
		struct bb_order_command order;
		struct bb_member_command member;
		struct bb_product_command product;
	};
};

_Static_assert(sizeof(struct bb_command) == 64, "one cache line");

#endif
