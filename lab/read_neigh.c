/* SPDX-License-Identifier: MIT */
/** DOC: read neigh - steps about neighbours and the addresses of an interface; forged ARP messages
 */
#include <stdio.h>
#include <string.h>

#include "read.h"

static void read_hw(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    struct lab_hw *out = to;
    const char *text = wf_doc_scalar(d, n, at, "a hardware address such as 02:00:00:00:00:01");
    if (text == NULL)
        return;
    out->is_there = weft_mac_parse(out->mac, text);
    if (!out->is_there)
        wf_doc_error(d, n, at, "expected a hardware address such as 02:00:00:00:00:01, got \"%s\"",
                     text);
}

static void read_net(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    (void)wf_read_cidr(d, n, at, to);
}

/* "policy=strict detect=probe", tried on options that nobody has. */
static void read_options(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    struct weft_neigh_options cache;
    struct weft_arp_options arp;
    const char *text = wf_doc_scalar(d, n, at, "options such as policy=strict");
    if (text == NULL)
        return;
    weft_neigh_options_default(&cache);
    weft_arp_options_default(&arp);
    if (wf_lab_set_arp(text, &cache, &arp))
        *(const char **)to = wf_lab_strdup(d->arena, text);
    else
        wf_doc_error(d, n, at,
                     "expected options such as policy=strict (weft-neigh(1) has them), "
                     "got \"%s\"",
                     text);
}

#define NEIGH(f) offsetof(struct lab_step_neigh, f)
static const struct lab_field neigh_fields[] = {
    {LAB_VALUE("node", LAB_T_NAME, NEIGH(node)), .is_required = true},
    {LAB_VALUE("interface", LAB_T_NAME, NEIGH(iface))},
    {LAB_CALL("options", NEIGH(options), read_options)},
    {LAB_CALL("static", NEIGH(entry), wf_read_addr)},
    {LAB_CALL("at", NEIGH(entry_mac), read_hw)},
    {LAB_CALL("mac", NEIGH(mac), read_hw)},
    {LAB_CALL("proxy", NEIGH(proxy), read_net)},
    {LAB_CALL("add", NEIGH(add), read_net)},
};
#undef NEIGH

void wf_read_neigh(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(neigh_fields);
    static const struct weft_addr none;
    unsigned errors = d->errors;
    wf_doc_read_map(d, n, at, &t, &s->neigh);
    if (d->errors != errors ||
        !wf_read_node_ref(d, wf_read_value_of(d, n, "node"), at, s->neigh.node, false, &s->from))
        return;
    bool has_entry = memcmp(s->neigh.entry.b, none.b, sizeof(none.b)) != 0;
    if (has_entry != s->neigh.entry_mac.is_there)
        wf_doc_error(d, n, at, "a static entry has an address (static) and a place (at)");
}

static const char *const ops[] = {"request", "reply", NULL};

#define FORGE(f) offsetof(struct lab_step_forge, f)
static const struct lab_field forge_fields[] = {
    {LAB_VALUE("from", LAB_T_NAME, FORGE(node)), .is_required = true},
    {LAB_WORDS("op", FORGE(op), ops)},
    {LAB_CALL("sender", FORGE(sender), wf_read_addr), .is_required = true},
    {LAB_CALL("sender-mac", FORGE(sender_mac), read_hw)},
    {LAB_CALL("target", FORGE(target), wf_read_addr), .is_required = true},
    {LAB_CALL("target-mac", FORGE(target_mac), read_hw)},
    {LAB_CALL("to", FORGE(to), read_hw)},
    {LAB_VALUE("made-up", LAB_T_BOOL, FORGE(is_made_up))},
    {LAB_NUMBER("count", LAB_T_COUNT, FORGE(count), 1, 1000000)},
    {LAB_NUMBER("interval", LAB_T_TIME, FORGE(interval), 1000, UINT64_C(3600000000000))},
};
#undef FORGE

void wf_read_forge(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, struct lab_step *s)
{
    static const struct lab_table t = LAB_TABLE(forge_fields);
    unsigned errors = d->errors;
    s->forge.op = 1;
    s->forge.count = 1;
    s->forge.interval = 1000000000;
    wf_doc_read_map(d, n, at, &t, &s->forge);
    if (d->errors == errors)
        (void)wf_read_node_ref(d, wf_read_value_of(d, n, "from"), at, s->forge.node, false,
                               &s->from);
}
