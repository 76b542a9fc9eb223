/* SPDX-License-Identifier: MIT */
/**
 * DOC: control neigh - neighbours of a running host: changed, proxied, their options, what happened
 *
 * {"cmd":"neigh","op":OP, ...}; an address without "dev" belongs to the interface whose network it
 * is in. "events" lists what was heard last, oldest first; nothing is taken away by reading.
 */
#include "control.h"

#include <string.h>

static const char *text_of(const json_t *request, const char *key)
{
    return json_string_value(json_object_get(request, key));
}

/* The interface of a request: by name, or by the address; 0 after an error was answered. */
static uint16_t find_if(struct weft_ctl_conn *conn, const json_t *request,
                        const struct weft_addr *addr)
{
    struct weft_stack *st = weft_ctl_host(conn)->st;
    const char *dev = text_of(request, "dev");
    struct weft_route r;
    int index = dev != NULL ? weft_if_find(st, dev) : 0;
    if (index < 0) {
        weft_ctl_error(conn, "there is no link of that name; see: weft show links");
        return 0;
    }
    if (index > 0)
        return (uint16_t)index;
    static const struct weft_addr none;
    bool is_found = addr != NULL && weft_route_lookup(st, addr, &r) == 0 &&
                    memcmp(r.gateway.b, none.b, sizeof(none.b)) == 0;
    if (!is_found)
        weft_ctl_error(conn, "the address is in no network of this host; name a link: dev NAME");
    return is_found ? r.ifindex : 0;
}

static void answer(struct weft_ctl_conn *conn, int err)
{
    if (err == 0)
        weft_ctl_reply(conn, NULL);
    else
        weft_ctl_error(conn, weft_strerror(err));
}

static bool find_neigh(struct weft_stack *st, uint16_t ifindex, const struct weft_addr *a)
{
    struct weft_neigh_info n;
    uint32_t cursor = 0;
    while (weft_neigh_next(st, &cursor, &n))
        if (n.ifindex == ifindex && memcmp(n.addr.b, a->b, sizeof(a->b)) == 0)
            return true;
    return false;
}

/* "add" is for what is not there, "change" for what is, "replace" for both. */
static void op_set(struct weft_ctl_conn *conn, const json_t *request, const char *op)
{
    struct weft_stack *st = weft_ctl_host(conn)->st;
    const char *text = text_of(request, "address");
    struct weft_addr a;
    uint8_t mac[6];
    const char *mac_text = text_of(request, "mac");
    if (text == NULL || weft_addr_parse(&a, text) != 0 || mac_text == NULL ||
        !weft_mac_parse(mac, mac_text)) {
        weft_ctl_error(conn, "an address and a hardware address are needed");
        return;
    }
    uint16_t ifindex = find_if(conn, request, &a);
    if (ifindex == 0)
        return;
    bool is_there = find_neigh(st, ifindex, &a);
    if (strcmp(op, "change") == 0 && !is_there)
        answer(conn, -WEFT_ENOENT);
    else if (strcmp(op, "add") == 0 && is_there)
        answer(conn, -WEFT_EEXIST);
    else
        answer(conn, weft_neigh_set(st, ifindex, &a, mac));
}

static void op_del(struct weft_ctl_conn *conn, const json_t *request, const char *op)
{
    const char *text = text_of(request, "address");
    struct weft_addr a;
    (void)op;
    if (text == NULL || weft_addr_parse(&a, text) != 0) {
        weft_ctl_error(conn, "an address is needed");
        return;
    }
    uint16_t ifindex = find_if(conn, request, &a);
    if (ifindex != 0)
        answer(conn, weft_neigh_del(weft_ctl_host(conn)->st, ifindex, &a));
}

/* Everything that was learned; what was set by hand stays. */
static void op_flush(struct weft_ctl_conn *conn, const json_t *request, const char *op)
{
    struct weft_stack *st = weft_ctl_host(conn)->st;
    struct weft_neigh_info n;
    uint32_t cursor = 0, count = 0;
    bool has_dev = text_of(request, "dev") != NULL;
    uint16_t ifindex = has_dev ? find_if(conn, request, NULL) : 0;
    (void)op;
    if (has_dev && ifindex == 0)
        return;
    while (weft_neigh_next(st, &cursor, &n))
        if (n.state != WEFT_NEIGH_PERMANENT && (ifindex == 0 || n.ifindex == ifindex))
            count += weft_neigh_del(st, n.ifindex, &n.addr) == 0;
    weft_ctl_reply(conn, json_pack("{s:b,s:i}", "ok", 1, "flushed", (int)count));
}

/* ---- proxies ---- */

static void op_proxy(struct weft_ctl_conn *conn, const json_t *request, const char *op)
{
    struct weft_stack *st = weft_ctl_host(conn)->st;
    const char *text = text_of(request, "prefix");
    struct weft_prefix p;
    if (text == NULL || weft_prefix_parse(&p, text) != 0 || text_of(request, "dev") == NULL) {
        weft_ctl_error(conn, "a prefix such as 10.0.2.0/24 and a link are needed: dev NAME");
        return;
    }
    struct weft_arp_proxy x = {.dst = p.addr,
                               .ifindex = find_if(conn, request, NULL),
                               .prefix_len = p.len,
                               .is_any_network = json_is_true(json_object_get(request, "any"))};
    if (x.ifindex == 0)
        return;
    answer(conn,
           strcmp(op, "proxy_add") == 0 ? weft_arp_proxy_add(st, &x) : weft_arp_proxy_del(st, &x));
}

static void op_proxies(struct weft_ctl_conn *conn, const json_t *request, const char *op)
{
    struct weft_stack *st = weft_ctl_host(conn)->st;
    struct weft_arp_proxy x;
    uint32_t cursor = 0;
    json_t *rows = json_array();
    (void)request, (void)op;
    while (weft_arp_proxy_next(st, &cursor, &x))
        (void)json_array_append_new(
            rows, json_pack("{s:o,s:i,s:o,s:b}", "prefix", wf_ctl_address(&x.dst), "prefix_len",
                            (int)x.prefix_len, "dev", wf_ctl_dev(st, x.ifindex), "any",
                            (int)x.is_any_network));
    weft_ctl_reply(conn, json_pack("{s:b,s:o}", "ok", 1, "proxies", rows));
}

/* ---- options ---- */

static json_t *options_of(const struct weft_neigh_options *n, const struct weft_arp_options *a)
{
    json_t *o = json_object();
    const char *name, *word;
    uint64_t v;
    for (unsigned i = 0; (name = weft_arp_option_next(n, a, i, &v, &word)) != NULL; i++)
        (void)json_object_set_new(o, name,
                                  word != NULL ? json_string(word) : json_integer((json_int_t)v));
    return o;
}

/* "NAME=VALUE" */
static bool set_option(const char *text, struct weft_neigh_options *n, struct weft_arp_options *a)
{
    char name[32];
    size_t len = text != NULL ? strcspn(text, "=") : sizeof(name);
    if (len >= sizeof(name) || text[len] == '\0')
        return false;
    memcpy(name, text, len);
    name[len] = '\0';
    return weft_arp_option_parse(n, a, name, text + len + 1) == 0;
}

/* {"op":"options","dev":IF,"set":["NAME=VALUE",...]}. All are taken, or none. */
static void op_options(struct weft_ctl_conn *conn, const json_t *request, const char *op)
{
    struct weft_stack *st = weft_ctl_host(conn)->st;
    struct weft_neigh_options n;
    struct weft_arp_options a;
    const json_t *set = json_object_get(request, "set"), *word;
    size_t i;
    (void)op;
    uint16_t ifindex = text_of(request, "dev") != NULL ? find_if(conn, request, NULL) : 0;
    if (text_of(request, "dev") == NULL)
        weft_ctl_error(conn, "a link is needed: dev NAME");
    if (ifindex == 0)
        return;
    if (weft_neigh_options_get(st, ifindex, &n) < 0 || weft_arp_options_get(st, ifindex, &a) < 0) {
        answer(conn, -WEFT_ENOENT);
        return;
    }
    json_array_foreach(set, i, word)
    {
        if (!set_option(json_string_value(word), &n, &a)) {
            weft_ctl_error(conn, "no such option, or no value of it; see: weft help neigh");
            return;
        }
    }
    int err = set != NULL ? weft_arp_options_set(st, ifindex, &a) : 0;
    if (err == 0 && set != NULL)
        err = weft_neigh_options_set(st, ifindex, &n);
    if (err != 0)
        answer(conn, err);
    else
        weft_ctl_reply(conn, json_pack("{s:b,s:o}", "ok", 1, "options", options_of(&n, &a)));
}

/* ---- what happened ---- */

static json_t *event_row(const struct weft_stack *st, const struct weft_link_event *e)
{
    char line[WF_EVENT_BYTES];
    uint64_t now_ns = weft_host_now();
    wf_event_text(line, sizeof(line), st, e);
    return json_pack("{s:s,s:o,s:o,s:o,s:I,s:I,s:s}", "event", weft_link_event_name(e->kind), "dev",
                     wf_ctl_dev(st, e->ifindex), "address", wf_ctl_address(&e->addr), "mac",
                     wf_ctl_mac(e->mac), "times", (json_int_t)e->times, "age_ms",
                     (json_int_t)((now_ns > e->time_ns ? now_ns - e->time_ns : 0) / 1000000),
                     "text", line);
}

static void op_events(struct weft_ctl_conn *conn, const json_t *request, const char *op)
{
    const struct weft_host *h = weft_ctl_host(conn);
    json_t *rows = json_array();
    uint64_t first = h->events_n > WF_EVENTS_KEPT ? h->events_n - WF_EVENTS_KEPT : 0;
    (void)request, (void)op;
    for (uint64_t i = first; i < h->events_n; i++)
        (void)json_array_append_new(rows, event_row(h->st, &h->events[i % WF_EVENTS_KEPT]));
    weft_ctl_reply(conn, json_pack("{s:b,s:o}", "ok", 1, "events", rows));
}

static const struct {
    const char *name;
    void (*fn)(struct weft_ctl_conn *conn, const json_t *request, const char *op);
} ops[] = {
    {"add", op_set},         {"replace", op_set},     {"change", op_set},
    {"del", op_del},         {"flush", op_flush},     {"proxy_add", op_proxy},
    {"proxy_del", op_proxy}, {"proxies", op_proxies}, {"options", op_options},
    {"events", op_events},
};

void wf_ctl_neigh(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    const char *op = text_of(request, "op");
    (void)arg;
    for (size_t i = 0; op != NULL && i < WF_ARRAY_LEN(ops); i++) {
        if (strcmp(ops[i].name, op) == 0) {
            ops[i].fn(conn, request, op);
            return;
        }
    }
    weft_ctl_error(conn, "op is none of add replace change del flush proxy_add proxy_del proxies "
                         "options events");
}
