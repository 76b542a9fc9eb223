/* SPDX-License-Identifier: MIT */
/** DOC: weft script - run packet scripts in virtual time */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "weft/driver.h"

static int add_override(void *opts, const char *name, const char *arg)
{
    struct wf_script_opts *o = opts;
    size_t n = strlen(o->overrides);
    int r = snprintf(o->overrides + n, sizeof(o->overrides) - n, "--%s=%s\n", name, arg);
    if (strspn(arg, "abcdefghijklmnopqrstuvwxyz_:,0123456789-") != strlen(arg))
        return wf_usage("--%s '%s' is not like NAME:NUMBER,NAME:NUMBER", name, arg);
    return r < (int)(sizeof(o->overrides) - n) ? 0 : wf_usage("--%s: too many settings", name);
}

static int add_set(void *opts, const char *arg)
{
    return add_override(opts, "set", arg);
}

static int add_config(void *opts, const char *arg)
{
    return add_override(opts, "config", arg);
}

static int add_tolerance(void *opts, const char *arg)
{
    uint64_t v;
    if (!wf_number(arg, 0, UINT32_MAX, &v))
        return wf_usage("--tolerance_usecs '%s' is not a number from 0 to 4294967295", arg);
    return add_override(opts, "tolerance_usecs", arg);
}

#define AT(field) offsetof(struct wf_script_opts, field)

static const struct wf_opt opts[] = {
    {"verbose", 'v', WF_OPT_FLAG, NULL, "print every packet", AT(is_verbose), 0, 0, NULL},
    {"quiet", 'q', WF_OPT_FLAG, NULL, "print no script that passed", AT(is_quiet), 0, 0, NULL},
    {"json", 0, WF_OPT_FLAG, NULL, "a line of JSON for each script", AT(is_json), 0, 0, NULL},
    {"tolerance_usecs", 0, WF_OPT_CALL, "N", "how far from its time a packet may be (default 4000)",
     0, 0, 0, add_tolerance},
    {"set", 0, WF_OPT_CALL, "NAME:N,...", "socket options that win over the scripts'", 0, 0, 0,
     add_set},
    {"config", 0, WF_OPT_CALL, "NAME:N,...", "limits of the stack, likewise", 0, 0, 0, add_config},
    {"seed", 0, WF_OPT_NUMBER, "N", "of the stack's random numbers (default 1)", AT(seed), 0,
     UINT64_MAX, NULL},
    {"check", 0, WF_OPT_FLAG, NULL, "run the stack's own checks after every event", AT(is_checking),
     0, 0, NULL},
    {"out", 'o', WF_OPT_TEXT, "DIR", "write a pcapng of each script that failed there", AT(out), 0,
     0, NULL},
    {"against", 0, WF_OPT_TEXT, "linux", "run them against the kernel, in real time", AT(against),
     0, 0, NULL},
    {"jobs", 'j', WF_OPT_NUMBER, "N", "how many at a time then (default 8)", AT(jobs), 1, 1024,
     NULL},
    {"limit", 0, WF_OPT_SECONDS, "TIME", "longest script then (default 60 s)", AT(limit_ns), 1,
     INT64_MAX, NULL},
    {0},
};

/* ---- captures ---- */

/** struct capture - A capture of one script */
struct capture {
    struct weft_pcapng png;
    FILE *file;
    int ifid;
    char path[4096];
    bool has_failed; /* Nothing more is written. */
    size_t buf_bytes;
    uint8_t *buf;
};

static void on_packet(void *user, uint64_t at_ns, const void *bytes, size_t n, bool is_inbound)
{
    struct capture *c = user;
    struct weft_frame f = {.iov_n = 1, .len = (uint32_t)n};
    if (c->has_failed || n > c->buf_bytes)
        return;
    memcpy(c->buf, bytes, n); /* A frame's bytes are not const. */
    f.iov[0] = (struct weft_iov){c->buf, n};
    enum weft_dir dir = is_inbound ? WEFT_DIR_IN : WEFT_DIR_OUT;
    c->has_failed = weft_pcapng_frame(&c->png, c->ifid, at_ns, dir, &f, NULL) != 0;
}

/* DIR/tcp_handshake.pcapng for tests/tcp/handshake.pkt: the last two names of the path. */
static void capture_path(const char *dir, const char *script, char *out, size_t cap)
{
    const char *from = script + strlen(script);
    unsigned slashes = 0;
    while (from > script && (slashes += from[-1] == '/') < 2)
        from--;
    size_t n = strlen(from);
    if (n > 4 && strcmp(from + n - 4, ".pkt") == 0)
        n -= 4;
    (void)snprintf(out, cap, "%s/%.*s.pcapng", dir, (int)n, from);
    for (char *p = out + strlen(dir) + 1; *p != '\0'; p++)
        *p = (char)(*p == '/' ? '_' : *p);
}

static int capture_open(struct capture *c, const char *dir, const char *script)
{
    memset(c, 0, sizeof(*c));
    capture_path(dir, script, c->path, sizeof(c->path));
    c->buf_bytes = 1U << 17;
    c->buf = malloc(c->buf_bytes);
    c->file = c->buf == NULL ? NULL : fopen(c->path, "wb");
    if (c->file == NULL) {
        free(c->buf);
        return wf_trouble("%s: %s", c->path, strerror(errno));
    }
    if (weft_pcapng_begin_file(&c->png, c->file) == 0)
        c->ifid = weft_pcapng_if(&c->png, "tun0", WEFT_IF_L3);
    c->has_failed = c->ifid < 0;
    return 0;
}

static int capture_close(struct capture *c, bool is_wanted)
{
    if (c->file == NULL)
        return 0;
    bool is_written = fclose(c->file) == 0 && !c->has_failed;
    free(c->buf);
    if (!is_wanted && unlink(c->path) != 0)
        return wf_trouble("%s: %s", c->path, strerror(errno));
    return is_written || !is_wanted ? 0 : wf_trouble("%s cannot be written", c->path);
}

/* ---- running ---- */

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int wf_script_run_text(const struct wf_script_opts *o, const char *path, const char *text, size_t n,
                       const struct weft_script_target *target, struct weft_script_result *r,
                       struct wf_script_log *log)
{
    struct capture c = {.file = NULL};
    struct weft_script_config cfg = {.seed = o->seed,
                                     .is_checking = o->is_checking,
                                     .is_verbose = o->is_verbose,
                                     .print = wf_script_log_line,
                                     .print_user = log,
                                     .target = target,
                                     .overrides = o->overrides[0] != '\0' ? o->overrides : NULL};
    int code = o->out != NULL ? capture_open(&c, o->out, path) : 0;
    if (code != 0)
        return code;
    if (c.file != NULL) {
        cfg.packet = on_packet;
        cfg.packet_user = &c;
    }
    int err = weft_script_run(&cfg, path, text, n, r);
    code = capture_close(&c, err != 0 && r->verdict == WEFT_SCRIPT_FAILED);
    return err == -WEFT_ENOMEM ? wf_trouble("out of memory") : code;
}

static int run_file(const struct wf_script_opts *o, size_t number, const char *path,
                    struct wf_script_sums *sums)
{
    struct wf_script_log log = {NULL, 0, 0};
    struct weft_script_result r;
    size_t n = 0;
    char *text = wf_script_read(path, &n);
    if (text == NULL)
        return wf_trouble("%s: %s", path, strerror(errno));
    int code = wf_script_run_text(o, path, text, n, NULL, &r, &log);
    free(text);
    if (code == 0) {
        wf_script_count(sums, &r);
        wf_script_show(o, number, path, &r, &log);
    }
    free(log.text);
    return code;
}

static int run_list(const struct wf_script_opts *o, const struct wf_script_list *list)
{
    struct wf_script_sums sums = {.passed = 0};
    uint64_t begin = now_ns();
    int code = 0;
    for (size_t i = 0; i < list->n; i++) /* Nothing is told of a run that cannot be. */
        if (access(list->path[i], R_OK) != 0)
            return wf_trouble("%s: %s", list->path[i], strerror(errno));
    if (!o->is_json && !o->is_quiet)
        printf("1..%zu\n", list->n);
    if (o->against != NULL)
        code = wf_script_against(o, list, &sums);
    for (size_t i = 0; i < list->n && code == 0 && o->against == NULL; i++)
        code = run_file(o, i + 1, list->path[i], &sums);
    if (code == 0)
        wf_script_show_sums(o, &sums, now_ns() - begin);
    free(sums.differences.text);
    if (code != 0)
        return code;
    return sums.failed + sums.bad == 0 ? WF_EXIT_OK : WF_EXIT_NO;
}

static int run(int argc, char **argv)
{
    struct wf_script_opts o = {.seed = 1, .jobs = 8, .limit_ns = UINT64_C(60000000000)};
    struct wf_script_list list = {NULL, 0, 0};
    int code;
    if (!wf_parse(&wf_tool_script, &argc, &argv, &o, &code))
        return code;
    if (argc < 1)
        return wf_usage("run which scripts? give files or folders");
    if (o.against != NULL && strcmp(o.against, "linux") != 0)
        return wf_usage("--against '%s' is not linux", o.against);
    for (int i = 0; i < argc && code == 0; i++)
        code = wf_script_find(&list, argv[i]);
    if (code == 0 && o.out != NULL && mkdir(o.out, 0777) != 0 && errno != EEXIST)
        code = wf_trouble("%s: %s", o.out, strerror(errno));
    if (code == 0 && o.against != NULL)
        code = wf_script_against_check();
    if (code == 0)
        code = run_list(&o, &list);
    for (size_t i = 0; i < list.n; i++)
        free(list.path[i]);
    free(list.path);
    return code;
}

const struct wf_tool wf_tool_script = {
    .name = "script",
    .summary = "run packet scripts against the stack, in virtual time",
    .operands = "FILE|DIR...",
    .opts = opts,
    .example = "  weft script tests/script/tcp/handshake-active.pkt\n"
               "  weft script --quiet --out failed tests/script\n"
               "  weft script --against linux tests/script/tcp\n",
    .more = "A folder stands for the *.pkt files in it and below. The language is packetdrill's\n"
            "(tests/script/README.md). A script that needs what the stack does not have is not\n"
            "applicable; it is counted apart.\n"
            "--against linux runs them in a network namespace of its own, over a TUN.\n"
            "Exit code 1: a script failed, or cannot be read.\n",
    .run = run,
};
