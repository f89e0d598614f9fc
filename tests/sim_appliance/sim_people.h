/* sim_people - those who trade, those who forge, and the network between them and the venue.
 *
 * A participant signs a packet, sends it again and again until it is answered, and believes
 * what the answers say.  The network loses, doubles, delays and so reorders, both ways, and
 * spoils bytes.  Forgers send what they have seen with other bytes, what they made up in
 * another's name, and, where they hold somebody's MAC key, what only the signature gives away.
 */
#ifndef SIM_PEOPLE_H
#define SIM_PEOPLE_H

#include "ledger/bb_genesis.h"
#include "tests/sim_appliance/sim_day.h"
#include "tests/sim_appliance/sim_truth.h"
#include "wire/bb_packet.h"

#define SIM_LETTERS   4u  /* of one participant, unanswered */
#define SIM_DATAGRAMS 96u /* under way to the venue */
#define SIM_ANSWERS   96u /* under way from it */
#define SIM_OPERATOR  1u
#define SIM_PRODUCTS  2u

struct sim_letter {
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	uint32_t size; /* 0: none */
	uint64_t sequence;
	uint64_t again_ns;
};

struct sim_person {
	struct bb_identity identity;
	uint8_t mac_key[BB_MAC_KEY_SIZE];
	uint64_t sequence;
	uint64_t order_id;
	struct sim_letter letters[SIM_LETTERS];
};

struct sim_datagram {
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	uint32_t size; /* 0: none */
	uint64_t due_ns;
};

struct sim_answer {
	bool under_way;
	uint64_t due_ns;
	uint32_t participant;
	uint64_t sequence;
	uint64_t number;
	uint64_t height;
	struct bb_hash events;
};

struct sim_people {
	struct bb_random *random;
	struct sim_truth *truth;
	struct sim_person of[SIM_MEMBERS]; /* by id */
	const struct sim_day *day;
	uint64_t now_ns; /* when somebody acted last */
	uint32_t traders;
	uint32_t venue;
	uint32_t operations; /* of the operator so far */
	bool calm; /* the network is perfect, and nobody begins anything new */
	struct sim_datagram datagrams[SIM_DATAGRAMS];
	struct sim_answer answers[SIM_ANSWERS];
};

/* sim_people_begin makes everybody's keys; they agree on MAC keys with the venue. */
void sim_people_begin(struct sim_people *people, struct sim_truth *truth,
		      struct bb_random *random, const struct sim_day *day,
		      const struct bb_genesis *genesis, const struct bb_identity *signer,
		      uint32_t traders);

/* sim_people_act lets everybody write, and send again what was not answered in time. */
void sim_people_act(struct sim_people *people, uint64_t now_ns);

/* sim_people_receive gives out a datagram that is due at the venue, or NULL; it is the
 * caller's until the next call. */
const struct sim_datagram *sim_people_receive(struct sim_people *people, uint64_t now_ns);

/* sim_people_answer sends an answer on its way; the venue has promised it now. */
void sim_people_answer(struct sim_people *people, const struct sim_answer *answer,
		       uint64_t now_ns);

/* sim_people_waiting returns how many packets have no answer yet, one of them in *participant
 * and *sequence. */
uint32_t sim_people_waiting(const struct sim_people *people, uint32_t *participant,
			    uint64_t *sequence);

#endif
