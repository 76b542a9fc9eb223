/* SPDX-License-Identifier: MIT */
#include "exact.h"
#include "t.h"
#include "weft/trace.h"
#include "wire/wire.h"

static const struct wf_ip4 alice = {{10, 0, 0, 1}}, bob = {{10, 0, 0, 2}};

/** struct frame - a frame under construction, layer 3 first */
struct frame {
    uint8_t b[256];
    size_t len;
};

static void add_ip(struct frame *f, uint8_t proto, uint16_t data_bytes, uint16_t off, bool mf)
{
    struct ip4_hdr h = {.ttl = 64,
                        .proto = proto,
                        .id = 7,
                        .frag_off_bytes = off,
                        .mf = mf,
                        .total_bytes = (uint16_t)(20 + data_bytes),
                        .src = alice,
                        .dst = bob};
    f->len += wf_ip4_emit(f->b + f->len, &h);
}

/* Compares the line for the frame, given in an exact-size block, and shows both if they differ. */
static void expect(const struct frame *f, bool is_ether, const char *want)
{
    char buf[512];
    uint8_t *p = exact(f->b, f->len);
    T_EQ(weft_frame_text(buf, sizeof(buf), p, f->len, is_ether), strlen(want));
    if (strcmp(buf, want) != 0) {
        printf("# got  %s\n# want %s\n", buf, want);
        T_CHECK(strcmp(buf, want) == 0);
    }
    free(p);
}

static void tcp_lines(void)
{
    struct frame f = {.len = 0};
    struct tcp_hdr h = {.sport = 40000,
                        .dport = 80,
                        .seq = {1},
                        .ack = {2},
                        .wnd = 65535,
                        .flags = TCP_SYN | TCP_ACK,
                        .opt = {.mss = 1460, .has_sack_ok = true}};
    add_ip(&f, IP_PROTO_TCP, 28, 0, false);
    f.len += wf_tcp_emit(f.b + f.len, &h);
    expect(&f, false,
           "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S.], seq 1, ack 2, win 65535, "
           "options [mss 1460,sackOK], length 0");

    f.len = 0;
    h = (struct tcp_hdr){.sport = 40000,
                         .dport = 80,
                         .seq = {1},
                         .ack = {2},
                         .wnd = 100,
                         .flags = TCP_PSH | TCP_ACK};
    add_ip(&f, IP_PROTO_TCP, 25, 0, false);
    f.len += wf_tcp_emit(f.b + f.len, &h) + 5;
    expect(&f, false,
           "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [P.], seq 1:6, ack 2, win 100, length 5");
    f.b[32] = 0x40;
    expect(&f, false, "IP 10.0.0.1 > 10.0.0.2: malformed TCP: bad data offset");
}

static void udp_lines_and_fragments(void)
{
    struct frame f = {.len = 0};
    struct udp_hdr h = {4000, 53, 13, 0};
    add_ip(&f, IP_PROTO_UDP, 13, 0, false);
    wf_udp_emit(f.b + f.len, &h);
    f.len += 13 + 7; /* Padding behind the datagram is not counted. */
    expect(&f, false, "IP 10.0.0.1.4000 > 10.0.0.2.53: UDP, length 5");

    f.len = 0;
    h.len_bytes = 2008;
    add_ip(&f, IP_PROTO_UDP, 16, 0, true);
    wf_udp_emit(f.b + f.len, &h);
    f.len += 16;
    expect(&f, false, "IP 10.0.0.1.4000 > 10.0.0.2.53: UDP (frag 7:16@0+)");

    f.len = 0;
    add_ip(&f, IP_PROTO_UDP, 16, 0, false);
    wf_udp_emit(f.b + f.len, &h);
    f.len += 16;
    expect(&f, false, "IP 10.0.0.1 > 10.0.0.2: malformed UDP: bad length field");

    f.len = 0;
    add_ip(&f, IP_PROTO_UDP, 16, 1480, false);
    f.len += 16;
    expect(&f, false, "IP 10.0.0.1 > 10.0.0.2: udp, length 16 (frag 7:16@1480)");
}

static void icmp_lines(void)
{
    struct frame f = {.len = 0};
    struct icmp4_hdr h = {.type = ICMP4_ECHO_REQUEST, .id = 1, .seq = 2};
    add_ip(&f, IP_PROTO_ICMP, 64, 0, false);
    wf_icmp4_emit(f.b + f.len, &h);
    f.len += 64;
    expect(&f, false, "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 2, length 64");

    f.len = 0;
    h = (struct icmp4_hdr){.type = ICMP4_UNREACHABLE, .code = ICMP4_PORT_UNREACHABLE};
    add_ip(&f, IP_PROTO_ICMP, 36, 0, false);
    wf_icmp4_emit(f.b + f.len, &h);
    f.len += 8;
    add_ip(&f, IP_PROTO_UDP, 500, 0, false);
    wf_udp_emit(f.b + f.len, &(struct udp_hdr){4000, 33434, 500, 0});
    f.len += 8;
    expect(&f, false,
           "IP 10.0.0.1 > 10.0.0.2: ICMP port unreachable for 10.0.0.1.4000 > 10.0.0.2.33434 udp, "
           "length 36");

    f.b[28] = 0x65;
    expect(&f, false,
           "IP 10.0.0.1 > 10.0.0.2: ICMP port unreachable for malformed IPv4: version is not 4, "
           "length 36");
}

static void ethernet_lines(void)
{
    struct frame f = {.len = 14};
    struct eth_hdr eth = {.type = ETHERTYPE_ARP};
    wf_eth_emit(f.b, &eth);
    wf_arp_emit(f.b + 14, &(struct arp_ip4){.op = ARP_REQUEST, .spa = alice, .tpa = bob});
    f.len += ARP_IP4_BYTES;
    expect(&f, true, "ARP, Request who-has 10.0.0.2 tell 10.0.0.1");
    f.len--;
    expect(&f, true, "malformed ARP: truncated");

    static const uint8_t tag[4] = {0x60, 0x2a, 0x88, 0xcc};
    eth.type = ETHERTYPE_VLAN;
    wf_eth_emit(f.b, &eth);
    memcpy(f.b + 14, tag, 4);
    f.len = 28;
    expect(&f, true, "vlan 42, p 3, ethertype 0x88cc, length 10");
    f.len = 17;
    expect(&f, true, "malformed 802.1Q tag: truncated");
    f.len = 13;
    expect(&f, true, "malformed Ethernet: truncated");

    eth.type = 10;
    wf_eth_emit(f.b, &eth);
    f.len = 24;
    expect(&f, true, "802.3, length 10");
    eth.type = ETHERTYPE_IP6;
    wf_eth_emit(f.b, &eth);
    expect(&f, true, "IP6, length 10");
}

static void malformed_ip_lines(void)
{
    struct frame f = {.len = 0};
    expect(&f, false, "malformed IPv4: truncated");
    add_ip(&f, IP_PROTO_IGMP, 0, 0, false);
    expect(&f, false, "IP 10.0.0.1 > 10.0.0.2: malformed IGMP: truncated");
    f.len = 0;
    add_ip(&f, IP_PROTO_IGMP, 8, 0, false);
    wf_igmp_emit(f.b + f.len, IGMP_LEAVE, 0, 0xe0010101);
    f.len += 8;
    expect(&f, false, "IP 10.0.0.1 > 10.0.0.2: IGMPv2, leave 224.1.1.1");
    f.b[8]++;
    expect(&f, false, "malformed IPv4: bad checksum");
    f.b[3]++;
    expect(&f, false, "malformed IPv4: bad total length");
}

static void a_short_buffer_keeps_the_beginning(void)
{
    char whole[512];
    struct frame f = {.len = 0};
    add_ip(&f, 89, 0, 0, false);
    size_t n = weft_frame_text(whole, sizeof(whole), f.b, f.len, false);
    for (size_t cap = 0; cap <= n; cap++) {
        char *buf = malloc(cap);
        T_EQ(weft_frame_text(buf, cap, f.b, f.len, false), cap == 0 ? 0 : cap - 1);
        T_CHECK(cap == 0 || (buf[cap - 1] == '\0' && memcmp(buf, whole, cap - 1) == 0));
        free(buf);
    }
}

static const struct t_case cases[] = {
    {"TCP lines", tcp_lines},
    {"UDP lines and fragments", udp_lines_and_fragments},
    {"ICMP lines", icmp_lines},
    {"Ethernet lines", ethernet_lines},
    {"malformed IP lines", malformed_ip_lines},
    {"a short buffer keeps the beginning", a_short_buffer_keeps_the_beginning},
};
T_MAIN(cases)
