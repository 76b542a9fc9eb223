/* SPDX-License-Identifier: MIT */
/**
 * DOC: replay - frames out of a capture (pcap or pcapng, read by libpcap)
 *
 * pcap:FILE gives each frame at the distance it was captured at, counted from the first call of
 * service(); pcap:FILE,fast gives them as fast as they are taken. What is sent goes nowhere. When
 * the last frame was given, WEFT_DRIVER_END is reported once.
 */
#include "drv.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

struct replay {
    struct weft_driver d;
    struct wf_slots slots;
    pcap_t *pcap;
    bool is_fast, has_started, has_ended, has_reported;
    uint64_t start_ns;       /* When the first frame was given. */
    uint64_t first_ns;       /* Its time in the file. */
    struct pcap_pkthdr head; /* The next frame. */
    const uint8_t *bytes;
};

static struct replay *replay_of(struct weft_driver *d)
{
    return (struct replay *)(void *)d;
}

static uint64_t time_of(const struct pcap_pkthdr *h)
{
    return (uint64_t)h->ts.tv_sec * WF_SEC + (uint64_t)h->ts.tv_usec; /* Opened with ns. */
}

static void read_next(struct replay *r)
{
    struct pcap_pkthdr *h;
    int got = pcap_next_ex(r->pcap, &h, &r->bytes);
    if (got == 1) {
        r->head = *h;
        return;
    }
    r->d.stats.rx_errors += got == PCAP_ERROR;
    r->has_ended = true;
}

/* When the next frame is to be given. */
static uint64_t due(const struct replay *r)
{
    uint64_t at = time_of(&r->head);
    if (r->is_fast || at < r->first_ns) /* Times in a file may step back. */
        return r->start_ns;
    return r->start_ns + (at - r->first_ns);
}

static void replay_close(struct weft_driver *d)
{
    struct replay *r = replay_of(d);
    if (r->pcap != NULL)
        pcap_close(r->pcap);
    wf_slots_free(&r->slots);
    free(r);
}

static int set_kind(struct weft_driver_info *info, pcap_t *pcap)
{
    switch (pcap_datalink(pcap)) {
    case DLT_EN10MB:
        info->kind = WEFT_IF_ETHER;
        return 0;
    case DLT_RAW:
    case DLT_IPV4:
        info->kind = WEFT_IF_L3;
        return 0;
    default:
        return -1;
    }
}

static int replay_open(struct weft_driver **out, const char *rest,
                       const struct weft_driver_config *cfg, char *err, size_t cap)
{
    char path[4096], text[PCAP_ERRBUF_SIZE];
    size_t n = strlen(rest);
    bool is_fast = n > 5 && strcmp(rest + n - 5, ",fast") == 0;
    n -= is_fast ? 5 : 0;
    if (n == 0 || n >= sizeof(path))
        return wf_fail(err, cap, "pcap:%s: no file name, or a longer one than 4095 bytes", rest);
    memcpy(path, rest, n);
    path[n] = '\0';

    struct replay *r = calloc(1, sizeof(*r));
    if (r == NULL || wf_slots_init(&r->slots, cfg) < 0) {
        free(r);
        return wf_fail(err, cap, "pcap:%s: out of memory", path);
    }
    r->d.ops = &weft_driver_pcap;
    r->pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
    if (r->pcap == NULL) {
        replay_close(&r->d);
        return wf_fail(err, cap, "pcap:%.100s: %.120s", path, text);
    }
    struct weft_driver_info *info = &r->d.info;
    if (set_kind(info, r->pcap) < 0) {
        replay_close(&r->d);
        return wf_fail(err, cap, "pcap:%s: neither Ethernet nor raw IP", path);
    }
    memcpy(info->name, path, strnlen(path, sizeof(info->name) - 1));
    info->mtu = cfg->mtu != 0 ? cfg->mtu : 1500;
    info->is_up = true;
    wf_driver_mac(info->mac, cfg, NULL);
    r->is_fast = is_fast;
    read_next(r);
    *out = &r->d;
    return 0;
}

static void begin(struct replay *r, uint64_t now_ns)
{
    if (r->has_started)
        return;
    r->has_started = true;
    r->start_ns = now_ns;
    r->first_ns = time_of(&r->head);
}

/* Copies the next frame into a slot; false if there is no slot. */
static bool give(struct replay *r, struct weft_frame *f, bool *is_given)
{
    struct wf_slot slot;
    uint32_t len = r->head.caplen;
    *is_given = false;
    if (len == 0 || len > WF_FRAME_BYTES || len < r->head.len) {
        r->d.stats.rx_truncated++; /* Cut off when it was captured. */
        return true;
    }
    if (!wf_slots_take(&r->slots, &slot))
        return false;
    uint32_t first = len < WF_SMALL_BYTES ? len : WF_SMALL_BYTES;
    memcpy(slot.iov[0].base, r->bytes, first);
    if (len > first)
        memcpy(slot.iov[1].base, r->bytes + first, len - first);
    *is_given = wf_slots_lend(&r->slots, &slot, len, f);
    r->d.stats.rx_no_slot += !*is_given;
    return true;
}

static uint32_t replay_rx(struct weft_driver *d, struct weft_frame *frames, uint32_t n,
                          uint64_t now_ns)
{
    struct replay *r = replay_of(d);
    uint32_t got = 0;
    begin(r, now_ns);
    while (got < n && !r->has_ended && due(r) <= now_ns) {
        bool is_given;
        if (!give(r, &frames[got], &is_given))
            break;
        if (is_given) {
            d->stats.rx_frames++;
            d->stats.rx_bytes += frames[got++].len;
        }
        read_next(r);
    }
    return got;
}

static void replay_rx_release(struct weft_driver *d, const uint64_t *cookies, uint32_t n)
{
    wf_slots_release(&replay_of(d)->slots, cookies, n);
}

static uint32_t replay_tx(struct weft_driver *d, const struct weft_frame *frames, uint32_t n,
                          uint64_t now_ns)
{
    (void)frames;
    (void)now_ns;
    d->stats.tx_dropped += n;
    return n;
}

static int replay_poll(struct weft_driver *d, uint32_t *want)
{
    (void)d;
    *want = 0;
    return -1;
}

static uint64_t replay_service(struct weft_driver *d, uint64_t now_ns, uint32_t *changes)
{
    struct replay *r = replay_of(d);
    begin(r, now_ns);
    *changes = 0;
    if (r->has_ended) {
        *changes = r->has_reported ? 0 : WEFT_DRIVER_END;
        r->has_reported = true;
        return WEFT_NEVER;
    }
    if (!wf_slots_has(&r->slots))
        return now_ns + WF_MSEC; /* Everything is lent; nothing tells when it comes back. */
    return due(r);
}

const struct weft_driver_ops weft_driver_pcap = {"pcap",      replay_open,       replay_close,
                                                 replay_rx,   replay_rx_release, replay_tx,
                                                 replay_poll, replay_service};
