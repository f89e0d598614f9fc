/* bb_reply - what is written to whom about one packet.
 *
 * A released packet and its events come in one after the other, a million of them if one
 * order filled as many; out come letters: the answer to the sender, in parts of 42 records,
 * and notices to the others whom it touched, the records of one receiver put together as far
 * as they fit.  A tick has no sender: it makes notices only.  Who sent orders is told what
 * happened to them, and nothing about those of others.  Whoever gets the letters turns them
 * into bytes with the receiver's MAC key.
 *
 * Units    as in wire/bb_report.h.
 * Memory   The caller owns the struct, 120 KiB: letters that are being filled.
 * Threads  None of its own.
 * Errors   Outcomes out of order: BB_ASSERT.
 * Replay   Pure: the same outcomes give the same letters.
 */
#ifndef BB_REPLY_H
#define BB_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_outcome.h"
#include "wire/bb_report.h"

/* Notices kept open; the owner that comes next closes the oldest one. */
#define BB_REPLY_NOTICES 64u

/* Letters that one call can send: a full part, two closed notices, and at the end of the
 * packet all open ones and the last part. */
#define BB_REPLY_LETTERS (BB_REPLY_NOTICES + 4u)

/* A report without its MAC: to report.participant, and complete. */
struct bb_letter {
	struct bb_report report;
	struct bb_report_record records[BB_RECORDS_MAX];
};

typedef void bb_reply_send(void *context, const struct bb_letter *letter);

struct bb_reply {
	uint32_t venue;
	bb_reply_send *send;
	void *context;
	uint32_t events_left; /* of the packet in hand; 0: there is none */
	bool with_notices;    /* a repeat is answered to its sender alone */
	bool with_answer;     /* a tick has nobody to answer */
	bool own_only;        /* the sender's own events are answered, not all */
	uint32_t notice_count;
	uint32_t notice_oldest;
	uint32_t notice_of[BB_REPLY_NOTICES]; /* participant */
	struct bb_letter notices[BB_REPLY_NOTICES];
	struct bb_letter answer;
};

void bb_reply_init(struct bb_reply *reply, uint32_t venue, bb_reply_send *send,
		   void *context);

/* bb_reply_packet begins with a packet; returns whether that was all, because nothing
 * follows it. */
bool bb_reply_packet(struct bb_reply *reply, const struct bb_packet_outcome *packet);

/* bb_reply_event goes on with the next event of the packet; returns whether it was the
 * last. */
bool bb_reply_event(struct bb_reply *reply, const struct bb_event *event);

/* bb_reply_to_sender returns whether the letter answers the packet in hand (it is no
 * notice), bb_reply_is_last whether it is also the last one about it. */
static inline bool
bb_reply_to_sender(const struct bb_letter *letter)
{
	return letter->report.kind != BB_REPORT_NOTICE;
}

static inline bool
bb_reply_is_last(const struct bb_letter *letter)
{
	return bb_reply_to_sender(letter) && (letter->report.part & BB_REPORT_LAST_PART) != 0;
}

/* bb_reply_refusal fills in a refusal of a packet, also for the gate's own. */
void bb_reply_refusal(struct bb_report *report, struct bb_report_record *record,
		      uint32_t venue, const struct bb_bid *bid, enum bb_result reason,
		      uint64_t time_ns);

#endif
