/* SPDX-License-Identifier: MIT */
/**
 * DOC: trie - longest prefix match over keys of up to 128 bits
 *
 * A binary trie with paths compressed (Morrison's PATRICIA): a node stands for a prefix, has at
 * most two longer ones below it and is there only if it carries a value or forks. So n prefixes of
 * any lengths take at most 2n - 1 nodes: the memory for a million is known before the first is
 * added, which tables of fixed strides cannot say.
 *
 * A look-up does not begin at the root. A table of slots, indexed by the first bits of the key,
 * about two slots a prefix, says where to go on and what the longest match above is. A million
 * random prefixes leave one or two nodes to look at behind the slot; each is half a cache line.
 *
 *   slot.best   the longest prefix shorter than the slot's bits that covers the slot
 *   slot.start  the one node as long as the slot's bits, or longer, that all others of the slot are
 *               below of
 *
 * Adding and removing touch one path, and for a prefix shorter than the slot's bits the slots it
 * covers. An IPv4 prefix is the upper half of @hi; an IPv6 prefix fills both words.
 *
 * Limit: entries_max, given at the beginning.
 */
#ifndef WF_NET_TRIE_H
#define WF_NET_TRIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct wf_trie_key - A key or prefix, first bit on top; bits after a prefix are zero */
struct wf_trie_key {
    uint64_t hi, lo;
};

/** struct wf_trie_node - A prefix; node 0 is nobody */
struct wf_trie_node {
    struct wf_trie_key key;
    uint32_t child[2]; /* By the bit behind the prefix; 0 = none. Free: child[0] is the next. */
    uint32_t value;    /* The user's; 0 = only a fork. */
    uint8_t len;       /* Bits, 0..128. */
};
_Static_assert(sizeof(struct wf_trie_node) == 32, "half a cache line");

/** struct wf_trie_slot - Where a look-up begins */
struct wf_trie_slot {
    uint32_t start, best; /* Nodes; 0 = none. */
};

/** struct wf_trie - The trie; outside trie.c nothing is written */
struct wf_trie {
    struct wf_trie_node *nodes;
    struct wf_trie_slot *slots;
    uint32_t root;
    uint32_t max;     /* Nodes, number 0 included. */
    uint32_t high;    /* Nodes ever used. */
    uint32_t free;    /* First free node below the mark; 0 = none. */
    uint8_t slot_len; /* Bits that choose a slot. */
};

/** wf_trie_bytes() - Memory for @entries_max prefixes */
size_t wf_trie_bytes(uint32_t entries_max);

/** wf_trie_init() - Empty; @mem holds wf_trie_bytes() and is aligned to 32 */
void wf_trie_init(struct wf_trie *t, void *mem, uint32_t entries_max);

/** wf_trie_find() - The node of exactly this prefix, or NULL */
struct wf_trie_node *wf_trie_find(const struct wf_trie *t, struct wf_trie_key key, uint8_t len);

/**
 * wf_trie_put() - Have a prefix with a value that is not 0; one that is there gets the new value
 *
 * At most entries_max prefixes at a time: there is always room for these.
 */
void wf_trie_put(struct wf_trie *t, struct wf_trie_key key, uint8_t len, uint32_t value);

/** wf_trie_remove() - Take a prefix out; no-op if it is not there */
void wf_trie_remove(struct wf_trie *t, struct wf_trie_key key, uint8_t len);

/** wf_trie_next() - The next longer prefix of @key after @n (NULL: the shortest), or NULL */
const struct wf_trie_node *wf_trie_next(const struct wf_trie *t, const struct wf_trie_node *n,
                                        struct wf_trie_key key);

/** wf_trie_check() - Whether every invariant holds; takes time in proportion to all slots */
bool wf_trie_check(const struct wf_trie *t);

/** wf_trie_bit() - Bit number @at of a key, 0 = the first; past the end it is 0 */
static inline uint32_t wf_trie_bit(struct wf_trie_key key, uint8_t at)
{
    if (at < 64)
        return (uint32_t)(key.hi >> (63 - at)) & 1;
    return at < 128 ? (uint32_t)(key.lo >> (127 - at)) & 1 : 0;
}

/** wf_trie_covers() - Whether the first @len bits are the same */
static inline bool wf_trie_covers(struct wf_trie_key a, struct wf_trie_key b, uint8_t len)
{
    if (len < 64) /* By two steps: a shift by all 64 bits has no meaning. */
        return (a.hi ^ b.hi) >> 1 >> (63 - len) == 0;
    return a.hi == b.hi && (len == 128 ? a.lo == b.lo : (a.lo ^ b.lo) >> 1 >> (127 - len) == 0);
}

/*
 * What is below a prefix that does not match does not either. A fork is not compared: if it does
 * not match, no prefix below it will. @is_short: a constant, all prefixes are below 64 bits.
 */
static inline const struct wf_trie_node *wf_trie_walk(const struct wf_trie *t,
                                                      struct wf_trie_key key, bool is_short)
{
    const struct wf_trie_slot *s = &t->slots[key.hi >> (64 - t->slot_len)];
    uint32_t best = s->best;
    for (uint32_t i = s->start; i != 0;) {
        const struct wf_trie_node *n = &t->nodes[i];
        uint8_t len = is_short ? n->len & 63 : n->len;
        if (n->value != 0) {
            if (!wf_trie_covers(n->key, key, len))
                break;
            best = i;
        }
        i = n->child[wf_trie_bit(key, len)];
    }
    return best != 0 ? &t->nodes[best] : NULL;
}

/** wf_trie_lookup() - The longest prefix of @key, or NULL */
static inline const struct wf_trie_node *wf_trie_lookup(const struct wf_trie *t,
                                                        struct wf_trie_key key)
{
    return wf_trie_walk(t, key, false);
}

/** wf_trie_lookup_hi() - The same in a trie all of whose prefixes are shorter than 64 bits */
static inline const struct wf_trie_node *wf_trie_lookup_hi(const struct wf_trie *t, uint64_t hi)
{
    return wf_trie_walk(t, (struct wf_trie_key){.hi = hi}, true);
}

#endif /* WF_NET_TRIE_H */
