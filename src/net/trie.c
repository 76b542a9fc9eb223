/* SPDX-License-Identifier: MIT */
#include "net/trie.h"

#include <string.h>

#include "base/base.h"

#define SLOT_LEN_MIN 4
#define SLOT_LEN_MAX 22 /* 32 MiB of slots. */
#define NO_LEN       (-1)

static uint8_t slot_len(uint32_t entries_max)
{
    uint8_t len = SLOT_LEN_MIN;
    while (len < SLOT_LEN_MAX && 1u << len < 2 * entries_max)
        len++;
    return len;
}

static uint32_t nodes_max(uint32_t entries_max)
{
    return 2 * entries_max + 1; /* 2n - 1, one while a prefix comes in, and nobody. */
}

size_t wf_trie_bytes(uint32_t entries_max)
{
    return (size_t)nodes_max(entries_max) * sizeof(struct wf_trie_node) +
           ((size_t)1 << slot_len(entries_max)) * sizeof(struct wf_trie_slot);
}

void wf_trie_init(struct wf_trie *t, void *mem, uint32_t entries_max)
{
    *t = (struct wf_trie){
        .nodes = mem, .max = nodes_max(entries_max), .high = 1, .slot_len = slot_len(entries_max)};
    t->slots = (void *)(t->nodes + t->max);
    memset(t->slots, 0, ((size_t)1 << t->slot_len) * sizeof(*t->slots));
}

/* ---- nodes ---- */

static uint32_t alloc(struct wf_trie *t, struct wf_trie_key key, uint8_t len)
{
    uint32_t i = t->free;
    if (i != 0)
        t->free = t->nodes[i].child[0];
    else
        i = t->high++;
    WF_ASSERT(i < t->max);
    t->nodes[i] = (struct wf_trie_node){.key = key, .len = len};
    return i;
}

static void release(struct wf_trie *t, uint32_t i)
{
    t->nodes[i].child[0] = t->free;
    t->free = i;
}

static struct wf_trie_key cut(struct wf_trie_key key, uint8_t len)
{
    if (len < 64) {
        key.hi = len == 0 ? 0 : key.hi & UINT64_MAX << (64 - len);
        key.lo = 0;
    } else if (len < 128) {
        key.lo = len == 64 ? 0 : key.lo & UINT64_MAX << (128 - len);
    }
    return key;
}

/* How many bits two keys have in common, at most @most. */
static uint8_t common_len(struct wf_trie_key a, struct wf_trie_key b, uint8_t most)
{
    uint8_t low = 0, high = most; /* The first @low bits are equal, more than @high nobody asks. */
    while (low < high) {
        uint8_t mid = (uint8_t)((low + high + 1) / 2);
        if (wf_trie_covers(a, b, mid))
            low = mid;
        else
            high = (uint8_t)(mid - 1);
    }
    return low;
}

/* ---- slots ---- */

static struct wf_trie_slot *slot_of(const struct wf_trie *t, struct wf_trie_key key)
{
    return &t->slots[key.hi >> (64 - t->slot_len)];
}

/* Node @i (0 = none) now hangs below a node of @above_len bits, in the slot of @key. */
static void settle_start(struct wf_trie *t, uint32_t i, struct wf_trie_key key, uint8_t len,
                         int above_len)
{
    if (len >= t->slot_len && above_len < (int)t->slot_len)
        slot_of(t, key)->start = i;
}

/* A prefix shorter than a slot's bits came: it is best wherever nothing longer is. */
static void spread(struct wf_trie *t, uint32_t i)
{
    const struct wf_trie_node *n = &t->nodes[i];
    if (n->len >= t->slot_len)
        return;
    struct wf_trie_slot *s = slot_of(t, n->key);
    uint32_t shorter = 0; /* Slots beside each other mostly have the same: it is looked at once. */
    for (uint32_t left = 1u << (t->slot_len - n->len); left > 0; left--, s++) {
        if (s->best != shorter && t->nodes[s->best].len >= n->len)
            continue;
        shorter = s->best;
        s->best = i;
    }
}

/* It went: what it was below of is best again. */
static void withdraw(struct wf_trie *t, uint32_t i, uint32_t above)
{
    const struct wf_trie_node *n = &t->nodes[i];
    if (n->len >= t->slot_len)
        return;
    struct wf_trie_slot *s = slot_of(t, n->key);
    for (uint32_t left = 1u << (t->slot_len - n->len); left > 0; left--, s++)
        if (s->best == i)
            s->best = above;
}

/* ---- changes ---- */

struct wf_trie_node *wf_trie_find(const struct wf_trie *t, struct wf_trie_key key, uint8_t len)
{
    for (uint32_t i = t->root; i != 0;) {
        struct wf_trie_node *n = &t->nodes[i];
        if (n->len > len || !wf_trie_covers(n->key, key, n->len))
            return NULL;
        if (n->len == len)
            return n->value != 0 ? n : NULL;
        i = n->child[wf_trie_bit(key, n->len)];
    }
    return NULL;
}

/* Put a new node for (@key, @len) where @link is, in front of what is there; its number. */
static uint32_t insert_at(struct wf_trie *t, uint32_t *link, struct wf_trie_key key, uint8_t len,
                          int above_len)
{
    uint32_t old = *link, i = alloc(t, key, len);
    if (old == 0) {
        *link = i;
        settle_start(t, i, key, len, above_len);
        return i;
    }
    struct wf_trie_key old_key = t->nodes[old].key;
    uint8_t common = common_len(old_key, key, len);
    if (common == len) {
        t->nodes[i].child[wf_trie_bit(old_key, len)] = old;
        *link = i;
        settle_start(t, i, key, len, above_len);
        return i;
    }
    uint32_t fork = alloc(t, cut(key, common), common);
    t->nodes[fork].child[wf_trie_bit(old_key, common)] = old;
    t->nodes[fork].child[wf_trie_bit(key, common)] = i;
    *link = fork;
    settle_start(t, fork, key, common, above_len);
    settle_start(t, i, key, len, common);
    return i;
}

void wf_trie_put(struct wf_trie *t, struct wf_trie_key key, uint8_t len, uint32_t value)
{
    WF_ASSERT(value != 0 && len <= 128);
    uint32_t *link = &t->root;
    int above_len = NO_LEN;
    for (;;) {
        struct wf_trie_node *n = &t->nodes[*link];
        if (*link == 0 || n->len > len || !wf_trie_covers(n->key, key, n->len))
            break;
        if (n->len == len) {
            bool is_new = n->value == 0;
            n->value = value;
            if (is_new)
                spread(t, *link);
            return;
        }
        above_len = n->len;
        link = &n->child[wf_trie_bit(key, n->len)];
    }
    uint32_t i = insert_at(t, link, key, len, above_len);
    t->nodes[i].value = value;
    spread(t, i);
}

/* A node without a value and with fewer than two below it is not needed; its one child, or 0. */
static void splice(struct wf_trie *t, uint32_t *link, int above_len)
{
    uint32_t i = *link;
    const struct wf_trie_node *n = &t->nodes[i];
    if (n->value != 0 || (n->child[0] != 0 && n->child[1] != 0))
        return;
    uint32_t below = n->child[0] | n->child[1];
    *link = below;
    settle_start(t, below, n->key, n->len, above_len);
    release(t, i);
}

void wf_trie_remove(struct wf_trie *t, struct wf_trie_key key, uint8_t len)
{
    uint32_t *link = &t->root, *up_link = NULL, above = 0;
    int above_len = NO_LEN, up_above_len = NO_LEN;
    for (;;) {
        const struct wf_trie_node *n = &t->nodes[*link];
        if (*link == 0 || n->len > len || !wf_trie_covers(n->key, key, n->len))
            return;
        if (n->len == len)
            break;
        above = n->value != 0 ? *link : above;
        up_link = link;
        up_above_len = above_len;
        above_len = n->len;
        link = &t->nodes[*link].child[wf_trie_bit(key, n->len)];
    }
    if (t->nodes[*link].value == 0)
        return;
    t->nodes[*link].value = 0;
    withdraw(t, *link, above);
    splice(t, link, above_len);
    if (*link == 0 && up_link != NULL)
        splice(t, up_link, up_above_len);
}

const struct wf_trie_node *wf_trie_next(const struct wf_trie *t, const struct wf_trie_node *n,
                                        struct wf_trie_key key)
{
    uint32_t i = n != NULL ? n->child[wf_trie_bit(key, n->len)] : t->root;
    while (i != 0) {
        n = &t->nodes[i];
        if (!wf_trie_covers(n->key, key, n->len))
            return NULL;
        if (n->value != 0)
            return n;
        i = n->child[wf_trie_bit(key, n->len)];
    }
    return NULL;
}

/* What a slot must say, found from the root. */
static bool slot_ok(const struct wf_trie *t, uint32_t number)
{
    struct wf_trie_key key = {.hi = (uint64_t)number << (64 - t->slot_len)};
    uint32_t best = 0, i = t->root;
    while (i != 0 && t->nodes[i].len < t->slot_len) {
        const struct wf_trie_node *n = &t->nodes[i];
        if (!wf_trie_covers(n->key, key, n->len))
            break;
        best = n->value != 0 ? i : best;
        i = n->child[wf_trie_bit(key, n->len)];
    }
    bool is_inside = i != 0 && t->nodes[i].len >= t->slot_len &&
                     wf_trie_covers(t->nodes[i].key, key, t->slot_len);
    return t->slots[number].best == best && t->slots[number].start == (is_inside ? i : 0);
}

bool wf_trie_check(const struct wf_trie *t)
{
    uint32_t free_n = 0;
    for (uint32_t i = t->free; i != 0; i = t->nodes[i].child[0])
        if (i >= t->high || ++free_n >= t->high)
            return false;
    for (uint32_t s = 0; s >> t->slot_len == 0; s++) /* NOLINT(clang-analyzer-core.*): < 32 */
        if (!slot_ok(t, s))
            return false;
    return t->high <= t->max;
}
