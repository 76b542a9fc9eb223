/* SPDX-License-Identifier: MIT */
/** DOC: sim script lex - blanks, comments, words, numbers */
#include <string.h>

#include "script.h"

#define SECOND_NS UINT64_C(1000000000)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* "# proves: A B" in a comment. */
static void note_proves(struct sx *s, const char *p, const char *end)
{
    static const char key[] = "proves:";
    size_t have = strlen(s->res->proves);
    while (p < end && (*p == '#' || *p == '/' || *p == '*' || *p == ' '))
        p++;
    if (!s->is_dry || (size_t)(end - p) < sizeof(key) || memcmp(p, key, sizeof(key) - 1) != 0)
        return;
    p += sizeof(key) - 1;
    size_t n = (size_t)(end - p);
    if (have + n + 1 > sizeof(s->res->proves))
        n = sizeof(s->res->proves) - 1 - have;
    memcpy(s->res->proves + have, p, n);
    s->res->proves[have + n] = '\0';
}

static void skip_line(struct sx *s)
{
    struct sx_text *t = &s->text;
    const char *from = t->p;
    while (t->p < t->end && *t->p != '\n')
        t->p++;
    note_proves(s, from, t->p);
}

static void skip_block(struct sx_text *t)
{
    for (t->p += 2; t->p + 1 < t->end && !(t->p[0] == '*' && t->p[1] == '/'); t->p++)
        t->line += *t->p == '\n';
    t->p = t->p + 2 < t->end ? t->p + 2 : t->end;
}

void wf_sx_skip(struct sx *s)
{
    struct sx_text *t = &s->text;
    while (t->p < t->end) {
        char c = *t->p, d = (char)(t->p + 1 < t->end ? t->p[1] : '\0');
        if (c == '\n') {
            t->line++;
            t->p++;
        } else if (c == ' ' || c == '\t' || c == '\r') {
            t->p++;
        } else if (c == '#' || (c == '/' && d == '/' && !s->is_python)) {
            skip_line(s);
        } else if (c == '/' && d == '*' && !s->is_python) {
            skip_block(t);
        } else {
            return;
        }
    }
}

bool wf_sx_at(struct sx *s, const char *what)
{
    wf_sx_skip(s);
    size_t n = strlen(what);
    if ((size_t)(s->text.end - s->text.p) < n || memcmp(s->text.p, what, n) != 0)
        return false;
    /* A word ends where it ends: "ack" is not the beginning of "acked". */
    char last = what[n - 1], next = (char)(s->text.p + n < s->text.end ? s->text.p[n] : ' ');
    return !is_letter(last) || !(is_letter(next) || is_digit(next));
}

bool wf_sx_take(struct sx *s, const char *what)
{
    if (!wf_sx_at(s, what))
        return false;
    s->text.p += strlen(what);
    return true;
}

bool wf_sx_need(struct sx *s, const char *what)
{
    if (wf_sx_take(s, what))
        return true;
    wf_sx_bad(s, "'%s' is expected here", what);
    return false;
}

bool wf_sx_word(struct sx *s, char *out, size_t cap)
{
    wf_sx_skip(s);
    size_t n = 0;
    const char *p = s->text.p;
    if (p >= s->text.end || !is_letter(*p))
        return false;
    while (p < s->text.end && (is_letter(*p) || is_digit(*p) || *p == '.') && n + 1 < cap)
        out[n++] = *p++;
    out[n] = '\0';
    s->text.p = p;
    return true;
}

bool wf_sx_number(struct sx *s, int64_t *out)
{
    wf_sx_skip(s);
    const char *p = s->text.p, *end = s->text.end;
    bool is_negative = p < end && *p == '-';
    int64_t v = 0;
    p += is_negative;
    if (p >= end || !is_digit(*p))
        return false;
    if (p + 2 < end && p[0] == '0' && p[1] == 'x' && hex_value(p[2]) >= 0) {
        for (p += 2; p < end && hex_value(*p) >= 0 && v < INT64_MAX / 32; p++)
            v = v * 16 + hex_value(*p);
    } else {
        for (; p < end && is_digit(*p) && v < INT64_MAX / 32; p++)
            v = v * 10 + (*p - '0');
    }
    *out = is_negative ? -v : v;
    s->text.p = p;
    return true;
}

bool wf_sx_seconds(struct sx *s, uint64_t *out)
{
    const char *p = s->text.p, *end = s->text.end;
    if (p >= end || !(is_digit(*p) || (*p == '.' && p + 1 < end && is_digit(p[1]))))
        return false;
    uint64_t v = 0, unit = SECOND_NS;
    for (; p < end && is_digit(*p); p++)
        v = v * 10 + (uint64_t)(*p - '0');
    v *= SECOND_NS;
    if (p + 1 < end && *p == '.' && is_digit(p[1])) {
        for (p++; p < end && is_digit(*p); p++) {
            unit /= 10;
            v += unit * (uint64_t)(*p - '0');
        }
    }
    *out = v;
    s->text.p = p;
    return true;
}

bool wf_sx_ip4(struct sx *s, uint8_t out[4])
{
    wf_sx_skip(s);
    const char *p = s->text.p, *end = s->text.end;
    for (unsigned i = 0; i < 4; i++) {
        unsigned v = 0, n = 0;
        for (; p < end && is_digit(*p) && n < 3; p++, n++)
            v = v * 10 + (unsigned)(*p - '0');
        if (n == 0 || v > 255 || (i < 3 && (p >= end || *p != '.')))
            return false;
        out[i] = (uint8_t)v;
        p += i < 3;
    }
    s->text.p = p;
    return true;
}

uint32_t wf_sx_parse_hex(struct sx_slice text, uint8_t *out, uint32_t cap)
{
    uint32_t n = 0;
    int high = -1;
    for (size_t i = 0; i < text.n && n < cap; i++) {
        int v = hex_value(text.p[i]);
        if (v < 0)
            continue;
        if (high >= 0)
            out[n++] = (uint8_t)(high * 16 + v);
        high = high >= 0 ? -1 : v;
    }
    return n;
}

bool wf_sx_slice_is(struct sx_slice a, const char *text)
{
    return a.n == strlen(text) && memcmp(a.p, text, a.n) == 0;
}

bool wf_sx_slice_has(struct sx_slice a, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = 0; at + n <= a.n; at++)
        if (memcmp(a.p + at, word, n) == 0)
            return true;
    return false;
}
