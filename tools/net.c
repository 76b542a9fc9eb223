/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRIVATE "private:"

static struct weft_host_link_config *last_link(struct wf_net *n)
{
    return n->cfg.links_n > 0 ? &n->cfg.links[n->cfg.links_n - 1] : NULL;
}

/* [NAME=]SPEC; the name of the interface cannot hold a colon, a spec has one early. */
static int add_link(void *opts, const char *arg)
{
    struct wf_net *n = opts;
    const char *eq = strchr(arg, '='), *colon = strchr(arg, ':');
    bool has_name = eq != NULL && (colon == NULL || eq < colon);
    if (n->cfg.links_n == WEFT_HOST_LINKS_MAX)
        return wf_usage("more than %d links", WEFT_HOST_LINKS_MAX);
    unsigned i = n->cfg.links_n++;
    if (has_name && (eq == arg || (size_t)(eq - arg) >= WEFT_IF_NAME_MAX))
        return wf_usage("link name in '%s': 1 to %d characters", arg, WEFT_IF_NAME_MAX - 1);
    if (has_name)
        memcpy(n->names[i], arg, (size_t)(eq - arg));
    else
        (void)snprintf(n->names[i], sizeof(n->names[i]), "eth%u", i);
    for (unsigned other = 0; other < i; other++)
        if (strcmp(n->names[other], n->names[i]) == 0)
            return wf_usage("two links with the name '%s'", n->names[i]);
    n->cfg.links[i].spec = has_name ? eq + 1 : arg;
    n->cfg.links[i].name = n->names[i];
    return 0;
}

static struct weft_host_link_config *find_link(struct wf_net *n, const char *name)
{
    for (unsigned i = 0; i < n->cfg.links_n; i++)
        if (strcmp(n->names[i], name) == 0)
            return &n->cfg.links[i];
    return NULL;
}

/* Neither a network nor its broadcast, nor something that is never anybody's. */
static bool is_of_host(const struct weft_prefix *p)
{
    const uint8_t *b = p->addr.b + 12;
    uint32_t v = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    uint32_t rest = p->len == 0 ? UINT32_MAX : ~(UINT32_MAX << (32 - p->len));
    bool is_edge = p->len < 31 && ((v & rest) == 0 || (v & rest) == rest);
    return !is_edge && b[0] != 0 && b[0] != 127 && b[0] < 224;
}

static int add_address(void *opts, const char *arg)
{
    struct wf_net *n = opts;
    char cidr[32];
    size_t len = strcspn(arg, "@");
    struct weft_prefix p;
    if (len >= sizeof(cidr))
        return wf_usage("--address '%s' is not an address such as 10.0.0.2/24", arg);
    memcpy(cidr, arg, len);
    cidr[len] = '\0';
    if (weft_prefix_parse(&p, cidr) != 0)
        return wf_usage("--address '%s' is not an address such as 10.0.0.2/24", arg);
    if (!is_of_host(&p))
        return wf_usage("--address '%s' is no address of a host: it is the network, its broadcast, "
                        "loopback, multicast or reserved",
                        arg);
    struct weft_host_link_config *l = arg[len] == '@' ? find_link(n, arg + len + 1) : last_link(n);
    if (l == NULL && arg[len] == '@')
        return wf_usage("--address '%s': no --link before it is named '%s'", arg, arg + len + 1);
    if (l == NULL)
        return wf_usage("--address '%s' comes after the --link it belongs to", arg);
    if (l->addrs_n == WEFT_HOST_LINK_ADDRS_MAX)
        return wf_usage("more than %d addresses on %s", WEFT_HOST_LINK_ADDRS_MAX, l->spec);
    l->addrs[l->addrs_n++] = p;
    return 0;
}

static int set_mtu(void *opts, const char *arg)
{
    struct weft_host_link_config *l = last_link(opts);
    uint64_t mtu;
    if (!wf_number(arg, 68, 65535, &mtu))
        return wf_usage("--mtu '%s' is not a number from 68 to 65535", arg);
    if (l == NULL)
        return wf_usage("--mtu comes after the --link it belongs to");
    l->driver.mtu = (uint32_t)mtu;
    return 0;
}

static int set_mac(void *opts, const char *arg)
{
    struct weft_host_link_config *l = last_link(opts);
    static const uint8_t none[6];
    uint8_t mac[6];
    if (!weft_mac_parse(mac, arg) || (mac[0] & 1) != 0 || memcmp(mac, none, sizeof(none)) == 0)
        return wf_usage("--mac '%s' is not a unicast address such as 02:00:00:00:00:01", arg);
    if (l == NULL)
        return wf_usage("--mac comes after the --link it belongs to");
    memcpy(l->driver.mac, mac, sizeof(mac));
    return 0;
}

static int arp_word(void *link, char *word)
{
    struct weft_host_link_config *l = link;
    char *value = strchr(word, '=');
    if (value != NULL)
        *value++ = '\0';
    if (value != NULL && weft_arp_option_parse(&l->neigh, &l->arp, word, value) == 0)
        return 0;
    return wf_usage("--arp '%s%s%s': no such option or value; see: weft help neigh", word,
                    value != NULL ? "=" : "", value != NULL ? value : "");
}

int wf_net_set_arp(void *opts, const char *arg)
{
    struct weft_host_link_config *l = last_link(opts);
    if (l == NULL)
        return wf_usage("--arp comes after the --link it belongs to");
    if (!l->has_arp) {
        weft_neigh_options_default(&l->neigh);
        weft_arp_options_default(&l->arp);
        l->arp.announce_max = 2;
        l->has_arp = true;
    }
    return wf_each_word("arp", arg, arp_word, l);
}

static int set_plain(void *opts, const char *arg)
{
    struct weft_host_link_config *l = last_link(opts);
    (void)arg;
    if (l == NULL)
        return wf_usage("--no-offload comes after the --link it belongs to");
    l->driver.is_plain = true;
    return 0;
}

static int add_route(void *opts, const char *arg)
{
    struct wf_net *n = opts;
    if (n->routes_n == WF_NET_ROUTES_MAX)
        return wf_usage("more than %d routes", WF_NET_ROUTES_MAX);
    n->routes[n->routes_n++] = arg;
    return 0;
}

const struct wf_opt wf_net_host_opts[] = {
    {"host", 0, WF_OPT_TEXT, "NAME", "a running host by its name (default: weft)",
     offsetof(struct wf_net, host), 0, 0, NULL},
    {"control", 0, WF_OPT_TEXT, "PATH", "a running host by its control socket",
     offsetof(struct wf_net, control), 0, 0, NULL},
    {0},
};

const struct wf_opt wf_net_opts[] = {
    {"link", 0, WF_OPT_CALL, "[NAME=]SPEC", "tap:NAME, private:CIDR, packet:IFACE, unix:PATH, ...",
     0, 0, 0, add_link},
    {"address", 0, WF_OPT_CALL, "CIDR[@NAME]", "address of the last --link, or of the named one", 0,
     0, 0, add_address},
    {"gateway", 0, WF_OPT_ADDRESS, "ADDRESS", "default route", offsetof(struct wf_net, cfg.gateway),
     0, 0, NULL},
    {"route", 0, WF_OPT_CALL, "CIDR,VIA", "a route through a neighbour", 0, 0, 0, add_route},
    {"mtu", 0, WF_OPT_CALL, "BYTES", "MTU of the last --link", 0, 0, 0, set_mtu},
    {"mac", 0, WF_OPT_CALL, "MAC", "hardware address on the last --link", 0, 0, 0, set_mac},
    {"no-offload", 0, WF_OPT_CALL, NULL, "no offloads on the last --link", 0, 0, 0, set_plain},
    {"user", 0, WF_OPT_TEXT, "USER", "who to be once links are open (default: nobody)",
     offsetof(struct wf_net, user), 0, 0, NULL},
    {0},
};

void wf_net_init(struct wf_net *n)
{
    memset(n, 0, sizeof(*n));
    weft_host_config_default(&n->cfg);
}

bool wf_net_has_links(const struct wf_net *n)
{
    return n->cfg.links_n > 0;
}

int wf_net_check(const struct wf_net *n)
{
    if (n->host != NULL && n->control != NULL)
        return wf_usage("--host and --control exclude each other");
    if (wf_net_has_links(n) && (n->host != NULL || n->control != NULL))
        return wf_usage("--link opens links of its own, --host and --control use a running host: "
                        "take one");
    static const struct weft_addr none;
    if (!wf_net_has_links(n) &&
        (n->routes_n > 0 || memcmp(n->cfg.gateway.b, none.b, sizeof(none.b)) != 0))
        return wf_usage("--gateway and --route need a --link");
    return 0;
}

/* "CIDR,VIA": the interface follows from the gateway. */
static int apply_route(struct weft_host *h, const char *text)
{
    char cidr[32];
    size_t len = strcspn(text, ",");
    struct weft_prefix p;
    struct weft_route r = {.protocol = WEFT_ROUTE_PROTO_STATIC};
    if (text[len] != ',' || len >= sizeof(cidr))
        return wf_usage("--route '%s' is not like 10.1.0.0/16,10.0.0.1", text);
    memcpy(cidr, text, len);
    cidr[len] = '\0';
    if (weft_prefix_parse(&p, cidr) != 0 || weft_addr_parse(&r.gateway, text + len + 1) != 0)
        return wf_usage("--route '%s' is not like 10.1.0.0/16,10.0.0.1", text);
    r.dst = p.addr;
    r.prefix_len = p.len;
    int err = weft_route_add(weft_host_stack(h), &r);
    if (err == -WEFT_EINVAL)
        return wf_usage("--route '%s': bits beyond the prefix, or the gateway is no neighbour",
                        text);
    return err == 0 ? 0 : wf_trouble("--route '%s': %s", text, weft_strerror(err));
}

static int apply_routes(const struct wf_net *n, struct weft_host *h)
{
    int code = 0;
    for (unsigned i = 0; code == 0 && i < n->routes_n; i++)
        code = apply_route(h, n->routes[i]);
    return code;
}

static bool is_private(const char *spec)
{
    return strncmp(spec, PRIVATE, strlen(PRIVATE)) == 0;
}

/* "private:CIDR" becomes the wire to the kernel of a namespace that is entered here, once. */
static int enter_private(struct weft_host_config *cfg, struct weft_private_net *wire)
{
    char err[WEFT_ERRTEXT_BYTES];
    bool is_inside = false;
    for (unsigned i = 0; i < cfg->links_n; i++) {
        const char *spec = cfg->links[i].spec;
        struct weft_prefix kernel;
        if (!is_private(spec))
            continue;
        if (is_inside)
            return wf_usage("--link '%s': one private link is all there is", spec);
        if (weft_prefix_parse(&kernel, spec + strlen(PRIVATE)) != 0 || !is_of_host(&kernel))
            return wf_usage("--link '%s' is not like private:10.0.0.1/24, the kernel's address "
                            "there",
                            spec);
        if (weft_private_net_enter(wire, &kernel, err, sizeof(err)) != 0)
            return wf_trouble("%s", err);
        is_inside = true;
        cfg->links[i].spec = wire->spec;
    }
    return 0;
}

int wf_net_open(const struct wf_net *n, struct weft_host **out)
{
    char err[WEFT_ERRTEXT_BYTES];
    struct weft_host_config cfg = n->cfg;
    struct weft_private_net wire;
    int code = enter_private(&cfg, &wire);
    if (code != 0)
        return code;
    if (weft_host_open(out, &cfg, err, sizeof(err)) != 0)
        return wf_trouble("%s", err);
    code = wf_net_apply_router(n, *out);
    if (code == 0)
        code = apply_routes(n, *out);
    if (code != 0) {
        weft_host_close(*out);
        *out = NULL;
    }
    return code;
}

int wf_net_routes(const struct wf_net *n, struct weft_host *h)
{
    static const struct weft_addr none;
    struct weft_route r = {.dst = weft_ip4(0, 0, 0, 0),
                           .gateway = n->cfg.gateway,
                           .protocol = WEFT_ROUTE_PROTO_STATIC};
    int err = memcmp(none.b, r.gateway.b, sizeof(none.b)) != 0
                  ? weft_route_add(weft_host_stack(h), &r)
                  : 0;
    if (err != 0)
        return wf_trouble("--gateway: %s", err == -WEFT_ENETUNREACH
                                               ? "not in the network of any address"
                                               : weft_strerror(err));
    return apply_routes(n, h);
}

int wf_net_control(const char *host, const char *control, char buf[WF_CTL_PATH_BYTES])
{
    if (control != NULL) {
        if (strlen(control) >= WF_CTL_PATH_BYTES)
            return wf_usage("--control '%s' is longer than %d characters", control,
                            WF_CTL_PATH_BYTES - 1);
        memcpy(buf, control, strlen(control) + 1);
        return 0;
    }
    if (weft_ctl_path(buf, WF_CTL_PATH_BYTES, host != NULL ? host : "weft") != 0)
        return wf_usage("'%s' is not the name of a host", host);
    return 0;
}
