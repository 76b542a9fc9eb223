/* SPDX-License-Identifier: MIT */
#include "host_groups.h"

#include <string.h>

#include "tool.h"
#include "weft/igmp.h"

#define WORDS_MAX  12U
#define WORD_BYTES 48U

/** struct words - A value cut at its commas */
struct words {
    char w[WORDS_MAX][WORD_BYTES];
    unsigned n;
};

int wf_groups_add(struct wf_group_opts *o, const char *option, const char *value)
{
    if (o->n == WF_GROUP_OPTS_MAX)
        return wf_usage("more than %d options about groups", WF_GROUP_OPTS_MAX);
    o->list[o->n].option = option;
    o->list[o->n++].value = value;
    return 0;
}

static bool cut(struct words *w, const char *value)
{
    w->n = 0;
    for (;;) {
        size_t n = strcspn(value, ",");
        if (w->n == WORDS_MAX || n == 0 || n >= WORD_BYTES)
            return false;
        memcpy(w->w[w->n], value, n);
        w->w[w->n++][n] = '\0';
        if (value[n] == '\0')
            return true;
        value += n + 1;
    }
}

/* An interface by its name; 0 if there is none. */
static uint16_t interface(const struct weft_stack *st, const char *name)
{
    int i = strlen(name) < WEFT_IF_NAME_MAX ? weft_if_find(st, name) : -1;
    return i > 0 ? (uint16_t)i : 0;
}

/* "query=60": the number after a name; false if it is another word or no number. */
static bool number(const char *word, const char *name, uint64_t max, uint64_t *out)
{
    size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && word[n] == '=' && wf_number(word + n + 1, 1, max, out);
}

static int join(struct weft_stack *st, const struct words *w)
{
    struct weft_addr group, source;
    uint64_t sock;
    char *at = strchr(w->w[0], '@');
    char text[WORD_BYTES];
    memcpy(text, w->w[0], sizeof(text));
    if (at != NULL)
        text[at - w->w[0]] = '\0';
    uint16_t ifindex = at != NULL ? interface(st, at + 1) : 0;
    if ((at != NULL && ifindex == 0) || weft_addr_parse(&group, text) != 0)
        return -WEFT_EINVAL;
    int err = weft_sock_open(st, WEFT_SOCK_UDP, &sock);
    if (err == 0 && w->n == 1)
        err = weft_mc_join(st, sock, &group, ifindex);
    for (unsigned i = 1; i < w->n && err == 0; i++) {
        err = weft_addr_parse(&source, w->w[i]);
        if (err == 0)
            err = weft_mc_source(st, sock, WEFT_MC_JOIN_SOURCE, &group, &source, ifindex);
    }
    return err;
}

static int igmp_router(struct weft_stack *st, const struct words *w)
{
    struct weft_igmp_router c = {0};
    uint64_t v;
    uint16_t ifindex = interface(st, w->w[0]);
    for (unsigned i = 1; i < w->n; i++) {
        if (number(w->w[i], "version", 3, &v))
            c.version = (uint8_t)v;
        else if (number(w->w[i], "query", 31744, &v))
            c.query_ms = (uint32_t)v * 1000;
        else if (number(w->w[i], "response", 3174, &v))
            c.response_ms = (uint32_t)v * 1000;
        else if (number(w->w[i], "last-member", 3174, &v))
            c.last_member_ms = (uint32_t)v * 1000;
        else if (number(w->w[i], "robustness", 7, &v))
            c.robustness = (uint8_t)v;
        else
            return -WEFT_EINVAL;
    }
    return weft_igmp_router_start(st, ifindex, &c);
}

static int forward(struct weft_stack *st, const struct words *w)
{
    uint64_t ttl = 1;
    if (w->n > 2 || (w->n == 2 && !number(w->w[1], "ttl", 255, &ttl)))
        return -WEFT_EINVAL;
    return weft_mroute_if(st, interface(st, w->w[0]), (uint8_t)ttl, true);
}

static int proxy(struct weft_stack *st, const struct words *w)
{
    uint16_t ifindex = interface(st, w->w[0]);
    return w->n == 1 && ifindex != 0 ? weft_mroute_upstream(st, ifindex) : -WEFT_EINVAL;
}

/* "[SOURCE/]GROUP,IN,OUT...": the trunk and the branches of a static tree. */
static int tree(struct weft_stack *st, const struct words *w)
{
    struct weft_mroute r = {.outs_n = 0};
    char key[WORD_BYTES];
    memcpy(key, w->w[0], sizeof(key));
    char *group = strchr(key, '/');
    if (group != NULL) {
        *group++ = '\0';
        if (weft_addr_parse(&r.source, key) != 0)
            return -WEFT_EINVAL;
    }
    if (w->n < 3 || w->n > 2 + WEFT_MROUTE_OUTS_MAX ||
        weft_addr_parse(&r.group, group != NULL ? group : key) != 0)
        return -WEFT_EINVAL;
    r.in_ifindex = interface(st, w->w[1]);
    for (unsigned i = 2; i < w->n; i++)
        r.outs[r.outs_n++] = interface(st, w->w[i]);
    return weft_mroute_add(st, &r);
}

static const struct {
    const char *name;
    int (*start)(struct weft_stack *st, const struct words *w);
    const char *form;
} kinds[] = {
    {"join", join, "GROUP[@IF][,SOURCE...]"},
    {"igmp-router", igmp_router,
     "IF[,version=1..3][,query=S][,response=S][,last-member=S][,robustness=2..7]"},
    {"mroute", forward, "IF[,ttl=N]"},
    {"igmp-proxy", proxy, "IF"},
    {"mroute-tree", tree, "[SOURCE/]GROUP,IN,OUT[,OUT...]"},
};

int wf_groups_start(const struct wf_group_opts *o, struct weft_host *h)
{
    struct words w;
    for (unsigned i = 0; i < o->n; i++) {
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            if (strcmp(kinds[k].name, o->list[i].option) != 0)
                continue;
            int err =
                cut(&w, o->list[i].value) ? kinds[k].start(weft_host_stack(h), &w) : -WEFT_EINVAL;
            if (err != 0)
                return wf_usage("--%s '%s' is not %s with names of links of this host: %s",
                                kinds[k].name, o->list[i].value, kinds[k].form, weft_strerror(err));
        }
    }
    return 0;
}
