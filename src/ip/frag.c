/* SPDX-License-Identifier: MIT */
/** DOC: frag - cutting a datagram to an MTU (RFC 791 3.2), at the source and in transit */
#include "ip/ip.h"

#include <string.h>

#include "link/link.h"

#define OPT_COPIED 0x80

/* Options of later fragments: those with the copied flag, padded. Returns their bytes. */
static uint8_t copied_options(const struct ip4_hdr *h, uint8_t out[IP4_OPTS_MAX_BYTES])
{
    struct ip4_opts_it it = wf_ip4_opts_begin(h);
    struct ip4_opt o;
    uint8_t n = 0;
    while (wf_ip4_opts_next(&it, &o) == OPT_NEXT) {
        if ((o.type & OPT_COPIED) == 0)
            continue;
        out[n] = o.type;
        out[n + 1] = o.len;
        memcpy(out + n + 2, o.data, o.len - 2u);
        n = (uint8_t)(n + o.len);
    }
    while (n % 4 != 0)
        out[n++] = IP4_OPT_EOL;
    return n;
}

static bool piece_output(struct net *net, struct netif *nif, const struct pkt *p,
                         const struct ip4_hdr *h, uint32_t off, uint32_t len, uint32_t next_hop4)
{
    struct pkt *f = wf_pkt_alloc(&net->pool);
    if (f == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return false;
    }
    f->from_ifindex = p->from_ifindex;
    /* Room for the header in front; a payload that lies in p's head is copied behind it. */
    f->data = f->head + PKT_HEADROOM + IP4_HDR_BYTES + h->opts_bytes;
    if (!wf_pkt_share(f, p, off, len)) {
        wf_net_drop(net, f, WEFT_DROP_NO_PKT);
        return false;
    }
    wf_ip4_emit(wf_pkt_push(f, IP4_HDR_BYTES + (uint32_t)h->opts_bytes), h);
    wf_count(net, WEFT_COUNT_IP4_FRAGS_OUT);
    wf_link_output(net, nif, f, next_hop4);
    return true;
}

/* A transport checksum left to the driver cannot be filled in once the datagram is cut. */
static void complete_csum(struct net *net, struct pkt *p)
{
    if (p->csum != PKT_CSUM_PARTIAL)
        return;
    uint32_t off = (uint32_t)(p->csum_at - p->data);
    uint16_t sum = wf_csum_finish(wf_pkt_sum(&net->pool, p, off, p->total - off));
    wf_st16be(p->csum_at + p->csum_offset, sum == 0 ? 0xffff : sum);
    p->csum = PKT_CSUM_NONE;
}

int wf_ip4_fragment_output(struct net *net, struct netif *nif, struct pkt *p, uint32_t mtu,
                           uint32_t next_hop4)
{
    struct ip4_hdr h;
    uint8_t later_opts[IP4_OPTS_MAX_BYTES];
    complete_csum(net, p);
    WF_ASSERT(wf_ip4_parse(&h, p->data, p->total, false) == IP4_OK);
    uint32_t hdr_bytes = h.hdr_bytes, data_bytes = p->total - hdr_bytes, base = h.frag_off_bytes;
    bool is_middle = h.mf, is_ok = true;
    for (uint32_t done = 0; done < data_bytes && is_ok;) {
        uint32_t room = (mtu - IP4_HDR_BYTES - h.opts_bytes) & ~7u;
        uint32_t len = wf_min_u32(data_bytes - done, room);
        bool is_last = done + len == data_bytes;
        h.frag_off_bytes = (uint16_t)(base + done);
        h.mf = !is_last || is_middle;
        h.total_bytes = (uint16_t)(IP4_HDR_BYTES + h.opts_bytes + len);
        is_ok = piece_output(net, nif, p, &h, hdr_bytes + done, len, next_hop4);
        done += len;
        if (h.frag_off_bytes == base && h.opts_bytes > 0) {
            h.opts_bytes = copied_options(&h, later_opts);
            h.opts = later_opts;
        }
    }
    wf_pkt_free(&net->pool, p);
    return is_ok ? 0 : -WEFT_ENOMEM;
}
