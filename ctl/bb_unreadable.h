/* bb_unreadable - what is said when the disk cannot give a page of a mapped file.
 *
 * The ledger's files are read through mappings, and the kernel reports a read that failed,
 * or a file that was cut short, as SIGBUS.  The handler finds the file in /proc/self/maps,
 * names it and the offset of the page, and ends the process with exit code 1: like any other
 * damage, and for a program that speaks JSON as an object that says ERR_IO.
 *
 * Memory   None but its own.
 * Threads  Whichever touched the page; installed by the main thread.
 * Errors   Any other SIGBUS ends the process as ever.
 * Replay   Not part of it.
 */
#ifndef BB_UNREADABLE_H
#define BB_UNREADABLE_H

/* bb_unreadable_catch installs the handler.  Both texts stay the caller's; json_schema NULL:
 * no object. */
void bb_unreadable_catch(const char *program, const char *json_schema);

#endif
