/* SPDX-License-Identifier: MIT */
/**
 * DOC: The virtio-net header (VIRTIO 1.1, 5.1.6) in front of frames of TUN and packet sockets. Its
 * fields are in the machine's byte order there. The kernel's hdr_len is a hint only, so the length
 * of the headers is read from the frame.
 */
#include "drv.h"

#include <string.h>

#define TCP_HDR_BYTES 20

/* Headers of a TCP super-frame up to the payload; 0 if they are not whole. */
static uint32_t tcp_headers(const struct weft_frame *f)
{
    uint32_t at = f->csum_start;
    if (at + TCP_HDR_BYTES > f->iov[0].len)
        return 0;
    const uint8_t *tcp = (const uint8_t *)f->iov[0].base + at;
    uint32_t bytes = (uint32_t)(tcp[12] >> 4) * 4;
    if (bytes < TCP_HDR_BYTES || at + bytes >= f->len || at + bytes > f->iov[0].len)
        return 0;
    return at + bytes;
}

static bool parse_gso(struct weft_frame *f, const struct virtio_net_hdr *h)
{
    uint8_t type = h->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
    if (type == VIRTIO_NET_HDR_GSO_NONE)
        return true;
    if (type != VIRTIO_NET_HDR_GSO_TCPV4 && type != VIRTIO_NET_HDR_GSO_TCPV6)
        return false;
    uint32_t headers = (f->flags & WEFT_FRAME_NEEDS_CSUM) != 0 ? tcp_headers(f) : 0;
    if (headers == 0 || h->gso_size == 0)
        return false;

    uint32_t segs = (f->len - headers + h->gso_size - 1) / h->gso_size;
    if (segs > 1) {
        f->gso_type = type == VIRTIO_NET_HDR_GSO_TCPV4 ? WEFT_GSO_TCP4 : WEFT_GSO_TCP6;
        f->gso_size = h->gso_size;
        f->gso_segs = (uint16_t)segs;
        f->hdr_bytes = (uint16_t)headers;
    }
    return true;
}

bool wf_vnet_parse(struct weft_frame *f, const struct virtio_net_hdr *h)
{
    if ((h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) {
        if ((uint32_t)h->csum_start + h->csum_offset + 2 > f->len)
            return false;
        /* The sum is not filled in because the bytes never were on a wire: as good as checked. What
           forwards the frame still has to fill it in. */
        f->flags = WEFT_FRAME_CSUM_OK | WEFT_FRAME_NEEDS_CSUM;
        f->csum_start = h->csum_start;
        f->csum_offset = h->csum_offset;
    } else if ((h->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0) {
        f->flags = WEFT_FRAME_CSUM_OK;
    }
    return parse_gso(f, h);
}

void wf_vnet_emit(struct virtio_net_hdr *h, const struct weft_frame *f)
{
    memset(h, 0, sizeof(*h));
    if ((f->flags & WEFT_FRAME_NEEDS_CSUM) != 0) {
        h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        h->csum_start = f->csum_start;
        h->csum_offset = f->csum_offset;
    }
    if (f->gso_type != WEFT_GSO_NONE && f->gso_size != 0) {
        h->gso_type = f->gso_type;
        h->gso_size = f->gso_size;
        h->hdr_len = f->hdr_bytes;
    }
}
