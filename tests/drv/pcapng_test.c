/* SPDX-License-Identifier: MIT */
/** DOC: What the writer writes, the replay driver (libpcap) and tcpdump read. */
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t.h"
#include "weft/driver.h"

#define MSEC   1000000ULL
#define EPOCH  (1700000000ULL * 1000 * MSEC)
#define FRAMES 20U

static char path[] = "/tmp/weft-pcapng-XXXXXX";
static uint8_t bytes[66000];

static uint32_t length_of(unsigned i)
{
    return i == FRAMES - 1 ? 65550 : 14 + i * 97;
}

static void write_capture(enum weft_if_kind kind)
{
    static bool has_path;
    int fd = has_path ? -1 : mkstemp(path);
    has_path = true;
    if (fd >= 0)
        (void)close(fd);
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        abort();
    struct weft_pcapng p;
    T_EQ(weft_pcapng_begin_file(&p, f), 0);
    T_EQ(weft_pcapng_if(&p, "wire", kind), 0);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
    memcpy(bytes, "\x45\x00", 2);
    for (unsigned i = 0; i < FRAMES; i++) {
        uint32_t n = length_of(i);
        struct weft_frame frame = {.iov = {{bytes, 5}, {bytes + 5, n - 5}}, .iov_n = 2, .len = n};
        enum weft_dir dir = i % 2 == 0 ? WEFT_DIR_IN : WEFT_DIR_OUT;
        T_EQ(weft_pcapng_frame(&p, 0, EPOCH + i * 10 * MSEC + i, dir, &frame,
                               i == 3 ? "a comment" : NULL),
             0);
    }
    T_EQ(p.frames, FRAMES);
    T_EQ(fclose(f), 0);
}

static struct weft_driver *open_replay(const char *end)
{
    struct weft_driver *d = NULL;
    char spec[64], err[WEFT_ERRTEXT_BYTES] = "";
    (void)snprintf(spec, sizeof(spec), "pcap:%s%s", path, end);
    if (weft_driver_open(&d, spec, NULL, err, sizeof(err)) < 0) {
        printf("# %s\n", err);
        abort();
    }
    return d;
}

static void compare(struct weft_driver *d, const struct weft_frame *f, unsigned i)
{
    size_t at = 0;
    T_EQ(f->len, length_of(i));
    for (uint16_t k = 0; k < f->iov_n; k++) {
        T_EQ(memcmp(f->iov[k].base, bytes + at, f->iov[k].len), 0);
        at += f->iov[k].len;
    }
    d->ops->rx_release(d, &f->cookie, 1);
}

static void a_capture_replays_at_its_own_pace(void)
{
    write_capture(WEFT_IF_ETHER);
    struct weft_driver *d = open_replay("");
    uint64_t now = 5 * MSEC, start = now;
    uint32_t changes = 0;
    T_CHECK(d->info.kind == WEFT_IF_ETHER && d->info.is_up);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct weft_frame f[4];
        uint64_t at = d->ops->service(d, now, &changes);
        T_EQ(at, start + i * 10 * MSEC + i);
        T_EQ(changes, 0);
        now = at;
        T_EQ(d->ops->rx(d, f, 4, now), 1);
        compare(d, &f[0], i);
    }
    T_EQ(d->ops->service(d, now, &changes), WEFT_NEVER);
    T_EQ(changes, WEFT_DRIVER_END);
    (void)d->ops->service(d, now, &changes);
    T_EQ(changes, 0);
    weft_driver_close(d);
}

static void a_fast_replay_gives_everything_at_once(void)
{
    write_capture(WEFT_IF_L3);
    struct weft_driver *d = open_replay(",fast");
    struct weft_frame f[64];
    T_CHECK(d->info.kind == WEFT_IF_L3);
    T_EQ(d->ops->rx(d, f, 64, 1), FRAMES);
    for (unsigned i = 0; i < FRAMES; i++)
        compare(d, &f[i], i);
    weft_driver_close(d);
}

static void tcpdump_reads_every_frame_with_its_time(void)
{
    char command[128], line[512];
    write_capture(WEFT_IF_ETHER);
    if (system("tcpdump --version >/dev/null 2>&1") != 0) {
        t_skip("no tcpdump here");
        return;
    }
    (void)snprintf(command, sizeof(command), "tcpdump -tt -nr %s --nano 2>/dev/null", path);
    FILE *p = popen(command, "r");
    unsigned n = 0;
    while (p != NULL && fgets(line, sizeof(line), p) != NULL) {
        char want[40];
        if (strncmp(line, "17", 2) != 0)
            continue;
        (void)snprintf(want, sizeof(want), "1700000000.%03u%06u ", n * 10, n);
        T_EQ(strncmp(line, want, strlen(want)), 0);
        n++;
    }
    T_EQ(n, FRAMES);
    if (p != NULL)
        (void)pclose(p);
    (void)unlink(path);
}

/* A frame may say that it was longer than the bytes that are there. */
static void what_is_cut_off_is_said(void)
{
    static const struct {
        uint32_t kept, whole;
    } sizes[] = {{14, 15}, {61, 1514}, {64, 64}};
    char text[64], err[PCAP_ERRBUF_SIZE];
    (void)snprintf(text, sizeof(text), "%s.cut", path);
    FILE *f = fopen(text, "wb");
    struct weft_pcapng p;
    struct pcap_pkthdr *h;
    const unsigned char *data;
    T_EQ(weft_pcapng_begin_file(&p, f), 0);
    T_EQ(weft_pcapng_if(&p, "wire", WEFT_IF_ETHER), 0);
    for (size_t i = 0; i < 3; i++) {
        struct weft_frame frame = {
            .iov = {{bytes, sizes[i].kept}}, .iov_n = 1, .len = sizes[i].whole};
        T_EQ(weft_pcapng_frame(&p, 0, EPOCH, WEFT_DIR_IN, &frame, "cut"), 0);
    }
    T_EQ(fclose(f), 0);
    pcap_t *in = pcap_open_offline(text, err);
    T_CHECK(in != NULL);
    for (size_t i = 0; i < 3 && in != NULL; i++) {
        T_EQ(pcap_next_ex(in, &h, &data), 1);
        T_CHECK(h->caplen == sizes[i].kept && h->len == sizes[i].whole);
        T_EQ(memcmp(data, bytes, h->caplen), 0);
    }
    if (in != NULL)
        pcap_close(in);
    (void)unlink(text);
}

static int refuse(void *arg, const void *data, size_t n)
{
    unsigned *calls = arg;
    (void)data;
    (void)n;
    return ++*calls > 2 ? -1 : 0;
}

static void nothing_more_is_written_after_a_failure(void)
{
    struct weft_pcapng p;
    unsigned calls = 0;
    T_EQ(weft_pcapng_begin(&p, refuse, &calls), 0);
    T_EQ(weft_pcapng_if(&p, NULL, WEFT_IF_ETHER), 0);
    struct weft_frame f = {.iov = {{bytes, 60}}, .iov_n = 1, .len = 60};
    T_EQ(weft_pcapng_frame(&p, 0, EPOCH, WEFT_DIR_IN, &f, NULL), -1);
    T_EQ(weft_pcapng_frame(&p, 0, EPOCH, WEFT_DIR_IN, &f, NULL), -1);
    T_EQ(calls, 3);
    T_EQ(p.frames, 0);
}

static const struct t_case cases[] = {
    {"a capture replays at its own pace", a_capture_replays_at_its_own_pace},
    {"a fast replay gives everything at once", a_fast_replay_gives_everything_at_once},
    {"tcpdump reads every frame with its time", tcpdump_reads_every_frame_with_its_time},
    {"what is cut off is said", what_is_cut_off_is_said},
    {"nothing more is written after a failure", nothing_more_is_written_after_a_failure},
};
T_MAIN(cases)
