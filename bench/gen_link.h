/* gen_link - a way to the venue: a DPDK port, or a socket of the kernel.
 *
 * Units    ns.
 * Memory   The link's own; gen_link_close gives it back.
 * Threads  One.
 * Errors   Opening: false and one line of text.  What could not be sent is not taken.
 */
#ifndef GEN_LINK_H
#define GEN_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEN_LINK_TEXT 320u

struct gen_datagram {
	const uint8_t *bytes;
	uint32_t participant;
	uint16_t size;
};

/* Called for each payload that came in. */
typedef void gen_receive(void *context, const uint8_t *payload, size_t size);

struct gen_link {
	void *state;
	/* send takes the first of count datagrams, as many as go out now; returns how many. */
	uint32_t (*send)(void *state, const struct gen_datagram *datagrams, uint32_t count);
	/* receive hands out what waits, one burst at most; returns how many. */
	uint32_t (*receive)(void *state, gen_receive *receive, void *context);
	/* idle waits a moment, or not at all. */
	void (*idle)(void *state);
	/* wake is called now and then while answers are overdue: is the other end there?
	 * Returns true once each time that it was away and has come back. */
	bool (*wake)(void *state, uint64_t now_ns);
	void (*close)(void *state);
};

/* gen_link_udp opens a socket to target, HOST or HOST:PORT, [HOST]:PORT for IPv6; udp_port
 * where it names none. */
bool gen_link_udp(struct gen_link *link, const char *target, uint16_t udp_port,
		  char text[GEN_LINK_TEXT]);

struct gen_device {
	const char *device;     /* as bb_port_config has it; of a memif, rsize=14 is usual */
	const char *eal;        /* options instead of our own, or NULL */
	int32_t cpu;            /* to poll on; below 0: the first that we may use */
	const char *host;       /* of the venue, numeric */
	uint16_t udp_port;
	const uint8_t *venue_mac; /* NULL: ask for it */
	uint64_t patience_ns;   /* for the other end to appear */
};

/* gen_link_device starts DPDK and opens a port; this thread becomes its polling lcore. */
bool gen_link_device(struct gen_link *link, const struct gen_device *config,
		     char text[GEN_LINK_TEXT]);

/* gen_now_ns reads the clock that all times here are on. */
uint64_t gen_now_ns(void);

#endif
