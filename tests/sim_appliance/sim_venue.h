/* sim_venue - one life of the venue, from its opening to its end, on one thread.
 *
 *	datagrams -> gate -> lane -> matcher -> outcomes -> line -> answers
 *
 * The pure steps of the appliance with small queues in place of rings; whoever simulates
 * calls them one by one, in any order.  All of it is lost in a crash, but for the disk.
 */
#ifndef SIM_VENUE_H
#define SIM_VENUE_H

#include "dataplane/bb_gate.h"
#include "ledger/bb_line.h"
#include "matcher/bb_matcher.h"
#include "tests/sim_appliance/sim_books.h"
#include "tests/sim_appliance/sim_people.h"
#include "tests/sim_appliance/sim_snapshots.h"
#include "tests/sim_appliance/sim_store.h"

#define SIM_PACKETS  256u
#define SIM_LANE     6u
#define SIM_OUTCOMES 1024u

/* With a disk that may be full, less may be on its way: a fourth of a segment must hold it. */
#define SIM_OUTCOMES_SCARCE 320u
#define SIM_CLOSE_SCARCE    8192u

struct sim_packet {
	uint8_t bytes[BB_PACKET_SIZE_MAX];
	struct bb_bid bid;
	bool used;
};

/* The answer that is being put together from a packet and its events. */
struct sim_reply {
	struct sim_answer answer;
	struct sim_packet *packet; /* NULL: none is under way */
	uint32_t events_left;
	struct bb_hasher events;
};

struct sim_venue {
	struct sim_people *people;
	struct sim_truth *truth;
	struct sim_disk *disk;
	struct bb_random *random;
	struct sim_day day;
	struct sim_store store;
	struct sim_snapshots snapshots;
	struct sim_books books;
	struct bb_genesis genesis;
	struct bb_identity signer;
	struct bb_market_size size;

	size_t memory_room;
	uint8_t *memory; /* of market, places, line, gate */
	struct bb_market *market;
	struct bb_places places;
	struct bb_chain chain;
	struct bb_line *line;
	struct bb_roster *roster;
	struct bb_verify verify;
	struct bb_counters counters;
	struct bb_gate gate;
	struct bb_matcher matcher;

	struct bb_mapping segments[SIM_SEGMENTS];
	struct bb_recover recover;
	char text[BB_LEDGER_TEXT];

	struct sim_packet packets[SIM_PACKETS];
	struct sim_packet *lane[SIM_LANE];
	uint32_t lane_count;
	struct bb_outcome outcomes[SIM_OUTCOMES];
	uint32_t outcome_count;
	uint32_t outcome_room;
	struct sim_reply reply;
	bool stopping; /* cleanly: what was taken is written, also where the disk is full */
	bool held;     /* nothing new is taken for want of room */
	bool cramped;  /* it began with less room than what is on its way may need */
};

/* sim_venue_begin makes the genesis, and nothing else yet. */
void sim_venue_begin(struct sim_venue *venue, struct sim_people *people,
		     struct sim_truth *truth, struct sim_disk *disk, struct bb_random *random,
		     uint32_t traders, uint64_t now_ns);

/* sim_venue_market makes an empty market as genesis says, in memory that lasts. */
struct bb_market *sim_venue_market(const struct sim_venue *venue, uint8_t *memory);

/* sim_venue_open opens the ledger as bb_ledger_open does, and holds all that it finds
 * against the truth.  BB_ERR_IO: the power failed meanwhile. */
enum bb_result sim_venue_open(struct sim_venue *venue, uint64_t now_ns);

/* The steps; they return whether they moved anything. */
bool sim_venue_ingest(struct sim_venue *venue, uint64_t now_ns);
bool sim_venue_match(struct sim_venue *venue, uint64_t now_ns);
bool sim_venue_ledger(struct sim_venue *venue, uint64_t now_ns);

/* sim_venue_tick puts a tick into the lane, as the control thread does when one is due. */
void sim_venue_tick(struct sim_venue *venue);

/* sim_venue_due returns whether a tick is due, and none is under way. */
bool sim_venue_due(const struct sim_venue *venue, uint64_t now_ns);

/* sim_venue_quiet returns whether nothing is under way inside. */
bool sim_venue_quiet(const struct sim_venue *venue);

/* sim_venue_close forgets everything but the disk. */
void sim_venue_close(struct sim_venue *venue);

#endif
