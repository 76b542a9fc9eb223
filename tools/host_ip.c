/* SPDX-License-Identifier: MIT */
#include "host_ip.h"

#include <stdlib.h>
#include <string.h>

#include "tool.h"
#include "weft/netif.h"

static const char *const routes[] = {"drop", "end", "forward", NULL};
static const char *const no_yes[] = {"no", "yes", NULL};

static const struct {
    const char *name;
    enum weft_ip_switch what;
    const char *const *words; /* NULL = a number. */
} switches[] = {
    {"source-routes", WEFT_IP_SOURCE_ROUTES, routes},
    {"record", WEFT_IP_RECORD, no_yes},
    {"ttl", WEFT_IP_TTL_DEFAULT, NULL},
    {"all-subnets", WEFT_IP_ALL_SUBNETS, no_yes},
    {"id-counts", WEFT_IP_ID_COUNTS, no_yes},
};

static bool value_of(const char *const *words, const char *text, int64_t *out)
{
    if (words == NULL) {
        char *end;
        long v = strtol(text, &end, 10);
        *out = v;
        return *text != '\0' && *end == '\0' && v >= 1 && v <= 255;
    }
    for (int i = 0; words[i] != NULL; i++) {
        *out = i;
        if (strcmp(words[i], text) == 0)
            return true;
    }
    return false;
}

int wf_host_ip_add(void *ip, char *word)
{
    struct wf_host_ip *o = ip;
    char *eq = strchr(word, '=');
    if (eq == NULL && strcmp(word, "directed-broadcast") == 0) {
        o->may_direct = true;
        return 0;
    }
    for (size_t i = 0; eq != NULL && i < sizeof(switches) / sizeof(switches[0]); i++) {
        size_t n = strlen(switches[i].name);
        if ((size_t)(eq - word) != n || memcmp(word, switches[i].name, n) != 0)
            continue;
        if (!value_of(switches[i].words, eq + 1, &o->value[switches[i].what]))
            break;
        o->is_set |= 1U << switches[i].what;
        return 0;
    }
    return wf_usage(
        "--ip '%s' is none of source-routes=drop|end|forward, record=yes|no, ttl=1..255, "
        "all-subnets=yes|no, id-counts=yes|no, directed-broadcast",
        word);
}

int wf_host_ip_apply(const struct wf_host_ip *o, struct weft_stack *st)
{
    int r = 0;
    for (unsigned i = 0; r == 0 && i < WEFT_IP_SWITCH_COUNT; i++)
        if ((o->is_set >> i & 1) != 0)
            r = weft_ip_set(st, (enum weft_ip_switch)i, o->value[i]);
    struct weft_if_info info;
    for (uint16_t i = 1; r == 0 && o->may_direct && weft_if_get(st, i, &info) == 0; i++)
        r = weft_ip_if_set(st, i, WEFT_IP_IF_DIRECTED_BROADCAST, 1);
    return r == 0 ? 0 : wf_trouble("--ip: %s", weft_strerror(r));
}
