/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <stdlib.h>

#include "frame.h"
#include "t.h"

#define AREA_BYTES ((size_t)1 << 20)

void host_open(struct host *h, const struct weft_config *cfg)
{
    struct weft_if_config wire = {.name = "wire", .kind = WEFT_IF_L3, .mtu = 1500};
    struct weft_addr addr = weft_ip4(192, 0, 2, 2);
    struct weft_route all = {.ifindex = HOST_IF, .dst = weft_ip4(0, 0, 0, 0)};
    size_t bytes = weft_stack_footprint(cfg);
    h->mem = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    h->area = aligned_alloc(64, AREA_BYTES);
    if (h->mem == NULL || h->area == NULL)
        abort();
    T_EQ(weft_stack_init(&h->st, cfg, h->mem, bytes), 0);
    T_CHECK(weft_area_add(h->st, h->area, AREA_BYTES) > 0);
    T_EQ(weft_if_add(h->st, &wire), HOST_IF);
    T_EQ(weft_addr_add(h->st, HOST_IF, &addr, 24), 0);
    T_EQ(weft_route_add(h->st, &all), 0);
}

void host_close(struct host *h)
{
    free(h->mem);
    free(h->area);
}

size_t host_pull(struct host *h, uint64_t now_ns)
{
    return t_tx(h->st, HOST_IF, h->f, sizeof(h->f), now_ns);
}

struct host_syn host_syn(struct host *h, uint64_t now_ns, uint16_t from,
                         const struct weft_endpoint *to)
{
    struct weft_endpoint local = {.port = from};
    uint64_t sock = 0;
    weft_advance(h->st, now_ns);
    T_EQ(weft_sock_open(h->st, WEFT_SOCK_TCP, &sock), 0);
    if (from != 0)
        T_EQ(weft_sock_bind(h->st, sock, &local), 0);
    T_EQ(weft_sock_connect(h->st, sock, to), 0);
    /* The options are MSS, then SACK-permitted and timestamps in one. */
    T_CHECK(host_pull(h, now_ns) >= 60 && h->f[33] == 2 && h->f[40] == 2 && h->f[46] == 8);
    T_EQ(weft_sock_abort(h->st, sock), 0);
    return (struct host_syn){t_get32(h->f + 24), t_get32(h->f + 48), (uint16_t)t_get16(h->f + 20)};
}
