/* across_model - trading over lines once more, as naively as it can be said: a list of orders, of
 * which all are looked at, and every way between two zones, line by line.
 *
 * It knows nothing of the market's own code.  What it says is the text that across_say makes of
 * the market's events (across_kit.h).
 */
#ifndef ACROSS_MODEL_H
#define ACROSS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_ZONES  4u
#define MODEL_LINES  6u
#define MODEL_ORDERS 128u

struct model_order {
	uint64_t id;
	uint64_t time; /* of the clip that it shows */
	uint32_t participant;
	uint32_t zone;
	int32_t price;
	uint32_t shown;
	uint32_t hidden;
	uint32_t clip; /* 0: no iceberg */
	bool sells;
	bool live;
};

struct model_line {
	uint32_t from, to;
	int64_t capacity[2];
	int64_t flow;
	int64_t fee;
};

struct model {
	struct model_order orders[MODEL_ORDERS];
	struct model_line lines[MODEL_LINES];
	uint64_t time;
	char text[4096];
};

enum model_type { MODEL_NEW, MODEL_IOC, MODEL_FOK, MODEL_ICEBERG };

/* model_enter enters order, whose shown is all of it and clip what it may show; model_replace
 * and model_cancel ask for one by participant and id; model_line sets capacities.  Each returns
 * what happens. */
const char *model_enter(struct model *model, enum model_type type, struct model_order order);
const char *model_replace(struct model *model, uint32_t participant, uint64_t id, int32_t price,
			  uint32_t quantity);
const char *model_cancel(struct model *model, uint32_t participant, uint64_t id);
const char *model_line(struct model *model, uint32_t line, int64_t capacity, int64_t reverse);

struct model_order *model_find(struct model *model, uint32_t participant, uint64_t id);

/* model_meets returns whether any two orders meet over any way with room. */
bool model_meets(struct model *model);

#endif
