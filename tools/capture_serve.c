/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "job.h"
#include "serve.h"

#define BLOCK_BYTES (72U << 10) /* A super-frame with its block. */

/** struct capture - A capture that a client reads; lives as long as its connection */
struct capture {
    struct weft_ctl_conn *conn;
    struct weft_host *h;
    struct weft_pcapng out;
    struct wf_filter filter;
    int id;        /* Of weft_host_capture_add(), -1 = ended. */
    int only_link; /* -1 = all. */
    bool is_ether[WEFT_HOST_LINKS_MAX];
    uint64_t left; /* Frames still wanted. */
    size_t n;      /* Bytes of the block under way. */
    uint8_t block[BLOCK_BYTES];
};

/* The writer of captures sends in pieces; the client is to get whole blocks or nothing. */
static int gather(void *arg, const void *bytes, size_t n)
{
    struct capture *c = arg;
    if (n > sizeof(c->block) - c->n)
        return -1;
    memcpy(c->block + c->n, bytes, n);
    c->n += n;
    return 0;
}

static bool send_block(struct capture *c)
{
    bool is_sent = weft_ctl_write(c->conn, c->block, c->n) == 0;
    c->n = 0;
    return is_sent;
}

static void end(struct capture *c)
{
    if (c->id >= 0)
        weft_host_capture_del(c->h, c->id);
    c->id = -1;
}

static void on_frame(void *arg, unsigned link, enum weft_dir dir, uint64_t epoch_ns,
                     const struct weft_frame *frame)
{
    struct capture *c = arg;
    if ((c->only_link >= 0 && (int)link != c->only_link) ||
        !wf_filter_match(&c->filter, frame, c->is_ether[link]))
        return;
    if (weft_pcapng_frame(&c->out, (int)link, epoch_ns, dir, frame, NULL) != 0 || !send_block(c))
        return;
    if (--c->left > 0)
        return;
    end(c);
    weft_ctl_finish(c->conn);
}

static void on_close(void *arg)
{
    struct capture *c = arg;
    end(c);
    free(c);
}

/* The head of the stream: a section, and an interface for every link. */
static bool begin(struct capture *c, const char *name)
{
    struct weft_host_link l;
    struct weft_if_info info;
    c->only_link = -1;
    if (weft_pcapng_begin(&c->out, gather, c) != 0)
        return false;
    for (unsigned i = 0; weft_host_link(c->h, i, &l); i++) {
        if (weft_if_get(weft_host_stack(c->h), l.ifindex, &info) != 0)
            return false;
        c->is_ether[i] = info.cfg.kind == WEFT_IF_ETHER;
        if (weft_pcapng_if(&c->out, info.cfg.name, info.cfg.kind) < 0)
            return false;
        if (name != NULL && strcmp(info.cfg.name, name) == 0)
            c->only_link = (int)i;
    }
    return name == NULL || c->only_link >= 0;
}

static void serve(void *arg, struct weft_ctl_conn *conn, struct json_t *request)
{
    (void)arg;
    const char *name = json_string_value(json_object_get(request, "link"));
    struct capture *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        weft_ctl_error(conn, "out of memory");
        return;
    }
    c->conn = conn;
    c->h = weft_ctl_host(conn);
    c->left = wf_job_number(request, "count", INT64_MAX, 0);
    c->left = c->left == 0 ? UINT64_MAX : c->left;
    const char *error = NULL;
    if (!wf_filter_read(&c->filter, request))
        error = "a filter has proto (arp, icmp, tcp, udp), host and port";
    else if (!begin(c, name))
        error = "there is no link of that name; see: weft show links";
    else if ((c->id = weft_host_capture_add(c->h, on_frame, c)) < 0)
        error = "too many captures at once";
    if (error != NULL) {
        weft_ctl_error(conn, error);
        free(c);
        return;
    }
    weft_ctl_reply(conn, NULL);
    weft_ctl_on_close(conn, on_close, c);
    (void)send_block(c);
}

int wf_capture_serve(struct weft_ctl *ctl)
{
    return weft_ctl_command(ctl, "capture", serve, NULL);
}
