#include "market/bb_paths.h"

#include <string.h>

#include "base/bb_assert.h"

#define NOWHERE UINT32_MAX

/* What is still to be taken apart, and the way that is being walked. */
struct walk {
	int64_t flow[BB_LINES_MAX];
	uint64_t exports[BB_NODES_MAX];
	uint64_t imports[BB_NODES_MAX];
	uint32_t leg_count;
	uint32_t legs[BB_NODES_MAX];  /* lines */
	uint32_t place[BB_NODES_MAX]; /* of a node: how many legs lead there */
};

static uint64_t
size_of(int64_t flow)
{
	return flow < 0 ? (uint64_t)-flow : (uint64_t)flow;
}

/* take removes amount from the flow of the legs from first on. */
static void
take(struct walk *walk, uint32_t first, uint64_t amount)
{
	for (uint32_t i = first; i < walk->leg_count; i++) {
		int64_t *flow = &walk->flow[walk->legs[i]];
		*flow += *flow > 0 ? -(int64_t)amount : (int64_t)amount;
	}
}

static uint64_t
least(const struct walk *walk, uint32_t first)
{
	uint64_t amount = UINT64_MAX;

	for (uint32_t i = first; i < walk->leg_count; i++) {
		const uint64_t flow = size_of(walk->flow[walk->legs[i]]);
		amount = flow < amount ? flow : amount;
	}
	return amount;
}

/* leg_from returns the first line that carries energy out of node, and where to. */
static uint32_t
leg_from(const struct bb_auction *auction, const struct walk *walk, uint32_t node, uint32_t *to)
{
	for (uint32_t i = 0; i < auction->line_count; i++) {
		const struct bb_line *line = &auction->lines[i];
		if (line->from == node && walk->flow[i] > 0) {
			*to = line->to;
			return i;
		}
		if (line->to == node && walk->flow[i] < 0) {
			*to = line->from;
			return i;
		}
	}
	return NOWHERE;
}

static void
begin(struct walk *walk, uint32_t from)
{
	memset(walk->place, 0xff, sizeof(walk->place));
	walk->place[from] = 0;
	walk->leg_count = 0;
}

/* walk_from walks from an exporting node to the first importing one; a circle on the way
 * is taken out of the flow, and the walk begins anew. */
static uint32_t
walk_from(const struct bb_auction *auction, struct walk *walk, uint32_t from)
{
	uint32_t node = from;

	begin(walk, from);
	while (node == from || walk->imports[node] == 0) {
		uint32_t to = NOWHERE;
		const uint32_t line = leg_from(auction, walk, node, &to);
		BB_ASSERT(line != NOWHERE); /* what comes in and is not used goes out */
		walk->legs[walk->leg_count++] = line;
		if (walk->place[to] != NOWHERE) {
			take(walk, walk->place[to], least(walk, walk->place[to]));
			begin(walk, from);
			node = from;
			continue;
		}
		walk->place[to] = walk->leg_count;
		node = to;
	}
	return node;
}

uint32_t
bb_paths(const struct bb_auction *auction, const struct bb_clearing *clearing,
	 struct bb_bucket paths[BB_PATHS_MAX])
{
	struct walk walk = { 0 };
	uint32_t count = 0;

	memcpy(walk.flow, clearing->flow_wh, sizeof(walk.flow));
	for (uint32_t i = 0; i < auction->node_count; i++) {
		const struct bb_node_result *node = &clearing->nodes[i];
		if (node->served_wh > node->demand_wh)
			walk.exports[i] = node->served_wh - node->demand_wh;
		else
			walk.imports[i] = node->demand_wh - node->served_wh;
	}
	for (uint32_t from = 0; from < auction->node_count; from++) {
		while (walk.exports[from] > 0) {
			const uint32_t to = walk_from(auction, &walk, from);
			uint64_t amount = least(&walk, 0);
			int64_t fee = 0;

			amount = walk.exports[from] < amount ? walk.exports[from] : amount;
			amount = walk.imports[to] < amount ? walk.imports[to] : amount;
			for (uint32_t i = 0; i < walk.leg_count; i++)
				fee += auction->lines[walk.legs[i]].fee;
			take(&walk, 0, amount);
			walk.exports[from] -= amount;
			walk.imports[to] -= amount;
			BB_ASSERT(amount > 0 && count < BB_PATHS_MAX);
			paths[count++] = (struct bb_bucket){ .quantity_wh = amount, .fee = fee,
							     .from = from, .to = to };
		}
	}
	return count;
}
