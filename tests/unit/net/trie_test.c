/* SPDX-License-Identifier: MIT */
/* The trie against a list that is searched from end to end. */
#include <stdlib.h>
#include <string.h>

#include "net/trie.h"
#include "t.h"

#define MODEL_MAX 300

struct entry {
    struct wf_trie_key key;
    uint8_t len;
    uint32_t value;
};

struct model {
    struct entry e[MODEL_MAX];
    uint32_t n;
};

static struct wf_trie t;
static void *mem;

static void begin(uint32_t entries_max)
{
    free(mem);
    mem = aligned_alloc(64, (wf_trie_bytes(entries_max) + 63) / 64 * 64);
    if (mem == NULL)
        abort();
    memset(mem, 0xdb, wf_trie_bytes(entries_max));
    wf_trie_init(&t, mem, entries_max);
}

static struct wf_trie_key masked(struct wf_trie_key k, uint8_t len)
{
    for (uint8_t i = len; i < 128; i++) {
        if (i < 64)
            k.hi &= ~(1ull << (63 - i));
        else
            k.lo &= ~(1ull << (127 - i));
    }
    return k;
}

static bool is_prefix(const struct entry *e, struct wf_trie_key k)
{
    struct wf_trie_key cut = masked(k, e->len);
    return cut.hi == e->key.hi && cut.lo == e->key.lo;
}

static uint32_t naive_lookup(const struct model *m, struct wf_trie_key k)
{
    const struct entry *best = NULL;
    for (uint32_t i = 0; i < m->n; i++)
        if (is_prefix(&m->e[i], k) && (best == NULL || m->e[i].len > best->len))
            best = &m->e[i];
    return best != NULL ? best->value : 0;
}

static struct entry *naive_find(struct model *m, struct wf_trie_key k, uint8_t len)
{
    for (uint32_t i = 0; i < m->n; i++)
        if (m->e[i].len == len && m->e[i].key.hi == k.hi && m->e[i].key.lo == k.lo)
            return &m->e[i];
    return NULL;
}

/* Keys that share many first bits, so that prefixes lie in each other. */
static struct wf_trie_key random_key(uint8_t bits)
{
    static const uint64_t some[] = {0, UINT64_MAX, 0x0a00000000000000u, 0x2001000000000000u};
    struct wf_trie_key k = {.hi = some[t_random() % 4], .lo = some[t_random() % 4]};
    for (int flips = (int)(t_random() % 6); flips > 0; flips--) {
        uint8_t at = (uint8_t)(t_random() % bits);
        if (at < 64)
            k.hi ^= 1ull << (63 - at);
        else
            k.lo ^= 1ull << (127 - at);
    }
    if (t_random() % 4 == 0)
        k.hi = t_random();
    return masked(k, bits);
}

static uint32_t found(struct wf_trie_key k)
{
    const struct wf_trie_node *n = wf_trie_lookup(&t, k);
    return n != NULL ? n->value : 0;
}

/* By steps from the shortest match: the last one is the longest. */
static uint32_t last_of_all(const struct model *m, struct wf_trie_key k)
{
    uint32_t n = 0, naive = 0, value = 0;
    for (const struct wf_trie_node *at = wf_trie_next(&t, NULL, k); at != NULL;
         at = wf_trie_next(&t, at, k), n++)
        value = at->value;
    for (uint32_t i = 0; i < m->n; i++)
        naive += is_prefix(&m->e[i], k);
    T_EQ(n, naive);
    return value;
}

static void change(struct model *m, uint8_t bits)
{
    uint8_t len = (uint8_t)(t_random() % (bits + 1u));
    struct wf_trie_key k = masked(random_key(bits), len);
    struct entry *e = naive_find(m, k, len);
    const struct wf_trie_node *n = wf_trie_find(&t, k, len);
    T_EQ(n != NULL ? n->value : 0, e != NULL ? e->value : 0);
    bool is_out = e != NULL && t_random() % 2 == 0;
    if (e == NULL && m->n > 0 && t_random() % 3 == 0) {
        e = &m->e[t_random() % m->n];
        is_out = true;
    }
    if (is_out) {
        wf_trie_remove(&t, e->key, e->len);
        *e = m->e[--m->n];
    } else if (e != NULL || m->n < MODEL_MAX) {
        if (e == NULL)
            e = &m->e[m->n++];
        *e = (struct entry){k, len, (uint32_t)(1 + t_random() % 1000000)};
        wf_trie_put(&t, k, len, e->value);
    } else {
        wf_trie_remove(&t, k, len); /* Not there: nothing happens. */
    }
}

static void against_the_model(uint8_t bits)
{
    static struct model m;
    m.n = 0;
    begin(MODEL_MAX);
    for (int round = 0; round < 4000; round++) {
        change(&m, bits);
        if (round % 16 == 0)
            T_CHECK(wf_trie_check(&t));
        for (int i = 0; i < 4; i++) {
            struct wf_trie_key k = random_key(bits);
            uint32_t want = naive_lookup(&m, k);
            T_EQ(found(k), want);
            T_EQ(last_of_all(&m, k), want);
        }
    }
    while (m.n > 0) {
        m.n--;
        wf_trie_remove(&t, m.e[m.n].key, m.e[m.n].len);
    }
    T_CHECK(wf_trie_check(&t) && t.root == 0);
}

static void keys_of_32_bits_as_the_model(void)
{
    against_the_model(32);
}

static void keys_of_128_bits_as_the_model(void)
{
    against_the_model(128);
}

/* Every second insertion forks: no set of prefixes may need more memory than was said. */
static void as_many_prefixes_as_were_promised(void)
{
    static const uint32_t sizes[] = {1, 2, 3, 17, 5000};
    for (unsigned s = 0; s < 5; s++) {
        begin(sizes[s]);
        for (int again = 0; again < 2; again++) {
            for (uint32_t i = 0; i < sizes[s]; i++)
                wf_trie_put(&t, (struct wf_trie_key){.hi = (uint64_t)(i * 2654435761u) << 32}, 32,
                            i + 1);
            for (uint32_t i = 0; i < sizes[s]; i++)
                T_EQ(found((struct wf_trie_key){.hi = (uint64_t)(i * 2654435761u) << 32}), i + 1);
            T_CHECK(wf_trie_check(&t));
            for (uint32_t i = 0; i < sizes[s]; i++)
                wf_trie_remove(&t, (struct wf_trie_key){.hi = (uint64_t)(i * 2654435761u) << 32},
                               32);
        }
    }
}

/* A chain of prefixes in each other, above and below where slots begin. */
static void prefixes_in_each_other(void)
{
    begin(129);
    struct wf_trie_key ones = {UINT64_MAX, UINT64_MAX};
    for (uint8_t len = 0; len <= 128; len++)
        wf_trie_put(&t, masked(ones, len), len, len + 1u);
    T_CHECK(wf_trie_check(&t));
    for (uint8_t len = 128;; len--) {
        T_EQ(found(ones), len + 1u);
        T_EQ(found(masked(ones, 2)), len < 2 ? len + 1u : 3u);
        wf_trie_remove(&t, masked(ones, len), len);
        if (len == 0)
            break;
    }
    T_EQ(found(ones), 0);
}

static const struct t_case cases[] = {
    {"keys of 32 bits are found as a list searched from end to end finds them",
     keys_of_32_bits_as_the_model},
    {"keys of 128 bits are found as a list searched from end to end finds them",
     keys_of_128_bits_as_the_model},
    {"as many prefixes find room as were promised", as_many_prefixes_as_were_promised},
    {"prefixes in each other, of every length", prefixes_in_each_other},
};
T_MAIN(cases)
