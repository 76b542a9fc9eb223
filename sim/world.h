/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim world - what the files of sim/ share
 *
 * The world owns all memory: every block is on one list, so that destroying the world frees it.
 * What happens next is decided by two structures only: the list of nodes that are due now, in the
 * order they became due, and a binary heap of events ordered by time, then by the order they were
 * made. Pointers are never compared.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rng.h"
#include "weft/sim.h"

#define SIM_BURST       32U    /* Frames moved by one call of weft_rx() or weft_tx(). */
#define SIM_INBOX_MAX   16384U /* Frames that wait at a port. */
#define SIM_RING_PKTS   256U   /* Of these, kept when the stack refuses to take more. */
#define SIM_IDLE_ROUNDS 64U    /* Turns a node may claim work without doing any. */
#define SIM_NONE        UINT32_MAX

/* Events of actors carry this bit in weft_event.user, the actor's number and a slot. */
#define SIM_USER_ACTOR (UINT64_C(1) << 63)

/** struct sim_frame - A frame under way; alive while somebody holds a reference */
struct sim_frame {
    struct weft_frame f;
    struct weft_node *lender; /* Gets it back with lender_cookie; NULL: the bytes are in own. */
    uint64_t lender_cookie;
    uint32_t
        lender_boots; /* Of the lender as it lent: what an earlier life lent is not given back. */
    uint8_t *own;
    uint32_t own_cap;
    uint32_t refs;
    uint32_t index;
    uint32_t next_free;
};

/** enum sim_event_kind - What an event is for */
enum sim_event_kind {
    SIM_EV_NODE,   /* obj = node: a deadline. */
    SIM_EV_ARRIVE, /* obj = link, arg = frame, direction and cut count. */
    SIM_EV_ROOM,   /* obj = link, arg = direction: the queue has room again. */
    SIM_EV_ACTOR,  /* obj = actor: its timer. */
    SIM_EV_CALL,   /* fn(world, obj) */
    SIM_EV_MEDIUM, /* obj = bridge, arg: the end of what is sent, or a port that tries. */
};

/** struct sim_event - An entry of the heap */
struct sim_event {
    uint64_t time_ns;
    uint64_t seq;
    void *obj;
    void (*fn)(struct weft_world *w, void *user);
    uint64_t arg;
    enum sim_event_kind kind;
};

/** struct sim_ring - A growing queue of frames with the time each came */
struct sim_ring {
    uint32_t *frame;
    uint64_t *time_ns;
    uint32_t cap, head, n;
};

/** struct sim_depart - A frame in the queue before a wire */
struct sim_depart {
    uint64_t time_ns; /* When its last bit is on the wire. */
    uint32_t bytes;
};

/** struct sim_dir - One direction of a link */
struct sim_dir {
    struct weft_link_quality q;
    struct sim_rng rng;
    uint64_t busy_until_ns;
    uint64_t last_arrival_ns;
    struct sim_depart *queue; /* Ring of what has not left yet; only with a rate. */
    uint32_t queue_cap, queue_head, queue_n, queue_bytes;
    uint64_t index; /* Frames offered so far. */
    uint64_t *lose; /* Ascending; lose[lose_at] is the next one. */
    uint32_t lose_n, lose_at;
    uint64_t *late; /* The same for frames of which a copy arrives late_ns later. */
    uint32_t late_n, late_at;
    uint64_t late_ns;
    bool is_bad; /* Gilbert-Elliott state. */
    bool has_room_event;
    struct weft_link_stats stats;
};

struct weft_link {
    struct weft_world *w;
    struct weft_link *next;
    uint32_t id;
    uint32_t cuts; /* Times it was cut: what set out before the last cut never arrives. */
    bool is_cut;
    struct weft_link_config cfg;
    struct sim_dir dir[2];
    uint32_t port[2];         /* Bridge end: port number. */
    struct sim_ring inbox[2]; /* External end: frames to pull. */
    void (*tap)(void *user, const struct weft_tap *tap);
    void *tap_user;
};

/** struct sim_port - Where a node's interface is plugged in */
struct sim_port {
    struct weft_link *link;
    unsigned end;
    bool is_blocked; /* The stack was told that there is no room. */
    struct sim_ring inbox;
};

struct weft_node {
    struct weft_world *w;
    struct weft_node *next, *next_ready;
    struct weft_stack *st;
    char name[WEFT_SIM_NAME_MAX];
    bool is_ready, is_down;
    uint32_t idle_rounds, boots; /* boots: lives it has had before this one. */
    struct weft_config cfg;      /* Of its stack. */
    size_t area_bytes;
    uint64_t wake_ns;      /* Time of the event that is valid; others in the heap are stale. */
    struct sim_port *port; /* By interface index. */
    uint32_t ports_max;
    void (*on_event)(void *user, struct weft_node *node, const struct weft_event *ev);
    void *on_event_user;
};

struct weft_world {
    struct weft_world_config cfg;
    uint64_t now_ns;
    uint64_t events;
    uint64_t hash;
    uint64_t progress_ns; /* When an actor got on, or a link was healed, last. */
    uint64_t macs;
    char error[256];

    struct sim_block *blocks; /* All memory. */
    size_t bytes;

    struct sim_event *heap;
    uint32_t heap_n, heap_cap;
    uint64_t seq;

    struct weft_node *ready, *ready_tail;

    struct sim_frame **frame_block; /* Blocks of 64 frames: they never move. */
    uint32_t frame_blocks, frame_blocks_cap, frame_free, frames_in_use;

    struct weft_node *nodes, *nodes_tail;
    struct weft_bridge *bridges, *bridges_tail;
    struct weft_link *links, *links_tail;
    struct weft_actor **actor; /* By number. */
    uint32_t links_n, actors_n, actors_cap;
    uint32_t clients_pending; /* Actors that can end and have not. */

    struct weft_frame burst[SIM_BURST];
};

/** wf_sim_alloc() - Zeroed memory of the world; NULL and a failed world if there is none */
void *wf_sim_alloc(struct weft_world *w, size_t bytes);

/** wf_sim_alloc_raw() - The same, not touched: for large regions */
void *wf_sim_alloc_raw(struct weft_world *w, size_t bytes);

/** wf_sim_free() - Give memory back; NULL is allowed */
void wf_sim_free(struct weft_world *w, void *p);

/** wf_sim_free_all() - Give all memory back; nothing of the world but itself is left */
void wf_sim_free_all(struct weft_world *w);

/** wf_sim_grow() - Make room for @need elements of @size in an array of *@cap; false: no memory */
bool wf_sim_grow(struct weft_world *w, void **array, uint32_t *cap, uint32_t need, size_t size);

/** wf_sim_fail() - Note the first failure; the world stops */
void wf_sim_fail(struct weft_world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** wf_sim_name_copy() - Copy a name, cut to the room there is */
void wf_sim_name_copy(char dst[WEFT_SIM_NAME_MAX], const char *src);

/** wf_sim_schedule() - Put an event into the heap; false: no memory */
bool wf_sim_schedule(struct weft_world *w, const struct sim_event *ev);

/** wf_sim_heap_pop() - Take the earliest event; the heap must not be empty */
struct sim_event wf_sim_heap_pop(struct weft_world *w);

/** wf_sim_frame_lent() - A frame lent by a node's stack, with one reference; NULL: no memory */
struct sim_frame *wf_sim_frame_lent(struct weft_node *node, const struct weft_frame *f);

/** wf_sim_frame_copy() - A frame with bytes of its own, copied from another, with one reference */
struct sim_frame *wf_sim_frame_copy(struct weft_world *w, const struct weft_frame *f);

/** wf_sim_frame() - A frame by its number */
struct sim_frame *wf_sim_frame(const struct weft_world *w, uint32_t index);

/** wf_sim_frame_put() - Give up a reference; the last one gives the frame back to its lender */
void wf_sim_frame_put(struct weft_world *w, struct sim_frame *fr);

/** wf_sim_frame_peek() - Copy the first bytes out; returns how many there were */
size_t wf_sim_frame_peek(const struct weft_frame *f, void *buf, size_t n);

/** wf_sim_frame_finish_csum() - Fill in the checksum of a copied frame that needs it */
void wf_sim_frame_finish_csum(struct sim_frame *fr);

/** wf_sim_fcs_append() - Pad a frame and append its check sequence, in a copy; takes the reference;
 * NULL: no memory */
struct sim_frame *wf_sim_fcs_append(struct weft_world *w, struct sim_frame *fr);

/** wf_sim_fcs_ok() - Whether a frame with a check sequence is as it was sent */
bool wf_sim_fcs_ok(const struct sim_frame *fr);

/** wf_sim_fcs_strip() - The frame without it, in a copy; takes the reference; NULL: no memory */
struct sim_frame *wf_sim_fcs_strip(struct weft_world *w, struct sim_frame *fr);

/** wf_sim_hash_frame() - Take a frame's fate into the trace hash */
void wf_sim_hash_frame(struct weft_world *w, const struct weft_link *link, unsigned dir,
                       enum weft_fate fate, const struct weft_frame *f);

/** wf_sim_ring_push() - Append; false: no memory or SIM_INBOX_MAX reached */
bool wf_sim_ring_push(struct weft_world *w, struct sim_ring *r, uint32_t frame);

/** wf_sim_ring_pop() - Take the oldest; SIM_NONE if empty; @at_ns may be NULL */
uint32_t wf_sim_ring_pop(struct sim_ring *r, uint64_t *at_ns);

/** wf_sim_ring_pop_newest() - Take the newest; the ring must not be empty */
uint32_t wf_sim_ring_pop_newest(struct sim_ring *r);

/** wf_sim_node_turn() - Give a node that is due its turn */
void wf_sim_node_turn(struct weft_node *node);

/** wf_sim_node_wake() - Its deadline event came */
void wf_sim_node_wake(struct weft_node *node, uint64_t time_ns);

/** wf_sim_node_receive() - A frame arrives at a node's port; takes the reference */
void wf_sim_node_receive(struct weft_node *node, uint16_t ifindex, struct sim_frame *fr,
                         struct weft_link *link, unsigned dir);

/** wf_sim_node_unblock() - A link has room again for a node's port */
void wf_sim_node_unblock(struct weft_node *node, uint16_t ifindex);

/** wf_sim_link_send() - Offer a frame to a link; takes the reference */
void wf_sim_link_send(struct weft_link *link, unsigned dir, struct sim_frame *fr);

/** wf_sim_link_room() - Frames a stack may hand over now; 0 = wait for wf_sim_node_unblock() */
uint32_t wf_sim_link_room(struct weft_link *link, unsigned dir);

/** wf_sim_link_arrive() - The event of a frame that reached the far end */
void wf_sim_link_arrive(struct weft_link *link, uint64_t arg);

/** wf_sim_link_has_room() - The event of a queue that has room again */
void wf_sim_link_has_room(struct weft_link *link, unsigned dir);

/** wf_sim_link_note() - Count, hash and show a fate of a frame */
void wf_sim_link_note(struct weft_link *link, unsigned dir, enum weft_fate fate,
                      const struct weft_frame *f);

/** wf_sim_bridge_plug() - A link is plugged into a bridge; false: no memory */
bool wf_sim_bridge_plug(struct weft_bridge *b, struct weft_link *link, unsigned end,
                        uint32_t *port);

/** wf_sim_bridge_input() - A frame arrives at a bridge's port; takes the reference */
void wf_sim_bridge_input(struct weft_bridge *b, uint32_t port, struct sim_frame *fr);

/** wf_sim_medium_event() - Something happens on the shared medium of a hub */
void wf_sim_medium_event(struct weft_bridge *b, uint64_t arg);

/** wf_sim_actors_crash() - A node is gone, and its actors with it */
void wf_sim_actors_crash(struct weft_node *node);

/** wf_sim_actor_event() - A socket of an actor changed */
void wf_sim_actor_event(struct weft_world *w, const struct weft_event *ev);

/** wf_sim_actor_timer() - An actor's timer came */
void wf_sim_actor_timer(struct weft_actor *a, uint64_t time_ns);

/** wf_sim_actor_pending() - The first actor that can end and has not; NULL if all did */
const struct weft_actor *wf_sim_actor_pending(const struct weft_world *w);

/** wf_sim_actor_is_complete() - Whether a client did everything it was to do; servers always */
bool wf_sim_actor_is_complete(const struct weft_actor *a);

/** wf_sim_check_leaks() - Whether every stack is empty; says what is left if not */
bool wf_sim_check_leaks(struct weft_world *w, bool is_final);

/** wf_sim_check_stall() - Fail the world if nothing has got on for too long, although it could */
void wf_sim_check_stall(struct weft_world *w);

#endif /* SIM_WORLD_H */
