/* SPDX-License-Identifier: MIT */
/**
 * DOC: pkt - packets: a linear part for headers, fragments that reference bytes elsewhere
 *
 *   head        data       data+len
 *    |-headroom--|--linear--|            frags[0] frags[1] ...
 *
 * On the way out the linear part lies in the packet's own head and the payload is referenced: send
 * queue chunks, received frames. On the way in the linear part may lie in lent memory (data_buf):
 * such bytes are never written; wf_pkt_own_headers() copies the headers before they are changed.
 *
 * A super-frame (gso_segs > 1) stands for many wire frames. A cut frame of one references its
 * parent, which lives as long as its parts.
 *
 * One rule of ownership: a function named *_input, *_output, *_enqueue, *_drop or *_free takes the
 * packet on every path, errors included. Every other function borrows it.
 */
#ifndef WF_PKT_PKT_H
#define WF_PKT_PKT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "pkt/buf.h"
#include "pkt/bufq.h"
#include "weft/stack.h"

#define PKT_HEAD_BYTES  208 /* Link, IP and TCP headers with full options, and a small payload. */
#define PKT_HEADROOM    32  /* Kept free in front of an IP header for what lies below it. */
#define PKT_CUT_BYTES   (PKT_HEAD_BYTES - PKT_HEADROOM)
#define PKT_FRAGS_MAX   46 /* A coalesced super-frame of 64 KiB, one for each frame. */
#define PKT_DGRAM_BYTES 92
#define PKT_SEGS_MAX    45 /* Wire frames of a super-frame that TCP builds: 64 KiB / 1,448. */

/** struct pkt_frag - Bytes that a packet references */
struct pkt_frag {
    const uint8_t *data;
    struct wf_buf *buf; /* Held for the packet. */
    uint32_t len;
};

/** enum pkt_csum - What is known about the transport checksum */
enum pkt_csum {
    PKT_CSUM_NONE,    /* In: not checked. Out: complete. */
    PKT_CSUM_OK,      /* In: the link vouches for it, or it was checked. */
    PKT_CSUM_PARTIAL, /* The field holds the pseudo-header's sum; csum_start, csum_offset are set.
                       */
};

/** struct pkt - One frame or super-frame on its way through the stack */
struct pkt {
    struct wf_slab_node node;
    /* What it takes to free it: all that a cut frame has. */
    struct wf_buf *data_buf; /* Holds the linear part; NULL = it lies in head. */
    struct pkt *parent;      /* Cut frame: the super-frame its payload lies in. */
    uint32_t refs;           /* Holders: 1 + cut frames. */
    uint16_t frags_n;
    uint16_t ifindex; /* In: where it came from. Out: where it goes. */
    union {
        /* Cut frame: its headers, in the lines that freeing it reads anyway. */
        uint8_t cut_head[PKT_CUT_BYTES];
        struct {
            struct pkt *next; /* Link of the one list the packet is on. */
            uint8_t *data;    /* First byte of the layer being processed. */
            uint32_t len;     /* Bytes of the linear part at data. */
            uint32_t total;   /* Bytes of linear part and fragments. */
            uint32_t pinned;  /* Memory that holding it pins, for accounting. */
            union {
                uint32_t next_hop; /* Out, waiting for a neighbour: IPv4 next hop as a number. */
                uint32_t
                    queued_us; /* Out, in a transmit queue: when it came, low bits of the time. */
            };
            uint16_t from_ifindex; /* Forwarded: where it came from; 0 = made here. */
            uint16_t gso_size, gso_segs;
            uint16_t l4_hdr_bytes; /* Super-frame: bytes of its transport header. */
            uint16_t csum_offset;  /* PARTIAL: place of the sum behind csum_at. */
            uint8_t *csum_at;      /* PARTIAL: first summed byte; lies in the linear part. */
            uint8_t csum;          /* enum pkt_csum */
            bool is_link_group;    /* In: came by link-layer broadcast or multicast. */
            bool is_tcp_cut; /* Out: gso_* are TCP facts and sums[] are valid or csum is PARTIAL. */
            bool is_coalesced; /* Super-frame gathered from frames: its IP length is the first
                                  one's. */
            bool is_cwr_all; /* Super-frame: CWR is on each frame (AccECN), not on the first alone.
                              */
            bool is_src_mismatch; /* In: ARP whose sender is not the source of its frame. */
            uint8_t id_step; /* Super-frame: identification grows by this from frame to frame. */
            uint8_t head[PKT_HEAD_BYTES];
        };
    };
    union {
        uint16_t sums[PKT_SEGS_MAX];    /* Super-frame by TCP: payload sum of each cut frame. */
        uint8_t dgram[PKT_DGRAM_BYTES]; /* In a datagram socket's queue: what came along. */
    };
    struct pkt_frag frags[PKT_FRAGS_MAX];
};

/** struct pkt_pool - Packets and the memory they reference; owner: the stack instance */
struct pkt_pool {
    struct wf_slab pkts;
    struct wf_bufs bufs;
    struct wf_slab blks;
};

/** wf_pkt_alloc() - An empty packet, data at PKT_HEADROOM in its own head; or NULL */
struct pkt *wf_pkt_alloc(struct pkt_pool *pool);

/**
 * wf_pkt_alloc_cut() - A cut frame: room for headers at PKT_HEADROOM of its head, and a share of
 * @parent; or NULL
 *
 * All but what wf_pkt_free() reads is left as it was: it may go to a driver and nowhere else.
 */
struct pkt *wf_pkt_alloc_cut(struct pkt_pool *pool, struct pkt *parent);

/** wf_pkt_is_bare() - Whether it has one holder, and all it consists of is its own */
static inline bool wf_pkt_is_bare(const struct pkt *p)
{
    return p->parent == NULL && p->data_buf == NULL && p->frags_n == 0 && p->refs == 1;
}

/** wf_pkt_free_shares() - A share of a packet, which may be the last, and then of its parent */
void wf_pkt_free_shares(struct pkt_pool *pool, struct pkt *p);

/** wf_pkt_free() - Give one holder's share of a packet up; with the last all it references */
static inline void wf_pkt_free(struct pkt_pool *pool, struct pkt *p)
{
    if (p != NULL && wf_pkt_is_bare(p))
        wf_slab_free(&pool->pkts, p);
    else
        wf_pkt_free_shares(pool, p);
}

/** wf_pkt_done() - The same for packets by their handles; what is gone already is passed over */
void wf_pkt_done(struct pkt_pool *pool, const uint64_t *handles, uint32_t n);

/** wf_pkt_push() - Grow the linear part at its front by @n bytes of own headroom (asserted) */
uint8_t *wf_pkt_push(struct pkt *p, uint32_t n);

/** wf_pkt_pull() - Drop @n bytes, at most the linear part (asserted), from the front */
void wf_pkt_pull(struct pkt *p, uint32_t n);

/**
 * wf_pkt_linear() - Make the first @n bytes linear, and leave the @keep bytes in front of them
 * there
 *
 * @keep: bytes of headers that were pulled and may be looked at again
 *
 * Return: false if there are fewer bytes or they do not fit.
 */
bool wf_pkt_linear(struct pkt_pool *pool, struct pkt *p, uint32_t keep, uint32_t n);

/** wf_pkt_unpull() - Take back @n bytes that were pulled and have not moved since */
void wf_pkt_unpull(struct pkt *p, uint32_t n);

/** wf_pkt_share() - Let @dst reference bytes [@off, @off + @len) of @src; false if it has no room
 */
bool wf_pkt_share(struct pkt *dst, const struct pkt *src, uint32_t off, uint32_t len);

/** wf_pkt_own_headers() - Have the first @n bytes in head, writable; false if that cannot be */
bool wf_pkt_own_headers(struct pkt_pool *pool, struct pkt *p, uint32_t n);

/** wf_pkt_trim() - Cut a packet to its first @total bytes */
void wf_pkt_trim(struct pkt_pool *pool, struct pkt *p, uint32_t total);

/** wf_pkt_frag_add() - Reference @len bytes at the end; the reference to @buf passes over */
void wf_pkt_frag_add(struct pkt *p, const uint8_t *data, uint32_t len, struct wf_buf *buf);

/** wf_pkt_append_copy() - Copy bytes to the end: into the head if they fit, else into chunks */
bool wf_pkt_append_copy(struct pkt_pool *pool, struct pkt *p, const uint8_t *src, uint32_t n);

/** wf_pkt_compact() - Copy the fragments into as few as can be; false if there is no memory */
bool wf_pkt_compact(struct pkt_pool *pool, struct pkt *p);

/** wf_pkt_copy_out() - Copy @n bytes from offset @off; both must lie in the packet (asserted) */
void wf_pkt_copy_out(const struct pkt_pool *pool, const struct pkt *p, uint32_t off, uint8_t *dst,
                     uint32_t n);

/** wf_pkt_sum() - Checksum of @n bytes from offset @off (asserted to be there) */
uint16_t wf_pkt_sum(const struct pkt_pool *pool, const struct pkt *p, uint32_t off, uint32_t n);

/**
 * wf_pool_is_tight() - Whether packets must not be queued for long any more
 *
 * The last quarter of them is for what is answered at once: ARP, ICMP, acknowledgements, resets.
 */
static inline bool wf_pool_is_tight(const struct pkt_pool *pool)
{
    return pool->pkts.in_use > pool->pkts.max - pool->pkts.max / 4;
}

/** wf_pkt_piece() - The @i-th run of bytes (0 = linear part); false past the end */
static inline bool wf_pkt_piece(const struct pkt *p, uint32_t i, struct pkt_frag *out)
{
    if (i == 0) {
        *out = (struct pkt_frag){p->data, p->data_buf, p->len};
        return true;
    }
    if (i > p->frags_n)
        return false;
    *out = p->frags[i - 1];
    return true;
}

#endif /* WF_PKT_PKT_H */
