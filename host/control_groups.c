/* SPDX-License-Identifier: MIT */
/** DOC: Groups of a host as JSON: what is joined and wanted, IGMP an interface, forwarding. */
#include <string.h>

#include "control.h"
#include "weft/igmp.h"

#define SOURCES_SHOWN 256U

static json_t *source_rows(const struct weft_stack *st, const struct weft_mc_group *g)
{
    struct weft_mc_source_info list[SOURCES_SHOWN];
    json_t *rows = json_array();
    uint32_t n = weft_mc_group_sources(st, g, list, SOURCES_SHOWN);
    for (uint32_t i = 0; i < n && i < SOURCES_SHOWN; i++) {
        json_t *row = json_object();
        wf_ctl_set(row, "source", wf_ctl_address(&list[i].source));
        if (g->is_router)
            wf_ctl_set(row, "timer_ms", wf_ctl_number(list[i].timer_ns / 1000000));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

json_t *wf_ctl_groups(struct weft_host *h)
{
    json_t *rows = json_array();
    struct weft_mc_group g;
    uint64_t cursor = 0;
    weft_advance(h->st, weft_host_now()); /* Times are left over from now. */
    while (weft_mc_group_next(h->st, &cursor, &g)) {
        json_t *row = json_object();
        wf_ctl_set(row, "group", wf_ctl_address(&g.group));
        wf_ctl_set(row, "dev", wf_ctl_dev(h->st, g.ifindex));
        wf_ctl_set(row, "side", json_string(g.is_router ? "link" : "host"));
        wf_ctl_set(row, "mode", json_string(g.is_exclude ? "exclude" : "include"));
        wf_ctl_set(row, "sources", source_rows(h->st, &g));
        if (g.is_router) {
            wf_ctl_set(row, "version", wf_ctl_number(g.version));
            wf_ctl_set(row, "timer_ms", wf_ctl_number(g.timer_ns / 1000000));
            wf_ctl_set(row, "last_reporter", wf_ctl_address(&g.last_reporter));
        } else {
            wf_ctl_set(row, "users", wf_ctl_number(g.users));
        }
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *igmp_row(const struct weft_stack *st, const struct weft_igmp_info *i)
{
    json_t *row = json_object();
    wf_ctl_set(row, "dev", wf_ctl_dev(st, i->ifindex));
    wf_ctl_set(row, "version", wf_ctl_number(i->version));
    wf_ctl_set(row, "v1_querier_ms", wf_ctl_number(i->v1_ns / 1000000));
    wf_ctl_set(row, "v2_querier_ms", wf_ctl_number(i->v2_ns / 1000000));
    wf_ctl_set(row, "router", json_boolean(i->is_router));
    wf_ctl_set(row, "forwarding", json_boolean(i->is_forwarding));
    wf_ctl_set(row, "threshold", wf_ctl_number(i->threshold));
    wf_ctl_set(row, "upstream", json_boolean(i->is_upstream));
    if (!i->is_router)
        return row;
    wf_ctl_set(row, "querier", i->is_querier ? json_string("self") : wf_ctl_address(&i->querier));
    wf_ctl_set(row, "other_querier_ms", wf_ctl_number(i->other_ns / 1000000));
    wf_ctl_set(row, "query_ms", wf_ctl_number(i->use.query_ms));
    wf_ctl_set(row, "response_ms", wf_ctl_number(i->use.response_ms));
    wf_ctl_set(row, "last_member_ms", wf_ctl_number(i->use.last_member_ms));
    wf_ctl_set(row, "robustness", wf_ctl_number(i->use.robustness));
    wf_ctl_set(row, "router_version", wf_ctl_number(i->use.version));
    return row;
}

json_t *wf_ctl_igmp(struct weft_host *h)
{
    json_t *rows = json_array();
    struct weft_igmp_info i;
    weft_advance(h->st, weft_host_now());
    for (uint16_t ifindex = 2; weft_igmp_get(h->st, ifindex, &i) == 0; ifindex++)
        (void)json_array_append_new(rows, igmp_row(h->st, &i));
    return rows;
}

json_t *wf_ctl_mroutes(struct weft_host *h)
{
    json_t *rows = json_array();
    struct weft_mroute r;
    uint32_t cursor = 0;
    while (weft_mroute_next(h->st, &cursor, &r)) {
        json_t *row = json_object(), *outs = json_array();
        for (uint32_t i = 0; i < r.outs_n; i++)
            (void)json_array_append_new(outs, wf_ctl_dev(h->st, r.outs[i]));
        wf_ctl_set(row, "source", wf_ctl_address(&r.source));
        wf_ctl_set(row, "group", wf_ctl_address(&r.group));
        wf_ctl_set(row, "iif", wf_ctl_dev(h->st, r.in_ifindex));
        wf_ctl_set(row, "oifs", outs);
        wf_ctl_set(row, "packets", wf_ctl_number(r.pkts));
        wf_ctl_set(row, "bytes", wf_ctl_number(r.bytes));
        wf_ctl_set(row, "wrong_if", wf_ctl_number(r.wrong_if));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}
