/* gen_pcap - a file of Ethernet frames that tcpreplay, Wireshark and net_pcap read.
 *
 * The classic format, microseconds, in the byte order of this machine:
 *
 *	 0  4  magic a1b2c3d4        4  4  version 2, 4
 *	 8  8  zero                 16  4  longest frame kept: 65535
 *	20  4  link type 1, Ethernet
 *	then a frame: seconds, microseconds, kept size, size, 4 B each; its bytes
 *
 * Source   draft-ietf-opsawg-pcap.
 * Units    ns since 1970, UTC.
 * Memory   stdio's.
 * Threads  One.
 * Errors   bool, and errno says why.
 * Replay   The same frames at the same times give the same file.
 */
#ifndef GEN_PCAP_H
#define GEN_PCAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct gen_pcap {
	FILE *file;
};

bool gen_pcap_open(struct gen_pcap *pcap, const char *path);
bool gen_pcap_write(struct gen_pcap *pcap, uint64_t time_ns, const uint8_t *frame,
		    uint32_t size);

/* gen_pcap_close tells whether everything reached the file. */
bool gen_pcap_close(struct gen_pcap *pcap);

#endif
