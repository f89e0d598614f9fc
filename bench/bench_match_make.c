/* bench_match_make - an order flow from a seed: a market of products around prices that drift,
 * and an order book that is too simple to be wrong.  Integers alone: the same seed gives the
 * same bytes on any machine. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_match.h"

struct maker_order {
	uint32_t prev, next;
	uint32_t quantity;
	uint32_t row; /* in live */
	int32_t price;
	uint16_t product;
	uint8_t side;
};

struct maker_level {
	uint32_t first, last;
};

#define MAKER_PRODUCTS 100u

struct maker {
	uint64_t state;
	struct maker_level *levels[2]; /* [product][price] */
	struct maker_order *orders;    /* by id */
	uint32_t *live;
	uint32_t live_count;
	uint32_t resting; /* wanted */
	int32_t best[2][MAKER_PRODUCTS];
	uint64_t side_quantity[2][MAKER_PRODUCTS];
	int32_t middle[MAKER_PRODUCTS], home[MAKER_PRODUCTS];
	uint64_t id;
	struct match_header header;
};

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators,
 * scrambled", 2016. */
static uint64_t
draw(struct maker *maker)
{
	uint64_t state = maker->state;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	maker->state = state;
	return state * UINT64_C(2685821657736338717);
}

static uint32_t
draw_below(struct maker *maker, uint32_t limit)
{
	return (uint32_t)((draw(maker) >> 32) * limit >> 32);
}

static void
maker_rest(struct maker *maker, uint32_t id)
{
	struct maker_order *order = &maker->orders[id];
	int32_t *best = &maker->best[order->side][order->product];
	struct maker_level *level =
		&maker->levels[order->side][order->product * MATCH_PRICES + (uint32_t)order->price];

	order->next = 0;
	order->prev = level->last;
	if (level->last != 0)
		maker->orders[level->last].next = id;
	else
		level->first = id;
	level->last = id;
	if (order->side == BB_BUY ? order->price > *best : order->price < *best)
		*best = order->price;
	maker->side_quantity[order->side][order->product] += order->quantity;
	order->row = maker->live_count;
	maker->live[maker->live_count++] = id;
}

static void
maker_leave(struct maker *maker, uint32_t id)
{
	const struct maker_order *order = &maker->orders[id];
	struct maker_level *levels = &maker->levels[order->side][order->product * MATCH_PRICES];
	struct maker_level *level = &levels[order->price];
	int32_t *best = &maker->best[order->side][order->product];

	if (order->prev != 0)
		maker->orders[order->prev].next = order->next;
	else
		level->first = order->next;
	if (order->next != 0)
		maker->orders[order->next].prev = order->prev;
	else
		level->last = order->prev;
	maker->side_quantity[order->side][order->product] -= order->quantity;
	const uint32_t last = maker->live[--maker->live_count];
	maker->live[order->row] = last;
	maker->orders[last].row = order->row;
	if (level->first != 0 || *best != order->price)
		return;
	if (order->side == BB_BUY)
		while (*best > 0 && levels[*best].first == 0)
			--*best;
	else
		while (*best < (int32_t)MATCH_PRICES - 1 && levels[*best].first == 0)
			++*best;
}

/* Near the middle of its product most often, at most 511 ticks away, and never crossing. */
static int32_t
draw_price(struct maker *maker, uint32_t product, uint8_t side)
{
	const uint64_t bits = draw(maker);
	const uint64_t away = (bits & 511) * (bits >> 9 & 511) * (bits >> 18 & 511) >> 18;
	const int32_t distance = 1 + (int32_t)away;
	int32_t price = maker->middle[product] + (side == BB_BUY ? -distance : distance);

	if (side == BB_BUY && price >= maker->best[BB_SELL][product])
		price = maker->best[BB_SELL][product] - 1;
	if (side == BB_SELL && price <= maker->best[BB_BUY][product])
		price = maker->best[BB_BUY][product] + 1;
	if (price < 1)
		return 1;
	return price > (int32_t)MATCH_PRICES - 2 ? (int32_t)MATCH_PRICES - 2 : price;
}

static void
make_add(struct maker *maker, struct match_record *record)
{
	const uint32_t id = (uint32_t)++maker->id;
	struct maker_order *order = &maker->orders[id];

	*order = (struct maker_order){ .product = record->product, .side = record->side };
	order->price = draw_price(maker, record->product, record->side);
	order->quantity = 1 + draw_below(maker, 100);
	maker_rest(maker, id);
	record->id = id;
	record->price = order->price;
	record->quantity = order->quantity;
}

static void
make_cancel(struct maker *maker, struct match_record *record)
{
	const uint32_t id = maker->live[draw_below(maker, maker->live_count)];
	const struct maker_order *order = &maker->orders[id];

	record->id = id;
	record->price = order->price;
	record->quantity = order->quantity;
	record->product = order->product;
	record->side = order->side;
	maker_leave(maker, id);
}

/* About three orders' worth; a little less or more keeps the count of resting ones. */
static void
make_take(struct maker *maker, struct match_record *record)
{
	const uint32_t band = maker->resting / 64;
	const uint32_t product = record->product;
	const uint8_t other = record->side ^ 1u;
	const uint32_t orders = maker->live_count > maker->resting + band   ? 4
				: maker->live_count < maker->resting - band ? 2
									    : 3;
	const uint32_t wanted = 1 + draw_below(maker, 101 * orders);
	const uint64_t there = maker->side_quantity[other][product];

	record->id = ++maker->id;
	record->quantity = wanted < there ? wanted : (uint32_t)there;
	for (uint32_t left = record->quantity; left > 0;) {
		const int32_t price = maker->best[other][product];
		const uint32_t id =
			maker->levels[other][product * MATCH_PRICES + (uint32_t)price].first;
		struct maker_order *order = &maker->orders[id];
		const uint32_t quantity = order->quantity < left ? order->quantity : left;
		match_fill(&maker->header.fills, id, record->id, (uint32_t)price, quantity);
		record->price = price;
		left -= quantity;
		if (quantity == order->quantity) {
			maker_leave(maker, id);
		} else {
			order->quantity -= quantity;
			maker->side_quantity[other][product] -= quantity;
		}
	}
}

static void
drift(struct maker *maker, uint32_t product)
{
	int32_t *middle = &maker->middle[product];
	int32_t step;

	if (draw(maker) >> 62 != 0)
		return;
	step = 1 + (int32_t)draw_below(maker, 4);
	if (draw(maker) >> 63 != 0)
		step = -step;
	*middle += step;
	if (*middle > maker->home[product] + 2000)
		*middle -= 8;
	if (*middle < maker->home[product] - 2000)
		*middle += 8;
}

static struct match_record
make_record(struct maker *maker, bool prefill)
{
	struct match_record record = { .product = (uint16_t)draw_below(maker, MAKER_PRODUCTS) };
	const uint32_t chance = prefill ? 0 : draw_below(maker, 100);
	uint8_t op = chance < 60 ? MATCH_ADD : chance < 90 ? MATCH_CANCEL : MATCH_TAKE;

	if (!prefill)
		drift(maker, record.product);
	if (op == MATCH_CANCEL && maker->live_count == 0)
		op = MATCH_ADD;
	record.side = (uint8_t)(draw(maker) >> 63);
	if (op == MATCH_TAKE && maker->side_quantity[record.side ^ 1u][record.product] == 0)
		op = MATCH_ADD;
	record.op = op;
	if (op == MATCH_ADD)
		make_add(maker, &record);
	else if (op == MATCH_CANCEL)
		make_cancel(maker, &record);
	else
		make_take(maker, &record);
	record.id_low = (uint32_t)record.id;
	return record;
}

static void
count_record(struct maker *maker, uint8_t op)
{
	struct match_header *header = &maker->header;
	uint64_t *const counts[] = { &header->adds, &header->cancels, &header->takes };

	++*counts[op];
	if (maker->live_count > header->max_live)
		header->max_live = maker->live_count;
	if (maker->live_count < header->min_live)
		header->min_live = maker->live_count;
}

static bool
write_flow(struct maker *maker, FILE *file)
{
	struct match_header *header = &maker->header;
	bool written = fwrite(header, sizeof(*header), 1, file) == 1;

	for (uint64_t i = 0; written && i < header->prefill + header->ops; i++) {
		const struct match_record record = make_record(maker, i < header->prefill);
		written = fwrite(&record, sizeof(record), 1, file) == 1;
		if (i >= header->prefill)
			count_record(maker, record.op);
	}
	header->max_id = maker->id;
	header->resting_end = maker->live_count;
	for (uint32_t i = 0; i < maker->live_count; i++)
		header->resting_quantity_end += maker->orders[maker->live[i]].quantity;
	return written && fseek(file, 0, SEEK_SET) == 0 &&
	       fwrite(header, sizeof(*header), 1, file) == 1;
}

static bool
start_maker(struct maker *maker, uint32_t resting, uint32_t ops, uint64_t seed)
{
	const size_t ids = (size_t)resting + ops + 2;

	*maker = (struct maker){ .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1,
				 .resting = resting };
	for (uint32_t i = 0; i < 16; i++)
		draw(maker);
	for (uint32_t side = 0; side < 2; side++)
		maker->levels[side] =
			calloc(MAKER_PRODUCTS * MATCH_PRICES, sizeof(struct maker_level));
	maker->orders = calloc(ids, sizeof(*maker->orders));
	maker->live = malloc(ids * sizeof(*maker->live));
	for (uint32_t product = 0; product < MAKER_PRODUCTS; product++) {
		maker->best[BB_SELL][product] = MATCH_PRICES - 1;
		maker->home[product] = maker->middle[product] = 20000 + 251 * (int32_t)product;
	}
	maker->header = (struct match_header){
		.magic = MATCH_MAGIC, .version = MATCH_VERSION,
		.record_size = sizeof(struct match_record), .seed = seed,
		.products = MAKER_PRODUCTS, .resting = resting, .prefill = resting, .ops = ops,
		.price_min = 1, .price_max = MATCH_PRICES - 2, .min_live = UINT64_MAX,
	};
	return maker->levels[0] != NULL && maker->levels[1] != NULL && maker->orders != NULL &&
	       maker->live != NULL;
}

static bool
complain(const char *path)
{
	fprintf(stderr, "busbar-bench: %s: %s\n", path, strerror(errno));
	return false;
}

int
match_make(const char *path, uint32_t resting, uint32_t ops, uint64_t seed)
{
	static struct maker maker;
	FILE *file = NULL;
	bool good = start_maker(&maker, resting, ops, seed);

	if (!good)
		fputs("busbar-bench: no memory\n", stderr);
	if (good && (file = fopen(path, "wb")) == NULL)
		good = complain(path);
	if (good && !write_flow(&maker, file))
		good = complain(path);
	if (file != NULL && fclose(file) != 0 && good)
		good = complain(path);
	free(maker.levels[0]);
	free(maker.levels[1]);
	free(maker.orders);
	free(maker.live);
	return good ? 0 : 2;
}
