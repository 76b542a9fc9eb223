/* SPDX-License-Identifier: MIT */
/** DOC: weft route - show and change the routes of a running host, with the habits of ip route */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

struct route_opts {
    const char *host, *control;
    bool is_json;
};

#define AT(field) offsetof(struct route_opts, field)

static const struct wf_opt opts[] = {
    {"host", 0, WF_OPT_TEXT, "NAME", "the running host (default: weft)", AT(host), 0, 0, NULL},
    {"control", 0, WF_OPT_TEXT, "PATH", "the running host by its control socket", AT(control), 0, 0,
     NULL},
    {"json", 'j', WF_OPT_FLAG, NULL, "JSON", AT(is_json), 0, 0, NULL},
    {0},
};

/* The numbers of rtnetlink, as ip(8) names them. */
static const struct {
    const char *name;
    unsigned number;
} protocols[] = {{"kernel", 2}, {"boot", 3},   {"static", 4}, {"zebra", 11},
                 {"bgp", 186},  {"ospf", 188}, {"rip", 189}};

#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

/* ---- printing ---- */

static void print_word(const char *word, const char *value)
{
    if (value[0] != '\0')
        printf(" %s %s", word, value);
}

static void print_number(const char *word, uint64_t value)
{
    if (value != 0)
        printf(" %s %" PRIu64, word, value);
}

static void print_protocol(const json_t *r)
{
    uint64_t p = wf_row_is(r, "connected") ? 2 : wf_row_number(r, "protocol");
    for (size_t i = 0; i < PROTOCOLS; i++) {
        if (protocols[i].number == p) {
            printf(" proto %s", protocols[i].name);
            return;
        }
    }
    print_number("proto", p);
}

static void print_way(const json_t *r)
{
    print_word("via", wf_row_text(r, "gateway"));
    print_word("dev", wf_row_text(r, "dev"));
}

/* Whether @b is another leg of the multipath route of @a. */
static bool is_leg(const json_t *a, const json_t *b)
{
    return a != NULL && b != NULL && wf_row_number(a, "weight") != 0 &&
           wf_row_number(b, "weight") != 0 &&
           strcmp(wf_row_text(a, "dst"), wf_row_text(b, "dst")) == 0 &&
           wf_row_number(a, "prefix_len") == wf_row_number(b, "prefix_len") &&
           wf_row_number(a, "metric") == wf_row_number(b, "metric") &&
           wf_row_number(a, "tos") == wf_row_number(b, "tos");
}

static void print_prefix(const json_t *r)
{
    uint64_t len = wf_row_number(r, "prefix_len");
    const char *type = wf_row_text(r, "type");
    if (strcmp(type, "unicast") != 0)
        printf("%s ", type);
    if (len == 0)
        printf("default");
    else if (len == 32)
        printf("%s", wf_row_text(r, "dst"));
    else
        printf("%s/%" PRIu64, wf_row_text(r, "dst"), len);
    if (wf_row_number(r, "tos") != 0)
        printf(" tos 0x%02" PRIx64, wf_row_number(r, "tos"));
}

static void print_route(const json_t *r)
{
    print_prefix(r);
    if (wf_row_number(r, "weight") == 0)
        print_way(r);
    print_protocol(r);
    if (wf_row_number(r, "weight") == 0 && strcmp(wf_row_text(r, "type"), "unicast") == 0 &&
        wf_row_text(r, "gateway")[0] == '\0')
        printf(" scope link");
    print_word("src", wf_row_text(r, "src"));
    print_number("metric", wf_row_number(r, "metric"));
    putchar('\n');
}

void wf_print_routes(const json_t *rows)
{
    size_t i;
    const json_t *r, *before = NULL;
    json_array_foreach(rows, i, r)
    {
        if (!is_leg(before, r))
            print_route(r);
        if (wf_row_number(r, "weight") != 0) {
            printf("\tnexthop");
            print_way(r);
            printf(" weight %" PRIu64 "\n", wf_row_number(r, "weight"));
        }
        before = r;
    }
}

/* ---- the words of a route ---- */

/** struct words - What is left of the command line */
struct words {
    int n;
    char **at;
};

static int put_prefix(json_t *q, const char *word)
{
    struct weft_prefix p = {.addr = weft_ip4(0, 0, 0, 0), .len = 32};
    char buf[48];
    bool is_default = strcmp(word, "default") == 0;
    int err = is_default ? 0 : weft_prefix_parse(&p, word);
    if (!is_default && strchr(word, '/') == NULL)
        err = weft_addr_parse(&p.addr, word);
    if (is_default)
        p.len = 0;
    if (err != 0)
        return wf_usage("'%s' is no prefix such as 10.0.0.0/8 or default", word);
    uint32_t v = 0;
    for (int i = 12; i < 16; i++)
        v = v << 8 | p.addr.b[i];
    if (p.len < 32 && (v & UINT32_MAX >> p.len) != 0)
        return wf_usage("'%s' has bits behind its prefix", word);
    weft_addr_text(buf, sizeof(buf), &p.addr);
    (void)json_object_set_new(q, "dst", json_string(buf));
    (void)json_object_set_new(q, "prefix_len", json_integer(p.len));
    return 0;
}

static int put_address(json_t *q, const char *key, const char *value)
{
    struct weft_addr a;
    if (weft_addr_parse(&a, value) != 0)
        return wf_usage("'%s' is not an IPv4 address", value);
    (void)json_object_set_new(q, key, json_string(value));
    return 0;
}

static int put_number(json_t *q, const char *key, const char *value, uint64_t min, uint64_t max)
{
    char *end;
    uint64_t v = 0;
    bool is_hex = strncmp(value, "0x", 2) == 0 && value[2] != '\0';
    bool is_ok = is_hex ? (v = strtoull(value, &end, 16), *end == '\0' && v >= min && v <= max)
                        : wf_number(value, min, max, &v);
    if (!is_ok)
        return wf_usage("%s '%s' is not a number from %" PRIu64 " to %" PRIu64, key, value, min,
                        max);
    (void)json_object_set_new(q, key, json_integer((json_int_t)v));
    return 0;
}

static int put_protocol(json_t *q, const char *value)
{
    for (size_t i = 0; i < PROTOCOLS; i++) {
        if (strcmp(protocols[i].name, value) == 0) {
            (void)json_object_set_new(q, "protocol", json_integer(protocols[i].number));
            return 0;
        }
    }
    return put_number(q, "protocol", value, 0, 255);
}

/* A word and its value; -1 if it is none that a route, or with @is_hop a next hop, has. */
static int put_pair(json_t *q, const char *word, const char *value, bool is_hop)
{
    if (strcmp(word, "via") == 0)
        return put_address(q, "gateway", value);
    if (strcmp(word, "dev") == 0)
        return json_object_set_new(q, "dev", json_string(value));
    if (is_hop)
        return strcmp(word, "weight") == 0 ? put_number(q, "weight", value, 1, 255) : -1;
    if (strcmp(word, "src") == 0)
        return put_address(q, "src", value);
    if (strcmp(word, "metric") == 0)
        return put_number(q, "metric", value, 0, UINT32_MAX);
    if (strcmp(word, "tos") == 0 || strcmp(word, "dsfield") == 0)
        return put_number(q, "tos", value, 0, 255);
    if (strcmp(word, "proto") == 0 || strcmp(word, "protocol") == 0)
        return put_protocol(q, value);
    return -1;
}

/* Reads words in pairs up to the end or, in a next hop, to the next one. */
static int put_pairs(json_t *q, struct words *w, bool is_hop)
{
    while (w->n > 0 && strcmp(w->at[0], "nexthop") != 0) {
        if (w->n == 1)
            return wf_usage("'%s' needs a value", w->at[0]);
        int err = put_pair(q, w->at[0], w->at[1], is_hop);
        if (err != 0)
            return err > 0 ? err : wf_usage("unexpected '%s'", w->at[0]);
        w->at += 2;
        w->n -= 2;
    }
    return 0;
}

static bool is_type(const char *word)
{
    return strcmp(word, "unicast") == 0 || strcmp(word, "blackhole") == 0 ||
           strcmp(word, "unreachable") == 0 || strcmp(word, "prohibit") == 0;
}

static int put_route(json_t *q, const char *op, struct words w)
{
    if (w.n > 0 && is_type(w.at[0])) {
        (void)json_object_set_new(q, "type", json_string(w.at[0]));
        w.at++;
        w.n--;
    }
    if (w.n == 0)
        return wf_usage("%s which route? give a prefix", op);
    int err = put_prefix(q, w.at[0]);
    w.at++;
    w.n--;
    if (err == 0)
        err = put_pairs(q, &w, false);
    if (err != 0 || w.n == 0)
        return err;
    json_t *hops = json_array();
    (void)json_object_set_new(q, "nexthops", hops);
    while (err == 0 && w.n > 0) {
        json_t *hop = json_object();
        w.at++;
        w.n--;
        err = put_pairs(hop, &w, true);
        (void)json_array_append_new(hops, hop);
    }
    return err;
}

/* ---- the commands ---- */

/* Asks with @q, which is taken; NULL with @code set if the answer is no. */
static json_t *ask(const struct route_opts *o, const char *what, json_t *q, int *code)
{
    json_t *answer = wf_ask(o->host, o->control, q, code);
    if (answer == NULL || wf_row_is(answer, "ok"))
        return answer;
    wf_say("%s: %s", what, wf_row_text(answer, "error"));
    *code = WF_EXIT_NO;
    json_decref(answer);
    return NULL;
}

static int show(const struct route_opts *o)
{
    int code;
    json_t *answer = ask(o, "show", json_pack("{s:s,s:s}", "cmd", "show", "what", "routes"), &code);
    json_t *rows = json_object_get(answer, "routes");
    if (answer != NULL && o->is_json)
        wf_print_json(rows);
    else if (answer != NULL)
        wf_print_routes(rows);
    json_decref(answer);
    return code;
}

static int change(const struct route_opts *o, const char *op, struct words w)
{
    json_t *q = json_pack("{s:s,s:s}", "cmd", "route", "op", op);
    int code = put_route(q, op, w);
    if (code == 0)
        json_decref(ask(o, op, q, &code));
    else
        json_decref(q);
    return code;
}

static int get(const struct route_opts *o, struct words w)
{
    json_t *q = json_pack("{s:s,s:s}", "cmd", "route", "op", "get");
    int code = w.n == 1 ? put_address(q, "dst", w.at[0]) : wf_usage("get takes one address");
    if (code != 0) {
        json_decref(q);
        return code;
    }
    json_t *answer = ask(o, w.at[0], q, &code), *r = json_object_get(answer, "route");
    if (answer != NULL && o->is_json) {
        wf_print_json(r);
    } else if (answer != NULL) {
        printf("%s", w.at[0]);
        print_way(r);
        print_word("src", wf_row_text(r, "src"));
        print_number("metric", wf_row_number(r, "metric"));
        putchar('\n');
    }
    json_decref(answer);
    return code;
}

static int run(int argc, char **argv)
{
    struct route_opts o = {.host = NULL};
    int code;
    if (!wf_parse(&wf_tool_route, &argc, &argv, &o, &code))
        return code;
    const char *op = argc > 0 ? argv[0] : "show";
    struct words rest = {argc - 1, argv + 1};
    if (strcmp(op, "show") == 0 || strcmp(op, "list") == 0 || strcmp(op, "ls") == 0)
        return argc <= 1 ? show(&o) : wf_usage("unexpected '%s'", argv[1]);
    if (strcmp(op, "add") == 0)
        return change(&o, "add", rest);
    if (strcmp(op, "del") == 0 || strcmp(op, "delete") == 0)
        return change(&o, "del", rest);
    if (strcmp(op, "get") == 0)
        return get(&o, rest);
    return wf_usage("'%s' is none of show, add, del, get", op);
}

const struct wf_tool wf_tool_route = {
    .name = "route",
    .summary = "show and change the routes of a running host",
    .operands = "[show | add ROUTE | del ROUTE | get ADDRESS]",
    .opts = opts,
    .example = "  weft route\n"
               "  weft route add 10.1.0.0/16 via 10.0.0.1 metric 20 --host r1\n"
               "  weft route add default nexthop via 10.0.0.1 weight 2 nexthop via 10.0.1.1\n"
               "  weft route add blackhole 192.0.2.0/24\n"
               "  weft route get 10.1.2.3 --json\n"
               "  weft route del 10.1.0.0/16\n",
    .more =
        "ROUTE: [unicast|blackhole|unreachable|prohibit] PREFIX|default [via ADDRESS] [dev IF]\n"
        "       [metric N] [tos N] [src ADDRESS] [proto NAME] [nexthop via ADDRESS [dev IF]\n"
        "       [weight N]] ...\n",
    .run = run,
};
