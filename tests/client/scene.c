#include "tests/client/scene.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/bb_assert.h"

const struct bb_wire_order scene_order = { .order_id = 1,
					    .product = 1u << 24 | 1944000u,
					    .action = BB_WIRE_NEW,
					    .price = 90000,
					    .quantity_wh = 1000 };

void
scene_hear(void *context, const struct bb_client_answer *answer)
{
	struct scene *scene = context;

	BB_ASSERT(scene->heard_count < HEARD_MAX);
	scene->heard[scene->heard_count++] = *answer;
	if (scene->send_again) {
		uint64_t sequence;
		scene->send_again = false;
		CU_ASSERT_EQUAL(bb_client_send(scene->client, &scene_order, 1, 0, &sequence),
				BB_OK);
	}
}

struct bb_client_venue
venue_of(const struct scene *scene)
{
	struct bb_client_venue venue = { .host = "127.0.0.1" };
	struct sockaddr_in bound;
	socklen_t size = sizeof(bound);

	BB_ASSERT(getsockname(scene->fd, (struct sockaddr *)&bound, &size) == 0);
	venue.udp_port = ntohs(bound.sin_port);
	memcpy(venue.key, scene->venue_identity.public_key, BB_KEY_SIZE);
	memcpy(venue.ledger_id, scene->ledger_id, sizeof(venue.ledger_id));
	return venue;
}

void
open_scene(struct scene *scene)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct timeval wait = { .tv_sec = 2 };
	uint8_t seed[BB_KEY_SIZE] = { 1 };

	memset(scene, 0, sizeof(*scene));
	bb_identity_from_seed(&scene->venue_identity, seed);
	seed[0] = 2;
	bb_identity_from_seed(&scene->identity, seed);
	memset(scene->ledger_id, 0xab, sizeof(scene->ledger_id));
	BB_ASSERT(bb_mac_agree(scene->mac_key, &scene->venue_identity,
			       scene->identity.public_key, scene->ledger_id));
	scene->fd = socket(AF_INET, SOCK_DGRAM, 0);
	BB_ASSERT(scene->fd >= 0);
	setsockopt(scene->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	BB_ASSERT(bind(scene->fd, (const struct sockaddr *)&any, sizeof(any)) == 0);
	const struct bb_client_venue venue = venue_of(scene);
	BB_ASSERT(bb_client_open(&scene->client, &venue, PARTICIPANT, &scene->identity, scene_hear,
				 scene) == BB_OK);
}

void
close_scene(struct scene *scene)
{
	bb_client_close(scene->client);
	close(scene->fd);
}

size_t
venue_reads(struct scene *scene, uint8_t bytes[BB_PACKET_SIZE_MAX], struct bb_packet *packet)
{
	socklen_t from_size = sizeof(scene->from);
	const ssize_t size = recvfrom(scene->fd, bytes, BB_PACKET_SIZE_MAX, 0,
				      (struct sockaddr *)&scene->from, &from_size);
	BB_ASSERT(size > 0);
	const size_t signed_size = (size_t)size - BB_MAC_SIZE - BB_SIGNATURE_SIZE;
	CU_ASSERT_EQUAL(bb_packet_decode(bytes, (size_t)size, packet), BB_OK);
	CU_ASSERT_EQUAL(packet->participant, PARTICIPANT);
	CU_ASSERT(bb_mac_check(bytes + size - BB_MAC_SIZE, scene->mac_key, bytes,
			       (size_t)size - BB_MAC_SIZE));
	CU_ASSERT(bb_sign_check(scene->identity.public_key, bytes, signed_size,
				bytes + signed_size));
	return (size_t)size;
}

struct bb_packet
venue_hears(struct scene *scene)
{
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct bb_packet packet;
	venue_reads(scene, bytes, &packet);
	return packet;
}

void
venue_sends(struct scene *scene, const uint8_t *bytes, size_t size)
{
	BB_ASSERT(sendto(scene->fd, bytes, size, 0, (const struct sockaddr *)&scene->from,
			 sizeof(scene->from)) == (ssize_t)size);
}

struct bb_report
report_of(const struct scene *scene, enum bb_report_kind kind, uint64_t sequence)
{
	return (struct bb_report){ .kind = (uint8_t)kind,
				   .record_count = 1,
				   .part = BB_REPORT_LAST_PART,
				   .participant = PARTICIPANT,
				   .venue = bb_packet_venue(scene->ledger_id),
				   .sequence = sequence };
}

void
venue_reports(struct scene *scene, const struct bb_report *report, uint16_t result,
	      uint64_t order_id)
{
	uint8_t bytes[BB_REPORT_SIZE_MAX];
	struct bb_report_record records[BB_RECORDS_MAX] = {
		{ .order_id = order_id, .record = BB_REPORT_WHOLE, .result = result },
	};
	venue_sends(scene, bytes, bb_report_encode(bytes, report, records, scene->mac_key));
}

void
venue_answers(struct scene *scene, uint64_t sequence, uint16_t part)
{
	struct bb_report report = report_of(scene, BB_REPORT_ANSWER, sequence);
	report.part = part;
	venue_reports(scene, &report, BB_OK, part & 0x7fffu);
}

void
venue_refuses(struct scene *scene, uint64_t sequence, enum bb_result result)
{
	const struct bb_report report = report_of(scene, BB_REPORT_REFUSAL, sequence);
	venue_reports(scene, &report, (uint16_t)result, 0);
}

uint64_t
send_one(struct scene *scene)
{
	uint64_t sequence = 0;
	CU_ASSERT_EQUAL(bb_client_send(scene->client, &scene_order, 1, 0, &sequence),
				BB_OK);
	return sequence;
}
