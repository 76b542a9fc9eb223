/* SPDX-License-Identifier: MIT */
#include "wire/icmp4_ext.h"

#include <string.h>

#include "base/base.h"
#include "wire/icmp4.h"

#define AFI_IP4  1
#define NAME_MAX 15

bool wf_icmp4_ext_may(uint8_t type)
{
    return type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED ||
           type == ICMP4_PARAMETER_PROBLEM;
}

uint32_t wf_icmp4_ext_at(const uint8_t *p, uint32_t len)
{
    uint32_t quote = p[ICMP4_EXT_LENGTH_AT] * 4u;
    if (!wf_icmp4_ext_may(p[0]) || quote < ICMP4_EXT_QUOTE_MIN ||
        len < ICMP4_HDR_BYTES + quote + 2 * ICMP4_EXT_HDR_BYTES)
        return 0;
    return ICMP4_HDR_BYTES + quote;
}

/* RFC 4884 7: a sum of zero was not made. */
static bool is_whole(const uint8_t *x, uint32_t n)
{
    if (n < ICMP4_EXT_HDR_BYTES || x[0] >> 4 != ICMP4_EXT_VERSION)
        return false;
    return wf_ld16be(x + 2) == 0 || wf_csum_scalar(x, n) == 0xffff;
}

uint32_t wf_icmp4_ext_objects(uint8_t *out, uint32_t cap, const uint8_t *x, uint32_t n)
{
    if (!is_whole(x, n))
        return 0;
    uint32_t used = 0, each = 0;
    for (uint32_t at = ICMP4_EXT_HDR_BYTES; at < n; at += each) {
        if (n - at < ICMP4_EXT_HDR_BYTES)
            return 0;
        each = wf_ld16be(x + at);
        if (each < ICMP4_EXT_HDR_BYTES || each % 4 != 0 || each > n - at)
            return 0;
        if (each > cap - used) /* No room: it is left out, as one that nobody knows. */
            continue;
        memcpy(out + used, x + at, each);
        used += each;
    }
    return used;
}

void wf_icmp4_ext_seal(uint8_t *x, uint32_t n)
{
    memset(x, 0, ICMP4_EXT_HDR_BYTES);
    x[0] = ICMP4_EXT_VERSION << 4;
    wf_st16be(x + 2, wf_csum_finish(wf_csum_scalar(x, n)));
}

uint32_t wf_icmp4_ext_interface(uint8_t *p, const struct icmp4_ext_if *i)
{
    uint32_t n = ICMP4_EXT_HDR_BYTES, name = 0;
    memset(p, 0, ICMP4_EXT_IF_MAX);
    p[2] = ICMP4_EXT_INTERFACE;
    p[3] = ICMP4_EXT_HAS_INDEX | ICMP4_EXT_HAS_NAME | ICMP4_EXT_HAS_MTU;
    wf_st32be(p + n, i->index);
    n += 4;
    if (i->addr4 != 0) {
        p[3] |= ICMP4_EXT_HAS_ADDRESS;
        wf_st16be(p + n, AFI_IP4);
        wf_st32be(p + n + 4, i->addr4);
        n += 8;
    }
    while (name < NAME_MAX && i->name[name] != '\0')
        name++;
    memcpy(p + n + 1, i->name, name);
    name = (name + 4) & ~3u; /* With the octet of its length, padded. */
    p[n] = (uint8_t)name;
    n += name;
    wf_st32be(p + n, i->mtu);
    n += 4;
    wf_st16be(p, (uint16_t)n);
    return n;
}
