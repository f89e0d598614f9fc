#include "tests/market/market_bytes.h"

#include <string.h>

#include "base/bb_bytes.h"

#define SECOND_NS UINT64_C(1000000000)
#define BASKET    BB_COMMAND_KINDS /* stands for several commands */

/* Products that the driver knows how to add; the last is unknown to every venue. */
static const struct bb_product_command known_products[] = {
	{ 11, -50, 50, 5, 10, 1000, { 0 } },
	{ 12, 0, 6, 1, 1, 100, { 0 } },
	{ 13, -2000, 3000, 1, 1, 100, { 0 } }, /* 5001 steps: all three words */
	{ 14, -BB_PRICE_MAX, BB_PRICE_MAX, 1000000, 1000000000, BB_QUANTITY_MAX, { 0 } },
	{ 15, 35, 35, 7, 2, 20, { 0 } }, /* one price alone */
	{ 16, 1, 0, 1, 1, 1, { 0 } },
};

#define KNOWN_PRODUCTS ((uint32_t)(sizeof(known_products) / sizeof(known_products[0])))

const struct venue bytes_venues[BYTES_VENUES] = {
	{ { .participants = 12, .products = 4, .orders = 12, .levels = 130, .places = 64,
	    .positions = 6 }, 5, 12, 4, 2, 6, false, 3, 1500, 0 },
	{ { .participants = 5, .products = 5, .orders = 400, .levels = 5100, .places = 2048,
	    .positions = 25 }, 300, 64, 3, 4, 32, false, 4, 7000, 0 },
	{ { .participants = 5, .products = 4, .orders = 500, .levels = 100, .places = 2048,
	    .positions = 20 }, 400, 4096, 2, 4, 8, true, 0, 0, 0 },
	{ { .participants = 8, .products = 4, .orders = 200, .levels = 5100, .places = 2048,
	    .positions = 13 }, 60, 64, 5, 3, 48, false, 6, 6000, 1 },
};

/* A type beyond limit orders: most times within two seconds, and clips of some of it. */
static void
fill_type(struct bb_order_command *order, const struct bb_product_command *terms,
	  const uint8_t *bytes, uint64_t time_ns)
{
	order->type = BB_LIMIT_FOK + bytes[7] % (BB_ORDER_TYPES - BB_LIMIT_FOK);
	if (order->type == BB_LIMIT_GTD)
		order->expires_s = (uint32_t)(time_ns / SECOND_NS) + (bytes[6] & 3);
	if (order->type == BB_LIMIT_ICEBERG)
		order->shown_wh = (bytes[6] % 4u + (bytes[6] < 250)) * terms->lot_wh +
				  (bytes[6] >= 253);
}

static void
fill_order(struct bb_order_command *order, const struct venue *venue,
	   const struct bb_product_command *terms, const uint8_t *bytes)
{
	const int32_t middle = terms->price_min / 2 + terms->price_max / 2;
	const int32_t tick = (int32_t)terms->tick;

	order->order_id = (bytes[2] + 256u * bytes[6]) % venue->order_ids;
	order->product = terms->product;
	order->side = bytes[3] >> 7;
	order->type = (bytes[3] >> 5 & 3) == 3 ? BB_LIMIT_IOC : BB_LIMIT_GTC;
	if (bytes[4] < 240) /* around the middle, where orders meet */
		order->price =
			(middle / tick + bytes[4] % venue->spread - venue->spread / 2) * tick;
	else if (bytes[4] < 248)
		order->price = terms->price_min + (bytes[4] - 244) * tick;
	else
		order->price = terms->price_max + (bytes[4] - 252) * tick;
	order->quantity_wh = (1 + bytes[5] % 16) * terms->lot_wh;
	if (bytes[5] >= 240) /* spoilt, or as large as can be */
		order->quantity_wh = bytes[5] & 1 ? terms->quantity_max_wh : bytes[6] + 1u;
	if (venue->extremes && bytes[4] >= 16) {
		order->side = BB_BUY;
		order->price = terms->price_max;
		order->quantity_wh = terms->quantity_max_wh;
	}
	if (bytes[7] == 255)
		order->price += bytes[6];
	else if (bytes[7] == 254)
		order->reserved[bytes[6] % 5] = bytes[6];
	else if (bytes[7] == 253)
		order->side = order->type = bytes[6];
	else if (bytes[7] == 252)
		order->shown_wh = bytes[6];
}

/* Most ask for none: whose orders leave all the time trades little. */
static void
fill_silence(struct bb_order_command *order, const uint8_t *bytes)
{
	order->quantity_wh = bytes[5] % 16 < 4 ? 1 + bytes[5] % 4u : 0;
	if (bytes[5] >= 250)
		order->quantity_wh = BB_SILENCE_S_MAX + bytes[5] % 2u;
}

static const struct bb_product_command *
terms_of(const struct venue *venue, const uint8_t *bytes)
{
	if (venue->extremes)
		return &known_products[3];
	return bytes[3] % 32 == 31 ? &known_products[KNOWN_PRODUCTS - 1]
				   : &known_products[bytes[3] % venue->products];
}

static void
fill_any_order(struct bb_order_command *order, const struct venue *venue, const uint8_t *bytes,
	       uint64_t time_ns)
{
	const struct bb_product_command *terms = terms_of(venue, bytes);

	fill_order(order, venue, terms, bytes);
	if (bytes[7] >= 160 && bytes[7] < 250 && !venue->extremes)
		fill_type(order, terms, bytes, time_ns);
}

static void
fill_member(struct bb_member_command *member, const struct venue *venue, const uint8_t *bytes)
{
	member->participant = bytes[2] % (venue->size.participants + 2);
	member->orders_max = venue->orders_max;
	member->roles = bytes[3] < 200 ? BB_ROLE_TRADER : bytes[3] / 8u;
	member->zone = bytes[4];
	member->key[0] = bytes[5] < 250 ? (uint8_t)(16 * member->participant + 1) : bytes[5];
	if (bytes[6] >= 200) {
		memset(member->key, bytes[6] & 1 ? 0xff : 0, sizeof(member->key));
		member->key[0] &= bytes[5] | 0xe0;
		member->key[31] &= bytes[6] & 2 ? 0xff : 0x7f;
	}
	member->reserved[0] = bytes[7] == 255;
}

static bool
is_order(const struct bb_command *command)
{
	return (command->kind >= BB_COMMAND_NEW && command->kind <= BB_COMMAND_CANCEL_ALL) ||
	       (command->kind >= BB_COMMAND_QUOTE && command->kind <= BB_COMMAND_SILENCE);
}

static struct bb_command
decode(const struct venue *venue, const uint8_t *bytes, uint64_t time_ns)
{
	/* Operator's commands are rare, but for those that keep a venue going. */
	static const uint8_t kinds[64] = {
		[0] = BB_COMMAND_MALFORMED, [1 ... 33] = BB_COMMAND_NEW,
		[34] = BB_COMMAND_SILENCE, [35 ... 36] = BASKET,
		[37 ... 44] = BB_COMMAND_CANCEL, [45 ... 54] = BB_COMMAND_REPLACE,
		[55] = BB_COMMAND_CANCEL_PRODUCT, [56] = BB_COMMAND_CANCEL_ALL,
		[57 ... 58] = BB_COMMAND_MEMBER_ADD, [59 ... 60] = BB_COMMAND_PRODUCT_ADD,
		[61] = BB_COMMAND_RESUME, [62] = BB_COMMAND_QUOTE, [63] = BB_COMMAND_CANCEL_SIDE,
	};
	struct bb_command command = { .kind = kinds[bytes[0] % 64] };

	if (bytes[0] % 64 == 62 && bytes[6] >= 128) {
		command.kind = BB_COMMAND_TICK;
		return command;
	}
	if (bytes[0] == 255)
		command.kind = bytes[1] < 8 ? BB_COMMAND_HALT : BB_COMMAND_RESUME;
	else if (bytes[0] == 254 && bytes[1] < 16)
		command.kind = BB_COMMAND_MEMBER_REVOKE;
	else if (bytes[0] == 253)
		command.kind = bytes[1];
	/* Of the calendar, accounts and attributes: day_drive.c drives those. */
	if (command.kind == BB_COMMAND_KILL || (command.kind >= BB_COMMAND_DISPUTE &&
						command.kind != BB_COMMAND_TICK &&
						command.kind < BB_COMMAND_KINDS))
		command.kind = BB_COMMAND_MALFORMED;
	if (venue->extremes && (command.kind == BB_COMMAND_CANCEL_PRODUCT ||
				command.kind == BB_COMMAND_CANCEL_ALL ||
				command.kind == BB_COMMAND_CANCEL_SIDE ||
				command.kind == BB_COMMAND_SILENCE))
		command.kind = BB_COMMAND_NEW;
	command.participant = 2 + bytes[1] % (venue->traders - venue->guests);
	if (command.kind >= BB_COMMAND_MEMBER_ADD && !is_order(&command) && bytes[7] < 250)
		command.participant = 1;
	else if (bytes[7] >= 254)
		command.participant = bytes[1];

	if (command.kind == BB_COMMAND_SILENCE)
		fill_silence(&command.order, bytes);
	else if (is_order(&command))
		fill_any_order(&command.order, venue, bytes, time_ns);
	else if (command.kind == BB_COMMAND_MEMBER_ADD ||
		 command.kind == BB_COMMAND_MEMBER_REVOKE)
		fill_member(&command.member, venue, bytes);
	else if (command.kind == BB_COMMAND_PRODUCT_ADD)
		command.product = known_products[bytes[3] % KNOWN_PRODUCTS];
	if (command.kind == BB_COMMAND_PRODUCT_ADD && bytes[6] >= 240)
		memcpy((uint8_t *)&command.product + 4 * (bytes[6] % 8), bytes + 2, 4);
	return command;
}

static void
reach_far(struct bb_order_command *order, const struct bb_product_command *terms,
	  uint32_t lots)
{
	order->price = order->side == BB_BUY ? terms->price_max : terms->price_min;
	order->quantity_wh = lots * terms->lot_wh;
}

/* Half of the baskets are sound in form: legs of different products, most of which reach
 * far.  The others miss a leg, count wrongly, name a product twice, or are priced off the tick. */
static uint32_t
decode_basket(const struct venue *venue, const uint8_t *bytes, uint32_t rows,
	      struct bb_command *commands)
{
	const uint32_t wanted =
		bytes[2] % 2 ? 2 : 2 + bytes[2] / 2 % (BYTES_PACKET_MAX - 1);
	const uint32_t count = wanted < rows ? wanted : rows;
	const uint32_t products = venue->extremes ? 4 : venue->products;
	const uint8_t spoilt = bytes[7] % 8;
	uint32_t participant = 2 + bytes[1] % venue->traders;

	if (venue->guests > 0 && bytes[1] % 4 != 0)
		participant = 1 + venue->traders;
	if (bytes[7] >= 252)
		participant = bytes[1];

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *row = bytes + i * DRIVE_COMMAND_BYTES;
		const uint32_t chosen = (bytes[3] + (spoilt == 1 && i == 1 ? 0 : i)) % products;
		struct bb_order_command *order = &commands[i].order;
		commands[i] = (struct bb_command){ .kind = BB_COMMAND_NEW };
		commands[i].participant = participant;
		fill_order(order, venue, &known_products[chosen], row);
		if (row[6] % 8 != 0 && row[7] < 250 && !venue->extremes)
			reach_far(order, &known_products[chosen], row[5] % 8 / 7u + 1);
		order->type = spoilt == 2 && i == count / 2 ? BB_LIMIT_IOC : BB_BASKET_LEG;
		order->legs_after = order->type == BB_LIMIT_IOC ? 0 : count - 1 - i;
		if (spoilt == 4 && i == count - 1)
			order->price += 1;
		if (spoilt == 3 && i == row[2] % count)
			order->legs_after += 1 + row[2] % 3u;
	}
	return count;
}

uint32_t
bytes_packet(const struct venue *venue, const uint8_t *bytes, uint32_t rows, uint64_t time_ns,
	     struct bb_command *commands)
{
	commands[0] = decode(venue, bytes, time_ns);
	if (commands[0].kind != BASKET)
		return 1;
	return decode_basket(venue, bytes, rows, commands);
}

struct bb_command
bytes_add_member(const struct venue *venue, uint8_t participant)
{
	return decode(venue, (const uint8_t[DRIVE_COMMAND_BYTES]){ 57, 0, participant }, 0);
}

struct bb_command
bytes_add_product(const struct venue *venue, uint8_t known)
{
	return decode(venue, (const uint8_t[DRIVE_COMMAND_BYTES]){ 59, 0, 0, known }, 0);
}
