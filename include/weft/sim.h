/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft sim - many stacks in one process, in virtual time
 *
 * A world holds nodes (each owns a stack), bridges (learning switches and hubs), links between
 * their ports, and actors (scripted applications). It drives the stacks, carries their frames and
 * moves the clock from event to event. It never reads a clock and draws every random choice from
 * its seed: the same calls and the same seed give the same trace hash on every machine. A generator
 * of its own for each link and direction, seeded by the link's name, keeps the fates of one link's
 * frames apart from those of the others.
 *
 * Frames are lent from stack to stack; a link holds a reference while one is under way. Only a
 * corrupted frame, and every frame of a copying link, is a copy.
 *
 * Real time is the caller's business: ask weft_world_next(), wait, weft_world_run().
 */
#ifndef WEFT_SIM_H
#define WEFT_SIM_H

#include "weft/netif.h"
#include "weft/sock.h"
#include "weft/stack.h"
#include "weft/types.h"

struct weft_world;
struct weft_node;
struct weft_bridge;
struct weft_link;
struct weft_actor;

#define WEFT_SIM_NAME_MAX 32
#define WEFT_SIM_HOPS_MAX 32
#define WEFT_SIM_OPTS_MAX 16 /* Socket options of an actor. */

/* ---- world ---- */

/** struct weft_world_config - What a world is made of */
struct weft_world_config {
    uint64_t seed;
    uint64_t start_ns; /* First value of the clock. */
    uint64_t stall_ns; /* Without progress of any actor for so long, all links whole: failure. */
    size_t bytes_max;  /* Memory the world may take, 0 = no limit. */
    bool is_checking;  /* weft_stack_check() on every stack after it was touched. */
    bool is_unhashed;  /* Leave frame bytes out of the trace hash (benchmarks). */
    void *(*alloc)(void *user, size_t bytes); /* NULL = malloc and free. */
    void (*release)(void *user, void *p);
    void *alloc_user;
};

/**
 * weft_world_config_default() - Clock from 0, stall after 10 minutes, no checks
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
    bool is_corrupt_one_way; /* Bits only become 1: no two flips cancel each other in a sum. */
    bool may_jitter_reorder; /* Jitter may let frames overtake. */
};

/** struct weft_link_config - A link to add */
struct weft_link_config {
    char name[WEFT_SIM_NAME_MAX]; /* Seeds its generators; unique. */
    struct weft_link_end end[2];
    struct weft_link_quality quality[2]; /* [0]: from end 0 to end 1. */
    uint32_t mtu;                        /* IP bytes a frame may carry, 0 = unchecked. */
    bool is_l3;                          /* Bare IP packets; both ends must agree. */
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

/* ---- actors ---- */

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

/* ---- packet scripts ---- */

/** enum weft_script_op - Calls of a script on a socket */
enum weft_script_op {
    WEFT_SCRIPT_OPEN, /* type; sock is set. */
    WEFT_SCRIPT_BIND, /* ep */
    WEFT_SCRIPT_LISTEN,
    WEFT_SCRIPT_ACCEPT,       /* sock is set to the new one. */
    WEFT_SCRIPT_CONNECT,      /* ep; 0 = begun. */
    WEFT_SCRIPT_CONNECT_SEND, /* ep, buf, n: with Fast Open; 0 = begun, and nothing taken. */
    WEFT_SCRIPT_SEND,         /* buf, n; ep if has_ep. */
    WEFT_SCRIPT_RECV,
    WEFT_SCRIPT_SHUTDOWN, /* is_read, is_write */
    WEFT_SCRIPT_CLOSE,
    WEFT_SCRIPT_ABORT,
    WEFT_SCRIPT_SET, /* opt, value */
    WEFT_SCRIPT_GET, /* opt; value is set. */
    WEFT_SCRIPT_CC,  /* name */
    WEFT_SCRIPT_READY,
};

/** struct weft_script_io - A call and what it answers; none of them blocks */
struct weft_script_io {
    enum weft_script_op op;
    uint64_t sock;
    enum weft_sock_type type;
    struct weft_endpoint ep;
    bool has_ep, is_read, is_write;
    void *buf;
    size_t n; /* LISTEN: the backlog. */
    enum weft_sock_opt opt;
    int64_t value;
    const char *name;
    bool is_foreign; /* Set if the target has nothing of the kind: the script is not applicable. */
};

/** struct weft_script_place - What a target stands in for */
struct weft_script_place {
    uint8_t local_ip[4], remote_ip[4];
    uint8_t prefix_len;
    uint32_t mtu;
};

/**
 * struct weft_script_target - Another stack for a script, in its own time
 *
 * Functions answer 0 or more, or a negative enum weft_err. begin(), setting() and field() answer
 * -WEFT_EOPNOTSUPP for what the target does not have; why() then says what, in a few words.
 */
struct weft_script_target {
    void *user;
    const char *name;    /* Of the stack, for messages: "Linux". */
    uint64_t slack_ns;   /* Tolerance of times, unless a script says more ... */
    uint32_t slack_part; /* ... and of what waits long this part of the time. */
    int (*begin)(void *user, const struct weft_script_place *place);
    int (*setting)(void *user, const char *name, const char *value); /* "net.ipv4.tcp_sack", "0" */
    uint64_t (*now_ns)(void *user);
    /* Until another packet has come from the stack (1), or the time has (0). If the time has come
     * before: whether a packet is there to be pulled. */
    int (*wait)(void *user, uint64_t until_ns);
    size_t (*pull)(void *user, void *buf, size_t cap, uint64_t *at_ns); /* 0 = none now. */
    int (*push)(void *user, const void *bytes, size_t n);
    int64_t (*call)(void *user, struct weft_script_io *io);
    /* A field of struct tcp_info; with socket 0 "state" of the connection with @value's ports. */
    int (*field)(void *user, uint64_t sock, const char *name, int64_t *value);
    const char *(*why)(void *user);
};

/** struct weft_script_config - How to run a script */
struct weft_script_config {
    uint64_t seed;
    bool is_checking;                            /* weft_stack_check() after every touch. */
    bool is_verbose;                             /* Print every packet as it passes. */
    void (*print)(void *user, const char *line); /* Lines without a newline; NULL = silent. */
    void *print_user;
    const char *overrides; /* Option lines ("--mtu=576 ...") that win over the script's; or NULL. */
    /* Every packet, in the order of the wire: @is_inbound = to the stack. NULL = not wanted. */
    void (*packet)(void *user, uint64_t at_ns, const void *bytes, size_t n, bool is_inbound);
    void *packet_user;
    const struct weft_script_target *target; /* NULL = weft, in virtual time. */
};

/** enum weft_script_verdict - How a script ended */
enum weft_script_verdict {
    WEFT_SCRIPT_PASSED,
    WEFT_SCRIPT_FAILED,         /* An expectation does not hold. */
    WEFT_SCRIPT_BAD,            /* It cannot be read; nothing was run. */
    WEFT_SCRIPT_NOT_APPLICABLE, /* It needs what the stack does not have. */
};

/** struct weft_script_field - One field of the packet that failed a script */
struct weft_script_field {
    char name[16];
    char expected[80], actual[80]; /* Empty = nothing is said, or it is not there. */
    bool is_different;
};

#define WEFT_SCRIPT_FIELDS_MAX 24

/** struct weft_script_result - How it went */
struct weft_script_result {
    bool has_passed;
    enum weft_script_verdict verdict;
    uint32_t events;       /* Lines executed. */
    uint32_t left_out;     /* Assertions about weft's own state, against another stack. */
    uint32_t line, column; /* Where it ended unless it passed; column 0 = the whole line. */
    uint64_t hash;         /* Trace hash of the world. */
    uint64_t took_ns;      /* Time from the first event to the last, on the script's clock. */
    char proves[512];      /* Requirement ids named in "proves:" comments, separated by blanks. */
    char why[256];         /* What does not hold, or what it needs. */
    char expected[256];    /* The line of the script. */
    char actual[256];      /* The packet that came instead, empty = none. */
    struct weft_script_field field[WEFT_SCRIPT_FIELDS_MAX]; /* The two side by side. */
    uint32_t fields_n;
};

/**
 * weft_script_run() - Run a packet script against a fresh stack
 * @cfg: how
 * @name: file name, for messages
 * @text: the script
 * @len: bytes at @text
 * @out: filled
 *
 * Return: 0 if it passed, -WEFT_EPROTO (it does not parse, or an expectation failed: what and where
 * was printed), -WEFT_EOPNOTSUPP (not applicable: @out says why) or -WEFT_ENOMEM.
 */
int weft_script_run(const struct weft_script_config *cfg, const char *name, const char *text,
                    size_t len, struct weft_script_result *out) __attribute__((warn_unused_result));

/** enum weft_script_setting_kind - What a setting of a kernel is to weft */
enum weft_script_setting_kind {
    WEFT_SETTING_IGNORED = 0, /* Nothing to do: it has no effect on the wire, or weft does so. */
    WEFT_SETTING_OPTION,      /* opt, value: of every later socket. */
    WEFT_SETTING_LIMIT,       /* limit_at, value: a field of struct weft_config of 32 bits. */
    WEFT_SETTING_CC,          /* cc */
    WEFT_SETTING_FASTOPEN,    /* value: 1 for clients, 2 for servers. */
    WEFT_SETTING_FOREIGN,     /* why: weft has nothing of the kind. */
    WEFT_SETTING_BAD,         /* why: the value cannot be read. */
};

/** struct weft_script_setting - A setting of a kernel, in weft's terms */
struct weft_script_setting {
    enum weft_script_setting_kind kind;
    enum weft_sock_opt opt;
    int64_t value;
    size_t limit_at;
    char cc[24];
    char why[128];
};

/**
 * weft_script_setting() - Look a setting of a kernel up
 * @name: "net.ipv4.tcp_sack"
 * @value: "0"
 * @out: filled
 */
void weft_script_setting(const char *name, const char *value, struct weft_script_setting *out);

/**
 * weft_script_info() - A figure of a connection by the name assertions of scripts have for it
 * @t: the connection
 * @name: a field of Linux's struct tcp_info, in Linux's unit, or of struct weft_tcp_info
 * @out: set
 *
 * Return: false if weft has no such figure.
 */
bool weft_script_info(const struct weft_tcp_info *t, const char *name, int64_t *out)
    __attribute__((warn_unused_result));

/* ---- swarm ---- */

/** struct weft_swarm_result - How a scenario went */
struct weft_swarm_result {
    bool has_passed;
    uint64_t hash;
    uint64_t events;
    uint64_t virtual_ns;
    uint64_t bytes;    /* Delivered to applications. */
    uint64_t frames;   /* Offered to links. */
    char failure[256]; /* One line. */
};

/** struct weft_swarm_watch - Who sees a scenario; functions that are NULL are left out */
struct weft_swarm_watch {
    void (*print)(void *user, const char *line);           /* Lines of its description. */
    void (*frame)(void *user, const struct weft_tap *tap); /* Every frame, at every moment. */
    void *user;
};

/**
 * weft_swarm_run() - Build and run the scenario of a seed, once
 * @seed: seed
 * @watch: who sees it; may be NULL
 * @out: filled
 *
 * Return: 0 if every invariant held, -WEFT_EPROTO otherwise.
 */
int weft_swarm_run(uint64_t seed, const struct weft_swarm_watch *watch,
                   struct weft_swarm_result *out) __attribute__((warn_unused_result));

#endif /* WEFT_SIM_H */
