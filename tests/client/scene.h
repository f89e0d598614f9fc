/* scene - a venue of one participant that is a socket and a few lines, and its client.
 *
 * What the venue loses, doubles, turns round or forges is chosen test by test.  The functions
 * that begin with venue_ are what it does.
 */
#ifndef SCENE_H
#define SCENE_H

#include <netinet/in.h>

#include "client/bb_client.h"

#define PARTICIPANT 7u
#define MS          UINT64_C(1000000)
#define HEARD_MAX   64u

/* A venue of one participant, its client, and what the client was told. */
struct scene {
	int fd; /* the venue's */
	struct sockaddr_in from; /* where the last packet came from */
	struct bb_identity venue_identity;
	struct bb_identity identity;
	uint8_t ledger_id[32];
	uint8_t mac_key[BB_MAC_KEY_SIZE];
	struct bb_client *client;
	uint32_t heard_count;
	struct bb_client_answer heard[HEARD_MAX];
	bool send_again; /* from within the receive function */
};

extern const struct bb_wire_order scene_order;

void open_scene(struct scene *scene);
void close_scene(struct scene *scene);
struct bb_client_venue venue_of(const struct scene *scene);

/* scene_hear is the client's receive function: it keeps what it is given. */
void scene_hear(void *context, const struct bb_client_answer *answer);

/* send_one sends one order and returns its sequence. */
uint64_t send_one(struct scene *scene);

/* The venue reads one packet, which must be as signed as the participant's; returns its
 * size. */
size_t venue_reads(struct scene *scene, uint8_t bytes[BB_PACKET_SIZE_MAX],
		   struct bb_packet *packet);
struct bb_packet venue_hears(struct scene *scene);
void venue_sends(struct scene *scene, const uint8_t *bytes, size_t size);

struct bb_report report_of(const struct scene *scene, enum bb_report_kind kind,
			   uint64_t sequence);
void venue_reports(struct scene *scene, const struct bb_report *report, uint16_t result,
		   uint64_t order_id);
void venue_answers(struct scene *scene, uint64_t sequence, uint16_t part);
void venue_refuses(struct scene *scene, uint64_t sequence, enum bb_result result);

#endif
