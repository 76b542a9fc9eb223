/* SPDX-License-Identifier: MIT */
/** DOC: Captures, read back block by block */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/capture.h"
#include "t.h"

#define EPB 6U

/** struct packet - An enhanced packet block as it stands in the file */
struct packet {
    uint32_t ifid, kept, original;
    char comment[64];
};

static char path[] = "/tmp/weft-capture-test-XXXXXX";
static struct packet packets[8];
static size_t packets_n;

static uint32_t read32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}

static void take_packet(const uint8_t *block, uint32_t total)
{
    struct packet *p = &packets[packets_n++];
    memset(p, 0, sizeof(*p));
    p->ifid = read32(block + 8);
    p->kept = read32(block + 20);
    p->original = read32(block + 24);
    uint32_t at = 28 + (p->kept + 3) / 4 * 4;
    while (at + 4 < total - 4) {
        uint16_t code, len;
        memcpy(&code, block + at, 2);
        memcpy(&len, block + at + 2, 2);
        if (code == 1 && len < sizeof(p->comment))
            memcpy(p->comment, block + at + 4, len);
        at += 4 + (len + 3U) / 4 * 4;
    }
}

/* Every block's length stands at both of its ends; nothing is left over. */
static bool read_back(void)
{
    static uint8_t bytes[65536];
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return false;
    size_t n = fread(bytes, 1, sizeof(bytes), f), at = 0;
    (void)fclose(f);
    packets_n = 0;
    while (at + 12 <= n) {
        uint32_t total = read32(bytes + at + 4);
        if (total < 12 || total % 4 != 0 || total > n - at ||
            read32(bytes + at + total - 4) != total)
            return false;
        if (read32(bytes + at) == EPB && packets_n < 8)
            take_packet(bytes + at, total);
        at += total;
    }
    return at == n;
}

static void tap(struct lab_capture *c, unsigned dir, uint32_t len, uint64_t at, enum weft_fate fate)
{
    static uint8_t bytes[2000];
    struct weft_frame f = {
        .iov = {{.base = bytes, .len = len / 2}, {.base = bytes, .len = len - len / 2}},
        .iov_n = 2,
        .len = len};
    struct weft_tap t = {.time_ns = at, .frame = &f, .dir = (uint8_t)dir, .fate = fate};
    wf_capture_tap(c, &t);
}

static void frames_are_cut_counted_and_commented(void)
{
    struct lab lab = {.capture_snaplen = 64, .capture_packets = 3};
    struct lab_link link = {.end = {{0, "eth0"}, {1, "eth0"}}};
    struct lab_capture c = {0};
    ((struct lab_node *)wf_vec_push(&lab.nodes, sizeof(struct lab_node)))->name = "a";
    ((struct lab_node *)wf_vec_push(&lab.nodes, sizeof(struct lab_node)))->name = "b";
    T_CHECK(wf_capture_open(&c, &lab.arena, &lab, &link, path));
    tap(&c, 0, 42, 10, WEFT_FATE_SENT);
    tap(&c, 0, 42, 20, WEFT_FATE_DELIVERED);
    tap(&c, 1, 1514, 30, WEFT_FATE_SENT);
    tap(&c, 1, 1514, 30, WEFT_FATE_LOST);
    tap(&c, 0, 101, 40, WEFT_FATE_SENT);
    tap(&c, 0, 101, 40, WEFT_FATE_DUPLICATED);
    tap(&c, 0, 101, 40, WEFT_FATE_REORDERED);
    tap(&c, 0, 60, 50, WEFT_FATE_SENT);
    tap(&c, 0, 60, 60, WEFT_FATE_SENT);
    T_CHECK(wf_capture_close(&c));
    T_EQ(c.packets, 3);
    T_EQ(c.left_out, 2);
    T_CHECK(read_back());
    T_EQ(packets_n, 3);
    T_CHECK(packets[0].ifid == 0 && packets[0].kept == 42 && packets[0].original == 42);
    T_CHECK(packets[0].comment[0] == '\0');
    T_CHECK(packets[1].ifid == 1 && packets[1].kept == 64 && packets[1].original == 1514);
    T_CHECK(strcmp(packets[1].comment, "lost: random") == 0);
    T_CHECK(packets[2].kept == 64 && packets[2].original == 101);
    T_CHECK(strcmp(packets[2].comment, "duplicated; held back") == 0);
    wf_lab_free(&lab);
}

static const struct t_case cases[] = {
    {"frames are cut, counted and commented", frames_are_cut_counted_and_commented},
};

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    (void)close(fd);
    int r = t_main(cases, (int)(sizeof(cases) / sizeof(cases[0])));
    (void)unlink(path);
    return r;
}
