#include "ctl/cli_attributes.h"

const char *
cli_attributes_valid(const struct cli_attributes *attributes)
{
	if (attributes->of[CLI_SOURCE] > 15)
		return "the source is above 15";
	if (attributes->of[CLI_FEEDER] > UINT16_MAX)
		return "the feeder is above 65535";
	if (attributes->of[CLI_REPUTATION_MIN] > 1000000)
		return "reputation_min is above 1000000";
	return attributes->of[CLI_ESCROW] > 1 ? "escrow is 0 or 1" : NULL;
}

void
cli_attributes_operation(const struct cli_attributes *attributes, uint32_t participant,
			 struct bb_wire_operation *operation)
{
	*operation = (struct bb_wire_operation){
		.op = BB_WIRE_MEMBER_SET,
		.attributes = { .participant = participant,
				.cap_in_wh = attributes->of[CLI_CAP_IN],
				.cap_out_wh = attributes->of[CLI_CAP_OUT],
				.metered_by = attributes->of[CLI_METERED_BY],
				.order_wh_max = attributes->of[CLI_ORDER_MAX],
				.reputation_min = attributes->of[CLI_REPUTATION_MIN],
				.feeder = (uint16_t)attributes->of[CLI_FEEDER],
				.source = (uint8_t)attributes->of[CLI_SOURCE],
				.escrow = (uint8_t)attributes->of[CLI_ESCROW] },
	};
}
