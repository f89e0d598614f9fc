/* bb_pages - memory from the system, in huge pages where it gives them.
 *
 * Reserved huge pages of 2 MiB are tried first; then ordinary memory, aligned so that the
 * kernel may back it with huge pages by itself, and asked to.
 *
 * Memory   Zeros; a page is taken from the system when it is first touched.
 * Threads  None of its own.
 * Errors   bool; errno tells why.
 */
#ifndef BB_PAGES_H
#define BB_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct bb_pages {
	void *bytes;   /* aligned to 2 MiB */
	size_t size;   /* as asked for, rounded up to 2 MiB */
	bool reserved; /* of the reserved huge pages */
	void *mapping; /* what bb_pages_unmap gives back */
	size_t mapping_size;
};

bool bb_pages_map(struct bb_pages *pages, size_t size);
void bb_pages_unmap(struct bb_pages *pages); /* also what was never mapped, all zeros */

/* bb_pages_forget gives the memory of whole small pages back to the system, if it can; it
 * then reads as zeros, or as before. */
void bb_pages_forget(void *bytes, size_t size);

#endif
