/* SPDX-License-Identifier: MIT */
/** DOC: options - what the handshake offers and agrees on (RFC 9293 3.2, 3.7.1, RFC 7323, 2018) */
#include "tcp/conn.h"
#include "tcp/cookie.h"

#define WSCALE_ROOM (8u << 20) /* A buffer may be raised this far without another handshake. */
#define MSS_FLOOR   88u

uint32_t wf_tcp_ts_now(const struct net *net, const struct tcp_opt *o)
{
    return (uint32_t)(net->now_ns / NS_PER_MS) + o->ts_offset;
}

static uint64_t secret(const struct net *net, const struct tcp_key *k, uint64_t purpose)
{
    uint64_t w[6] = {purpose};
    wf_cookie_words(&k->local, &k->remote, w + 1);
    return wf_hash_words24(&net->tcp->iss_key, w, 6);
}

uint32_t wf_tcp_ts_offset(const struct net *net, const struct tcp_key *k)
{
    return (uint32_t)secret(net, k, 2);
}

uint32_t wf_tcp_port_offset(const struct net *net, const struct weft_addr *local,
                            const struct weft_endpoint *remote)
{
    struct tcp_key k = {.local = {.addr = *local}, .remote = *remote};
    return (uint32_t)secret(net, &k, 3);
}

/* RFC 6528: a clock of 4 us and a keyed function of both ends. */
struct tcp_seq wf_tcp_isn(const struct net *net, const struct tcp_key *k)
{
    return wf_seq((uint32_t)(net->now_ns / 4000) + (uint32_t)secret(net, k, 1));
}

uint8_t wf_tcp_rcv_wscale(uint32_t rcvbuf)
{
    uint32_t want = wf_max_u32(rcvbuf, WSCALE_ROOM);
    uint8_t s = 0;
    while (s < TCP_WSCALE_MAX && (65535u << s) < want)
        s++;
    return s;
}

void wf_tcp_offer(const struct net *net, const struct tcp_opt *o, uint32_t mss,
                  struct tcp_opts *out)
{
    *out = (struct tcp_opts){.mss = (uint16_t)mss,
                             .has_ts = o->has_ts,
                             .has_sack_ok = o->has_sack,
                             .has_wscale = o->has_wscale,
                             .wscale = o->rcv_wscale};
    if (o->has_ts) {
        out->ts_val = wf_tcp_ts_now(net, o);
        out->ts_ecr = o->ts_recent;
    }
}

void wf_tcp_agree(const struct net *net, struct tcp_opt *o, const struct tcp_opts *peer)
{
    o->peer_mss = peer->mss != 0 ? peer->mss : TCP_MSS_DEFAULT;
    o->peer_uto = peer->uto;
    o->has_ts = o->has_ts && peer->has_ts;
    o->has_sack = o->has_sack && peer->has_sack_ok;
    o->has_wscale = o->has_wscale && peer->has_wscale;
    o->snd_wscale = o->has_wscale ? peer->wscale : 0;
    o->rcv_wscale = o->has_wscale ? o->rcv_wscale : 0;
    if (o->has_ts) {
        o->ts_recent = peer->ts_val;
        o->ts_recent_ms = (uint32_t)(net->now_ns / NS_PER_MS);
    }
}

uint32_t wf_tcp_local_mss(const struct net *net, const struct tcp_user *u, uint16_t ifindex)
{
    const struct netif *nif = wf_netif_get(net, ifindex);
    uint32_t mtu = nif != NULL ? nif->mtu : 576;
    uint32_t mss = mtu - IP4_HDR_BYTES - TCP_HDR_BYTES;
    return u->maxseg != 0 ? wf_min_u32(mss, u->maxseg) : mss;
}

void wf_tcp_update_mss(struct net *net, struct tcp_conn *c)
{
    uint32_t ours = wf_tcp_local_mss(net, &c->user, c->dst.ifindex);
    const struct netif *nif = wf_netif_get(net, c->dst.ifindex);
    if (nif != NULL) {
        uint32_t path = wf_pmtu_get(net, wf_addr_to4(&c->key.remote.addr), nif->mtu);
        if (c->mtup.low != 0)
            path = wf_min_u32(path, c->mtup.low);
        ours = wf_min_u32(ours, path - IP4_HDR_BYTES - TCP_HDR_BYTES);
    }
    uint32_t mss = wf_min_u32(ours, wf_max_u32(c->opt.peer_mss, MSS_FLOOR));
    if (c->opt.has_ts)
        mss = mss > TCP_TS_BYTES + 8 ? mss - TCP_TS_BYTES : 8;
    if (mss == c->snd.mss)
        return;
    wf_cc_mss(&c->cc, c->snd.mss, mss);
    c->snd.mss = mss;
    wf_mtu_probe_resized(c);
}

uint32_t wf_tcp_initial_window(const struct tcp_conn *c)
{
    if (c->user.iw_segs != 0)
        return c->user.iw_segs * c->snd.mss;
    return wf_min_u32(10 * c->snd.mss, wf_max_u32(2 * c->snd.mss, 14600));
}
