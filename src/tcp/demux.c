/* SPDX-License-Identifier: MIT */
/** DOC: demux - keyed hash tables of connections, half-open and TIME-WAIT records, listeners */
#include "tcp/conn.h"

static bool ep_eq(const struct weft_endpoint *a, const struct weft_endpoint *b)
{
    return a->port == b->port && wf_addr_eq(&a->addr, &b->addr);
}

static bool key_eq(const struct tcp_key *a, const struct tcp_key *b)
{
    return ep_eq(&a->local, &b->local) && ep_eq(&a->remote, &b->remote);
}

static uint64_t half(const uint8_t *b)
{
    return (uint64_t)wf_ld32be(b) << 32 | wf_ld32be(b + 4);
}

/* IPv4 look-ups pay for two words, others for six. */
static uint64_t key_hash(const struct net *net, const struct tcp_key *k)
{
    const uint8_t *l = k->local.addr.b, *r = k->remote.addr.b;
    uint64_t ports = (uint64_t)k->local.addr.zone << 48 | (uint64_t)k->remote.addr.zone << 32 |
                     (uint32_t)k->local.port << 16 | k->remote.port;
    if (wf_addr_is4(&k->local.addr)) {
        uint64_t w[2] = {(uint64_t)wf_ld32be(l + 12) << 32 | wf_ld32be(r + 12), ports};
        return wf_hash_words(&net->hash_key, w, 2);
    }
    uint64_t w[5] = {half(l), half(l + 8), half(r), half(r + 8), ports};
    return wf_hash_words(&net->hash_key, w, 5);
}

/* One chained table: its bucket, find, link, unlink. The three differ in nothing but the type. */
#define TABLE(type, name)                                                                          \
    static struct type **name##_bucket(const struct net *net, const struct tcp_key *k)             \
    {                                                                                              \
        return &net->tcp->name##_tab[key_hash(net, k) & net->tcp->name##_mask];                    \
    }                                                                                              \
    struct type *wf_tcp_find_##name(const struct net *net, const struct tcp_key *k)                \
    {                                                                                              \
        for (struct type *o = *name##_bucket(net, k); o != NULL; o = o->hash_next)                 \
            if (key_eq(&o->key, k))                                                                \
                return o;                                                                          \
        return NULL;                                                                               \
    }                                                                                              \
    void wf_tcp_link_##name(struct net *net, struct type *o)                                       \
    {                                                                                              \
        struct type **at = name##_bucket(net, &o->key);                                            \
        o->hash_next = *at;                                                                        \
        *at = o;                                                                                   \
    }                                                                                              \
    void wf_tcp_unlink_##name(struct net *net, struct type *o)                                     \
    {                                                                                              \
        struct type **at = name##_bucket(net, &o->key);                                            \
        while (*at != o)                                                                           \
            at = &(*at)->hash_next;                                                                \
        *at = o->hash_next;                                                                        \
    }

TABLE(tcp_conn, conn)
TABLE(tcp_synrcvd, synrcvd)
TABLE(tcp_timewait, timewait)

static struct tcp_listener **listen_bucket(const struct net *net, uint16_t port)
{
    uint64_t w = port;
    return &net->tcp->listen_tab[wf_hash_words(&net->hash_key, &w, 1) & net->tcp->listen_mask];
}

struct tcp_listener *wf_tcp_find_listener(const struct net *net, const struct weft_endpoint *l)
{
    struct tcp_listener *any = NULL;
    for (struct tcp_listener *o = *listen_bucket(net, l->port); o != NULL; o = o->hash_next) {
        if (o->local.port != l->port)
            continue;
        if (wf_addr_is_any(&o->local.addr))
            any = o;
        else if (wf_addr_eq(&o->local.addr, &l->addr))
            return o;
    }
    return any;
}

void wf_tcp_link_listener(struct net *net, struct tcp_listener *l)
{
    struct tcp_listener **at = listen_bucket(net, l->local.port);
    l->hash_next = *at;
    *at = l;
}

void wf_tcp_unlink_listener(struct net *net, struct tcp_listener *l)
{
    struct tcp_listener **at = listen_bucket(net, l->local.port);
    while (*at != l)
        at = &(*at)->hash_next;
    *at = l->hash_next;
}
