/* fuzz_control - any bytes as a control message: parsed or refused, never more. */
#include <stdlib.h>
#include <string.h>

#include "base/bb_assert.h"
#include "ctl/bb_control.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct bb_control_request request;
	char text[BB_CONTROL_TEXT];
	/* A copy of exactly this size: reading beyond it is seen. */
	uint8_t *exact = malloc(size == 0 ? 1 : size);

	BB_ASSERT(exact != NULL);
	if (size > 0)
		memcpy(exact, bytes, size);

	const enum bb_result result = bb_control_parse(exact, size, &request, text);

	free(exact);
	if (result != BB_OK) {
		BB_ASSERT(text[0] != '\0' && strlen(text) < BB_CONTROL_TEXT);
		for (const char *c = text; *c != '\0'; c++)
			BB_ASSERT(*c >= ' ' && *c <= '~');
		return 0;
	}
	BB_ASSERT(text[0] == '\0');
	BB_ASSERT(request.command < BB_CONTROL_COMMANDS);
	if (request.command == BB_CONTROL_SUBMIT)
		BB_ASSERT(request.packet_size >= BB_PACKET_SIZE_MIN &&
			  request.packet_size <= BB_PACKET_SIZE_MAX);
	if (request.command == BB_CONTROL_BOOK)
		BB_ASSERT(request.depth >= 1 && request.depth <= BB_CONTROL_DEPTH_MAX);
	if (request.command == BB_CONTROL_MEMBERS)
		BB_ASSERT(request.first >= 1 && request.first <= BB_PARTICIPANTS_MAX);
	if (request.command == BB_CONTROL_PRODUCTS)
		BB_ASSERT(request.first <= BB_PRODUCTS_MAX);
	return 0;
}
