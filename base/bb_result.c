#include "base/bb_result.h"

const char *
bb_result_name(enum bb_result result)
{
	switch (result) {
#define X(name, number, meaning) case name: return &#name[3];
	BB_RESULT_LIST(X)
#undef X
	}
	return "UNKNOWN";
}

const char *
bb_result_text(enum bb_result result)
{
	switch (result) {
#define X(name, number, meaning) case name: return meaning;
	BB_RESULT_LIST(X)
#undef X
	}
	return "unknown result";
}
