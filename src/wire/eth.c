/* SPDX-License-Identifier: MIT */
#include "wire/eth.h"

#include <string.h>

#include "base/base.h"
#include "wire/text.h"

bool wf_eth_parse(struct eth_hdr *h, const uint8_t *p, size_t len)
{
    if (len < ETH_HDR_BYTES)
        return false;
    memcpy(h->dst, p, 6);
    memcpy(h->src, p + 6, 6);
    h->type = wf_ld16be(p + 12);
    return true;
}

void wf_eth_emit(uint8_t *p, const struct eth_hdr *h)
{
    memcpy(p, h->dst, 6);
    memcpy(p + 6, h->src, 6);
    wf_st16be(p + 12, h->type);
}

static const char *type_name(uint16_t type)
{
    switch (type) {
    case ETHERTYPE_IP4:
        return "IPv4";
    case ETHERTYPE_ARP:
        return "ARP";
    case ETHERTYPE_RARP:
        return "Reverse ARP";
    case ETHERTYPE_VLAN:
        return "802.1Q";
    case ETHERTYPE_IP6:
        return "IPv6";
    default:
        return "Unknown";
    }
}

uint32_t wf_eth_text(char *buf, uint32_t cap, const struct eth_hdr *h)
{
    struct text t = wf_text_on(buf, cap);
    wf_text_mac(&t, h->src);
    wf_text_str(&t, " > ");
    wf_text_mac(&t, h->dst);
    if (h->type < ETHERTYPE_MIN) {
        wf_text_field(&t, ", 802.3, length ", h->type);
        return t.len;
    }
    wf_text_str(&t, ", ethertype ");
    wf_text_str(&t, type_name(h->type));
    wf_text_str(&t, " (0x");
    wf_text_hex(&t, h->type, 4);
    wf_text_char(&t, ')');
    return t.len;
}
