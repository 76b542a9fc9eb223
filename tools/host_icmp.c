/* SPDX-License-Identifier: MIT */
#include "host_icmp.h"

#include <stdlib.h>
#include <string.h>

#include "tool.h"
#include "weft/weft.h"

#define CLOCK_NS UINT64_C(60000000000) /* The system's clock may be set meanwhile. */

static bool number_word(const char *word, const char *name, uint64_t max, uint64_t *out)
{
    size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && wf_number(word + n, 0, max, out);
}

int wf_host_icmp_add(void *icmp, char *word)
{
    struct wf_host_icmp *i = icmp;
    const struct {
        const char *name;
        bool *is_on;
    } words[] = {{"timestamp", &i->is_timestamp}, {"information", &i->is_information},
                 {"mask", &i->is_mask},           {"redirects", &i->is_redirects},
                 {"quench", &i->is_quench},       {"textbook", &i->is_textbook},
                 {"extensions", &i->is_extended}, {"learn-mask", &i->is_mask_learner},
                 {"discovery", &i->is_discovery}, {"by-broadcast", &i->is_by_broadcast}};
    uint64_t v;
    for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
        if (strcmp(word, words[k].name) == 0) {
            *words[k].is_on = true;
            return 0;
        }
    if (number_word(word, "preference=", INT32_MAX, &v))
        i->preference = (int32_t)v;
    else if (number_word(word, "interval=", 1800, &v) && v >= 4)
        i->max_interval_s = (uint32_t)v;
    else
        return wf_usage("--icmp '%s' is none of timestamp, information, mask, learn-mask, "
                        "redirects, quench, textbook, extensions, discovery, by-broadcast, "
                        "preference=N, interval=4..1800",
                        word);
    i->is_discovery = true;
    return 0;
}

static void set_clock(void *arg)
{
    struct wf_host_icmp *i = arg;
    /* The stack counts from the time it has seen last: let it see now. */
    weft_advance(weft_host_stack(i->h), weft_host_now());
    if (weft_ip_set(weft_host_stack(i->h), WEFT_IP_UT_MS, wf_utc_ms()) == 0)
        weft_dispatch_arm(weft_host_dispatch(i->h), &i->clock, weft_host_now() + CLOCK_NS);
}

/* ---- router discovery ---- */

static void pump(void *arg)
{
    struct wf_host_rdisc *l = arg;
    struct weft_rdisc_event ev;
    uint64_t at_ns;
    do
        at_ns = weft_rdisc_step(&l->engine, weft_host_now(), &ev);
    while (ev.kind != WEFT_RDISC_NONE);
    weft_dispatch_arm(weft_host_dispatch(l->of->h), &l->timer, at_ns);
}

static void on_ready(void *arg, uint64_t sock, uint32_t bits)
{
    (void)sock;
    (void)bits;
    pump(arg);
}

static int discover(struct wf_host_icmp *i, uint16_t ifindex, bool is_router)
{
    struct wf_host_rdisc *l = &i->links[i->links_n];
    struct weft_rdisc_config c;
    weft_rdisc_config_default(&c);
    if (weft_host_entropy(c.seed, sizeof(c.seed)) < 0)
        return -WEFT_EAGAIN;
    c.ifindex = ifindex;
    c.is_router = is_router;
    c.preference = i->preference;
    c.is_by_broadcast = i->is_by_broadcast;
    if (i->max_interval_s != 0)
        c.max_interval_s = i->max_interval_s;
    int r = weft_rdisc_start(&l->engine, weft_host_stack(i->h), &c, weft_host_now());
    if (r != 0)
        return r;
    i->links_n++;
    l->of = i;
    l->timer = (struct weft_timer){.fn = pump, .arg = l};
    return weft_dispatch_watch(weft_host_dispatch(i->h), weft_rdisc_sock(&l->engine), on_ready, l);
}

/* ---- the mask of a link ---- */

static void pump_mask(void *arg)
{
    struct wf_host_mask *l = arg;
    struct weft_mask_event ev;
    uint64_t at_ns;
    do
        at_ns = weft_mask_step(&l->engine, weft_host_now(), &ev);
    while (ev.kind != WEFT_MASK_NONE);
    weft_dispatch_arm(weft_host_dispatch(l->of->h), &l->timer, at_ns);
}

static void on_mask_ready(void *arg, uint64_t sock, uint32_t bits)
{
    (void)sock;
    (void)bits;
    pump_mask(arg);
}

/* The first address of the link: that is the one it was given. */
static int learn_mask(struct wf_host_icmp *i, uint16_t ifindex)
{
    struct wf_host_mask *l = &i->masks[i->masks_n];
    struct weft_mask_config c;
    struct weft_addr_info a = {.ifindex = 0};
    weft_mask_config_default(&c);
    for (uint32_t cursor = 0; a.ifindex != ifindex;)
        if (!weft_addr_next(weft_host_stack(i->h), &cursor, &a))
            return 0;
    c.ifindex = ifindex;
    c.addr = a.addr;
    int r = weft_mask_start(&l->engine, weft_host_stack(i->h), &c, weft_host_now());
    if (r != 0)
        return r;
    i->masks_n++;
    l->of = i;
    l->timer = (struct weft_timer){.fn = pump_mask, .arg = l};
    return weft_dispatch_watch(weft_host_dispatch(i->h), weft_mask_sock(&l->engine), on_mask_ready,
                               l);
}

int wf_host_icmp_start(struct wf_host_icmp *i, struct weft_host *h, bool is_router)
{
    struct weft_stack *st = weft_host_stack(h);
    struct weft_icmp_config c;
    struct weft_if_info nif;
    i->h = h;
    weft_icmp_get(st, &c);
    c.answers_timestamp = i->is_timestamp;
    c.answers_information = i->is_information;
    c.takes_redirects = i->is_redirects;
    c.has_quench = i->is_quench;
    c.has_extensions = i->is_extended;
    if (i->is_textbook)
        c.quote_bytes = 8;
    int r = weft_icmp_set(st, &c);
    i->clock = (struct weft_timer){.fn = set_clock, .arg = i};
    if (r == 0)
        set_clock(i);
    for (uint16_t k = 1; r == 0 && weft_if_get(st, k, &nif) == 0; k++) {
        if (nif.cfg.kind == WEFT_IF_LOOPBACK)
            continue;
        if (i->is_mask)
            r = weft_icmp_if_set(st, k, WEFT_ICMP_MASK_AGENT);
        if (r == 0 && i->is_mask_learner && i->masks_n < WEFT_HOST_LINKS_MAX)
            r = learn_mask(i, k);
        if (r == 0 && i->is_discovery && i->links_n < WEFT_HOST_LINKS_MAX)
            r = discover(i, k, is_router);
    }
    return r;
}

void wf_host_icmp_end(struct wf_host_icmp *i)
{
    if (i->h == NULL)
        return;
    struct weft_dispatch *d = weft_host_dispatch(i->h);
    weft_dispatch_disarm(d, &i->clock);
    for (unsigned k = 0; k < i->links_n; k++) {
        weft_dispatch_disarm(d, &i->links[k].timer);
        weft_dispatch_forget(d, weft_rdisc_sock(&i->links[k].engine));
        weft_rdisc_end(&i->links[k].engine);
    }
    for (unsigned k = 0; k < i->masks_n; k++) {
        weft_dispatch_disarm(d, &i->masks[k].timer);
        weft_dispatch_forget(d, weft_mask_sock(&i->masks[k].engine));
        weft_mask_end(&i->masks[k].engine);
    }
}
