/* bb_outputs - where meaning becomes bytes: an event as ledger bytes, as a report
 * record, as a message of the public feed.
 *
 * Event in a block, 56 B, little-endian:
 *
 *	 0 8 number      8 8 order id     16 8 counter order id
 *	24 4 participant 28 4 counterparty 32 4 product   36 4 price
 *	40 4 quantity    44 4 remaining    48 2 record    50 2 result
 *	52 1 kind        53 1 side         54 2 zero
 *
 * counter_remaining is not stored: what rests is a sum of what is.
 *
 * Memory, threads: the caller's.  Replay: pure.
 */
#ifndef BB_OUTPUTS_H
#define BB_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_command.h"
#include "market/bb_event.h"
#include "wire/bb_mold.h"
#include "wire/bb_report.h"

#define BB_EVENT_BYTES 56u

void bb_event_encode(uint8_t bytes[BB_EVENT_BYTES], const struct bb_event *event);

/* bb_event_decode returns false for a kind or side that does not exist or bytes that
 * should be zero; counter_remaining_wh is 0. */
bool bb_event_decode(struct bb_event *event, const uint8_t bytes[BB_EVENT_BYTES]);

/* bb_event_report makes the record for the one who sent the packet. */
void bb_event_report(struct bb_report_record *record, const struct bb_event *event);

/* bb_event_notice makes the record for the owner of a resting order that event touched;
 * returns false if there is none: only TRADED has, and CANCELLED when its owner was revoked
 * (BB_BY_REVOKE).  *participant is that owner.  record->record is BB_REPORT_WHOLE: no
 * packet of the owner's is answered. */
bool bb_event_notice(struct bb_report_record *record, uint32_t *participant,
		     const struct bb_event *event);

/* bb_event_feed makes up to two feed messages and returns how many: none for what the
 * public does not see. */
uint32_t bb_event_feed(struct bb_feed feed[2], const struct bb_event *event, uint64_t time_ns);

/* bb_product_feed makes the message that announces a product.  Its terms are in the command
 * alone: PRODUCT_ADDED, which tells that the command passed, only names it. */
void bb_product_feed(struct bb_feed *feed, const struct bb_product_command *terms);

#endif
