/* bb_control_answer - what the control socket says, as JSON; the form stands in bb_control.h.
 *
 * Memory   Each function returns a new object that the caller owns; NULL without memory.
 * Threads  The control thread.
 * Errors   None of its own.
 * Replay   Not part of it.
 */
#ifndef BB_CONTROL_ANSWER_H
#define BB_CONTROL_ANSWER_H

#include <jansson.h>

#include "matcher/bb_matcher.h"

struct bb_daemon;

/* From what the matching core answered. */
json_t *bb_answer_members(const struct bb_inspect *inspect);
json_t *bb_answer_products(const struct bb_inspect *inspect);
json_t *bb_answer_book(const struct bb_inspect *inspect);
json_t *bb_answer_accounts(const struct bb_inspect *inspect);
json_t *bb_answer_courses(const struct bb_inspect *inspect);
json_t *bb_answer_rules(const struct bb_inspect *inspect);

/* bb_answer_status looks at counters, rings, ports and the durable end of the ledger.
 * market is the matching core's answer, NULL if there was none. */
json_t *bb_answer_status(const struct bb_daemon *daemon, const struct bb_inspect *market);

json_t *bb_answer_venue(const struct bb_daemon *daemon);

/* A number; one that JSON libraries cannot hold becomes the largest that they can. */
json_t *bb_answer_number(uint64_t number);

/* Lower-case hex of at most 32 bytes. */
json_t *bb_answer_hex(const uint8_t *bytes, size_t size);

#endif
