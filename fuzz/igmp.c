/* SPDX-License-Identifier: MIT */
/** DOC: igmp - messages of all versions: records that are walked lie inside, old messages
 * round-trip */
#include "fuzz.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct igmp_msg m;
    struct igmp_rec r;
    uint8_t again[IGMP_HDR_BYTES];
    enum wf_igmp_err err = wf_igmp_parse(&m, data, size);
    FUZZ_CHECK((err == IGMP_TRUNCATED) == (size < IGMP_HDR_BYTES));
    FUZZ_CHECK(*wf_igmp_err_text(err) != '\0');
    if (err != IGMP_OK)
        return 0;
    FUZZ_TEXT(wf_igmp_text, &m);
    FUZZ_CHECK(wf_igmp_encode(wf_igmp_decode(m.code)) == m.code);
    if (m.sources_n > 0)
        FUZZ_CHECK(m.sources + (size_t)4 * m.sources_n <= data + size);
    uint16_t n = 0;
    for (struct igmp_msg walk = m; wf_igmp_rec_next(&walk, &r); n++)
        FUZZ_CHECK(r.sources + (size_t)4 * r.sources_n <= data + size);
    FUZZ_CHECK(n == m.records_n);
    /* A sum of all ones is the other form of none: we send one of them only. */
    if (size == IGMP_HDR_BYTES && m.type != IGMP_REPORT3 && (data[2] & data[3]) != 0xff) {
        wf_igmp_emit(again, m.type, data[1], m.group);
        FUZZ_CHECK(memcmp(again, data, sizeof(again)) == 0);
    }
    return 0;
}
