#include "ctl/cli_write.h"

#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>

void
cli_write_name(const char *text)
{
	putchar_unlocked('"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			putchar_unlocked('\\');
		putchar_unlocked(*text);
	}
	putchar_unlocked('"');
}

void
cli_wide_text(char text[CLI_WIDE_SIZE], __int128 value)
{
	const bool negative = value < 0;
	unsigned __int128 left = negative ? -(unsigned __int128)value : (unsigned __int128)value;
	char digits[CLI_WIDE_SIZE];
	uint32_t count = 0;

	do {
		digits[count++] = (char)('0' + (int)(left % 10));
		left /= 10;
	} while (left > 0);
	if (negative)
		*text++ = '-';
	while (count > 0)
		*text++ = digits[--count];
	*text = '\0';
}

void
cli_write_wide(__int128 value)
{
	char text[CLI_WIDE_SIZE];

	cli_wide_text(text, value);
	printf(value >= INT64_MIN && value <= INT64_MAX ? "%s" : "\"%s\"", text);
}
