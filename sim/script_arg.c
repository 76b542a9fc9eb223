/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script arg - what calls of a script are given, and the errors they answer
 */
#include <string.h>

#include "script_call.h"

/** struct err_name - An error by its POSIX name and Linux number */
static const struct err_name {
    const char *name;
    int err;
    int number;
} errs[] = {
    {"EINVAL", WEFT_EINVAL, 22},
    {"ENOMEM", WEFT_ENOMEM, 12},
    {"EAGAIN", WEFT_EAGAIN, 11},
    {"EWOULDBLOCK", WEFT_EAGAIN, 11},
    {"EBADF", WEFT_EBADF, 9},
    {"ENOTCONN", WEFT_ENOTCONN, 107},
    {"EISCONN", WEFT_EISCONN, 106},
    {"EADDRINUSE", WEFT_EADDRINUSE, 98},
    {"EADDRNOTAVAIL", WEFT_EADDRNOTAVAIL, 99},
    {"ENETUNREACH", WEFT_ENETUNREACH, 101},
    {"EHOSTUNREACH", WEFT_EHOSTUNREACH, 113},
    {"ECONNREFUSED", WEFT_ECONNREFUSED, 111},
    {"ECONNRESET", WEFT_ECONNRESET, 104},
    {"ETIMEDOUT", WEFT_ETIMEDOUT, 110},
    {"EPIPE", WEFT_EPIPE, 32},
    {"EMSGSIZE", WEFT_EMSGSIZE, 90},
    {"EOPNOTSUPP", WEFT_EOPNOTSUPP, 95},
    {"EACCES", WEFT_EACCES, 13},
    {"ENETDOWN", WEFT_ENETDOWN, 100},
    {"ECONNABORTED", WEFT_ECONNABORTED, 103},
    {"EALREADY", WEFT_EALREADY, 114},
    {"EPROTO", WEFT_EPROTO, 71},
    {"ENOENT", WEFT_ENOENT, 2},
};

/* ---- arguments ---- */

bool wf_sx_arg_number(const struct sx_call *c, uint32_t i, int64_t *out)
{
    if (i >= c->args_n)
        return false;
    const char *p = c->arg[i].p, *end = p + c->arg[i].n;
    while (p < end && (*p == '[' || *p == ' ' || *p == '&'))
        p++;
    bool is_negative = p < end && *p == '-';
    p += is_negative;
    if (p >= end || *p < '0' || *p > '9')
        return false;
    int64_t v = 0;
    for (; p < end && *p >= '0' && *p <= '9' && v < INT64_MAX / 32; p++)
        v = v * 10 + (*p - '0');
    *out = is_negative ? -v : v;
    return true;
}

int64_t wf_sx_arg_count(const struct sx_call *c, uint32_t i)
{
    int64_t v = 0;
    return wf_sx_arg_number(c, i, &v) ? v : 0;
}

bool wf_sx_arg_has(const struct sx_call *c, uint32_t i, const char *word)
{
    return i < c->args_n && wf_sx_slice_has(c->arg[i], word);
}

/* The number, or the address, that follows a word such as "htons(" in an argument. */
const char *wf_sx_arg_after(const struct sx_call *c, uint32_t i, const char *word)
{
    size_t n = strlen(word);
    if (i >= c->args_n)
        return NULL;
    for (size_t at = 0; at + n < c->arg[i].n; at++)
        if (memcmp(c->arg[i].p + at, word, n) == 0)
            return c->arg[i].p + at + n;
    return NULL;
}

void wf_sx_arg_endpoint(const struct sx_call *c, uint32_t i, struct weft_endpoint *ep)
{
    const char *p = wf_sx_arg_after(c, i, "htons(");
    if (p != NULL) {
        uint32_t v = 0;
        for (; *p >= '0' && *p <= '9' && v < 65536; p++)
            v = v * 10 + (uint32_t)(*p - '0');
        ep->port = (uint16_t)v;
    }
    p = wf_sx_arg_after(c, i, "inet_addr(\"");
    if (p != NULL) {
        char text[24];
        size_t n = 0;
        while (p[n] != '"' && n + 1 < sizeof(text)) {
            text[n] = p[n];
            n++;
        }
        text[n] = '\0';
        int r = weft_addr_parse(&ep->addr, text);
        (void)r;
    }
}

struct weft_endpoint wf_sx_arg_remote(const struct sx *s, const struct sx_call *c, uint32_t i)
{
    const uint8_t *ip = s->remote_ip;
    struct weft_endpoint ep = {.addr = weft_ip4(ip[0], ip[1], ip[2], ip[3]),
                               .port = s->connect_port};
    wf_sx_arg_endpoint(c, i, &ep);
    return ep;
}

/* ---- results ---- */

const char *wf_sx_err_text(int err)
{
    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
        if (errs[i].err == err)
            return errs[i].name;
    return "?";
}

struct sx_result wf_sx_result_of(int64_t r)
{
    struct sx_result out = {r, NULL};
    if (r < 0) {
        out.value = -1;
        out.err = wf_sx_err_text((int)-r);
    }
    return out;
}

bool wf_sx_is_same_err(const char *want, const char *got)
{
    if (strcmp(want, "EWOULDBLOCK") == 0)
        want = "EAGAIN";
    return strcmp(want, got == NULL ? "" : got) == 0;
}

/* The value an error option is to have, by name or by its number on Linux. */
bool wf_sx_is_err_value(const struct sx_call *c, int64_t err)
{
    int64_t want = 0;
    bool is_number = wf_sx_arg_number(c, 3, &want);
    if (is_number && want == 0)
        return err == 0;
    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
        if (errs[i].err == err &&
            (is_number ? errs[i].number == want : wf_sx_arg_has(c, 3, errs[i].name)))
            return true;
    return false;
}

int wf_sx_err_of(const char *name)
{
    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
        if (strcmp(errs[i].name, name) == 0)
            return errs[i].err;
    return 0;
}
