/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft neigh, weft arp - neighbours of a running host, with the habits of ip-neigh(8) and
 * arp(8)
 *
 * Both speak to the control socket. Words are read from left to right, each with what follows it.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ask.h"

struct neigh_opts {
    const char *host, *control;
    bool is_json, is_all, is_set, is_del, is_numeric;
};

#define AT(field) offsetof(struct neigh_opts, field)

#define HOST_OPTS                                                                                  \
    {"host", 0, WF_OPT_TEXT, "NAME", "the running host (default: weft)", AT(host), 0, 0, NULL},    \
        {"control",   0, WF_OPT_TEXT, "PATH", "the running host by its control socket",            \
         AT(control), 0, 0,           NULL},                                                       \
        {"json", 'j', WF_OPT_FLAG, NULL, "JSON", AT(is_json), 0, 0, NULL},                         \
    {                                                                                              \
        0                                                                                          \
    }

static const struct wf_opt neigh_options[] = {HOST_OPTS};

static const struct wf_opt arp_options[] = {
    {"all", 'a', WF_OPT_FLAG, NULL, "list, or one address (the default)", AT(is_all), 0, 0, NULL},
    {"set", 's', WF_OPT_FLAG, NULL, "make a static entry", AT(is_set), 0, 0, NULL},
    {"delete", 'd', WF_OPT_FLAG, NULL, "delete an entry", AT(is_del), 0, 0, NULL},
    {"numeric", 'n', WF_OPT_FLAG, NULL, "accepted; names are never looked up", AT(is_numeric), 0, 0,
     NULL},
    HOST_OPTS};

/* ---- asking the host ---- */

/* Sends a request, which is taken; the answer, or NULL with @code set after an error was printed.
 */
static json_t *ask(const struct neigh_opts *o, json_t *request, int *code)
{
    json_t *answer = wf_ask(o->host, o->control, request, code);
    if (answer == NULL || wf_row_is(answer, "ok"))
        return answer;
    wf_say("%s", wf_row_text(answer, "error"));
    *code = strcmp(wf_row_text(answer, "error"), weft_strerror(WEFT_ENOENT)) == 0 ? WF_EXIT_NO
                                                                                  : WF_EXIT_TROUBLE;
    json_decref(answer);
    return NULL;
}

static int do_it(const struct neigh_opts *o, json_t *request)
{
    int code;
    json_t *answer = ask(o, request, &code);
    if (answer != NULL && o->is_json)
        wf_print_json(answer);
    json_decref(answer);
    return code;
}

/* ---- words ---- */

/** struct words - What a command line said; NULL = nothing */
struct words {
    const char *address, *mac, *dev, *nud;
    bool is_any;
};

/* "ADDR lladdr MAC dev IF nud STATE any", in any order; false after an error was printed. */
static bool read_words(struct words *w, int argc, char **argv)
{
    memset(w, 0, sizeof(*w));
    for (int i = 0; i < argc; i++) {
        const struct {
            const char *word;
            const char **value;
        } pairs[] = {{"lladdr", &w->mac}, {"dev", &w->dev}, {"nud", &w->nud}, {"to", &w->address}};
        bool is_pair = false;
        for (size_t k = 0; k < sizeof(pairs) / sizeof(pairs[0]) && !is_pair; k++) {
            if (strcmp(argv[i], pairs[k].word) != 0)
                continue;
            if (i + 1 == argc) {
                (void)wf_usage("'%s' needs a value", argv[i]);
                return false;
            }
            *pairs[k].value = argv[++i];
            is_pair = true;
        }
        if (is_pair)
            continue;
        if (strcmp(argv[i], "any") == 0) {
            w->is_any = true;
        } else if (w->address == NULL) {
            w->address = argv[i];
        } else {
            (void)wf_usage("unexpected '%s'", argv[i]);
            return false;
        }
    }
    return true;
}

static bool is_address(const char *word)
{
    struct weft_addr a;
    if (word != NULL && weft_addr_parse(&a, word) == 0)
        return true;
    (void)wf_usage("'%s' is not an address such as 10.0.0.2", word != NULL ? word : "");
    return false;
}

static json_t *request(const char *op, const struct words *w)
{
    json_t *r = json_pack("{s:s,s:s}", "cmd", "neigh", "op", op);
    if (w->address != NULL)
        (void)json_object_set_new(r, "address", json_string(w->address));
    if (w->mac != NULL)
        (void)json_object_set_new(r, "mac", json_string(w->mac));
    if (w->dev != NULL)
        (void)json_object_set_new(r, "dev", json_string(w->dev));
    return r;
}

/* ---- listing ---- */

static bool is_wanted(const json_t *row, const struct words *w)
{
    return (w->address == NULL || strcmp(wf_row_text(row, "address"), w->address) == 0) &&
           (w->dev == NULL || strcmp(wf_row_text(row, "dev"), w->dev) == 0) &&
           (w->nud == NULL || strcasecmp(wf_row_text(row, "state"), w->nud) == 0);
}

void wf_print_neighbour(const json_t *r)
{
    printf("%s dev %s", wf_row_text(r, "address"), wf_row_text(r, "dev"));
    if (wf_row_text(r, "mac")[0] != '\0')
        printf(" lladdr %s", wf_row_text(r, "mac"));
    if (json_is_integer(json_object_get(r, "expires_s")))
        printf(" expires %" JSON_INTEGER_FORMAT "sec",
               json_integer_value(json_object_get(r, "expires_s")));
    printf(" %s\n", wf_row_text(r, "state"));
}

static void print_arp(const json_t *r)
{
    if (wf_row_text(r, "mac")[0] == '\0')
        printf("? %s at [incomplete] on %s\n", wf_row_text(r, "address"), wf_row_text(r, "dev"));
    else
        printf("? %s at %s [ether]%s on %s\n", wf_row_text(r, "address"), wf_row_text(r, "mac"),
               strcmp(wf_row_text(r, "state"), "PERMANENT") == 0 ? " PERM" : "",
               wf_row_text(r, "dev"));
}

/* The neighbours that are wanted; with none of a named address the answer is no. */
static int list(const struct neigh_opts *o, const struct words *w, void (*print)(const json_t *))
{
    int code;
    json_t *answer = ask(o, json_pack("{s:s,s:s}", "cmd", "show", "what", "neighbours"), &code);
    if (answer == NULL)
        return code;
    json_t *rows = json_object_get(answer, "neighbours"), *out = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (is_wanted(row, w))
            (void)json_array_append(out, row);
    }
    size_t n = json_array_size(out);
    if (o->is_json) {
        wf_print_json(out);
    } else {
        json_array_foreach(out, i, row) print(row);
    }
    json_decref(out);
    json_decref(answer);
    return n == 0 && w->address != NULL ? WF_EXIT_NO : WF_EXIT_OK;
}

/* A table of the answer, a line of text a row. */
static int table(const struct neigh_opts *o, const char *op, const char *key,
                 void (*print)(const json_t *))
{
    int code;
    json_t *answer = ask(o, json_pack("{s:s,s:s}", "cmd", "neigh", "op", op), &code);
    if (answer == NULL)
        return code;
    json_t *rows = json_object_get(answer, key), *row;
    size_t i;
    if (o->is_json) {
        wf_print_json(rows);
    } else {
        json_array_foreach(rows, i, row) print(row);
    }
    json_decref(answer);
    return 0;
}

static void print_proxy(const json_t *r)
{
    printf("%s/%" JSON_INTEGER_FORMAT " dev %s proxy%s\n", wf_row_text(r, "prefix"),
           json_integer_value(json_object_get(r, "prefix_len")), wf_row_text(r, "dev"),
           wf_row_is(r, "any") ? " any" : "");
}

static void print_event(const json_t *r)
{
    json_int_t ms = json_integer_value(json_object_get(r, "age_ms"));
    printf("%" JSON_INTEGER_FORMAT ".%03ds ago: %s\n", ms / 1000, (int)(ms % 1000),
           wf_row_text(r, "text"));
}

/* ---- weft neigh ---- */

static int cmd_show(const struct neigh_opts *o, int argc, char **argv)
{
    struct words w;
    if (argc == 1 && strcmp(argv[0], "proxy") == 0)
        return table(o, "proxies", "proxies", print_proxy);
    return read_words(&w, argc, argv) ? list(o, &w, wf_print_neighbour) : WF_EXIT_USAGE;
}

static int cmd_proxy(const struct neigh_opts *o, const char *op, int argc, char **argv)
{
    struct words w;
    if (!read_words(&w, argc, argv))
        return WF_EXIT_USAGE;
    if (w.address == NULL || w.dev == NULL)
        return wf_usage("a proxy needs a prefix and a link: proxy 10.0.2.0/24 dev eth0");
    return do_it(o, json_pack("{s:s,s:s,s:s,s:s,s:b}", "cmd", "neigh", "op", op, "prefix",
                              w.address, "dev", w.dev, "any", (int)w.is_any));
}

static int cmd_change(const struct neigh_opts *o, const char *op, int argc, char **argv)
{
    struct words w;
    if (argc > 0 && strcmp(argv[0], "proxy") == 0)
        return cmd_proxy(o, strcmp(op, "del") == 0 ? "proxy_del" : "proxy_add", argc - 1, argv + 1);
    if (!read_words(&w, argc, argv) || !is_address(w.address))
        return WF_EXIT_USAGE;
    if (strcmp(op, "del") != 0 && w.mac == NULL)
        return wf_usage("'%s' needs a hardware address: lladdr 02:00:00:00:00:01", op);
    return do_it(o, request(op, &w));
}

static int cmd_flush(const struct neigh_opts *o, int argc, char **argv)
{
    struct words w;
    if (!read_words(&w, argc, argv))
        return WF_EXIT_USAGE;
    if (w.address != NULL)
        return wf_usage("'flush' takes a link, not '%s': flush dev eth0", w.address);
    return do_it(o, request("flush", &w));
}

/* set dev IF [NAME=VALUE ...]: without any, the options as they are. */
static int cmd_set(const struct neigh_opts *o, int argc, char **argv)
{
    const char *name;
    json_t *value, *set = argc > 2 ? json_array() : NULL;
    if (argc < 2 || strcmp(argv[0], "dev") != 0)
        return wf_usage("set what? set dev eth0 policy=strict");
    for (int i = 2; i < argc; i++) {
        if (strchr(argv[i], '=') == NULL) {
            json_decref(set);
            return wf_usage("'%s' is not like policy=strict", argv[i]);
        }
        (void)json_array_append_new(set, json_string(argv[i]));
    }
    json_t *r = json_pack("{s:s,s:s,s:s}", "cmd", "neigh", "op", "options", "dev", argv[1]);
    if (set != NULL)
        (void)json_object_set_new(r, "set", set);
    int code;
    json_t *answer = ask(o, r, &code);
    json_t *options = json_object_get(answer, "options");
    if (answer != NULL && o->is_json) {
        wf_print_json(options);
    } else if (answer != NULL && set == NULL) {
        json_object_foreach(options, name, value)
        {
            if (json_is_string(value))
                printf("%s=%s\n", name, json_string_value(value));
            else
                printf("%s=%" JSON_INTEGER_FORMAT "\n", name, json_integer_value(value));
        }
    }
    json_decref(answer);
    return code;
}

static int run_neigh(int argc, char **argv)
{
    struct neigh_opts o = {.host = NULL};
    int code;
    if (!wf_parse(&wf_tool_neigh, &argc, &argv, &o, &code))
        return code;
    const char *word = argc > 0 ? argv[0] : "show";
    int rest_n = argc > 0 ? argc - 1 : 0;
    char **rest = argv + (argc > 0 ? 1 : 0);
    if (strcmp(word, "show") == 0 || strcmp(word, "list") == 0 || strcmp(word, "ls") == 0)
        return cmd_show(&o, rest_n, rest);
    if (strcmp(word, "add") == 0 || strcmp(word, "replace") == 0 || strcmp(word, "change") == 0 ||
        strcmp(word, "del") == 0)
        return cmd_change(&o, word, rest_n, rest);
    if (strcmp(word, "delete") == 0)
        return cmd_change(&o, "del", rest_n, rest);
    if (strcmp(word, "flush") == 0)
        return cmd_flush(&o, rest_n, rest);
    if (strcmp(word, "set") == 0)
        return cmd_set(&o, rest_n, rest);
    if (strcmp(word, "events") == 0 && rest_n == 0)
        return table(&o, "events", "events", print_event);
    return wf_usage("neigh what? show, add, replace, change, del, flush, set or events, not '%s'",
                    word);
}

const struct wf_tool wf_tool_neigh = {
    .name = "neigh",
    .summary = "neighbours of a running host: show, add, del, flush, proxy, options, events",
    .operands = "[show|add|replace|change|del|flush|set|events] ...",
    .opts = neigh_options,
    .example = "  weft neigh\n"
               "  weft neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0\n"
               "  weft neigh add proxy 10.0.2.0/24 dev eth0\n"
               "  weft neigh set dev eth0 policy=strict\n"
               "  weft neigh events --json\n",
    .more =
        "As ip-neigh(8): words from left to right, 'dev NAME' may be left out where the network\n"
        "of the address tells it. Options of a link ('set dev NAME'; a host takes them when it "
        "starts, too):\n"
        "  policy=careful|trusting|strict   resolver=exchange|table|computed\n"
        "  detect=off|probe|classic         defend=always|once|never   announce=0..2\n"
        "  complete_ms incomplete_ms reachable_ms tries dropping=on|off\n"
        "  restart=update|creation|use      victim=oldest|lru\n"
        "  ask=MAC|all learn_ip confirm server ieee802 link_local: on|off   profile=textbook\n",
    .run = run_neigh,
};

/* ---- weft arp ---- */

static int run_arp(int argc, char **argv)
{
    struct neigh_opts o = {.host = NULL};
    struct words w = {.address = NULL};
    int code;
    if (!wf_parse(&wf_tool_arp, &argc, &argv, &o, &code))
        return code;
    if (o.is_all + o.is_set + o.is_del > 1)
        return wf_usage("one of -a, -s and -d");
    int wanted = o.is_set ? 2 : o.is_del ? 1 : argc;
    if (argc != wanted || argc > 2 || (argc > 1 && !o.is_set))
        return wf_usage("arp -a [ADDRESS], arp -s ADDRESS MAC, or arp -d ADDRESS");
    w.address = argc > 0 ? argv[0] : NULL;
    if (w.address != NULL && !is_address(w.address))
        return WF_EXIT_USAGE;
    if (!o.is_set && !o.is_del)
        return list(&o, &w, print_arp);
    w.mac = o.is_set ? argv[1] : NULL;
    return do_it(&o, request(o.is_set ? "replace" : "del", &w));
}

const struct wf_tool wf_tool_arp = {
    .name = "arp",
    .summary = "the ARP cache of a running host: -a list, -s static entry, -d delete",
    .operands = "[-a] [ADDRESS] | -s ADDRESS MAC | -d ADDRESS",
    .opts = arp_options,
    .example = "  weft arp -a\n"
               "  weft arp -s 10.0.0.9 02:00:00:00:00:09\n"
               "  weft arp -d 10.0.0.9 --host r1\n",
    .more = "weft neigh does the same and more.\n",
    .run = run_arp,
};
