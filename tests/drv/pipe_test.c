/* SPDX-License-Identifier: MIT */
/** DOC: Frames over unix sockets: QEMU's framing, partial reads and writes, peers that go away. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "t.h"
#include "weft/driver.h"

#define SEC 1000000000ULL

static uint64_t now;
static char dir[] = "/tmp/weft-pipe-XXXXXX";
static bool has_dir;
static uint8_t bytes[65536];

static const char *spec(char *buf, size_t cap, const char *format)
{
    has_dir = has_dir || mkdtemp(dir) != NULL;
    now += SEC;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(buf, cap, format, dir, dir);
#pragma GCC diagnostic pop
    return buf;
}

static struct weft_driver *open_spec(const char *format)
{
    struct weft_driver *d = NULL;
    char text[200], err[WEFT_ERRTEXT_BYTES] = "";
    if (weft_driver_open(&d, spec(text, sizeof(text), format), NULL, err, sizeof(err)) < 0)
        printf("# %s\n", err);
    T_CHECK(d != NULL);
    if (d == NULL)
        abort();
    return d;
}

static struct weft_frame frame_of(size_t n)
{
    size_t a = n / 3;
    return (struct weft_frame){
        .iov = {{bytes, a}, {bytes + a, n - a}}, .iov_n = 2, .len = (uint32_t)n};
}

static bool send_one(struct weft_driver *d, size_t n)
{
    struct weft_frame f = frame_of(n);
    return d->ops->tx(d, &f, 1, now) == 1;
}

/* Receives a frame and compares it; its length, 0 = none. */
static uint32_t receive_one(struct weft_driver *d)
{
    struct weft_frame f;
    if (d->ops->rx(d, &f, 1, now) == 0)
        return 0;
    size_t at = 0;
    for (uint16_t i = 0; i < f.iov_n; i++) {
        T_EQ(memcmp(f.iov[i].base, bytes + at, f.iov[i].len), 0);
        at += f.iov[i].len;
    }
    T_EQ(at, f.len);
    d->ops->rx_release(d, &f.cookie, 1);
    return f.len;
}

static uint32_t serve(struct weft_driver *d)
{
    uint32_t changes;
    (void)d->ops->service(d, now, &changes);
    return changes;
}

static void fill_bytes(void)
{
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)t_random();
}

static void frames_of_every_size_pass_a_stream(void)
{
    static const size_t sizes[] = {1, 14, 60, 1514, 2047, 2048, 2049, 9000, 65535, 65536};
    fill_bytes();
    struct weft_driver *a = open_spec("unix-listen:%s/s1"), *b = open_spec("unix:%s/s1");
    T_EQ(receive_one(a), 0); /* Accepts. */
    T_CHECK(a->info.is_up && b->info.is_up);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        T_CHECK(send_one(a, sizes[i]) && send_one(b, sizes[i]));
        T_EQ(receive_one(a), sizes[i]);
        T_EQ(receive_one(b), sizes[i]);
    }
    weft_driver_close(a);
    weft_driver_close(b);
}

static void a_full_stream_loses_nothing(void)
{
    fill_bytes();
    struct weft_driver *a = open_spec("unix-listen:%s/s2"), *b = open_spec("unix:%s/s2");
    (void)receive_one(a);
    unsigned sent = 0, got = 0;
    while (sent < 100000 && send_one(b, 1 + sent % 3000))
        sent++;
    T_CHECK(sent > 10 && b->stats.tx_full > 0);
    while (got < sent) {
        T_EQ(receive_one(a), 1 + got % 3000);
        got++;
        (void)serve(b);
    }
    T_CHECK(send_one(b, 77));
    T_EQ(receive_one(a), 77);
    weft_driver_close(a);
    weft_driver_close(b);
}

static void a_stream_in_single_bytes_is_put_together(void)
{
    int pair[2];
    struct weft_driver *d = NULL;
    char text[32], err[WEFT_ERRTEXT_BYTES];
    fill_bytes();
    T_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    (void)snprintf(text, sizeof(text), "fd:%d", pair[0]);
    T_CHECK(weft_driver_open(&d, text, NULL, err, sizeof(err)) == 0);
    const uint8_t head[4] = {0, 0, 0, 100};
    for (int i = 0; i < 104; i++) {
        T_EQ(receive_one(d), 0);
        T_EQ(write(pair[1], i < 4 ? &head[i] : &bytes[i - 4], 1), 1);
    }
    T_EQ(receive_one(d), 100);
    T_CHECK(send_one(d, 100)); /* QEMU's framing: the length, big-endian, and the frame. */
    uint8_t got[200];
    T_EQ(read(pair[1], got, sizeof(got)), 104);
    T_CHECK(memcmp(got, head, 4) == 0 && memcmp(got + 4, bytes, 100) == 0);
    weft_driver_close(d);
    (void)close(pair[1]);
}

static void an_impossible_length_ends_the_connection(void)
{
    static const uint8_t bad[2][4] = {{0, 0, 0, 0}, {0, 1, 0, 1}};
    for (int i = 0; i < 2; i++) {
        int pair[2];
        struct weft_driver *d = NULL;
        char text[32], err[WEFT_ERRTEXT_BYTES];
        T_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        (void)snprintf(text, sizeof(text), "fd:%d", pair[0]);
        T_CHECK(weft_driver_open(&d, text, NULL, err, sizeof(err)) == 0);
        T_EQ(write(pair[1], bad[i], 4), 4);
        T_EQ(receive_one(d), 0);
        T_CHECK(d->stats.rx_malformed == 1 && d->stats.lost == 1 && !d->info.is_up);
        T_EQ(serve(d), WEFT_DRIVER_DOWN);
        T_CHECK(send_one(d, 60)); /* Discarded. */
        T_EQ(d->stats.tx_dropped, 1);
        weft_driver_close(d);
        (void)close(pair[1]);
    }
}

static void a_client_connects_again_when_its_server_comes_back(void)
{
    fill_bytes();
    struct weft_driver *b = open_spec("unix:%s/s3"); /* Before there is a server. */
    T_CHECK(!b->info.is_up);
    for (int i = 0; i < 3; i++) {
        struct weft_driver *a = open_spec("unix-listen:%s/s3");
        now += SEC;
        T_EQ(serve(b), WEFT_DRIVER_UP);
        T_EQ(receive_one(a), 0);
        T_EQ(serve(a), WEFT_DRIVER_UP);
        T_CHECK(send_one(b, 60));
        T_EQ(receive_one(a), 60);
        weft_driver_close(a);
        T_EQ(receive_one(b), 0);
        T_EQ(serve(b), WEFT_DRIVER_DOWN);
    }
    T_EQ(b->stats.lost, 3);
    weft_driver_close(b);
}

static void a_server_takes_the_next_client(void)
{
    fill_bytes();
    struct weft_driver *a = open_spec("unix-listen:%s/s4");
    for (int i = 0; i < 3; i++) {
        struct weft_driver *b = open_spec("unix:%s/s4");
        T_EQ(receive_one(a), 0);
        T_CHECK(send_one(a, 60));
        T_EQ(receive_one(b), 60);
        weft_driver_close(b);
        T_EQ(receive_one(a), 0);
    }
    weft_driver_close(a);
}

static void a_socket_of_a_killed_program_is_cleared_a_live_one_is_an_error(void)
{
    char path[200], text[220], err[WEFT_ERRTEXT_BYTES];
    struct weft_driver *d = open_spec("unix-listen:%s/s5"), *second = NULL;
    struct stat st;
    T_CHECK(weft_driver_open(&second, spec(text, sizeof(text), "unix-listen:%s/s5"), NULL, err,
                             sizeof(err)) < 0);
    T_CHECK(strstr(err, "another program") != NULL);
    weft_driver_close(d);
    T_CHECK(stat(spec(path, sizeof(path), "%s/s5"), &st) != 0); /* Nothing is left behind. */

    pid_t pid = fork();
    if (pid == 0) {
        (void)open_spec("unix-listen:%s/s5");
        _exit(0); /* As if it had been killed: the file stays. */
    }
    while (stat(path, &st) != 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    weft_driver_close(open_spec("unix-listen:%s/s5"));
}

static void datagrams_pass_whole(void)
{
    fill_bytes();
    struct weft_driver *a = open_spec("dgram:%s/d1,%s/d2");
    T_CHECK(send_one(a, 60)); /* Nobody is there yet: discarded. */
    T_EQ(a->stats.tx_dropped, 1);
    struct weft_driver *b = open_spec("dgram:%s/d2,%s/d1");
    static const size_t sizes[] = {1, 60, 1514, 2049, 65000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        T_CHECK(send_one(a, sizes[i]) && send_one(b, sizes[i]));
        T_EQ(receive_one(a), sizes[i]);
        T_EQ(receive_one(b), sizes[i]);
    }
    unsigned sent = 0;
    while (sent < 100000 && send_one(a, 1000))
        sent++;
    T_CHECK(a->stats.tx_full == 1 && sent < 100000);
    uint32_t want;
    struct pollfd p = {a->ops->poll(a, &want), POLLOUT, 0};
    T_EQ(poll(&p, 1, 0), 0); /* A full peer can be waited for. */
    while (sent > 0 && receive_one(b) == 1000)
        sent--;
    T_EQ(sent, 0);
    T_EQ(poll(&p, 1, 0), 1);
    weft_driver_close(a);
    weft_driver_close(b);
    (void)rmdir(dir);
}

static const struct t_case cases[] = {
    {"frames of every size pass a stream", frames_of_every_size_pass_a_stream},
    {"a full stream loses nothing", a_full_stream_loses_nothing},
    {"a stream in single bytes is put together", a_stream_in_single_bytes_is_put_together},
    {"an impossible length ends the connection", an_impossible_length_ends_the_connection},
    {"a client connects again when its server comes back",
     a_client_connects_again_when_its_server_comes_back},
    {"a server takes the next client", a_server_takes_the_next_client},
    {"a socket of a killed program is cleared, a live one is an error",
     a_socket_of_a_killed_program_is_cleared_a_live_one_is_an_error},
    {"datagrams pass whole", datagrams_pass_whole},
};
T_MAIN(cases)
