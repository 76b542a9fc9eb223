/* SPDX-License-Identifier: MIT */
/**
 * DOC: "vlan:PARENT,ID" as a link: an interface in the stack, and a driver without a wire, as its
 * frames go over the parent's
 */
#include "weft/vlan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static void no_close(struct weft_driver *d)
{
    free(d);
}

static uint32_t no_rx(struct weft_driver *d, struct weft_frame *frames, uint32_t n, uint64_t now_ns)
{
    (void)d, (void)frames, (void)n, (void)now_ns;
    return 0;
}

static void no_release(struct weft_driver *d, const uint64_t *cookies, uint32_t n)
{
    (void)d, (void)cookies, (void)n;
}

static uint32_t no_tx(struct weft_driver *d, const struct weft_frame *frames, uint32_t n,
                      uint64_t now_ns)
{
    (void)d, (void)frames, (void)now_ns;
    return n;
}

static int no_poll(struct weft_driver *d, uint32_t *want)
{
    (void)d;
    *want = 0;
    return -1;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is the table's. */
static uint64_t no_service(struct weft_driver *d, uint64_t now_ns, uint32_t *changes)
{
    (void)d, (void)now_ns, (void)changes;
    return WEFT_NEVER;
}

static const struct weft_driver_ops no_wire = {.scheme = "vlan",
                                               .close = no_close,
                                               .rx = no_rx,
                                               .rx_release = no_release,
                                               .tx = no_tx,
                                               .poll = no_poll,
                                               .service = no_service};

/* "vlan:PARENT,ID" */
static bool parse(const char *spec, char parent[WEFT_IF_NAME_MAX], uint16_t *id)
{
    const char *name = spec + strlen("vlan:"), *comma = strrchr(name, ',');
    size_t n = comma != NULL ? (size_t)(comma - name) : 0;
    if (n == 0 || n >= WEFT_IF_NAME_MAX || strspn(comma + 1, "0123456789") != strlen(comma + 1) ||
        strlen(comma + 1) < 1 || strlen(comma + 1) > 4)
        return false;
    memcpy(parent, name, n);
    parent[n] = '\0';
    *id = (uint16_t)strtoul(comma + 1, NULL, 10);
    return *id >= 1 && *id <= WEFT_VLAN_ID_MAX;
}

bool wf_host_is_vlan(const char *spec)
{
    return strncmp(spec, "vlan:", strlen("vlan:")) == 0;
}

int wf_host_vlan_open(struct weft_host *h, struct wf_link *l,
                      const struct weft_host_link_config *cfg, char *err, size_t cap)
{
    static const uint8_t none[6];
    char parent[WEFT_IF_NAME_MAX], name[WEFT_IF_NAME_MAX];
    struct weft_vlan_config c = {.name = name, .mtu = cfg->driver.mtu};
    struct weft_if_info info;
    if (!parse(cfg->spec, parent, &c.id))
        return wf_host_fail(err, cap, "%s: not like vlan:eth0,7, with a number from 1 to %d",
                            cfg->spec, WEFT_VLAN_ID_MAX);
    if (memcmp(cfg->driver.mac, none, 6) != 0)
        return wf_host_fail(err, cap, "%s: a VLAN has the hardware address of %s", cfg->spec,
                            parent);
    int index = weft_if_find(h->st, parent);
    if (index < 0 || weft_if_get(h->st, (uint16_t)index, &info) < 0)
        return wf_host_fail(err, cap, "%s: no link before it is named '%s'", cfg->spec, parent);
    c.parent = (uint16_t)index;
    if (cfg->name != NULL)
        (void)snprintf(name, sizeof(name), "%s", cfg->name);
    else
        (void)snprintf(name, sizeof(name), "vlan%u", c.id);
    index = weft_vlan_add(h->st, &c);
    if (index < 0)
        return wf_host_fail(err, cap, "%s: %s", cfg->spec,
                            index != -WEFT_EINVAL ? weft_strerror(index)
                                                  : "the MTU is more than its parent's, or the "
                                                    "parent is not Ethernet or a VLAN itself");
    l->ifindex = (uint16_t)index;
    l->drv = calloc(1, sizeof(*l->drv));
    if (l->drv == NULL || weft_if_get(h->st, l->ifindex, &info) < 0)
        return wf_host_fail(err, cap, "%s: out of memory", cfg->spec);
    l->drv->ops = &no_wire;
    l->drv->info =
        (struct weft_driver_info){.kind = WEFT_IF_ETHER, .mtu = info.cfg.mtu, .is_up = true};
    memcpy(l->drv->info.mac, info.cfg.mac, 6);
    (void)snprintf(l->drv->info.name, sizeof(l->drv->info.name), "%s", parent);
    return 0;
}
