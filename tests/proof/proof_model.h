/* proof_model - RFC 6962, section 2.1, word for word, as a recursion over all leaves: slow,
 * and too simple to be wrong.
 *
 * Memory   static; at most MODEL_LEAVES leaves.
 */
#ifndef PROOF_MODEL_H
#define PROOF_MODEL_H

#include "ledger/bb_log.h"

#define MODEL_LEAVES 300u

/* model_begin takes the hashes of count leaves. */
void model_begin(const struct bb_hash *leaves, uint32_t count);

/* model_root is MTH(D[first:end]). */
struct bb_hash model_root(uint32_t first, uint32_t end);

/* model_path is PATH(index, D[0:size]); model_proof is PROOF(from, D[0:to]). */
void model_path(struct bb_log_path *path, uint32_t index, uint32_t size);
void model_proof(struct bb_log_path *path, uint32_t from, uint32_t to);

#endif
