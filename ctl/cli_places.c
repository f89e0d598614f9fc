#include "ctl/cli_places.h"

#include <fcntl.h>
#include <unistd.h>

#include "ledger/bb_block.h"
#include "ledger/bb_segment.h"

static int
open_segment(const struct cli_places *places, uint64_t index)
{
	char name[BB_SEGMENT_NAME_SIZE];

	bb_segment_name(name, index);
	return openat(places->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

bool
cli_places_open(struct cli_places *places, const char *folder)
{
	*places = (struct cli_places){ .fd = -1, .offset = BB_SEGMENT_BLOCKS };
	places->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (places->folder_fd < 0)
		return false;
	places->fd = open_segment(places, 0);
	return places->fd >= 0;
}

void
cli_places_close(struct cli_places *places)
{
	if (places->fd >= 0)
		close(places->fd);
	if (places->folder_fd >= 0)
		close(places->folder_fd);
}

static bool
first_height(int fd, uint64_t *height)
{
	uint8_t bytes[BB_SEGMENT_BLOCKS];
	struct bb_segment segment;
	uint32_t damaged;

	if (pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes) ||
	    bb_segment_read(&segment, bytes, &damaged) != BB_OK)
		return false;
	*height = segment.first_height;
	return true;
}

/* skip_segments goes on to the segment that holds height, if there is a later one. */
static void
skip_segments(struct cli_places *places, uint64_t height)
{
	for (;;) {
		uint64_t first;
		const int fd = open_segment(places, places->segment + 1);
		if (fd < 0)
			return;
		if (!first_height(fd, &first) || first > height) {
			close(fd);
			return;
		}
		close(places->fd);
		places->fd = fd;
		places->segment++;
		places->offset = BB_SEGMENT_BLOCKS;
	}
}

bool
cli_places_find(struct cli_places *places, uint64_t height, struct cli_place *place)
{
	uint8_t sector[BB_BLOCK_HEADER_SIZE];
	struct bb_block_header header;
	bool skipped = false;

	for (;;) {
		if (pread(places->fd, sector, sizeof(sector), (off_t)places->offset) !=
			    (ssize_t)sizeof(sector) ||
		    bb_block_header_decode(&header, sector) != BB_OK || header.height > height) {
			/* The end of this segment, or a look from its beginning. */
			if (skipped)
				return false;
			skip_segments(places, height);
			skipped = true;
			continue;
		}
		if (header.height < height && !skipped) {
			skip_segments(places, height);
			skipped = true;
			continue;
		}
		const uint64_t offset = places->offset;
		places->offset += header.total_size;
		if (header.height < height)
			continue;
		*place = (struct cli_place){ .segment = places->segment,
					     .offset = offset,
					     .size = header.total_size,
					     .inputs = header.input_count,
					     .results = header.result_count };
		return true;
	}
}
