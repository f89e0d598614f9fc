#include "market/bb_window.h"

_Static_assert(BB_WINDOW % 64 == 0, "whole words");
_Static_assert((BB_WINDOW & (BB_WINDOW - 1)) == 0, "sequence % BB_WINDOW has no gap at 2^64");

static uint64_t
word_read(const struct bb_window *window, uint64_t sequence)
{
	const uint64_t word = sequence % BB_WINDOW / 64;
	return atomic_load_explicit(&window->seen[word], memory_order_relaxed);
}

static void
word_write(struct bb_window *window, uint64_t sequence, uint64_t bits)
{
	const uint64_t word = sequence % BB_WINDOW / 64;
	atomic_store_explicit(&window->seen[word], bits, memory_order_relaxed);
}

static uint64_t
bit_of(uint64_t sequence)
{
	return UINT64_C(1) << (sequence % 64);
}

enum bb_result
bb_window_look(const struct bb_window *window, uint64_t sequence)
{
	/* Pairs with the release in bb_window_mark: who sees the new highest sees the
	 * bits that it made room for cleared, so nothing new looks like a duplicate. */
	const uint64_t highest = atomic_load_explicit(&window->highest, memory_order_acquire);

	if (sequence == 0)
		return BB_ERR_SEQUENCE_OLD;
	if (sequence > highest)
		return BB_OK;
	if (highest - sequence >= BB_WINDOW)
		return BB_ERR_SEQUENCE_OLD;
	return (word_read(window, sequence) & bit_of(sequence)) != 0 ? BB_ERR_DUPLICATE : BB_OK;
}

/* Forgets what stands in the places of highest + 1 .. sequence.  Whole words at a
 * time: a step over the whole window costs as little as 16 stores. */
static void
make_room(struct bb_window *window, uint64_t highest, uint64_t sequence)
{
	if (sequence - highest >= BB_WINDOW) {
		for (uint32_t word = 0; word < BB_WINDOW / 64; word++)
			word_write(window, UINT64_C(64) * word, 0);
		return;
	}
	for (uint64_t at = highest + 1; at <= sequence;) {
		const uint64_t last_of_word = at | 63;
		const uint64_t last = last_of_word < sequence ? last_of_word : sequence;
		const uint64_t width = last - at + 1;
		const uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;

		word_write(window, at, word_read(window, at) & ~(mask << (at % 64)));
		if (last == UINT64_MAX)
			return;
		at = last + 1;
	}
}

enum bb_result
bb_window_mark(struct bb_window *window, uint64_t sequence)
{
	const uint64_t highest = atomic_load_explicit(&window->highest, memory_order_relaxed);
	const enum bb_result result = bb_window_look(window, sequence);
	if (result != BB_OK)
		return result;

	/* The next one, as it mostly is, takes the only place that it would make room in. */
	if (sequence > highest && sequence - highest > 1)
		make_room(window, highest, sequence);
	word_write(window, sequence, word_read(window, sequence) | bit_of(sequence));
	if (sequence > highest)
		atomic_store_explicit(&window->highest, sequence, memory_order_release);
	return BB_OK;
}
