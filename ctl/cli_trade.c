#include "ctl/cli_trade.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/cli_report.h"
#include "market/bb_event.h"
#include "wire/bb_keyfile.h"

static void
hear(void *context, const struct bb_client_answer *answer)
{
	struct cli_trade *trade = context;
	const struct bb_report *report = &answer->report;
	const bool final = report->kind == BB_REPORT_ANSWER ||
			   (report->kind == BB_REPORT_REFUSAL &&
			    answer->records[0].result != BB_ERR_BUSY &&
			    answer->records[0].result != BB_ERR_RATE);

	if (!final || report->sequence != trade->sequence)
		return;
	trade->height = report->height;
	trade->number = report->number;
	for (uint32_t i = 0; i < report->record_count; i++) {
		struct bb_report_record record = answer->records[i];
		char text[CLI_EVENT_TEXT];
		if (report->kind == BB_REPORT_REFUSAL)
			record.event = BB_EVENT_REFUSED;
		trade->refused_count += record.event == BB_EVENT_REFUSED;
		if (record.event == BB_EVENT_REFUSED && trade->refused == BB_OK)
			trade->refused = record.result;
		trade->event_count++;
		json_array_append_new(trade->events, cli_event_json(&record));
		cli_event_text(text, &record);
		if (!trade->cli->json && (!trade->quiet || record.event == BB_EVENT_REFUSED))
			printf("%s\n", text);
	}
}

static enum cli_exit
no_answer(const struct cli_trade *trade)
{
	return cli_fail(trade->cli, CLI_UNREACHABLE, NULL,
			"no answer from %s port %u in %llu s; see that it can be reached, and that "
			"the operator has added participant %u with this key", trade->venue.at.host,
			trade->venue.at.udp_port,
			(unsigned long long)(trade->cli->timeout_ns / 1000000000u),
			trade->participant);
}

static enum cli_exit
end(struct cli_trade *trade, enum bb_result result)
{
	if (result == BB_ERR_BUSY)
		return no_answer(trade);
	if (result != BB_OK)
		return cli_fail(trade->cli, CLI_UNHEALTHY, bb_result_name(result),
				"the venue refuses: %s; ask the operator", bb_result_text(result));
	return CLI_GO_ON;
}

enum cli_exit
cli_trade_open(struct cli *cli, struct cli_trade *trade, struct bb_client **client)
{
	struct bb_identity identity;

	*client = NULL;
	trade->cli = cli;
	trade->events = json_array();
	if (trade->participant == 0 || trade->key == NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "write --participant N and --key FILE");

	const enum cli_exit code = cli_venue_read(cli, trade->venue_path, &trade->venue);

	if (code != CLI_GO_ON)
		return code;
	enum bb_result result = bb_keyfile_read(trade->key, &identity);
	if (result != BB_OK)
		return cli_fail_file(cli, result, trade->key);
	result = bb_client_open(client, &trade->venue.at, trade->participant, &identity, hear,
				trade);
	const int why = errno;
	bb_identity_wipe(&identity);
	if (result == BB_ERR_KEY)
		return cli_fail(cli, CLI_USAGE, "ERR_KEY", "venue.json holds no usable key; get it "
				"anew from the operator");
	if (result != BB_OK)
		return cli_fail(cli, CLI_UNREACHABLE, NULL, "%s: %s; see that it can be reached",
				trade->venue.at.host, strerror(why));
	/* Numbers that were used before would be answered with what they did then. */
	return end(trade, bb_client_resume(*client, cli->timeout_ns));
}

enum cli_exit
cli_trade_await(struct cli_trade *trade, struct bb_client *client, enum bb_result result)
{
	trade->packets++;
	if (result == BB_OK)
		result = bb_client_wait(client, trade->sequence, trade->cli->timeout_ns);
	return end(trade, result);
}

enum cli_exit
cli_trade_print(struct cli_trade *trade, json_t *object)
{
	const enum bb_result refused = (enum bb_result)trade->refused;

	if (trade->cli->json) {
		json_object_set_new(object, "participant", json_integer(trade->participant));
		json_object_set_new(object, "sequence", cli_u64(trade->sequence));
		json_object_set_new(object, "height", cli_u64(trade->height));
		json_object_set_new(object, "number", cli_u64(trade->number));
		json_object_set(object, "events", trade->events);
		cli_print(trade->cli, refused == BB_OK ? "ok" : bb_result_name(refused), object);
	} else {
		json_decref(object);
		if (trade->quiet)
			printf("%u done, %u refused\n", trade->event_count - trade->refused_count,
			       trade->refused_count);
		if (trade->height > 0)
			printf("durable in block %llu as input %llu\n",
			       (unsigned long long)trade->height,
			       (unsigned long long)trade->number);
	}
	return refused == BB_OK ? CLI_OK : CLI_UNHEALTHY;
}
