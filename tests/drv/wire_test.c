/* SPDX-License-Identifier: MIT */
/**
 * DOC: Drivers against the kernel: two network namespaces, a driver in each, and this program as
 * the cable between them. The kernel's own TCP and UDP run over it, so every offload fact that a
 * driver reads and writes is checked by a kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "t.h"
#include "weft/driver.h"

#define BULK_BYTES (48U << 20)
#define TIMEOUT_NS 20000000000ULL
#define PORT       4000

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        (void)close(fd);
    return is_written;
}

/* Root of an own user namespace, if that is allowed. */
static bool enter_user(void)
{
    char uid[32], gid[32];
    (void)snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)getuid());
    (void)snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getgid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", uid) &&
           write_file("/proc/self/gid_map", gid);
}

/* Once: root of an own user namespace, or root as it is; false with the reason noted. */
static bool enter(void)
{
    static int state;
    if (state == 0) {
        bool is_in = geteuid() == 0 ? unshare(CLONE_NEWNET) == 0 : enter_user();
        state = is_in && system("ip link set lo up") == 0 ? 1 : -1;
    }
    if (state < 0)
        t_skip("no network namespace is allowed here");
    return state > 0;
}

static struct weft_driver *open_driver(const char *spec, bool is_plain)
{
    struct weft_driver *d = NULL;
    struct weft_driver_config cfg = {.is_plain = is_plain};
    char err[WEFT_ERRTEXT_BYTES] = "";
    if (weft_driver_open(&d, spec, &cfg, err, sizeof(err)) < 0) {
        printf("# %s\n", err);
        t_skip("the driver cannot be opened here");
    }
    return d;
}

static bool run(const char *command)
{
    bool is_ok = system(command) == 0;
    if (!is_ok)
        printf("# failed: %s\n", command);
    T_CHECK(is_ok);
    return is_ok;
}

/** struct cable - Two drivers, and what passed between them */
struct cable {
    struct weft_driver *end[2];
    uint64_t supers, open_sums;
    uint32_t longest;
};

static void forward(struct cable *c, int from)
{
    struct weft_driver *in = c->end[from], *out = c->end[1 - from];
    struct weft_frame f[64];
    uint32_t changes;
    (void)in->ops->service(in, now_ns(), &changes);
    uint32_t n = in->ops->rx(in, f, 64, now_ns()), sent = 0;
    for (uint32_t i = 0; i < n; i++) {
        c->supers += f[i].gso_type != WEFT_GSO_NONE;
        c->open_sums += (f[i].flags & WEFT_FRAME_NEEDS_CSUM) != 0;
        c->longest = f[i].len > c->longest ? f[i].len : c->longest;
    }
    while (sent < n) {
        uint32_t k = out->ops->tx(out, f + sent, n - sent, now_ns()), want;
        sent += k;
        struct pollfd p = {out->ops->poll(out, &want), POLLOUT, 0};
        if (sent < n)
            (void)poll(&p, 1, 100);
    }
    for (uint32_t i = 0; i < n; i++)
        in->ops->rx_release(in, &f[i].cookie, 1);
}

static void wait_and_forward(struct cable *c)
{
    struct pollfd p[2];
    for (int i = 0; i < 2; i++) {
        uint32_t want = 0;
        p[i] = (struct pollfd){c->end[i]->ops->poll(c->end[i], &want), POLLIN, 0};
    }
    (void)poll(p, 2, 5);
    forward(c, 0);
    forward(c, 1);
}

static struct sockaddr_in address(const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    (void)inet_pton(AF_INET, text, &a.sin_addr);
    return a;
}

static uint8_t pattern(uint64_t at)
{
    return (uint8_t)(at * 2654435761U >> 13);
}

static uint64_t push(int fd, uint64_t at)
{
    static uint8_t buf[65536];
    size_t n = BULK_BYTES - at < sizeof(buf) ? (size_t)(BULK_BYTES - at) : sizeof(buf);
    for (size_t i = 0; i < n; i++)
        buf[i] = pattern(at + i);
    ssize_t r = n > 0 ? send(fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    return r > 0 ? (uint64_t)r : 0;
}

static uint64_t pull(int fd, uint64_t at)
{
    static uint8_t buf[65536];
    ssize_t r = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
    bool is_equal = true;
    for (ssize_t i = 0; i < r; i++)
        is_equal = is_equal && buf[i] == pattern(at + (uint64_t)i);
    T_CHECK(is_equal);
    return r > 0 ? (uint64_t)r : 0;
}

/* Bulk TCP from the kernel of the second namespace to that of the first. */
static void bulk(struct cable *c, int listener, int sender)
{
    struct sockaddr_in to = address("10.9.0.1");
    (void)connect(sender, (struct sockaddr *)(void *)&to, sizeof(to));
    uint64_t sent = 0, got = 0, start = now_ns();
    int conn = -1;
    while (got < BULK_BYTES && now_ns() - start < TIMEOUT_NS) {
        if (conn < 0)
            conn = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        for (uint64_t k = 1; k > 0; sent += k)
            k = push(sender, sent);
        for (uint64_t k = 1; k > 0 && conn >= 0; got += k)
            k = pull(conn, got);
        wait_and_forward(c);
    }
    uint64_t ns = now_ns() - start;
    T_EQ(got, BULK_BYTES);
    printf("# %u MB in %" PRIu64 " ms, %" PRIu64 " super-frames, longest frame %u bytes\n",
           BULK_BYTES >> 20, ns / 1000000, c->supers, c->longest);
    for (int i = 0; i < 2; i++) {
        const struct weft_driver_stats *s = &c->end[i]->stats;
        T_EQ(s->rx_malformed + s->rx_truncated + s->rx_no_slot + s->rx_errors, 0);
        T_EQ(s->tx_errors + s->tx_short, 0);
    }
    (void)close(conn);
}

static int tcp_listener(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    T_CHECK(bind(fd, (struct sockaddr *)(void *)&any, sizeof(any)) == 0 && listen(fd, 1) == 0);
    return fd;
}

/* The first end is always a TAP in the first namespace; what lies in the second is the caller's. */
static void over(const char *prepare, const char *spec, const char *set_address, bool is_plain)
{
    if (!enter() || unshare(CLONE_NEWNET) != 0)
        return;
    struct cable c = {{open_driver("tap:wa", is_plain), NULL}, 0, 0, 0};
    if (c.end[0] == NULL || !run("ip addr add 10.9.0.1/24 dev wa"))
        return;
    int listener = tcp_listener();
    if (unshare(CLONE_NEWNET) != 0 || (prepare[0] != '\0' && !run(prepare)))
        return;
    c.end[1] = open_driver(spec, is_plain);
    if (c.end[1] != NULL && run(set_address)) {
        int sender = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        bulk(&c, listener, sender);
        T_CHECK(is_plain ? c.supers == 0 && c.longest <= 1514 : c.supers > 100);
        (void)close(sender);
    }
    (void)close(listener);
    weft_driver_close(c.end[0]);
    weft_driver_close(c.end[1]);
}

static void tcp_passes_from_tap_to_tap_in_super_frames(void)
{
    over("", "tap:wb", "ip addr add 10.9.0.2/24 dev wb", false);
}

static void tcp_passes_from_tap_to_tap_without_offloads(void)
{
    over("", "tap:wb", "ip addr add 10.9.0.2/24 dev wb", true);
}

static void tcp_passes_from_tap_to_a_veth_in_super_frames(void)
{
    over("ip link add wv type veth peer name wp && ip link set wv up && ip link set wp up",
         "packet:wp", "ip addr add 10.9.0.2/24 dev wv", false);
}

static void sums_that_a_veth_leaves_open_are_described(void)
{
    if (!enter() || unshare(CLONE_NEWNET) != 0)
        return;
    if (!run("ip link add wv type veth peer name wp && ip link set wp up && ip link set wv up && "
             "ip addr add 10.9.0.2/24 dev wv && "
             "ip neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev wv"))
        return;
    for (int is_plain = 0; is_plain < 2; is_plain++) {
        struct weft_driver *d = open_driver("packet:wp", is_plain != 0);
        if (d == NULL)
            return;
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        struct sockaddr_in to = address("10.9.0.1");
        T_EQ(sendto(fd, "hello", 5, 0, (struct sockaddr *)(void *)&to, sizeof(to)), 5);
        bool is_seen = false;
        for (int i = 0; i < 100 && !is_seen; i++) {
            struct weft_frame f;
            struct timespec ms = {.tv_nsec = 1000000};
            if (d->ops->rx(d, &f, 1, now_ns()) == 0) {
                (void)nanosleep(&ms, NULL);
                continue;
            }
            const uint8_t *b = f.iov[0].base;
            if (f.len == 47 && b[12] == 8 && b[23] == IPPROTO_UDP) {
                is_seen = true;
                T_EQ(f.flags, WEFT_FRAME_CSUM_OK | WEFT_FRAME_NEEDS_CSUM);
                T_CHECK(f.csum_start == 34 && f.csum_offset == 6);
            }
            d->ops->rx_release(d, &f.cookie, 1);
        }
        T_CHECK(is_seen);
        (void)close(fd);
        weft_driver_close(d);
    }
}

/* What changed until @want did, or for three seconds: the kernel tells of a link in its own time.
 */
static uint32_t changes_until(struct weft_driver *d, uint32_t want)
{
    static uint64_t ahead;
    uint32_t changes, all = 0;
    for (int i = 0; i < 300 && (all & want) == 0;
         i++) { /* A second passes for the driver each time. */
        struct timespec pause = {.tv_nsec = i == 0 ? 0 : 10000000};
        (void)nanosleep(&pause, NULL);
        ahead += 1000000000U;
        (void)d->ops->service(d, now_ns() + ahead, &changes);
        all |= changes;
    }
    return all;
}

static void changes(const char *spec, const char *name, const char *make)
{
    char command[200];
    if (!enter() || unshare(CLONE_NEWNET) != 0)
        return;
    if (strncmp(spec, "tap:", 4) == 0 && access("/dev/net/tun", R_OK | W_OK) != 0) {
        t_skip("/dev/net/tun may not be opened here");
        return;
    }
    if (!run(make))
        return;
    struct weft_driver *d = open_driver(spec, false);
    if (d == NULL)
        return;
    static const struct {
        const char *format;
        uint32_t change;
    } steps[] = {{"ip link set %s mtu 1280", WEFT_DRIVER_MTU},
                 {"ip link set %s down", WEFT_DRIVER_DOWN},
                 {"ip link set %s up", WEFT_DRIVER_UP}};
    for (size_t i = 0; i < 3; i++) {
        const char *at = strstr(steps[i].format, "%s");
        (void)snprintf(command, sizeof(command), "%.*s%s%s", (int)(at - steps[i].format),
                       steps[i].format, name, at + 2);
        (void)run(command);
        T_CHECK((changes_until(d, steps[i].change) & steps[i].change) != 0);
    }
    T_EQ(d->info.mtu, 1280);
    /* Gone and back: a TAP shows it when it is used, a packet socket when it is looked at. */
    (void)snprintf(command, sizeof(command), "ip link del %s", name);
    (void)run(command);
    struct weft_frame f;
    (void)d->ops->rx(d, &f, 1, now_ns());
    (void)run(make);
    T_CHECK((changes_until(d, WEFT_DRIVER_UP) & WEFT_DRIVER_UP) != 0 && d->info.is_up);
    T_CHECK(d->stats.lost == 1 && d->stats.reopened == 1);
    weft_driver_close(d);
}

static void a_tap_reports_mtu_and_state_and_survives_its_loss(void)
{
    changes("tap:wc", "wc", "ip tuntap add dev wc mode tap vnet_hdr; ip link set wc up");
}

static void a_packet_driver_reports_mtu_and_state_and_survives_its_loss(void)
{
    changes("packet:wp", "wp",
            "ip link add wv type veth peer name wp && ip link set wv up && ip link set wp up");
}

static const struct t_case cases[] = {
    {"TCP passes from TAP to TAP in super-frames", tcp_passes_from_tap_to_tap_in_super_frames},
    {"TCP passes from TAP to TAP without offloads", tcp_passes_from_tap_to_tap_without_offloads},
    {"TCP passes from TAP to a veth in super-frames",
     tcp_passes_from_tap_to_a_veth_in_super_frames},
    {"sums that a veth leaves open are described", sums_that_a_veth_leaves_open_are_described},
    {"a TAP reports MTU and state and survives its loss",
     a_tap_reports_mtu_and_state_and_survives_its_loss},
    {"a packet driver reports MTU and state and survives its loss",
     a_packet_driver_reports_mtu_and_state_and_survives_its_loss},
};
T_MAIN(cases)
