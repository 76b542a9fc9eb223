/* SPDX-License-Identifier: MIT */
#include "rarp.h"

#include <string.h>

#include "mem.h"
#include "read.h"

#define NS_PER_MS UINT64_C(1000000)
#define MS_MAX    ((uint64_t)WEFT_RARP_WAIT_MAX * NS_PER_MS)

/** struct client_keys - What a file says of a client */
struct client_keys {
    uint64_t prefix, tries, first, most;
};

#define KEY(f) offsetof(struct client_keys, f)
static const struct lab_field client_fields[] = {
    {LAB_NUMBER("prefix", LAB_T_COUNT, KEY(prefix), 1, 32)},
    {LAB_NUMBER("tries", LAB_T_COUNT, KEY(tries), 1, WEFT_RARP_TRIES_MAX)},
    {LAB_NUMBER("first", LAB_T_TIME, KEY(first), NS_PER_MS, MS_MAX)},
    {LAB_NUMBER("most", LAB_T_TIME, KEY(most), NS_PER_MS, MS_MAX)},
};
#undef KEY

void wf_read_rarp(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(client_fields);
    struct lab_iface *f = to;
    struct client_keys k = {0};
    wf_doc_read_map(d, n, at, &t, &k);
    struct weft_rarp_config *c = wf_lab_alloc(d->arena, sizeof(*c));
    *c = (struct weft_rarp_config){.tries = (uint32_t)k.tries,
                                   .first_ms = (uint32_t)(k.first / NS_PER_MS),
                                   .most_ms = (uint32_t)(k.most / NS_PER_MS),
                                   .prefix_len = (uint8_t)k.prefix};
    f->rarp = c;
}

static void read_rows(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    struct lab_rarp_server *v = to;
    const char *key;
    yaml_node_t *key_node, *value;
    if (!wf_doc_is_map(d, n, at))
        return;
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        struct lab_at here = {.up = at, .key = key};
        struct weft_rarp_entry e = {.is_due = false};
        struct weft_addr a;
        unsigned errors = d->errors;
        if (!wf_lab_parse_mac(e.mac, key))
            wf_doc_error(d, key_node, at, "expected a unicast hardware address, got \"%s\"", key);
        wf_read_addr(d, value, &here, &a);
        if (d->errors != errors)
            continue;
        memcpy(e.ip4, a.b + 12, 4);
        *(struct weft_rarp_entry *)wf_vec_push(&v->rows, sizeof(e)) = e;
    }
}

static const char *const role_names[] = {"primary", "delayed", "repeated", NULL};
#define KEY(f) offsetof(struct lab_rarp_server, f)
static const struct lab_field server_fields[] = {
    {LAB_WORDS("role", KEY(role), role_names)},
    {LAB_NUMBER("delay", LAB_T_TIME, KEY(delay), NS_PER_MS, MS_MAX)},
    {LAB_NUMBER("repeat", LAB_T_TIME, KEY(repeat), NS_PER_MS, MS_MAX)},
    {LAB_CALL("table", 0, read_rows), .is_required = true},
};
#undef KEY

void wf_read_rarp_server(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(server_fields);
    struct lab_iface *f = to;
    struct lab_rarp_server *v = wf_lab_alloc(d->arena, sizeof(*v));
    memset(v, 0, sizeof(*v));
    wf_doc_read_map(d, n, at, &t, v);
    v->s.entries = wf_lab_alloc(d->arena, (v->rows.n + 1) * sizeof(*v->s.entries));
    f->rarp_server = v;
}

/* Anew at each boot: a server that lost its power has forgotten who asked. */
static int serve(struct weft_stack *st, const struct lab_iface *f)
{
    struct lab_rarp_server *v = f->rarp_server;
    weft_rarp_server_init(&v->s, (enum weft_rarp_role)v->role, v->s.entries, (uint32_t)v->rows.n);
    if (v->delay != 0)
        v->s.delay_ms = (uint32_t)(v->delay / NS_PER_MS);
    if (v->repeat != 0)
        v->s.repeat_ms = (uint32_t)(v->repeat / NS_PER_MS);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct weft_rarp_entry *e = (const struct weft_rarp_entry *)v->rows.items + i;
        struct weft_addr a = weft_ip4(e->ip4[0], e->ip4[1], e->ip4[2], e->ip4[3]);
        int r = weft_rarp_server_set(&v->s, e->mac, &a);
        if (r != 0)
            return r;
    }
    return weft_rarp_serve(st, f->ifindex, &v->s);
}

int wf_rarp_begin(struct weft_stack *st, const struct lab_iface *f)
{
    int r = f->rarp != NULL ? weft_rarp_start(st, f->ifindex, f->rarp) : 0;
    return r == 0 && f->rarp_server != NULL ? serve(st, f) : r;
}
