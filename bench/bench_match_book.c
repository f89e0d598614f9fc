/* bench_match_book - the appliance's book alone: slots, id table, ladders, as the market uses
 * them, without owners, accounts and events. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench_match.h"
#include "ctl/bb_pages.h"
#include "market/bb_book.h"
#include "market/bb_ids.h"

#define STRETCHES_A_SIDE 64u /* 4,096 prices: more than an order flow touches at a time */
#define WORTH 20000u /* orders from which on looking ahead pays: measured */
#define STEPS 3u     /* of it */
#define APART 8u     /* records between two steps */
#define KEPT  64u    /* fills that are not heard */

struct fill {
	uint64_t resting, taking;
	uint32_t price, quantity;
};

struct engine {
	struct bb_pages memory;
	struct bb_book *books;
	struct bb_stretches stretches;
	struct bb_orders orders;
	struct bb_ids ids;
	struct bb_id_table table;
	uint32_t seen[STEPS]; /* records from the next one on, by step */
	struct fill kept[KEPT];
	uint32_t kept_count;
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

static void
hear(void *context)
{
	struct engine *engine = context;

	for (uint32_t i = 0; i < engine->kept_count; i++) {
		const struct fill *fill = &engine->kept[i];
		match_fill(&engine->fills, fill->resting, fill->taking, fill->price,
			   fill->quantity);
	}
	engine->kept_count = 0;
}

BB_INLINE void
take(struct engine *engine, const struct match_record *record, struct bb_book *book)
{
	const enum bb_side other = bb_side_other((enum bb_side)record->side);
	const uint32_t limit = bb_book_rung(book, other, record->price);
	uint32_t left = record->quantity;

	if (!bb_book_reaches(book, other, limit))
		return;
	struct bb_book_place ahead = bb_book_front(book, other);
	while (left > 0) {
		const uint32_t slot = bb_book_first(book, other, limit);
		if (slot == BB_SLOT_NONE)
			return;
		const struct bb_order *order = &engine->orders.slots[slot];
		const uint32_t quantity =
			left < order->quantity_wh ? left : order->quantity_wh;
		bb_book_pass(book, other, &engine->orders, &ahead);
		BB_FETCH(&engine->orders.slots[ahead.slot]);
		if (engine->kept_count == KEPT)
			hear(engine);
		engine->kept[engine->kept_count++] = (struct fill){
			.resting = order->order_id,
			.taking = record->id,
			.price = (uint32_t)bb_book_price(book, other, bb_order_rung(order)),
			.quantity = quantity,
		};
		left -= quantity;
		reduce(engine, book, slot, quantity);
	}
}

/* The side that an order rests on or meets. */
BB_INLINE enum bb_side
side_of(const struct match_record *record)
{
	return (enum bb_side)(record->side ^ (record->op == MATCH_TAKE));
}

/* The rung that it joins or meets; a cancel does not know its rung before its order is seen, as
 * in the market. */
BB_INLINE const struct bb_rung *
rung_of(const struct engine *engine, const struct match_record *record)
{
	const struct bb_book *book = &engine->books[record->product];
	const struct bb_ladder *ladder = &book->ladders[side_of(record)];
	const uint32_t joins = bb_book_rung(book, side_of(record), record->price);
	const uint32_t meets = ladder->best & BB_PLACE_RUNG;

	return bb_ladder_rung(ladder, record->op == MATCH_TAKE ? meets : joins);
}

/* The place and the rung; then the slot; then what hangs on it.  Between two steps other records
 * are applied, and what the first asked for comes: with so little to do for each record that
 * pays more than to take each step for a whole group, as market/bb_foresee.c does. */
BB_INLINE void
see_place(const struct engine *engine, const struct match_record *record)
{
	BB_FETCH(bb_ids_place(&engine->ids, engine->table, record->id));
	if (record->op != MATCH_CANCEL)
		BB_FETCH(rung_of(engine, record));
}

BB_INLINE void
see_slot(const struct engine *engine, const struct match_record *record)
{
	const struct bb_order *slots = engine->orders.slots;

	if (record->op == MATCH_CANCEL)
		BB_FETCH(&slots[*bb_ids_place(&engine->ids, engine->table, record->id)]);
	else if (record->op == MATCH_TAKE)
		BB_FETCH(&slots[rung_of(engine, record)->first]);
	else
		BB_FETCH(&slots[rung_of(engine, record)->last]);
}

BB_INLINE void
see_neighbours(const struct engine *engine, const struct match_record *record)
{
	const struct bb_book *book = &engine->books[record->product];
	const struct bb_order *slots = engine->orders.slots;

	if (record->op != MATCH_CANCEL)
		return;
	const struct bb_order *order =
		&slots[*bb_ids_place(&engine->ids, engine->table, record->id)];
	BB_FETCH(&slots[order->prev]);
	BB_FETCH(&slots[order->next]);
	BB_FETCH(bb_ladder_rung(&book->ladders[bb_order_side(order)], bb_order_rung(order)));
}

BB_INLINE void
look_ahead(struct engine *engine, const struct match_record *records, uint32_t at,
	   uint32_t known)
{
	uint32_t *seen = engine->seen;

	for (; seen[0] < known && seen[0] <= at + 3 * APART; seen[0]++)
		see_place(engine, &records[seen[0]]);
	for (; seen[1] < known && seen[1] <= at + 2 * APART; seen[1]++)
		see_slot(engine, &records[seen[1]]);
	for (; seen[2] < known && seen[2] <= at + APART; seen[2]++)
		see_neighbours(engine, &records[seen[2]]);
}

static void
apply(void *context, const struct match_record *records, uint32_t count, uint32_t known)
{
	struct engine *engine = context;
	const bool looks = known > 1 && engine->orders.live >= WORTH;

	for (uint32_t i = 0; i < count; i++) {
		const struct match_record *record = &records[i];
		struct bb_book *book = &engine->books[record->product];
		if (looks)
			look_ahead(engine, records, i, known);
		if (record->op == MATCH_ADD)
			add(engine, record, book);
		else if (record->op == MATCH_TAKE)
			take(engine, record, book);
		else
			reduce(engine, book,
			       *bb_ids_place(&engine->ids, engine->table, record->id),
			       record->quantity);
	}
	for (uint32_t step = 0; step < STEPS; step++)
		engine->seen[step] -= engine->seen[step] < count ? engine->seen[step] : count;
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

const struct match_engine match_book = { "book", start, NULL, apply, hear, fills, stop };
