#define _GNU_SOURCE /* strptime, timegm */
#include "ctl/cli_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bb_assert.h"
#include "market/bb_command.h"

static const struct {
	uint16_t role;
	const char *name;
} roles_of[] = {
	{ BB_ROLE_TRADER, "trader" },
	{ BB_ROLE_METER, "meter" },
	{ BB_ROLE_GRID, "grid" },
	{ BB_ROLE_OPERATOR, "operator" },
};

#define ROLES (sizeof(roles_of) / sizeof(roles_of[0]))

/* Reads digits up to one that is none; *end is where that was. */
static bool
read_digits(const char *text, uint64_t *value, const char **end)
{
	uint64_t sum = 0;

	*end = text;
	for (; **end >= '0' && **end <= '9'; (*end)++) {
		const uint64_t digit = (uint64_t)(**end - '0');
		if (sum > (UINT64_MAX - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return *end != text;
}

bool
cli_read_u64(const char *text, uint64_t *value)
{
	const char *end;
	return read_digits(text, value, &end) && *end == '\0';
}

bool
cli_read_u32(const char *text, uint32_t *value)
{
	uint64_t wide;

	if (!cli_read_u64(text, &wide) || wide > UINT32_MAX)
		return false;
	*value = (uint32_t)wide;
	return true;
}

static bool
read_i32(const char *text, int32_t *value, const char **end)
{
	const bool negative = text[0] == '-';
	uint64_t size;

	if (!read_digits(text + negative, &size, end) || size > INT32_MAX)
		return false;
	*value = negative ? -(int32_t)size : (int32_t)size;
	return true;
}

bool
cli_read_i32(const char *text, int32_t *value)
{
	const char *end;
	return read_i32(text, value, &end) && *end == '\0';
}

bool
cli_read_band(const char *text, int32_t *least, int32_t *most)
{
	const char *end;
	return read_i32(text, least, &end) && *end == ':' && cli_read_i32(end + 1, most);
}

bool
cli_read_size(const char *text, uint64_t *value)
{
	static const char units[] = "KMG";
	const char *end;

	if (!read_digits(text, value, &end))
		return false;
	if (*end == '\0')
		return true;
	const char *unit = strchr(units, *end);
	if (unit == NULL || end[1] != '\0')
		return false;
	const unsigned shift = 10u * (unsigned)(unit - units + 1);
	if (*value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

static int
nibble_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

bool
cli_read_hex(const char *text, uint8_t *bytes, size_t size)
{
	if (strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		const int high = nibble_of(text[2 * i]);
		const int low = nibble_of(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void
cli_write_hex(char *text, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * size] = '\0';
}

bool
cli_read_time(const char *text, uint64_t *seconds)
{
	struct tm broken = { 0 };
	char again[CLI_TIME_SIZE];
	const char *end = strptime(text, "%Y-%m-%dT%H:%M", &broken);

	const bool has_seconds = end != NULL && *end == ':';
	if (has_seconds)
		end = strptime(end, ":%S", &broken);
	if (end == NULL || strcmp(end, "Z") != 0)
		return false;
	const time_t when = timegm(&broken);
	if (when < 0)
		return false;
	/* strptime takes blanks and timegm the 31st of June: only what is written back as it
	 * came was a time. */
	strftime(again, sizeof(again), has_seconds ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%dT%H:%MZ",
		 &broken);
	if (strcmp(text, again) != 0)
		return false;
	*seconds = (uint64_t)when;
	return true;
}

void
cli_write_time(char text[CLI_TIME_SIZE], uint64_t ns)
{
	const time_t seconds = (time_t)(ns / UINT64_C(1000000000));
	struct tm broken;

	if (gmtime_r(&seconds, &broken) == NULL)
		memset(&broken, 0, sizeof(broken));
	const size_t size = strftime(text, CLI_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &broken);
	snprintf(text + size, CLI_TIME_SIZE - size, ".%03uZ",
		 (unsigned)(ns / 1000000u % 1000u));
}

bool
cli_product_of(uint32_t zone, uint64_t start_s, uint32_t *product)
{
	if (zone > CLI_ZONE_MAX || start_s % CLI_QUARTER_S != 0 ||
	    start_s / CLI_QUARTER_S >= 1u << 24)
		return false;
	*product = zone << 24 | (uint32_t)(start_s / CLI_QUARTER_S);
	return true;
}

bool
cli_read_product(const char *text, uint32_t *product)
{
	const char *end;
	uint64_t zone;
	uint64_t start_s;

	if (!read_digits(text, &zone, &end))
		return false;
	if (*end == '\0')
		return cli_read_u32(text, product);
	return *end == ':' && zone <= CLI_ZONE_MAX && cli_read_time(end + 1, &start_s) &&
	       cli_product_of((uint32_t)zone, start_s, product);
}

void
cli_write_product(char text[CLI_PRODUCT_SIZE], uint32_t product)
{
	const time_t start_s = (time_t)(product & 0xffffffu) * CLI_QUARTER_S;
	struct tm broken;
	char start[CLI_TIME_SIZE];

	if (gmtime_r(&start_s, &broken) == NULL)
		memset(&broken, 0, sizeof(broken));
	strftime(start, sizeof(start), "%Y-%m-%dT%H:%MZ", &broken);
	snprintf(text, CLI_PRODUCT_SIZE, "%u:%.24s", product >> 24, start);
}

bool
cli_read_roles(const char *text, uint16_t *roles)
{
	uint32_t sum = 0;

	for (;;) {
		const size_t size = strcspn(text, ",");
		size_t i = 0;
		while (i < ROLES && (strlen(roles_of[i].name) != size ||
				     strncmp(roles_of[i].name, text, size) != 0))
			i++;
		if (i == ROLES)
			return false;
		sum |= roles_of[i].role;
		if (text[size] == '\0')
			break;
		text += size + 1;
	}
	*roles = (uint16_t)sum;
	return true;
}

void
cli_write_roles(char text[CLI_ROLES_SIZE], uint16_t roles)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ROLES; i++)
		if (roles & roles_of[i].role)
			used += (size_t)snprintf(text + used, CLI_ROLES_SIZE - used, "%s%s",
						 used == 0 ? "" : ",", roles_of[i].name);
	BB_ASSERT(used < CLI_ROLES_SIZE);
}

void
cli_write_number(char text[CLI_NUMBER_SIZE], uint64_t value)
{
	char digits[CLI_NUMBER_SIZE];
	const int size = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	size_t used = 0;

	for (int i = 0; i < size; i++) {
		if (i > 0 && (size - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
}

void
cli_write_bytes(char text[CLI_NUMBER_SIZE], uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		value /= 1024;
	snprintf(text, CLI_NUMBER_SIZE, "%.*f %s", unit == 0 ? 0 : 1, value, units[unit]);
}

bool
cli_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((uint8_t)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}
