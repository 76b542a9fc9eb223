/* SPDX-License-Identifier: MIT */
/**
 * DOC: wire - a simulated link between two real ones, in real time
 *
 *   wire SPEC SPEC [FIELD=NUMBER]...    FIELD: seed delay_us jitter_us loss_ppm dup_ppm reorder_ppm
 *                                       reorder_us corrupt_ppm rate_kbps queue_pkts
 *
 * What comes in by one driver enters a link of sim/ with both ends external, and leaves by the
 * other driver when the link delivers it: our own netem, the same for a kernel and a weft host.
 * Prints "ready" and the kernel's names, and on SIGTERM what became of the frames, as JSON.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft/driver.h"
#include "weft/host.h"
#include "weft/sim.h"

#define BURST       64
#define FRAME_BYTES 65550 /* The largest frame of a driver, with its Ethernet header. */

struct wire {
    struct weft_driver *drv[2];
    struct weft_world *world;
    struct weft_link *link;
    struct weft_link_quality quality;
    uint64_t seed;
    uint64_t tx_refused;
};

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
}

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "wire: %s: %s\n", what, why);
    exit(2);
}

static void set_field(struct wire *w, char *arg)
{
    struct weft_link_quality *q = &w->quality;
    char *eq = strchr(arg, '=');
    if (eq == NULL)
        fail(arg, "not like FIELD=NUMBER");
    *eq = '\0';
    uint64_t n = strtoull(eq + 1, NULL, 10);
    struct {
        const char *name;
        uint64_t *wide;
        uint32_t *narrow;
        uint64_t factor;
    } fields[] = {{"seed", &w->seed, NULL, 1},
                  {"delay_us", &q->delay_ns, NULL, 1000},
                  {"jitter_us", &q->jitter_ns, NULL, 1000},
                  {"reorder_us", &q->reorder_ns, NULL, 1000},
                  {"rate_kbps", &q->rate_bps, NULL, 1000},
                  {"loss_ppm", NULL, &q->loss_ppm, 1},
                  {"dup_ppm", NULL, &q->dup_ppm, 1},
                  {"reorder_ppm", NULL, &q->reorder_ppm, 1},
                  {"corrupt_ppm", NULL, &q->corrupt_ppm, 1},
                  {"queue_pkts", NULL, &q->queue_pkts, 1}};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(arg, fields[i].name) != 0)
            continue;
        if (fields[i].wide != NULL)
            *fields[i].wide = n * fields[i].factor;
        else
            *fields[i].narrow = (uint32_t)n;
        return;
    }
    fail(arg, "no such field");
}

static void build(struct wire *w)
{
    struct weft_world_config world;
    weft_world_config_default(&world, w->seed);
    world.start_ns = weft_host_now();
    world.is_unhashed = true;
    struct weft_link_config link = {
        .name = "wire",
        .end = {{.kind = WEFT_END_EXTERNAL}, {.kind = WEFT_END_EXTERNAL}},
        .quality = {w->quality, w->quality},
        .is_l3 = w->drv[0]->info.kind == WEFT_IF_L3};
    if (weft_world_create(&w->world, &world) < 0 || weft_link_add(w->world, &link, &w->link) < 0)
        fail("world", "cannot be built");
}

/* What the driver has goes into its end of the link. */
static void take(struct wire *w, unsigned end, uint64_t now_ns)
{
    static uint8_t bytes[FRAME_BYTES];
    struct weft_frame frames[BURST];
    struct weft_driver *d = w->drv[end];
    uint32_t n;
    do {
        uint64_t cookies[BURST];
        n = d->ops->rx(d, frames, BURST, now_ns);
        for (uint32_t i = 0; i < n; i++) {
            size_t len = 0;
            for (uint16_t k = 0; k < frames[i].iov_n; k++) {
                memcpy(bytes + len, frames[i].iov[k].base, frames[i].iov[k].len);
                len += frames[i].iov[k].len;
            }
            if (weft_link_push(w->link, end, bytes, len) < 0)
                fail("link", "does not take a frame");
            cookies[i] = frames[i].cookie;
        }
        d->ops->rx_release(d, cookies, n);
    } while (n == BURST);
}

/* What the link delivered at an end leaves by its driver. */
static void give(struct wire *w, unsigned end, uint64_t now_ns)
{
    static uint8_t bytes[FRAME_BYTES];
    size_t len;
    while ((len = weft_link_pull(w->link, end, bytes, sizeof(bytes), NULL)) > 0) {
        struct weft_frame f = {.iov = {{bytes, (uint32_t)len}}, .iov_n = 1, .len = (uint32_t)len};
        if (w->drv[end]->ops->tx(w->drv[end], &f, 1, now_ns) != 1)
            w->tx_refused++;
    }
}

static void run(struct wire *w)
{
    sigset_t outside;
    sigprocmask(SIG_SETMASK, NULL, &outside);
    sigdelset(&outside, SIGTERM);
    while (!is_stopped) {
        struct pollfd p[2];
        uint64_t now_ns = weft_host_now(), next_ns = weft_world_next(w->world);
        for (unsigned i = 0; i < 2; i++) {
            uint32_t want = 0, changes = 0;
            uint64_t at_ns = w->drv[i]->ops->service(w->drv[i], now_ns, &changes);
            next_ns = at_ns < next_ns ? at_ns : next_ns;
            p[i] = (struct pollfd){w->drv[i]->ops->poll(w->drv[i], &want), POLLIN, 0};
        }
        uint64_t left = next_ns == WEFT_NEVER ? 1000000000
                        : next_ns > now_ns    ? next_ns - now_ns
                                              : 0;
        struct timespec t = {.tv_sec = (time_t)(left / 1000000000),
                             .tv_nsec = (long)(left % 1000000000)};
        (void)ppoll(p, 2, &t, &outside); /* A signal is seen by the loop's condition. */
        now_ns = weft_host_now();
        take(w, 0, now_ns);
        take(w, 1, now_ns);
        if (weft_world_run(w->world, now_ns) < 0)
            fail("world", weft_world_error(w->world));
        give(w, 0, now_ns);
        give(w, 1, now_ns);
    }
}

static void report(const struct wire *w)
{
    printf("{\"tx_refused\": %" PRIu64 ", \"dir\": [", w->tx_refused);
    for (unsigned dir = 0; dir < 2; dir++) {
        struct weft_link_stats s;
        weft_link_stats(w->link, dir, &s);
        printf("%s{\"rx_no_slot\": %" PRIu64, dir == 0 ? "" : ", ", w->drv[dir]->stats.rx_no_slot);
        for (unsigned f = 0; f < WEFT_FATE_COUNT; f++)
            printf(", \"%s\": %" PRIu64, weft_fate_name(f), s.pkts[f]);
        printf("}");
    }
    printf("]}\n");
}

int main(int argc, char **argv)
{
    struct wire w = {.seed = 1};
    struct weft_driver_config cfg = {.is_plain = true};
    char err[WEFT_ERRTEXT_BYTES];
    if (argc < 3)
        fail("usage", "wire SPEC SPEC [FIELD=NUMBER]...");
    for (int i = 3; i < argc; i++)
        set_field(&w, argv[i]);
    struct sigaction act = {.sa_handler = on_signal};
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    sigaction(SIGTERM, &act, NULL);
    for (int i = 0; i < 2; i++)
        if (weft_driver_open(&w.drv[i], argv[1 + i], &cfg, err, sizeof(err)) < 0)
            fail(argv[1 + i], err);
    build(&w);
    printf("ready %s %s\n", w.drv[0]->info.name, w.drv[1]->info.name);
    fflush(stdout);
    run(&w);
    report(&w);
    weft_world_destroy(w.world);
    weft_driver_close(w.drv[0]);
    weft_driver_close(w.drv[1]);
    return 0;
}
