/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft script linux - the kernel as the stack a script is run against
 *
 * In a network namespace of its own, over a TUN, in real time. Settings of a script are written to
 * the namespace's /proc/sys/net only; options that weft has on sockets and Linux as settings, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "script.h"
#include "weft/host.h"
#include "weft/ip.h"
#include "weft/kernel.h"

#define QUEUE_MAX    1024U
#define PACKET_BYTES 65600U
#define SLACK_NS     UINT64_C(25000000) /* Clock ticks, and a machine with other work. */

/* A timer of the kernel fires late by up to an eighth of its time, so that many fire at once. */
#define TIMER_PART 8U

/** struct queued - A packet from the kernel */
struct queued {
    uint64_t at_ns;
    size_t n;
    uint8_t *bytes;
};

/** struct wf_script_linux - The kernel's end */
struct wf_script_linux {
    struct weft_script_target target;
    int tun;
    uint64_t deadline_ns;
    struct queued queue[QUEUE_MAX];
    unsigned head, count;
    uint8_t buf[PACKET_BYTES];
    char why[200];
};

static uint64_t now_ns(void *user)
{
    struct timespec t;
    (void)user;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const char *why(void *user)
{
    return ((struct wf_script_linux *)user)->why;
}

/* ---- packets ---- */

/* What the kernel has sent by now; the number of new packets. */
static unsigned read_all(struct wf_script_linux *l)
{
    unsigned got = 0;
    for (;;) {
        ssize_t n = read(l->tun, l->buf, sizeof(l->buf));
        if (n <= 0)
            return got;
        if (l->buf[0] >> 4 != 4 || l->count == QUEUE_MAX)
            continue;
        struct queued *q = &l->queue[(l->head + l->count) % QUEUE_MAX];
        q->bytes = malloc((size_t)n);
        if (q->bytes == NULL)
            return got;
        memcpy(q->bytes, l->buf, (size_t)n);
        q->n = (size_t)n;
        q->at_ns = now_ns(l);
        l->count++;
        got++;
    }
}

static int wait_until(void *user, uint64_t until_ns)
{
    struct wf_script_linux *l = user;
    uint64_t now = now_ns(l);
    unsigned got = read_all(l);
    if (until_ns <= now)
        return l->count > 0;
    if (got > 0)
        return 1;
    if (now > l->deadline_ns) {
        (void)snprintf(l->why, sizeof(l->why), "it lasts longer than --limit");
        return -WEFT_ETIMEDOUT;
    }
    uint64_t wait = until_ns - now;
    struct timespec t = {(time_t)(wait / 1000000000), (long)(wait % 1000000000)};
    struct pollfd p = {.fd = l->tun, .events = POLLIN};
    (void)ppoll(&p, 1, &t, NULL);
    return read_all(l) > 0;
}

static size_t pull(void *user, void *buf, size_t cap, uint64_t *at_ns)
{
    struct wf_script_linux *l = user;
    (void)read_all(l);
    if (l->count == 0)
        return 0;
    struct queued *q = &l->queue[l->head];
    size_t n = q->n < cap ? q->n : cap;
    memcpy(buf, q->bytes, n);
    if (at_ns != NULL)
        *at_ns = q->at_ns;
    free(q->bytes);
    l->head = (l->head + 1) % QUEUE_MAX;
    l->count--;
    return n;
}

static int push(void *user, const void *bytes, size_t n)
{
    const struct wf_script_linux *l = user;
    /* What the kernel does not take, such as a cut header, is dropped, as it is behind a wire. */
    return write(l->tun, bytes, n) < 0 && errno == ENOBUFS ? -WEFT_ENOMEM : 0;
}

/* ---- setting up ---- */

static int begin(void *user, const struct weft_script_place *place)
{
    struct wf_script_linux *l = user;
    const uint8_t *ip = place->local_ip;
    struct weft_prefix kernel = {.addr = weft_ip4(ip[0], ip[1], ip[2], ip[3]),
                                 .len = place->prefix_len};
    l->tun = weft_private_tun(&kernel, place->mtu, l->why, sizeof(l->why));
    return l->tun < 0 ? -WEFT_EPROTO : 0;
}

static int setting(void *user, const char *name, const char *value)
{
    struct wf_script_linux *l = user;
    char path[200] = "/proc/sys/";
    size_t n = strlen(path);
    for (const char *p = name; *p != '\0' && n + 1 < sizeof(path); p++)
        path[n++] = (char)(*p == '.' ? '/' : *p);
    path[n] = '\0';
    int fd = strncmp(name, "net.", 4) == 0 && strstr(path, "//") == NULL
                 ? open(path, O_WRONLY | O_CLOEXEC)
                 : -1;
    bool is_set = fd >= 0 && write(fd, value, strlen(value)) >= 0;
    if (!is_set)
        (void)snprintf(l->why, sizeof(l->why), "this Linux has no %s=%s here: %s", name, value,
                       strerror(fd < 0 && errno == 0 ? ENOENT : errno));
    if (fd >= 0)
        (void)close(fd);
    return is_set ? 0 : -WEFT_EOPNOTSUPP;
}

/* ---- sockets ---- */

static struct sockaddr_in address_of(const struct weft_endpoint *ep)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(ep->port)};
    memcpy(&a.sin_addr, ep->addr.b + 12, 4);
    return a;
}

static int64_t result(int64_t r)
{
    return r < 0 ? -weft_kernel_err(errno) : r;
}

static int64_t foreign(struct wf_script_linux *l, struct weft_script_io *io, const char *what)
{
    io->is_foreign = true;
    (void)snprintf(l->why, sizeof(l->why), "Linux has no %s", what);
    return -WEFT_EOPNOTSUPP;
}

static const char *setting_of(enum weft_sock_opt opt)
{
    return opt == WEFT_TCP_TIMESTAMPS    ? "net.ipv4.tcp_timestamps"
           : opt == WEFT_TCP_SACK        ? "net.ipv4.tcp_sack"
           : opt == WEFT_TCP_WSCALE      ? "net.ipv4.tcp_window_scaling"
           : opt == WEFT_TCP_ECN         ? "net.ipv4.tcp_ecn"
           : opt == WEFT_TCP_SYN_COOKIES ? "net.ipv4.tcp_syncookies"
           : opt == WEFT_TCP_MTU_PROBING ? "net.ipv4.tcp_mtu_probing"
                                         : NULL;
}

static const char *foreign_name(enum weft_sock_opt opt)
{
    return opt == WEFT_TCP_MSL_MS           ? "setting like msl_ms"
           : opt == WEFT_TCP_INITIAL_WINDOW ? "setting like initial_window"
                                            : "socket option for a setting of weft";
}

static int64_t set_option(struct wf_script_linux *l, struct weft_script_io *io)
{
    int fd = (int)io->sock, v = (int)io->value;
    const char *name = setting_of(io->opt);
    const struct weft_kernel_option *o = weft_kernel_option(io->opt);
    if (name != NULL) {
        /* Modes have the same numbers. */
        char text[16];
        (void)snprintf(text, sizeof(text), "%d", v);
        io->is_foreign = setting(l, name, text) < 0;
        return 0;
    }
    /* A listener's option counts only where the kernel lets servers do so at all. */
    if (io->opt == WEFT_TCP_FASTOPEN && setting(l, "net.ipv4.tcp_fastopen", "3") < 0) {
        io->is_foreign = true;
        return 0;
    }
    if (io->opt == WEFT_SO_LINGER_MS) {
        struct linger g = {.l_onoff = v >= 0, .l_linger = v > 0 ? v / 1000 : 0};
        return result(setsockopt(fd, SOL_SOCKET, SO_LINGER, &g, sizeof(g)));
    }
    if (io->opt == WEFT_IP_DF) {
        static const int modes[WEFT_IP_DF_COUNT] = {
            [WEFT_IP_DF_NEVER] = IP_PMTUDISC_DONT,
            [WEFT_IP_DF_ALWAYS] = IP_PMTUDISC_DO,
            [WEFT_IP_DF_FITS] = IP_PMTUDISC_WANT,
            [WEFT_IP_DF_PROBE] = IP_PMTUDISC_PROBE,
        };
        v = v >= 0 && v < WEFT_IP_DF_COUNT ? modes[v] : -1;
        return result(setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &v, sizeof(v)));
    }
    if (o == NULL)
        return foreign(l, io, foreign_name(io->opt));
    v *= o->scale;
    int r = setsockopt(fd, o->level, o->name, &v, sizeof(v));
    /* The latter: its limits for timers are narrower. */
    if (r != 0 && (errno == ENOPROTOOPT || (errno == EINVAL && o->scale != 1)))
        return foreign(l, io, "socket option with that value, or not in this version");
    return result(r);
}

static int64_t get_option(struct wf_script_linux *l, struct weft_script_io *io)
{
    const struct weft_kernel_option *o = weft_kernel_option(io->opt);
    int v = 0, level = SOL_SOCKET, name = SO_ERROR;
    socklen_t n = sizeof(v);
    if (io->opt != WEFT_SO_ERROR && o == NULL)
        return foreign(l, io, "socket option for a setting of weft");
    if (o != NULL) {
        level = o->level;
        name = o->name;
    }
    int r = getsockopt((int)io->sock, level, name, &v, &n);
    io->value = o != NULL ? v / o->scale : v == 0 ? 0 : weft_kernel_err(v);
    return result(r);
}

static int64_t ready(const struct weft_script_io *io)
{
    struct pollfd p = {.fd = (int)io->sock, .events = POLLIN | POLLOUT | POLLRDHUP};
    uint32_t bits = 0;
    if (poll(&p, 1, 0) < 0)
        return 0;
    bits |= (p.revents & POLLIN) != 0 ? WEFT_READABLE : 0;
    bits |= (p.revents & POLLOUT) != 0 ? WEFT_WRITABLE : 0;
    bits |= (p.revents & (POLLOUT | POLLERR | POLLHUP)) == POLLOUT ? WEFT_CONNECTED : 0;
    bits |= (p.revents & POLLRDHUP) != 0 ? WEFT_PEER_SHUT : 0;
    bits |= (p.revents & POLLHUP) != 0 ? WEFT_HANGUP : 0;
    bits |= (p.revents & POLLERR) != 0 ? WEFT_ERROR : 0;
    return bits;
}

static int64_t open_socket(struct wf_script_linux *l, struct weft_script_io *io)
{
    if (io->type == WEFT_SOCK_PING)
        return foreign(l, io, "echo sockets without a group that may use them");
    int type = io->type == WEFT_SOCK_TCP ? SOCK_STREAM : SOCK_DGRAM;
    int proto = io->type == WEFT_SOCK_UDPLITE ? IPPROTO_UDPLITE : 0;
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
    if (fd < 0 && errno == EPROTONOSUPPORT)
        return foreign(l, io, "UDP-Lite in this kernel");
    io->sock = (uint64_t)fd;
    return fd < 0 ? result(fd) : 0;
}

static int64_t connect_socket(const struct weft_script_io *io, const struct sockaddr_in *a)
{
    int r = connect((int)io->sock, (const struct sockaddr *)a, sizeof(*a));
    return r != 0 && errno == EINPROGRESS ? 0 : result(r);
}

static int64_t send_bytes(const struct weft_script_io *io, const struct sockaddr_in *a)
{
    return result(sendto((int)io->sock, io->buf, io->n, MSG_NOSIGNAL,
                         io->has_ep ? (const struct sockaddr *)a : NULL,
                         io->has_ep ? sizeof(*a) : 0));
}

static int64_t connect_send(const struct weft_script_io *io, const struct sockaddr_in *a)
{
    int64_t r = sendto((int)io->sock, io->buf, io->n, MSG_NOSIGNAL | MSG_FASTOPEN,
                       (const struct sockaddr *)a, sizeof(*a));
    return r < 0 && errno == EINPROGRESS ? 0 : result(r);
}

/* What is not there, or not for everybody to use, says nothing about the wire. */
static int64_t set_cc(struct wf_script_linux *l, struct weft_script_io *io)
{
    int r = setsockopt((int)io->sock, IPPROTO_TCP, TCP_CONGESTION, io->name,
                       (socklen_t)strlen(io->name));
    if (r != 0 && (errno == ENOENT || errno == EPERM))
        return foreign(l, io, "such congestion control here");
    return result(r);
}

static int64_t close_socket(const struct weft_script_io *io, bool is_abort)
{
    struct linger g = {.l_onoff = 1, .l_linger = 0};
    if (is_abort)
        (void)setsockopt((int)io->sock, SOL_SOCKET, SO_LINGER, &g, sizeof(g));
    return result(close((int)io->sock));
}

static int64_t call(void *user, struct weft_script_io *io)
{
    struct wf_script_linux *l = user;
    struct sockaddr_in a = address_of(&io->ep);
    int fd = (int)io->sock;
    switch (io->op) {
    case WEFT_SCRIPT_OPEN:
        return open_socket(l, io);
    case WEFT_SCRIPT_BIND:
        return result(bind(fd, (const struct sockaddr *)&a, sizeof(a)));
    case WEFT_SCRIPT_LISTEN:
        return result(listen(fd, (int)io->n));
    case WEFT_SCRIPT_ACCEPT:
        fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        io->sock = (uint64_t)fd;
        return fd < 0 ? result(fd) : 0;
    case WEFT_SCRIPT_CONNECT:
        return connect_socket(io, &a);
    case WEFT_SCRIPT_CONNECT_SEND:
        return connect_send(io, &a);
    case WEFT_SCRIPT_SEND:
        return send_bytes(io, &a);
    case WEFT_SCRIPT_RECV:
        return result(recv(fd, io->buf, io->n, 0));
    case WEFT_SCRIPT_SHUTDOWN:
        return result(shutdown(fd, io->is_read && io->is_write ? SHUT_RDWR
                                   : io->is_read               ? SHUT_RD
                                                               : SHUT_WR));
    case WEFT_SCRIPT_CLOSE:
        return close_socket(io, false);
    case WEFT_SCRIPT_ABORT:
        return close_socket(io, true);
    case WEFT_SCRIPT_SET:
        return set_option(l, io);
    case WEFT_SCRIPT_GET:
        return get_option(l, io);
    case WEFT_SCRIPT_CC:
        return set_cc(l, io);
    case WEFT_SCRIPT_READY:
        return ready(io);
    }
    return -WEFT_EINVAL;
}

/* ---- struct tcp_info ---- */

/* /proc/net/tcp has a line for every connection: ports and state in hexadecimal. */
static int state_of(int64_t *value)
{
    FILE *f = fopen("/proc/self/net/tcp", "re");
    char line[256];
    unsigned lport, rport, state, want_l = (unsigned)(*value >> 16), want_r = *value & 0xffff;
    if (f == NULL)
        return -WEFT_EOPNOTSUPP;
    *value = 7; /* CLOSE */
    while (fgets(line, sizeof(line), f) != NULL)
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's own table, of at most 8 digits a field. */
        if (sscanf(line, " %*d: %*8x:%4x %*8x:%4x %2x", &lport, &rport, &state) == 3 &&
            lport == want_l && rport == want_r)
            *value = state;
    (void)fclose(f);
    return 0;
}

/* What weft calls otherwise; flags are bits of tcpi_options. */
static int field_of_weft(const struct tcp_info *t, int fd, const char *name, int64_t *value)
{
    int in = 0, out = 0;
    const struct {
        const char *name;
        int64_t value;
    } list[] = {
        {"mss", t->tcpi_snd_mss},
        {"srtt_us", t->tcpi_rtt},
        {"rttvar_us", t->tcpi_rttvar},
        {"rto_us", t->tcpi_rto},
        {"cwnd", (int64_t)t->tcpi_snd_cwnd * t->tcpi_snd_mss},
        {"has_timestamps", t->tcpi_options & 1},
        {"has_sack", t->tcpi_options >> 1 & 1},
        {"has_wscale", t->tcpi_options >> 2 & 1},
        {"is_in_recovery", t->tcpi_ca_state == 3},
        {"is_in_loss", t->tcpi_ca_state == 4},
        {"tcpi_snd_wscale", t->tcpi_snd_wscale},
        {"tcpi_rcv_wscale", t->tcpi_rcv_wscale},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i].name, name) == 0) {
            *value = list[i].value;
            return 0;
        }
    }
    bool is_in = strcmp(name, "recvq") == 0;
    if (!is_in && strcmp(name, "sendq") != 0)
        return -WEFT_EOPNOTSUPP;
    if (ioctl(fd, SIOCINQ, &in) != 0 || ioctl(fd, SIOCOUTQ, &out) != 0)
        return -WEFT_EOPNOTSUPP;
    *value = is_in ? in : out;
    return 0;
}

static int field(void *user, uint64_t sock, const char *name, int64_t *value)
{
    struct tcp_info info;
    socklen_t n = sizeof(info);
    (void)user;
    if (sock == 0)
        return state_of(value);
    memset(&info, 0, sizeof(info));
    if (getsockopt((int)sock, IPPROTO_TCP, TCP_INFO, &info, &n) != 0)
        return -WEFT_EBADF;
    if (weft_kernel_info_get(&info, name, value))
        return 0;
    return field_of_weft(&info, (int)sock, name, value);
}

struct wf_script_linux *wf_script_linux_open(uint64_t limit_ns)
{
    struct wf_script_linux *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return NULL;
    l->tun = -1;
    l->deadline_ns = now_ns(l) + limit_ns;
    l->target = (struct weft_script_target){.user = l,
                                            .name = "Linux",
                                            .slack_ns = SLACK_NS,
                                            .slack_part = TIMER_PART,
                                            .begin = begin,
                                            .setting = setting,
                                            .now_ns = now_ns,
                                            .wait = wait_until,
                                            .pull = pull,
                                            .push = push,
                                            .call = call,
                                            .field = field,
                                            .why = why};
    return l;
}

const struct weft_script_target *wf_script_linux_target(const struct wf_script_linux *l)
{
    return &l->target;
}

void wf_script_linux_close(struct wf_script_linux *l)
{
    if (l == NULL)
        return;
    for (; l->count > 0; l->count--) {
        free(l->queue[l->head].bytes);
        l->head = (l->head + 1) % QUEUE_MAX;
    }
    if (l->tun >= 0)
        (void)close(l->tun);
    free(l);
}
