#include "base/bb_counters.h"

#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(struct bb_counters) % 64 == 0, "cores do not share a line");

const char *
bb_counter_name(uint32_t counter)
{
	static const char *const names[] = {
#define X(name, text) [name] = text,
		BB_COUNTER_LIST(X)
#undef X
	};

	if (counter < BB_COUNT_REFUSED)
		return names[counter];
	const char *name = bb_result_name((enum bb_result)(counter - BB_COUNT_REFUSED));
	return strcmp(name, "UNKNOWN") == 0 ? NULL : name;
}
