/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft trace - counters, named drops, the trace ring, frames as text
 *
 * Every packet that goes nowhere dies with exactly one drop reason. Counters count what was done.
 * The trace ring, when the configuration gives it room, records what TCP decided and why; a reader
 * that is too slow loses the oldest records and is told how many.
 */
#ifndef WEFT_TRACE_H
#define WEFT_TRACE_H

#include "weft/types.h"

struct weft_stack;

/* X(constant, name): why a packet died. */
#define WEFT_DROPS(X)                                                                              \
    X(IF_DOWN, "link.if_down")                                                                     \
    X(IF_UNKNOWN, "link.if_unknown")                                                               \
    X(FRAME_BAD, "link.bad_frame_facts")                                                           \
    X(FRAME_GIANT, "link.giant")                                                                   \
    X(ETH_RUNT, "link.runt")                                                                       \
    X(ETH_FCS, "link.bad_fcs")                                                                     \
    X(ETH_NOT_FOR_US, "link.not_for_us")                                                           \
    X(ETH_SRC_BAD, "link.bad_source")                                                              \
    X(ETH_TYPE_UNKNOWN, "link.unknown_type")                                                       \
    X(ETH_LENGTH_FIELD, "link.802_3_length")                                                       \
    X(VLAN_UNKNOWN, "link.vlan_unknown")                                                           \
    X(VLAN_STACKED, "link.vlan_stacked")                                                           \
    X(ARP_SHORT, "arp.short")                                                                      \
    X(ARP_BAD_TYPE, "arp.bad_type")                                                                \
    X(ARP_BAD_LEN, "arp.bad_len")                                                                  \
    X(ARP_BAD_OP, "arp.bad_op")                                                                    \
    X(ARP_BAD_SENDER, "arp.bad_sender")                                                            \
    X(ARP_NOT_FOR_US, "arp.not_for_us")                                                            \
    X(ARP_UNSOLICITED, "arp.unsolicited")                                                          \
    X(ARP_CONFLICT, "arp.conflict")                                                                \
    X(ARP_MISMATCH, "arp.sender_mismatch")                                                         \
    X(ARP_REFUSED, "arp.claim_refused")                                                            \
    X(ARP_LIMITED, "arp.reply_limited")                                                            \
    X(RARP_MALFORMED, "rarp.malformed")                                                            \
    X(RARP_NO_SERVER, "rarp.not_a_server")                                                         \
    X(RARP_UNKNOWN, "rarp.unknown_address")                                                        \
    X(RARP_HELD, "rarp.held_back")                                                                 \
    X(RARP_UNSOLICITED, "rarp.unsolicited")                                                        \
    X(RARP_NOT_FOR_US, "rarp.not_for_us")                                                          \
    X(RARP_BAD_ADDR, "rarp.bad_address")                                                           \
    X(NEIGH_QUEUE_FULL, "neigh.queue_full")                                                        \
    X(NEIGH_TABLE_FULL, "neigh.table_full")                                                        \
    X(NEIGH_FAILED, "neigh.failed")                                                                \
    X(IP4_TRUNCATED, "ip4.truncated")                                                              \
    X(IP4_BAD_VERSION, "ip4.bad_version")                                                          \
    X(IP4_BAD_IHL, "ip4.bad_header_length")                                                        \
    X(IP4_BAD_LEN, "ip4.bad_total_length")                                                         \
    X(IP4_BAD_CSUM, "ip4.bad_checksum")                                                            \
    X(IP4_BAD_SRC, "ip4.bad_source")                                                               \
    X(IP4_BAD_DST, "ip4.bad_destination")                                                          \
    X(IP4_BAD_OPTION, "ip4.bad_option")                                                            \
    X(IP4_SRCROUTE, "ip4.source_route")                                                            \
    X(IP4_DIRECTED, "ip4.directed_broadcast")                                                      \
    X(IP4_ID_LIMIT, "ip4.identifications_used_up")                                                 \
    X(IP4_NOT_FOR_US, "ip4.not_for_us")                                                            \
    X(IP4_LINK_BCAST, "ip4.unicast_in_link_broadcast")                                             \
    X(IP4_NO_ROUTE, "ip4.no_route")                                                                \
    X(IP4_TTL, "ip4.ttl_exceeded")                                                                 \
    X(IP4_NEEDS_FRAG, "ip4.fragmentation_needed")                                                  \
    X(IP4_RPF, "ip4.reverse_path")                                                                 \
    X(IP4_LINK_LOCAL, "ip4.link_local")                                                            \
    X(IP4_FORWARD_OFF, "ip4.forwarding_off")                                                       \
    X(IP4_REFUSED, "ip4.route_refuses")                                                            \
    X(IP4_PROTO_UNKNOWN, "ip4.unknown_protocol")                                                   \
    X(IP4_NOT_JOINED, "ip4.group_not_joined")                                                      \
    X(IGMP_FRAGMENT, "igmp.fragment")                                                              \
    X(IGMP_TRUNCATED, "igmp.truncated")                                                            \
    X(IGMP_BAD_CSUM, "igmp.bad_checksum")                                                          \
    X(IGMP_BAD_LEN, "igmp.bad_len")                                                                \
    X(IGMP_BAD_GROUP, "igmp.bad_group")                                                            \
    X(IGMP_BAD_TTL, "igmp.bad_ttl")                                                                \
    X(IGMP_BAD_DST, "igmp.bad_destination")                                                        \
    X(IGMP_NO_ALERT, "igmp.no_router_alert")                                                       \
    X(IGMP_TYPE_UNKNOWN, "igmp.unknown_type")                                                      \
    X(IP6_UNSUPPORTED, "ip6.not_enabled")                                                          \
    X(FRAG_BAD, "frag.bad_length")                                                                 \
    X(FRAG_OVERLAP, "frag.overlap")                                                                \
    X(FRAG_DUPLICATE, "frag.duplicate")                                                            \
    X(FRAG_LIMIT, "frag.limit")                                                                    \
    X(FRAG_TIMEOUT, "frag.timeout")                                                                \
    X(FRAG_TOO_BIG, "frag.too_big")                                                                \
    X(ICMP_TRUNCATED, "icmp.truncated")                                                            \
    X(ICMP_BAD_CSUM, "icmp.bad_checksum")                                                          \
    X(ICMP_TYPE_UNKNOWN, "icmp.unknown_type")                                                      \
    X(ICMP_TO_GROUP, "icmp.to_group")                                                              \
    X(ICMP_QUOTE_BAD, "icmp.bad_quote")                                                            \
    X(ICMP_NO_SOCKET, "icmp.no_socket")                                                            \
    X(ICMP_OFF, "icmp.switched_off")                                                               \
    X(ICMP_LIMITED, "icmp.limited")                                                                \
    X(ICMP_QUENCH, "icmp.source_quench")                                                           \
    X(ICMP_REDIRECT_BAD, "icmp.bad_redirect")                                                      \
    X(UDP_TRUNCATED, "udp.truncated")                                                              \
    X(UDP_BAD_LEN, "udp.bad_length")                                                               \
    X(UDP_BAD_CSUM, "udp.bad_checksum")                                                            \
    X(UDP_NO_SOCKET, "udp.no_socket")                                                              \
    X(UDP_QUEUE_FULL, "udp.queue_full")                                                            \
    X(UDP_PORT_ZERO, "udp.port_zero")                                                              \
    X(UDP_NO_CSUM, "udp.no_checksum")                                                              \
    X(UDPLITE_BAD_COV, "udplite.bad_coverage")                                                     \
    X(UDPLITE_LOW_COV, "udplite.low_coverage")                                                     \
    X(TCP_TRUNCATED, "tcp.truncated")                                                              \
    X(TCP_BAD_OFFSET, "tcp.bad_offset")                                                            \
    X(TCP_BAD_OPTION, "tcp.bad_option")                                                            \
    X(TCP_BAD_CSUM, "tcp.bad_checksum")                                                            \
    X(TCP_TO_GROUP, "tcp.to_group")                                                                \
    X(TCP_PORT_ZERO, "tcp.port_zero")                                                              \
    X(TCP_NO_SOCKET, "tcp.no_socket")                                                              \
    X(TCP_LISTEN, "tcp.listen")                                                                    \
    X(TCP_SYN_LIMIT, "tcp.syn_queue_full")                                                         \
    X(TCP_ACCEPT_LIMIT, "tcp.accept_queue_full")                                                   \
    X(TCP_PAWS, "tcp.paws")                                                                        \
    X(TCP_TS_MISSING, "tcp.timestamp_missing")                                                     \
    X(TCP_WINDOW, "tcp.out_of_window")                                                             \
    X(TCP_OLD_DUP, "tcp.old_duplicate")                                                            \
    X(TCP_ECN_MIXED, "tcp.ecn_modes_mixed")                                                        \
    X(TCP_RST_IGNORED, "tcp.rst_ignored")                                                          \
    X(TCP_SYN_CHALLENGED, "tcp.syn_challenged")                                                    \
    X(TCP_NO_ACK, "tcp.no_ack")                                                                    \
    X(TCP_ACK_INVALID, "tcp.bad_ack")                                                              \
    X(TCP_DATA_CLOSED, "tcp.data_after_close")                                                     \
    X(TCP_RCVBUF, "tcp.receive_buffer_full")                                                       \
    X(TCP_OOO_LIMIT, "tcp.reassembly_limit")                                                       \
    X(TCP_QUIET, "tcp.quiet_time")                                                                 \
    X(TCP_TIMEWAIT, "tcp.time_wait")                                                               \
    X(TCP_STATE, "tcp.state")                                                                      \
    X(TXQ_FULL, "tx.queue_full")                                                                   \
    X(TX_RED, "tx.red")                                                                            \
    X(TX_CODEL, "tx.codel")                                                                        \
    X(NO_PKT, "mem.no_packet")                                                                     \
    X(NO_CHUNK, "mem.no_chunk")                                                                    \
    X(NO_BLOCK, "mem.no_block")                                                                    \
    X(SOCK_CLOSED, "sock.closed")

/** enum weft_drop - Why a packet died; the name is from weft_drop_name() */
enum weft_drop {
#define WEFT_X(id, name) WEFT_DROP_##id,
    WEFT_DROPS(WEFT_X)
#undef WEFT_X
        WEFT_DROP_COUNT
};

/* X(constant, name): what was done. */
#define WEFT_COUNTERS(X)                                                                           \
    X(RX_FRAMES, "rx.frames")                                                                      \
    X(RX_COALESCED, "rx.coalesced")                                                                \
    X(RX_COPIED, "rx.copied_small")                                                                \
    X(TX_FRAMES, "tx.frames")                                                                      \
    X(TX_SEGMENTED, "tx.segmented")                                                                \
    X(TX_ECN_MARKED, "tx.ecn_marked")                                                              \
    X(ARP_REQUESTS_IN, "arp.requests_in")                                                          \
    X(ARP_REPLIES_IN, "arp.replies_in")                                                            \
    X(ARP_REQUESTS_OUT, "arp.requests_out")                                                        \
    X(ARP_REPLIES_OUT, "arp.replies_out")                                                          \
    X(ARP_CONFLICTS, "arp.conflicts")                                                              \
    X(ARP_PROBES_OUT, "arp.probes_out")                                                            \
    X(ARP_ANNOUNCED, "arp.announcements_out")                                                      \
    X(ARP_PROXIED, "arp.proxy_replies_out")                                                        \
    X(ARP_MISMATCHES, "arp.sender_mismatches")                                                     \
    X(NEIGH_CHANGES, "neigh.changes")                                                              \
    X(RARP_REQUESTS_IN, "rarp.requests_in")                                                        \
    X(RARP_REPLIES_IN, "rarp.replies_in")                                                          \
    X(RARP_REQUESTS_OUT, "rarp.requests_out")                                                      \
    X(RARP_REPLIES_OUT, "rarp.replies_out")                                                        \
    X(IP4_IN, "ip4.in")                                                                            \
    X(IP4_DELIVERED, "ip4.delivered")                                                              \
    X(IP4_FORWARDED, "ip4.forwarded")                                                              \
    X(IP4_OUT, "ip4.out")                                                                          \
    X(IP4_RESERVED_FLAG, "ip4.reserved_flag_in")                                                   \
    X(IP4_FRAGS_IN, "ip4.fragments_in")                                                            \
    X(IP4_REASSEMBLED, "ip4.reassembled")                                                          \
    X(IP4_FRAGS_OUT, "ip4.fragments_out")                                                          \
    X(ICMP_ECHO_IN, "icmp.echo_in")                                                                \
    X(ICMP_ECHO_REPLIES_OUT, "icmp.echo_replies_out")                                              \
    X(ICMP_ERRORS_IN, "icmp.errors_in")                                                            \
    X(ICMP_ERRORS_OUT, "icmp.errors_out")                                                          \
    X(ICMP_RATE_LIMITED, "icmp.rate_limited")                                                      \
    X(IGMP_IN, "igmp.in")                                                                          \
    X(IGMP_OUT, "igmp.out")                                                                        \
    X(IGMP_OLD_QUERIES, "igmp.older_queries")                                                      \
    X(IGMP_OLD_SSM, "igmp.older_queries_for_ssm")                                                  \
    X(IGMP_TABLE_FULL, "igmp.table_full")                                                          \
    X(MROUTE_FORWARDED, "mroute.forwarded")                                                        \
    X(MROUTE_WRONG_IF, "mroute.wrong_interface")                                                   \
    X(MROUTE_TTL, "mroute.ttl_below_threshold")                                                    \
    X(MROUTE_TOO_BIG, "mroute.too_big")                                                            \
    X(ICMP_QUERIES_IN, "icmp.queries_in")                                                          \
    X(ICMP_QUERY_REPLIES_OUT, "icmp.query_replies_out")                                            \
    X(ICMP_REDIRECTS_TAKEN, "icmp.redirects_taken")                                                \
    X(ICMP_REDIRECTS_OUT, "icmp.redirects_out")                                                    \
    X(ICMP_MASKS_DIFFER, "icmp.masks_differ")                                                      \
    X(UDP_IN, "udp.in")                                                                            \
    X(UDP_OUT, "udp.out")                                                                          \
    X(UDP_COPIES_LOST, "udp.group_copies_lost")                                                    \
    X(TCP_SEGS_IN, "tcp.segments_in")                                                              \
    X(TCP_SEGS_OUT, "tcp.segments_out")                                                            \
    X(TCP_BYTES_IN, "tcp.bytes_in")                                                                \
    X(TCP_BYTES_OUT, "tcp.bytes_out")                                                              \
    X(TCP_RETRANS_SEGS, "tcp.retransmitted_segments")                                              \
    X(TCP_RETRANS_BYTES, "tcp.retransmitted_bytes")                                                \
    X(TCP_RTOS, "tcp.rto_expired")                                                                 \
    X(TCP_TLPS, "tcp.tail_loss_probes")                                                            \
    X(TCP_RECOVERIES, "tcp.recoveries")                                                            \
    X(TCP_UNDOS, "tcp.spurious_recoveries_undone")                                                 \
    X(TCP_ECN_REDUCTIONS, "tcp.ecn_reductions")                                                    \
    X(TCP_ECN_HOLDS, "tcp.ecn_holds")                                                              \
    X(TCP_ECN_CE_IN, "tcp.ecn_ce_in")                                                              \
    X(TCP_ECN_FALLBACKS, "tcp.ecn_fallbacks")                                                      \
    X(TCP_DUP_ACKS_IN, "tcp.duplicate_acks_in")                                                    \
    X(TCP_SACKS_IGNORED, "tcp.sack_blocks_ignored")                                                \
    X(TCP_OOO_SEGS, "tcp.out_of_order_segments")                                                   \
    X(TCP_ACTIVE_OPENS, "tcp.active_opens")                                                        \
    X(TCP_PASSIVE_OPENS, "tcp.passive_opens")                                                      \
    X(TCP_RSTS_OUT, "tcp.resets_out")                                                              \
    X(TCP_CHALLENGES_OUT, "tcp.challenge_acks_out")                                                \
    X(TCP_CHALLENGES_LIMITED, "tcp.challenge_acks_limited")                                        \
    X(TCP_WINDOW_PROBES, "tcp.window_probes")                                                      \
    X(TCP_COOKIES_OUT, "tcp.syn_cookies_sent")                                                     \
    X(TCP_COOKIES_IN, "tcp.syn_cookies_received")                                                  \
    X(TCP_COOKIES_FAILED, "tcp.syn_cookies_failed")                                                \
    X(TCP_FO_COOKIES_OUT, "tcp.fastopen_cookies_sent")                                             \
    X(TCP_FO_COOKIES_BAD, "tcp.fastopen_cookies_bad")                                              \
    X(TCP_FO_PASSIVE, "tcp.fastopen_passive")                                                      \
    X(TCP_FO_LIMITED, "tcp.fastopen_limited")                                                      \
    X(TCP_FO_ACTIVE, "tcp.fastopen_active")                                                        \
    X(TCP_FO_ACTIVE_FAILED, "tcp.fastopen_active_failed")                                          \
    X(TCP_KEEP_PROBES, "tcp.keepalive_probes")                                                     \
    X(TCP_MTU_PROBES, "tcp.mtu_probes")                                                            \
    X(TCP_MTU_PROBES_LOST, "tcp.mtu_probes_lost")                                                  \
    X(TCP_MTU_REVERTED, "tcp.mtu_reverted")                                                        \
    X(TCP_BLACK_HOLES, "tcp.mtu_black_holes")                                                      \
    X(TCP_MTU_DOUBTED, "tcp.mtu_claims_doubted")                                                   \
    X(TCP_KEEP_DEAD, "tcp.keepalive_timeouts")                                                     \
    X(TCP_URGENT_IN, "tcp.urgent_in")                                                              \
    X(TCP_LINGER_RSTS, "tcp.linger_resets")                                                        \
    X(TCP_TIMEWAIT_FULL, "tcp.time_wait_full")                                                     \
    X(CLOCK_BACKWARDS, "clock.backwards")

/** enum weft_counter - What was done; the name is from weft_counter_name() */
enum weft_counter {
#define WEFT_X(id, name) WEFT_COUNT_##id,
    WEFT_COUNTERS(WEFT_X)
#undef WEFT_X
        WEFT_COUNT_COUNT
};

/** enum weft_trace_kind - What a record of the trace ring says, and what its values mean */
enum weft_trace_kind {
    WEFT_TRACE_DROP = 1,   /* v0 = enum weft_drop, v1 = bytes; for a header or addresses that cannot
                              be: v2 = source, v3 = destination, as in that header. */
    WEFT_TRACE_TCP_STATE,  /* v0 = old, v1 = new state (enum weft_tcp_state). */
    WEFT_TRACE_TCP_SEND,   /* v0 = seq - iss, v1 = bytes, v2 = enum weft_tcp_why, v3 = flight,
                              v4 = cwnd, v5 = send window. */
    WEFT_TRACE_TCP_ACK,    /* v0 = una - iss, v1 = cwnd, v2 = ssthresh, v3 = srtt us, v4 = rto us,
                              v5 = flight. */
    WEFT_TRACE_TCP_RECV,   /* v0 = rcv.nxt - irs, v1 = bytes taken, v2 = window advertised,
                              v3 = bytes out of order. */
    WEFT_TRACE_TCP_LOSS,   /* v0 = seq - iss, v1 = bytes marked lost, v2 = enum weft_tcp_why. */
    WEFT_TRACE_TCP_UNDO,   /* v0 = una - iss, v1 = cwnd, v2 = ssthresh, v3 = by: 1 timestamps,
                              2 D-SACK, 3 F-RTO. */
    WEFT_TRACE_IGMP_OLDER, /* A querier older than this router: v0 = version, v1 = its address; at
                              most once a minute an interface. */
    WEFT_TRACE_LINK, /* v0 = enum weft_link_event_kind, v1 = IPv4 address, v2, v3 = first 2 and
                        last 4 bytes of the other's hardware address. */
};

/** enum weft_tcp_why - Why TCP sent, or did not */
enum weft_tcp_why {
    WEFT_WHY_NONE = 0,
    WEFT_WHY_NEW_DATA,   /* New data, full segments or the tail. */
    WEFT_WHY_RETRANSMIT, /* Marked lost by RACK. */
    WEFT_WHY_RTO,        /* The retransmission timer expired. */
    WEFT_WHY_TLP,        /* Tail loss probe. */
    WEFT_WHY_PROBE,      /* Zero-window probe. */
    WEFT_WHY_KEEPALIVE,  /* Keep-alive probe. */
    WEFT_WHY_ACK,        /* Acknowledgement or window update only. */
    WEFT_WHY_CHALLENGE,  /* Challenge ACK (RFC 5961). */
    WEFT_WHY_SYN,        /* SYN or SYN,ACK. */
    WEFT_WHY_FIN,        /* FIN without data. */
    WEFT_WHY_RESET,      /* RST. */
    /* Why not: */
    WEFT_WHY_EMPTY,  /* Nothing to send. */
    WEFT_WHY_CWND,   /* Congestion window (or PRR) is used up. */
    WEFT_WHY_RWND,   /* The peer's window is used up. */
    WEFT_WHY_NAGLE,  /* Less than a segment, earlier data unacknowledged. */
    WEFT_WHY_SWS,    /* Sender silly window avoidance. */
    WEFT_WHY_CORK,   /* WEFT_SO_CORK holds a partial segment. */
    WEFT_WHY_NEIGH,  /* The neighbour is being resolved. */
    WEFT_WHY_IF,     /* The interface has no room or is down. */
    WEFT_WHY_MEM,    /* No packet or record is free. */
    WEFT_WHY_PACING, /* The rate has not made up for the last packet yet. */

    WEFT_WHY_COUNT
};

/** struct weft_trace_rec - One record of the trace ring */
struct weft_trace_rec {
    uint64_t time_ns;
    uint64_t flow; /* Socket handle or connection number; 0 = none. */
    uint16_t kind; /* enum weft_trace_kind */
    uint16_t ifindex;
    uint16_t lport, rport;
    uint32_t v[6];
};

/**
 * weft_drop_name() - Name of a drop reason
 * @reason: a value of enum weft_drop
 *
 * Return: a static string such as "ip4.bad_checksum", "?" if out of range.
 */
const char *weft_drop_name(unsigned reason);

/**
 * weft_counter_name() - Name of a counter
 * @counter: a value of enum weft_counter
 *
 * Return: a static string such as "tcp.segments_out", "?" if out of range.
 */
const char *weft_counter_name(unsigned counter);

/**
 * weft_why_name() - Name of a reason to send or not to send
 * @why: a value of enum weft_tcp_why
 *
 * Return: a static string such as "nagle", "?" if out of range.
 */
const char *weft_why_name(unsigned why);

/**
 * weft_drops() - Packets dropped for one reason since weft_stack_init()
 * @st: stack
 * @reason: a value of enum weft_drop
 *
 * Return: count, 0 if out of range.
 */
uint64_t weft_drops(const struct weft_stack *st, unsigned reason);

/**
 * weft_counter() - Value of a counter since weft_stack_init()
 * @st: stack
 * @counter: a value of enum weft_counter
 *
 * Return: count, 0 if out of range.
 */
uint64_t weft_counter(const struct weft_stack *st, unsigned counter);

/**
 * weft_trace_read() - Take the oldest records out of the trace ring
 * @st: stack
 * @out: filled
 * @n: records that fit
 * @lost: set to the records overwritten since the last call; may be NULL
 *
 * Return: records written.
 */
uint32_t weft_trace_read(struct weft_stack *st, struct weft_trace_rec *out, uint32_t n,
                         uint64_t *lost);

/**
 * weft_frame_text() - One line about a frame, as tcpdump -n would say it
 * @buf: filled, always terminated if @cap > 0
 * @cap: bytes at @buf; 512 always suffice
 * @frame: bytes, in one piece
 * @len: bytes at @frame
 * @is_ether: true if it starts with an Ethernet header, false if with an IP header
 *
 * Return: length of the text without the terminator.
 */
size_t weft_frame_text(char *buf, size_t cap, const uint8_t *frame, size_t len, bool is_ether);

#endif /* WEFT_TRACE_H */
