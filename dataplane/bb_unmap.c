/* bb_unmap - takes the place of munmap() in programs that poll ports, because of one caller.
 *
 * When the other end of a memif goes away, DPDK's interrupt thread marks the link down and
 * unmaps the rings.  A burst that began a moment before, and whose thread the kernel has
 * put aside, then touches what is gone: seen with DPDK 22.11 on busy machines.  So every
 * thread but the first waits before it unmaps: long enough for any burst to end.  The
 * driver has marked the link down by then, so no other begins.  The first thread unmaps
 * what it mapped itself, at once.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAIT_NS 300000000

int
munmap(void *address, size_t size)
{
	if (gettid() != getpid()) {
		const struct timespec wait = { .tv_nsec = WAIT_NS };
		(void)nanosleep(&wait, NULL);
	}
	return (int)syscall(SYS_munmap, address, size);
}
