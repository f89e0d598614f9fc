#include "ctl/bb_control_desk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"
#include "ctl/bb_control_answer.h"
#include "ctl/bb_follow.h"
#include "ctl/bb_ticker.h"
#include "wire/bb_report.h"

#define PATIENCE_IDLE_MS 100
#define PATIENCE_BUSY_MS 1

#define SUBMIT_NS UINT64_C(10000000000) /* until a report is given up */
#define SEQUENCE_OFFSET 16 /* in every packet, wire/bb_packet.h */
#define PULSE_NS  UINT64_C(1000000000)

_Static_assert(BB_CONTROL_DEPTH_MAX == BB_INSPECT_ROWS, "one look brings the whole depth");

static void
answer(struct bb_daemon *daemon, uint32_t client, json_t *root)
{
	struct bb_control_server *server = &daemon->desk.server;
	char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);

	json_decref(root);
	if (text == NULL)
		(void)bb_control_refuse(server, client, BB_ERR_FULL, "no memory to answer with");
	else if (strlen(text) > BB_CONTROL_MESSAGE_MAX)
		(void)bb_control_refuse(server, client, BB_ERR_LENGTH, "the answer is too long");
	else
		(void)bb_control_send(server, client, text, strlen(text));
	free(text);
}

static void
refuse(struct bb_daemon *daemon, uint32_t client, enum bb_result result, const char *text)
{
	(void)bb_control_refuse(&daemon->desk.server, client, result, text);
}

/* A client with several packets under way must know which one this is about. */
static void
refuse_packet(struct bb_daemon *daemon, uint32_t client, uint64_t sequence,
	      enum bb_result result, const char *text)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRIu64, sequence);
	answer(daemon, client,
	       json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "result", bb_result_name(result),
			 "text", text, "sequence", number));
}

/* inspect fills desk.inspect in; false: refused already. */
static bool
inspect(struct bb_daemon *daemon, uint32_t client, enum bb_inspect_kind kind)
{
	struct bb_inspect *ask = &daemon->desk.inspect;
	const struct bb_control_request *request = &daemon->desk.request;

	if (bb_follow_begin(daemon)) {
		ask->kind = kind;
		ask->first = request->first;
		ask->product = request->product;
		if (bb_follow_ask(daemon))
			return true;
	}
	refuse(daemon, client, BB_ERR_BUSY, "the matching core does not answer");
	return false;
}

static void
tell_status(struct bb_daemon *daemon, uint32_t client)
{
	struct bb_inspect *ask = &daemon->desk.inspect;
	bool answered = bb_follow_begin(daemon);

	if (answered) {
		ask->kind = BB_INSPECT_MARKET;
		answered = bb_follow_ask(daemon);
	}
	answer(daemon, client, bb_answer_status(daemon, answered ? ask : NULL));
}

static void
tell_book(struct bb_daemon *daemon, uint32_t client)
{
	struct bb_inspect *ask = &daemon->desk.inspect;
	const uint32_t depth = daemon->desk.request.depth;

	if (!inspect(daemon, client, BB_INSPECT_BOOK))
		return;
	if (!ask->found) {
		refuse(daemon, client, BB_ERR_PRODUCT, bb_result_text(BB_ERR_PRODUCT));
		return;
	}
	for (uint32_t side = 0; side < 2; side++)
		ask->count[side] = RTE_MIN(ask->count[side], depth);
	answer(daemon, client, bb_answer_book(ask));
}

/* gate_packet puts a submitted packet into mbuf and before the gate of the control lane. */
static enum bb_result
gate_packet(struct bb_daemon *daemon, struct rte_mbuf *mbuf)
{
	const struct bb_control_request *request = &daemon->desk.request;
	const uint32_t lane = bb_daemon_control_lane(daemon);
	uint8_t *bytes = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)request->packet_size);

	BB_ASSERT(bytes != NULL);
	memcpy(bytes, request->packet, request->packet_size);
	bb_count(bb_daemon_control_counters(daemon), BB_COUNT_RX, 1);
	return bb_gate_check(&daemon->gates[lane], bytes, request->packet_size,
			     bb_lcore_now_ns(), rte_mbuf_to_priv(mbuf));
}

static struct bb_submit *
find_submit(struct bb_desk *desk, uint32_t token)
{
	for (uint32_t i = 0; i < BB_SUBMITS_MAX; i++)
		if (desk->submits[i].token == token)
			return &desk->submits[i];
	return NULL;
}

static void
count_route(struct bb_counters *counters, const struct bb_bid *bid)
{
	static const enum bb_counter of_route[] = {
		[BB_ROUTE_SEQUENCE] = BB_COUNT_ACCEPTED,
		[BB_ROUTE_REPEAT] = BB_COUNT_REPEATED,
		[BB_ROUTE_QUERY] = BB_COUNT_QUERIES,
	};

	bb_count(counters, of_route[bid->route], 1);
}

/* enter_lane hands a proven packet to the matcher and remembers who waits for its report. */
static void
enter_lane(struct bb_daemon *daemon, struct rte_mbuf *mbuf, struct bb_submit *place,
	   uint32_t client)
{
	struct bb_desk *desk = &daemon->desk;
	struct bb_bid *bid = rte_mbuf_to_priv(mbuf);

	if (++desk->token == 0)
		desk->token = 1;
	bid->back = (struct bb_return){ .port = BB_RETURN_CONTROL, .token = desk->token };
	*place = (struct bb_submit){ .token = desk->token,
				     .client = client,
				     .sequence = bid->sequence,
				     .sent_ns = bb_lcore_now_ns() };
	desk->submit_count++;
	count_route(bb_daemon_control_counters(daemon), bid);
	BB_ASSERT(rte_ring_sp_enqueue(daemon->rings.lanes[bb_daemon_control_lane(daemon)],
				      mbuf) == 0);
}

static void
submit(struct bb_daemon *daemon, uint32_t client)
{
	struct bb_desk *desk = &daemon->desk;
	const uint64_t sequence = bb_get_u64(desk->request.packet + SEQUENCE_OFFSET);
	struct bb_submit *place = find_submit(desk, 0);
	struct rte_mbuf *mbuf = NULL;

	/* Room first: what the gate has let pass is never dropped. */
	if (!desk->stopping && place != NULL &&
	    !rte_ring_full(daemon->rings.lanes[bb_daemon_control_lane(daemon)]))
		mbuf = rte_pktmbuf_alloc(daemon->pool);
	if (mbuf == NULL) {
		refuse_packet(daemon, client, sequence, BB_ERR_BUSY,
			      desk->stopping ? "busbard is stopping"
					     : bb_result_text(BB_ERR_BUSY));
		return;
	}

	const enum bb_result result = gate_packet(daemon, mbuf);

	if (result != BB_OK) {
		rte_pktmbuf_free(mbuf);
		refuse_packet(daemon, client, sequence, result, bb_result_text(result));
		return;
	}
	enter_lane(daemon, mbuf, place, client);
}

static void
stop(struct bb_daemon *daemon, uint32_t client)
{
	daemon->desk.stop_asked = true;
	answer(daemon, client, json_pack("{s:b}", "ok", 1));
}

static void
handle(void *context, uint32_t client, const uint8_t *bytes, size_t size)
{
	struct bb_daemon *daemon = context;
	struct bb_control_request *request = &daemon->desk.request;
	char text[BB_CONTROL_TEXT];
	const enum bb_result result = bb_control_parse(bytes, size, request, text);

	if (result != BB_OK) {
		refuse(daemon, client, result, text);
		return;
	}
	switch (request->command) {
	case BB_CONTROL_STATUS:
		tell_status(daemon, client);
		break;
	case BB_CONTROL_MEMBERS:
		if (inspect(daemon, client, BB_INSPECT_MEMBERS))
			answer(daemon, client, bb_answer_members(&daemon->desk.inspect));
		break;
	case BB_CONTROL_PRODUCTS:
		if (inspect(daemon, client, BB_INSPECT_PRODUCTS))
			answer(daemon, client, bb_answer_products(&daemon->desk.inspect));
		break;
	case BB_CONTROL_BOOK:
		tell_book(daemon, client);
		break;
	case BB_CONTROL_ACCOUNTS:
		if (inspect(daemon, client, BB_INSPECT_ACCOUNTS))
			answer(daemon, client, bb_answer_accounts(&daemon->desk.inspect));
		break;
	case BB_CONTROL_COURSES:
		if (inspect(daemon, client, BB_INSPECT_COURSES))
			answer(daemon, client, bb_answer_courses(&daemon->desk.inspect));
		break;
	case BB_CONTROL_RULES:
		if (inspect(daemon, client, BB_INSPECT_RULES))
			answer(daemon, client, bb_answer_rules(&daemon->desk.inspect));
		break;
	case BB_CONTROL_SUBMIT:
		submit(daemon, client);
		break;
	case BB_CONTROL_VENUE:
		answer(daemon, client, bb_answer_venue(daemon));
		break;
	case BB_CONTROL_STOP:
		stop(daemon, client);
		break;
	case BB_CONTROL_COMMANDS:
		BB_ASSERT(false);
	}
}

/* hand_back sends one report to the client that submitted its packet, if it is still there. */
static void
hand_back(struct bb_daemon *daemon, uint32_t token, const uint8_t *report, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	struct bb_desk *desk = &daemon->desk;
	struct bb_submit *place = token == 0 ? NULL : find_submit(desk, token);
	char hex[2 * BB_REPORT_SIZE_MAX + 1];

	if (place == NULL || size < BB_REPORT_SIZE_MIN || size > BB_REPORT_SIZE_MAX)
		return;
	for (size_t i = 0; i < size; i++) {
		hex[2 * i] = digits[report[i] >> 4];
		hex[2 * i + 1] = digits[report[i] & 15];
	}
	hex[2 * size] = '\0';

	/* Kind and part, as wire/bb_report.h lays them out: only an answer has parts. */
	const bool more = report[4] == BB_REPORT_ANSWER &&
			  (bb_get_u16(report + 6) & BB_REPORT_LAST_PART) == 0;
	const uint32_t client = place->client;

	if (!more) {
		*place = (struct bb_submit){ 0 };
		desk->submit_count--;
	}
	answer(daemon, client,
	       json_pack("{s:b, s:s, s:b}", "ok", 1, "report", hex, "more", more));
}

/* In the order of the ledger: a participant is in the roster before the one who added it
 * hears of it. */
static void
drain_egress(struct bb_daemon *daemon)
{
	struct bb_to_control item;

	while (rte_ring_sc_dequeue_elem(daemon->rings.control, &item, sizeof(item)) == 0) {
		struct rte_mbuf *mbuf = item.mbuf;

		if (mbuf == NULL) {
			bb_follow_change(daemon, item.participant);
			continue;
		}
		hand_back(daemon, item.token, rte_pktmbuf_mtod(mbuf, const uint8_t *),
			  rte_pktmbuf_data_len(mbuf));
		rte_pktmbuf_free(mbuf);
	}
}

static void
give_up_late(struct bb_daemon *daemon, uint64_t now_ns)
{
	struct bb_desk *desk = &daemon->desk;

	for (uint32_t i = 0; i < BB_SUBMITS_MAX && desk->submit_count > 0; i++) {
		struct bb_submit *place = &desk->submits[i];

		if (place->token == 0 || now_ns < place->sent_ns + SUBMIT_NS)
			continue;
		refuse_packet(daemon, place->client, place->sequence, BB_ERR_BUSY,
			      "no report within ten seconds; send the same packet again");
		*place = (struct bb_submit){ 0 };
		desk->submit_count--;
	}
}

static void
take_pulse(struct bb_daemon *daemon, uint64_t now_ns)
{
	struct bb_desk *desk = &daemon->desk;

	if (now_ns >= desk->pulse_ns && now_ns - desk->pulse_ns < PULSE_NS)
		return;

	const double elapsed_ns = (double)(now_ns - desk->pulse_ns);
	const bool first = desk->pulse_ns == 0 || now_ns < desk->pulse_ns;

	desk->pulse_ns = now_ns;
	for (uint32_t i = 0; i < daemon->config.lcore_count; i++) {
		struct bb_pulse *pulse = &desk->pulses[i];
		const uint64_t turns = atomic_load_explicit(&daemon->lcores[i].turns,
							    memory_order_relaxed);
		const uint64_t busy_ns = bb_counted(&daemon->counters[i], BB_COUNT_BUSY_NS);
		const double busy = (double)(busy_ns - pulse->busy_ns) / elapsed_ns;

		*pulse = (struct bb_pulse){
			.turns = turns,
			.busy_ns = busy_ns,
			.busy = first ? 0.0 : busy > 1.0 ? 1.0 : busy,
			.stalled = !first && turns == pulse->turns,
		};
	}
}

bool
bb_desk_open(struct bb_daemon *daemon, int wake_fd)
{
	struct bb_desk *desk = &daemon->desk;
	char text[BB_CONTROL_TEXT];

	desk->started_ns = bb_lcore_now_ns();
	desk->server.handle = handle;
	desk->server.context = daemon;
	if (bb_control_open(&desk->server, daemon->config.socket, daemon->config.group, wake_fd,
			    text) == BB_OK)
		return true;
	bb_say("%s", text);
	return false;
}

int
bb_desk_patience_ms(const struct bb_daemon *daemon)
{
	const int most_ms = daemon->desk.submit_count > 0 ? PATIENCE_BUSY_MS : PATIENCE_IDLE_MS;

	return bb_ticker_patience_ms(daemon, bb_lcore_now_ns(), most_ms);
}

void
bb_desk_turn(struct bb_daemon *daemon, int timeout_ms)
{
	struct bb_desk *desk = &daemon->desk;

	bb_control_poll(&desk->server, timeout_ms);
	drain_egress(daemon);
	if (desk->roster_behind > 0)
		bb_follow_rest(daemon);

	const uint64_t now_ns = bb_lcore_now_ns();

	bb_ticker_turn(daemon, now_ns);
	bb_snapper_turn(daemon, now_ns);
	give_up_late(daemon, now_ns);
	take_pulse(daemon, now_ns);
}

void
bb_desk_close(struct bb_daemon *daemon)
{
	struct bb_desk *desk = &daemon->desk;

	for (uint32_t i = 0; i < BB_SUBMITS_MAX; i++)
		if (desk->submits[i].token != 0)
			refuse_packet(daemon, desk->submits[i].client,
				      desk->submits[i].sequence, BB_ERR_BUSY,
				      "busbard stopped before there was a report");
	bb_control_close(&desk->server);
}
