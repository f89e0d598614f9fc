/* bb_client - libbusbar: what a participant links to trade.
 *
 * Signs packets, sends them over a UDP socket (IPv4 or IPv6), repeats each until it is
 * answered, and hands out answers and notices.  A repeat is the same bytes, so nothing is
 * ever applied twice.
 *
 * What can be relied on: each packet is answered once, all parts, in order, without gaps,
 * or refused for good once.  A notice comes once or not at all, since nobody repeats it and
 * networks lose packets (they may also double it): the truth is in the ledger, at the
 * height and number that every report names.
 *
 * Units    ns since 1970, UTC; energy and money as in docs/wire.md.  Timeouts in ns.
 * Memory   bb_client_open allocates, and bb_client_send for as long as a packet is under
 *          way; bb_client_close gives everything back and wipes secrets.
 * Threads  One thread a client at a time.
 * Errors   bb_result; errno says more after BB_ERR_IO of bb_client_open.
 * Replay   Not part of it.
 */
#ifndef BB_CLIENT_H
#define BB_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/bb_packet.h"
#include "wire/bb_report.h"
#include "wire/bb_sign.h"

/* Unanswered packets of one client: the oldest stays in the venue's window, whatever is
 * sent behind it. */
#define BB_CLIENT_PENDING (BB_WINDOW / 2)

/* A packet is repeated after the first of these, then after twice that, up to the second. */
#define BB_CLIENT_REPEAT_MIN_NS UINT64_C(20000000)
#define BB_CLIENT_REPEAT_MAX_NS UINT64_C(1000000000)

/* Where the venue is and who it is: what the operator hands out as venue.json. */
struct bb_client_venue {
	char host[64]; /* numeric IPv4 or IPv6 */
	uint16_t udp_port;
	uint8_t key[BB_KEY_SIZE];
	uint8_t ledger_id[32];
};

struct bb_client_answer {
	struct bb_report report;
	struct bb_report_record records[BB_RECORDS_MAX];
};

/* Called for each part of an answer, each notice, refusal and status, in order of arrival.
 * After a refusal with BB_ERR_BUSY or BB_ERR_RATE the packet is still repeated; any other
 * is final.  It may call bb_client_send, but neither poll, wait, resume nor close. */
typedef void bb_client_receive(void *context, const struct bb_client_answer *answer);

/* What happened so far, in packets. */
struct bb_client_counts {
	uint64_t sent;     /* first time */
	uint64_t repeated;
	uint64_t answered; /* wholly */
	uint64_t refused;  /* for good */
	uint64_t deferred; /* BUSY and RATE */
	uint64_t notices;
	uint64_t ignored;  /* not authentic, not ours, out of order, or had before */
};

struct bb_client;

/* bb_client_open starts with sequence 1: a participant that has traded before calls
 * bb_client_resume next.  BB_ERR_FORMAT (host), BB_ERR_KEY (the venue's), BB_ERR_IO. */
enum bb_result bb_client_open(struct bb_client **client, const struct bb_client_venue *venue,
			      uint32_t participant, const struct bb_identity *identity,
			      bb_client_receive *receive, void *context);
void bb_client_close(struct bb_client *client);

/* bb_client_resume asks the venue (a query) for the highest sequence that it has seen of
 * this participant and goes on behind it.  BB_ERR_BUSY at timeout, or what the venue
 * refuses the query with. */
enum bb_result bb_client_resume(struct bb_client *client, uint64_t timeout_ns);

/* bb_client_send signs and sends up to BB_RECORDS_MAX orders in one packet and sets
 * *sequence.  Their ids are the caller's; bb_order_ids.h gives some that do not collide.  It
 * does not wait.  BB_ERR_BUSY if too many are unanswered: the oldest is BB_CLIENT_PENDING
 * sequences behind; BB_ERR_RECORDS for a wrong order_count. */
enum bb_result bb_client_send(struct bb_client *client, const struct bb_wire_order *orders,
			      uint32_t order_count, uint64_t not_after_ns, uint64_t *sequence);

/* bb_client_send_meters is the same for meter readings, by a participant of the meter's role. */
enum bb_result bb_client_send_meters(struct bb_client *client,
				     const struct bb_wire_meter *meters, uint32_t meter_count,
				     uint64_t not_after_ns, uint64_t *sequence);

/* bb_client_poll receives and repeats for at most timeout_ns, returning early when
 * something arrived; returns how many packets are still unanswered. */
uint32_t bb_client_poll(struct bb_client *client, uint64_t timeout_ns);

/* bb_client_wait polls until sequence is answered or refused for good (BB_OK; the receive
 * function has seen which), or BB_ERR_BUSY at timeout.  BB_ERR_NOT_FOUND if it was never
 * sent. */
enum bb_result bb_client_wait(struct bb_client *client, uint64_t sequence,
			      uint64_t timeout_ns);

struct bb_client_counts bb_client_counts(const struct bb_client *client);

#endif
