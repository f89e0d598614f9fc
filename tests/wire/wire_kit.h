/* wire_kit - the identities and bytes that the tests of wire/ and codec/ share. */
#ifndef WIRE_KIT_H
#define WIRE_KIT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_random.h"
#include "tests/wire/golden.h"
#include "wire/bb_packet.h"
#include "wire/bb_sign.h"

#define KIT_ROOM        2048u
#define KIT_PARTICIPANT 7u
#define KIT_VENUE       UINT32_C(0x43424140)
#define KIT_PRODUCT     (UINT32_C(3) << 24 | UINT32_C(2000000))
#define KIT_NOW_NS      UINT64_C(1799999000123456789)

struct kit {
	struct bb_identity participant;
	struct bb_identity venue;
	uint8_t ledger_id[32];
	uint8_t mac_key[BB_MAC_KEY_SIZE];
};

static inline uint8_t
kit_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = memchr(digits, digit, 16);

	BB_ASSERT(at != NULL);
	return (uint8_t)(at - digits);
}

/* kit_hex writes the bytes that hex names, at most KIT_ROOM, and returns how many. */
static inline size_t
kit_hex(uint8_t *bytes, const char *hex)
{
	const size_t size = strlen(hex) / 2;

	BB_ASSERT(strlen(hex) % 2 == 0 && size <= KIT_ROOM);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(kit_digit(hex[2 * i]) << 4 | kit_digit(hex[2 * i + 1]));
	return size;
}

/* kit_equals returns whether bytes are those that hex names. */
static inline bool
kit_equals(const void *bytes, size_t size, const char *hex)
{
	uint8_t wanted[KIT_ROOM];

	return kit_hex(wanted, hex) == size && memcmp(bytes, wanted, size) == 0;
}

static inline void
kit_count(uint8_t bytes[32], uint8_t first)
{
	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = (uint8_t)(first + i);
}

/* kit_start makes the identities of golden.h. */
static inline void
kit_start(struct kit *kit)
{
	uint8_t seed[BB_KEY_SIZE];

	BB_ASSERT(bb_sign_start());
	kit_count(seed, 0x00);
	bb_identity_from_seed(&kit->participant, seed);
	kit_count(seed, 0x20);
	bb_identity_from_seed(&kit->venue, seed);
	kit_count(kit->ledger_id, 0x40);
	BB_ASSERT(bb_mac_agree(kit->mac_key, &kit->participant, kit->venue.public_key,
			       kit->ledger_id));
}

/* kit_copy returns an exact-size copy on the heap, so that a sanitizer sees a read beyond;
 * the caller frees it. */
static inline uint8_t *
kit_copy(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	BB_ASSERT(copy != NULL);
	memcpy(copy, bytes, size);
	return copy;
}

static inline struct bb_packet
kit_header(uint64_t sequence)
{
	return (struct bb_packet){
		.participant = KIT_PARTICIPANT, .venue = KIT_VENUE, .sequence = sequence,
	};
}

/* kit_order returns an order record of which every field is any value. */
static inline struct bb_wire_order
kit_order(struct bb_random *random)
{
	return (struct bb_wire_order){
		.order_id = bb_random_next(random),
		.product = (uint32_t)bb_random_next(random),
		.action = (uint8_t)bb_random_next(random),
		.side = (uint8_t)bb_random_next(random),
		.type = (uint8_t)bb_random_next(random),
		.source = (uint8_t)bb_random_next(random),
		.price = (int32_t)(uint32_t)bb_random_next(random),
		.quantity_wh = (uint32_t)bb_random_next(random),
		.shown_wh = (uint32_t)bb_random_next(random),
		.accept_sources = (uint16_t)bb_random_next(random),
		.prefer_sources = (uint16_t)bb_random_next(random),
	};
}

#endif
