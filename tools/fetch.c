/* SPDX-License-Identifier: MIT */
/** DOC: weft fetch - HTTP with the habits of curl(1) */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session.h"

struct fetch_opts {
    struct wf_net net;
    const char *output, *upload;
    uint64_t idle_ns;
    bool is_silent, is_following, is_json;

    /* Kept while it runs. */
    const char *url;
    bool is_ok, has_progress;
    bool is_new; /* The output was made for this. */
};

#define AT(field) offsetof(struct fetch_opts, field)

static const struct wf_opt opts[] = {
    {"output", 'o', WF_OPT_TEXT, "FILE", "write the body there, not to standard output", AT(output),
     0, 0, NULL},
    {"upload-file", 'T', WF_OPT_TEXT, "FILE", "PUT this file", AT(upload), 0, 0, NULL},
    {"location", 'L', WF_OPT_FLAG, NULL, "follow a redirect", AT(is_following), 0, 0, NULL},
    {"idle", 0, WF_OPT_SECONDS, "TIME", "give up without progress (default 30 s)", AT(idle_ns),
     1000000, 4000000000000000, NULL},
    {"silent", 's', WF_OPT_FLAG, NULL, "no progress and no summary", AT(is_silent), 0, 0, NULL},
    {"json", 0, WF_OPT_FLAG, NULL, "the summary as JSON on standard output; needs -o or -T",
     AT(is_json), 0, 0, NULL},
    {0},
};

static uint64_t number(const json_t *event, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(event, key));
}

/* "12.3 MB" */
static const char *amount(char buf[32], uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    unsigned u = 0;
    if (bytes < 1000) {
        (void)snprintf(buf, 32, "%" PRIu64 " bytes", bytes);
        return buf;
    }
    uint64_t tenths = bytes / 100;
    for (; tenths >= 10000 && u < 3; u++)
        tenths /= 1000;
    (void)snprintf(buf, 32, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[u]);
    return buf;
}

static uint64_t rate(uint64_t bytes, uint64_t ns)
{
    return ns > 0 ? (uint64_t)((double)bytes * 1e9 / (double)ns) : 0;
}

static void print_progress(struct fetch_opts *o, const json_t *ev)
{
    char done[32], total[32];
    if (!isatty(STDERR_FILENO))
        return;
    o->has_progress = true;
    if (number(ev, "total") > 0)
        (void)fprintf(stderr, "\r%s of %s \033[K", amount(done, number(ev, "bytes")),
                      amount(total, number(ev, "total")));
    else
        (void)fprintf(stderr, "\r%s \033[K", amount(done, number(ev, "bytes")));
}

static void print_done(const struct fetch_opts *o, const json_t *ev)
{
    char bytes[32], speed[32], ms[32];
    const char *why = json_string_value(json_object_get(ev, "why"));
    int status = (int)number(ev, "status");
    uint64_t time_ns = number(ev, "time_ns"), n = number(ev, "bytes");
    if (o->is_json)
        wf_session_print(ev);
    if (!o->is_ok && status != 0)
        wf_say("%s: the server answered %d %s", o->url, status, why);
    else if (!o->is_ok)
        wf_say("%s: %s", o->url, why);
    else if (!o->is_silent && !o->is_json && o->upload != NULL)
        (void)fprintf(stderr, "%d %s in %s ms\n", status, why, wf_ms(ms, time_ns, 1));
    else if (!o->is_silent && !o->is_json)
        (void)fprintf(stderr, "%s in %s ms, %s/s\n", amount(bytes, n), wf_ms(ms, time_ns, 1),
                      amount(speed, rate(n, time_ns)));
}

static void on_event(void *arg, const json_t *ev)
{
    struct fetch_opts *o = arg;
    const char *kind = json_string_value(json_object_get(ev, "event"));
    if (strcmp(kind, "begin") == 0)
        return;
    if (strcmp(kind, "progress") == 0) {
        if (!o->is_silent)
            print_progress(o, ev);
        return;
    }
    o->is_ok = json_is_true(json_object_get(ev, "is_ok"));
    if (o->has_progress)
        (void)fprintf(stderr, "\r\033[K");
    print_done(o, ev);
}

/* A file that is there keeps what is in it until something else comes for it. */
static int open_output(struct fetch_opts *o)
{
    int fd = open(o->output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    o->is_new = fd >= 0;
    return fd >= 0 || errno != EEXIST ? fd : open(o->output, O_WRONLY | O_CLOEXEC);
}

/* The file ends where the body does; one that was made for nothing goes again, where
 * whoever this is by now may do that. 0 or an exit code. */
static int close_output(const struct fetch_opts *o, int fd, int code)
{
    struct stat st;
    off_t end = lseek(fd, 0, SEEK_CUR);
    bool is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && end >= 0;
    bool is_good = code == 0 && o->is_ok;
    int error = is_file && (is_good || end > 0) && ftruncate(fd, end) != 0 ? errno : 0;
    if (is_file && !is_good && end == 0 && o->is_new)
        (void)unlink(o->output);
    if (close(fd) != 0 && error == 0)
        error = errno;
    return error != 0 && code == 0 ? wf_trouble("%s: %s", o->output, strerror(error)) : code;
}

static int fetch(struct fetch_opts *o)
{
    int out_fd = STDOUT_FILENO, put_fd = -1;
    struct stat st;
    if (o->upload != NULL) {
        put_fd = open(o->upload, O_RDONLY | O_CLOEXEC);
        if (put_fd < 0)
            return wf_trouble("%s: %s", o->upload, strerror(errno));
        if (fstat(put_fd, &st) != 0 || !S_ISREG(st.st_mode))
            return wf_trouble("%s: not a regular file", o->upload);
    }
    if (o->output != NULL) {
        out_fd = open_output(o);
        if (out_fd < 0)
            return wf_trouble("%s: %s", o->output, strerror(errno));
    }
    json_t *request =
        json_pack("{s:s,s:s,s:i,s:b,s:I}", "cmd", "fetch", "url", o->url, "out_fd", out_fd,
                  "follow", (int)o->is_following, "idle_ms", (json_int_t)(o->idle_ns / 1000000));
    if (put_fd >= 0)
        (void)json_object_set_new(request, "put_fd", json_integer(put_fd));
    int code = wf_session_run(&o->net, request, on_event, o, out_fd);
    if (put_fd >= 0)
        (void)close(put_fd);
    if (o->output != NULL)
        code = close_output(o, out_fd, code);
    return code != 0 ? code : o->is_ok ? WF_EXIT_OK : WF_EXIT_NO;
}

static int run(int argc, char **argv)
{
    struct fetch_opts o = {.output = NULL};
    struct weft_url url;
    int code;
    wf_net_init(&o.net);
    if (!wf_parse(&wf_tool_fetch, &argc, &argv, &o, &code))
        return code;
    if (argc != 1)
        return wf_usage(argc == 0 ? "fetch what? give a URL" : "one URL, not %d", argc);
    o.url = argv[0];
    if (weft_url_parse(&url, o.url) != 0)
        return wf_usage("'%s' is not a URL such as http://10.0.0.1/index.html; names are not "
                        "looked up",
                        o.url);
    if (o.is_json && o.output == NULL && o.upload == NULL)
        return wf_usage("--json and the body would mix on standard output: give -o FILE");
    if (o.upload != NULL && !wf_net_has_links(&o.net))
        return wf_usage("-T sends a file over links of its own: give --link and --address");
    code = wf_net_check(&o.net);
    return code != 0 ? code : fetch(&o);
}

const struct wf_tool wf_tool_fetch = {
    .name = "fetch",
    .summary = "get or put a file by HTTP, as curl(1) does",
    .operands = "URL",
    .opts = opts,
    .net = WF_NET_ANY,
    .example = "  weft fetch http://10.0.0.1/\n"
               "  weft fetch --link packet:eth1 --address 10.0.0.9/24 -T notes.txt \\\n"
               "             http://10.0.0.1/notes.txt\n",
    .more = "Without --link the request is made by a running host, which can get but not put.\n"
            "Exit code 1: the server did not answer with success.\n",
    .run = run,
};
