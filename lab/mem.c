/* SPDX-License-Identifier: MIT */
#include "mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"

#define BLOCK_BYTES 65536U

/** struct lab_block - A piece of an arena; large objects get one of their own */
struct lab_block {
    struct lab_block *next;
    size_t used, cap;
    alignas(max_align_t) unsigned char bytes[];
};

void *wf_lab_realloc(void *p, size_t bytes)
{
    void *q = realloc(p, bytes != 0 ? bytes : 1);
    if (q == NULL) {
        (void)fputs("weft lab: out of memory\n", stderr);
        _Exit(LAB_EXIT_LIMIT);
    }
    return q;
}

void *wf_lab_alloc(struct lab_arena *a, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    bytes = (bytes + align - 1) / align * align;
    struct lab_block *b = a->blocks;
    if (b == NULL || b->cap - b->used < bytes) {
        size_t cap = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        b = wf_lab_realloc(NULL, sizeof(*b) + cap);
        b->next = a->blocks;
        b->used = 0;
        b->cap = cap;
        a->blocks = b;
    }
    void *p = b->bytes + b->used;
    b->used += bytes;
    memset(p, 0, bytes);
    return p;
}

char *wf_lab_strndup(struct lab_arena *a, const char *s, size_t n)
{
    char *p = wf_lab_alloc(a, n + 1);
    memcpy(p, s, n);
    return p;
}

char *wf_lab_strdup(struct lab_arena *a, const char *s)
{
    return wf_lab_strndup(a, s, strlen(s));
}

char *wf_lab_printf(struct lab_arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    size_t bytes = n > 0 ? (size_t)n + 1 : 1;
    char *p = wf_lab_alloc(a, bytes);
    va_start(ap, fmt);
    (void)vsnprintf(p, bytes, fmt, ap);
    va_end(ap);
    return p;
}

void wf_lab_arena_free(struct lab_arena *a)
{
    while (a->blocks != NULL) {
        struct lab_block *b = a->blocks;
        a->blocks = b->next;
        free(b);
    }
}

void *wf_vec_push(struct lab_vec *v, size_t item_bytes)
{
    if (v->n == v->cap) {
        v->cap = v->cap != 0 ? v->cap * 2 : 16;
        v->items = wf_lab_realloc(v->items, v->cap * item_bytes);
    }
    void *item = (char *)v->items + v->n * item_bytes;
    memset(item, 0, item_bytes);
    v->n++;
    return item;
}

void wf_vec_free(struct lab_vec *v)
{
    free(v->items);
    *v = (struct lab_vec){0};
}

static char *buf_room(struct lab_buf *b, size_t n)
{
    if (b->cap - b->len <= n) {
        b->cap = (b->len + n + 1) * 2;
        b->s = wf_lab_realloc(b->s, b->cap);
    }
    return b->s + b->len;
}

void wf_buf_add(struct lab_buf *b, const void *p, size_t n)
{
    char *to = buf_room(b, n);
    if (n != 0)
        memcpy(to, p, n);
    b->len += n;
    b->s[b->len] = '\0';
}

void wf_buf_str(struct lab_buf *b, const char *s)
{
    wf_buf_add(b, s, strlen(s));
}

void wf_buf_printf(struct lab_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n <= 0)
        return;
    char *to = buf_room(b, (size_t)n);
    va_start(ap, fmt);
    (void)vsnprintf(to, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void wf_buf_xml(struct lab_buf *b, const char *s)
{
    for (;;) {
        size_t n = strcspn(s, "<>&\"'");
        wf_buf_add(b, s, n);
        s += n;
        if (*s == '\0')
            return;
        wf_buf_printf(b, "&#%d;", *s++);
    }
}

char *wf_sys_error(char *buf, size_t cap, int err)
{
    if (strerror_r(err, buf, cap) != 0)
        (void)snprintf(buf, cap, "error %d", err);
    return buf;
}

void wf_buf_free(struct lab_buf *b)
{
    free(b->s);
    *b = (struct lab_buf){0};
}

const char *wf_lab_json(struct lab_arena *a, const char *text)
{
    struct lab_buf b = {0};
    wf_buf_str(&b, "");
    for (const char *c = text; *c != '\0'; c++) {
        bool is_plain = (unsigned char)*c >= 0x20 && strchr("\"\\<>&", *c) == NULL;
        wf_buf_printf(&b, is_plain ? "%c" : "\\u%04x", is_plain ? *c : (unsigned char)*c);
    }
    const char *out = wf_lab_strdup(a, b.s);
    wf_buf_free(&b);
    return out;
}
