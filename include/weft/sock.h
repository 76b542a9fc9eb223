/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft sock - sockets by handle
 *
 * Calls never block: what cannot be done now answers -WEFT_EAGAIN and is announced by an event.
 * Nothing is transmitted inside a call: bytes leave with the next weft_tx(). A handle stays valid
 * until weft_sock_close() or weft_sock_abort(); after that it is stale and every call answers
 * -WEFT_EBADF. A connection whose socket is closed lives on inside the stack until TCP has
 * finished.
 */
#ifndef WEFT_SOCK_H
#define WEFT_SOCK_H

#include "weft/icmpext.h"
#include "weft/types.h"

struct weft_stack;
struct weft_cc_ops;

/** enum weft_sock_type - Kinds of sockets */
enum weft_sock_type {
    WEFT_SOCK_TCP = 1,
    WEFT_SOCK_UDP = 2,
    WEFT_SOCK_PING = 3,    /* ICMP queries (echo, timestamp, information, address mask): whole ICMP
                              messages, the identifier is the local port. */
    WEFT_SOCK_UDPLITE = 4, /* As UDP, but the checksum may cover a part only (RFC 3828). */
    WEFT_SOCK_ICMP = 5, /* Whole ICMP messages of any type, and copies of those that arrive and are
                           no request the stack answers; see WEFT_ICMP_TYPES. */
};

/* Readiness bits of a socket. */
#define WEFT_READABLE  1U   /* recv() or accept() has something (end of stream counts). */
#define WEFT_WRITABLE  2U   /* send() takes at least a byte (TCP: a third of the buffer is free). */
#define WEFT_CONNECTED 4U   /* connect() succeeded. */
#define WEFT_PEER_SHUT 8U   /* The peer's FIN has arrived. */
#define WEFT_HANGUP    16U  /* The connection is gone in both directions. */
#define WEFT_ERROR     32U  /* WEFT_SO_ERROR or the error queue has something. */
#define WEFT_FINISHED  64U  /* All that was sent has been acknowledged, our FIN behind it too. */
#define WEFT_TROUBLE   128U /* TCP has not given up, but things do not get through: see soft_err. */
#define WEFT_URGENT    256U /* Urgent data is ahead, or its octet is kept apart: TCP only. */

/** enum weft_sock_opt - Options; values are integers */
enum weft_sock_opt {
    WEFT_SO_ERROR = 1,   /* get: pending error as a positive enum weft_err, cleared by reading. */
    WEFT_SO_TYPE,        /* get: enum weft_sock_type */
    WEFT_SO_SNDBUF,      /* bytes, 2048..2^30; charged with memory, not payload */
    WEFT_SO_RCVBUF,      /* bytes, 2048..2^30; the window follows it. Before connect or listen it
                            also settles the window scale. */
    WEFT_SO_REUSEADDR,   /* 0, 1 */
    WEFT_SO_BROADCAST,   /* 0, 1: UDP may send to broadcast addresses */
    WEFT_SO_LINGER_MS,   /* -1: close() finishes in the background; 0: it resets and discards what
                            is queued; 1..28800000: it finishes in the background, and resets if that
                            takes longer. close() itself never blocks: who wants to wait shuts the
                            sending side down, waits for WEFT_FINISHED, and then closes. */
    WEFT_SO_USER,        /* the embedder's value, given back in events */
    WEFT_IP_TTL,         /* 1..255 */
    WEFT_IP_TOS,         /* 0..255; the lower two bits are ECN's: TCP sets them itself */
    WEFT_IP_DF,          /* enum weft_ip_df: Don't Fragment on UDP and ICMP (TCP always sets it) */
    WEFT_IP_RECVERR,     /* 0, 1: queue ICMP errors for weft_sock_recv_error() */
    WEFT_TCP_NODELAY,    /* 0, 1: Nagle off */
    WEFT_TCP_CORK,       /* 0, 1: hold partial segments (at most 200 ms) */
    WEFT_TCP_MAXSEG,     /* bytes, 88..65495: upper limit of the segment size, before connect */
    WEFT_TCP_QUICKACK,   /* 0, 1: acknowledge at once */
    WEFT_TCP_DELACK_MS,  /* 1..500 */
    WEFT_TCP_RTO_MIN_MS, /* 1..60000 */
    WEFT_TCP_USER_TIMEOUT_MS, /* How long what was sent may stay unacknowledged: 0 = R2 by
                                 retransmissions (RFC 9293 3.8.3), -1 = for ever */
    WEFT_TCP_SYN_RETRIES,     /* 1..20 */
    WEFT_TCP_MSL_MS,          /* 1..120000: TIME-WAIT lasts twice this */
    WEFT_TCP_TIMESTAMPS,      /* 0, 1: offer RFC 7323 timestamps, before connect or listen */
    WEFT_TCP_SACK,            /* 0, 1: offer SACK, before connect or listen */
    WEFT_TCP_WSCALE,          /* 0, 1: offer window scaling, before connect or listen */
    WEFT_TCP_INITIAL_WINDOW,  /* segments, 1..100 */
    WEFT_TCP_ECN,             /* 0..3: never, ask for and answer with RFC 3168 ECN, only answer (the
                                 default), ask for and answer with RFC 9768 (AccECN); before connect
                                 or listen */
    WEFT_TCP_SYN_COOKIES,     /* listener: 0 never, 1 when its half-open table is full (default),
                                 2 always */
    WEFT_TCP_FASTOPEN,        /* listener: 0 off (default), or how many connections that came with
                                 data on the SYN may be half-open, 1..65535. Their data can be read
                                 before the handshake is over, and a SYN that the network repeats may
                                 bring it twice: only for who can take that (RFC 7413 6.1). */
    WEFT_TCP_FASTOPEN_CONNECT, /* 0, 1: what is written before the SYN leaves goes with it if the
                                  server gave a cookie earlier; before connect. As above. */
    WEFT_SO_KEEPALIVE,         /* 0, 1: probe a peer that has been silent for the idle time */
    WEFT_TCP_KEEPIDLE_S,       /* 1..32767: silence before the first probe, 7200 by default */
    WEFT_TCP_KEEPINTVL_S,      /* 1..32767: from probe to probe, 75 by default */
    WEFT_TCP_KEEPCNT,       /* 1..127: unanswered probes that end the connection, 10 by default */
    WEFT_TCP_PROBE_OCTET,   /* 0, 1: probes of silent peers and of closed windows carry one octet
                               that is old, for peers that answer nothing shorter */
    WEFT_TCP_SOFT_ERRORS,   /* 0, 1: WEFT_TROUBLE and an event when an ICMP error comes, or after
                               three retransmissions; on by default */
    WEFT_TCP_UTO,           /* RFC 5482. 1: advertise WEFT_TCP_USER_TIMEOUT_MS to the peer; 2: adopt
                               the peer's, if it has not been set here; 3: both; 0 by default */
    WEFT_SO_OOBINLINE,      /* 0, 1: the urgent octet is read with the others, 1 by default; with 0
                               weft_sock_recv_urgent() reads it, as BSD sockets have it */
    WEFT_TCP_STDURG,        /* 0, 1: the urgent pointer names the last urgent octet (RFC 1122), not
                               the one after it (RFC 6093), in both directions */
    WEFT_TCP_PERSIST_FIXED, /* 0, 1: a closed window is probed after 30, 60, 120, 120 ... s instead
                               of by the retransmission timeout */
    WEFT_TCP_PACING,        /* 0, 1: spread segments over the round trip */
    WEFT_TCP_MTU_PROBING,   /* 0..2: packets of other sizes find out the path MTU where routers do
                               not tell it (RFC 4821): never, when timeouts in a row look like a
                               black hole (the default), always */
    WEFT_TCP_MAX_PACING_RATE, /* bytes/s, 0 = no limit; a limit turns pacing on */
    WEFT_TCP_RECOVERY,        /* enum weft_tcp_recovery: how losses are found, RACK by default;
                                 before connect or listen */
    WEFT_IP_MULTICAST_TTL,  /* 0..255: of datagrams to groups, 1 by default; 0 stays in this host */
    WEFT_IP_MULTICAST_LOOP, /* 0, 1: members in this host get what is sent, 1 by default */
    WEFT_IP_MULTICAST_IF,   /* interface that groups are sent to by, 0 (the default) = by route */
    WEFT_ICMP_TYPES, /* ICMP sockets: a bit for each type that is wanted, bit 63 for 63 and more; -1
                        = all, the default */
    WEFT_IP_MTU,     /* get: bytes of the path to the peer of a connected datagram socket */
    WEFT_UDP_CSUM,   /* 0, 1: send UDP with a checksum, 1 by default */
    WEFT_UDP_NEED_CSUM,    /* 0, 1: UDP datagrams that come without a checksum are dropped */
    WEFT_UDPLITE_SEND_COV, /* bytes of the datagram, 8-byte header included, that the checksum
                              covers, 8..65535; 0 = all, the default. 1 to 7 count as 8. */
    WEFT_UDPLITE_RECV_COV, /* bytes that must be covered at least, 8..65535; 0 = all; -1 = any
                              number, the default. 1 to 7 count as 8. */

    WEFT_SOCK_OPT_COUNT
};

/** enum weft_tcp_ecn_mode - What the handshake agreed on about congestion marks */
enum weft_tcp_ecn_mode {
    WEFT_TCP_ECN_OFF = 0,
    WEFT_TCP_ECN_CLASSIC, /* RFC 3168: one echo a round trip. */
    WEFT_TCP_ECN_ACC,     /* RFC 9768: every mark is counted. */
};

/** enum weft_tcp_recovery - How losses are found; a peer without SACK leaves only NewReno's way */
enum weft_tcp_recovery {
    WEFT_TCP_RECOVERY_RACK = 0, /* By time, with tail loss probes (RFC 8985). */
    WEFT_TCP_RECOVERY_SACK,     /* By how much above was SACKed (RFC 6675). */
    WEFT_TCP_RECOVERY_NEWRENO,  /* By duplicate and partial acknowledgements, whatever SACK tells
                                   (RFC 6582). */

    WEFT_TCP_RECOVERY_COUNT
};

/** enum weft_tcp_state - The eleven states of RFC 9293 3.3.2 */
enum weft_tcp_state {
    WEFT_TCP_CLOSED = 0,
    WEFT_TCP_LISTEN,
    WEFT_TCP_SYN_SENT,
    WEFT_TCP_SYN_RECEIVED,
    WEFT_TCP_ESTABLISHED,
    WEFT_TCP_FIN_WAIT_1,
    WEFT_TCP_FIN_WAIT_2,
    WEFT_TCP_CLOSE_WAIT,
    WEFT_TCP_CLOSING,
    WEFT_TCP_LAST_ACK,
    WEFT_TCP_TIME_WAIT,

    WEFT_TCP_STATE_COUNT
};

/** struct weft_event - A socket whose readiness changed */
struct weft_event {
    uint64_t sock;
    uint64_t user; /* WEFT_SO_USER */
    uint32_t bits; /* WEFT_READABLE ... as they are now */
};

/** struct weft_msg_info - What came with a datagram */
struct weft_msg_info {
    struct weft_endpoint from;
    struct weft_addr to; /* Destination address of the datagram. */
    uint16_t ifindex;
    uint8_t ttl, tos;
    uint32_t full_bytes; /* Size of the datagram; more than was returned = cut off. */
};

/** struct weft_sock_err - An ICMP error that quoted a packet of this socket */
struct weft_sock_err {
    struct weft_endpoint dst;  /* Where the quoted packet was going. */
    struct weft_addr offender; /* Who sent the error; unspecified = this stack. */
    int err;                   /* enum weft_err, positive */
    uint8_t icmp_type, icmp_code;
    uint16_t quoted_id; /* PING: sequence number quoted; UDP: source port quoted. */
    uint32_t info;      /* Next-hop MTU of fragmentation needed; octet of a parameter problem. */
    uint8_t ext_bytes;  /* Octets of objects that came with it (weft/icmpext.h), ... */
    uint8_t ext[WEFT_ICMP_EXT_MAX];
};

/** struct weft_tcp_info - A connection as it is; bytes unless the name says otherwise */
struct weft_tcp_info {
    enum weft_tcp_state state;
    bool has_timestamps, has_sack, has_wscale, is_in_recovery, is_in_loss;
    uint8_t snd_wscale, rcv_wscale, backoff;
    uint32_t mss, peer_mss;
    uint32_t path_mtu;       /* IP bytes of the packet of a full segment. */
    uint32_t mtu_search_max; /* The search goes up to this; 0 = there never was one. */
    uint32_t mtu_probe;      /* Size of the probe that is out, 0 = none. */
    uint32_t srtt_us, rttvar_us, rto_us, min_rtt_us;
    uint32_t cwnd, ssthresh, flight, snd_wnd, rcv_wnd;
    uint32_t sendq, unsent, recvq, ooo;
    uint32_t sacked, lost; /* Of what is outstanding: selectively acknowledged, believed lost. */
    uint32_t local_mss;    /* As the peer is told. */
    uint32_t snd_una, snd_nxt, rcv_nxt, iss, irs;
    uint64_t bytes_sent, bytes_retrans, bytes_acked, bytes_received;
    uint64_t segs_out, segs_in, retrans_segs;
    uint32_t rtos, recoveries, tlps, undos, reorder_seen;
    enum weft_tcp_recovery recovery; /* How losses are found on this connection. */
    enum weft_tcp_ecn_mode ecn;
    uint32_t delivered_ce; /* Segments sent that were marked on their way, as the peer tells. */
    uint32_t received_ce;  /* Segments received with a mark. */
    /* AccECN: payload received by codepoint, and sent that met CE as options tell; all wrap. */
    uint32_t received_ce_bytes, received_e0_bytes, received_e1_bytes, delivered_ce_bytes;
    uint32_t urgent;         /* Bytes to read up to the last urgent one; 0 = none is ahead. */
    int soft_err;            /* enum weft_err: why things do not get through; 0 once they do */
    int64_t user_timeout_ms; /* That holds now; -1 = never, 0 = by retransmissions */
    uint32_t silent_ms;      /* Since any segment of the peer came. */
    uint32_t keep_probes;    /* Keep-alive probes it has left unanswered. */
    unsigned why;            /* enum weft_tcp_why: why nothing is being sent now */
    char cc[16];
    bool is_syn_cookie; /* Its SYN was answered with a cookie. */
    bool is_fastopen;   /* Data of its SYN was acknowledged. */
};

/** struct weft_sock_info - A socket in a listing */
struct weft_sock_info {
    uint64_t sock; /* 0 for a connection whose socket is closed. */
    enum weft_sock_type type;
    enum weft_tcp_state state;
    struct weft_endpoint local, remote;
    uint32_t recvq, sendq; /* Bytes; LISTEN: waiting connections and the backlog. */
    uint64_t age_ns;       /* In this state: a CLOSE-WAIT that grows old was forgotten ... */
    uint64_t user;         /* ... by this owner: WEFT_SO_USER, 0 if there is no socket. */
};

/**
 * weft_sock_open() - Make a socket
 * @st: stack
 * @type: kind
 * @out: set to the handle
 *
 * Return: 0, -WEFT_EINVAL or -WEFT_ENOMEM (socks_max reached).
 */
int weft_sock_open(struct weft_stack *st, enum weft_sock_type type, uint64_t *out)
    __attribute__((warn_unused_result));

/**
 * weft_sock_bind() - Choose the local endpoint
 * @st: stack
 * @sock: handle
 * @local: unspecified address = any; port 0 = an ephemeral one
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EINVAL (bound already), -WEFT_EADDRNOTAVAIL, -WEFT_EADDRINUSE.
 */
int weft_sock_bind(struct weft_stack *st, uint64_t sock, const struct weft_endpoint *local)
    __attribute__((warn_unused_result));

/**
 * weft_sock_listen() - Wait for connections (TCP)
 * @st: stack
 * @sock: bound socket
 * @backlog: connections that may wait for accept(), 1..65535
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EINVAL (not bound), -WEFT_EISCONN, -WEFT_EADDRINUSE,
 * -WEFT_EOPNOTSUPP, -WEFT_ENOMEM.
 */
int weft_sock_listen(struct weft_stack *st, uint64_t sock, uint32_t backlog)
    __attribute__((warn_unused_result));

/**
 * weft_sock_accept() - Take the oldest waiting connection
 * @st: stack
 * @sock: listening socket
 * @out: set to the handle of the connection's socket
 * @peer: set to the peer's endpoint; may be NULL
 *
 * Return: 0, -WEFT_EAGAIN (none), -WEFT_EBADF, -WEFT_EINVAL (not listening) or -WEFT_ENOMEM (the
 * connection keeps waiting).
 */
int weft_sock_accept(struct weft_stack *st, uint64_t sock, uint64_t *out,
                     struct weft_endpoint *peer) __attribute__((warn_unused_result));

/**
 * weft_sock_connect() - Open a connection (TCP), or set the only peer (UDP, PING)
 * @st: stack
 * @sock: handle; bound to an ephemeral port if it is not bound
 * @remote: peer; UDP: the unspecified address dissolves the association
 *
 * Return: 0 (TCP: begun; WEFT_CONNECTED or WEFT_ERROR follows), -WEFT_EBADF, -WEFT_EINVAL (address
 * or port cannot be a peer), -WEFT_EISCONN, -WEFT_EALREADY, -WEFT_ENETUNREACH,
 * -WEFT_EADDRNOTAVAIL (no port left), -WEFT_EADDRINUSE (same four-tuple), -WEFT_ENOMEM,
 * -WEFT_EACCES (broadcast not allowed).
 */
int weft_sock_connect(struct weft_stack *st, uint64_t sock, const struct weft_endpoint *remote)
    __attribute__((warn_unused_result));

/**
 * weft_sock_send() - Queue bytes (TCP) or send a datagram to the connected peer
 * @st: stack
 * @sock: handle
 * @buf: bytes; copied
 * @len: bytes at @buf
 *
 * Return: bytes taken (TCP: maybe fewer than @len), -WEFT_EAGAIN (no room: wait for WRITABLE),
 * -WEFT_EBADF, -WEFT_ENOTCONN, -WEFT_EPIPE (shut down), the pending error of the connection,
 * -WEFT_EMSGSIZE (datagram), -WEFT_EINVAL (NULL with bytes).
 */
int64_t weft_sock_send(struct weft_stack *st, uint64_t sock, const void *buf, size_t len)
    __attribute__((warn_unused_result));

/**
 * weft_sock_connect_send() - Connect and send at once, on the SYN if the server gave a cookie (TCP)
 * @st: stack
 * @sock: handle
 * @remote: where to
 * @buf: the first bytes; what does not fit the SYN, or is not taken, follows the handshake
 * @len: bytes at @buf
 *
 * The network may bring the bytes of a SYN twice, to two connections: only for requests that may be
 * carried out twice (RFC 7413 6.1).
 *
 * Return: bytes queued, 0..@len (0 also if there is no memory for them; the connection is being
 * opened), or errors as weft_sock_connect(), and -WEFT_EOPNOTSUPP (not TCP): nothing was begun.
 */
int64_t weft_sock_connect_send(struct weft_stack *st, uint64_t sock,
                               const struct weft_endpoint *remote, const void *buf, size_t len)
    __attribute__((warn_unused_result));

/**
 * weft_sock_sendto() - Send one datagram
 * @st: stack
 * @sock: UDP or PING socket; bound to an ephemeral port if it is not bound
 * @buf: payload (PING: an ICMP message from the type on; identifier and checksum are filled in)
 * @len: bytes, 0..65507
 * @to: destination; NULL = the connected peer
 *
 * Return: @len, -WEFT_EAGAIN (output queue full), -WEFT_EBADF, -WEFT_ENOTCONN, -WEFT_EMSGSIZE,
 * -WEFT_ENETUNREACH, -WEFT_EACCES, -WEFT_EINVAL, -WEFT_EADDRNOTAVAIL, -WEFT_ENOMEM or a pending
 * ICMP error of a connected socket (nothing was sent).
 */
int64_t weft_sock_sendto(struct weft_stack *st, uint64_t sock, const void *buf, size_t len,
                         const struct weft_endpoint *to) __attribute__((warn_unused_result));

/**
 * weft_sock_recv() - Copy received bytes out (TCP), or one datagram's payload
 * @st: stack
 * @sock: handle
 * @buf: filled
 * @cap: bytes at @buf
 *
 * Return: bytes, 0 = end of stream (TCP) or an empty datagram, -WEFT_EAGAIN, -WEFT_EBADF,
 * -WEFT_ENOTCONN, the pending error of the connection.
 */
int64_t weft_sock_recv(struct weft_stack *st, uint64_t sock, void *buf, size_t cap)
    __attribute__((warn_unused_result));

/**
 * weft_sock_recvfrom() - Receive one datagram with what came along
 * @st: stack
 * @sock: UDP or PING socket
 * @buf: filled with the first @cap bytes of the payload; the rest is lost
 * @cap: bytes at @buf
 * @info: filled; may be NULL
 *
 * Return: bytes copied, -WEFT_EAGAIN, -WEFT_EBADF, -WEFT_EOPNOTSUPP (TCP), a pending ICMP error.
 */
int64_t weft_sock_recvfrom(struct weft_stack *st, uint64_t sock, void *buf, size_t cap,
                           struct weft_msg_info *info) __attribute__((warn_unused_result));

/**
 * weft_sock_send_urgent() - Queue bytes, and tell the peer that the last of them is urgent (TCP)
 * @st: stack
 * @sock: handle
 * @buf: bytes; copied
 * @len: bytes at @buf
 *
 * For programs that were written for it: new ones do not use urgent data (RFC 6093 5). If fewer
 * bytes are taken than offered none is urgent; offer the rest again in the same way.
 *
 * Return: as weft_sock_send(), or -WEFT_EOPNOTSUPP (not TCP).
 */
int64_t weft_sock_send_urgent(struct weft_stack *st, uint64_t sock, const void *buf, size_t len)
    __attribute__((warn_unused_result));

/**
 * weft_sock_recv_urgent() - Read the urgent octet that is kept apart (WEFT_SO_OOBINLINE is 0)
 * @st: stack
 * @sock: TCP handle
 * @octet: set
 *
 * There is one at a time: another one that is announced takes the place of one that was not read.
 *
 * Return: 1, -WEFT_EAGAIN (announced, not here yet), -WEFT_EINVAL (none, read already, or in line),
 * -WEFT_ENOTCONN, -WEFT_EBADF, -WEFT_EOPNOTSUPP (not TCP).
 */
int weft_sock_recv_urgent(struct weft_stack *st, uint64_t sock, uint8_t *octet)
    __attribute__((warn_unused_result));

/**
 * weft_sock_at_mark() - Whether everything in front of the urgent octet has been read
 * @st: stack
 * @sock: TCP handle
 *
 * A weft_sock_recv() never reads across the mark in one call.
 *
 * Return: 1 or 0, -WEFT_ENOTCONN, -WEFT_EBADF, -WEFT_EOPNOTSUPP (not TCP).
 */
int weft_sock_at_mark(const struct weft_stack *st, uint64_t sock)
    __attribute__((warn_unused_result));

/**
 * weft_sock_recv_lend() - Look at received bytes in place (TCP)
 * @st: stack
 * @sock: handle
 * @iov: filled with runs of bytes, oldest first; readable until weft_sock_recv_return()
 * @iov_n: entries at @iov
 *
 * The bytes stay queued: give back what was consumed with weft_sock_recv_return(). Closing the
 * socket and shutting its reading side down end the loan too; a reset by the peer does not.
 *
 * Return: entries filled (0 = end of stream), or errors as weft_sock_recv().
 */
int weft_sock_recv_lend(struct weft_stack *st, uint64_t sock, struct weft_iov *iov, int iov_n)
    __attribute__((warn_unused_result));

/**
 * weft_sock_recv_return() - Consume bytes that weft_sock_recv_lend() showed
 * @st: stack
 * @sock: handle
 * @bytes: at most what is queued
 *
 * Return: 0, -WEFT_EBADF or -WEFT_EINVAL (more than is queued).
 */
int weft_sock_recv_return(struct weft_stack *st, uint64_t sock, size_t bytes)
    __attribute__((warn_unused_result));

/**
 * weft_sock_recv_error() - Take the oldest ICMP error of a socket with WEFT_IP_RECVERR
 * @st: stack
 * @sock: handle
 * @out: filled
 *
 * Return: 0, -WEFT_EAGAIN (none) or -WEFT_EBADF.
 */
int weft_sock_recv_error(struct weft_stack *st, uint64_t sock, struct weft_sock_err *out)
    __attribute__((warn_unused_result));

/**
 * weft_sock_shutdown() - End one or both directions
 * @st: stack
 * @sock: connected socket
 * @is_read: no more bytes will be read; what arrives is acknowledged and discarded
 * @is_write: a FIN follows what is queued
 *
 * Return: 0, -WEFT_EBADF, -WEFT_ENOTCONN or -WEFT_EINVAL (neither).
 */
int weft_sock_shutdown(struct weft_stack *st, uint64_t sock, bool is_read, bool is_write)
    __attribute__((warn_unused_result));

/**
 * weft_sock_close() - Give up a handle; TCP finishes on its own, or resets if data was unread
 * @st: stack
 * @sock: handle
 *
 * Return: 0 or -WEFT_EBADF.
 */
int weft_sock_close(struct weft_stack *st, uint64_t sock);

/**
 * weft_sock_abort() - Give up a handle and reset the connection
 * @st: stack
 * @sock: handle
 *
 * Return: 0 or -WEFT_EBADF.
 */
int weft_sock_abort(struct weft_stack *st, uint64_t sock);

/**
 * weft_sock_set() - Set an option
 * @st: stack
 * @sock: handle
 * @opt: option
 * @value: value
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EINVAL (range), -WEFT_EISCONN (too late) or -WEFT_EOPNOTSUPP.
 */
int weft_sock_set(struct weft_stack *st, uint64_t sock, enum weft_sock_opt opt, int64_t value)
    __attribute__((warn_unused_result));

/**
 * weft_sock_get() - Read an option
 * @st: stack
 * @sock: handle
 * @opt: option
 * @value: set
 *
 * Return: 0, -WEFT_EBADF or -WEFT_EOPNOTSUPP.
 */
int weft_sock_get(struct weft_stack *st, uint64_t sock, enum weft_sock_opt opt, int64_t *value)
    __attribute__((warn_unused_result));

/**
 * weft_sock_set_cc() - Choose the congestion control of a TCP socket
 * @st: stack
 * @sock: handle; may be connected
 * @ops: table, valid as long as the stack
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EINVAL (state too large, or another WEFT_CC_ABI), -WEFT_ENOMEM
 * (tcp_cc_max) or -WEFT_EOPNOTSUPP.
 */
int weft_sock_set_cc(struct weft_stack *st, uint64_t sock, const struct weft_cc_ops *ops)
    __attribute__((warn_unused_result));

/**
 * weft_sock_set_cc_param() - Set a parameter of a TCP socket's congestion control
 * @st: stack
 * @sock: handle; may be connected. A listener hands its parameters to its connections
 * @param: enum weft_cc_param, or a number that the socket's own table understands
 * @value: in the parameter's unit
 *
 * Holds until another algorithm is chosen. At most three parameters can be set.
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EINVAL (the algorithm has no such parameter, or not this value),
 * -WEFT_ENOMEM (a fourth parameter) or -WEFT_EOPNOTSUPP (no TCP socket); then nothing changed.
 */
int weft_sock_set_cc_param(struct weft_stack *st, uint64_t sock, int param, uint32_t value)
    __attribute__((warn_unused_result));

/**
 * weft_sock_names() - Both endpoints of a socket
 * @st: stack
 * @sock: handle
 * @local: set; may be NULL
 * @remote: set, port 0 if not connected; may be NULL
 *
 * Return: 0 or -WEFT_EBADF.
 */
int weft_sock_names(const struct weft_stack *st, uint64_t sock, struct weft_endpoint *local,
                    struct weft_endpoint *remote) __attribute__((warn_unused_result));

/**
 * weft_sock_ready() - Readiness of a socket as it is now
 * @st: stack
 * @sock: handle
 *
 * Return: WEFT_READABLE | ..., 0 also for a stale handle.
 */
uint32_t weft_sock_ready(const struct weft_stack *st, uint64_t sock);

/**
 * weft_sock_tcp_info() - A connection as it is
 * @st: stack
 * @sock: TCP handle
 * @out: filled
 *
 * Return: 0, -WEFT_EBADF or -WEFT_EOPNOTSUPP.
 */
int weft_sock_tcp_info(const struct weft_stack *st, uint64_t sock, struct weft_tcp_info *out)
    __attribute__((warn_unused_result));

/**
 * weft_sock_next() - Walk all sockets, connections without one and TIME-WAIT records
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_sock_next(const struct weft_stack *st, uint64_t *cursor, struct weft_sock_info *out);

/**
 * weft_tcp_fastopen_key() - Change the key of the Fast Open cookies that listeners give
 * @st: stack
 * @key: 16 octets, secret; equal on hosts that answer for one address
 *
 * Cookies made with the key before are good until the next change. The first key is drawn from the
 * seed.
 *
 * Return: 0 or -WEFT_EINVAL.
 */
int weft_tcp_fastopen_key(struct weft_stack *st, const uint8_t key[16])
    __attribute__((warn_unused_result));

/**
 * weft_tcp_state_name() - RFC name of a state
 * @state: a value of enum weft_tcp_state
 *
 * Return: a static string such as "ESTABLISHED", "?" if out of range.
 */
const char *weft_tcp_state_name(unsigned state);

#endif /* WEFT_SOCK_H */
