/* SPDX-License-Identifier: MIT */
/** DOC: What the show step shows of a node, in the habit of ip and ss */
#include <inttypes.h>
#include <string.h>

#include "run.h"
#include "weft/trace.h"

/** struct showing - A node being shown */
struct showing {
    struct lab_buf *b;
    const struct lab *lab;
    const struct weft_stack *st;
};

static const char *if_name(const struct showing *s, uint16_t ifindex, struct weft_if_info *info)
{
    return weft_if_get(s->st, ifindex, info) == 0 ? info->cfg.name : "-";
}

static void put_addr(struct lab_buf *b, const struct weft_addr *a)
{
    char text[48];
    weft_addr_text(text, sizeof(text), a);
    wf_buf_str(b, text);
}

static void put_mac(struct lab_buf *b, const uint8_t mac[6])
{
    wf_buf_printf(b, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                  mac[5]);
}

static void show_interfaces(const struct showing *s)
{
    struct weft_if_info i;
    for (uint16_t index = 1; index != 0 && weft_if_get(s->st, index, &i) == 0; index++) {
        wf_buf_printf(s->b, "  %s %s mtu %" PRIu32 " ", i.cfg.name, i.is_up ? "up" : "down",
                      i.cfg.mtu);
        put_mac(s->b, i.cfg.mac);
        wf_buf_printf(s->b, " rx %" PRIu64 " frames tx %" PRIu64 " frames\n", i.rx_frames,
                      i.tx_frames);
    }
}

static void show_addresses(const struct showing *s)
{
    struct weft_addr_info a;
    struct weft_if_info info;
    uint32_t cursor = 0;
    while (weft_addr_next(s->st, &cursor, &a)) {
        wf_buf_str(s->b, "  ");
        put_addr(s->b, &a.addr);
        wf_buf_printf(s->b, "/%u dev %s\n", a.prefix_len, if_name(s, a.ifindex, &info));
    }
}

static void show_routes(const struct showing *s)
{
    static const struct weft_addr none;
    struct weft_route r;
    struct weft_if_info info;
    uint32_t cursor = 0;
    while (weft_route_next(s->st, &cursor, &r)) {
        wf_buf_str(s->b, "  ");
        if (r.prefix_len == 0) {
            wf_buf_str(s->b, "default");
        } else {
            put_addr(s->b, &r.dst);
            wf_buf_printf(s->b, "/%u", r.prefix_len);
        }
        if (memcmp(r.gateway.b, none.b, sizeof(none.b)) != 0) {
            wf_buf_str(s->b, " via ");
            put_addr(s->b, &r.gateway);
        }
        wf_buf_printf(s->b, " dev %s\n", if_name(s, r.ifindex, &info));
    }
}

static void show_neighbours(const struct showing *s)
{
    struct weft_neigh_info n;
    struct weft_if_info info;
    uint32_t cursor = 0;
    while (weft_neigh_next(s->st, &cursor, &n)) {
        wf_buf_str(s->b, "  ");
        put_addr(s->b, &n.addr);
        wf_buf_printf(s->b, " dev %s lladdr ", if_name(s, n.ifindex, &info));
        put_mac(s->b, n.mac);
        wf_buf_printf(s->b, " %s\n", wf_lab_neigh_names[n.state]);
    }
}

static void put_endpoint(struct lab_buf *b, const struct weft_endpoint *e)
{
    put_addr(b, &e->addr);
    wf_buf_printf(b, ":%u", e->port);
}

static void show_sockets(const struct showing *s)
{
    struct weft_sock_info k;
    uint64_t cursor = 0;
    while (weft_sock_next(s->st, &cursor, &k)) {
        bool is_tcp = k.type == WEFT_SOCK_TCP;
        wf_buf_printf(s->b, "  %s %s ",
                      is_tcp                        ? "tcp"
                      : k.type == WEFT_SOCK_UDP     ? "udp"
                      : k.type == WEFT_SOCK_UDPLITE ? "udplite"
                                                    : "ping",
                      is_tcp ? weft_tcp_state_name(k.state) : "-");
        put_endpoint(s->b, &k.local);
        wf_buf_str(s->b, " ");
        put_endpoint(s->b, &k.remote);
        wf_buf_printf(s->b, " recvq %" PRIu32 " sendq %" PRIu32 "\n", k.recvq, k.sendq);
    }
}

static void show_counters(const struct showing *s)
{
    for (unsigned i = 0; i < WEFT_COUNT_COUNT; i++) {
        if (weft_counter(s->st, i) != 0)
            wf_buf_printf(s->b, "  %-30s %" PRIu64 "\n", weft_counter_name(i),
                          weft_counter(s->st, i));
    }
}

static void show_drops(const struct showing *s)
{
    for (unsigned i = 0; i < WEFT_DROP_COUNT; i++) {
        if (weft_drops(s->st, i) != 0)
            wf_buf_printf(s->b, "  %-30s %" PRIu64 "\n", weft_drop_name(i), weft_drops(s->st, i));
    }
}

const char *wf_show(struct lab *lab, size_t node, unsigned what)
{
    static void (*const shows[])(const struct showing *) = {
        show_interfaces, show_addresses, show_routes, show_neighbours,
        show_sockets,    show_counters,  show_drops}; /* In the order of wf_lab_show_names. */
    struct lab_buf b = {0};
    struct showing s = {.b = &b, .lab = lab, .st = weft_node_stack(wf_lab_node(lab, node)->node)};
    for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
        if ((what >> i & 1) == 0)
            continue;
        wf_buf_printf(&b, "%s of %s\n", wf_lab_show_names[i], wf_lab_node(lab, node)->name);
        shows[i](&s);
    }
    const char *text = wf_lab_strdup(&lab->arena, b.s != NULL ? b.s : "");
    wf_buf_free(&b);
    return text;
}
