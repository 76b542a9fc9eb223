/* SPDX-License-Identifier: MIT */
/** DOC: Groups of a host as JSON: what is joined and wanted, IGMP an interface, forwarding. */
#include <string.h>

#include "control.h"
#include "weft/igmp.h"

#define SOURCES_SHOWN 256U

static json_t *number(uint64_t v)
{
    return json_integer((json_int_t)v);
}

static void set(json_t *row, const char *key, json_t *value)
{
    (void)json_object_set_new(row, key, value);
}

static json_t *if_name(const struct weft_stack *st, uint16_t ifindex)
{
    struct weft_if_info info;
    return weft_if_get(st, ifindex, &info) < 0 ? json_null() : json_string(info.cfg.name);
}

static json_t *source_rows(const struct weft_stack *st, const struct weft_mc_group *g)
{
    struct weft_mc_source_info list[SOURCES_SHOWN];
    json_t *rows = json_array();
    uint32_t n = weft_mc_group_sources(st, g, list, SOURCES_SHOWN);
    for (uint32_t i = 0; i < n && i < SOURCES_SHOWN; i++) {
        json_t *row = json_object();
        set(row, "source", wf_ctl_address(&list[i].source));
        if (g->is_router)
            set(row, "timer_ms", number(list[i].timer_ns / 1000000));
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
        set(row, "group", wf_ctl_address(&g.group));
        set(row, "dev", if_name(h->st, g.ifindex));
        set(row, "side", json_string(g.is_router ? "link" : "host"));
        set(row, "mode", json_string(g.is_exclude ? "exclude" : "include"));
        set(row, "sources", source_rows(h->st, &g));
        if (g.is_router) {
            set(row, "version", number(g.version));
            set(row, "timer_ms", number(g.timer_ns / 1000000));
            set(row, "last_reporter", wf_ctl_address(&g.last_reporter));
        } else {
            set(row, "users", number(g.users));
        }
        (void)json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *igmp_row(const struct weft_stack *st, const struct weft_igmp_info *i)
{
    json_t *row = json_object();
    set(row, "dev", if_name(st, i->ifindex));
    set(row, "version", number(i->version));
    set(row, "v1_querier_ms", number(i->v1_ns / 1000000));
    set(row, "v2_querier_ms", number(i->v2_ns / 1000000));
    set(row, "router", json_boolean(i->is_router));
    set(row, "forwarding", json_boolean(i->is_forwarding));
    set(row, "threshold", number(i->threshold));
    set(row, "upstream", json_boolean(i->is_upstream));
    if (!i->is_router)
        return row;
    set(row, "querier", i->is_querier ? json_string("self") : wf_ctl_address(&i->querier));
    set(row, "other_querier_ms", number(i->other_ns / 1000000));
    set(row, "query_ms", number(i->use.query_ms));
    set(row, "response_ms", number(i->use.response_ms));
    set(row, "last_member_ms", number(i->use.last_member_ms));
    set(row, "robustness", number(i->use.robustness));
    set(row, "router_version", number(i->use.version));
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
            (void)json_array_append_new(outs, if_name(h->st, r.outs[i]));
        set(row, "source", wf_ctl_address(&r.source));
        set(row, "group", wf_ctl_address(&r.group));
        set(row, "iif", if_name(h->st, r.in_ifindex));
        set(row, "oifs", outs);
        set(row, "packets", number(r.pkts));
        set(row, "bytes", number(r.bytes));
        set(row, "wrong_if", number(r.wrong_if));
        (void)json_array_append_new(rows, row);
    }
    return rows;
}
