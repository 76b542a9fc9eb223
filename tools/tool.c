/* SPDX-License-Identifier: MIT */
/** DOC: tool - errors, option tables, help, numbers */
#include "tool.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "weft/weft.h"

#define LIST_BYTES 1024

#define OPTS_MAX   48
#define LONG_FIRST 256 /* Codes of options without a letter. */

/* Name of the subcommand, for messages. NOLINTNEXTLINE: one process runs one command. */
static const char *running = "";

static void say(const char *tail, const char *fmt, va_list args)
{
    (void)fprintf(stderr, "weft%s%s: ", running[0] != '\0' ? " " : "", running);
    (void)vfprintf(stderr, fmt, args); // NOLINT: the analyser misses the callers' va_start().
    (void)fprintf(stderr, "%s\n", tail);
}

void wf_say(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("", fmt, args);
    va_end(args);
}

int wf_usage(const char *fmt, ...)
{
    char tail[64];
    (void)snprintf(tail, sizeof(tail), "; try 'weft %s%s--help'", running,
                   running[0] != '\0' ? " " : "");
    va_list args;
    va_start(args, fmt);
    say(tail, fmt, args);
    va_end(args);
    return WF_EXIT_USAGE;
}

int wf_trouble(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("", fmt, args);
    va_end(args);
    return WF_EXIT_TROUBLE;
}

/* ---- numbers ---- */

bool wf_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        unsigned digit = (unsigned)(*text - '0');
        if (v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return v >= min && v <= max;
}

int wf_each_word(const char *name, const char *list, int (*take)(void *to, char *word), void *to)
{
    char copy[LIST_BYTES], *rest = copy, *word;
    int code = 0;
    if (strlen(list) >= sizeof(copy))
        return wf_usage("--%s: more than %d characters", name, LIST_BYTES - 1);
    memcpy(copy, list, strlen(list) + 1);
    while (code == 0 && (word = strsep(&rest, ",")) != NULL)
        code = take(to, word);
    return code;
}

bool wf_seconds(const char *text, uint64_t *ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"", 1000000000}, {"s", 1000000000}, {"ms", 1000000},
                 {"us", 1000},     {"ns", 1},         {"m", 60000000000}};
    size_t whole = strspn(text, "0123456789"), frac = 0;
    if (text[whole] == '.')
        frac = strspn(text + whole + 1, "0123456789");
    const char *unit = text + whole + (text[whole] == '.' ? 1 + frac : 0);
    if (whole + frac == 0 || whole > 9 || frac > 9)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].name) != 0)
            continue;
        uint64_t v = 0, part = units[i].ns;
        for (size_t k = 0; k < whole; k++)
            v = v * 10 + (uint64_t)(text[k] - '0');
        *ns = v * units[i].ns;
        for (size_t k = 0; k < frac; k++) {
            part /= 10;
            *ns += part * (uint64_t)(text[whole + 1 + k] - '0');
        }
        return true;
    }
    return false;
}

int64_t wf_utc_ms(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_REALTIME, &t) != 0)
        return -1;
    return t.tv_sec % 86400 * 1000 + t.tv_nsec / 1000000;
}

const char *wf_ms(char *buf, uint64_t ns, unsigned decimals)
{
    uint64_t unit = 1000000, scale = 1;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    uint64_t v = ns / (unit / scale);
    if (decimals == 0)
        (void)snprintf(buf, 32, "%" PRIu64, v);
    else
        (void)snprintf(buf, 32, "%" PRIu64 ".%0*" PRIu64, v / scale, (int)decimals, v % scale);
    return buf;
}

bool wf_write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t r = write(fd, p, n);
        if (r < 0 && errno != EINTR)
            return false;
        if (r > 0) {
            p += r;
            n -= (size_t)r;
        }
    }
    return true;
}

/* ---- options ---- */

struct opt_list {
    const struct wf_opt *opt[OPTS_MAX];
    unsigned n;
};

static void list_add(struct opt_list *l, const struct wf_opt *table)
{
    for (; table != NULL && table->name != NULL && l->n < OPTS_MAX; table++)
        l->opt[l->n++] = table;
}

static struct opt_list list_of(const struct wf_tool *t)
{
    struct opt_list l = {.n = 0};
    list_add(&l, t->opts);
    if (t->net == WF_NET_ANY)
        list_add(&l, wf_net_host_opts);
    if (t->net != WF_NET_NONE)
        list_add(&l, wf_net_opts);
    return l;
}

static void print_opts(const struct wf_opt *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        char left[64];
        const char *arg = table->arg != NULL ? table->arg : "";
        const char *blank = table->arg != NULL ? " " : "";
        if (table->letter != 0)
            (void)snprintf(left, sizeof(left), "-%c, --%s%s%s", table->letter, table->name, blank,
                           arg);
        else
            (void)snprintf(left, sizeof(left), "    --%s%s%s", table->name, blank, arg);
        printf("  %-30s %s\n", left, table->help);
    }
}

void wf_help(const struct wf_tool *t)
{
    printf("weft %s - %s\n\nusage: weft %s [options]%s%s\n", t->name, t->summary, t->name,
           t->operands[0] != '\0' ? " " : "", t->operands);
    if (t->opts != NULL && t->opts[0].name != NULL)
        printf("\noptions:\n");
    print_opts(t->opts);
    printf("  %-30s %s\n", "-h, --help", "this text");
    if (t->net == WF_NET_ANY) {
        printf("\nwhere from: a running host, or links of its own:\n");
        print_opts(wf_net_host_opts);
    } else if (t->net == WF_NET_LINKS) {
        printf("\nlinks:\n");
    }
    if (t->net != WF_NET_NONE)
        print_opts(wf_net_opts);
    if (t->more != NULL)
        printf("\n%s", t->more);
    printf("\nexamples:\n%s", t->example);
    printf("\nexit codes: 0 done and well, 1 done but the answer is no, 2 wrong command line,\n"
           "3 a link, a file or a running host failed. Manual: man weft-%s\n",
           t->name);
}

static int set_value(const struct wf_opt *o, void *opts, const char *arg)
{
    void *field = (char *)opts + o->at;
    uint64_t v;
    switch (o->kind) {
    case WF_OPT_FLAG:
        *(bool *)field = true;
        return 0;
    case WF_OPT_NUMBER:
        if (!wf_number(arg, o->min, o->max, &v))
            return wf_usage("--%s '%s' is not a number from %" PRIu64 " to %" PRIu64, o->name, arg,
                            o->min, o->max);
        memcpy(field, &v, sizeof(v));
        return 0;
    case WF_OPT_SECONDS:
        if (!wf_seconds(arg, &v))
            return wf_usage("--%s '%s' is not a time such as 2, 0.5 or 200ms", o->name, arg);
        if (v < o->min || v > o->max)
            return wf_usage("--%s '%s' is out of range", o->name, arg);
        memcpy(field, &v, sizeof(v));
        return 0;
    case WF_OPT_TEXT:
        memcpy(field, &arg, sizeof(arg));
        return 0;
    case WF_OPT_ADDRESS:
        if (weft_addr_parse(field, arg) != 0)
            return wf_usage("--%s '%s' is not an IPv4 address such as 10.0.0.1", o->name, arg);
        return 0;
    case WF_OPT_CALL:
        return o->call(opts, arg);
    }
    return WF_EXIT_USAGE;
}

/* The option tables in the form getopt_long() reads. */
struct getopt_tables {
    struct option longs[OPTS_MAX + 2];
    char shorts[3 * OPTS_MAX + 4];
};

static void fill_tables(struct getopt_tables *g, const struct opt_list *l)
{
    size_t k = 0;
    g->shorts[k++] = ':'; /* Errors are reported here, not by getopt. */
    g->shorts[k++] = 'h';
    for (unsigned i = 0; i < l->n; i++) {
        const struct wf_opt *o = l->opt[i];
        g->longs[i] = (struct option){.name = o->name,
                                      .has_arg = o->arg != NULL ? required_argument : no_argument,
                                      .val = (int)(LONG_FIRST + i)};
        if (o->letter == 0)
            continue;
        g->shorts[k++] = (char)o->letter;
        if (o->arg != NULL)
            g->shorts[k++] = ':';
    }
    g->shorts[k] = '\0';
    g->longs[l->n] = (struct option){.name = "help", .has_arg = no_argument, .val = 'h'};
    g->longs[l->n + 1] = (struct option){0};
}

static const struct wf_opt *find(const struct opt_list *l, int code)
{
    for (unsigned i = 0; i < l->n; i++)
        if (code == (int)(LONG_FIRST + i) || (code < LONG_FIRST && code == l->opt[i]->letter))
            return l->opt[i];
    return NULL;
}

static int complain(int code, const char *word)
{
    if (code == ':')
        return wf_usage("option '%s' needs a value", word);
    if (optopt > ' ' && optopt < LONG_FIRST)
        return wf_usage("unknown option '-%c'", optopt);
    return wf_usage(optopt >= LONG_FIRST ? "option '%s' takes no value"
                                         : "unknown or ambiguous option '%s'",
                    word);
}

bool wf_parse(const struct wf_tool *t, int *argc, char ***argv, void *opts, int *code)
{
    struct opt_list l = list_of(t);
    struct getopt_tables g;
    running = t->name;
    fill_tables(&g, &l);
    opterr = 0;
    optind = 1;
    *code = 0;
    for (;;) {
        int c = getopt_long(*argc, *argv, g.shorts, g.longs, NULL);
        if (c == -1)
            break;
        if (c == 'h') {
            wf_help(t);
            return false;
        }
        const struct wf_opt *o = find(&l, c);
        *code = o == NULL ? complain(c, (*argv)[optind - 1]) : set_value(o, opts, optarg);
        if (*code != 0)
            return false;
    }
    *argc -= optind;
    *argv += optind;
    return true;
}
