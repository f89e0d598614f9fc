#include "ctl/bb_stop.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_alarm.h>

#include "ctl/bb_boot.h"
#include "ctl/bb_control_desk.h"

/* How long a clean stop waits for the duties of one kind; a flush takes milliseconds. */
#define STOP_NS UINT64_C(30000000000)
#define STEP_NS UINT64_C(10000000)

static atomic_bool held;
static atomic_int signals;
static int wake_fd = -1;

static void
on_signal(int number)
{
	const uint64_t one = 1;
	const int saved = errno;

	(void)number;
	if (!atomic_load(&held) || atomic_fetch_add(&signals, 1) > 0)
		_exit(EXIT_FAILURE);
	if (write(wake_fd, &one, sizeof(one)) != sizeof(one))
		_exit(EXIT_FAILURE);
	errno = saved;
}

int
bb_stop_catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction usual = { .sa_handler = SIG_DFL };

	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0 || sigaction(SIGTERM, &action, NULL) != 0 ||
	    sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0 ||
	    /* Whoever started this may ignore it, and how the writer of a snapshot ended would
	     * be lost. */
	    sigaction(SIGCHLD, &usual, NULL) != 0) {
		bb_say("cannot catch signals");
		return -1;
	}
	return wake_fd;
}

void
bb_stop_hold_signals(void)
{
	atomic_store(&held, true);
}

static bool
ledger_failed(const struct bb_daemon *daemon)
{
	return atomic_load(&daemon->ledger_duty.failed) != 0;
}

bool
bb_stop_asked(const struct bb_daemon *daemon)
{
	return atomic_load(&signals) > 0 || daemon->desk.stop_asked || ledger_failed(daemon) ||
	       bb_verify_difference(&daemon->verify) != NULL;
}

/* wait_quiet goes on serving the control socket: the egress may wait for room there. */
static bool
wait_quiet(struct bb_daemon *daemon, struct bb_lcore *lcore, uint32_t index,
	   uint64_t began_ns)
{
	while (!bb_lcore_quiet(lcore, index, STEP_NS)) {
		bb_desk_turn(daemon, 0);
		if (ledger_failed(daemon))
			return false;
		if (bb_lcore_now_ns() - began_ns > STOP_NS) {
			bb_say("%s does not become quiet: stopping all the same; what is not "
			       "durable was not answered", lcore->duties[index].name);
			return false;
		}
	}
	return true;
}

/* Waits for all duties of a kind. */
static bool
wait_quiet_all(struct bb_daemon *daemon, enum bb_config_duty_kind kind)
{
	const struct bb_config *config = &daemon->config;
	const uint64_t began_ns = bb_lcore_now_ns();

	for (uint32_t i = 0; i < config->lcore_count; i++)
		for (uint32_t j = 0; j < config->lcores[i].duty_count; j++)
			if (config->lcores[i].duties[j].kind == kind &&
			    !wait_quiet(daemon, &daemon->lcores[i], j, began_ns))
				return false;
	return true;
}

static void
say_why_ledger_failed(const struct bb_daemon *daemon)
{
	const enum bb_result result =
		(enum bb_result)atomic_load(&daemon->ledger_duty.failed);

	bb_say("the ledger failed (%s: %s): nothing more is answered; look after the disk, then "
	       "start busbard again: it goes on behind the last durable block",
	       bb_result_name(result), bb_result_text(result));
}

bool
bb_stop_in_path_order(struct bb_daemon *daemon)
{
	bb_boot_notify("STOPPING=1");
	bb_snapper_stop(daemon);
	bb_keys_say_difference(daemon);
	daemon->desk.stopping = true; /* the control lane takes nothing new either */
	for (uint32_t i = 0; i < daemon->config.ingest_count; i++)
		atomic_store_explicit(&daemon->ingest[i].stopping, true, memory_order_release);
	atomic_store_explicit(&daemon->ledger_duty.stopping, true, memory_order_relaxed);

	const bool clean = !ledger_failed(daemon) && wait_quiet_all(daemon, BB_CONFIG_INGEST) &&
			   wait_quiet_all(daemon, BB_CONFIG_MATCHER) &&
			   wait_quiet_all(daemon, BB_CONFIG_LEDGER) &&
			   wait_quiet_all(daemon, BB_CONFIG_EGRESS);

	if (ledger_failed(daemon))
		say_why_ledger_failed(daemon);
	else
		bb_desk_turn(daemon, 0); /* the last reports */
	return clean && bb_verify_difference(&daemon->verify) == NULL;
}

static sem_t passed;

static void
pass(void *unused)
{
	(void)unused;
	(void)sem_post(&passed);
}

/* await_interrupts waits until DPDK's interrupt thread has ended what it is at: it may be in
 * the middle of a memif whose other end has just gone, and would touch the port's and DPDK's
 * memory when that is no more.  An alarm runs on that thread, after what came before. */
static void
await_interrupts(void)
{
	struct timespec until;

	if (sem_init(&passed, 0, 0) != 0 || rte_eal_alarm_set(1, pass, NULL) != 0)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 2;
	while (sem_timedwait(&passed, &until) != 0 && errno == EINTR)
		;
}

void
bb_stop_take_down(struct bb_daemon *daemon)
{
	for (uint32_t i = 0; i < daemon->config.lcore_count; i++)
		bb_lcore_join(&daemon->lcores[i]);
	await_interrupts();
	for (uint32_t i = 0; i < daemon->ports_open; i++)
		bb_port_close(&daemon->ports[i]);
	/* A store that failed is not touched again, not even to close it. */
	if (daemon->ledger != NULL && !ledger_failed(daemon))
		bb_ledger_close(daemon->ledger);
	bb_roster_free(daemon->roster);
	bb_pages_unmap(&daemon->keys.places);
	bb_pages_unmap(&daemon->keys.base);
	free(daemon->keys.scratch);
	bb_identity_wipe(&daemon->identity);
	/* No rte_eal_cleanup: its interrupt thread lives on and reads what that would free (seen
	 * with DPDK 22.11).  All there is to give back goes with the process. */
}
