/* SPDX-License-Identifier: MIT */
/** DOC: weft show - the tables of a running host, with the habits of ip(8) and ss(8) */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
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

static void print_links(json_t *rows, const struct show_opts *o)
{
    size_t i;
    const json_t *r;
    json_array_foreach(rows, i, r)
    {
        bool is_ether = strcmp(wf_row_text(r, "kind"), "ether") == 0;
        printf("%" PRIu64 ": %s: <%s%s> mtu %" PRIu64 " state %s qlen %" PRIu64 " link %s\n",
               wf_row_number(r, "index"), wf_row_text(r, "name"),
               is_ether ? "BROADCAST,MULTICAST" : "POINTOPOINT", wf_row_is(r, "up") ? ",UP" : "",
               wf_row_number(r, "mtu"), wf_row_is(r, "up") ? "UP" : "DOWN",
               wf_row_number(r, "queued"), wf_row_text(r, "link"));
        if (is_ether)
            printf("    link/ether %s brd ff:ff:ff:ff:ff:ff\n", wf_row_text(r, "mac"));
        else
            printf("    link/none\n");
        if (!o->has_stats)
            continue;
        printf("    RX: %14s %12s %9s\n        %14" PRIu64 " %12" PRIu64 " %9" PRIu64 "\n", "bytes",
               "packets", "dropped", wf_row_number(r, "rx_bytes"), wf_row_number(r, "rx_frames"),
               wf_row_number(r, "rx_drops"));
        printf("    TX: %14s %12s %9s\n        %14" PRIu64 " %12" PRIu64 " %9" PRIu64 "\n", "bytes",
               "packets", "dropped", wf_row_number(r, "tx_bytes"), wf_row_number(r, "tx_frames"),
               wf_row_number(r, "tx_drops"));
    }
}

static void print_addresses(json_t *rows, const struct show_opts *o)
{
    size_t i;
    const json_t *r;
    (void)o;
    json_array_foreach(rows, i, r)
    {
        printf("%-10s inet %s/%" PRIu64 " scope %s\n", wf_row_text(r, "dev"),
               wf_row_text(r, "address"), wf_row_number(r, "prefix_len"),
               strncmp(wf_row_text(r, "address"), "127.", 4) == 0 ? "host" : "global");
    }
}

static void print_routes(json_t *rows, const struct show_opts *o)
{
    (void)o;
    wf_print_routes(rows);
}

static void print_neighbours(json_t *rows, const struct show_opts *o)
{
    size_t i;
    const json_t *r;
    (void)o;
    json_array_foreach(rows, i, r) wf_print_neighbour(r);
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
    uint64_t p = wf_row_number(row, port);
    const char *a = wf_row_text(row, addr);
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
    uint64_t mss = wf_row_number(t, "mss");
    printf("\t %s rto:%s rtt:%s/%s minrtt:%s mss:%" PRIu64 " cwnd:%" PRIu64, wf_row_text(t, "cc"),
           wf_ms(rto, wf_row_number(t, "rto_us") * 1000, 0),
           wf_ms(rtt, wf_row_number(t, "srtt_us") * 1000, 3),
           wf_ms(var, wf_row_number(t, "rttvar_us") * 1000, 3),
           wf_ms(min, wf_row_number(t, "min_rtt_us") * 1000, 3), mss,
           mss > 0 ? wf_row_number(t, "cwnd") / mss : 0);
    printf(" bytes_sent:%" PRIu64 " bytes_retrans:%" PRIu64 " bytes_acked:%" PRIu64
           " bytes_received:%" PRIu64 " unacked:%" PRIu64 " snd_wnd:%" PRIu64 " why:%s",
           wf_row_number(t, "bytes_sent"), wf_row_number(t, "bytes_retransmitted"),
           wf_row_number(t, "bytes_acked"), wf_row_number(t, "bytes_received"),
           wf_row_number(t, "flight"), wf_row_number(t, "snd_wnd"), wf_row_text(t, "why"));
    printf(" age:%" PRIu64 "ms owner:%" PRIu64 "\n", wf_row_number(row, "age_ms"),
           wf_row_number(row, "owner"));
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
        printf("%-5s %-11s %-7" PRIu64 " %-7" PRIu64 " %21s %21s\n", wf_row_text(r, "type"),
               ss_state(wf_row_text(r, "state")), wf_row_number(r, "recvq"),
               wf_row_number(r, "sendq"), local, remote);
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
    int code;
    json_t *answer =
        wf_ask(o->host, o->control, json_pack("{s:s,s:s}", "cmd", "show", "what", t->name), &code);
    json_t *rows = json_object_get(answer, t->name);
    if (rows == NULL && answer != NULL)
        code = wf_trouble("%s", wf_row_text(answer, "error"));
    else if (rows != NULL && o->is_json)
        wf_print_json(rows);
    else if (rows != NULL)
        t->print(rows, o);
    json_decref(answer);
    return code;
}

static int run(int argc, char **argv)
{
    struct show_opts o = {.host = NULL};
    int code;
    if (!wf_parse(&wf_tool_show, &argc, &argv, &o, &code))
        return code;
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
