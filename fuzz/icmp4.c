/* SPDX-License-Identifier: MIT */
/** DOC: icmp4 - ICMP headers: what the type has survives, and after one round nothing changes */
#include "fuzz.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct icmp4_hdr h, again;
    uint8_t once[ICMP4_HDR_BYTES], twice[ICMP4_HDR_BYTES];
    enum wf_icmp4_err err = wf_icmp4_parse(&h, data, size);
    FUZZ_CHECK((err == ICMP4_TRUNCATED) == (size < ICMP4_HDR_BYTES));
    if (err != ICMP4_OK)
        return 0;
    FUZZ_TEXT(wf_icmp4_text, &h);
    uint8_t ext[64];
    uint32_t at = size < 65536 ? wf_icmp4_ext_at(data, (uint32_t)size) : 0;
    FUZZ_CHECK(at < size && (at == 0 || at >= ICMP4_HDR_BYTES + ICMP4_EXT_QUOTE_MIN));
    if (at != 0)
        FUZZ_CHECK(wf_icmp4_ext_objects(ext, sizeof(ext), data + at, (uint32_t)size - at) <= 64);
    struct icmp4_times t;
    struct icmp4_router r;
    FUZZ_CHECK(wf_icmp4_parse_times(&t, data, size) == (size >= ICMP4_TIMESTAMP_BYTES));
    for (uint32_t i = 0; wf_icmp4_parse_router(&r, &h, data, size, i); i++)
        FUZZ_CHECK(i < h.entries);
    wf_icmp4_emit(once, &h);
    FUZZ_CHECK(once[0] == data[0] && once[1] == data[1] && once[2] == 0 && once[3] == 0);
    FUZZ_CHECK(wf_icmp4_parse(&again, once, sizeof(once)) == ICMP4_OK);
    FUZZ_CHECK(again.id == h.id && again.seq == h.seq && again.mtu == h.mtu);
    FUZZ_CHECK(again.pointer == h.pointer && again.unused == h.unused);
    FUZZ_CHECK(memcmp(&again.gateway, &h.gateway, sizeof(h.gateway)) == 0);
    wf_icmp4_emit(twice, &again);
    FUZZ_CHECK(memcmp(once, twice, sizeof(once)) == 0);
    return 0;
}
