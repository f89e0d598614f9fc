#include "wire/bb_operation.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/bb_assert.h"
#include "base/bb_bytes.h"

#define RECORD_SIZE 32u
#define FIELDS_MAX  9u

_Static_assert(2 * RECORD_SIZE == BB_OPERATION_SIZE_MAX, "no operation has three records");

/* A field of a record: count numbers of size bytes at offset at, and where they are kept. */
struct field {
	uint8_t at;
	uint8_t size;
	uint8_t count;
	bool flag; /* 0 or 1 and nothing else */
	uint16_t in;
};

struct layout {
	uint8_t record_count; /* 0: there is no such operation */
	struct field fields[FIELDS_MAX]; /* up to the first of size 0 */
};

#define IN(name)          ((const struct bb_wire_operation *)NULL)->name
#define NUMBER(at, name)  { at, sizeof(IN(name)), 1, false, \
			    offsetof(struct bb_wire_operation, name) }
#define FLAG(at, name)    { at, 1, 1, true, offsetof(struct bb_wire_operation, name) }
#define NUMBERS(at, name) { at, sizeof(IN(name)[0]), sizeof(IN(name)) / sizeof(IN(name)[0]), \
			    false, offsetof(struct bb_wire_operation, name) }

/* The table of the header, once more and for both directions. */
static const struct layout layouts[BB_WIRE_OPS] = {
	[BB_WIRE_MEMBER_ADD] = { 2, { NUMBER(1, member.zone), NUMBER(2, member.roles),
				      NUMBER(4, member.participant), NUMBER(8, member.orders_max),
				      NUMBER(12, member.packets_per_s), NUMBER(16, member.burst),
				      NUMBERS(32, member.key) } },
	[BB_WIRE_MEMBER_REVOKE] = { 1, { NUMBER(4, member.participant) } },
	[BB_WIRE_PRODUCT_ADD] = { 1, { NUMBER(4, product.product), NUMBER(8, product.price_min),
				       NUMBER(12, product.price_max), NUMBER(16, product.tick),
				       NUMBER(20, product.lot_wh),
				       NUMBER(24, product.quantity_max_wh) } },
	[BB_WIRE_HALT] = { 1, { { 0 } } },
	[BB_WIRE_RESUME] = { 1, { { 0 } } },
	[BB_WIRE_PARAM] = { 2, { NUMBER(2, param.group), NUMBERS(4, param.values) } },
	[BB_WIRE_MEMBER_SET] = { 1, { NUMBER(1, attributes.source), NUMBER(2, attributes.feeder),
				      NUMBER(4, attributes.participant),
				      NUMBER(8, attributes.cap_in_wh),
				      NUMBER(12, attributes.cap_out_wh),
				      NUMBER(16, attributes.metered_by),
				      NUMBER(20, attributes.order_wh_max),
				      NUMBER(24, attributes.reputation_min),
				      FLAG(28, attributes.escrow) } },
	[BB_WIRE_MEMBER_KILL] = { 1, { NUMBER(4, member.participant) } },
	[BB_WIRE_MEMBER_ARM] = { 1, { NUMBER(4, member.participant) } },
	[BB_WIRE_TRANSFER] = { 1, { NUMBER(4, transfer.participant),
				    NUMBER(8, transfer.amount) } },
	[BB_WIRE_PRODUCT_HALT] = { 1, { NUMBER(4, product.product) } },
	[BB_WIRE_PRODUCT_RESUME] = { 1, { NUMBER(4, product.product) } },
	[BB_WIRE_RULING] = { 1, { FLAG(1, ruling.uphold), NUMBER(4, ruling.product) } },
	[BB_WIRE_LINE] = { 1, { NUMBER(1, line.line), NUMBER(2, line.from_zone),
				NUMBER(3, line.to_zone), NUMBER(4, line.first_quarter),
				NUMBER(8, line.quarters), NUMBER(12, line.capacity_wh),
				NUMBER(16, line.capacity_reverse_wh), NUMBER(20, line.fee) } },
	[BB_WIRE_IMBALANCE] = { 1, { NUMBER(4, imbalance.first_quarter),
				     NUMBER(8, imbalance.quarters),
				     NUMBER(12, imbalance.price_long),
				     NUMBER(16, imbalance.price_short),
				     NUMBER(20, imbalance.price_reference) } },
	[BB_WIRE_RESTRICT] = { 1, { NUMBER(4, restrict_.participant),
				    NUMBER(8, restrict_.product),
				    NUMBER(12, restrict_.quantity_wh) } },
	[BB_WIRE_TARIFF] = { 1, { NUMBER(1, tariff.zone), NUMBER(4, tariff.first_quarter),
				  NUMBER(8, tariff.quarters), NUMBER(12, tariff.injection),
				  NUMBER(16, tariff.use) } },
};

/* Numbers are little-endian on the wire whatever they are here. */
static void
get_number(uint8_t *to, const uint8_t *from, uint8_t size)
{
	switch (size) {
	case 1: to[0] = from[0]; break;
	case 2: memcpy(to, &(uint16_t){ bb_get_u16(from) }, 2); break;
	case 4: memcpy(to, &(uint32_t){ bb_get_u32(from) }, 4); break;
	default: memcpy(to, &(uint64_t){ bb_get_u64(from) }, 8); break;
	}
}

static void
put_number(uint8_t *to, const uint8_t *from, uint8_t size)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (size) {
	case 1: to[0] = from[0]; break;
	case 2: bb_put_u16(to, *(uint16_t *)memcpy(&two, from, 2)); break;
	case 4: bb_put_u32(to, *(uint32_t *)memcpy(&four, from, 4)); break;
	default: bb_put_u64(to, *(uint64_t *)memcpy(&eight, from, 8)); break;
	}
}

uint32_t
bb_operation_records(uint8_t op)
{
	return op < BB_WIRE_OPS ? layouts[op].record_count : 0;
}

enum bb_result
bb_operation_decode(const uint8_t *records, uint32_t record_count,
		    struct bb_wire_operation *operation)
{
	uint8_t rest[BB_OPERATION_SIZE_MAX]; /* what no field has named yet */
	uint8_t *base = (uint8_t *)operation;
	bool exact = true;

	memset(operation, 0, sizeof(*operation));
	operation->op = records[0];
	if (record_count == 0 || record_count != bb_operation_records(records[0]))
		return BB_ERR_RECORD;
	memcpy(rest, records, record_count * RECORD_SIZE);
	rest[0] = 0;

	const struct layout *layout = &layouts[records[0]];

	for (uint32_t i = 0; i < FIELDS_MAX && layout->fields[i].size != 0; i++) {
		const struct field *field = &layout->fields[i];

		for (uint32_t j = 0; j < field->count; j++)
			get_number(base + field->in + j * field->size,
				   records + field->at + j * field->size, field->size);
		exact &= !field->flag || records[field->at] <= 1;
		memset(rest + field->at, 0, (size_t)field->count * field->size);
	}
	exact &= bb_is_zero(rest, record_count * RECORD_SIZE);
	return exact ? BB_OK : BB_ERR_RECORD;
}

uint32_t
bb_operation_encode(uint8_t records[BB_OPERATION_SIZE_MAX],
		    const struct bb_wire_operation *operation)
{
	const uint8_t *base = (const uint8_t *)operation;
	const uint32_t record_count = bb_operation_records(operation->op);

	BB_ASSERT(record_count > 0);
	const struct layout *layout = &layouts[operation->op];

	memset(records, 0, record_count * RECORD_SIZE);
	records[0] = operation->op;
	for (uint32_t i = 0; i < FIELDS_MAX && layout->fields[i].size != 0; i++) {
		const struct field *field = &layout->fields[i];

		BB_ASSERT(!field->flag || base[field->in] <= 1);
		for (uint32_t j = 0; j < field->count; j++)
			put_number(records + field->at + j * field->size,
				   base + field->in + j * field->size, field->size);
	}
	return record_count;
}
