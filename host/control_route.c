/* SPDX-License-Identifier: MIT */
/**
 * DOC: The command "route" of the control socket: routes are added, deleted and asked for.
 *
 *   {"cmd": "route", "op": "add", "dst": "10.1.0.0", "prefix_len": 16, "gateway": "10.0.0.1"}
 *   {"cmd": "route", "op": "get", "dst": "10.1.2.3"}
 *
 * Further members, all optional: dev, src, metric, tos, type, protocol, and nexthops, a list of
 * objects with gateway, dev and weight.
 */
#include "control.h"

#include <stdlib.h>
#include <string.h>

#define LEGS_MAX 64

static const char *const types[WEFT_ROUTE_TYPE_COUNT] = {"unicast", "blackhole", "unreachable",
                                                         "prohibit"};

const char *wf_ctl_route_type(enum weft_route_type type)
{
    return (unsigned)type < WEFT_ROUTE_TYPE_COUNT ? types[type] : "?";
}

/* Members are read by one rule: what is not there leaves @out alone, what is wrong is an error. */
static int read_address(json_t *from, const char *key, struct weft_addr *out)
{
    const json_t *v = json_object_get(from, key);
    if (v == NULL)
        return 0;
    return weft_addr_parse(out, json_string_value(v));
}

static int read_number(json_t *from, const char *key, uint32_t max, uint32_t *out)
{
    const json_t *v = json_object_get(from, key);
    if (v == NULL)
        return 0;
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < 0 || n > (json_int_t)max)
        return -WEFT_EINVAL;
    *out = (uint32_t)n;
    return 0;
}

static int read_dev(const struct weft_stack *st, json_t *from, uint16_t *ifindex)
{
    const json_t *v = json_object_get(from, "dev");
    if (v == NULL)
        return 0;
    const char *name = json_string_value(v);
    int index = name != NULL ? weft_if_find(st, name) : -WEFT_EINVAL;
    *ifindex = index > 0 ? (uint16_t)index : 0;
    return index > 0 ? 0 : index;
}

static int read_type(json_t *from, enum weft_route_type *out)
{
    const json_t *v = json_object_get(from, "type");
    const char *text = json_string_value(v);
    if (v == NULL)
        return 0;
    for (unsigned i = 0; text != NULL && i < WEFT_ROUTE_TYPE_COUNT; i++) {
        if (strcmp(text, types[i]) == 0) {
            *out = (enum weft_route_type)i;
            return 0;
        }
    }
    return -WEFT_EINVAL;
}

static int read_route(const struct weft_stack *st, json_t *q, struct weft_route *r)
{
    uint32_t len = 32, tos = 0, protocol = 0, weight = 0;
    *r = (struct weft_route){.dst = weft_ip4(0, 0, 0, 0)};
    int err = read_address(q, "dst", &r->dst);
    err = err != 0 ? err : read_number(q, "prefix_len", 32, &len);
    err = err != 0 ? err : read_address(q, "gateway", &r->gateway);
    err = err != 0 ? err : read_address(q, "src", &r->src);
    err = err != 0 ? err : read_number(q, "metric", UINT32_MAX, &r->metric);
    err = err != 0 ? err : read_number(q, "tos", 255, &tos);
    err = err != 0 ? err : read_number(q, "protocol", 255, &protocol);
    err = err != 0 ? err : read_number(q, "weight", 255, &weight);
    err = err != 0 ? err : read_type(q, &r->type);
    err = err != 0 ? err : read_dev(st, q, &r->ifindex);
    r->prefix_len = (uint8_t)len;
    r->tos = (uint8_t)tos;
    r->protocol = (uint8_t)protocol;
    r->weight = (uint8_t)weight;
    return err;
}

/* The legs of a multipath route; without a list it has one, the route itself. */
static int read_legs(const struct weft_stack *st, json_t *q, struct weft_route *legs)
{
    int err = read_route(st, q, &legs[0]);
    const json_t *list = json_object_get(q, "nexthops");
    size_t n = json_array_size(list);
    if (err != 0 || list == NULL)
        return err != 0 ? err : 1;
    if (n == 0 || n > LEGS_MAX)
        return -WEFT_EINVAL;
    for (size_t i = n; i-- > 0;) { /* The first last: it is what the others begin as. */
        json_t *hop = json_array_get(list, i);
        uint32_t weight = 1;
        legs[i] = legs[0];
        err = read_address(hop, "gateway", &legs[i].gateway);
        err = err != 0 ? err : read_dev(st, hop, &legs[i].ifindex);
        err = err != 0 ? err : read_number(hop, "weight", 255, &weight);
        if (err != 0 || weight == 0)
            return err != 0 ? err : -WEFT_EINVAL;
        legs[i].weight = (uint8_t)weight;
    }
    return (int)n;
}

/* All legs, or none. */
static int add(struct weft_stack *st, json_t *q)
{
    struct weft_route legs[LEGS_MAX];
    int n = read_legs(st, q, legs), err = n < 0 ? n : 0, done = 0;
    while (err == 0 && done < n) {
        err = weft_route_add(st, &legs[done]);
        done += err == 0;
    }
    while (err != 0 && done > 0)
        (void)!weft_route_del(st, &legs[--done]);
    return err;
}

/* Whether a route is what a deletion describes: what it does not name is free, as for ip(8). */
static bool is_meant(const struct weft_route *r, const struct weft_route *want, bool has_metric)
{
    static const struct weft_addr none;
    bool is_any_via = memcmp(&want->gateway, &none, sizeof(none)) == 0;
    return memcmp(r->dst.b, want->dst.b, 16) == 0 && r->prefix_len == want->prefix_len &&
           r->type == want->type && r->tos == want->tos && !r->is_connected &&
           (!has_metric || r->metric == want->metric) && (want->weight == 0 || r->weight != 0) &&
           (want->ifindex == 0 || r->ifindex == want->ifindex) &&
           (is_any_via || memcmp(r->gateway.b, want->gateway.b, 16) == 0);
}

/* The route that is preferred of those that are meant. */
static bool find(const struct weft_stack *st, const struct weft_route *want, bool has_metric,
                 struct weft_route *out)
{
    struct weft_route r;
    uint32_t cursor = 0;
    bool is_found = false;
    while (weft_route_next(st, &cursor, &r)) {
        if (is_meant(&r, want, has_metric) && (!is_found || r.metric < out->metric)) {
            *out = r;
            is_found = true;
        }
    }
    return is_found;
}

/* One route, or all legs of a multipath route. */
static int del(struct weft_stack *st, json_t *q)
{
    struct weft_route want, r;
    int err = read_route(st, q, &want);
    if (err != 0 || !find(st, &want, json_object_get(q, "metric") != NULL, &r))
        return err != 0 ? err : -WEFT_ENOENT;
    want.metric = r.metric; /* The other legs are its equals. */
    want.weight = r.weight;
    do
        err = weft_route_del(st, &r);
    while (err == 0 && want.weight != 0 && find(st, &want, true, &r));
    return err;
}

static void get(struct weft_ctl_conn *conn, struct weft_stack *st, json_t *q)
{
    struct weft_route want, r;
    int err = read_route(st, q, &want);
    if (err == 0)
        err = weft_route_lookup(st, &want.dst, &r);
    if (err != 0)
        weft_ctl_error(conn, weft_strerror(err));
    else
        weft_ctl_reply(conn, json_pack("{s:b,s:o}", "ok", 1, "route", wf_ctl_route(st, &r)));
}

void wf_ctl_cmd_route(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    struct weft_stack *st = weft_host_stack(weft_ctl_host(conn));
    const char *op = json_string_value(json_object_get(request, "op"));
    int err = -WEFT_EOPNOTSUPP;
    (void)arg;
    if (op != NULL && strcmp(op, "get") == 0) {
        get(conn, st, request);
        return;
    }
    if (op != NULL && strcmp(op, "add") == 0)
        err = add(st, request);
    else if (op != NULL && strcmp(op, "del") == 0)
        err = del(st, request);
    if (err != 0)
        weft_ctl_error(conn, weft_strerror(err));
    else
        weft_ctl_reply(conn, NULL);
}
