/* SPDX-License-Identifier: MIT */
/** DOC: What a host takes from the operating system besides its drivers: clock and entropy. */
#include "host.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

uint64_t weft_host_now(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t wf_host_epoch(void)
{
    return clock_ns(CLOCK_REALTIME);
}

int weft_host_entropy(void *buf, size_t len)
{
    uint8_t *at = buf;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        at += got;
        len -= (size_t)got;
    }
    return 0;
}

const char *wf_host_errno(int error)
{
    const char *text = strerrordesc_np(error);
    return text != NULL ? text : "unknown error";
}

int wf_host_fail(char *err, size_t err_cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (err_cap > 0)
        (void)vsnprintf(err, err_cap, format, args);
    va_end(args);
    return -1;
}

int weft_prefix_parse(struct weft_prefix *out, const char *text)
{
    char addr[48];
    const char *slash = strchr(text, '/');
    size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
    unsigned len = 32;
    if (n >= sizeof(addr))
        return -WEFT_EINVAL;
    memcpy(addr, text, n);
    addr[n] = '\0';
    if (slash != NULL) {
        const char *p = slash + 1;
        if (p[0] == '\0' || strlen(p) > 2 || strspn(p, "0123456789") != strlen(p))
            return -WEFT_EINVAL;
        len = (unsigned)(p[0] - '0');
        if (p[1] != '\0')
            len = len * 10 + (unsigned)(p[1] - '0');
    }
    struct weft_addr a;
    if (len > 32 || weft_addr_parse(&a, addr) < 0)
        return -WEFT_EINVAL;
    out->addr = a;
    out->len = (uint8_t)len;
    return 0;
}
