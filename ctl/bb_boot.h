/* bb_boot - from a configuration file to an appliance that only has to be wired.
 *
 * In this order: what can be wrong is found before what takes long, and DPDK, which answers
 * a mistake with a hundred lines, starts after everything that can be checked without it.
 * Each step prints one line that says what is wrong and how to mend it.
 *
 * Memory   The market, the gates and the address book lie in one mapping, touched before
 *          the first packet, in huge pages where the system gives them.
 * Threads  The control thread, before any lcore runs.
 * Errors   false, and the line has been printed.
 */
#ifndef BB_BOOT_H
#define BB_BOOT_H

#include <stdbool.h>

#include "ctl/bb_daemon.h"

/* bb_boot_check reads the configuration, venue.key and the genesis, and checks that CPUs,
 * memory, huge pages and the control socket are there to be had.  Starts nothing. */
bool bb_boot_check(struct bb_daemon *daemon, const char *config_path);

/* bb_boot_memory_bytes returns what the arena will hold. */
size_t bb_boot_memory_bytes(const struct bb_daemon *daemon);

/* bb_boot_cpus_text writes the CPUs that this process may use, as "0-3,6"; room for 256
 * bytes holds any that a machine has in practice. */
void bb_boot_cpus_text(char *text, size_t room);

/* bb_boot_eal starts DPDK: the control thread as main lcore, which never polls and is bound
 * to no CPU, and one worker for each configured lcore on its CPU. */
bool bb_boot_eal(struct bb_daemon *daemon);

/* bb_boot_say_ledger prints what is wrong with the ledger, its folder named once. */
void bb_boot_say_ledger(const struct bb_daemon *daemon, enum bb_result result, const char *text);

/* bb_boot_state maps memory and opens the ledger, which replays it into the market. */
bool bb_boot_state(struct bb_daemon *daemon);

/* bb_boot_ports makes the packet buffers and opens the ports. */
bool bb_boot_ports(struct bb_daemon *daemon);

/* bb_boot_roster makes the roster, and the tables of its keys, from what the market knows.
 * It comes after the ports, which cannot do without the huge pages that tables may take. */
bool bb_boot_roster(struct bb_daemon *daemon);

/* bb_boot_ready prints the one line on stdout and tells the service manager. */
void bb_boot_ready(const struct bb_daemon *daemon);

/* bb_boot_notify tells the service manager (NOTIFY_SOCKET, if set), as sd_notify does. */
void bb_boot_notify(const char *state);

#endif
