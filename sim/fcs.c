/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim fcs - the frame check sequence of Ethernet (IEEE 802.3 3.2.9): CRC-32, least bit first
 *
 * It is appended after the padding, and travels with the frame; so bits of it may flip, too.
 */
#include "world.h"

#define FCS_BYTES 4U
#define MIN_BYTES 60U /* Without it. */

/* Half an octet at a time: the remainder of each of its values. */
static uint32_t crc32(const uint8_t *p, size_t n)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t c = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        c = c >> 4 ^ nibble[c & 15];
        c = c >> 4 ^ nibble[c & 15];
    }
    return ~c;
}

struct sim_frame *wf_sim_fcs_append(struct weft_world *w, struct sim_frame *fr)
{
    uint8_t zeros[MIN_BYTES + FCS_BYTES] = {0};
    struct sim_frame *copy = wf_sim_frame_copy(w, &fr->f), *out = NULL;
    wf_sim_frame_put(w, fr);
    if (copy == NULL)
        return NULL;
    wf_sim_frame_finish_csum(copy);
    struct weft_frame longer = copy->f;
    size_t pad = copy->f.len < MIN_BYTES ? MIN_BYTES - copy->f.len : 0;
    longer.iov[1].base = zeros;
    longer.iov[1].len = pad + FCS_BYTES;
    longer.iov_n = 2;
    longer.len += (uint32_t)longer.iov[1].len;
    out = wf_sim_frame_copy(w, &longer);
    wf_sim_frame_put(w, copy);
    if (out == NULL)
        return NULL;
    size_t n = out->f.len - FCS_BYTES;
    uint32_t crc = crc32(out->own, n);
    for (unsigned i = 0; i < FCS_BYTES; i++)
        out->own[n + i] = (uint8_t)(crc >> 8 * i);
    return out;
}

bool wf_sim_fcs_ok(const struct sim_frame *fr)
{
    uint32_t n = fr->f.len, crc = 0;
    if (n < MIN_BYTES + FCS_BYTES)
        return false;
    for (unsigned i = FCS_BYTES; i-- > 0;)
        crc = crc << 8 | fr->own[n - FCS_BYTES + i];
    return crc == crc32(fr->own, n - FCS_BYTES);
}

struct sim_frame *wf_sim_fcs_strip(struct weft_world *w, struct sim_frame *fr)
{
    struct weft_frame shorter = fr->f;
    shorter.len -= FCS_BYTES;
    shorter.iov[0].len -= FCS_BYTES;
    struct sim_frame *out = wf_sim_frame_copy(w, &shorter); /* Another copy may be under way. */
    wf_sim_frame_put(w, fr);
    return out;
}
