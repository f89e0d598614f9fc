/* cli_report - what happened, in words and as JSON: the events of reports and of the ledger.
 *
 * Memory   New references; static texts.
 * Threads  One.
 * Errors   None: an unknown event is named by its number.
 * Replay   Not part of it.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <jansson.h>

#include "market/bb_event.h"
#include "wire/bb_report.h"

#define CLI_EVENT_TEXT 256u

/* cli_event_name returns "TRADED" for BB_EVENT_TRADED. */
const char *cli_event_name(uint8_t kind);

/* cli_event_text writes one line about an order: "traded: order 7, sell 400 Wh of ...". */
void cli_event_text(char text[CLI_EVENT_TEXT], const struct bb_report_record *record);

/* cli_event_json is a record of a report; what its event does not have is left out. */
json_t *cli_event_json(const struct bb_report_record *record);

/* cli_ledger_event_json is an event as the ledger keeps it. */
json_t *cli_ledger_event_json(const struct bb_event *event);

#endif
