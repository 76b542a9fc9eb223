/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script report - how a script ends before its end
 *
 * It failed (an expectation does not hold), it is bad (it cannot be read: file:line:column and what
 * is expected there), or it is not applicable (it needs what the stack does not have). The first
 * one counts.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "script.h"

void wf_sx_print(struct sx *s, const char *format, ...)
{
    char line[512];
    va_list ap;
    if (s->cfg->print == NULL)
        return;
    va_start(ap, format);
    (void)vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    s->cfg->print(s->cfg->print_user, line);
}

/* Length of the line that begins at @p, at most @max. */
static int line_len(const struct sx *s, const char *p, int max)
{
    int n = 0;
    while (p + n < s->text.end && p[n] != '\n' && n < max)
        n++;
    while (n > 0 && (p[n - 1] == '\r' || p[n - 1] == ' '))
        n--;
    return n;
}

static void print_fields(struct sx *s)
{
    const struct weft_script_result *r = s->res;
    int width = 8;
    for (uint32_t i = 0; i < r->fields_n; i++) {
        int n = (int)strlen(r->field[i].expected);
        width = n > width ? n : width;
    }
    if (r->fields_n > 0)
        wf_sx_print(s, "    %-11s   %-*s   %s", "field", width, "expected", "actual");
    for (uint32_t i = 0; i < r->fields_n; i++) {
        const struct weft_script_field *f = &r->field[i];
        wf_sx_print(s, "  %c %-11s   %-*s   %s", f->is_different ? '*' : ' ', f->name, width,
                    f->expected, f->actual);
    }
}

/* The result's part that all ends have in common; false if there has been an end before. */
static bool set_end(struct sx *s, enum weft_script_verdict verdict, uint32_t line,
                    const char *format, va_list ap)
{
    if (s->has_failed)
        return false;
    s->has_failed = true;
    s->res->verdict = verdict;
    s->res->line = line;
    (void)vsnprintf(s->res->why, sizeof(s->res->why), format, ap);
    return true;
}

void wf_sx_fail(struct sx *s, const char *actual, const char *format, ...)
{
    struct weft_script_result *r = s->res;
    va_list ap;
    va_start(ap, format);
    bool is_first = set_end(s, WEFT_SCRIPT_FAILED, s->event_line, format, ap);
    va_end(ap);
    if (!is_first)
        return;
    (void)snprintf(r->expected, sizeof(r->expected), "%.*s", line_len(s, s->event_p, 200),
                   s->event_p);
    (void)snprintf(r->actual, sizeof(r->actual), "%s", actual == NULL ? "" : actual);
    wf_sx_print(s, "%s:%u: %s", s->name, s->event_line, r->why);
    wf_sx_print(s, "  expected: %s", r->expected);
    if (actual != NULL)
        wf_sx_print(s, "  actual:   %s", actual);
    print_fields(s);
    uint32_t first = s->recent_n > SX_RECENT ? s->recent_n - SX_RECENT : 0;
    for (uint32_t i = first; i < s->recent_n; i++)
        wf_sx_print(s, "  before:   %s", s->recent[i % SX_RECENT]);
}

/* Where reading stopped: what is missing at the end of a line is missing there, not in the next. */
static const char *stop_of(const struct sx *s)
{
    const char *p = s->text.p, *q = p;
    bool is_next_line = false;
    while (q > s->event_p && (q[-1] == ' ' || q[-1] == '\t' || q[-1] == '\n' || q[-1] == '\r'))
        is_next_line |= *--q == '\n';
    return is_next_line ? q : p;
}

void wf_sx_bad(struct sx *s, const char *format, ...)
{
    const char *at = stop_of(s), *from = at;
    uint32_t line = 1;
    va_list ap;
    for (const char *p = s->text.begin; p < at; p++)
        line += *p == '\n';
    while (from > s->text.begin && from[-1] != '\n')
        from--;
    va_start(ap, format);
    bool is_first = set_end(s, WEFT_SCRIPT_BAD, line, format, ap);
    va_end(ap);
    if (!is_first)
        return;
    s->res->column = (uint32_t)(at - from) + 1;
    wf_sx_print(s, "%s:%u:%u: %s", s->text.name, line, s->res->column, s->res->why);
    (void)snprintf(s->res->expected, sizeof(s->res->expected), "%.*s", line_len(s, from, 200),
                   from);
    wf_sx_print(s, "  %s", s->res->expected);
    if (at - from < 200) {
        char pointer[208];
        size_t n = (size_t)(at - from);
        for (size_t i = 0; i < n; i++)
            pointer[i] = from[i] == '\t' ? '\t' : ' ';
        memcpy(pointer + n, "^", 2);
        wf_sx_print(s, "  %s", pointer);
    }
}

void wf_sx_na(struct sx *s, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    (void)set_end(s, WEFT_SCRIPT_NOT_APPLICABLE, s->event_line, format, ap);
    va_end(ap);
}
