/* book_words - a market that answers in words, for the cases of other engines
 * (test_book_cases.py).
 *
 * Each line of the input is a command as market_kit.h writes it, and is answered by one line:
 * its events.  "book" is answered by the book, and "reset" begins a new market: participants 2
 * to 9, one product with prices 0 to 262,143 in ticks of 1 and lots of 1 Wh.
 */
#include <stdio.h>
#include <string.h>

#include "base/bb_assert.h"
#include "tests/market/market_kit.h"

static void
begin(struct kit *kit)
{
	static const struct bb_market_size size = {
		.participants = 10, .products = 1, .orders = 200, .levels = BB_LEVELS_MAX,
		.places = 2048, .positions = 10,
	};
	struct bb_command command = { .participant = 1, .kind = BB_COMMAND_PRODUCT_ADD };

	kit_open(kit, &size, 1);
	for (uint32_t participant = 2; participant <= 9; participant++)
		kit_add_member(kit, participant, 128);
	command.product = (struct bb_product_command){
		.product = KIT_PRODUCT, .price_max = BB_LEVELS_MAX - 1, .tick = 1, .lot_wh = 1,
		.quantity_max_wh = BB_QUANTITY_MAX,
	};
	kit_apply(kit, &command);
	BB_ASSERT(kit->events[0].kind == BB_EVENT_PRODUCT_ADDED);
}

int
main(void)
{
	struct kit kit;
	char line[128];

	begin(&kit);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "reset") == 0) {
			kit_stop(&kit);
			begin(&kit);
			puts("reset");
		} else {
			puts(strcmp(line, "book") == 0 ? kit_book(&kit) : kit_say(&kit, line));
		}
		fflush(stdout);
	}
	kit_stop(&kit);
	return 0;
}
