/* SPDX-License-Identifier: MIT */
/** DOC: weft capture - frames of a running host as pcapng, live */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"

#define BUF_BYTES    (256U << 10)
#define BLOCK_PACKET 6U /* Enhanced packet block. */

struct capture_opts {
    const char *host, *control, *link, *file;
    uint64_t count;
};

#define AT(field) offsetof(struct capture_opts, field)

static const struct wf_opt opts[] = {
    {"host", 0, WF_OPT_TEXT, "NAME", "the running host (default: weft)", AT(host), 0, 0, NULL},
    {"control", 0, WF_OPT_TEXT, "PATH", "the running host by its control socket", AT(control), 0, 0,
     NULL},
    {"link", 'i', WF_OPT_TEXT, "NAME", "one link only (default: all)", AT(link), 0, 0, NULL},
    {"count", 'c', WF_OPT_NUMBER, "N", "end after N frames", AT(count), 1, INT64_MAX, NULL},
    {"write", 'w', WF_OPT_TEXT, "FILE", "instead of standard output", AT(file), 0, 0, NULL},
    {0},
};

/* Frames written so far. NOLINTNEXTLINE: a signal handler sees nothing but globals. */
static volatile sig_atomic_t frames;

/* As tcpdump: the first signal ends the capture, which is whole up to here. */
static void on_signal(int number)
{
    char text[32];
    size_t at = sizeof(text);
    unsigned v = (unsigned)frames;
    (void)number;
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    ssize_t r = write(STDERR_FILENO, text + at, sizeof(text) - at);
    r = r < 0 ? r : write(STDERR_FILENO, " frames captured\n", 17);
    _exit(r < 0 ? WF_EXIT_TROUBLE : WF_EXIT_OK);
}

/* Bytes of @buf that are whole blocks, so that the file can end at any time. */
static size_t whole_blocks(const uint8_t *buf, size_t n)
{
    size_t at = 0;
    uint32_t type, len;
    while (n - at >= 8) {
        memcpy(&type, buf + at, 4);
        memcpy(&len, buf + at + 4, 4);
        if (len < 12 || len > n - at)
            break;
        frames += type == BLOCK_PACKET;
        at += len;
    }
    return at;
}

static int copy(struct weft_ctl_client *c, int fd, const char *name)
{
    uint8_t *buf = malloc(BUF_BYTES);
    size_t have = 0;
    int64_t n = 0;
    int code = buf == NULL ? wf_trouble("out of memory") : 0;
    while (code == 0 && (n = weft_ctl_client_read(c, buf + have, BUF_BYTES - have)) > 0) {
        have += (size_t)n;
        size_t whole = whole_blocks(buf, have);
        if (!wf_write_all(fd, buf, whole))
            code = wf_trouble("%s: %s", name, strerror(errno));
        memmove(buf, buf + whole, have - whole);
        have -= whole;
    }
    if (n < 0)
        code = wf_trouble("the host went away");
    free(buf);
    return code;
}

static int ask(struct weft_ctl_client *c, json_t *request)
{
    json_t *answer = weft_ctl_client_send(c, request) == 0 ? weft_ctl_client_answer(c) : NULL;
    const char *error = json_string_value(json_object_get(answer, "error"));
    int code = 0;
    if (answer == NULL)
        code = wf_trouble("the host went away");
    else if (error != NULL)
        code = wf_trouble("%s", error);
    json_decref(answer);
    return code;
}

static int capture(const struct capture_opts *o, json_t *request)
{
    struct weft_ctl_client *c;
    int code = wf_ask_open(o->host, o->control, &c);
    if (code != 0) {
        json_decref(request);
        return code;
    }
    int fd = STDOUT_FILENO;
    code = ask(c, request);
    if (code == 0 && o->file != NULL)
        fd = open(o->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        code = wf_trouble("%s: %s", o->file, strerror(errno));
    struct sigaction act = {.sa_handler = on_signal};
    if (code == 0 && sigaction(SIGINT, &act, NULL) == 0 && sigaction(SIGTERM, &act, NULL) == 0)
        code = copy(c, fd, o->file != NULL ? o->file : "standard output");
    weft_ctl_client_close(c);
    if (fd > STDOUT_FILENO && close(fd) != 0 && code == 0)
        code = wf_trouble("%s: %s", o->file, strerror(errno));
    return code;
}

/* Conditions of one kind twice cannot both hold, or say nothing new. */
static int add(json_t *request, const char *key, json_t *value)
{
    bool is_there = json_object_get(request, key) != NULL;
    (void)json_object_set_new(request, key, value);
    return is_there ? wf_usage("filter: one host, one port and one protocol at most") : 0;
}

static bool is_proto(const char *word)
{
    return strcmp(word, "arp") == 0 || strcmp(word, "icmp") == 0 || strcmp(word, "tcp") == 0 ||
           strcmp(word, "udp") == 0;
}

/* "host 10.0.0.1 and port 80", "tcp": the few words of tcpdump(8) that are understood here. */
static int read_filter(json_t *request, int argc, char **argv)
{
    int code = 0;
    for (int i = 0; i < argc && code == 0; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        struct weft_addr a;
        uint64_t port;
        if (strcmp(word, "and") == 0) {
            if (i == 0 || i + 1 == argc || strcmp(value, "and") == 0)
                return wf_usage("filter: 'and' stands between two conditions");
        } else if (is_proto(word)) {
            code = add(request, "proto", json_string(word));
        } else if (strcmp(word, "host") == 0) {
            if (weft_addr_parse(&a, value) != 0)
                return wf_usage("filter: 'host' is followed by an IPv4 address, not '%s'", value);
            code = add(request, "host", json_string(value));
            i++;
        } else if (strcmp(word, "port") == 0) {
            if (!wf_number(value, 1, 65535, &port))
                return wf_usage("filter: 'port' is followed by a number, not '%s'", value);
            code = add(request, "port", json_integer((json_int_t)port));
            i++;
        } else {
            return wf_usage("filter: '%s' is none of host, port, arp, icmp, tcp, udp", word);
        }
    }
    return code;
}

static int run(int argc, char **argv)
{
    struct capture_opts o = {.host = NULL};
    int code;
    if (!wf_parse(&wf_tool_capture, &argc, &argv, &o, &code))
        return code;
    json_t *request = json_pack("{s:s,s:I}", "cmd", "capture", "count", (json_int_t)o.count);
    if (o.link != NULL)
        (void)json_object_set_new(request, "link", json_string(o.link));
    code = read_filter(request, argc, argv);
    if (code == 0 && o.file == NULL && isatty(STDOUT_FILENO))
        code = wf_usage("a capture is no text for a terminal: use -w FILE, or | tshark -i -");
    if (code == 0)
        return capture(&o, request);
    json_decref(request);
    return code;
}

const struct wf_tool wf_tool_capture = {
    .name = "capture",
    .summary = "write the frames of a running host as pcapng",
    .operands = "[FILTER]",
    .opts = opts,
    .example = "  weft capture | tshark -i -\n"
               "  weft capture -c 100 -w web.pcapng tcp and port 80\n",
    .more =
        "A filter is one or more of: host ADDRESS, port N, arp, icmp, tcp, udp; all must hold.\n",
    .run = run,
};
