/* bench_ledger_turns - one slice of each way to the disk. */
#include <time.h>
#include <unistd.h>

#include "bench/bench_ledger.h"

/* Whoever waits for a time to come sleeps meanwhile, which makes some 20 us of what is told: a
 * thread that polls takes a CPU from a machine that may have no more than it was given, and
 * then all of it stands still. */
static void
nap(void)
{
	const struct timespec time = { .tv_nsec = 20000 };

	(void)nanosleep(&time, NULL);
}

static bool
raw_write(struct bench_ledger_stage *stage, enum bench_ledger_turn turn, uint64_t size)
{
	const int file = stage->raw[turn];

	if (stage->raw_offset + size > stage->raw_size)
		stage->raw_offset = 0;
	stage->raw_bytes[0]++;
	if (pwrite(file, stage->raw_bytes, size, (off_t)stage->raw_offset) != (ssize_t)size ||
	    (turn == RAW && fdatasync(file) != 0))
		return false;
	stage->raw_offset += size;
	return true;
}

/* Ends a slice; returns how long the machine stood still in it. */
static struct bench_still
end_slice(struct bench_series *series, uint64_t bytes, uint64_t ns)
{
	const struct bench_still still = bench_still_take();

	bench_series_slice(series, bytes, ns, still.sum_ns > 0);
	return still;
}

bool
bench_ledger_raw(struct bench_ledger_stage *stage, enum bench_ledger_turn turn, uint64_t size)
{
	struct bench_series *series = &stage->series[turn];
	uint64_t bytes = 0;

	(void)bench_still_take();
	const uint64_t began_ns = bench_wall_ns();
	uint64_t now_ns = began_ns;
	while (now_ns - began_ns < BENCH_LEDGER_SLICE_NS) {
		const uint64_t from_ns = now_ns;

		if (!raw_write(stage, turn, size))
			return false;
		bytes += size;
		now_ns = bench_wall_ns();
		bench_series_sample(series, now_ns - from_ns);
	}
	(void)end_slice(series, bytes, now_ns - began_ns);
	return true;
}

bool
bench_ledger_raw_paced(struct bench_ledger_stage *stage, uint64_t size, double rate)
{
	struct bench_series *series = &stage->series[RAW_PACED];
	const double gap_ns = 1e3 * (double)size / rate;
	uint64_t count = 0;

	(void)bench_still_take();
	const uint64_t began_ns = bench_wall_ns();
	uint64_t now_ns = began_ns;
	while ((double)count * gap_ns < (double)BENCH_LEDGER_SLICE_NS) {
		const uint64_t due_ns = began_ns + (uint64_t)((double)count * gap_ns);

		if (now_ns < due_ns) {
			nap();
			now_ns = bench_wall_ns();
			continue;
		}
		if (!raw_write(stage, RAW, size))
			return false;
		count++;
		now_ns = bench_wall_ns();
		bench_series_sample(series, now_ns - due_ns);
	}
	(void)end_slice(series, count * size, now_ns - began_ns);
	return true;
}

/* Fills in the next input as gate, sequencer and market would leave it. */
static struct bench_ledger_packet *
next_packet(struct bench_ledger_stage *stage, struct bb_outcome *outcomes, uint64_t utc_ns)
{
	struct bench_ledger_packet *packet = &stage->pool[stage->next % BENCH_LEDGER_POOL];
	struct bb_bid *bid = &packet->bid;

	bid->number = bid->sequence = stage->next++;
	bid->sequenced_ns = utc_ns;
	for (uint32_t i = 0; i < BENCH_LEDGER_EVENTS; i++)
		outcomes[i].event = (struct bb_event){
			.number = bid->number,
			.order_id = bid->number * BENCH_LEDGER_ORDERS + i,
			.participant = bid->participant,
			.record = (uint16_t)(i % BENCH_LEDGER_ORDERS),
			.kind = BB_EVENT_ACCEPTED,
		};
	outcomes[BENCH_LEDGER_EVENTS] = (struct bb_outcome){
		.packet = { .bid = bid,
			    .event_count = BENCH_LEDGER_EVENTS,
			    .kind = BB_OUTCOME_PACKET },
	};
	return packet;
}

/* Inputs on their way into the line; how many are due by now, the caller knows. */
struct sender {
	struct bb_outcome outcomes[BENCH_LEDGER_EVENTS + 1]; /* of the packet at hand */
	uint32_t left;                                       /* of them, not yet pushed */
	uint64_t sent;
	uint64_t answered;
	uint64_t began_ns;
	double gap_ns;   /* 0: an input is due when there is room for it */
	uint64_t window; /* inputs that may wait for their answer */
};

/* Whether inputs of this slice are still to be sent.  All that were due in it are, however late:
 * to leave some out because the disk had no time for them would flatter it. */
static bool
has_more(const struct sender *sender, uint64_t now_ns)
{
	const double next_ns = sender->gap_ns > 0 ? (double)sender->sent * sender->gap_ns :
						    (double)(now_ns - sender->began_ns);

	return next_ns < (double)BENCH_LEDGER_SLICE_NS;
}

/* Pushes what is due, a burst at most; returns whether there was anything. */
static bool
push(struct bench_ledger_stage *stage, struct sender *sender, uint64_t now_ns)
{
	const uint32_t size = BENCH_LEDGER_EVENTS + 1;
	const uint64_t utc_ns = bb_store_now_ns();
	uint32_t burst = 0;

	for (; burst < BB_BURST; burst++) {
		const double due_ns = (double)sender->sent * sender->gap_ns;

		if (sender->left == 0 && has_more(sender, now_ns) &&
		    sender->sent - sender->answered < sender->window &&
		    due_ns <= (double)(now_ns - sender->began_ns)) {
			next_packet(stage, sender->outcomes, utc_ns)->due_ns =
				sender->gap_ns > 0 ? sender->began_ns + (uint64_t)due_ns : now_ns;
			sender->left = size;
			sender->sent++;
		}
		if (sender->left == 0)
			break;
		sender->left -= bb_line_push(stage->ledger->line,
					     sender->outcomes + size - sender->left,
					     sender->left, utc_ns);
		if (sender->left > 0)
			break;
	}
	bb_line_turn(stage->ledger->line, utc_ns,
		     sender->gap_ns > 0 || sender->window != UINT64_MAX ||
			     !has_more(sender, now_ns));
	return burst > 0;
}

/* Takes out what is durable; returns how many inputs that answers. */
static uint64_t
pull(struct bench_ledger_stage *stage, struct bench_series *series)
{
	struct bb_outcome got[BB_BURST];
	uint64_t answered = 0;
	uint32_t count = 0;

	while ((count = bb_line_pull(stage->ledger->line, got, BB_BURST)) > 0) {
		const uint64_t now_ns = bench_wall_ns();

		for (uint32_t i = 0; i < count; i++) {
			if (got[i].packet.kind != BB_OUTCOME_PACKET)
				continue;
			const struct bench_ledger_packet *packet =
				(const void *)got[i].packet.bid;
			bench_series_sample(series, now_ns - packet->due_ns);
			answered++;
		}
	}
	return answered;
}

/* Sends inputs for one slice, each when its time has come, and waits for all answers. */
static bool
ledger_slice(struct bench_ledger_stage *stage, enum bench_ledger_turn turn,
	     struct sender sender)
{
	struct bench_series *series = &stage->series[turn];
	const struct bb_line *line = stage->ledger->line;
	const uint64_t bytes_before = line->block_bytes;

	(void)bench_still_take();
	sender.began_ns = bench_wall_ns();
	uint64_t now_ns = sender.began_ns;
	while (has_more(&sender, now_ns) || !bb_line_quiet(line) || sender.left > 0) {
		const bool idle = !push(stage, &sender, now_ns);

		sender.answered += pull(stage, series);
		if (idle && turn != FULL)
			nap();
		now_ns = bench_wall_ns();
		if (line->failed != BB_OK)
			return false;
	}
	const struct bench_still still =
		end_slice(series, line->block_bytes - bytes_before, now_ns - sender.began_ns);

	stage->still.sum_ns += still.sum_ns;
	if (still.longest_ns > stage->still.longest_ns)
		stage->still.longest_ns = still.longest_ns;
	return true;
}

bool
bench_ledger_full(struct bench_ledger_stage *stage)
{
	return ledger_slice(stage, FULL, (struct sender){ .window = UINT64_MAX });
}

bool
bench_ledger_window(struct bench_ledger_stage *stage, uint64_t size)
{
	const double inputs = stage->options->window * (double)size / stage->packet_bytes;

	return ledger_slice(stage, WINDOW, (struct sender){ .window = 1 + (uint64_t)inputs });
}

bool
bench_ledger_paced(struct bench_ledger_stage *stage, double rate)
{
	return ledger_slice(stage, PACED,
			    (struct sender){ .gap_ns = 1e3 * stage->packet_bytes / rate,
					     .window = UINT64_MAX });
}
