/* SPDX-License-Identifier: MIT */
#include "serve.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int wf_serve_listen(struct weft_dispatch *d, const struct weft_endpoint *local, uint32_t backlog,
                    void (*fn)(void *arg, uint64_t sock, uint32_t bits), void *arg, uint64_t *out)
{
    struct weft_stack *st = weft_dispatch_stack(d);
    uint64_t sock;
    int r = weft_sock_open(st, WEFT_SOCK_TCP, &sock);
    if (r < 0)
        return r;
    r = weft_sock_set(st, sock, WEFT_SO_REUSEADDR, 1);
    if (r == 0)
        r = weft_sock_bind(st, sock, local);
    if (r == 0)
        r = weft_sock_listen(st, sock, backlog);
    if (r == 0)
        r = weft_dispatch_watch(d, sock, fn, arg);
    if (r == 0)
        *out = sock;
    else
        (void)weft_sock_close(st, sock);
    return r;
}

void wf_serve_end(struct weft_dispatch *d, uint64_t sock, bool is_reset)
{
    struct weft_stack *st = weft_dispatch_stack(d);
    weft_dispatch_forget(d, sock);
    if (is_reset)
        (void)weft_sock_abort(st, sock);
    else
        (void)weft_sock_close(st, sock);
}

void weft_service_close(struct weft_service *s)
{
    if (s != NULL)
        s->close(s);
}

void wf_text_put(struct wf_text *t, const char *s, size_t n)
{
    if (t->has_failed || n == 0)
        return;
    if (t->n + n > t->cap) {
        size_t cap = (t->n + n) * 2;
        char *bigger = realloc(t->s, cap);
        if (bigger == NULL) {
            t->has_failed = true;
            return;
        }
        t->s = bigger;
        t->cap = cap;
    }
    memcpy(t->s + t->n, s, n);
    t->n += n;
}

void wf_text_printf(struct wf_text *t, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n > 0)
        wf_text_put(t, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

void wf_text_html(struct wf_text *t, const char *s)
{
    for (; *s != '\0'; s++) {
        switch (*s) {
        case '&':
            wf_text_put(t, "&amp;", 5);
            break;
        case '<':
            wf_text_put(t, "&lt;", 4);
            break;
        case '>':
            wf_text_put(t, "&gt;", 4);
            break;
        case '"':
            wf_text_put(t, "&quot;", 6);
            break;
        default:
            wf_text_put(t, s, 1);
            break;
        }
    }
}

void wf_text_free(struct wf_text *t)
{
    free(t->s);
    *t = (struct wf_text){0};
}
