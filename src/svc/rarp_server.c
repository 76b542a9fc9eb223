/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "net/net.h"
#include "svc/rarp.h"

#define NS_PER_MS 1000000ull
#define DELAY_MS  500
#define REPEAT_MS 10000
#define AGAIN_NS  (100 * NS_PER_MS) /* A row is answered at most this often. */

void weft_rarp_server_init(struct weft_rarp_server *s, enum weft_rarp_role role,
                           struct weft_rarp_entry *entries, uint32_t max)
{
    *s = (struct weft_rarp_server){
        .role = role, .delay_ms = DELAY_MS, .repeat_ms = REPEAT_MS, .entries = entries, .max = max};
}

/* The first row whose hardware address is not below @mac: where it is, or where it belongs. */
static uint32_t place(const struct weft_rarp_server *s, const uint8_t mac[6])
{
    uint32_t low = 0, high = s->n;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (memcmp(s->entries[mid].mac, mac, 6) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct weft_rarp_entry *find(const struct weft_rarp_server *s, const uint8_t mac[6])
{
    uint32_t i = place(s, mac);
    return i < s->n && memcmp(s->entries[i].mac, mac, 6) == 0 ? &s->entries[i] : NULL;
}

int weft_rarp_server_set(struct weft_rarp_server *s, const uint8_t mac[6],
                         const struct weft_addr *addr)
{
    if (mac == NULL || !wf_mac_is_station(mac) || addr == NULL || !wf_addr_is4(addr) ||
        !wf_ip4_can_be_host(wf_addr_to4(addr)))
        return -WEFT_EINVAL;
    struct weft_rarp_entry *e = find(s, mac);
    if (e == NULL) {
        if (s->n == s->max)
            return -WEFT_ENOMEM;
        uint32_t i = place(s, mac);
        e = &s->entries[i];
        memmove(e + 1, e, (s->n++ - i) * sizeof(*e));
        *e = (struct weft_rarp_entry){.due_ns = 0};
        memcpy(e->mac, mac, 6);
    }
    wf_st32be(e->ip4, wf_addr_to4(addr));
    return 0;
}

int weft_rarp_server_del(struct weft_rarp_server *s, const uint8_t mac[6])
{
    struct weft_rarp_entry *e = mac != NULL ? find(s, mac) : NULL;
    if (e == NULL)
        return -WEFT_ENOENT;
    memmove(e, e + 1, (size_t)(s->entries + s->n - (e + 1)) * sizeof(*e));
    s->n--;
    return 0;
}

bool weft_rarp_server_next(const struct weft_rarp_server *s, uint32_t *cursor, uint8_t mac[6],
                           struct weft_addr *addr)
{
    if (*cursor >= s->n)
        return false;
    const struct weft_rarp_entry *e = &s->entries[(*cursor)++];
    memcpy(mac, e->mac, 6);
    *addr = wf_addr_from4(wf_ld32be(e->ip4));
    return true;
}

static bool is_within(bool has, uint64_t then_ns, uint64_t now_ns, uint64_t span_ns)
{
    return has && now_ns - then_ns < span_ns;
}

static void answer(struct weft_rarp_entry *e, uint64_t now_ns, struct arp_ip4 *out)
{
    e->is_due = false;
    e->was_answered = true;
    e->answered_ns = now_ns;
    *out = (struct arp_ip4){.op = RARP_REPLY};
    memcpy(out->tha, e->mac, 6);
    memcpy(out->tpa.b, e->ip4, 4);
}

enum rarp_reply wf_rarp_server_ask(struct weft_rarp_server *s, const struct arp_ip4 *in,
                                   uint64_t now_ns, struct wf_rng *rng, struct arp_ip4 *out)
{
    struct weft_rarp_entry *e = find(s, in->tha);
    if (e == NULL)
        return RARP_REPLY_UNKNOWN;
    if (e->is_due || is_within(e->was_answered, e->answered_ns, now_ns, AGAIN_NS))
        return RARP_REPLY_HELD;
    bool is_repeat = is_within(e->was_asked, e->asked_ns, now_ns, s->repeat_ms * NS_PER_MS);
    e->was_asked = true;
    e->asked_ns = now_ns;
    switch (s->role) {
    case WEFT_RARP_PRIMARY:
        answer(e, now_ns, out);
        return RARP_REPLY_NOW;
    case WEFT_RARP_DELAYED:
        memcpy(e->asker, in->sha, 6);
        e->is_due = true;
        e->due_ns = now_ns + (1 + wf_rng_below(rng, s->delay_ms * 1000 + 1)) * 1000ull;
        return RARP_REPLY_LATER;
    case WEFT_RARP_REPEATED:
        if (!is_repeat)
            return RARP_REPLY_HELD;
        answer(e, now_ns, out);
        return RARP_REPLY_NOW;
    }
    return RARP_REPLY_UNKNOWN;
}

void wf_rarp_server_seen(struct weft_rarp_server *s, const struct arp_ip4 *in)
{
    struct weft_rarp_entry *e = find(s, in->tha);
    if (e != NULL)
        e->is_due = e->was_asked = false;
}

bool wf_rarp_server_due(struct weft_rarp_server *s, uint64_t now_ns, struct arp_ip4 *out,
                        uint8_t asker[6])
{
    for (uint32_t i = 0; i < s->n; i++) {
        struct weft_rarp_entry *e = &s->entries[i];
        if (!e->is_due || e->due_ns > now_ns)
            continue;
        answer(e, now_ns, out);
        memcpy(asker, e->asker, 6);
        return true;
    }
    return false;
}

uint64_t wf_rarp_server_deadline(const struct weft_rarp_server *s)
{
    uint64_t at = WEFT_NEVER;
    for (uint32_t i = 0; i < s->n; i++)
        if (s->entries[i].is_due)
            at = wf_min_u64(at, s->entries[i].due_ns);
    return at;
}
