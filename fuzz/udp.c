/* SPDX-License-Identifier: MIT */
/** DOC: udp - headers of UDP and UDP-Lite: parsed and emitted again they are the same bytes */
#include "fuzz.h"
#include "wire/wire.h"

static void lite(const uint8_t *data, size_t size)
{
    struct udp_hdr h;
    enum wf_udp_err err = wf_udplite_parse(&h, data, size);
    FUZZ_CHECK((err == UDP_TRUNCATED) == (size < UDP_HDR_BYTES));
    FUZZ_CHECK(*wf_udp_err_text(err) != '\0');
    if (err == UDP_OK)
        FUZZ_CHECK(h.len_bytes >= UDP_HDR_BYTES && h.len_bytes <= size && h.csum != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct udp_hdr h;
    uint8_t again[UDP_HDR_BYTES];
    lite(data, size);
    enum wf_udp_err err = wf_udp_parse(&h, data, size);
    FUZZ_CHECK((err == UDP_TRUNCATED) == (size < UDP_HDR_BYTES));
    FUZZ_CHECK(*wf_udp_err_text(err) != '\0');
    if (err != UDP_OK)
        return 0;
    FUZZ_CHECK(h.len_bytes >= UDP_HDR_BYTES && h.len_bytes <= size);
    FUZZ_TEXT(wf_udp_text, &h);
    wf_udp_emit(again, &h);
    FUZZ_CHECK(memcmp(again, data, sizeof(again)) == 0);
    return 0;
}
