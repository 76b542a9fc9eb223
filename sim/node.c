/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim node - a stack and its turn
 *
 * A node is due when a frame arrived, its deadline came, a frame of its was given back or somebody
 * used its sockets. Its turn is one pass over everything a driver loop would do; while the stack
 * says that work can be done now it is due again, after the others. A stack that says so and then
 * does nothing, many turns in a row, breaks the poll contract and fails the world.
 */
#include <string.h>

#include "world.h"

static bool is_zero_seed(const struct weft_config *cfg)
{
    return (cfg->seed[0] | cfg->seed[1] | cfg->seed[2] | cfg->seed[3]) == 0;
}

void weft_node_config_default(struct weft_node_config *cfg, const char *name)
{
    memset(cfg, 0, sizeof(*cfg));
    wf_sim_name_copy(cfg->name, name);
    weft_config_default(&cfg->stack);
    cfg->stack.pmtu_min = 68; /* A world may have links as small as IP allows. */
    cfg->area_bytes = (size_t)8 << 20;
}

/* The stack's memory: a region on a boundary of 64, and an area for payload. */
static int build_stack(struct weft_node *node, const struct weft_config *cfg, size_t area_bytes)
{
    struct weft_world *w = node->w;
    size_t bytes = weft_stack_footprint(cfg);
    if (bytes == 0)
        return -WEFT_EINVAL;
    uint8_t *mem = wf_sim_alloc_raw(w, bytes + 64);
    uint8_t *area = wf_sim_alloc_raw(w, area_bytes);
    if (node->port == NULL)
        node->port = wf_sim_alloc(w, (cfg->ifs_max + 1) * sizeof(*node->port));
    if (mem == NULL || area == NULL || node->port == NULL)
        return -WEFT_ENOMEM;
    node->ports_max = cfg->ifs_max + 1;
    int r = weft_stack_init(&node->st, cfg, mem + (64 - (uintptr_t)mem % 64), bytes);
    if (r != 0)
        return r;
    r = weft_area_add(node->st, area, area_bytes);
    return r < 0 ? r : 0;
}

/* Equal for equal worlds, and another one in each life of the node. */
static void draw_seed(struct weft_node *node)
{
    struct sim_rng rng;
    sim_rng_seed(&rng, node->w->cfg.seed, node->name, 0x6e6f6465 + node->boots);
    for (unsigned i = 0; i < 4; i++)
        node->cfg.seed[i] = sim_rng_next(&rng);
}

int weft_node_add(struct weft_world *w, const struct weft_node_config *cfg, struct weft_node **out)
{
    if (weft_node_find(w, cfg->name) != NULL)
        return -WEFT_EEXIST;
    struct weft_node *node = wf_sim_alloc(w, sizeof(*node));
    if (node == NULL)
        return -WEFT_ENOMEM;
    node->w = w;
    node->wake_ns = WEFT_NEVER;
    wf_sim_name_copy(node->name, cfg->name);
    node->cfg = cfg->stack;
    node->area_bytes = cfg->area_bytes;
    if (is_zero_seed(&node->cfg))
        draw_seed(node);
    int r = build_stack(node, &node->cfg, cfg->area_bytes);
    if (r != 0)
        return r;
    if (w->nodes_tail != NULL)
        w->nodes_tail->next = node;
    else
        w->nodes = node;
    w->nodes_tail = node;
    weft_advance(node->st, w->now_ns);
    *out = node;
    return 0;
}

struct weft_node *weft_node_next(const struct weft_world *w, const struct weft_node *prev)
{
    return prev == NULL ? w->nodes : prev->next;
}

struct weft_node *weft_node_find(const struct weft_world *w, const char *name)
{
    struct weft_node *n = w->nodes;
    while (n != NULL && strncmp(n->name, name, WEFT_SIM_NAME_MAX - 1) != 0)
        n = n->next;
    return n;
}

const char *weft_node_name(const struct weft_node *node)
{
    return node->name;
}

struct weft_stack *weft_node_stack(struct weft_node *node)
{
    return node->st;
}

void weft_node_on_event(struct weft_node *node,
                        void (*fn)(void *user, struct weft_node *node, const struct weft_event *ev),
                        void *user)
{
    node->on_event = fn;
    node->on_event_user = user;
}

void weft_node_touch(struct weft_node *node)
{
    struct weft_world *w = node->w;
    if (node->is_ready || node->is_down)
        return;
    node->is_ready = true;
    node->next_ready = NULL;
    if (w->ready_tail != NULL)
        w->ready_tail->next_ready = node;
    else
        w->ready = node;
    w->ready_tail = node;
}

void wf_sim_node_wake(struct weft_node *node, uint64_t time_ns)
{
    if (time_ns != node->wake_ns)
        return;
    node->wake_ns = WEFT_NEVER;
    weft_node_touch(node);
}

void wf_sim_node_unblock(struct weft_node *node, uint16_t ifindex)
{
    struct sim_port *port = &node->port[ifindex];
    if (!port->is_blocked)
        return;
    port->is_blocked = false;
    weft_tx_block(node->st, ifindex, false);
    weft_node_touch(node);
}

void wf_sim_node_receive(struct weft_node *node, uint16_t ifindex, struct sim_frame *fr,
                         struct weft_link *link, unsigned dir)
{
    if (node->is_down || !wf_sim_ring_push(node->w, &node->port[ifindex].inbox, fr->index)) {
        wf_sim_link_note(link, dir, WEFT_FATE_REFUSED, &fr->f);
        wf_sim_frame_put(node->w, fr);
        return;
    }
    weft_node_touch(node);
}

/* ---- the turn ---- */

static uint32_t fill_burst(struct weft_world *w, const struct sim_ring *inbox)
{
    uint32_t n = inbox->n < SIM_BURST ? inbox->n : SIM_BURST;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t index = inbox->frame[(inbox->head + i) % inbox->cap];
        w->burst[i] = wf_sim_frame(w, index)->f;
        w->burst[i].cookie = index;
    }
    return n;
}

/* What the stack refuses waits, but not more of it than a card's ring would hold. */
static bool deliver(struct weft_node *node, uint16_t ifindex)
{
    struct weft_world *w = node->w;
    struct sim_port *port = &node->port[ifindex];
    bool has_moved = false;
    while (port->inbox.n > 0) {
        uint32_t n = fill_burst(w, &port->inbox);
        uint32_t taken = weft_rx(node->st, ifindex, w->burst, n, w->now_ns);
        for (uint32_t i = 0; i < taken; i++)
            (void)wf_sim_ring_pop(&port->inbox, NULL);
        has_moved = has_moved || taken > 0;
        if (taken < n)
            break;
    }
    while (port->inbox.n > SIM_RING_PKTS) {
        struct sim_frame *fr = wf_sim_frame(w, wf_sim_ring_pop_newest(&port->inbox));
        wf_sim_link_note(port->link, port->end == 0 ? 1 : 0, WEFT_FATE_REFUSED, &fr->f);
        wf_sim_frame_put(w, fr);
        has_moved = true;
    }
    return has_moved;
}

static bool collect(struct weft_node *node, uint16_t ifindex)
{
    struct weft_world *w = node->w;
    struct sim_port *port = &node->port[ifindex];
    bool has_moved = false;
    for (;;) {
        uint32_t room = wf_sim_link_room(port->link, port->end);
        if (room == 0) {
            if (!port->is_blocked)
                weft_tx_block(node->st, ifindex, true);
            port->is_blocked = true;
            return has_moved;
        }
        if (room > SIM_BURST)
            room = SIM_BURST;
        uint32_t n = weft_tx(node->st, ifindex, w->burst, room, w->now_ns);
        for (uint32_t i = 0; i < n; i++) {
            struct sim_frame *fr = wf_sim_frame_lent(node, &w->burst[i]);
            if (fr == NULL)
                return true;
            wf_sim_link_send(port->link, port->end, fr);
        }
        has_moved = has_moved || n > 0;
        if (n < room)
            return has_moved;
    }
}

static bool take_back(struct weft_node *node)
{
    uint64_t cookies[SIM_BURST];
    bool has_moved = false;
    uint32_t n;
    do {
        n = weft_rx_done(node->st, cookies, SIM_BURST);
        for (uint32_t i = 0; i < n; i++)
            wf_sim_frame_put(node->w, wf_sim_frame(node->w, (uint32_t)cookies[i]));
        has_moved = has_moved || n > 0;
    } while (n == SIM_BURST);
    return has_moved;
}

static bool dispatch(struct weft_node *node)
{
    struct weft_event ev[SIM_BURST];
    bool has_moved = false;
    uint32_t n;
    do {
        n = weft_events(node->st, ev, SIM_BURST);
        for (uint32_t i = 0; i < n; i++) {
            if ((ev[i].user & SIM_USER_ACTOR) != 0)
                wf_sim_actor_event(node->w, &ev[i]);
            else if (node->on_event != NULL)
                node->on_event(node->on_event_user, node, &ev[i]);
        }
        has_moved = has_moved || n > 0;
    } while (n == SIM_BURST);
    return has_moved;
}

/* Frames that the stack would not take yet are tried again when it gives some back. */
static void plan_next_turn(struct weft_node *node, bool has_moved)
{
    struct weft_world *w = node->w;
    uint64_t deadline = weft_deadline(node->st);
    if (deadline > w->now_ns) {
        node->idle_rounds = 0;
        if (deadline < node->wake_ns) {
            struct sim_event ev = {.time_ns = deadline, .kind = SIM_EV_NODE, .obj = node};
            node->wake_ns = deadline;
            (void)wf_sim_schedule(w, &ev);
        }
        return;
    }
    node->idle_rounds = has_moved ? 0 : node->idle_rounds + 1;
    if (node->idle_rounds > SIM_IDLE_ROUNDS)
        wf_sim_fail(w, "node %s says that work can be done now, but does none", node->name);
    else
        weft_node_touch(node);
}

void wf_sim_node_turn(struct weft_node *node)
{
    struct weft_world *w = node->w;
    bool has_moved = false;
    if (node->is_down) /* It was due when the power failed. */
        return;
    for (uint32_t i = 1; i < node->ports_max; i++)
        if (node->port[i].link != NULL && node->port[i].inbox.n > 0)
            has_moved = deliver(node, (uint16_t)i) || has_moved;
    if (weft_deadline(node->st) <= w->now_ns)
        weft_advance(node->st, w->now_ns);
    has_moved = dispatch(node) || has_moved;
    for (uint32_t i = 1; i < node->ports_max; i++)
        if (node->port[i].link != NULL && !node->port[i].is_blocked)
            has_moved = collect(node, (uint16_t)i) || has_moved;
    has_moved = take_back(node) || has_moved;
    if (w->cfg.is_checking)
        weft_stack_check(node->st);
    plan_next_turn(node, has_moved);
}

/* ---- crash and boot ---- */

/* Connections are dropped where they stand, so that they give back the frames they hold. */
static void forget(struct weft_node *node)
{
    struct weft_world *w = node->w;
    wf_sim_actors_crash(node);
    (void)take_back(node);
    for (uint32_t i = 1; i < node->ports_max; i++)
        while (node->port[i].inbox.n > 0)
            wf_sim_frame_put(w, wf_sim_frame(w, wf_sim_ring_pop(&node->port[i].inbox, NULL)));
}

void weft_node_crash(struct weft_node *node)
{
    if (node->is_down)
        return;
    forget(node);
    node->is_down = true;
    node->wake_ns = WEFT_NEVER;
}

bool weft_node_is_down(const struct weft_node *node)
{
    return node->is_down;
}

/* The memory of the life before stays as it is: frames that were sent then may still be under way.
 */
int weft_node_boot(struct weft_node *node)
{
    if (!node->is_down)
        return -WEFT_EALREADY;
    node->boots++;
    draw_seed(node);
    int r = build_stack(node, &node->cfg, node->area_bytes);
    for (uint32_t i = 1; r == 0 && i < node->ports_max; i++) {
        struct sim_port *port = &node->port[i];
        if (port->link == NULL)
            continue;
        int index = weft_if_add(node->st, &port->link->cfg.end[port->end].netif);
        port->is_blocked = false;
        r = index < 0 ? index : index != (int)i ? -WEFT_ENOMEM : 0;
    }
    if (r != 0)
        return r;
    node->is_down = false;
    node->idle_rounds = 0;
    weft_advance(node->st, node->w->now_ns);
    weft_node_touch(node);
    return 0;
}
