/* SPDX-License-Identifier: MIT */
/**
 * DOC: host - a stack with its memory, links, addresses and routes
 *
 * Memory is mapped without being touched: a large configuration costs address space until it is
 * used. The seed comes from the kernel; without one there is no host.
 */
#include "host.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

void weft_host_config_default(struct weft_host_config *cfg)
{
    memset(cfg, 0, sizeof(*cfg));
    weft_config_default(&cfg->limits);
}

bool wf_host_name_ok(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t n = strlen(name);
    return n > 0 && n < WEFT_HOST_NAME_MAX && name[0] != '.' && strspn(name, letters) == n;
}

static void *map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p != MAP_FAILED ? p : NULL;
}

static int make_stack(struct weft_host *h, const struct weft_host_config *cfg, char *err,
                      size_t cap)
{
    struct weft_config limits = cfg->limits;
    if (weft_host_entropy(limits.seed, sizeof(limits.seed)) < 0)
        return wf_host_fail(err, cap, "%s: the system gives no random bytes", h->name);
    if (limits.vec == NULL)
        limits.vec = weft_host_vec();
    h->mem_bytes = weft_stack_footprint(&limits);
    if (h->mem_bytes == 0)
        return wf_host_fail(err, cap, "%s: a limit of the configuration is out of range", h->name);

    uint64_t most = (uint64_t)limits.chunks_max * limits.chunk_bytes;
    h->area_bytes = cfg->area_bytes != 0 && cfg->area_bytes < most ? cfg->area_bytes : most;
    h->mem = map(h->mem_bytes);
    h->area = map(h->area_bytes);
    if (h->mem == NULL || h->area == NULL)
        return wf_host_fail(err, cap, "%s: no address space for %zu + %zu bytes; try lower limits",
                            h->name, h->mem_bytes, h->area_bytes);
    int r = weft_stack_init(&h->st, &limits, h->mem, h->mem_bytes);
    if (r == 0)
        r = weft_area_add(h->st, h->area, h->area_bytes);
    if (r < 0)
        return wf_host_fail(err, cap, "%s: stack: %s", h->name, weft_strerror(r));
    h->d = weft_dispatch_new(h->st);
    return h->d != NULL ? 0 : wf_host_fail(err, cap, "%s: out of memory", h->name);
}

static int add_if(struct weft_host *h, struct wf_link *l, const char *name, unsigned number,
                  uint16_t *ifindex)
{
    const struct weft_driver_info *info = &l->drv->info;
    struct weft_if_config cfg = {.kind = info->kind,
                                 .mtu = info->mtu,
                                 .caps = info->caps,
                                 .gso_max_bytes = info->gso_max_bytes};
    if (name != NULL)
        memcpy(cfg.name, name, strnlen(name, sizeof(cfg.name) - 1));
    else
        (void)snprintf(cfg.name, sizeof(cfg.name), "eth%u", number);
    memcpy(cfg.mac, info->mac, 6);
    int r = weft_if_add(h->st, &cfg);
    if (r < 0)
        return r;
    *ifindex = (uint16_t)r;
    return 0;
}

/* Before the interface has addresses, and while it is down: they are probed as the options say. */
static int set_options(struct weft_host *h, uint16_t ifindex,
                       const struct weft_host_link_config *cfg)
{
    struct weft_arp_options arp;
    struct weft_if_info info;
    if (!cfg->has_arp) { /* On a real link one announcement may be lost. */
        int err = weft_if_get(h->st, ifindex, &info);
        if (err != 0 || info.cfg.kind != WEFT_IF_ETHER)
            return err;
        weft_arp_options_default(&arp);
        arp.announce_max = 2;
        return weft_arp_options_set(h->st, ifindex, &arp);
    }
    int r = weft_if_set_up(h->st, ifindex, false);
    if (r == 0)
        r = weft_neigh_options_set(h->st, ifindex, &cfg->neigh);
    return r == 0 ? weft_arp_options_set(h->st, ifindex, &cfg->arp) : r;
}

static int open_wire(struct weft_host *h, struct wf_link *l,
                     const struct weft_host_link_config *cfg, char *err, size_t cap)
{
    if (weft_driver_open(&l->drv, cfg->spec, &cfg->driver, err, cap) < 0)
        return -1;
    int r = add_if(h, l, cfg->name, h->links_n - 1, &l->ifindex);
    return r < 0 ? wf_host_fail(err, cap, "%s: interface: %s", cfg->spec, weft_strerror(r)) : 0;
}

static int open_link(struct weft_host *h, const struct weft_host_link_config *cfg, char *err,
                     size_t cap)
{
    struct wf_link *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return wf_host_fail(err, cap, "%s: out of memory", cfg->spec);
    h->links[h->links_n++] = l;
    l->spec = strdup(cfg->spec);
    if (l->spec == NULL)
        return wf_host_fail(err, cap, "%s: out of memory", cfg->spec);
    int r = wf_host_is_vlan(cfg->spec) ? wf_host_vlan_open(h, l, cfg, err, cap)
                                       : open_wire(h, l, cfg, err, cap);
    if (r < 0)
        return -1;
    if (set_options(h, l->ifindex, cfg) < 0)
        return wf_host_fail(err, cap, "%s: options of ARP are for Ethernet", cfg->spec);
    for (unsigned i = 0; i < cfg->addrs_n && i < WEFT_HOST_LINK_ADDRS_MAX; i++) {
        r = weft_addr_add(h->st, l->ifindex, &cfg->addrs[i].addr, cfg->addrs[i].len);
        if (r < 0) {
            char text[48];
            weft_addr_text(text, sizeof(text), &cfg->addrs[i].addr);
            return wf_host_fail(err, cap, "%s: address %s/%u: %s", cfg->spec, text,
                                cfg->addrs[i].len, weft_strerror(r));
        }
    }
    return 0;
}

static bool is_unspecified(const struct weft_addr *a)
{
    static const struct weft_addr none;
    const struct weft_addr any4 = weft_ip4(0, 0, 0, 0);
    return memcmp(a->b, none.b, 16) == 0 || memcmp(a->b, any4.b, 16) == 0;
}

static int add_gateway(struct weft_host *h, const struct weft_addr *gateway, char *err, size_t cap)
{
    if (is_unspecified(gateway))
        return 0;
    /* The default of IPv4 is ::ffff:0:0 with no bits of the IPv4 address fixed. */
    struct weft_route r = {
        .dst = weft_ip4(0, 0, 0, 0), .gateway = *gateway, .protocol = WEFT_ROUTE_PROTO_STATIC};
    int e = weft_route_add(h->st, &r);
    if (e == 0)
        return 0;
    char text[48];
    weft_addr_text(text, sizeof(text), gateway);
    return wf_host_fail(err, cap, "gateway %s: %s", text,
                        e == -WEFT_ENETUNREACH ? "not in the network of any address"
                                               : weft_strerror(e));
}

static int open_parts(struct weft_host *h, const struct weft_host_config *cfg, char *err,
                      size_t cap)
{
    const char *name = cfg->name != NULL ? cfg->name : "weft";
    if (!wf_host_name_ok(name))
        return wf_host_fail(err, cap, "host name '%.40s': 1 to 31 letters, digits, '-', '_', '.'",
                            name);
    memcpy(h->name, name, strlen(name) + 1);
    if (cfg->links_n > WEFT_HOST_LINKS_MAX)
        return wf_host_fail(err, cap, "%s: more than %d links", name, WEFT_HOST_LINKS_MAX);
    h->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->stop_fd < 0)
        return wf_host_fail(err, cap, "%s: no descriptor is left", name);
    if (make_stack(h, cfg, err, cap) < 0)
        return -1;
    for (unsigned i = 0; i < cfg->links_n; i++)
        if (open_link(h, &cfg->links[i], err, cap) < 0)
            return -1;
    if (add_gateway(h, &cfg->gateway, err, cap) < 0)
        return -1;
    /* Last, because a gateway is found by way of interfaces that are up. */
    for (unsigned i = 0; i < h->links_n; i++)
        if (weft_if_set_up(h->st, h->links[i]->ifindex, h->links[i]->drv->info.is_up) < 0)
            return wf_host_fail(err, cap, "%s: interface state", h->links[i]->spec);
    return 0;
}

int weft_host_open(struct weft_host **out, const struct weft_host_config *cfg, char *err,
                   size_t err_cap)
{
    struct weft_host *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return wf_host_fail(err, err_cap, "host: out of memory");
    h->stop_fd = -1;
    if (open_parts(h, cfg, err, err_cap) < 0) {
        weft_host_close(h);
        return -1;
    }
    h->is_open = true;
    *out = h;
    return 0;
}

/* Received frames that the stack still holds lie in slots of drivers: those go first of all. */
void weft_host_close(struct weft_host *h)
{
    if (h == NULL)
        return;
    if (h->is_open) /* The resets of what was aborted last: no peer is left waiting. */
        wf_host_transmit(h, weft_host_now());
    weft_dispatch_free(h->d);
    for (unsigned i = 0; i < h->links_n; i++) {
        weft_driver_close(h->links[i]->drv);
        free(h->links[i]->spec);
        free(h->links[i]);
    }
    if (h->mem != NULL)
        munmap(h->mem, h->mem_bytes);
    if (h->area != NULL)
        munmap(h->area, h->area_bytes);
    if (h->stop_fd >= 0)
        (void)close(h->stop_fd);
    free(h->fds);
    free(h->polls);
    free(h);
}

struct weft_stack *weft_host_stack(const struct weft_host *h)
{
    return h->st;
}

struct weft_dispatch *weft_host_dispatch(const struct weft_host *h)
{
    return h->d;
}

const char *weft_host_name(const struct weft_host *h)
{
    return h->name;
}

bool weft_host_link(const struct weft_host *h, unsigned i, struct weft_host_link *out)
{
    if (i >= h->links_n)
        return false;
    const struct wf_link *l = h->links[i];
    *out = (struct weft_host_link){l->spec, l->drv, l->ifindex, l->rx_refused};
    return true;
}
