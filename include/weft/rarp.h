/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft rarp - an address by RARP (RFC 903), and the server that gives it
 *
 * The client asks on one interface until a server answers or its tries are used up; the address of
 * the first good answer is given to the interface as weft_addr_add() does. The server answers from
 * a table that its owner fills, lists and changes at any time; an address it does not have draws
 * silence. Several servers share a link in one of three ways, see enum weft_rarp_role.
 *
 * Nothing here reads files or waits: requests, delays and retries are part of weft_rx(), weft_tx()
 * and weft_advance().
 */
#ifndef WEFT_RARP_H
#define WEFT_RARP_H

#include "weft/types.h"

struct weft_stack;

#define WEFT_RARP_TRIES_MAX 100
#define WEFT_RARP_WAIT_MAX  600000 /* ms */

/** enum weft_rarp_state - How it stands with a client */
enum weft_rarp_state {
    WEFT_RARP_OFF = 0, /* Never started, or stopped. */
    WEFT_RARP_ASKING,  /* Requests go out. */
    WEFT_RARP_BOUND,   /* A server answered, the interface has the address. */
    WEFT_RARP_FAILED,  /* Nobody answered, or the address could not be added. */
};

/** struct weft_rarp_config - How a client asks; all zero = the defaults */
struct weft_rarp_config {
    uint32_t tries;     /* Requests before it gives up, at most WEFT_RARP_TRIES_MAX; 0 = 6. */
    uint32_t first_ms;  /* Wait after the first request; it doubles each time. 0 = 1000. */
    uint32_t most_ms;   /* What it doubles up to, at least first_ms; 0 = 16000. */
    uint8_t prefix_len; /* Of the network, 1..32; 0 = by the class of the address. */
};

/** struct weft_rarp_info - A client as it is */
struct weft_rarp_info {
    enum weft_rarp_state state;
    uint32_t tries;          /* Requests sent. */
    struct weft_addr addr;   /* BOUND: what was given, */
    struct weft_addr server; /* by whom, */
    uint8_t server_mac[6];   /* and its hardware address. */
    uint8_t prefix_len;
    int err; /* FAILED: WEFT_ETIMEDOUT, or why the address could not be added. */
};

/** enum weft_rarp_role - When a server answers */
enum weft_rarp_role {
    WEFT_RARP_PRIMARY = 0, /* At once. */
    WEFT_RARP_DELAYED,     /* After a random time; not if another's answer is seen before. */
    WEFT_RARP_REPEATED,    /* Only a request that is repeated within repeat_ms. */
};

/** struct weft_rarp_entry - A row of the table; the caller's memory, the server's contents */
struct weft_rarp_entry {
    uint8_t mac[6];
    uint8_t ip4[4];
    uint8_t asker[6]; /* Who is to get the answer that is due. */
    bool is_due, was_asked, was_answered;
    uint64_t asked_ns, due_ns, answered_ns;
};

/** struct weft_rarp_server - A server; set up by weft_rarp_server_init() */
struct weft_rarp_server {
    enum weft_rarp_role role;
    uint32_t delay_ms;  /* DELAYED: the longest random delay; 500 at first. */
    uint32_t repeat_ms; /* REPEATED: how soon a repetition must come; 10000 at first. */
    struct weft_rarp_entry *entries; /* In the order of their hardware addresses. */
    uint32_t n, max;
};

/**
 * weft_rarp_start() - Ask for an address on an interface, from now on
 * @st: stack
 * @ifindex: Ethernet interface
 * @cfg: how; NULL = the defaults
 *
 * A client that was started before starts anew; the address it got stays.
 *
 * Return: 0, -WEFT_ENOENT (interface), -WEFT_EINVAL (a field out of range, not Ethernet).
 */
int weft_rarp_start(struct weft_stack *st, uint16_t ifindex, const struct weft_rarp_config *cfg)
    __attribute__((warn_unused_result));

/**
 * weft_rarp_stop() - Ask no more; an address that was given stays
 * @st: stack
 * @ifindex: interface
 */
void weft_rarp_stop(struct weft_stack *st, uint16_t ifindex);

/**
 * weft_rarp_info() - How it stands with the client of an interface
 * @st: stack
 * @ifindex: interface
 * @out: filled; state WEFT_RARP_OFF if there is none
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_rarp_info(const struct weft_stack *st, uint16_t ifindex, struct weft_rarp_info *out)
    __attribute__((warn_unused_result));

/**
 * weft_rarp_server_init() - An empty server
 * @s: set up
 * @role: when it answers
 * @entries: room for its table; belongs to the caller, untouched by it while @s is in use
 * @max: entries that fit
 */
void weft_rarp_server_init(struct weft_rarp_server *s, enum weft_rarp_role role,
                           struct weft_rarp_entry *entries, uint32_t max);

/**
 * weft_rarp_server_set() - Put a pair into the table, or change the address of one that is there
 * @s: server, in use or not
 * @mac: unicast hardware address
 * @addr: IPv4 address that a host can have
 *
 * Return: 0, -WEFT_EINVAL (an address) or -WEFT_ENOMEM (the table is full).
 */
int weft_rarp_server_set(struct weft_rarp_server *s, const uint8_t mac[6],
                         const struct weft_addr *addr) __attribute__((warn_unused_result));

/**
 * weft_rarp_server_del() - Take a pair out of the table
 * @s: server, in use or not
 * @mac: hardware address
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_rarp_server_del(struct weft_rarp_server *s, const uint8_t mac[6])
    __attribute__((warn_unused_result));

/**
 * weft_rarp_server_next() - Walk the table
 * @s: server
 * @cursor: 0 at first, then as left by the last call
 * @mac: filled
 * @addr: filled
 *
 * Return: true if both were filled, false at the end.
 */
bool weft_rarp_server_next(const struct weft_rarp_server *s, uint32_t *cursor, uint8_t mac[6],
                           struct weft_addr *addr);

/**
 * weft_rarp_serve() - Answer RARP requests on an interface
 * @st: stack
 * @ifindex: Ethernet interface
 * @s: server, lent until this is called again for the interface; NULL = serve no more. One server
 *     serves one interface.
 *
 * Return: 0, -WEFT_ENOENT (interface), -WEFT_EINVAL (not Ethernet, a time above
 * WEFT_RARP_WAIT_MAX).
 */
int weft_rarp_serve(struct weft_stack *st, uint16_t ifindex, struct weft_rarp_server *s)
    __attribute__((warn_unused_result));

#endif /* WEFT_RARP_H */
