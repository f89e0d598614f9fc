#include "ctl/cli_operator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "ctl/cli_report.h"
#include "ctl/cli_socket.h"
#include "ctl/cli_text.h"
#include "ctl/cli_venue.h"
#include "wire/bb_keyfile.h"

/* Half of what busbard takes from all of its clients together. */
#define UNDER_WAY 32u

#define OPERATOR 1u /* the participant that genesis names */

/* Refusals told one by one; -j has all of them. */
#define REFUSALS_TOLD 20u

#define BUSY_WAIT_NS 2000000L
#define PROGRESS_NS  UINT64_C(100000000)

/* Another run of busbarctl may have moved the window: so often a packet gets a new number. */
#define RENUMBER_MAX 8u

struct under_way {
	uint32_t index; /* of the operation */
	uint32_t renumbered;
	uint64_t sequence;
	uint16_t result; /* of the parts so far */
	uint16_t next_part;
	size_t size; /* 0: the slot is free */
	uint8_t packet[BB_PACKET_SIZE_MAX];
};

struct run {
	struct cli *cli;
	struct cli_signer signer;
	const struct bb_wire_operation *operations;
	uint32_t count;
	uint32_t next; /* first one that was not sent yet */
	uint32_t done;
	uint32_t refused;
	uint32_t cancelled; /* orders, by revoking their participant */
	int fd;
	bool tty;
	uint64_t sequence; /* last given */
	uint64_t told_ns;  /* when progress was last told */
	uint64_t height;   /* of the last answer */
	uint64_t number;
	uint32_t venue;
	uint8_t mac_key[BB_MAC_KEY_SIZE];
	struct bb_identity identity;
	json_t *refusals;
	json_t *events; /* of a single operation */
	struct under_way slots[UNDER_WAY];
};

/* What is said when an operation was carried out. */
static const char *const verbs[] = {
	[BB_WIRE_MEMBER_ADD] = "added",
	[BB_WIRE_MEMBER_REVOKE] = "revoked",
	[BB_WIRE_PRODUCT_ADD] = "added",
	[BB_WIRE_HALT] = "halted; only cancels pass",
	[BB_WIRE_RESUME] = "resumed",
	[BB_WIRE_PARAM] = "set",
	[BB_WIRE_MEMBER_SET] = "set",
	[BB_WIRE_MEMBER_KILL] = "killed; no new orders until it is armed",
	[BB_WIRE_MEMBER_ARM] = "armed",
	[BB_WIRE_TRANSFER] = "booked",
	[BB_WIRE_PRODUCT_HALT] = "halted; only cancels pass",
	[BB_WIRE_PRODUCT_RESUME] = "resumed",
	[BB_WIRE_RULING] = "ruled",
	[BB_WIRE_LINE] = "set",
	[BB_WIRE_IMBALANCE] = "set",
	[BB_WIRE_RESTRICT] = "recorded",
	[BB_WIRE_TARIFF] = "set",
};

_Static_assert(sizeof(verbs) / sizeof(verbs[0]) == BB_WIRE_OPS, "each operation has a verb");

static void
describe_participant(uint32_t participant, char text[64], json_t *object)
{
	snprintf(text, 64, "participant %u", participant);
	json_object_set_new(object, "participant", json_integer(participant));
}

static void
describe_product(uint32_t number, char text[64], json_t *object)
{
	char product[CLI_PRODUCT_SIZE];

	cli_write_product(product, number);
	snprintf(text, 64, "product %s (%u)", product, number);
	json_object_set_new(object, "product", json_integer(number));
}

/* What an operation is about, in words and as the field that names it. */
static void
describe(const struct bb_wire_operation *operation, char text[64], json_t *object)
{
	switch ((enum bb_wire_op)operation->op) {
	case BB_WIRE_MEMBER_ADD:
	case BB_WIRE_MEMBER_REVOKE:
	case BB_WIRE_MEMBER_KILL:
	case BB_WIRE_MEMBER_ARM:
		describe_participant(operation->member.participant, text, object);
		break;
	case BB_WIRE_MEMBER_SET:
		describe_participant(operation->attributes.participant, text, object);
		break;
	case BB_WIRE_TRANSFER:
		describe_participant(operation->transfer.participant, text, object);
		break;
	case BB_WIRE_RESTRICT:
		describe_participant(operation->restrict_.participant, text, object);
		break;
	case BB_WIRE_PRODUCT_ADD:
	case BB_WIRE_PRODUCT_HALT:
	case BB_WIRE_PRODUCT_RESUME:
		describe_product(operation->product.product, text, object);
		break;
	case BB_WIRE_RULING:
		describe_product(operation->ruling.product, text, object);
		break;
	case BB_WIRE_LINE:
		snprintf(text, 64, "line %u", operation->line.line);
		json_object_set_new(object, "line", json_integer(operation->line.line));
		break;
	case BB_WIRE_IMBALANCE:
		snprintf(text, 64, "imbalance prices");
		json_object_set_new(object, "first_quarter",
				    json_integer(operation->imbalance.first_quarter));
		break;
	case BB_WIRE_TARIFF:
		snprintf(text, 64, "tariffs of zone %u", operation->tariff.zone);
		json_object_set_new(object, "zone", json_integer(operation->tariff.zone));
		break;
	case BB_WIRE_PARAM:
		snprintf(text, 64, "parameters");
		json_object_set_new(object, "group", json_integer(operation->param.group));
		break;
	case BB_WIRE_HALT:
	case BB_WIRE_RESUME:
	case BB_WIRE_OPS:
		snprintf(text, 64, "market");
		break;
	}
}

/* signer_path writes where the signer's key is. */
static bool
signer_path(const struct run *run, char path[CLI_PATH_MAX])
{
	if (run->signer.key == NULL)
		return cli_path(path, run->cli->folder, "operator.key");
	return snprintf(path, CLI_PATH_MAX, "%s", run->signer.key) < (int)CLI_PATH_MAX;
}

static enum cli_exit
prepare(struct run *run)
{
	struct cli *cli = run->cli;
	struct cli_venue venue;
	char path[CLI_PATH_MAX];

	enum cli_exit code = cli_venue_read(cli, NULL, &venue);
	if (code != CLI_GO_ON)
		return code;
	if (!signer_path(run, path))
		return cli_fail(cli, CLI_USAGE, NULL, "the folder's path is too long; change to it "
				"and leave -C out");
	const enum bb_result result = bb_keyfile_read(path, &run->identity);
	if (result != BB_OK)
		return cli_fail_file(cli, result, path);
	if (!bb_mac_agree(run->mac_key, &run->identity, venue.at.key, venue.at.ledger_id))
		return cli_fail(cli, CLI_USAGE, "ERR_KEY", "venue.json holds no usable key; "
				"restore it from a copy");
	run->venue = bb_packet_venue(venue.at.ledger_id);
	run->sequence = cli_clock_ns();
	return cli_connect(cli, &run->fd);
}

static enum cli_exit
submit(struct run *run, const struct under_way *slot)
{
	char hex[2 * BB_PACKET_SIZE_MAX + 1];

	cli_write_hex(hex, slot->packet, slot->size);
	return cli_send(run->cli, run->fd,
			json_pack("{s:s, s:s}", "command", "submit", "packet", hex));
}

static enum cli_exit
sign_and_submit(struct run *run, struct under_way *slot)
{
	const uint64_t now_ns = cli_clock_ns();

	/* Behind a pause the clock is ahead; within a run numbers stay close together. */
	run->sequence = slot->renumbered > 0 && now_ns > run->sequence ? now_ns
								       : run->sequence + 1;
	slot->sequence = run->sequence;
	const struct bb_packet header = { .participant = run->signer.participant,
					  .venue = run->venue,
					  .sequence = slot->sequence };
	slot->size = bb_packet_encode_operation(slot->packet, &header,
						&run->operations[slot->index], &run->identity,
						run->mac_key);
	return submit(run, slot);
}

static void
settle(struct run *run, struct under_way *slot)
{
	char text[64];
	json_t *object = json_object();
	const enum bb_result result = (enum bb_result)slot->result;

	describe(&run->operations[slot->index], text, object);
	if (result == BB_OK) {
		run->done++;
		json_decref(object);
		if (run->count == 1 && !run->cli->json)
			printf("%s %s\n", text, verbs[run->operations[slot->index].op]);
	} else {
		run->refused++;
		json_object_set_new(object, "result", json_string(bb_result_name(result)));
		json_object_set_new(object, "text", json_string(bb_result_text(result)));
		json_array_append_new(run->refusals, object);
		if (run->refused <= REFUSALS_TOLD)
			fprintf(stderr, "%sbusbarctl: %s was refused: %s (%s)\n",
				run->tty ? "\r\033[K" : "", text, bb_result_text(result),
				bb_result_name(result));
	}
	*slot = (struct under_way){ 0 };
}

static struct under_way *
find(struct run *run, uint64_t sequence)
{
	for (uint32_t i = 0; i < UNDER_WAY; i++)
		if (run->slots[i].size != 0 && run->slots[i].sequence == sequence)
			return &run->slots[i];
	return NULL;
}

static void
tell(struct run *run, struct under_way *slot, const struct bb_report_record *record)
{
	if (record->event == BB_EVENT_REFUSED)
		slot->result = record->result;
	if (record->event == BB_EVENT_CANCELLED)
		run->cancelled++;
	if (run->count == 1)
		json_array_append_new(run->events, cli_event_json(record));
}

static enum cli_exit
take_report(struct run *run, const char *hex)
{
	struct bb_report_record records[BB_RECORDS_MAX];
	uint8_t bytes[BB_REPORT_SIZE_MAX];
	struct bb_report report;
	const size_t size = hex == NULL ? 0 : strlen(hex) / 2;

	if (size > sizeof(bytes) || hex == NULL || !cli_read_hex(hex, bytes, size) ||
	    bb_report_decode(bytes, size, run->mac_key, &report, records) != BB_OK)
		return cli_fail(run->cli, CLI_UNHEALTHY, "ERR_MAC",
				"a report does not carry the venue's MAC; see that venue.json and "
				"operator.key belong to the venue that runs");
	struct under_way *slot = find(run, report.sequence);
	if (slot == NULL)
		return CLI_GO_ON; /* of a packet that was sent twice */
	if (report.kind == BB_REPORT_REFUSAL && report.record_count == 1) {
		slot->result = records[0].result;
		settle(run, slot);
		return CLI_GO_ON;
	}
	const uint16_t part = report.part & (uint16_t)~BB_REPORT_LAST_PART;
	if (part != slot->next_part)
		return CLI_GO_ON;
	slot->next_part++;
	run->height = report.height;
	run->number = report.number;
	for (uint32_t i = 0; i < report.record_count; i++)
		tell(run, slot, &records[i]);
	if (report.part & BB_REPORT_LAST_PART)
		settle(run, slot);
	return CLI_GO_ON;
}

/* take_refusal is about what the gate or busbard itself did not take. */
static enum cli_exit
take_refusal(struct run *run, const json_t *message)
{
	const struct timespec pause = { .tv_nsec = BUSY_WAIT_NS };
	const char *digits = json_string_value(json_object_get(message, "sequence"));
	const enum bb_result result = cli_result_of(message);
	uint64_t sequence = 0;

	if (digits == NULL || !cli_read_u64(digits, &sequence))
		return cli_refused(run->cli, message);
	struct under_way *slot = find(run, sequence);
	if (slot == NULL)
		return CLI_GO_ON;
	if (result == BB_ERR_BUSY || result == BB_ERR_RATE) {
		nanosleep(&pause, NULL);
		slot->next_part = 0;
		return submit(run, slot);
	}
	if (result == BB_ERR_SEQUENCE_OLD && slot->renumbered < RENUMBER_MAX) {
		slot->renumbered++;
		return sign_and_submit(run, slot);
	}
	slot->result = (uint16_t)result;
	settle(run, slot);
	return CLI_GO_ON;
}

static void
tell_progress(struct run *run)
{
	const uint64_t now_ns = cli_monotonic_ns();

	if (!run->tty || run->count < 2 || now_ns - run->told_ns < PROGRESS_NS)
		return;
	run->told_ns = now_ns;
	fprintf(stderr, "\r%u of %u, %u refused\033[K", run->done + run->refused, run->count,
		run->refused);
}

static enum cli_exit
send_more(struct run *run)
{
	for (uint32_t i = 0; i < UNDER_WAY && run->next < run->count; i++) {
		struct under_way *slot = &run->slots[i];
		if (slot->size != 0)
			continue;
		/* What comes next may build on what came before: wait for its answers. */
		if (run->next > 0 && run->done + run->refused < run->next &&
		    run->operations[run->next].op != run->operations[run->next - 1].op)
			break;
		slot->index = run->next++;
		const enum cli_exit code = sign_and_submit(run, slot);
		if (code != CLI_GO_ON)
			return code;
	}
	return CLI_GO_ON;
}

static enum cli_exit
carry_out(struct run *run)
{
	uint32_t settled = 0;
	uint64_t end_ns = cli_monotonic_ns() + run->cli->timeout_ns;

	while (run->done + run->refused < run->count) {
		json_t *message;
		enum cli_exit code = send_more(run);
		if (code == CLI_GO_ON)
			code = cli_receive(run->cli, run->fd, end_ns, &message);
		if (code != CLI_GO_ON)
			return code;
		if (json_is_true(json_object_get(message, "ok")))
			code = take_report(run, json_string_value(json_object_get(message,
										  "report")));
		else
			code = take_refusal(run, message);
		json_decref(message);
		if (code != CLI_GO_ON)
			return code;
		if (run->done + run->refused > settled || run->count == 1) {
			settled = run->done + run->refused;
			end_ns = cli_monotonic_ns() + run->cli->timeout_ns;
		}
		tell_progress(run);
	}
	return CLI_GO_ON;
}

/* The first refusal names the result of the whole. */
static void
print_outcome(struct run *run)
{
	const json_t *first = json_array_get(run->refusals, 0);
	const char *result = first == NULL ? "ok"
					   : json_string_value(json_object_get(first, "result"));

	if (!run->cli->json) {
		char asked[CLI_NUMBER_SIZE];
		char done[CLI_NUMBER_SIZE];
		cli_write_number(asked, run->count);
		cli_write_number(done, run->done);
		if (run->cancelled > 0)
			printf("%u of its orders cancelled\n", run->cancelled);
		if (run->refused > REFUSALS_TOLD)
			fprintf(stderr, "busbarctl: and %u more were refused; -j lists all\n",
				run->refused - REFUSALS_TOLD);
		if (run->count > 1)
			printf("%s of %s done; durable in block %llu\n", done, asked,
			       (unsigned long long)run->height);
		else if (run->refused == 0)
			printf("durable in block %llu as input %llu\n",
			       (unsigned long long)run->height, (unsigned long long)run->number);
		return;
	}
	json_t *object = json_object();
	json_object_set_new(object, "asked", json_integer(run->count));
	json_object_set_new(object, "done", json_integer(run->done));
	json_object_set(object, "refused", run->refusals);
	json_object_set_new(object, "height", cli_u64(run->height));
	json_object_set_new(object, "number", cli_u64(run->number));
	if (run->count == 1)
		json_object_set(object, "events", run->events);
	cli_print(run->cli, result, object);
}

enum cli_exit
cli_operate(struct cli *cli, const struct bb_wire_operation *operations, uint32_t count)
{
	return cli_operate_as(cli, &(struct cli_signer){ 0 }, operations, count);
}

enum cli_exit
cli_operate_as(struct cli *cli, const struct cli_signer *signer,
	       const struct bb_wire_operation *operations, uint32_t count)
{
	struct run run = { .cli = cli,
			   .signer = *signer,
			   .operations = operations,
			   .count = count,
			   .fd = -1,
			   .tty = isatty(STDERR_FILENO) == 1,
			   .refusals = json_array(),
			   .events = json_array() };

	if (run.signer.participant == 0)
		run.signer.participant = OPERATOR;
	enum cli_exit code = prepare(&run);
	if (code == CLI_GO_ON)
		code = carry_out(&run);
	bb_identity_wipe(&run.identity);
	explicit_bzero(run.mac_key, sizeof(run.mac_key));
	if (run.fd >= 0)
		close(run.fd);
	if (run.tty && run.count > 1)
		fprintf(stderr, "\r\033[K");
	if (code == CLI_GO_ON) {
		print_outcome(&run);
		code = run.refused == 0 ? CLI_OK : CLI_UNHEALTHY;
	}
	json_decref(run.refusals);
	json_decref(run.events);
	return code;
}
