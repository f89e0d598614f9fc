/* bench_settlement - the contracts of a product settled: postings, one change of each account,
 * and the hash of them all, which a ledger would keep.
 *
 * Sellers and buyers are drawn from 100,000 participants, so nearly every contract touches
 * others than the one before it.  Everything is allocated before the first measurement.
 *
 *	settle     contracts and readings to postings, deviations and penalties
 *	net        postings to one change an account
 *	hash       SHA-256 of the postings
 *	qsort      postings sorted by account with libc and summed: the yardstick of net
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bb_random.h"
#include "bench/bench.h"
#include "market/bb_settlement.h"
#include "wire/bb_hash.h"

#define CONTRACTS    1000000u
#define PARTICIPANTS 100000u
#define CHANGES      (1 + PARTICIPANTS + BB_ACCOUNTS_OTHER)
#define POSTINGS     (3 * (CONTRACTS + PARTICIPANTS))

static const struct bb_settlement_rules rules = {
	.price_long = 40000, .price_short = 220000, .price_reference = 100000,
	.tolerance_ppm = 50000, .tolerance_wh = 50, .penalty_ppm = 250000,
};

/* Half a posting: what one account gets. */
struct entry {
	uint32_t account;
	int64_t amount;
};

struct scene {
	struct bb_contract *contracts;
	struct bb_party *parties;
	struct bb_posting *postings;
	uint64_t posting_count;
	__int128 *changes, *sorted_changes;
	struct entry *entries;
	struct bb_hash hash;
};

static void
fill_scene(struct scene *scene)
{
	struct bb_random random = { 20261124 };

	for (uint32_t i = 0; i < PARTICIPANTS; i++)
		scene->parties[i] = (struct bb_party){
			.account = i + 1, .has_zone_price = true, .zone_price = 100000,
		};
	for (uint32_t i = 0; i < CONTRACTS; i++) {
		struct bb_contract *contract = &scene->contracts[i];
		const int32_t price = 50000 + (int32_t)bb_random_below(&random, 100000);
		const int32_t fee = (int32_t)bb_random_below(&random, 2) * 5000;

		*contract = (struct bb_contract){
			.seller = bb_random_below(&random, PARTICIPANTS),
			.buyer = bb_random_below(&random, PARTICIPANTS),
			.quantity_wh = 100 * (1 + bb_random_below(&random, 100)),
			.price_seller = price, .fee = fee,
			.price_buyer = price + fee + (int32_t)bb_random_below(&random, 2) * 700,
		};
		scene->parties[contract->seller].metered_wh += contract->quantity_wh;
		scene->parties[contract->buyer].metered_wh -= contract->quantity_wh;
	}
	for (uint32_t i = 0; i < PARTICIPANTS; i++)
		scene->parties[i].metered_wh += (int64_t)bb_random_below(&random, 20001) - 10000;
}

static void
settle(void *context)
{
	struct scene *scene = context;

	scene->posting_count = bb_settle(&rules, scene->contracts, CONTRACTS, scene->parties,
					 PARTICIPANTS, scene->postings);
}

static void
net(void *context)
{
	struct scene *scene = context;

	memset(scene->changes, 0, CHANGES * sizeof(*scene->changes));
	if (!bb_settlement_net(scene->postings, scene->posting_count, PARTICIPANTS,
			       scene->changes))
		abort();
}

static void
hash(void *context)
{
	struct scene *scene = context;

	scene->hash = bb_hash_of(scene->postings,
				 scene->posting_count * sizeof(*scene->postings));
}

static void
all(void *context)
{
	settle(context);
	net(context);
	hash(context);
}

static int
by_account(const void *left_entry, const void *right_entry)
{
	const struct entry *left = left_entry;
	const struct entry *right = right_entry;

	return (left->account > right->account) - (left->account < right->account);
}

static void
sort_and_sum(void *context)
{
	struct scene *scene = context;

	for (uint64_t i = 0; i < scene->posting_count; i++) {
		const struct bb_posting *posting = &scene->postings[i];
		scene->entries[2 * i] = (struct entry){ posting->debit, -posting->amount };
		scene->entries[2 * i + 1] = (struct entry){ posting->credit, posting->amount };
	}
	qsort(scene->entries, 2 * scene->posting_count, sizeof(*scene->entries), by_account);
	memset(scene->sorted_changes, 0, CHANGES * sizeof(*scene->sorted_changes));
	for (uint64_t i = 0; i < 2 * scene->posting_count; i++)
		scene->sorted_changes[bb_account_index(scene->entries[i].account, PARTICIPANTS)] +=
			scene->entries[i].amount;
}

/* conserved: both ways of netting agree, and nothing came from nowhere. */
static bool
conserved(const struct scene *scene)
{
	__int128 sum = 0;

	for (uint32_t i = 0; i < CHANGES; i++)
		sum += scene->changes[i];
	return sum == 0 && memcmp(scene->changes, scene->sorted_changes,
				  CHANGES * sizeof(*scene->changes)) == 0;
}

static int
report(const struct bench_options *options, struct scene *scene)
{
	const double seconds = options->seconds / 6;
	const double all_ms = bench_ms(options, 2 * seconds, NULL, all, scene);
	const double settle_ms = bench_ms(options, seconds, NULL, settle, scene);
	const double net_ms = bench_ms(options, seconds, NULL, net, scene);
	const double hash_ms = bench_ms(options, seconds, NULL, hash, scene);
	const double sort_ms = bench_ms(options, seconds, NULL, sort_and_sum, scene);
	const bool right = conserved(scene);

	printf(options->json
		       ? "{\"schema\": \"busbar.bench.settlement/1\", \"contracts\": %u, "
			 "\"participants\": %u, \"postings\": %" PRIu64 ", \"all_ms\": %.3f, "
			 "\"settle_ms\": %.3f, \"net_ms\": %.3f, \"hash_ms\": %.3f, "
			 "\"qsort_ms\": %.3f, \"qsort_ratio\": %.2f, \"sum_zero\": %s}\n"
		       : "%u contracts, %u participants, %" PRIu64 " postings\n"
			 "settled, netted and hashed  %9.3f ms\n"
			 "  settle                    %9.3f ms\n"
			 "  net                       %9.3f ms\n"
			 "  hash                      %9.3f ms\n"
			 "netted by qsort             %9.3f ms, %.2f times ours\n"
			 "sum of all changes zero: %s\n",
	       CONTRACTS, PARTICIPANTS, scene->posting_count, all_ms, settle_ms, net_ms, hash_ms,
	       sort_ms, sort_ms / net_ms, right ? "true" : "false");
	return right ? 0 : 1;
}

int
bench_settlement(const struct bench_options *options)
{
	static struct scene scene;

	scene.contracts = calloc(CONTRACTS, sizeof(*scene.contracts));
	scene.parties = calloc(PARTICIPANTS, sizeof(*scene.parties));
	scene.postings = calloc(POSTINGS, sizeof(*scene.postings));
	scene.changes = calloc(CHANGES, sizeof(*scene.changes));
	scene.sorted_changes = calloc(CHANGES, sizeof(*scene.sorted_changes));
	scene.entries = calloc(2 * (size_t)POSTINGS, sizeof(*scene.entries));
	int code = 2;
	if (scene.contracts == NULL || scene.parties == NULL || scene.postings == NULL ||
	    scene.changes == NULL || scene.sorted_changes == NULL || scene.entries == NULL) {
		fputs("busbar-bench: no memory left\n", stderr);
	} else {
		fill_scene(&scene);
		code = report(options, &scene);
	}
	free(scene.contracts);
	free(scene.parties);
	free(scene.postings);
	free(scene.changes);
	free(scene.sorted_changes);
	free(scene.entries);
	return code;
}
