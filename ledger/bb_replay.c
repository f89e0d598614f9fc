#include "ledger/bb_replay.h"

#include <string.h>

#include "base/bb_bytes.h"
#include "codec/bb_inputs.h"

/* The fields of an encoded event (codec/bb_outputs.h), as bb_replay_compare names them. */
static const struct field {
	const char *name;
	uint8_t offset;
	uint8_t size;
	bool is_signed;
} fields[] = {
	{ "number", 0, 8, false },       { "record", 48, 2, false },
	{ "kind", 52, 1, false },        { "result", 50, 2, false },
	{ "participant", 24, 4, false }, { "order_id", 8, 8, false },
	{ "counterparty", 28, 4, false }, { "counter_order_id", 16, 8, false },
	{ "product", 32, 4, false },     { "side", 53, 1, false },
	{ "price", 36, 4, true },        { "quantity_wh", 40, 4, false },
	{ "remaining_wh", 44, 4, false }, { "across", 54, 1, false },
	{ "reserved", 55, 1, false },
};

_Static_assert(BB_EVENT_BYTES == 56, "the fields above are all of it");

static uint64_t
field_of(const struct field *field, const uint8_t *bytes)
{
	uint64_t value = 0;

	for (uint32_t i = field->size; i-- > 0;)
		value = value << 8 | bytes[field->offset + i];
	return field->is_signed ? (uint64_t)(int64_t)(int32_t)(uint32_t)value : value;
}

bool
bb_replay_compare(const uint8_t recorded[BB_EVENT_BYTES], const uint8_t replayed[BB_EVENT_BYTES],
		  struct bb_ledger_values *values)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *field = &fields[i];

		*values = (struct bb_ledger_values){ .field = field->name,
						     .is_signed = field->is_signed,
						     .recorded = field_of(field, recorded),
						     .replayed = field_of(field, replayed) };
		if (values->recorded != values->replayed)
			return true;
	}
	*values = (struct bb_ledger_values){ .field = NULL };
	return false;
}

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
	replay->values = (struct bb_ledger_values){ .field = NULL };
	bb_foresee_init(&replay->foresight);
}

static enum bb_result
differs(struct bb_replay *replay, const char *what, enum bb_result result)
{
	replay->what = what;
	return result;
}

static enum bb_result
check_order(struct bb_replay *replay, const struct bb_block_input *input)
{
	const struct bb_market *market = replay->market;

	if (input->number != bb_market_number(market) + 1 ||
	    input->time_ns < bb_market_time_ns(market))
		return differs(replay, "number or time is out of order", BB_ERR_REPLAY);
	return BB_OK;
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
	if (check_order(replay, input) != BB_OK)
		return BB_ERR_REPLAY;
	if (replay->signatures &&
	    !bb_sign_check(member.key, input->bytes, input->size - BB_SIGNATURE_SIZE,
			   input->bytes + input->size - BB_SIGNATURE_SIZE))
		return differs(replay, "signature of the participant does not match",
			       BB_ERR_SIGNATURE);
	return BB_OK;
}

static enum bb_result
counts_differ(struct bb_replay *replay, const char *what, uint32_t recorded, uint32_t replayed)
{
	replay->values = (struct bb_ledger_values){ .field = "events",
						    .recorded = recorded,
						    .replayed = replayed };
	return differs(replay, what, BB_ERR_REPLAY);
}

/* Compares one slice with the recorded events from replay->event on. */
static enum bb_result
compare_slice(struct bb_replay *replay, const struct bb_block_input *input, uint32_t count)
{
	uint8_t bytes[BB_EVENT_BYTES];

	for (uint32_t i = 0; i < count; i++, replay->event++) {
		if (replay->event == input->result_count)
			return counts_differ(replay, "replay has more events", replay->event,
					     replay->event + count - i);
		const uint8_t *recorded =
			input->results + (uint64_t)replay->event * BB_RESULT_SIZE;
		bb_event_encode(bytes, &replay->events[i]);
		if (memcmp(recorded + BB_RECORD_HEADER_SIZE, bytes, sizeof(bytes)) == 0)
			continue;
		(void)bb_replay_compare(recorded + BB_RECORD_HEADER_SIZE, bytes, &replay->values);
		return differs(replay, "event differs", BB_ERR_REPLAY);
	}
	return BB_OK;
}

/* Makes the bid that the market saw, from what was recorded. */
static enum bb_result
read_bid(struct bb_replay *replay, const struct bb_block_input *input)
{
	struct bb_packet packet;

	if (input->type == BB_RECORD_TICK) {
		/* Who signs the block signs the tick. */
		if (input->size != 0)
			return differs(replay, "tick is malformed", BB_ERR_REPLAY);
		bb_inputs_tick(&replay->bid);
		return check_order(replay, input);
	}
	if (bb_packet_decode_input(input->bytes, input->size, &packet) != BB_OK)
		return differs(replay, "packet is malformed", BB_ERR_REPLAY);
	const enum bb_result result = check_packet(replay, input, &packet);
	if (result == BB_OK)
		bb_inputs_commands(&replay->bid, &packet, input->bytes, (uint16_t)input->size);
	return result;
}

enum bb_result
bb_replay_input(struct bb_replay *replay, const struct bb_block_input *input)
{
	struct bb_bid *bid = &replay->bid;
	bool done = false;

	if (!bb_record_is_decided(input->type))
		return BB_OK;
	replay->number = input->number;
	replay->event = 0;
	enum bb_result result = read_bid(replay, input);
	if (result != BB_OK)
		return result;

	bid->number = input->number;
	bid->sequenced_ns = input->time_ns;
	bid->route = BB_ROUTE_SEQUENCE;
	bb_foresee_bid(&replay->foresight, replay->market, bid);
	while (!done) {
		uint32_t count = 0;

		done = bb_market_step_foreseen(replay->market, &replay->foresight, bid,
					       replay->events, &count);
		result = compare_slice(replay, input, count);
		if (result != BB_OK)
			return result;
	}
	if (replay->event != input->result_count)
		return counts_differ(replay, "replay has fewer events", input->result_count,
				     replay->event);
	return BB_OK;
}
