/* SPDX-License-Identifier: MIT */
#include "ladder.h"

#include <string.h>

#include "frame.h"
#include "weft/trace.h"

#define NEAR_MAX 64 /* Nodes looked at for the one a lost frame was going to. */

static struct lab_leg *leg_at(const struct lab_rungs *l, size_t i)
{
    return (struct lab_leg *)l->legs.items + i;
}

static size_t lane_in(const struct lab_ladder *spec, size_t node)
{
    for (size_t i = 0; i < spec->lanes_n; i++) {
        if (spec->lanes[i] == node)
            return i;
    }
    return SIZE_MAX;
}

static size_t lane_of(const struct lab_rungs *l, size_t node)
{
    return lane_in(l->spec, node);
}

static bool is_in(const size_t *list, size_t n, size_t node)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == node)
            return true;
    }
    return false;
}

size_t wf_ladder_beyond(const struct lab *lab, const struct lab_ladder *spec, size_t node,
                        size_t from)
{
    size_t seen[NEAR_MAX] = {node}, n = 1;
    for (size_t i = 0; i < n; i++) {
        size_t lane = lane_in(spec, seen[i]);
        if (lane != SIZE_MAX && lane != from)
            return lane;
        if (!wf_lab_is_bridge(wf_lab_node(lab, seen[i])))
            continue;
        for (size_t k = 0; k < lab->links.n; k++) {
            const struct lab_end *end = wf_lab_link(lab, k)->end;
            for (unsigned e = 0; e < 2; e++) {
                bool is_next = end[e].node == seen[i] && !is_in(seen, n, end[1 - e].node);
                if (is_next && n < NEAR_MAX)
                    seen[n++] = end[1 - e].node;
            }
        }
    }
    return SIZE_MAX;
}

static struct lab_leg *add_leg(struct lab_rungs *l, size_t link, const struct weft_tap *tap)
{
    struct lab_leg *leg = wf_vec_push(&l->legs, sizeof(*leg));
    leg->frame = tap->frame;
    leg->link = link;
    leg->dir = tap->dir;
    leg->sent_ns = tap->time_ns;
    leg->to = SIZE_MAX;
    leg->fate = WEFT_FATE_SENT;
    l->under_way++;
    return leg;
}

/* A frame leaves a lane: the beginning of a leg, if it is one the ladder wants. */
static void start(struct lab_rungs *l, size_t link, size_t lane, const struct weft_tap *tap)
{
    if (!l->is_on || l->is_full)
        return;
    uint8_t bytes[LAB_FRAME_BYTES];
    char label[160], text[512];
    size_t len = wf_frame_copy(tap->frame, bytes, sizeof(bytes));
    if (!wf_ladder_label(l, bytes, len, label, sizeof(label)))
        return;
    if (l->skipped < l->spec->skip) {
        l->skipped++;
        return;
    }
    weft_frame_text(text, sizeof(text), bytes, len, true);
    struct lab_leg *leg = add_leg(l, link, tap);
    leg->from = lane;
    leg->packet = l->packets;
    leg->label = wf_lab_strdup(l->arena, label);
    leg->text = wf_lab_strdup(l->arena, text);
    l->is_full = ++l->packets >= l->spec->first;
}

/* A bridge passes a frame on: the leg goes on, in a branch of its own for each port after the
 * first. */
static void pass_on(struct lab_rungs *l, size_t link, size_t bridge, const struct weft_tap *tap)
{
    for (size_t i = l->legs.n; i-- > 0;) {
        struct lab_leg *leg = leg_at(l, i);
        if (leg->frame != tap->frame || leg->link != SIZE_MAX || leg->bridge != bridge ||
            leg->arrived_ns != tap->time_ns)
            continue;
        struct lab_leg branch = *leg;
        branch.link = link;
        branch.dir = tap->dir;
        *add_leg(l, link, tap) = branch;
        return;
    }
}

static void sent(struct lab_rungs *l, size_t link, const struct weft_tap *tap)
{
    size_t node = wf_lab_link(l->lab, link)->end[tap->dir].node;
    size_t lane = lane_of(l, node);
    if (lane != SIZE_MAX)
        start(l, link, lane, tap);
    else if (l->parked_ns == tap->time_ns && wf_lab_is_bridge(wf_lab_node(l->lab, node)))
        pass_on(l, link, node, tap);
}

/* The last leg of this frame on this link that is still under way. */
static struct lab_leg *find(struct lab_rungs *l, size_t link, unsigned dir,
                            const struct weft_frame *frame)
{
    for (size_t i = l->legs.n; i-- > 0;) {
        struct lab_leg *leg = leg_at(l, i);
        if (leg->link == link && leg->dir == dir && leg->fate == WEFT_FATE_SENT &&
            (frame == NULL || leg->frame == frame))
            return leg;
    }
    return NULL;
}

static void end(struct lab_rungs *l, struct lab_leg *leg, enum weft_fate fate, uint64_t time_ns)
{
    leg->fate = fate;
    leg->arrived_ns = time_ns;
    leg->frame = NULL;
    l->under_way--;
}

static void arrived(struct lab_rungs *l, size_t link, const struct weft_tap *tap)
{
    struct lab_leg *leg = find(l, link, tap->dir, tap->frame);
    if (leg == NULL)
        return;
    size_t node = wf_lab_link(l->lab, link)->end[1 - tap->dir].node;
    leg->to = lane_of(l, node);
    if (leg->to == SIZE_MAX && wf_lab_is_bridge(wf_lab_node(l->lab, node))) {
        leg->link = SIZE_MAX;
        leg->bridge = node;
        leg->arrived_ns = l->parked_ns = tap->time_ns;
        l->under_way--;
        return;
    }
    end(l, leg, WEFT_FATE_DELIVERED, tap->time_ns);
}

static void lost(struct lab_rungs *l, size_t link, const struct weft_tap *tap)
{
    struct lab_leg *leg = find(l, link, tap->dir, tap->frame);
    if (leg == NULL)
        return;
    leg->to = wf_ladder_beyond(l->lab, l->spec, wf_lab_link(l->lab, link)->end[1 - tap->dir].node,
                               leg->from);
    if (leg->to == SIZE_MAX) /* It was going to none of the lanes: towards the next one, then. */
        leg->to = leg->from + 1 < l->spec->lanes_n ? leg->from + 1 : leg->from - 1;
    end(l, leg, tap->fate, tap->time_ns);
}

void wf_ladder_tap(struct lab_rungs *l, size_t link, const struct weft_tap *tap)
{
    struct lab_leg *leg;
    if (l->is_full && l->under_way == 0 && l->parked_ns != tap->time_ns)
        return;
    if (tap->fate == WEFT_FATE_SENT) {
        sent(l, link, tap);
        return;
    }
    if (l->under_way == 0)
        return;
    switch (tap->fate) {
    case WEFT_FATE_DELIVERED:
        arrived(l, link, tap);
        break;
    case WEFT_FATE_CORRUPTED: /* A copy goes on in its place. */
        leg = find(l, link, tap->dir, NULL);
        if (leg != NULL) {
            leg->frame = tap->frame;
            leg->is_corrupted = true;
        }
        break;
    case WEFT_FATE_DUPLICATED:
        leg = find(l, link, tap->dir, tap->frame);
        if (leg != NULL) {
            struct lab_leg copy = *leg;
            *add_leg(l, link, tap) = copy;
            leg_at(l, l->legs.n - 1)->is_copy = true;
        }
        break;
    case WEFT_FATE_REORDERED:
        leg = find(l, link, tap->dir, tap->frame);
        if (leg != NULL)
            leg->is_reordered = true;
        break;
    case WEFT_FATE_LOST:
    case WEFT_FATE_LOST_BURST:
    case WEFT_FATE_LOST_LIST:
    case WEFT_FATE_QUEUE:
    case WEFT_FATE_CUT:
    case WEFT_FATE_MTU:
    case WEFT_FATE_REFUSED:
    case WEFT_FATE_FCS:
        lost(l, link, tap);
        break;
    case WEFT_FATE_SENT:
    case WEFT_FATE_MARKED: /* The mark is in the frame that arrives. */
    case WEFT_FATE_COUNT:
        break;
    }
}

void wf_ladder_free(struct lab_rungs *l)
{
    wf_vec_free(&l->legs);
}
