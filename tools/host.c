/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft host - a host or router in real time
 *
 * Order matters: links, files and the control socket are opened as whoever started it; then a
 * janitor is forked for what must be removed at the end; then privileges are given up; then one
 * line says that it is ready.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host_groups.h"
#include "host_icmp.h"
#include "host_ip.h"
#include "job.h"
#include "net.h"
#include "priv.h"
#include "rarp.h"
#include "serve.h"

#define SERVICES_MAX 8
#define SPEC_BYTES   1024

struct host_opts {
    struct wf_net net;
    const char *name, *control, *pid_file;
    uint64_t max_routes;
    bool is_forwarding, is_json;
    char serve[SPEC_BYTES]; /* What --serve said, cut at its commas. */
    unsigned simple;        /* Bits of enum weft_simple. */
    bool has_http;
    struct weft_http_config http;
    struct wf_group_opts groups;
    struct wf_host_ip ip;
    struct wf_host_icmp icmp;
    struct wf_rarp_opts rarp;
};

/** struct running - A host that is up */
struct running {
    struct weft_host *h;
    struct weft_ctl *ctl;
    struct wf_jobs jobs;
    struct wf_rarp *rarp;
    struct weft_service *services[SERVICES_MAX];
    unsigned services_n;
    struct wf_janitor janitor;
    char control[WF_CTL_PATH_BYTES];
    char removed[WEFT_HOST_LINKS_MAX][WF_CTL_PATH_BYTES]; /* Sockets of links. */
    const char *pid_file;
    int signal_fd;
};

static int add_service(struct host_opts *o, char *word)
{
    if (strcmp(word, "echo") == 0) {
        o->simple |= 1U << WEFT_SERVE_ECHO;
    } else if (strcmp(word, "discard") == 0) {
        o->simple |= 1U << WEFT_SERVE_DISCARD;
    } else if (strcmp(word, "chargen") == 0) {
        o->simple |= 1U << WEFT_SERVE_CHARGEN;
    } else if (strcmp(word, "http") == 0) {
        o->has_http = true;
    } else if (strncmp(word, "http=", 5) == 0 && word[5] != '\0') {
        o->has_http = true;
        o->http.root = word + 5;
    } else if (strcmp(word, "put") == 0 && o->http.root != NULL) {
        o->http.may_put = true;
    } else {
        return wf_usage("--serve '%s' is none of echo, discard, chargen, http, http=DIR, and put "
                        "after http=DIR",
                        word);
    }
    return 0;
}

static int set_serve(void *opts, const char *arg)
{
    struct host_opts *o = opts;
    size_t used = strnlen(o->serve, sizeof(o->serve));
    size_t n = strlen(arg);
    if (used > 0 || n >= sizeof(o->serve))
        return wf_usage("--serve once, with at most %d characters", SPEC_BYTES - 1);
    memcpy(o->serve, arg, n + 1);
    int code = 0;
    char *rest = o->serve, *word;
    while (code == 0 && (word = strsep(&rest, ",")) != NULL)
        code = add_service(o, word);
    return code;
}

static int add_join(void *opts, const char *arg)
{
    return wf_groups_add(&((struct host_opts *)opts)->groups, "join", arg);
}

static int add_igmp_router(void *opts, const char *arg)
{
    return wf_groups_add(&((struct host_opts *)opts)->groups, "igmp-router", arg);
}

static int add_mroute(void *opts, const char *arg)
{
    return wf_groups_add(&((struct host_opts *)opts)->groups, "mroute", arg);
}

static int add_proxy(void *opts, const char *arg)
{
    return wf_groups_add(&((struct host_opts *)opts)->groups, "igmp-proxy", arg);
}

static int add_tree(void *opts, const char *arg)
{
    return wf_groups_add(&((struct host_opts *)opts)->groups, "mroute-tree", arg);
}

static int set_ip(void *opts, const char *arg)
{
    return wf_each_word("ip", arg, wf_host_ip_add, &((struct host_opts *)opts)->ip);
}

static int set_icmp(void *opts, const char *arg)
{
    return wf_each_word("icmp", arg, wf_host_icmp_add, &((struct host_opts *)opts)->icmp);
}

static int set_rarp(void *opts, const char *arg)
{
    struct host_opts *o = opts;
    (void)arg;
    return wf_rarp_client_opt(&o->rarp, &o->net);
}

static int set_rarp_prefix(void *opts, const char *arg)
{
    struct host_opts *o = opts;
    return wf_rarp_prefix_opt(&o->rarp, &o->net, arg);
}

static int set_rarp_server(void *opts, const char *arg)
{
    struct host_opts *o = opts;
    return wf_rarp_server_opt(&o->rarp, &o->net, arg);
}

#define AT(field) offsetof(struct host_opts, field)

static const struct wf_opt opts[] = {
    {"name", 0, WF_OPT_TEXT, "NAME", "of the host (default: weft)", AT(name), 0, 0, NULL},
    {"forward", 0, WF_OPT_FLAG, NULL, "be a router: forward between the links", AT(is_forwarding),
     0, 0, NULL},
    {"queue", 0, WF_OPT_CALL, "LIST",
     "of the last --link: drop-tail|red|codel[,ecn][,precedence]"
     "[,PACKETS]",
     0, 0, 0, wf_net_set_queue},
    {"rpf", 0, WF_OPT_CALL, "MODE", "reverse-path filter of the last --link: strict|loose|off", 0,
     0, 0, wf_net_set_rpf},
    {"max-routes", 0, WF_OPT_NUMBER, "N", "room for routes (default: 256)", AT(max_routes), 1,
     1U << 24, NULL},
    {"serve", 0, WF_OPT_CALL, "LIST", "echo,discard,chargen,http,http=DIR[,put]", 0, 0, 0,
     set_serve},
    {"join", 0, WF_OPT_CALL, "GROUP[@IF][,SRC]", "be a member of a group", 0, 0, 0, add_join},
    {"igmp-router", 0, WF_OPT_CALL, "IF[,...]", "ask a link which groups it wants", 0, 0, 0,
     add_igmp_router},
    {"mroute", 0, WF_OPT_CALL, "IF[,ttl=N]", "forward groups between these links", 0, 0, 0,
     add_mroute},
    {"igmp-proxy", 0, WF_OPT_CALL, "IF", "join there what other links want", 0, 0, 0, add_proxy},
    {"mroute-tree", 0, WF_OPT_CALL, "GROUP,IN,OUT", "forward a group in any case", 0, 0, 0,
     add_tree},
    {"ip", 0, WF_OPT_CALL, "LIST", "source-routes=drop|end|forward,record=no,ttl=N,...", 0, 0, 0,
     set_ip},
    {"icmp", 0, WF_OPT_CALL, "LIST",
     "timestamp,mask,information,redirects,discovery,... (see the manual)", 0, 0, 0, set_icmp},
    {"rarp", 0, WF_OPT_CALL, NULL, "ask for the address of the last --link by RARP", 0, 0, 0,
     set_rarp},
    {"rarp-prefix", 0, WF_OPT_CALL, "LENGTH", "prefix of that address (default: by its class)", 0,
     0, 0, set_rarp_prefix},
    {"rarp-server", 0, WF_OPT_CALL, "FILE[,ROLE]", "on the last --link; primary, delayed, repeated",
     0, 0, 0, set_rarp_server},
    {"hosts", 0, WF_OPT_TEXT, "FILE", "names of that table (default: /etc/hosts)", AT(rarp.hosts),
     0, 0, NULL},
    {"control", 0, WF_OPT_TEXT, "PATH", "control socket (default: by the name)", AT(control), 0, 0,
     NULL},
    {"arp", 0, WF_OPT_CALL, "NAME=VALUE,...",
     "of the last --link: policy, detect, ... (weft-neigh(1))", 0, 0, 0, wf_net_set_arp},
    {"pid-file", 0, WF_OPT_TEXT, "PATH", "write the process id there", AT(pid_file), 0, 0, NULL},
    {"json", 0, WF_OPT_FLAG, NULL, "the line that says it is ready as JSON", AT(is_json), 0, 0,
     NULL},
    {0},
};

static int start_services(struct running *r, const struct host_opts *o)
{
    static const char *const names[] = {"echo", "discard", "chargen"};
    struct weft_dispatch *d = weft_host_dispatch(r->h);
    char err[WEFT_ERRTEXT_BYTES];
    for (unsigned i = 0; i < 3; i++) {
        struct weft_endpoint any = {.port = 0};
        if ((o->simple & 1U << i) == 0)
            continue;
        int e = weft_serve_simple(d, (enum weft_simple)i, &any, &r->services[r->services_n]);
        if (e != 0)
            return wf_trouble("%s: %s", names[i], weft_strerror(e));
        r->services_n++;
    }
    if (!o->has_http)
        return 0;
    struct weft_http_config http = o->http;
    http.title = weft_host_name(r->h);
    if (weft_serve_http(d, &http, &r->services[r->services_n], err, sizeof(err)) != 0)
        return wf_trouble("%s", err);
    r->services_n++;
    return 0;
}

static int start_control(struct running *r, const struct host_opts *o)
{
    char err[WEFT_ERRTEXT_BYTES];
    int code = wf_net_control(o->name, o->control, r->control);
    if (code != 0)
        return code;
    /* NULL lets it make the default folder. */
    if (weft_ctl_open(&r->ctl, r->h, o->control, err, sizeof(err)) != 0)
        return wf_trouble("%s", err);
    if (wf_jobs_serve(&r->jobs, r->ctl) != 0 || wf_capture_serve(r->ctl) != 0)
        return wf_trouble("control socket: no room for a command");
    return 0;
}

static int write_pid(const char *path)
{
    FILE *f = fopen(path, "we");
    if (f == NULL || fprintf(f, "%d\n", (int)getpid()) < 0) {
        int error = errno;
        if (f != NULL)
            (void)fclose(f);
        return wf_trouble("pid file %s: %s", path, strerror(error));
    }
    return fclose(f) == 0 ? 0 : wf_trouble("pid file %s: %s", path, strerror(errno));
}

/* Sockets that drivers made in the file system: "unix-listen:PATH" and "dgram:LOCAL,REMOTE". */
static void note_sockets(struct running *r, const struct wf_net *net)
{
    for (unsigned i = 0; i < net->cfg.links_n; i++) {
        const char *spec = net->cfg.links[i].spec, *path = strchr(spec, ':');
        size_t n = path != NULL ? strcspn(path + 1, ",") : 0;
        bool is_made = strncmp(spec, "unix-listen:", 12) == 0 || strncmp(spec, "dgram:", 6) == 0;
        if (!is_made || n == 0 || n >= sizeof(r->removed[i]))
            continue;
        memcpy(r->removed[i], path + 1, n);
        wf_janitor_add(&r->janitor, r->removed[i]);
    }
}

static int start_janitor(struct running *r, const struct host_opts *o)
{
    if (o->pid_file != NULL) {
        int code = write_pid(o->pid_file);
        if (code != 0)
            return code;
        r->pid_file = o->pid_file;
        wf_janitor_add(&r->janitor, o->pid_file);
    }
    wf_janitor_add(&r->janitor, r->control);
    note_sockets(r, &o->net);
    return wf_priv_will_drop(o->net.user) ? wf_janitor_start(&r->janitor) : 0;
}

static void on_signal(void *arg, int fd, uint32_t ready)
{
    (void)fd;
    (void)ready;
    weft_host_stop(arg);
}

static void on_event(void *arg, const char *line)
{
    (void)arg;
    wf_say("%s", line);
}

/* What leads through a network comes after the address in it. */
static int open_net(const struct host_opts *o, struct weft_host **out)
{
    struct wf_net net = o->net;
    if (wf_rarp_is_asked(&o->rarp)) {
        net.routes_n = 0;
        net.cfg.gateway = (struct weft_addr){0};
    }
    return wf_net_open(&net, out);
}

static int start(struct running *r, struct host_opts *o)
{
    /* From here on a signal waits for the loop: it would leave files behind that are made below. */
    r->signal_fd = wf_signals();
    if (r->signal_fd < 0)
        return wf_trouble("cannot wait for signals");
    int code = open_net(o, &r->h);
    if (code == 0)
        code = wf_rarp_start(&r->rarp, &o->rarp, r->h);
    if (code == 0)
        code = wf_groups_start(&o->groups, r->h);
    if (code == 0)
        code = wf_host_ip_apply(&o->ip, weft_host_stack(r->h));
    if (code == 0)
        code = start_services(r, o);
    if (code == 0) {
        int e = wf_host_icmp_start(&o->icmp, r->h, o->is_forwarding);
        code = e == 0 ? 0 : wf_trouble("--icmp: %s", weft_strerror(e));
    }
    if (code == 0)
        code = start_control(r, o);
    if (code == 0)
        code = start_janitor(r, o);
    if (code == 0)
        code = wf_priv_drop(o->net.user);
    if (code != 0)
        return code;
    weft_host_on_event(r->h, on_event, NULL);
    if (weft_host_fd_add(r->h, r->signal_fd, WEFT_DRIVER_POLL_IN, on_signal, r->h) != 0)
        return wf_trouble("cannot wait for signals");
    if (!wf_rarp_is_asked(&o->rarp))
        return 0;
    code = wf_rarp_wait(&o->rarp, r->h);
    return code == 0 ? wf_net_routes(&o->net, r->h) : code;
}

static void stop(struct running *r, struct host_opts *o)
{
    wf_host_icmp_end(&o->icmp);
    if (r->h != NULL)
        (void)!weft_host_poll(r->h, 0); /* For what was said at the end. */
    for (unsigned i = 0; i < r->services_n; i++)
        weft_service_close(r->services[i]);
    weft_ctl_close(r->ctl);
    wf_jobs_end(&r->jobs);
    wf_rarp_end(r->rarp);
    weft_host_close(r->h);
    if (r->pid_file != NULL)
        (void)unlink(r->pid_file);
    if (r->signal_fd >= 0)
        (void)close(r->signal_fd);
    wf_janitor_end(&r->janitor);
}

static void say_ready(const struct running *r, const struct host_opts *o)
{
    json_t *links = weft_ctl_show(r->h, "links"), *addrs = weft_ctl_show(r->h, "addresses");
    if (o->is_json) {
        json_t *ready = json_pack("{s:s,s:s,s:i,s:s,s:O,s:O}", "event", "ready", "name",
                                  weft_host_name(r->h), "pid", (int)getpid(), "control", r->control,
                                  "links", links, "addresses", addrs);
        (void)json_dumpf(ready, stdout, JSON_COMPACT);
        json_decref(ready);
    } else {
        size_t i;
        const json_t *a;
        printf("weft host %s ready: pid %d, control %s", weft_host_name(r->h), (int)getpid(),
               r->control);
        json_array_foreach(addrs, i, a)
        {
            const char *dev = json_string_value(json_object_get(a, "dev"));
            if (strcmp(dev, "lo") != 0)
                printf(", %s %s/%d", dev, json_string_value(json_object_get(a, "address")),
                       (int)json_integer_value(json_object_get(a, "prefix_len")));
        }
    }
    printf("\n");
    (void)fflush(stdout);
    json_decref(links);
    json_decref(addrs);
}

static int run(int argc, char **argv)
{
    static struct host_opts o = {.name = "weft"}; /* Too much for a stack. */
    struct running r = {.signal_fd = -1};
    int code;
    wf_net_init(&o.net);
    if (!wf_parse(&wf_tool_host, &argc, &argv, &o, &code))
        return code;
    if (argc != 0)
        return wf_usage("unexpected '%s'", argv[0]);
    if (!wf_net_has_links(&o.net))
        return wf_usage("a host needs a --link, such as tap:weft0");
    char path[WF_CTL_PATH_BYTES];
    code = wf_net_control(o.name, o.control, path); /* Is it a name? */
    if (code != 0)
        return code;
    o.net.cfg.name = o.name;
    o.net.cfg.limits.is_forwarding = o.is_forwarding;
    if (o.max_routes != 0)
        o.net.cfg.limits.routes_max = (uint32_t)o.max_routes;
    code = start(&r, &o);
    if (code == 0) {
        say_ready(&r, &o);
        (void)weft_host_run(r.h, NULL, NULL);
    }
    stop(&r, &o);
    return code;
}

const struct wf_tool wf_tool_host = {
    .name = "host",
    .summary = "run a host, or with --forward a router, on real links",
    .operands = "",
    .opts = opts,
    .net = WF_NET_LINKS,
    .example =
        "  weft host --link tap:weft0 --address 10.0.0.2/24 --gateway 10.0.0.1 --serve echo,http\n"
        "  weft host --name r1 --forward --link tap:left --address 10.0.1.1/24 \\\n"
        "            --link tap:right --address 10.0.2.1/24\n"
        "  weft host --link tap:weft0 --mac 02:00:00:00:00:0a --rarp --rarp-prefix 24\n"
        "  weft host --name m1 --link a=tap:left --address 10.0.1.1/24 --link b=tap:right \\\n"
        "            --address 10.0.2.1/24 --igmp-router b --mroute a --mroute b,ttl=8\n",
    .more =
        "It prints one line when it is ready, and ends on SIGINT, SIGTERM or SIGHUP. Started by\n"
        "root it becomes nobody (--user) once its links are open; root's --serve http=DIR must\n"
        "be readable, and with put writable, for that user.\n",
    .run = run,
};
