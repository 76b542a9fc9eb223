/* SPDX-License-Identifier: MIT */
/* The adapter as packetdrill uses it: loaded, in virtual time, with calls that block in a second
 * thread. Each case has a stack of its own. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "interface.h"
#include "t.h"

#define SYN 2U
#define PSH 8U
#define ACK 16U
#define US  INT64_C(1000000)

static void *handle;
static struct packetdrill_interface so;

static void begin(const char *flags)
{
    handle = handle != NULL ? handle : dlopen(SO_PATH, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void (*init)(const char *, struct packetdrill_interface *) = NULL;
    void *p = handle != NULL ? dlsym(handle, "packetdrill_interface_init") : NULL;
    memcpy(&init, &p, sizeof(p));
    if (p == NULL)
        (void)fprintf(stderr, "%s\n", dlerror());
    T_CHECK(p != NULL);
    init(flags, &so);
}

static int64_t now_us(void)
{
    struct timeval tv = {0, 0};
    T_EQ(so.gettimeofday(so.user, &tv, NULL), 0);
    return (int64_t)tv.tv_sec * US + tv.tv_usec;
}

/* ---- packets: 192.0.2.1:5000 to 192.168.0.1:8080 ---- */

static void put(uint8_t *p, uint32_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (bytes - 1 - i) * 8);
}

static uint32_t get(const uint8_t *p, unsigned bytes)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

static uint32_t sum(uint32_t s, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
    while (s >> 16 != 0)
        s = (s & 0xffff) + (s >> 16);
    return s;
}

static uint32_t tcp_sum(const uint8_t *b, size_t n)
{
    uint8_t pseudo[12] = {0};
    memcpy(pseudo, b + 12, 8);
    pseudo[9] = 6;
    put(pseudo + 10, (uint32_t)(n - 20), 2);
    return sum(sum(0, pseudo, sizeof(pseudo)), b + 20, n - 20);
}

static void send_segment(unsigned flags, uint32_t seq, uint32_t ack, size_t payload)
{
    static const uint8_t from_to[8] = {192, 0, 2, 1, 192, 168, 0, 1};
    static const uint8_t mss[4] = {2, 4, 0x03, 0xe8};
    uint8_t b[8192] = {0x45};
    size_t hdr = (flags & SYN) != 0 ? 24 : 20, n = 20 + hdr + payload;
    put(b + 2, (uint32_t)n, 2);
    b[8] = 64;
    b[9] = 6;
    memcpy(b + 12, from_to, sizeof(from_to));
    put(b + 10, ~sum(0, b, 20) & 0xffff, 2);
    put(b + 20, 5000, 2);
    put(b + 22, 8080, 2);
    put(b + 24, seq, 4);
    put(b + 28, ack, 4);
    b[32] = (uint8_t)(hdr / 4 << 4);
    b[33] = (uint8_t)flags;
    put(b + 34, 30000, 2);
    if ((flags & SYN) != 0)
        memcpy(b + 40, mss, sizeof(mss));
    put(b + 36, ~tcp_sum(b, n) & 0xffff, 2);
    T_EQ(so.netdev_send(so.user, b, n), 0);
}

/** struct got - A segment the stack sent */
struct got {
    uint8_t b[65536];
    size_t n;
    int64_t at_us;
    unsigned flags;
    uint32_t seq, ack;
    size_t payload;
};

static void receive(struct got *g)
{
    long long at = 0;
    memset(g, 0, sizeof(*g));
    g->n = sizeof(g->b);
    T_EQ(so.netdev_receive(so.user, g->b, &g->n, &at), 0);
    g->at_us = at;
    if (g->n < 40)
        return;
    g->flags = g->b[33];
    g->seq = get(g->b + 24, 4);
    g->ack = get(g->b + 28, 4);
    g->payload = g->n - 20 - (g->b[32] >> 4) * 4u;
    T_EQ(get(g->b + 2, 2), g->n);
    T_EQ(sum(0, g->b, 20), 0xffff);
    T_EQ(tcp_sum(g->b, g->n), 0xffff);
}

static struct got got;

static int listener(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(8080)};
    int fd = so.socket(so.user, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    T_CHECK(fd >= 500);
    T_EQ(so.bind(so.user, fd, (struct sockaddr *)&a, sizeof(a)), 0);
    T_EQ(so.listen(so.user, fd, 1), 0);
    return fd;
}

/* A connection; the peer has sent up to 1001, the stack up to @iss + 1. */
static int establish(int lfd, uint32_t *iss)
{
    send_segment(SYN, 1000, 0, 0);
    receive(&got);
    T_EQ(got.flags, SYN | ACK);
    T_EQ(got.ack, 1001);
    *iss = got.seq;
    send_segment(ACK, 1001, *iss + 1, 0);
    return so.accept(so.user, lfd, NULL, NULL);
}

/* ---- cases ---- */

static void passive_open(void)
{
    char buf[100];
    uint32_t iss = 0;
    begin("ip=192.168.0.1,mtu=1500");
    int lfd = listener();
    int64_t before = now_us();
    int fd = establish(lfd, &iss);
    T_CHECK(fd >= 500 && fd != lfd);
    T_CHECK(got.at_us >= before && got.at_us < before + 100);
    T_EQ(get(got.b + 40, 4), 0x020405b4); /* MSS 1460. */
    send_segment(ACK | PSH, 1001, iss + 1, 50);
    T_EQ(so.read(so.user, fd, buf, sizeof(buf)), 50);
    T_EQ(so.write(so.user, fd, buf, 20), 20);
    receive(&got);
    T_EQ(got.payload, 0);
    T_EQ(got.ack, 1051);
    receive(&got);
    T_EQ(got.payload, 20);
    T_EQ(got.seq, iss + 1);
    T_EQ(so.close(so.user, fd), 0);
    T_EQ(so.close(so.user, fd), -1);
    T_EQ(errno, EBADF);
    so.free(so.user);
}

static void time_is_virtual(void)
{
    struct timespec a, b;
    begin("");
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    int64_t t = now_us();
    T_CHECK(now_us() > t);
    t = now_us();
    T_EQ(so.usleep(so.user, 100 * US), 0);
    T_EQ(now_us(), t + 100 * US + 1);
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    T_CHECK(b.tv_sec - a.tv_sec < 50);
    so.free(so.user);
}

static void waits_for_packets(void)
{
    begin("");
    int lfd = listener();
    send_segment(SYN, 1000, 0, 0);
    receive(&got);
    int64_t first = got.at_us;
    receive(&got); /* SYN,ACK again, after the first timeout. */
    T_EQ(got.flags, SYN | ACK);
    T_CHECK(got.at_us >= first + US && got.at_us < first + US + 1000);
    T_CHECK(now_us() >= got.at_us);
    T_EQ(so.close(so.user, lfd), 0);
    while (got.n != 0)
        receive(&got);
    T_EQ(got.n, 0); /* Nothing will ever come: it says so instead of waiting. */
    so.free(so.user);
}

static void long_runs(void)
{
    static char buf[20000];
    struct tcp_info info;
    socklen_t n = sizeof(info);
    uint32_t iss = 0;
    int in = 0;
    begin("");
    int fd = establish(listener(), &iss);
    send_segment(ACK | PSH, 1001, iss + 1,
                 4000); /* More than the MTU: as a device hands it over. */
    receive(&got);
    T_EQ(got.ack, 5001);
    T_EQ(so.ioctl(so.user, fd, SIOCINQ, &in), 0);
    T_EQ(in, 4000);
    T_EQ(so.write(so.user, fd, buf, sizeof(buf)), sizeof(buf));
    receive(&got); /* Runs of two segments, each ending with PSH. */
    T_EQ(got.payload, 2000);
    T_EQ(got.flags, ACK | PSH);
    T_EQ(so.getsockopt(so.user, fd, IPPROTO_TCP, TCP_INFO, &info, &n), 0);
    T_EQ(info.tcpi_snd_cwnd, 10);
    T_EQ(info.tcpi_unacked, 10);
    T_EQ(info.tcpi_state, 1);
    T_EQ(so.write(so.user, fd, NULL, 10), -1);
    T_EQ(errno, EFAULT);
    so.free(so.user);
}

/** struct blocked - A call in a second thread */
struct blocked {
    pthread_t thread;
    int lfd, fd;
    int64_t at_us;
    volatile long tid;
};

static void *accept_blocks(void *arg)
{
    struct blocked *b = arg;
    b->tid = syscall(SYS_gettid);
    b->fd = so.accept(so.user, b->lfd, NULL, NULL);
    b->at_us = now_us();
    return NULL;
}

static char state_of(long tid)
{
    char path[64], line[256] = "";
    (void)snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", tid);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
    const char *p = n > 0 ? strrchr(line, ')') : NULL;
    if (fd >= 0)
        (void)close(fd);
    return p != NULL ? p[2] : '?';
}

static void blocking_calls_sleep(void)
{
    struct blocked b = {.fd = -1};
    begin("");
    b.lfd = listener();
    T_EQ(pthread_create(&b.thread, NULL, accept_blocks, &b), 0);
    for (int i = 0; i < 2000 && (b.tid == 0 || state_of(b.tid) != 'S'); i++)
        (void)usleep(1000);
    T_EQ(state_of(b.tid), 'S');
    T_EQ(b.fd, -1);
    send_segment(SYN, 1000, 0, 0);
    receive(&got);
    T_EQ(so.usleep(so.user, 300000), 0);
    int64_t before = now_us();
    send_segment(ACK, 1001, got.seq + 1, 0);
    T_EQ(so.usleep(so.user, 400000), 0); /* Does not pass before the thread has seen the time. */
    T_EQ(pthread_join(b.thread, NULL), 0);
    T_CHECK(b.fd >= 500);
    T_CHECK(b.at_us >= before && b.at_us < before + 1000);
    so.free(so.user);
}

static void readiness(void)
{
    uint32_t iss = 0;
    char buf[100];
    struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.fd = 7}, out;
    begin("");
    int fd = establish(listener(), &iss);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t t = now_us();
    T_EQ(so.poll(so.user, &p, 1, 250), 0);
    T_CHECK(now_us() >= t + 250000);
    int ep = so.epoll_create(so.user, 1);
    T_EQ(so.epoll_ctl(so.user, ep, EPOLL_CTL_ADD, fd, &ev), 0);
    T_EQ(so.epoll_ctl(so.user, ep, EPOLL_CTL_ADD, fd, &ev), -1);
    T_EQ(errno, EEXIST);
    T_EQ(so.epoll_wait(so.user, ep, &out, 1, 0), 0);
    send_segment(ACK | PSH, 1001, iss + 1, 50);
    T_EQ(so.poll(so.user, &p, 1, 0), 1);
    T_EQ(p.revents, POLLIN);
    T_EQ(so.epoll_wait(so.user, ep, &out, 1, 0), 1);
    T_EQ(out.data.fd, 7);
    T_EQ(so.epoll_wait(so.user, ep, &out, 1, 0), 0);
    T_EQ(so.read(so.user, fd, buf, 10), 10);
    T_EQ(so.epoll_wait(so.user, ep, &out, 1, 0), 0); /* Not an edge. */
    send_segment(ACK | PSH, 1051, iss + 1, 50);
    T_EQ(so.epoll_wait(so.user, ep, &out, 1, 0), 1); /* One, though it was readable before. */
    so.free(so.user);
}

static void pipes_and_flags(void)
{
    uint32_t iss = 0;
    int pipe_fd[2] = {-1, -1};
    char buf[100] = "";
    begin("");
    int fd = establish(listener(), &iss);
    T_EQ(so.fcntl(so.user, fd, F_SETFL, O_RDWR | O_NONBLOCK), 0);
    T_EQ(so.fcntl(so.user, fd, F_GETFL), O_RDWR | O_NONBLOCK);
    T_EQ(so.read(so.user, fd, buf, 10), -1);
    T_EQ(errno, EAGAIN);
    T_EQ(so.pipe(so.user, pipe_fd), 0);
    T_EQ(so.write(so.user, pipe_fd[1], "hello", 5), 5);
    T_EQ(so.splice(so.user, pipe_fd[0], NULL, fd, NULL, 5, 0), 5);
    receive(&got);
    T_EQ(got.payload, 5);
    T_CHECK(memcmp(got.b + got.n - 5, "hello", 5) == 0);
    T_EQ(so.shutdown(so.user, fd, SHUT_RD), 0);
    T_EQ(so.read(so.user, fd, buf, 10), 0);
    send_segment(ACK | PSH, 1001, iss + 1, 10);
    T_EQ(so.read(so.user, fd, buf, 10), 10); /* As the kernel has it. */
    T_EQ(so.close(so.user, pipe_fd[0]), 0);
    T_EQ(so.close(so.user, pipe_fd[1]), 0);
    so.free(so.user);
}

/* What stands in for sysctl writes a file; a setting holds for sockets that are made later. */
static void settings_are_read(void)
{
    char path[] = "/tmp/weft-so-test-XXXXXX", flags[128];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(8080)};
    int file = mkstemp(path);
    T_CHECK(file >= 0);
    a.sin_addr.s_addr = htonl(0xc0000201);
    (void)snprintf(flags, sizeof(flags), "settings=%s", path);
    begin(flags);
    for (int i = 0; i < 2; i++) {
        int fd = so.socket(so.user, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
        T_EQ(so.connect(so.user, fd, (struct sockaddr *)&a, sizeof(a)), -1);
        T_EQ(errno, EINPROGRESS);
        receive(&got);
        T_EQ(got.flags, SYN);
        T_EQ(got.b[32] >> 4, i == 0 ? 10 : 8); /* Header words: with timestamps, without. */
        static const char line[] = "net.ipv4.tcp_timestamps=0\n";
        T_EQ(write(file, line, sizeof(line) - 1), sizeof(line) - 1);
    }
    so.free(so.user);
    (void)close(file);
    (void)unlink(path);
}

static const struct t_case cases[] = {
    {"a SYN is answered, a connection accepted, bytes pass both ways", passive_open},
    {"time moves by a microsecond a call and by what is slept, not by itself", time_is_virtual},
    {"receiving lets time pass up to the packet, and ends where none can come", waits_for_packets},
    {"packets longer than the MTU go in, runs of segments come out", long_runs},
    {"a blocked call sleeps; time waits until it has seen it", blocking_calls_sleep},
    {"poll and edge-triggered epoll", readiness},
    {"descriptor flags, pipes, splice, a reading side that is shut", pipes_and_flags},
    {"settings that a script's commands make hold for later sockets", settings_are_read},
};

T_MAIN(cases)
