/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <string.h>

#include "job.h"

#define HEAD_BYTES 160 /* Ethernet with tags, IPv4 with all options, ports. */

static bool read_proto(struct wf_filter *f, const char *name)
{
    static const struct {
        const char *name;
        enum wf_filter_proto proto;
    } names[] = {{"arp", WF_FILTER_ARP},
                 {"icmp", WF_FILTER_ICMP},
                 {"tcp", WF_FILTER_TCP},
                 {"udp", WF_FILTER_UDP}};
    f->proto = WF_FILTER_ANY;
    for (size_t i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].name, name) == 0)
            f->proto = names[i].proto;
    return name == NULL || f->proto != WF_FILTER_ANY;
}

bool wf_filter_read(struct wf_filter *f, const json_t *request)
{
    struct weft_addr a;
    *f = (struct wf_filter){.port = (uint16_t)wf_job_number(request, "port", UINT16_MAX, 0)};
    if (!read_proto(f, json_string_value(json_object_get(request, "proto"))) ||
        !wf_job_address(request, "host", &a))
        return false;
    f->has_addr = json_object_get(request, "host") != NULL;
    if (f->has_addr)
        memcpy(f->addr, a.b + 12, sizeof(f->addr));
    return true;
}

static size_t head_of(uint8_t *head, const struct weft_frame *frame)
{
    size_t n = 0;
    for (unsigned i = 0; i < frame->iov_n && n < HEAD_BYTES; i++) {
        size_t take = frame->iov[i].len < HEAD_BYTES - n ? frame->iov[i].len : HEAD_BYTES - n;
        memcpy(head + n, frame->iov[i].base, take);
        n += take;
    }
    return n;
}

static unsigned be16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static bool is_one_of(const struct wf_filter *f, const uint8_t *a, const uint8_t *b)
{
    return !f->has_addr || memcmp(a, f->addr, 4) == 0 || memcmp(b, f->addr, 4) == 0;
}

static bool match_arp(const struct wf_filter *f, const uint8_t *p, size_t n)
{
    bool is_wanted = f->proto == WF_FILTER_ARP || f->proto == WF_FILTER_ANY;
    return is_wanted && f->port == 0 && n >= 28 && is_one_of(f, p + 14, p + 24);
}

static bool match_ip4(const struct wf_filter *f, const uint8_t *p, size_t n)
{
    size_t ihl = n > 0 ? (size_t)(p[0] & 15) * 4 : 0;
    if (n < 20 || p[0] >> 4 != 4 || ihl < 20)
        return false;
    if ((f->proto != WF_FILTER_ANY && p[9] != (int)f->proto) || !is_one_of(f, p + 12, p + 16))
        return false;
    if (f->port == 0)
        return true;
    bool has_ports = (p[9] == WF_FILTER_TCP || p[9] == WF_FILTER_UDP) &&
                     (be16(p + 6) & 0x1fff) == 0 && n >= ihl + 4;
    return has_ports && (be16(p + ihl) == f->port || be16(p + ihl + 2) == f->port);
}

bool wf_filter_match(const struct wf_filter *f, const struct weft_frame *frame, bool is_ether)
{
    uint8_t head[HEAD_BYTES];
    if (f->proto == WF_FILTER_ANY && !f->has_addr && f->port == 0)
        return true;
    size_t n = head_of(head, frame), at = 0;
    unsigned type = 0x0800;
    if (is_ether) {
        for (at = 14; n >= at && be16(head + at - 2) == 0x8100;)
            at += 4;
        type = n >= at ? be16(head + at - 2) : 0;
    }
    if (type == 0x0806)
        return match_arp(f, head + at, n - at);
    return type == 0x0800 && match_ip4(f, head + at, n - at);
}
