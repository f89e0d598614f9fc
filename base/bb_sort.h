/* bb_sort - heapsort: in place, no allocation, no input that makes it slow.
 *
 * libc's qsort may allocate, and its order of equal elements is its own affair.  Here an
 * order must be strict and total (end it with something unique), so the result depends on
 * nothing else.
 *
 * Memory   The caller's array; elements of at most BB_SORT_SIZE_MAX bytes.
 * Threads  None of its own.
 * Replay   Pure.
 */
#ifndef BB_SORT_H
#define BB_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BB_SORT_SIZE_MAX 128u

/* A strict total order: whether left comes before right. */
typedef bool bb_sort_before(const void *left, const void *right);

void bb_sort(void *elements, uint32_t count, size_t size, bb_sort_before *before);

#endif
