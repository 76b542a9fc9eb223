/* SPDX-License-Identifier: MIT */
/** DOC: eth - Ethernet headers: parsed and emitted again they are the same bytes */
#include "fuzz.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct eth_hdr h;
    uint8_t again[ETH_HDR_BYTES];
    bool is_ok = wf_eth_parse(&h, data, size);
    FUZZ_CHECK(is_ok == (size >= ETH_HDR_BYTES));
    if (!is_ok)
        return 0;
    FUZZ_TEXT(wf_eth_text, &h);
    wf_eth_emit(again, &h);
    FUZZ_CHECK(memcmp(again, data, sizeof(again)) == 0);
    return 0;
}
