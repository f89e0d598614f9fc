#include "bench/gen_pcap.h"

#define FRAME_MAX UINT32_C(65535)

bool
gen_pcap_open(struct gen_pcap *pcap, const char *path)
{
	static const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zero[2], frame_max, link_type;
	} head = { 0xa1b2c3d4, 2, 4, { 0, 0 }, FRAME_MAX, 1 };
	_Static_assert(sizeof(head) == 24, "as the format says");

	pcap->file = fopen(path, "wb");
	if (pcap->file == NULL)
		return false;
	if (fwrite(&head, sizeof(head), 1, pcap->file) == 1)
		return true;
	(void)fclose(pcap->file);
	return false;
}

bool
gen_pcap_write(struct gen_pcap *pcap, uint64_t time_ns, const uint8_t *frame, uint32_t size)
{
	const uint32_t head[4] = {
		(uint32_t)(time_ns / 1000000000),
		(uint32_t)(time_ns % 1000000000 / 1000),
		size,
		size,
	};

	return size <= FRAME_MAX && fwrite(head, sizeof(head), 1, pcap->file) == 1 &&
	       fwrite(frame, size, 1, pcap->file) == 1;
}

bool
gen_pcap_close(struct gen_pcap *pcap)
{
	const bool good = ferror(pcap->file) == 0;
	return fclose(pcap->file) == 0 && good;
}
