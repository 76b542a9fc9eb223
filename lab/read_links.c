/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "read.h"

#define LINKS_MAX 2000

/* ---- properties ---- */

#define Q(f) offsetof(struct lab_quality, f)
#define SHARE(name, field)                                                                         \
    {                                                                                              \
        LAB_VALUE(name, LAB_T_SHARE, Q(field))                                                     \
    }

static const struct lab_field burst_fields[] = {
    {LAB_VALUE("enter", LAB_T_SHARE, Q(burst_enter)), .is_required = true},
    {LAB_VALUE("leave", LAB_T_SHARE, Q(burst_leave)), .is_required = true},
    SHARE("loss", burst_loss),
};
static const struct lab_field reorder_fields[] = {
    {LAB_VALUE("share", LAB_T_SHARE, Q(reorder_share)), .is_required = true},
    {LAB_VALUE("extra", LAB_T_TIME, Q(reorder_extra)), .is_required = true},
};
static const struct lab_field duplicate_fields[] = {
    {LAB_VALUE("share", LAB_T_SHARE, Q(duplicate)), .is_required = true},
    {LAB_NUMBER("copies", LAB_T_COUNT, Q(duplicate_copies), 1, 100)},
};
static const struct lab_field corrupt_fields[] = {
    {LAB_VALUE("share", LAB_T_SHARE, Q(corrupt)), .is_required = true},
    {LAB_NUMBER("bits", LAB_T_COUNT, Q(corrupt_bits), 1, 65536)},
};

static void read_burst(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(burst_fields);
    ((struct lab_quality *)to)->burst_loss = LAB_SHARE_ONE;
    wf_doc_read_map(d, n, at, &t, to);
}

static void read_reorder(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(reorder_fields);
    wf_doc_read_map(d, n, at, &t, to);
}

/* A mapping, or the share alone, which is its first field. */
static void read_share(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                       const struct lab_table *t, void *to)
{
    if (n->type == YAML_SCALAR_NODE)
        wf_doc_read_field(d, n, at, &t->fields[0], to);
    else
        wf_doc_read_map(d, n, at, t, to);
}

static void read_duplicate(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(duplicate_fields);
    read_share(d, n, at, &t, to);
}

static void read_corrupt(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(corrupt_fields);
    read_share(d, n, at, &t, to);
}

static void read_frames(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, uint64_t *out,
                        size_t *out_n)
{
    static const struct lab_field number = {.type = LAB_T_COUNT};
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    *out_n = 0;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        if (i == LAB_LOSE_MAX) {
            wf_doc_error(d, item, &here, "at most %d frames can be named by number", LAB_LOSE_MAX);
            return;
        }
        wf_doc_read_field(d, item, &here, &number, &out[i]);
        if (i > 0 && out[i] <= out[i - 1])
            wf_doc_error(d, item, &here, "frame numbers must ascend");
        *out_n = i + 1;
    }
}

static void read_lose(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    struct lab_quality *q = to;
    read_frames(d, n, at, q->lose, &q->lose_n);
}

/** struct late_parts - "late" while it is read */
struct late_parts {
    yaml_node_t *frames;
    uint64_t extra;
};
static const struct lab_field late_fields[] = {
    {LAB_VALUE("frames", LAB_T_NODE, offsetof(struct late_parts, frames)), .is_required = true},
    {LAB_VALUE("extra", LAB_T_TIME, offsetof(struct late_parts, extra)), .is_required = true},
};

static void read_late(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(late_fields);
    const struct lab_at frames_at = {.up = at, .key = "frames"};
    struct late_parts p = {0};
    struct lab_quality *q = to;
    wf_doc_read_map(d, n, at, &t, &p);
    if (p.frames == NULL)
        return;
    read_frames(d, p.frames, &frames_at, q->late, &q->late_n);
    q->late_extra = p.extra;
}

#define QUALITY_FIELDS                                                                             \
    {LAB_NUMBER("rate", LAB_T_RATE, Q(rate), 1000, UINT64_C(1000000000000))},                      \
        {LAB_NUMBER("delay", LAB_T_TIME, Q(delay), 0, UINT64_C(3600000000000))},                   \
        {LAB_NUMBER("jitter", LAB_T_TIME, Q(jitter), 0, UINT64_C(3600000000000))},                 \
        {LAB_VALUE("jitter-reorders", LAB_T_BOOL, Q(may_jitter_reorder))}, SHARE("loss", loss),    \
        {LAB_CALL("burst-loss", 0, read_burst)}, {LAB_CALL("reorder", 0, read_reorder)},           \
        {LAB_CALL("duplicate", 0, read_duplicate)}, {LAB_CALL("corrupt", 0, read_corrupt)},        \
        {LAB_NUMBER("queue", LAB_T_COUNT, Q(queue), 1, 10000000)},                                 \
        {LAB_NUMBER("queue-bytes", LAB_T_BYTES, Q(queue_bytes), 64, UINT32_MAX)},                  \
        {LAB_NUMBER("ecn", LAB_T_COUNT, Q(ecn), 1, 10000000)},                                     \
        {LAB_NUMBER("ecn-bytes", LAB_T_BYTES, Q(ecn_bytes), 64, UINT32_MAX)},                      \
        {LAB_NUMBER("black-hole", LAB_T_BYTES, Q(black_hole), 0, 65535)},                          \
        {LAB_CALL("lose", 0, read_lose)},                                                          \
    {                                                                                              \
        LAB_CALL("late", 0, read_late)                                                             \
    }

static const struct lab_field one_way_fields[] = {QUALITY_FIELDS};

/** struct link_parts - A link while it is read: what holds for both ways, and the rest for later */
struct link_parts {
    struct lab_quality both; /* First: the offsets of QUALITY_FIELDS count from here. */
    yaml_node_t *a_to_b, *b_to_a, *endpoints;
    const char *name;
    uint64_t mtu;
    bool has_superframes, has_fcs;
};

#define PART(f) offsetof(struct link_parts, f)
static const struct lab_field both_ways_fields[] = {
    QUALITY_FIELDS,
    {LAB_VALUE("a-to-b", LAB_T_NODE, PART(a_to_b))},
    {LAB_VALUE("b-to-a", LAB_T_NODE, PART(b_to_a))},
};
static const struct lab_field link_fields[] = {
    QUALITY_FIELDS,
    {LAB_VALUE("a-to-b", LAB_T_NODE, PART(a_to_b))},
    {LAB_VALUE("b-to-a", LAB_T_NODE, PART(b_to_a))},
    {LAB_VALUE("endpoints", LAB_T_NODE, PART(endpoints)), .is_required = true},
    {LAB_NUMBER("name", LAB_T_NAME, PART(name), 1, WEFT_SIM_NAME_MAX - 1)},
    {LAB_NUMBER("mtu", LAB_T_BYTES, PART(mtu), 68, 65535)},
    {LAB_VALUE("superframes", LAB_T_BOOL, PART(has_superframes))},
    {LAB_VALUE("fcs", LAB_T_BOOL, PART(has_fcs))},
};
#undef PART

/* Both directions get what holds for both, then each its own. */
static void read_directions(struct lab_doc *d, const struct link_parts *p, const struct lab_at *at,
                            struct lab_quality q[2])
{
    static const struct lab_table t = LAB_TABLE(one_way_fields);
    struct lab_at a_at = {.up = at, .key = "a-to-b"}, b_at = {.up = at, .key = "b-to-a"};
    q[0] = q[1] = p->both;
    if (p->a_to_b != NULL)
        wf_doc_read_map(d, p->a_to_b, &a_at, &t, &q[0]);
    if (p->b_to_a != NULL)
        wf_doc_read_map(d, p->b_to_a, &b_at, &t, &q[1]);
}

void wf_read_quality(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                     struct lab_quality q[2])
{
    static const struct lab_table t = LAB_TABLE(both_ways_fields);
    static const struct lab_table one = LAB_TABLE(one_way_fields);
    if (!wf_doc_is_map(d, n, at))
        return;
    /* Each direction starts from what it is now, so the common part is applied to each of them. */
    struct link_parts p[2] = {{.both = q[0]}, {.both = q[1]}};
    unsigned errors = d->errors;
    wf_doc_read_map(d, n, at, &t, &p[0]);
    if (d->errors != errors) /* Once is enough to tell them. */
        return;
    wf_doc_read_map(d, n, at, &t, &p[1]);
    struct lab_at a_at = {.up = at, .key = "a-to-b"}, b_at = {.up = at, .key = "b-to-a"};
    if (p[0].a_to_b != NULL)
        wf_doc_read_map(d, p[0].a_to_b, &a_at, &one, &p[0].both);
    if (p[1].b_to_a != NULL)
        wf_doc_read_map(d, p[1].b_to_a, &b_at, &one, &p[1].both);
    q[0] = p[0].both;
    q[1] = p[1].both;
}

/* ---- endpoints ---- */

/* The interface of a host that a link ends at; it is made if only the link names it. */
static bool plug_in(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                    struct lab_node *node, const char *port)
{
    if (strlen(port) >= WEFT_IF_NAME_MAX) {
        wf_doc_error(d, n, at, "an interface name has at most %d letters, got \"%s\"",
                     WEFT_IF_NAME_MAX - 1, port);
        return false;
    }
    struct lab_iface *f = wf_lab_iface(node, port);
    if (f != NULL && f->is_linked) {
        wf_doc_error(d, n, at, "%s:%s is on another link already", node->name, port);
        return false;
    }
    if (f == NULL) {
        f = wf_vec_push(&node->ifaces, sizeof(*f));
        f->name = wf_lab_strdup(d->arena, port);
        f->mark = wf_doc_mark(n);
    }
    f->is_linked = true;
    return true;
}

static bool read_end(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                     struct lab_end *end)
{
    static const char expected[] = "an endpoint such as \"h1:eth0\"";
    const char *text = wf_doc_scalar(d, n, at, expected);
    if (text == NULL)
        return false;
    const char *colon = strchr(text, ':');
    if (colon == NULL || !wf_doc_is_name(colon + 1)) {
        wf_doc_error(d, n, at, "expected %s, got \"%s\"", expected, text);
        return false;
    }
    char *name = wf_lab_strndup(d->arena, text, (size_t)(colon - text));
    if (!wf_read_node_ref(d, n, at, name, true, &end->node))
        return false;
    end->iface = wf_lab_strdup(d->arena, colon + 1);
    return plug_in(d, n, at, wf_lab_node(wf_lab_reader(d)->lab, end->node), end->iface);
}

static bool read_ends(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                      struct lab_end end[2])
{
    struct lab_at here = {.up = at, .key = "endpoints"};
    if (n == NULL || !wf_doc_is_list(d, n, &here))
        return false;
    if (wf_doc_item(d, n, 1) == NULL || wf_doc_item(d, n, 2) != NULL) {
        wf_doc_error(d, n, &here, "a link has two endpoints, such as [\"h1:eth0\", \"sw1:p1\"]");
        return false;
    }
    bool is_ok = true;
    for (size_t i = 0; i < 2; i++) {
        struct lab_at item_at = {.up = &here, .index = i};
        is_ok = read_end(d, wf_doc_item(d, n, i), &item_at, &end[i]) && is_ok;
    }
    if (is_ok && end[0].node == end[1].node) {
        wf_doc_error(d, n, &here, "a link cannot join a node to itself");
        return false;
    }
    return is_ok;
}

static void name_link(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, const char *given,
                      struct lab_link *link)
{
    struct lab *lab = wf_lab_reader(d)->lab;
    const struct lab_end *e = link->end;
    link->name = given != NULL
                     ? given
                     : wf_lab_printf(d->arena, "%s:%s--%s:%s", wf_lab_node(lab, e[0].node)->name,
                                     e[0].iface, wf_lab_node(lab, e[1].node)->name, e[1].iface);
    if (strlen(link->name) >= WEFT_SIM_NAME_MAX)
        wf_doc_error(d, n, at, "the link's name \"%s\" is too long: give it a \"name\"",
                     link->name);
    for (size_t i = 0; i + 1 < lab->links.n; i++) {
        if (strcmp(wf_lab_link(lab, i)->name, link->name) == 0)
            wf_doc_error(d, n, at, "link \"%s\" is there twice", link->name);
    }
}

static void read_link(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at)
{
    static const struct lab_table t = LAB_TABLE(link_fields);
    struct lab *lab = wf_lab_reader(d)->lab;
    struct link_parts p = {0};
    struct lab_end end[2] = {{0}};
    wf_doc_read_map(d, n, at, &t, &p);
    if (n->type != YAML_MAPPING_NODE || !read_ends(d, p.endpoints, at, end))
        return;
    struct lab_link *link = wf_vec_push(&lab->links, sizeof(*link));
    link->mark = wf_doc_mark(n);
    link->mtu = p.mtu;
    link->has_superframes = p.has_superframes;
    link->has_fcs = p.has_fcs;
    if (p.has_fcs && p.has_superframes)
        wf_doc_error(d, n, at, "a link has fcs or superframes, not both");
    memcpy(link->end, end, sizeof(end));
    read_directions(d, &p, at, link->q);
    name_link(d, n, at, p.name, link);
}

void wf_read_links(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at)
{
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        if (i == LINKS_MAX) {
            wf_doc_error(d, item, &here, "a lab has at most %d links", LINKS_MAX);
            return;
        }
        read_link(d, item, &here);
    }
}
