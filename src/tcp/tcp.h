/* SPDX-License-Identifier: MIT */
/**
 * DOC: tcp - the facade: the connection, its parts and who writes them (RFC 9293)
 *
 * The connection is split by data: each sub-struct has the files that may write it beside it
 * (scripts/owners.txt holds them to it). RTT, scoreboard, recovery, congestion control and
 * reassembly never see the connection.
 *
 * A segment walks: input.c (parse, checksum, whose) -> arrive.c (the eight steps of RFC 9293
 * 3.10.7.4), listen.c, synsent.c or timewait.c -> ack.c and recv.c. Nothing is sent on the way in:
 * what has to go out is noted, the connection goes on its interface's list of senders, and
 * stack/tx.c asks it (tx.c): plan.c says what and why, emit.c builds the packet.
 *
 * Half-open connections of a listener and TIME-WAIT are small records of their own.
 *
 * Timers of a connection (one wheel entry at the earliest): RTO, PTO (tail loss probe), REO (wait
 * for reordering), PERSIST (zero window, silly window override), DELACK, LINGER (a closed socket:
 * its linger time, then FIN-WAIT-2), KEEP (keep-alive), PACE (the next packet may go). Half-open
 * records and TIME-WAIT have one each.
 */
#ifndef WF_TCP_TCP_H
#define WF_TCP_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "ip/ip.h"
#include "net/net.h"
#include "tcp/cc.h"
#include "tcp/ecn.h"
#include "tcp/fastopen.h"
#include "tcp/pace.h"
#include "tcp/rate.h"
#include "tcp/reasm.h"
#include "tcp/recovery.h"
#include "tcp/rtt.h"
#include "tcp/scoreboard.h"
#include "tcp/undo.h"
#include "weft/sock.h"
#include "wire/wire.h"

#define TCP_MSS_DEFAULT   536u /* RFC 9293 3.7.1, IPv4 */
#define TCP_MSS_MIN       88u
#define TCP_CC_PARAMS     3 /* Parameters that a socket remembers. */
#define TCP_TIMEOUT_NEVER UINT32_MAX
#define TCP_UTO_ADVERTISE 1u
#define TCP_UTO_ADOPT     2u

/** struct tcp_key - Both ends of a connection */
struct tcp_key {
    struct weft_endpoint local, remote;
};

/** enum tcp_quickack - When data is acknowledged at once */
enum tcp_quickack {
    TCP_QUICKACK_AUTO, /* The first segments of a connection. */
    TCP_QUICKACK_ON,
    TCP_QUICKACK_OFF,
};

/** enum tcp_syn_cookies - When a listener answers without remembering (WEFT_TCP_SYN_COOKIES) */
enum tcp_syn_cookies {
    TCP_COOKIES_NEVER,
    TCP_COOKIES_PRESSURE, /* No room for another half-open record. */
    TCP_COOKIES_ALWAYS,
};

/** enum tcp_mtu_probing - When the path MTU is searched for (WEFT_TCP_MTU_PROBING) */
enum tcp_mtu_probing {
    TCP_MTU_PROBING_OFF,
    TCP_MTU_PROBING_BLACK_HOLE, /* Timeouts in a row look like one. */
    TCP_MTU_PROBING_ALWAYS,

    TCP_MTU_PROBING_COUNT
};

/** struct tcp_user - What the user chose; a listener hands it to its connections */
struct tcp_user {
    const struct weft_cc_ops *cc;
    uint64_t max_pacing_Bps;          /* 0 = no limit */
    uint32_t cc_value[TCP_CC_PARAMS]; /* What was set, by ... */
    uint8_t cc_param[TCP_CC_PARAMS];  /* ... parameter + 1; 0 = free. */
    uint8_t mtu_probing;              /* enum tcp_mtu_probing */
    uint32_t sndbuf, rcvbuf;
    uint32_t user_timeout_ms; /* 0 = R2, TCP_TIMEOUT_NEVER */
    uint32_t msl_ms;
    uint16_t maxseg;   /* 0 = by MTU */
    uint16_t fastopen; /* Listener: connections by Fast Open that may be half-open. */
    uint16_t delack_ms, rto_min_ms;
    uint8_t ttl, tos, syn_retries, iw_segs;
    uint8_t quickack;    /* enum tcp_quickack */
    uint8_t ecn_ask;     /* enum tcp_ecn_ask */
    uint8_t syn_cookies; /* enum tcp_syn_cookies */
    bool is_nodelay, is_cork, is_paced;
    bool may_ts, may_sack, may_wscale;
    bool is_fastopen : 1; /* Active opens. */
    bool is_keepalive : 1;
    bool is_probe_octet : 1; /* Probes carry an octet that is old. */
    bool is_persist_fixed : 1;
    bool is_soft_quiet : 1;
    bool is_oob_apart : 1; /* The urgent octet is not read with the others. */
    bool is_stdurg : 1;    /* The urgent pointer names the last urgent octet, as before RFC 6093. */
    uint8_t uto : 2;       /* TCP_UTO_ADVERTISE, TCP_UTO_ADOPT */
    uint8_t recovery : 2;  /* enum weft_tcp_recovery */
    uint8_t keepcnt;
    uint16_t keepidle_s, keepintvl_s;
    int32_t linger_ms; /* -1 = close() finishes in the background, 0 = it resets. */
};

/** struct tcp_snd - Send sequence variables (RFC 9293 3.3.1) */
struct tcp_snd {
    struct tcp_seq una, nxt, iss;
    struct tcp_seq wl1, wl2;
    uint32_t wnd, wnd_max;
    uint32_t mss;       /* Payload of a full segment now, options taken off. */
    struct tcp_seq fin; /* Sequence number of our FIN, once is_fin_queued. */
    struct tcp_seq up;  /* SND.UP: one past the last urgent octet, while is_urg. */
    union {
        struct tcp_seq limited; /* was_limited: SND.NXT when the congestion window held us back. */
        uint32_t most;          /* Else: the most that was in flight since nothing was. */
    };
    bool is_fin_queued : 1;
    bool is_fin_sent : 1;
    bool was_limited : 1;
    bool is_urg : 1;         /* Urgent octets have not been acknowledged. */
    bool wants_syn : 1;      /* SYN or SYN,ACK is to be sent, for the first time or again. */
    bool wants_probe : 1;    /* PERSIST expired. */
    bool wants_tlp : 1;      /* PTO expired. */
    bool wants_first : 1;    /* RTO expired: the first lost segment goes whatever is in flight. */
    bool wants_uto : 1;      /* The next segment tells our user timeout. */
    bool wants_override : 1; /* Silly window or cork held a segment back for too long. */
    uint8_t why;             /* enum weft_tcp_why: of the last plan that sent nothing. */
    uint8_t watch;           /* TCP_WATCH_...: what is done about each packet of data. */
    uint64_t last_ns;        /* When data was last sent. */
    uint64_t pace_ns;        /* Data waits until then; long ago = it does not. */
};

/* Why watch.c has a look at each packet of data; mostly nothing. */
#define TCP_WATCH_PACE 1u  /* It is spread over the round trip. */
#define TCP_WATCH_RATE 2u  /* The congestion control wants delivery rates ... */
#define TCP_WATCH_SENT 4u  /* ... or to hear what leaves. */
#define TCP_WATCH_MTU  8u  /* The path MTU is searched for. */
#define TCP_WATCH_FULL 16u /* No full segment of this size has been sent yet. */

/** struct tcp_rcv - Receive sequence variables */
struct tcp_rcv {
    struct tcp_seq nxt, irs;
    struct tcp_seq edge;  /* Right edge of the window advertised: never moves left. */
    struct tcp_seq acked; /* RCV.NXT in the last segment sent (Last.ACK.sent). */
    struct tcp_seq dsack_from, dsack_to; /* Duplicate to report, when has_dsack. */
    struct tcp_seq up;                   /* RCV.UP: one past the last urgent octet, while is_urg. */
    uint16_t mss;                        /* Largest segment seen: an estimate of the peer's. */
    uint8_t quick;                       /* Acknowledgements still sent at once. */
    uint8_t urg_octet;
    bool is_ack_now : 1, has_dsack : 1, is_fin_seen : 1, is_shut : 1, is_pingpong : 1;
    bool is_starved : 1;    /* Text in order found no memory: the window is told as closed. */
    bool is_urg : 1;        /* The user has not read up to it. */
    bool is_urg_read : 1;   /* ... but the octet before it, apart. */
    bool has_urg_octet : 1; /* urg_octet was taken out of the stream, and not been read. */
    bool is_at_mark : 1;    /* ... and nothing that came after it has been read either. */
    uint8_t challenges;     /* Challenge ACKs sent in the interval that began at ... */
    uint32_t challenge_at;  /* ... coarse. */
};

/** struct tcp_opt - What the handshake agreed on */
struct tcp_opt {
    uint32_t ts_recent;    /* RFC 7323 4.3 */
    uint32_t ts_recent_ms; /* When it was set, to age it. */
    uint32_t ts_offset;    /* Of our timestamp clock, secret. */
    uint16_t peer_mss;
    uint16_t peer_uto; /* Its user timeout as on the wire (RFC 5482); 0 = it told none. */
    uint8_t snd_wscale, rcv_wscale;
    bool has_ts : 1, has_sack : 1, has_wscale : 1;
    bool is_cookie : 1; /* From a SYN cookie: how long the handshake took is not known. */
};

/** struct tcp_mtup - The search for the path MTU (RFC 4821); zero is a valid start */
struct tcp_mtup {
    struct tcp_seq mark; /* End of the probe that is out, of the first full segment (has_full), or
                            where a trial began (before). */
    struct tcp_seq told_at; /* What a doubtful ICMP message quoted, with ... */
    uint16_t told;          /* ... the MTU it named; 0 = none. */
    uint16_t low, high;     /* search_low, also eff_pmtu; 0 = no search. search_high. */
    uint16_t probe;         /* Size of the probe that is out, 0 = none. */
    uint16_t before;        /* Size before the one that is on trial, 0 = none is. */
    uint16_t due;           /* No probe before then. */
    uint16_t lost0;         /* What had been lost ever when the trial began. */
    uint8_t episodes;       /* Recoveries and timeouts in the trial. */
    bool is_lost : 1;       /* The probe, and it is being sent again in pieces. */
    bool has_full : 1;
    bool is_known : 1;   /* A full segment of this size has arrived. */
    bool has_base : 1;   /* One of the base size has, or a longer one. */
    bool is_retried : 1; /* That size was taken again, and nothing of it has arrived. */
};

/**
 * enum tcp_timer - Purposes of a connection's timer
 *
 * Of the first four one is armed at a time (RFC 8985 8): PTO and REO, which come sooner, stand in
 * for RTO, whose deadline is kept and holds again when they are called off.
 */
enum tcp_timer {
    TCP_T_PTO, /* Before the RTO: at the same time it goes first, and puts that off. */
    TCP_T_RTO,
    TCP_T_REO,
    TCP_T_PERSIST,
    TCP_T_DELACK, /* From here on each for itself. */
    TCP_T_LINGER,
    TCP_T_KEEP,
    TCP_T_PACE,

    TCP_T_COUNT
};

/** struct tcp_timers - A deadline per purpose, in ticks; one wheel entry at the earliest */
struct tcp_timers {
    uint32_t due[TCP_T_COUNT];
    uint8_t armed;        /* Bit per purpose. */
    uint8_t rtos;         /* Expiries of the RTO since the last progress (R2). */
    uint8_t probes;       /* Back-off of PERSIST. */
    uint8_t keeps : 7;    /* Keep-alive probes since the peer was last heard. */
    bool is_answered : 1; /* An acknowledgement came since the last expiry, with a closed window. */
    uint32_t keep_at;     /* When the last of them went out, coarse. */
    uint64_t since_ns;    /* When trouble began, for the user timeout; 0 = none. */
};

/** struct tcp_acct - Accounting over a connection's life */
struct tcp_acct {
    uint64_t bytes_sent, bytes_retrans, bytes_acked, bytes_received;
    uint32_t segs_out, segs_in, retrans_segs, rtos, recoveries, tlps, undos;
    uint32_t heard;    /* When any segment of the peer came last, coarse. */
    uint64_t state_ns; /* When the present state began. */
};

/** struct tcp_conn - A connection */
struct tcp_conn {
    struct wf_slab_node node;
    struct wf_sender sender;
    struct wf_timer timer;
    struct wf_ready *ready; /* The socket's; NULL = not accepted yet, or closed. */
    struct tcp_conn *hash_next;
    struct tcp_key key; /* demux.c, open.c */
    struct wf_dst dst;
    uint8_t state;                 /* enum weft_tcp_state: state.c only */
    bool is_orphan;                /* The user closed it. */
    int16_t err;                   /* Why it ended, positive; told to the user. */
    int16_t soft_err;              /* Advice from ICMP or below; told if it fails later. */
    uint8_t fo;                    /* enum tcp_fo: fastopen.c, emit.c */
    struct tcp_listener *listener; /* Waits in its accept queue. */
    struct tcp_conn *accept_next;
    struct tcp_user user;
    struct tcp_snd snd;       /* ack.c, tx.c, emit.c, open.c, timer.c, watch.c */
    struct tcp_rcv rcv;       /* recv.c, emit.c, open.c */
    struct tcp_opt opt;       /* options.c, open.c */
    struct tcp_rtt rtt;       /* rtt.c */
    struct tcp_mtup mtup;     /* mtu_probe.c */
    struct tcp_sb sb;         /* scoreboard.c */
    struct tcp_rec rec;       /* recovery*.c, emit.c */
    struct tcp_undo undo;     /* undo.c */
    struct tcp_rate rate;     /* rate.c */
    struct weft_cc cc;        /* cc_*.c */
    struct tcp_timers timers; /* timer.c */
    struct tcp_ecn ecn;       /* ecn.c, emit.c, tx.c, timer.c */
    struct wf_sendq sendq;
    struct wf_recvq recvq;
    struct tcp_reasm *ooo; /* NULL = nothing out of order */
    struct tcp_acct acct;
};
/* An idle connection costs this, its socket and two table slots; the bench measures all of it. */
_Static_assert(sizeof(struct tcp_conn) <= 832, "an idle connection stays below 1,024 bytes");

/** struct tcp_synrcvd - A half-open connection of a listener */
struct tcp_synrcvd {
    struct wf_slab_node node;
    struct wf_timer timer;
    struct tcp_synrcvd *hash_next;
    struct tcp_key key;
    uint64_t listener; /* Handle. */
    uint64_t sent_ns;
    struct tcp_seq iss, irs;
    struct tcp_opt opt;
    struct tcp_ecn ecn;
    uint8_t retries;
    bool is_rtx;
    bool gives_fo; /* The SYN,ACK brings a Fast Open cookie. */
};

/** struct tcp_timewait - What remains of a connection that closed first */
struct tcp_timewait {
    struct wf_slab_node node;
    struct wf_timer timer;
    struct wf_list order; /* Oldest first. */
    struct tcp_timewait *hash_next;
    struct tcp_key key;
    struct tcp_seq snd_nxt, rcv_nxt;
    struct tcp_opt opt;
    uint32_t msl_ms;
    uint32_t wnd; /* As on the wire. */
    uint64_t since_ns;
    uint64_t acked_ns; /* When it last answered, to limit that. */
    uint8_t ttl, tos;
};

/** struct tcp_listener - A listening socket's end */
struct tcp_listener {
    struct wf_slab_node node;
    struct wf_ready *ready;
    struct tcp_listener *hash_next;
    struct weft_endpoint local;
    struct tcp_user user;
    uint32_t backlog, synrcvd_n, accept_n;
    struct tcp_conn *accept_head, *accept_tail;
    uint64_t since_ns;
    uint32_t fo_pending, fo_gone; /* By Fast Open: half-open; failed not long ago. */
    uint64_t fo_gone_until_ns;
    uint64_t cookie_until_ns; /* Stray acknowledgements are taken for cookies until then. */
};

/** struct wf_tcp - State of the layer; owner: the stack instance */
struct wf_tcp {
    struct wf_slab conns, listeners, synrcvds, timewaits, recs, reasms, ccs;
    struct tcp_conn **conn_tab;
    struct tcp_synrcvd **synrcvd_tab;
    struct tcp_timewait **timewait_tab;
    struct tcp_listener **listen_tab;
    uint32_t conn_mask, synrcvd_mask, timewait_mask, listen_mask;
    struct wf_list timewait_order;
    struct wf_hash_key iss_key, cookie_key;
    struct wf_hash_key fo_key, fo_old_key;
    struct wf_slab fo_peers;
    struct wf_list fo_order;
    uint32_t next_ephemeral; /* Ports tried so far (RFC 6056 3.3.3). */
    uint64_t challenge_ns;   /* Second of the ceiling on challenge ACKs. */
    uint32_t challenge_left;
};

/** struct tcp_seg - A segment on its way through the steps */
struct tcp_seg {
    struct tcp_hdr h;
    struct tcp_seq seq; /* Trimmed as the steps go. */
    uint32_t off, len;  /* Payload in the packet. */
    struct pkt *p;
    const struct rx_meta *m;
};

/* ---- the stack's side ---- */

/** wf_tcp_input() - A segment for us, TCP header at data; takes @p */
void wf_tcp_input(struct net *net, struct pkt *p, const struct rx_meta *m);

/** enum tcp_tx - What a sender answered */
enum tcp_tx {
    TCP_TX_PACKET,    /* Here is one; there may be more. */
    TCP_TX_LAST,      /* Here is one, and nothing more to send now: take it off the list. */
    TCP_TX_IDLE,      /* Nothing to send now: take it off the list. */
    TCP_TX_PARKED,    /* It waits for its neighbour, on that one's list. */
    TCP_TX_NO_PACKET, /* It could send, but no packet is free: ask again when one is. */
};

/** wf_tcp_tx() - Ask a sender for its next packet, link header and all */
enum tcp_tx wf_tcp_tx(struct net *net, struct wf_sender *s, struct pkt **out);

/** wf_tcp_expire() - The timer of a connection expired */
void wf_tcp_expire(struct net *net, struct wf_timer *t);

/** wf_tcp_synrcvd_expire() - The SYN,ACK of a half-open connection was not answered */
void wf_tcp_synrcvd_expire(struct net *net, struct wf_timer *t);

/** wf_tcp_timewait_expire() - 2 MSL are over */
void wf_tcp_timewait_expire(struct net *net, struct wf_timer *t);

/** wf_tcp_quote() - An ICMP error quoted a segment of ours */
void wf_tcp_quote(struct net *net, const struct icmp_quote *q);

/** wf_tcp_is_quoted() - Whether an ICMP message quotes a segment that is out */
bool wf_tcp_is_quoted(const struct net *net, const struct icmp_quote *q);

/** wf_tcp_addr_gone() - An address of ours was taken away: its connections fail */
void wf_tcp_addr_gone(struct net *net, uint32_t ip4);

/** wf_tcp_addr_reset() - Tell the peers of connections from a local address that they are over,
 * while it is still ours */
void wf_tcp_addr_reset(struct net *net, uint32_t ip4);

/** wf_tcp_mtu_changed() - Connections cut their segments anew */
void wf_tcp_mtu_changed(struct net *net);

/** wf_tcp_if_down() - Who waited to send here looks for another way, or waits with a timer */
void wf_tcp_if_down(struct net *net, struct netif *nif);

/** wf_tcp_check() - Whether every invariant of a connection holds */
bool wf_tcp_check(const struct net *net, const struct tcp_conn *c);

/* ---- the socket's side ---- */

/** wf_tcp_user_default() - Options of a new socket */
void wf_tcp_user_default(const struct net *net, struct tcp_user *u);

/** wf_tcp_connect() - Active open; @local may be unspecified; 0 and *@out, or -WEFT_E... */
int wf_tcp_connect(struct net *net, const struct tcp_user *u, const struct weft_endpoint *local,
                   const struct weft_endpoint *remote, struct wf_ready *ready,
                   struct tcp_conn **out);

/** wf_tcp_port_is_free() - Whether a local endpoint can be bound */
bool wf_tcp_port_is_free(const struct net *net, const struct weft_endpoint *local, bool is_reuse);

/** wf_tcp_pick_port() - An ephemeral port (RFC 6056, by algorithm 3 if @remote is given); 0 = none
 * left */
uint16_t wf_tcp_pick_port(struct net *net, const struct weft_addr *local,
                          const struct weft_endpoint *remote);

/** wf_tcp_listen() - Passive open; 0 and *@out, or -WEFT_E... */
int wf_tcp_listen(struct net *net, const struct tcp_user *u, const struct weft_endpoint *local,
                  uint32_t backlog, struct wf_ready *ready, struct tcp_listener **out);

/** wf_tcp_accept() - Take the oldest connection that waits, or NULL */
struct tcp_conn *wf_tcp_accept(struct net *net, struct tcp_listener *l, struct wf_ready *ready);

/** wf_tcp_listener_close() - Stop listening; what waits is reset */
void wf_tcp_listener_close(struct net *net, struct tcp_listener *l);

/** wf_tcp_send() - Queue bytes; number taken or -WEFT_E... */
int64_t wf_tcp_send(struct net *net, struct tcp_conn *c, const uint8_t *buf, size_t len);

/** wf_tcp_recv() - Copy bytes out; number, 0 = end of stream, or -WEFT_E... */
int64_t wf_tcp_recv(struct net *net, struct tcp_conn *c, uint8_t *buf, size_t cap);

/** wf_tcp_send_urgent() - As wf_tcp_send(); if all was taken, its last byte is urgent */
int64_t wf_tcp_send_urgent(struct net *net, struct tcp_conn *c, const uint8_t *buf, size_t len);

/** wf_tcp_recv_urgent() - Read the urgent octet that is kept apart: 1, or -WEFT_E... */
int wf_tcp_recv_urgent(struct tcp_conn *c, uint8_t *octet);

/** wf_tcp_at_mark() - Whether the next byte is the urgent one, or was before it was kept apart */
bool wf_tcp_at_mark(const struct tcp_conn *c);

/** wf_tcp_recv_lend() - Show queued bytes in place; entries filled or -WEFT_E... */
int wf_tcp_recv_lend(struct net *net, struct tcp_conn *c, struct weft_iov *iov, int iov_n);

/** wf_tcp_recv_return() - Consume shown bytes; 0 or -WEFT_EINVAL */
int wf_tcp_recv_return(struct net *net, struct tcp_conn *c, size_t bytes);

/** wf_tcp_shutdown() - End one or both directions; 0 or -WEFT_E... */
int wf_tcp_shutdown(struct net *net, struct tcp_conn *c, bool is_read, bool is_write);

/** wf_tcp_close() - The user lets go: finish in the background, or reset if data was unread */
void wf_tcp_close(struct net *net, struct tcp_conn *c);

/** wf_tcp_abort() - Reset and free */
void wf_tcp_abort(struct net *net, struct tcp_conn *c);

/** wf_tcp_ready() - Readiness bits */
uint32_t wf_tcp_ready(const struct tcp_conn *c);

/** wf_tcp_info() - The connection in numbers */
void wf_tcp_info(const struct net *net, const struct tcp_conn *c, struct weft_tcp_info *out);

/** wf_tcp_find_timewait() - TIME-WAIT record with this key, or NULL */
struct tcp_timewait *wf_tcp_find_timewait(const struct net *net, const struct tcp_key *k);

/** wf_tcp_user_set_cc() - Another algorithm: the parameters of the one before are forgotten */
void wf_tcp_user_set_cc(struct tcp_user *u, const struct weft_cc_ops *ops);

/** wf_tcp_set_cc_param() - A parameter, now if @c (may be NULL) is under way, and remembered; 0 or
 * -WEFT_E...: nothing changed */
int wf_tcp_set_cc_param(struct tcp_user *u, struct tcp_conn *c, int param, uint32_t value);

/** wf_tcp_apply_user() - Options changed while connected; 0 or -WEFT_ENOMEM: nothing changed */
int wf_tcp_apply_user(struct net *net, struct tcp_conn *c, const struct tcp_user *u);

#endif /* WF_TCP_TCP_H */
