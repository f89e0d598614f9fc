#include "bench/gen_tally.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/bb_bits.h"
#include "bench/gen_community.h"

bool
gen_tally_make(struct gen_tally *tally, uint32_t participants)
{
	*tally = (struct gen_tally){ .participants = participants };
	tally->traded = calloc(participants / 64 + 1, sizeof(tally->traded[0]));
	return tally->traded != NULL;
}

void
gen_tally_free(struct gen_tally *tally)
{
	free(tally->traded);
	tally->traded = NULL;
}

void
gen_tally_trader(struct gen_tally *tally, uint32_t participant)
{
	if (participant < GEN_FIRST_ID || participant - GEN_FIRST_ID >= tally->participants)
		return;
	const uint32_t bit = participant - GEN_FIRST_ID;
	if (bb_bit_test(tally->traded, bit))
		return;
	bb_bit_set(tally->traded, bit);
	tally->participants_traded++;
}

uint64_t
gen_tally_refused(const struct gen_tally *tally)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < BB_RESULT_COUNT; i++)
		sum += tally->refused[i];
	return sum;
}

bool
gen_tally_clean(const struct gen_tally *tally)
{
	for (uint32_t i = 0; i < BB_RESULT_COUNT; i++)
		if (tally->records_refused[i] > 0 && i != BB_ERR_ORDER_UNKNOWN && i != BB_ERR_STATE)
			return false;
	return tally->lost == 0 && gen_tally_refused(tally) == 0;
}

static double
per_second(const struct gen_tally *tally, uint64_t count)
{
	return tally->active_ns == 0 ? 0 : (double)count * 1e9 / (double)tally->active_ns;
}

/* Digits in groups of three. */
static const char *
grouped(uint64_t value, char text[32])
{
	char *at = text + 31;
	uint32_t digits = 0;

	*at = '\0';
	do {
		if (digits > 0 && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + value % 10);
		value /= 10;
		digits++;
	} while (value > 0);
	return at;
}

void
gen_tally_line(const struct gen_tally *tally, FILE *file, uint64_t since_ns, const char *what)
{
	char a[32], b[32], c[32], d[32];

	fprintf(file, "%7.1f s  %-12s sent %s  answered %s  orders %s  trades %s\n",
		(double)since_ns / 1e9, what, grouped(tally->packets, a),
		grouped(tally->answered, b), grouped(tally->orders, c), grouped(tally->trades, d));
}

static void
row(FILE *file, const char *name, uint64_t value)
{
	char text[32];

	fprintf(file, "  %-24s %16s\n", name, grouped(value, text));
}

static void
reasons(FILE *file, const char *what, const uint64_t counts[BB_RESULT_COUNT])
{
	char name[64];

	for (uint32_t i = 0; i < BB_RESULT_COUNT; i++) {
		if (counts[i] == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%s %s", what,
			       bb_result_name((enum bb_result)i));
		row(file, name, counts[i]);
	}
}

void
gen_tally_table(const struct gen_tally *tally, FILE *file)
{
	const struct gen_histogram *latency = &tally->latency;

	row(file, "participants", tally->participants);
	row(file, "participants traded", tally->participants_traded);
	row(file, "packets", tally->packets);
	row(file, "answered", tally->answered);
	reasons(file, "refused", tally->refused);
	row(file, "lost", tally->lost);
	row(file, "repeats", tally->repeats);
	row(file, "told to send again", tally->told_again);
	row(file, "orders", tally->orders);
	reasons(file, "record", tally->records_refused);
	row(file, "trades", tally->trades);
	row(file, "energy, Wh", tally->energy_wh);
	fprintf(file, "  %-24s %16.3f\n", "seconds", (double)tally->active_ns / 1e9);
	row(file, "packets a second", (uint64_t)per_second(tally, tally->answered));
	row(file, "orders a second", (uint64_t)per_second(tally, tally->orders));
	row(file, "latency p50, us", gen_histogram_at(latency, 50000) / 1000);
	row(file, "latency p99, us", gen_histogram_at(latency, 99000) / 1000);
	row(file, "latency p99.9, us", gen_histogram_at(latency, 99900) / 1000);
	row(file, "latency max, us", latency->max / 1000);
}

static json_t *
json_reasons(const uint64_t counts[BB_RESULT_COUNT])
{
	json_t *object = json_object();

	for (uint32_t i = 0; i < BB_RESULT_COUNT; i++)
		if (counts[i] > 0)
			(void)json_object_set_new(object, bb_result_name((enum bb_result)i),
						  json_integer((json_int_t)counts[i]));
	return object;
}

static void
set(json_t *object, const char *name, uint64_t value)
{
	(void)json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void
set_real(json_t *object, const char *name, double value)
{
	(void)json_object_set_new(object, name, json_real(value));
}

static void
set_rates(json_t *object, const struct gen_tally *tally)
{
	const struct gen_histogram *latency = &tally->latency;

	set_real(object, "seconds", (double)tally->active_ns / 1e9);
	set_real(object, "packets_per_s", per_second(tally, tally->answered));
	set_real(object, "orders_per_s", per_second(tally, tally->orders));
	set_real(object, "latency_p50_us", (double)gen_histogram_at(latency, 50000) / 1e3);
	set_real(object, "latency_p99_us", (double)gen_histogram_at(latency, 99000) / 1e3);
	set_real(object, "latency_p999_us", (double)gen_histogram_at(latency, 99900) / 1e3);
	set_real(object, "latency_max_us", (double)latency->max / 1e3);
}

bool
gen_tally_json(const struct gen_tally *tally, FILE *file)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "schema", json_string("busbar.gen/1"));
	set(object, "participants", tally->participants);
	set(object, "participants_traded", tally->participants_traded);
	set(object, "packets", tally->packets);
	set(object, "orders", tally->orders);
	set(object, "answered", tally->answered);
	(void)json_object_set_new(object, "refused", json_reasons(tally->refused));
	(void)json_object_set_new(object, "records_refused", json_reasons(tally->records_refused));
	set(object, "lost", tally->lost);
	set(object, "repeats", tally->repeats);
	set(object, "queries", tally->queries);
	set(object, "trades", tally->trades);
	set(object, "energy_wh", tally->energy_wh);
	set(object, "readings", tally->readings);
	set_rates(object, tally);

	char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(object);
	if (text == NULL)
		return false;
	fprintf(file, "%s\n", text);
	free(text);
	return fflush(file) == 0;
}
