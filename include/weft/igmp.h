/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft igmp - IPv4 multicast: groups of sockets, routers of groups
 *
 * A UDP socket joins a group on an interface, with any source but a list (EXCLUDE), or with a list
 * of sources and no other (INCLUDE), as RFC 3678 and RFC 3376 2 have it. It is given datagrams of
 * groups it joined itself, through its own filter, whatever other sockets of the stack want. The
 * TTL, interface and looping back of what is sent are socket options (weft/sock.h). IGMP tells the
 * link; its version follows the querier.
 *
 * An interface may be a router for its link: then it is a querier or hears one, and knows which
 * groups are wanted there. Interfaces that forward groups exchange them by these tables and by
 * static routes; with an upstream interface the stack is a proxy (RFC 4605).
 */
#ifndef WEFT_IGMP_H
#define WEFT_IGMP_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/types.h"

struct weft_stack;

#define WEFT_MC_SOURCES_MAX 64 /* Of a list. */

/**
 * weft_mc_join() - Join a group with all sources (IP_ADD_MEMBERSHIP)
 * @st: stack
 * @sock: UDP socket
 * @group: group address
 * @ifindex: interface, 0 = the one that packets to the group leave by
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EOPNOTSUPP (no UDP socket), -WEFT_EINVAL (no group address, or one
 * of source-specific multicast, where a source is needed), -WEFT_ENOENT (no such interface),
 * -WEFT_EADDRINUSE (joined already) or -WEFT_ENOMEM (a limit of the configuration).
 */
int weft_mc_join(struct weft_stack *st, uint64_t sock, const struct weft_addr *group,
                 uint16_t ifindex) __attribute__((warn_unused_result));

/**
 * weft_mc_leave() - Leave a group, with all its sources (IP_DROP_MEMBERSHIP)
 * @st: stack
 * @sock: UDP socket
 * @group: group address
 * @ifindex: interface, 0 = whichever it was joined on
 *
 * Closing the socket does the same.
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EOPNOTSUPP, -WEFT_EINVAL (no group address) or -WEFT_EADDRNOTAVAIL
 * (not joined).
 */
int weft_mc_leave(struct weft_stack *st, uint64_t sock, const struct weft_addr *group,
                  uint16_t ifindex) __attribute__((warn_unused_result));

/** enum weft_mc_change - What weft_mc_source() does to the list of a membership */
enum weft_mc_change {
    WEFT_MC_JOIN_SOURCE,  /* Join the group with this source, or with this one too. */
    WEFT_MC_LEAVE_SOURCE, /* Undo that; the last one leaves the group. */
    WEFT_MC_BLOCK,        /* Joined with all sources: not this one. */
    WEFT_MC_UNBLOCK,      /* Undo that. */
};

/**
 * weft_mc_source() - Change a membership by one source (IP_ADD_SOURCE_MEMBERSHIP and its kin)
 * @st: stack
 * @sock: UDP socket
 * @change: what to do
 * @group: group address
 * @source: unicast address
 * @ifindex: interface, 0 = as for weft_mc_join()
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EOPNOTSUPP, -WEFT_ENOENT (no such interface), -WEFT_EINVAL (an
 * address of the wrong kind, or a membership of the other mode), -WEFT_EADDRNOTAVAIL (the source is
 * there already, or is not there) or -WEFT_ENOMEM (a full list, or another limit).
 */
int weft_mc_source(struct weft_stack *st, uint64_t sock, enum weft_mc_change change,
                   const struct weft_addr *group, const struct weft_addr *source, uint16_t ifindex)
    __attribute__((warn_unused_result));

/** struct weft_mc_filter - A membership: which sources of a group are wanted */
struct weft_mc_filter {
    struct weft_addr group;
    uint16_t ifindex;
    bool is_exclude; /* All but the list; false: none but the list. */
    uint32_t sources_n;
    struct weft_addr sources[WEFT_MC_SOURCES_MAX];
};

/**
 * weft_mc_set_filter() - Replace a membership as a whole (RFC 3376 2, setipv4sourcefilter())
 * @st: stack
 * @sock: UDP socket
 * @filter: wanted; INCLUDE with an empty list ends the membership. ifindex 0 as for weft_mc_join()
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EOPNOTSUPP, -WEFT_EINVAL (an address of the wrong kind, EXCLUDE in
 * the source-specific range), -WEFT_ENOENT or -WEFT_ENOMEM (more than WEFT_MC_SOURCES_MAX sources,
 * or another limit; nothing changed).
 */
int weft_mc_set_filter(struct weft_stack *st, uint64_t sock, const struct weft_mc_filter *filter)
    __attribute__((warn_unused_result));

/**
 * weft_mc_get_filter() - Read a membership
 * @st: stack
 * @sock: UDP socket
 * @out: group and ifindex say which (0 = any); the rest is filled
 *
 * Return: 0, -WEFT_EBADF, -WEFT_EOPNOTSUPP or -WEFT_EADDRNOTAVAIL (not joined).
 */
int weft_mc_get_filter(const struct weft_stack *st, uint64_t sock, struct weft_mc_filter *out)
    __attribute__((warn_unused_result));

/**
 * weft_mc_set_ssm() - Set the range of groups of source-specific multicast, 232.0.0.0/8 at first
 * @st: stack
 * @first: first address of the range
 * @prefix_len: 4..32
 *
 * Return: 0 or -WEFT_EINVAL.
 */
int weft_mc_set_ssm(struct weft_stack *st, const struct weft_addr *first, uint8_t prefix_len)
    __attribute__((warn_unused_result));

/**
 * weft_igmp_set_version() - Bound the version of IGMP that an interface speaks as a host
 * @st: stack
 * @ifindex: interface
 * @version: 1, 2 or 3; 3 follows older queriers and is what it starts with
 *
 * Return: 0, -WEFT_ENOENT or -WEFT_EINVAL.
 */
int weft_igmp_set_version(struct weft_stack *st, uint16_t ifindex, uint8_t version)
    __attribute__((warn_unused_result));

/* ---- router ---- */

/** struct weft_igmp_router - How a router asks; 0 = the default of RFC 3376 8 */
struct weft_igmp_router {
    uint32_t query_ms;       /* From one general query to the next; 125000. */
    uint32_t response_ms;    /* Within this they are answered, shorter than query_ms; 10000. */
    uint32_t last_member_ms; /* The same of specific queries, and from one to the next; 1000. */
    uint8_t robustness;      /* 2..7 losses in a row are one too many; 2. */
    uint8_t version;         /* 1..3: of its queries; 3. */
};

/**
 * weft_igmp_router_start() - Make an interface a router of groups: it asks, or hears who asks
 * @st: stack
 * @ifindex: interface
 * @cfg: copied; NULL = all defaults
 *
 * Forwarding is another matter: weft_mroute_if(). Started again it begins anew with this @cfg.
 *
 * Return: 0, -WEFT_ENOENT or -WEFT_EINVAL (a value out of range).
 */
int weft_igmp_router_start(struct weft_stack *st, uint16_t ifindex,
                           const struct weft_igmp_router *cfg) __attribute__((warn_unused_result));

/**
 * weft_igmp_router_stop() - Forget the groups of an interface and ask no more
 * @st: stack
 * @ifindex: interface
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_igmp_router_stop(struct weft_stack *st, uint16_t ifindex)
    __attribute__((warn_unused_result));

/** struct weft_igmp_info - IGMP on an interface */
struct weft_igmp_info {
    uint16_t ifindex;
    uint8_t version;       /* In use as a host. */
    uint64_t v1_ns, v2_ns; /* An older querier is believed to be there for so long. */
    bool is_router;        /* The rest is a router's. */
    bool is_querier;
    struct weft_addr querier;    /* Unspecified = this stack. */
    uint64_t other_ns;           /* Until the other querier is missed. */
    struct weft_igmp_router use; /* In use: as configured, or as the querier says. */
    bool is_forwarding;
    uint8_t threshold; /* TTL above which packets leave by it. */
    bool is_upstream;  /* Of the proxy. */
};

/**
 * weft_igmp_get() - IGMP on an interface as it is
 * @st: stack
 * @ifindex: interface
 * @out: filled
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_igmp_get(struct weft_stack *st, uint16_t ifindex, struct weft_igmp_info *out)
    __attribute__((warn_unused_result));

/** struct weft_mc_group - A group on an interface */
struct weft_mc_group {
    struct weft_addr group;
    uint16_t ifindex;
    bool is_router;  /* Wanted on the link; false: joined by this stack. */
    bool is_exclude; /* Filter mode. */
    uint8_t version; /* Router: lowest version of its members heard of late. */
    uint32_t users;  /* Host: sockets that joined it. */
    uint32_t sources_n;
    uint64_t timer_ns; /* Router: group timer, 0 in INCLUDE mode. Host: until a report is sent. */
    struct weft_addr last_reporter; /* Router. */
};

/** struct weft_mc_source_info - A source of a group */
struct weft_mc_source_info {
    struct weft_addr source;
    uint64_t timer_ns; /* Router: 0 = not forwarded (EXCLUDE mode). */
};

/**
 * weft_mc_group_next() - Walk the groups that are joined, then those that are wanted on links
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * 224.0.0.1, which every interface has joined, is not listed.
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_mc_group_next(const struct weft_stack *st, uint64_t *cursor, struct weft_mc_group *out);

/**
 * weft_mc_group_sources() - The sources of a group that weft_mc_group_next() told of
 * @st: stack
 * @g: the group, interface and side
 * @out: filled, in the order of addresses
 * @n: entries at @out
 *
 * Return: sources there are, of which the first @n were filled.
 */
uint32_t weft_mc_group_sources(const struct weft_stack *st, const struct weft_mc_group *g,
                               struct weft_mc_source_info *out, uint32_t n);

/* ---- forwarding ---- */

#define WEFT_MROUTE_OUTS_MAX 8

/**
 * weft_mroute_if() - Forward groups between this interface and the others that do
 * @st: stack
 * @ifindex: interface
 * @threshold: packets that arrive with a TTL above this leave by it; with a TTL of 1 none does
 * @is_on: false: not any more
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_mroute_if(struct weft_stack *st, uint16_t ifindex, uint8_t threshold, bool is_on)
    __attribute__((warn_unused_result));

/**
 * weft_mroute_upstream() - Be a proxy (RFC 4605): join upstream what is wanted downstream
 * @st: stack
 * @ifindex: interface towards the root of the tree; 0 = no proxy
 *
 * Return: 0 or -WEFT_ENOENT.
 */
int weft_mroute_upstream(struct weft_stack *st, uint16_t ifindex)
    __attribute__((warn_unused_result));

/** struct weft_mroute - A static tree: what comes in here goes out there */
struct weft_mroute {
    struct weft_addr source; /* Unspecified = all. */
    struct weft_addr group;
    uint16_t in_ifindex;
    uint8_t outs_n;
    uint16_t outs[WEFT_MROUTE_OUTS_MAX];
    uint64_t pkts, bytes; /* Told by weft_mroute_next(). */
    uint64_t wrong_if;    /* Packets that came by another interface. */
};

/**
 * weft_mroute_add() - Add a static tree
 * @st: stack
 * @route: source, group, interfaces
 *
 * Interfaces where the group is wanted are added to its branches. The same source and group replace
 * the entry.
 *
 * Return: 0, -WEFT_EINVAL (an address or interface of the wrong kind) or -WEFT_ENOMEM.
 */
int weft_mroute_add(struct weft_stack *st, const struct weft_mroute *route)
    __attribute__((warn_unused_result));

/**
 * weft_mroute_del() - Remove a static tree
 * @st: stack
 * @route: source and group
 *
 * Return: 0, -WEFT_EINVAL or -WEFT_ENOENT.
 */
int weft_mroute_del(struct weft_stack *st, const struct weft_mroute *route)
    __attribute__((warn_unused_result));

/**
 * weft_mroute_next() - Walk the static trees
 * @st: stack
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_mroute_next(const struct weft_stack *st, uint32_t *cursor, struct weft_mroute *out);

#endif /* WEFT_IGMP_H */
