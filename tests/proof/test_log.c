/* test_log - paths of the log: those of RFC 6962's authors, and every one up to 300 leaves. */
#include <string.h>

#include <sodium.h>

#include "base/bb_assert.h"
#include "base/bb_random.h"
#include "ledger/bb_log.h"
#include "tests/bb_test.h"
#include "tests/proof/proof_model.h"

#define SEED UINT64_C(20261124)

static struct bb_hash leaves[MODEL_LEAVES];
static struct bb_log_plan plan;

static bool
same(const struct bb_hash *a, const struct bb_hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct bb_hash
hash_of_hex(const char *hex)
{
	struct bb_hash hash;
	size_t size = 0;
	BB_ASSERT(sodium_hex2bin(hash.bytes, sizeof(hash.bytes), hex, strlen(hex), NULL, &size,
				 NULL) == 0 && size == sizeof(hash.bytes));
	return hash;
}

/* The eight leaves that the first implementations of Certificate Transparency were tested
 * with, and the roots that they all agree on. */
static const struct {
	const char *data;
	size_t size;
	const char *root;
} vectors[] = {
	{ "", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
	{ "\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
	{ "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
	{ "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
	{ "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
	{ "\x40\x41\x42\x43", 4,
	  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
	{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8,
	  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
	{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
	  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
};

static struct bb_hash
vector_leaf(uint32_t index)
{
	return bb_hash_leaf(vectors[index].data, vectors[index].size);
}

static void
known_roots_are_found(void)
{
	struct bb_tree tree;

	bb_tree_init(&tree);
	for (uint32_t i = 0; i < 8; i++) {
		const struct bb_hash want = hash_of_hex(vectors[i].root);
		bb_tree_add(&tree, vectors[i].data, vectors[i].size);
		const struct bb_hash root = bb_tree_root(&tree);
		CU_ASSERT(same(&root, &want));
	}
}

/* Plans are fed with the vectors' leaves; what comes out is compared with hex. */
static void
check_planned(const char *const *want, uint32_t count)
{
	for (uint32_t i = 0; i < 8; i++) {
		const struct bb_hash leaf = vector_leaf(i);
		bb_log_plan_add(&plan, &leaf);
	}
	CU_ASSERT_FATAL(bb_log_plan_done(&plan) && plan.path.count == count);
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_hash hash = hash_of_hex(want[i]);
		CU_ASSERT(same(&plan.path.hashes[i], &hash));
	}
}

static void
known_paths_are_found(void)
{
	static const char *const first_of_8[] = {
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
	};
	static const char *const from_6_to_8[] = {
		"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
		"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	};

	bb_log_plan_inclusion(&plan, 0, 8);
	check_planned(first_of_8, 3);
	bb_log_plan_consistency(&plan, 6, 8);
	check_planned(from_6_to_8, 3);
	bb_log_plan_consistency(&plan, 8, 8);
	check_planned(NULL, 0);
}

static bool
same_path(const struct bb_log_path *a, const struct bb_log_path *b)
{
	return a->count == b->count &&
	       memcmp(a->hashes, b->hashes, a->count * sizeof(a->hashes[0])) == 0;
}

static void
feed(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		bb_log_plan_add(&plan, &leaves[i]);
}

static void
fill_leaves(void)
{
	for (uint32_t i = 0; i < MODEL_LEAVES; i++)
		leaves[i] = bb_hash_leaf(&i, sizeof(i));
	model_begin(leaves, MODEL_LEAVES);
}

/* One change to a path: a flipped bit, a hash less, a hash more, two exchanged. */
static bool
spoil(struct bb_log_path *path, struct bb_random *random)
{
	const uint32_t at = path->count == 0 ? 0 : bb_random_below(random, path->count);
	const uint32_t kept_count = path->count;
	const struct bb_hash kept = path->hashes[at];

	switch (bb_random_below(random, 4)) {
	case 0:
		path->hashes[at].bytes[bb_random_below(random, BB_HASH_SIZE)] ^=
			(uint8_t)(1u << bb_random_below(random, 8));
		return path->count > 0;
	case 1:
		path->count -= path->count > 0;
		return kept_count > 0;
	case 2:
		path->hashes[path->count++] = leaves[bb_random_below(random, MODEL_LEAVES)];
		return true;
	default:
		path->hashes[at] = path->hashes[0];
		path->hashes[0] = kept;
		return at > 0 && !same(&path->hashes[at], &path->hashes[0]);
	}
}

static void
every_leaf_of_every_size_has_the_models_path(void)
{
	struct bb_random random = { SEED };
	struct bb_log_path want;
	uint32_t wrong = 0;

	fill_leaves();
	for (uint32_t size = 1; size <= MODEL_LEAVES; size++) {
		const struct bb_hash root = model_root(0, size);

		for (uint32_t index = 0; index < size; index++) {
			bb_log_plan_inclusion(&plan, index, size);
			feed(size);
			model_path(&want, index, size);
			wrong += !bb_log_plan_done(&plan) || !same_path(&plan.path, &want);
			wrong += !bb_log_included(&leaves[index], index, size, &want, &root);
			/* Another place, another size, another leaf, another path. */
			wrong += bb_log_included(&leaves[index], index + 1, size, &want, &root);
			wrong += bb_log_included(&leaves[index], index, index, &want, &root);
			wrong += bb_log_included(&leaves[(index + 1) % MODEL_LEAVES], index, size,
						 &want, &root);
			if (spoil(&want, &random))
				wrong += bb_log_included(&leaves[index], index, size, &want,
							 &root);
		}
	}
	printf("seed %llu ", (unsigned long long)SEED);
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
every_size_is_consistent_with_every_later_one(void)
{
	struct bb_random random = { SEED + 1 };
	struct bb_log_path want;
	uint32_t wrong = 0;

	fill_leaves();
	for (uint32_t to = 1; to <= MODEL_LEAVES; to++) {
		const struct bb_hash newer = model_root(0, to);

		for (uint32_t from = 1; from <= to; from++) {
			const struct bb_hash older = model_root(0, from);

			bb_log_plan_consistency(&plan, from, to);
			feed(to);
			model_proof(&want, from, to);
			wrong += !bb_log_plan_done(&plan) || !same_path(&plan.path, &want);
			wrong += !bb_log_consistent(from, &older, to, &newer, &want);
			wrong += bb_log_consistent(0, &older, to, &newer, &want);
			wrong += bb_log_consistent(to + 1, &older, to, &newer, &want);
			if (from < to) {
				wrong += bb_log_consistent(from, &newer, to, &newer, &want);
				wrong += bb_log_consistent(from, &older, to, &older, &want);
			}
			if (spoil(&want, &random))
				wrong += bb_log_consistent(from, &older, to, &newer, &want);
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Ranges in order, without overlap, which leave out exactly what the proof knows already. */
static uint64_t
covered(void)
{
	uint64_t sum = 0;
	uint64_t end = 0;

	for (uint32_t i = 0; i < plan.range_count; i++) {
		CU_ASSERT(plan.ranges[i].first >= end && plan.ranges[i].end > plan.ranges[i].first);
		end = plan.ranges[i].end;
		sum += end - plan.ranges[i].first;
	}
	return sum;
}

static void
a_plan_for_the_largest_log_fits(void)
{
	struct bb_random random = { SEED + 2 };

	for (uint32_t i = 0; i < 1000; i++) {
		const uint64_t size = UINT64_MAX - (i < 2 ? i : bb_random_next(&random) >> 8);
		const uint64_t index = i == 0 ? size - 1 : bb_random_next(&random) % size;

		bb_log_plan_inclusion(&plan, index, size);
		CU_ASSERT(covered() == size - 1 && plan.path.count <= 64);
		bb_log_plan_consistency(&plan, index + 1, size);
		CU_ASSERT(covered() == size || covered() == size - (index + 1));
	}
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "known roots are found", known_roots_are_found },
		{ "known paths are found", known_paths_are_found },
		{ "every leaf of every size up to 300 has the model's path, and no other proves it",
		  every_leaf_of_every_size_has_the_models_path },
		{ "every size up to 300 is consistent with every later one, by one path",
		  every_size_is_consistent_with_every_later_one },
		{ "a plan for the largest log fits", a_plan_for_the_largest_log_fits },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("log", tests);
}
