/* SPDX-License-Identifier: MIT */
/** DOC: Progress while a lab runs, and the table at its end */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#define LINE_EVERY_S 0.1
#define BAR          "------------------------------------------------------------------------------"

static const char *outcome_text(enum lab_outcome o)
{
    static const char *const texts[] = {[LAB_NOT_RUN] = "not run",
                                        [LAB_RUNNING] = "running",
                                        [LAB_PASSED] = "ok",
                                        [LAB_FAILED] = "FAILED"};
    return texts[o];
}

static bool is_shown(const struct lab_run *run)
{
    return !run->opt->is_quiet;
}

static void clear_line(struct lab_run *run)
{
    if (run->has_line)
        (void)fputs("\r\033[K", run->err);
    run->has_line = false;
}

void wf_progress_begin(struct lab_run *run, const struct lab_step *s)
{
    run->is_tty = is_shown(run) && isatty(fileno(run->err)) == 1;
    run->next_line_s = 0;
    wf_progress_tick(run, s);
}

void wf_progress_tick(struct lab_run *run, const struct lab_step *s)
{
    double now = run->is_tty ? wf_run_seconds(run) : 0;
    if (!run->is_tty || now < run->next_line_s)
        return;
    run->next_line_s = now + LINE_EVERY_S;
    double virtual_s = (double)(weft_world_now(run->w) - run->start_ns) / 1e9;
    (void)fprintf(run->err, "\r\033[K%.60s ... %.1f s of virtual time", s->name, virtual_s);
    if (s->server != NULL && s->talk.bytes != 0) {
        char size[32];
        (void)fprintf(run->err, ", %s",
                      wf_units_text(size, sizeof(size), LAB_UNIT_BYTES,
                                    weft_actor_result(s->server)->bytes_in));
    }
    (void)fflush(run->err);
    run->has_line = true;
}

void wf_progress_end(struct lab_run *run, const struct lab_step *s)
{
    char time[32];
    clear_line(run);
    if (!is_shown(run))
        return;
    (void)fprintf(run->err, "%-6s  %s (%s)%s%s\n", outcome_text(s->outcome), s->name,
                  wf_units_text(time, sizeof(time), LAB_UNIT_TIME, s->ended_ns - s->started_ns),
                  s->summary != NULL && *s->summary != '\0' ? ": " : "",
                  s->summary != NULL ? s->summary : "");
    (void)fflush(run->err);
}

/* ---- the table ---- */

static void print_expects(const struct lab_run *run, const struct lab_vec *expects)
{
    for (size_t i = 0; i < expects->n; i++) {
        const struct lab_expect *e = wf_lab_expect(expects, i);
        if (e->holds)
            (void)fprintf(run->out, "           holds  %s (%s)\n", e->text, e->got);
        else
            (void)fprintf(run->out, "           FALSE  %s:%u: wanted %s, got %s\n", run->lab->file,
                          e->mark.line, e->text, e->got != NULL ? e->got : "nothing");
    }
}

static void print_shown(const struct lab_run *run, const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        (void)fprintf(run->out, "           %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void print_step(const struct lab_run *run, const struct lab_step *s, const char *number)
{
    char time[32];
    wf_units_text(time, sizeof(time), LAB_UNIT_TIME, s->ended_ns - s->started_ns);
    bool has_run = s->outcome != LAB_NOT_RUN;
    int wide = 0; /* Bytes of the time that take no column: of "µ" one. */
    for (const char *c = time; *c != '\0'; c++)
        wide += (*c & 0xc0) == 0x80;
    (void)fprintf(run->out, "%4s  %-7s  %*s  %s\n", number, outcome_text(s->outcome), 9 + wide,
                  has_run ? time : "", s->name);
    if (s->summary != NULL && *s->summary != '\0')
        (void)fprintf(run->out, "           %s\n", s->summary);
    if (s->problem != NULL)
        (void)fprintf(run->out, "           FALSE  %s:%u: %s\n", run->lab->file, s->mark.line,
                      s->problem);
    if (has_run)
        print_expects(run, &s->expects);
    if (s->shown != NULL)
        print_shown(run, s->shown);
}

void wf_report_text(struct lab_run *run)
{
    struct lab *lab = run->lab;
    char time[32];
    clear_line(run);
    (void)fprintf(run->out, "\n%s: %s, seed %" PRIu64 "\n%s\n", lab->name, lab->title, run->seed,
                  BAR);
    (void)fprintf(run->out, "step  result        time  what it did\n%s\n", BAR);
    for (size_t i = 0; i < lab->steps.n; i++) {
        char number[24];
        (void)snprintf(number, sizeof(number), "%zu", i + 1);
        const struct lab_step *s = wf_lab_step(&lab->steps, i);
        print_step(run, s, number);
        for (size_t j = 0; j < s->steps.n; j++) { /* Steps stand at most two deep. */
            (void)snprintf(number, sizeof(number), "%zu%c", i + 1, (char)('a' + j % 26));
            print_step(run, wf_lab_step(&s->steps, j), number);
        }
    }
    if (lab->expects.n != 0)
        (void)fputs(" end\n", run->out);
    print_expects(run, &lab->expects);
    (void)fprintf(run->out, "%s\n", BAR);
    if (run->problem != NULL)
        (void)fprintf(run->out, "ended early: %s\n", run->problem);
    (void)fprintf(run->out,
                  "%s: %zu steps, %u of %u expectations hold; %s of virtual time in %.2f s, trace "
                  "hash %016" PRIx64 "\n",
                  run->has_failed || run->problem != NULL ? "FAILED" : "ok", run->steps_run,
                  run->expects_true, run->expects_true + run->expects_false,
                  wf_units_text(time, sizeof(time), LAB_UNIT_TIME, run->end_ns - run->start_ns),
                  run->real_s, weft_world_hash(run->w));
    if (run->has_report)
        (void)fprintf(run->out, "report: %s/index.html\n", run->opt->out_dir);
    (void)fflush(run->out);
}
