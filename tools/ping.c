/* SPDX-License-Identifier: MIT */
/** DOC: weft ping - options and output with the habits of ping(8) */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ipopts.h"
#include "session.h"

struct ping_opts {
    struct wf_net net;
    uint64_t count, interval_ns, size, ttl, tos, id, wait_ns, deadline_ns, preload;
    const char *df, *pattern, *from, *query, *stamps;
    bool is_recording, is_dated, is_quiet, is_flood, is_reporting, may_broadcast, is_json;
    bool is_numeric; /* Taken for habit's sake: names are never looked up. */

    /* Kept while it runs. */
    const char *to;
    char **hops; /* Operands in front of it. */
    int hops_n;
    uint32_t opts_bytes;
    json_t *last_route;
    uint64_t received;
};

#define AT(field) offsetof(struct ping_opts, field)

static const struct wf_opt opts[] = {
    {"count", 'c', WF_OPT_NUMBER, "N", "stop after N requests", AT(count), 1, UINT32_MAX, NULL},
    {"interval", 'i', WF_OPT_SECONDS, "TIME", "between requests (default 1 s)", AT(interval_ns),
     1000000, INT64_MAX, NULL},
    {"size", 's', WF_OPT_NUMBER, "BYTES", "data bytes (default 56)", AT(size), 0, 65507, NULL},
    {"ttl", 't', WF_OPT_NUMBER, "N", "time to live", AT(ttl), 1, 255, NULL},
    {"tos", 'Q', WF_OPT_NUMBER, "N", "type of service octet", AT(tos), 0, 255, NULL},
    {"timeout", 'W', WF_OPT_SECONDS, "TIME", "wait for an answer", AT(wait_ns), 1000000, INT64_MAX,
     NULL},
    {"deadline", 'w', WF_OPT_SECONDS, "TIME", "end after this time", AT(deadline_ns), 1000000,
     INT64_MAX, NULL},
    {"mtu-discovery", 'M', WF_OPT_TEXT, "do|dont|want", "do: forbid fragmentation", AT(df), 0, 0,
     NULL},
    {"pattern", 'p', WF_OPT_TEXT, "HEX", "up to 16 bytes that fill the data", AT(pattern), 0, 0,
     NULL},
    {"identifier", 'e', WF_OPT_NUMBER, "N", "ICMP identifier", AT(id), 1, 65535, NULL},
    {"from", 'I', WF_OPT_TEXT, "ADDRESS", "source address", AT(from), 0, 0, NULL},
    {"flood", 'f', WF_OPT_FLAG, NULL, "as fast as answers come", AT(is_flood), 0, 0, NULL},
    {"broadcast", 'b', WF_OPT_FLAG, NULL, "the destination is a broadcast address",
     AT(may_broadcast), 0, 0, NULL},
    {"preload", 'l', WF_OPT_NUMBER, "N", "requests sent at once at the start", AT(preload), 1, 4096,
     NULL},
    {"query", 'K', WF_OPT_TEXT, "KIND", "echo (default), timestamp, mask or information", AT(query),
     0, 0, NULL},
    {"record-route", 'R', WF_OPT_FLAG, NULL, "have the way there and back recorded",
     AT(is_recording), 0, 0, NULL},
    {"ip-timestamps", 'T', WF_OPT_TEXT, "KIND",
     "have the way stamped: tsonly, tsandaddr or, by the hops named, tsprespec", AT(stamps), 0, 0,
     NULL},
    {"dated", 'D', WF_OPT_FLAG, NULL, "the time of day in front of each line", AT(is_dated), 0, 0,
     NULL},
    {"outstanding", 'O', WF_OPT_FLAG, NULL, "report requests without an answer", AT(is_reporting),
     0, 0, NULL},
    {"quiet", 'q', WF_OPT_FLAG, NULL, "only the summary", AT(is_quiet), 0, 0, NULL},
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

/* As ping(8): about three significant digits. */
static const char *rtt(char *buf, uint64_t ns)
{
    return wf_ms(buf, ns, ns >= 100000000 ? 0 : ns >= 10000000 ? 1 : ns >= 1000000 ? 2 : 3);
}

/* Seconds since the epoch, as ping(8) -D has them. */
static void print_date(const struct ping_opts *o)
{
    struct timespec t;
    if (o->is_dated && clock_gettime(CLOCK_REALTIME, &t) == 0)
        printf("[%lld.%06ld] ", (long long)t.tv_sec, t.tv_nsec / 1000);
}

static void print_error(const json_t *ev)
{
    static const char *const unreachable[] = {
        "Destination Net Unreachable", "Destination Host Unreachable",
        "Destination Protocol Unreachable", "Destination Port Unreachable"};
    uint64_t type = number(ev, "icmp_type"), code = number(ev, "icmp_code");
    printf("From %s icmp_seq=%" PRIu64 " ", text(ev, "from"), number(ev, "seq"));
    if (type == 3 && code == 4)
        printf("Frag needed and DF set (mtu = %" PRIu64 ")\n", number(ev, "mtu"));
    else if (type == 3 && code < 4)
        printf("%s\n", unreachable[code]);
    else if (type == 3 && (code == 9 || code == 10 || code == 13))
        printf("Packet filtered\n");
    else if (type == 12)
        printf("Parameter problem: pointer = %" PRIu64 "\n", number(ev, "pointer"));
    else if (type == 11)
        printf("%s\n", code == 0 ? "Time to live exceeded" : "Frag reassembly time exceeded");
    else
        printf("ICMP type %" PRIu64 " code %" PRIu64 ": %s\n", type, code, text(ev, "why"));
}

static void print_summary(const struct ping_opts *o, const json_t *ev)
{
    char min[32], avg[32], max[32], mdev[32];
    uint64_t loss = number(ev, "loss_permille");
    printf("\n--- %s ping statistics ---\n%" PRIu64 " packets transmitted, %" PRIu64 " received",
           o->to, number(ev, "transmitted"), number(ev, "received"));
    if (number(ev, "duplicates") > 0)
        printf(", +%" PRIu64 " duplicates", number(ev, "duplicates"));
    if (number(ev, "reordered") > 0)
        printf(", +%" PRIu64 " out of order", number(ev, "reordered"));
    if (number(ev, "bad_data") > 0)
        printf(", +%" PRIu64 " corrupted", number(ev, "bad_data"));
    if (number(ev, "errors") > 0)
        printf(", +%" PRIu64 " errors", number(ev, "errors"));
    if (loss % 10 == 0)
        printf(", %" PRIu64 "%% packet loss", loss / 10);
    else
        printf(", %" PRIu64 ".%" PRIu64 "%% packet loss", loss / 10, loss % 10);
    printf(", time %" PRIu64 "ms\n", number(ev, "time_ns") / 1000000);
    if (number(ev, "received") > 0)
        printf("rtt min/avg/max/mdev = %s/%s/%s/%s ms\n", wf_ms(min, number(ev, "rtt_min_ns"), 3),
               wf_ms(avg, number(ev, "rtt_avg_ns"), 3), wf_ms(max, number(ev, "rtt_max_ns"), 3),
               wf_ms(mdev, number(ev, "rtt_mdev_ns"), 3));
}

/* A time of day as RFC 792 counts it; with the top bit it counts something else. */
static const char *clock_text(char buf[32], uint64_t ms)
{
    if (ms >= 86400000)
        (void)snprintf(buf, 32, "%" PRIu64 "ms?", ms & 0x7fffffff);
    else
        (void)snprintf(buf, 32, "%02u:%02u:%02u.%03u", (unsigned)(ms / 3600000),
                       (unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60),
                       (unsigned)(ms % 1000));
    return buf;
}

static void print_reply(struct ping_opts *o, const json_t *ev, const char *tail)
{
    char time[32];
    printf("%" PRIu64 " bytes from %s: icmp_seq=%" PRIu64 " ttl=%" PRIu64 " time=%s ms",
           number(ev, "bytes"), text(ev, "from"), number(ev, "seq"), number(ev, "ttl"),
           rtt(time, number(ev, "rtt_ns")));
    if (json_object_get(ev, "mask") != NULL)
        printf(" mask=%s", text(ev, "mask"));
    if (json_object_get(ev, "originate_ms") != NULL)
        printf(" originate=%s receive=%s transmit=%s",
               clock_text((char[32]){0}, number(ev, "originate_ms")),
               clock_text((char[32]){0}, number(ev, "receive_ms")),
               clock_text((char[32]){0}, number(ev, "transmit_ms")));
    printf("%s", tail);
    wf_ipopts_print(ev, &o->last_route);
    putchar('\n');
}

static void print_flood(const char *kind)
{
    if (strcmp(kind, "sent") == 0)
        putchar('.');
    else if (strcmp(kind, "reply") == 0)
        printf("\b \b");
    else if (strcmp(kind, "error") == 0 || strcmp(kind, "unsent") == 0)
        putchar('E');
}

static bool is_echo(const struct ping_opts *o)
{
    return o->query == NULL || strcmp(o->query, "echo") == 0;
}

static void print_head(const struct ping_opts *o)
{
    if (!o->is_json && !is_echo(o))
        printf("PING %s (%s): %s requests.\n", o->to, o->to, o->query);
    else if (!o->is_json)
        printf("PING %s (%s) %" PRIu64 "(%" PRIu64 ") bytes of data.\n", o->to, o->to, o->size,
               o->size + 28 + o->opts_bytes);
}

static void print_event(struct ping_opts *o, const char *kind, const json_t *ev)
{
    bool is_said = strcmp(kind, "sent") != 0 && strcmp(kind, "unsent") != 0;
    if (is_said && (strcmp(kind, "lost") != 0 || o->is_reporting))
        print_date(o);
    if (strcmp(kind, "reply") == 0)
        print_reply(o, ev, "");
    else if (strcmp(kind, "duplicate") == 0)
        print_reply(o, ev, " (DUP!)");
    else if (strcmp(kind, "bad-data") == 0)
        printf("From %s icmp_seq=%" PRIu64 " wrong data byte at %" PRIu64 "\n", text(ev, "from"),
               number(ev, "seq"), number(ev, "bad_offset"));
    else if (strcmp(kind, "error") == 0)
        print_error(ev);
    else if (strcmp(kind, "lost") == 0 && o->is_reporting)
        printf("no answer yet for icmp_seq=%" PRIu64 "\n", number(ev, "seq"));
}

static void say_unsent(const struct ping_opts *o, const json_t *ev)
{
    if (json_object_get(ev, "mtu") != NULL)
        wf_say("%s: icmp_seq=%" PRIu64 ": %s, mtu=%" PRIu64, o->to, number(ev, "seq"),
               text(ev, "why"), number(ev, "mtu"));
    else
        wf_say("%s: icmp_seq=%" PRIu64 ": %s", o->to, number(ev, "seq"), text(ev, "why"));
}

static void on_event(void *arg, const json_t *ev)
{
    struct ping_opts *o = arg;
    const char *kind = text(ev, "event");
    bool is_done = strcmp(kind, "done") == 0, is_begin = strcmp(kind, "begin") == 0;
    if (is_done)
        o->received = number(ev, "received");
    if (is_begin)
        print_head(o);
    else if (o->is_json)
        wf_session_print(ev);
    else if (is_done)
        print_summary(o, ev);
    else if (strcmp(kind, "unsent") == 0 && !o->is_flood)
        say_unsent(o, ev);
    else if (o->is_flood && !o->is_quiet)
        print_flood(kind);
    else if (o->is_quiet)
        return;
    else
        print_event(o, kind, ev);
    (void)fflush(stdout);
}

static void set_options(json_t *r, const struct ping_opts *o)
{
    json_t *hops = json_array();
    for (int i = 0; i < o->hops_n; i++)
        (void)json_array_append_new(hops, json_string(o->hops[i]));
    (void)json_object_set_new(r, "hops", hops);
    (void)json_object_set_new(r, "record_route", json_boolean(o->is_recording));
    if (o->stamps != NULL)
        (void)json_object_set_new(r, "timestamps", json_string(o->stamps));
}

/* Hops, -R and -T make the options together; 0 or an exit code. */
static int check_options(struct ping_opts *o)
{
    uint8_t made[WEFT_IP_OPTIONS_MAX];
    json_t *r = json_object();
    set_options(r, o);
    int n = wf_ipopts_build(made, r);
    json_decref(r);
    if (n < 0)
        return wf_usage(
            "hops are up to 9 addresses of a route, or 1 to 4 with -T tsprespec; -R, -T "
            "tsonly and -T tsandaddr take none and do not go together");
    o->opts_bytes = ((uint32_t)n + 3) & ~3u;
    return 0;
}

static json_t *request_of(const struct ping_opts *o)
{
    json_t *r = json_pack(
        "{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:b}", "cmd", "ping", "to", o->to, "count",
        (json_int_t)o->count, "interval_ns", (json_int_t)(o->is_flood ? 0 : o->interval_ns), "size",
        (json_int_t)o->size, "ttl", (json_int_t)o->ttl, "tos", (json_int_t)o->tos, "id",
        (json_int_t)o->id, "timeout_ns", (json_int_t)o->wait_ns, "deadline_ns",
        (json_int_t)o->deadline_ns, "df", (int)(o->df != NULL && strcmp(o->df, "do") == 0),
        "broadcast", (int)o->may_broadcast);
    if (o->pattern != NULL)
        (void)json_object_set_new(r, "pattern", json_string(o->pattern));
    if (o->from != NULL)
        (void)json_object_set_new(r, "from", json_string(o->from));
    if (o->query != NULL)
        (void)json_object_set_new(r, "query", json_string(o->query));
    if (o->preload > 0)
        (void)json_object_set_new(r, "preload", json_integer((json_int_t)o->preload));
    set_options(r, o);
    return r;
}

/* What option kinds cannot check; 0 or an exit code. */
static int check(const struct ping_opts *o)
{
    struct weft_addr a;
    size_t n = o->pattern != NULL ? strlen(o->pattern) : 2;
    if (o->df != NULL && strcmp(o->df, "do") != 0 && strcmp(o->df, "dont") != 0 &&
        strcmp(o->df, "want") != 0)
        return wf_usage("-M '%s' is neither do, dont nor want", o->df);
    if (o->query != NULL && !is_echo(o) && strcmp(o->query, "timestamp") != 0 &&
        strcmp(o->query, "mask") != 0 && strcmp(o->query, "information") != 0)
        return wf_usage("-K '%s' is none of echo, timestamp, mask, information", o->query);
    if (n == 0 || n > 32 || n % 2 != 0 ||
        (o->pattern != NULL && strspn(o->pattern, "0123456789abcdefABCDEF") != n))
        return wf_usage("-p '%s' is not 1 to 16 bytes in hexadecimal", o->pattern);
    if (o->from != NULL && weft_addr_parse(&a, o->from) != 0)
        return wf_usage("-I '%s' is not an IPv4 address", o->from);
    if (weft_addr_parse(&a, o->to) != 0)
        return wf_usage("'%s' is not an IPv4 address such as 10.0.0.1; names are not looked up",
                        o->to);
    return wf_net_check(&o->net);
}

static int run(int argc, char **argv)
{
    struct ping_opts o = {.interval_ns = 1000000000, .size = 56};
    int code;
    wf_net_init(&o.net);
    if (!wf_parse(&wf_tool_ping, &argc, &argv, &o, &code))
        return code;
    if (argc < 1)
        return wf_usage("ping whom? give an address");
    o.to = argv[argc - 1];
    o.hops = argv;
    o.hops_n = argc - 1;
    code = check(&o);
    if (code == 0)
        code = check_options(&o);
    if (code != 0)
        return code;
    code = wf_session_run(&o.net, request_of(&o), on_event, &o, -1);
    json_decref(o.last_route);
    if (code != 0)
        return code;
    bool is_short = o.count > 0 && o.deadline_ns > 0 && o.received < o.count;
    return o.received == 0 || is_short ? WF_EXIT_NO : WF_EXIT_OK;
}

const struct wf_tool wf_tool_ping = {
    .name = "ping",
    .summary = "send echo requests, as ping(8) does",
    .operands = "[HOP ...] ADDRESS",
    .opts = opts,
    .net = WF_NET_ANY,
    .example = "  weft ping -c 3 10.0.0.1\n"
               "  weft ping -K timestamp -c 1 10.0.0.1\n"
               "  weft ping -R -c 1 10.0.0.1\n"
               "  weft ping -T tsprespec -c 1 10.0.0.1 10.0.0.2\n"
               "  weft ping --link packet:eth1 --address 10.0.0.9/24 -s 1472 -M do 10.0.0.1\n",
    .more = "Without --link the requests are sent by a running host (see weft host --help).\n"
            "HOPs make a loose source route; with -T tsprespec they are who is to stamp.\n"
            "Exit code 1: no answer came, or with -c and -w fewer than asked for.\n",
    .run = run,
};
