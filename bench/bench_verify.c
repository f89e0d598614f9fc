/* bench_verify - signature checks a second: the burst check and libsodium by turns.
 *
 * Both see the same samples in the same order.  A sample is a message signed by one of the
 * keys; samples lie one behind the other as packets do, their keys in random order.  The
 * slices are short and alternate, so that whatever else the machine does meets both, and
 * the median of each is told.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bb_assert.h"
#include "base/bb_random.h"
#include "bench/bench.h"
#include "ctl/bb_pages.h"

#define SLICE_NS   UINT64_C(20000000)
#define SLICES_MAX 90000u /* of an hour */

struct sample {
	uint32_t key;
	uint8_t signature[BB_SIGNATURE_SIZE];
	const uint8_t *message;
};

struct stage {
	const struct bench_options *options;
	struct bb_pages base_pages, table_pages;
	struct bb_burst burst;
	uint8_t (*keys)[BB_KEY_SIZE];
	struct bb_key_table *tables;
	struct sample *samples; /* as many as keys */
	uint8_t *messages;
	uint32_t next[2]; /* sample, of each checker */
	double table_us;
};

/* random_order returns the numbers below count in a random order. */
static uint32_t *
random_order(uint32_t count)
{
	struct bb_random random = { 4 };
	uint32_t *order = malloc(count * sizeof(order[0]));

	for (uint32_t i = 0; order != NULL && i < count; i++) {
		const uint32_t other = bb_random_below(&random, i + 1);
		order[i] = order[other];
		order[other] = i;
	}
	return order;
}

static bool
make_samples(struct stage *stage)
{
	const uint32_t count = stage->options->keys, size = stage->options->payload;
	struct bb_random random = { 5 };
	uint32_t *order = random_order(count);

	stage->keys = malloc(count * sizeof(stage->keys[0]));
	stage->samples = malloc(count * sizeof(stage->samples[0]));
	stage->messages = malloc((size_t)count * size + 1);
	if (order == NULL || stage->keys == NULL || stage->samples == NULL ||
	    stage->messages == NULL)
		return false;
	for (size_t i = 0; i < (size_t)count * size; i++)
		stage->messages[i] = (uint8_t)bb_random_next(&random);
	for (uint32_t i = 0; i < count; i++) {
		struct sample *sample = &stage->samples[i];
		struct bb_identity identity;

		bench_identity(&identity, order[i]);
		*sample = (struct sample){ .key = order[i],
					   .message = stage->messages + (size_t)i * size };
		bb_sign(&identity, sample->message, size, sample->signature);
		for (uint32_t byte = 0; byte < BB_KEY_SIZE; byte++)
			stage->keys[order[i]][byte] = identity.public_key[byte];
	}
	free(order);
	return true;
}

static bool
make_base(struct stage *stage)
{
	struct bb_point *scratch = malloc(bb_burst_scratch_bytes());
	const bool made = scratch != NULL &&
			  bb_pages_map(&stage->base_pages, bb_burst_base_bytes());

	if (!made)
		fputs("busbar-bench: no memory for the base point's table\n", stderr);
	else if (!bb_burst_init(&stage->burst, stage->options->code, stage->base_pages.bytes,
				scratch))
		fputs("busbar-bench: this CPU cannot run that code\n", stderr);
	free(scratch);
	return made && stage->burst.base != NULL;
}

static bool
make_tables(struct stage *stage)
{
	const struct bb_comb *comb = &stage->options->comb;
	const uint32_t count = stage->options->keys, entries = bb_comb_entries(comb);
	struct bb_point *scratch = malloc(bb_table_scratch(comb) * sizeof(*scratch));

	stage->tables = malloc(count * sizeof(stage->tables[0]));
	if (scratch == NULL || stage->tables == NULL ||
	    !bb_pages_map(&stage->table_pages,
			  (size_t)count * entries * sizeof(struct bb_entry))) {
		fputs("busbar-bench: no memory for the key tables\n", stderr);
		free(scratch);
		return false;
	}
	struct bb_entry *first = stage->table_pages.bytes;
	const struct bench_time begin = bench_now();

	for (uint32_t i = 0; i < count; i++)
		bb_key_table_build(&stage->tables[i], comb, stage->keys[i],
				   first + (size_t)i * entries, scratch);
	stage->table_us = 1e6 / bench_rate(stage->options, begin, count);
	free(scratch);
	return true;
}

/* Both return how many checks they made; all samples are valid. */
static uint32_t
check_fast(struct stage *stage)
{
	struct bb_check checks[BB_BURST_CHECKS];
	bool verdicts[BB_BURST_CHECKS];

	for (uint32_t i = 0; i < stage->options->burst; i++) {
		const struct sample *sample = &stage->samples[stage->next[0]];
		checks[i] = (struct bb_check){
			.table = &stage->tables[sample->key],
			.key = stage->keys[sample->key],
			.signature = sample->signature,
			.message = sample->message,
			.size = stage->options->payload,
		};
		stage->next[0] = (stage->next[0] + 1) % stage->options->keys;
	}
	bb_sign_check_burst(&stage->burst, checks, stage->options->burst, verdicts);
	for (uint32_t i = 0; i < stage->options->burst; i++)
		BB_ASSERT(verdicts[i]);
	return stage->options->burst;
}

static uint32_t
check_libsodium(struct stage *stage)
{
	for (uint32_t i = 0; i < stage->options->burst; i++) {
		const struct sample *sample = &stage->samples[stage->next[1]];
		BB_ASSERT(bb_sign_check(stage->keys[sample->key], sample->message,
					stage->options->payload, sample->signature));
		stage->next[1] = (stage->next[1] + 1) % stage->options->keys;
	}
	return stage->options->burst;
}

static double
slice(struct stage *stage, uint32_t (*check)(struct stage *))
{
	const struct bench_time begin = bench_now();
	uint64_t count = 0;

	do
		count += check(stage);
	while (bench_wall_ns() - begin.wall_ns < SLICE_NS);
	return bench_rate(stage->options, begin, count);
}

static void
measure(struct stage *stage)
{
	static double rates[2][SLICES_MAX];
	const struct bench_options *options = stage->options;
	const struct bench_time begin = bench_now();
	const double wanted_ns = options->seconds * 1e9;
	uint32_t count = 0;

	(void)slice(stage, check_fast); /* touches what the first would have to wait for */
	do {
		rates[0][count] = slice(stage, check_fast);
		rates[1][count] = slice(stage, check_libsodium);
		count++;
	} while (count < SLICES_MAX && (double)(bench_wall_ns() - begin.wall_ns) < wanted_ns);

	const double fast = bench_median(rates[0], count);
	const double libsodium = bench_median(rates[1], count);
	const size_t bytes = bb_comb_entries(&options->comb) * sizeof(struct bb_entry);

	if (options->json) {
		printf("{\"schema\": \"busbar.bench.verify/1\", \"keys\": %u, \"payload\": %u, "
		       "\"burst\": %u, \"fast_per_s\": %.0f, \"libsodium_per_s\": %.0f, "
		       "\"ratio\": %.2f, \"bytes_per_key\": %zu, \"build_us_per_key\": %.1f}\n",
		       options->keys, options->payload, options->burst, fast, libsodium,
		       fast / libsodium, bytes, stage->table_us);
		return;
	}
	printf("%u keys in random order, messages of %u B, bursts of %u, %s time\n"
	       "fast       %9.0f checks a second\n"
	       "libsodium  %9.0f checks a second\n"
	       "ratio      %9.2f\n"
	       "tables     %9zu B a key, built in %.1f us each, %s\n",
	       options->keys, options->payload, options->burst, options->cpu ? "CPU" : "wall",
	       fast, libsodium, fast / libsodium, bytes, stage->table_us,
	       stage->table_pages.reserved ? "in reserved huge pages" : "huge pages asked for");
}

int
bench_verify(const struct bench_options *options)
{
	struct stage stage = { .options = options };
	const bool made = make_samples(&stage) && make_base(&stage) && make_tables(&stage);

	if (made)
		measure(&stage);
	bb_pages_unmap(&stage.base_pages);
	bb_pages_unmap(&stage.table_pages);
	free(stage.tables);
	free(stage.messages);
	free(stage.samples);
	free(stage.keys);
	return made ? 0 : 2;
}
