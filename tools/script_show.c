/* SPDX-License-Identifier: MIT */
/** DOC: weft script show - verdicts as TAP, or as lines of JSON */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

void wf_script_log_line(void *arg, const char *line)
{
    struct wf_script_log *log = arg;
    size_t n = strlen(line);
    if (log->n + n + 2 > log->cap) {
        size_t cap = (log->cap == 0 ? 1024 : log->cap * 2) + n;
        char *more = realloc(log->text, cap);
        if (more == NULL)
            return; /* The verdict does not depend on what is shown. */
        log->text = more;
        log->cap = cap;
    }
    memcpy(log->text + log->n, line, n);
    log->n += n + 1;
    log->text[log->n - 1] = '\n';
    log->text[log->n] = '\0';
}

static const char *verdict_name(enum weft_script_verdict v)
{
    switch (v) {
    case WEFT_SCRIPT_PASSED:
        return "passed";
    case WEFT_SCRIPT_FAILED:
        return "failed";
    case WEFT_SCRIPT_BAD:
        return "bad";
    case WEFT_SCRIPT_NOT_APPLICABLE:
        return "not applicable";
    }
    return "?";
}

static json_t *lines_of(const struct wf_script_log *log)
{
    json_t *list = json_array();
    for (const char *p = log->text; p != NULL && *p != '\0';) {
        const char *end = strchr(p, '\n');
        (void)json_array_append_new(list, json_stringn(p, (size_t)(end - p)));
        p = end + 1;
    }
    return list;
}

static json_t *fields_of(const struct weft_script_result *r)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < r->fields_n; i++) {
        const struct weft_script_field *f = &r->field[i];
        (void)json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:b}", "name", f->name,
                                                    "expected", f->expected, "actual", f->actual,
                                                    "different", (int)f->is_different));
    }
    return list;
}

static void print_json(json_t *event)
{
    char *text = json_dumps(event, JSON_COMPACT);
    if (text != NULL)
        printf("%s\n", text);
    free(text);
    json_decref(event);
}

static void show_json(const struct wf_script_opts *o, const char *path,
                      const struct weft_script_result *r, const struct wf_script_log *log)
{
    json_t *ev = json_pack("{s:s,s:s,s:s,s:I,s:I}", "event", "script", "file", path, "verdict",
                           verdict_name(r->verdict), "events", (json_int_t)r->events, "took_ns",
                           (json_int_t)r->took_ns);
    if (r->verdict != WEFT_SCRIPT_PASSED) {
        (void)json_object_set_new(ev, "line", json_integer(r->line));
        if (r->column > 0)
            (void)json_object_set_new(ev, "column", json_integer(r->column));
        (void)json_object_set_new(ev, "why", json_string(r->why));
    }
    if (r->verdict == WEFT_SCRIPT_FAILED) {
        (void)json_object_set_new(ev, "expected", json_string(r->expected));
        (void)json_object_set_new(ev, "actual",
                                  r->actual[0] == '\0' ? json_null() : json_string(r->actual));
        (void)json_object_set_new(ev, "fields", fields_of(r));
    }
    if (r->left_out > 0)
        (void)json_object_set_new(ev, "left_out", json_integer(r->left_out));
    if (o->is_verbose)
        (void)json_object_set_new(ev, "log", lines_of(log));
    print_json(ev);
}

void wf_script_show(const struct wf_script_opts *o, size_t number, const char *path,
                    const struct weft_script_result *r, const struct wf_script_log *log)
{
    if (o->is_json) {
        show_json(o, path, r, log);
        return;
    }
    if (o->is_quiet && r->verdict == WEFT_SCRIPT_PASSED)
        return;
    bool is_ok = r->verdict == WEFT_SCRIPT_PASSED || r->verdict == WEFT_SCRIPT_NOT_APPLICABLE;
    printf("%sok %zu - %s", is_ok ? "" : "not ", number, path);
    if (r->verdict == WEFT_SCRIPT_NOT_APPLICABLE)
        printf(" # SKIP not applicable: %s", r->why);
    printf("\n");
    if (r->left_out > 0)
        printf("# %u assertions about weft's own state are left out\n", r->left_out);
    for (const char *p = log->text; p != NULL && *p != '\0';) {
        const char *end = strchr(p, '\n');
        printf("# %.*s\n", (int)(end - p), p);
        p = end + 1;
    }
    (void)fflush(stdout);
}

void wf_script_count(struct wf_script_sums *sums, const struct weft_script_result *r)
{
    sums->passed += r->verdict == WEFT_SCRIPT_PASSED;
    sums->failed += r->verdict == WEFT_SCRIPT_FAILED;
    sums->bad += r->verdict == WEFT_SCRIPT_BAD;
    sums->na += r->verdict == WEFT_SCRIPT_NOT_APPLICABLE;
}

void wf_script_note_difference(struct wf_script_sums *sums, const char *path,
                               const struct weft_script_result *r)
{
    char line[1024];
    if (r->verdict != WEFT_SCRIPT_FAILED)
        return;
    (void)snprintf(line, sizeof(line), "%s:%u: %s | %s | %s", path, r->line, r->why, r->expected,
                   r->actual[0] != '\0' ? r->actual : "nothing");
    wf_script_log_line(&sums->differences, line);
}

void wf_script_show_sums(const struct wf_script_opts *o, const struct wf_script_sums *sums,
                         uint64_t took_ns)
{
    size_t n = sums->passed + sums->failed + sums->bad + sums->na;
    uint64_t us = took_ns / 1000, rate = us == 0 ? 0 : n * 1000000 / us;
    if (o->is_json) {
        print_json(json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "event", "done", "passed",
                             (json_int_t)sums->passed, "failed", (json_int_t)sums->failed, "bad",
                             (json_int_t)sums->bad, "not_applicable", (json_int_t)sums->na,
                             "took_ns", (json_int_t)took_ns, "per_second", (json_int_t)rate));
        return;
    }
    if (sums->differences.text != NULL)
        printf("# differences: script:line: what | expected | kernel\n");
    for (const char *p = sums->differences.text; p != NULL && *p != '\0';) {
        const char *end = strchr(p, '\n');
        printf("#   %.*s\n", (int)(end - p), p);
        p = end + 1;
    }
    printf("# %zu scripts: %zu passed, %zu failed, %zu not applicable", n, sums->passed,
           sums->failed + sums->bad, sums->na);
    if (sums->bad > 0)
        printf(" (%zu of those that failed cannot be read)", sums->bad);
    printf("; %" PRIu64 ".%03" PRIu64 " s, %" PRIu64 " scripts a second\n", us / 1000000,
           us / 1000 % 1000, rate);
}
