/* SPDX-License-Identifier: MIT */
/* What kind an address is, against a list that is searched from end to end; text of addresses. */
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "t.h"
#include "weft/weft.h"

#define MAX 20

struct own {
    uint32_t ip4;
    uint8_t len;
};

static enum ip4_kind naive(const struct own *own, uint32_t n, uint32_t ip4)
{
    for (uint32_t i = 0; i < n; i++)
        if (own[i].ip4 == ip4)
            return IP4_LOCAL;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t mask = wf_ip4_mask(own[i].len), host = ip4 & ~mask;
        if (own[i].len < 31 && ((own[i].ip4 ^ ip4) & mask) == 0 && (host == 0 || host == ~mask))
            return IP4_BROADCAST;
    }
    return IP4_OTHER;
}

static struct weft_addr addr(uint32_t v)
{
    return weft_ip4((uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v);
}

static void kinds_while_addresses_come_and_go(void)
{
    struct weft_config cfg;
    struct weft_stack *st;
    struct own own[MAX];
    uint32_t n = 0;
    weft_config_default(&cfg);
    size_t bytes = weft_stack_footprint(&cfg);
    void *mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    T_EQ(weft_stack_init(&st, &cfg, mem, bytes), 0);
    struct weft_if_config c = {.name = "l", .kind = WEFT_IF_L3};
    uint16_t i = (uint16_t)weft_if_add(st, &c);
    for (int round = 0; round < 3000; round++) {
        uint32_t v = 0x0a000000u | (uint32_t)(t_random() & 0x3ff);
        struct weft_addr a = addr(v);
        uint8_t len = (uint8_t)(22 + t_random() % 11);
        if (n < MAX && t_random() % 2 == 0) {
            if (weft_addr_add(st, i, &a, len) == 0)
                own[n++] = (struct own){v, len};
        } else if (n > 0) {
            uint32_t k = (uint32_t)(t_random() % n);
            a = addr(own[k].ip4);
            T_EQ(weft_addr_del(st, i, &a), 0);
            own[k] = own[--n];
        }
        for (int k = 0; k < 8; k++) {
            v = 0x0a000000u | (uint32_t)(t_random() & 0x3ff);
            T_EQ(wf_addrs_kind(wf_net_of(st), v, i), naive(own, n, v));
        }
    }
    free(mem);
}

static void hardware_addresses_from_text(void)
{
    static const char *const bad[] = {"",
                                      ":",
                                      "02:00:00:00:00",
                                      "02:00:00:00:00:",
                                      "02:00:00:00:00:01:02",
                                      "02:00:00:00:00:01 ",
                                      "002:00:00:00:00:01",
                                      "02:00:00:00::01",
                                      "0g:00:00:00:00:01",
                                      "02-00-00-00-00-01"};
    static const uint8_t want[6] = {0x02, 0, 0xa, 0xfe, 0xff, 9};
    uint8_t mac[6];
    T_CHECK(weft_mac_parse(mac, "02:00:0a:fe:ff:09"));
    T_EQ(memcmp(mac, want, 6), 0);
    T_CHECK(weft_mac_parse(mac, "2:0:A:Fe:fF:9")); /* As ethers(5) may have it. */
    T_EQ(memcmp(mac, want, 6), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        T_CHECK(!weft_mac_parse(mac, bad[i]));
}

static const struct t_case cases[] = {
    {"hardware addresses are read from text, and nothing else is", hardware_addresses_from_text},
    {"the kind of an address is that of a list searched from end to end",
     kinds_while_addresses_come_and_go},
};
T_MAIN(cases)
