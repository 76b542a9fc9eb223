/* SPDX-License-Identifier: MIT */
/**
 * DOC: icmp ext - the structure behind the quote of an error (RFC 4884): written where an operator
 * asks for it, read for whoever gets the error
 *
 * What is written is the interface that the datagram came in by (RFC 5837), so that a trace shows
 * which of a router's links a way uses. What is read stays uninterpreted.
 *
 * Limits: structures of more than STRUCT_MAX octets are not read; of the rest so many objects are
 * kept as fit WEFT_ICMP_EXT_MAX.
 */
#include <string.h>

#include "ip/ip.h"
#include "weft/icmpext.h"

#define STRUCT_MAX 256u

uint32_t wf_icmp_ext_bytes(const struct net *net, uint8_t type)
{
    bool is_on = net->ip->icmp.cfg.has_extensions && wf_icmp4_ext_may(type);
    return is_on ? ICMP4_EXT_HDR_BYTES + ICMP4_EXT_IF_MAX : 0;
}

uint32_t wf_icmp_ext_append(const struct net *net, uint8_t *msg, uint32_t quote, uint16_t ifindex,
                            uint32_t dst4)
{
    const struct netif *nif = wf_netif_get(net, ifindex);
    struct icmp4_ext_if i = {.index = ifindex,
                             .mtu = nif->mtu,
                             .addr4 = wf_addrs_source(net, ifindex, dst4),
                             .name = nif->name};
    /* A multiple of four that is short enough stays one: what is cut off is cut off, not padded. */
    uint32_t padded = wf_max_u32(ICMP4_EXT_QUOTE_MIN, (quote + 3) & ~3u);
    uint8_t *x = msg + ICMP4_HDR_BYTES + padded;
    memset(msg + ICMP4_HDR_BYTES + quote, 0, padded - quote);
    uint32_t n = ICMP4_EXT_HDR_BYTES + wf_icmp4_ext_interface(x + ICMP4_EXT_HDR_BYTES, &i);
    wf_icmp4_ext_seal(x, n);
    msg[ICMP4_EXT_LENGTH_AT] = (uint8_t)(padded / 4);
    return padded + n;
}

uint32_t wf_icmp_ext_read(const struct net *net, const struct pkt *p,
                          uint8_t out[WEFT_ICMP_EXT_MAX])
{
    uint8_t x[STRUCT_MAX];
    uint32_t at = wf_icmp4_ext_at(p->data, p->total);
    if (at == 0 || p->total - at > STRUCT_MAX)
        return 0;
    wf_pkt_copy_out(&net->pool, p, at, x, p->total - at);
    return wf_icmp4_ext_objects(out, WEFT_ICMP_EXT_MAX, x, p->total - at);
}

/* ---- reading objects ---- */

bool weft_icmp_object_next(const uint8_t *ext, size_t bytes, uint32_t *cursor,
                           struct weft_icmp_object *out)
{
    if (*cursor > bytes || bytes - *cursor < ICMP4_EXT_HDR_BYTES)
        return false;
    const uint8_t *o = ext + *cursor;
    uint32_t each = wf_ld16be(o);
    if (each < ICMP4_EXT_HDR_BYTES || each > bytes - *cursor)
        return false;
    *out = (struct weft_icmp_object){.class_num = o[2],
                                     .type = o[3],
                                     .bytes = (uint16_t)(each - ICMP4_EXT_HDR_BYTES),
                                     .data = o + ICMP4_EXT_HDR_BYTES};
    *cursor += each;
    return true;
}

bool weft_icmp_object_label(const struct weft_icmp_object *o, uint32_t i,
                            struct weft_icmp_label *out)
{
    if (i >= o->bytes / 4u)
        return false;
    uint32_t v = wf_ld32be(o->data + (size_t)i * 4);
    *out = (struct weft_icmp_label){
        .label = v >> 12, .tc = v >> 9 & 7, .is_bottom = (v >> 8 & 1) != 0, .ttl = v & 255};
    return true;
}

/* The next @n octets of an object, NULL if it has no more. */
static const uint8_t *take(const struct weft_icmp_object *o, uint32_t *at, uint32_t n)
{
    if (n > o->bytes - *at)
        return NULL;
    *at += n;
    return o->data + *at - n;
}

static bool take_word(const struct weft_icmp_object *o, uint32_t *at, uint32_t *out)
{
    const uint8_t *p = take(o, at, 4);
    if (p != NULL)
        *out = wf_ld32be(p);
    return p != NULL;
}

static bool take_address(const struct weft_icmp_object *o, uint32_t *at, struct weft_addr *out)
{
    uint32_t afi;
    if (!take_word(o, at, &afi))
        return false;
    const uint8_t *p = take(o, at, afi >> 16 == 2 ? 16 : 4);
    if (p == NULL || (afi >> 16 != 1 && afi >> 16 != 2))
        return false;
    if (afi >> 16 == 1)
        *out = wf_addr_from4(wf_ld32be(p));
    else
        memcpy(out->b, p, sizeof(out->b));
    return true;
}

static bool take_name(const struct weft_icmp_object *o, uint32_t *at, char out[64])
{
    const uint8_t *n = take(o, at, 1);
    if (n == NULL || *n == 0 || *n > 64 || *n % 4 != 0)
        return false;
    const uint8_t *p = take(o, at, *n - 1u);
    if (p == NULL)
        return false;
    for (uint32_t i = 0; i + 1 < *n && p[i] != 0; i++) {
        bool is_printable = p[i] > ' ' && p[i] < 127;
        out[i] = '?';
        if (is_printable)
            out[i] = (char)p[i];
    }
    return true;
}

bool weft_icmp_object_interface(const struct weft_icmp_object *o, struct weft_icmp_if *out)
{
    uint32_t at = 0;
    *out = (struct weft_icmp_if){.role = (enum weft_icmp_if_role)(o->type >> 6)};
    return o->class_num == WEFT_ICMP_CLASS_INTERFACE &&
           ((o->type & ICMP4_EXT_HAS_INDEX) == 0 || take_word(o, &at, &out->index)) &&
           ((o->type & ICMP4_EXT_HAS_ADDRESS) == 0 || take_address(o, &at, &out->addr)) &&
           ((o->type & ICMP4_EXT_HAS_NAME) == 0 || take_name(o, &at, out->name)) &&
           ((o->type & ICMP4_EXT_HAS_MTU) == 0 || take_word(o, &at, &out->mtu));
}
