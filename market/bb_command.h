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
	BB_LIMIT_GTC,     /* good till cancelled or gate closure */
	BB_LIMIT_IOC,     /* immediate or cancel */
	BB_LIMIT_FOK,     /* all of it at once, or nothing */
	BB_LIMIT_AON,     /* as FOK: market/bb_type.h says why it does not rest */
	BB_LIMIT_GTD,     /* good till expires_s */
	BB_LIMIT_ICEBERG, /* rests with shown_wh at a time; each clip has a new time */
	BB_MARKET_LIMIT,  /* takes the best price of the other side as its limit */
	BB_BASKET_LEG,    /* one of several that trade all or none; legs_after follow it */
	BB_ORDER_TYPES
};

/* A day; the request behind BB_COMMAND_SILENCE. */
#define BB_SILENCE_S_MAX 86400u

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
	/* of traders, as order records; the first four of order where no more is said */
	BB_COMMAND_QUOTE,       /* order: as REPLACE if order_id is live, else as NEW */
	BB_COMMAND_CANCEL_SIDE, /* order.product, order.side */
	BB_COMMAND_KILL,        /* all own orders off, no new ones until re-armed */
	BB_COMMAND_SILENCE,     /* order.quantity_wh: seconds without a packet after which all
				 * own orders are taken off; 0: never */
	BB_COMMAND_DISPUTE,     /* order.product; order.order_id: first 8 bytes of the SHA-256 of
				 * the evidence */
	/* of the venue itself */
	BB_COMMAND_TICK, /* time has passed: what is due happens */
	/* of the operator */
	BB_COMMAND_PARAM,          /* param */
	BB_COMMAND_MEMBER_SET,     /* attributes */
	BB_COMMAND_MEMBER_KILL,    /* member.participant: as KILL */
	BB_COMMAND_MEMBER_ARM,     /* member.participant: may enter orders again */
	BB_COMMAND_TRANSFER,       /* transfer: money in or out */
	BB_COMMAND_PRODUCT_HALT,   /* product.product */
	BB_COMMAND_PRODUCT_RESUME, /* product.product: through a call auction */
	BB_COMMAND_RULING,         /* ruling: ends a dispute */
	/* of the grid company */
	BB_COMMAND_LINE,      /* line: capacity and fee between two zones */
	BB_COMMAND_IMBALANCE, /* imbalance: prices of a delivery interval */
	BB_COMMAND_TARIFF,    /* tariff: what contracts of a zone pay for its network */
	BB_COMMAND_RESTRICT,  /* restrict: curtailment that is nobody's fault */
	/* of meters */
	BB_COMMAND_METER, /* meter */
	BB_COMMAND_KINDS
};

struct bb_order_command {
	uint64_t order_id; /* the participant's own, unique among its live orders */
	uint32_t product;
	int32_t price;
	uint32_t quantity_wh;
	union { /* by type; 0 in all others */
		uint32_t shown_wh;   /* ICEBERG: a multiple of the lot */
		uint32_t expires_s;  /* GTD: Unix time */
		uint32_t legs_after; /* BASKET_LEG: legs of the same basket in the records behind */
	};
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

/* What the operator sets for delivery intervals that have not opened yet: groups of up to 12
 * values; bb_rules.h says what each means. */
#define BB_PARAM_VALUES 12u

struct bb_param_command {
	uint16_t group; /* enum bb_param_group */
	uint16_t reserved[3];
	int32_t values[BB_PARAM_VALUES];
};

struct bb_attributes_command {
	uint32_t participant;
	uint32_t cap_in_wh;  /* most net purchase of a product, open buys included; 0: no limit */
	uint32_t cap_out_wh; /* most net sale, open sells included; 0: no limit */
	uint32_t metered_by; /* participant whose readings count; 0: any of the meter role */
	uint32_t order_wh_max; /* largest order; 0: the product's */
	uint32_t reputation_min; /* ppm: of a counterparty in an auction's pairing */
	uint16_t feeder;     /* row of the loss table */
	uint8_t source;      /* what it produces, 0..15 */
	uint8_t escrow;      /* 1: orders and contracts must be covered by its account */
	uint8_t reserved[28];
};

struct bb_transfer_command {
	int64_t amount; /* nano-currency; above zero: into the participant's account */
	uint32_t participant; /* or a technical account, bb_accounts.h */
	uint32_t reserved[11];
};

struct bb_ruling_command {
	uint32_t product;
	uint8_t uphold; /* 1: readings may be corrected and the product is settled again */
	uint8_t reserved[51];
};

struct bb_line_command {
	uint32_t first_quarter; /* Unix time / 900 of the first delivery interval */
	uint16_t quarters;      /* so many from there on, at least 1 */
	uint8_t line;           /* 0..BB_VENUE_LINES - 1 */
	uint8_t from_zone;
	uint32_t capacity_wh; /* from -> to */
	uint32_t capacity_reverse_wh;
	int32_t fee; /* either way, not negative */
	uint8_t to_zone;
	uint8_t reserved[35];
};

struct bb_imbalance_command {
	uint32_t first_quarter;
	uint32_t quarters;
	int32_t price_long;      /* the grid pays for a surplus */
	int32_t price_short;     /* and takes for a deficit */
	int32_t price_reference; /* of penalties */
	uint32_t reserved[9];
};

struct bb_tariff_command {
	uint32_t first_quarter; /* as of a line */
	uint32_t quarters;
	int32_t injection; /* a seller pays for each Wh, not negative */
	int32_t use;       /* and a buyer */
	uint8_t zone;
	uint8_t reserved[39];
};

struct bb_restrict_command {
	uint32_t participant;
	uint32_t product;
	uint32_t quantity_wh; /* of its contracts that it could not serve through no fault */
	uint32_t reserved[11];
};

struct bb_meter_command {
	int64_t injected_wh; /* net, in the delivery interval; drawn is negative */
	uint32_t participant; /* who was metered */
	uint32_t product;
	uint8_t quality; /* 0: measured; 1: estimated by the meter operator */
	uint8_t correction; /* 1: replaces an earlier reading */
	uint8_t reserved[38];
};

struct bb_command {
	uint32_t participant; /* who asks */
	uint8_t kind;         /* enum bb_command_kind */
	uint8_t reserved[3];
	union {
		struct bb_order_command order;
		struct bb_member_command member;
		struct bb_product_command product;
		struct bb_param_command param;
		struct bb_attributes_command attributes;
		struct bb_transfer_command transfer;
		struct bb_ruling_command ruling;
		struct bb_line_command line;
		struct bb_imbalance_command imbalance;
		struct bb_tariff_command tariff;
		struct bb_restrict_command restrict_;
		struct bb_meter_command meter;
	};
};

_Static_assert(sizeof(struct bb_command) == 64, "one cache line");

#endif
