/* SPDX-License-Identifier: MIT */
/**
 * DOC: slab - objects of one size in memory that the caller gave
 *
 * Memory is touched only up to a high-water mark, so a large slab costs nothing until it is used:
 * pages the slab has not come to stay untouched, whatever they hold. Freed objects are threaded and
 * taken again, the last one first. Every object starts with a struct wf_slab_node; its generation
 * is odd while the object lives and goes up with every alloc and free, so a handle (generation and
 * index) of an object that is gone finds nothing. Generations wrap after 2^31 lives of one object.
 */
#ifndef WF_BASE_SLAB_H
#define WF_BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct wf_slab_node - First member of every object; written by slab.c only */
struct wf_slab_node {
    uint32_t gen;  /* Odd = live. */
    uint32_t next; /* Index + 1: of the next free object, 0 = none; of a live one its own. */
};

/** struct wf_slab - The slab; everything outside slab.c reads in_use and max at most */
struct wf_slab {
    uint8_t *base;
    uint32_t stride;    /* Bytes from one object to the next, a multiple of 8. */
    uint32_t max;       /* Objects that fit. */
    uint32_t high;      /* Objects ever used: [0, high) have a valid node. */
    uint32_t free_head; /* Index + 1 of the first free object below the mark, 0 = none. */
    uint32_t in_use;    /* Live objects. */
};

/** wf_slab_bytes() - Memory that @max objects of @stride bytes take */
size_t wf_slab_bytes(uint32_t stride, uint32_t max);

/** wf_slab_init() - Start with no object; @mem is aligned as the objects need, at least to 8 */
void wf_slab_init(struct wf_slab *s, void *mem, uint32_t stride, uint32_t max);

/** wf_slab_alloc() - A live object, zero behind its node, or NULL if all are in use */
void *wf_slab_alloc(struct wf_slab *s);

/** wf_slab_alloc_head() - The same with only the first @clear_bytes zero, node included; the rest
 * is what it was, for large objects that write their tail before they read it */
void *wf_slab_alloc_head(struct wf_slab *s, uint32_t clear_bytes);

/** wf_slab_free() - End a live object (asserted) */
void wf_slab_free(struct wf_slab *s, void *obj);

/** wf_slab_is_live() - Whether an object lives; one that was freed may be asked, memory stays */
static inline bool wf_slab_is_live(const struct wf_slab_node *node)
{
    return (node->gen & 1) != 0;
}

/** wf_slab_index() - Index of a live object of this slab (asserted), below max */
uint32_t wf_slab_index(const struct wf_slab *s, const void *obj);

/** wf_slab_at() - The live object with this index, or NULL */
void *wf_slab_at(const struct wf_slab *s, uint32_t index);

/** wf_slab_handle() - generation << 32 | index + 1 of a live object (asserted); never 0 */
uint64_t wf_slab_handle(const struct wf_slab *s, const void *obj);

/** wf_slab_get() - The object of a handle, or NULL if it is gone; any value may be passed */
void *wf_slab_get(const struct wf_slab *s, uint64_t handle);

/**
 * wf_slab_next_live() - The live object with the smallest index >= @index, or NULL
 *
 * for (o = wf_slab_next_live(s, 0); o; o = wf_slab_next_live(s, wf_slab_index(s, o) + 1)) visits
 * all of them; the body may free any, if it takes the index first.
 */
void *wf_slab_next_live(const struct wf_slab *s, uint32_t index);

/** wf_slab_check() - Are counts, generations and the free chain consistent? Walks all objects */
bool wf_slab_check(const struct wf_slab *s);

#endif /* WF_BASE_SLAB_H */
