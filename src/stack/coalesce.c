/* SPDX-License-Identifier: MIT */
/**
 * DOC: coalesce - the first step in: frames become packets, and neighbours of a TCP stream one
 *
 * Frames of a burst that continue each other (same addresses, ports, acknowledgement, window and
 * options, the next sequence number, only ACK set) are walked up once, as a super-frame whose
 * payload references them all. Its header is the first frame's; nothing lent is written. A frame
 * with PSH or FIN ends the run and goes alone, so forwarding can cut the run into the same frames
 * again. Checksums are verified here, frame by frame.
 */
#include <string.h>

#include "stack/stack.h"

#define HDRS_MIN   (ETH_HDR_BYTES + IP4_HDR_BYTES + TCP_HDR_BYTES)
#define TCP_OFF    (ETH_HDR_BYTES + IP4_HDR_BYTES)
#define FRAGS_MOST (PKT_FRAGS_MAX - 1) /* One is kept free for headers that have to be copied. */

/**
 * struct head_sums - Sums of what the headers of a run's frames have in common
 *
 * That is all, pseudo header included, but lengths, identification, sequence number and checksums.
 */
struct head_sums {
    uint64_t ip, tcp;
};

/** struct run - A super-frame that is growing */
struct run {
    struct pkt *p;      /* NULL = none. */
    const uint8_t *hdr; /* First frame's headers. */
    uint32_t hdr_bytes; /* Link, IP and TCP header. */
    uint32_t seg_bytes; /* Payload of the frames before the last. */
    uint32_t next_seq;
    uint32_t total, segs, pinned; /* What the packet will have. */
    struct pkt_frag *end;         /* Its last fragment, NULL = none. */
    struct head_sums sums;
    struct wf_buf *last; /* Holds the last frame. */
    uint16_t id;         /* Identification of the last frame. */
    uint8_t id_step;     /* From the frame before it. */
    bool is_open;        /* The last frame was full: another may follow. */
};

static void flush(struct net *net, struct run *r)
{
    if (r->p == NULL)
        return;
    struct pkt *p = r->p;
    r->p = NULL;
    p->total = r->total;
    p->pinned = r->pinned;
    p->gso_segs = (uint16_t)r->segs;
    p->id_step = r->id_step;
    if (r->segs > 1) {
        wf_count_n(net, WEFT_COUNT_RX_COALESCED, r->segs);
        p->gso_size = (uint16_t)r->seg_bytes;
        p->l4_hdr_bytes = (uint16_t)(r->hdr_bytes - TCP_OFF);
        p->csum = PKT_CSUM_OK; /* What is in the field is made anew if the run goes out again. */
        p->is_coalesced = true;
        p->is_cwr_all = true; /* If any has it: flags are equal. */
    }
    wf_rx_packet(net, p);
}

static bool facts_ok(const struct weft_frame *f)
{
    if (f->iov_n < 1 || f->iov_n > WEFT_FRAME_IOV_MAX)
        return false;
    size_t sum = f->iov[0].len;
    for (uint32_t i = 1; i < f->iov_n; i++)
        sum += f->iov[i].len;
    if (sum != f->len || f->len > 65536 + 18)
        return false;
    bool is_csum_ok = (f->flags & WEFT_FRAME_NEEDS_CSUM) == 0 ||
                      (uint32_t)f->csum_start + f->csum_offset + 2 <= f->len;
    bool is_gso_ok =
        f->gso_type == WEFT_GSO_NONE || (f->gso_type == WEFT_GSO_TCP4 && f->gso_size > 0);
    return is_csum_ok && is_gso_ok;
}

/* Wrap a frame into a packet that references it; NULL without packets, then it is dropped. */
static struct pkt *wrap(struct net *net, const struct netif *nif, const struct weft_frame *f,
                        struct wf_buf *buf)
{
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL)
        return NULL;
    p->ifindex = nif->index;
    p->pinned = buf->cap;
    p->data = f->iov[0].base;
    p->len = p->total = (uint32_t)f->iov[0].len;
    p->data_buf = buf;
    for (uint32_t i = 1; i < f->iov_n; i++)
        wf_pkt_frag_add(p, f->iov[i].base, (uint32_t)f->iov[i].len, wf_buf_hold(buf));
    if ((f->flags & WEFT_FRAME_NEEDS_CSUM) != 0) {
        p->csum = PKT_CSUM_PARTIAL;
        p->csum_offset = f->csum_offset;
    } else if ((f->flags & WEFT_FRAME_CSUM_OK) != 0 || (nif->caps & WEFT_CAP_RX_TRUST) != 0) {
        p->csum = PKT_CSUM_OK;
    }
    if (f->gso_type == WEFT_GSO_TCP4) {
        uint32_t payload = f->len > HDRS_MIN ? f->len - HDRS_MIN : 1;
        p->gso_size = f->gso_size;
        p->gso_segs = (uint16_t)((payload + f->gso_size - 1) / f->gso_size);
    }
    return p;
}

/* Whether a frame can be part of a run at all: TCP over plain IPv4, data, nothing but ACK. */
static bool is_plain_data(const struct weft_frame *f, uint32_t *hdr_bytes)
{
    const uint8_t *b = f->iov[0].base;
    if (f->iov[0].len < HDRS_MIN || f->gso_segs > 1 || f->gso_type != WEFT_GSO_NONE)
        return false;
    if (wf_ld16be(b + 12) != ETHERTYPE_IP4 || b[14] != 0x45 || b[23] != IP_PROTO_TCP ||
        (wf_ld16be(b + 20) & 0xbfff) != 0 || (b[TCP_OFF + 13] & ~ECN_FLAGS) != TCP_ACK ||
        wf_ld16be(b + TCP_OFF + 18) != 0) /* No urgent pointer either. */
        return false;
    uint32_t tcp = (uint32_t)(b[TCP_OFF + 12] >> 4) * 4, all = TCP_OFF + tcp;
    *hdr_bytes = all;
    return tcp >= TCP_HDR_BYTES && f->iov[0].len >= all && f->len > all &&
           wf_ld16be(b + 16) == f->len - ETH_HDR_BYTES && (b[20] & 0x40) != 0;
}

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline uint16_t load16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t payload_sum(const struct net *net, const struct weft_frame *f, uint32_t hdr_bytes)
{
    const uint8_t *b = f->iov[0].base;
    uint64_t sum = 0;
    uint32_t at = (uint32_t)f->iov[0].len - hdr_bytes;
    if (at > 0)
        sum += net->pool.bufs.vec.sum(b + hdr_bytes, at);
    for (uint32_t i = 1; i < f->iov_n;
         i++) { /* At an odd offset a sum counts shifted by an octet. */
        sum += (uint64_t)net->pool.bufs.vec.sum(f->iov[i].base, f->iov[i].len) << (at & 1) * 8;
        at += (uint32_t)f->iov[i].len;
    }
    return sum;
}

static struct head_sums head_sums(const uint8_t *b, uint32_t hdr_bytes)
{
    const uint8_t *tcp = b + TCP_OFF;
    uint64_t ends = wf_csum_words(b + 26, 8), opts = hdr_bytes - TCP_OFF - TCP_HDR_BYTES;
    struct head_sums s = {.ip = ends + wf_ld16be(b + 14) + wf_ld32be(b + 20),
                          .tcp = ends + IP_PROTO_TCP + wf_ld32be(tcp)};
    s.tcp += wf_csum_words(tcp + 8, 8) + wf_ld16be(tcp + 18);
    s.tcp += wf_csum_words(tcp + TCP_HDR_BYTES, (uint32_t)opts);
    return s;
}

/* Whether of an IP header that is like @a, whose sum is right, the rest is the same too. */
static inline bool same_ip(const uint8_t *a, const uint8_t *b)
{
    return load32(a + 16) == load32(b + 16) && load16(a + 24) == load16(b + 24);
}

/* Both checksums of a frame with plain headers; @run: which it goes on with, or NULL. */
static bool sums_ok(const struct net *net, const struct netif *nif, const struct weft_frame *f,
                    uint32_t hdr_bytes, struct head_sums s, const struct run *run)
{
    const uint8_t *b = f->iov[0].base, *tcp = b + TCP_OFF;
    if ((nif->caps & WEFT_CAP_RX_TRUST) != 0)
        return true;
    if ((run == NULL || !same_ip(run->hdr, b)) &&
        wf_csum_fold(s.ip + wf_ld32be(b + 16) + wf_ld16be(b + 24)) != 0xffff)
        return false;
    if ((f->flags & (WEFT_FRAME_NEEDS_CSUM | WEFT_FRAME_CSUM_OK)) != 0)
        return true;
    uint64_t sum = s.tcp + wf_ld32be(tcp + 4) + wf_ld16be(tcp + TCP_CSUM_OFFSET);
    sum += f->len - TCP_OFF + payload_sum(net, f, hdr_bytes);
    return wf_csum_fold(sum) == 0xffff;
}

/* Everything but lengths, identification, sequence and checksums is the same. */
static inline bool same_stream(const struct run *r, const uint8_t *b)
{
    const uint8_t *a = r->hdr;
    uint64_t diff = (load64(a) ^ load64(b)) | (load64(a + 8) ^ load64(b + 8)); /* Link .. TOS. */
    diff |= load32(a + 20) ^ load32(b + 20); /* Flags, TTL, protocol. */
    diff |= (load64(a + 26) ^ load64(b + 26)) | (load32(a + 34) ^ load32(b + 34)); /* Ends. */
    diff |= load64(a + TCP_OFF + 8) ^ load64(b + TCP_OFF + 8); /* ACK, flags, window. */
    uint32_t at = TCP_OFF + TCP_HDR_BYTES, end = r->hdr_bytes; /* Options, 8 bytes at a time; */
    for (; at + 8 <= end; at += 8)
        diff |= load64(a + at) ^ load64(b + at);
    if (at < end) /* the last 4 with 4 that were compared before. */
        diff |= load64(a + end - 8) ^ load64(b + end - 8);
    return diff == 0;
}

/*
 * Whether a frame is the next of the run. What is_plain_data() asks of the headers holds where they
 * are the first frame's; lengths and the urgent pointer are what is left to ask.
 */
static bool is_next(const struct run *r, const struct weft_frame *f)
{
    const uint8_t *b = f->iov[0].base;
    if (r->p == NULL || !r->is_open || f->iov[0].len < r->hdr_bytes || f->len <= r->hdr_bytes ||
        f->gso_segs > 1 || f->gso_type != WEFT_GSO_NONE)
        return false;
    uint32_t payload = f->len - r->hdr_bytes;
    uint16_t id_step = (uint16_t)(wf_ld16be(b + 18) - r->id);
    return same_stream(r, b) && wf_ld32be(b + TCP_OFF + 4) == r->next_seq &&
           wf_ld16be(b + 16) == f->len - ETH_HDR_BYTES && wf_ld16be(b + TCP_OFF + 18) == 0 &&
           payload <= r->seg_bytes && (id_step == r->id_step || r->segs == 1) && id_step <= 1 &&
           r->p->frags_n + f->iov_n <= FRAGS_MOST + (f->iov[0].len == r->hdr_bytes) &&
           r->total + payload <= 65535;
}

/*
 * A piece of payload; the reference to @buf passes over. Frames cut from one send queue follow each
 * other in memory: then the fragment grows, and the frame goes with the one before it.
 */
static void add_piece(struct run *r, const uint8_t *data, uint32_t len, struct wf_buf *buf)
{
    struct pkt_frag *end = r->end;
    if (end == NULL || end->data + end->len != data || r->last == buf || r->last->chain != NULL) {
        r->end = &r->p->frags[r->p->frags_n];
        wf_pkt_frag_add(r->p, data, len, buf);
        return;
    }
    r->last->chain = buf;
    end->len += len;
}

/* Let the run reference the payload of its next frame; the frame's reference passes over. */
static void append(struct run *r, const struct weft_frame *f, struct wf_buf *buf)
{
    const uint8_t *b = f->iov[0].base;
    uint32_t payload = f->len - r->hdr_bytes, rest = (uint32_t)f->iov[0].len - r->hdr_bytes;
    buf->refs += f->iov_n - (rest == 0 ? 2u : 1u); /* One a piece: there is payload in one. */
    if (rest > 0)
        add_piece(r, b + r->hdr_bytes, rest, buf);
    for (uint32_t i = 1; i < f->iov_n; i++)
        add_piece(r, f->iov[i].base, (uint32_t)f->iov[i].len, buf);
    r->last = buf;
    r->pinned = buf->cap < UINT32_MAX - r->pinned ? r->pinned + buf->cap : UINT32_MAX;
    uint16_t id = wf_ld16be(b + 18);
    r->id_step = (uint8_t)(id - r->id);
    r->segs++;
    r->total += payload;
    r->id = id;
    r->next_seq += payload;
    r->is_open = payload == r->seg_bytes;
}

static void begin(struct run *r, struct pkt *p, const struct weft_frame *f, uint32_t hdr_bytes,
                  const struct head_sums *sums)
{
    const uint8_t *b = f->iov[0].base;
    if (p->csum == PKT_CSUM_NONE)
        p->csum = PKT_CSUM_OK; /* PARTIAL stays: alone, the frame still lacks its sum. */
    uint32_t payload = f->len - hdr_bytes;
    *r = (struct run){.p = p,
                      .hdr = b,
                      .hdr_bytes = hdr_bytes,
                      .seg_bytes = payload,
                      .next_seq = wf_ld32be(b + TCP_OFF + 4) + payload,
                      .sums = *sums,
                      .total = p->total,
                      .segs = 1,
                      .pinned = p->pinned,
                      .end = p->frags_n > 0 ? &p->frags[p->frags_n - 1] : NULL,
                      .last = p->data_buf,
                      .id = wf_ld16be(b + 18),
                      .is_open = true};
}

static void one_frame(struct net *net, struct netif *nif, const struct weft_frame *f,
                      struct wf_buf *buf, struct run *r, bool is_alone)
{
    struct head_sums fresh = {0};
    bool may_run = nif->kind == WEFT_IF_ETHER && !is_alone;
    bool may_append = may_run && is_next(r, f);
    uint32_t hdr_bytes = r->hdr_bytes;
    if (!may_append && (may_run = may_run && is_plain_data(f, &hdr_bytes)))
        fresh = head_sums(f->iov[0].base, hdr_bytes);
    may_run = may_run &&
              sums_ok(net, nif, f, hdr_bytes, may_append ? r->sums : fresh, may_append ? r : NULL);
    if (may_run && may_append) {
        append(r, f, buf);
        return;
    }
    flush(net, r);
    struct pkt *p = wrap(net, nif, f, buf);
    if (p == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        wf_buf_release(&net->pool.bufs, buf);
        return;
    }
    if (may_run)
        begin(r, p, f, hdr_bytes, &fresh);
    else
        wf_rx_packet(net, p);
}

uint32_t wf_rx_burst(struct net *net, struct netif *nif, const struct weft_frame *frames,
                     uint32_t n)
{
    struct run r = {.p = NULL};
    uint32_t most = nif->mtu + (nif->kind == WEFT_IF_ETHER ? ETH_HDR_BYTES + 4u : 0u), i = 0;
    uint64_t segs = 0, bytes = 0;
    for (; i < n; i++) {
        const struct weft_frame *f = &frames[i];
        uint32_t pinned = wf_max_u32(f->pinned_bytes, f->len);
        struct wf_buf *buf = wf_lent_alloc(&net->pool.bufs, f->cookie, pinned);
        if (buf == NULL)
            break;
        segs += wf_max_u32(1, f->gso_segs);
        bytes += f->len;
        enum weft_drop why = WEFT_DROP_COUNT;
        if (!nif->is_up)
            why = WEFT_DROP_IF_DOWN;
        else if (!facts_ok(f))
            why = WEFT_DROP_FRAME_BAD;
        else if (f->gso_type == WEFT_GSO_NONE && f->len > most)
            why = WEFT_DROP_FRAME_GIANT;
        if (why != WEFT_DROP_COUNT) {
            wf_net_refuse(net, nif, why);
            wf_buf_release(&net->pool.bufs, buf);
            continue;
        }
        one_frame(net, nif, f, buf, &r, n == 1);
    }
    nif->rx_frames += segs;
    nif->rx_bytes += bytes;
    wf_count_n(net, WEFT_COUNT_RX_FRAMES, segs);
    flush(net, &r);
    return i;
}
