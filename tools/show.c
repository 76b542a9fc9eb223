/* SPDX-License-Identifier: MIT */
/** DOC: weft show - the tables of a running host, with the habits of ip(8) and ss(8) */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "show_groups.h"

struct show_opts {
    const char *host, *control;
    bool is_json, has_stats, is_all;
};

#define AT(field) offsetof(struct show_opts, field)

static const struct wf_opt opts[] = {
    {"host", 0, WF_OPT_TEXT, "NAME", "the running host (default: weft)", AT(host), 0, 0, NULL},
    {"control", 0, WF_OPT_TEXT, "PATH", "the running host by its control socket", AT(control), 0, 0,
     NULL},
    {"statistics", 's', WF_OPT_FLAG, NULL, "links: frames and bytes; sockets: TCP's state",
     AT(has_stats), 0, 0, NULL},
    {"all", 'a', WF_OPT_FLAG, NULL, "counters and drops: those that are zero, too", AT(is_all), 0,
     0, NULL},
    {"json", 'j', WF_OPT_FLAG, NULL, "JSON", AT(is_json), 0, 0, NULL},
    {0},
};

static uint64_t number(const json_t *row, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(row, key));
}

static const char *text(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    return s != NULL ? s : "";
}

static bool is_true(const json_t *row, const char *key)
{
    return json_is_true(json_object_get(row, key));
}

static void print_links(json_t *rows, const struct show_opts *o)
{
    size_t i;
    const json_t *r;
    json_array_foreach(rows, i, r)
    {
        bool is_ether = strcmp(text(r, "kind"), "ether") == 0;
        printf("%" PRIu64 ": %s: <%s%s> mtu %" PRIu64 " state %s qlen %" PRIu64 " link %s\n",
               number(r, "index"), text(r, "name"),
               is_ether ? "BROADCAST,MULTICAST" : "POINTOPOINT", is_true(r, "up") ? ",UP" : "",
               number(r, "mtu"), is_true(r, "up") ? "UP" : "DOWN", number(r, "queued"),
               text(r, "link"));
        if (is_ether)
            printf("    link/ether %s brd ff:ff:ff:ff:ff:ff\n", text(r, "mac"));
        else
            printf("    link/none\n");
        if (!o->has_stats)
            continue;
        printf("    RX: %14s %12s %9s\n        %14" PRIu64 " %12" PRIu64 " %9" PRIu64 "\n", "bytes",
               "packets", "dropped", number(r, "rx_bytes"), number(r, "rx_frames"),
               number(r, "rx_drops"));
        printf("    TX: %14s %12s %9s\n        %14" PRIu64 " %12" PRIu64 " %9" PRIu64 "\n", "bytes",
               "packets", "dropped", number(r, "tx_bytes"), number(r, "tx_frames"),
               number(r, "tx_drops"));
    }
}

static void print_addresses(json_t *rows, const struct show_opts *o)
{
    size_t i;
    const json_t *r;
    (void)o;
    json_array_foreach(rows, i, r)
    {
        printf("%-10s inet %s/%" PRIu64 " scope %s\n", text(r, "dev"), text(r, "address"),
               number(r, "prefix_len"),
               strncmp(text(r, "address"), "127.", 4) == 0 ? "host" : "global");
    }
}

static void print_routes(json_t *rows, const struct show_opts *o)
{
    size_t i;
    const json_t *r;
    (void)o;
    json_array_foreach(rows, i, r)
    {
        uint64_t len = number(r, "prefix_len");
        if (strcmp(text(r, "type"), "unicast") != 0)
            printf("%s ", text(r, "type"));
        if (len == 0)
            printf("default");
        else if (len == 32)
            printf("%s", text(r, "dst"));
        else
            printf("%s/%" PRIu64, text(r, "dst"), len);
        if (text(r, "gateway")[0] != '\0')
            printf(" via %s", text(r, "gateway"));
        if (text(r, "dev")[0] != '\0')
            printf(" dev %s", text(r, "dev"));
        printf(" proto %s", is_true(r, "connected") ? "kernel" : "static");
        if (text(r, "gateway")[0] == '\0' && strcmp(text(r, "type"), "unicast") == 0)
            printf(" scope link");
        if (text(r, "src")[0] != '\0')
            printf(" src %s", text(r, "src"));
        if (number(r, "metric") != 0)
            printf(" metric %" PRIu64, number(r, "metric"));
        putchar('\n');
    }
}

static void print_neighbours(json_t *rows, const struct show_opts *o)
{
    size_t i;
    const json_t *r;
    (void)o;
    json_array_foreach(rows, i, r)
    {
        printf("%s dev %s", text(r, "address"), text(r, "dev"));
        if (text(r, "mac")[0] != '\0')
            printf(" lladdr %s", text(r, "mac"));
        printf(" %s\n", text(r, "state"));
    }
}

/* ss(8) shortens two of the RFC's names. */
static const char *ss_state(const char *state)
{
    if (strcmp(state, "ESTABLISHED") == 0)
        return "ESTAB";
    return strcmp(state, "SYN-RECEIVED") == 0 ? "SYN-RECV" : state;
}

static void endpoint(char buf[64], const json_t *row, const char *addr, const char *port)
{
    uint64_t p = number(row, port);
    const char *a = text(row, addr);
    if (strcmp(a, "*") == 0)
        a = "0.0.0.0";
    if (p == 0)
        (void)snprintf(buf, 64, "%s:*", a);
    else
        (void)snprintf(buf, 64, "%s:%" PRIu64, a, p);
}

static void print_tcp(const json_t *row)
{
    const json_t *t = json_object_get(row, "tcp");
    char rto[32], rtt[32], var[32], min[32];
    uint64_t mss = number(t, "mss");
    printf("\t %s rto:%s rtt:%s/%s minrtt:%s mss:%" PRIu64 " cwnd:%" PRIu64, text(t, "cc"),
           wf_ms(rto, number(t, "rto_us") * 1000, 0), wf_ms(rtt, number(t, "srtt_us") * 1000, 3),
           wf_ms(var, number(t, "rttvar_us") * 1000, 3),
           wf_ms(min, number(t, "min_rtt_us") * 1000, 3), mss,
           mss > 0 ? number(t, "cwnd") / mss : 0);
    printf(" bytes_sent:%" PRIu64 " bytes_retrans:%" PRIu64 " bytes_acked:%" PRIu64
           " bytes_received:%" PRIu64 " unacked:%" PRIu64 " snd_wnd:%" PRIu64 " why:%s",
           number(t, "bytes_sent"), number(t, "bytes_retransmitted"), number(t, "bytes_acked"),
           number(t, "bytes_received"), number(t, "flight"), number(t, "snd_wnd"), text(t, "why"));
    printf(" age:%" PRIu64 "ms owner:%" PRIu64 "\n", number(row, "age_ms"), number(row, "owner"));
}

static void print_sockets(json_t *rows, const struct show_opts *o)
{
    size_t i;
    const json_t *r;
    printf("%-5s %-11s %-7s %-7s %21s %21s\n", "Netid", "State", "Recv-Q", "Send-Q",
           "Local Address:Port", "Peer Address:Port");
    json_array_foreach(rows, i, r)
    {
        char local[64], remote[64];
        endpoint(local, r, "local", "local_port");
        endpoint(remote, r, "remote", "remote_port");
        printf("%-5s %-11s %-7" PRIu64 " %-7" PRIu64 " %21s %21s\n", text(r, "type"),
               ss_state(text(r, "state")), number(r, "recvq"), number(r, "sendq"), local, remote);
        if (o->has_stats && json_object_get(r, "tcp") != NULL)
            print_tcp(r);
    }
}

static void print_counts(json_t *object, const struct show_opts *o)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (json_integer_value(value) != 0 || o->is_all)
            printf("%-32s %16" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
    }
}

static void print_groups(json_t *rows, const struct show_opts *o)
{
    (void)o;
    wf_print_groups(rows);
}

static void print_igmp(json_t *rows, const struct show_opts *o)
{
    (void)o;
    wf_print_igmp(rows);
}

static void print_mroutes(json_t *rows, const struct show_opts *o)
{
    (void)o;
    wf_print_mroutes(rows);
}

static const struct table {
    const char *name;
    void (*print)(json_t *rows, const struct show_opts *o);
} tables[] = {
    {"links", print_links},           {"addresses", print_addresses}, {"routes", print_routes},
    {"neighbours", print_neighbours}, {"sockets", print_sockets},     {"counters", print_counts},
    {"drops", print_counts},          {"groups", print_groups},       {"igmp", print_igmp},
    {"mroutes", print_mroutes},
};

/* As ip(8): any beginning of a name will do; the first that fits is meant. */
static const struct table *find(const char *word)
{
    if (word[0] != '\0' && strncmp("neighbors", word, strlen(word)) == 0)
        word = "neighbours";
    if (strcmp(word, "maddress") == 0 || strcmp(word, "maddr") == 0)
        word = "groups"; /* As ip(8) has it. */
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        if (word[0] != '\0' && strncmp(tables[i].name, word, strlen(word)) == 0)
            return &tables[i];
    return NULL;
}

static int show(const struct table *t, const struct show_opts *o)
{
    char path[WF_CTL_PATH_BYTES], err[WEFT_ERRTEXT_BYTES];
    struct weft_ctl_client *c;
    int code = wf_net_control(o->host, o->control, path);
    if (code != 0)
        return code;
    if (weft_ctl_client_open(&c, path, err, sizeof(err)) != 0)
        return wf_trouble("%s", err);
    json_t *answer = NULL;
    if (weft_ctl_client_send(c, json_pack("{s:s,s:s}", "cmd", "show", "what", t->name)) == 0)
        answer = weft_ctl_client_answer(c);
    weft_ctl_client_close(c);
    json_t *rows = json_object_get(answer, t->name);
    if (rows == NULL && answer != NULL)
        code = wf_trouble("%s: %s", path, text(answer, "error"));
    else if (rows == NULL)
        code = wf_trouble("%s: the host went away", path);
    else if (!o->is_json)
        t->print(rows, o);
    else if (json_dumpf(rows, stdout, JSON_INDENT(2)) == 0)
        putchar('\n');
    json_decref(answer);
    return code;
}

static int run(int argc, char **argv)
{
    struct show_opts o = {.host = NULL};
    int code;
    if (!wf_parse(&wf_tool_show, &argc, &argv, &o, &code))
        return code;
    if (o.host != NULL && o.control != NULL)
        return wf_usage("--host and --control exclude each other");
    const struct table *t = argc == 1 ? find(argv[0]) : NULL;
    if (t == NULL)
        return wf_usage("show what? links, addresses, routes, neighbours, sockets, counters, "
                        "drops, groups, igmp or mroutes%s%s%s",
                        argc > 0 ? ", not '" : "", argc > 0 ? argv[argc - 1] : "",
                        argc > 0 ? "'" : "");
    return show(t, &o);
}

const struct wf_tool wf_tool_show = {
    .name = "show",
    .summary = "show links, addresses, routes, neighbours, sockets, counters, drops, groups",
    .operands = "links|addresses|routes|neighbours|sockets|counters|drops|groups|igmp|mroutes",
    .opts = opts,
    .example = "  weft show links -s\n"
               "  weft show neigh --json\n"
               "  weft show s -s --host r1\n"
               "  weft show groups\n",
    .more = "Names may be cut short, as for ip(8): l, a, r, n, s, c, d, g, i, m.\n",
    .run = run,
};
