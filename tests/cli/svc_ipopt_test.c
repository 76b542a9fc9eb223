/* SPDX-License-Identifier: MIT */
/** DOC: ping with IP options: what is recorded, stamped, and led along; the world of svc_rig.h */
#include <string.h>

#include "frame.h"
#include "svc_rig.h"
#include "t.h"

static uint32_t word(const uint8_t *p)
{
    return t_get32(p);
}

static uint32_t ip(uint8_t link, uint8_t side)
{
    return 10u << 24 | (uint32_t)link << 16 | side;
}

static struct weft_ping_config ping_with(const uint8_t *opts, uint8_t n)
{
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 2);
    memcpy(cfg.opts, opts, n);
    cfg.opts_bytes = n;
    return cfg;
}

static void source_routes(struct weft_node *n, enum weft_ip_source_routes v)
{
    T_EQ(weft_ip_set(weft_node_stack(n), WEFT_IP_SOURCE_ROUTES, v), 0);
}

/* proves: CAP-IP-04 */
static void the_way_is_recorded(void)
{
    svc_line();
    const uint8_t rr[40] = {1, 7, 39, 4};
    struct weft_ping_config cfg = ping_with(rr, 40);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 2);
    const struct weft_ping_event *ev = svc_first(WEFT_PING_REPLY);
    const uint32_t want[5] = {ip(2, 1), ip(3, 1), ip(3, 2), ip(2, 2), ip(1, 2)};
    T_EQ(ev->opts_bytes, 40);
    T_EQ(ev->opts[0], 7);
    T_EQ(ev->opts[2], 4 + 5 * 4);
    for (unsigned i = 0; i < 5; i++)
        T_EQ(word(ev->opts + 3 + (size_t)i * 4), want[i]);
    cfg.opts_bytes = 0; /* Without, nothing comes back. */
    svc_ping(&cfg, NULL);
    T_EQ(svc_first(WEFT_PING_REPLY)->opts_bytes, 0);
    cfg.opts_bytes = 41;
    struct weft_ping p;
    T_EQ(weft_ping_start(&p, weft_node_stack(svc.a), &cfg, 0), -WEFT_EINVAL);
    svc_end();
}

/* proves: CAP-IP-04 */
static void the_way_is_stamped(void)
{
    svc_line();
    const uint8_t tsa[36] = {68, 36, 5, 1},
                  named[20] = {68, 20, 5, 3, 10, 2, 0, 2, 0, 0, 0, 0, 10, 3, 0, 2};
    struct weft_ping_config cfg = ping_with(tsa, 36);
    T_EQ(weft_ip_set(weft_node_stack(svc.r1), WEFT_IP_UT_MS, 5000), 0);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 2);
    const struct weft_ping_event *ev = svc_first(WEFT_PING_REPLY);
    const uint32_t want[4] = {ip(1, 1), ip(2, 1), ip(3, 1), ip(3, 2)};
    for (unsigned i = 0; i < 4; i++)
        T_EQ(word(ev->opts + 4 + (size_t)i * 8), want[i]);
    T_CHECK(word(ev->opts + 8) >> 31 == 1 && word(ev->opts + 16) >> 31 == 0); /* r1 knows UT. */
    T_CHECK(word(ev->opts + 16) >= 5000 && word(ev->opts + 16) < 60000);
    T_EQ(ev->opts[3], 0x31); /* Two routers on the way back, and this host. */
    cfg = ping_with(named, 20);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 2);
    ev = svc_first(WEFT_PING_REPLY);
    T_EQ(ev->opts[2], 21); /* r2 and b, in this order, and nobody else. */
    T_CHECK(word(ev->opts + 8) != 0 && word(ev->opts + 16) != 0);
    svc_end();
}

/* proves: ICMP-H-31 ICMP-R-24 CAP-IP-04 */
static void a_route_leads_there_and_back(void)
{
    svc_line();
    const uint8_t lsrr[12] = {1, 131, 11, 4, 10, 1, 0, 2, 10, 2, 0, 2};
    struct weft_ping_config cfg = ping_with(lsrr, 12);
    cfg.timeout_ns = 1 * S;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 0); /* Nobody follows. */
    source_routes(svc.r1, WEFT_IP_SOURCE_ROUTES_FORWARD);
    source_routes(svc.r2, WEFT_IP_SOURCE_ROUTES_FORWARD);
    source_routes(svc.b, WEFT_IP_SOURCE_ROUTES_END);
    source_routes(svc.a, WEFT_IP_SOURCE_ROUTES_END);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 2);
    const struct weft_ping_event *ev = svc_first(WEFT_PING_REPLY);
    T_EQ(ev->opts[0], 131); /* By r2 and r1: the way back, as they left it. */
    T_EQ(ev->opts[2], 12);
    T_EQ(word(ev->opts + 3), ip(2, 2));
    T_EQ(word(ev->opts + 7), ip(1, 2));
    cfg.timeout_ns = 10 * S;
    cfg.to = weft_ip4(10, 3, 0, 77); /* Nobody: the error is about what was sent to a hop. */
    svc_ping(&cfg, NULL);
    T_CHECK(svc_first(WEFT_PING_ERROR)->icmp_type == 3);
    cfg.to = weft_ip4(10, 2, 0, 2); /* A router answers along the route, too. */
    cfg.opts[2] = 7;
    cfg.opts_bytes = 8;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 2);
    T_EQ(svc_first(WEFT_PING_REPLY)->opts[0], 131);
    svc_end();
}

static const struct t_case cases[] = {
    {"ping: record route comes back with the way there and back", the_way_is_recorded},
    {"ping: timestamps come back from all, or from those that are named", the_way_is_stamped},
    {"ping: a source route leads there and back", a_route_leads_there_and_back},
};

T_MAIN(cases)
