#include "ledger/bb_ledger_duty.h"

#include <rte_ring.h>

#include "base/bb_assert.h"
#include "ledger/bb_ledger_parts.h"

/* Bursts taken and given by one poll: a packet of 42 orders is three bursts of outcomes,
 * and the matcher makes up to 32 such packets a turn. */
#define POLL_BURSTS 64u

_Static_assert(BB_LEDGER_PACKETS == BB_LINE_BLOCKS * BB_LINE_PACKETS, "what the line holds");

/* Moves one burst from the ring into the line; false: the ring is empty, or the line has
 * no room. */
static bool
take_burst(struct bb_ledger_duty *duty, struct bb_line *line, uint64_t now_ns)
{
	if (duty->burst_next == duty->burst_count) {
		duty->burst_next = 0;
		duty->burst_count = rte_ring_sc_dequeue_burst_elem(
			duty->outcomes, duty->burst, sizeof(duty->burst[0]), BB_BURST, NULL);
		if (duty->burst_count == 0)
			return false;
	}
	const uint32_t taken = bb_line_push(line, duty->burst + duty->burst_next,
					    duty->burst_count - duty->burst_next, now_ns);
	duty->burst_next += taken;
	return taken > 0;
}

/* Moves one burst out of the line; false: nothing may leave, or the egress has no room. */
static bool
give_burst(struct bb_ledger_duty *duty, struct bb_line *line, uint32_t *given)
{
	const uint32_t free = rte_ring_free_count(duty->released);
	const uint32_t count = bb_line_pull(line, duty->leaving, free < BB_BURST ? free : BB_BURST);

	if (count == 0)
		return false;
	BB_ASSERT(rte_ring_sp_enqueue_bulk_elem(duty->released, duty->leaving,
						sizeof(duty->leaving[0]), count, NULL) == count);
	*given += count;
	return true;
}

static bool
holds(const struct bb_ledger_duty *duty)
{
	return bb_store_holds(&duty->ledger->store) &&
	       !atomic_load_explicit(&duty->stopping, memory_order_relaxed);
}

static bool
is_drained(const struct bb_ledger_duty *duty)
{
	return duty->burst_next == duty->burst_count && rte_ring_empty(duty->outcomes);
}

/* Tells the other threads what has become durable. */
static void
tell(struct bb_ledger_duty *duty, const struct bb_line *line)
{
	if (line->failed != BB_OK)
		atomic_store_explicit(&duty->failed, (int)line->failed, memory_order_relaxed);
	if (line->blocks == duty->blocks_counted)
		return;
	bb_ledger_publish(duty->ledger, &line->durable);
	bb_count(duty->counters, BB_COUNT_BLOCKS, line->blocks - duty->blocks_counted);
	bb_count(duty->counters, BB_COUNT_BLOCK_BYTES, line->block_bytes - duty->bytes_counted);
	duty->blocks_counted = line->blocks;
	duty->bytes_counted = line->block_bytes;
}

static uint32_t
ledger_poll(void *state, uint64_t now_ns)
{
	struct bb_ledger_duty *duty = state;
	struct bb_line *line = duty->ledger->line;
	uint32_t moved = 0;

	const bool held = holds(duty);

	/* A packet whose events are in already goes in whole. */
	while (moved < POLL_BURSTS && (!held || line->partial > 0) &&
	       take_burst(duty, line, now_ns))
		moved++;
	bb_line_turn(line, now_ns, is_drained(duty));
	tell(duty, line);
	for (uint32_t i = 0; i < POLL_BURSTS && give_burst(duty, line, &moved); i++)
		;
	return moved;
}

static bool
ledger_quiet(const void *state)
{
	const struct bb_ledger_duty *duty = state;

	return is_drained(duty) && bb_line_quiet(duty->ledger->line);
}

struct bb_duty
bb_ledger_duty(struct bb_ledger_duty *duty)
{
	bb_line_limits(duty->ledger->line, duty->close_bytes, duty->close_ns);
	return (struct bb_duty){ .name = "ledger",
				 .poll = ledger_poll,
				 .quiet = ledger_quiet,
				 .state = duty };
}
