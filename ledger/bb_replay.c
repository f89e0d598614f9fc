#include "ledger/bb_replay.h"

#include <string.h>

#include "base/bb_bytes.h"
#include "codec/bb_inputs.h"

void
bb_replay_start(struct bb_replay *replay, struct bb_market *market, uint32_t venue,
		bool signatures)
{
	replay->market = market;
	replay->venue = venue;
	replay->signatures = signatures;
	replay->number = 0;
	replay->event = 0;
	replay->what = "";
}

static enum bb_result
differs(struct bb_replay *replay, const char *what, enum bb_result result)
{
	replay->what = what;
	return result;
}

/* What the gate and the sequencer make sure of before the market is asked: it asserts
 * some of it, and a file must not make it stop. */
static enum bb_result
check_packet(struct bb_replay *replay, const struct bb_block_input *input,
	     const struct bb_packet *packet)
{
	const struct bb_market *market = replay->market;
	struct bb_member member;

	if (packet->venue != replay->venue)
		return differs(replay, "packet is meant for another venue", BB_ERR_REPLAY);
	if (packet->kind == BB_PACKET_QUERY)
		return differs(replay, "a query is never recorded", BB_ERR_REPLAY);
	if (packet->participant == 0 ||
	    packet->participant > bb_market_size(market)->participants ||
	    !bb_market_member(market, packet->participant, &member))
		return differs(replay, "unknown participant", BB_ERR_REPLAY);
	if (bb_market_look(market, packet->participant, packet->sequence) != BB_OK)
		return differs(replay, "sequence was recorded before", BB_ERR_REPLAY);
	if (input->number != bb_market_number(market) + 1 ||
	    input->time_ns < bb_market_time_ns(market))
		return differs(replay, "number or time is out of order", BB_ERR_REPLAY);
	if (replay->signatures &&
	    !bb_sign_check(member.key, input->bytes, input->size - BB_SIGNATURE_SIZE,
			   input->bytes + input->size - BB_SIGNATURE_SIZE))
		return differs(replay, "signature of the participant does not match",
			       BB_ERR_SIGNATURE);
	return BB_OK;
}

/* Compares one slice with the recorded events from replay->event on. */
static enum bb_result
compare_slice(struct bb_replay *replay, const struct bb_block_input *input, uint32_t count)
{
	uint8_t bytes[BB_EVENT_BYTES];

	for (uint32_t i = 0; i < count; i++, replay->event++) {
		if (replay->event == input->result_count)
			return differs(replay, "replay has more events", BB_ERR_REPLAY);
		const uint8_t *recorded =
			input->results + (uint64_t)replay->event * BB_RESULT_SIZE;
		bb_event_encode(bytes, &replay->events[i]);
		if (memcmp(recorded + BB_RECORD_HEADER_SIZE, bytes, sizeof(bytes)) != 0)
			return differs(replay, "event differs", BB_ERR_REPLAY);
	}
	return BB_OK;
}

enum bb_result
bb_replay_input(struct bb_replay *replay, const struct bb_block_input *input)
{
	struct bb_packet packet;
	struct bb_bid *bid = &replay->bid;
	bool done = false;

	if (input->type != BB_RECORD_PACKET)
		return BB_OK;
	replay->number = input->number;
	replay->event = 0;
	if (bb_packet_decode_input(input->bytes, input->size, &packet) != BB_OK)
		return differs(replay, "packet is malformed", BB_ERR_REPLAY);
	enum bb_result result = check_packet(replay, input, &packet);
	if (result != BB_OK)
		return result;

	bb_inputs_commands(bid, &packet, input->bytes, (uint16_t)input->size);
	bid->number = input->number;
	bid->sequenced_ns = input->time_ns;
	bid->route = BB_ROUTE_SEQUENCE;
	while (!done) {
		uint32_t count = 0;

		done = bb_market_step(replay->market, bid, replay->events, &count);
		result = compare_slice(replay, input, count);
		if (result != BB_OK)
			return result;
	}
	if (replay->event != input->result_count)
		return differs(replay, "replay has fewer events", BB_ERR_REPLAY);
	return BB_OK;
}
