/* SPDX-License-Identifier: MIT */
/**
 * DOC: A table is read again when its file changes: the folder is watched, because editors put a
 * new file in the old one's place. A file with a mistake changes nothing but standard error.
 */
#include "rarp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "weft/ethers.h"

/** struct table - A server and the file behind it */
struct table {
    const char *path, *base;
    int watch;
    uint16_t ifindex;
    struct weft_rarp_server now, next; /* The stack has one, a change is read into the other. */
};

struct wf_rarp {
    struct weft_host *h;
    const char *hosts;
    int fd; /* inotify */
    struct table tables[WEFT_HOST_LINKS_MAX];
    unsigned n;
};

/* ---- options ---- */

static unsigned last_link(const struct wf_net *net)
{
    return net->cfg.links_n - 1;
}

int wf_rarp_client_opt(struct wf_rarp_opts *o, const struct wf_net *net)
{
    if (net->cfg.links_n == 0)
        return wf_usage("--rarp comes after the --link it belongs to");
    o->link[last_link(net)].is_client = true;
    return 0;
}

int wf_rarp_prefix_opt(struct wf_rarp_opts *o, const struct wf_net *net, const char *arg)
{
    uint64_t len;
    if (!wf_number(arg, 1, 32, &len))
        return wf_usage("--rarp-prefix '%s' is not a number from 1 to 32", arg);
    if (net->cfg.links_n == 0 || !o->link[last_link(net)].is_client)
        return wf_usage("--rarp-prefix comes after the --rarp it belongs to");
    o->link[last_link(net)].prefix_len = (uint8_t)len;
    return 0;
}

int wf_rarp_server_opt(struct wf_rarp_opts *o, const struct wf_net *net, const char *arg)
{
    static const char *const roles[] = {"primary", "delayed", "repeated"};
    if (net->cfg.links_n == 0)
        return wf_usage("--rarp-server comes after the --link it belongs to");
    unsigned i = last_link(net);
    size_t n = strcspn(arg, ",");
    if (n == 0 || n >= sizeof(o->specs[i]) || o->link[i].table != NULL)
        return wf_usage("--rarp-server '%s': one file a link, such as /etc/ethers", arg);
    memcpy(o->specs[i], arg, n);
    o->link[i].table = o->specs[i];
    if (arg[n] == '\0')
        return 0;
    for (unsigned k = 0; k < 3; k++) {
        if (strcmp(arg + n + 1, roles[k]) == 0) {
            o->link[i].role = (enum weft_rarp_role)k;
            return 0;
        }
    }
    return wf_usage("--rarp-server '%s': after the comma primary, delayed or repeated", arg);
}

bool wf_rarp_is_asked(const struct wf_rarp_opts *o)
{
    for (unsigned i = 0; i < WEFT_HOST_LINKS_MAX; i++)
        if (o->link[i].is_client)
            return true;
    return false;
}

/* ---- servers ---- */

static bool is_for(const struct table *t, const struct inotify_event *ev)
{
    return ev->wd == t->watch && ev->len > 0 && strcmp(ev->name, t->base) == 0;
}

static void read_again(struct wf_rarp *r, struct table *t)
{
    char err[WEFT_ERRTEXT_BYTES];
    struct weft_rarp_server old = t->now;
    weft_rarp_server_init(&t->next, old.role, t->next.entries, WF_RARP_ROWS_MAX);
    if (weft_ethers_read(&t->next, t->path, r->hosts, err, sizeof(err)) < 0) {
        (void)wf_trouble("%s; the table stays as it was", err);
        return;
    }
    t->now = t->next; /* The stack looks at it between our calls only. */
    t->next = old;
}

static void on_change(void *arg, int fd, uint32_t ready)
{
    struct wf_rarp *r = arg;
    union {
        struct inotify_event ev;
        char bytes[4096];
    } u;
    ssize_t n = read(fd, u.bytes, sizeof(u.bytes));
    bool is_changed[WEFT_HOST_LINKS_MAX] = {false};
    (void)ready;
    for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
        struct inotify_event ev;
        memcpy(&ev, u.bytes + at, sizeof(ev));
        const struct inotify_event *whole = (const void *)(u.bytes + at);
        for (unsigned i = 0; i < r->n; i++)
            is_changed[i] = is_changed[i] || is_for(&r->tables[i], whole);
        at += (ssize_t)(sizeof(ev) + ev.len);
    }
    for (unsigned i = 0; i < r->n; i++)
        if (is_changed[i])
            read_again(r, &r->tables[i]);
}

static int watch(struct wf_rarp *r, struct table *t)
{
    const char *slash = strrchr(t->path, '/');
    size_t n = slash == NULL ? 1 : slash == t->path ? 1 : (size_t)(slash - t->path);
    char folder[1024] = ".";
    if (slash != NULL)
        memcpy(folder, t->path, n);
    folder[n] = '\0';
    t->base = slash != NULL ? slash + 1 : t->path;
    t->watch = inotify_add_watch(r->fd, folder, IN_CLOSE_WRITE | IN_MOVED_TO);
    return t->watch >= 0 ? 0 : wf_trouble("%s: changes cannot be watched", folder);
}

static int serve(struct wf_rarp *r, const struct wf_rarp_opts *o, unsigned i,
                 const struct weft_host_link *l)
{
    char err[WEFT_ERRTEXT_BYTES];
    struct table *t = &r->tables[r->n++];
    t->path = o->link[i].table;
    t->ifindex = l->ifindex;
    struct weft_rarp_entry *rows = calloc(WF_RARP_ROWS_MAX, sizeof(*rows));
    t->next.entries = calloc(WF_RARP_ROWS_MAX, sizeof(*rows));
    weft_rarp_server_init(&t->now, o->link[i].role, rows, WF_RARP_ROWS_MAX);
    if (rows == NULL || t->next.entries == NULL)
        return wf_trouble("--rarp-server: out of memory");
    if (weft_ethers_read(&t->now, t->path, r->hosts, err, sizeof(err)) < 0)
        return wf_trouble("%s", err);
    if (weft_rarp_serve(weft_host_stack(r->h), l->ifindex, &t->now) != 0)
        return wf_trouble("--rarp-server: %s is not Ethernet", l->spec);
    return watch(r, t);
}

/* ---- clients ---- */

static int ask(const struct wf_rarp_opts *o, unsigned i, struct weft_host *h,
               const struct weft_host_link *l)
{
    struct weft_rarp_config c = {.prefix_len = o->link[i].prefix_len};
    return weft_rarp_start(weft_host_stack(h), l->ifindex, &c) == 0
               ? 0
               : wf_trouble("--rarp: %s is not Ethernet", l->spec);
}

int wf_rarp_start(struct wf_rarp **out, const struct wf_rarp_opts *o, struct weft_host *h)
{
    struct wf_rarp *r = calloc(1, sizeof(*r));
    struct weft_host_link l;
    int code = 0;
    *out = r;
    if (r == NULL)
        return wf_trouble("--rarp: out of memory");
    r->h = h;
    r->hosts = o->hosts != NULL ? o->hosts : "/etc/hosts";
    r->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (r->fd < 0)
        return wf_trouble("--rarp-server: changes cannot be watched");
    for (unsigned i = 0; code == 0 && weft_host_link(h, i, &l); i++) {
        if (o->link[i].is_client)
            code = ask(o, i, h, &l);
        if (code == 0 && o->link[i].table != NULL)
            code = serve(r, o, i, &l);
    }
    if (code == 0 && weft_host_fd_add(h, r->fd, WEFT_DRIVER_POLL_IN, on_change, r) != 0)
        code = wf_trouble("--rarp-server: changes cannot be watched");
    return code;
}

/* 1 = it asks still. */
static int outcome(struct weft_host *h, const struct weft_host_link *l)
{
    struct weft_rarp_info info;
    if (weft_rarp_info(weft_host_stack(h), l->ifindex, &info) != 0 ||
        info.state == WEFT_RARP_ASKING)
        return 1;
    if (info.state != WEFT_RARP_FAILED)
        return 0;
    if (info.err == WEFT_ETIMEDOUT)
        return wf_trouble("--rarp: no server on %s answered %u requests; is one running, and does "
                          "its table have this hardware address?",
                          l->spec, info.tries);
    return wf_trouble("--rarp: %s: the address that a server gave: %s", l->spec,
                      weft_strerror(info.err));
}

int wf_rarp_wait(const struct wf_rarp_opts *o, struct weft_host *h)
{
    struct weft_host_link l;
    for (unsigned i = 0; weft_host_link(h, i, &l); i++) {
        int code = 1;
        while (o->link[i].is_client && (code = outcome(h, &l)) == 1)
            if (weft_host_poll(h, WEFT_NEVER) < 0)
                return wf_trouble("ended while it asked for an address");
        if (o->link[i].is_client && code != 0)
            return code;
    }
    return 0;
}

void wf_rarp_end(struct wf_rarp *r)
{
    if (r == NULL)
        return;
    for (unsigned i = 0; i < r->n; i++) {
        if (weft_rarp_serve(weft_host_stack(r->h), r->tables[i].ifindex, NULL) != 0)
            (void)wf_trouble("--rarp-server: interface %u", r->tables[i].ifindex);
        free(r->tables[i].now.entries);
        free(r->tables[i].next.entries);
    }
    if (r->fd >= 0)
        (void)close(r->fd);
    free(r);
}
