#define _GNU_SOURCE /* ppoll */
#include "client/bb_client.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bb_assert.h"

/* An answer of many parts arrives at once: room for some 600 of them. */
#define RECEIVE_BUFFER (1 << 20)

/* Datagrams read by one poll before it looks at the clock again. */
#define RECEIVE_BURST 64u

/* One packet under way.  It stays until all parts of its answer came, in order. */
struct pending {
	uint64_t sequence;
	uint64_t due_ns;     /* when it is repeated; of the monotonic clock */
	uint64_t backoff_ns; /* what its next repeat waits */
	uint8_t *bytes;      /* NULL: the slot is free */
	size_t size;
	uint16_t next_part; /* first part that is still missing */
};

struct bb_client {
	int fd;
	uint32_t participant;
	uint32_t venue;
	uint32_t pending_count;
	uint64_t next_sequence;
	uint64_t oldest; /* no sequence below it is pending */
	uint8_t mac_key[BB_MAC_KEY_SIZE];
	struct bb_identity identity;
	bb_client_receive *receive;
	void *context;
	struct bb_client_counts counts;
	struct pending query; /* of bb_client_resume; one at a time */
	enum bb_result query_result;
	uint64_t query_highest;
	struct pending pending[BB_CLIENT_PENDING]; /* at sequence % BB_CLIENT_PENDING */
};

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;
	const int failed = clock_gettime(clock, &now);
	BB_ASSERT(failed == 0);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static int
connect_udp(const struct bb_client_venue *venue)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_DGRAM,
					.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	char port[8];
	struct addrinfo *found;

	snprintf(port, sizeof(port), "%u", venue->udp_port);
	if (memchr(venue->host, 0, sizeof(venue->host)) == NULL ||
	    getaddrinfo(venue->host, port, &hints, &found) != 0) {
		errno = EINVAL;
		return -1;
	}
	const int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		/* Smaller is no error: what does not fit is lost, and then repeated. */
		const int size = RECEIVE_BUFFER;
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
			const int why = errno;
			close(fd);
			freeaddrinfo(found);
			errno = why == EINVAL ? EADDRNOTAVAIL : why; /* EINVAL: the host */
			return -1;
		}
	}
	freeaddrinfo(found);
	return fd;
}

enum bb_result
bb_client_open(struct bb_client **client, const struct bb_client_venue *venue,
	       uint32_t participant, const struct bb_identity *identity,
	       bb_client_receive *receive, void *context)
{
	*client = NULL;
	struct bb_client *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return BB_ERR_IO;
	if (!bb_mac_agree(made->mac_key, identity, venue->key, venue->ledger_id)) {
		free(made);
		return BB_ERR_KEY;
	}
	made->fd = connect_udp(venue);
	if (made->fd < 0) {
		const enum bb_result result = errno == EINVAL ? BB_ERR_FORMAT : BB_ERR_IO;
		explicit_bzero(made->mac_key, sizeof(made->mac_key));
		free(made);
		return result;
	}
	made->participant = participant;
	made->venue = bb_packet_venue(venue->ledger_id);
	made->next_sequence = 1;
	made->oldest = 1;
	made->identity = *identity;
	made->receive = receive;
	made->context = context;
	*client = made;
	return BB_OK;
}

static void
forget(struct pending *pending)
{
	free(pending->bytes);
	*pending = (struct pending){ 0 };
}

void
bb_client_close(struct bb_client *client)
{
	if (client == NULL)
		return;
	for (uint32_t i = 0; i < BB_CLIENT_PENDING; i++)
		forget(&client->pending[i]);
	forget(&client->query);
	close(client->fd);
	bb_identity_wipe(&client->identity);
	explicit_bzero(client->mac_key, sizeof(client->mac_key));
	free(client);
}

/* A datagram that the kernel does not take now is as good as one lost on the way. */
static void
transmit(struct bb_client *client, struct pending *pending, uint64_t now_ns)
{
	(void)!send(client->fd, pending->bytes, pending->size, MSG_NOSIGNAL);
	pending->due_ns = now_ns + pending->backoff_ns;
}

/* keep takes a copy of a packet as pending and sends it for the first time. */
static bool
keep(struct bb_client *client, struct pending *pending, uint64_t sequence,
     const uint8_t *bytes, size_t size)
{
	BB_ASSERT(pending->bytes == NULL);
	uint8_t *copy = malloc(size);
	if (copy == NULL)
		return false;
	memcpy(copy, bytes, size);
	*pending = (struct pending){ .sequence = sequence,
				     .backoff_ns = BB_CLIENT_REPEAT_MIN_NS,
				     .bytes = copy,
				     .size = size };
	transmit(client, pending, clock_ns(CLOCK_MONOTONIC));
	return true;
}

/* next_header is the header of the next packet, if it may be sent now. */
static enum bb_result
next_header(const struct bb_client *client, uint32_t record_count, uint64_t not_after_ns,
	    struct bb_packet *header)
{
	if (record_count < 1 || record_count > BB_RECORDS_MAX)
		return BB_ERR_RECORDS;
	if (client->next_sequence == UINT64_MAX)
		return BB_ERR_SEQUENCE_OLD;
	/* Not the count alone: a lost packet must still lie in the venue's window. */
	if (client->next_sequence - client->oldest >= BB_CLIENT_PENDING)
		return BB_ERR_BUSY;
	*header = (struct bb_packet){ .participant = client->participant,
				      .venue = client->venue,
				      .sequence = client->next_sequence,
				      .not_after_ns = not_after_ns };
	return BB_OK;
}

static enum bb_result
send_first(struct bb_client *client, const uint8_t *bytes, size_t size, uint64_t *sequence)
{
	const uint64_t next = client->next_sequence;

	if (!keep(client, &client->pending[next % BB_CLIENT_PENDING], next, bytes, size))
		return BB_ERR_IO;
	client->next_sequence++;
	client->pending_count++;
	client->counts.sent++;
	*sequence = next;
	return BB_OK;
}

enum bb_result
bb_client_send(struct bb_client *client, const struct bb_wire_order *orders,
	       uint32_t order_count, uint64_t not_after_ns, uint64_t *sequence)
{
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct bb_packet header;
	const enum bb_result result = next_header(client, order_count, not_after_ns, &header);

	if (result != BB_OK)
		return result;
	return send_first(client, bytes,
			  bb_packet_encode_orders(bytes, &header, orders, order_count,
						  &client->identity, client->mac_key),
			  sequence);
}

enum bb_result
bb_client_send_meters(struct bb_client *client, const struct bb_wire_meter *meters,
		      uint32_t meter_count, uint64_t not_after_ns, uint64_t *sequence)
{
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct bb_packet header;
	const enum bb_result result = next_header(client, meter_count, not_after_ns, &header);

	if (result != BB_OK)
		return result;
	return send_first(client, bytes,
			  bb_packet_encode_meters(bytes, &header, meters, meter_count,
						  &client->identity, client->mac_key),
			  sequence);
}

/* find returns what is pending under sequence, or NULL. */
static struct pending *
find(struct bb_client *client, uint64_t sequence)
{
	struct pending *pending = &client->pending[sequence % BB_CLIENT_PENDING];
	if (pending->bytes == NULL || pending->sequence != sequence)
		return NULL;
	return pending;
}

/* finish forgets what is answered and moves oldest up to what is not. */
static void
finish(struct bb_client *client, struct pending *pending)
{
	if (pending == &client->query) {
		forget(pending);
		return;
	}
	forget(pending);
	BB_ASSERT(client->pending_count > 0);
	client->pending_count--;
	if (client->pending_count == 0)
		client->oldest = client->next_sequence;
	while (client->oldest < client->next_sequence && find(client, client->oldest) == NULL)
		client->oldest++;
}

static bool
take_answer(struct bb_client *client, const struct bb_report *report, uint64_t now_ns)
{
	struct pending *pending = find(client, report->sequence);
	const uint16_t part = report->part & (uint16_t)~BB_REPORT_LAST_PART;

	/* A part that overtook another is dropped: the next repeat brings all again. */
	if (pending == NULL || part != pending->next_part)
		return false;
	if (report->part & BB_REPORT_LAST_PART) {
		client->counts.answered++;
		finish(client, pending);
		return true;
	}
	pending->next_part++;
	pending->backoff_ns = BB_CLIENT_REPEAT_MIN_NS;
	pending->due_ns = now_ns + pending->backoff_ns;
	return true;
}

static bool
take_refusal(struct bb_client *client, const struct bb_client_answer *answer)
{
	const uint64_t sequence = answer->report.sequence;
	struct pending *pending = find(client, sequence);

	if (pending == NULL && client->query.bytes != NULL && client->query.sequence == sequence)
		pending = &client->query;
	if (pending == NULL || answer->report.record_count != 1)
		return false;
	const uint16_t result = answer->records[0].result;
	if (result == BB_ERR_BUSY || result == BB_ERR_RATE) {
		client->counts.deferred++;
		return true;
	}
	client->counts.refused++;
	if (pending == &client->query)
		client->query_result = (enum bb_result)result;
	finish(client, pending);
	return true;
}

static bool
take_status(struct bb_client *client, const struct bb_client_answer *answer)
{
	if (client->query.bytes == NULL || client->query.sequence != answer->report.sequence ||
	    answer->report.record_count != 1)
		return false;
	client->query_highest = answer->records[0].order_id;
	client->query_result = BB_OK;
	finish(client, &client->query);
	return true;
}

/* take judges one datagram and hands it out if it is authentic, ours and new.  What is
 * pending is settled before the receive function runs: it may send. */
static void
take(struct bb_client *client, const uint8_t *bytes, size_t size, uint64_t now_ns)
{
	struct bb_client_answer answer;
	bool wanted = false;

	const bool authentic = bb_report_decode(bytes, size, client->mac_key, &answer.report,
						answer.records) == BB_OK &&
			       answer.report.participant == client->participant &&
			       answer.report.venue == client->venue;
	if (authentic) {
		switch (answer.report.kind) {
		case BB_REPORT_ANSWER:
			wanted = take_answer(client, &answer.report, now_ns);
			break;
		case BB_REPORT_REFUSAL:
			wanted = take_refusal(client, &answer);
			break;
		case BB_REPORT_STATUS:
			wanted = take_status(client, &answer);
			break;
		case BB_REPORT_NOTICE:
			client->counts.notices++;
			wanted = true;
			break;
		default:
			break;
		}
	}
	if (!wanted)
		client->counts.ignored++;
	else if (client->receive != NULL)
		client->receive(client->context, &answer);
}

/* drain reads what has arrived, one burst at most; returns whether anything had. */
static bool
drain(struct bb_client *client, uint64_t now_ns)
{
	uint8_t bytes[BB_REPORT_SIZE_MAX + 1]; /* one more: a longer one shows as too long */
	bool arrived = false;

	for (uint32_t i = 0; i < RECEIVE_BURST; i++) {
		const ssize_t size = recv(client->fd, bytes, sizeof(bytes), 0);
		if (size < 0 && errno == ECONNREFUSED)
			continue; /* nobody listens there just now; reading it clears it */
		if (size < 0)
			break;
		take(client, bytes, (size_t)size, now_ns);
		arrived = true;
	}
	return arrived;
}

static void
repeat(struct bb_client *client, struct pending *pending, uint64_t now_ns)
{
	if (pending->bytes == NULL || pending->due_ns > now_ns)
		return;
	pending->backoff_ns *= 2;
	if (pending->backoff_ns > BB_CLIENT_REPEAT_MAX_NS)
		pending->backoff_ns = BB_CLIENT_REPEAT_MAX_NS;
	transmit(client, pending, now_ns);
	client->counts.repeated++;
}

/* repeat_due repeats what is due and returns when the next one will be, at most end_ns. */
static uint64_t
repeat_due(struct bb_client *client, uint64_t now_ns, uint64_t end_ns)
{
	uint64_t next_ns = end_ns;

	repeat(client, &client->query, now_ns);
	if (client->query.bytes != NULL && client->query.due_ns < next_ns)
		next_ns = client->query.due_ns;
	/* Behind a resume there may be a gap wider than the table: at most one turn of it. */
	for (uint32_t i = 0; i < BB_CLIENT_PENDING && client->pending_count > 0; i++) {
		struct pending *pending = &client->pending[i];
		repeat(client, pending, now_ns);
		if (pending->bytes != NULL && pending->due_ns < next_ns)
			next_ns = pending->due_ns;
	}
	return next_ns;
}

/* When a wait that begins now ends: who waits for ever does not wait until yesterday. */
static uint64_t
end_of(uint64_t now_ns, uint64_t timeout_ns)
{
	return timeout_ns > UINT64_MAX - now_ns ? UINT64_MAX : now_ns + timeout_ns;
}

uint32_t
bb_client_poll(struct bb_client *client, uint64_t timeout_ns)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	const uint64_t end_ns = end_of(now_ns, timeout_ns);

	for (;;) {
		if (drain(client, now_ns))
			break;
		const uint64_t next_ns = repeat_due(client, now_ns, end_ns);
		if (now_ns >= end_ns)
			break;
		const uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
		const struct timespec wait = { .tv_sec = (time_t)(wait_ns / 1000000000u),
					       .tv_nsec = (long)(wait_ns % 1000000000u) };
		struct pollfd waited = { .fd = client->fd, .events = POLLIN };
		if (ppoll(&waited, 1, &wait, NULL) < 0)
			break; /* a signal: the caller may want to know */
		now_ns = clock_ns(CLOCK_MONOTONIC);
	}
	return client->pending_count;
}

enum bb_result
bb_client_wait(struct bb_client *client, uint64_t sequence, uint64_t timeout_ns)
{
	if (sequence == 0 || sequence >= client->next_sequence)
		return BB_ERR_NOT_FOUND;
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	const uint64_t end_ns = end_of(now_ns, timeout_ns);
	while (find(client, sequence) != NULL) {
		if (now_ns >= end_ns)
			return BB_ERR_BUSY;
		bb_client_poll(client, end_ns - now_ns);
		now_ns = clock_ns(CLOCK_MONOTONIC);
	}
	return BB_OK;
}

/* resume_behind goes on behind highest, the greatest sequence that the venue has seen. */
static void
resume_behind(struct bb_client *client, uint64_t highest)
{
	if (highest >= client->next_sequence)
		client->next_sequence = highest == UINT64_MAX ? highest : highest + 1;
	if (client->pending_count == 0)
		client->oldest = client->next_sequence;
}

enum bb_result
bb_client_resume(struct bb_client *client, uint64_t timeout_ns)
{
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	/* Only echoed: any number that tells this query from another will do. */
	const struct bb_packet header = { .participant = client->participant,
					  .venue = client->venue,
					  .sequence = clock_ns(CLOCK_REALTIME) };
	const size_t size =
		bb_packet_encode_query(bytes, &header, &client->identity, client->mac_key);

	if (!keep(client, &client->query, header.sequence, bytes, size))
		return BB_ERR_IO;
	client->query_result = BB_ERR_BUSY;
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	const uint64_t end_ns = end_of(now_ns, timeout_ns);
	while (client->query.bytes != NULL && now_ns < end_ns) {
		bb_client_poll(client, end_ns - now_ns);
		now_ns = clock_ns(CLOCK_MONOTONIC);
	}
	forget(&client->query);
	if (client->query_result == BB_OK)
		resume_behind(client, client->query_highest);
	return client->query_result;
}

struct bb_client_counts
bb_client_counts(const struct bb_client *client)
{
	return client->counts;
}
