/* SPDX-License-Identifier: MIT */
/** DOC: sim check - no progress while work is possible, and nothing left at the end */
#include "world.h"

static bool are_links_whole(const struct weft_world *w)
{
    for (const struct weft_link *l = w->links; l != NULL; l = l->next)
        if (l->is_cut)
            return false;
    return true;
}

void wf_sim_check_stall(struct weft_world *w)
{
    if (w->cfg.stall_ns == 0 || w->clients_pending == 0 ||
        w->now_ns - w->progress_ns <= w->cfg.stall_ns || !are_links_whole(w))
        return;
    const struct weft_actor *a = wf_sim_actor_pending(w);
    wf_sim_fail(w, "no progress while work is possible: %s has waited since %llu.%09llu s",
                a != NULL ? weft_actor_config_get(a)->name : "?",
                (unsigned long long)(w->progress_ns / 1000000000),
                (unsigned long long)(w->progress_ns % 1000000000));
}

bool wf_sim_check_leaks(struct weft_world *w, bool is_final)
{
    for (struct weft_node *n = w->nodes; n != NULL; n = n->next) {
        struct weft_usage u;
        weft_stack_usage(n->st, &u);
        uint64_t sum = (uint64_t)u.pkts + u.lent + u.chunks + u.blocks + u.socks + u.conns +
                       u.synrcvd + u.timewait + u.busy + u.records + u.reasm + u.groups;
        if (sum == 0)
            continue;
        if (is_final)
            wf_sim_fail(
                w,
                "node %s still holds packets %u, lent %u, chunks %u, blocks %u, sockets %u, "
                "connections %u, half-open %u, time-wait %u, busy %u, records %u, "
                "reassembly %u, groups %u",
                n->name, u.pkts, u.lent, u.chunks, u.blocks, u.socks, u.conns, u.synrcvd,
                u.timewait, u.busy, u.records, u.reasm, u.groups);
        return false;
    }
    if (w->frames_in_use == 0)
        return true;
    if (is_final)
        wf_sim_fail(w, "%u frames are still under way or held", w->frames_in_use);
    return false;
}
