/* SPDX-License-Identifier: MIT */
/** DOC: weft world - the worlds of weft/sim.h with their nodes, bridges and links */
#ifndef WEFT_WORLD_H
#define WEFT_WORLD_H

#include "weft/netif.h"
#include "weft/stack.h"
#include "weft/types.h"

struct weft_world;
struct weft_node;
struct weft_bridge;
struct weft_link;

#define WEFT_SIM_NAME_MAX 32

/* ---- world ---- */

/** struct weft_world_config - What a world is made of */
struct weft_world_config {
    uint64_t seed;
    uint64_t start_ns; /* First value of the clock. */
    uint64_t stall_ns; /* Without progress of any actor for so long, all links whole: failure. */
    size_t bytes_max;  /* Memory the world may take, 0 = no limit. */
    bool is_checking;  /* weft_stack_check() on every stack after it was touched. */
    bool is_unhashed;  /* Leave frame bytes out of the trace hash (benchmarks). */
    /* So many steps in a row at one instant: failure, as a loop of links without rate and delay
     * goes on for ever. 0 = no limit. */
    uint64_t steps_max;
    void *(*alloc)(void *user, size_t bytes); /* NULL = malloc and free. */
    void (*release)(void *user, void *p);
    void *alloc_user;
};

/**
 * weft_world_config_default() - Clock from 0, stall after 10 minutes or 10 million steps at
 * one instant, no checks
 * @cfg: filled
 * @seed: seed of every random choice
 */
void weft_world_config_default(struct weft_world_config *cfg, uint64_t seed);

/**
 * weft_world_create() - Make an empty world
 * @out: set on success
 * @cfg: copied
 *
 * Return: 0 or -WEFT_ENOMEM.
 */
int weft_world_create(struct weft_world **out, const struct weft_world_config *cfg)
    __attribute__((warn_unused_result));

/**
 * weft_world_destroy() - Free a world with everything in it
 * @w: world; NULL is allowed
 */
void weft_world_destroy(struct weft_world *w);

/**
 * weft_world_now() - The virtual clock
 * @w: world
 *
 * Return: ns.
 */
uint64_t weft_world_now(const struct weft_world *w);

/**
 * weft_world_next() - When the next thing happens
 * @w: world
 *
 * Return: absolute ns, the present if something can be done now, WEFT_NEVER if nothing is pending.
 */
uint64_t weft_world_next(const struct weft_world *w);

/**
 * weft_world_step() - Let one thing happen: one node's turn, or the next event
 * @w: world
 *
 * Return: 1 if something happened, 0 if nothing is pending, -WEFT_EPROTO if the world has failed.
 */
int weft_world_step(struct weft_world *w) __attribute__((warn_unused_result));

/**
 * weft_world_run() - Everything up to a time, then move the clock there
 * @w: world
 * @until_ns: absolute; WEFT_NEVER = until nothing is pending (the clock stays at the last event)
 *
 * Return: 0 or -WEFT_EPROTO if the world has failed.
 */
int weft_world_run(struct weft_world *w, uint64_t until_ns) __attribute__((warn_unused_result));

/**
 * weft_world_run_while() - Run as long as a condition holds
 * @w: world
 * @until_ns: absolute limit
 * @is_going: asked before every step
 * @user: its argument
 *
 * Return: 1 if @is_going said no, 0 if the limit was reached or nothing is pending, -WEFT_EPROTO.
 */
int weft_world_run_while(struct weft_world *w, uint64_t until_ns, bool (*is_going)(void *user),
                         void *user) __attribute__((warn_unused_result));

/**
 * weft_world_finish() - Run until every actor that can end has ended
 * @w: world
 * @until_ns: absolute limit
 *
 * Return: 0, -WEFT_ETIMEDOUT (limit), -WEFT_EPROTO (the world has failed, or nothing is pending
 * although an actor is not done: weft_world_error() names it).
 */
int weft_world_finish(struct weft_world *w, uint64_t until_ns) __attribute__((warn_unused_result));

/**
 * weft_world_settle() - Stop the servers, let TIME-WAIT pass, and look for leaks
 * @w: world
 * @until_ns: absolute limit
 *
 * Return: 0 if every stack reports nothing in use (neighbours apart) and no frame is under way,
 * -WEFT_EPROTO otherwise; weft_world_error() says what is left and where.
 */
int weft_world_settle(struct weft_world *w, uint64_t until_ns) __attribute__((warn_unused_result));

/**
 * weft_world_hash() - Running hash of every frame's fate
 * @w: world
 *
 * Return: 64 bits over time, link, direction, fate and bytes.
 */
uint64_t weft_world_hash(const struct weft_world *w);

/**
 * weft_world_error() - What went wrong
 * @w: world
 *
 * Return: one line, empty if nothing did. The first failure is kept.
 */
const char *weft_world_error(const struct weft_world *w);

/**
 * weft_world_events() - Events handled so far
 * @w: world
 *
 * Return: count.
 */
uint64_t weft_world_events(const struct weft_world *w);

/**
 * weft_world_frames_in_use() - Frames under way or held by a receiver
 * @w: world
 *
 * Return: count.
 */
uint32_t weft_world_frames_in_use(const struct weft_world *w);

/**
 * weft_world_at() - Call a function at a time
 * @w: world
 * @at_ns: absolute; the past means now
 * @fn: called with the world and @user
 * @user: its argument
 *
 * Return: 0 or -WEFT_ENOMEM.
 */
int weft_world_at(struct weft_world *w, uint64_t at_ns,
                  void (*fn)(struct weft_world *w, void *user), void *user)
    __attribute__((warn_unused_result));

/**
 * weft_world_mac() - A fresh locally administered hardware address
 * @w: world
 * @mac: filled: 02:00:00 and a count from 1
 */
void weft_world_mac(struct weft_world *w, uint8_t mac[6]);

/* ---- nodes ---- */

/** struct weft_node_config - A node to add */
struct weft_node_config {
    char name[WEFT_SIM_NAME_MAX];
    struct weft_config
        stack;         /* An all-zero seed is replaced by one of the world's seed and name. */
    size_t area_bytes; /* Memory for payload. */
};

/**
 * weft_node_config_default() - A host with weft_config_default() and 8 MiB for payload
 * @cfg: filled
 * @name: cut to WEFT_SIM_NAME_MAX - 1
 */
void weft_node_config_default(struct weft_node_config *cfg, const char *name);

/**
 * weft_node_add() - Add a node with its stack
 * @w: world
 * @cfg: copied
 * @out: set on success; valid as long as the world
 *
 * Return: 0, -WEFT_EINVAL (stack configuration), -WEFT_EEXIST (name) or -WEFT_ENOMEM.
 */
int weft_node_add(struct weft_world *w, const struct weft_node_config *cfg, struct weft_node **out)
    __attribute__((warn_unused_result));

/**
 * weft_node_find() - A node by name
 * @w: world
 * @name: name
 *
 * Return: the node or NULL.
 */
struct weft_node *weft_node_find(const struct weft_world *w, const char *name);

/**
 * weft_node_next() - Walk the nodes in the order they were added
 * @w: world
 * @prev: NULL for the first
 *
 * Return: the node after @prev, NULL at the end.
 */
struct weft_node *weft_node_next(const struct weft_world *w, const struct weft_node *prev);

/**
 * weft_node_name() - Name of a node
 * @node: node
 *
 * Return: its name.
 */
const char *weft_node_name(const struct weft_node *node);

/**
 * weft_node_stack() - The stack of a node
 * @node: node
 *
 * Call weft_node_touch() after using it, so that the world looks for new work.
 *
 * Return: the stack.
 */
struct weft_stack *weft_node_stack(struct weft_node *node);

/**
 * weft_node_touch() - Something was done with the stack: give it its turn now
 * @node: node
 */
void weft_node_touch(struct weft_node *node);

/**
 * weft_node_crash() - A node loses its power, and with it everything it knew
 * @node: node
 *
 * Frames that come find nobody, nothing is sent, and its actors are gone; clients among them are
 * done with WEFT_ENETDOWN. What it sent before goes its way. A node that is down stays down.
 */
void weft_node_crash(struct weft_node *node);

/**
 * weft_node_boot() - A node that crashed comes back, with a stack that remembers nothing
 * @node: node
 *
 * Interfaces are as they were; addresses, routes and actors are the caller's business.
 *
 * Return: 0, -WEFT_EALREADY (it is up) or -WEFT_ENOMEM.
 */
int weft_node_boot(struct weft_node *node) __attribute__((warn_unused_result));

/**
 * weft_node_is_down() - Whether a node has crashed
 * @node: node
 *
 * Return: true until weft_node_boot().
 */
bool weft_node_is_down(const struct weft_node *node);

/**
 * weft_node_on_event() - Receive the socket events that belong to no actor
 * @node: node
 * @fn: called for each; sockets may be used inside
 * @user: its argument
 */
void weft_node_on_event(struct weft_node *node,
                        void (*fn)(void *user, struct weft_node *node, const struct weft_event *ev),
                        void *user);

/* ---- bridges ---- */

/** enum weft_bridge_kind - How a box forwards */
enum weft_bridge_kind {
    WEFT_BRIDGE_SWITCH = 0, /* Learns source addresses per port; floods what it does not know. */
    WEFT_BRIDGE_HUB = 1,    /* Repeats to every other port. */
};

/** struct weft_bridge_stats - What a bridge did */
struct weft_bridge_stats {
    uint64_t forwarded, flooded, filtered; /* filtered: destination on the port it came from */
    uint64_t learned, moved, table_full, aged;
    uint32_t entries;
    uint64_t storm_dropped; /* Group frames beyond the limit of their port. */
    uint64_t collisions, deferred, excessive, queue_dropped; /* Of a shared medium: weft/bridge.h */
};

/** struct weft_bridge_entry - An address a switch knows */
struct weft_bridge_entry {
    uint8_t mac[6];
    uint32_t port; /* 0.. in the order links were added. */
    uint64_t seen_ns;
};

/**
 * weft_bridge_add() - Add a switch or a hub
 * @w: world
 * @name: unique among bridges
 * @kind: kind
 * @table_max: addresses it remembers, 0 = 1024
 * @out: set on success; valid as long as the world
 *
 * Return: 0, -WEFT_EEXIST or -WEFT_ENOMEM.
 */
int weft_bridge_add(struct weft_world *w, const char *name, enum weft_bridge_kind kind,
                    uint32_t table_max, struct weft_bridge **out)
    __attribute__((warn_unused_result));

/**
 * weft_bridge_stats() - What a bridge did
 * @b: bridge
 * @out: filled
 */
void weft_bridge_stats(const struct weft_bridge *b, struct weft_bridge_stats *out);

/**
 * weft_bridge_table_next() - Walk the table of a switch
 * @b: bridge
 * @cursor: 0 at first, then as left by the last call
 * @out: filled
 *
 * Return: true if @out was filled, false at the end.
 */
bool weft_bridge_table_next(const struct weft_bridge *b, uint32_t *cursor,
                            struct weft_bridge_entry *out);

/* ---- links ---- */

/** enum weft_end_kind - What a link can be plugged into */
enum weft_end_kind {
    WEFT_END_NODE = 0,
    WEFT_END_BRIDGE = 1,
    WEFT_END_EXTERNAL = 2, /* weft_link_push() and weft_link_pull() by the host. */
};

/** struct weft_link_end - One end of a link */
struct weft_link_end {
    enum weft_end_kind kind;
    struct weft_node *node;      /* WEFT_END_NODE */
    struct weft_if_config netif; /* WEFT_END_NODE: interface made for this link. */
    struct weft_bridge *bridge;  /* WEFT_END_BRIDGE */
    uint16_t ifindex;            /* Set by weft_link_add(). */
};

/** struct weft_link_quality - One direction of a link; all zero = a perfect wire */
struct weft_link_quality {
    uint64_t rate_bps; /* 0 = infinite. Ethernet counts 24 octets more a frame, and at least 84. */
    uint64_t delay_ns;
    uint64_t jitter_ns;  /* Uniform 0..jitter_ns on top of the delay. */
    uint64_t reorder_ns; /* Extra delay of reordered frames. */
    uint32_t reorder_ppm;
    uint32_t queue_pkts;  /* Frames that wait for the wire, 0 = no limit; the newest is dropped. */
    uint32_t queue_bytes; /* The same in bytes. */
    uint32_t ecn_pkts;    /* With so many waiting, ECN-capable packets are marked CE; 0 = never. */
    uint32_t ecn_bytes;   /* The same in bytes; the queue's limits drop all the same. */
    uint32_t loss_ppm;    /* Independent loss. */
    uint32_t burst_enter_ppm,
        burst_leave_ppm;     /* Gilbert-Elliott: a frame's chance to change state. */
    uint32_t burst_loss_ppm; /* Loss in the bad state. */
    uint32_t mtu;            /* A black hole: longer IP packets than this vanish, and no interface
                                knows. 0 = there is none. */
    uint32_t dup_ppm;
    uint32_t dup_copies;     /* Extra copies of a duplicated frame, 0 = 1. */
    uint32_t corrupt_ppm;    /* One random bit flips, in a copy. */
    uint32_t corrupt_bits;   /* Above 1: in its place a burst of so many bits, its ends flipped and
                                each one between by chance. */
    bool is_corrupt_one_way; /* Bits only become 1: no two flips cancel each other in a sum. */
    bool may_jitter_reorder; /* Jitter may let frames overtake. */
};

/** struct weft_link_config - A link to add */
struct weft_link_config {
    char name[WEFT_SIM_NAME_MAX]; /* Seeds its generators; unique. */
    struct weft_link_end end[2];
    struct weft_link_quality quality[2]; /* [0]: from end 0 to end 1. */
    uint32_t mtu;                        /* IP bytes a frame may carry, 0 = unchecked. */
    bool has_fcs; /* Ethernet frames travel padded to 60 octets, with a frame check sequence of 4
                     (IEEE 802.3): what is corrupt is dropped where it arrives. An external end
                     sends without it, and gets what is on the wire. No super-frames. */
    bool is_l3;   /* Bare IP packets; both ends must agree. */
    bool has_superframes;  /* A memory link: super-frames pass whole. Otherwise they are refused. */
    bool is_copying;       /* Frames are copied and given back at once, as a network card would. */
    bool has_backpressure; /* Stacks are held back instead of losing frames to the queue limit. */
};

/** enum weft_fate - What became of a frame on a link */
enum weft_fate {
    WEFT_FATE_SENT = 0, /* Accepted at its end. */
    WEFT_FATE_DELIVERED,
    WEFT_FATE_LOST,       /* By chance. */
    WEFT_FATE_LOST_BURST, /* In the bad state. */
    WEFT_FATE_LOST_LIST,  /* By weft_link_lose(). */
    WEFT_FATE_QUEUE,      /* The queue was full. */
    WEFT_FATE_CUT,
    WEFT_FATE_MTU,        /* Too long, or a super-frame on an ordinary link. */
    WEFT_FATE_CORRUPTED,  /* Altered, and still under way. */
    WEFT_FATE_DUPLICATED, /* A copy set out. */
    WEFT_FATE_REORDERED,  /* Held back, and still under way. */
    WEFT_FATE_REFUSED,    /* The receiver had no room. */
    WEFT_FATE_MARKED,     /* Congestion Experienced, and still under way. */
    WEFT_FATE_FCS,        /* The frame check sequence was wrong where it arrived. */

    WEFT_FATE_COUNT
};

/** struct weft_tap - A moment in a frame's life, for captures */
struct weft_tap {
    uint64_t time_ns;
    const struct weft_link *link;
    const struct weft_frame *frame; /* Readable during the call. */
    uint8_t dir;                    /* 0: from end 0 to end 1. */
    enum weft_fate fate;
};

/** struct weft_link_stats - One direction of a link */
struct weft_link_stats {
    uint64_t pkts[WEFT_FATE_COUNT];
    uint64_t bytes[WEFT_FATE_COUNT]; /* Frame bytes without preamble, FCS and gap. */
    uint32_t queue_pkts_max, queue_bytes_max;
};

/**
 * weft_link_add() - Add a link; a node's end makes an interface
 * @w: world
 * @cfg: copied
 * @out: set on success; valid as long as the world
 *
 * Return: 0, -WEFT_EINVAL (ends do not fit), -WEFT_EEXIST (name), -WEFT_ENOMEM or what
 * weft_if_add() answers.
 */
int weft_link_add(struct weft_world *w, const struct weft_link_config *cfg, struct weft_link **out)
    __attribute__((warn_unused_result));

/**
 * weft_link_find() - A link by name
 * @w: world
 * @name: name
 *
 * Return: the link or NULL.
 */
struct weft_link *weft_link_find(const struct weft_world *w, const char *name);

/**
 * weft_link_next() - Walk the links in the order they were added
 * @w: world
 * @prev: NULL for the first
 *
 * Return: the link after @prev, NULL at the end.
 */
struct weft_link *weft_link_next(const struct weft_world *w, const struct weft_link *prev);

/**
 * weft_link_config_get() - A link as it is
 * @link: link
 *
 * Return: its configuration, with ifindex filled in; valid as long as the world.
 */
const struct weft_link_config *weft_link_config_get(const struct weft_link *link);

/**
 * weft_link_set_quality() - Change a direction; frames under way keep their fate
 * @link: link
 * @dir: 0: from end 0 to end 1
 * @q: copied
 */
void weft_link_set_quality(struct weft_link *link, unsigned dir, const struct weft_link_quality *q);

/**
 * weft_link_lose() - Lose chosen frames
 * @link: link
 * @dir: direction
 * @index: frames by their count since the link was made, from 0, ascending; copied
 * @n: entries
 *
 * Return: 0 or -WEFT_ENOMEM.
 */
int weft_link_lose(struct weft_link *link, unsigned dir, const uint64_t *index, uint32_t n)
    __attribute__((warn_unused_result));

/**
 * weft_link_late() - Copies of chosen frames wander, and arrive late
 * @link: link
 * @dir: direction
 * @index: frames by their count since the link was made, from 0, ascending; copied
 * @n: entries
 * @extra_ns: a copy arrives so much later than its original, which goes its way as ever
 *
 * Return: 0 or -WEFT_ENOMEM.
 */
int weft_link_late(struct weft_link *link, unsigned dir, const uint64_t *index, uint32_t n,
                   uint64_t extra_ns) __attribute__((warn_unused_result));

/**
 * weft_link_inject() - Put a frame on a wire that no stack has sent
 * @link: link
 * @dir: 0: as if it came from end 0
 * @frame: bytes with complete checksums; copied
 * @len: bytes at @frame, 1..65549
 *
 * Return: 0, -WEFT_EINVAL (length) or -WEFT_ENOMEM.
 */
int weft_link_inject(struct weft_link *link, unsigned dir, const void *frame, size_t len)
    __attribute__((warn_unused_result));

/**
 * weft_link_cut() - Cut or heal a link; what was under way is lost with the cut
 * @link: link
 * @is_cut: true to cut
 */
void weft_link_cut(struct weft_link *link, bool is_cut);

/**
 * weft_link_is_cut() - Whether a link is cut
 * @link: link
 *
 * Return: true if it is.
 */
bool weft_link_is_cut(const struct weft_link *link);

/**
 * weft_link_stats() - What became of the frames of one direction
 * @link: link
 * @dir: direction
 * @out: filled
 */
void weft_link_stats(const struct weft_link *link, unsigned dir, struct weft_link_stats *out);

/**
 * weft_link_tap() - Watch a link
 * @link: link; NULL: every link that is there now
 * @w: world
 * @fn: called at every moment of enum weft_fate; NULL switches off
 * @user: its argument
 */
void weft_link_tap(struct weft_world *w, struct weft_link *link,
                   void (*fn)(void *user, const struct weft_tap *tap), void *user);

/**
 * weft_link_push() - Feed a frame into an external end
 * @link: link
 * @end: 0 or 1
 * @frame: bytes; copied
 * @len: bytes at @frame, 1..65549
 *
 * Return: 0, -WEFT_EINVAL (not external, length) or -WEFT_ENOMEM.
 */
int weft_link_push(struct weft_link *link, unsigned end, const void *frame, size_t len)
    __attribute__((warn_unused_result));

/**
 * weft_link_pull() - Take a frame that arrived at an external end
 * @link: link
 * @end: 0 or 1
 * @buf: filled
 * @cap: bytes at @buf; a longer frame is cut off
 * @at_ns: set to the time it arrived; may be NULL
 *
 * Return: length of the frame, 0 if none waits.
 */
size_t weft_link_pull(struct weft_link *link, unsigned end, void *buf, size_t cap, uint64_t *at_ns);

/**
 * weft_fate_name() - Name of a fate
 * @fate: a value of enum weft_fate
 *
 * Return: a static string such as "delivered", "?" if out of range.
 */
const char *weft_fate_name(unsigned fate);

#endif /* WEFT_WORLD_H */
