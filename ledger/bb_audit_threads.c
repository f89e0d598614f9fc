#include <pthread.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ledger/bb_audit.h"
#include "ledger/bb_store.h"

/* Batches go round: the reader fills slot n % batch_count when all have done with batch
 * n - batch_count; each batch is taken by one signer and by the replayer, which takes
 * all of them in order. */
struct line {
	struct bb_audit *audit;
	pthread_mutex_t lock; /* of what follows; batches are large, so it is seldom held */
	pthread_cond_t moved;
	uint64_t read;     /* batches filled */
	uint64_t taken;    /* by signers */
	uint64_t replayed;
	bool is_signed[BB_AUDIT_BATCHES_MAX]; /* of the batches that are under way */
	uint64_t freed;    /* batches that nobody needs any more */
	bool ended;        /* nothing more is read */
	bool found;        /* something is wrong: reading further is no use */
};

struct worker {
	struct line *line;
	struct bb_audit_signer *signer; /* NULL: the replayer */
	pthread_t thread;
};

static void
lock(struct line *line)
{
	BB_ASSERT(pthread_mutex_lock(&line->lock) == 0);
}

static void
unlock(struct line *line)
{
	BB_ASSERT(pthread_mutex_unlock(&line->lock) == 0);
}

static void
wait_for_others(struct line *line)
{
	BB_ASSERT(pthread_cond_wait(&line->moved, &line->lock) == 0);
}

/* Whoever changed what others may wait for tells them, before it waits itself. */
static void
tell_others(struct line *line)
{
	BB_ASSERT(pthread_cond_broadcast(&line->moved) == 0);
}

static struct bb_audit_batch *
batch_of(const struct line *line, uint64_t index)
{
	return &line->audit->batches[index % line->audit->batch_count];
}

/* Gives the slots of the first batches back that are signed and replayed; under lock. */
static void
free_batches(struct line *line)
{
	const bool replay = line->audit->replayer.arena != NULL;

	while (line->freed < line->taken &&
	       line->is_signed[line->freed % line->audit->batch_count] &&
	       (!replay || line->freed < line->replayed)) {
		line->is_signed[line->freed % line->audit->batch_count] = false;
		line->freed++;
	}
	tell_others(line);
}

static void
sign_batch(struct bb_audit_signer *signer, const struct bb_audit_batch *batch)
{
	const uint64_t began_ns = bb_store_worked_ns();

	bb_audit_sign(signer, batch);
	signer->work_ns += bb_store_worked_ns() - began_ns;
}

static void
replay_batch(struct bb_audit *audit, const struct bb_audit_batch *batch)
{
	const uint64_t began_ns = bb_store_worked_ns();

	bb_audit_replay(&audit->replayer, batch);
	audit->report->work_ns[BB_LEDGER_MARKET] += bb_store_worked_ns() - began_ns;
}

static bool
read_batch(struct bb_audit *audit, struct bb_audit_batch *batch)
{
	const uint64_t began_ns = bb_store_worked_ns();
	const struct bb_pass *pass = &audit->reader.pass;
	const bool more = bb_audit_read(&audit->reader, batch);

	audit->report->work_ns[BB_LEDGER_HASHING] += bb_store_worked_ns() - began_ns;
	if (audit->options->progress != NULL)
		audit->options->progress(audit->options->context, pass->bytes_done,
					 pass->bytes_total, pass->blocks, pass->inputs);
	return more;
}

static void *
signer_main(void *argument)
{
	const struct worker *worker = argument;
	struct line *line = worker->line;

	lock(line);
	for (;;) {
		while (line->taken == line->read && !line->ended)
			wait_for_others(line);
		if (line->taken == line->read)
			break;
		const uint64_t index = line->taken++;

		unlock(line);
		sign_batch(worker->signer, batch_of(line, index));
		lock(line);
		line->found |= worker->signer->finding.result != BB_OK;
		line->is_signed[index % line->audit->batch_count] = true;
		free_batches(line);
	}
	unlock(line);
	return NULL;
}

static void *
replayer_main(void *argument)
{
	const struct worker *worker = argument;
	struct line *line = worker->line;

	lock(line);
	for (;;) {
		while (line->replayed == line->read && !line->ended)
			wait_for_others(line);
		if (line->replayed == line->read)
			break;
		const uint64_t index = line->replayed;

		unlock(line);
		replay_batch(line->audit, batch_of(line, index));
		lock(line);
		line->found |= line->audit->replayer.finding.result != BB_OK;
		line->replayed++;
		free_batches(line);
	}
	unlock(line);
	return NULL;
}

static void
read_all(struct line *line)
{
	bool more = true;

	lock(line);
	while (more) {
		while (line->read - line->freed == line->audit->batch_count)
			wait_for_others(line);
		more = !line->found;
		if (!more)
			break;
		const uint64_t index = line->read;

		unlock(line);
		more = read_batch(line->audit, batch_of(line, index));
		lock(line);
		line->read++;
		tell_others(line);
	}
	line->ended = true;
	tell_others(line);
	unlock(line);
}

static void
run_threads(struct bb_audit *audit)
{
	static const struct line fresh = { .lock = PTHREAD_MUTEX_INITIALIZER,
					   .moved = PTHREAD_COND_INITIALIZER };
	struct worker workers[BB_AUDIT_SIGNERS_MAX + 1];
	struct line line = fresh;
	uint32_t count = 0;

	line.audit = audit;
	for (uint32_t i = 0; i < audit->signer_count; i++)
		workers[count++] = (struct worker){ .line = &line, .signer = &audit->signers[i] };
	if (audit->replayer.arena != NULL)
		workers[count++] = (struct worker){ .line = &line };
	for (uint32_t i = 0; i < count; i++)
		BB_ASSERT(pthread_create(&workers[i].thread, NULL,
					 workers[i].signer != NULL ? signer_main : replayer_main,
					 &workers[i]) == 0);
	read_all(&line);
	for (uint32_t i = 0; i < count; i++)
		BB_ASSERT(pthread_join(workers[i].thread, NULL) == 0);
	audit->report->threads = count + 1;
}

static void
run_alone(struct bb_audit *audit)
{
	struct bb_audit_batch *batch = &audit->batches[0];
	bool more = true;

	while (more) {
		more = read_batch(audit, batch);
		sign_batch(&audit->signers[0], batch);
		if (audit->replayer.arena != NULL)
			replay_batch(audit, batch);
		more = more && bb_audit_verdict(audit) == NULL;
	}
	audit->report->threads = 1;
}

void
bb_audit_run(struct bb_audit *audit, bool threads)
{
	BB_ASSERT(audit->signer_count >= 1 && audit->signer_count <= BB_AUDIT_SIGNERS_MAX);
	BB_ASSERT(audit->batch_count >= 1 && audit->batch_count <= BB_AUDIT_BATCHES_MAX);
	if (threads)
		run_threads(audit);
	else
		run_alone(audit);
}
