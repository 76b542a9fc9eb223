/* SPDX-License-Identifier: MIT */
/**
 * DOC: buf - memory for payload bytes: chunks of data areas, and frames that were lent to us
 *
 * Both are a wf_buf: a run of bytes with a count of references. The last one to let go returns a
 * chunk to its pool, and puts a lent frame's cookie on the list that weft_rx_done() hands back.
 * References are not atomic: a stack is one thread.
 */
#ifndef WF_PKT_BUF_H
#define WF_PKT_BUF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "weft/stack.h"

#define WF_AREAS_MAX  16
#define WF_READ_MAX   64
#define WF_CHUNK_SUMS 24

/** enum wf_buf_kind - Whose memory it is */
enum wf_buf_kind { BUF_CHUNK, BUF_LENT };

/** struct wf_buf - A run of bytes with an owner */
struct wf_buf {
    struct wf_slab_node node;
    uint8_t *base;
    uint32_t cap;  /* Bytes at base (LENT: bytes pinned by holding it). */
    uint32_t used; /* CHUNK: bytes filled from the front. */
    uint32_t refs;
    enum wf_buf_kind kind;
    uint64_t cookie;      /* LENT: the lender's. */
    struct wf_buf *next;  /* Free LENT: list of cookies to give back. */
    struct wf_buf *chain; /* LENT: goes with this one: a frame whose bytes follow it in memory. */
};

/** struct wf_chunk - A chunk as a send queue uses it: linked, with the sums of what was copied in
 */
struct wf_chunk {
    struct wf_buf buf;
    struct wf_chunk *next; /* In the send queue, towards newer bytes. */
    uint32_t start;        /* Stream offset of the first byte. */
    uint16_t sums_n;
    struct {
        uint16_t end;      /* Bytes of the chunk up to the end of this block. */
        uint16_t sum;      /* Of the block, as if it began at an even offset. */
    } sums[WF_CHUNK_SUMS]; /* Blocks from the front; bytes after the last one have no sum. */
};

/** struct wf_bufs - The pools; owner: the stack instance */
struct wf_bufs {
    struct wf_slab chunks; /* max grows with every area */
    struct wf_slab lent;
    struct {
        uint8_t *base;
        uint32_t first, n; /* Chunk indices. */
    } areas[WF_AREAS_MAX];
    uint32_t areas_n;
    uint32_t chunk_bytes, chunks_max;
    struct wf_chunk *bump;                /* Shared by small datagrams; not referenced. */
    struct wf_buf *done_head, *done_tail; /* Lent frames nobody needs any more. */
    uint64_t read[WF_READ_MAX];           /* Cookies of such that were never held. */
    uint32_t read_n;
    struct weft_vec vec;
};

extern const struct weft_vec wf_vec_scalar; /* Portable routines for when the host has none. */

/** wf_bufs_area_add() - Cut memory into chunks; returns their number or -WEFT_E... */
int wf_bufs_area_add(struct wf_bufs *b, void *base, size_t bytes);

/** wf_chunk_alloc() - An empty chunk with one reference, or NULL */
struct wf_chunk *wf_chunk_alloc(struct wf_bufs *b);

/**
 * wf_chunk_bump() - Room for a small datagram in a chunk shared with others
 *
 * Return: the chunk, referenced for the caller, and @at set to @n writable bytes; or NULL.
 */
struct wf_chunk *wf_chunk_bump(struct wf_bufs *b, uint32_t n, uint8_t **at);

/** wf_lent_alloc() - A descriptor for a frame that pins @pinned bytes, with one reference, or NULL
 */
struct wf_buf *wf_lent_alloc(struct wf_bufs *b, uint64_t cookie, uint32_t pinned);

/** wf_buf_release() - Give one reference up; with the last one the bytes go back to their owner */
void wf_buf_release(struct wf_bufs *b, struct wf_buf *buf);

/**
 * wf_lent_read() - A frame was read at once and is not held: its lender gets it back
 *
 * It takes no descriptor. Return: false if there is no room, then the frame has to be held.
 */
static inline bool wf_lent_read(struct wf_bufs *b, uint64_t cookie)
{
    if (b->read_n == WF_READ_MAX)
        return false;
    b->read[b->read_n++] = cookie;
    return true;
}

/** wf_lent_done() - Take cookies of finished frames, at most @n; returns their number */
uint32_t wf_lent_done(struct wf_bufs *b, uint64_t *cookies, uint32_t n);

/**
 * wf_lent_may_keep() - Whether queues may still keep lent frames
 *
 * Half of the descriptors stay free for what has to be looked at next: were all of them held by
 * data out of order, the segment that fills the gap could not come in.
 */
static inline bool wf_lent_may_keep(const struct wf_bufs *b)
{
    return b->lent.in_use <= b->lent.max / 2;
}

static inline struct wf_buf *wf_buf_hold(struct wf_buf *buf)
{
    buf->refs++;
    return buf;
}

#endif /* WF_PKT_BUF_H */
