/* SPDX-License-Identifier: MIT */
/** DOC: what routers add to errors, in traceroute by every kind of probe; the world of svc_rig.h */
#include <string.h>

#include "svc_rig.h"
#include "t.h"

static void extend(struct weft_node *router)
{
    struct weft_icmp_config c;
    weft_icmp_get(weft_node_stack(router), &c);
    c.has_extensions = true;
    T_EQ(weft_icmp_set(weft_node_stack(router), &c), 0);
}

static void is_interface(const struct weft_traceroute_event *ev, uint8_t link)
{
    struct weft_icmp_object o;
    struct weft_icmp_if i;
    uint32_t cursor = 0;
    const struct weft_addr own = weft_ip4(10, link, 0, 2);
    T_CHECK(weft_icmp_object_next(ev->ext, ev->ext_bytes, &cursor, &o));
    T_CHECK(weft_icmp_object_interface(&o, &i));
    T_CHECK(memcmp(&i.addr, &own, sizeof(own)) == 0);
    T_EQ(i.mtu, 1500);
}

static void each_kind_of_probe(void)
{
    svc_line();
    extend(svc.r1);
    for (unsigned how = 0; how <= WEFT_TRACE_TCP; how++) {
        struct weft_traceroute_config cfg =
            svc_trace_of(weft_ip4(10, 3, 0, 2), (enum weft_trace_how)how);
        cfg.queries = 1;
        svc_trace(&cfg);
        T_EQ(svc.events_n, 4);
        is_interface(&svc.te[0], 1);
        T_EQ(svc.te[1].ext_bytes, 0); /* r2 adds nothing. */
        T_EQ(svc.te[2].ext_bytes, 0);
        T_EQ(svc.te[2].answer, WEFT_TRACE_REACHED);
        T_EQ(svc.opened > 0, how == WEFT_TRACE_TCP); /* A socket a probe has TCP only. */
        T_EQ(svc.closed, svc.opened);
    }
    extend(svc.r2);
    struct weft_traceroute_config cfg = svc_trace_of(weft_ip4(10, 3, 0, 77), WEFT_TRACE_UDP);
    cfg.queries = 1;
    svc_trace(&cfg);
    T_EQ(svc.te[2].answer, WEFT_TRACE_REFUSED);
    is_interface(&svc.te[2], 2);
    svc_end();
}

static void an_unknown_kind_is_refused(void)
{
    svc_line();
    struct weft_traceroute t;
    struct weft_traceroute_config cfg = svc_trace_of(weft_ip4(10, 3, 0, 2), WEFT_TRACE_UDP);
    cfg.how = (enum weft_trace_how)(WEFT_TRACE_TCP + 1);
    T_EQ(weft_traceroute_start(&t, weft_node_stack(svc.a), &cfg), -WEFT_EINVAL);
    svc_end();
}

static const struct t_case cases[] = {
    {"traceroute: objects of errors are told, by UDP, ICMP and TCP", each_kind_of_probe},
    {"traceroute: a kind of probe that is none is refused", an_unknown_kind_is_refused},
};

T_MAIN(cases)
