#include "tests/ledger/ledger_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "codec/bb_inputs.h"

enum { PRODUCTS = 2 };

static const uint8_t mac_key[BB_MAC_KEY_SIZE];

static void
identity(struct bb_identity *to, uint8_t which)
{
	uint8_t seed[BB_KEY_SIZE];

	memset(seed, which, sizeof(seed));
	bb_identity_from_seed(to, seed);
}

struct bb_market *
world_market(const struct world *world, void **bytes)
{
	const size_t size = bb_market_bytes(&world->genesis.size);
	struct bb_arena arena;

	*bytes = aligned_alloc(BB_ARENA_ALIGN, size);
	BB_ASSERT(*bytes != NULL);
	memset(*bytes, 0, size);
	bb_arena_init(&arena, *bytes, size);
	return bb_market_init(&arena, &world->genesis.size, world->genesis.operator_key, 42);
}

void
world_begin(struct world *world, uint64_t seed)
{
	memset(world, 0, sizeof(*world));
	BB_ASSERT(bb_sign_start());
	world->random.state = seed;
	identity(&world->signer, 1);
	identity(&world->operator, 2);
	for (uint32_t i = 0; i < WORLD_TRADERS; i++)
		identity(&world->traders[i], (uint8_t)(10 + i));
	world->genesis = (struct bb_genesis){
		.created_ns = WORLD_START_NS,
		.size = { .participants = 16, .products = 4, .orders = 64, .levels = 4096,
			  .places = 1024, .positions = 64 },
		.name = "Windpark Ostfriesland",
	};
	memcpy(world->genesis.signer_key, world->signer.public_key, BB_KEY_SIZE);
	memcpy(world->genesis.operator_key, world->operator.public_key, BB_KEY_SIZE);
	memset(world->genesis.nonce, 0x5e, sizeof(world->genesis.nonce));
	world->ledger_id = bb_genesis_ledger_id(&world->genesis);
	world->time_ns = WORLD_START_NS;
	world->market = world_market(world, &world->market_bytes);
}

void
world_end(struct world *world)
{
	for (uint32_t i = 0; i < world->packet_count; i++)
		free(world->packets[i]);
	free(world->market_bytes);
}

static struct world_packet *
new_packet(struct world *world)
{
	struct world_packet *packet = calloc(1, sizeof(*packet));

	BB_ASSERT(packet != NULL && world->packet_count < WORLD_PACKETS);
	world->packets[world->packet_count++] = packet;
	return packet;
}

static struct bb_packet
header_of(struct world *world, uint32_t participant)
{
	return (struct bb_packet){ .participant = participant,
				   .venue = bb_packet_venue(world->ledger_id.bytes),
				   .sequence = ++world->sequences[participant] };
}

static size_t
operation(struct world *world, uint8_t *bytes, uint64_t step)
{
	struct bb_packet header = header_of(world, 1);
	struct bb_wire_operation operation = { .op = BB_WIRE_MEMBER_ADD };

	if (step < WORLD_TRADERS) {
		operation.member = (struct bb_wire_member){ .participant = 2 + (uint32_t)step,
							    .orders_max = 64,
							    .roles = BB_ROLE_TRADER };
		memcpy(operation.member.key, world->traders[step].public_key, BB_KEY_SIZE);
	} else {
		operation.op = BB_WIRE_PRODUCT_ADD;
		operation.product = (struct bb_wire_product){
			.product = 1u << 24 | (uint32_t)(step - WORLD_TRADERS),
			.price_min = -100,
			.price_max = 100,
			.tick = 10,
			.lot_wh = 1,
			.quantity_max_wh = 1000,
		};
	}
	return bb_packet_encode_operation(bytes, &header, &operation, &world->operator, mac_key);
}

static void
random_order(struct world *world, struct bb_wire_order *order)
{
	struct bb_random *random = &world->random;
	const uint32_t what = bb_random_below(random, 20);

	*order = (struct bb_wire_order){
		.order_id = ++world->order_id,
		.product = 1u << 24 | bb_random_below(random, PRODUCTS),
		.action = BB_WIRE_NEW,
		.side = (uint8_t)bb_random_below(random, 2),
		.type = (uint8_t)bb_random_below(random, 2),
		.price = ((int32_t)bb_random_below(random, 21) - 10) * 10,
		.quantity_wh = 1 + bb_random_below(random, 999),
	};
	if (what == 0)
		order->action = BB_WIRE_CANCEL_ALL;
	else if (what == 1)
		order->action = BB_WIRE_CANCEL_PRODUCT;
	else if (what == 2)
		order->action = 77; /* malformed */
	else if (what == 3)
		order->price = 7; /* not a tick */
}

static size_t
orders(struct world *world, uint8_t *bytes)
{
	const uint32_t trader = bb_random_below(&world->random, WORLD_TRADERS);
	struct bb_packet header = header_of(world, 2 + trader);
	struct bb_wire_order records[BB_RECORDS_MAX];
	const uint32_t count =
		1 + bb_random_below(&world->random,
				    bb_random_below(&world->random, 4) == 0 ? BB_RECORDS_MAX : 3);

	for (uint32_t i = 0; i < count; i++)
		random_order(world, &records[i]);
	return bb_packet_encode_orders(bytes, &header, records, count, &world->traders[trader],
				       mac_key);
}

static void
fill_bid(struct world_packet *packet, size_t size, uint8_t route)
{
	struct bb_packet header;

	BB_ASSERT(bb_packet_decode(packet->bytes, size, &header) == BB_OK);
	bb_inputs_commands(&packet->bid, &header, packet->bytes, (uint16_t)(size - BB_MAC_SIZE));
	packet->bid.route = route;
}

uint32_t
world_input(struct world *world, struct bb_outcome outcomes[WORLD_OUTCOMES])
{
	struct world_packet *packet = new_packet(world);
	const bool trading = world->number >= WORLD_TRADERS + PRODUCTS;
	struct bb_event events[BB_SLICE_EVENTS];
	uint32_t total = 0;
	bool done = false;

	if (trading && bb_random_below(&world->random, 16) == 0) {
		bb_inputs_tick(&packet->bid);
		packet->bid.route = BB_ROUTE_SEQUENCE;
	} else {
		fill_bid(packet,
			 trading ? orders(world, packet->bytes)
				 : operation(world, packet->bytes, world->number),
			 BB_ROUTE_SEQUENCE);
	}
	world->time_ns += bb_random_below(&world->random, 1000);
	packet->bid.number = ++world->number;
	packet->bid.sequenced_ns = world->time_ns;
	while (!done) {
		uint32_t count = 0;

		done = bb_market_step(world->market, &packet->bid, events, &count);
		BB_ASSERT(total + count < WORLD_OUTCOMES);
		memcpy(&outcomes[total], events, count * sizeof(events[0]));
		total += count;
	}
	outcomes[total] = (struct bb_outcome){ .packet = { .mbuf = packet,
							   .bid = &packet->bid,
							   .event_count = total,
							   .kind = BB_OUTCOME_PACKET } };
	return total + 1;
}

void
world_other(struct world *world, struct bb_outcome *outcome)
{
	const uint32_t what = bb_random_below(&world->random, 3);
	uint32_t back = bb_random_below(&world->random, world->packet_count);
	const struct world_packet *original = world->packets[back];
	struct world_packet *packet = new_packet(world);

	while (bb_bid_is_tick(&original->bid)) /* nobody sends one, let alone again */
		original = world->packets[--back];
	*packet = *original;
	packet->bid.input = packet->bytes;
	packet->bid.number = 0;
	packet->bid.sequenced_ns = 0;
	*outcome = (struct bb_outcome){ .packet = { .mbuf = packet,
						    .bid = &packet->bid,
						    .kind = BB_OUTCOME_PACKET } };
	if (what == 0) {
		outcome->packet.kind = BB_OUTCOME_REFUSED;
		outcome->packet.result = BB_ERR_BUSY;
	} else if (what == 1) {
		packet->bid.route = BB_ROUTE_QUERY;
		outcome->packet.highest = world->sequences[packet->bid.participant];
	} else {
		packet->bid.route = BB_ROUTE_REPEAT;
	}
}

void
world_chain(const struct world *world, struct bb_chain *chain, uint8_t *bytes,
	    const uint8_t nonce[16], struct bb_block *block)
{
	struct bb_block_builder builder;
	struct bb_chain_terms terms = { .now_ns = world->genesis.created_ns,
					.signer = &world->signer };
	uint8_t genesis[BB_GENESIS_SIZE];

	memcpy(terms.nonce, nonce, sizeof(terms.nonce));
	bb_chain_start(chain);
	bb_genesis_encode(genesis, &world->genesis);
	bb_block_open(&builder, bytes, BB_BLOCK_ALIGN);
	(void)bb_block_add_input(&builder, BB_RECORD_GENESIS, 0, world->genesis.created_ns, genesis,
				 sizeof(genesis));
	bb_chain_seal(chain, &builder, &terms, block);
}
