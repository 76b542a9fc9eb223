/* SPDX-License-Identifier: MIT */
/**
 * DOC: packetdrill setting - the string of flags, and what the script's commands ask the kernel for
 *
 * Flags are "name=value", separated by commas: ip, prefix, mtu, settings. The last is a file to
 * which the stand-ins for sysctl and the like write a line NAME=VALUE for each setting; lines that
 * are new are read before each socket is made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pd.h"
#include "weft/cc.h"

#define LINE_BYTES 512

static bool number(const char *text, uint32_t max, uint32_t *out)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || v > max)
        return false;
    *out = (uint32_t)v;
    return true;
}

static bool flag(struct pd *p, const char *name, const char *value)
{
    uint32_t v = 0;
    struct weft_addr a;
    if (strcmp(name, "ip") == 0 && weft_addr_parse(&a, value) == 0) {
        memcpy(p->local_ip, a.b + 12, 4);
        return true;
    }
    if (strcmp(name, "mtu") == 0 && number(value, 65535, &p->mtu))
        return true;
    if (strcmp(name, "prefix") == 0 && number(value, 32, &v)) {
        p->prefix_len = (uint8_t)v;
        return true;
    }
    if (strcmp(name, "settings") == 0 && strlen(value) < sizeof(p->settings_path)) {
        memcpy(p->settings_path, value, strlen(value) + 1);
        return true;
    }
    (void)fprintf(stderr,
                  "weft: so_flags: '%s=%s' is not understood; ip, prefix, mtu and settings "
                  "are there\n",
                  name, value);
    return false;
}

bool wf_pd_flags(struct pd *p, const char *flags)
{
    static const uint8_t ip[4] = {192, 168, 0, 1};
    char text[LINE_BYTES];
    memcpy(p->local_ip, ip, 4);
    p->prefix_len = 16;
    p->mtu = 1500;
    p->run_segs = 2;
    if (flags == NULL)
        return true;
    for (size_t n; *flags != '\0'; flags += n + (flags[n] == ',')) {
        n = strcspn(flags, ",");
        if (n >= sizeof(text))
            return false;
        memcpy(text, flags, n);
        text[n] = '\0';
        char *value = strchr(text, '=');
        if (value != NULL)
            *value++ = '\0';
        if (n > 0 && !flag(p, text, value == NULL ? "" : value))
            return false;
    }
    return true;
}

static void set_option(struct pd *p, enum weft_sock_opt opt, int64_t value)
{
    uint32_t i = 0;
    while (i < p->set_n && p->set[i].opt != opt)
        i++;
    if (i == PD_SET_MAX)
        return;
    p->set[i].opt = opt;
    p->set[i].value = value;
    p->set_n += i == p->set_n;
}

/* What weft does otherwise is said once, and the script goes on: it may not matter to it. */
static void setting(struct pd *p, const char *name, const char *value)
{
    struct weft_script_setting s;
    if (strcmp(name, "net.ipv4.tcp_min_tso_segs") == 0)
        (void)number(value, 44, &p->run_segs);
    weft_script_setting(name, value, &s);
    if (s.kind == WEFT_SETTING_OPTION)
        set_option(p, s.opt, s.value);
    else if (s.kind == WEFT_SETTING_CC)
        memcpy(p->cc, s.cc, sizeof(p->cc));
    /* Nothing here changes the environment. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    else if (s.kind == WEFT_SETTING_FOREIGN && getenv("WEFT_PACKETDRILL_VERBOSE") != NULL)
        (void)fprintf(stderr, "weft: %s\n", s.why);
}

void wf_pd_settings(struct pd *p)
{
    char line[LINE_BYTES];
    FILE *f = p->settings_path[0] == '\0' ? NULL : fopen(p->settings_path, "re");
    if (f == NULL)
        return;
    if (fseek(f, p->settings_at, SEEK_SET) == 0) {
        while (fgets(line, sizeof(line), f) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            char *value = strchr(line, '=');
            if (value == NULL)
                continue;
            *value++ = '\0';
            setting(p, line, value);
        }
        p->settings_at = ftell(f);
    }
    (void)fclose(f);
}

void wf_pd_apply(struct pd *p, const struct pd_fd *f)
{
    for (uint32_t i = 0; i < p->set_n; i++) {
        int r = weft_sock_set(p->st, f->sock, p->set[i].opt, p->set[i].value);
        (void)r; /* Not each is for each kind of socket. */
    }
    /* The kernel counts all that an acknowledgement acknowledges. */
    int l = weft_sock_set_cc_param(p->st, f->sock, WEFT_CC_PARAM_LIMIT, UINT8_MAX);
    (void)l; /* Not every congestion control has such a limit. */
    const struct weft_cc_ops *cc = p->cc[0] == '\0' ? NULL : weft_cc_find(p->cc);
    if (cc != NULL && f->type == WEFT_SOCK_TCP) {
        int r = weft_sock_set_cc(p->st, f->sock, cc);
        (void)r;
    }
}
