/* SPDX-License-Identifier: MIT */
/** DOC: sim frame - references to lent frames, copies, and the trace hash */
#include <string.h>

#include "world.h"

#define FRAMES_PER_BLOCK 64U

struct sim_frame *wf_sim_frame(const struct weft_world *w, uint32_t index)
{
    return &w->frame_block[index / FRAMES_PER_BLOCK][index % FRAMES_PER_BLOCK];
}

static bool add_block(struct weft_world *w)
{
    void *array = w->frame_block;
    bool has_room =
        wf_sim_grow(w, &array, &w->frame_blocks_cap, w->frame_blocks + 1, sizeof(*w->frame_block));
    w->frame_block = array;
    struct sim_frame *block = has_room ? wf_sim_alloc(w, FRAMES_PER_BLOCK * sizeof(*block)) : NULL;
    if (block == NULL)
        return false;
    uint32_t first = w->frame_blocks * FRAMES_PER_BLOCK;
    w->frame_block[w->frame_blocks++] = block;
    for (uint32_t i = FRAMES_PER_BLOCK; i-- > 0;) {
        block[i].index = first + i;
        block[i].next_free = w->frame_free;
        w->frame_free = first + i;
    }
    return true;
}

static struct sim_frame *take(struct weft_world *w)
{
    if (w->frame_free == SIM_NONE && !add_block(w))
        return NULL;
    struct sim_frame *fr = wf_sim_frame(w, w->frame_free);
    w->frame_free = fr->next_free;
    w->frames_in_use++;
    fr->refs = 1;
    return fr;
}

static void give(struct weft_world *w, struct sim_frame *fr)
{
    /* With checks on, bytes sit in blocks of exactly their size, so that over-reads are seen. */
    if (w->cfg.is_checking) {
        wf_sim_free(w, fr->own);
        fr->own = NULL;
        fr->own_cap = 0;
    }
    fr->next_free = w->frame_free;
    w->frame_free = fr->index;
    w->frames_in_use--;
}

/* Everything but the runs of bytes, which are copied one by one: most frames have one or two. */
static void copy_facts(struct weft_frame *dst, const struct weft_frame *src)
{
    dst->iov_n = src->iov_n;
    dst->csum_start = src->csum_start;
    dst->csum_offset = src->csum_offset;
    dst->hdr_bytes = src->hdr_bytes;
    dst->gso_size = src->gso_size;
    dst->gso_segs = src->gso_segs;
    dst->gso_type = src->gso_type;
    dst->flags = src->flags;
    dst->len = src->len;
    dst->pinned_bytes = src->pinned_bytes;
}

struct sim_frame *wf_sim_frame_lent(struct weft_node *node, const struct weft_frame *f)
{
    struct sim_frame *fr = take(node->w);
    if (fr == NULL)
        return NULL;
    copy_facts(&fr->f, f);
    memcpy(fr->f.iov, f->iov, f->iov_n * sizeof(f->iov[0]));
    fr->lender = node;
    fr->lender_cookie = f->cookie;
    fr->lender_boots = node->boots;
    return fr;
}

struct sim_frame *wf_sim_frame_copy(struct weft_world *w, const struct weft_frame *f)
{
    struct sim_frame *fr = take(w);
    if (fr == NULL)
        return NULL;
    if (fr->own_cap < f->len || fr->own == NULL) {
        wf_sim_free(w, fr->own);
        fr->own_cap = w->cfg.is_checking || f->len > 2048 ? f->len : 2048;
        fr->own = wf_sim_alloc_raw(w, fr->own_cap);
    }
    if (fr->own == NULL) {
        fr->own_cap = 0;
        give(w, fr);
        return NULL;
    }
    copy_facts(&fr->f, f);
    size_t at = 0;
    for (uint32_t i = 0; i < f->iov_n; i++) {
        memcpy(fr->own + at, f->iov[i].base, f->iov[i].len);
        at += f->iov[i].len;
    }
    fr->f.iov[0].base = fr->own;
    fr->f.iov[0].len = at;
    fr->f.iov_n = 1;
    fr->f.pinned_bytes = 0;
    fr->lender = NULL;
    return fr;
}

void wf_sim_frame_put(struct weft_world *w, struct sim_frame *fr)
{
    if (--fr->refs != 0)
        return;
    struct weft_node *lender = fr->lender;
    uint64_t cookie = fr->lender_cookie;
    bool is_alive = lender != NULL && !lender->is_down && fr->lender_boots == lender->boots;
    fr->lender = NULL;
    give(w, fr);
    if (is_alive) {
        weft_tx_done(lender->st, &cookie, 1);
        weft_node_touch(lender);
    }
}

size_t wf_sim_frame_peek(const struct weft_frame *f, void *buf, size_t n)
{
    size_t at = 0;
    for (uint32_t i = 0; i < f->iov_n && at < n; i++) {
        size_t part = f->iov[i].len < n - at ? f->iov[i].len : n - at;
        memcpy((uint8_t *)buf + at, f->iov[i].base, part);
        at += part;
    }
    return at;
}

void wf_sim_frame_finish_csum(struct sim_frame *fr)
{
    if ((fr->f.flags & WEFT_FRAME_NEEDS_CSUM) == 0 || fr->own == NULL)
        return;
    uint64_t sum = 0;
    for (uint32_t i = fr->f.csum_start; i < fr->f.len; i++)
        sum += (i - fr->f.csum_start) % 2 == 0 ? (uint32_t)fr->own[i] << 8 : fr->own[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    uint32_t at = (uint32_t)fr->f.csum_start + fr->f.csum_offset;
    if (at + 2 <= fr->f.len) {
        fr->own[at] = (uint8_t)(~sum >> 8);
        fr->own[at + 1] = (uint8_t)~sum;
    }
    fr->f.flags &= (uint8_t)~WEFT_FRAME_NEEDS_CSUM;
}

/* The hash takes 64 bits at a time, put together byte by byte: the same on every machine, and
 * however the frame is cut into runs. */
struct hash {
    uint64_t h, word;
    unsigned n;
};

static uint64_t hash_word(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
    return h ^ (h >> 29);
}

static void hash_bytes(struct hash *s, const uint8_t *p, size_t n)
{
    for (; n > 0 && s->n != 0; p++, n--) {
        s->word |= (uint64_t)*p << (8 * s->n);
        s->n = (s->n + 1) % 8;
        if (s->n == 0) {
            s->h = hash_word(s->h, s->word);
            s->word = 0;
        }
    }
    uint64_t h = s->h;
    for (; n >= 8; p += 8, n -= 8)
        h = hash_word(h, (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
                             (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
                             (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56);
    s->h = h;
    for (; n > 0; p++, n--) {
        s->word |= (uint64_t)*p << (8 * s->n);
        s->n++;
    }
}

void wf_sim_hash_frame(struct weft_world *w, const struct weft_link *link, unsigned dir,
                       enum weft_fate fate, const struct weft_frame *f)
{
    struct hash s = {.h = hash_word(w->hash, w->now_ns), .word = 0, .n = 0};
    s.h = hash_word(s.h, (uint64_t)link->id << 32 | dir << 8 | (unsigned)fate);
    for (uint32_t i = 0; i < f->iov_n && !w->cfg.is_unhashed; i++)
        hash_bytes(&s, f->iov[i].base, f->iov[i].len);
    w->hash = hash_word(hash_word(s.h, s.word), f->len);
}
