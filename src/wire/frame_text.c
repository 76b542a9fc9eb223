/* SPDX-License-Identifier: MIT */
/**
 * DOC: frame text - one line about a whole frame, in the habit of tcpdump -n
 *
 * Follows a frame down through the parsers of this layer: Ethernet and its VLAN tags, ARP, IPv4,
 * ICMP with the datagram an error quotes, UDP, TCP. What a parser refuses is called malformed,
 * with the header's name and the parser's reason. Checksums of TCP, UDP and ICMP are not looked
 * at: in a frame on its way out they may be left to the driver.
 */
#include "base/base.h"
#include "weft/trace.h"
#include "wire/wire.h"

#define VLAN_TAG_BYTES  4
#define VLAN_TAGS_MAX   2 /* A customer's and a provider's. */
#define PORT_PAIR_BYTES 4

static void put_malformed(struct text *t, const char *header, const char *why)
{
    wf_text_str(t, "malformed ");
    wf_text_str(t, header);
    wf_text_str(t, ": ");
    wf_text_str(t, why);
}

/* "10.0.0.1.40000 > 10.0.0.2.80"; without ports where @ports is NULL. */
static void put_pair(struct text *t, const struct ip4_hdr *ip, const uint8_t *ports)
{
    wf_text_ip4(t, ip->src);
    if (ports != NULL)
        wf_text_field(t, ".", wf_ld16be(ports));
    wf_text_str(t, " > ");
    wf_text_ip4(t, ip->dst);
    if (ports != NULL)
        wf_text_field(t, ".", wf_ld16be(ports + 2));
}

static void put_proto(struct text *t, uint8_t proto)
{
    const char *name = wf_ip4_proto_text(proto);
    if (name != NULL)
        wf_text_str(t, name);
    else
        wf_text_field(t, "ip-proto-", proto);
}

static bool has_ports(const struct ip4_hdr *ip)
{
    return (ip->proto == IP_PROTO_TCP || ip->proto == IP_PROTO_UDP ||
            ip->proto == IP_PROTO_UDPLITE) &&
           ip->frag_off_bytes == 0;
}

static void put_tcp(struct text *t, const struct ip4_hdr *ip, struct cursor c)
{
    struct tcp_hdr h;
    enum wf_tcp_err err = wf_tcp_parse(&h, c.p, c.left);
    if (err != TCP_HDR_OK) {
        put_pair(t, ip, NULL);
        wf_text_str(t, ": ");
        put_malformed(t, "TCP", wf_tcp_err_text(err));
        return;
    }
    put_pair(t, ip, c.p);
    wf_text_str(t, ": ");
    wf_cursor_take(&c, h.hdr_bytes);
    wf_tcp_put(t, &h, (uint32_t)c.left);
    wf_text_field(t, ", length ", c.left);
}

static void put_udp(struct text *t, const struct ip4_hdr *ip, struct cursor c)
{
    struct udp_hdr h;
    bool is_lite = ip->proto == IP_PROTO_UDPLITE;
    enum wf_udp_err err =
        is_lite ? wf_udplite_parse(&h, c.p, c.left) : wf_udp_parse(&h, c.p, c.left);
    bool is_cut = (err == UDP_BAD_LEN || err == UDP_BAD_COV) &&
                  ip->mf; /* The rest comes in later fragments. */
    if (err != UDP_OK && !is_cut) {
        put_pair(t, ip, NULL);
        wf_text_str(t, ": ");
        put_malformed(t, is_lite ? "UDP-Lite" : "UDP", wf_udp_err_text(err));
        return;
    }
    put_pair(t, ip, c.p);
    wf_text_str(t, is_lite ? ": UDP-Lite" : ": UDP");
    if (is_lite && !is_cut) {
        wf_text_field(t, ", length ", c.left - UDP_HDR_BYTES);
        wf_text_field(t, ", covered ", h.len_bytes);
    } else if (!is_cut)
        wf_text_field(t, ", length ", h.len_bytes - (uint64_t)UDP_HDR_BYTES);
}

/* The datagram that an ICMP error is about: " for 10.0.0.1.4000 > 10.0.0.2.53 udp". */
static void put_quoted(struct text *t, struct cursor c)
{
    struct ip4_hdr ip;
    enum wf_ip4_err err = wf_ip4_parse_quoted(&ip, c.p, c.left);
    wf_text_str(t, " for ");
    if (err != IP4_OK) {
        put_malformed(t, "IPv4", wf_ip4_err_text(err));
        return;
    }
    wf_cursor_take(&c, ip.hdr_bytes);
    put_pair(t, &ip, has_ports(&ip) ? wf_cursor_take(&c, PORT_PAIR_BYTES) : NULL);
    wf_text_char(t, ' ');
    put_proto(t, ip.proto);
}

static bool is_icmp_error(uint8_t type)
{
    return type == ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
           type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER_PROBLEM;
}

static void put_icmp(struct text *t, const struct ip4_hdr *ip, struct cursor c)
{
    struct icmp4_hdr h;
    size_t length = c.left;
    put_pair(t, ip, NULL);
    wf_text_str(t, ": ");
    if (wf_icmp4_parse(&h, c.p, c.left) != ICMP4_OK) {
        put_malformed(t, "ICMP", "truncated");
        return;
    }
    wf_icmp4_put(t, &h);
    wf_cursor_take(&c, ICMP4_HDR_BYTES);
    if (is_icmp_error(h.type))
        put_quoted(t, c);
    wf_text_field(t, ", length ", length);
}

static void put_igmp(struct text *t, const struct ip4_hdr *ip, struct cursor c)
{
    struct igmp_msg m;
    enum wf_igmp_err err = wf_igmp_parse(&m, c.p, c.left);
    put_pair(t, ip, NULL);
    wf_text_str(t, ": ");
    if (err == IGMP_OK)
        t->len += wf_igmp_text(t->buf + t->len, t->cap - t->len, &m);
    else
        put_malformed(t, "IGMP", wf_igmp_err_text(err));
}

static void put_other(struct text *t, const struct ip4_hdr *ip, struct cursor c)
{
    put_pair(t, ip, NULL);
    wf_text_str(t, ": ");
    put_proto(t, ip->proto);
    wf_text_field(t, ", length ", c.left);
}

static void put_ip4(struct text *t, struct cursor c)
{
    struct ip4_hdr ip;
    enum wf_ip4_err err = wf_ip4_parse(&ip, c.p, c.left, true);
    if (err != IP4_OK) {
        put_malformed(t, "IPv4", wf_ip4_err_text(err));
        return;
    }
    wf_cursor_trim(&c, ip.total_bytes);
    wf_cursor_take(&c, ip.hdr_bytes);

    wf_text_str(t, "IP ");
    bool is_start = ip.frag_off_bytes == 0; /* Only there the transport's header is. */
    if (is_start && ip.proto == IP_PROTO_TCP)
        put_tcp(t, &ip, c);
    else if (is_start && (ip.proto == IP_PROTO_UDP || ip.proto == IP_PROTO_UDPLITE))
        put_udp(t, &ip, c);
    else if (is_start && ip.proto == IP_PROTO_ICMP)
        put_icmp(t, &ip, c);
    else if (is_start && !ip.mf && ip.proto == IP_PROTO_IGMP)
        put_igmp(t, &ip, c);
    else
        put_other(t, &ip, c);

    if (ip.mf || ip.frag_off_bytes > 0) {
        wf_text_field(t, " (frag ", ip.id);
        wf_text_field(t, ":", c.left);
        wf_text_field(t, "@", ip.frag_off_bytes);
        wf_text_str(t, ip.mf ? "+)" : ")");
    }
}

static void put_arp(struct text *t, struct cursor c)
{
    struct arp_ip4 a;
    enum wf_arp_err err = wf_arp_parse(&a, c.p, c.left);
    if (err == ARP_OK)
        wf_arp_put(t, &a);
    else
        put_malformed(t, "ARP", wf_arp_err_text(err));
}

/* Moves the cursor past the tags and leaves the type behind them in *type; false if cut short. */
static bool put_vlan_tags(struct text *t, struct cursor *c, uint16_t *type)
{
    for (int i = 0; i < VLAN_TAGS_MAX && *type == ETHERTYPE_VLAN; i++) {
        const uint8_t *tag = wf_cursor_take(c, VLAN_TAG_BYTES);
        if (tag == NULL) {
            put_malformed(t, "802.1Q tag", "truncated");
            return false;
        }
        wf_text_field(t, "vlan ", wf_ld16be(tag) & 0xfffu);
        wf_text_field(t, ", p ", tag[0] >> 5);
        wf_text_str(t, ", ");
        *type = wf_ld16be(tag + 2);
    }
    return true;
}

static void put_ether(struct text *t, struct cursor c)
{
    struct eth_hdr h;
    if (!wf_eth_parse(&h, c.p, c.left)) {
        put_malformed(t, "Ethernet", "truncated");
        return;
    }
    wf_cursor_take(&c, ETH_HDR_BYTES);
    if (!put_vlan_tags(t, &c, &h.type))
        return;
    switch (h.type) {
    case ETHERTYPE_IP4:
        put_ip4(t, c);
        return;
    case ETHERTYPE_ARP:
    case ETHERTYPE_RARP:
        put_arp(t, c);
        return;
    case ETHERTYPE_IP6:
        wf_text_str(t, "IP6");
        break;
    default:
        if (h.type < ETHERTYPE_MIN) {
            wf_text_str(t, "802.3");
        } else {
            wf_text_str(t, "ethertype 0x");
            wf_text_hex(t, h.type, 4);
        }
        break;
    }
    wf_text_field(t, ", length ", c.left);
}

/* Layer 3 frames have no type field; the version is the only hint. */
static void put_ip(struct text *t, struct cursor c)
{
    if (c.left > 0 && c.p[0] >> 4 == 6)
        wf_text_field(t, "IP6, length ", c.left);
    else
        put_ip4(t, c);
}

size_t weft_frame_text(char *buf, size_t cap, const uint8_t *frame, size_t len, bool is_ether)
{
    struct text t = wf_text_on(buf, cap < UINT32_MAX ? (uint32_t)cap : UINT32_MAX);
    struct cursor c = {frame, len};
    if (is_ether)
        put_ether(&t, c);
    else
        put_ip(&t, c);
    return t.len;
}
