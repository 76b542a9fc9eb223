/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "read.h"

#define SECOND     UINT64_C(1000000000)
#define LOOK_TURNS 64U /* Turns of the world between two looks at traces and connections. */
#define NAP_NS     20000000

/** struct group - Steps that run at the same time: one, or those of "parallel" */
struct group {
    struct lab_run *run;
    struct lab_step *steps;
    const struct lab_step *whole; /* The step "parallel" whose steps they are, or NULL. */
    size_t n, left;               /* left: not yet ended. */
    uint64_t start_ns;
};

double wf_run_seconds(const struct lab_run *run)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - run->real_start.tv_sec) +
           (double)(now.tv_nsec - run->real_start.tv_nsec) / 1e9;
}

static uint64_t time_limit(const struct lab_run *run)
{
    return run->start_ns + run->lab->time_max;
}

/* ---- how far the world may run ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The next moment at which a step wants something. */
static uint64_t next_moment(const struct group *g)
{
    uint64_t until = time_limit(g->run);
    for (size_t i = 0; i < g->n; i++) {
        const struct lab_step *s = &g->steps[i];
        if (s->outcome == LAB_NOT_RUN)
            until = earlier(until, g->start_ns + s->after);
        else if (s->outcome == LAB_RUNNING)
            until = earlier(until, earlier(s->wake_ns, s->due_ns));
    }
    return until;
}

static void look_around(struct group *g)
{
    g->run->turns = 0;
    wf_record_drain(&g->run->rec);
    wf_progress_tick(g->run, &g->steps[0]);
}

static bool is_going(void *user)
{
    struct group *g = user;
    if (++g->run->turns >= LOOK_TURNS)
        look_around(g);
    for (size_t i = 0; i < g->n; i++) {
        struct lab_step *s = &g->steps[i];
        if (s->outcome == LAB_RUNNING) /* Each turn: the lowest window may last for one only. */
            wf_step_look(s);
        if (s->outcome == LAB_RUNNING && s->wake_ns == WEFT_NEVER && wf_step_is_done(g->run, s))
            return false;
    }
    return true;
}

/* Sleeps until the real clock has reached a virtual time, or a little while; true if it has. */
static bool wait_for_clock(struct lab_run *run, uint64_t virtual_ns)
{
    double ahead = (double)(virtual_ns - run->start_ns) / 1e9 - wf_run_seconds(run);
    if (ahead <= 0)
        return true;
    struct timespec nap = {.tv_nsec = ahead < 1e-9 * NAP_NS ? (long)(ahead * 1e9) : NAP_NS};
    (void)nanosleep(&nap, NULL);
    return ahead * 1e9 <= NAP_NS;
}

/* Runs up to a time, or until is_going() says no. False if the world has failed. */
static bool run_until(struct group *g, uint64_t until_ns)
{
    struct weft_world *w = g->run->w;
    int r = 0;
    while (r == 0 && weft_world_now(w) < until_ns) {
        uint64_t to = until_ns;
        if (g->run->opt->is_real_time) {
            to = earlier(until_ns, weft_world_next(w));
            if (to > weft_world_now(w) && !wait_for_clock(g->run, to)) {
                wf_progress_tick(g->run, &g->steps[0]);
                continue;
            }
        }
        r = weft_world_run_while(w, to, is_going, g);
        if (r == 0 && weft_world_now(w) < to) /* Nothing is pending: time passes all the same. */
            r = weft_world_run(w, to);
    }
    return r >= 0;
}

/* ---- groups ---- */

static void end_step(struct group *g, struct lab_step *s, bool is_late)
{
    wf_record_drain(&g->run->rec);
    wf_step_end(g->run, s, is_late);
    g->left--;
    wf_progress_end(g->run, s);
}

/* What has to be done at this moment; true if something was. */
static bool take_turns(struct group *g)
{
    uint64_t now = weft_world_now(g->run->w);
    bool has_acted = false;
    for (size_t i = 0; i < g->n; i++) {
        struct lab_step *s = &g->steps[i];
        if (s->outcome == LAB_NOT_RUN && now >= g->start_ns + s->after) {
            wf_progress_begin(g->run, s);
            wf_step_begin(g->run, s);
            has_acted = true;
        }
        if (s->outcome != LAB_RUNNING)
            continue;
        if (wf_step_is_done(g->run, s)) {
            has_acted = true;
            if (wf_step_wake(g->run, s))
                end_step(g, s, false);
        } else if (now >= s->due_ns) {
            has_acted = true;
            end_step(g, s, true);
        }
    }
    return has_acted;
}

/* False if the scenario cannot go on. */
static bool run_group(struct group *g)
{
    struct lab_run *run = g->run;
    g->start_ns = weft_world_now(run->w);
    g->left = g->n;
    run->steps_now = g->steps;
    run->steps_now_n = g->n;
    wf_record_pause(&run->rec);
    if (g->whole != NULL)
        wf_record_step(&run->rec, g->whole);
    while (g->left != 0) {
        if (take_turns(g))
            continue;
        if (!run_until(g, next_moment(g)))
            run->problem = weft_world_error(run->w);
        else if (weft_world_now(run->w) >= time_limit(run))
            run->problem = "the time limit of the lab is reached (limits: time)";
        if (run->problem == NULL)
            continue;
        if (take_turns(g) && g->left == 0) /* What ended at this very moment did end. */
            break;
        run->has_hit_limit = weft_world_error(run->w)[0] == '\0';
        for (size_t i = 0; i < g->n; i++) {
            if (g->steps[i].outcome == LAB_RUNNING)
                end_step(g, &g->steps[i], true);
        }
        break;
    }
    return run->problem == NULL;
}

static bool run_parallel(struct lab_run *run, struct lab_step *s)
{
    struct group g = {.run = run, .steps = s->steps.items, .n = s->steps.n, .whole = s};
    s->started_ns = weft_world_now(run->w);
    s->real_s = wf_run_seconds(run);
    bool can_go_on = run_group(&g);
    s->ended_ns = weft_world_now(run->w);
    s->real_s = wf_run_seconds(run) - s->real_s;
    s->outcome = LAB_PASSED;
    for (size_t i = 0; i < s->steps.n; i++) {
        if (wf_lab_step(&s->steps, i)->outcome != LAB_PASSED)
            s->outcome = LAB_FAILED;
    }
    s->values[0] = (struct lab_value){.number = s->ended_ns - s->started_ns, .is_there = true};
    s->summary = "";
    if (!wf_eval(run, &s->expects, s)) {
        s->outcome = LAB_FAILED;
        run->has_failed = true;
    }
    wf_progress_end(run, s);
    return can_go_on;
}

/* Waits for the time at which a step is to begin. */
static bool wait_for_start(struct lab_run *run, struct lab_step *s)
{
    struct lab_step idle = {.kind = LAB_STEP_WAIT, .name = s->name, .outcome = LAB_PASSED};
    struct group g = {.run = run, .steps = &idle, .n = 1};
    uint64_t now = weft_world_now(run->w), at = now + s->after;
    if (s->at != WEFT_NEVER) {
        at = run->start_ns + s->at;
        if (at < now)
            s->problem = "its time (\"at\") had passed already when the step before it ended";
    }
    s->after = 0;
    if (at > now && !run_until(&g, earlier(at, time_limit(run))))
        run->problem = weft_world_error(run->w);
    else if (at > time_limit(run)) {
        run->problem = "the time limit of the lab is reached (limits: time)";
        run->has_hit_limit = true;
    }
    return run->problem == NULL;
}

void wf_run_scenario(struct lab_run *run)
{
    struct lab *lab = run->lab;
    (void)clock_gettime(CLOCK_MONOTONIC, &run->real_start);
    run->start_ns = weft_world_now(run->w);
    for (size_t i = 0; i < lab->steps.n && run->problem == NULL; i++) {
        struct lab_step *s = wf_lab_step(&lab->steps, i);
        struct group g = {.run = run, .steps = s, .n = 1};
        if (!wait_for_start(run, s))
            break;
        (void)(s->kind == LAB_STEP_PARALLEL ? run_parallel(run, s) : run_group(&g));
    }
    run->end_ns = weft_world_now(run->w);
    /* What is under way may arrive: the last ACK, for one. */
    if (run->problem == NULL && weft_world_run(run->w, run->end_ns + SECOND) != 0)
        run->problem = weft_world_error(run->w);
    run->real_s = wf_run_seconds(run);
    if (!wf_eval(run, &lab->expects, NULL))
        run->has_failed = true;
}

/* ---- the whole ---- */

static int outcome_of(const struct lab_run *run)
{
    if (run->has_hit_limit)
        return LAB_EXIT_LIMIT;
    return run->has_failed || run->problem != NULL ? LAB_EXIT_FAILED : LAB_EXIT_OK;
}

static int run_lab(struct lab_run *run)
{
    const struct lab_options *opt = run->opt;
    if (!wf_run_build(run))
        return LAB_EXIT_BAD_FILE;
    if (opt->out_dir != NULL &&
        !(wf_report_folder(opt->out_dir, run->err) &&
          wf_record_open(&run->rec, run->lab, run->w, opt->out_dir, run->err)))
        return LAB_EXIT_LIMIT;
    wf_run_scenario(run);
    bool is_written = wf_record_close(&run->rec, run->w, run->err);
    if (opt->out_dir != NULL)
        is_written = wf_report_files(run, opt->out_dir) && is_written;
    run->has_report = opt->out_dir != NULL && is_written;
    if (opt->is_json)
        is_written = wf_report_json(run, run->out) && is_written;
    else
        wf_report_text(run);
    return is_written ? outcome_of(run) : LAB_EXIT_LIMIT;
}

int weft_lab_run(const struct lab_options *opt)
{
    struct lab lab = {0};
    struct lab_run run = {.lab = &lab,
                          .opt = opt,
                          .out = opt->out != NULL ? opt->out : stdout,
                          .err = opt->err != NULL ? opt->err : stderr};
    int code = LAB_EXIT_BAD_FILE;
    if (wf_lab_read(&lab, opt->file, run.err)) {
        run.seed = opt->has_seed ? opt->seed : lab.seed;
        code = run_lab(&run);
        (void)wf_record_close(&run.rec, run.w, run.err);
    }
    weft_world_destroy(run.w);
    wf_record_free(&run.rec);
    wf_lab_free(&lab);
    return code;
}
