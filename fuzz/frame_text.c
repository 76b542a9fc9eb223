/* SPDX-License-Identifier: MIT */
/**
 * DOC: frame_text - any bytes at all make one printable line
 *
 * The first octet chooses between a frame with and one without an Ethernet header and whether the
 * IPv4 checksum is mended first, which a mutator cannot do, and would not get past. The second one
 * is the room for a shortened line.
 */
#include "base/base.h"
#include "fuzz.h"
#include "weft/trace.h"
#include "wire/wire.h"

#define CHOICE_ETHER 1u
#define CHOICE_MEND  2u

/* Writes the right checksum into the IPv4 header at @p, if there is one. */
static void mend_checksum(uint8_t *p, size_t len)
{
    struct ip4_hdr h;
    if (wf_ip4_parse(&h, p, len, false) != IP4_OK)
        return;
    wf_st16be(p + 10, 0);
    wf_st16be(p + 10, wf_csum_finish(wf_csum_scalar(p, h.hdr_bytes)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char whole[FUZZ_LINE_BYTES];
    if (size < 2)
        return 0;
    bool is_ether = (data[0] & CHOICE_ETHER) != 0;
    size_t cap = (size_t)data[1] + 1, len = size - 2;
    size_t ip_at = is_ether ? ETH_HDR_BYTES : 0;
    uint8_t *frame = malloc(len);
    char *cut = malloc(cap);
    FUZZ_CHECK(frame != NULL && cut != NULL);
    memcpy(frame, data + 2, len);
    if ((data[0] & CHOICE_MEND) != 0 && len >= ip_at)
        mend_checksum(frame + ip_at, len - ip_at);

    fuzz_check_line(whole, weft_frame_text(whole, sizeof(whole), frame, len, is_ether));
    fuzz_check_cut(cut, cap, weft_frame_text(cut, cap, frame, len, is_ether), whole);
    free(cut);
    free(frame);
    return 0;
}
