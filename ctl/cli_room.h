/* cli_room - memory for one large JSON document, which is kept until the process ends.
 *
 * jansson makes some hundred bytes of each value, and touching so many new pages takes as long
 * as reading the text.  So pieces lie one behind the other in huge pages, and nothing is given
 * back before the end.
 *
 * Units    bytes.
 * Memory   Steps of 32 MiB, touched as they are needed.
 * Threads  One.
 * Errors   jansson tells that there is no memory left.
 * Replay   Not part of it.
 */
#ifndef CLI_ROOM_H
#define CLI_ROOM_H

/* cli_room_json has jansson take its memory from here, from now on.  What json_dumps returns must
 * not go to free() then, nor be given to anybody who calls it. */
void cli_room_json(void);

#endif
