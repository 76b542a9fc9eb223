/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <errno.h>
#include <string.h>

#define DRAIN_RECORDS 512

static void on_tap(void *user, const struct weft_tap *tap)
{
    struct lab_ear *ear = user;
    struct lab_record *r = ear->r;
    wf_capture_tap(&ear->capture, tap);
    for (size_t i = 0; i < r->lab->ladders.n; i++)
        wf_ladder_tap(&r->rungs[i], ear->link, tap);
}

static bool open_capture(struct lab_record *r, size_t i, const char *dir, FILE *err)
{
    struct lab_link *link = wf_lab_link(r->lab, i);
    struct lab_ear *ear = &r->ears[i];
    char *file = wf_lab_printf(&r->lab->arena, "link-%zu-%s.pcapng", i + 1, link->name);
    for (char *c = file; *c != '\0'; c++) { /* A colon is no part of a file name everywhere. */
        if (*c == ':')
            *c = '.';
    }
    const char *path = wf_lab_printf(&r->lab->arena, "%s/%s", dir, file);
    char why[128];
    if (!wf_capture_open(&ear->capture, &r->lab->arena, r->lab, link, path)) {
        (void)fprintf(err, "%s: cannot be written: %s\n", path,
                      wf_sys_error(why, sizeof(why), errno));
        return false;
    }
    ear->capture.file = file;
    return true;
}

bool wf_record_open(struct lab_record *r, struct lab *lab, struct weft_world *w, const char *dir,
                    FILE *err)
{
    r->lab = lab;
    r->start_ns = weft_world_now(w);
    r->ears = wf_lab_alloc(&lab->arena, (lab->links.n + 1) * sizeof(*r->ears));
    r->rungs = wf_lab_alloc(&lab->arena, (lab->ladders.n + 1) * sizeof(*r->rungs));
    for (size_t i = 0; i < lab->ladders.n; i++) {
        const struct lab_ladder *spec = (const struct lab_ladder *)lab->ladders.items + i;
        r->rungs[i].lab = lab;
        r->rungs[i].arena = &lab->arena;
        r->rungs[i].spec = spec;
        r->rungs[i].is_on = spec->step == NULL;
        r->rungs[i].parked_ns = WEFT_NEVER;
    }
    for (size_t i = 0; i < lab->links.n; i++) {
        r->ears[i].r = r;
        r->ears[i].link = i;
        if (!open_capture(r, i, dir, err))
            return false;
        weft_link_tap(w, wf_lab_link(lab, i)->link, on_tap, &r->ears[i]);
    }
    return true;
}

void wf_record_step(struct lab_record *r, const struct lab_step *s)
{
    for (size_t i = 0; r->rungs != NULL && i < r->lab->ladders.n; i++) {
        const char *step = r->rungs[i].spec->step;
        if (step != NULL && strcmp(step, s->name) == 0)
            r->rungs[i].is_on = true;
    }
}

void wf_record_pause(struct lab_record *r)
{
    for (size_t i = 0; r->rungs != NULL && i < r->lab->ladders.n; i++)
        r->rungs[i].is_on = r->rungs[i].spec->step == NULL;
}

static bool is_of_step(const struct lab_step *s, size_t node, const struct weft_trace_rec *rec)
{
    bool is_from = s->from == node && rec->rport == s->talk.port;
    bool is_to = s->to == node && rec->lport == s->talk.port;
    return wf_lab_is_tcp(s->kind) && s->outcome == LAB_RUNNING && (is_from || is_to);
}

/* The TCP step whose connection this is, to name the flow after; NULL if there is none. */
static const struct lab_step *step_of(const struct lab_vec *steps, size_t node,
                                      const struct weft_trace_rec *rec)
{
    for (size_t i = 0; i < steps->n; i++) {
        const struct lab_step *s = wf_lab_step(steps, i);
        if (is_of_step(s, node, rec))
            return s;
        for (size_t j = 0; j < s->steps.n; j++) { /* Steps stand at most two deep. */
            if (is_of_step(wf_lab_step(&s->steps, j), node, rec))
                return wf_lab_step(&s->steps, j);
        }
    }
    return NULL;
}

static const char *flow_label(struct lab_record *r, size_t node, const struct weft_trace_rec *rec)
{
    const struct lab *lab = r->lab;
    const struct lab_step *s = step_of(&lab->steps, node, rec);
    const char *here = wf_lab_node(lab, node)->name, *there = "peer";
    if (s != NULL)
        there = wf_lab_node(lab, s->from == node ? s->to : s->from)->name;
    return wf_lab_printf(&r->lab->arena, "%s:%u to %s:%u", here, rec->lport, there, rec->rport);
}

static struct lab_flow *flow_of(struct lab_record *r, size_t node, const struct weft_trace_rec *rec)
{
    for (size_t i = r->flows.n; i-- > 0;) { /* The latest ones are the busy ones. */
        struct lab_flow *f = (struct lab_flow *)r->flows.items + i;
        if (f->node == node && f->id == rec->flow && f->lport == rec->lport &&
            f->rport == rec->rport)
            return f;
    }
    if (r->flows.n == LAB_FLOWS_MAX || rec->rport == 0)
        return NULL;
    struct lab_flow *f = wf_vec_push(&r->flows, sizeof(*f));
    f->node = node;
    f->id = rec->flow;
    f->lport = rec->lport;
    f->rport = rec->rport;
    f->label = flow_label(r, node, rec);
    return f;
}

static void drain_node(struct lab_record *r, size_t i)
{
    struct lab_node *node = wf_lab_node(r->lab, i);
    struct weft_stack *st = weft_node_stack(node->node);
    struct weft_trace_rec recs[DRAIN_RECORDS];
    uint64_t lost;
    uint32_t n;
    do {
        n = weft_trace_read(st, recs, DRAIN_RECORDS, &lost);
        node->trace_lost += lost;
        for (uint32_t j = 0; j < n; j++) {
            if (recs[j].kind == WEFT_TRACE_DROP || recs[j].kind == WEFT_TRACE_TCP_STATE)
                continue;
            struct lab_flow *f = flow_of(r, i, &recs[j]);
            if (f != NULL)
                wf_flow_add(f, &recs[j]);
            else
                r->flows_left_out++;
        }
    } while (n == DRAIN_RECORDS);
}

void wf_record_drain(struct lab_record *r)
{
    for (size_t i = 0; r->ears != NULL && i < r->lab->nodes.n; i++) {
        if (!wf_lab_is_bridge(wf_lab_node(r->lab, i)))
            drain_node(r, i);
    }
}

bool wf_record_close(struct lab_record *r, struct weft_world *w, FILE *err)
{
    bool is_ok = true;
    if (r->ears == NULL)
        return true;
    wf_record_drain(r);
    for (size_t i = 0; i < r->lab->links.n; i++) {
        struct lab_ear *ear = &r->ears[i];
        if (wf_lab_link(r->lab, i)->link != NULL)
            weft_link_tap(w, wf_lab_link(r->lab, i)->link, NULL, NULL);
        if (ear->capture.f != NULL && !wf_capture_close(&ear->capture)) {
            (void)fprintf(err, "%s: could not be written completely\n", ear->capture.file);
            is_ok = false;
        }
    }
    return is_ok;
}

void wf_record_free(struct lab_record *r)
{
    for (size_t i = 0; r->rungs != NULL && i < r->lab->ladders.n; i++)
        wf_ladder_free(&r->rungs[i]);
    for (size_t i = 0; i < r->flows.n; i++)
        wf_flow_free((struct lab_flow *)r->flows.items + i);
    wf_vec_free(&r->flows);
}
