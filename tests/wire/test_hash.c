/* test_hash - SHA-256 and the RFC 6962 tree, against known answers and a slow model. */
#include <string.h>

#include "tests/bb_test.h"
#include "tests/wire/wire_kit.h"
#include "wire/bb_hash.h"
#include "wire/bb_hash_lanes.h"

static void
check_hash(struct bb_hash hash, const char *hex)
{
	CU_ASSERT_TRUE(kit_equals(hash.bytes, sizeof(hash.bytes), hex));
}

/* Messages of FIPS 180-2, appendix B. */
static void
test_sha256_gives_the_answers_of_fips_180(void)
{
	static const char two_blocks[] =
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

	check_hash(bb_hash_of("", 0),
		   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_hash(bb_hash_of("abc", 3),
		   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_hash(bb_hash_of(two_blocks, sizeof(two_blocks) - 1),
		   "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void
test_sha256_of_a_million_letters_in_uneven_pieces(void)
{
	uint8_t letters[997];
	struct bb_hasher hasher;
	size_t left = 1000000;

	memset(letters, 'a', sizeof(letters));
	bb_hash_start(&hasher);
	while (left > 0) {
		const size_t piece = left < sizeof(letters) ? left : sizeof(letters);
		bb_hash_add(&hasher, letters, piece);
		left -= piece;
	}
	check_hash(bb_hash_end(&hasher),
		   "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void
test_pieces_hash_as_the_whole(void)
{
	uint8_t bytes[200];
	struct bb_random random = { 1 };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)bb_random_next(&random);
	const struct bb_hash whole = bb_hash_of(bytes, sizeof(bytes));
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		struct bb_hasher hasher;
		bb_hash_start(&hasher);
		bb_hash_add(&hasher, bytes, cut);
		bb_hash_add(&hasher, bytes + cut, sizeof(bytes) - cut);
		const struct bb_hash hash = bb_hash_end(&hasher);
		CU_ASSERT_EQUAL(memcmp(&hash, &whole, sizeof(hash)), 0);
	}
}

/* The leaves and roots with which Certificate Transparency tests its trees. */
static void
test_tree_gives_the_roots_of_certificate_transparency(void)
{
	static const struct {
		const char *leaf, *root;
	} steps[] = {
		{ "", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
		{ "00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
		{ "10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
		{ "2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
		{ "3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
		{ "40414243",
		  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
		{ "5051525354555657",
		  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
		{ "606162636465666768696a6b6c6d6e6f",
		  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
	};
	struct bb_tree tree;
	uint8_t leaf[KIT_ROOM];

	bb_tree_init(&tree);
	check_hash(bb_tree_root(&tree),
		   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		bb_tree_add(&tree, leaf, kit_hex(leaf, steps[i].leaf));
		CU_ASSERT_EQUAL(tree.size, i + 1);
		check_hash(bb_tree_root(&tree), steps[i].root);
	}
}

static struct bb_hash
join(const struct bb_hash *left, const struct bb_hash *right)
{
	uint8_t bytes[1 + 2 * BB_HASH_SIZE] = { 1 };

	memcpy(bytes + 1, left, BB_HASH_SIZE);
	memcpy(bytes + 1 + BB_HASH_SIZE, right, BB_HASH_SIZE);
	return bb_hash_of(bytes, sizeof(bytes));
}

/* The definition of RFC 6962, section 2.1, word for word; leaves are their own numbers. */
static struct bb_hash
model_root(uint32_t first, uint32_t count)
{
	uint32_t split = 1;

	if (count == 1) {
		const uint8_t bytes[3] = { 0, (uint8_t)first, (uint8_t)(first >> 8) };
		return bb_hash_of(bytes, sizeof(bytes));
	}
	while (2 * split < count)
		split *= 2;
	const struct bb_hash left = model_root(first, split);
	const struct bb_hash right = model_root(first + split, count - split);
	return join(&left, &right);
}

static void
test_tree_agrees_with_the_definition_at_every_size(void)
{
	struct bb_tree tree;

	bb_tree_init(&tree);
	for (uint32_t i = 0; i < 260; i++) {
		const uint8_t leaf[2] = { (uint8_t)i, (uint8_t)(i >> 8) };
		bb_tree_add(&tree, leaf, sizeof(leaf));
		const struct bb_hash root = bb_tree_root(&tree);
		const struct bb_hash wanted = model_root(0, i + 1);
		CU_ASSERT_EQUAL(memcmp(&root, &wanted, sizeof(root)), 0);
	}
}

static void
test_asking_for_the_root_changes_nothing(void)
{
	struct bb_tree tree, before;

	memset(&tree, 0, sizeof(tree));
	bb_tree_init(&tree);
	for (uint8_t i = 0; i < 7; i++)
		bb_tree_add(&tree, &i, 1);
	before = tree;
	bb_tree_root(&tree);
	CU_ASSERT_EQUAL(memcmp(&tree, &before, sizeof(tree)), 0);
}

static void
test_a_tree_goes_on_from_its_size_and_stack(void)
{
	struct bb_tree tree, kept;

	bb_tree_init(&tree);
	for (uint8_t i = 0; i < 21; i++)
		bb_tree_add(&tree, &i, 1);
	memset(&kept, 0, sizeof(kept));
	kept.size = tree.size;
	/* 21 is 16 + 4 + 1: three complete subtrees, and nothing else is needed. */
	memcpy(kept.stack, tree.stack, 3 * sizeof(kept.stack[0]));
	for (uint8_t i = 21; i < 40; i++) {
		bb_tree_add(&tree, &i, 1);
		bb_tree_add(&kept, &i, 1);
	}
	const struct bb_hash root = bb_tree_root(&tree);
	const struct bb_hash again = bb_tree_root(&kept);
	CU_ASSERT_EQUAL(memcmp(&root, &again, sizeof(root)), 0);
}

static const struct {
	enum bb_hash_code code;
	const char *name;
} codes[] = {
	{ BB_HASH_BEST, "the best" },       { BB_HASH_LIBCRYPTO, "libcrypto" },
	{ BB_HASH_SHA, "two lanes" },       { BB_HASH_WIDE, "sixteen lanes" },
	{ BB_HASH_WIDE_SHA, "sixteen lanes, then two" },
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

static bool
have(size_t index)
{
	if (!bb_hash_lanes_have(codes[index].code))
		printf("NOT TRIED, this CPU cannot: %s\n", codes[index].name);
	return bb_hash_lanes_have(codes[index].code);
}

static void
fill(uint8_t *bytes, size_t size, struct bb_random *random)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)bb_random_next(random);
}

enum { JOBS_MOST = 300 };

/* What a code makes of jobs, against each hashed alone; who writes beside it is seen. */
static void
check_jobs(struct bb_hash_job *jobs, uint32_t count, enum bb_hash_code code)
{
	static struct bb_hash hashes[JOBS_MOST + 1];

	memset(hashes, 0xa5, sizeof(hashes));
	const struct bb_hash untouched = hashes[count];
	for (uint32_t i = 0; i < count; i++)
		jobs[i].hash = &hashes[i];
	bb_hash_lanes_run(jobs, count, code);
	for (uint32_t i = 0; i < count; i++) {
		const struct bb_hash alone = bb_hash_of(jobs[i].bytes, jobs[i].size);

		CU_ASSERT_EQUAL(memcmp(&alone, &hashes[i], sizeof(alone)), 0);
	}
	CU_ASSERT_EQUAL(memcmp(&untouched, &hashes[count], sizeof(untouched)), 0);
}

/* Each at the very end of its memory, so that a sanitizer sees who reads on. */
static void
test_lanes_hash_every_size(void)
{
	struct bb_random random = { 5 };
	static uint8_t bytes[300];

	fill(bytes, sizeof(bytes), &random);
	for (size_t code = 0; code < CODES; code++) {
		struct bb_hash_job jobs[33];

		if (!have(code))
			continue;
		for (uint32_t size = 0; size <= sizeof(bytes); size++)
			for (uint32_t count = 1; count <= 33; count += 4) {
				for (uint32_t i = 0; i < count; i++)
					jobs[i] = (struct bb_hash_job){
						.bytes = bytes + sizeof(bytes) - size,
						.size = size };
				check_jobs(jobs, count, codes[code].code);
			}
	}
}

/* Any number of messages, mostly like those of a block, some far longer than the rest. */
static void
test_lanes_hash_as_libcrypto_does(void)
{
	static uint8_t bytes[9000];
	struct bb_random random = { 7 };
	struct bb_hash_job jobs[JOBS_MOST];

	fill(bytes, sizeof(bytes), &random);
	for (uint32_t round = 0; round < 300; round++) {
		const uint32_t most = round % 10 == 0 ? JOBS_MOST : 100;
		const uint32_t count = round <= 100 ? round : bb_random_below(&random, most + 1);

		for (uint32_t i = 0; i < count; i++) {
			const uint32_t longest =
				bb_random_below(&random, 8) > 0 ? 300 : (uint32_t)sizeof(bytes);
			const uint32_t size = bb_random_below(&random, longest + 1);
			const uint32_t at =
				bb_random_below(&random, (uint32_t)sizeof(bytes) - size + 1);

			jobs[i] = (struct bb_hash_job){ .bytes = bytes + at, .size = size };
		}
		for (size_t code = 0; code < CODES; code++)
			if (round == 0 ? have(code) : bb_hash_lanes_have(codes[code].code))
				check_jobs(jobs, count, codes[code].code);
	}
}

/* A tree that grows by some at a time is that which grows by one, stack and all. */
static void
check_growth(struct bb_random *random, enum bb_hash_code code)
{
	struct bb_hash leaves[BB_HASH_LANES_LEAVES];
	struct bb_tree slow, quick;

	memset(&slow, 0, sizeof(slow));
	memset(&quick, 0, sizeof(quick));
	while (slow.size < 300) {
		const uint32_t count = bb_random_below(random, BB_HASH_LANES_LEAVES + 1);

		for (uint32_t i = 0; i < count; i++) {
			const uint64_t chance = bb_random_next(random);

			leaves[i] = bb_hash_of(&chance, sizeof(chance));
			bb_tree_add_hash(&slow, &leaves[i]);
		}
		bb_hash_lanes_grow(&quick, leaves, count, code);
		const uint32_t depth = (uint32_t)__builtin_popcountll(slow.size);
		CU_ASSERT_EQUAL(quick.size, slow.size);
		CU_ASSERT_EQUAL(memcmp(quick.stack, slow.stack, depth * sizeof(slow.stack[0])), 0);
	}
}

static void
test_lanes_grow_the_same_tree(void)
{
	struct bb_random random = { 9 };

	for (size_t code = 0; code < CODES; code++)
		for (uint32_t round = 0; have(code) && round < 20; round++)
			check_growth(&random, codes[code].code);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "SHA-256 gives the answers of FIPS 180",
		  test_sha256_gives_the_answers_of_fips_180 },
		{ "SHA-256 of a million letters in uneven pieces",
		  test_sha256_of_a_million_letters_in_uneven_pieces },
		{ "pieces hash as the whole", test_pieces_hash_as_the_whole },
		{ "the tree gives the roots of Certificate Transparency",
		  test_tree_gives_the_roots_of_certificate_transparency },
		{ "the tree agrees with the definition at every size",
		  test_tree_agrees_with_the_definition_at_every_size },
		{ "asking for the root changes nothing",
		  test_asking_for_the_root_changes_nothing },
		{ "a tree goes on from its size and stack",
		  test_a_tree_goes_on_from_its_size_and_stack },
		{ "lanes hash every size", test_lanes_hash_every_size },
		{ "lanes hash as libcrypto does", test_lanes_hash_as_libcrypto_does },
		{ "lanes grow the same tree", test_lanes_grow_the_same_tree },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("hash", tests);
}
