/* bb_hint - what the compiler cannot know: which way is the usual one, what is needed soon.
 *
 * Hints change no result.  They stand only where a measurement showed that they pay.
 */
#ifndef BB_HINT_H
#define BB_HINT_H

#define BB_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define BB_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Part of a longer function that was cut for reading, not for calling. */
#define BB_INLINE static inline __attribute__((always_inline))

/* Apart from the usual way, so that this stays short in the instruction cache. */
#define BB_COLD __attribute__((noinline, cold))

/* Asks for the cache line at an address that is soon read, or written. */
#define BB_FETCH(address) __builtin_prefetch(address)

#endif
