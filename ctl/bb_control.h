/* bb_control - what may be asked over the control socket, as bytes.
 *
 * A Unix SEQPACKET socket, mode 0660; one JSON object a message, at most 64 KiB.
 * Integers are exact; keys and hashes are lower-case hex.  A key that is not in this
 * table, a key twice, or a value of another type is refused.
 *
 *	{"command": "status"}
 *	{"command": "members",  "first": 1}        first participant; default 1
 *	{"command": "products", "first": 0}        first index; default 0
 *	{"command": "book", "product": N, "depth": 10}    depth 1..64, default 10
 *	{"command": "accounts", "first": 1}        first account; default 1
 *	{"command": "courses",  "first": 0}        first index; default 0
 *	{"command": "rules"}
 *	{"command": "submit", "packet": HEX}       a whole signed packet, MAC included
 *	{"command": "venue"}
 *	{"command": "stop"}
 *
 * Answers, each {"ok": true, ...} or {"ok": false, "result": "ERR_X", "text": "..."}:
 *
 *	status    name, ledger_id, version, pid, uptime_ns; height, number, state_root,
 *	          block_hash, sealed_ns, epoch: what is durable; recovery {blocks, inputs,
 *	          torn_bytes, elapsed_ns}; halted (null: the matcher does not answer);
 *	          counters {NAME: n}, rx with the packets that were submitted here;
 *	          refused {ERR_X: n}, those above 0; lcores [{cpu,
 *	          duties [], turns, busy, longest_turn_ns}], busy being the share of the
 *	          last second, 0 to 1; ports [{device, link, mac, addresses [], rx,
 *	          rx_missed, rx_errors, rx_no_mbuf, tx, tx_errors}], link up or down;
 *	          rings [{name, used, size}]; mbufs {free, size}; healthy; alarms [];
 *	          clock {speed, time_ns}, the venue's time, where it is not the machine's
 *	members   members [{participant, key, status, roles [], zone, orders_max,
 *	          packets_per_s, burst, orders_live, sequence_highest, bought_wh, sold_wh,
 *	          money, locked, reputation, killed, silence_s, cap_in_wh, cap_out_wh,
 *	          order_wh_max, metered_by, reputation_min, feeder, source, escrow}], next
 *	          (0: that was all); status active or revoked; sequence_highest is a string,
 *	          as it may pass 2^63
 *	products  products [{product, price_min, price_max, tick, lot_wh, quantity_max_wh,
 *	          orders_live, last_price, trades, traded_wh}], next (0: that was all)
 *	book      product, buys [{price, orders, quantity_wh}], sells [...], best first
 *	accounts  accounts [{account, name, balance, locked}], next; participants by their id,
 *	          then the technical ones, whose name is not null
 *	courses   courses [{quarter, state, due_ns (null: waits for a command), rounds, lines,
 *	          disputes, readings, imbalance {long, short, reference} or null, tariffs
 *	          [{zone, injection, use}], zones [{zone, price (null: none yet)}]}], next; the
 *	          delivery intervals of the calendar, in no order
 *	rules     rules {NAME: n}, zones []: what holds for intervals that open from now on
 *	submit    report: HEX of one report packet, more: whether another part follows in
 *	          a message of its own; or the refusal of the gate
 *	venue     name, ledger_id, venue (the packets' field), venue_key, operator,
 *	          addresses [{host, udp}]
 *	stop      nothing more; the connection closes when all is durable and answered
 *
 * A connection may have several submits under way: a report names its packet by the
 * sequence in it, a refused submit by "sequence", a string.
 *
 * Memory   Parsing fills the caller's struct; jansson's own is freed before it returns.
 * Threads  None of its own.
 * Errors   BB_ERR_LENGTH, BB_ERR_FORMAT, BB_ERR_KIND (unknown command) and one line that
 *          says which key is wrong.
 * Replay   Not part of it.
 */
#ifndef BB_CONTROL_H
#define BB_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "base/bb_result.h"
#include "wire/bb_packet.h"

#define BB_CONTROL_MESSAGE_MAX 65536u
#define BB_CONTROL_TEXT        256u
#define BB_CONTROL_DEPTH_MAX   64u /* what one look at the book brings */

/*	command             name        what may be asked */
#define BB_CONTROL_LIST(X)                                                          \
	X(BB_CONTROL_STATUS,   "status")                                            \
	X(BB_CONTROL_MEMBERS,  "members")                                           \
	X(BB_CONTROL_PRODUCTS, "products")                                          \
	X(BB_CONTROL_BOOK,     "book")                                              \
	X(BB_CONTROL_ACCOUNTS, "accounts")                                          \
	X(BB_CONTROL_COURSES,  "courses")                                           \
	X(BB_CONTROL_RULES,    "rules")                                             \
	X(BB_CONTROL_SUBMIT,   "submit")                                            \
	X(BB_CONTROL_VENUE,    "venue")                                             \
	X(BB_CONTROL_STOP,     "stop")

enum bb_control_command {
#define X(command, name) command,
	BB_CONTROL_LIST(X)
#undef X
	BB_CONTROL_COMMANDS
};

struct bb_control_request {
	enum bb_control_command command;
	uint32_t first;   /* MEMBERS, PRODUCTS, ACCOUNTS, COURSES */
	uint32_t product; /* BOOK */
	uint32_t depth;   /* BOOK */
	uint32_t packet_size; /* SUBMIT: BB_PACKET_SIZE_MIN..BB_PACKET_SIZE_MAX */
	uint8_t packet[BB_PACKET_SIZE_MAX];
};

/* bb_control_parse reads one message.  On failure text says what is wrong with it, in
 * printable ASCII. */
enum bb_result bb_control_parse(const uint8_t *bytes, size_t size,
				struct bb_control_request *request,
				char text[BB_CONTROL_TEXT]);

#endif
