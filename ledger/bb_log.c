#include "ledger/bb_log.h"

#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

void
bb_log_leaf(uint8_t leaf[BB_LEAF_SIZE], uint64_t number, uint64_t time_ns, const uint8_t *record,
	    size_t record_size, const uint8_t *results, size_t results_size)
{
	const struct bb_hash input = bb_hash_of(record, record_size);
	const struct bb_hash outcome = bb_hash_of(results, results_size);

	bb_put_u64(leaf, number);
	bb_put_u64(leaf + 8, time_ns);
	memcpy(leaf + 16, input.bytes, BB_HASH_SIZE);
	memcpy(leaf + 48, outcome.bytes, BB_HASH_SIZE);
}

/* Returns the largest power of two below size, which is at least 2: where a tree splits. */
static uint64_t
split_of(uint64_t size)
{
	return UINT64_C(1) << (63 - __builtin_clzll(size - 1));
}

static void
want(struct bb_log_plan *plan, uint64_t first, uint64_t end)
{
	BB_ASSERT(plan->range_count < BB_LOG_PATH_MAX);
	plan->ranges[plan->range_count++] = (struct bb_log_range){ .first = first, .end = end };
}

/* Ranges were found from the root downwards; a path goes upwards.  Leaves come in order. */
static void
arrange(struct bb_log_plan *plan)
{
	plan->path.count = plan->range_count;
	for (uint32_t i = 0; i < plan->range_count; i++)
		plan->ranges[i].slot = plan->range_count - 1 - i;
	for (uint32_t i = 1; i < plan->range_count; i++) {
		const struct bb_log_range range = plan->ranges[i];
		uint32_t at = i;

		for (; at > 0 && plan->ranges[at - 1].first > range.first; at--)
			plan->ranges[at] = plan->ranges[at - 1];
		plan->ranges[at] = range;
	}
}

static void
clear(struct bb_log_plan *plan)
{
	plan->next = 0;
	plan->range_count = 0;
	plan->range = 0;
	bb_tree_init(&plan->tree);
}

void
bb_log_plan_inclusion(struct bb_log_plan *plan, uint64_t index, uint64_t size)
{
	uint64_t first = 0;
	uint64_t end = size;

	BB_ASSERT(index < size);
	clear(plan);
	while (end - first > 1) {
		const uint64_t middle = first + split_of(end - first);

		if (index < middle) {
			want(plan, middle, end);
			end = middle;
		} else {
			want(plan, first, middle);
			first = middle;
		}
	}
	arrange(plan);
}

void
bb_log_plan_consistency(struct bb_log_plan *plan, uint64_t from, uint64_t to)
{
	uint64_t first = 0;
	uint64_t end = to;

	BB_ASSERT(from > 0 && from <= to);
	clear(plan);
	while (end != from) {
		const uint64_t middle = first + split_of(end - first);

		if (from <= middle) {
			want(plan, middle, end);
			end = middle;
		} else {
			want(plan, first, middle);
			first = middle;
		}
	}
	/* What is left is a subtree of both.  If it is the whole old tree, its root is known. */
	if (first > 0)
		want(plan, first, end);
	arrange(plan);
}

void
bb_log_plan_add(struct bb_log_plan *plan, const struct bb_hash *leaf_hash)
{
	const uint64_t leaf = plan->next++;

	if (bb_log_plan_done(plan) || leaf < plan->ranges[plan->range].first)
		return;
	const struct bb_log_range *range = &plan->ranges[plan->range];
	bb_tree_add_hash(&plan->tree, leaf_hash);
	if (plan->next < range->end)
		return;
	plan->path.hashes[range->slot] = bb_tree_root(&plan->tree);
	bb_tree_init(&plan->tree);
	plan->range++;
}

static bool
same(const struct bb_hash *a, const struct bb_hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* A node on its way up: its index in its level, and that of the level's last node. */
struct climb {
	uint64_t node;
	uint64_t last;
};

/* Goes up one level, as RFC 9162 says, past a step with a left neighbour on the right edge:
 * where a node has no right neighbour it is carried upwards unchanged. */
static void
climb_up(struct climb *climb, bool left_neighbour)
{
	if (left_neighbour)
		while ((climb->node & 1) == 0 && climb->node != 0) {
			climb->node >>= 1;
			climb->last >>= 1;
		}
	climb->node >>= 1;
	climb->last >>= 1;
}

static bool
has_left_neighbour(const struct climb *climb)
{
	return (climb->node & 1) != 0 || climb->node == climb->last;
}

bool
bb_log_included(const struct bb_hash *leaf_hash, uint64_t index, uint64_t size,
		const struct bb_log_path *path, const struct bb_hash *root)
{
	struct climb climb = { .node = index, .last = size - 1 };
	struct bb_hash hash = *leaf_hash;

	if (index >= size || path->count > BB_LOG_PATH_MAX)
		return false;
	for (uint32_t i = 0; i < path->count; i++) {
		const bool left = has_left_neighbour(&climb);

		if (climb.last == 0)
			return false;
		hash = left ? bb_hash_node(&path->hashes[i], &hash)
			    : bb_hash_node(&hash, &path->hashes[i]);
		climb_up(&climb, left);
	}
	return climb.last == 0 && same(&hash, root);
}

bool
bb_log_consistent(uint64_t from, const struct bb_hash *root_from, uint64_t to,
		  const struct bb_hash *root_to, const struct bb_log_path *path)
{
	struct climb climb = { .node = from - 1, .last = to - 1 };
	uint32_t next = 0;

	if (from == 0 || from > to || path->count > BB_LOG_PATH_MAX)
		return false;
	if (from == to)
		return path->count == 0 && same(root_from, root_to);
	while ((climb.node & 1) != 0) {
		climb.node >>= 1;
		climb.last >>= 1;
	}
	/* The old tree is a subtree of the new one if its size is a power of two. */
	if ((from & (from - 1)) != 0 && path->count == 0)
		return false;
	struct bb_hash older = (from & (from - 1)) == 0 ? *root_from : path->hashes[next++];
	struct bb_hash newer = older;

	for (; next < path->count; next++) {
		const bool left = has_left_neighbour(&climb);

		if (climb.last == 0)
			return false;
		if (left)
			older = bb_hash_node(&path->hashes[next], &older);
		newer = left ? bb_hash_node(&path->hashes[next], &newer)
			     : bb_hash_node(&newer, &path->hashes[next]);
		climb_up(&climb, left);
	}
	return climb.last == 0 && same(&older, root_from) && same(&newer, root_to);
}
