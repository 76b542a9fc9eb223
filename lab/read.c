/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <string.h>

#include "ladder.h"

#define SECOND UINT64_C(1000000000)

/* ---- ladders ---- */

static void read_lanes(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    struct lab_ladder *l = to;
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        const char *name = wf_doc_scalar(d, item, &here, "a node");
        size_t node;
        if (name == NULL || !wf_read_node_ref(d, item, &here, name, true, &node))
            continue;
        if (l->lanes_n == LAB_LANES_MAX) {
            wf_doc_error(d, item, &here, "a ladder has at most %d nodes", LAB_LANES_MAX);
            return;
        }
        for (size_t j = 0; j < l->lanes_n; j++) {
            if (l->lanes[j] == node)
                wf_doc_error(d, item, &here, "node \"%s\" is there twice", name);
        }
        l->lanes[l->lanes_n++] = node;
    }
    if (l->lanes_n < 2)
        wf_doc_error(d, n, at, "a ladder needs at least two nodes");
}

#define LADDER(f) offsetof(struct lab_ladder, f)
static const struct lab_field ladder_fields[] = {
    {LAB_CALL("nodes", 0, read_lanes), .is_required = true},
    {LAB_VALUE("title", LAB_T_TEXT, LADDER(title))},
    {LAB_VALUE("step", LAB_T_TEXT, LADDER(step))},
    {LAB_WORDS("protocol", LADDER(protocol), wf_lab_protocol_names)},
    {LAB_NUMBER("port", LAB_T_COUNT, LADDER(port), 1, 65535)},
    {LAB_NUMBER("first", LAB_T_COUNT, LADDER(first), 1, 500)},
    {LAB_VALUE("skip", LAB_T_COUNT, LADDER(skip))},
};
#undef LADDER

static void check_step_name(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                            const char *name)
{
    const struct lab *lab = wf_lab_reader(d)->lab;
    const char **known = wf_lab_alloc(d->arena, (lab->steps.n + 1) * sizeof(*known));
    for (size_t i = 0; i < lab->steps.n; i++) {
        known[i] = wf_lab_step(&lab->steps, i)->name;
        if (strcmp(known[i], name) == 0)
            return;
    }
    wf_doc_unknown(d, n, at, "step", name, known, lab->steps.n);
}

/* A lane that no link joins to another, directly or over switches, would stay empty. */
static void check_lanes(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at,
                        const struct lab_ladder *l)
{
    const struct lab *lab = wf_lab_reader(d)->lab;
    for (size_t i = 0; i < l->lanes_n; i++) {
        bool is_joined = false;
        for (size_t k = 0; k < lab->links.n; k++) {
            const struct lab_end *end = wf_lab_link(lab, k)->end;
            for (unsigned e = 0; e < 2; e++)
                is_joined = is_joined || (end[e].node == l->lanes[i] &&
                                          wf_ladder_beyond(lab, l, end[1 - e].node, i) != SIZE_MAX);
        }
        if (!is_joined)
            wf_doc_error(
                d, n, at,
                "no link joins %s to another of the nodes: name the router in between, too",
                wf_lab_node(lab, l->lanes[i])->name);
    }
}

void wf_read_ladders(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at)
{
    static const struct lab_table t = LAB_TABLE(ladder_fields);
    struct lab *lab = wf_lab_reader(d)->lab;
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        struct lab_ladder *l = wf_vec_push(&lab->ladders, sizeof(*l));
        l->first = 40;
        l->mark = wf_doc_mark(item);
        wf_doc_read_map(d, item, &here, &t, l);
        if (l->step != NULL)
            check_step_name(d, item, &here, l->step);
        if (l->lanes_n > 1)
            check_lanes(d, item, &here, l);
        if (l->title == NULL)
            l->title = l->step != NULL ? l->step : "Packets";
    }
}

/* ---- comparisons ---- */

static const struct lab_step *step_with_port(const struct lab_vec *steps, uint64_t port)
{
    for (size_t i = 0; i < steps->n; i++) {
        const struct lab_step *s = wf_lab_step(steps, i);
        if (wf_lab_is_tcp(s->kind) && s->talk.port == port)
            return s;
        for (size_t j = 0; j < s->steps.n; j++) { /* Steps stand at most two deep. */
            const struct lab_step *inner = wf_lab_step(&s->steps, j);
            if (wf_lab_is_tcp(inner->kind) && inner->talk.port == port)
                return inner;
        }
    }
    return NULL;
}

static void read_ports(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_field port = {.type = LAB_T_COUNT, .min = 1, .max = 65535};
    struct lab_compare *c = to;
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        unsigned errors = d->errors;
        uint64_t number = 0;
        if (i == LAB_COMPARED_MAX) {
            wf_doc_error(d, item, &here, "at most %d flows are compared", LAB_COMPARED_MAX);
            return;
        }
        wf_doc_read_field(d, item, &here, &port, &number);
        if (d->errors != errors)
            continue;
        const struct lab_step *s = step_with_port(&wf_lab_reader(d)->lab->steps, number);
        if (s == NULL)
            wf_doc_error(d, item, &here, "no step moves data by TCP to port %u", (unsigned)number);
        else
            c->flows[c->flows_n++] = (struct lab_compared){.port = number, .label = s->name};
    }
}

#define COMPARE(f) offsetof(struct lab_compare, f)
static const struct lab_field compare_fields[] = {
    {LAB_VALUE("title", LAB_T_TEXT, COMPARE(title)), .is_required = true},
    {LAB_WORDS("what", COMPARE(what), wf_lab_compare_names), .is_required = true},
    {LAB_CALL("ports", 0, read_ports), .is_required = true},
    {LAB_VALUE("aligned", LAB_T_BOOL, COMPARE(is_aligned))},
};
#undef COMPARE

static void read_compares(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at)
{
    static const struct lab_table t = LAB_TABLE(compare_fields);
    yaml_node_t *item;
    if (!wf_doc_is_list(d, n, at))
        return;
    for (size_t i = 0; (item = wf_doc_item(d, n, i)) != NULL; i++) {
        struct lab_at here = {.up = at, .index = i};
        struct lab_compare *c = wf_vec_push(&wf_lab_reader(d)->lab->compares, sizeof(*c));
        c->mark = wf_doc_mark(item);
        wf_doc_read_map(d, item, &here, &t, c);
    }
}

/* ---- the whole file ---- */

#define CAPTURE(f) offsetof(struct lab, f)
static const struct lab_field capture_fields[] = {
    {LAB_NUMBER("snaplen", LAB_T_BYTES, CAPTURE(capture_snaplen), 64, 65549)},
    {LAB_NUMBER("packets", LAB_T_COUNT, CAPTURE(capture_packets), 0, 10000000)},
};

static void read_capture(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(capture_fields);
    wf_doc_read_map(d, n, at, &t, to);
}

static const struct lab_field limits_fields[] = {
    {LAB_NUMBER("time", LAB_T_TIME, CAPTURE(time_max), SECOND, 1000000 * SECOND)},
};
#undef CAPTURE

static void read_limits(struct lab_doc *d, yaml_node_t *n, const struct lab_at *at, void *to)
{
    static const struct lab_table t = LAB_TABLE(limits_fields);
    wf_doc_read_map(d, n, at, &t, to);
}

/** struct file_parts - The parts of a file, taken up in the order they need each other */
struct file_parts {
    struct lab lab; /* First: what is read at once goes there. */
    yaml_node_t *topology, *scenario, *expect, *ladder, *compare;
};

#define LAB(f)  offsetof(struct lab, f)
#define PART(f) offsetof(struct file_parts, f)
static const struct lab_field file_fields[] = {
    {LAB_NUMBER("name", LAB_T_NAME, LAB(name), 1, 64), .is_required = true},
    {LAB_VALUE("title", LAB_T_TEXT, LAB(title))},
    {LAB_VALUE("description", LAB_T_TEXT, LAB(description))},
    {LAB_VALUE("seed", LAB_T_COUNT, LAB(seed))},
    {LAB_CALL("capture", 0, read_capture)},
    {LAB_CALL("limits", 0, read_limits)},
    {LAB_VALUE("topology", LAB_T_NODE, PART(topology)), .is_required = true},
    {LAB_VALUE("scenario", LAB_T_NODE, PART(scenario))},
    {LAB_VALUE("expect", LAB_T_NODE, PART(expect))},
    {LAB_VALUE("ladder", LAB_T_NODE, PART(ladder))},
    {LAB_VALUE("compare", LAB_T_NODE, PART(compare))},
};
#undef LAB
#undef PART

static void read_root(struct lab_reader *r)
{
    static const struct lab_table t = LAB_TABLE(file_fields);
    struct lab_doc *d = &r->doc;
    struct file_parts p = {.lab = *r->lab};
    wf_doc_read_map(d, yaml_document_get_root_node(&d->yaml), NULL, &t, &p);
    p.lab.arena = r->lab->arena; /* It has grown meanwhile. */
    *r->lab = p.lab;

    struct lab_at topology = {.key = "topology"}, scenario = {.key = "scenario"},
                  expect = {.key = "expect"}, ladder = {.key = "ladder"},
                  compare = {.key = "compare"};
    if (p.topology != NULL)
        wf_read_topology(d, p.topology, &topology);
    if (p.scenario != NULL)
        wf_read_steps(d, p.scenario, &scenario, &r->lab->steps);
    if (p.expect != NULL)
        wf_read_expects(d, p.expect, &expect, LAB_STEP_KINDS, &r->lab->expects);
    if (p.ladder != NULL)
        wf_read_ladders(d, p.ladder, &ladder);
    if (p.compare != NULL)
        read_compares(d, p.compare, &compare);
    if (r->lab->title == NULL)
        r->lab->title = r->lab->name;
}

bool wf_lab_read(struct lab *lab, const char *file, FILE *err)
{
    struct lab_reader r = {.doc = {.file = file, .err = err, .arena = &lab->arena}, .lab = lab};
    lab->file = file;
    lab->seed = 1;
    lab->time_max = 3600 * SECOND;
    lab->capture_snaplen = 128;
    lab->capture_packets = 5000;
    if (!wf_doc_load(&r.doc))
        return false;
    read_root(&r);
    wf_doc_free(&r.doc);
    if (r.doc.errors > LAB_ERRORS_MAX)
        (void)fprintf(err, "%s: %u more errors\n", file, r.doc.errors - LAB_ERRORS_MAX);
    return r.doc.errors == 0;
}
