/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "read.h"

#define SECOND    UINT64_C(1000000000)
#define STEPS_MAX 1000

bool wf_read_node_ref(struct lab_doc *d, const yaml_node_t *n, const struct lab_at *at,
                      const char *name, bool may_be_bridge, size_t *out)
{
    const struct lab *lab = wf_lab_reader(d)->lab;
    *out = wf_lab_find_node(lab, name);
    if (*out == SIZE_MAX) {
        const char **known = wf_lab_alloc(d->arena, (lab->nodes.n + 1) * sizeof(*known));
        for (size_t i = 0; i < lab->nodes.n; i++)
            known[i] = wf_lab_node(lab, i)->name;
        wf_doc_unknown(d, n, at, "node", name, known, lab->nodes.n);
        return false;
    }
    const struct lab_node *node = wf_lab_node(lab, *out);
    if (!may_be_bridge && wf_lab_is_bridge(node)) {
        wf_doc_error(d, n, at, "%s is a %s: a host or router is needed here", name,
                     wf_lab_kind_names[node->set.kind]);
        return false;
    }
    return true;
}

/* ---- the fields of each kind of step ---- */

#define ARP(f) offsetof(struct lab_step_arp, f)
static const struct lab_field arp_fields[] = {
    {LAB_VALUE("node", LAB_T_NAME, ARP(node)), .is_required = true},
    {LAB_VALUE("clear", LAB_T_NAME, ARP(clear))},
    {LAB_VALUE("entries", LAB_T_NODE, ARP(entries))},
};
#undef ARP

static const char *const link_acts[] = {"change", "cut", "heal", NULL};
#define LINK(f) offsetof(struct lab_step_link, f)
static const struct lab_field link_fields[] = {
    {LAB_VALUE("which", LAB_T_TEXT, LINK(which)), .is_required = true},
    {LAB_WORDS("do", LINK(what), link_acts)},
    {LAB_VALUE("set", LAB_T_NODE, LINK(set))},
};
#undef LINK

static const char *const node_acts[] = {"crash", "boot", "reboot", NULL};
#define NODE(f) offsetof(struct lab_step_node, f)
static const struct lab_field node_fields[] = {
    {LAB_VALUE("which", LAB_T_NAME, NODE(which)), .is_required = true},
    {LAB_WORDS("do", NODE(what), node_acts), .is_required = true},
};
#undef NODE

static const char *const group_acts[] = {"join", "leave",    "send", "route",
                                         "stop", "upstream", NULL};
#define GROUP(f) offsetof(struct lab_step_group, f)
static const struct lab_field group_fields[] = {
    {LAB_VALUE("node", LAB_T_NAME, GROUP(node)), .is_required = true},
    {LAB_WORDS("do", GROUP(what), group_acts), .is_required = true},
    {LAB_CALL("group", GROUP(group), wf_read_addr)},
    {LAB_CALL("source", GROUP(source), wf_read_addr)},
    {LAB_VALUE("interface", LAB_T_NAME, GROUP(interface))},
    {LAB_NUMBER("ttl", LAB_T_COUNT, GROUP(ttl), 0, 255)},
    {LAB_NUMBER("count", LAB_T_COUNT, GROUP(count), 1, 1000)},
    {LAB_NUMBER("port", LAB_T_COUNT, GROUP(port), 1, 65535)},
    {LAB_NUMBER("version", LAB_T_COUNT, GROUP(version), 1, 3)},
    {LAB_NUMBER("wait", LAB_T_TIME, GROUP(wait), 0, 86400 * SECOND)},
};
#undef GROUP

static void read_what(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_field word = {.type = LAB_T_CHOICE, .choices = wf_lab_show_names};
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        int which = -1;
        wf_doc_read_field(d, item, &here, &word, &which);
        if (which >= 0)
            *(unsigned *)to |= 1U << which;
    }
}

#define SHOW(f) offsetof(struct lab_step_show, f)
static const struct lab_field show_fields[] = {
    {LAB_VALUE("node", LAB_T_NAME, SHOW(node)), .is_required = true},
    {LAB_CALL("what", SHOW(what), read_what), .is_required = true},
};
#undef SHOW

/* ---- one kind after the other: fields, then what they refer to ---- */

static void read_entries(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                         struct lab_step *s)
{
    static const struct lab_field state = {.type = LAB_T_CHOICE, .choices = wf_lab_neigh_names};
    const char *key;
    yaml_node_t *key_node, *value;
    if (!wf_doc_is_map(d, n, at))
        return;
    for (size_t i = 0; wf_doc_pair(d, n, i, &key, &key_node, &value); i++) {
        struct lab_at here = {.up = at, .key = key};
        struct lab_expect e = {.mark = wf_doc_mark(key_node),
                               .about = LAB_ABOUT_NEIGHBOUR,
                               .type = LAB_V_TEXT,
                               .object = s->from};
        int which = -1;
        if (weft_addr_parse(&e.addr, key) != 0)
            wf_doc_error(d, key_node, at, "expected an address such as 10.0.1.1, got \"%s\"", key);
        wf_doc_read_field(d, value, &here, &state, &which);
        if (which < 0)
            continue;
        e.want_text = wf_lab_neigh_names[which];
        e.text = wf_lab_printf(d->arena, "neighbour %s %s: %s", s->arp.node, key, e.want_text);
        *(struct lab_expect *)wf_vec_push(&s->expects, sizeof(e)) = e;
    }
}

static void read_arp(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(arp_fields);
    unsigned errors = d->errors;
    wf_doc_read_map(d, n, at, &t, &s->arp);
    if (d->errors != errors ||
        !wf_read_node_ref(d, wf_read_value_of(d, n, "node"), at, s->arp.node, false, &s->from))
        return;
    struct lab_at clear_at = {.up = at, .key = "clear"}, entries_at = {.up = at, .key = "entries"};
    if (s->arp.clear != NULL) {
        s->arp.is_clear_all = strcmp(s->arp.clear, "all") == 0;
        if (!s->arp.is_clear_all && weft_addr_parse(&s->arp.clear_addr, s->arp.clear) != 0)
            wf_doc_error(d, wf_read_value_of(d, n, "clear"), &clear_at,
                         "expected \"all\" or an address, got \"%s\"", s->arp.clear);
    }
    if (s->arp.entries != NULL)
        read_entries(d, s->arp.entries, &entries_at, s);
    s->arp.entries = NULL;
}

static void read_link_step(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                           struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(link_fields);
    const struct lab *lab = wf_lab_reader(d)->lab;
    unsigned errors = d->errors;
    wf_doc_read_map(d, n, at, &t, &s->link);
    if (d->errors != errors)
        return;
    struct lab_at which_at = {.up = at, .key = "which"}, set_at = {.up = at, .key = "set"};
    s->link_index = wf_lab_find_link(lab, s->link.which);
    if (s->link_index == SIZE_MAX) {
        wf_doc_error(d, wf_read_value_of(d, n, "which"), &which_at,
                     "there is no link \"%s\" (its name or one of its ends, such as \"h1:eth0\")",
                     s->link.which);
        return;
    }
    if ((s->link.set == NULL) == (s->link.what == LAB_LINK_CHANGE)) {
        wf_doc_error(d, n, at, "expected either \"do: cut\", \"do: heal\" or \"set: {...}\"");
        return;
    }
    memcpy(s->change, wf_lab_link(lab, s->link_index)->q, sizeof(s->change));
    for (unsigned i = 0; i < 2; i++) /* Frames that the link itself names have been counted. */
        s->change[i].lose_n = s->change[i].late_n = 0;
    if (s->link.set != NULL)
        wf_read_quality(d, s->link.set, &set_at, s->change);
    s->link.set = NULL;
}

static void read_show(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                      struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(show_fields);
    unsigned errors = d->errors;
    wf_doc_read_map(d, n, at, &t, &s->show);
    if (d->errors == errors)
        (void)wf_read_node_ref(d, wf_read_value_of(d, n, "node"), at, s->show.node, false,
                               &s->from);
}

static void read_node_step(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                           struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(node_fields);
    const struct lab_at which_at = {.up = at, .key = "which"};
    unsigned errors = d->errors;
    wf_doc_read_map(d, n, at, &t, &s->node);
    if (d->errors == errors)
        (void)wf_read_node_ref(d, wf_read_value_of(d, n, "which"), &which_at, s->node.which, false,
                               &s->from);
}

static void read_group(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(group_fields);
    unsigned errors = d->errors;
    s->group.ttl = s->group.count = 1;
    s->group.port = 5004;
    s->group.version = 3;
    s->group.wait = SECOND;
    wf_doc_read_map(d, n, at, &t, &s->group);
    if (d->errors == errors)
        (void)wf_read_node_ref(d, wf_read_value_of(d, n, "node"), at, s->group.node, false,
                               &s->from);
}

static void read_kind(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                      struct lab_step *s)
{
    static const struct lab_field time = {LAB_NUMBER("time", LAB_T_TIME, 0, 0, 86400 * SECOND)};
    switch (s->kind) {
    case LAB_STEP_PING:
    case LAB_STEP_TRACEROUTE:
    case LAB_STEP_UDP:
    case LAB_STEP_TCP:
    case LAB_STEP_REQUESTS:
    case LAB_STEP_MEET:
    case LAB_STEP_REFUSED:
    case LAB_STEP_FLOOD:
        wf_read_talk(d, n, at, s);
        break;
    case LAB_STEP_ARP:
        read_arp(d, n, at, s);
        break;
    case LAB_STEP_NEIGH:
        wf_read_neigh(d, n, at, s);
        break;
    case LAB_STEP_FORGE:
        wf_read_forge(d, n, at, s);
        break;
    case LAB_STEP_BROADCAST:
        wf_read_broadcast(d, n, at, s);
        break;
    case LAB_STEP_LINK:
        read_link_step(d, n, at, s);
        break;
    case LAB_STEP_WAIT:
    case LAB_STEP_MEASURE:
        wf_doc_read_field(d, n, at, &time, &s->wait);
        break;
    case LAB_STEP_SHOW:
        read_show(d, n, at, s);
        break;
    case LAB_STEP_NODE:
        read_node_step(d, n, at, s);
        break;
    case LAB_STEP_GROUP:
        read_group(d, n, at, s);
        break;
    case LAB_STEP_PARALLEL: /* By wf_read_steps(). */
    case LAB_STEP_KINDS:
        break;
    }
}

/* What the step does, unless the file gives it a name. */
static const char *describe(struct lab_doc *d, const struct lab_step *s)
{
    const struct lab *lab = wf_lab_reader(d)->lab;
    const char *kind = wf_lab_step_names[s->kind];
    char buf[32];
    switch (s->kind) {
    case LAB_STEP_PING:
    case LAB_STEP_TRACEROUTE:
    case LAB_STEP_UDP:
        return wf_lab_printf(d->arena, "%s %s to %s", kind, s->talk.from, s->talk.to);
    case LAB_STEP_TCP:
        if (s->talk.span != 0)
            return wf_lab_printf(d->arena, "TCP for %s, %s to %s",
                                 wf_units_text(buf, sizeof(buf), LAB_UNIT_TIME, s->talk.span),
                                 s->talk.from, s->talk.to);
        return wf_lab_printf(d->arena, "%s by TCP, %s to %s",
                             wf_units_text(buf, sizeof(buf), LAB_UNIT_BYTES, s->talk.bytes),
                             s->talk.from, s->talk.to);
    case LAB_STEP_REFUSED:
        return wf_lab_printf(d->arena, "connect %s to %s port %" PRIu64 ", refused", s->talk.from,
                             s->talk.to, s->talk.port);
    case LAB_STEP_REQUESTS:
        return wf_lab_printf(d->arena, "%" PRIu64 " requests by TCP, %s to %s", s->talk.count,
                             s->talk.from, s->talk.to);
    case LAB_STEP_MEET:
        return wf_lab_printf(d->arena, "%s and %s connect to each other", s->talk.from, s->talk.to);
    case LAB_STEP_FLOOD:
        return wf_lab_printf(d->arena, "%" PRIu64 " SYNs, %s to %s", s->talk.count, s->talk.from,
                             s->talk.to);
    case LAB_STEP_NODE:
        return wf_lab_printf(d->arena, "%s %s", node_acts[s->node.what], s->node.which);
    case LAB_STEP_GROUP:
        return wf_lab_printf(d->arena, "%s: %s groups", s->group.node, group_acts[s->group.what]);
    case LAB_STEP_MEASURE:
        return wf_lab_printf(d->arena, "measure for %s",
                             wf_units_text(buf, sizeof(buf), LAB_UNIT_TIME, s->wait));
    case LAB_STEP_ARP:
        return wf_lab_printf(d->arena, "neighbours of %s", s->arp.node);
    case LAB_STEP_NEIGH:
        return wf_lab_printf(d->arena, "change neighbours of %s", s->neigh.node);
    case LAB_STEP_BROADCAST:
        return wf_lab_printf(d->arena, "%s broadcasts", s->broadcast.node);
    case LAB_STEP_FORGE:
        return wf_lab_printf(d->arena, "%s forges ARP", s->forge.node);
    case LAB_STEP_LINK:
        return wf_lab_printf(d->arena, "%s link %s", link_acts[s->link.what],
                             wf_lab_link(lab, s->link_index)->name);
    case LAB_STEP_WAIT:
        return wf_lab_printf(d->arena, "wait %s",
                             wf_units_text(buf, sizeof(buf), LAB_UNIT_TIME, s->wait));
    case LAB_STEP_SHOW:
        return wf_lab_printf(d->arena, "show %s", s->show.node);
    case LAB_STEP_PARALLEL:
        return "several steps at once";
    case LAB_STEP_KINDS:
        break;
    }
    return kind;
}

/** struct step_parts - A step while it is read */
struct step_parts {
    yaml_node_t *kind[LAB_STEP_KINDS];
    yaml_node_t *expect;
    const char *name;
    uint64_t at, after, limit;
};

#define PART(f) offsetof(struct step_parts, f)
#define KIND(name, k)                                                                              \
    {                                                                                              \
        LAB_VALUE(name, LAB_T_NODE, PART(kind) + (k) * sizeof(yaml_node_t *))                      \
    }
static const struct lab_field step_fields[] = {
    KIND("ping", LAB_STEP_PING),
    KIND("traceroute", LAB_STEP_TRACEROUTE),
    KIND("arp", LAB_STEP_ARP),
    KIND("udp", LAB_STEP_UDP),
    KIND("tcp-transfer", LAB_STEP_TCP),
    KIND("connect-refused", LAB_STEP_REFUSED),
    KIND("link", LAB_STEP_LINK),
    KIND("wait", LAB_STEP_WAIT),
    KIND("show", LAB_STEP_SHOW),
    KIND("parallel", LAB_STEP_PARALLEL),
    KIND("tcp-requests", LAB_STEP_REQUESTS),
    KIND("tcp-simultaneous", LAB_STEP_MEET),
    KIND("syn-flood", LAB_STEP_FLOOD),
    KIND("node", LAB_STEP_NODE),
    KIND("measure", LAB_STEP_MEASURE),
    KIND("group", LAB_STEP_GROUP),
    KIND("neigh", LAB_STEP_NEIGH),
    KIND("arp-forge", LAB_STEP_FORGE),
    KIND("broadcast", LAB_STEP_BROADCAST),
    {LAB_VALUE("name", LAB_T_TEXT, PART(name))},
    {LAB_NUMBER("at", LAB_T_TIME, PART(at), 0, 1000000 * SECOND)},
    {LAB_NUMBER("after", LAB_T_TIME, PART(after), 0, 1000000 * SECOND)},
    {LAB_NUMBER("limit", LAB_T_TIME, PART(limit), 1000, 1000000 * SECOND)},
    {LAB_VALUE("expect", LAB_T_NODE, PART(expect))},
};
#undef PART

/* The one key that says what the step does; LAB_STEP_KINDS (told) if there is not exactly one. */
static enum lab_step_kind only_kind(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                                    const struct step_parts *p)
{
    size_t found = LAB_STEP_KINDS, count = 0;
    for (size_t k = 0; k < LAB_STEP_KINDS; k++) {
        if (p->kind[k] != NULL) {
            found = k;
            count++;
        }
    }
    if (count != 1)
        wf_doc_error(d, n, at,
                     "a step does exactly one thing (ping, traceroute, arp, udp, tcp-transfer, "
                     "tcp-requests, tcp-simultaneous, connect-refused, syn-flood, link, node, "
                     "group, broadcast, neigh, arp-forge, wait, measure, show or parallel)");
    return count == 1 ? (enum lab_step_kind)found : LAB_STEP_KINDS;
}

/* Reads a step; false if it is none. *inner is set to the steps of "parallel", to be read after it.
 */
static bool read_step(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, bool is_inner,
                      struct lab_step *s, yaml_node_t **inner)
{
    static const struct lab_table t = LAB_TABLE(step_fields);
    struct step_parts p = {.at = WEFT_NEVER};
    unsigned errors = d->errors;
    wf_doc_read_map(d, n, at, &t, &p);
    if (d->errors != errors)
        return false;
    *s = (struct lab_step){.kind = only_kind(d, n, at, &p), .to = SIZE_MAX};
    if (s->kind == LAB_STEP_KINDS)
        return false;
    if (is_inner && (s->kind == LAB_STEP_PARALLEL || p.at != WEFT_NEVER)) {
        wf_doc_error(d, n, at, "inside \"parallel\" a step has no \"at\" and no \"parallel\"");
        return false;
    }
    s->mark = wf_doc_mark(n);
    s->at = p.at;
    s->after = p.after;
    s->limit = p.limit;
    struct lab_at kind_at = {.up = at, .key = wf_lab_step_names[s->kind]};
    struct lab_at expect_at = {.up = at, .key = "expect"};
    *inner = s->kind == LAB_STEP_PARALLEL ? p.kind[LAB_STEP_PARALLEL] : NULL;
    read_kind(d, p.kind[s->kind], &kind_at, s);
    if (p.expect != NULL)
        wf_read_expects(d, p.expect, &expect_at, s->kind, &s->expects);
    s->name = p.name != NULL ? p.name : d->errors == errors ? describe(d, s) : "";
    return true;
}

static void read_inner(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       struct lab_vec *steps)
{
    struct lab_at list_at = {.up = at, .key = "parallel"};
    yaml_node_t *item, *inner;
    if (!wf_doc_is_list(d, n, &list_at))
        return;
    for (size_t i = 0; i < STEPS_MAX && (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = &list_at, .index = i};
        struct lab_step s;
        if (read_step(d, item, &here, true, &s, &inner))
            *(struct lab_step *)wf_vec_push(steps, sizeof(s)) = s;
    }
}

void wf_read_steps(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                   struct lab_vec *steps)
{
    yaml_node_t *item, *inner;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        struct lab_step s;
        if (i == STEPS_MAX) {
            wf_doc_error(d, item, &here, "at most %d steps", STEPS_MAX);
            return;
        }
        if (!read_step(d, item, &here, false, &s, &inner))
            continue;
        if (inner != NULL)
            read_inner(d, inner, &here, &s.steps);
        *(struct lab_step *)wf_vec_push(steps, sizeof(s)) = s;
    }
}
