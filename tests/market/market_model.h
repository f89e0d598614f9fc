/* market_model - the market again, so simple that it cannot be wrong: arrays, linear
 * scans, no slices, written from the headers of market/ and nothing else.
 *
 * model_apply decides one command and writes every event of it at once.
 */
#ifndef MARKET_MODEL_H
#define MARKET_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "market/bb_market.h"

#define MODEL_MEMBERS  16u
#define MODEL_PRODUCTS 8u
#define MODEL_ORDERS   512u
#define MODEL_EVENTS   (MODEL_ORDERS + 4u)

struct model_order {
	uint64_t order_id;
	uint32_t participant;
	uint32_t product;
	int32_t price;
	uint32_t quantity_wh;
	uint8_t side;
};

/* That a participant has orders in a product: oldest such pair first. */
struct model_pair {
	uint32_t participant;
	uint32_t product;
};

struct model {
	struct bb_market_size size;
	bool halted;
	uint32_t levels_used;
	struct bb_member members[MODEL_MEMBERS + 1];
	struct bb_product products[MODEL_PRODUCTS];
	uint32_t product_count;
	struct model_order orders[MODEL_ORDERS]; /* whoever came later is behind */
	uint32_t order_count;
	struct model_pair pairs[MODEL_ORDERS];
	uint32_t pair_count;
	uint64_t number; /* of the command being decided */
	struct bb_event events[MODEL_EVENTS];
	uint32_t event_count;
};

void model_init(struct model *model, const struct bb_market_size *size,
		const uint8_t operator_key[32]);
void model_apply(struct model *model, const struct bb_command *command, uint64_t number);
uint32_t model_depth(const struct model *model, uint32_t product, enum bb_side side,
		     struct bb_depth *depth);

/* Between the files of the model. */
struct bb_event *model_say(struct model *model, enum bb_event_kind kind, uint32_t participant);
struct bb_member *model_member(struct model *model, uint32_t participant);
struct bb_product *model_product(struct model *model, uint32_t product);
void model_cancel_all(struct model *model, uint32_t participant, enum bb_result reason);
bool model_zero(const uint8_t *bytes, size_t size);
enum bb_result model_apply_member(struct model *model, const struct bb_command *command);
enum bb_result model_apply_product(struct model *model, const struct bb_command *command);

#endif
