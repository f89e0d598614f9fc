#include "ctl/cli_room.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/bb_pages.h"

#define STEP ((size_t)32 << 20)

static uint8_t *next;
static size_t left;

static void *
take(size_t size)
{
	const size_t align = alignof(max_align_t);
	struct bb_pages pages;

	if (size > SIZE_MAX - STEP)
		return NULL;
	size = (size + align - 1) / align * align;
	if (size > left) {
		if (!bb_pages_map(&pages, size > STEP ? size : STEP))
			return NULL;
		next = pages.bytes;
		left = pages.size;
	}
	void *piece = next;

	next += size;
	left -= size;
	return piece;
}

/* The end of the process gives all of it back. */
static void
keep(void *piece)
{
	(void)piece;
}

void
cli_room_json(void)
{
	json_set_alloc_funcs(take, keep);
}
