/* SPDX-License-Identifier: MIT */
/** DOC: weft traceroute - options and output with the habits of traceroute(8), numbers only */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "icmpext.h"
#include "session.h"

struct trace_opts {
    struct wf_net net;
    uint64_t first, max, queries, parallel, port, wait_ns, tos, bytes;
    struct weft_addr from;
    bool is_icmp, is_tcp, finds_mtu, has_df, is_json, has_ext;
    bool is_numeric; /* Taken for habit's sake: names are never looked up. */

    /* Kept while it runs. */
    const char *to;
    char last[48]; /* Address printed last in this line. */
    bool is_reached;
};

#define AT(field)  offsetof(struct trace_opts, field)
#define HEAD_BYTES 28 /* IP and UDP, or IP and ICMP echo. */

static const struct wf_opt opts[] = {
    {"icmp", 'I', WF_OPT_FLAG, NULL, "echo requests instead of UDP", AT(is_icmp), 0, 0, NULL},
    {"tcp", 'T', WF_OPT_FLAG, NULL, "SYNs instead of UDP, to one port (default 80)", AT(is_tcp), 0,
     0, NULL},
    {"path-mtu", 'M', WF_OPT_FLAG, NULL, "find the path MTU: longer probes that may not be cut",
     AT(finds_mtu), 0, 0, NULL},
    {"extensions", 'e', WF_OPT_FLAG, NULL, "show what routers add: labels, interfaces (RFC 4884)",
     AT(has_ext), 0, 0, NULL},
    {"first", 'f', WF_OPT_NUMBER, "HOP", "hop to begin with (default 1)", AT(first), 1, 255, NULL},
    {"max-hops", 'm', WF_OPT_NUMBER, "HOP", "last hop to try (default 30)", AT(max), 1, 255, NULL},
    {"queries", 'q', WF_OPT_NUMBER, "N", "probes a hop (default 3)", AT(queries), 1, 10, NULL},
    {"sim-queries", 'N', WF_OPT_NUMBER, "N", "probes under way at once (default 16)", AT(parallel),
     1, 256, NULL},
    {"wait", 'w', WF_OPT_SECONDS, "TIME", "wait for an answer (default 5 s)", AT(wait_ns), 1000000,
     INT64_MAX, NULL},
    {"port", 'p', WF_OPT_NUMBER, "N", "port of the first probe (default 33434), or of all with -T",
     AT(port), 1, 65000, NULL},
    {"tos", 't', WF_OPT_NUMBER, "N", "type of service octet", AT(tos), 0, 255, NULL},
    {"source", 's', WF_OPT_ADDRESS, "ADDRESS", "source address", AT(from), 0, 0, NULL},
    {"dont-fragment", 'F', WF_OPT_FLAG, NULL, "forbid fragmentation", AT(has_df), 0, 0, NULL},
    {"numeric", 'n', WF_OPT_FLAG, NULL, "always so: names are not looked up", AT(is_numeric), 0, 0,
     NULL},
    {"json", 0, WF_OPT_FLAG, NULL, "events as lines of JSON", AT(is_json), 0, 0, NULL},
    {0},
};

static uint64_t number(const json_t *event, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(event, key));
}

static const char *text(const json_t *event, const char *key)
{
    const char *s = json_string_value(json_object_get(event, key));
    return s != NULL ? s : "?";
}

/* The marks of traceroute(8) for an unreachable that ends the way. */
static void print_mark(const json_t *ev)
{
    uint64_t type = number(ev, "icmp_type"), code = number(ev, "icmp_code");
    if (type != 3)
        printf(" !<%" PRIu64 "-%" PRIu64 ">", type, code);
    else if (code == 4)
        printf(" !F-%" PRIu64, number(ev, "mtu"));
    else if (code < 6)
        printf(" %s", (const char *[]){"!N", "!H", "!P", "!p", "!F", "!S"}[code]);
    else if (code == 9 || code == 10 || code == 13)
        printf(" !X");
    else
        printf(" !<%" PRIu64 ">", code);
}

static void print_probe(struct trace_opts *o, const json_t *ev)
{
    const char *answer = text(ev, "answer");
    if (number(ev, "query") == 1) {
        printf("%2" PRIu64 " ", number(ev, "hop"));
        o->last[0] = '\0';
    }
    if (strcmp(answer, "none") == 0) {
        printf(" *");
    } else if (strcmp(answer, "unsent") == 0) {
        printf(" !");
        wf_say("%s: hop %" PRIu64 ": %s", o->to, number(ev, "hop"), text(ev, "why"));
    } else {
        char ms[32];
        const char *from = text(ev, "from");
        if (strcmp(from, o->last) != 0)
            printf(" %s", from);
        (void)snprintf(o->last, sizeof(o->last), "%s", from);
        printf("  %s ms", wf_ms(ms, number(ev, "rtt_ns"), 3));
        if (json_object_get(ev, "path_mtu") != NULL)
            printf(" F=%" PRIu64, number(ev, "path_mtu"));
        if (strcmp(answer, "refused") == 0)
            print_mark(ev);
        if (o->has_ext)
            wf_icmpext_print(json_object_get(ev, "extensions"));
    }
    if (json_is_true(json_object_get(ev, "last")))
        putchar('\n');
}

static void print_head(const struct trace_opts *o)
{
    if (!o->is_json)
        printf("traceroute to %s (%s), %" PRIu64 " hops max, %" PRIu64 " byte packets\n", o->to,
               o->to, o->max, o->bytes);
}

static void on_event(void *arg, const json_t *ev)
{
    struct trace_opts *o = arg;
    bool is_done = strcmp(text(ev, "event"), "done") == 0;
    bool is_begin = strcmp(text(ev, "event"), "begin") == 0;
    if (is_done)
        o->is_reached = json_is_true(json_object_get(ev, "reached"));
    if (is_begin)
        print_head(o);
    else if (o->is_json)
        wf_session_print(ev);
    else if (!is_done)
        print_probe(o, ev);
    (void)fflush(stdout);
}

static json_t *request_of(const struct trace_opts *o)
{
    json_t *r = json_pack("{s:s,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:I}", "cmd", "traceroute",
                          "to", o->to, "icmp", (int)o->is_icmp, "first_hop", (json_int_t)o->first,
                          "max_hops", (json_int_t)o->max, "queries", (json_int_t)o->queries,
                          "parallel", (json_int_t)o->parallel, "timeout_ns", (json_int_t)o->wait_ns,
                          "port", (json_int_t)o->port, "tos", (json_int_t)o->tos, "df",
                          (int)o->has_df, "size", (json_int_t)(o->bytes - HEAD_BYTES));
    static const struct weft_addr none;
    char from[48];
    weft_addr_text(from, sizeof(from), &o->from);
    (void)json_object_set_new(r, "tcp", json_boolean(o->is_tcp));
    (void)json_object_set_new(r, "mtu_discovery", json_boolean(o->finds_mtu));
    if (memcmp(o->from.b, none.b, sizeof(none.b)) != 0)
        (void)json_object_set_new(r, "from", json_string(from));
    return r;
}

static int run(int argc, char **argv)
{
    struct trace_opts o = {
        .first = 1, .max = 30, .queries = 3, .parallel = 16, .wait_ns = 5000000000, .bytes = 60};
    struct weft_addr a;
    int code;
    wf_net_init(&o.net);
    if (!wf_parse(&wf_tool_traceroute, &argc, &argv, &o, &code))
        return code;
    if (argc < 1 || argc > 2)
        return wf_usage("one address, and the size of a probe if it is not to be 60 bytes");
    o.to = argv[0];
    if (weft_addr_parse(&a, o.to) != 0)
        return wf_usage("'%s' is not an IPv4 address such as 10.0.0.1; names are not looked up",
                        o.to);
    if (argc == 2 && !wf_number(argv[1], HEAD_BYTES, 65535, &o.bytes))
        return wf_usage("size '%s' is not a number from 28 to 65535", argv[1]);
    if (o.is_tcp && (o.is_icmp || o.finds_mtu))
        return wf_usage("-T goes with neither -I nor -M");
    if (o.port == 0)
        o.port = o.is_tcp ? 80 : 33434;
    if (o.finds_mtu && argc == 1)
        o.bytes = 65000;
    if (o.first > o.max)
        return wf_usage("the first hop is beyond the last: -f %" PRIu64 " -m %" PRIu64, o.first,
                        o.max);
    code = wf_net_check(&o.net);
    if (code != 0)
        return code;
    code = wf_session_run(&o.net, request_of(&o), on_event, &o, -1);
    return code != 0 ? code : o.is_reached ? WF_EXIT_OK : WF_EXIT_NO;
}

const struct wf_tool wf_tool_traceroute = {
    .name = "traceroute",
    .summary = "show the routers on the way to a host, as traceroute(8) does",
    .operands = "ADDRESS [BYTES]",
    .opts = opts,
    .net = WF_NET_ANY,
    .example = "  weft traceroute 10.0.2.10\n"
               "  weft traceroute -I -q 1 -m 8 10.0.2.10\n"
               "  weft traceroute -T -p 443 10.0.2.10\n"
               "  weft traceroute -M -q 1 10.0.2.10\n"
               "  weft traceroute -e -q 1 10.0.2.10\n",
    .more =
        "Marks behind a time: !H host, !N network, !P protocol unreachable, !F-N fragmentation\n"
        "needed (MTU N), !X prohibited. F=N with -M: from there on the path carries N bytes. Exit "
        "code 1: the address was not reached.\n",
    .run = run,
};
