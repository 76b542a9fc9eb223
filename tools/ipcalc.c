/* SPDX-License-Identifier: MIT */
/** DOC: weft ipcalc - what an address is, and the arithmetic of subnets */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip4calc.h"
#include "tool.h"

#define LIST_MAX 65536U

struct ipcalc_opts {
    uint64_t subnets, hosts, split;
    const char *local;
    bool is_aggregate, is_range, is_classes, is_json;
};

#define AT(field) offsetof(struct ipcalc_opts, field)

static const struct wf_opt opts[] = {
    {"subnets", 's', WF_OPT_NUMBER, "N", "the mask that cuts the network into N subnets",
     AT(subnets), 1, UINT32_MAX, NULL},
    {"hosts", 'n', WF_OPT_NUMBER, "N", "the mask of subnets with room for N hosts", AT(hosts), 1,
     UINT32_MAX - 1, NULL},
    {"split", 'p', WF_OPT_NUMBER, "LENGTH", "list the subnets with this prefix length", AT(split),
     1, 32, NULL},
    {"local", 'l', WF_OPT_TEXT, "ADDRESS", "is it in the same network? exit code 1: no", AT(local),
     0, 0, NULL},
    {"aggregate", 'a', WF_OPT_FLAG, NULL, "the fewest networks with the same addresses",
     AT(is_aggregate), 0, 0, NULL},
    {"range", 'r', WF_OPT_FLAG, NULL, "two addresses: the networks from one to the other",
     AT(is_range), 0, 0, NULL},
    {"classes", 'c', WF_OPT_FLAG, NULL, "the five classes", AT(is_classes), 0, 0, NULL},
    {"json", 0, WF_OPT_FLAG, NULL, "lines of JSON", AT(is_json), 0, 0, NULL},
    {0},
};

/* ---- text ---- */

#define TEXT_MAX 24

static const char *quad(char buf[TEXT_MAX], uint32_t a)
{
    (void)snprintf(buf, TEXT_MAX, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
    return buf;
}

static const char *cidr(char buf[TEXT_MAX], struct ip4net n)
{
    char addr[TEXT_MAX];
    (void)snprintf(buf, TEXT_MAX, "%.15s/%u", quad(addr, n.addr), n.len);
    return buf;
}

/* Exactly four decimal octets; false for anything else. @end is what follows. */
static bool read_quad(const char *p, uint32_t *out, const char **end)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        unsigned v = 0, digits = 0;
        if (i > 0 && *p++ != '.')
            return false;
        for (; *p >= '0' && *p <= '9' && digits < 4; p++, digits++)
            v = v * 10 + (unsigned)(*p - '0');
        if (digits == 0 || digits > 3 || v > 255)
            return false;
        *out = *out << 8 | v;
    }
    *end = p;
    return true;
}

/* "10.1.2.3", "10.1.2.3/24", "10.1.2.3/255.255.255.0"; without a mask that of the class. */
static bool read_net(const char *text, struct ip4net *out, bool *is_classic)
{
    const char *p;
    uint32_t mask;
    uint64_t len;
    if (!read_quad(text, &out->addr, &p))
        return false;
    *is_classic = *p == '\0';
    const struct ip4class *c = ip4calc_class(out->addr);
    out->len = c->len != 0 ? c->len : 32;
    if (*is_classic)
        return true;
    if (*p++ != '/')
        return false;
    if (read_quad(p, &mask, &p))
        return *p == '\0' && ip4calc_len(mask, &out->len);
    if (!wf_number(p, 0, 32, &len))
        return false;
    out->len = (uint8_t)len;
    return true;
}

static int bad_net(const char *text)
{
    return wf_usage("'%s' is no network such as 10.1.2.3/24 or 10.1.2.3/255.255.255.0", text);
}

static void set_text(json_t *o, const char *key, const char *text)
{
    (void)json_object_set_new(o, key, json_string(text));
}

static void set_number(json_t *o, const char *key, uint64_t v)
{
    (void)json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void print_json(json_t *o)
{
    (void)json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    (void)putchar('\n');
    json_decref(o);
}

/* ---- one address ---- */

static json_t *json_of(struct ip4net n, bool is_classic)
{
    char t[TEXT_MAX];
    uint32_t first, last;
    uint64_t hosts = ip4calc_hosts(n, &first, &last);
    const struct ip4kind *k = ip4calc_kind(n.addr);
    json_t *o = json_object();
    set_text(o, "address", quad(t, n.addr));
    set_number(o, "prefix", n.len);
    set_text(o, "mask", quad(t, ip4calc_mask(n.len)));
    set_text(o, "wildcard", quad(t, ~ip4calc_mask(n.len)));
    (void)json_object_set_new(o, "classic_mask", json_boolean(is_classic));
    set_text(o, "network", quad(t, ip4calc_network(n)));
    set_text(o, "host_part", quad(t, n.addr & ~ip4calc_mask(n.len)));
    if (ip4calc_has_broadcast(n))
        set_text(o, "broadcast", quad(t, ip4calc_last(n)));
    set_text(o, "first_host", quad(t, first));
    set_text(o, "last_host", quad(t, last));
    set_number(o, "hosts", hosts);
    (void)json_object_set_new(o, "class", json_stringn(&ip4calc_class(n.addr)->name, 1));
    set_text(o, "kind", k->name);
    set_text(o, "kind_block", cidr(t, k->net));
    set_text(o, "kind_rfc", k->rfc);
    (void)json_object_set_new(o, "may_be_source", json_boolean(k->is_source));
    (void)json_object_set_new(o, "may_be_destination", json_boolean(k->is_destination));
    (void)json_object_set_new(o, "global", json_boolean(k->is_global));
    return o;
}

/* The bits, with a bar where the host part begins. */
static const char *bits(char buf[40], struct ip4net n)
{
    size_t at = 0;
    for (unsigned i = 0; i < 32; i++) {
        if (i == n.len)
            buf[at++] = '|';
        else if (i % 8 == 0 && i > 0)
            buf[at++] = '.';
        buf[at++] = (n.addr >> (31 - i) & 1) != 0 ? '1' : '0';
    }
    buf[at] = '\0';
    return buf;
}

static const char *yes(bool is_so)
{
    return is_so ? "yes" : "no";
}

static void print_net(struct ip4net n, bool is_classic)
{
    char t[TEXT_MAX], u[TEXT_MAX], b[40];
    uint32_t first, last;
    uint64_t hosts = ip4calc_hosts(n, &first, &last);
    const struct ip4class *c = ip4calc_class(n.addr);
    const struct ip4kind *k = ip4calc_kind(n.addr);
    printf("address      %s\n", quad(t, n.addr));
    printf("bits         %s\n", bits(b, n));
    printf("mask         %s = /%u%s\n", quad(t, ip4calc_mask(n.len)), n.len,
           is_classic ? " (of the class)" : "");
    printf("wildcard     %s\n", quad(t, ~ip4calc_mask(n.len)));
    printf("network      %s\n", cidr(t, (struct ip4net){ip4calc_network(n), n.len}));
    printf("host part    %s\n", quad(t, n.addr & ~ip4calc_mask(n.len)));
    printf("broadcast    %s\n", ip4calc_has_broadcast(n) ? quad(t, ip4calc_last(n)) : "none");
    printf("hosts        %s to %s, %" PRIu64 "\n", quad(t, first), quad(u, last), hosts);
    printf("class        %c, leading bits %s", c->name, c->bits);
    if (c->len != 0)
        printf(", classic network %s",
               cidr(t, (struct ip4net){n.addr & ip4calc_mask(c->len), c->len}));
    printf("\nkind         %s, %s (%s)\n", k->name, cidr(t, k->net), k->rfc);
    printf("may be       source: %s, destination: %s, global: %s\n", yes(k->is_source),
           yes(k->is_destination), yes(k->is_global));
}

static void show_net(const struct ipcalc_opts *o, struct ip4net n, bool is_classic)
{
    if (o->is_json)
        print_json(json_of(n, is_classic));
    else
        print_net(n, is_classic);
}

/* ---- lists ---- */

static void show_member(const struct ipcalc_opts *o, struct ip4net n)
{
    char t[TEXT_MAX], u[TEXT_MAX], v[TEXT_MAX];
    uint32_t first, last;
    uint64_t hosts = ip4calc_hosts(n, &first, &last);
    if (o->is_json)
        print_json(json_of(n, false));
    else
        printf("%-18s %s to %s, %" PRIu64 " host%s\n", cidr(t, n), quad(u, first), quad(v, last),
               hosts, hosts == 1 ? "" : "s");
}

static int split(const struct ipcalc_opts *o, struct ip4net n, uint8_t len)
{
    if (len < n.len)
        return wf_usage("/%u is wider than the network, /%u", len, n.len);
    uint64_t count = (uint64_t)1 << (len - n.len);
    if (count > LIST_MAX)
        return wf_usage("%" PRIu64 " subnets are too many to list; at most %u", count, LIST_MAX);
    for (uint64_t i = 0; i < count; i++)
        show_member(o, ip4calc_subnet(n, len, (uint32_t)i));
    return WF_EXIT_OK;
}

/* The mask for a number of subnets, or of hosts, and what it makes of the network. */
static int plan(const struct ipcalc_opts *o, struct ip4net n)
{
    char t[TEXT_MAX];
    uint8_t len = 0;
    bool is_possible = o->subnets != 0 ? ip4calc_subnets_len(n, o->subnets, &len)
                                       : ip4calc_hosts_len(o->hosts, &len) && len >= n.len;
    if (!is_possible) {
        wf_say("%" PRIu64 " %s do not fit into a /%u", o->subnets != 0 ? o->subnets : o->hosts,
               o->subnets != 0 ? "subnets" : "hosts", n.len);
        return WF_EXIT_NO;
    }
    uint32_t first, last;
    uint64_t count = (uint64_t)1 << (len - n.len);
    uint64_t hosts = ip4calc_hosts(ip4calc_subnet(n, len, 0), &first, &last);
    if (o->is_json) {
        json_t *j = json_object();
        set_text(j, "mask", quad(t, ip4calc_mask(len)));
        set_number(j, "prefix", len);
        set_number(j, "subnet_bits", (uint64_t)(len - n.len));
        set_number(j, "subnets", count);
        set_number(j, "hosts", hosts);
        set_text(j, "first_subnet", cidr(t, ip4calc_subnet(n, len, 0)));
        set_text(j, "last_subnet", cidr(t, ip4calc_subnet(n, len, (uint32_t)(count - 1))));
        print_json(j);
        return WF_EXIT_OK;
    }
    printf("mask         %s = /%u\n", quad(t, ip4calc_mask(len)), len);
    printf("subnets      %" PRIu64 ", by %u bits, of %" PRIu64 " host%s each\n", count, len - n.len,
           hosts, hosts == 1 ? "" : "s");
    printf("first        %s\n", cidr(t, ip4calc_subnet(n, len, 0)));
    printf("last         %s\n", cidr(t, ip4calc_subnet(n, len, (uint32_t)(count - 1))));
    return WF_EXIT_OK;
}

static int local(const struct ipcalc_opts *o, struct ip4net n)
{
    char t[TEXT_MAX], u[TEXT_MAX];
    const char *end;
    uint32_t other;
    if (!read_quad(o->local, &other, &end) || *end != '\0')
        return wf_usage("--local '%s' is not an IPv4 address", o->local);
    bool is_local = ip4calc_is_local(n, other);
    struct ip4net net = {ip4calc_network(n), n.len};
    if (o->is_json)
        print_json(json_pack("{s:s,s:s,s:b}", "address", quad(t, other), "network", cidr(u, net),
                             "local", (int)is_local));
    else
        printf("%s is %s %s\n", quad(t, other), is_local ? "local: in" : "remote: not in",
               cidr(u, net));
    return is_local ? WF_EXIT_OK : WF_EXIT_NO;
}

static int aggregate(const struct ipcalc_opts *o, int argc, char **argv)
{
    bool is_classic;
    struct ip4net *nets = calloc((size_t)argc, sizeof(*nets));
    if (nets == NULL)
        return wf_trouble("no memory for %d networks", argc);
    for (int i = 0; i < argc; i++) {
        if (!read_net(argv[i], &nets[i], &is_classic)) {
            free(nets);
            return bad_net(argv[i]);
        }
    }
    size_t n = ip4calc_aggregate(nets, (size_t)argc);
    for (size_t i = 0; i < n; i++)
        show_member(o, nets[i]);
    free(nets);
    return WF_EXIT_OK;
}

static int range(const struct ipcalc_opts *o, int argc, char **argv)
{
    struct ip4net nets[IP4CALC_RANGE_MAX];
    uint32_t ends[2];
    const char *end;
    if (argc != 2)
        return wf_usage("--range takes two addresses, not %d", argc);
    for (int i = 0; i < 2; i++)
        if (!read_quad(argv[i], &ends[i], &end) || *end != '\0')
            return wf_usage("'%s' is not an IPv4 address", argv[i]);
    if (ends[0] > ends[1])
        return wf_usage("the range ends, at %s, before it begins", argv[1]);
    size_t n = ip4calc_range(ends[0], ends[1], nets);
    for (size_t i = 0; i < n; i++)
        show_member(o, nets[i]);
    return WF_EXIT_OK;
}

static void show_classes(const struct ipcalc_opts *o)
{
    const struct ip4class *c;
    for (size_t i = 0; (c = ip4calc_classes(i)) != NULL; i++) {
        if (o->is_json) {
            json_t *j = json_object();
            (void)json_object_set_new(j, "class", json_stringn(&c->name, 1));
            set_text(j, "leading_bits", c->bits);
            set_number(j, "first_octet_from", c->first);
            set_number(j, "first_octet_to", c->end);
            set_number(j, "networks", c->nets);
            set_number(j, "hosts", c->hosts);
            print_json(j);
        } else if (c->len != 0) {
            printf("%c  %-6s %3u to %u, /%u, %u networks of %u hosts\n", c->name, c->bits, c->first,
                   c->end, c->len, c->nets, c->hosts);
        } else {
            printf("%c  %-6s %3u to %u, %s\n", c->name, c->bits, c->first, c->end,
                   c->name == 'D' ? "multicast" : "reserved");
        }
    }
}

static int each(const struct ipcalc_opts *o, int argc, char **argv)
{
    int code = WF_EXIT_OK;
    struct ip4net n;
    bool is_classic;
    for (int i = 0; i < argc && code == WF_EXIT_OK; i++) {
        if (!read_net(argv[i], &n, &is_classic))
            return bad_net(argv[i]);
        if (i > 0 && !o->is_json)
            printf("\n");
        if (o->subnets != 0 || o->hosts != 0)
            code = plan(o, n);
        else if (o->split != 0)
            code = split(o, n, (uint8_t)o->split);
        else if (o->local != NULL)
            code = local(o, n);
        else
            show_net(o, n, is_classic);
    }
    return code;
}

static int run(int argc, char **argv)
{
    struct ipcalc_opts o = {0};
    int code;
    if (!wf_parse(&wf_tool_ipcalc, &argc, &argv, &o, &code))
        return code;
    int asked = (o.subnets != 0) + (o.hosts != 0) + (o.split != 0) + (o.local != NULL) +
                o.is_aggregate + o.is_range + o.is_classes;
    if (asked > 1)
        return wf_usage("one of --subnets, --hosts, --split, --local, --aggregate, --range and "
                        "--classes at a time");
    if (o.is_classes) {
        if (argc > 0)
            return wf_usage("--classes takes no address");
        show_classes(&o);
        return WF_EXIT_OK;
    }
    if (argc == 0)
        return wf_usage("which address? give one such as 192.168.10.77/26");
    if (o.is_aggregate)
        return aggregate(&o, argc, argv);
    return o.is_range ? range(&o, argc, argv) : each(&o, argc, argv);
}

const struct wf_tool wf_tool_ipcalc = {
    .name = "ipcalc",
    .summary = "what an address is; masks and subnets",
    .operands = "ADDRESS[/LENGTH|/MASK] ...",
    .opts = opts,
    .net = WF_NET_NONE,
    .example = "  weft ipcalc 192.168.10.77/26\n"
               "  weft ipcalc --subnets 30 172.16.0.0/16\n"
               "  weft ipcalc --split 26 192.168.10.0/255.255.255.0\n"
               "  weft ipcalc --aggregate 10.0.0.0/25 10.0.0.128/25 10.0.1.0/24\n",
    .more = "Without a length or mask that of the address's class holds; of classes D and E, /32.\n"
            "Exit code 1: --local says remote, or so many subnets or hosts do not fit.\n",
    .run = run,
};
