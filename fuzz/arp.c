/* SPDX-License-Identifier: MIT */
/** DOC: arp - ARP messages: parsed and emitted again they are the same bytes */
#include "fuzz.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arp_ip4 a;
    uint8_t again[ARP_IP4_BYTES];
    enum wf_arp_err err = wf_arp_parse(&a, data, size);
    FUZZ_CHECK((err == ARP_TRUNCATED) == (size < ARP_IP4_BYTES));
    FUZZ_CHECK(*wf_arp_err_text(err) != '\0');
    if (err != ARP_OK)
        return 0;
    FUZZ_CHECK(a.op >= ARP_REQUEST && a.op <= RARP_REPLY);
    FUZZ_TEXT(wf_arp_text, &a);
    wf_arp_emit(again, &a);
    FUZZ_CHECK(memcmp(again, data, sizeof(again)) == 0);
    return 0;
}
