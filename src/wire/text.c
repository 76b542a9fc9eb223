/* SPDX-License-Identifier: MIT */
#include "wire/text.h"

#include "wire/ip4.h"

struct text wf_text_on(char *buf, uint32_t cap)
{
    if (cap > 0)
        buf[0] = '\0';
    return (struct text){.buf = buf, .cap = cap, .len = 0};
}

void wf_text_char(struct text *t, char c)
{
    if (t->cap < 2 || t->len > t->cap - 2)
        return;
    t->buf[t->len++] = c;
    t->buf[t->len] = '\0';
}

void wf_text_str(struct text *t, const char *s)
{
    while (*s != '\0')
        wf_text_char(t, *s++);
}

/* Digits come out last first, so they wait in a buffer that holds any 64-bit number (20 or 16). */
static void put_number(struct text *t, uint64_t v, uint32_t base, uint32_t min_digits)
{
    char digits[20];
    uint32_t n = 0;
    do {
        digits[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v != 0 || n < min_digits);
    while (n > 0)
        wf_text_char(t, digits[--n]);
}

void wf_text_dec(struct text *t, uint64_t v)
{
    put_number(t, v, 10, 1);
}

void wf_text_hex(struct text *t, uint64_t v, uint32_t digits)
{
    put_number(t, v, 16, digits <= 16 ? digits : 16);
}

void wf_text_field(struct text *t, const char *label, uint64_t v)
{
    wf_text_str(t, label);
    wf_text_dec(t, v);
}

void wf_text_ip4(struct text *t, struct wf_ip4 ip)
{
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            wf_text_char(t, '.');
        wf_text_dec(t, ip.b[i]);
    }
}

void wf_text_mac(struct text *t, const uint8_t mac[6])
{
    for (int i = 0; i < 6; i++) {
        if (i > 0)
            wf_text_char(t, ':');
        wf_text_hex(t, mac[i], 2);
    }
}
