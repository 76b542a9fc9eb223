/* SPDX-License-Identifier: MIT */
/** DOC: Descriptors of programs beside the drivers', and those who look at frames. */
#include "host.h"

#include <stdlib.h>

static struct wf_fd *find(struct weft_host *h, int fd)
{
    for (uint32_t i = 0; i < h->fds_n; i++)
        if (h->fds[i].fd == fd)
            return &h->fds[i];
    return NULL;
}

int weft_host_fd_add(struct weft_host *h, int fd, uint32_t want,
                     void (*fn)(void *arg, int fd, uint32_t ready), void *arg)
{
    if (find(h, fd) != NULL)
        return -WEFT_EEXIST;
    struct wf_fd *slot = find(h, -1);
    if (slot == NULL && h->fds_n == h->fds_cap) {
        uint32_t cap = h->fds_cap == 0 ? 8 : h->fds_cap * 2;
        struct wf_fd *fds = realloc(h->fds, cap * sizeof(*fds));
        if (fds == NULL)
            return -WEFT_ENOMEM;
        h->fds = fds;
        h->fds_cap = cap;
    }
    if (slot == NULL)
        slot = &h->fds[h->fds_n++];
    *slot = (struct wf_fd){fd, want, fn, arg};
    return 0;
}

void weft_host_fd_want(struct weft_host *h, int fd, uint32_t want)
{
    struct wf_fd *slot = find(h, fd);
    if (slot != NULL)
        slot->want = want;
}

/* The slot stays where it is: the loop may be walking over the table. */
void weft_host_fd_del(struct weft_host *h, int fd)
{
    struct wf_fd *slot = find(h, fd);
    if (slot != NULL)
        *slot = (struct wf_fd){.fd = -1};
}

int weft_host_capture_add(struct weft_host *h,
                          void (*fn)(void *arg, unsigned link, enum weft_dir dir, uint64_t epoch_ns,
                                     const struct weft_frame *frame),
                          void *arg)
{
    for (int i = 0; i < WEFT_HOST_CAPTURES_MAX; i++) {
        if (h->captures[i].fn == NULL) {
            h->captures[i] = (struct wf_capture){fn, arg};
            h->captures_n++;
            return i;
        }
    }
    return -WEFT_ENOMEM;
}

void weft_host_capture_del(struct weft_host *h, int id)
{
    if (id < 0 || id >= WEFT_HOST_CAPTURES_MAX || h->captures[id].fn == NULL)
        return;
    h->captures[id] = (struct wf_capture){0};
    h->captures_n--;
}
