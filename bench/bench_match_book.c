/* bench_match_book - the appliance's book alone: slots, id table, ladders, as the market uses
 * them, without owners, accounts and events. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench_match.h"
#include "ctl/bb_pages.h"
#include "market/bb_book.h"
#include "market/bb_foresee.h"
#include "market/bb_ids.h"

#define STRETCHES_A_SIDE 64u /* 4,096 prices: more than an order flow touches at a time */
#define AHEAD            16u /* records that are looked at together */

struct engine {
	struct bb_pages memory;
	struct bb_book *books;
	struct bb_stretches stretches;
	struct bb_orders orders;
	struct bb_ids ids;
	struct bb_id_table table;
	struct match_record records[MATCH_CHUNK];
	struct match_fills fills;
};

static size_t
bytes_for(const struct match_header *header)
{
	const size_t books = header->products;
	const size_t ladder = bb_arena_round(bb_ladder_words(MATCH_PRICES) * 8) +
			      bb_arena_round(bb_ladder_stretches(MATCH_PRICES) *
					     sizeof(struct bb_directory));

	return bb_arena_round(books * sizeof(struct bb_book)) + 2 * books * ladder +
	       bb_stretches_bytes((uint32_t)(2 * books * STRETCHES_A_SIDE)) +
	       bb_orders_bytes((uint32_t)header->max_live) +
	       bb_ids_bytes((uint32_t)(2 * header->max_id + 2));
}

static void *
start(const struct match_workload *workload)
{
	const struct match_header *header = &workload->header;
	struct engine *engine = calloc(1, sizeof(*engine));
	struct bb_arena arena;

	if (engine == NULL || !bb_pages_map(&engine->memory, bytes_for(header))) {
		free(engine);
		return NULL;
	}
	bb_arena_init(&arena, engine->memory.bytes, engine->memory.size);
	memset(engine->memory.bytes, 0, engine->memory.size); /* so that no page is taken later */
	engine->books = bb_arena_take(&arena, header->products * sizeof(struct bb_book));
	bb_stretches_init(&engine->stretches, &arena, 2 * header->products * STRETCHES_A_SIDE);
	bb_orders_init(&engine->orders, &arena, (uint32_t)header->max_live);
	bb_ids_init(&engine->ids, &arena, (uint32_t)(2 * header->max_id + 2));
	engine->table = bb_ids_open(&engine->ids, (uint32_t)header->max_id + 1);
	for (uint32_t product = 0; product < header->products; product++) {
		struct bb_book *book = &engine->books[product];
		bb_book_init(book, 0, 1, MATCH_PRICES);
		for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
			uint64_t *middle =
				bb_arena_take(&arena, bb_ladder_words(MATCH_PRICES) * 8);
			struct bb_directory *directory =
				bb_arena_take(&arena, bb_ladder_stretches(MATCH_PRICES) *
							      sizeof(struct bb_directory));
			bb_ladder_init(&book->ladders[side], MATCH_PRICES, middle, directory,
				       &engine->stretches);
		}
	}
	return engine;
}

static void
prepare(void *context, const struct match_record *records, uint32_t count)
{
	memcpy(((struct engine *)context)->records, records, count * sizeof(*records));
}

BB_INLINE void
add(struct engine *engine, const struct match_record *record, struct bb_book *book)
{
	const enum bb_side side = (enum bb_side)record->side;
	const uint32_t slot = bb_orders_take(&engine->orders);

	BB_ASSERT(bb_book_room(book, side, bb_book_rung(book, side, record->price),
			       record->quantity));
	engine->orders.slots[slot] = (struct bb_order){
		.order_id = record->id,
		.quantity_wh = record->quantity,
		.place = bb_order_place(side, bb_book_rung(book, side, record->price)),
	};
	bb_book_rest(book, &engine->orders, slot);
	*bb_ids_place(&engine->ids, engine->table, record->id) = slot;
}

BB_INLINE void
reduce(struct engine *engine, struct bb_book *book, uint32_t slot, uint32_t quantity)
{
	const uint64_t id = engine->orders.slots[slot].order_id;

	if (bb_book_reduce(book, &engine->orders, slot, quantity) > 0)
		return;
	*bb_ids_place(&engine->ids, engine->table, id) = BB_SLOT_NONE;
	bb_orders_give(&engine->orders, slot);
}

BB_INLINE void
take(struct engine *engine, const struct match_record *record, struct bb_book *book)
{
	const enum bb_side other = bb_side_other((enum bb_side)record->side);
	const uint32_t limit = bb_book_rung(book, other, record->price);
	uint32_t left = record->quantity;

	while (left > 0) {
		const uint32_t slot = bb_book_first(book, other, limit);
		if (slot == BB_SLOT_NONE)
			return;
		const struct bb_order *order = &engine->orders.slots[slot];
		const uint32_t quantity =
			left < order->quantity_wh ? left : order->quantity_wh;
		BB_FETCH(&engine->orders.slots[order->next]);
		match_fill(&engine->fills, order->order_id, record->id,
			   (uint32_t)bb_book_price(book, other, bb_order_rung(order)), quantity);
		left -= quantity;
		reduce(engine, book, slot, quantity);
	}
}

/* As market/bb_foresee.c does it: the place and the rung, then the slot, then what hangs on
 * it.  Where a cancelled order's rung is, only its slot tells, as in the market. */
static void
look_ahead(const struct engine *engine, const struct match_record *records, uint32_t count)
{
	const struct bb_order *slots = engine->orders.slots;
	const struct bb_rung *rungs[AHEAD];
	uint32_t seen[AHEAD];

	for (uint32_t i = 0; i < count; i++) {
		const struct bb_book *book = &engine->books[records[i].product];
		const enum bb_side side = (enum bb_side)records[i].side;
		BB_FETCH(bb_ids_place(&engine->ids, engine->table, records[i].id));
		if (records[i].op == MATCH_CANCEL)
			continue;
		rungs[i] = bb_ladder_rung(&book->ladders[side],
					  bb_book_rung(book, side, records[i].price));
		BB_FETCH(rungs[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		seen[i] = records[i].op == MATCH_CANCEL
				  ? *bb_ids_place(&engine->ids, engine->table, records[i].id)
				  : rungs[i]->last;
		BB_FETCH(&slots[seen[i]]);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_order *order = &slots[seen[i]];
		const struct bb_book *book = &engine->books[records[i].product];
		if (records[i].op != MATCH_CANCEL)
			continue;
		BB_FETCH(&slots[order->prev]);
		BB_FETCH(&slots[order->next]);
		BB_FETCH(bb_ladder_rung(&book->ladders[bb_order_side(order)],
					bb_order_rung(order)));
	}
}

static uint32_t
look(void *context, uint32_t first, uint32_t end)
{
	const struct engine *engine = context;
	const uint32_t count = end - first < AHEAD ? end - first : AHEAD;

	if (engine->orders.live >= BB_FORESEE_ORDERS)
		look_ahead(engine, &engine->records[first], count);
	return count;
}

static void
apply(void *context, uint32_t first, uint32_t count)
{
	struct engine *engine = context;

	for (uint32_t i = 0; i < count; i++) {
		const struct match_record *record = &engine->records[first + i];
		struct bb_book *book = &engine->books[record->product];
		if (i % AHEAD == 0 && count > 1)
			look(engine, first + i, first + count);
		if (record->op == MATCH_ADD)
			add(engine, record, book);
		else if (record->op == MATCH_TAKE)
			take(engine, record, book);
		else
			reduce(engine, book,
			       *bb_ids_place(&engine->ids, engine->table, record->id),
			       record->quantity);
	}
}

static const struct match_fills *
fills(void *context)
{
	return &((struct engine *)context)->fills;
}

static bool
stop(void *context)
{
	bb_pages_unmap(&((struct engine *)context)->memory);
	free(context);
	return true;
}

const struct match_engine match_book = {
	"book", start, prepare, apply, look, fills, stop,
};
