/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft arp - how neighbours are found, kept and believed; whose an address is
 *
 * Options are per interface and may change at any time. Three things are chosen apart: how an
 * address is resolved (by messages, from a table, by computing), how long and how firmly an answer
 * is believed, and what is done before and while an address of our own is used (RFC 5227,
 * RFC 3927). What an operator has to hear of is an event, read by weft_link_event_read().
 */
#ifndef WEFT_ARP_H
#define WEFT_ARP_H

#include "weft/netif.h"
#include "weft/types.h"

struct weft_stack;

/** enum weft_resolver - How an address of a neighbour becomes a hardware address */
enum weft_resolver {
    WEFT_RESOLVER_EXCHANGE, /* Messages: ask the link, or the servers in the options. */
    WEFT_RESOLVER_TABLE,    /* Permanent entries only; no message is ever sent. */
    WEFT_RESOLVER_COMPUTED, /* The last octet is that of the IP address; no message is sent. */
    WEFT_RESOLVER_COUNT
};

/** enum weft_arp_policy - Whom to believe about a neighbour */
enum weft_arp_policy {
    WEFT_ARP_CAREFUL,  /* Static entries win; unasked replies create nothing; a changed hardware
                          address is believed once a second at most, and reported. */
    WEFT_ARP_TRUSTING, /* Classic: replies to us create entries; changes are believed at once. */
    WEFT_ARP_STRICT,   /* A change is believed only if the old owner does not answer within 100 ms;
                          talk among others and senders that do not match their frame count not. */
    WEFT_ARP_POLICY_COUNT
};

/** enum weft_neigh_restart - What begins the lifetime of a complete entry anew */
enum weft_neigh_restart {
    WEFT_NEIGH_RESTART_UPDATE,   /* Any message of the neighbour, or progress of a transport. */
    WEFT_NEIGH_RESTART_CREATION, /* Nothing: it ends that long after it was made. */
    WEFT_NEIGH_RESTART_USE,      /* A packet sent by it, too. */
    WEFT_NEIGH_RESTART_COUNT
};

/** enum weft_neigh_victim - Which used entry a full table gives up, after those of no use */
enum weft_neigh_victim {
    WEFT_NEIGH_VICTIM_OLDEST, /* Confirmed longest ago. */
    WEFT_NEIGH_VICTIM_LRU,    /* Sent by longest ago. */
    WEFT_NEIGH_VICTIM_COUNT
};

/** enum weft_acd - What is done before an address is used */
enum weft_acd {
    WEFT_ACD_OFF,     /* It is used at once. */
    WEFT_ACD_PROBE,   /* Three probes (RFC 5227); it is used if nobody has it. */
    WEFT_ACD_CLASSIC, /* Used at once; one gratuitous request, whose answers are conflicts. */
    WEFT_ACD_COUNT
};

/** enum weft_acd_defend - What is done when another host uses our address (RFC 5227 2.4) */
enum weft_acd_defend {
    WEFT_ACD_DEFEND_ALWAYS, /* Kept; one announcement in 10 s. */
    WEFT_ACD_DEFEND_ONCE,   /* One announcement; given up at the second conflict within 10 s. */
    WEFT_ACD_DEFEND_NEVER,  /* Given up at once. */
    WEFT_ACD_DEFEND_COUNT
};

#define WEFT_ARP_SERVERS_MAX 2

/** struct weft_neigh_options - The cache of an interface's neighbours, whatever asks for them */
struct weft_neigh_options {
    uint8_t resolver;       /* enum weft_resolver */
    uint8_t policy;         /* enum weft_arp_policy */
    uint8_t restart;        /* enum weft_neigh_restart */
    uint8_t victim;         /* enum weft_neigh_victim */
    uint32_t complete_ms;   /* Life of a complete entry, 1000..2^31; default 20 min. */
    uint32_t incomplete_ms; /* Life of one without an answer, 1000..2^31; default 3 min. */
    uint32_t reachable_ms;  /* Then it is checked before it is used on; 0 = never; 30 s. */
    uint8_t tries;          /* Requests before senders hear of it, a second apart; 0 = as long as
                               incomplete_ms allows; default 3. */
    bool is_dropping;       /* Packets do not wait for an answer, they are dropped. */
};

/** struct weft_arp_options - ARP and the addresses of an interface */
struct weft_arp_options {
    uint8_t announce_max;     /* Gratuitous requests on interface up and on changes, 2 s apart:
                                 0..2; after probing always 2. Default 1. */
    uint8_t detect;           /* enum weft_acd */
    uint8_t defend;           /* enum weft_acd_defend */
    bool is_learning_from_ip; /* Senders of IP packets to us, on link, get entries. */
    bool is_confirming;       /* An entry made by a request is checked by a request back. */
    bool is_server;           /* Answers for permanent entries, if asked by unicast. */
    bool accepts_ieee802;     /* Hardware type 6 is answered like type 1 (RFC 1042). */
    bool is_link_local;       /* An address of 169.254/16 while there is no other (RFC 3927). */
    uint8_t servers_n;        /* Servers asked in turn, instead of all hosts. */
    uint8_t servers[WEFT_ARP_SERVERS_MAX][6];
    uint8_t computed[6]; /* Hardware address of the closed form; its last octet is replaced. */
    struct weft_addr link_local; /* First address to try, as it was last time; or unspecified. */
};

/** struct weft_arp_proxy - A prefix that an interface answers for (RFC 1027) */
struct weft_arp_proxy {
    struct weft_addr dst; /* Bits after the prefix are zero. */
    uint16_t ifindex;     /* Where requests come in. */
    uint8_t prefix_len;
    bool is_any_network; /* Asker and target need not be of one network by their class. */
};

/** enum weft_acd_state - Where an address of ours is on its way */
enum weft_acd_state {
    WEFT_ACD_IDLE = 0,
    WEFT_ACD_PROBING,    /* Not in use yet. */
    WEFT_ACD_ANNOUNCING, /* In use; an announcement is to come. */
    WEFT_ACD_WAITING,    /* Not in use: another host has it; tried again later. */
    WEFT_ACD_LOST,       /* About to be taken away. */
};

/** struct weft_acd_info - An address that is probed, announced or waited for */
struct weft_acd_info {
    struct weft_addr addr;
    uint16_t ifindex;
    uint8_t prefix_len;
    enum weft_acd_state state;
    uint32_t conflicts; /* Since it was asked for. */
};

/* X(constant, name): what an operator hears of. */
#define WEFT_LINK_EVENTS(X)                                                                        \
    X(ADDR_CONFLICT, "address-conflict")                                                           \
    X(ADDR_REFUSED, "address-not-taken")                                                           \
    X(ADDR_LOST, "address-given-up")                                                               \
    X(ADDR_READY, "address-ready")                                                                 \
    X(NEIGH_CHANGED, "neighbour-changed")                                                          \
    X(NEIGH_FLAPPING, "neighbour-flapping")                                                        \
    X(NEIGH_REFUSED, "claim-refused")                                                              \
    X(ARP_MISMATCH, "sender-mismatch")

/** enum weft_link_event_kind - The name is from weft_link_event_name() */
enum weft_link_event_kind {
#define WEFT_X(id, name) WEFT_LINK_EVENT_##id,
    WEFT_LINK_EVENTS(WEFT_X)
#undef WEFT_X
        WEFT_LINK_EVENT_COUNT
};

/** struct weft_link_event - Something that happened to an address or a neighbour */
struct weft_link_event {
    uint64_t time_ns; /* When it happened first. */
    uint32_t times;   /* How often, in a row. */
    uint16_t kind;    /* enum weft_link_event_kind */
    uint16_t ifindex;
    struct weft_addr addr;
    uint8_t mac[6];     /* The other's, or the new one. */
    uint8_t old_mac[6]; /* Of a neighbour: as it was. */
};

/**
 * weft_neigh_options_default() - What a new interface has
 * @o: filled
 */
void weft_neigh_options_default(struct weft_neigh_options *o);

/**
 * weft_arp_options_default() - What a new interface has
 * @o: filled
 */
void weft_arp_options_default(struct weft_arp_options *o);

/**
 * weft_arp_options_textbook() - Both as the classic texts describe ARP
 * @n: filled
 * @a: filled
 */
void weft_arp_options_textbook(struct weft_neigh_options *n, struct weft_arp_options *a);

/**
 * weft_arp_option_parse() - Set one option by its name, as commands and scenario files do
 * @n: changed
 * @a: changed
 * @name: such as "policy"; weft-neigh(1) has the list
 * @value: a word of that list, or a decimal number
 *
 * Return: 0 or -WEFT_EINVAL (neither changed).
 */
int weft_arp_option_parse(struct weft_neigh_options *n, struct weft_arp_options *a,
                          const char *name, const char *value) __attribute__((warn_unused_result));

/**
 * weft_arp_option_next() - Walk the options of weft_arp_option_parse() as they are
 * @n: options
 * @a: options
 * @i: 0, 1, ...
 * @value: set to the value as a number
 * @word: set to the value's word; NULL if it is a number
 *
 * Return: the name, NULL at the end.
 */
const char *weft_arp_option_next(const struct weft_neigh_options *n,
                                 const struct weft_arp_options *a, unsigned i, uint64_t *value,
                                 const char **word);

/**
 * weft_neigh_options_get() - Read the cache options of an interface
 * @st: stack
 * @ifindex: interface
 * @out: filled
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_neigh_options_get(const struct weft_stack *st, uint16_t ifindex,
                           struct weft_neigh_options *out) __attribute__((warn_unused_result));

/**
 * weft_neigh_options_set() - Change them; entries that are there are judged by the new ones
 * @st: stack
 * @ifindex: interface
 * @o: copied
 *
 * Return: 0, -WEFT_EINVAL (a field out of range) or -WEFT_ENOENT.
 */
int weft_neigh_options_set(struct weft_stack *st, uint16_t ifindex,
                           const struct weft_neigh_options *o) __attribute__((warn_unused_result));

/**
 * weft_arp_options_get() - Read the ARP options of an interface
 * @st: stack
 * @ifindex: interface
 * @out: filled
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_arp_options_get(const struct weft_stack *st, uint16_t ifindex,
                         struct weft_arp_options *out) __attribute__((warn_unused_result));

/**
 * weft_arp_options_set() - Change them; is_link_local takes effect at once
 * @st: stack
 * @ifindex: Ethernet interface
 * @o: copied
 *
 * Return: 0, -WEFT_EINVAL (a field out of range) or -WEFT_ENOENT.
 */
int weft_arp_options_set(struct weft_stack *st, uint16_t ifindex, const struct weft_arp_options *o)
    __attribute__((warn_unused_result));

/**
 * weft_arp_proxy_add() - Answer requests for a prefix that is reached by another interface
 * @st: stack
 * @p: copied
 *
 * Only a forwarding stack answers, never for what the default route or the same interface leads to.
 *
 * Return: 0, -WEFT_EINVAL, -WEFT_ENOENT (interface), -WEFT_EEXIST or -WEFT_ENOMEM
 * (arp_proxies_max reached).
 */
int weft_arp_proxy_add(struct weft_stack *st, const struct weft_arp_proxy *p)
    __attribute__((warn_unused_result));

/**
 * weft_arp_proxy_del() - Stop answering for a prefix
 * @st: stack
 * @p: dst, prefix_len and ifindex must match
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_arp_proxy_del(struct weft_stack *st, const struct weft_arp_proxy *p)
    __attribute__((warn_unused_result));

/**
 * weft_arp_proxy_next() - Walk the proxied prefixes
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_arp_proxy_next(const struct weft_stack *st, uint32_t *cursor, struct weft_arp_proxy *out);

/**
 * weft_acd_next() - Walk the addresses that are probed, announced or waited for
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_acd_next(const struct weft_stack *st, uint32_t *cursor, struct weft_acd_info *out);

/**
 * weft_link_event_read() - Take the oldest events
 * @st: stack
 * @out: filled
 * @n: events that fit
 * @lost: set to the events overwritten since the last call; may be NULL
 *
 * Return: events written.
 */
uint32_t weft_link_event_read(struct weft_stack *st, struct weft_link_event *out, uint32_t n,
                              uint64_t *lost);

/**
 * weft_link_event_name() - Name of an event
 * @kind: a value of enum weft_link_event_kind
 *
 * Return: a static string such as "address-conflict", "?" if out of range.
 */
const char *weft_link_event_name(unsigned kind);

#endif /* WEFT_ARP_H */
