#define _GNU_SOURCE /* pthread_attr_setaffinity_np */
#include "bench/bench_still.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "bench/bench.h"

#define NAP_NS   500000
#define STILL_NS UINT64_C(1000000)

static struct {
	pthread_t threads[2];
	uint32_t count;
	atomic_bool stop;
	_Atomic uint64_t seen_ns; /* when either was last awake */
	_Atomic uint64_t sum_ns;
	_Atomic uint64_t longest_ns;
} watch;

/* After a standstill both wake up; the first one counts it. */
static void *
look(void *argument)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };

	while (!atomic_load(&watch.stop)) {
		(void)nanosleep(&nap, NULL);
		const uint64_t now_ns = bench_wall_ns();
		const uint64_t before_ns = atomic_exchange(&watch.seen_ns, now_ns);

		if (now_ns <= before_ns || now_ns - before_ns <= STILL_NS)
			continue;
		const uint64_t still_ns = now_ns - before_ns;
		uint64_t longest_ns = atomic_load(&watch.longest_ns);

		(void)atomic_fetch_add(&watch.sum_ns, still_ns);
		while (still_ns > longest_ns &&
		       !atomic_compare_exchange_weak(&watch.longest_ns, &longest_ns, still_ns))
			;
	}
	return argument;
}

/* Before all that is measured: it must be awake when that is not. */
static void
put_first(pthread_t thread)
{
	const struct sched_param highest = { .sched_priority = sched_get_priority_max(SCHED_FIFO) };

	(void)pthread_setschedparam(thread, SCHED_FIFO, &highest);
}

bool
bench_still_start(const cpu_set_t *own, const cpu_set_t *others)
{
	const cpu_set_t *const cores[] = { own, others };

	atomic_store(&watch.seen_ns, bench_wall_ns());
	for (watch.count = 0; watch.count < 2; watch.count++) {
		pthread_t *thread = &watch.threads[watch.count];
		pthread_attr_t how;

		if (pthread_attr_init(&how) != 0)
			return false;
		const bool made =
			pthread_attr_setaffinity_np(&how, sizeof(cpu_set_t),
						    cores[watch.count]) == 0 &&
			pthread_create(thread, &how, look, NULL) == 0;
		(void)pthread_attr_destroy(&how);
		if (!made)
			return false;
		put_first(*thread);
	}
	return true;
}

struct bench_still
bench_still_take(void)
{
	return (struct bench_still){ .sum_ns = atomic_exchange(&watch.sum_ns, 0),
				     .longest_ns = atomic_exchange(&watch.longest_ns, 0) };
}

void
bench_still_stop(void)
{
	atomic_store(&watch.stop, true);
	while (watch.count > 0)
		(void)pthread_join(watch.threads[--watch.count], NULL);
	atomic_store(&watch.stop, false);
}
