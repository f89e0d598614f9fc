/* test_across - orders of one zone trade with those of others over lines: who with whom, at which
 * price and fee, how much, and what is left of the lines. */
#include <string.h>

#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/across_kit.h"

static struct across across;

/* Lines before the interval opens, orders that then rest, what comes, and what happens. */
struct scene {
	const char *lines;
	const char *before;
	const char *script;
	const char *answer;
	const char *books[4]; /* of zones 1 to 4; NULL: not looked at */
	int64_t flows[3];     /* of lines 0 to 2 */
};

static void
expect(const char *got, const char *wanted, const struct scene *scene)
{
	if (strcmp(got, wanted) != 0)
		printf("\n  %s | %s | %s\n    got    %s\n    wanted %s\n", scene->lines,
		       scene->before, scene->script, got, wanted);
	CU_ASSERT_STRING_EQUAL(got, wanted);
}

static void
play(const struct scene *scenes)
{
	for (const struct scene *scene = scenes; scene->lines != NULL; scene++) {
		across_open(&across, scene->lines);
		across_say(&across, scene->before);
		expect(across_say(&across, scene->script), scene->answer, scene);
		for (uint8_t i = 0; i < 4; i++)
			if (scene->books[i] != NULL)
				expect(across_book(&across, i + 1), scene->books[i], scene);
		for (uint8_t i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(across_flow(&across, i), scene->flows[i]);
		across_stop(&across);
	}
}

#define PAIR "line 0 1 2 100 80 5"
#define ROW  "line 0 1 2 100 100 5; line 1 2 3 100 100 7"

static void
test_an_order_pays_the_resting_price_and_the_fee(void)
{
	static const struct scene scenes[] = {
		{ PAIR, "2 new 1 1 S 60 40", "3 new 1 2 B 70 30",
		  "3/1 took 30 at 60 of 2/1 in 1; 3/1 paid 5 x30 over 0; 3/1 B 70 x30 rests 0",
		  { "S 60 x10", "" }, { 30 } },
		/* A seller too pays the fee itself: the buyer gives what it bid, and no more. */
		{ PAIR, "3 new 1 2 B 70 40", "2 new 1 1 S 60 30",
		  "2/1 took 30 at 70 of 3/1 in 2; 2/1 paid 5 x30 over 0; 2/1 S 60 x30 rests 0",
		  { "", "B 70 x10" }, { 30 } },
		{ PAIR, "2 new 1 2 S 60 40", "3 new 1 1 B 65 30",
		  "3/1 took 30 at 60 of 2/1 in 2; 3/1 paid 5 x30 over 0; 3/1 B 65 x30 rests 0",
		  { "", "S 60 x10" }, { -30 } },
		{ ROW, "2 new 1 1 S 60 40", "3 new 1 3 B 72 30",
		  "3/1 took 30 at 60 of 2/1 in 1; 3/1 paid 12 x30 over 0,1; 3/1 B 72 x30 rests 0",
		  { "S 60 x10", "", "" }, { 30, 30 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_the_landed_price_never_passes_the_limit(void)
{
	static const struct scene scenes[] = {
		{ PAIR, "2 new 1 1 S 60 40", "3 new 1 2 B 65 10; 4 new 1 2 B 64 10",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 5 x10 over 0; 3/1 B 65 x10 rests 0; "
		  "4/1 B 64 x10 rests 10",
		  { "S 60 x30", "B 64 x10" }, { 10 } },
		{ PAIR, "2 new 1 2 B 60 40", "3 new 1 1 S 55 10; 4 new 1 1 S 56 10",
		  "3/1 took 10 at 60 of 2/1 in 2; 3/1 paid 5 x10 over 0; 3/1 S 55 x10 rests 0; "
		  "4/1 S 56 x10 rests 10",
		  { "S 56 x10", "B 60 x30" }, { 10 } },
		/* Not the last price alone: each. */
		{ PAIR, "2 new 1 1 S 60 10; 2 new 2 1 S 61 10", "3 new 1 2 B 65 20",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 5 x10 over 0; 3/1 B 65 x20 rests 10",
		  { "S 61 x10", "B 65 x10" }, { 10 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_the_best_landed_price_goes_first(void)
{
	static const struct scene scenes[] = {
		{ PAIR, "2 new 1 1 S 60 10; 4 new 1 2 S 64 10; 2 new 2 1 S 61 10",
		  "3 new 1 2 B 70 30",
		  "3/1 took 10 at 64 of 4/1; 3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 5 x10 over 0; "
		  "3/1 took 10 at 61 of 2/2 in 1; 3/1 paid 5 x10 over 0; 3/1 B 70 x30 rests 0",
		  { "", "" }, { 20 } },
		/* Landed the same: the own zone, then the lower fee, then the lower zone. */
		{ "line 0 1 2 100 100 5; line 1 3 2 100 100 4; line 2 4 2 100 100 5",
		  "2 new 1 1 S 60 10; 4 new 1 4 S 60 10; 5 new 1 3 S 61 10; 6 new 1 2 S 65 10",
		  "3 new 1 2 B 65 40",
		  "3/1 took 10 at 65 of 6/1; 3/1 took 10 at 61 of 5/1 in 3; 3/1 paid 4 x10 over 1; "
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 5 x10 over 0; "
		  "3/1 took 10 at 60 of 4/1 in 4; 3/1 paid 5 x10 over 2; 3/1 B 65 x40 rests 0",
		  { "", "", "", "" }, { 10, 10, 10 } },
		/* In a zone the older order. */
		{ PAIR, "2 new 1 1 S 60 10; 4 new 1 1 S 60 10", "3 new 1 2 B 65 15",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 5 x10 over 0; "
		  "3/1 took 5 at 60 of 4/1 in 1; 3/1 paid 5 x5 over 0; 3/1 B 65 x15 rests 0",
		  { "S 60 x5", "" }, { 15 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_a_way_costs_least_then_is_short_then_has_low_numbers(void)
{
	static const struct scene scenes[] = {
		/* Two lines for 4 are better than one for 5. */
		{ "line 0 1 2 100 100 5; line 1 1 3 100 100 2; line 2 3 2 100 100 2",
		  "2 new 1 1 S 60 10", "3 new 1 2 B 70 10",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 4 x10 over 1,2; 3/1 B 70 x10 rests 0",
		  { "" }, { 0, 10, 10 } },
		{ "line 0 1 3 100 100 2; line 1 3 2 100 100 2; line 2 1 2 100 100 4",
		  "2 new 1 1 S 60 10", "3 new 1 2 B 70 10",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 4 x10 over 2; 3/1 B 70 x10 rests 0",
		  { "" }, { 0, 0, 10 } },
		{ "line 0 2 1 100 100 4; line 1 1 2 100 100 4", "2 new 1 1 S 60 10",
		  "3 new 1 2 B 70 10",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 4 x10 over 0; 3/1 B 70 x10 rests 0",
		  { "" }, { -10, 0 } },
		/* When it is full, the next one, as long as the limit allows. */
		{ "line 0 1 2 7 100 4; line 1 1 2 100 100 6", "2 new 1 1 S 60 20",
		  "3 new 1 2 B 66 10; 4 new 1 2 B 65 5",
		  "3/1 took 7 at 60 of 2/1 in 1; 3/1 paid 4 x7 over 0; "
		  "3/1 took 3 at 60 of 2/1 in 1; 3/1 paid 6 x3 over 1; 3/1 B 66 x10 rests 0; "
		  "4/1 B 65 x5 rests 5",
		  { "S 60 x10", "B 65 x5" }, { 7, 3 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_no_more_is_carried_than_there_is_room_for(void)
{
	static const struct scene scenes[] = {
		{ "line 0 1 2 30 0 5", "2 new 1 1 S 60 40", "3 fok 1 2 B 70 30",
		  "3/1 took 30 at 60 of 2/1 in 1; 3/1 paid 5 x30 over 0; 3/1 B 70 x30 rests 0",
		  { "S 60 x10", "" }, { 30 } },
		{ "line 0 1 2 29 0 5", "2 new 1 1 S 60 40", "3 fok 1 2 B 70 30",
		  "3/1 refused ERR_UNFILLED", { "S 60 x40", "" }, { 0 } },
		{ "line 0 1 2 29 0 5", "2 new 1 1 S 60 40", "3 new 1 2 B 70 30",
		  "3/1 took 29 at 60 of 2/1 in 1; 3/1 paid 5 x29 over 0; 3/1 B 70 x30 rests 1",
		  { "S 60 x11", "B 70 x1" }, { 29 } },
		{ "line 0 1 2 29 0 5", "2 new 1 1 S 60 40", "3 ioc 1 2 B 70 30",
		  "3/1 took 29 at 60 of 2/1 in 1; 3/1 paid 5 x29 over 0; 3/1 B 70 x30 rests 0; "
		  "3/1 gone 1 BY_IOC", { "S 60 x11", "" }, { 29 } },
		/* The other way it has none. */
		{ "line 0 1 2 29 0 5", "2 new 1 2 S 60 40", "3 new 1 1 B 70 30",
		  "3/1 B 70 x30 rests 30", { "B 70 x30", "S 60 x40" }, { 0 } },
		/* Of a row of lines the fullest counts. */
		{ "line 0 1 2 9 0 5; line 1 2 3 50 0 7", "2 new 1 1 S 60 40", "3 new 1 3 B 90 30",
		  "3/1 took 9 at 60 of 2/1 in 1; 3/1 paid 12 x9 over 0,1; 3/1 B 90 x30 rests 21",
		  { "S 60 x31", "", "B 90 x21" }, { 9, 9 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_zones_that_share_a_line_share_its_room(void)
{
	static const struct scene scenes[] = {
		{ "line 0 1 2 20 0 5; line 1 2 3 30 0 7", "2 new 1 1 S 60 20; 4 new 1 2 S 60 20",
		  "3 fok 1 3 B 90 31; 3 aon 2 3 B 90 30",
		  "3/1 refused ERR_UNFILLED; 3/2 took 20 at 60 of 4/1 in 2; 3/2 paid 7 x20 over 1; "
		  "3/2 took 10 at 60 of 2/1 in 1; 3/2 paid 12 x10 over 0,1; 3/2 B 90 x30 rests 0",
		  { "S 60 x10", "", "" }, { 10, 30 } },
		/* Beyond the limit of the landed price nothing counts. */
		{ "line 0 1 2 20 0 5; line 1 2 3 30 0 7", "2 new 1 1 S 60 20; 4 new 1 2 S 60 20",
		  "3 fok 1 3 B 71 21; 3 fok 2 3 B 71 20",
		  "3/1 refused ERR_UNFILLED; 3/2 took 20 at 60 of 4/1 in 2; 3/2 paid 7 x20 over 1; "
		  "3/2 B 71 x20 rests 0",
		  { "S 60 x20", "", "" }, { 0, 20 } },
		{ NULL },
	};
	play(scenes);
}

/* Hidden energy is not counted, but it is traded before what is dearer, and takes room on lines
 * that others would need: here it pushes one who is nearer onto a way beyond the limit. */
static void
test_what_icebergs_hide_neither_fills_nor_breaks_an_order(void)
{
	static const char net[] =
		"line 0 1 2 2 0 0; line 1 2 3 9 9 5; line 2 3 4 2 0 0; line 3 2 4 9 9 6";
	static const struct scene scenes[] = {
		{ net, "2 new 1 1 S 4 1; 4 new 1 1 S 6 1; 5 new 1 3 S 10 1", "6 fok 1 4 B 12 3",
		  "6/1 took 1 at 4 of 2/1 in 1; 6/1 paid 5 x1 over 0,1,2; "
		  "6/1 took 1 at 10 of 5/1 in 3; 6/1 paid 0 x1 over 2; "
		  "6/1 took 1 at 6 of 4/1 in 1; 6/1 paid 6 x1 over 0,3; 6/1 B 12 x3 rests 0",
		  { "", "", "", "" }, { 2, 1, 2 } },
		{ net, "2 iceberg 1 1 S 4 2 1; 4 new 1 1 S 6 1; 5 new 1 3 S 10 1",
		  "6 fok 1 4 B 12 3", "6/1 refused ERR_UNFILLED",
		  { "S 4 x1 6 x1", "", "S 10 x1", "" }, { 0 } },
		{ PAIR, "2 iceberg 1 1 S 60 40 10", "3 fok 1 2 B 70 11; 3 new 2 2 B 70 11",
		  "3/1 refused ERR_UNFILLED; 3/2 took 10 at 60 of 2/1 in 1; 3/2 paid 5 x10 over 0; "
		  "2/1 shows 10 of 30; 3/2 took 1 at 60 of 2/1 in 1; 3/2 paid 5 x1 over 0; "
		  "3/2 B 70 x11 rests 0", { "S 60 x9", "" }, { 11 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_against_the_flow_there_is_more_room(void)
{
	static const struct scene scenes[] = {
		{ "line 0 1 2 30 0 5", "2 new 1 1 S 60 30; 3 new 1 2 B 70 30; 4 new 1 2 S 50 40",
		  "5 new 1 1 B 60 40",
		  "5/1 took 30 at 50 of 4/1 in 2; 5/1 paid 5 x30 over 0; 5/1 B 60 x40 rests 10",
		  { "B 60 x10", "S 50 x10" }, { 0 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_other_types_go_the_same_way(void)
{
	static const struct scene scenes[] = {
		/* The limit is the best price of its own zone; cheaper ones elsewhere go first. */
		{ PAIR, "2 new 1 1 S 60 10; 4 new 1 2 S 70 10", "3 market 1 2 B 0 15",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 5 x10 over 0; 3/1 took 5 at 70 of 4/1; "
		  "3/1 B 70 x15 rests 0", { "", "S 70 x5" }, { 10 } },
		{ PAIR, "2 new 1 1 S 60 10", "3 market 1 2 B 0 15", "3/1 refused ERR_UNFILLED",
		  { "S 60 x10", "" }, { 0 } },
		{ PAIR, "2 new 1 1 S 60 10", "3 iceberg 1 2 B 65 30 10",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 5 x10 over 0; 3/1 B 65 x30 rests 20",
		  { "", "B 65 x10" }, { 10 } },
		{ PAIR, "2 new 1 1 S 60 10; 3 new 1 2 B 50 30", "3 replace 1 65 20",
		  "3/1 took 10 at 60 of 2/1 in 1; 3/1 paid 5 x10 over 0; 3/1 B 65 x20 rests 10",
		  { "", "B 65 x10" }, { 10 } },
		{ NULL },
	};
	play(scenes);
}

/* By price and fees alone: what room there is decides nothing. */
static void
test_nobody_trades_with_itself_over_lines(void)
{
	static const struct scene scenes[] = {
		{ PAIR, "2 new 1 1 S 60 10", "2 new 2 2 B 65 10; 2 new 3 2 B 64 10",
		  "2/2 refused ERR_SELF_TRADE; 2/3 B 64 x10 rests 10",
		  { "S 60 x10", "B 64 x10" }, { 0 } },
		{ "line 0 1 2 0 0 5", "2 new 1 1 S 60 10",
		  "2 new 2 2 B 65 10; 2 new 2 2 B 64 10; 2 replace 2 65 10",
		  "2/2 refused ERR_SELF_TRADE; 2/2 B 64 x10 rests 10; 2/2 refused ERR_SELF_TRADE",
		  { "S 60 x10", "B 64 x10" }, { 0 } },
		{ ROW, "2 new 1 3 B 72 10", "2 new 2 1 S 60 10; 2 new 3 4 S 0 10",
		  "2/2 refused ERR_SELF_TRADE; 2/3 S 0 x10 rests 10",
		  { "", "", "B 72 x10", "S 0 x10" }, { 0 } },
		/* Even if others stand before the own one. */
		{ PAIR, "2 new 1 1 S 60 10; 3 new 1 2 S 55 50", "2 new 2 2 B 65 10",
		  "2/2 refused ERR_SELF_TRADE", { "S 60 x10", "S 55 x50" }, { 0 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_more_room_lets_those_trade_who_meet_then(void)
{
	static const struct scene scenes[] = {
		/* A gain of 10: each gets half, and the buyer pays the fee. */
		{ "line 0 1 2 0 0 5", "2 new 1 1 S 60 40; 3 new 1 2 B 75 30", "line 0 1 2 50 0 5",
		  "2/1 shared 30 at 65; 3/1 shared 30 at 70; 3/1 paid 5 x30 over 0",
		  { "S 60 x10", "" }, { 30 } },
		/* An odd gain: the seller's half is rounded down.  No gain is enough. */
		{ "line 0 1 2 0 0 5", "2 new 1 1 S 60 40; 3 new 1 2 B 66 10; 4 new 1 2 B 65 10; "
		  "5 new 1 2 B 64 10", "line 0 1 2 50 0 5",
		  "2/1 shared 10 at 60; 3/1 shared 10 at 65; 3/1 paid 5 x10 over 0; "
		  "2/1 shared 10 at 60; 4/1 shared 10 at 65; 4/1 paid 5 x10 over 0",
		  { "S 60 x20", "B 64 x10" }, { 20 } },
		/* The largest gain first, as far as there is room. */
		{ "line 0 1 2 0 0 5; line 1 3 2 0 0 5; line 2 2 4 0 0 0",
		  "2 new 1 1 S 60 10; 4 new 1 3 S 50 10; 3 new 1 2 B 70 15",
		  "line 0 1 2 50 0 5; line 1 3 2 7 0 5",
		  "2/1 shared 10 at 62; 3/1 shared 10 at 67; 3/1 paid 5 x10 over 0; "
		  "4/1 shared 5 at 57; 3/1 shared 5 at 62; 3/1 paid 5 x5 over 1",
		  { "", "", "S 50 x5" }, { 10, 5 } },
		/* Icebergs with all that they have. */
		{ "line 0 1 2 0 0 5", "2 iceberg 1 1 S 60 40 10; 3 iceberg 1 2 B 75 30 15",
		  "line 0 1 2 50 0 5",
		  "2/1 shared 30 at 65; 2/1 shows 10 of 10; 3/1 shared 30 at 70; "
		  "3/1 paid 5 x30 over 0", { "S 60 x10", "" }, { 30 } },
		{ "line 0 1 2 0 0 5", "2 new 1 1 S 60 40; 3 new 1 2 B 75 30", "line 0 1 2 20 0 5",
		  "2/1 shared 20 at 65; 3/1 shared 20 at 70; 3/1 paid 5 x20 over 0",
		  { "S 60 x20", "B 75 x10" }, { 20 } },
		/* Less is no reason to trade, and takes nothing back. */
		{ "line 0 1 2 20 0 5", "2 new 1 1 S 60 40; 3 new 1 2 B 75 30; line 0 1 2 5 0 5",
		  "line 0 1 2 15 0 5; line 0 1 2 21 0 5",
		  "2/1 shared 1 at 65; 3/1 shared 1 at 70; 3/1 paid 5 x1 over 0",
		  { "S 60 x19", "B 75 x9" }, { 21 } },
		{ NULL },
	};
	play(scenes);
}

static void
test_where_nothing_trades_nothing_trades_over_lines(void)
{
	static const struct scene scenes[] = {
		/* Halted, a line gets no more than it had. */
		{ "line 0 1 2 0 0 5", "2 new 1 1 S 60 40; 3 new 1 2 B 75 30; halt",
		  "line 0 1 2 50 0 5; line 0 1 2 0 0 5; resume; line 0 1 2 50 0 5",
		  "10/0 refused ERR_HALTED; 2/1 shared 30 at 65; 3/1 shared 30 at 70; "
		  "3/1 paid 5 x30 over 0", { "S 60 x10", "" }, { 30 } },
		/* Before an auction orders rest; then it finds what is left of the lines. */
		{ "line 0 1 2 30 0 5", "2 new 1 1 S 60 40; 3 new 1 2 B 70 20; at -500",
		  "3 new 2 2 B 71 30; 4 fok 1 2 B 90 1; line 0 1 2 32 0 5; at -300",
		  "3/2 B 71 x30 rests 30; 4/1 refused ERR_UNFILLED; 2/1 shared 12 at 60; "
		  "3/2 shared 12 at 71; 2/1 gone 8 BY_CLOSURE; 3/2 gone 18 BY_CLOSURE",
		  { "", "" }, { 32 } },
		{ NULL },
	};
	play(scenes);
}

/* Money, energy and what is locked: the buyer pays price and fee, and both are covered. */
static void
test_the_fee_goes_to_the_grid_company_and_is_covered(void)
{
	struct day *day = &across.days[0];
	uint64_t margin;

	across_open(&across, PAIR);
	across_say(&across, "2 new 1 1 S 60 40");
	margin = day_locked(day, 2) / 40;
	across_say(&across, "3 new 1 2 B 70 30");
	CU_ASSERT_EQUAL(day_locked(day, 3), 30 * (65 + margin));
	CU_ASSERT_EQUAL(day_locked(day, 2), 40 * margin);
	across_say(&across, "5 new 1 1 B 50 10; 4 new 1 2 S 40 10");
	CU_ASSERT_EQUAL(day_locked(day, 4), 10 * margin);
	across_say(&across, "at 900");
	for (uint32_t id = 2; id <= 5; id++) {
		static const int64_t injected[] = { 30, -30, 10, -10 };
		for (uint32_t i = 0; i < 2; i++) {
			across.days[i].quarter = DAY_QUARTER;
			day_meter(&across.days[i], id, id == 2 || id == 5 ? 1 : 2,
				  injected[id - 2], false);
		}
	}
	across_say(&across, "at 4500");
	CU_ASSERT_EQUAL(day_state(day), BB_COURSE_SETTLED);
	CU_ASSERT_EQUAL(day_money(day, 2), 30 * 60);
	CU_ASSERT_EQUAL(day_money(day, 3), -30 * 65);
	CU_ASSERT_EQUAL(day_money(day, 4), 10 * 45);
	CU_ASSERT_EQUAL(day_money(day, 5), -10 * 50);
	CU_ASSERT_EQUAL(day_money(day, BB_ACCOUNT_DSO), 40 * 5);
	CU_ASSERT_EQUAL(day_money(day, BB_ACCOUNT_RENT), 0);
	across_stop(&across);
}

/* Example 11 of docs/market.md. */
static void
test_example_11(void)
{
	static struct day day;

	day_start(&day);
	CU_ASSERT_EQUAL(day_line(&day, 0, 0, 1500, 5000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -3600);
	CU_ASSERT_EQUAL(day_order(&day, 2, 1, 1, BB_SELL, 60000, 4000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 3, 1, 2, BB_SELL, 140000, 3000), BB_OK);
	CU_ASSERT_EQUAL(day_order(&day, 5, 1, 2, BB_BUY, 200000, 2500), BB_OK);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_TRADED, 0)->price, 60000);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_TRADED, 0)->quantity_wh, 1500);
	const struct bb_event *carried = day_event(&day, BB_EVENT_CARRIED, 0);
	CU_ASSERT_EQUAL(carried->participant, 5);
	CU_ASSERT_EQUAL(carried->order_id, day_event(&day, BB_EVENT_TRADED, 0)->order_id);
	CU_ASSERT_EQUAL(carried->counter_order_id, 1); /* line 0 */
	CU_ASSERT_EQUAL(carried->price, 5000);
	CU_ASSERT_EQUAL(carried->quantity_wh, 1500);
	CU_ASSERT_EQUAL(bb_product_zone(carried->product), 2);
	CU_ASSERT_EQUAL(carried->remaining_wh, carried->product - bb_product_of(1, 0));
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_TRADED, 1)->price, 140000);
	CU_ASSERT_EQUAL(day_event(&day, BB_EVENT_TRADED, 1)->quantity_wh, 1000);
	CU_ASSERT_EQUAL(day_order(&day, 7, 1, 2, BB_BUY, 100000, 1000), BB_OK);
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_TRADED), 2);
	CU_ASSERT_EQUAL(day_line(&day, 0, 1, 2000, 5000), BB_OK);
	const struct bb_event *sold = day_event(&day, BB_EVENT_SHARED, 0);
	const struct bb_event *bought = day_event(&day, BB_EVENT_SHARED, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bought);
	CU_ASSERT_EQUAL(sold->price, 77000);
	CU_ASSERT_EQUAL(sold->quantity_wh, 500);
	CU_ASSERT_EQUAL(sold->remaining_wh, 2000);
	CU_ASSERT_EQUAL(bought->price, 82000);
	CU_ASSERT_EQUAL(bought->remaining_wh, 500);
	day_at(&day, 4500);
	CU_ASSERT_EQUAL(day_money(&day, BB_ACCOUNT_DSO), INT64_C(5000) * 2000);
	day_stop(&day);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "an order pays the resting price and the fee",
		  test_an_order_pays_the_resting_price_and_the_fee },
		{ "the landed price never passes the limit",
		  test_the_landed_price_never_passes_the_limit },
		{ "the best landed price goes first", test_the_best_landed_price_goes_first },
		{ "a way costs least, then is short, then has low numbers",
		  test_a_way_costs_least_then_is_short_then_has_low_numbers },
		{ "no more is carried than there is room for",
		  test_no_more_is_carried_than_there_is_room_for },
		{ "zones that share a line share its room",
		  test_zones_that_share_a_line_share_its_room },
		{ "what icebergs hide neither fills nor breaks an order",
		  test_what_icebergs_hide_neither_fills_nor_breaks_an_order },
		{ "against the flow there is more room", test_against_the_flow_there_is_more_room },
		{ "other types go the same way", test_other_types_go_the_same_way },
		{ "nobody trades with itself over lines",
		  test_nobody_trades_with_itself_over_lines },
		{ "more room lets those trade who meet then",
		  test_more_room_lets_those_trade_who_meet_then },
		{ "where nothing trades, nothing trades over lines",
		  test_where_nothing_trades_nothing_trades_over_lines },
		{ "the fee goes to the grid company, and is covered",
		  test_the_fee_goes_to_the_grid_company_and_is_covered },
		{ "example 11", test_example_11 },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("across", tests);
}
