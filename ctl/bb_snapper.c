#define _GNU_SOURCE /* posix_spawn_file_actions_addclosefrom_np, CPU_SET */
#include "ctl/bb_snapper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl/bb_daemon.h"

#define HELPER   "busbarctl"
#define REST     9u /* times the CPU time of one, until the next */
#define SAID_MAX 4096u

extern char **environ;

static void
alarm_text(struct bb_snapper *snapper, const char *text)
{
	(void)snprintf(snapper->alarm, sizeof(snapper->alarm), "%s", text);
	bb_say("snapshots: %s", snapper->alarm);
}

/* The program that lies beside this one. */
static bool
find_helper(char path[PATH_MAX])
{
	const ssize_t size = readlink("/proc/self/exe", path, PATH_MAX - sizeof(HELPER));

	if (size <= 0 || size >= (ssize_t)(PATH_MAX - sizeof(HELPER)))
		return false;
	path[size] = '\0';
	char *name = strrchr(path, '/');
	if (name == NULL)
		return false;
	memcpy(name + 1, HELPER, sizeof(HELPER));
	return access(path, X_OK) == 0;
}

/* Takes the CPUs that poll out of those of this thread, which a new process inherits; false if
 * there is no other. */
static bool
leave_polling_cpus(const struct bb_config *config, cpu_set_t *before)
{
	cpu_set_t others;

	if (sched_getaffinity(0, sizeof(*before), before) != 0)
		return false;
	others = *before;
	for (uint32_t i = 0; i < config->lcore_count; i++)
		if (config->lcores[i].cpu < CPU_SETSIZE)
			CPU_CLR(config->lcores[i].cpu, &others);
	return CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof(others), &others) == 0;
}

/* Nothing of this process is left to the new one but stderr and the pipe's end. */
static int
spawn(pid_t *pid, char *const argv[], int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t usual;

	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attributes);
	int error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY,
						     0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &usual);
	(void)posix_spawnattr_setflags(&attributes,
				       POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (error == 0)
		error = posix_spawn(pid, argv[0], &files, &attributes, argv, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attributes);
	return error;
}

static void
start(struct bb_daemon *daemon, uint64_t now_ns)
{
	struct bb_snapper *snapper = &daemon->desk.snapper;
	char path[PATH_MAX];
	char *const argv[] = { path, "-C", daemon->config.folder, "-j", "ledger", "snapshot",
			       "--background", NULL };
	int ends[2];
	cpu_set_t before;

	snapper->began_ns = snapper->ended_ns = now_ns;
	if (!find_helper(path)) {
		alarm_text(snapper, "there is no " HELPER " beside busbard, which makes them");
		return;
	}
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		alarm_text(snapper, strerror(errno));
		return;
	}
	const bool moved = leave_polling_cpus(&daemon->config, &before);
	const int error = spawn(&snapper->pid, argv, ends[1]);

	if (moved)
		(void)sched_setaffinity(0, sizeof(before), &before);
	(void)close(ends[1]);
	if (error == 0) {
		snapper->out = ends[0];
		return;
	}
	(void)close(ends[0]);
	snapper->pid = 0;
	alarm_text(snapper, strerror(error));
}

/* One line of JSON, which fits what a pipe holds. */
static json_t *
read_answer(int out)
{
	char text[SAID_MAX];
	size_t used = 0;
	ssize_t got;

	while (used < sizeof(text) && (got = read(out, text + used, sizeof(text) - used)) > 0)
		used += (size_t)got;
	return json_loadb(text, used, JSON_DISABLE_EOF_CHECK, NULL);
}

static uint64_t
number_of(const json_t *object, const char *name)
{
	const json_int_t value = json_integer_value(json_object_get(object, name));

	return value > 0 ? (uint64_t)value : 0;
}

static void
judge(struct bb_snapper *snapper, int status)
{
	json_t *answer = read_answer(snapper->out);
	const char *text = json_string_value(json_object_get(answer, "text"));
	char why[64];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && answer != NULL) {
		snapper->height = number_of(answer, "height");
		snapper->made_ns = number_of(answer, "made_ns");
		snapper->alarm[0] = '\0';
	} else if (text != NULL) {
		alarm_text(snapper, text);
	} else {
		(void)snprintf(why, sizeof(why), HELPER " ended with %s %d",
			       WIFSIGNALED(status) ? "signal" : "code",
			       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		alarm_text(snapper, why);
	}
	json_decref(answer);
}

static uint64_t
ns_of(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

static void
look_after(struct bb_snapper *snapper, uint64_t now_ns)
{
	int status = 0;
	struct rusage used = { 0 };
	const pid_t ended = wait4(snapper->pid, &status, WNOHANG, &used);

	if (ended == 0)
		return;
	if (ended == snapper->pid)
		judge(snapper, status);
	(void)close(snapper->out);
	snapper->pid = 0;
	snapper->ended_ns = now_ns;
	snapper->took_ns = now_ns - snapper->began_ns;
	snapper->worked_ns = ns_of(&used.ru_utime) + ns_of(&used.ru_stime);
}

void
bb_snapper_turn(struct bb_daemon *daemon, uint64_t now_ns)
{
	struct bb_snapper *snapper = &daemon->desk.snapper;
	const uint64_t blocks = daemon->config.snapshot_blocks;
	struct bb_ledger_place place;

	if (snapper->pid > 0) {
		look_after(snapper, now_ns);
		return;
	}
	if (blocks == 0 || daemon->desk.stopping ||
	    now_ns - snapper->ended_ns < REST * snapper->worked_ns)
		return;
	if (snapper->tried < daemon->recovery.snapshot_height)
		snapper->tried = daemon->recovery.snapshot_height;
	bb_ledger_durable(daemon->ledger, &place);
	if (place.height - snapper->tried < blocks)
		return;
	snapper->tried = place.height;
	start(daemon, now_ns);
}

void
bb_snapper_stop(struct bb_daemon *daemon)
{
	struct bb_snapper *snapper = &daemon->desk.snapper;

	if (snapper->pid <= 0)
		return;
	(void)kill(snapper->pid, SIGKILL);
	(void)waitpid(snapper->pid, NULL, 0);
	(void)close(snapper->out);
	snapper->pid = 0;
}
