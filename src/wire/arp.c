/* SPDX-License-Identifier: MIT */
#include "wire/arp.h"

#include <string.h>

#include "base/base.h"
#include "wire/text.h"

/* Hardware type Ethernet, protocol type IPv4; then the lengths of both addresses. */
static const uint8_t types[4] = {0x00, ARP_HW_ETHER, 0x08, 0x00};
static const uint8_t lengths[2] = {6, 4};

enum wf_arp_err wf_arp_parse(struct arp_ip4 *a, const uint8_t *p, size_t len)
{
    if (len < ARP_IP4_BYTES)
        return ARP_TRUNCATED;
    bool is_hw_known = p[0] == 0 && (p[1] == ARP_HW_ETHER || p[1] == ARP_HW_IEEE802);
    if (!is_hw_known || memcmp(p + 2, types + 2, 2) != 0)
        return ARP_BAD_TYPE;
    if (memcmp(p + 4, lengths, sizeof(lengths)) != 0)
        return ARP_BAD_LEN;
    uint16_t op = wf_ld16be(p + 6);
    if (op < ARP_REQUEST || op > RARP_REPLY)
        return ARP_BAD_OP;

    a->op = op;
    a->ieee802 = p[1] == ARP_HW_IEEE802;
    memcpy(a->sha, p + 8, 6);
    memcpy(a->spa.b, p + 14, 4);
    memcpy(a->tha, p + 18, 6);
    memcpy(a->tpa.b, p + 24, 4);
    return ARP_OK;
}

void wf_arp_emit(uint8_t *p, const struct arp_ip4 *a)
{
    memcpy(p, types, sizeof(types));
    if (a->ieee802 != 0)
        p[1] = ARP_HW_IEEE802;
    memcpy(p + 4, lengths, sizeof(lengths));
    wf_st16be(p + 6, a->op);
    memcpy(p + 8, a->sha, 6);
    memcpy(p + 14, a->spa.b, 4);
    memcpy(p + 18, a->tha, 6);
    memcpy(p + 24, a->tpa.b, 4);
}

void wf_arp_put(struct text *t, const struct arp_ip4 *a)
{
    switch (a->op) {
    case ARP_REQUEST:
        wf_text_str(t, "ARP, Request who-has ");
        wf_text_ip4(t, a->tpa);
        wf_text_str(t, " tell ");
        wf_text_ip4(t, a->spa);
        break;
    case ARP_REPLY:
        wf_text_str(t, "ARP, Reply ");
        wf_text_ip4(t, a->spa);
        wf_text_str(t, " is-at ");
        wf_text_mac(t, a->sha);
        break;
    case RARP_REQUEST:
        wf_text_str(t, "ARP, Reverse Request who-is ");
        wf_text_mac(t, a->tha);
        wf_text_str(t, " tell ");
        wf_text_mac(t, a->sha);
        break;
    case RARP_REPLY:
        wf_text_str(t, "ARP, Reverse Reply ");
        wf_text_mac(t, a->tha);
        wf_text_str(t, " at ");
        wf_text_ip4(t, a->tpa);
        break;
    default:
        wf_text_field(t, "ARP, unknown operation ", a->op);
        break;
    }
}

uint32_t wf_arp_text(char *buf, uint32_t cap, const struct arp_ip4 *a)
{
    struct text t = wf_text_on(buf, cap);
    wf_arp_put(&t, a);
    return t.len;
}

const char *wf_arp_err_text(enum wf_arp_err err)
{
    switch (err) {
    case ARP_OK:
        return "well formed";
    case ARP_TRUNCATED:
        return "truncated";
    case ARP_BAD_TYPE:
        return "not IPv4 over Ethernet";
    case ARP_BAD_LEN:
        return "bad address length";
    case ARP_BAD_OP:
        return "unknown operation";
    }
    return "unknown error";
}
