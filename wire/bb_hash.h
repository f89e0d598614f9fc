/* bb_hash - SHA-256 (FIPS 180-4) and the RFC 6962 tree, over libcrypto's SHA-NI code.
 *
 * libsodium's portable SHA-256 is five times slower, and the ledger hashes every byte that
 * is written or read.
 *
 * Memory   The caller owns the state; nothing is allocated.
 * Threads  None of its own.
 * Errors   None.
 * Replay   Pure.
 */
#ifndef BB_HASH_H
#define BB_HASH_H

#include <stddef.h>
#include <stdint.h>

#define BB_HASH_SIZE 32u

struct bb_hash {
	uint8_t bytes[BB_HASH_SIZE];
};

struct bb_hasher {
	_Alignas(16) uint8_t opaque[128]; /* a SHA256_CTX */
};

void bb_hash_start(struct bb_hasher *hasher);
void bb_hash_add(struct bb_hasher *hasher, const void *bytes, size_t size);
struct bb_hash bb_hash_end(struct bb_hasher *hasher);

/* bb_hash_of returns the SHA-256 of size bytes. */
struct bb_hash bb_hash_of(const void *bytes, size_t size);

/* RFC 6962, section 2.1: 0x00 before a leaf, 0x01 before a node. */
struct bb_hash bb_hash_leaf(const void *data, size_t size);
struct bb_hash bb_hash_node(const struct bb_hash *left, const struct bb_hash *right);

/* The append-only tree of that section.  Keeps one hash for each complete subtree, so at
 * most 64; the largest lies first. */
struct bb_tree {
	uint64_t size; /* leaves so far */
	struct bb_hash stack[64];
};

void bb_tree_init(struct bb_tree *tree);

/* bb_tree_add appends one leaf, size bytes of data; bb_tree_add_hash one that is hashed
 * already, or the root of a subtree where all are of one size. */
void bb_tree_add(struct bb_tree *tree, const void *data, size_t size);
void bb_tree_add_hash(struct bb_tree *tree, const struct bb_hash *leaf);

/* bb_tree_root returns the root; of the empty tree SHA-256 of nothing. */
struct bb_hash bb_tree_root(const struct bb_tree *tree);

#endif
