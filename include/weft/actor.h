/* SPDX-License-Identifier: MIT */
/** DOC: weft actor - scripted applications on the nodes of a world */
#ifndef WEFT_ACTOR_H
#define WEFT_ACTOR_H

#include "weft/sock.h"
#include "weft/types.h"
#include "weft/world.h"

struct weft_actor;

#define WEFT_SIM_HOPS_MAX 32
#define WEFT_SIM_OPTS_MAX 16 /* Socket options of an actor. */

/** enum weft_actor_kind - Scripted applications */
enum weft_actor_kind {
    WEFT_ACTOR_TCP_SEND = 0, /* Connect, send bytes, shut down, wait for the peer's end, close. */
    WEFT_ACTOR_TCP_SINK,     /* Serve: read and verify; at the end send reply_bytes and close. */
    WEFT_ACTOR_TCP_ECHO,     /* Serve: send back what comes. */
    WEFT_ACTOR_TCP_ECHO_CLIENT, /* Send bytes, verify the same bytes coming back. */
    WEFT_ACTOR_TCP_RR,          /* count rounds: bytes out, reply_bytes back. */
    WEFT_ACTOR_TCP_RR_SERVER,   /* Serve: for each request of bytes, reply_bytes. */
    WEFT_ACTOR_TCP_CONNECTS,    /* count times: connect, send bytes, close. */
    WEFT_ACTOR_TCP_DISCARD,     /* Serve: read without looking. */
    WEFT_ACTOR_TCP_CHARGEN, /* Serve: send bytes (0 = until the peer ends), then shut down, read on.
                             */
    WEFT_ACTOR_TCP_FETCH, /* Connect, read and verify until the peer's end, then send bytes, close.
                           */
    WEFT_ACTOR_UDP_SEND,  /* count datagrams of bytes, one each interval. */
    WEFT_ACTOR_UDP_SINK,  /* Serve: count and verify. */
    WEFT_ACTOR_UDP_ECHO,  /* Serve: send datagrams back. */
    WEFT_ACTOR_UDP_ECHO_CLIENT, /* count datagrams of bytes; waits up to timeout for the last. */
    WEFT_ACTOR_PING,            /* count echo requests with bytes of data, one each interval. */
    WEFT_ACTOR_TRACEROUTE,      /* UDP probes with growing TTL until the target answers. */

    WEFT_ACTOR_KIND_COUNT
};

/** struct weft_actor_config - An actor to add */
struct weft_actor_config {
    char name[WEFT_SIM_NAME_MAX];
    enum weft_actor_kind kind;
    struct weft_node *node;
    struct weft_endpoint remote; /* Clients. */
    struct weft_endpoint local; /* Servers: port (address may be unspecified). Clients: all zero. */
    uint64_t start_ns;          /* Absolute. */
    uint64_t bytes;             /* See the kind. TCP_SINK: what must come, 0 = anything. */
    uint64_t reply_bytes;       /* See the kind. TCP_SEND, TCP_FETCH: what must come back. */
    uint64_t pattern;           /* Seed of the bytes sent; both sides must agree. */
    uint32_t count;             /* 0 = 1. */
    uint32_t parallel;          /* TCP clients: connections at a time, 0 = 1. */
    uint32_t backlog;           /* TCP servers, 0 = 128. */
    uint32_t hops_max;          /* Traceroute, 0 = 30, at most WEFT_SIM_HOPS_MAX. */
    uint64_t interval_ns;       /* Between datagrams, 0 = 1 s; between connections, 0 = none. */
    uint64_t timeout_ns;        /* Wait for the last answer, 0 = 1 s. */
    uint64_t read_bytes;        /* Slow reader: so many bytes ... */
    uint64_t read_every_ns;     /* ... each time, 0 = as fast as they come. */
    uint64_t write_bytes;       /* TCP, slow writer: at most so many bytes a write ... */
    uint64_t write_every_ns;    /* ... and one write each time, 0 = as fast as they fit. */
    uint64_t abort_at;          /* TCP: reset after so many bytes sent or received, 0 = never. */
    uint32_t sndbuf, rcvbuf;    /* 0 = default. */
    uint64_t max_pacing_Bps;    /* TCP: 0 = no limit. */
    uint8_t ttl;                /* 0 = default. */
    uint8_t cc_set_n;           /* Entries of cc_set. */
    uint8_t recovery;           /* TCP: enum weft_tcp_recovery */
    bool is_nodelay, is_paced;
    uint8_t record; /* Ping: 1 records the route, 2 the times, 3 times and addresses of it. */
    bool has_df;
    bool is_lending;              /* Read in place, by weft_sock_recv_lend(). */
    bool may_fail;                /* An error of the connection is an outcome, not a failure. */
    const struct weft_cc_ops *cc; /* TCP: congestion control, NULL = the stack's ... */
    struct {
        int param; /* ... and its parameters (enum weft_cc_param). */
        uint32_t value;
    } cc_set[3];
    uint8_t opt_set_n; /* Entries of opt_set. */
    struct {
        int opt; /* Further socket options (enum weft_sock_opt), before connect or listen. */
        int64_t value;
    } opt_set[WEFT_SIM_OPTS_MAX];
};

/** struct weft_hop - A line of a traceroute */
struct weft_hop {
    struct weft_addr from; /* Unspecified: no answer. */
    uint64_t rtt_ns;
    int err; /* enum weft_err of the answer: EHOSTUNREACH on the way. */
    uint8_t icmp_type, icmp_code;
};

/** struct weft_actor_result - What an actor did; final when is_done */
struct weft_actor_result {
    bool is_done;    /* Servers: whether no connection is open. */
    bool has_failed; /* An error, or bytes were not what they should be. */
    int err;         /* First error met, a positive enum weft_err. */
    uint64_t started_ns, ended_ns;
    uint64_t bytes_out, bytes_in;
    uint64_t hash_in;    /* Of the stream read: FNV-1a. */
    uint64_t bad_offset; /* First wrong byte of the stream, UINT64_MAX = none. */
    uint64_t done;       /* Connections, rounds or answers completed. */
    uint64_t sent;       /* Connections begun, or datagrams sent. */
    uint64_t duplicates; /* Answers that came more than once. */
    uint64_t rtt_min_ns, rtt_max_ns, rtt_sum_ns;
    uint32_t hops;       /* Traceroute: lines filled. */
    bool has_reached;    /* Traceroute: the target answered. */
    uint8_t options[40]; /* Ping: IP options of the last answer ... */
    uint8_t options_n;   /* ... and their octets. */
    struct weft_hop hop[WEFT_SIM_HOPS_MAX];
};

/**
 * weft_actor_add() - Add an actor; servers open their socket at start_ns
 * @w: world
 * @cfg: copied
 * @out: set on success, may be NULL; valid as long as the world
 *
 * Return: 0, -WEFT_EINVAL or -WEFT_ENOMEM.
 */
int weft_actor_add(struct weft_world *w, const struct weft_actor_config *cfg,
                   struct weft_actor **out) __attribute__((warn_unused_result));

/**
 * weft_actor_result() - What an actor did so far
 * @a: actor
 *
 * Return: valid as long as the world.
 */
const struct weft_actor_result *weft_actor_result(const struct weft_actor *a);

/**
 * weft_actor_config_get() - How an actor was set up
 * @a: actor
 *
 * Return: valid as long as the world.
 */
const struct weft_actor_config *weft_actor_config_get(const struct weft_actor *a);

/**
 * weft_actor_next() - Walk the actors in the order they were added
 * @w: world
 * @prev: NULL for the first
 *
 * Return: the actor after @prev, NULL at the end.
 */
struct weft_actor *weft_actor_next(const struct weft_world *w, const struct weft_actor *prev);

/**
 * weft_actor_stop() - Close everything an actor has open
 * @a: actor
 */
void weft_actor_stop(struct weft_actor *a);

/**
 * weft_actor_socket() - A socket of an actor, for weft_sock_tcp_info()
 * @a: actor
 *
 * Return: handle of its listener's first open connection or of its own socket, 0 = none is open.
 */
uint64_t weft_actor_socket(const struct weft_actor *a);

/**
 * weft_actor_kind_name() - Name of a kind
 * @kind: a value of enum weft_actor_kind
 *
 * Return: a static string such as "tcp-send", "?" if out of range.
 */
const char *weft_actor_kind_name(unsigned kind);

/**
 * weft_pattern() - The bytes that actors send
 * @pattern: seed
 * @offset: place in the stream
 * @buf: filled
 * @len: bytes
 */
void weft_pattern(uint64_t pattern, uint64_t offset, void *buf, size_t len);

/**
 * weft_pattern_check() - Compare bytes with the pattern
 * @pattern: seed
 * @offset: place in the stream
 * @buf: bytes received
 * @len: bytes
 *
 * Return: bytes that are right before the first wrong one; @len if all are.
 */
size_t weft_pattern_check(uint64_t pattern, uint64_t offset, const void *buf, size_t len);

#endif /* WEFT_ACTOR_H */
