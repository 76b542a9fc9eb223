/* SPDX-License-Identifier: MIT */
#include "base/slab.h"

#include <limits.h>
#include <string.h>

#include "base/base.h"

#define CLEAR_STEP 64u /* What compilers clear by whole registers, without a loop or a call. */

static struct wf_slab_node *node_at(const struct wf_slab *s, uint32_t index)
{
    return (struct wf_slab_node *)(void *)(s->base + (size_t)index * s->stride);
}

/* What makes 1 of an odd number, modulo the range of size_t. Each step doubles the good bits. */
static size_t inverse_of(size_t odd)
{
    size_t inverse = odd; /* Good for 3 bits: an odd square is 1 modulo 8. */
    for (unsigned bits = 3; bits < sizeof(inverse) * CHAR_BIT; bits *= 2)
        inverse *= 2 - odd * inverse;
    return inverse;
}

size_t wf_slab_bytes(uint32_t stride, uint32_t max)
{
    return (size_t)stride * max;
}

void wf_slab_init(struct wf_slab *s, void *mem, uint32_t stride, uint32_t max)
{
    WF_ASSERT(stride >= sizeof(struct wf_slab_node) && stride % 8 == 0);
    WF_ASSERT((uintptr_t)mem % 8 == 0);
    WF_ASSERT(max < UINT32_MAX); /* Index + 1 has to fit. */
    uint32_t shift = 3;
    while ((stride >> shift & 1) == 0)
        shift++;
    *s = (struct wf_slab){.base = mem,
                          .inverse = inverse_of(stride >> shift),
                          .shift = shift,
                          .stride = stride,
                          .max = max};
    WF_UNPOISON(mem, wf_slab_bytes(stride, max)); /* An earlier slab in this memory left poison. */
}

void *wf_slab_alloc(struct wf_slab *s)
{
    return wf_slab_alloc_head(s, s->stride);
}

/*
 * Inline, as every packet passes here: the compiler may take these into their callers, where the
 * bytes to clear are known. Such functions may not call static ones, so they spell out what
 * node_at() is.
 */
inline void *wf_slab_alloc_head(struct wf_slab *s, uint32_t clear_bytes)
{
    WF_ASSERT(clear_bytes >= sizeof(struct wf_slab_node));
    bool is_first_life = s->free_head == 0;
    if (is_first_life && s->high == s->max)
        return NULL;
    uint32_t index = is_first_life ? s->high++ : s->free_head - 1;
    struct wf_slab_node *node = (void *)(s->base + (size_t)index * s->stride);
    if (is_first_life)
        node->gen = 0;
    s->free_head = is_first_life ? 0 : node->next;
    s->in_use++;
    node->gen++;
    node->next = index + 1;
    WF_UNPOISON(node + 1, s->stride - sizeof(*node));
    uint8_t *at = (uint8_t *)(node + 1);
    uint32_t left = clear_bytes - (uint32_t)sizeof(*node);
    for (; left > CLEAR_STEP; left -= CLEAR_STEP, at += CLEAR_STEP)
        memset(at, 0, CLEAR_STEP);
    memset(at, 0, left);
    return node;
}

inline void wf_slab_free(struct wf_slab *s, void *obj)
{
    struct wf_slab_node *node = obj;
    uint32_t number = node->next;
    WF_ASSERT((node->gen & 1) != 0 && s->base + (size_t)(number - 1) * s->stride == obj);
    node->gen++;
    node->next = s->free_head;
    s->free_head = number;
    s->in_use--;
    WF_POISON(node + 1, s->stride - sizeof(*node));
}

/*
 * A division that comes out even is a multiplication by the inverse. Of any other offset it makes a
 * number beyond all indices, so one comparison asserts both that it was even and what came out.
 */
inline uint32_t wf_slab_index(const struct wf_slab *s, const void *obj)
{
    size_t offset = (size_t)((uintptr_t)obj - (uintptr_t)s->base), product = offset * s->inverse;
    size_t index = product >> s->shift | product << (sizeof(product) * CHAR_BIT - s->shift);
    WF_ASSERT(index < s->high);
    return (uint32_t)index;
}

void *wf_slab_at(const struct wf_slab *s, uint32_t index)
{
    if (index >= s->high)
        return NULL;
    struct wf_slab_node *node = node_at(s, index);
    return wf_slab_is_live(node) ? node : NULL;
}

inline uint64_t wf_slab_handle(const struct wf_slab *s, const void *obj)
{
    const struct wf_slab_node *node = obj;
    WF_ASSERT((node->gen & 1) != 0 && node->next <= s->high);
    return (uint64_t)node->gen << 32 | node->next;
}

void *wf_slab_get(const struct wf_slab *s, uint64_t handle)
{
    /* Index + 1 = 0 becomes UINT32_MAX, which is never below the mark. */
    struct wf_slab_node *node = wf_slab_at(s, (uint32_t)handle - 1);
    return node != NULL && node->gen == handle >> 32 ? node : NULL;
}

void *wf_slab_next_live(const struct wf_slab *s, uint32_t index)
{
    for (; index < s->high; index++) {
        struct wf_slab_node *node = node_at(s, index);
        if (wf_slab_is_live(node))
            return node;
    }
    return NULL;
}

bool wf_slab_check(const struct wf_slab *s)
{
    uint32_t live = 0, freed = 0;
    for (uint32_t i = 0; i < s->high; i++)
        live += wf_slab_is_live(node_at(s, i));
    for (uint32_t at = s->free_head; at != 0; at = node_at(s, at - 1)->next) {
        if (at > s->high || wf_slab_is_live(node_at(s, at - 1)) || ++freed > s->high)
            return false;
    }
    return s->high <= s->max && live == s->in_use && live + freed == s->high;
}
