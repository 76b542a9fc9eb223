/* SPDX-License-Identifier: MIT */
#include "base/slab.h"

#include <string.h>

#include "base/base.h"

#define CLEAR_STEP 64u /* What compilers clear by whole registers, without a loop or a call. */

static struct wf_slab_node *node_at(const struct wf_slab *s, uint32_t index)
{
    return (struct wf_slab_node *)(void *)(s->base + (size_t)index * s->stride);
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
    *s = (struct wf_slab){.base = mem, .stride = stride, .max = max};
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
    uint32_t index = wf_slab_index(s, obj);
    node->gen++;
    node->next = s->free_head;
    s->free_head = index + 1;
    s->in_use--;
    WF_POISON(node + 1, s->stride - sizeof(*node));
}

inline uint32_t wf_slab_index(const struct wf_slab *s, const void *obj)
{
    const struct wf_slab_node *node = obj;
    uint32_t index = node->next - 1;
    WF_ASSERT((node->gen & 1) != 0 && s->base + (size_t)index * s->stride == obj);
    return index;
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
    for (uint32_t i = 0; i < s->high; i++) {
        const struct wf_slab_node *node = node_at(s, i);
        live += wf_slab_is_live(node);
        if (wf_slab_is_live(node) && node->next != i + 1)
            return false;
    }
    for (uint32_t at = s->free_head; at != 0; at = node_at(s, at - 1)->next) {
        if (at > s->high || wf_slab_is_live(node_at(s, at - 1)) || ++freed > s->high)
            return false;
    }
    return s->high <= s->max && live == s->in_use && live + freed == s->high;
}
