/* market_model - the market again, so simple that it cannot be wrong: arrays, linear
 * scans, no slices, written from the headers of market/ and nothing else.  Of many orders
 * cancelled at once it takes the oldest first; the market may choose another order.
 *
 * model_apply decides the commands of a packet and writes every event of them at once.
 */
#ifndef MARKET_MODEL_H
#define MARKET_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_market.h"

#define MODEL_MEMBERS  16u
#define MODEL_PRODUCTS 8u
#define MODEL_ORDERS   512u
#define MODEL_EVENTS   (2u * MODEL_ORDERS + 4u)

struct model_order {
	uint64_t order_id;
	uint32_t participant;
	uint32_t product;
	int32_t price;
	uint32_t quantity_wh;
	uint32_t hidden_wh; /* behind quantity_wh */
	uint32_t clip_wh;   /* 0: no iceberg */
	uint32_t expires_s; /* 0: never */
	uint8_t side;
};

/* What the legs of a basket that were judged so far ask for. */
struct model_legs {
	__int128 quantity_wh;
	__int128 need;
	uint32_t positions;
};

struct model {
	struct bb_market_size size;
	bool halted;
	uint32_t places_used;
	struct bb_member members[MODEL_MEMBERS + 1];
	struct bb_product products[MODEL_PRODUCTS];
	uint32_t product_count;
	struct model_order orders[MODEL_ORDERS]; /* whoever came later is behind */
	uint32_t order_count;
	__int128 money[MODEL_MEMBERS + 1];
	bool contracted[MODEL_MEMBERS + 1][MODEL_PRODUCTS]; /* ever traded there */
	uint64_t heard_ns[MODEL_MEMBERS + 1]; /* the last accepted packet of each */
	uint64_t number; /* of the packet being decided */
	uint64_t time_ns;
	const struct bb_command *packet;
	uint32_t packet_count;
	uint32_t record;   /* the command being decided */
	uint32_t answered; /* records from here on have no answer yet */
	enum bb_result answers[BB_RECORDS_MAX];
	uint64_t by_sum[BB_RESULT_COUNT]; /* legs refused for those before them alone */
	struct bb_event events[MODEL_EVENTS];
	uint32_t event_count;
};

void model_init(struct model *model, const struct bb_market_size *size,
		const uint8_t operator_key[32]);
void model_apply(struct model *model, const struct bb_command *commands, uint32_t count,
		 uint64_t number, uint64_t time_ns);

/* model_cover has a participant's orders covered by its account, which has so much now. */
void model_cover(struct model *model, uint32_t participant, int64_t amount);

/* model_due_ns returns when a tick has something to do. */
uint64_t model_due_ns(const struct model *model);
uint32_t model_depth(const struct model *model, uint32_t product, enum bb_side side,
		     struct bb_depth *depth);

/* Between the files of the model. */
struct bb_event *model_say(struct model *model, enum bb_event_kind kind, uint32_t participant);
struct bb_event *model_say_order(struct model *model, enum bb_event_kind kind,
				 const struct model_order *order);
uint32_t model_find_order(const struct model *model, uint32_t participant, uint64_t order_id);
void model_remove_order(struct model *model, uint32_t row);
bool model_rests(uint8_t type);
enum bb_result model_judge(struct model *model, const struct bb_command *command,
			   struct model_order *order);
void model_trade(struct model *model, struct model_order order, bool rests,
		 const struct model_order *before);
enum bb_result model_apply_new(struct model *model, const struct bb_command *command);
enum bb_result model_apply_leg(struct model *model, const struct bb_command *command);
enum bb_result model_apply_replace(struct model *model, const struct bb_command *command);
__int128 model_need(const struct model_order *order);
enum bb_result model_fits(struct model *model, const struct model_order *order, uint32_t except,
			  const struct model_legs *legs);
bool model_stretch_left(struct model *model, const struct model_order *order, uint32_t except);
bool model_has_position(struct model *model, uint32_t participant, uint32_t product);
uint32_t model_count_positions(struct model *model);
struct bb_member *model_member(struct model *model, uint32_t participant);
struct bb_product *model_product(struct model *model, uint32_t product);
void model_cancel_all(struct model *model, uint32_t participant, enum bb_result reason);
uint32_t model_table(uint32_t orders_max);
enum bb_result model_type(const struct model *model, const struct bb_order_command *asked,
			  uint32_t lot_wh);
bool model_extras_left(const struct model *model, bool iceberg);
bool model_zero(const uint8_t *bytes, size_t size);
enum bb_result model_apply_member(struct model *model, const struct bb_command *command);
enum bb_result model_apply_product(struct model *model, const struct bb_command *command);

#endif
