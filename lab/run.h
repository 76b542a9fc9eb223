/* SPDX-License-Identifier: MIT */
/**
 * DOC: run - a lab while it runs
 *
 * Steps are small state machines around actors of the world: begun, asked whether they are done,
 * ended. One loop serves a single step and steps in parallel alike; it runs the world up to the
 * next moment at which a step wants something, and not further than a step takes to be done.
 */
#ifndef WEFT_LAB_RUN_H
#define WEFT_LAB_RUN_H

#include <time.h>

#include "lab.h"
#include "record.h"

/** struct lab_run - A lab while it runs, and what came out */
struct lab_run {
    struct lab *lab;
    const struct lab_options *opt;
    FILE *out, *err;
    struct weft_world *w;
    uint64_t seed, start_ns, end_ns;
    struct timespec real_start;
    double real_s;
    struct lab_record rec;
    struct lab_step *steps_now; /* That run at present, or will: one, or those of "parallel". */
    size_t steps_now_n;
    size_t steps_run;
    unsigned expects_true, expects_false;
    bool has_report; /* All of it was written. */
    bool has_failed; /* An expectation does not hold, or a step failed. */
    bool has_hit_limit;
    bool is_tty, has_line; /* A status line is drawn, and stands there now. */
    double next_line_s;
    uint32_t turns;      /* Of the world, since it was last looked around. */
    const char *problem; /* Why the run ended early. */
};

/** wf_run_build() - Make the world; false (told) if the file asks for something that cannot be */
bool wf_run_build(struct lab_run *run);

/** wf_run_set_link() - Give both directions of a link new properties; frames that these name are
 * counted from now on. False: no memory */
bool wf_run_set_link(struct lab_link *link, const struct lab_quality q[2]);

/** wf_run_boot() - Bring a node that crashed back; why it could not be, or NULL */
const char *wf_run_boot(struct lab_run *run, struct lab_node *node);

/** wf_flood_begin() - Find the way to who is to be flooded; why there is none, or NULL */
const char *wf_flood_begin(struct lab_run *run, struct lab_step *s);

/** wf_group_begin() - Do what a step says about a group; why it could not be, or NULL */
const char *wf_group_begin(struct lab_run *run, struct lab_step *s);

/** wf_flood_wake() - Send the next SYN; true if it was the last one */
bool wf_flood_wake(struct lab_run *run, struct lab_step *s);

/** wf_step_result() - What client @i of a step did so far */
const struct weft_actor_result *wf_step_result(const struct lab_step *s, size_t i);

/** wf_step_error_name() - Name of an enum weft_err */
const char *wf_step_error_name(int err);

/** wf_step_count() - The counters of the sender that a step compares with those before it */
void wf_step_count(struct lab_run *run, const struct lab_step *s, uint64_t out[LAB_COUNTED_MAX]);

/** wf_measure_begin() - Begin to measure the transfers that run */
void wf_measure_begin(struct lab_run *run, struct lab_step *s);

/** wf_measure() - Fill in what a step has measured, and its summary */
void wf_measure(struct lab_run *run, struct lab_step *s);

/** wf_run_scenario() - Run all steps and evaluate what is expected at the end */
void wf_run_scenario(struct lab_run *run);

/** wf_run_seconds() - Real seconds since the scenario began */
double wf_run_seconds(const struct lab_run *run);

/** wf_step_begin() - Begin a step at the present time */
void wf_step_begin(struct lab_run *run, struct lab_step *s);

/** wf_step_is_done() - Whether what a step waits for has happened */
bool wf_step_is_done(struct lab_run *run, struct lab_step *s);

/** wf_step_wake() - Called when a step is done or its time has come: what is next; true if ended */
bool wf_step_wake(struct lab_run *run, struct lab_step *s);

/** wf_step_end() - Stop what a step has open, measure, judge; is_late: its time was up */
void wf_step_end(struct lab_run *run, struct lab_step *s, bool is_late);

/** wf_step_look() - Look at the connection of a step while it is there */
void wf_step_look(struct lab_step *s);

/** wf_eval() - Evaluate expectations; @s is the step they are about or NULL; true if all hold */
bool wf_eval(struct lab_run *run, struct lab_vec *expects, const struct lab_step *s);

/** wf_show() - What the show step shows, as text */
const char *wf_show(struct lab *lab, size_t node, unsigned what);

/** wf_value_text() - A value as people read it */
const char *wf_value_text(struct lab_arena *a, enum lab_value_type type, const struct lab_value *v);

/** wf_progress_begin() - Say that a step has begun */
void wf_progress_begin(struct lab_run *run, const struct lab_step *s);

/** wf_progress_tick() - Refresh the status line, if there is one and it is time to */
void wf_progress_tick(struct lab_run *run, const struct lab_step *s);

/** wf_progress_end() - Say how a step went */
void wf_progress_end(struct lab_run *run, const struct lab_step *s);

/** wf_report_text() - The table of what each step did */
void wf_report_text(struct lab_run *run);

/** wf_report_json() - The result as JSON; false if it could not be written */
bool wf_report_json(struct lab_run *run, FILE *f);

/** wf_report_folder() - Make the folder of the report, and see that what the page needs is there;
 * false (told) */
bool wf_report_folder(const char *dir, FILE *err);

/** wf_report_files() - Write everything into the folder; false (told) if that fails */
bool wf_report_files(struct lab_run *run, const char *dir);

/** wf_report_html() - The page that shows everything */
void wf_report_html(struct lab_run *run, struct lab_buf *b, const char *dygraphs_js,
                    const char *dygraphs_css);

/** wf_report_heading() - A heading of the page */
void wf_report_heading(struct lab_buf *b, const char *id, const char *text);

/** wf_report_flows() - The flows of the page, each with its plots */
void wf_report_flows(const struct lab_run *run, struct lab_buf *b);

/** wf_report_compares() - The comparisons of the page */
void wf_report_compares(const struct lab_run *run, struct lab_buf *b);

/** wf_neigh_change() - Change neighbours and addresses as a step says; NULL, or why not */
const char *wf_neigh_change(struct lab_run *run, const struct lab_step *s);

/** wf_broadcast_begin() - Everybody listens, and one node sends; NULL, or why not */
const char *wf_broadcast_begin(struct lab_run *run, struct lab_step *s);

/** wf_broadcast_end() - Nobody listens any more; fills in how many datagrams each node has heard */
void wf_broadcast_end(struct lab_run *run, struct lab_step *s);

/** wf_forge_begin() - Find the wire of the node that forges; NULL, or why not */
const char *wf_forge_begin(struct lab_run *run, struct lab_step *s);

/** wf_forge_wake() - Send the next forged message; whether it was the last */
bool wf_forge_wake(struct lab_run *run, struct lab_step *s);

/** wf_lab_events() - Events of a kind that a node has had */
uint64_t wf_lab_events(struct lab_node *node, size_t kind);

/** wf_lab_neigh_mac() - Hardware address that a stack has for a neighbour, as text, or "none" */
const char *wf_lab_neigh_mac(struct lab_arena *a, const struct weft_stack *st,
                             const struct weft_addr *addr);

#endif /* WEFT_LAB_RUN_H */
