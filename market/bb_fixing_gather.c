#include <string.h>

#include "market/bb_fixing.h"
#include "market/bb_state.h"

#define ALL_SOURCES UINT16_MAX

/* A set of sources that buys of a zone accept, and where it comes first: lowest price, then
 * earliest at that price. */
struct wish {
	uint32_t above;
	uint32_t at;
	uint32_t kind; /* its place among kinds of the auction, once it has one */
	uint16_t sources;
	bool placed;
};

/* What an order accepts; no bit set is no wish. */
static uint16_t
accepted(const struct bb_market *market, const struct bb_call_entry *entry)
{
	const uint16_t accept = market->orders.own[entry->slot].accept;

	return accept == 0 ? ALL_SOURCES : accept;
}

static void
list_side(struct bb_fixing *fixing, struct bb_fixing_zone *zone, enum bb_side side,
	  const struct bb_rules *rules)
{
	struct bb_fixing_side *listed = &zone->sides[side];

	listed->entries = &fixing->entries[fixing->entry_count];
	listed->count = bb_call_list(&zone->call, side, (uint32_t)rules->kappa,
				     rules->price_max, listed->entries);
	fixing->entry_count += listed->count;
}

/* leave_choosy takes the buys off the list that accept only some sources. */
static void
leave_choosy(const struct bb_market *market, struct bb_fixing_side *buys)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < buys->count; i++)
		if (accepted(market, &buys->entries[i]) == ALL_SOURCES)
			buys->entries[kept++] = buys->entries[i];
	buys->count = kept;
}

static uint32_t
add_kind(struct bb_fixing *fixing, const struct bb_origin_order *kind)
{
	BB_ASSERT(fixing->kind_count < BB_FIXING_KINDS);
	fixing->kinds[fixing->kind_count] = *kind;
	return fixing->kind_count++;
}

/* add_sells makes a kind of every source that is sold in a zone; returns these.  Until there
 * are nodes, given_wh of an entry is its kind. */
static uint16_t
add_sells(struct bb_market *market, uint32_t index)
{
	struct bb_fixing *fixing = market->fixing;
	const struct bb_fixing_side *sells = &fixing->zones[index].sides[BB_SELL];
	uint32_t kinds[BB_SOURCES] = { 0 };
	uint16_t sold = 0;

	for (uint32_t i = 0; i < sells->count; i++) {
		struct bb_call_entry *entry = &sells->entries[i];
		const uint32_t source = bb_order_source(&market->orders.slots[entry->slot]);
		if ((sold >> source & 1) == 0)
			kinds[source] = add_kind(fixing, &(struct bb_origin_order){
				.zone = index, .side = BB_SELL, .source = (uint8_t)source,
				.accept = ALL_SOURCES,
			});
		sold |= (uint16_t)(1u << source);
		entry->given_wh = kinds[source];
	}
	return sold;
}

/* find_wish returns the place of what an entry accepts of what is sold, among wishes; as many
 * as there are: it is a new one. */
static uint32_t
find_wish(struct wish *wishes, uint32_t count, uint16_t sources, const struct bb_call_entry *entry,
	  uint32_t at)
{
	uint32_t place = 0;

	while (place < count && wishes[place].sources != sources)
		place++;
	/* The walk comes from the dearest: what it meets at a lower price comes before. */
	if (place == count ? count < BB_NODES_MAX : bb_call_above(entry) < wishes[place].above)
		wishes[place] = (struct wish){
			.sources = sources, .above = bb_call_above(entry), .at = at,
		};
	return place;
}

static bool
comes_before(const struct wish *left, const struct wish *right)
{
	return left->above != right->above ? left->above < right->above : left->at < right->at;
}

/* add_buys makes a kind of every set of sources that is accepted, in the order in which they
 * come; false: there are more than nodes. */
static bool
add_buys(struct bb_market *market, uint32_t index, uint16_t sold)
{
	struct bb_fixing *fixing = market->fixing;
	const struct bb_fixing_side *buys = &fixing->zones[index].sides[BB_BUY];
	struct wish wishes[BB_NODES_MAX];
	uint32_t count = 0;

	for (uint32_t i = 0; i < buys->count; i++) {
		struct bb_call_entry *entry = &buys->entries[i];
		const uint16_t sources = accepted(market, entry) & sold;
		const uint32_t place = find_wish(wishes, count, sources, entry, i);
		if (place == BB_NODES_MAX)
			return false;
		count += place == count;
		entry->given_wh = place;
	}
	for (uint32_t added = 0; added < count; added++) {
		uint32_t first = count;
		for (uint32_t i = 0; i < count; i++)
			if (!wishes[i].placed &&
			    (first == count || comes_before(&wishes[i], &wishes[first])))
				first = i;
		wishes[first].placed = true;
		wishes[first].kind = add_kind(fixing, &(struct bb_origin_order){
			.zone = index, .side = BB_BUY, .accept = wishes[first].sources,
		});
	}
	for (uint32_t i = 0; i < buys->count; i++)
		buys->entries[i].given_wh = wishes[buys->entries[i].given_wh].kind;
	return true;
}

/* gather_zone lists what has to be listed; false: its buys want too many things. */
static bool
gather_zone(struct bb_market *market, const struct bb_course *course, uint32_t index,
	    bool divided)
{
	struct bb_fixing *fixing = market->fixing;
	struct bb_fixing_zone *zone = &fixing->zones[index];
	const struct bb_listing *listing =
		&market->products.listings[course->zones[index].listing - 1];

	*zone = (struct bb_fixing_zone){
		.call = {
			.book = &listing->book,
			.orders = &market->orders,
			.positions = &market->positions,
			.accounts = market->members.accounts,
		},
		.orders = listing->product.orders_live,
	};
	if (listing->odd)
		list_side(fixing, zone, BB_BUY, &course->rules);
	if (listing->odd || course->rules.kappa > 0)
		list_side(fixing, zone, BB_SELL, &course->rules);
	if (!listing->odd)
		return true;
	if (!divided || fixing->joined[index]) {
		leave_choosy(market, &zone->sides[BB_BUY]);
		return true;
	}
	return add_buys(market, index, add_sells(market, index));
}

/* set_nodes gives each zone its nodes, and the entries of one that is divided theirs. */
static void
set_nodes(struct bb_fixing *fixing)
{
	const struct bb_origin *origin = &fixing->origin;

	for (uint32_t i = origin->node_count; i-- > 0;) {
		struct bb_fixing_zone *zone = &fixing->zones[origin->nodes[i].zone];
		zone->node = i;
		zone->node_count++;
	}
	for (uint32_t index = 0; index < fixing->zone_count; index++) {
		const struct bb_fixing_zone *zone = &fixing->zones[index];
		for (uint32_t side = BB_BUY; side <= BB_SELL; side++) {
			const struct bb_fixing_side *listed = &zone->sides[side];
			for (uint32_t i = 0; i < listed->count; i++) {
				struct bb_call_entry *entry = &listed->entries[i];
				const uint32_t node =
					zone->node_count > 1
						? fixing->kinds[entry->given_wh].node - zone->node
						: 0;
				entry->key |= node << BB_CALL_NODE_SHIFT;
				entry->given_wh = 0;
			}
		}
	}
}

bool
bb_fixing_gather(struct bb_market *market, const struct bb_course *course, bool divided)
{
	struct bb_fixing *fixing = market->fixing;
	uint32_t wrong;

	fixing->entry_count = fixing->kind_count = 0;
	for (uint32_t i = 0; i < fixing->zone_count; i++)
		if (!gather_zone(market, course, i, divided))
			return false;
	if (bb_origin_make(&fixing->origin, fixing->zone_count, fixing->lines, fixing->line_count,
			   fixing->kinds, fixing->kind_count, &wrong) != BB_ORIGIN_OK)
		return false;
	set_nodes(fixing);
	return true;
}
