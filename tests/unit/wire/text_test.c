/* SPDX-License-Identifier: MIT */
#include "t.h"
#include "exact.h"
#include "wire/wire.h"

static void numbers(void)
{
    char buf[128];
    struct text t = wf_text_on(buf, sizeof(buf));
    wf_text_dec(&t, 0);
    wf_text_field(&t, " ", UINT64_MAX);
    wf_text_char(&t, ' ');
    wf_text_hex(&t, 0, 0);
    wf_text_char(&t, ' ');
    wf_text_hex(&t, 0xab, 4);
    wf_text_char(&t, ' ');
    wf_text_hex(&t, UINT64_MAX, 99);
    T_CHECK(strcmp(buf, "0 18446744073709551615 0 00ab ffffffffffffffff") == 0);
    T_EQ(t.len, strlen(buf));
}

static void addresses(void)
{
    char buf[64];
    static const uint8_t mac[6] = {0, 1, 0xa0, 0xff, 0x10, 9};
    struct text t = wf_text_on(buf, sizeof(buf));
    wf_text_ip4(&t, (struct wf_ip4){{0, 10, 200, 255}});
    wf_text_char(&t, ' ');
    wf_text_mac(&t, mac);
    T_CHECK(strcmp(buf, "0.10.200.255 00:01:a0:ff:10:09") == 0);
}

static void a_short_buffer_keeps_the_beginning(void)
{
    static const char whole[] = "02:00:00:00:00:01";
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    for (uint32_t cap = 0; cap <= sizeof(whole); cap++) {
        char *buf = malloc(cap);
        struct text t = wf_text_on(buf, cap);
        wf_text_mac(&t, mac);
        T_EQ(t.len, cap == 0 ? 0 : cap - 1 < 17 ? cap - 1 : 17);
        T_CHECK(cap == 0 || (buf[t.len] == '\0' && memcmp(buf, whole, t.len) == 0));
        free(buf);
    }
}

static const struct t_case cases[] = {
    {"numbers", numbers},
    {"addresses", addresses},
    {"a short buffer keeps the beginning", a_short_buffer_keeps_the_beginning},
};
T_MAIN(cases)
