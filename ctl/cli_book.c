#include "ctl/cli_book.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cli_text.h"
#include "market/bb_command.h"
#include "market/bb_reputation.h"

#define SCHEMA    "busbar.book/1"
#define NAME_SIZE_MAX 64u

/* Where in the book the reader is, and what went wrong there. */
struct reader {
	struct cli_book *book;
	json_t *zones; /* name: index */
	json_t *owners;
	json_t *ids;
	char place[48]; /* "orders[3]"; empty: the whole book */
};

__attribute__((format(printf, 3, 4)))
static bool
wrong(struct reader *reader, const char *key, const char *format, ...)
{
	const char *const place = reader->place;
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(reader->book->error, sizeof(reader->book->error), "%s%s%.64s%s%s", place,
		 place[0] != '\0' && key[0] != '\0' ? "." : "", key,
		 place[0] != '\0' || key[0] != '\0' ? ": " : "", text);
	return false;
}

static bool
no_memory(struct reader *reader)
{
	reader->book->no_memory = true;
	return wrong(reader, "", "no memory left");
}

/* check_keys refuses what is in an object and not in known, which ends with NULL. */
static bool
check_keys(struct reader *reader, const json_t *object, const char *const *known)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return wrong(reader, "", "write an object");
	json_object_foreach((json_t *)object, key, value) {
		size_t i = 0;
		while (known[i] != NULL && strcmp(known[i], key) != 0)
			i++;
		if (known[i] == NULL)
			return wrong(reader, cli_printable(key) ? key : "?",
				     "there is no such key");
	}
	return true;
}

static bool
take_integer(struct reader *reader, const json_t *value, const char *key, int64_t least,
	     int64_t most, int64_t *integer)
{
	if (value == NULL)
		return wrong(reader, key, "is missing");
	if (!json_is_integer(value))
		return wrong(reader, key, "write an integer, without a point or an exponent");
	*integer = json_integer_value(value);
	if (*integer < least || *integer > most)
		return wrong(reader, key, "%lld is not within %lld and %lld",
			     (long long)*integer, (long long)least, (long long)most);
	return true;
}

static bool
read_integer(struct reader *reader, const json_t *object, const char *key, int64_t least,
	     int64_t most, int64_t *integer)
{
	return take_integer(reader, json_object_get(object, key), key, least, most, integer);
}

/* read_optional leaves *integer as it is if there is no such key. */
static bool
read_optional(struct reader *reader, const json_t *object, const char *key, int64_t most,
	      int64_t *integer)
{
	const json_t *value = json_object_get(object, key);

	return value == NULL || take_integer(reader, value, key, 0, most, integer);
}

static bool
take_name(struct reader *reader, const json_t *value, const char *key, const char **name)
{
	if (value == NULL)
		return wrong(reader, key, "is missing");
	if (json_is_integer(value)) {
		json_t *digits =
			json_sprintf("%lld", (long long)json_integer_value(value));
		*name = json_string_value(digits);
		return json_array_append_new(reader->book->names, digits) == 0 ||
		       no_memory(reader);
	}
	*name = json_string_value(value);
	if (*name == NULL || (*name)[0] == '\0' || strlen(*name) > NAME_SIZE_MAX ||
	    !cli_printable(*name))
		return wrong(reader, key, "write a name of 1 to %u bytes, or an integer",
			     NAME_SIZE_MAX);
	return true;
}

/* number_of returns the number of name in map, a new one if it has none; *known tells. */
static uint32_t
number_of(json_t *map, const char *name, bool *known)
{
	const json_t *found = json_object_get(map, name);
	const size_t next = json_object_size(map);

	*known = found != NULL;
	if (*known)
		return (uint32_t)json_integer_value(found);
	json_object_set_new(map, name, json_integer((json_int_t)next));
	return (uint32_t)next;
}

static bool
read_zone(struct reader *reader, const json_t *object, const char *key, uint32_t *zone)
{
	const char *name;

	if (!take_name(reader, json_object_get(object, key), key, &name))
		return false;
	const json_t *found = json_object_get(reader->zones, name);
	if (found == NULL)
		return wrong(reader, key, "\"%s\" is not among zones", name);
	*zone = (uint32_t)json_integer_value(found);
	return true;
}

static bool
read_zones(struct reader *reader, const json_t *zones)
{
	struct cli_book *book = reader->book;
	size_t index;
	json_t *zone;

	if (!json_is_array(zones) || json_array_size(zones) == 0 ||
	    json_array_size(zones) > BB_NODES_MAX)
		return wrong(reader, "zones", "write an array of 1 to %u names", BB_NODES_MAX);
	json_array_foreach(zones, index, zone) {
		char key[24];
		bool known;
		snprintf(key, sizeof(key), "zones[%zu]", index);
		if (!take_name(reader, zone, key, &book->zones[index]))
			return false;
		number_of(reader->zones, book->zones[index], &known);
		if (known)
			return wrong(reader, key, "\"%s\" is there twice", book->zones[index]);
	}
	book->zone_count = (uint32_t)json_array_size(zones);
	return true;
}

static bool
read_line(struct reader *reader, const json_t *object, struct bb_line *line)
{
	static const char *const keys[] = { "from", "to", "cap", "cap_reverse", "fee", NULL };
	const int64_t most = (int64_t)CLI_BOOK_SUM_MAX;
	int64_t there, back;

	if (!check_keys(reader, object, keys) ||
	    !read_zone(reader, object, "from", &line->from) ||
	    !read_zone(reader, object, "to", &line->to) ||
	    !read_integer(reader, object, "cap", 0, most, &there) ||
	    !read_integer(reader, object, "cap_reverse", 0, most, &back) ||
	    !read_integer(reader, object, "fee", 0, CLI_BOOK_PRICE_MAX, &line->fee))
		return false;
	if (line->from == line->to)
		return wrong(reader, "to", "is where the line begins");
	line->capacity_wh = (uint64_t)there;
	line->capacity_reverse_wh = (uint64_t)back;
	return true;
}

static bool
read_lines(struct reader *reader, const json_t *lines)
{
	struct cli_book *book = reader->book;
	size_t index;
	json_t *line;

	if (lines == NULL)
		return true;
	if (!json_is_array(lines) || json_array_size(lines) > BB_LINES_MAX)
		return wrong(reader, "lines", "write an array of at most %u lines", BB_LINES_MAX);
	json_array_foreach(lines, index, line) {
		snprintf(reader->place, sizeof(reader->place), "lines[%zu]", index);
		if (!read_line(reader, line, &book->lines[index]))
			return false;
	}
	reader->place[0] = '\0';
	book->line_count = (uint32_t)json_array_size(lines);
	return true;
}

static bool
read_side(struct reader *reader, const json_t *object, uint8_t *side)
{
	const char *text = json_string_value(json_object_get(object, "side"));

	if (text != NULL && strcmp(text, "buy") == 0)
		*side = BB_BUY;
	else if (text != NULL && strcmp(text, "sell") == 0)
		*side = BB_SELL;
	else
		return wrong(reader, "side", "write \"buy\" or \"sell\"");
	return true;
}

/* read_who reads id, owner and zone. */
static bool
read_who(struct reader *reader, const json_t *object, struct cli_book_order *order)
{
	const char *owner;
	bool known;

	if (!take_name(reader, json_object_get(object, "id"), "id", &order->id))
		return false;
	if (strcmp(order->id, CLI_BOOK_MARKET) == 0)
		return wrong(reader, "id", "\"" CLI_BOOK_MARKET "\" is the market's own name");
	number_of(reader->ids, order->id, &known);
	if (known)
		return wrong(reader, "id", "\"%s\" is there twice", order->id);
	if (!take_name(reader, json_object_get(object, "owner"), "owner", &owner))
		return false;
	order->owner = number_of(reader->owners, owner, &known);
	if (json_object_get(object, "zone") == NULL && reader->book->zone_count == 1)
		return true;
	return read_zone(reader, object, "zone", &order->zone);
}

static bool
read_order(struct reader *reader, const json_t *object, struct cli_book_order *order)
{
	static const char *const keys[] = { "id", "side", "price", "qty", "owner", "zone", "rep",
					    "source", "accept", NULL };
	int64_t quantity;
	int64_t reputation = BB_PPM;
	int64_t source = 0;
	int64_t accept = UINT16_MAX;

	if (!check_keys(reader, object, keys) || !read_who(reader, object, order) ||
	    !read_side(reader, object, &order->side) ||
	    !read_integer(reader, object, "price", reader->book->price_min,
			  reader->book->price_max, &order->price) ||
	    !read_integer(reader, object, "qty", 1, CLI_BOOK_QUANTITY_MAX, &quantity) ||
	    !read_optional(reader, object, "rep", BB_PPM, &reputation) ||
	    !read_optional(reader, object, "source", 15, &source) ||
	    !read_optional(reader, object, "accept", UINT16_MAX, &accept))
		return false;
	order->quantity = (uint64_t)quantity;
	order->reputation = (uint32_t)reputation;
	order->source = (uint8_t)source;
	order->accept = (uint16_t)accept;
	return true;
}

static bool
read_orders(struct reader *reader, const json_t *orders)
{
	struct cli_book *book = reader->book;
	uint64_t sum = 0;
	size_t index;
	json_t *order;

	if (!json_is_array(orders) || json_array_size(orders) > BB_ORDERS_MAX)
		return wrong(reader, "orders", "write an array of at most %u orders",
			     BB_ORDERS_MAX);
	book->orders = calloc(json_array_size(orders) + 1, sizeof(*book->orders));
	if (book->orders == NULL)
		return no_memory(reader);
	json_array_foreach(orders, index, order) {
		snprintf(reader->place, sizeof(reader->place), "orders[%zu]", index);
		if (!read_order(reader, order, &book->orders[index]))
			return false;
		if (book->orders[index].quantity > CLI_BOOK_SUM_MAX - sum)
			return wrong(reader, "qty", "all orders together exceed %llu",
				     (unsigned long long)CLI_BOOK_SUM_MAX);
		sum += book->orders[index].quantity;
	}
	reader->place[0] = '\0';
	book->order_count = (uint32_t)json_array_size(orders);
	return true;
}

static bool
read_band(struct reader *reader, const json_t *band)
{
	const int64_t most = CLI_BOOK_PRICE_MAX;
	struct cli_book *book = reader->book;

	if (!json_is_array(band) || json_array_size(band) != 2)
		return wrong(reader, "price_band", "write [lowest, highest]");
	return take_integer(reader, json_array_get(band, 0), "price_band[0]", -most, most,
			    &book->price_min) &&
	       take_integer(reader, json_array_get(band, 1), "price_band[1]", book->price_min,
			    most, &book->price_max);
}

static bool
read_book(struct reader *reader, const json_t *root)
{
	static const char *const keys[] = { "schema", "k_milli", "kappa", "price_band", "zones",
					    "lines", "orders", NULL };
	struct cli_book *book = reader->book;
	int64_t k_milli, kappa;

	if (!check_keys(reader, root, keys))
		return false;
	const char *schema = json_string_value(json_object_get(root, "schema"));
	if (schema == NULL || strcmp(schema, SCHEMA) != 0)
		return wrong(reader, "schema", "write \"" SCHEMA "\"");
	if (!read_integer(reader, root, "k_milli", 0, 1000, &k_milli) ||
	    !read_integer(reader, root, "kappa", 0, UINT32_MAX, &kappa))
		return false;
	book->k_milli = (uint32_t)k_milli;
	book->kappa = (uint32_t)kappa;
	return read_band(reader, json_object_get(root, "price_band")) &&
	       read_zones(reader, json_object_get(root, "zones")) &&
	       read_lines(reader, json_object_get(root, "lines")) &&
	       read_orders(reader, json_object_get(root, "orders"));
}

bool
cli_book_parse(const json_t *root, struct cli_book *book)
{
	struct reader reader = {
		.book = book, .zones = json_object(), .owners = json_object(),
		.ids = json_object(),
	};
	bool right;

	*book = (struct cli_book){ .names = json_array() };
	if (reader.zones == NULL || reader.owners == NULL || reader.ids == NULL ||
	    book->names == NULL)
		right = no_memory(&reader);
	else
		right = read_book(&reader, root);
	json_decref(reader.zones);
	json_decref(reader.owners);
	json_decref(reader.ids);
	return right;
}

void
cli_book_free(struct cli_book *book)
{
	json_decref(book->names);
	free(book->orders);
}

enum cli_exit
cli_book_read(struct cli *cli, const char *file, struct cli_book *book)
{
	const bool standard = strcmp(file, "-") == 0;
	const char *const called = standard ? "standard input" : file;
	json_error_t error;

	FILE *stream = standard ? stdin : fopen(file, "re");
	if (stream == NULL)
		return cli_fail_file(cli, cli_result_of_errno(), file);
	const json_t *root = json_loadf(stream, JSON_REJECT_DUPLICATES, &error);
	if (!standard)
		fclose(stream);
	if (root == NULL)
		return cli_fail(cli, CLI_USAGE, NULL, "%s:%d:%d: %s", called, error.line,
				error.column, cli_printable(error.text) ? error.text : "no JSON");
	const bool right = cli_book_parse(root, book);
	book->file = called;
	if (!right)
		return cli_fail(cli, book->no_memory ? CLI_UNHEALTHY : CLI_USAGE, NULL, "%s: %s",
				called, book->error);
	return CLI_GO_ON;
}
