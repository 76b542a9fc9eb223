/* SPDX-License-Identifier: MIT */
/** DOC: The result as JSON: the same facts as the table, and counters */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "run.h"
#include "weft/trace.h"

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *word(const char *s)
{
    return s != NULL ? json_string(s) : json_null();
}

static json_t *expects_of(const struct lab_vec *expects)
{
    json_t *list = json_array();
    for (size_t i = 0; i < expects->n; i++) {
        const struct lab_expect *e = wf_lab_expect(expects, i);
        json_t *o = json_object();
        json_object_set_new(o, "line", number(e->mark.line));
        json_object_set_new(o, "expected", word(e->text));
        json_object_set_new(o, "got", word(e->got));
        json_object_set_new(o, "holds", json_boolean(e->holds));
        json_array_append_new(list, o);
    }
    return list;
}

/* Numbers in their base unit: ns, bytes, bit/s; shares as parts per million. */
static json_t *metrics_of(const struct lab_step *s)
{
    size_t n;
    const struct lab_metric *m = wf_lab_metrics(s->kind, &n);
    json_t *o = json_object();
    for (size_t i = 0; i < n; i++) {
        const struct lab_value *v = &s->values[i];
        if (v->is_there)
            json_object_set_new(o, m[i].name,
                                m[i].type == LAB_V_TEXT ? word(v->text) : number(v->number));
    }
    return o;
}

static const char *outcome_word(enum lab_outcome o)
{
    return o == LAB_PASSED ? "passed" : o == LAB_FAILED ? "failed" : "not run";
}

static json_t *step_object(const struct lab_run *run, const struct lab_step *s)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", word(s->name));
    json_object_set_new(o, "kind", word(wf_lab_step_names[s->kind]));
    json_object_set_new(o, "line", number(s->mark.line));
    json_object_set_new(o, "result", word(outcome_word(s->outcome)));
    if (s->outcome == LAB_NOT_RUN)
        return o;
    json_object_set_new(o, "started_ns", number(s->started_ns - run->start_ns));
    json_object_set_new(o, "ended_ns", number(s->ended_ns - run->start_ns));
    json_object_set_new(o, "real_s", json_real(s->real_s));
    json_object_set_new(o, "summary", word(s->summary));
    if (s->problem != NULL)
        json_object_set_new(o, "problem", word(s->problem));
    json_object_set_new(o, "metrics", metrics_of(s));
    json_object_set_new(o, "expectations", expects_of(&s->expects));
    if (s->shown != NULL)
        json_object_set_new(o, "shown", word(s->shown));
    return o;
}

static json_t *steps_of(const struct lab_run *run, const struct lab_vec *steps)
{
    json_t *list = json_array();
    for (size_t i = 0; i < steps->n; i++) {
        const struct lab_step *s = wf_lab_step(steps, i);
        json_t *o = step_object(run, s);
        if (s->kind == LAB_STEP_PARALLEL) { /* Steps stand at most two deep. */
            json_t *inner = json_array();
            for (size_t j = 0; j < s->steps.n; j++)
                json_array_append_new(inner, step_object(run, wf_lab_step(&s->steps, j)));
            json_object_set_new(o, "steps", inner);
        }
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *nodes_of(const struct lab *lab)
{
    json_t *nodes = json_object();
    for (size_t i = 0; i < lab->nodes.n; i++) {
        const struct lab_node *node = wf_lab_node(lab, i);
        json_t *o = json_object(), *counters = json_object(), *drops = json_object();
        json_object_set_new(o, "kind", word(wf_lab_kind_names[node->set.kind]));
        const struct weft_stack *st = wf_lab_is_bridge(node) ? NULL : weft_node_stack(node->node);
        for (unsigned k = 0; st != NULL && k < WEFT_COUNT_COUNT; k++) {
            if (weft_counter(st, k) != 0)
                json_object_set_new(counters, weft_counter_name(k), number(weft_counter(st, k)));
        }
        for (unsigned k = 0; st != NULL && k < WEFT_DROP_COUNT; k++) {
            if (weft_drops(st, k) != 0)
                json_object_set_new(drops, weft_drop_name(k), number(weft_drops(st, k)));
        }
        json_object_set_new(o, "counters", counters);
        json_object_set_new(o, "drops", drops);
        json_object_set_new(nodes, node->name, o);
    }
    return nodes;
}

static json_t *links_of(const struct lab_run *run)
{
    json_t *links = json_object();
    for (size_t i = 0; i < run->lab->links.n; i++) {
        const struct lab_link *link = wf_lab_link(run->lab, i);
        json_t *o = json_object();
        for (unsigned d = 0; d < 2; d++) {
            struct weft_link_stats s;
            json_t *way = json_object();
            weft_link_stats(link->link, d, &s);
            for (unsigned f = 0; f < WEFT_FATE_COUNT; f++) {
                if (s.pkts[f] != 0)
                    json_object_set_new(way, weft_fate_name(f), number(s.pkts[f]));
            }
            json_object_set_new(o, d == 0 ? "a-to-b" : "b-to-a", way);
        }
        if (run->rec.ears != NULL) {
            const struct lab_capture *c = &run->rec.ears[i].capture;
            json_object_set_new(o, "capture", word(c->file));
            json_object_set_new(o, "captured", number(c->packets));
            json_object_set_new(o, "not_captured", number(c->left_out));
        }
        json_object_set_new(links, link->name, o);
    }
    return links;
}

bool wf_report_json(struct lab_run *run, FILE *f)
{
    const struct lab *lab = run->lab;
    char hash[24];
    (void)snprintf(hash, sizeof(hash), "%016" PRIx64, weft_world_hash(run->w));
    bool is_ok = !run->has_failed && run->problem == NULL;
    json_t *o = json_object();
    json_object_set_new(o, "name", word(lab->name));
    json_object_set_new(o, "title", word(lab->title));
    json_object_set_new(o, "file", word(lab->file));
    json_object_set_new(o, "seed", number(run->seed));
    json_object_set_new(o, "result", word(is_ok ? "passed" : "failed"));
    if (run->problem != NULL)
        json_object_set_new(o, "problem", word(run->problem));
    json_object_set_new(o, "virtual_ns", number(run->end_ns - run->start_ns));
    json_object_set_new(o, "real_s", json_real(run->real_s));
    json_object_set_new(o, "trace_hash", word(hash));
    json_object_set_new(o, "events", number(weft_world_events(run->w)));
    json_object_set_new(o, "steps", steps_of(run, &lab->steps));
    json_object_set_new(o, "expectations", expects_of(&lab->expects));
    json_object_set_new(o, "nodes", nodes_of(lab));
    json_object_set_new(o, "links", links_of(run));
    bool is_written = json_dumpf(o, f, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 &&
                      fputc('\n', f) != EOF && fflush(f) == 0;
    json_decref(o);
    return is_written;
}
