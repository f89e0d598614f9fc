#include "market/bb_reach.h"

#include <string.h>

#include "base/bb_assert.h"

#define NO_ZONE 0xffu

_Static_assert(BB_VENUE_ZONES < NO_ZONE && BB_VENUE_LINES <= 64, "indices and bits fit");

static int64_t
whole_lots(const struct bb_course *course, uint32_t wh)
{
	return (int64_t)(wh - wh % (uint32_t)course->rules.lot_wh);
}

void
bb_net_load(struct bb_net *net, const struct bb_course *course)
{
	uint8_t index_of[256];

	memset(index_of, NO_ZONE, sizeof(index_of));
	for (uint32_t i = 0; i < course->zone_count; i++)
		index_of[course->zones[i].zone] = (uint8_t)i;
	net->span_count = 0;
	net->zone_count = course->zone_count;
	for (uint32_t i = 0; i < BB_VENUE_LINES; i++) {
		const struct bb_course_line *line = &course->lines[i];
		const uint8_t from = index_of[line->from_zone];
		const uint8_t to = index_of[line->to_zone];
		if (!line->known || from == NO_ZONE || to == NO_ZONE)
			continue;
		net->spans[net->span_count++] = (struct bb_span){
			.room_wh = { whole_lots(course, line->capacity_wh) - line->flow_wh,
				     whole_lots(course, line->capacity_reverse_wh) +
					     line->flow_wh },
			.fee = line->fee,
			.ends = { from, to },
			.number = (uint8_t)i,
		};
	}
}

void
bb_net_loosen(struct bb_net *net)
{
	for (uint32_t i = 0; i < net->span_count; i++)
		net->spans[i].room_wh[0] = net->spans[i].room_wh[1] = INT64_MAX;
}

bool
bb_course_joins(const struct bb_course *course, uint32_t zone)
{
	struct bb_net net;

	bb_net_load(&net, course);
	for (uint32_t i = 0; i < net.span_count; i++)
		if (net.spans[i].ends[0] == zone || net.spans[i].ends[1] == zone)
			return true;
	return false;
}

/* Which way energy goes over a span whose end lies on the other zone's side of the way. */
static uint32_t
direction_of(enum bb_side side, uint32_t end)
{
	return side == BB_BUY ? end : 1 - end;
}

/* What a way from an end of span costs, if it begins with the span; false if it cannot. */
static bool
cost_over(const struct bb_reach *reach, const struct bb_span *span, uint32_t end, int64_t *fee,
	  uint8_t *legs)
{
	const uint32_t next = span->ends[1 - end];

	if (reach->fee[next] == BB_REACH_NONE ||
	    span->room_wh[direction_of(reach->side, end)] <= 0)
		return false;
	*fee = reach->fee[next] + span->fee;
	*legs = (uint8_t)(reach->legs[next] + 1);
	return true;
}

/* Shortens the ways that one span shortens. */
static bool
relax(struct bb_reach *reach, const struct bb_span *span)
{
	bool shorter = false;

	for (uint32_t end = 0; end < 2; end++) {
		const uint32_t zone = span->ends[end];
		int64_t fee;
		uint8_t legs;
		if (!cost_over(reach, span, end, &fee, &legs) || fee > reach->fee[zone] ||
		    (fee == reach->fee[zone] && legs >= reach->legs[zone]))
			continue;
		reach->fee[zone] = fee;
		reach->legs[zone] = legs;
		shorter = true;
	}
	return shorter;
}

/* Of all spans with which a cheapest way begins, the first. */
static void
point(struct bb_reach *reach, const struct bb_net *net, uint32_t zone)
{
	for (uint32_t i = 0; i < net->span_count; i++) {
		const struct bb_span *span = &net->spans[i];
		const uint32_t end = span->ends[1] == zone;
		int64_t fee;
		uint8_t legs;
		if (span->ends[end] != zone || !cost_over(reach, span, end, &fee, &legs) ||
		    fee != reach->fee[zone] || legs != reach->legs[zone])
			continue;
		reach->first[zone] = (uint8_t)i;
		reach->toward[zone] = span->ends[1 - end];
		return;
	}
	BB_ASSERT(false);
}

void
bb_reach_find(struct bb_reach *reach, const struct bb_net *net, uint32_t home,
	      enum bb_side side)
{
	bool shorter = true;

	*reach = (struct bb_reach){ .home = home, .side = side };
	for (uint32_t zone = 0; zone < BB_VENUE_ZONES; zone++)
		reach->fee[zone] = zone == home ? 0 : BB_REACH_NONE;
	while (shorter) {
		shorter = false;
		for (uint32_t i = 0; i < net->span_count; i++)
			shorter |= relax(reach, &net->spans[i]);
	}
	for (uint32_t zone = 0; zone < net->zone_count; zone++)
		if (zone != home && reach->fee[zone] != BB_REACH_NONE)
			point(reach, net, zone);
}

struct bb_way
bb_reach_way(const struct bb_reach *reach, const struct bb_net *net, uint32_t zone)
{
	struct bb_way way = { .fee = reach->fee[zone], .room_wh = INT64_MAX };

	BB_ASSERT(zone != reach->home && reach->fee[zone] != BB_REACH_NONE);
	while (zone != reach->home) {
		const struct bb_span *span = &net->spans[reach->first[zone]];
		const uint32_t end = span->ends[1] == zone;
		const uint32_t direction = direction_of(reach->side, end);
		const int64_t room_wh = span->room_wh[direction];
		way.lines |= UINT64_C(1) << span->number;
		way.room_wh = room_wh < way.room_wh ? room_wh : way.room_wh;
		way.spans[way.leg_count] = reach->first[zone];
		way.directions[way.leg_count++] = (uint8_t)direction;
		zone = reach->toward[zone];
	}
	BB_ASSERT(way.room_wh > 0);
	return way;
}

uint32_t
bb_net_carry(struct bb_net *net, const struct bb_way *way, uint32_t quantity_wh)
{
	uint32_t change = 0;

	for (uint32_t i = 0; i < way->leg_count; i++) {
		struct bb_span *span = &net->spans[way->spans[i]];
		const uint32_t direction = way->directions[i];
		const bool closed = span->room_wh[1 - direction] <= 0;
		span->room_wh[direction] -= quantity_wh;
		span->room_wh[1 - direction] += quantity_wh;
		if (span->room_wh[direction] <= 0)
			change |= BB_NET_FULL;
		if (closed && span->room_wh[1 - direction] > 0)
			change |= BB_NET_OPENED;
	}
	return change;
}

void
bb_course_carry(struct bb_course *course, const struct bb_net *net, const struct bb_way *way,
		uint32_t quantity_wh)
{
	for (uint32_t i = 0; i < way->leg_count; i++)
		course->lines[net->spans[way->spans[i]].number].flow_wh +=
			way->directions[i] == 0 ? (int64_t)quantity_wh : -(int64_t)quantity_wh;
}
