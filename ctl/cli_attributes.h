/* cli_attributes - what a participant is, beside who: options, columns of a roster.
 *
 * Memory   Values.
 * Threads  One.
 * Errors   As cli_fail.
 * Replay   Not part of it.
 */
#ifndef CLI_ATTRIBUTES_H
#define CLI_ATTRIBUTES_H

#include "ctl/cli_common.h"
#include "wire/bb_packet.h"

/* Every attribute as a number, in the order of the columns. */
enum cli_attribute {
	CLI_SOURCE,
	CLI_FEEDER,
	CLI_CAP_IN,
	CLI_CAP_OUT,
	CLI_METERED_BY,
	CLI_ORDER_MAX,
	CLI_REPUTATION_MIN,
	CLI_ESCROW,
	CLI_ATTRIBUTES
};

#define CLI_ATTRIBUTE_COLUMNS                                                                 \
	"source,feeder,cap_in,cap_out,metered_by,order_max,reputation_min,escrow"

struct cli_attributes {
	uint32_t of[CLI_ATTRIBUTES];
};

/* The options of all of them, for struct cli_option. */
#define CLI_ATTRIBUTE_OPTIONS(attributes)                                                     \
	{ "source", "N", "energy source of what it produces, 0 to 15 (0)", CLI_U32,           \
	  &(attributes)->of[CLI_SOURCE], 0, 15 },                                             \
	{ "feeder", "N", "row of the loss table (0)", CLI_U32, &(attributes)->of[CLI_FEEDER], \
	  0, UINT16_MAX },                                                                    \
	{ "cap-in", "WH", "largest net purchase of a product, 0 for no limit (0)", CLI_U32,   \
	  &(attributes)->of[CLI_CAP_IN], 0, UINT32_MAX },                                     \
	{ "cap-out", "WH", "largest net sale, 0 for no limit (0)", CLI_U32,                   \
	  &(attributes)->of[CLI_CAP_OUT], 0, UINT32_MAX },                                    \
	{ "metered-by", "ID", "whose readings count, 0 for any meter (0)", CLI_U32,           \
	  &(attributes)->of[CLI_METERED_BY], 0, UINT32_MAX },                                 \
	{ "order-max", "WH", "largest order, 0 for the product's (0)", CLI_U32,               \
	  &(attributes)->of[CLI_ORDER_MAX], 0, UINT32_MAX },                                  \
	{ "reputation-min", "PPM", "of a counterparty in an auction (0)", CLI_U32,            \
	  &(attributes)->of[CLI_REPUTATION_MIN], 0, 1000000 },                                \
	{ "escrow", "0|1", "1: orders must be covered by its account (0)", CLI_U32,           \
	  &(attributes)->of[CLI_ESCROW], 0, 1 }

/* cli_attributes_valid returns NULL, or what is wrong with one. */
const char *cli_attributes_valid(const struct cli_attributes *attributes);

/* cli_attributes_operation makes the operation that sets them for participant. */
void cli_attributes_operation(const struct cli_attributes *attributes, uint32_t participant,
			      struct bb_wire_operation *operation);

#endif
