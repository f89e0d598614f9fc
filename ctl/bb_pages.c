#define _GNU_SOURCE /* MAP_HUGETLB, madvise */
#include "ctl/bb_pages.h"

#include <stdint.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

bool
bb_pages_map(struct bb_pages *pages, size_t size)
{
	const int protection = PROT_READ | PROT_WRITE;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	*pages = (struct bb_pages){ .size = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1) };
	pages->mapping_size = pages->size;
	pages->mapping = mmap(NULL, pages->size, protection,
			      flags | MAP_HUGETLB | (21 << MAP_HUGE_SHIFT), -1, 0);
	pages->bytes = pages->mapping;
	pages->reserved = pages->mapping != MAP_FAILED;
	if (pages->reserved)
		return true;

	/* One huge page more, to begin at a multiple of its size. */
	pages->mapping_size = pages->size + HUGE_PAGE;
	pages->mapping = mmap(NULL, pages->mapping_size, protection, flags | MAP_NORESERVE, -1, 0);
	if (pages->mapping == MAP_FAILED) {
		*pages = (struct bb_pages){ 0 };
		return false;
	}
	const size_t over = (uintptr_t)pages->mapping % HUGE_PAGE;
	pages->bytes = (uint8_t *)pages->mapping + (over == 0 ? 0 : HUGE_PAGE - over);
	(void)madvise(pages->bytes, pages->size, MADV_HUGEPAGE);
	return true;
}

void
bb_pages_unmap(struct bb_pages *pages)
{
	if (pages->mapping != NULL)
		(void)munmap(pages->mapping, pages->mapping_size);
	*pages = (struct bb_pages){ 0 };
}

void
bb_pages_forget(void *bytes, size_t size)
{
	const size_t page = 4096;

	if ((uintptr_t)bytes % page == 0)
		(void)madvise(bytes, size / page * page, MADV_DONTNEED);
}
