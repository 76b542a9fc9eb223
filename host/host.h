/* SPDX-License-Identifier: MIT */
/** DOC: host - inner words of the host's files: its struct, clock, error lines */
#ifndef WEFT_HOST_HOST_H
#define WEFT_HOST_HOST_H

#include <stdatomic.h>

#include "weft/host.h"

#define WF_BURST        64U

#define WF_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/** struct wf_link - A driver and its interface; written by loop.c after it was opened */
struct wf_link {
    struct weft_driver *drv;
    char *spec;
    uint16_t ifindex;
    bool is_full; /* The driver had no room for pending[pending_at..pending_n). */
    uint64_t service_ns;
    uint64_t rx_refused;
    struct weft_frame pending[WF_BURST];
    uint32_t pending_at, pending_n;
};

/** struct wf_fd - A descriptor of a program; written by fds.c */
struct wf_fd {
    int fd; /* -1 = free. */
    uint32_t want;
    void (*fn)(void *arg, int fd, uint32_t ready);
    void *arg;
};

/** struct wf_capture - Somebody who sees every frame */
struct wf_capture {
    void (*fn)(void *arg, unsigned link, enum weft_dir dir, uint64_t epoch_ns,
               const struct weft_frame *frame);
    void *arg;
};

#define WF_EVENTS_KEPT 64
#define WF_EVENT_BYTES 200

struct weft_host {
    char name[WEFT_HOST_NAME_MAX];
    struct weft_stack *st;
    struct weft_dispatch *d;
    void *mem, *area;
    size_t mem_bytes, area_bytes;
    struct wf_link *links[WEFT_HOST_LINKS_MAX];
    unsigned links_n;
    struct wf_fd *fds;
    uint32_t fds_n, fds_cap;
    struct pollfd *polls; /* Room for all links, all descriptors and the stop descriptor. */
    uint32_t polls_cap;
    struct wf_capture captures[WEFT_HOST_CAPTURES_MAX];
    unsigned captures_n;
    struct weft_link_event events[WF_EVENTS_KEPT]; /* The last ones, a ring. */
    uint64_t events_n;
    void (*on_event)(void *arg, const char *line);
    void *on_event_arg;
    uint64_t told_until_ns; /* Lines that were told, a second each, from now on. */
    uint64_t untold_n;      /* Events since the last line. */
    int stop_fd;            /* An eventfd that weft_host_stop() raises. */
    atomic_bool is_stopped;
    bool is_open; /* Every link has its driver and interface. */
};

/** wf_host_epoch() - Time since the epoch, ns */
uint64_t wf_host_epoch(void);

/** wf_host_errno() - Text of a positive errno value */
const char *wf_host_errno(int error);

/** wf_host_fail() - Write one line into @err; always -1 */
int wf_host_fail(char *err, size_t err_cap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** wf_host_transmit() - Give the drivers what the stack has to send now */
void wf_host_transmit(struct weft_host *h, uint64_t now_ns);

/** wf_host_events() - Take what the stack reports, keep it and tell it on */
void wf_host_events(struct weft_host *h);

/** wf_event_text() - An event in one line */
void wf_event_text(char *buf, size_t cap, const struct weft_stack *st,
                   const struct weft_link_event *e);

/** wf_host_is_vlan() - Whether a link is "vlan:PARENT,ID" */
bool wf_host_is_vlan(const char *spec);

/** wf_host_vlan_open() - Open such a link; 0, or -1 with a line in @err */
int wf_host_vlan_open(struct weft_host *h, struct wf_link *l,
                      const struct weft_host_link_config *cfg, char *err, size_t cap);

/** wf_host_name_ok() - Whether a text can name a host */
bool wf_host_name_ok(const char *name);

#endif /* WEFT_HOST_HOST_H */
