/* bench_match_bare - the least that a price-time book can be: an array of prices a side, orders
 * linked by their ids, a bitmap of prices to find the best.  No checks, no owners, no bounds: what
 * it costs is the floor under every other figure, on this machine, in this minute.
 *
 * It also surveys a file for the others. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_bits.h"
#include "bench/bench_match.h"
#include "ctl/bb_pages.h"

struct level {
	uint32_t first, last; /* ids */
};

struct order {
	uint32_t next, prev;
	uint32_t quantity;
	uint16_t price;
	uint16_t product; /* and the side in the highest bit */
};

struct bare {
	struct bb_pages memory;
	struct level *levels; /* [2 x product + side][price] */
	uint64_t *words;      /* [2 x product + side][price / 64]: where orders are */
	uint32_t *best;       /* [2 x product + side] */
	struct order *orders; /* by id */
	struct match_fills fills;
	uint32_t gone[4 * MATCH_CHUNK]; /* ids that left, if gone_room says that it is asked for */
	uint32_t gone_count, gone_room;
};

static void *
start(const struct match_workload *workload)
{
	struct bare *bare = calloc(1, sizeof(*bare));
	const size_t books = 2 * (size_t)workload->header.products;
	const size_t levels = books * MATCH_PRICES * sizeof(struct level);
	const size_t orders = (workload->header.max_id + 1) * sizeof(struct order);

	const size_t words = books * (MATCH_PRICES / 64) * sizeof(uint64_t);

	if (bare == NULL || !bb_pages_map(&bare->memory, levels + words + orders + books * 4)) {
		free(bare);
		return NULL;
	}
	bare->levels = bare->memory.bytes;
	memset(bare->memory.bytes, 0, bare->memory.size); /* so that no page is taken later */
	bare->words = (uint64_t *)(void *)((uint8_t *)bare->memory.bytes + levels);
	bare->orders = (struct order *)(void *)((uint8_t *)bare->words + words);
	bare->best = (uint32_t *)(void *)((uint8_t *)bare->orders + orders);
	for (size_t book = 0; book < books; book++)
		bare->best[book] = book % 2 == BB_BUY ? 0 : MATCH_PRICES - 1;
	return bare;
}

static uint32_t
below(const uint64_t *words, uint32_t price)
{
	uint32_t word = price / 64;

	while (word > 0 && words[word] == 0)
		word--;
	return words[word] == 0 ? 0 : 64 * word + 63 - (uint32_t)__builtin_clzll(words[word]);
}

static uint32_t
above(const uint64_t *words, uint32_t price)
{
	uint32_t word = price / 64;

	while (word < MATCH_PRICES / 64 - 1 && words[word] == 0)
		word++;
	return words[word] == 0 ? MATCH_PRICES - 1 : 64 * word + bb_bit_lowest(words[word]);
}

static void
leave(struct bare *bare, uint32_t id, uint32_t book, uint32_t price)
{
	struct level *level = &bare->levels[(size_t)book * MATCH_PRICES + price];
	const struct order *order = &bare->orders[id];

	if (order->prev == 0)
		level->first = order->next;
	else
		bare->orders[order->prev].next = order->next;
	if (order->next == 0)
		level->last = order->prev;
	else
		bare->orders[order->next].prev = order->prev;
	bare->orders[id].quantity = 0;
	if (bare->gone_room > 0)
		bare->gone[bare->gone_count++] = id;
	if (level->first != 0)
		return;
	uint64_t *words = &bare->words[(size_t)book * (MATCH_PRICES / 64)];
	bb_bit_clear(words, price);
	if (bare->best[book] == price)
		bare->best[book] = book % 2 == BB_BUY ? below(words, price) : above(words, price);
}

static void
add(struct bare *bare, const struct match_record *record, uint32_t book)
{
	const uint32_t id = (uint32_t)record->id;
	const uint32_t price = (uint32_t)record->price;
	struct level *level = &bare->levels[(size_t)book * MATCH_PRICES + price];
	uint32_t *best = &bare->best[book];

	bare->orders[id] = (struct order){ .prev = level->last, .quantity = record->quantity,
					   .price = (uint16_t)price, .product = (uint16_t)book };
	if (level->last == 0)
		level->first = id;
	else
		bare->orders[level->last].next = id;
	level->last = id;
	bb_bit_set(&bare->words[(size_t)book * (MATCH_PRICES / 64)], price);
	if (book % 2 == BB_BUY ? price > *best : price < *best)
		*best = price;
}

static void
take(struct bare *bare, const struct match_record *record, uint32_t book)
{
	uint32_t left = record->quantity;

	while (left > 0) {
		const uint32_t price = bare->best[book];
		const uint32_t id = bare->levels[(size_t)book * MATCH_PRICES + price].first;
		struct order *order = &bare->orders[id];
		const uint32_t quantity = left < order->quantity ? left : order->quantity;
		if (id == 0) /* a file that asks for more than there is, which the survey refuses */
			return;
		match_fill(&bare->fills, id, record->id, price, quantity);
		left -= quantity;
		if (quantity == order->quantity)
			leave(bare, id, book, price);
		else
			order->quantity -= quantity;
	}
}

static void
apply(void *engine, const struct match_record *records, uint32_t count, uint32_t known)
{
	struct bare *bare = engine;
	(void)known; /* it looks at nothing ahead */

	for (uint32_t i = 0; i < count; i++) {
		const struct match_record *record = &records[i];
		const uint32_t book = 2u * record->product + record->side;
		if (record->op == MATCH_ADD)
			add(bare, record, book);
		else if (record->op == MATCH_CANCEL)
			leave(bare, (uint32_t)record->id, book, (uint32_t)record->price);
		else
			take(bare, record, book ^ 1u);
	}
}

static const struct match_fills *
fills(void *engine)
{
	return &((struct bare *)engine)->fills;
}

static bool
stop(void *engine)
{
	bb_pages_unmap(&((struct bare *)engine)->memory);
	free(engine);
	return true;
}

const struct match_engine match_bare = { "bare", start, NULL, apply, NULL, fills, stop };

/* Who is free to be used again: the last order that left, by sender. */
struct senders {
	uint32_t *freed; /* by sender: an id whose handle is free */
	uint32_t *next;  /* by id: the one that was freed before */
	uint32_t *used;  /* by sender: handles given so far */
};

static bool
fits(const struct match_workload *workload, const struct bare *bare,
     const struct match_record *record)
{
	const struct match_header *header = &workload->header;

	if (record->id == 0 || record->id > header->max_id || record->quantity == 0 ||
	    record->quantity > UINT32_MAX / 200 || record->op > MATCH_TAKE ||
	    record->side > BB_SELL || record->product >= header->products ||
	    record->price < 1 || record->price > (int32_t)MATCH_PRICES - 2)
		return false;
	const struct order *order = &bare->orders[record->id];
	const uint32_t book = 2u * record->product + record->side;
	const uint32_t best = bare->best[book ^ 1u];
	switch (record->op) {
	case MATCH_ADD:
		return order->quantity == 0 &&
		       (record->side == BB_BUY ? (uint32_t)record->price < best
					       : (uint32_t)record->price > best);
	case MATCH_CANCEL:
		return order->quantity == record->quantity && order->product == book &&
		       order->price == record->price;
	default:
		return true;
	}
}

/* Applies one record and keeps account of handles. */
static bool
survey_one(struct match_workload *workload, struct bare *bare, struct senders *senders,
	   const struct match_record *record)
{
	const struct match_fills before = bare->fills;

	if (!fits(workload, bare, record))
		return false;
	if (record->op == MATCH_ADD) {
		const uint32_t sender = match_sender(workload, record->id, record->side);
		const uint32_t freed = senders->freed[sender];
		workload->handles[record->id] =
			freed != 0 ? workload->handles[freed] : senders->used[sender]++;
		if (freed != 0)
			senders->freed[sender] = senders->next[freed];
		if (senders->used[sender] > workload->handles_max)
			workload->handles_max = senders->used[sender];
	}
	bare->gone_count = 0;
	apply(bare, record, 1, 1);
	for (uint32_t i = 0; i < bare->gone_count; i++) {
		const uint32_t id = bare->gone[i];
		const uint32_t sender =
			match_sender(workload, id, (uint8_t)(bare->orders[id].product % 2));
		senders->next[id] = senders->freed[sender];
		senders->freed[sender] = id;
	}
	return record->op != MATCH_TAKE ||
	       bare->fills.quantity - before.quantity == record->quantity;
}

static bool
survey(struct match_workload *workload, struct bare *bare, struct senders *senders)
{
	static struct match_record records[MATCH_CHUNK];
	uint64_t at = 0;
	uint32_t count;

	while ((count = match_next(workload, records)) > 0) {
		for (uint32_t i = 0; i < count; i++, at++) {
			if (survey_one(workload, bare, senders, &records[i]))
				continue;
			fprintf(stderr, "busbar-bench: record %llu of the file makes no sense; "
					"make it again\n", (unsigned long long)at);
			return false;
		}
	}
	if (at != workload->header.prefill + workload->header.ops ||
	    memcmp(&bare->fills, &workload->header.fills, sizeof(bare->fills)) != 0) {
		fputs("busbar-bench: the file's records do not do what its header says; make it "
		      "again\n", stderr);
		return false;
	}
	return true;
}

bool
match_survey(struct match_workload *workload, uint32_t sender_count)
{
	const size_t ids = workload->header.max_id + 1;
	struct bare *bare = start(workload);
	struct senders senders = {
		.freed = calloc(2 * (size_t)sender_count, sizeof(uint32_t)),
		.next = calloc(ids, sizeof(uint32_t)),
		.used = calloc(2 * (size_t)sender_count, sizeof(uint32_t)),
	};

	workload->senders = sender_count;
	workload->handles = calloc(ids, sizeof(uint32_t));
	bool good = bare != NULL && senders.freed != NULL && senders.next != NULL &&
		    senders.used != NULL && workload->handles != NULL;
	if (!good)
		fputs("busbar-bench: no memory\n", stderr);
	if (good) {
		bare->gone_room = 1;
		good = match_rewind(workload) && survey(workload, bare, &senders);
	}
	free(senders.freed);
	free(senders.next);
	free(senders.used);
	if (bare != NULL)
		stop(bare);
	return good;
}
