#include "ledger/bb_roots.h"

#include <string.h>

#include "wire/bb_hash_lanes.h"

void
bb_roots_start(struct bb_roots *roots, const uint8_t *body, const struct bb_block_header *header)
{
	roots->walk = bb_block_walk(body, header->body_size, header->input_count,
				    header->result_count);
	bb_hash_start(&roots->inputs_root);
	bb_hash_start(&roots->results_root);
}

uint32_t
bb_roots_next(struct bb_roots *roots)
{
	struct bb_hash_job jobs[2 * BB_ROOTS_BATCH];
	uint32_t count = 0;

	while (count < BB_ROOTS_BATCH && bb_block_next(&roots->walk, &roots->inputs[count])) {
		const struct bb_block_input *input = &roots->inputs[count];

		jobs[2 * count] = (struct bb_hash_job){ input->record, input->record_size,
							&roots->input_hashes[count] };
		jobs[2 * count + 1] =
			(struct bb_hash_job){ input->results,
					      (size_t)input->result_count * BB_RESULT_SIZE,
					      &roots->result_hashes[count] };
		count++;
	}
	bb_hash_lanes_run(jobs, 2 * count, BB_HASH_BEST);
	bb_hash_add(&roots->inputs_root, roots->input_hashes, count * sizeof(struct bb_hash));
	bb_hash_add(&roots->results_root, roots->result_hashes, count * sizeof(struct bb_hash));
	return count;
}

bool
bb_roots_end(struct bb_roots *roots, struct bb_hash *inputs_root, struct bb_hash *results_root)
{
	*inputs_root = bb_hash_end(&roots->inputs_root);
	*results_root = bb_hash_end(&roots->results_root);
	return !roots->walk.failed;
}

enum bb_result
bb_roots_check(struct bb_roots *roots, const struct bb_block_header *header, const char **what)
{
	struct bb_hash inputs_root;
	struct bb_hash results_root;

	*what = "records";
	if (!bb_roots_end(roots, &inputs_root, &results_root))
		return BB_ERR_HASH;
	*what = "inputs root";
	if (memcmp(&inputs_root, &header->inputs_root, sizeof(inputs_root)) != 0)
		return BB_ERR_HASH;
	*what = "results root";
	if (memcmp(&results_root, &header->results_root, sizeof(results_root)) != 0)
		return BB_ERR_HASH;
	return BB_OK;
}
