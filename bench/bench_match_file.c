/* bench_match_file - the file of an order flow: opened, and read in chunks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/bench_match.h"

static bool
complain(const char *path, const char *what)
{
	fprintf(stderr, "busbar-bench: %s: %s\n", path, what);
	return false;
}

static bool
header_good(const struct match_header *header, uint64_t size)
{
	if (header->magic != MATCH_MAGIC || header->version != MATCH_VERSION ||
	    header->record_size != sizeof(struct match_record) || header->products == 0 ||
	    header->products > MATCH_PRODUCTS_MAX || header->price_min < 1 ||
	    header->price_max > (int32_t)MATCH_PRICES - 2 || header->ops == 0)
		return false;
	const uint64_t most = size / sizeof(struct match_record);
	return header->prefill <= most && header->ops <= most &&
	       size == sizeof(*header) +
			       (header->prefill + header->ops) * sizeof(struct match_record) &&
	       header->max_id <= header->prefill + header->ops && header->max_id < MATCH_IDS_MAX &&
	       header->max_live <= BB_ORDERS_MAX;
}

bool
match_open(struct match_workload *workload, const char *path)
{
	struct stat status;

	*workload = (struct match_workload){ .file = fopen(path, "rb") };
	if (workload->file == NULL)
		return complain(path, strerror(errno));
	if (fstat(fileno(workload->file), &status) != 0 ||
	    fread(&workload->header, sizeof(workload->header), 1, workload->file) != 1 ||
	    !header_good(&workload->header, (uint64_t)status.st_size)) {
		match_close(workload);
		return complain(path, "no order flow of version 1, or more than 1,048,576 orders "
				      "rest in it; make one with busbar-bench match --make");
	}
	return true;
}

void
match_close(struct match_workload *workload)
{
	fclose(workload->file);
	free(workload->handles);
	workload->handles = NULL;
}

bool
match_rewind(struct match_workload *workload)
{
	return fseek(workload->file, sizeof(struct match_header), SEEK_SET) == 0;
}

uint32_t
match_next(struct match_workload *workload, struct match_record *records)
{
	return (uint32_t)fread(records, sizeof(*records), MATCH_CHUNK, workload->file);
}
