/* SPDX-License-Identifier: MIT */
/**
 * DOC: init - limits and the cutting of the region
 *
 * One walk (cut) lays every table out; without a base it only counts, so the footprint and the
 * layout cannot disagree. Slabs are not touched: an object costs a page when it is first used.
 */
#include "stack/stack.h"

#include <string.h>

#define REGION_ALIGN 64u

void weft_config_default(struct weft_config *cfg)
{
    *cfg = (struct weft_config){
        .ifs_max = 8,
        .addrs_max = 32,
        .routes_max = 256,
        .neighs_max = 1024,
        .neigh_wait_max = 16,
        .arp_proxies_max = 64,
        .reasm_max = 64,
        .reasm_frags_max = 128,
        .reasm_time_ms = 30000,
        .pmtu_min = 552,
        .pkts_max = 8192,
        .lent_max = 8192,
        .chunks_max = 65536,
        .chunk_bytes = 16384,
        .blocks_max = 32768,
        .socks_max = 1024,
        .udp_max = 256,
        .mc_members_max = 256,
        .mc_groups_max = 256,
        .mc_sources_max = 4096,
        .mroutes_max = 64,
        .sock_errs_max = 512,
        .tcp_conns_max = 1024,
        .tcp_listens_max = 64,
        .tcp_synrcvd_max = 1024,
        .tcp_timewait_max = 4096,
        .tcp_busy_max = 256,
        .tcp_cc_max = 64,
        .tcp_fastopen_max = 64,
        .tcp_records_max = 16384,
        .tcp_uto_min_s = 100,
        .tcp_uto_max_s = 3600,
        .tcp_mtu_base = 1024,
        .tcp_mtu_min = 68,
        .tcp_mtu_raise_s = 600,
        .tcp_mtu_probing = TCP_MTU_PROBING_BLACK_HOLE,
        .tcp_challenges_max = 10,
        .tcp_challenges_in_ms = 5000,
        .sndbuf_bytes = 1 << 20,
        .tcp_ecn = TCP_ECN_ANSWER,
        .rcvbuf_bytes = 1 << 20,
    };
}

static bool is_pow2(uint32_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

static bool in(uint32_t v, uint32_t min, uint32_t max)
{
    return v >= min && v <= max;
}

static bool config_ok(const struct weft_config *c)
{
    bool is_net_ok = in(c->ifs_max, 1, 64) && in(c->addrs_max, 1, 65536) &&
                     in(c->routes_max, 1, 1u << 24) && in(c->neighs_max, 1, 1u << 20) &&
                     in(c->neigh_wait_max, 1, 1024) && in(c->arp_proxies_max, 0, 65536) &&
                     in(c->reasm_max, 1, 4096) && in(c->reasm_frags_max, 2, 8192) &&
                     in(c->reasm_time_ms, 1000, 120000) && in(c->pmtu_min, 68, 1280);
    bool is_mem_ok = in(c->pkts_max, 64, 1u << 20) && in(c->lent_max, 16, 1u << 20) &&
                     in(c->chunks_max, 16, 1u << 24) && is_pow2(c->chunk_bytes) &&
                     in(c->chunk_bytes, 4096, 65536) && in(c->blocks_max, 64, 1u << 24);
    bool is_sock_ok = in(c->socks_max, 1, 1u << 24) && in(c->udp_max, 1, 1u << 20) &&
                      in(c->sock_errs_max, 1, 1u << 20) && in(c->tcp_conns_max, 1, 1u << 24) &&
                      in(c->tcp_listens_max, 1, 65536) && in(c->tcp_synrcvd_max, 1, 1u << 24) &&
                      in(c->tcp_timewait_max, 1, 1u << 24) && in(c->tcp_busy_max, 1, 1u << 24) &&
                      in(c->tcp_cc_max, 0, 1u << 24) && in(c->tcp_fastopen_max, 0, 4096) &&
                      in(c->tcp_records_max, 16, 1u << 24) &&
                      in(c->tcp_uto_min_s, 100, c->tcp_uto_max_s) &&
                      in(c->tcp_uto_max_s, 100, 32767u * 60);
    bool is_mc_ok = in(c->mc_members_max, 1, 1u << 20) && in(c->mc_groups_max, 1, 1u << 20) &&
                    in(c->mc_sources_max, 1, 1u << 22) && in(c->mroutes_max, 1, 65536);
    bool is_mtu_ok = in(c->tcp_mtu_base, 68, 65535) && in(c->tcp_mtu_min, 68, 1280) &&
                     in(c->tcp_mtu_raise_s, 300, 21600) &&
                     c->tcp_mtu_probing < TCP_MTU_PROBING_COUNT &&
                     in(c->tcp_challenges_max, 1, 255) && in(c->tcp_challenges_in_ms, 1, 600000);
    bool is_rest_ok = is_mtu_ok && c->tcp_ecn < TCP_ECN_ASK_COUNT &&
                      in(c->sndbuf_bytes, 2048, 1u << 30) && in(c->rcvbuf_bytes, 2048, 1u << 30) &&
                      (c->trace_max == 0 || (is_pow2(c->trace_max) && c->trace_max <= 1u << 24));
    return is_net_ok && is_mc_ok && is_mem_ok && is_sock_ok && is_rest_ok;
}

/** struct arena - The region while it is cut; base NULL = only count */
struct arena {
    uint8_t *base;
    size_t used;
};

static void *take(struct arena *a, size_t bytes)
{
    void *at = a->base != NULL ? a->base + a->used : NULL;
    a->used += WF_ALIGN_UP(bytes, (size_t)REGION_ALIGN);
    return at;
}

static void *take_zeroed(struct arena *a, size_t bytes)
{
    void *at = take(a, bytes);
    if (at != NULL)
        memset(at, 0, bytes);
    return at;
}

/** struct slab_row - A slab: where it is in the stack, its objects, and the limit that sizes it */
struct slab_row {
    size_t slab_off;
    uint32_t object_bytes;
    size_t limit_off;
};

/** struct table_row - A hash table: pointer and mask in the stack, and the limit of its entries */
struct table_row {
    size_t tab_off, mask_off;
    size_t limit_off;
};

#define SLAB(field, type, limit)                                                                   \
    {                                                                                              \
        offsetof(struct weft_stack, field), sizeof(struct type),                                   \
            offsetof(struct weft_config, limit)                                                    \
    }
#define TABLE(field, mask, limit)                                                                  \
    {                                                                                              \
        offsetof(struct weft_stack, field), offsetof(struct weft_stack, mask),                     \
            offsetof(struct weft_config, limit)                                                    \
    }

static const struct slab_row slabs[] = {
    SLAB(link.neighs, neigh, neighs_max),
    SLAB(link.acds, acd, addrs_max),
    SLAB(link.rarps, rarp, ifs_max),
    SLAB(ip.reasms, reasm, reasm_max),
    SLAB(ip.igmp.members, mc_member, mc_members_max),
    SLAB(ip.igmp.groups, mc_group, mc_groups_max),
    SLAB(ip.igmp.srcs, mc_src, mc_sources_max),
    SLAB(ip.igmp.rgroups, igmp_rgroup, mc_groups_max),
    SLAB(ip.igmp.routes, wf_mroute, mroutes_max),
    SLAB(net.pool.pkts, pkt, pkts_max),
    SLAB(net.pool.bufs.lent, wf_buf, lent_max),
    SLAB(net.pool.bufs.chunks, wf_chunk, chunks_max),
    SLAB(net.pool.blks, wf_blk, blocks_max),
    SLAB(socks.socks, sock, socks_max),
    SLAB(udp.eps, udp_ep, udp_max),
    SLAB(udp.errs, udp_err, sock_errs_max),
    SLAB(tcp.conns, tcp_conn, tcp_conns_max),
    SLAB(tcp.listeners, tcp_listener, tcp_listens_max),
    SLAB(tcp.synrcvds, tcp_synrcvd, tcp_synrcvd_max),
    SLAB(tcp.timewaits, tcp_timewait, tcp_timewait_max),
    SLAB(tcp.recs, tcp_txrec, tcp_records_max),
    SLAB(tcp.reasms, tcp_reasm, tcp_busy_max),
    SLAB(tcp.ccs, tcp_cc_big, tcp_cc_max),
    SLAB(tcp.fo_peers, tcp_fo_peer, tcp_fastopen_max),
};

static const struct table_row tables[] = {
    TABLE(link.buckets, link.buckets_mask, neighs_max),
    TABLE(ip.reasm_buckets, ip.reasm_mask, reasm_max),
    TABLE(ip.igmp.buckets, ip.igmp.mask, mc_groups_max),
    TABLE(ip.igmp.rbuckets, ip.igmp.rmask, mc_groups_max),
    TABLE(udp.buckets, udp.bucket_mask, udp_max),
    TABLE(tcp.conn_tab, tcp.conn_mask, tcp_conns_max),
    TABLE(tcp.synrcvd_tab, tcp.synrcvd_mask, tcp_synrcvd_max),
    TABLE(tcp.timewait_tab, tcp.timewait_mask, tcp_timewait_max),
    TABLE(tcp.listen_tab, tcp.listen_mask, tcp_listens_max),
};

static uint32_t limit_of(const struct weft_config *c, size_t off)
{
    uint32_t limit;
    memcpy(&limit, (const uint8_t *)c + off, sizeof(limit));
    return limit;
}

static void *field_of(struct weft_stack *st, size_t off)
{
    return (uint8_t *)st + off;
}

const struct wf_slab *wf_stack_slab(const struct weft_stack *st, uint32_t i)
{
    return i < WF_ARRAY_LEN(slabs) ? (const void *)((const uint8_t *)st + slabs[i].slab_off) : NULL;
}

/* A hash table has at least as many buckets as entries. */
static uint32_t buckets(uint32_t entries)
{
    uint32_t n = 16;
    while (n < entries)
        n *= 2;
    return n;
}

/* @st NULL: only count. */
static void cut(struct arena *a, const struct weft_config *c, struct weft_stack *st)
{
    void *ifs = take_zeroed(a, (c->ifs_max + 1) * sizeof(struct netif)); /* And loopback. */
    void *igmp = take_zeroed(a, (c->ifs_max + 1) * sizeof(struct igmp_if));
    void *addrs = take(a, (c->addrs_max + 1) * sizeof(struct wf_ifaddr));
    void *routes = take(a, wf_routes_bytes(c->routes_max + 1));
    for (uint32_t i = 0; i < WF_ARRAY_LEN(slabs); i++) {
        uint32_t stride = WF_ALIGN_UP(slabs[i].object_bytes, 8u);
        uint32_t max = limit_of(c, slabs[i].limit_off);
        void *at = take(a, wf_slab_bytes(stride, max));
        if (st != NULL)
            wf_slab_init(field_of(st, slabs[i].slab_off), at, stride, max);
    }
    for (uint32_t i = 0; i < WF_ARRAY_LEN(tables); i++) {
        uint32_t n = buckets(limit_of(c, tables[i].limit_off)), mask = n - 1;
        void *at = take_zeroed(a, n * sizeof(void *));
        if (st != NULL) {
            memcpy(field_of(st, tables[i].tab_off), &at, sizeof(at));
            memcpy(field_of(st, tables[i].mask_off), &mask, sizeof(mask));
        }
    }
    void *link_ifs = take_zeroed(a, (c->ifs_max + 1) * sizeof(struct link_if));
    void *proxies = take(a, c->arp_proxies_max * sizeof(struct arp_proxy));
    void *recs = take(a, (size_t)c->trace_max * sizeof(struct weft_trace_rec));
    if (st == NULL)
        return;
    st->net.ifs.tab = ifs;
    st->ip.igmp.ifs = igmp;
    st->net.addrs.tab = addrs;
    wf_routes_init(&st->net.routes, routes, c->routes_max + 1);
    st->link.ifs = link_ifs;
    st->link.proxies = proxies;
    st->net.trace.recs = c->trace_max > 0 ? recs : NULL;
}

size_t weft_stack_footprint(const struct weft_config *cfg)
{
    struct arena a = {.used = WF_ALIGN_UP(sizeof(struct weft_stack), (size_t)REGION_ALIGN)};
    if (cfg == NULL || !config_ok(cfg))
        return 0;
    cut(&a, cfg, NULL);
    return a.used;
}

/* Independent keys and streams from one seed. */
static void seed(struct weft_stack *st)
{
    struct wf_rng keys;
    wf_rng_init(&keys, st->cfg.seed, 0);
    st->net.hash_key.k0 = wf_rng_u64(&keys);
    st->net.hash_key.k1 = wf_rng_u64(&keys);
    st->tcp.iss_key.k0 = wf_rng_u64(&keys);
    st->tcp.iss_key.k1 = wf_rng_u64(&keys);
    st->tcp.cookie_key.k0 = wf_rng_u64(&keys);
    st->tcp.cookie_key.k1 = wf_rng_u64(&keys);
    st->tcp.fo_key.k0 = wf_rng_u64(&keys);
    st->tcp.fo_key.k1 = wf_rng_u64(&keys);
    st->tcp.fo_old_key = st->tcp.fo_key;
    wf_rng_init(&st->net.rng, st->cfg.seed, 1);
}

static void add_loopback(struct net *net)
{
    struct weft_if_config lo = {.name = "lo",
                                .kind = WEFT_IF_LOOPBACK,
                                .mtu = 65535,
                                .caps = WEFT_CAP_TX_CSUM | WEFT_CAP_TX_TSO4 | WEFT_CAP_RX_TRUST,
                                .txq_max = 1024};
    int index = wf_netif_add(net, &lo);
    WF_ASSERT(index == 1);
    int err = wf_addrs_add(net, 1, 0x7f000001, 8);
    WF_ASSERT(err == 0);
}

int weft_stack_init(struct weft_stack **out, const struct weft_config *cfg, void *mem, size_t bytes)
{
    size_t need = weft_stack_footprint(cfg);
    if (need == 0 || out == NULL || mem == NULL || ((uintptr_t)mem & (REGION_ALIGN - 1)) != 0)
        return -WEFT_EINVAL;
    if (bytes < need)
        return -WEFT_ENOMEM;

    struct weft_stack *st = mem;
    memset(st, 0, sizeof(*st));
    st->cfg = *cfg;
    struct arena a = {.base = mem,
                      .used = WF_ALIGN_UP(sizeof(struct weft_stack), (size_t)REGION_ALIGN)};
    cut(&a, &st->cfg, st);

    struct net *net = &st->net;
    net->cfg = &st->cfg;
    net->link = &st->link;
    net->ip = &st->ip;
    net->udp = &st->udp;
    net->tcp = &st->tcp;
    net->socks = &st->socks;
    net->is_forwarding = cfg->is_forwarding;
    net->ifs.max = cfg->ifs_max + 1;
    net->addrs.max = cfg->addrs_max + 1;
    net->trace.mask = cfg->trace_max - 1;
    net->pool.bufs.chunks.max = 0; /* Until memory for bytes is added. */
    net->pool.bufs.chunks_max = cfg->chunks_max;
    net->pool.bufs.chunk_bytes = cfg->chunk_bytes;
    net->pool.bufs.vec = cfg->vec != NULL ? *cfg->vec : wf_vec_scalar;
    wf_list_init(&net->ready);
    wf_link_init(net);
    wf_list_init(&st->tcp.timewait_order);
    wf_list_init(&st->tcp.fo_order);
    wf_wheel_init(&net->wheel, 0);
    seed(st);
    wf_ip_init(net);
    add_loopback(net);
    *out = st;
    return 0;
}

int weft_area_add(struct weft_stack *st, void *base, size_t bytes)
{
    return wf_bufs_area_add(&wf_net_of(st)->pool.bufs, base, bytes);
}
