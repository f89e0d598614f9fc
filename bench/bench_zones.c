/* bench_zones - the Italian day-ahead market, hour by hour: 7 zones, 6 lines, some 750 steps.
 *
 * Reads every italy-*.tsv.gz of a folder (tests/market/peer-cases/README.md has the form),
 * all of it before anything is measured.
 *
 *	clear      quantities, flows and prices of all hours, from their curves
 *	whole      from unsorted orders: sorting, curves, clearing, fills and certificate
 *	qsort      libc sorting the same orders: the yardstick
 *
 * The results are not only fast: every published price must lie within our interval.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bb_assert.h"
#include "bench/bench.h"
#include "market/bb_call.h"
#include "market/bb_certificate.h"

#define HOURS_MAX  1024u
#define ORDERS_MAX (HOURS_MAX * 1024u)
#define ZONES_MAX  16u
#define LINES_MAX  16u
#define BAND       (INT64_C(1) << 40) /* wider than any published price */

struct hour {
	uint32_t first, count; /* of the orders */
	uint32_t line_count;
	struct bb_line lines[LINES_MAX];
	int64_t published[ZONES_MAX];
	bool is_published[ZONES_MAX];
};

struct scene {
	uint32_t zone_count, hour_count, order_count;
	char zones[ZONES_MAX][16];
	struct hour hours[HOURS_MAX];
	struct bb_call_order *given, *orders; /* as they came, and as they are worked on */
	struct bb_step *steps;
	struct bb_claim *claims;
	struct bb_curve curves[HOURS_MAX][ZONES_MAX];
	struct bb_clearing clearing;
	uint64_t moves;
};

static uint32_t
zone_of(struct scene *scene, const char *name)
{
	uint32_t zone = 0;

	while (zone < scene->zone_count && strcmp(scene->zones[zone], name) != 0)
		zone++;
	if (zone == scene->zone_count && zone < ZONES_MAX)
		(void)snprintf(scene->zones[scene->zone_count++], sizeof(scene->zones[0]), "%s",
			       name);
	return zone;
}

static bool
add_order(struct scene *scene, enum bb_side side, uint32_t zone, int64_t price, int64_t quantity)
{
	struct hour *hour = &scene->hours[scene->hour_count - 1];

	if (scene->order_count == ORDERS_MAX || quantity < 0 || quantity > BAND ||
	    price < -BAND || price > BAND || zone == ZONES_MAX)
		return false;
	if (quantity == 0)
		return true;
	scene->given[scene->order_count] = (struct bb_call_order){
		.order = scene->order_count, .price = price, .quantity_wh = (uint64_t)quantity,
		.node = zone, .side = side,
	};
	scene->order_count++;
	hour->count++;
	return true;
}

static bool
add_line(struct scene *scene, uint32_t from, uint32_t to, int64_t there, int64_t back)
{
	struct hour *hour = &scene->hours[scene->hour_count - 1];

	if (hour->line_count == LINES_MAX || from == ZONES_MAX || to == ZONES_MAX || there < 0 ||
	    back < 0)
		return false;
	hour->lines[hour->line_count++] = (struct bb_line){
		.from = from, .to = to, .capacity_wh = (uint64_t)there,
		.capacity_reverse_wh = (uint64_t)back,
	};
	return true;
}

/* read_row takes one line of a file; what is not known is another's. */
static bool
read_row(struct scene *scene, const char *text)
{
	char name[16], other[16];
	int64_t a, b;

	if (text[0] == 'H') {
		if (scene->hour_count == HOURS_MAX)
			return false;
		scene->hours[scene->hour_count++].first = scene->order_count;
		return true;
	}
	if (scene->hour_count == 0 || strchr("SBLXP", text[0]) == NULL)
		return true;
	if (text[0] == 'L')
		return sscanf(text + 1, "%15s %15s %" SCNd64 " %" SCNd64, name, other, &a,
			      &b) == 4 &&
		       add_line(scene, zone_of(scene, name), zone_of(scene, other), a, b);
	if (sscanf(text + 1, "%15s %" SCNd64 " %" SCNd64, name, &a, &b) <
	    (text[0] == 'X' || text[0] == 'P' ? 2 : 3))
		return false;
	const uint32_t zone = zone_of(scene, name);
	if (text[0] == 'X') /* whatever it costs */
		return a > 0 ? add_order(scene, BB_BUY, zone, BAND, a)
			     : add_order(scene, BB_SELL, zone, -BAND, -a);
	if (text[0] != 'P')
		return add_order(scene, text[0] == 'S' ? BB_SELL : BB_BUY, zone, a, b);
	if (zone == ZONES_MAX)
		return false;
	scene->hours[scene->hour_count - 1].published[zone] = a;
	scene->hours[scene->hour_count - 1].is_published[zone] = true;
	return true;
}

/* read_file reads what gzip writes. */
static bool
read_file(struct scene *scene, const char *path)
{
	char text[256];
	int ends[2];
	int status = 1;
	bool right = true;

	if (pipe(ends) != 0)
		return false;
	const pid_t child = fork();
	if (child == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)execlp("gzip", "gzip", "-dc", "--", path, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	FILE *stream = fdopen(ends[0], "r");
	while (right && stream != NULL && fgets(text, sizeof(text), stream) != NULL)
		right = text[0] == '#' || read_row(scene, text);
	if (stream != NULL)
		(void)fclose(stream);
	if (child > 0)
		(void)waitpid(child, &status, 0);
	if (!right || stream == NULL || status != 0)
		fprintf(stderr, "busbar-bench: %s is no day of this form\n", path);
	return right && stream != NULL && status == 0;
}

static bool
read_folder(struct scene *scene, const char *folder)
{
	char pattern[512];
	glob_t found;
	bool right = true;

	(void)snprintf(pattern, sizeof(pattern), "%s/italy-*.tsv.gz", folder);
	if (glob(pattern, 0, NULL, &found) != 0) {
		fprintf(stderr, "busbar-bench: there is no %s; name its folder with --folder\n",
			pattern);
		return false;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		right = right && read_file(scene, found.gl_pathv[i]);
	globfree(&found);
	return right && scene->hour_count > 0;
}

static struct bb_auction
auction_of(const struct scene *scene, uint32_t index)
{
	const struct hour *hour = &scene->hours[index];

	return (struct bb_auction){
		.node_count = scene->zone_count, .line_count = hour->line_count,
		.curves = scene->curves[index], .lines = hour->lines, .price_min = -BAND,
		.price_max = BAND, .k_milli = 500,
	};
}

static void
restore(void *context)
{
	struct scene *scene = context;
	memcpy(scene->orders, scene->given, scene->order_count * sizeof(*scene->given));
}

static void
make_curves(struct scene *scene, uint32_t index)
{
	const struct hour *hour = &scene->hours[index];

	bb_call_curves(&scene->orders[hour->first], hour->count, scene->zone_count,
		       &scene->steps[hour->first], scene->curves[index]);
}

static void
clear_all(void *context)
{
	struct scene *scene = context;

	scene->moves = 0;
	for (uint32_t i = 0; i < scene->hour_count; i++) {
		const struct bb_auction auction = auction_of(scene, i);
		bb_clear(&auction, &scene->clearing);
		scene->moves += scene->clearing.moves;
	}
}

static void
whole(void *context)
{
	struct scene *scene = context;

	for (uint32_t i = 0; i < scene->hour_count; i++) {
		const struct hour *hour = &scene->hours[i];
		struct bb_call_order *orders = &scene->orders[hour->first];
		const struct bb_auction auction = auction_of(scene, i);

		make_curves(scene, i);
		BB_ASSERT(bb_clearing_valid(&auction));
		bb_clear(&auction, &scene->clearing);
		bb_call_fill(orders, hour->count, auction.curves, &scene->clearing,
			     scene->claims);
		BB_ASSERT(bb_certify(&auction, &scene->clearing, orders, hour->count) ==
			  BB_CERTIFIED);
	}
}

static int
by_price(const void *left_order, const void *right_order)
{
	const struct bb_call_order *left = left_order;
	const struct bb_call_order *right = right_order;

	if (left->node != right->node)
		return left->node < right->node ? -1 : 1;
	if (left->price != right->price)
		return left->price < right->price ? -1 : 1;
	if (left->side != right->side)
		return left->side < right->side ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

static void
sort_all(void *context)
{
	struct scene *scene = context;

	for (uint32_t i = 0; i < scene->hour_count; i++)
		qsort(&scene->orders[scene->hours[i].first], scene->hours[i].count,
		      sizeof(*scene->orders), by_price);
}

/* count_inside returns how many published prices lie within our intervals. */
static uint32_t
count_inside(struct scene *scene, uint32_t *published)
{
	uint32_t inside = 0;

	*published = 0;
	for (uint32_t i = 0; i < scene->hour_count; i++) {
		const struct bb_auction auction = auction_of(scene, i);
		bb_clear(&auction, &scene->clearing);
		for (uint32_t zone = 0; zone < scene->zone_count; zone++) {
			const struct bb_node_result *node = &scene->clearing.nodes[zone];
			const int64_t price = scene->hours[i].published[zone];
			*published += scene->hours[i].is_published[zone];
			inside += scene->hours[i].is_published[zone] && node->lo <= price &&
				  price <= node->hi;
		}
	}
	return inside;
}

static bool
report(const struct bench_options *options, struct scene *scene)
{
	uint32_t published;
	uint32_t steps = 0;
	const double seconds = options->seconds / 3;

	const double whole_ms = bench_ms(options, seconds, restore, whole, scene);
	const double clear_ms = bench_ms(options, seconds, NULL, clear_all, scene);
	const double sort_ms = bench_ms(options, seconds, restore, sort_all, scene);
	const uint32_t inside = count_inside(scene, &published);
	for (uint32_t i = 0; i < scene->hour_count; i++)
		for (uint32_t zone = 0; zone < scene->zone_count; zone++)
			steps += scene->curves[i][zone].count;
	printf(options->json
		       ? "{\"schema\": \"busbar.bench.zones/1\", \"hours\": %u, \"zones\": %u, "
			 "\"steps_an_hour\": %u, \"moves_an_hour\": %.1f, \"clear_ms\": %.3f, "
			 "\"whole_ms\": %.3f, \"qsort_ms\": %.3f, \"qsort_ratio\": %.2f, "
			 "\"published\": %u, \"inside\": %u}\n"
		       : "%u hours, %u zones, %u steps and %.1f moves an hour\n"
			 "clearing alone, all hours  %9.3f ms\n"
			 "sorting to certificate     %9.3f ms\n"
			 "qsort of the orders        %9.3f ms, %.2f times the clearing\n"
			 "published prices %u, within our interval %u\n",
	       scene->hour_count, scene->zone_count, steps / scene->hour_count,
	       (double)scene->moves / scene->hour_count, clear_ms, whole_ms, sort_ms,
	       sort_ms / clear_ms, published, inside);
	return inside == published;
}

int
bench_zones(const struct bench_options *options)
{
	static struct scene scene;

	scene.given = calloc(ORDERS_MAX, sizeof(*scene.given));
	scene.orders = calloc(ORDERS_MAX, sizeof(*scene.orders));
	scene.steps = calloc(ORDERS_MAX, sizeof(*scene.steps));
	scene.claims = calloc(ORDERS_MAX, sizeof(*scene.claims));
	int code = 2;
	if (scene.given == NULL || scene.orders == NULL || scene.steps == NULL ||
	    scene.claims == NULL)
		fputs("busbar-bench: no memory left\n", stderr);
	else if (read_folder(&scene, options->folder))
		code = report(options, &scene) ? 0 : 1;
	free(scene.given);
	free(scene.orders);
	free(scene.steps);
	free(scene.claims);
	return code;
}
