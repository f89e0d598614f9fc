/* bench_start - how long a start takes: from genesis, and with a snapshot of the ledger's end.
 *
 * Both by turns, the median told.  A start replays besides what came after its snapshot, at the
 * rate at which genesis is replayed: up to snapshot_blocks blocks.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_start.h"
#include "ctl/bb_pages.h"
#include "ledger/bb_ledger.h"

#define RUNS 3u

struct starts {
	const struct bench_options *options;
	const char *folder;
	const struct bb_genesis *genesis;
	const struct bb_identity *signer;
	double genesis_ms[RUNS];
	double snapshot_ms[RUNS];
	double read_ms[RUNS]; /* of those: reading the snapshot */
	uint64_t inputs;
	struct bb_ledger_snapshot snapshot;
};

/* Opens and closes; whether it began where it should. */
static bool
open_once(struct starts *starts, bool from_genesis, double *ms, double *read_ms)
{
	const struct bb_ledger_opening how = { .from_genesis = from_genesis };
	struct bb_ledger_recovery recovery;
	struct bb_ledger *ledger;
	char text[BB_LEDGER_TEXT];
	struct bb_pages pages;
	struct bb_arena arena;

	if (!bb_pages_map(&pages, bb_market_bytes(&starts->genesis->size)))
		return fputs("busbar-bench: no memory for a market\n", stderr) < 0;
	bb_arena_init(&arena, pages.bytes, pages.size);
	struct bb_market *market = bb_market_init(&arena, &starts->genesis->size,
						  starts->genesis->operator_key, 7);
	const enum bb_result result = bb_ledger_open_as(&ledger, starts->folder, starts->signer,
							market, &how, &recovery, text);

	if (result == BB_OK)
		bb_ledger_close(ledger);
	bb_pages_unmap(&pages);
	if (result != BB_OK)
		return fprintf(stderr, "busbar-bench: %s\n", text) < 0;
	*ms = (double)recovery.elapsed_ns / 1e6;
	*read_ms = (double)recovery.snapshot_ns / 1e6;
	if (from_genesis)
		starts->inputs = recovery.inputs;
	return from_genesis == (recovery.snapshot_height == 0);
}

static bool
measure(struct starts *starts)
{
	static const struct bb_ledger_snapshotting plain;
	char text[BB_LEDGER_TEXT];
	double ignored = 0;

	if (!open_once(starts, true, &ignored, &ignored)) /* which makes the watermark */
		return false;
	if (bb_ledger_snapshot(starts->folder, starts->signer, &plain, &starts->snapshot, text) !=
	    BB_OK)
		return fprintf(stderr, "busbar-bench: %s\n", text) < 0;
	for (uint32_t run = 0; run < RUNS; run++)
		if (!open_once(starts, true, &starts->genesis_ms[run], &ignored) ||
		    !open_once(starts, false, &starts->snapshot_ms[run], &starts->read_ms[run]))
			return false;
	return true;
}

/* What opening made beside the segment. */
static void
clean_up(const char *folder)
{
	const int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = handle < 0 ? NULL : fdopendir(handle);
	const struct dirent *entry;

	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (strncmp(entry->d_name, "spare-", 6) == 0 ||
		    strncmp(entry->d_name, "snap", 4) == 0)
			(void)unlinkat(handle, entry->d_name, 0);
	if (entries != NULL)
		(void)closedir(entries);
}

bool
bench_start(const struct bench_options *options, const char *folder,
	    const struct bb_genesis *genesis, const struct bb_identity *signer)
{
	static struct starts starts;

	starts = (struct starts){ .options = options, .folder = folder, .genesis = genesis,
				  .signer = signer };
	const bool measured = measure(&starts);

	clean_up(folder);
	if (!measured)
		return false;
	const double whole = bench_median(starts.genesis_ms, RUNS);
	const double some = bench_median(starts.snapshot_ms, RUNS);
	const double reading = bench_median(starts.read_ms, RUNS);
	const struct bb_ledger_snapshot *snapshot = &starts.snapshot;

	if (options->json)
		printf("{\"schema\": \"busbar.bench.start/1\", \"inputs\": %llu, "
		       "\"genesis_ms\": %.1f, \"snapshot_ms\": %.1f, \"read_ms\": %.1f, "
		       "\"snapshot_bytes\": %llu, \"made_ms\": %.1f}\n",
		       (unsigned long long)starts.inputs, whole, some, reading,
		       (unsigned long long)snapshot->bytes, (double)snapshot->elapsed_ns / 1e6);
	else
		printf("  start   from genesis %.0f ms, with a snapshot %.0f ms, %.0f of them to "
		       "read it; %.1f MB, made in %.0f ms, wall time\n", whole, some, reading,
		       (double)snapshot->bytes / 1e6, (double)snapshot->elapsed_ns / 1e6);
	return true;
}
