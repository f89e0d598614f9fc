/* bb_client - libbusbar: what a participant links to trade.
 *
 * Signs packets, sends them over a UDP socket (IPv4 or IPv6), repeats each until it is
 * answered, and hands out answers and notices.  A repeat is the same bytes, so nothing is
 * ever applied twice.
 *
 * Units    ns since 1970, UTC; energy and money as in docs/wire.md.
 * Memory   bb_client_open allocates; bb_client_close gives it back and wipes secrets.
 * Threads  One thread a client at a time.
 * Errors   bb_result; bb_client_text says more.
 */
#ifndef BB_CLIENT_H
#define BB_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/bb_packet.h"
#include "wire/bb_report.h"
#include "wire/bb_sign.h"

/* Where the venue is and who it is: what the operator hands out as venue.pub.json. */
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

/* Called for each part of an answer, each notice, refusal and status, in order of arrival. */
typedef void bb_client_receive(void *context, const struct bb_client_answer *answer);

struct bb_client;

enum bb_result bb_client_open(struct bb_client **client, const struct bb_client_venue *venue,
			      uint32_t participant, const struct bb_identity *identity,
			      bb_client_receive *receive, void *context);
void bb_client_close(struct bb_client *client);

/* bb_client_resume asks the venue (a query) for the highest sequence that it has seen of
 * this participant and goes on behind it. */
enum bb_result bb_client_resume(struct bb_client *client, uint64_t timeout_ns);

/* bb_client_send signs and sends up to BB_RECORDS_MAX orders in one packet and sets
 * *sequence.  It does not wait.  BB_ERR_BUSY if too many are unanswered (BB_WINDOW / 2). */
enum bb_result bb_client_send(struct bb_client *client, const struct bb_wire_order *orders,
			      uint32_t order_count, uint64_t not_after_ns, uint64_t *sequence);

/* bb_client_poll receives and repeats for at most timeout_ns, returning early when
 * something arrived; returns how many packets are still unanswered. */
uint32_t bb_client_poll(struct bb_client *client, uint64_t timeout_ns);

/* bb_client_wait polls until sequence is answered (BB_OK), or BB_ERR_BUSY at timeout. */
enum bb_result bb_client_wait(struct bb_client *client, uint64_t sequence,
			      uint64_t timeout_ns);

#endif
