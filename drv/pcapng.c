/* SPDX-License-Identifier: MIT */
/**
 * DOC: A writer of pcapng (draft-ietf-opsawg-pcapng): one section in the machine's byte order,
 * interfaces with a resolution of 1 ns, enhanced packet blocks with direction and comment.
 */
#include "weft/driver.h"

#include <string.h>

#define BLOCK_SECTION     0x0a0d0d0aU
#define BLOCK_IF          1U
#define BLOCK_PACKET      6U
#define BYTE_ORDER_MAGIC  0x1a2b3c4dU

#define OPT_END           0
#define OPT_COMMENT       1
#define OPT_SHB_APPL      4
#define OPT_IF_NAME       2
#define OPT_IF_TSRES      9
#define OPT_EPB_FLAGS     2

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW      101

#define TEXT_MAX          512U
#define HEAD_MAX          64U
#define TRAIL_MAX         640U

/** struct block - A block under construction, without its packet bytes */
struct block {
    uint8_t b[HEAD_MAX + TRAIL_MAX];
    uint32_t n;
};

static void put32(struct block *k, uint32_t v)
{
    memcpy(k->b + k->n, &v, 4);
    k->n += 4;
}

static void put16(struct block *k, uint16_t v)
{
    memcpy(k->b + k->n, &v, 2);
    k->n += 2;
}

static uint32_t padding(uint32_t n)
{
    return (4 - n % 4) % 4;
}

static void put_option(struct block *k, uint16_t code, const void *value, uint16_t len)
{
    put16(k, code);
    put16(k, len);
    memcpy(k->b + k->n, value, len);
    memset(k->b + k->n + len, 0, padding(len));
    k->n += len + padding(len);
}

static void put_text(struct block *k, uint16_t code, const char *text)
{
    if (text != NULL && text[0] != '\0')
        put_option(k, code, text, (uint16_t)strnlen(text, TEXT_MAX));
}

static int give(struct weft_pcapng *p, const void *bytes, size_t n)
{
    if (!p->has_failed && n > 0 && p->write(p->arg, bytes, n) < 0)
        p->has_failed = true;
    return p->has_failed ? -1 : 0;
}

/* Ends a block that has no packet bytes. */
static int finish(struct weft_pcapng *p, struct block *k)
{
    put32(k, OPT_END);
    uint32_t total = k->n + 4;
    memcpy(k->b + 4, &total, 4);
    put32(k, total);
    return give(p, k->b, k->n);
}

int weft_pcapng_begin(struct weft_pcapng *p, int (*write)(void *arg, const void *bytes, size_t n),
                      void *arg)
{
    *p = (struct weft_pcapng){.write = write, .arg = arg};
    struct block k = {.n = 0};
    put32(&k, BLOCK_SECTION);
    put32(&k, 0); /* Length, set by finish(). */
    put32(&k, BYTE_ORDER_MAGIC);
    put16(&k, 1);
    put16(&k, 0);
    put32(&k, UINT32_MAX); /* Length of the section: not known. */
    put32(&k, UINT32_MAX);
    put_text(&k, OPT_SHB_APPL, "weft");
    return finish(p, &k);
}

static int write_file(void *arg, const void *bytes, size_t n)
{
    FILE *f = arg;
    return fwrite(bytes, 1, n, f) == n ? 0 : -1;
}

int weft_pcapng_begin_file(struct weft_pcapng *p, FILE *f)
{
    return weft_pcapng_begin(p, write_file, f);
}

int weft_pcapng_if(struct weft_pcapng *p, const char *name, enum weft_if_kind kind)
{
    struct block k = {.n = 0};
    put32(&k, BLOCK_IF);
    put32(&k, 0);
    put16(&k, kind == WEFT_IF_ETHER ? LINKTYPE_ETHERNET : LINKTYPE_RAW);
    put16(&k, 0);
    put32(&k, 0); /* No limit on the bytes of a packet. */
    put_text(&k, OPT_IF_NAME, name);
    put_option(&k, OPT_IF_TSRES, (const uint8_t[]){9}, 1);
    return finish(p, &k) < 0 ? -1 : (int)p->ifs_n++;
}

/* A live reader gets each packet at once. Only a stream of the C library holds bytes back. */
static int flush(struct weft_pcapng *p)
{
    if (!p->has_failed && p->write == write_file && fflush(p->arg) != 0)
        p->has_failed = true;
    return p->has_failed ? -1 : 0;
}

int weft_pcapng_frame(struct weft_pcapng *p, int ifid, uint64_t time_ns, enum weft_dir dir,
                      const struct weft_frame *frame, const char *comment)
{
    struct block options = {.n = 0};
    uint32_t flags = (uint32_t)dir;
    put_text(&options, OPT_COMMENT, comment);
    put_option(&options, OPT_EPB_FLAGS, &flags, 4);
    put32(&options, OPT_END);

    struct block k = {.n = 0};
    uint32_t captured = 0;
    for (uint16_t i = 0; i < frame->iov_n; i++)
        captured += (uint32_t)frame->iov[i].len;
    uint32_t pad = padding(captured), total = 28 + captured + pad + options.n + 4;
    put32(&k, BLOCK_PACKET);
    put32(&k, total);
    put32(&k, (uint32_t)ifid);
    put32(&k, (uint32_t)(time_ns >> 32));
    put32(&k, (uint32_t)time_ns);
    put32(&k, captured);
    put32(&k, frame->len);
    give(p, k.b, k.n);
    for (uint16_t i = 0; i < frame->iov_n; i++)
        give(p, frame->iov[i].base, frame->iov[i].len);

    struct block trail = {.n = pad};
    memcpy(trail.b + trail.n, options.b, options.n);
    trail.n += options.n;
    put32(&trail, total);
    give(p, trail.b, trail.n);
    p->frames += !p->has_failed;
    return flush(p);
}
