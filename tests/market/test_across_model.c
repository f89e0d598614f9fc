/* test_across_model - whatever orders come and lines do, the market says the same as a model that
 * looks at every order and every way; and no two orders are left that could trade. */
#include <inttypes.h>
#include <string.h>

#include "base/bb_random.h"
#include "tests/bb_test.h"
#include "tests/market/across_kit.h"
#include "tests/market/across_model.h"

enum { SEEDS = 40, COMMANDS = 400, TRADERS = 4, IDS = 16 };

static struct across across;
static struct model model;

/* What the seeds came to. */
static struct {
	uint64_t inside, over, ways_of_two, uncrossed, unfilled, filled, self, clips;
} reached;

/* A net of six lines between four zones, some of them side by side, some without room. */
static void
open_net(struct bb_random *random)
{
	char script[512] = "";

	memset(&model, 0, sizeof(model));
	for (uint32_t i = 0; i < MODEL_LINES; i++) {
		struct model_line *line = &model.lines[i];
		line->from = 1 + bb_random_below(random, MODEL_ZONES);
		line->to = 1 + (line->from + bb_random_below(random, MODEL_ZONES - 1)) %
				       MODEL_ZONES;
		line->capacity[0] = bb_random_below(random, 60);
		line->capacity[1] = bb_random_below(random, 2) * bb_random_below(random, 60);
		line->fee = bb_random_below(random, 5);
		const size_t used = strlen(script);
		snprintf(script + used, sizeof(script) - used, "%sline %u %u %u %u %u %u",
			 i == 0 ? "" : "; ", i, line->from, line->to, (unsigned)line->capacity[0],
			 (unsigned)line->capacity[1], (unsigned)line->fee);
	}
	across_open(&across, script);
}

static const char *
draw_order(struct bb_random *random, char script[128])
{
	static const char *const verbs[] = { "new", "ioc", "fok", "iceberg" };
	static const enum model_type types[] = { MODEL_NEW, MODEL_NEW,	   MODEL_NEW, MODEL_NEW,
						 MODEL_IOC, MODEL_ICEBERG, MODEL_FOK, MODEL_FOK };
	const enum model_type type = types[bb_random_below(random, 8)];
	struct model_order order = {
		.id = 1 + bb_random_below(random, IDS),
		.participant = 2 + bb_random_below(random, TRADERS),
		.zone = 1 + bb_random_below(random, MODEL_ZONES),
		.sells = bb_random_below(random, 2) != 0,
		.shown = 1 + bb_random_below(random, 40),
	};

	const uint32_t least = (order.shown + 7) / 8; /* eight clips at most */
	order.price = (int32_t)bb_random_below(random, 16) + (order.sells ? 2 : 0) - 6;
	if (type == MODEL_ICEBERG)
		order.clip = least + bb_random_below(random, order.shown - least + 1);
	snprintf(script, 128, "%u %s %" PRIu64 " %u %c %d %u %u", order.participant, verbs[type],
		 order.id, order.zone, order.sells ? 'S' : 'B', order.price, order.shown,
		 order.clip);
	const char *text = model_enter(&model, type, order);
	reached.filled += type == MODEL_FOK && strstr(text, " paid ") != NULL;
	return text;
}

/* Something happens to an order, or to a line. */
static const char *
draw_change(struct bb_random *random, char script[128])
{
	const uint32_t participant = 2 + bb_random_below(random, TRADERS);
	const uint64_t id = 1 + bb_random_below(random, IDS);
	const struct model_order *order = model_find(&model, participant, id);
	const uint32_t line = bb_random_below(random, MODEL_LINES);
	const struct model_line *now = &model.lines[line];

	if (bb_random_below(random, 3) == 0) {
		const uint32_t capacity = bb_random_below(random, 80);
		const uint32_t reverse = bb_random_below(random, 80);
		snprintf(script, 128, "line %u %u %u %u %u %u", line, now->from, now->to, capacity,
			 reverse, (unsigned)now->fee);
		const char *text = model_line(&model, line, capacity, reverse);
		reached.uncrossed += strstr(text, " shared ") != NULL;
		return text;
	}
	if (bb_random_below(random, 2) == 0 || (order != NULL && order->clip != 0)) {
		snprintf(script, 128, "%u cancel %" PRIu64, participant, id);
		return model_cancel(&model, participant, id);
	}
	const int32_t price = (int32_t)bb_random_below(random, 18) - 6;
	const uint32_t quantity = 1 + bb_random_below(random, 40);
	snprintf(script, 128, "%u replace %" PRIu64 " %d %u", participant, id, price, quantity);
	return model_replace(&model, participant, id, price, quantity);
}

static void
count(const char *text)
{
	reached.over += strstr(text, " paid ") != NULL;
	reached.inside += strstr(text, " took ") != NULL && strstr(text, " paid ") == NULL;
	reached.ways_of_two += strstr(text, " over ") != NULL &&
			       strchr(strstr(text, " over "), ',') != NULL;
	reached.unfilled += strstr(text, "ERR_UNFILLED") != NULL;
	reached.self += strstr(text, "ERR_SELF_TRADE") != NULL;
	reached.clips += strstr(text, " shows ") != NULL;
}

static bool
agrees(struct bb_random *random)
{
	char script[128];
	const char *wanted = bb_random_below(random, 5) == 0 ? draw_change(random, script)
						   : draw_order(random, script);
	const char *got = across_say(&across, script);

	count(wanted);
	if (strcmp(got, wanted) != 0 || model_meets(&model)) {
		printf("\n  %s\n    got    %s\n    wanted %s\n", script, got, wanted);
		return false;
	}
	for (uint8_t line = 0; line < MODEL_LINES; line++)
		if (across_flow(&across, line) != model.lines[line].flow)
			return false;
	return true;
}

static void
test_the_market_says_what_the_model_says(void)
{
	printf("seeds");
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct bb_random random = { seed };
		uint32_t done = 0;
		printf(" %" PRIu64, seed);
		fflush(stdout);
		open_net(&random);
		while (done < COMMANDS && agrees(&random))
			done++;
		CU_ASSERT_EQUAL(done, COMMANDS);
		across_stop(&across);
	}
}

/* A test with chance is worth what it reaches. */
static void
test_the_seeds_reach_what_matters(void)
{
	const struct {
		const char *name;
		uint64_t count;
	} counts[] = {
		{ "in a zone", reached.inside },      { "over lines", reached.over },
		{ "over two lines", reached.ways_of_two }, { "uncrossed", reached.uncrossed },
		{ "unfilled", reached.unfilled },     { "filled over lines", reached.filled },
		{ "own orders", reached.self },	      { "clips", reached.clips },
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		printf("\n  %s: %" PRIu64, counts[i].name, counts[i].count);
		CU_ASSERT_TRUE(counts[i].count > 20);
	}
	printf("\n  ");
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "the market says what the model says", test_the_market_says_what_the_model_says },
		{ "the seeds reach what matters", test_the_seeds_reach_what_matters },
		CU_TEST_INFO_NULL,
	};
	return bb_test_run("across model", tests);
}
