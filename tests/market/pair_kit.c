#include "tests/market/pair_kit.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/bb_course.h"
#include "market/bb_state.h"
#include "tests/market/day_decode.h"
#include "tests/market/market_kit.h"
#include "tests/market/save_kit.h"

static void *
memory_of(size_t size)
{
	void *memory = NULL;

	BB_ASSERT(posix_memalign(&memory, BB_ARENA_ALIGN, size) == 0);
	return memory;
}

/* Whatever is read of commands that come. */
static void
name_arrays(struct bb_market *market, struct pair_array *arrays)
{
	const struct bb_products *products = &market->products;
	const size_t members = (size_t)market->members.size + 1;
	const size_t slots = (size_t)market->orders.capacity + 1;
	const size_t sides = 2 * (size_t)products->most;
	const size_t words = (products->stretches_a_side + 63) / 64;
#define ARRAY(of, count) \
	{ (void **)(void *)&market->of, market->of, (count) * sizeof(*market->of) }
	const struct pair_array all[PAIR_ARRAYS] = {
		ARRAY(members.accounts, members),
		ARRAY(members.windows, members),
		ARRAY(accounts.purses, members + BB_ACCOUNTS_TECHNICAL),
		ARRAY(ids.places, (size_t)market->ids.capacity + 1),
		ARRAY(orders.slots, slots),
		ARRAY(orders.own, slots),
		ARRAY(positions.slots, (size_t)market->positions.capacity + 1),
		ARRAY(positions.pages, (size_t)market->positions.page_capacity + 1),
		ARRAY(positions.rows, members * market->positions.row),
		ARRAY(products.listings, products->most),
		ARRAY(products.listed, products->most),
		ARRAY(products.entries, (size_t)products->entry_mask + 1),
		ARRAY(products.directories, sides * products->stretches_a_side),
		ARRAY(products.middles, sides * words),
		ARRAY(products.stretches.slots, (size_t)products->stretches.capacity + 1),
	};
#undef ARRAY

	memcpy(arrays, all, sizeof(all));
}

void
pair_start(struct pair *pair, const struct bb_market_size *size)
{
	static const uint8_t operator_key[32] = { 0x11 };
	const size_t bytes = bb_market_bytes(size);
	struct bb_arena arena;

	*pair = (struct pair){ .time_ns = 1 };
	for (uint32_t i = PAIR_PLAIN; i <= PAIR_SEEING; i++) {
		void *memory = memset(memory_of(bytes), 0, bytes);
		bb_arena_init(&arena, memory, bytes);
		pair->markets[i] = bb_market_init(&arena, size, operator_key, i);
	}
	name_arrays(pair->markets[PAIR_SEEING], pair->arrays);
	for (uint32_t i = 0; i < PAIR_ARRAYS; i++) {
		struct pair_array *array = &pair->arrays[i];
		*array->at = memcpy(memory_of(array->size), array->home, array->size);
	}
	bb_foresee_init(&pair->foresight);
	pair->foresight.parts = 0; /* always, and in halves */
	pair->foresight.apart = 0;
}

void
pair_stop(struct pair *pair)
{
	struct bb_market *seeing = pair->markets[PAIR_SEEING];

	for (uint32_t i = 0; i < PAIR_ARRAYS; i++) {
		const struct pair_array *array = &pair->arrays[i];
		memcpy(array->home, *array->at, array->size);
		free(*array->at);
		*array->at = array->home;
	}
	bb_products_aim(&seeing->products);
	save_compare(pair->markets[PAIR_PLAIN], seeing);
	for (uint32_t i = PAIR_PLAIN; i <= PAIR_SEEING; i++) {
		bb_market_check(pair->markets[i]);
		free(pair->markets[i]);
	}
	free(pair->kept);
}

static size_t
size_of(uint32_t command_count)
{
	return offsetof(struct bb_bid, commands) + command_count * sizeof(struct bb_command);
}

struct bb_bid *
pair_bid(struct pair *pair, const struct bb_command *commands, uint32_t count)
{
	struct bb_bid *bid = pair->kept;

	if (bid != NULL && count <= pair->kept_count)
		pair->kept = NULL;
	else
		bid = memory_of(size_of(count));
	memset(bid, 0, size_of(0));
	memcpy((uint8_t *)bid + size_of(0), commands, count * sizeof(*commands));
	bid->participant = commands[0].participant;
	bid->sequence = ++pair->sequences[bid->participant];
	bid->command_count = (uint16_t)count;
	bid->route = BB_ROUTE_SEQUENCE;
	return bid;
}

void
pair_let_go(struct pair *pair, struct bb_bid *bid, bool keep)
{
	if (!keep || pair->kept != NULL) {
		free(bid);
		return;
	}
	pair->kept_count = bid->command_count;
	pair->kept = bid;
}

void
pair_tell(struct pair *pair, const struct bb_bid *bid)
{
	bb_foresee_bid(&pair->foresight, pair->markets[PAIR_SEEING], bid);
}

void
pair_drop(struct pair *pair, const struct bb_bid *bid)
{
	bb_foresee_drop(&pair->foresight, bid);
}

void
pair_number(const struct pair *pair, struct bb_bid *bid)
{
	bid->number = bb_market_number(pair->markets[PAIR_PLAIN]) + 1;
	bid->sequenced_ns = pair->time_ns;
}

static void
hear(struct pair *pair, const struct bb_event *events, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		pair->events[events[i].kind]++;
		pair->whole += events[i].record == BB_EVENT_WHOLE_PACKET;
		pair->finals += events[i].kind == BB_EVENT_STATE &&
				events[i].remaining_wh == BB_COURSE_FINAL;
	}
}

bool
pair_slice(struct pair *pair, const struct bb_bid *bid)
{
	static struct bb_event seen[BB_SLICE_EVENTS];
	static struct bb_event plain[BB_SLICE_EVENTS];
	uint32_t count = 0;
	uint32_t plain_count = 0;

	const bool done = bb_market_step_foreseen(pair->markets[PAIR_SEEING], &pair->foresight,
						  bid, seen, &count);
	const bool plain_done =
		bb_market_step(pair->markets[PAIR_PLAIN], bid, plain, &plain_count);
	const bool same = done == plain_done && count == plain_count &&
			  memcmp(seen, plain, count * sizeof(seen[0])) == 0;
	if (!same)
		printf("\n  bid %" PRIu64 ": %u events, and %u without looking\n", bid->number,
		       count, plain_count);
	BB_ASSERT(same);
	hear(pair, seen, count);
	return done;
}

void
pair_step(struct pair *pair, struct bb_bid *bid)
{
	pair_number(pair, bid);
	while (!pair_slice(pair, bid))
		;
}

void
pair_pass(struct pair *pair, struct bb_bid *bid)
{
	pair_tell(pair, bid);
	pair_step(pair, bid);
	free(bid);
}

void
pair_ask(struct pair *pair, struct bb_command command)
{
	const uint64_t refused = pair->events[BB_EVENT_REFUSED];
	struct bb_bid *bid = pair_bid(pair, &command, 1);

	pair_step(pair, bid);
	free(bid);
	BB_ASSERT(pair->events[BB_EVENT_REFUSED] == refused);
}

void
pair_add_member(struct pair *pair, uint32_t participant, uint16_t roles, uint32_t orders_max)
{
	pair_ask(pair, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_ADD,
		.member = { .key = { (uint8_t)(0x20 + participant) }, .participant = participant,
			    .orders_max = orders_max, .roles = roles,
			    .zone = (uint8_t)(1 + participant % 2) },
	});
}

void
pair_add_product(struct pair *pair, uint32_t product, int32_t price_min, int32_t price_max)
{
	pair_ask(pair, (struct bb_command){
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PRODUCT_ADD,
		.product = { .product = product, .price_min = price_min, .price_max = price_max,
			     .tick = 5, .lot_wh = 10, .quantity_max_wh = 1000000 },
	});
}

void
pair_end_product(struct pair *pair, uint32_t product)
{
	for (uint32_t i = PAIR_PLAIN; i <= PAIR_SEEING; i++) {
		struct bb_products *products = &pair->markets[i]->products;
		bb_products_remove(products, bb_products_find(products, product));
	}
}

void
pair_open(struct pair *pair)
{
	static const struct bb_market_size size = {
		.participants = 6, .products = 4, .orders = 700, .levels = 1000,
		.places = 8192, .positions = 20,
	};

	pair_start(pair, &size);
	for (uint32_t participant = 2; participant <= 5; participant++)
		pair_add_member(pair, participant, BB_ROLE_TRADER, 700);
}

struct bb_bid *
pair_repeat(struct pair *pair, uint32_t count, const char *line)
{
	struct bb_command commands[BB_RECORDS_MAX];

	for (uint32_t i = 0; i < count; i++) {
		commands[i] = kit_command(line);
		commands[i].order.order_id += i;
	}
	return pair_bid(pair, commands, count);
}

struct bb_bid *
pair_some(struct pair *pair, uint32_t participant, uint32_t count)
{
	struct bb_command commands[BB_RECORDS_MAX];

	for (uint32_t i = 0; i < count; i++) {
		const uint64_t at = pair->sequences[participant] * 7 + i;
		commands[i] = kit_command(at % 3 == 2 ? "2 cancel 0" : "2 new 0 B 0 10");
		commands[i].participant = participant;
		commands[i].order.order_id = at % (at % 3 == 2 ? 40 : 30);
		commands[i].order.side = participant & 1;
		if (at % 3 != 2)
			commands[i].order.price = 5 * (int32_t)(at * 5 % 21) - 50;
	}
	return pair_bid(pair, commands, count);
}

struct bb_command
pair_rules(uint16_t group, const int32_t values[9])
{
	struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_PARAM, .param.group = group,
	};

	memcpy(command.param.values, values, 9 * sizeof(values[0]));
	return command;
}

void
pair_open_days(struct pair *pair, uint64_t choice)
{
	static const struct bb_market_size size = {
		.participants = PAIR_MEMBERS, .products = 40, .orders = 400, .levels = 2048,
		.places = 1024, .positions = 160, .courses = 12,
	};
	const int32_t auction_s = choice % 3 == 0 ? 0 : 1800;

	pair_start(pair, &size);
	pair->time_ns = 1970000 * BB_QUARTER_NS;
	for (uint32_t id = 2; id < 2 + DAY_TRADERS; id++)
		pair_add_member(pair, id, BB_ROLE_TRADER, 64);
	pair_add_member(pair, DAY_GRID, BB_ROLE_GRID, 0);
	pair_add_member(pair, DAY_METER, BB_ROLE_METER, 0);
	pair_add_member(pair, DAY_SECOND, BB_ROLE_OPERATOR, 0);
	pair_ask(pair, pair_rules(BB_PARAM_TERMS, (int32_t[9]){ -2000, 3000, 100, 10, 5000 }));
	pair_ask(pair, pair_rules(BB_PARAM_ZONES, (int32_t[9]){ 6 }));
	if (choice % 2 == 0)
		pair_ask(pair, (struct bb_command){ .participant = DAY_GRID,
						    .kind = BB_COMMAND_LINE,
						    .line = day_line(0, 150, 50) });
	pair_ask(pair, pair_rules(BB_PARAM_CALENDAR, (int32_t[9]){ 1, 3600, auction_s, 600, 300,
								   240, 900, 900, 900 }));
}
