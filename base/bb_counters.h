/* bb_counters - what each lcore counts, and how anyone reads it.
 *
 * One list.  Every refusal of the gate has its own counter: the index is
 * BB_COUNT_REFUSED + enum bb_result.  One struct a polling core; the control
 * thread adds them up.
 *
 * Units    packets, unless the name says otherwise.
 * Memory   The caller owns the struct; it fills whole cache lines.
 * Threads  One core writes (relaxed store of its own value), any core reads.
 * Errors   None.  They wrap after 2^64.
 * Replay   Never read by the market.
 */
#ifndef BB_COUNTERS_H
#define BB_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/bb_result.h"

/*	name                    text in `busbarctl status` */
#define BB_COUNTER_LIST(X)                                          \
	X(BB_COUNT_RX,               "rx")               /* frames from ports */           \
	X(BB_COUNT_ARP,              "arp_answered")     /* ARP and neighbour requests */  \
	X(BB_COUNT_ECHO,             "echo_answered")    /* ping */                        \
	X(BB_COUNT_FOREIGN,          "foreign")          /* frames for others, dropped */  \
	X(BB_COUNT_ACCEPTED,         "accepted")         /* handed to the matcher */       \
	X(BB_COUNT_REPEATED,         "repeated")         /* seen before: answered again */ \
	X(BB_COUNT_QUERIES,          "queries")                                            \
	X(BB_COUNT_DIFFERED,         "verify_differed")  /* two codes disagreed: the end */ \
	X(BB_COUNT_SEQUENCED,        "sequenced")        /* inputs numbered */             \
	X(BB_COUNT_TICKS,            "ticks")            /* inputs that are ticks */       \
	X(BB_COUNT_COMMANDS,         "commands")         /* records applied */             \
	X(BB_COUNT_TRADES,           "trades")                                             \
	X(BB_COUNT_TRADED_WH,        "traded_wh")        /* Wh */                          \
	X(BB_COUNT_BLOCKS,           "blocks")                                             \
	X(BB_COUNT_BLOCK_BYTES,      "block_bytes")      /* bytes */                       \
	X(BB_COUNT_ANSWERS,          "answers")          /* inputs whose outcome was sent */ \
	X(BB_COUNT_REPORTS,          "reports")          /* report packets sent */         \
	X(BB_COUNT_NOTICES,          "notices")          /* reports to counterparties */   \
	X(BB_COUNT_REFUSALS_SENT,    "refusals_sent")    /* answers of the gate itself */  \
	X(BB_COUNT_TX_DROPPED,       "tx_dropped")       /* the port would not take it */  \
	X(BB_COUNT_NO_MBUF,          "no_mbuf")          /* nothing to answer with */      \
	X(BB_COUNT_UNREACHED,        "unreached")        /* notice without a known address */ \
	X(BB_COUNT_FEED,             "feed_packets")                                       \
	X(BB_COUNT_TURNS,            "turns")            /* of the lcore's loop */         \
	X(BB_COUNT_BUSY_NS,          "busy_ns")          /* ns in turns that moved work */ \
	X(BB_COUNT_LONGEST_NS,       "longest_turn_ns")  /* ns, since start */

enum bb_counter {
#define X(name, text) name,
	BB_COUNTER_LIST(X)
#undef X
	BB_COUNT_REFUSED,                                  /* + enum bb_result */
	BB_COUNTERS = BB_COUNT_REFUSED + BB_RESULT_COUNT
};

struct bb_counters {
	_Alignas(64) _Atomic uint64_t of[BB_COUNTERS];
};

static inline void
bb_count(struct bb_counters *counters, uint32_t counter, uint64_t amount)
{
	/* One writer: no locked instruction is needed. */
	const uint64_t before =
		atomic_load_explicit(&counters->of[counter], memory_order_relaxed);
	atomic_store_explicit(&counters->of[counter], before + amount, memory_order_relaxed);
}

static inline void
bb_count_refusal(struct bb_counters *counters, enum bb_result reason)
{
	bb_count(counters, BB_COUNT_REFUSED + (uint32_t)reason, 1);
}

static inline uint64_t
bb_counted(const struct bb_counters *counters, uint32_t counter)
{
	return atomic_load_explicit(&counters->of[counter], memory_order_relaxed);
}

/* bb_counter_name returns the name in status, for a refusal that of its result;
 * NULL for a refusal that is no result. */
const char *bb_counter_name(uint32_t counter);

#endif
