/* test_ruling - a dispute is ruled on by as many operators as the rules want, and by no fewer. */
#include <string.h>

#include "market/bb_state.h"
#include "tests/bb_test.h"
#include "tests/market/day_kit.h"

/* Operators of a script: a is the venue's first, b to m come after the kit's participants. */
#define OPERATORS 13u
#define OTHERS    12u

static struct day day;

static uint32_t
operator_of(char letter)
{
	return letter == 'a' ? BB_OPERATOR : OTHERS + (uint32_t)(letter - 'a');
}

static enum bb_result
say(char letter, bool uphold)
{
	const struct bb_command command = {
		.participant = operator_of(letter), .kind = BB_COMMAND_RULING,
		.ruling = { .product = day_product(&day, 0), .uphold = uphold },
	};

	return day_apply(&day, &command);
}

static void
dispute(uint32_t participant)
{
	CU_ASSERT_EQUAL(day_ask(&day, participant, BB_COMMAND_DISPUTE,
				participant % 2 == 0 ? 1 : 2), BB_OK);
}

static void
revoke(char letter)
{
	const struct bb_command command = {
		.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_REVOKE,
		.member = { .participant = operator_of(letter) },
	};

	CU_ASSERT_EQUAL(day_apply(&day, &command), BB_OK);
}

/* An interval that is settled, with that quorum; example 5 had nobody's reading. */
static void
settle(int32_t quorum)
{
	day_start(&day);
	for (char letter = 'b'; letter < 'a' + (char)OPERATORS; letter++) {
		struct bb_command command = {
			.participant = BB_OPERATOR, .kind = BB_COMMAND_MEMBER_ADD,
			.member = { .participant = operator_of(letter), .roles = BB_ROLE_OPERATOR },
		};
		command.member.key[0] = (uint8_t)(0x20 + operator_of(letter));
		CU_ASSERT_EQUAL(day_apply(&day, &command), BB_OK);
	}
	CU_ASSERT_EQUAL(day_line(&day, 0, 0, 1500, 5000), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 10, quorum), BB_OK);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_CALENDAR, 0, 1), BB_OK);
	day_at(&day, -3600);
	/* What is set once an interval is open does not hold for it. */
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 10, 1), BB_OK);
	day_at(&day, -500);
	day_enter_example_4(&day);
	day_at(&day, -300);
	day_at(&day, 900 + 3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	day_clear(&day);
}

/* a+ upholds, a- dismisses, b! is revoked, 5? disputes.  What each word is told: how many agree,
 * and how many more it takes; a word that is refused, since nothing is disputed, as x. */
struct script {
	const char *name;
	int32_t quorum;
	const char *words;
	const char *told;
	enum bb_course_state state; /* in the end */
	uint32_t disputes;
};

static const struct script scripts[] = {
	{ "one is enough", 1, "5? a+", "10", BB_COURSE_RESETTLE, 0 },
	{ "one is enough to dismiss", 1, "5? a- a-", "10 x", BB_COURSE_SETTLED, 0 },
	{ "one of two is not", 2, "5? a+", "11", BB_COURSE_SETTLED, 1 },
	{ "two uphold", 2, "5? a+ b+", "11 20", BB_COURSE_RESETTLE, 0 },
	{ "two dismiss", 2, "5? a- b-", "11 20", BB_COURSE_SETTLED, 0 },
	{ "nobody counts twice", 2, "5? a+ a+ a+", "11 11 11", BB_COURSE_SETTLED, 1 },
	{ "a second word replaces the first", 2, "5? a+ a- b+ b-", "11 11 11 20",
	  BB_COURSE_SETTLED, 0 },
	{ "against each other", 2, "5? a+ b-", "11 11", BB_COURSE_SETTLED, 1 },
	{ "until a third decides", 2, "5? a+ b- c-", "11 11 20", BB_COURSE_SETTLED, 0 },
	{ "against each other up to the last", 3, "5? a+ b- c+ d- e+", "12 12 21 21 30",
	  BB_COURSE_RESETTLE, 0 },
	{ "the most that can be said", 7, "5? a+ b- c+ d- e+ f- g+ h- i+ j- k+ l- m-",
	  "16 16 25 25 34 34 43 43 52 52 61 61 70", BB_COURSE_SETTLED, 0 },
	{ "all of them change their minds", 7, "5? a+ b+ c+ d+ e+ f+ f- e- d- c- b- a- m-",
	  "16 25 34 43 52 61 16 25 34 43 52 61 70", BB_COURSE_SETTLED, 0 },
	{ "who was revoked has no say", 2, "5? b+ b! a+ c+", "11 11 20", BB_COURSE_RESETTLE, 0 },
	{ "nor a place", 7, "5? b+ c- d+ e- f+ g- h+ i- j+ k- l+ m- b! c! a+ a-",
	  "16 16 25 25 34 34 43 43 52 52 61 61 61 61", BB_COURSE_SETTLED, 1 },
	{ "a later dispute voids dismissals", 2, "5? a- 4? b- a-", "11 11 20", BB_COURSE_SETTLED,
	  0 },
	{ "and leaves what upholds", 2, "5? a+ c- 4? b+", "11 11 20", BB_COURSE_RESETTLE, 0 },
	{ "one ruling is for all", 2, "5? 4? a- b- b-", "11 20 x", BB_COURSE_SETTLED, 0 },
	{ "each dispute begins anew", 2, "5? a- b- 4? a- c+ c-", "11 20 11 11 20",
	  BB_COURSE_SETTLED, 0 },
	{ "nothing is disputed", 2, "a+", "x", BB_COURSE_SETTLED, 0 },
};

static void
check_word(char letter, bool uphold, const char **told)
{
	day_clear(&day);
	const enum bb_result result = say(letter, uphold);
	const struct bb_event *event = day_event(&day, BB_EVENT_RULED, 0);

	*told += strspn(*told, " ");
	if (**told == 'x') {
		(*told)++;
		CU_ASSERT_EQUAL(result, BB_ERR_NOT_FOUND);
		CU_ASSERT_PTR_NULL(event);
		return;
	}
	CU_ASSERT_EQUAL_FATAL(result, BB_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(event);
	CU_ASSERT_EQUAL(event->participant, operator_of(letter));
	CU_ASSERT_EQUAL(event->product, day_product(&day, 0));
	CU_ASSERT_EQUAL(event->result, uphold ? BB_OK : BB_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(event->quantity_wh, (uint32_t)((*told)[0] - '0'));
	CU_ASSERT_EQUAL(event->remaining_wh, (uint32_t)((*told)[1] - '0'));
	CU_ASSERT_EQUAL(day_count(&day, BB_EVENT_STATE), uphold && (*told)[1] == '0');
	*told += 2;
}

static void
run_script(const struct script *script)
{
	const char *told = script->told;

	printf("\n    %s", script->name);
	settle(script->quorum);
	for (const char *at = script->words; *at != '\0'; at += strspn(at, " ")) {
		const char who = *at++;
		const char what = *at++;
		if (what == '!')
			revoke(who);
		else if (what == '?')
			dispute((uint32_t)(who - '0'));
		else
			check_word(who, what == '+', &told);
	}
	CU_ASSERT_EQUAL(*told, '\0');
	CU_ASSERT_EQUAL(day_state(&day), script->state);
	CU_ASSERT_EQUAL(bb_calendar_find(&day.market->calendar, day.quarter)->disputes,
			script->disputes);
	day_stop(&day);
}

static void
test_every_script_is_told_what_the_table_says(void)
{
	for (uint32_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		run_script(&scripts[i]);
	printf("\n  ");
}

/* Too few words keep the window open, however long; the quorum ends it. */
static void
test_the_window_waits_for_the_quorum(void)
{
	settle(2);
	dispute(5);
	CU_ASSERT_EQUAL(say('a', false), BB_OK);
	day_at(&day, 900 + 3600 + 2 * 86400);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	CU_ASSERT_EQUAL(say('b', false), BB_OK);
	day_at(&day, 900 + 3600 + 2 * 86400 + 1);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_FINAL);
	day_stop(&day);
}

/* A correction settles again whatever was said, and the words are gone with the dispute. */
static void
test_a_correction_ends_what_was_under_discussion(void)
{
	settle(2);
	dispute(5);
	CU_ASSERT_EQUAL(say('a', true), BB_OK);
	CU_ASSERT_EQUAL(day_meter(&day, 5, 2, -2500, true), BB_OK);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_RESETTLE);
	day_at(&day, 900 + 3600 + 3600);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED);
	dispute(4);
	CU_ASSERT_EQUAL(say('b', true), BB_OK);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_SETTLED); /* the first one's is gone */
	CU_ASSERT_EQUAL(say('a', true), BB_OK);
	CU_ASSERT_EQUAL(day_state(&day), BB_COURSE_RESETTLE);
	day_stop(&day);
}

static void
test_only_operators_have_a_word(void)
{
	settle(2);
	dispute(5);
	CU_ASSERT_EQUAL(day_ask(&day, DAY_GRID, BB_COMMAND_RULING, 0), BB_ERR_ROLE);
	CU_ASSERT_EQUAL(day_ask(&day, 5, BB_COMMAND_RULING, 0), BB_ERR_ROLE);
	revoke('b');
	CU_ASSERT_EQUAL(say('b', true), BB_ERR_SUSPENDED);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 10, 0), BB_ERR_PARAM);
	CU_ASSERT_EQUAL(day_param(&day, BB_PARAM_SETTLEMENT, 10, 8), BB_ERR_PARAM);
	day_stop(&day);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "every script is told what the table says",
		  test_every_script_is_told_what_the_table_says },
		{ "the window waits for the quorum", test_the_window_waits_for_the_quorum },
		{ "a correction ends what was under discussion",
		  test_a_correction_ends_what_was_under_discussion },
		{ "only operators have a word", test_only_operators_have_a_word },
		CU_TEST_INFO_NULL,
	};

	return bb_test_run("market ruling", tests);
}
