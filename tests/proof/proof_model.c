#include "tests/proof/proof_model.h"

#include "base/bb_assert.h"

/* Roots of all ranges, computed when first asked for. */
static struct bb_hash roots[MODEL_LEAVES][MODEL_LEAVES + 1];
static bool known[MODEL_LEAVES][MODEL_LEAVES + 1];
static uint32_t leaf_count;

void
model_begin(const struct bb_hash *leaves, uint32_t count)
{
	BB_ASSERT(count <= MODEL_LEAVES);
	leaf_count = count;
	for (uint32_t first = 0; first < count; first++) {
		for (uint32_t end = 0; end <= count; end++)
			known[first][end] = false;
		roots[first][first + 1] = leaves[first];
		known[first][first + 1] = true;
	}
}

static uint32_t
power_below(uint32_t size)
{
	uint32_t power = 1;
	while (power * 2 < size)
		power *= 2;
	return power;
}

struct bb_hash
model_root(uint32_t first, uint32_t end)
{
	BB_ASSERT(first < end && end <= leaf_count);
	if (!known[first][end]) {
		const uint32_t middle = first + power_below(end - first);
		const struct bb_hash left = model_root(first, middle);
		const struct bb_hash right = model_root(middle, end);
		roots[first][end] = bb_hash_node(&left, &right);
		known[first][end] = true;
	}
	return roots[first][end];
}

static void
append(struct bb_log_path *path, uint32_t first, uint32_t end)
{
	BB_ASSERT(path->count < BB_LOG_PATH_MAX);
	path->hashes[path->count++] = model_root(first, end);
}

static void
path_in(struct bb_log_path *path, uint32_t index, uint32_t first, uint32_t end)
{
	if (end - first == 1)
		return;
	const uint32_t middle = first + power_below(end - first);
	if (index < middle) {
		path_in(path, index, first, middle);
		append(path, middle, end);
	} else {
		path_in(path, index, middle, end);
		append(path, first, middle);
	}
}

void
model_path(struct bb_log_path *path, uint32_t index, uint32_t size)
{
	path->count = 0;
	path_in(path, index, 0, size);
}

/* SUBPROOF(from, D[first:end], whole) */
static void
proof_in(struct bb_log_path *path, uint32_t from, uint32_t first, uint32_t end, bool whole)
{
	if (from == end) {
		if (!whole)
			append(path, first, end);
		return;
	}
	const uint32_t middle = first + power_below(end - first);
	if (from <= middle) {
		proof_in(path, from, first, middle, whole);
		append(path, middle, end);
	} else {
		proof_in(path, from, middle, end, false);
		append(path, first, middle);
	}
}

void
model_proof(struct bb_log_path *path, uint32_t from, uint32_t to)
{
	path->count = 0;
	proof_in(path, from, 0, to, true);
}
