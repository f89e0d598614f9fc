/* bb_reach - which zones of a delivery interval energy can come from or go to over its lines,
 * at which fee, and how much of it.
 *
 * A way is a row of lines with room.  The cheapest one counts: the least sum of fees, then the
 * fewest lines, then the line with the lowest number nearest to the other zone, then at the next
 * zone of the way; so there is exactly one.  A fee is paid whichever way energy goes, against the
 * flow too.  What goes against the flow frees room.  Capacities count in whole lots, so that
 * trades do too, but for the odd parts that auctions share out:
 *
 *	room from -> to    capacity - flow
 *	room to -> from    capacity_reverse + flow
 *
 * Lemma.  Energy on cheapest ways to one zone makes no way to it cheaper, since what it frees
 * leads from a zone that is nearer to one that is farther off, and costs a fee besides.  So a
 * way that was found stays the cheapest one until a line of it is full.
 *
 * Source   Bellman, "On a Routing Problem", 1958; the lemma as of successive shortest paths in
 *          Ahuja, Magnanti, Orlin, "Network Flows", chapter 9.
 * Units    Wh; nano-currency per Wh.  Zones by their index in the course.
 * Memory   Values of the caller.
 * Threads  None of its own.
 * Errors   BB_ASSERT only.
 * Replay   Pure.
 */
#ifndef BB_REACH_H
#define BB_REACH_H

#include "market/bb_command.h"
#include "market/bb_course.h"

/* A line between two zones of the course. */
struct bb_span {
	int64_t room_wh[2]; /* from -> to, to -> from; a cut may have left it below zero */
	int32_t fee;
	uint8_t ends[2];
	uint8_t number;
};

struct bb_net {
	struct bb_span spans[BB_VENUE_LINES]; /* by rising number */
	uint32_t span_count;
	uint32_t zone_count;
};

#define BB_REACH_NONE INT64_MAX

/* How one zone is reached from, or reaches, every other. */
struct bb_reach {
	int64_t fee[BB_VENUE_ZONES];    /* BB_REACH_NONE: there is no way */
	uint8_t legs[BB_VENUE_ZONES];   /* lines of the way */
	uint8_t first[BB_VENUE_ZONES];  /* span next to the other zone */
	uint8_t toward[BB_VENUE_ZONES]; /* and the zone behind it */
	uint32_t home;
	enum bb_side side;
};

/* The cheapest way between home and another zone. */
struct bb_way {
	uint64_t lines; /* bits by number */
	int64_t fee;
	int64_t room_wh; /* of its fullest line */
	uint32_t leg_count;
	uint8_t spans[BB_VENUE_ZONES];
	uint8_t directions[BB_VENUE_ZONES]; /* 0: from -> to */
};

/* bb_net_load takes the lines of a course as they are.  bb_net_loosen makes them carry
 * anything, for whoever asks what may ever be reached, whatever flows now. */
void bb_net_load(struct bb_net *net, const struct bb_course *course);
void bb_net_loosen(struct bb_net *net);

/* bb_reach_find finds the ways over which home buys from all others, or sells to them. */
void bb_reach_find(struct bb_reach *reach, const struct bb_net *net, uint32_t home,
		   enum bb_side side);

/* bb_reach_way returns the way to a zone that is reached and is not home. */
struct bb_way bb_reach_way(const struct bb_reach *reach, const struct bb_net *net,
			   uint32_t zone);

/* bb_course_joins returns whether a line leads from a zone of the course to another of them. */
bool bb_course_joins(const struct bb_course *course, uint32_t zone);

/* What energy on a way does to the ways that there are, bits. */
enum bb_net_change {
	BB_NET_FULL = 1,   /* a line of the way has no room left */
	BB_NET_OPENED = 2, /* one that had none against the way has some now */
};

/* bb_net_carry takes quantity_wh, within its room, off the room of a way, and returns bits of
 * bb_net_change.  bb_course_carry writes the same to the course's flows. */
uint32_t bb_net_carry(struct bb_net *net, const struct bb_way *way, uint32_t quantity_wh);
void bb_course_carry(struct bb_course *course, const struct bb_net *net,
		     const struct bb_way *way, uint32_t quantity_wh);

#endif
