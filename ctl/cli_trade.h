/* cli_trade - one packet of a participant, from a shell: sent with libbusbar, awaited, told.
 *
 * Units    none of its own.
 * Memory   events is a new reference; the client is closed, and secrets wiped, by whoever
 *          opened it.
 * Threads  One.
 * Errors   As cli_fail; what the market refuses is told by trade.refused.
 * Replay   Not part of it.
 */
#ifndef CLI_TRADE_H
#define CLI_TRADE_H

#include "client/bb_client.h"
#include "ctl/cli_common.h"
#include "ctl/cli_venue.h"

struct cli_trade {
	struct cli *cli;
	const char *venue_path; /* NULL: in the folder */
	const char *key;
	uint32_t participant;
	struct cli_venue venue;
	uint64_t sequence; /* of the packet that is awaited; 0: none */
	uint64_t height;
	uint64_t number;
	uint32_t packets;
	uint32_t event_count;
	uint32_t refused_count;
	uint16_t refused; /* the first refusal */
	bool quiet;       /* events are counted and kept, not printed */
	json_t *events;
};

/* The options by which every such command names its participant, for struct cli_option. */
#define CLI_TRADE_OPTIONS(trade)                                                              \
	{ "venue", "FILE", "venue.json of the operator (default: in the folder)", CLI_TEXT,   \
	  &(trade)->venue_path },                                                             \
	{ "participant", "N", "who sends", CLI_U32, &(trade)->participant, 1,                 \
	  BB_PARTICIPANTS_MAX },                                                              \
	{ "key", "FILE", "its secret key, of busbarctl key new", CLI_TEXT, &(trade)->key }

/* cli_trade_open reads the venue and the key, and goes on behind what was sent before. */
enum cli_exit cli_trade_open(struct cli *cli, struct cli_trade *trade, struct bb_client **client);

/* cli_trade_await waits for the answer to what bb_client_send (result) sent. */
enum cli_exit cli_trade_await(struct cli_trade *trade, struct bb_client *client,
			      enum bb_result result);

/* cli_trade_print prints what came back, object added to the JSON (the reference is taken). */
enum cli_exit cli_trade_print(struct cli_trade *trade, json_t *object);

#endif
