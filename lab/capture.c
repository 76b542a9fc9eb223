/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <string.h>

#include "frame.h"

static int write_bytes(void *arg, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, arg) == n ? 0 : -1;
}

bool wf_capture_open(struct lab_capture *c, struct lab_arena *a, const struct lab *lab,
                     const struct lab_link *link, const char *path)
{
    c->f = fopen(path, "wb");
    if (c->f == NULL)
        return false;
    c->snaplen = (uint32_t)lab->capture_snaplen;
    c->packets_max = lab->capture_packets;
    c->bytes = wf_lab_alloc(a, c->snaplen);
    c->has_failed = weft_pcapng_begin(&c->out, write_bytes, c->f) != 0;
    for (unsigned e = 0; e < 2; e++) {
        const char *name = wf_lab_printf(a, "%s:%s", wf_lab_node(lab, link->end[e].node)->name,
                                         link->end[e].iface);
        c->has_failed = weft_pcapng_if(&c->out, name, WEFT_IF_ETHER) < 0 || c->has_failed;
    }
    return true;
}

static void flush(struct lab_capture *c)
{
    if (!c->is_pending)
        return;
    struct weft_frame f = {
        .iov = {{.base = c->bytes, .len = c->bytes_n}}, .iov_n = 1, .len = c->frame_bytes};
    const char *comment = c->comment[0] != '\0' ? c->comment : NULL;
    if (weft_pcapng_frame(&c->out, c->dir, c->time_ns, WEFT_DIR_OUT, &f, comment) != 0)
        c->has_failed = true;
    c->is_pending = false;
    c->packets++;
}

static void keep(struct lab_capture *c, const struct weft_tap *tap)
{
    flush(c);
    if (c->packets >= c->packets_max) {
        c->left_out++;
        return;
    }
    c->is_pending = true;
    c->dir = tap->dir;
    c->time_ns = tap->time_ns;
    c->frame_bytes = tap->frame->len;
    c->bytes_n = (uint32_t)wf_frame_copy(tap->frame, c->bytes, c->snaplen);
    c->comment[0] = '\0';
}

static void add_comment(struct lab_capture *c, const char *text)
{
    size_t n = strlen(c->comment);
    (void)snprintf(c->comment + n, sizeof(c->comment) - n, "%s%s", n != 0 ? "; " : "", text);
}

void wf_capture_tap(struct lab_capture *c, const struct weft_tap *tap)
{
    static const char *const comments[WEFT_FATE_COUNT] = {
        [WEFT_FATE_LOST] = "lost: random",
        [WEFT_FATE_LOST_BURST] = "lost: burst",
        [WEFT_FATE_LOST_LIST] = "lost: by number",
        [WEFT_FATE_QUEUE] = "lost: queue full",
        [WEFT_FATE_CUT] = "lost: link cut",
        [WEFT_FATE_MTU] = "lost: longer than the link's MTU",
        [WEFT_FATE_CORRUPTED] = "corrupted: one bit flipped",
        [WEFT_FATE_DUPLICATED] = "duplicated",
        [WEFT_FATE_REORDERED] = "held back",
    };
    if (tap->fate == WEFT_FATE_SENT)
        keep(c, tap);
    else if (c->is_pending && tap->dir == c->dir && tap->time_ns == c->time_ns &&
             comments[tap->fate] != NULL)
        add_comment(c, comments[tap->fate]);
}

bool wf_capture_close(struct lab_capture *c)
{
    if (c->f == NULL)
        return true;
    flush(c);
    bool is_ok = !c->has_failed;
    is_ok = fclose(c->f) == 0 && is_ok;
    c->f = NULL;
    return is_ok;
}
