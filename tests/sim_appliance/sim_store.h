/* sim_store - the rules of ledger/bb_store.c over a simulated disk, one operation at a time.
 *
 * What there are two threads is here two sequences of steps, each of a single operation of
 * the disk; whoever simulates decides which goes on, so a crash can come between any two.
 *
 *	flusher   [head of the next segment, sync, name, sync of names], blocks, sync, done
 *	keeper    [watermark, sync], [a spare: zeros, sync, name, sync of names]
 *
 * Any error of a write or sync of block or watermark is final.
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "ledger/bb_disk.h"
#include "ledger/bb_hold.h"
#include "ledger/bb_recover.h"
#include "tests/sim_appliance/sim_disk.h"
#include "tests/sim_appliance/sim_truth.h"

#define SIM_STORE_JOBS 8u

#define SIM_MILLISECOND UINT64_C(1000000)
#define SIM_KEEPER_TICK (50 * SIM_MILLISECOND)

enum sim_flusher { SIM_IDLE, SIM_HEAD_SYNC, SIM_NAME, SIM_NAME_SYNC, SIM_WRITE, SIM_SYNC };
enum sim_keeper { SIM_WATCH, SIM_MARK_SYNC, SIM_SPARE_SYNC, SIM_SPARE_NAME, SIM_SPARE_NAME_SYNC };
enum sim_spare { SIM_SPARE_MISSING, SIM_SPARE_READY, SIM_SPARE_TAKEN };

struct sim_store_spare {
	enum sim_spare state;
	uint32_t file;
	uint8_t nonce[16];
};

struct sim_store {
	struct sim_disk *disk;
	struct sim_truth *truth;
	struct bb_random *random;
	struct bb_hash ledger_id;
	uint64_t segment_size;
	bool signs;

	/* the lcore's */
	uint64_t segment;
	uint64_t offset;
	uint8_t nonce[16];
	struct bb_disk_write jobs[SIM_STORE_JOBS];
	uint64_t submitted;
	uint64_t durable_height;
	enum bb_result failed;

	enum sim_flusher flusher;
	uint64_t flusher_ns; /* when its operation is done */
	uint64_t done;       /* jobs */
	uint64_t written;
	uint64_t end; /* of the jobs that the next sync covers */

	enum sim_keeper keeper;
	uint64_t keeper_ns;
	uint64_t keeper_due_ns;
	struct bb_watermark mark;
	uint64_t mark_written; /* height */
	uint64_t mark_writing;
	uint64_t mark_count;
	struct sim_store_spare spares[SIM_SPARES];
	uint32_t spare_file; /* being made */
	uint64_t made; /* spares, ever; number n lies in slot n % SIM_SPARES */
	uint64_t taken;
	uint64_t activated;
	uint64_t full_until_ns; /* no room for a spare until then */

	uint32_t fails_in; /* operations until one fails; 0: none does */
};

/* sim_store_create makes a folder with genesis, as bb_ledger_create does. */
void sim_store_create(struct sim_store *store, struct sim_disk *disk, struct sim_truth *truth,
		      struct bb_random *random, const struct bb_genesis *genesis,
		      const struct bb_identity *signer, uint64_t segment_size);

/* sim_store_nonce draws the nonce of a segment. */
void sim_store_nonce(struct bb_random *random, uint8_t nonce[16]);

/* sim_store_witness reads the watermark, as a process sees it. */
void sim_store_witness(const struct sim_disk *disk, struct bb_witness *witness);

/* sim_store_mend mends a torn end; BB_ERR_IO when the power fails meanwhile.  truth hears of
 * the recovery block before any byte of it is written. */
enum bb_result sim_store_mend(struct sim_disk *disk, struct sim_truth *truth,
			      struct bb_recover *recover, const struct bb_identity *signer,
			      uint64_t now_ns);

/* sim_store_start goes on behind what recover has read and mended. */
enum bb_result sim_store_start(struct sim_store *store, struct bb_recover *recover,
			       uint64_t now_ns);

/* sim_store_holds returns whether nothing new should be taken, for want of room. */
bool sim_store_holds(const struct sim_store *store);

struct bb_disk sim_store_functions(struct sim_store *store);

/* These take the next step if its time has come; false: nothing to do. */
bool sim_store_flush(struct sim_store *store, uint64_t now_ns);
bool sim_store_keep(struct sim_store *store, uint64_t now_ns);

/* sim_store_rest finishes everything, watermark included: a clean stop. */
void sim_store_rest(struct sim_store *store, uint64_t *now_ns);

#endif
