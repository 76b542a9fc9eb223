/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft svc - protocol engines on top of sockets: ping and traceroute
 *
 * An engine lives in memory of the caller, uses one socket of a stack and no clock: time is an
 * argument. The caller steps it when its socket became ready and when its deadline has come; each
 * step tells at most one event, so step until there is none:
 *
 *   do {
 *       at_ns = weft_ping_step(&ping, now_ns, &ev);
 *       if (ev.kind != WEFT_PING_NONE)
 *           show(&ev);
 *   } while (ev.kind != WEFT_PING_NONE && ev.kind != WEFT_PING_DONE);
 *
 * The same engine answers a person in real time, a lab and a test in virtual time.
 */
#ifndef WEFT_SVC_H
#define WEFT_SVC_H

#include "weft/icmpext.h"
#include "weft/ip.h"
#include "weft/types.h"

struct weft_stack;

#define WEFT_PING_DATA_MAX    65507U
#define WEFT_PING_PATTERN_MAX 16
#define WEFT_ICMP_HDR_BYTES   8

/* ---- ping ---- */

/** enum weft_ping_query - What is asked; all but echo are answered by few (RFC 6918) */
enum weft_ping_query {
    WEFT_PING_ECHO = 0,
    WEFT_PING_TIMESTAMP, /* The time of day; size, pattern and preload do not apply. */
    WEFT_PING_INFORMATION,
    WEFT_PING_MASK, /* The address mask of a link. */
};

/** struct weft_ping_slot - A request that was sent; all fields belong to the engine */
struct weft_ping_slot {
    uint64_t sent_ns;
    uint8_t fate;
};

/** struct weft_ping_config - What to ask; begin with weft_ping_config_default() */
struct weft_ping_config {
    struct weft_addr to;
    struct weft_addr from; /* Source address; unspecified = the stack chooses. */
    uint64_t count;        /* Requests; 0 = until weft_ping_end(). */
    uint64_t interval_ns;  /* Between requests; 0 = flood: on each answer, or after 10 ms; at most
                              20,000 a second. */
    uint64_t timeout_ns;   /* Wait for an answer; 0 = twice the longest round trip but at least 1 s,
                              10 s before the first answer. */
    uint64_t deadline_ns;  /* End so long after the start, whatever was answered; 0 = no limit. */
    uint32_t size;         /* Data bytes after the ICMP header, at most WEFT_PING_DATA_MAX. */
    enum weft_ping_query query;
    uint32_t utc_ms;  /* TIMESTAMP: the time of day at the start, ms since midnight UT; more than
                         a day has = not known. */
    uint32_t preload; /* Requests sent at once at the start, 0 = 1; at most slots_n. */
    uint16_t id;      /* Identifier; 0 = the stack chooses. */
    uint8_t ttl;      /* 0 = the stack's default. */
    uint8_t tos;
    bool has_df;                            /* Forbid fragmentation. */
    bool is_any_sender;                     /* Answers may come from other addresses: broadcast. */
    uint8_t pattern[WEFT_PING_PATTERN_MAX]; /* Repeated to fill the data; ... */
    uint8_t pattern_bytes;                  /* ... 0 = counting bytes. */
    uint8_t opts_bytes;                     /* IP options of the requests, 0 = none, ... */
    uint8_t opts[WEFT_IP_OPTIONS_MAX];      /* ... as weft_ip_set_options() takes them. */

    /* Memory of the caller, until weft_ping_end(). */
    struct weft_ping_slot *slots; /* Requests whose answers are waited for; ... */
    uint32_t slots_n;             /* ... a power of two, 2..32768. The oldest is given up for a new
                                     one. */
    uint8_t *buf;                 /* For one message. */
    uint32_t buf_bytes;           /* At least WEFT_ICMP_HDR_BYTES + size. */
};

/** enum weft_ping_kind - What a step tells */
enum weft_ping_kind {
    WEFT_PING_NONE = 0,
    WEFT_PING_SENT,      /* A request left: seq. */
    WEFT_PING_REPLY,     /* It was answered: seq, from, bytes, ttl, rtt_ns. */
    WEFT_PING_DUPLICATE, /* It was answered once more. */
    WEFT_PING_BAD_DATA,  /* The answer's data is not what was sent: bad_offset. Not counted. */
    WEFT_PING_ERROR,     /* An ICMP error came back: seq, from, err, icmp_type, icmp_code, info. */
    WEFT_PING_UNSENT,    /* The stack refused the request: seq, err. It counts as transmitted. */
    WEFT_PING_LOST,      /* No answer in time. One that comes later is still counted. */
    WEFT_PING_DONE,      /* Nothing more will come; read weft_ping_stats(), then weft_ping_end(). */
};

/** struct weft_ping_event - One thing that happened; fields beyond those of its kind are zero */
struct weft_ping_event {
    enum weft_ping_kind kind;
    uint64_t seq; /* From 1 on; on the wire modulo 2^16. */
    struct weft_addr from;
    uint64_t rtt_ns;
    uint32_t bytes;      /* ICMP header and data. */
    uint32_t bad_offset; /* First wrong byte of the data, or its length if that is wrong. */
    uint32_t info;       /* Next-hop MTU of fragmentation needed; octet of a parameter problem;
                            UNSENT for its size: the MTU of the path. */
    uint32_t originate_ms, receive_ms, transmit_ms; /* TIMESTAMP, as answered. */
    uint32_t mask;                                  /* MASK, as a number. */
    int err;                                        /* enum weft_err, positive */
    uint8_t ttl, icmp_type, icmp_code;
    uint8_t opts_bytes; /* IP options of an answer, ... */
    uint8_t opts[WEFT_IP_OPTIONS_MAX];
};

/** struct weft_ping_stats - The sum of a run */
struct weft_ping_stats {
    uint64_t transmitted, received, duplicates, errors, bad;
    uint64_t reordered;     /* Answers that came after one to a later request. */
    uint32_t loss_permille; /* 0 before the first request. */
    uint64_t min_ns, avg_ns, max_ns, mdev_ns;
    uint64_t time_ns; /* From the start to the last event. */
};

/** struct weft_ping - A run of echo requests; all fields belong to the engine */
struct weft_ping {
    struct weft_ping_config cfg;
    struct weft_stack *st;
    uint64_t sock;
    uint64_t start_ns, last_ns, next_ns;
    uint64_t sent;   /* Requests so far; the last one's seq. */
    uint64_t oldest; /* No request before this seq is waited for. */
    uint64_t received, duplicates, errors, bad;
    uint64_t newest, reordered; /* newest: the latest request that was answered. */
    uint64_t min_ns, max_ns, sum_ns;
    uint64_t squares_hi, squares_lo; /* Sum of squares, 128 bits. */
    bool is_open, is_done;
};

/**
 * weft_ping_config_default() - 56 bytes once a second, without end
 * @cfg: filled; set the destination and the memory
 */
void weft_ping_config_default(struct weft_ping_config *cfg);

/**
 * weft_ping_start() - Open the socket of a run; the first step sends the first request
 * @p: filled
 * @st: stack
 * @cfg: copied
 * @now_ns: time
 *
 * Return: 0, -WEFT_EINVAL (a field out of range) or an error of the socket calls; then there is
 * nothing to end.
 */
int weft_ping_start(struct weft_ping *p, struct weft_stack *st, const struct weft_ping_config *cfg,
                    uint64_t now_ns) __attribute__((warn_unused_result));

/**
 * weft_ping_sock() - The socket whose readiness is to be watched
 * @p: run
 *
 * Return: handle.
 */
uint64_t weft_ping_sock(const struct weft_ping *p);

/**
 * weft_ping_step() - Do the next thing that is due, and tell it
 * @p: run
 * @now_ns: time
 * @ev: filled; kind WEFT_PING_NONE if nothing was due
 *
 * Return: when to step again if the socket does not become ready before: @now_ns after an event,
 * WEFT_NEVER at the end.
 */
uint64_t weft_ping_step(struct weft_ping *p, uint64_t now_ns, struct weft_ping_event *ev);

/**
 * weft_ping_stats() - The sum so far
 * @p: run, ended or not
 * @out: filled
 */
void weft_ping_stats(const struct weft_ping *p, struct weft_ping_stats *out);

/**
 * weft_ping_end() - Close the socket, at any time; a second call does nothing
 * @p: run
 */
void weft_ping_end(struct weft_ping *p);

/* ---- traceroute ---- */

/** enum weft_trace_how - Kinds of probes */
enum weft_trace_how {
    WEFT_TRACE_UDP = 0, /* To ports from port on, one a probe; the end answers port unreachable. */
    WEFT_TRACE_ICMP,    /* Echo requests; the end answers them. */
    WEFT_TRACE_TCP,     /* SYNs to one port; the end answers with SYN,ACK or a reset. */
};

/** enum weft_trace_answer - What became of a probe */
enum weft_trace_answer {
    WEFT_TRACE_NO_ANSWER = 0, /* Nothing in time. */
    WEFT_TRACE_ON_THE_WAY,    /* A router: time exceeded. */
    WEFT_TRACE_REACHED,       /* The target: its port unreachable, its echo reply, its datagram. */
    WEFT_TRACE_REFUSED, /* An ICMP unreachable that ends the way; offender may be this host. */
    WEFT_TRACE_UNSENT,  /* The stack refused the probe. */
};

/** struct weft_trace_slot - A probe under way; all fields belong to the engine */
struct weft_trace_slot {
    uint64_t sent_ns, rtt_ns;
    uint64_t sock; /* TCP: of this probe, 0 = none. */
    struct weft_addr from;
    uint32_t info;
    uint16_t lport;
    uint8_t fate, answer, err, icmp_type, icmp_code, reply_ttl;
    uint8_t ext_bytes, ext[WEFT_ICMP_EXT_MAX];
};

/** struct weft_traceroute_config - Where to; begin with weft_traceroute_config_default() */
struct weft_traceroute_config {
    struct weft_addr to;
    struct weft_addr from; /* Source address; unspecified = the stack chooses. */
    enum weft_trace_how how;
    uint64_t timeout_ns; /* Wait for an answer. */
    uint32_t size;       /* Data bytes of a probe, at most WEFT_PING_DATA_MAX. */
    uint16_t port;       /* UDP: port of the first probe. TCP: of all. */
    uint8_t first_hop;   /* TTL of the first probe, 1.. */
    uint8_t max_hops;    /* Last TTL that is tried. */
    uint8_t queries;     /* Probes of each TTL, 1.. */
    uint8_t tos;
    bool has_df;
    bool finds_mtu; /* Not TCP: probes forbid fragmentation and begin with size; where they are too
                       long they get shorter and are sent again. One at a time. */

    /* Memory of the caller, until weft_traceroute_end(). */
    struct weft_trace_slot *slots; /* Probes under way at a time ... */
    uint32_t slots_n;              /* ... 1.. */
    uint8_t *buf;                  /* For one message. */
    uint32_t buf_bytes;            /* At least WEFT_ICMP_HDR_BYTES + size. */
};

/** enum weft_traceroute_kind - What a step tells */
enum weft_traceroute_kind {
    WEFT_TRACEROUTE_NONE = 0,
    WEFT_TRACEROUTE_PROBE,  /* What became of a probe, in the order of hops and queries. */
    WEFT_TRACEROUTE_OPENED, /* TCP: sock is one more to be watched, ... */
    WEFT_TRACEROUTE_CLOSED, /* ... and this one is no more. */
    WEFT_TRACEROUTE_DONE,   /* Nothing more will come: is_reached. */
};

/** struct weft_traceroute_event - One thing that happened */
struct weft_traceroute_event {
    enum weft_traceroute_kind kind;
    enum weft_trace_answer answer;
    uint8_t hop;           /* TTL of the probe. */
    uint8_t query;         /* From 1 on. */
    struct weft_addr from; /* Who answered; unspecified = this stack. */
    uint64_t rtt_ns;
    uint32_t info; /* Next-hop MTU of fragmentation needed. */
    int err;       /* enum weft_err, positive */
    uint8_t icmp_type, icmp_code;
    uint8_t reply_ttl; /* Of an echo reply or datagram. */
    uint8_t ext_bytes; /* Objects that came with an error (weft/icmpext.h). */
    uint8_t ext[WEFT_ICMP_EXT_MAX];
    uint32_t mtu;    /* finds_mtu: the path's, where it became smaller; DONE: as found. */
    uint64_t sock;   /* OPENED, CLOSED. */
    bool is_last;    /* Last query of its hop. */
    bool is_reached; /* DONE: the target has answered. */
};

/** struct weft_traceroute - A search for the way; all fields belong to the engine */
struct weft_traceroute {
    struct weft_traceroute_config cfg;
    struct weft_stack *st;
    uint64_t sock;
    uint64_t last_ns;
    uint32_t sent, told;   /* Probes sent, and told as events. */
    uint32_t end;          /* Probes up to the end of the last hop that is needed. */
    uint32_t size;         /* Data bytes of the next probe. */
    uint32_t mtu, new_mtu; /* finds_mtu: found so far, and not told yet. */
    uint32_t opened;       /* TCP: sockets told. */
    bool is_reached, is_open, is_done;
};

/**
 * weft_traceroute_config_default() - UDP, 30 hops, 3 queries, 5 s, 32 bytes, port 33434
 * @cfg: filled; set the destination and the memory
 */
void weft_traceroute_config_default(struct weft_traceroute_config *cfg);

/**
 * weft_traceroute_start() - Open the socket of a search; the first step sends probes
 * @t: filled
 * @st: stack
 * @cfg: copied
 *
 * Return: 0, -WEFT_EINVAL (a field out of range) or an error of the socket calls; then there is
 * nothing to end.
 */
int weft_traceroute_start(struct weft_traceroute *t, struct weft_stack *st,
                          const struct weft_traceroute_config *cfg)
    __attribute__((warn_unused_result));

/**
 * weft_traceroute_sock() - The socket whose readiness is to be watched
 * @t: search
 *
 * Return: handle.
 */
uint64_t weft_traceroute_sock(const struct weft_traceroute *t);

/**
 * weft_traceroute_step() - Do what is due, and tell the next thing
 * @t: search
 * @now_ns: time
 * @ev: filled; kind WEFT_TRACEROUTE_NONE if there is nothing to tell
 *
 * Return: when to step again if the socket does not become ready before: @now_ns after an event,
 * WEFT_NEVER at the end.
 */
uint64_t weft_traceroute_step(struct weft_traceroute *t, uint64_t now_ns,
                              struct weft_traceroute_event *ev);

/**
 * weft_traceroute_end() - Close the socket, at any time; a second call does nothing
 * @t: search
 */
void weft_traceroute_end(struct weft_traceroute *t);

#endif /* WEFT_SVC_H */
