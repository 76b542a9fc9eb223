/* SPDX-License-Identifier: MIT */
/**
 * DOC: options - what IPv4 options do (RFC 791 3.1, RFC 1122 3.2.1.8, RFC 1812 4.2.2 and 5.3.13)
 *
 * Four moments: a packet with options arrives (judge), it is for us (deliver), it goes on
 * (transit), one of ours is sent (originate). Packets without options come by none of them.
 * Record route and timestamp are written in transit; at the end of the way only a timestamp is, as
 * RFC 1812 5.2.1 asks. An echo reply carries them on, and our address as well (RFC 1122 3.2.2.6).
 * Source routes follow the switch WEFT_IP_SOURCE_ROUTES. What is unknown passes as it is.
 *
 * Deviation: IPR-FWD-52: datagrams with a source route are dropped by default (RFC 7126);
 * `WEFT_IP_SOURCE_ROUTES` has what RFC 1812 asks for.
 */
#ifndef WF_IP_OPTIONS_H
#define WF_IP_OPTIONS_H

#include "net/net.h"
#include "wire/wire.h"

struct ip4_out;

/** struct ip4_opts_fault - Why a packet is refused, and the octet of its header that says so */
struct ip4_opts_fault {
    enum weft_drop why; /* WEFT_DROP_COUNT = nothing is wrong. */
    uint8_t at;
};

/** wf_ip4_opts_judge() - Whether options are well formed: lengths, pointers, one source route */
struct ip4_opts_fault wf_ip4_opts_judge(const struct ip4_hdr *h);

/** wf_ip4_opts_source_route() - The source route among them; false if there is none */
bool wf_ip4_opts_source_route(const struct ip4_hdr *h, struct ip4_opt *out);

/**
 * wf_ip4_opts_refuse() - Whether a packet dies of its options where it arrives; takes it then
 *
 * Return: true if @p is gone.
 */
bool wf_ip4_opts_refuse(struct net *net, struct pkt *p, const struct ip4_hdr *h,
                        const struct rx_meta *m);

/**
 * wf_ip4_opts_hop() - A packet that is addressed to us: the next address of its source route
 * @m: dst4 becomes the next hop when there is one
 *
 * Return: RX_IP4 if it ends here, RX_FORWARD if it goes on, RX_DONE if it is gone.
 */
enum verdict wf_ip4_opts_hop(struct net *net, struct pkt *p, struct rx_meta *m);

/** wf_ip4_opts_deliver() - A whole packet for us, data at its IP header: stamp it; false = gone */
bool wf_ip4_opts_deliver(struct net *net, struct pkt *p, const struct rx_meta *m);

/**
 * wf_ip4_opts_transit() - A packet that leaves by @out_ifindex for somebody else: record, stamp
 * @p: data at an IP header of our own (wf_pkt_own_headers)
 *
 * Return: false if it is gone (a timestamp whose count of overflows overflows).
 */
bool wf_ip4_opts_transit(struct net *net, struct pkt *p, const struct rx_meta *m,
                         uint16_t out_ifindex);

/** wf_ip4_opts_settle() - Check and pad what a user wants to send; octets, or -WEFT_EINVAL */
int wf_ip4_opts_settle(const uint8_t *in, size_t n, uint8_t out[IP4_OPTS_MAX_BYTES]);

/**
 * wf_ip4_opts_originate() - Make the options of @o ready to be sent
 * @buf: room for them; o->opts is changed, o->dst4 and o->ifindex too if there is a source route
 *
 * RFC 1122 3.2.1.8: a source stamps what it sends; the first hop of a route becomes the
 * destination, and the destination the last hop.
 */
void wf_ip4_opts_originate(struct ip4_out *o, uint8_t buf[IP4_OPTS_MAX_BYTES]);

/** wf_ip4_opts_stamp_own() - Write into the timestamps of @n octets of options that we send */
void wf_ip4_opts_stamp_own(struct net *net, uint8_t *opts, uint32_t n, uint32_t src4);

/** wf_ip4_opts_record_own() - Write our address into their record routes */
void wf_ip4_opts_record_own(uint8_t *opts, uint32_t n, uint32_t own4);

/**
 * wf_ip4_opts_reply() - The options of an echo reply
 * @p: the request, data behind its IP header
 *
 * Return: octets in @buf.
 */
uint8_t wf_ip4_opts_reply(struct net *net, const struct pkt *p, const struct rx_meta *m,
                          uint8_t buf[IP4_OPTS_MAX_BYTES]);

/**
 * wf_ip4_opts_retrace() - Options that lead an error back along the route that a packet took
 * @p: the packet, data at its IP header
 * @pointer: octet of the header that the error is about; if it is the route's there are none
 *
 * Return: octets in @out (RFC 1812 4.3.2.6).
 */
uint8_t wf_ip4_opts_retrace(const struct net *net, const struct pkt *p, const struct rx_meta *m,
                            uint32_t pointer, uint8_t out[IP4_OPTS_MAX_BYTES]);

/** wf_ip4_opts_return() - Options that lead back along a completed source route; octets in @out */
uint32_t wf_ip4_opts_return(uint32_t src4, const uint8_t *opts, uint32_t n,
                            uint8_t out[IP4_OPTS_MAX_BYTES]);

/** wf_ip4_time_ms() - Now as timestamps say it: ms since midnight UT, or the top bit and anything
 */
uint32_t wf_ip4_time_ms(const struct net *net);

#endif /* WF_IP_OPTIONS_H */
