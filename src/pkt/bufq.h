/* SPDX-License-Identifier: MIT */
/**
 * DOC: bufq - byte queues of a connection
 *
 * A send queue is a list of chunks with stream offsets; packets reference its bytes, so nothing is
 * copied for a first transmission or a retransmission. The copy at send leaves a sum for each block
 * of a segment's size: a segment that is cut where the blocks are needs no look at its bytes.
 *
 * A receive queue is a list of blocks that reference received frames, or chunks where keeping the
 * frame would pin more memory than the data is worth.
 *
 * Stream offsets are 32 bits and wrap, as sequence numbers do.
 */
#ifndef WF_PKT_BUFQ_H
#define WF_PKT_BUFQ_H

#include <stdbool.h>
#include <stdint.h>

#include "pkt/buf.h"
#include "weft/types.h"

struct pkt;
struct pkt_pool;

/** struct wf_sendq - Bytes from the first unacknowledged one on */
struct wf_sendq {
    struct wf_chunk *head, *tail;
    struct wf_chunk *cur; /* Where the last look-up ended. */
    uint32_t start, end;  /* Stream offsets: first byte kept, one past the last. */
    uint32_t block_left;  /* Bytes that the unfinished sum block still takes. */
};

/** struct wf_blk - A run of received bytes */
struct wf_blk {
    struct wf_slab_node node;
    struct wf_blk *next;
    const uint8_t *data;
    struct wf_buf *buf; /* Held. */
    uint32_t len;
    uint32_t charge; /* Bytes it counts for against the buffer limit, >= len. */
};

/** struct wf_recvq - Blocks in order */
struct wf_recvq {
    struct wf_blk *head, *tail;
    uint32_t bytes;
    uint32_t charge;
};

/**
 * wf_sendq_write() - Copy bytes to the end of the queue
 * @sent_off: stream offset of the next byte to be sent first: sums of sent blocks are not extended
 * @block_bytes: size of a segment; 0 = make no sums
 *
 * Return: bytes taken, fewer than @n if the chunks ran out.
 */
uint32_t wf_sendq_write(struct wf_bufs *b, struct wf_sendq *q, const uint8_t *src, uint32_t n,
                        uint32_t sent_off, uint32_t block_bytes);

/** wf_sendq_drop_to() - Forget the bytes in front of stream offset @off */
void wf_sendq_drop_to(struct wf_bufs *b, struct wf_sendq *q, uint32_t off);

/**
 * wf_sendq_slice() - Let a packet reference bytes [@off, @off + @len), which must be queued
 *
 * Return: bytes referenced, fewer than @len if the packet takes no more fragments.
 */
uint32_t wf_sendq_slice(struct wf_sendq *q, uint32_t off, uint32_t len, struct pkt *p);

/** wf_sendq_sums() - Sums of the @seg_bytes pieces of [@off, @off + @len) into @out */
void wf_sendq_sums(const struct wf_bufs *b, struct wf_sendq *q, uint32_t off, uint32_t len,
                   uint32_t seg_bytes, uint16_t *out);

/** wf_sendq_bytes() - Bytes queued */
static inline uint32_t wf_sendq_bytes(const struct wf_sendq *q)
{
    return q->end - q->start;
}

/**
 * wf_recvq_put() - Append @len payload bytes of a packet from its offset @off
 *
 * References the packet's memory where that pins at most twice the data, otherwise copies.
 *
 * Return: false if there is no memory; then nothing was appended.
 */
bool wf_recvq_put(struct pkt_pool *pool, struct wf_recvq *q, const struct pkt *p, uint32_t off,
                  uint32_t len);

/** wf_recvq_join() - Move all blocks of @more to the end of @q */
void wf_recvq_join(struct wf_recvq *q, struct wf_recvq *more);

/** wf_recvq_read() - Copy out and consume at most @n bytes; @dst NULL discards them */
uint32_t wf_recvq_read(struct pkt_pool *pool, struct wf_recvq *q, uint8_t *dst, uint32_t n);

/** wf_recvq_octet() - The octet at offset @off, which must be queued */
uint8_t wf_recvq_octet(const struct wf_recvq *q, uint32_t off);

/** wf_recvq_peek() - Show the first runs of bytes; returns the entries of @iov filled */
int wf_recvq_peek(const struct wf_recvq *q, struct weft_iov *iov, int iov_n);

#endif /* WF_PKT_BUFQ_H */
