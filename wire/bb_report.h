/* bb_report - the report packet: what the appliance answers.
 *
 *	 0  4  magic "BBR1"
 *	 4  1  kind: 1 answer, 2 notice, 3 refusal, 4 status
 *	 5  1  records, 0..42
 *	 6  2  part: 0, 1, ... of this answer; bit 15 is set on the last part
 *	 8  4  participant
 *	12  4  venue
 *	16  8  sequence of the packet that is answered; 0 in a notice
 *	24  8  height of the block where it can be checked; 0 in a refusal
 *	32  8  number of the input in the ledger; 0 in a refusal and a status
 *	40  8  time_ns of the input, UTC
 *	48  32 x records
 *	 .. 16 MAC over all before it, same key as the packet's
 *
 * answer   what the sender's own packet did, one record an event, in order.
 * notice   what another's packet did to an order of yours that rested.
 * refusal  the gate did not take the packet (it is in no block): one record, result.
 * status   answer to a query: one record; order_id = highest sequence sequenced,
 *          quantity = live orders.
 *
 * Record, 32 B:
 *
 *	 0  8  order id, the receiver's own
 *	 8  4  product
 *	12  1  event: as enum bb_event_kind of the market, numbers fixed (docs/wire.md);
 *	       bit 7 set: side is sell
 *	13  1  index of the record in the packet that is answered; 255: the whole packet
 *	14  2  result
 *	16  4  price, signed
 *	20  4  quantity, Wh
 *	24  4  remaining, Wh
 *	28  4  counterparty
 *
 * A report of n records (64 + 32 n bytes) is never larger than the packet of n records
 * (112 + 32 n bytes) that earned it.
 *
 * Errors   The first check that fails names the reason: LENGTH, MAGIC, KIND, RECORDS
 *          (more than 42; not exactly one in a refusal or a status), MAC.
 * Memory, threads, replay: as bb_packet.h.
 */
#ifndef BB_REPORT_H
#define BB_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bb_limits.h"
#include "base/bb_result.h"
#include "wire/bb_sign.h"

#define BB_REPORT_HEADER_SIZE 48u
#define BB_REPORT_RECORD_SIZE 32u
#define BB_REPORT_SIZE_MIN    (BB_REPORT_HEADER_SIZE + BB_MAC_SIZE)
#define BB_REPORT_SIZE_MAX    (BB_REPORT_SIZE_MIN + BB_RECORDS_MAX * BB_REPORT_RECORD_SIZE)
#define BB_REPORT_LAST_PART   0x8000u
#define BB_REPORT_WHOLE       255u

enum bb_report_kind {
	BB_REPORT_ANSWER = 1,
	BB_REPORT_NOTICE = 2,
	BB_REPORT_REFUSAL = 3,
	BB_REPORT_STATUS = 4,
};

struct bb_report {
	uint8_t kind;
	uint8_t record_count;
	uint16_t part;
	uint32_t participant;
	uint32_t venue;
	uint64_t sequence;
	uint64_t height;
	uint64_t number;
	uint64_t time_ns;
};

struct bb_report_record {
	uint64_t order_id;
	uint32_t product;
	uint8_t event;
	uint8_t side;
	uint8_t record; /* BB_REPORT_WHOLE: the whole packet */
	uint16_t result;
	int32_t price;
	uint32_t quantity_wh;
	uint32_t remaining_wh;
	uint32_t counterparty;
};

/* bb_report_encode writes report->record_count records and the MAC into bytes, which has
 * room for BB_REPORT_SIZE_MAX; returns the size. */
size_t bb_report_encode(uint8_t *bytes, const struct bb_report *report,
			const struct bb_report_record *records,
			const uint8_t mac_key[BB_MAC_KEY_SIZE]);

/* bb_report_decode reads a whole report and checks its form and, last, its MAC; records
 * has room for BB_RECORDS_MAX. */
enum bb_result bb_report_decode(const uint8_t *bytes, size_t size,
				const uint8_t mac_key[BB_MAC_KEY_SIZE],
				struct bb_report *report,
				struct bb_report_record *records);

#endif
