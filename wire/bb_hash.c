#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_*: the only calls without an allocation */
#include "wire/bb_hash.h"

#include <openssl/sha.h>
#include <string.h>

#include "base/bb_assert.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct bb_hasher), "room for libcrypto's state");

void
bb_hash_start(struct bb_hasher *hasher)
{
	BB_ASSERT(SHA256_Init((SHA256_CTX *)(void *)hasher->opaque) == 1);
}

void
bb_hash_add(struct bb_hasher *hasher, const void *bytes, size_t size)
{
	BB_ASSERT(SHA256_Update((SHA256_CTX *)(void *)hasher->opaque, bytes, size) == 1);
}

struct bb_hash
bb_hash_end(struct bb_hasher *hasher)
{
	struct bb_hash hash;
	BB_ASSERT(SHA256_Final(hash.bytes, (SHA256_CTX *)(void *)hasher->opaque) == 1);
	return hash;
}

struct bb_hash
bb_hash_of(const void *bytes, size_t size)
{
	struct bb_hasher hasher;
	bb_hash_start(&hasher);
	bb_hash_add(&hasher, bytes, size);
	return bb_hash_end(&hasher);
}

void
bb_tree_init(struct bb_tree *tree)
{
	tree->size = 0;
}

struct bb_hash
bb_hash_leaf(const void *data, size_t size)
{
	struct bb_hasher hasher;
	bb_hash_start(&hasher);
	bb_hash_add(&hasher, "\x00", 1);
	bb_hash_add(&hasher, data, size);
	return bb_hash_end(&hasher);
}

struct bb_hash
bb_hash_node(const struct bb_hash *left, const struct bb_hash *right)
{
	struct bb_hasher hasher;
	bb_hash_start(&hasher);
	bb_hash_add(&hasher, "\x01", 1);
	bb_hash_add(&hasher, left->bytes, sizeof(left->bytes));
	bb_hash_add(&hasher, right->bytes, sizeof(right->bytes));
	return bb_hash_end(&hasher);
}

void
bb_tree_add(struct bb_tree *tree, const void *data, size_t size)
{
	const struct bb_hash leaf = bb_hash_leaf(data, size);
	bb_tree_add_hash(tree, &leaf);
}

/* The stack holds one root for each bit set in size, the largest subtree first. */
void
bb_tree_add_hash(struct bb_tree *tree, const struct bb_hash *leaf)
{
	uint32_t depth = (uint32_t)__builtin_popcountll(tree->size);
	struct bb_hash hash = *leaf;

	BB_ASSERT(tree->size < UINT64_MAX);
	for (uint64_t bit = 1; (tree->size & bit) != 0; bit <<= 1)
		hash = bb_hash_node(&tree->stack[--depth], &hash);
	tree->stack[depth] = hash;
	tree->size++;
}

struct bb_hash
bb_tree_root(const struct bb_tree *tree)
{
	uint32_t depth = (uint32_t)__builtin_popcountll(tree->size);

	if (depth == 0)
		return bb_hash_of("", 0);
	struct bb_hash root = tree->stack[--depth];
	while (depth > 0)
		root = bb_hash_node(&tree->stack[--depth], &root);
	return root;
}
