/* SPDX-License-Identifier: MIT */
/** DOC: conn - what the files of tcp/ need of each other; the facade is tcp.h */
#ifndef WF_TCP_CONN_H
#define WF_TCP_CONN_H

#include "tcp/cc.h"
#include "tcp/tcp.h"

#define TCP_TS_BYTES 12u /* Of the timestamp option, padded. */
#define NS_PER_MS    1000000ull
#define NS_PER_S     1000000000ull
#define R1_RTOS      3u /* Expiries after which the path is doubted (RFC 9293 3.8.3). */

/** wf_tcp_is_quiet() - Whether nothing is to be sent yet (RFC 9293 3.4.3) */
static inline bool wf_tcp_is_quiet(const struct net *net)
{
    return net->now_ns < net->cfg->tcp_quiet_until_ns;
}

/* ---- state.c ---- */

/** wf_tcp_set_state() - Go to another state; the transition must be legal (asserted) */
void wf_tcp_set_state(struct net *net, struct tcp_conn *c, enum weft_tcp_state to);

/** wf_tcp_is_synchronized() - ESTABLISHED or later */
static inline bool wf_tcp_is_synchronized(const struct tcp_conn *c)
{
    return c->state >= WEFT_TCP_ESTABLISHED;
}

/** wf_tcp_can_send() - Whether data may still go out */
static inline bool wf_tcp_can_send(const struct tcp_conn *c)
{
    return c->state == WEFT_TCP_ESTABLISHED || c->state == WEFT_TCP_CLOSE_WAIT;
}

/** wf_tcp_is_fin_acked() - Whether all that was sent, our FIN too, has arrived */
static inline bool wf_tcp_is_fin_acked(const struct tcp_conn *c)
{
    return c->snd.is_fin_sent && wf_seq_gt(c->snd.una, c->snd.fin);
}

/** wf_tcp_has_unsent() - Whether data or our FIN has not been sent even once */
static inline bool wf_tcp_has_unsent(const struct tcp_conn *c)
{
    return !c->snd.is_fin_sent && (c->sendq.end != c->snd.nxt.v || c->snd.is_fin_queued);
}

/* ---- demux.c ---- */

/** wf_tcp_find_conn() - Connection with this key, or NULL */
struct tcp_conn *wf_tcp_find_conn(const struct net *net, const struct tcp_key *k);
/** wf_tcp_find_synrcvd() - Half-open record with this key, or NULL */
struct tcp_synrcvd *wf_tcp_find_synrcvd(const struct net *net, const struct tcp_key *k);
/** wf_tcp_find_listener() - Listener for a local endpoint: its address first, then any; or NULL */
struct tcp_listener *wf_tcp_find_listener(const struct net *net, const struct weft_endpoint *l);
/** wf_tcp_link_conn() - Enter a connection */
void wf_tcp_link_conn(struct net *net, struct tcp_conn *o);
/** wf_tcp_unlink_conn() - Take a connection out */
void wf_tcp_unlink_conn(struct net *net, struct tcp_conn *o);
/** wf_tcp_link_synrcvd() - Enter a half-open record */
void wf_tcp_link_synrcvd(struct net *net, struct tcp_synrcvd *o);
/** wf_tcp_unlink_synrcvd() - Take a half-open record out */
void wf_tcp_unlink_synrcvd(struct net *net, struct tcp_synrcvd *o);
/** wf_tcp_link_timewait() - Enter a TIME-WAIT record */
void wf_tcp_link_timewait(struct net *net, struct tcp_timewait *o);
/** wf_tcp_unlink_timewait() - Take a TIME-WAIT record out */
void wf_tcp_unlink_timewait(struct net *net, struct tcp_timewait *o);
/** wf_tcp_link_listener() - Enter a listener */
void wf_tcp_link_listener(struct net *net, struct tcp_listener *l);
/** wf_tcp_unlink_listener() - Take a listener out */
void wf_tcp_unlink_listener(struct net *net, struct tcp_listener *l);

/* ---- open.c ---- */

/** wf_tcp_isn() - Initial sequence number (RFC 6528) */
struct tcp_seq wf_tcp_isn(const struct net *net, const struct tcp_key *k);
/** wf_tcp_conn_alloc() - A closed connection with its options, or NULL */
struct tcp_conn *wf_tcp_conn_alloc(struct net *net, const struct tcp_user *u,
                                   const struct tcp_key *k);
/** wf_tcp_conn_free() - Release all that a connection holds, and it */
void wf_tcp_conn_free(struct net *net, struct tcp_conn *c);
/** wf_tcp_established() - The handshake is complete */
void wf_tcp_established(struct net *net, struct tcp_conn *c);
/** wf_tcp_cc_begin() - The algorithm begins with this window, and what was set for it */
void wf_tcp_cc_begin(struct weft_cc *cc, const struct tcp_user *u, uint32_t mss, uint32_t window);
/** wf_tcp_fail() - It is over: CLOSED with an error for the user; freed if nobody holds it */
void wf_tcp_fail(struct net *net, struct tcp_conn *c, int err);
/** wf_tcp_done() - It ended in good order: CLOSED; freed if nobody holds it */
void wf_tcp_done(struct net *net, struct tcp_conn *c);

/* ---- options.c ---- */

/** wf_tcp_ts_now() - Our timestamp clock: ms and the connection's offset */
uint32_t wf_tcp_ts_now(const struct net *net, const struct tcp_opt *o);
/** wf_tcp_ts_offset() - Secret offset of the timestamp clock for a pair of ends */
uint32_t wf_tcp_ts_offset(const struct net *net, const struct tcp_key *k);
/** wf_tcp_port_offset() - Where the row of local ports towards a server begins, secret */
uint32_t wf_tcp_port_offset(const struct net *net, const struct weft_addr *local,
                            const struct weft_endpoint *remote);
/** wf_tcp_offer() - Options of our SYN or SYN,ACK; @o says what may be offered */
void wf_tcp_offer(const struct net *net, const struct tcp_opt *o, uint32_t mss,
                  struct tcp_opts *out);
/** wf_tcp_rcv_wscale() - Window scale to offer for a receive buffer */
uint8_t wf_tcp_rcv_wscale(uint32_t rcvbuf);
/** wf_tcp_agree() - Take the peer's SYN options: what both offered holds */
void wf_tcp_agree(const struct net *net, struct tcp_opt *o, const struct tcp_opts *peer);
/** wf_tcp_local_mss() - MSS to announce (RFC 6691): MTU - 40, at most the user's */
uint32_t wf_tcp_local_mss(const struct net *net, const struct tcp_user *u, uint16_t ifindex);
/** wf_tcp_update_mss() - SND.MSS from the peer's MSS, path MTU and options */
void wf_tcp_update_mss(struct net *net, struct tcp_conn *c);
/** wf_tcp_initial_window() - RFC 6928, or the user's number of segments */
uint32_t wf_tcp_initial_window(const struct tcp_conn *c);

/* ---- arrive.c, listen.c, synsent.c, timewait.c ---- */

/** wf_tcp_read_syn() - What a SYN to a listener says, into a record that is all zero */
void wf_tcp_read_syn(const struct net *net, const struct tcp_listener *l, const struct tcp_seg *s,
                     const struct tcp_key *k, struct tcp_synrcvd *r);
/** wf_tcp_queue_accept() - A new connection waits to be accepted */
void wf_tcp_queue_accept(struct net *net, struct tcp_listener *l, struct tcp_conn *c);
/** wf_tcp_segment_arrives() - SYN-RECEIVED (active) and later (RFC 9293 3.10.7.4) */
void wf_tcp_segment_arrives(struct net *net, struct tcp_conn *c, struct tcp_seg *s);
/** wf_tcp_synsent_arrives() - SYN-SENT (RFC 9293 3.10.7.3) */
void wf_tcp_synsent_arrives(struct net *net, struct tcp_conn *c, struct tcp_seg *s);
/** wf_tcp_listen_arrives() - LISTEN (RFC 9293 3.10.7.2) */
void wf_tcp_listen_arrives(struct net *net, struct tcp_listener *l, struct tcp_seg *s,
                           const struct tcp_key *k);
/** wf_tcp_synrcvd_arrives() - SYN-RECEIVED of a listener */
void wf_tcp_synrcvd_arrives(struct net *net, struct tcp_synrcvd *r, struct tcp_seg *s);
/** wf_tcp_timewait_arrives() - TIME-WAIT; false: the record is gone, the listener may take it */
bool wf_tcp_timewait_arrives(struct net *net, struct tcp_timewait *t, struct tcp_seg *s,
                             bool has_listener);
/** wf_tcp_synrcvd_free() - Forget a half-open connection */
void wf_tcp_synrcvd_free(struct net *net, struct tcp_synrcvd *r);
/** wf_tcp_timewait_enter() - Replace a connection by its TIME-WAIT record */
void wf_tcp_timewait_enter(struct net *net, struct tcp_conn *c);
/** wf_tcp_timewait_free() - Forget a TIME-WAIT record */
void wf_tcp_timewait_free(struct net *net, struct tcp_timewait *t);

/* ---- ack.c, recv.c ---- */

/** wf_tcp_take_ack() - Step five: acknowledgement, SACK, window, loss detection */
void wf_tcp_take_ack(struct net *net, struct tcp_conn *c, const struct tcp_seg *s);
/** wf_tcp_after_losses() - Enter recovery if something is marked lost; wake the sender */
void wf_tcp_after_losses(struct net *net, struct tcp_conn *c);
/** wf_tcp_flight() - Bytes sent and not known to have left the network */
uint32_t wf_tcp_flight(const struct tcp_conn *c);
/** wf_tcp_cwnd() - The window of congestion that holds now */
static inline uint32_t wf_tcp_cwnd(const struct tcp_conn *c)
{
    bool is_prr =
        c->rec.state == REC_RECOVERY && wf_cc_ops(&c->cc)->recovery == WEFT_CC_RECOVERY_PRR;
    return is_prr ? c->rec.prr_cwnd : c->cc.cwnd;
}
/** wf_tcp_rack_time() - What RACK measures against, now */
struct rack_time wf_tcp_rack_time(const struct net *net, const struct tcp_conn *c);
/** wf_tcp_take_text() - Step seven: data, in order or not */
void wf_tcp_take_text(struct net *net, struct tcp_conn *c, struct tcp_seg *s);
/** wf_tcp_window() - The window to advertise now; moves the right edge */
uint32_t wf_tcp_window(struct tcp_conn *c);
/** wf_tcp_after_read() - The user took bytes: maybe the window should be announced */
void wf_tcp_after_read(struct net *net, struct tcp_conn *c);
/** wf_tcp_ack_later() - Data in order arrived: acknowledge now or delayed */
void wf_tcp_ack_later(struct net *net, struct tcp_conn *c);

/* ---- tx.c ---- */

/** wf_tcp_wake() - Have the connection asked for packets */
void wf_tcp_wake(struct net *net, struct tcp_conn *c);
/** wf_tcp_ack_now() - An acknowledgement goes out with the next packet */
void wf_tcp_ack_now(struct net *net, struct tcp_conn *c);
/** wf_tcp_challenge() - Challenge ACK within its limits (RFC 5961 7) */
void wf_tcp_challenge(struct net *net, struct tcp_conn *c);

/* ---- emit.c ---- */

/** struct tcp_bare - A segment without a connection: reset, SYN,ACK, ACK of TIME-WAIT */
struct tcp_bare {
    const struct tcp_key *key;
    struct tcp_seq seq, ack;
    uint16_t flags, wnd;
    uint8_t ttl, tos;
    const struct tcp_opts *opt; /* NULL = none */
};

/** wf_tcp_bare_output() - Send a segment that belongs to no connection */
void wf_tcp_bare_output(struct net *net, const struct tcp_bare *b);
/** wf_tcp_reset_output() - Answer a segment with RST (RFC 9293 3.10.7.1), unless it is one */
void wf_tcp_reset_output(struct net *net, const struct tcp_seg *s);
/** wf_tcp_reset_conn() - Send RST for a connection: SEQ = SND.NXT */
void wf_tcp_reset_conn(struct net *net, struct tcp_conn *c);

/* ---- mtu_probe.c ---- */

/** enum mtu_probe_now - Whether the next segment is to be a probe */
enum mtu_probe_now {
    MTU_PROBE_NO,
    MTU_PROBE_WAIT, /* Nothing new, until there is room for it. */
    MTU_PROBE_GO,
};

/** wf_mtu_probe_mode() - The handshake is over, or the socket's option is another */
void wf_mtu_probe_mode(struct net *net, struct tcp_conn *c);
/** wf_mtu_probe_now() - Is it time, with *@mss as SND.MSS; only with TCP_WATCH_MTU */
enum mtu_probe_now wf_mtu_probe_now(struct net *net, struct tcp_conn *c, uint32_t *mss);
/** wf_mtu_probe_sent() - A probe left: new data up to SND.NXT */
void wf_mtu_probe_sent(struct net *net, struct tcp_conn *c, uint32_t mss);
/** wf_mtu_probe_acked() - SND.UNA moved while a probe is out */
void wf_mtu_probe_acked(struct net *net, struct tcp_conn *c);
/** wf_mtu_probe_is_alone() - Something is lost: only the probe that is out? Then it is no sign of
 * congestion, and goes again; otherwise it is a segment like others from here on */
bool wf_mtu_probe_is_alone(struct net *net, struct tcp_conn *c);
/** wf_mtu_probe_resent() - The end of what is out went again while a probe is out */
void wf_mtu_probe_resent(struct tcp_conn *c);
/** wf_mtu_probe_episode() - Recovery begins */
void wf_mtu_probe_episode(struct net *net, struct tcp_conn *c);
/** wf_mtu_probe_rto() - The retransmission timer expired */
void wf_mtu_probe_rto(struct net *net, struct tcp_conn *c);
/** wf_mtu_probe_resized() - SND.MSS is another one */
void wf_mtu_probe_resized(struct tcp_conn *c);
/** wf_mtu_probe_full() - @len bytes up to SND.NXT at most left; only with TCP_WATCH_FULL */
void wf_mtu_probe_full(struct tcp_conn *c, uint32_t len);
/** wf_mtu_is_doubted() - ICMP speaks of less than what is known to arrive: only if @seq times out,
 * it is believed (RFC 5927 7.2) */
bool wf_mtu_is_doubted(struct tcp_conn *c, struct tcp_seq seq, uint32_t mtu);
/** wf_mtu_in_use() - Size of the packet of a full segment: eff_pmtu, unless the peer wants less */
uint32_t wf_mtu_in_use(const struct tcp_conn *c);
/** wf_mtu_told() - ICMP named the path MTU */
void wf_mtu_told(struct net *net, struct tcp_conn *c, uint32_t mtu);

/* ---- watch.c ---- */

/** wf_tcp_watch() - What has to be done about packets, after options or algorithm changed */
void wf_tcp_watch(struct tcp_conn *c);
/** wf_tcp_watch_sent() - @len bytes of sequence space left; only if something is watched */
void wf_tcp_watch_sent(struct net *net, struct tcp_conn *c, uint32_t len);
/** wf_tcp_watch_idle() - The plan had nothing to send */
void wf_tcp_watch_idle(struct net *net, struct tcp_conn *c);
/** wf_tcp_watch_delivered() - A delivery rate sample; only if rates are wanted */
void wf_tcp_watch_delivered(const struct net *net, struct tcp_conn *c, const struct tcp_delivery *d,
                            struct weft_cc_rate *out);
/** wf_tcp_pace_rate() - Rate to send at, 0 = as fast as it goes */
uint64_t wf_tcp_pace_rate(const struct tcp_conn *c);

/* ---- timer.c ---- */

/** wf_tcp_timer_set() - Arm a purpose */
void wf_tcp_timer_set(struct net *net, struct tcp_conn *c, enum tcp_timer which, uint64_t in_ns);
/** wf_tcp_timer_clear() - Disarm a purpose */
void wf_tcp_timer_clear(struct tcp_conn *c, enum tcp_timer which);
/** wf_tcp_timer_call_off() - Disarm PTO or REO: RTO goes on if it stood in for that */
void wf_tcp_timer_call_off(struct net *net, struct tcp_conn *c, enum tcp_timer which);
/** wf_tcp_timer_reo() - Look for losses again after that long, 0 = no need */
void wf_tcp_timer_reo(struct net *net, struct tcp_conn *c, uint64_t wait_ns);
/** wf_tcp_timer_all_acked() - Nothing is out: no RTO, and nothing that stands in for it */
void wf_tcp_timer_all_acked(struct net *net, struct tcp_conn *c);
/** wf_tcp_timer_restart() - RTO starts over, armed or kept for later */
void wf_tcp_timer_restart(struct net *net, struct tcp_conn *c);
/** wf_tcp_timer_is_out() - Whether RTO is armed, or what stands in for it */
static inline bool wf_tcp_timer_is_out(const struct tcp_conn *c)
{
    return (c->timers.armed & (1u << TCP_T_RTO | 1u << TCP_T_PTO | 1u << TCP_T_REO)) != 0;
}
/** wf_tcp_timer_is_set() - Whether a purpose is armed */
static inline bool wf_tcp_timer_is_set(const struct tcp_conn *c, enum tcp_timer which)
{
    return (c->timers.armed >> which & 1) != 0;
}
/** wf_tcp_timer_answered() - An acknowledgement came, maybe one that closes the window */
void wf_tcp_timer_answered(struct tcp_conn *c);

/** wf_tcp_timer_progress() - New data was acknowledged: R2 and the persist series start over */
void wf_tcp_timer_progress(struct tcp_conn *c);
/** wf_tcp_timer_is_early() - Whether the wheel looks no later than any purpose is due */
bool wf_tcp_timer_is_early(const struct tcp_conn *c);
/** wf_tcp_timer_stop() - Disarm every purpose */
void wf_tcp_timer_stop(struct tcp_conn *c);
/** wf_tcp_timer_sent() - Data or FIN went out: RTO and PTO */
void wf_tcp_timer_sent(struct net *net, struct tcp_conn *c, bool is_probe);
/** wf_tcp_timer_hold() - Nothing new goes out for an RTO, doubled @shift times */
void wf_tcp_timer_hold(struct net *net, struct tcp_conn *c, uint32_t shift);
/** wf_tcp_timer_keep() - Keep-alive is on, off or at other times: look at it anew */
void wf_tcp_timer_keep(struct net *net, struct tcp_conn *c);
/** wf_tcp_coarse() - Now in units of 2^20 ns (about a millisecond), which wrap after 52 days */
static inline uint32_t wf_tcp_coarse(const struct net *net)
{
    return (uint32_t)(net->now_ns >> 20);
}
/** wf_tcp_timer_blocked() - Nothing can be sent and nothing is in flight: PERSIST */
void wf_tcp_timer_blocked(struct net *net, struct tcp_conn *c);

/* ---- urgent.c ---- */

/** wf_tcp_urgent_out() - Point a segment's header at SND.UP, while it is ahead and in reach */
void wf_tcp_urgent_out(struct tcp_conn *c, struct tcp_hdr *h);
/** wf_tcp_urgent_in() - Step six: URG */
void wf_tcp_urgent_in(struct net *net, struct tcp_conn *c, const struct tcp_seg *s);
/** wf_tcp_urgent_settle() - Between reads: is the user past RCV.UP, has an octet to be set apart */
void wf_tcp_urgent_settle(struct net *net, struct tcp_conn *c);
/** wf_tcp_urgent_left() - Bytes from the next one to read up to RCV.UP */
uint32_t wf_tcp_urgent_left(const struct tcp_conn *c);
/** wf_tcp_urgent_limit() - Bytes that a read may take: it stops at the mark */
uint32_t wf_tcp_urgent_limit(const struct tcp_conn *c);
/** wf_tcp_readable() - Bytes in order for the user */
static inline uint32_t wf_tcp_readable(const struct tcp_conn *c)
{
    bool is_apart =
        c->rcv.is_urg && c->user.is_oob_apart && c->recvq.bytes > 0 && wf_tcp_urgent_left(c) == 1;
    return c->recvq.bytes - is_apart;
}

/* ---- uto.c ---- */

/** wf_tcp_quenched() - A router had no room (RFC 792) for @seq: slow down as for a congestion mark
 */
void wf_tcp_quenched(struct net *net, struct tcp_conn *c, struct tcp_seq seq);

/** wf_tcp_soft_error() - Things do not get through, but this is no reason to give up yet */
void wf_tcp_soft_error(struct net *net, struct tcp_conn *c, int err);
/** wf_tcp_timeout_ms() - User timeout that holds now: 0 = R2, TCP_TIMEOUT_NEVER */
uint32_t wf_tcp_timeout_ms(const struct net *net, const struct tcp_conn *c);
/** wf_tcp_adopted_ms() - Timeout adopted from the peer (RFC 5482), 0 = none */
uint32_t wf_tcp_adopted_ms(const struct net *net, const struct tcp_conn *c);
/** wf_tcp_uto_wire() - User timeout to tell the peer, as on the wire; 0 = none */
uint16_t wf_tcp_uto_wire(const struct tcp_user *u);

/* ---- trace ---- */

/** wf_tcp_trace() - A record about this connection, if there is a ring */
void wf_tcp_trace(struct net *net, const struct tcp_conn *c, uint16_t kind, const uint32_t v[6]);

#endif /* WF_TCP_CONN_H */
