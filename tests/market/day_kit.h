/* day_kit - a small venue with a calendar, and the commands of everybody in it.
 *
 * Participants: 1 operator; 2..9 traders, in zone 1 if even, else in zone 2; 10 grid company;
 * 11 and 12 meters.  Zones 1 and 2, prices -100,000..300,000 in ticks of 1,000, lots of 10 Wh,
 * no auction before the one at closure, and the defaults of bb_rules.h.
 *
 * Time is that of the day's own quarter: day_at(day, seconds) is so many seconds after the
 * start of its delivery, most often negative.  Every command is checked: money, energy and
 * pools add up after it (bb_market_check).
 */
#ifndef DAY_KIT_H
#define DAY_KIT_H

#include "market/bb_course.h"
#include "market/bb_market.h"

#define DAY_QUARTER  UINT32_C(1970000)
#define DAY_GRID     10u
#define DAY_METER    11u
#define DAY_METER_2  12u
#define DAY_EVENTS   4096u

struct day {
	struct bb_market *market;
	void *memory;
	uint64_t number;
	uint64_t time_ns;
	uint32_t room; /* of slices; 0: bb_market_apply */
	uint32_t quarter; /* of the products below */
	struct bb_event events[DAY_EVENTS]; /* since the last day_clear */
	uint32_t count;
};

void day_start(struct day *day);
void day_stop(struct day *day);

/* day_open starts a venue with a standing line of that capacity and a fee of 5,000, and brings
 * it to the time when orders rest until the auction; day_enter_example_4 enters the orders of
 * the example: S1 2, B1 4 in zone 1; S2 3, B2 5, B3 7 in zone 2. */
void day_open(struct day *day, uint32_t capacity_wh);
void day_enter_example_4(struct day *day);

/* day_meter_example_5 sends the readings of the traders in example 5, when it is time for them. */
void day_meter_example_5(struct day *day);

/* day_open_with_band starts a venue whose zone 1 has had an auction price of 70,000, so that its
 * dynamic band is 20,000..120,000; trading goes on, and nothing rests. */
void day_open_with_band(struct day *day);

/* day_at moves the time on, and ticks as often as something is due. */
void day_at(struct day *day, int64_t seconds);
void day_clear(struct day *day);

/* day_apply applies a command and returns the result of its refusal, or BB_OK. */
enum bb_result day_apply(struct day *day, const struct bb_command *command);

uint32_t day_product(const struct day *day, uint8_t zone);
enum bb_course_state day_state(const struct day *day);

enum bb_result day_param(struct day *day, enum bb_param_group group, uint32_t place,
			 int32_t value);
enum bb_result day_order(struct day *day, uint32_t participant, uint64_t id, uint8_t zone,
			 enum bb_side side, int32_t price, uint32_t quantity_wh);
enum bb_result day_line(struct day *day, uint8_t line, uint32_t quarters, uint32_t capacity_wh,
			int32_t fee);
/* day_tariff sets what a zone's contracts pay, in so many quarters from the day's own; 0: all. */
enum bb_result day_tariff(struct day *day, uint8_t zone, uint32_t quarters, int32_t injection,
			  int32_t use);
enum bb_result day_meter(struct day *day, uint32_t participant, uint8_t zone,
			 int64_t injected_wh, bool correction);
enum bb_result day_transfer(struct day *day, uint32_t account, int64_t amount);
enum bb_result day_set(struct day *day, const struct bb_attributes_command *set);
enum bb_result day_ask(struct day *day, uint32_t participant, enum bb_command_kind kind,
		       uint8_t zone);

/* How many events of a kind there are since day_clear; day_event returns the index-th. */
uint32_t day_count(const struct day *day, enum bb_event_kind kind);
const struct bb_event *day_event(const struct day *day, enum bb_event_kind kind, uint32_t index);

int64_t day_money(const struct day *day, uint32_t account);
uint64_t day_locked(const struct day *day, uint32_t participant);
uint32_t day_reputation(const struct day *day, uint32_t participant);

#endif
