/* fuzz_book - any bytes as a book of orders: refused with what is wrong, or a book within its
 * limits, which clears, and whose result is certified. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/cli_book.h"
#include "market/bb_certificate.h"

#define CLEARED_MAX 256u /* orders; more take longer and teach nothing new */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(const struct cli_book *book)
{
	uint64_t sum = 0;

	BB_ASSERT(book->error[0] == '\0');
	BB_ASSERT(book->zone_count >= 1 && book->zone_count <= BB_NODES_MAX);
	BB_ASSERT(book->line_count <= BB_LINES_MAX && book->order_count <= BB_ORDERS_MAX);
	BB_ASSERT(book->price_min <= book->price_max && book->k_milli <= 1000);
	BB_ASSERT(book->price_min >= -CLI_BOOK_PRICE_MAX);
	BB_ASSERT(book->price_max <= CLI_BOOK_PRICE_MAX);
	for (uint32_t i = 0; i < book->zone_count; i++)
		BB_ASSERT(book->zones[i] != NULL && book->zones[i][0] != '\0');
	for (uint32_t i = 0; i < book->order_count; i++) {
		const struct cli_book_order *order = &book->orders[i];
		BB_ASSERT(order->id != NULL && strcmp(order->id, CLI_BOOK_MARKET) != 0);
		BB_ASSERT(order->zone < book->zone_count && order->owner < book->order_count);
		BB_ASSERT(order->price >= book->price_min && order->price <= book->price_max);
		BB_ASSERT(order->quantity >= 1 && order->quantity <= CLI_BOOK_QUANTITY_MAX);
		BB_ASSERT(order->reputation <= 1000000 && order->source < 16);
		BB_ASSERT(order->side == BB_BUY || order->side == BB_SELL);
		sum += order->quantity;
	}
	BB_ASSERT(sum <= CLI_BOOK_SUM_MAX);
}

static void
clear(const struct cli_book *book)
{
	static struct bb_call_order orders[CLEARED_MAX];
	static struct bb_step steps[CLEARED_MAX];
	static struct bb_claim claims[CLEARED_MAX];
	static struct bb_curve curves[BB_NODES_MAX];
	static struct bb_clearing clearing;
	const uint32_t count = book->order_count;
	const struct bb_auction auction = {
		.node_count = book->zone_count, .line_count = book->line_count, .curves = curves,
		.lines = book->lines, .price_min = book->price_min,
		.price_max = book->price_max, .k_milli = book->k_milli,
	};

	for (uint32_t i = 0; i < count; i++)
		orders[i] = (struct bb_call_order){
			.order = i, .price = book->orders[i].price,
			.quantity_wh = book->orders[i].quantity, .node = book->orders[i].zone,
			.reputation = book->orders[i].reputation, .side = book->orders[i].side,
		};
	bb_call_curves(orders, count, book->zone_count, steps, curves);
	BB_ASSERT(bb_clearing_valid(&auction));
	bb_clear(&auction, &clearing);
	bb_call_fill(orders, count, curves, &clearing, claims);
	BB_ASSERT(bb_certify(&auction, &clearing, orders, count) == BB_CERTIFIED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct cli_book book;
	json_t *root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);

	if (root == NULL)
		return 0;
	if (cli_book_parse(root, &book)) {
		check(&book);
		if (book.order_count <= CLEARED_MAX)
			clear(&book);
	} else {
		BB_ASSERT(book.error[0] != '\0' && !book.no_memory);
		BB_ASSERT(strlen(book.error) < sizeof(book.error) - 1);
	}
	cli_book_free(&book);
	json_decref(root);
	return 0;
}
