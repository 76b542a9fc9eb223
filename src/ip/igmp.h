/* SPDX-License-Identifier: MIT */
/**
 * DOC: igmp - IPv4 multicast: who wants which groups, here (host) and on the links (router)
 *
 * Host (RFC 1112, RFC 2236, RFC 3376 5). Sockets have memberships (struct mc_member): interface,
 * group, filter. Those of one interface and group are merged into its state (struct mc_group) by
 * the rules of RFC 3376 3.2; what changes there is reported at once and again after random times.
 * Queries are answered after a random delay. The version follows the oldest querier heard lately;
 * under versions 1 and 2 another member's report makes our own needless. 224.0.0.1 is joined on
 * every interface without an entry, and never reported.
 *
 * Router (RFC 2236 3, RFC 3376 6), an interface at a time. Querier election by the lowest address;
 * the table (struct igmp_rgroup) has filter mode, group timer and sources with timers. Leaves and
 * blocks are asked about with specific queries before they take effect.
 *
 * Timers, all in the wheel: of an interface the response to a general query and the router's next
 * general query; of a host's group the pending response and the next repetition; of a router's
 * group one at the earliest of what it waits for.
 *
 * Deviation: IGMP2-R-11: the version of a router is 3 unless it is set to another (RFC 3376).
 *
 * Limits: memberships, groups and sources have slabs with limits from the configuration; a list has
 * at most MC_SOURCES_MAX sources. A router's table that is full takes no more groups: an unknown
 * group is then not forwarded, and those in the table live on.
 */
#ifndef WF_IP_IGMP_H
#define WF_IP_IGMP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"
#include "weft/igmp.h"
#include "wire/wire.h"

#define MC_SOURCES_MAX      64u
#define MC_ALL_HOSTS        0xe0000001u /* 224.0.0.1 */
#define MC_ALL_ROUTERS      0xe0000002u /* 224.0.0.2 */
#define MC_IGMP3            0xe0000016u /* 224.0.0.22 */
#define MC_SSM_NET          0xe8000000u /* 232.0.0.0, by default 8 bits of it */
#define IGMP_ROBUSTNESS     2u
#define IGMP_QUERY_MS       125000u
#define IGMP_RESPONSE_MS    10000u
#define IGMP_LAST_MEMBER_MS 1000u
#define IGMP_TTL            1u
#define IGMP_TOS            0xc0u
#define IGMP_IP_BYTES       24u /* IP header with the router alert option. */

/** struct mc_src - A source; owner: the list it is on */
struct mc_src {
    struct wf_slab_node node;
    struct mc_src *next; /* Lists are in the order of addresses. */
    uint64_t until_ns;   /* Router: its timer; 0 = run out (only in EXCLUDE mode). */
    uint32_t ip4;
    uint8_t resend; /* Host: reports that have still to tell that it came or left. Router: queries
                       that have still to ask for it. */
    bool is_in;     /* Host: part of the state; otherwise it left and is only reported. */
    bool is_asked;  /* Host: a pending query names it. */
    bool is_marked; /* While lists are compared. */
};

/** struct mc_member - A membership; owner: a socket, or the proxy */
struct mc_member {
    struct wf_slab_node node;
    struct mc_member *next;       /* Of the same owner. */
    struct mc_member *group_next; /* Of the same interface and group. */
    struct mc_group *group;
    struct mc_src *srcs;
    bool is_exclude, is_proxy;
};

/** struct mc_group - State of a group on an interface (RFC 3376 3.2) */
struct mc_group {
    struct wf_slab_node node;
    struct mc_group *hash_next;
    struct mc_member *members;
    struct mc_src *srcs;    /* Those in the state, and those that left and are reported. */
    struct wf_timer answer; /* A response to a query. */
    struct wf_timer change; /* The next report of a change. */
    uint64_t answer_ns;     /* When, while the timer is armed. */
    uint32_t group;
    uint16_t ifindex;
    bool is_exclude;
    bool is_local;             /* A socket joined, and not the proxy alone. */
    bool is_fresh, was_joined; /* A change that is not yet told, and what was before it. */
    bool is_leaving;           /* Version 2: that is still to be said. */
    bool is_last_reporter;     /* Versions 1 and 2: nobody reported after us. */
    uint8_t resend;            /* Reports that have still to tell of the change of mode, ... */
    uint8_t repeats;           /* ... or under versions 1 and 2 of the joining. */
};

/** struct igmp_rgroup - A group that is wanted on a router's link (RFC 3376 6.2) */
struct igmp_rgroup {
    struct wf_slab_node node;
    struct igmp_rgroup *hash_next;
    struct wf_timer timer;
    struct mc_src *srcs;
    struct mc_member *proxy; /* Our membership upstream (RFC 4605), a list of at most one. */
    uint64_t until_ns;       /* Group timer, EXCLUDE mode only. */
    uint64_t v1_until_ns, v2_until_ns; /* Older members are present (RFC 3376 7.3.2). */
    uint64_t query_ns;                 /* Next specific query of the group, 0 = none, ... */
    uint64_t src_query_ns;             /* ... and of its sources. */
    uint32_t group, last_reporter;
    uint16_t ifindex;
    uint8_t queries; /* Specific queries of the group still to send. */
    bool is_exclude;
};

/** struct igmp_if - An interface; index as the interfaces' */
struct igmp_if {
    struct wf_timer answer; /* Response to a general query. */
    struct wf_timer query;  /* Router: next general query, or the querier's silence. */
    uint64_t answer_ns;
    uint64_t v1_until_ns, v2_until_ns; /* An older querier is present. */
    uint64_t warned_ns;                /* When an older query was last told of. */
    uint32_t query_ms;                 /* The last querier's interval. */
    uint8_t robustness;                /* The last querier's, 0 = none told. */
    uint8_t mode;                      /* Version in use, 0 = not yet looked. */
    uint8_t max_version;               /* 0 = 3. */
    /* Router */
    struct weft_igmp_router cfg; /* As asked for ... */
    struct weft_igmp_router use; /* ... and with what the querier tells. */
    bool is_router, is_querier, is_forwarding;
    uint8_t startup_left;
    uint8_t threshold; /* Packets leave with more than this TTL. */
    uint32_t querier4;
    uint64_t other_until_ns;
};

/** struct wf_igmp - State of the room; owner: the stack instance */
struct wf_igmp {
    struct wf_slab members, groups, srcs, rgroups, routes;
    struct mc_group **buckets;
    uint32_t mask;
    struct igmp_rgroup **rbuckets;
    uint32_t rmask;
    struct igmp_if *ifs;
    uint32_t ssm_net;
    uint8_t ssm_len;
    uint16_t upstream; /* Interface that is proxied to, 0 = none. */
    bool has_mroute;   /* Some interface forwards groups. */
};

/** struct mc_filter - What an owner wants of a group */
struct mc_filter {
    uint32_t group;
    uint16_t ifindex;
    bool is_exclude, is_proxy;
    uint32_t n;
    uint32_t sources[MC_SOURCES_MAX];
};

/* ---- igmp_member.c ---- */

/** wf_igmp_init() - Values that are not zero; memory for the slabs is set by the stack */
void wf_igmp_init(struct net *net);

/** wf_igmp_if() - State of an interface */
struct igmp_if *wf_igmp_if(const struct net *net, uint16_t ifindex);

/** wf_igmp_index() - The interface that a state is of */
uint16_t wf_igmp_index(const struct net *net, const struct igmp_if *i);

/** wf_igmp_is_ssm() - Whether a group is in the range of source-specific multicast (RFC 4607) */
bool wf_igmp_is_ssm(const struct net *net, uint32_t group);

/** wf_igmp_member() - An owner's membership, or NULL; @ifindex 0 = on any interface */
struct mc_member *wf_igmp_member(struct mc_member *list, uint16_t ifindex, uint32_t group);

/** wf_igmp_filter() - What a membership wants */
void wf_igmp_filter(const struct mc_member *m, struct mc_filter *out);

/**
 * wf_igmp_set() - Make an owner's membership what @f says; INCLUDE of nothing ends it
 *
 * Return: 0 or -WEFT_ENOMEM, and nothing changed. Ending one never fails.
 */
int wf_igmp_set(struct net *net, struct mc_member **list, const struct mc_filter *f);

/** wf_igmp_leave_all() - End all memberships of an owner */
void wf_igmp_leave_all(struct net *net, struct mc_member **list);

/** wf_igmp_takes() - Whether an owner wants a packet (RFC 3376 3.1) */
bool wf_igmp_takes(struct mc_member *list, uint16_t ifindex, uint32_t group, uint32_t src4);

/** wf_igmp_hears() - Whether the interface's state lets a packet in (RFC 1112 7.2) */
bool wf_igmp_hears(const struct net *net, const struct rx_meta *m);

/** wf_igmp_group() - State of a group on an interface, or NULL */
struct mc_group *wf_igmp_group(const struct net *net, uint16_t ifindex, uint32_t group);

/** wf_igmp_is_joined() - Whether an entry is a membership, and not only what is left to report */
bool wf_igmp_is_joined(const struct mc_group *g);

/** wf_igmp_tidy() - Free sources that have been told of, and the group if that was all */
void wf_igmp_tidy(struct net *net, struct mc_group *g);

/** wf_igmp_src() - Find a source in a list, or add it with @may_add; NULL if there is none */
struct mc_src *wf_igmp_src(struct net *net, struct mc_src **list, uint32_t ip4, bool may_add);

/** wf_igmp_srcs_free() - Free a list */
void wf_igmp_srcs_free(struct net *net, struct mc_src **list);

/** wf_igmp_refilter() - Have the link let in the frames of the groups of an interface */
void wf_igmp_refilter(struct net *net, uint16_t ifindex);

/* ---- igmp_report.c ---- */

/** enum mc_pick - Which sources of a group a record lists */
enum mc_pick {
    PICK_STATE, /* All of the state. */
    PICK_CAME,  /* In the state, and to be told. */
    PICK_LEFT,  /* Not in the state any more, and to be told. */
    PICK_ASKED, /* Asked for, and wanted. */
};

/** struct igmp_report - A version 3 report that grows */
struct igmp_report {
    struct net *net;
    uint16_t ifindex;
    uint16_t records_n;
    uint32_t len, max;
    uint8_t buf[1476]; /* An Ethernet MTU's worth. */
};

/** wf_igmp_report_begin() - An empty report for an interface */
void wf_igmp_report_begin(struct igmp_report *r, struct net *net, uint16_t ifindex);

/** wf_igmp_report_add() - Add a record; sends what is full. Empty ALLOW, BLOCK, IS_IN are left out
 */
void wf_igmp_report_add(struct igmp_report *r, uint8_t type, const struct mc_group *g,
                        enum mc_pick pick);

/** wf_igmp_report_send() - Send what was added, if anything */
void wf_igmp_report_send(struct igmp_report *r);

/** wf_igmp_send_old() - Send a message of 8 octets */
void wf_igmp_send_old(struct net *net, uint16_t ifindex, uint32_t dst4, uint8_t type, uint8_t code,
                      uint32_t group);

/** wf_igmp_send() - Send a message whose checksum is not yet filled in */
void wf_igmp_send(struct net *net, uint16_t ifindex, uint32_t dst4, uint8_t *msg, uint32_t len);

/* ---- igmp_host.c ---- */

/** wf_igmp_mode() - Version in use on an interface: 1, 2 or 3 */
uint8_t wf_igmp_mode(struct net *net, uint16_t ifindex);

/** wf_igmp_robustness() - How often the host side says what matters */
uint8_t wf_igmp_robustness(const struct net *net, uint16_t ifindex);

/** wf_igmp_changed() - The state of a group changed: report it, and again later */
void wf_igmp_changed(struct net *net, struct mc_group *g, bool was_joined);

/** wf_igmp_answer_expire() - A group's response is due */
void wf_igmp_answer_expire(struct net *net, struct mc_group *g);

/** wf_igmp_change_expire() - A repetition is due */
void wf_igmp_change_expire(struct net *net, struct mc_group *g);

/** wf_igmp_general_expire() - An interface's response to a general query is due */
void wf_igmp_general_expire(struct net *net, struct igmp_if *i);

/** wf_igmp_host_query() - A query arrived; @m is valid */
void wf_igmp_host_query(struct net *net, uint16_t ifindex, const struct igmp_msg *m);

/** wf_igmp_host_report() - Another member's report of versions 1 and 2 arrived */
void wf_igmp_host_report(struct net *net, uint16_t ifindex, uint32_t group);

/** wf_igmp_if_up() - An interface came up or was given an address: report what is joined */
void wf_igmp_if_up(struct net *net, uint16_t ifindex);

/* ---- igmp_in.c ---- */

/** wf_igmp_input() - An IGMP message (at data) that came to a group we hear, or to us; takes @p */
enum verdict wf_igmp_input(struct net *net, struct pkt *p, const struct rx_meta *m);

/* ---- igmp_router.c ---- */

/** wf_igmp_gmi_ns() - Group Membership Interval (RFC 3376 8.4) */
uint64_t wf_igmp_gmi_ns(const struct igmp_if *i);

/** wf_igmp_lmqt_ns() - Last Member Query Time (RFC 3376 8.8) */
uint64_t wf_igmp_lmqt_ns(const struct igmp_if *i);

/** wf_igmp_query_group() - Send a group-specific query */
void wf_igmp_query_group(struct net *net, uint16_t ifindex, uint32_t group, bool is_suppress);

/** wf_igmp_query_expire() - The next general query is due, or the querier has been silent */
void wf_igmp_query_expire(struct net *net, struct igmp_if *i);

/** wf_igmp_router_query() - A query arrived at a router */
void wf_igmp_router_query(struct net *net, const struct rx_meta *m, const struct igmp_msg *q);

/* ---- igmp_table.c ---- */

/** wf_igmp_router_report() - A report or leave arrived at a router */
void wf_igmp_router_report(struct net *net, const struct rx_meta *m, struct igmp_msg *g);

/** wf_igmp_rgroup() - A group of a router's link, or NULL */
struct igmp_rgroup *wf_igmp_rgroup(const struct net *net, uint16_t ifindex, uint32_t group);

/** wf_igmp_rgroup_expire() - Something of a router's group is due */
void wf_igmp_rgroup_expire(struct net *net, struct igmp_rgroup *g);

/** wf_igmp_lower() - The querier asks for a group (RFC 3376 6.6.1): it is gone if nobody answers */
void wf_igmp_lower(struct net *net, uint16_t ifindex, const struct igmp_msg *q);

/** wf_igmp_wants() - Whether a link wants a source's packets to a group (RFC 3376 6.3) */
bool wf_igmp_wants(const struct net *net, uint16_t ifindex, uint32_t group, uint32_t src4);

/** wf_igmp_forget() - Free all groups of a link */
void wf_igmp_forget(struct net *net, uint16_t ifindex);

/** wf_igmp_proxy() - Have the memberships upstream say what all tables say (RFC 4605 4.1) */
void wf_igmp_proxy(struct net *net);

/** wf_igmp_rversion() - Lowest version of a group's members heard of late (RFC 3376 7.3.2) */
uint8_t wf_igmp_rversion(const struct net *net, const struct igmp_rgroup *g);

#endif /* WF_IP_IGMP_H */
