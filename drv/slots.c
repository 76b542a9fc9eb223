/* SPDX-License-Identifier: MIT */
#include "drv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int wf_slots_init(struct wf_slots *s, const struct weft_driver_config *cfg)
{
    *s = (struct wf_slots){
        .small_n = cfg->small_slots != 0 ? cfg->small_slots : 1024,
        .large_n = (cfg->large_slots != 0 ? cfg->large_slots : 64) + 1, /* The reserve. */
    };
    s->mem_bytes = (size_t)s->small_n * WF_SMALL_BYTES + (size_t)s->large_n * WF_LARGE_BYTES;
    void *mem = mmap(NULL, s->mem_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    s->small = malloc(s->small_n * sizeof(*s->small));
    s->large = malloc(s->large_n * sizeof(*s->large));
    s->mem = mem != MAP_FAILED ? mem : NULL;
    if (s->mem == NULL || s->small == NULL || s->large == NULL) {
        wf_slots_free(s);
        return -ENOMEM;
    }
    /* Last in, first out, beginning with the lowest: what is used stays in the caches. */
    while (s->small_free < s->small_n) {
        s->small[s->small_free] = s->small_n - 1 - s->small_free;
        s->small_free++;
    }
    while (s->large_free < s->large_n) {
        s->large[s->large_free] = s->large_n - 1 - s->large_free;
        s->large_free++;
    }
    return 0;
}

void wf_slots_free(struct wf_slots *s)
{
    if (s->mem != NULL)
        munmap(s->mem, s->mem_bytes);
    free(s->small);
    free(s->large);
    *s = (struct wf_slots){0};
}

bool wf_slots_has(const struct wf_slots *s)
{
    return s->small_free > 0 && s->large_free > 0;
}

bool wf_slots_take(struct wf_slots *s, struct wf_slot *out)
{
    if (!wf_slots_has(s))
        return false;
    out->small = s->small[--s->small_free];
    out->large = s->large[--s->large_free];
    uint8_t *large = s->mem + (size_t)s->small_n * WF_SMALL_BYTES;
    out->iov[0].base = s->mem + (size_t)out->small * WF_SMALL_BYTES;
    out->iov[0].len = WF_SMALL_BYTES;
    out->iov[1].base = large + (size_t)out->large * WF_LARGE_BYTES;
    out->iov[1].len = WF_LARGE_BYTES;
    return true;
}

void wf_slots_drop(struct wf_slots *s, const struct wf_slot *slot)
{
    s->small[s->small_free++] = slot->small;
    s->large[s->large_free++] = slot->large;
}

/* What a frame costs the stack if it keeps it. A price above all lengths makes it copy. */
static uint32_t price(const struct wf_slots *s, bool has_large)
{
    if (s->small_free < s->small_n / 4 || (has_large && s->large_free <= s->large_n / 4))
        return UINT32_MAX;
    return has_large ? WF_FRAME_BYTES : WF_SMALL_BYTES;
}

bool wf_slots_lend(struct wf_slots *s, const struct wf_slot *slot, uint32_t len,
                   struct weft_frame *f)
{
    bool has_large = len > WF_SMALL_BYTES;
    if (has_large && s->large_free == 0) {
        wf_slots_drop(s, slot);
        return false;
    }
    if (!has_large)
        s->large[s->large_free++] = slot->large;
    /* Only what is used: a frame has 18 runs, clearing them costs more than filling one. */
    f->iov[0] = slot->iov[0];
    f->iov[0].len = has_large ? WF_SMALL_BYTES : len;
    f->iov_n = 1;
    if (has_large) {
        f->iov[1] = slot->iov[1];
        f->iov[1].len = len - WF_SMALL_BYTES;
        f->iov_n = 2;
    }
    f->csum_start = f->csum_offset = f->hdr_bytes = f->gso_size = f->gso_segs = 0;
    f->gso_type = WEFT_GSO_NONE;
    f->flags = 0;
    f->len = len;
    f->pinned_bytes = price(s, has_large);
    f->cookie = slot->small | (uint64_t)(has_large ? slot->large + 1 : 0) << 24;
    return true;
}

void wf_slots_release(struct wf_slots *s, const uint64_t *cookies, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        s->small[s->small_free++] = (uint32_t)(cookies[i] & 0xffffff);
        if (cookies[i] >> 24 != 0)
            s->large[s->large_free++] = (uint32_t)(cookies[i] >> 24) - 1;
    }
}
