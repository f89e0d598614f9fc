/* bb_outputs - where meaning becomes bytes: an event as ledger bytes, as a report
 * record, as a message of the public feed.
 *
 * Event in a block, 56 B, little-endian:
 *
 *	 0 8 number      8 8 order id     16 8 counter order id
 *	24 4 participant 28 4 counterparty 32 4 product   36 4 price
 *	40 4 quantity    44 4 remaining    48 2 record    50 2 result
 *	52 1 kind        53 1 side         54 1 across    55 1 zero
 *
 * counter_remaining is not stored: what rests is a sum of what is, and a seller's price in an
 * auction stands in the SHARED of its order.
 *
 * Memory, threads: the caller's.  Replay: pure.
 */
#ifndef BB_OUTPUTS_H
#define BB_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_event.h"
#include "wire/bb_mold.h"
#include "wire/bb_report.h"

#define BB_EVENT_BYTES 56u

void bb_event_encode(uint8_t bytes[BB_EVENT_BYTES], const struct bb_event *event);

/* bb_event_decode returns false for a kind or side that does not exist or bytes that
 * should be zero (across in all but TRADED is one); counter_remaining_wh is 0. */
bool bb_event_decode(struct bb_event *event, const uint8_t bytes[BB_EVENT_BYTES]);

/* bb_event_report makes the record for the one who sent the packet. */
void bb_event_report(struct bb_report_record *record, const struct bb_event *event);

/* One record for someone who did not send the packet.  record.record is BB_REPORT_WHOLE: no
 * packet of the receiver's is answered. */
struct bb_notice {
	uint32_t participant; /* who gets it */
	struct bb_report_record record;
};

/* bb_event_notices makes the notices of an event and returns how many, none to two: to
 * everyone whose order, contract, money or standing it touched.  Not to its participant if that
 * is the sender of the packet, who is told by the answer (0: a tick caused it), and not to
 * the technical accounts.
 *
 *	both parties    TRADED, CONTRACTED, POSTED: each as if it were the first one; of POSTED
 *	                the amount that the receiver pays, negative: that it gets
 *	participant     CANCELLED, SHARED, METERED, REPUTED, RULED, MEMBER_SET, RESTRICTED,
 *	                TRANSFERRED, KILLED, ARMED, SHOWN, CARRIED
 *	nobody          all others */
uint32_t bb_event_notices(struct bb_notice notices[2], const struct bb_event *event,
			  uint32_t sender);

/* bb_event_feed makes up to two feed messages and returns how many: none for what the
 * public does not see. */
uint32_t bb_event_feed(struct bb_feed feed[2], const struct bb_event *event, uint64_t time_ns);

#endif
